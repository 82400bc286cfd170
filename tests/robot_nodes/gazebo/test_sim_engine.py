"""gz sim through its engine: lock-step, commands, contacts, and what may go wrong.

A stand-in for the command `gz` plays the other side of the wire, as a process of its own.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from robot_nodes.gazebo.engine import Engine, EngineError
from robot_nodes.gazebo.sdf import to_sdf
from robot_nodes.gazebo.sim import attached_engine, engine, own_engine
from robot_nodes.gazebo.sim.environment import environment
from tests.robot_nodes.gazebo.ward import WARD

ROOT = Path(__file__).resolve().parents[3]
Open = Callable[..., Engine]


def put_on_path(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / 'gz').write_text(f'#!/bin/sh\n{script}\n')
    (folder / 'gz').chmod(0o755)
    monkeypatch.setenv('PATH', str(folder), prepend=os.pathsep)


@pytest.fixture
def gz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stand-in as the command `gz`; a shell between, as gz sim has its scripts."""
    stand_in = Path(__file__).with_name('gz_stand_in.py')
    monkeypatch.setenv('PYTHONPATH', str(ROOT))
    script = f'{sys.executable} -u {stand_in} "$@"\nexit $?'
    put_on_path(tmp_path / 'bin', script, monkeypatch)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    engines: list[Engine] = []

    def open_world(what: str = '') -> Engine:
        monkeypatch.setenv('STAND_IN', what)
        folder = tmp_path / f'world{len(engines)}'
        folder.mkdir()
        engines.append(own_engine(WARD, folder=folder, seed=1, dt=0.01))
        return engines[-1]

    yield open_world
    for each in engines:
        each.close()


def stand_ins(partition: str = '') -> list[psutil.Process]:
    """Return the stand-ins that this test's processes started, zombies apart."""
    found = []
    for process in psutil.process_iter(['cmdline', 'status']):
        command = process.info['cmdline'] or []
        if any(part.endswith('gz_stand_in.py') for part in command) and 'sh' not in command[0]:
            with_status = process.info['status'] != psutil.STATUS_ZOMBIE
            if with_status and process.environ().get('PYTEST_CURRENT_TEST') == mine():
                found.append(process)
    return found


def mine() -> str | None:
    return os.environ.get('PYTEST_CURRENT_TEST')


def wait_for(condition: Callable[[], object]) -> None:
    for _ in range(500):
        if condition():
            return
        time.sleep(0.02)
    pytest.fail('it did not come about')


@pytest.mark.thorough
@pytest.mark.usefixtures('gz')
def test_between_two_steps_the_world_stands(opened: Open) -> None:
    world = opened()
    begun = world.start()
    assert (begun.seconds, begun.poses['r1'].x, begun.joints, begun.contacts) == (0, 0, {}, ())
    assert set(begun.poses) == {'r1', 'door'}
    world.drive('r1', ahead=1.0, turn=0.0)
    time.sleep(0.3)
    moved = world.step(50)
    assert moved.seconds == pytest.approx(0.5)
    # a command goes on another connection than the step: it may come a little late
    assert moved.poses['r1'].x == pytest.approx(0.5, abs=0.05)
    for count in range(1, 11):
        later = world.step(5)
        assert later.seconds == pytest.approx(0.5 + 0.05 * count)
        assert later.poses['r1'].x == pytest.approx(moved.poses['r1'].x + 0.05 * count)
    assert later.poses['door'].x == 5.0


@pytest.mark.usefixtures('gz')
def test_a_robot_turns_to_the_left_when_told_a_positive_turn(opened: Open) -> None:
    world = opened()
    world.start()
    world.drive('r1', ahead=0.0, turn=0.5)
    assert world.step(100).poses['r1'].yaw == pytest.approx(0.5, abs=0.05)


@pytest.mark.slow
@pytest.mark.usefixtures('gz')
def test_a_slider_goes_where_it_is_told_no_faster_than_told(opened: Open) -> None:
    world = opened()
    world.start()
    world.slide('door', 'leaf', to=1.2, speed=0.6)
    half = world.step(100).joints['door', 'leaf']
    assert half.position == pytest.approx(0.6, abs=0.05)
    assert half.speed == pytest.approx(0.6)
    assert world.step(150).joints['door', 'leaf'].position == pytest.approx(1.2)
    before = 1.2
    for _ in range(10):
        world.slide('door', 'leaf', to=0.2, speed=0.2)
        now = world.step(37).joints['door', 'leaf'].position
        assert before - now <= 0.2 * 0.37 + 0.02
        before = now
    assert 0.2 < before < 0.7
    assert world.step(500).joints['door', 'leaf'].position == pytest.approx(0.2)


@pytest.mark.usefixtures('gz')
def test_contacts_are_told_once_and_wheels_never(opened: Open) -> None:
    world = opened()
    world.start()
    world.drive('r1', ahead=1.0, turn=0.0)
    assert world.step(250).contacts == ()
    (touched,) = world.step(100).contacts
    assert (touched.first, touched.second) == ('building::link::wall', 'r1::base::body')
    assert touched.depth == pytest.approx(0.5, abs=0.06)
    world.drive('r1', ahead=-1.0, turn=0.0)
    world.step(100)
    assert world.step(20).contacts == ()


@pytest.mark.slow
@pytest.mark.usefixtures('gz')
def test_a_reset_forgets_where_things_are_and_what_they_were_told(opened: Open) -> None:
    world = opened()
    world.start()
    world.drive('r1', ahead=1.0, turn=0.0)
    world.slide('door', 'leaf', to=1.2, speed=0.3)
    world.step(100)
    begun = world.reset()
    assert (begun.seconds, begun.poses['r1'].x, begun.joints) == (0.0, 0.0, {})
    later = world.step(100)
    assert (later.poses['r1'].x, later.joints) == (0.0, {})
    assert len(stand_ins()) == 1


@pytest.mark.slow
@pytest.mark.usefixtures('gz')
def test_two_worlds_side_by_side_never_hear_each_other(opened: Open) -> None:
    one, other = opened(), opened()
    one.start()
    other.start()
    one.drive('r1', ahead=1.0, turn=0.0)
    assert one.step(50).poses['r1'].x > 0.4
    untouched = other.step(1)
    assert (untouched.seconds, untouched.poses['r1'].x) == (0.01, 0.0)


@pytest.mark.usefixtures('gz')
def test_closing_leaves_no_process_and_may_be_done_twice(opened: Open) -> None:
    world = opened()
    world.start()
    assert len(stand_ins()) == 1
    world.close()
    wait_for(lambda: not stand_ins())
    world.close()
    with pytest.raises(EngineError, match='not been started, or was closed'):
        world.step(1)


@pytest.mark.slow
@pytest.mark.usefixtures('gz')
def test_a_simulator_does_not_outlive_who_started_it(tmp_path: Path) -> None:
    owner = f"""
import sys, time
from pathlib import Path
from tests.robot_nodes.gazebo.test_sim_engine import WARD, own_engine
world = own_engine(WARD, folder=Path({str(tmp_path)!r}), seed=1, dt=0.01)
world.start()
print('started', flush=True)
time.sleep(60)
"""
    command = [sys.executable, '-c', owner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b'started\n'
        assert len(stand_ins()) == 1
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: not stand_ins())


# --- attached ------------------------------------------------------------------------------------


@pytest.mark.usefixtures('gz')
@pytest.mark.parametrize('what', ['', 'running'])
def test_a_world_that_runs_already_is_stepped_and_left_running(tmp_path: Path, what: str) -> None:
    (tmp_path / 'ward.sdf').write_text(to_sdf(WARD, engine='sim'))
    partition = f'test-{os.getpid()}-{what}'
    server = subprocess.Popen(
        ['gz', 'sim', '-s', str(tmp_path / 'ward.sdf')],
        env={**os.environ, **environment(partition), 'STAND_IN': what},
        start_new_session=True,
    )
    try:
        world = attached_engine(WARD, partition=partition, dt=0.01)
        begun = world.start()
        world.drive('r1', ahead=1.0, turn=0.0)
        moved = world.step(100)
        if not what:
            assert moved.seconds - begun.seconds == pytest.approx(1.0)
        assert moved.poses['r1'].x == pytest.approx(1.0, abs=0.1)
        with pytest.raises(EngineError, match='somebody else started'):
            world.reset()
        assert server.poll() is None
        again = attached_engine(WARD, partition=partition, dt=0.01)
        assert again.start().seconds == moved.seconds
        again.close()
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


# --- what goes wrong -----------------------------------------------------------------------------


def test_without_gz_it_says_what_to_install(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('PATH', str(tmp_path))
    with pytest.raises(EngineError, match='gz sim is not installed: install Gazebo Harmonic'):
        opened().start()


@pytest.mark.usefixtures('gz')
def test_a_gz_sim_older_than_harmonic_is_refused(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv('STAND_IN_VERSIONS', '7.5.0')
    with pytest.raises(EngineError, match='gz sim 7.5.0 is too old'):
        opened().start()


def test_the_gz_of_gazebo_11_is_not_taken_for_gz_sim(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = 'echo "Invalid command: sim. This tool modifies 8 aspects"; exit 255'
    put_on_path(tmp_path / 'classic', script, monkeypatch)
    with pytest.raises(EngineError, match='`gz` on the path knows no `sim`'):
        opened().start()


def test_without_the_extra_it_says_what_to_install(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ('engine', 'messages', 'peer'):
        monkeypatch.delitem(sys.modules, f'robot_nodes.gazebo.sim.{name}', raising=False)
    monkeypatch.setitem(sys.modules, 'zmq', None)
    with pytest.raises(EngineError, match='zmq is missing: install .* extra `gazebo`'):
        opened()


@pytest.mark.thorough
@pytest.mark.usefixtures('gz')
def test_a_broken_world_is_told_in_the_simulators_words(opened: Open) -> None:
    with pytest.raises(EngineError, match=r'gz sim ended: .*Unable to read file.*gz_sim\.log'):
        opened('broken').start()
    assert not stand_ins()


@pytest.mark.thorough
@pytest.mark.usefixtures('gz')
def test_a_world_of_another_hospital_is_refused(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, '_PATIENCE', 3.0)
    with pytest.raises(EngineError, match='is another one: no /door/'):
        opened('doorless').start()
    wait_for(lambda: not stand_ins())


@pytest.mark.usefixtures('gz')
def test_a_simulator_that_ends_in_mid_run_is_told_at_once(opened: Open) -> None:
    world = opened('mortal')
    world.start()
    world.step(90)
    with pytest.raises(EngineError, match='gz sim ended: .*a terrible error'):
        world.step(50)
    with pytest.raises(EngineError, match='gz sim ended'):
        world.step(50)
    world.close()


@pytest.mark.usefixtures('gz')
def test_a_killed_simulator_is_told(opened: Open) -> None:
    world = opened()
    world.start()
    for process in stand_ins():
        process.kill()
    with pytest.raises(EngineError, match='gz sim ended'):
        world.step(50)


@pytest.mark.thorough
@pytest.mark.usefixtures('gz')
def test_a_world_that_does_not_step_is_given_up(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = opened('stuck')
    world.start()
    monkeypatch.setattr(engine, '_PATIENCE', 0.5)
    with pytest.raises(EngineError, match='the world does not step'):
        world.step(1)


@pytest.mark.slow
@pytest.mark.usefixtures('gz')
def test_a_name_that_is_not_in_the_world_is_refused(opened: Open) -> None:
    world = opened()
    world.start()
    with pytest.raises(EngineError, match='the world has no robot r2'):
        world.drive('r2', ahead=1.0, turn=0.0)
    with pytest.raises(EngineError, match='the world has no slider flap of door'):
        world.slide('door', 'flap', to=1.0, speed=1.0)
