"""Writes the lock files: the exact versions and hashes that `setup/install.py` installs.

Run by `make lock`. Three files a Python version: `runtime` (what the product needs), `dev`
(runtime, what the tests of gz sim need, and the tools) and `ros` (ROS 2 as wheels, left out where
a distribution's ROS is sourced). All three come from one resolution, so any two of them fit
together. `uv.txt` is the installer itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / 'setup' / 'lock'
PYTHONS = ('3.11', '3.12', '3.13')

# No registry address may end up in a lock: every site installs from its own.
OPTIONS = (
    '--quiet',
    '--no-header',
    '--no-annotate',
    '--no-emit-index-url',
    '--no-emit-find-links',
)


def compile_lock(
    requirements: list[str], python: str, target: Path, *, pins: Path | None, hashes: bool
) -> None:
    """Resolve `requirements` for one Python version into `target`, held to `pins` if given."""
    command = [sys.executable, '-m', 'uv', 'pip', 'compile', '-', '--python-version', python]
    command += [*OPTIONS, '--output-file', str(target)]
    if pins:
        command += ['--constraints', str(pins)]
    if hashes:
        command.append('--generate-hashes')
    text = '\n'.join(requirements)
    environment = {'UV_SYSTEM_CERTS': 'true', **os.environ}
    subprocess.run(
        command, input=text, env=environment, text=True, check=True, stdout=subprocess.DEVNULL
    )


def main() -> None:
    """Resolve everything once for each Python, then split it into the three locks."""
    project = tomllib.loads((ROOT / 'pyproject.toml').read_text('utf-8'))['project']
    extras = project['optional-dependencies']
    runtime = project['dependencies'] + extras['build']
    tools = extras['gazebo'] + extras['dev']
    parts = {'runtime': runtime, 'dev': runtime + tools, 'ros': extras['ros']}
    LOCKS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        compile_lock(['uv'], PYTHONS[0], LOCKS / 'uv.txt', pins=None, hashes=True)
        for python in PYTHONS:
            pins = Path(scratch) / f'{python}.txt'
            compile_lock([*chain(*parts.values())], python, pins, pins=None, hashes=False)
            for name, requirements in parts.items():
                target = LOCKS / f'py{python.replace(".", "")}-{name}.txt'
                target.unlink(missing_ok=True)  # else uv keeps the versions it finds there
                compile_lock(requirements, python, target, pins=pins, hashes=True)
                print(target.relative_to(ROOT))


if __name__ == '__main__':
    main()
