"""Rides whatever lifts and robots say, in whatever order, twice or never (I8, I14).

Robots here trust the manager blindly: they jump to the end of what was released to them.
"""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.application.ports import LiftOrder
from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.domain.ids import LiftId, car_resource, node_resource
from fleet_manager.domain.messages import (
    Event,
    HopKind,
    HopsReleased,
    LiftDoor,
    LiftMode,
    LiftReport,
    LiftSessionEnded,
    LiftStage,
    PauseRobot,
    ReadmitRobot,
    ReleaseLift,
    ResumeRobot,
    RobotReport,
)
from fleet_manager.domain.state import Robot
from tests.application.stage import OPERATOR, Stage
from tests.hospitals import two_floors

#: More on demand.
EXAMPLES: Final = int(os.environ.get('FLEET_EXAMPLES', '1000'))
AGV: Final = {'door': LiftDoor.OPEN, 'mode': LiftMode.AGV}
#: What a lift may say beside the truth.
WORDS: Final[tuple[dict[str, Any], ...]] = (
    {},
    {'session': 'people', **AGV},
    {'session': '', **AGV},
    {'mode': LiftMode.FIRE, 'door': LiftDoor.OPEN},
    {'mode': LiftMode.FIRE, 'door': LiftDoor.OPEN, 'current_floor': 'F2'},
    {'mode': LiftMode.OFFLINE},
    {'mode': LiftMode.UNKNOWN, 'door': LiftDoor.OPEN},
    {'door': LiftDoor.MOVING, 'moving': True},
)
ERRANDS: Final = (('pharmacy', 'ward'), ('lab', 'stores'), ('stores', 'lab'), ('ward', 'pharmacy'))


class Adversary:
    """A stage on which every device says what chance lets it say; who watches checks each word."""

    def __init__(self, seed: int, *, lifts: int) -> None:
        self.rng = Random(seed)
        self.stage = Stage(two_floors(robots=3, lifts=lifts), auto=False)
        self.lifts = sorted(self.stage.hospital.lifts)
        self.said: list[LiftReport] = []
        self.told: list[RobotReport] = []
        self.seen = 0
        for robot in self.stage.hospital.robots:
            self.stage.say(robot)
        for number in range(3):
            self.stage.request(*self.rng.choice(ERRANDS), key=f'key{number}')

    def act(self) -> None:
        """Let one thing happen."""
        rng, stage = self.rng, self.stage
        what = rng.random()
        if what < 0.3:
            stage.tick(rng.choice((500, 1_000, 1_000, 5_000, 40_000)))
        elif what < 0.5:
            self._lift_speaks(rng.choice(self.lifts))
        elif what < 0.85:
            self._robot_speaks(rng.choice(sorted(stage.hospital.robots)))
        elif what < 0.92:
            for delivery in list(stage.kernel.state.deliveries):
                stage.help(delivery)
        elif what < 0.95:
            command = rng.choice((PauseRobot, ResumeRobot))
            stage.send(command(OPERATOR, rng.choice(sorted(stage.hospital.robots))))
        elif what < 0.97:
            stage.send(ReleaseLift(OPERATOR, rng.choice(self.lifts)))
        else:
            stage.restart()
        self.check()

    def _lift_speaks(self, lift: LiftId) -> None:
        rng, stage = self.rng, self.stage
        order = stage.kernel.directives().get(f'lift:{lift}')
        ours = isinstance(order, LiftOrder) and not order.end_session
        what = rng.random()
        if what < 0.55:
            stage.serve(lift)
        elif what < 0.65 and ours and isinstance(order, LiftOrder):
            said = {'session': order.session, 'current_floor': order.destination, **AGV}
            stage.lift(lift, occupied=True, **said)
        elif what < 0.85 and self.said:
            stage.hear(rng.choice(self.said))
        else:
            stage.lift(lift, **rng.choice(WORDS))
        if lift in stage.kernel.sensed.lifts:
            self.said.append(stage.kernel.sensed.lifts[lift][0])

    def _robot_speaks(self, robot: Any) -> None:
        rng, stage = self.rng, self.stage
        what = rng.random()
        if what < 0.7:
            stage.drive(robot)
        elif what < 0.8:
            stage.say(robot, errors=rng.choice(((), ('cabin_full',))))
        elif self.told:
            stage.hear(rng.choice(self.told))
        self.told.append(stage.reports[robot])

    def check(self) -> None:
        """Look at what has just happened."""
        events = self.stage.events[self.seen :]
        self.seen = len(self.stage.events)
        cars = {lift.car for lift in self.stage.hospital.lifts.values()}
        inside = [r.last_node for r in self.stage.reports.values() if r.last_node in cars]
        assert len(inside) == len(set(inside)), 'two robots in a car'
        for event in events:
            self._boards_by_the_rules(event)
            self._keeps_its_car(event)

    def _boards_by_the_rules(self, event: Event) -> None:
        if not isinstance(event, HopsReleased):
            return
        state = self.stage.kernel.state
        board = self._ride(state.robots[event.robot])
        if board is None or board.sequence != event.upto:
            return
        lift = self.stage.hospital.lifts[LiftId(board.lift)]
        session = state.sessions[lift.id]
        assert (session.robot, session.stage) == (event.robot, LiftStage.OPEN)
        report, heard = self.stage.kernel.sensed.lifts[lift.id]
        assert (report.session, report.current_floor) == (session.id, session.boarding_floor)
        assert (report.door, report.mode, report.occupied) == (*AGV.values(), None)
        assert self.stage.now - heard <= 10_000
        out = node_resource(lift.stop(session.target_floor).exit)
        for resource in (car_resource(lift.id), out):
            assert state.queues[resource][0].robot == event.robot

    def _keeps_its_car(self, event: Event) -> None:
        """A session is over only when its robot is out, or was never let in."""
        if isinstance(event, LiftSessionEnded):
            robot = self.stage.kernel.state.robots[event.session.split('#')[0]]  # type: ignore[index]
            car = self.stage.hospital.lifts[event.lift].car
            assert robot.node != car, f'{robot.id} is in the car'
            board = self._ride(robot)
            here = board is not None and board.lift == event.lift
            assert not here or board.sequence > robot.released

    @staticmethod
    def _ride(robot: Robot) -> Any:
        return next((hop for hop in robot.hops if hop.kind is HopKind.BOARD), None)

    def calm_down(self) -> None:
        """From now on everybody does as told, and operators clear what needs a person."""
        stage = self.stage
        stage.auto = True
        for robot in stage.hospital.robots:
            stage.say(robot, errors=())
            stage.send(ResumeRobot(OPERATOR, robot))
        for _ in range(900):
            for robot in stage.kernel.state.robots:
                stage.send(ReadmitRobot(OPERATOR, robot))
            for lift in self.lifts:
                stage.send(ReleaseLift(OPERATOR, lift))
            for delivery in list(stage.kernel.state.deliveries):
                stage.help(delivery)
            stage.tick()
            self.check()
            state = stage.kernel.state
            if all(d.state in ENDS for d in state.deliveries.values()) and not state.sessions:
                return
        raise AssertionError('a request was dropped')


@pytest.mark.slow
@given(seed=st.integers(0, 10_000_000), lifts=st.integers(1, 2))
@settings(max_examples=EXAMPLES)
def test_nobody_boards_without_session_and_exit_cell_and_no_car_holds_two(
    seed: int, lifts: int
) -> None:
    adversary = Adversary(seed, lifts=lifts)
    for _ in range(80):
        adversary.act()


@pytest.mark.thorough
@given(seed=st.integers(0, 10_000_000), lifts=st.integers(1, 2))
@settings(max_examples=max(1, EXAMPLES // 10))
def test_whatever_was_lost_repeated_or_late_every_request_is_served_in_the_end(
    seed: int, lifts: int
) -> None:
    adversary = Adversary(seed, lifts=lifts)
    for _ in range(60):
        adversary.act()
    adversary.calm_down()


@pytest.mark.thorough
def test_the_adversary_reaches_every_stage_and_every_outcome() -> None:
    outcomes: set[str] = set()
    for seed in range(120):
        adversary = Adversary(seed, lifts=1 + seed % 2)
        for _ in range(120):
            adversary.act()
        outcomes |= {e.outcome for e in adversary.stage.all(LiftSessionEnded)}
    assert outcomes >= {'done', 'full', 'mode_lost', 'abandoned', 'timed_out'}


def test_a_robot_report_replayed_from_before_a_ride_frees_nothing() -> None:
    adversary = Adversary(1, lifts=1)
    stage = adversary.stage
    stage.auto = True
    old = stage.reports[next(iter(stage.hospital.robots))]
    stage.until(lambda: bool(stage.kernel.state.sessions))
    before = stage.kernel.snapshot()
    stage.hear(replace(old, sequence=1))
    assert stage.kernel.snapshot() == before
