"""A lift serves one session, and moves for nobody else."""

from __future__ import annotations

import pytest

from fleet_manager.domain.units import Instant
from robot_nodes.core.body import Car, Leaf
from robot_nodes.core.lift_controller import (
    LEASE,
    Cabin,
    Command,
    DoorState,
    LiftController,
    Mode,
    Motion,
    Request,
    RequestKind,
    Sensors,
    Status,
)

FLOORS = (('L1', 0.0), ('L2', 4.5), ('L3', 9.0))
AGV = RequestKind.AGV_MODE


class Shaft:
    """A controller on a simulated car, with a clock."""

    def __init__(self, *, height: float = 0.0, occupied: bool = False) -> None:
        self.now = 1_000_000
        self.occupied = occupied
        self.obstructed = False
        self.car = Car(FLOORS, 1.6, 0.8, Leaf(3.0), height, height, last_floor='L1')
        self.restart()

    def restart(self) -> None:
        self.controller = LiftController(FLOORS)
        self.feel()

    def feel(self) -> None:
        car = self.car
        at = Instant(self.now)
        self.controller.feel(
            Sensors(
                car.height, car.velocity, car.leaf.position, self.occupied, at, self.obstructed
            )
        )

    def run(self, seconds: float) -> Status:
        for _ in range(int(seconds * 20)):
            self.now += 50
            command = self.controller.step(Instant(self.now))
            if command is not None:
                self.car.wanted, self.car.leaf.wanted = command.height, command.door
            self.car.step(0.05, obstructed=self.obstructed)
            self.feel()
        status = self.controller.status()
        assert status is not None
        return status

    def ask(
        self, session: str, floor: str = '', *, kind: RequestKind = AGV, door: bool = True
    ) -> bool:
        request = Request(session, kind, floor, door_open=door)
        return self.controller.ask(request, now=Instant(self.now))


def test_a_free_lift_stands_shut_in_human_mode() -> None:
    assert Shaft().run(1) == Status('L1', 'L1', DoorState.CLOSED, Motion.STOPPED, Mode.HUMAN, '')


def test_it_tells_whether_somebody_is_in_the_car() -> None:
    shaft = Shaft()
    assert shaft.run(1).cabin is Cabin.EMPTY
    shaft.controller.crowded = True
    assert shaft.run(1).cabin is Cabin.OCCUPIED
    assert Shaft(occupied=True).run(1).cabin is Cabin.OCCUPIED


def test_a_session_takes_it_and_it_comes_and_opens() -> None:
    shaft = Shaft()
    assert shaft.ask('s1', 'L3')
    assert shaft.run(2).motion is Motion.UP
    assert shaft.run(20) == Status('L3', 'L3', DoorState.OPEN, Motion.STOPPED, Mode.AGV, 's1')
    assert shaft.car.height == 9.0


def test_the_door_opens_at_a_floor_only_and_the_car_moves_shut_only() -> None:
    shaft = Shaft()
    shaft.ask('s1', 'L1')
    assert shaft.run(4).door is DoorState.OPEN
    shaft.ask('s1', 'L2')
    heights = set()
    for _ in range(300):
        shaft.run(0.05)
        if not shaft.car.leaf.is_shut:
            heights.add(round(shaft.car.height, 3))
        if shaft.car.velocity:
            assert shaft.car.leaf.is_shut
    assert heights == {0.0, 4.5}


def test_another_session_is_not_heard_while_one_holds_it() -> None:
    shaft = Shaft()
    shaft.ask('s1', 'L2')
    assert not shaft.ask('s2', 'L3')
    assert shaft.run(20).session == 's1'
    assert shaft.car.height == 4.5
    assert shaft.ask('s1', kind=RequestKind.END_SESSION)
    assert shaft.ask('s2', 'L3')
    assert shaft.run(20).current_floor == 'L3'


@pytest.mark.parametrize('kind', [RequestKind.END_SESSION, RequestKind.HUMAN_MODE])
def test_a_stranger_cannot_end_a_session(kind: RequestKind) -> None:
    shaft = Shaft()
    shaft.ask('s1', 'L2')
    assert not shaft.ask('s2', kind=kind)
    assert not shaft.ask('', kind=kind)
    assert shaft.run(20).session == 's1'


def test_its_holder_ends_it_and_the_door_shuts() -> None:
    shaft = Shaft()
    shaft.ask('s1', 'L2')
    shaft.run(20)
    shaft.ask('s1', kind=RequestKind.END_SESSION)
    assert shaft.run(5) == Status('L2', 'L2', DoorState.CLOSED, Motion.STOPPED, Mode.HUMAN, '')
    assert shaft.ask('s1', kind=RequestKind.END_SESSION)


def test_the_door_does_not_shut_on_a_robot() -> None:
    shaft = Shaft()
    shaft.ask('s1', 'L1')
    shaft.run(5)
    shaft.obstructed = True
    shaft.ask('s1', 'L3')
    shaft.run(30)
    assert (shaft.car.height, shaft.car.leaf.position) == (0.0, 1.0)
    shaft.obstructed = False
    assert shaft.run(30).current_floor == 'L3'


def test_after_a_restart_with_a_robot_inside_nothing_moves_until_somebody_asks() -> None:
    shaft = Shaft()
    shaft.ask('s1', 'L2')
    shaft.run(20)
    shaft.occupied = True
    shaft.restart()
    assert shaft.controller.step(Instant(shaft.now)) is None
    status = shaft.run(120)
    assert (status.session, status.current_floor, status.door) == ('', 'L2', DoorState.OPEN)
    assert shaft.ask('s1', 'L3')
    status = shaft.run(20)
    assert (status.session, status.current_floor, status.door) == ('s1', 'L3', DoorState.OPEN)


def test_an_end_of_session_after_a_restart_moves_nothing() -> None:
    shaft = Shaft(height=4.5)
    assert shaft.ask('s1', kind=RequestKind.END_SESSION)
    assert shaft.controller.step(Instant(shaft.now)) is None


def test_a_dead_requester_loses_an_empty_lift_after_its_lease() -> None:
    shaft = Shaft()
    shaft.ask('s1', 'L2')
    assert shaft.run(LEASE / 1_000 - 1).session == 's1'
    status = shaft.run(10)
    assert (status.session, status.mode, status.door) == ('', Mode.HUMAN, DoorState.CLOSED)


def test_a_dead_requester_keeps_a_lift_with_a_robot_in_it() -> None:
    shaft = Shaft(occupied=True)
    shaft.ask('s1', 'L2')
    assert shaft.run(LEASE / 1_000 + 60).session == 's1'


def test_a_dead_requester_keeps_a_lift_with_a_robot_in_its_door() -> None:
    shaft = Shaft()
    shaft.ask('s1', 'L2')
    shaft.run(15)
    shaft.obstructed = True
    status = shaft.run(LEASE / 1_000 + 60)
    assert (status.session, status.door) == ('s1', DoorState.OPEN)
    shaft.obstructed = False
    assert shaft.run(1).session == ''


def test_without_fresh_sensors_a_lift_is_not_taken_for_empty() -> None:
    shaft = Shaft()
    shaft.ask('s1', 'L2')
    shaft.now += 100_000
    assert shaft.controller.step(Instant(shaft.now)) == Command(4.5, 1.0)
    status = shaft.controller.status()
    assert status is not None
    assert status.session == 's1'


def test_an_unknown_floor_and_a_forced_mode_are_no_reason_to_move() -> None:
    shaft = Shaft()
    assert not shaft.ask('s1', 'L9')
    shaft.controller.forced = Mode.FIRE
    assert not shaft.ask('s1', 'L2')
    status = shaft.run(5)
    assert (status.mode, status.session, shaft.car.height) == (Mode.FIRE, '', 0.0)


def test_it_says_nothing_before_it_knows_where_the_car_is() -> None:
    assert LiftController(FLOORS).status() is None
