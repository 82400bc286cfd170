"""The documents keep up with the code: reasons for dependencies, and links that lead somewhere."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest

from fleet_manager.adapters.http.fhir.states import STATUS
from fleet_manager.adapters.http.i18n import load

ROOT = Path(__file__).resolve().parents[2]


def documents() -> list[Path]:
    """Return every Markdown file of the project, not of what is installed or built."""
    listed = subprocess.run(
        ['git', 'ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split('\n')
    found = [ROOT / name for name in listed if name and (ROOT / name).exists()]
    hidden = ('.venv', 'build')
    return sorted(found) or [
        file for file in sorted(ROOT.rglob('*.md')) if not set(hidden) & set(file.parts)
    ]


def anchors(file: Path) -> set[str]:
    """Return the anchors the headings of a document make, as code hosts write them."""
    found = set()
    for title in re.findall(r'^#+ +(.+?) *$', without_code(file), re.MULTILINE):
        plain = re.sub(r'[`*]|\[([^\]]*)\]\([^)]*\)', r'\1', title).lower()
        found.add(re.sub(r'[^\w\- ]', '', plain).replace(' ', '-'))
    found.update(re.findall(r'<a (?:id|name)="([^"]+)"', file.read_text('utf-8')))
    return found


def without_code(file: Path) -> str:
    text = file.read_text('utf-8')
    text = re.sub(r'^(```|~~~).*?^\1', '', text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r'`[^`\n]*`', '', text)


def links(file: Path) -> list[str]:
    """Return the relative links and images of a document."""
    text = without_code(file)
    found = re.findall(r'\]\(<?([^)\s>]+)>?(?: +"[^"]*")?\)', text)
    found += re.findall(r'(?:src|href|srcset)="([^"]+)"', text)
    found += re.findall(r'^\[[^\]]+\]: *(\S+)', text, re.MULTILINE)
    return [one for one in found if not re.match(r'[a-z][a-z0-9+.-]*:', one)]


def test_the_readme_calls_what_it_has_one_tap_as_the_pages_do() -> None:
    readme = (ROOT / 'README.md').read_text('utf-8')
    tried = readme.partition('## 60-second tour')[2].partition('## Simulate a day')[0]
    bold = re.findall(r'\*\*([^*]+)\*\*', tried)
    labels = {' '.join(one.split()) for said in bold for one in said.split('→')}
    labels = {one for one in labels if not one.endswith(('.', '?'))}
    assert len(labels) > 10
    assert labels - set(load()['en'].texts.values()) == set()


def test_every_dependency_at_run_time_has_a_line_with_its_reason() -> None:
    wanted = tomllib.loads((ROOT / 'pyproject.toml').read_text())['project']['dependencies']
    text = (ROOT / 'docs' / 'dependencies.md').read_text('utf-8')
    rows = dict(re.findall(r'^\| ([\w\[\]-]+) \| (.+) \|$', text, re.MULTILINE))
    names = {re.split(r'[<>=!~; ]', one)[0] for one in wanted}
    assert {name for name in names if len(rows.get(name, '').split()) < 2} == set()
    reasons = {row for row in rows if row != 'package' and not row.startswith('-')}
    assert reasons - names == set(), 'no longer a dependency'


@pytest.mark.parametrize('file', documents(), ids=lambda file: str(file.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(file: Path) -> None:
    dead = []
    for link in links(file):
        path, _, anchor = link.partition('#')
        target = (file.parent / unquote(path)).resolve() if path else file
        if not target.exists() or (
            anchor and target.suffix == '.md' and unquote(anchor) not in anchors(target)
        ):
            dead.append(link)
    assert dead == []


def test_the_scenario_that_is_shown_is_one_that_is_run() -> None:
    text = (ROOT / 'docs' / 'gazebo.md').read_text('utf-8')
    (shown,) = re.findall(r'^```python\n(.*?)^```', text, re.MULTILINE | re.DOTALL)
    assert shown == (ROOT / 'tests' / 'gazebo' / 'test_gazebo_visitor.py').read_text('utf-8')


def test_the_states_in_fhir_are_those_of_the_table() -> None:
    text = (ROOT / 'docs' / 'integration.md').read_text('utf-8')
    (shown,) = re.findall(r'<!-- states -->\n.*?\n.*?\n(.*?)<!-- /states -->', text, re.DOTALL)
    rows = [(f'`{state}`', *(one or '' for one in row)) for state, row in STATUS.items()]
    assert shown == ''.join(f'| {" | ".join(row)} |\n' for row in rows)
