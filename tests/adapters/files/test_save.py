"""A hospital written back: what nobody changed stays as it was."""

from __future__ import annotations

import copy
import difflib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet_manager.adapters.files.hospital import load_hospital, load_raw
from fleet_manager.adapters.files.lines import read_yaml
from fleet_manager.adapters.files.save import save_hospital, to_yaml
from fleet_manager.entry.settings import SHIPPED_MAPS

SMALL = SHIPPED_MAPS / 'small_hospital'
Raw = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SMALL, tmp_path / 'copy')
    return tmp_path / 'copy'


def difference(folder: Path) -> list[str]:
    """Return the lines that were added or removed, in all files."""
    found: list[str] = []
    for file in sorted({own.name for own in (*folder.iterdir(), *SMALL.iterdir())}):
        old, new = (
            (own / file).read_text().splitlines() if (own / file).is_file() else []
            for own in (SMALL, folder)
        )
        lines = difflib.unified_diff(old, new, lineterm='', n=0)
        found += [line for line in lines if line[:3] not in ('---', '+++') and line[:2] != '@@']
    return found


def test_a_hospital_nobody_changed_is_not_written(folder: Path) -> None:
    raw, _ = load_raw(folder)
    assert save_hospital(raw, folder) == []
    assert difference(folder) == []


def moved(raw: Raw) -> None:
    raw['floors'][0]['nodes']['s04']['at'] = [15.5, 8.4]


def joined(raw: Raw) -> None:
    raw['floors'][0]['lanes'].append({'one_way': True, 'between': ['s04', 'n04']})


def parted(raw: Raw) -> None:
    raw['floors'][0]['lanes'].remove({'between': ['s04', 's05']})


def named(raw: Raw) -> None:
    raw['name'] = {'zh': '测试医院', 'en': "Saint Mary's: east"}


CHANGES: list[tuple[Callable[[Raw], None], list[str]]] = [
    (moved, ['-  s04: {at: [15.6, 8.4], kind: way}', '+  s04: {at: [15.5, 8.4], kind: way}']),
    (joined, ['+  - {between: [s04, n04], one_way: true}']),
    (parted, ['-  - {between: [s04, s05]}']),
    (
        named,
        [
            '-name: {zh: 松林医院, en: Pinewood Hospital}',
            "+name: {zh: 测试医院, en: 'Saint Mary''s: east'}",
        ],
    ),
]


@pytest.mark.parametrize(('change', 'said'), CHANGES, ids=[own[0].__name__ for own in CHANGES])
def test_one_change_is_one_line_of_difference(
    folder: Path, change: Callable[[Raw], None], said: list[str]
) -> None:
    raw = copy.deepcopy(load_raw(folder)[0])
    change(raw)
    save_hospital(raw, folder)
    assert difference(folder) == said
    assert load_raw(folder)[0] == raw


def test_the_comment_above_what_was_removed_stays(folder: Path) -> None:
    raw, _ = load_raw(folder)
    del raw['floors'][0]['rooms']['south-corridor']
    save_hospital(raw, folder)
    text = (folder / 'L1.yaml').read_text()
    assert text.index('# Two parallel corridors') < text.index('north-corridor:')


@pytest.mark.thorough
def test_a_new_floor_gets_a_file_and_one_that_is_gone_loses_it(folder: Path) -> None:
    raw, _ = load_raw(folder)
    roof = copy.deepcopy(raw['floors'].pop())
    roof['id'] = 'L9'
    raw['floors'].append(roof)
    changed = save_hospital(raw, folder)
    assert {file.name for file in changed} == {'hospital.yaml', 'L9.yaml', 'L3.yaml'}
    assert not (folder / 'L3.yaml').exists()
    assert load_raw(folder)[0] == raw


def test_a_hospital_is_the_same_in_an_empty_folder(tmp_path: Path) -> None:
    raw, _ = load_raw(SMALL)
    save_hospital(raw, tmp_path / 'new')
    assert load_raw(tmp_path / 'new')[0] == raw
    assert load_hospital(tmp_path / 'new') == load_hospital(SMALL)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False).map(lambda own: round(own, 3))
    | st.text(st.characters(exclude_categories=['Cs']), max_size=12),
    lambda own: st.lists(own, max_size=4) | st.dictionaries(st.text('ab-1 é:#', min_size=1), own),
    max_leaves=12,
)
sections = st.dictionaries(st.sampled_from(['a', 'b2', '1', "it's", 'yes', 'x: y']), plain)


@pytest.mark.thorough
@given(
    st.fixed_dictionaries({'nodes': sections, 'lanes': st.lists(plain)}),
    st.fixed_dictionaries({'nodes': sections, 'lanes': st.lists(plain), 'name': plain}),
)
def test_whatever_is_written_reads_back_the_same(old: Raw, new: Raw) -> None:
    text = to_yaml(old)
    for data in (new, old):
        text = to_yaml(data, text)
        assert read_yaml(text, lambda path, line: None) == data
