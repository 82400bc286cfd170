"""Which engine answers to which name."""

from __future__ import annotations

from pathlib import Path

import pytest

from robot_nodes.gazebo.classic import gazebo11
from robot_nodes.gazebo.engine import EngineError
from robot_nodes.gazebo.engines import available, open_engine
from tests.gazebo.hall import hall


@pytest.fixture(autouse=True)
def no_gazebo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without any Gazebo."""
    monkeypatch.setattr(gazebo11, 'system', lambda: None)
    monkeypatch.setenv('FLEET_GAZEBO_DIR', str(tmp_path / 'gazebo11'))
    monkeypatch.setenv('PATH', str(tmp_path))


def test_without_a_gazebo_auto_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match='no Gazebo on this machine; run: fleet gazebo install'):
        open_engine('auto', hall(), folder=tmp_path)


def test_an_engine_that_was_asked_for_is_never_another_one(tmp_path: Path) -> None:
    for name in ('sim', 'classic'):
        with pytest.raises(EngineError, match='not installed'):
            open_engine(name, hall(), folder=tmp_path).start()
    assert open_engine('kinematic', hall(), folder=tmp_path).name == 'kinematic'


def test_a_name_that_is_none_is_told_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match='no engine ode: choose auto, sim, classic, kinematic'):
        open_engine('ode', hall(), folder=tmp_path)


def test_every_engine_is_listed_with_whether_it_is_here() -> None:
    assert [(one.name, one.present) for one in available()] == [
        ('sim', False),
        ('classic', False),
        ('kinematic', True),
    ]
