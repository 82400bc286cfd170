"""The examples of the documents are run as they are written, against a whole manager."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fleet_manager.entry.clock import WallClock
from tests.entry.serving import SECRET, Served

DOCS = Path(__file__).resolve().parents[2] / 'docs'


CODES = DOCS.parent / 'maps' / 'small_hospital' / 'integration.yaml'


def examples(name: str) -> str:
    """Return the commands of a document as one script: what stands after `$`."""
    blocks = re.findall(
        r'^```console\n(.*?)^```', (DOCS / name).read_text('utf-8'), re.MULTILINE | re.DOTALL
    )
    return '\n'.join(re.sub(r'^\$ ', '', block, flags=re.MULTILINE) for block in blocks)


#: How a person logs in, as api.md has it: other documents go on from there.
LOG_IN = ''.join(
    f'{line}\n' for line in examples('api.md').splitlines() if '/login' in line or 'TOKEN=' in line
)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which('curl') is None, reason='there is no curl here')
@pytest.mark.parametrize(
    ('name', 'told'),
    [
        ('api.md', ['"reference":"HIS-4711"', 'DeliveryCancelled']),
        ('integration.md', ['"resourceType":"SupplyRequest"', '"total":1', '"accepted"']),
    ],
)
def test_the_examples_do_what_the_text_says(tmp_path: Path, name: str, told: list[str]) -> None:
    log_in = '' if name == 'api.md' else LOG_IN
    script = (
        log_in + examples(name) + '\ncurl -s -b jar $FLEET/api/v1/deliveries/D000001/timeline\n'
    )
    with Served(tmp_path / 'state', integration=CODES) as served:
        served.session()
        _, key = served.manager.accounts.make_key(
            label='HIS', scopes=('read', 'order'), station=None, days=9, now=WallClock().now()
        )
        done = subprocess.run(
            ['bash', '-e', '-c', script.replace('curl -s', 'curl -sS --fail-with-body')],
            cwd=tmp_path,
            env={'FLEET': served.url, 'PASSWORD': SECRET, 'KEY': key, 'PATH': '/usr/bin:/bin'},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    for words in told:
        assert words in done.stdout.replace('": "', '":"'), done.stdout
