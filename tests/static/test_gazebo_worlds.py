"""The committed worlds of Gazebo are what the commands in their README make of the maps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleet_manager.entry.cli import app

ROOT = Path(__file__).parents[2]
WORLDS = ROOT / 'gazebo_worlds'
#: Bytes. Larger files are for nobody to look at.
LARGEST = 500_000
COMMANDS = re.findall(
    r'^    fleet (gazebo world .*) --out gazebo_worlds/(\S+)$',
    (WORLDS / 'README.md').read_text('utf-8'),
    re.MULTILINE,
)


def test_each_world_has_its_command() -> None:
    assert sorted(name for _, name in COMMANDS) == sorted(f.name for f in WORLDS.glob('*.sdf'))


@pytest.mark.slow
@pytest.mark.parametrize(('command', 'name'), COMMANDS, ids=[name for _, name in COMMANDS])
def test_a_world_is_what_its_command_makes(
    command: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    out = tmp_path / name
    result = CliRunner().invoke(app, [*command.split(), '--out', str(out)])
    assert result.exit_code == 0, result.output
    made, kept = out.read_text('utf-8'), (WORLDS / name).read_text('utf-8')
    assert made == kept, f'make it again: fleet {command} --out gazebo_worlds/{name}'
    assert len(made) < LARGEST
