"""`fleet gazebo` as a person meets it: 0 done, 1 not, with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from fleet_manager.entry.cli import app
from robot_nodes.gazebo.classic import gazebo11


@pytest.fixture(autouse=True)
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any Gazebo, and without a compiler."""
    monkeypatch.setattr(gazebo11, 'system', lambda: None)
    monkeypatch.setenv('FLEET_GAZEBO_DIR', str(tmp_path / 'gazebo11'))
    monkeypatch.setenv('PATH', str(tmp_path))
    monkeypatch.setenv('COLUMNS', '200')


def test_engines_are_listed_with_the_reason_why_one_is_missing() -> None:
    done = CliRunner().invoke(app, ['gazebo', 'engines'])
    assert done.exit_code == 0
    rows = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()[1:]}
    assert rows['classic'][0] == 'no'
    assert ' '.join(rows['classic'][1:]) == (
        'Gazebo 11 is not installed; run: fleet gazebo install'
    )
    assert rows['sim'][0] == 'no'
    assert rows['kinematic'][0] == 'yes'


def test_an_installation_that_fails_says_why_in_one_line_and_exits_1() -> None:
    done = CliRunner().invoke(app, ['gazebo', 'install'])
    assert done.exit_code == 1
    assert done.stderr == (
        'fleet gazebo install: there is no C++ compiler for the plugin of Gazebo 11: '
        'sudo apt-get install g++\n'
    )
