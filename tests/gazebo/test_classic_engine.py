"""Gazebo 11 as an engine: what is said when it does not start, and that it tries another port."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from robot_nodes.gazebo.classic import engine as classic
from robot_nodes.gazebo.classic import gazebo11, install, plugin
from robot_nodes.gazebo.classic.engine import ClassicEngine
from robot_nodes.gazebo.classic.gazebo11 import Gazebo11
from robot_nodes.gazebo.classic.process import free_ports
from robot_nodes.gazebo.engine import EngineError
from robot_nodes.gazebo.sdf import to_sdf
from tests.gazebo.hall import hall

pytestmark = pytest.mark.gazebo


@pytest.fixture
def gazebo() -> Gazebo11:
    """The Gazebo 11 of this machine."""
    try:
        found = install.find()
        plugin.ready(found)
    except EngineError as error:
        pytest.skip(f'classic: {error}')
    return found


BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    'cut off': (lambda sdf: sdf[: len(sdf) // 2], 'Error parsing XML'),
    'empty': (lambda sdf: '', 'Error parsing XML'),
    'a word for a number': (lambda sdf: sdf.replace('<mass>', '<mass>x'), 'Error reading'),
    'a version to come': (
        lambda sdf: sdf.replace('version="1.', 'version="9.'),
        'Unable to convert from SDF version',
    ),
    'another plugin': (
        lambda sdf: sdf.replace('libfleet_bridge', 'libnone'),
        'Failed to load plugin libnone.so',
    ),
}


@pytest.mark.parametrize('how', BROKEN)
def test_a_world_that_cannot_be_run_is_an_error_with_the_line_of_the_log(
    gazebo: Gazebo11, how: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    breaks, said = BROKEN[how]
    monkeypatch.setattr(classic, 'to_sdf', lambda *a, **k: breaks(to_sdf(*a, **k)))
    engine = ClassicEngine(gazebo, hall(), folder=tmp_path)
    with pytest.raises(EngineError) as error:
        engine.start()
    assert said in str(error.value)
    assert str(tmp_path / 'gazebo.log') in str(error.value)
    assert '\n' not in str(error.value)
    engine.close()


@pytest.mark.parametrize('which', [0, 1], ids=['of the plugin', 'of Gazebo'])
def test_a_port_that_is_taken_is_another_one_the_next_time(
    gazebo: Gazebo11, which: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.create_server(('127.0.0.1', 0)) as other:
        taken = [other.getsockname()[1]]

        def ports(count: int) -> list[int]:
            chosen = free_ports(count)
            if taken:
                chosen[which] = taken.pop()
            return chosen

        monkeypatch.setattr(classic, 'free_ports', ports)
        engine = ClassicEngine(gazebo, hall(), folder=tmp_path)
        try:
            assert engine.start().seconds == 0.0
            assert not taken
        finally:
            engine.close()


def test_when_every_port_is_taken_it_gives_up(
    gazebo: Gazebo11, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.create_server(('127.0.0.1', 0)) as other:
        monkeypatch.setattr(
            classic, 'free_ports', lambda _: [other.getsockname()[1], free_ports(1)[0]]
        )
        engine = ClassicEngine(gazebo, hall(), folder=tmp_path)
        with pytest.raises(EngineError, match='cannot listen on port'):
            engine.start()
        engine.close()


def test_a_plugin_that_is_not_compiled_is_an_error(
    gazebo: Gazebo11, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = tmp_path / 'newer.cc'
    source.write_text('// changed')
    monkeypatch.setattr(plugin, 'SOURCE', source)
    with pytest.raises(EngineError, match='not compiled; run: fleet gazebo install'):
        ClassicEngine(gazebo, hall(), folder=tmp_path).start()


def test_a_server_that_does_not_run_is_an_error(gazebo: Gazebo11, tmp_path: Path) -> None:
    elsewhere = Gazebo11(tmp_path / 'nowhere')
    with pytest.raises(EngineError, match='does not run'):
        elsewhere.version()
    assert gazebo.version().startswith('11.')


def test_a_sliders_reach_is_the_engines_limit(gazebo: Gazebo11, tmp_path: Path) -> None:
    engine = ClassicEngine(gazebo, hall(), folder=tmp_path)
    engine.start()
    try:
        engine.slide('lift_A', 'car', to=40.0, speed=1.0)
        with pytest.raises(EngineError, match='does not reach so far'):
            engine.step(1)
        assert engine.step(1).seconds > 0.0
    finally:
        engine.close()


def test_the_cache_is_used_unless_the_system_has_one(gazebo: Gazebo11) -> None:
    assert gazebo.root in (Path('/'), gazebo11.cache() / 'root')
