"""What every engine promises, run on each that this machine has."""

from __future__ import annotations

import functools
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from robot_nodes.gazebo.engine import BodyPose, Engine, EngineError, Snapshot
from robot_nodes.gazebo.engines import Found, available, open_engine
from tests.gazebo.hall import CAR_X, DOOR_Y, STOREY, WALL_X, hall

ROBOT = 'robot_r1'
BODY = 'robot_r1::base::body'
CAR, CAR_DOOR, SHAFT_DOORS = ('lift_A', 'car'), 'car_west', ('shaft_L0', 'shaft_L1')
LEAF = ('door_d', 'leaf')
#: Engines of which the same orders make the same world, to the bit.
EXACT = ('classic', 'kinematic')
END_SECONDS = 15.0
ROOT = Path(__file__).resolve().parents[2]

Open = Callable[..., Engine]


@functools.cache
def found() -> dict[str, Found]:
    return {one.name: one for one in available()}


@pytest.fixture(
    params=[
        'kinematic',
        pytest.param('classic', marks=pytest.mark.gazebo),
        pytest.param('sim', marks=pytest.mark.gazebo),
    ]
)
def name(request: pytest.FixtureRequest) -> str:
    """An engine of this machine."""
    wanted: str = request.param
    if not found()[wanted].present:
        pytest.skip(f'{wanted}: {found()[wanted].about}')
    return wanted


@pytest.fixture
def begin(name: str, tmp_path: Path) -> Iterator[Open]:
    """Opens and starts engines with a hall, as many as asked for, and ends them all."""
    opened: list[Engine] = []

    def begin(robots: int = 1, **how: Any) -> Engine:
        folder = tmp_path / str(len(opened))
        opened.append(open_engine(name, hall(robots, **how), folder=folder))
        opened[-1].start()
        return opened[-1]

    yield begin
    for engine in opened:
        engine.close()


def seconds(engine: Engine, time_: float, seen: list[Snapshot] | None = None) -> Snapshot:
    """Run an engine for so long, and note what is seen twenty times a second."""
    every = round(0.05 / engine.dt)
    snapshot = engine.step(0)
    for _ in range(round(time_ / 0.05)):
        snapshot = engine.step(every)
        if seen is not None:
            seen.append(snapshot)
    return snapshot


def drive(engine: Engine, time_: float, seen: list[Snapshot], **speeds: float) -> Snapshot:
    """Drive for so long, then stop and stand."""
    engine.drive(ROBOT, **{'ahead': 0.0, 'turn': 0.0, **speeds})
    seconds(engine, time_, seen)
    engine.drive(ROBOT, ahead=0.0, turn=0.0)
    return seconds(engine, 1.5, seen)


def contacts(seen: list[Snapshot]) -> set[tuple[str, str]]:
    return {(one.first, one.second) for snapshot in seen for one in snapshot.contacts}


def touched(seen: list[Snapshot]) -> set[str]:
    """What the robot touched."""
    pairs = contacts(seen)
    return {b if a == BODY else a for a, b in pairs if BODY in (a, b)}


def apart(one: BodyPose, other: BodyPose) -> float:
    return math.dist((one.x, one.y, one.z), (other.x, other.y, other.z))


# --- robots ---


@pytest.mark.thorough
def test_a_robot_drives_a_metre_straight_on_and_stands(begin: Open) -> None:
    engine, seen = begin(person=False), []
    pose = drive(engine, 2.0, seen, ahead=0.5).poses[ROBOT]
    assert pose.x == pytest.approx(1.0, abs=0.02)
    assert abs(pose.y) < 0.01
    assert abs(pose.yaw) < 0.01
    assert not contacts(seen)
    again = seconds(engine, 10.0).poses[ROBOT]
    assert apart(pose, again) < 0.005


def test_a_robot_turns_on_the_spot_to_the_left(begin: Open) -> None:
    pose = drive(begin(), math.pi / 2, [], turn=1.0).poses[ROBOT]
    assert pose.yaw == pytest.approx(math.pi / 2, abs=0.05)
    assert math.hypot(pose.x, pose.y) < 0.02


def test_a_robot_reaches_its_speed_gently(begin: Open) -> None:
    engine = begin()
    engine.drive(ROBOT, ahead=1.0, turn=0.0)
    assert engine.step(round(0.5 / engine.dt)).poses[ROBOT].x == pytest.approx(0.125, abs=0.03)


def test_robots_that_pass_each_other_touch_nothing(begin: Open) -> None:
    engine, seen = begin(2), []
    engine.drive('robot_r2', ahead=-0.5, turn=0.0)
    drive(engine, 3.0, seen, ahead=0.5)
    assert not contacts(seen)


# --- contacts ---


def test_driving_into_a_wall_is_a_contact(begin: Open) -> None:
    engine, seen = begin(), []
    snapshot = drive(engine, 4.0, seen, ahead=-1.0)
    assert not contacts(seen)
    while snapshot.poses[ROBOT].x > WALL_X + 0.36:
        engine.drive(ROBOT, ahead=-1.0, turn=0.0)
        snapshot = seconds(engine, 0.2, seen)
        assert snapshot.seconds < 20.0
    seconds(engine, 0.5, seen)
    assert {other.split('::')[0] for other in touched(seen)} == {'building'}
    assert all(contact.depth > 0.0 for one in seen for contact in one.contacts)


def test_driving_into_a_person_is_a_contact(begin: Open) -> None:
    engine, seen = begin(), []
    engine.slide('p', 'y', to=-4.0, speed=1.5)
    seconds(engine, 5.0, seen)
    assert not contacts(seen)
    drive(engine, 2.9, seen, ahead=1.0)
    assert touched(seen) == {'p::body::body'}


def test_a_door_is_closed_until_it_is_opened(begin: Open) -> None:
    for opened in (False, True):
        engine, seen = begin(person=False), []
        engine.slide(*LEAF, to=1.2 if opened else 0.0, speed=0.6)
        drive(engine, math.pi / 2, seen, turn=-1.0)
        pose = drive(engine, 3.8, seen, ahead=1.0).poses[ROBOT]
        assert pose.y < DOOR_Y + 0.6
        assert touched(seen) == (set() if opened else {'door_d::leaf_leaf::leaf'})


# --- sliders ---


def test_a_slider_reaches_its_place_and_holds_it(begin: Open) -> None:
    engine, seen = begin(), []
    engine.slide(*LEAF, to=1.2, speed=0.6)
    for _ in range(3):
        snapshot = seconds(engine, 4.0, seen)
        assert snapshot.joints[LEAF].position == pytest.approx(1.2, abs=0.002)
    assert max(one.joints[LEAF].speed for one in seen) < 0.63
    engine.slide(*LEAF, to=0.3, speed=0.6)
    assert seconds(engine, 4.0).joints[LEAF].position == pytest.approx(0.3, abs=0.002)


def test_a_car_that_was_told_nothing_stays_where_it_is(begin: Open) -> None:
    engine, seen = begin(), []
    seconds(engine, 3.0, seen)
    assert max(abs(one.poses['lift_A'].z) for one in seen) < 0.002
    assert CAR not in seen[-1].joints


def test_a_robot_rides_up_in_a_car_and_drives_out(begin: Open) -> None:
    engine, seen = begin(person=False), []

    def doors(floor: int, to: float) -> None:
        for joint in (CAR_DOOR, SHAFT_DOORS[floor]):
            engine.slide('lift_A', joint, to=to, speed=0.6)
        seconds(engine, 3.0, seen)

    doors(0, 1.2)
    inside = drive(engine, CAR_X, seen, ahead=1.0).poses[ROBOT]
    doors(0, 0.0)
    engine.slide(*CAR, to=STOREY, speed=1.0)
    above = seconds(engine, 6.0, seen).poses[ROBOT]
    assert apart(above, inside) == pytest.approx(STOREY, abs=0.01)
    assert above.z == pytest.approx(STOREY, abs=0.005)
    doors(1, 1.2)
    out = drive(engine, 3.5, seen, ahead=-1.0).poses[ROBOT]
    assert out.x < CAR_X - 3.0
    assert out.z == pytest.approx(STOREY, abs=0.005)
    assert not contacts(seen)


# --- again ---


def story(engine: Engine) -> list[Snapshot]:
    """A little of everything, a collision included."""
    seen: list[Snapshot] = []
    engine.slide('p', 'y', to=-4.0, speed=1.0)
    engine.slide(*LEAF, to=1.2, speed=0.6)
    engine.slide(*CAR, to=STOREY, speed=1.0)
    engine.drive('robot_r2', ahead=0.4, turn=0.3)
    drive(engine, 4.0, seen, ahead=0.9)
    return seen


def test_a_reset_goes_back_to_the_beginning_and_forgets(begin: Open) -> None:
    engine = begin(2)
    first = engine.step(0)
    told = story(engine)
    again = engine.reset()
    assert again.seconds == 0.0
    assert not again.joints
    assert apart(again.poses[ROBOT], first.poses[ROBOT]) < 0.001
    later = seconds(engine, 2.0)
    assert apart(later.poses[ROBOT], first.poses[ROBOT]) < 0.002
    assert not later.joints
    repeated = story(engine)
    assert apart(repeated[-1].poses[ROBOT], told[-1].poses[ROBOT]) < 0.05


def test_the_same_orders_make_the_same_world(begin: Open, name: str) -> None:
    if name not in EXACT:
        pytest.skip(f'{name} does not promise it')
    engine = begin(2)
    first = story(engine)
    assert contacts(first)
    engine.reset()
    assert story(engine) == first
    assert story(begin(2)) == first


# --- what is refused ---


@pytest.mark.parametrize('number', [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused_and_nothing_moves(begin: Open, number: float) -> None:
    engine = begin()
    with pytest.raises(EngineError, match=ROBOT):
        engine.drive(ROBOT, ahead=number, turn=0.0)
    with pytest.raises(EngineError, match=ROBOT):
        engine.drive(ROBOT, ahead=0.0, turn=number)
    with pytest.raises(EngineError, match='car'):
        engine.slide(*CAR, to=number, speed=1.0)
    with pytest.raises(EngineError, match='car'):
        engine.slide(*CAR, to=1.0, speed=number)
    snapshot = seconds(engine, 0.5)
    assert abs(snapshot.poses[ROBOT].x) < 0.001
    assert abs(snapshot.poses['lift_A'].z) < 0.002


def test_names_the_world_does_not_have_are_refused(begin: Open) -> None:
    engine = begin()
    with pytest.raises(EngineError, match='nobody'):
        engine.drive('nobody', ahead=1.0, turn=0.0)
    with pytest.raises(EngineError, match='door_d'):
        engine.drive('door_d', ahead=1.0, turn=0.0)
    with pytest.raises(EngineError, match='nobody'):
        engine.slide('nobody', 'x', to=1.0, speed=1.0)
    with pytest.raises(EngineError, match='nothing'):
        engine.slide('lift_A', 'nothing', to=1.0, speed=1.0)
    with pytest.raises(EngineError, match='left_joint'):
        engine.slide(ROBOT, 'left_joint', to=1.0, speed=1.0)


def test_a_slider_needs_a_speed_and_time_goes_on_only(begin: Open) -> None:
    engine = begin()
    for speed in (0.0, -1.0):
        with pytest.raises(EngineError, match='speed'):
            engine.slide(*CAR, to=1.0, speed=speed)
    with pytest.raises(EngineError, match='-1'):
        engine.step(-1)


def test_an_engine_that_is_not_running_says_so(name: str, tmp_path: Path) -> None:
    engine = open_engine(name, hall(), folder=tmp_path)
    with pytest.raises(EngineError):
        engine.step(1)
    with pytest.raises(EngineError):
        engine.reset()
    engine.start()
    try:
        with pytest.raises(EngineError):
            engine.start()
        engine.step(1)
    finally:
        engine.close()
    engine.close()
    with pytest.raises(EngineError):
        engine.step(1)


# --- processes ---


def processes(folder: Path) -> list[int]:
    """Return the processes that were started with a file of this folder."""
    here = []
    for process in Path('/proc').iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            command = (process / 'cmdline').read_bytes()
            zombie = ') Z ' in (process / 'stat').read_text()
        except OSError:
            continue
        if f'{folder}/'.encode() in command or (zombie and is_child(process)):
            here.append(int(process.name))
    return here


def is_child(process: Path) -> bool:
    parent = (process / 'stat').read_text().rpartition(')')[2].split()[1]
    return int(parent) == os.getpid()


def wait_for_none(folder: Path) -> None:
    deadline = time.monotonic() + END_SECONDS
    while processes(folder):
        assert time.monotonic() < deadline, 'a process of the engine is left'
        time.sleep(0.05)


@pytest.mark.parametrize('name', ['classic', 'sim'], indirect=True)
@pytest.mark.gazebo
def test_an_engine_that_is_killed_is_an_error_and_leaves_nothing(
    begin: Open, tmp_path: Path
) -> None:
    engine = begin()
    engine.step(10)
    running = processes(tmp_path)
    assert running
    for process in running:
        os.kill(process, signal.SIGKILL)
    with pytest.raises(EngineError, match=r'ended|signal'):
        engine.step(1000)
    engine.close()
    wait_for_none(tmp_path)


@pytest.mark.parametrize('name', ['classic', 'sim'], indirect=True)
@pytest.mark.gazebo
def test_an_engine_that_was_closed_leaves_nothing(begin: Open, tmp_path: Path) -> None:
    engine = begin()
    assert processes(tmp_path)
    engine.close()
    wait_for_none(tmp_path)


OPENS = """
import sys, time
from pathlib import Path
from robot_nodes.gazebo.engines import open_engine
from tests.gazebo.hall import hall
engine = open_engine(sys.argv[1], hall(), folder=Path(sys.argv[2]))
engine.start()
engine.drive('robot_r1', ahead=0.5, turn=0.0)
print('started', flush=True)
while True:
    engine.step(100)
"""


@pytest.mark.parametrize('name', ['classic', 'sim'], indirect=True)
@pytest.mark.gazebo
def test_an_engine_ends_with_the_process_that_opened_it(name: str, tmp_path: Path) -> None:
    command = [sys.executable, '-c', OPENS, name, str(tmp_path / 'x')]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as opener:
        assert opener.stdout is not None
        assert opener.stdout.readline() == 'started\n'
        assert processes(tmp_path)
        opener.kill()
    wait_for_none(tmp_path)
