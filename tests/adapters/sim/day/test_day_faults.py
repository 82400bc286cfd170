"""What goes wrong goes wrong when it should, lasts as long as it should, and is put right."""

from __future__ import annotations

from random import Random

import pytest

from fleet_manager.adapters.sim.day.demand import Requests
from fleet_manager.adapters.sim.day.faults import Faults
from fleet_manager.application.days.scenario import Fault, FaultKind, Scenario
from fleet_manager.application.ports import Reply
from fleet_manager.domain.ids import ClosureId, LiftId, RobotId
from fleet_manager.domain.messages import ClosePlace, LiftMode, OpenPlace, PlaceClosed, PlaceKind
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant
from tests.adapters.sim.day.site import ELSEWHERE, MIDNIGHT, Site
from tests.hospitals import two_floors

K = FaultKind
TEN = (10 * MINUTE, 10 * MINUTE, 10 * MINUTE)


class Trouble:
    """A building in which faults happen."""

    def __init__(self, *faults: Fault, lasts: int = 4 * HOUR, seed: int = 1) -> None:
        hospital = two_floors(robots=3, lifts=2, door=True)
        scenario = Scenario('s', 'h', starts=6 * HOUR, lasts=lasts, faults=faults)
        self.site = Site(scenario, hospital)
        self.requests = Requests(self.site, scenario, hospital, Random(seed))
        self.faults = Faults(self.site, scenario, hospital, Random(seed), requests=self.requests)
        self.told: list[tuple[int, FaultKind, str, bool]] = []
        self.faults.listeners.append(
            lambda at, kind, subject, begins: self.told.append(
                ((at - MIDNIGHT) // MINUTE, kind, subject, begins)
            )
        )

    def run_to(self, hour: float) -> Trouble:
        self.site.heap.run_until(Instant(MIDNIGHT + int(hour * HOUR)))
        return self


def at_seven(kind: FaultKind, subject: str = '') -> Fault:
    return Fault(kind, at=7 * HOUR, lasts=TEN, subject=subject)


def test_a_fault_by_time_happens_then_to_its_subject_and_is_put_right() -> None:
    trouble = Trouble(at_seven(K.ROBOT_DIES, 'r2')).run_to(7.1)
    assert trouble.site.world.robots[RobotId('r2')].dead
    trouble.run_to(7.2)
    assert not trouble.site.world.robots[RobotId('r2')].dead
    assert trouble.told == [
        (7 * 60, K.ROBOT_DIES, 'r2', True),
        (7 * 60 + 10, K.ROBOT_DIES, 'r2', False),
    ]
    assert trouble.faults.counts == {'robot_dies': 1}


@pytest.mark.thorough
def test_faults_by_chance_come_as_often_as_their_rate_says() -> None:
    short = (SECOND, SECOND, SECOND)
    trouble = Trouble(Fault(K.LIFT_HELD, per_day=240, lasts=short), lasts=24 * HOUR).run_to(30)
    assert 180 < trouble.faults.counts['lift_held'] < 300
    assert {subject for _, _, subject, _ in trouble.told} == {'A', 'B'}


def test_when_demand_ends_everything_is_put_right_and_nothing_more_goes_wrong() -> None:
    trouble = Trouble(
        *(Fault(kind, per_day=48, lasts=(HOUR, HOUR, HOUR)) for kind in FaultKind), lasts=4 * HOUR
    )
    trouble.run_to(9.99)
    assert trouble.faults.lasting
    count = trouble.faults.counts.total()
    trouble.run_to(15)
    assert not trouble.faults.lasting
    assert not trouble.site.world.faulty
    assert trouble.faults.counts.total() == count


def test_every_kind_can_happen() -> None:
    trouble = Trouble(*(Fault(kind, per_day=240, lasts=TEN) for kind in FaultKind))
    trouble.run_to(15)
    assert set(trouble.faults.counts) == {kind.value for kind in FaultKind}


@pytest.mark.parametrize(
    ('kind', 'what'),
    [
        (K.ROBOT_RESTARTS, 'off'),
        (K.ROBOT_BLOCKED, 'blocked'),
        (K.ROBOT_TELEPORTS, 'lost'),
        (K.ROBOT_NONSENSE, 'nonsense'),
        (K.ROBOT_TWICE, 'double'),
        (K.ROBOT_CLOCK, 'clock'),
        (K.CHARGER_DEAD, 'charger'),
        (K.DOOR_STAYS_OPEN, 'left_open'),
        (K.LIFT_STUCK, 'stuck'),
        (K.LIFT_HELD, 'held'),
        (K.LIFT_RESTARTS, 'off'),
        (K.LIFT_OUT, 'out'),
        (K.LIFT_WRONG_FLOOR, 'wrong_floor'),
        (K.DOOR_STUCK, 'stuck'),
        (K.BED_IN_CORRIDOR, 'bed'),
    ],
)
def test_a_fault_of_a_device_breaks_one_and_mends_it(kind: FaultKind, what: str) -> None:
    trouble = Trouble(at_seven(kind)).run_to(7.1)
    (broken,) = trouble.site.world.faulty
    assert broken == (what, trouble.told[0][2])
    assert not trouble.run_to(7.2).site.world.faulty


@pytest.mark.parametrize('kind', ELSEWHERE)
def test_a_fault_of_the_network_or_the_manager_begins_and_ends(kind: FaultKind) -> None:
    subject = 'r1' if kind is K.ROBOT_CUT else ''
    calls = Trouble(at_seven(kind, subject)).run_to(8).site.calls
    assert calls == [f'{kind.value} {subject}'.strip(), f'{kind.value} over']


def test_a_battery_that_fell_is_changed() -> None:
    trouble = Trouble(at_seven(K.BATTERY_FALLS, 'r1')).run_to(7.01)
    assert trouble.site.world.robots[RobotId('r1')].level() < 0.1
    assert trouble.run_to(7.2).site.world.robots[RobotId('r1')].level() > 0.8


def test_a_fire_calls_all_lifts_to_the_ground() -> None:
    trouble = Trouble(at_seven(K.FIRE)).run_to(7.1)
    lifts = trouble.site.world.lifts.values()
    assert [(lift.mode, lift.floor) for lift in lifts] == [(LiftMode.FIRE, 'F1')] * 2
    trouble.run_to(7.2)
    assert [lift.mode for lift in lifts] == [LiftMode.HUMAN] * 2


def test_a_power_cut_takes_lifts_and_chargers_and_gives_them_back() -> None:
    trouble = Trouble(at_seven(K.POWER_CUT)).run_to(7.1)
    kinds = {what for what, _ in trouble.site.world.faulty}
    assert kinds == {'out', 'charger'}  # automatic doors have batteries
    assert not trouble.run_to(7.2).site.world.faulty


def test_a_fire_leaves_a_lift_out_of_service_that_was_so_before() -> None:
    out = Fault(K.LIFT_OUT, at=6 * HOUR + MINUTE, lasts=(3 * HOUR,) * 3, subject='A')
    trouble = Trouble(out, at_seven(K.FIRE)).run_to(7.1)
    assert trouble.site.world.lifts[LiftId('A')].mode is LiftMode.OFFLINE
    trouble.run_to(7.2)
    assert trouble.site.world.lifts[LiftId('A')].mode is LiftMode.OFFLINE
    assert trouble.run_to(9.5).site.world.lifts[LiftId('A')].mode is LiftMode.HUMAN


def test_what_cannot_happen_now_happens_a_little_later() -> None:
    short = Fault(K.LIFT_STUCK, at=7 * HOUR - MINUTE, lasts=(2 * MINUTE,) * 3, subject='A')
    trouble = Trouble(short, at_seven(K.LIFT_STUCK, 'A')).run_to(8)
    assert [at for at, _, _, begins in trouble.told if begins] == [7 * 60 - 1, 7 * 60 + 1]


def test_a_double_click_is_one_of_the_next_request() -> None:
    clicks: list[int] = []
    trouble = Trouble(at_seven(K.DOUBLE_CLICK))
    trouble.requests.double_click = lambda: clicks.append(1)  # type: ignore[method-assign]
    trouble.run_to(8)
    assert clicks == [1]


# --- the worst moment  ---


def test_an_aimed_fault_waits_for_the_worst_moment() -> None:
    """Of a robot: that it is open, in a lift or on its way; here it stands in its bay first."""
    aimed = Fault(K.DOOR_STAYS_OPEN, per_day=480, lasts=TEN, aimed=1.0)
    trouble = Trouble(aimed).run_to(6.5)
    assert trouble.told == []
    robot = trouble.site.world.robots[RobotId('r2')]
    robot.is_open = lambda: True  # type: ignore[method-assign]
    trouble.run_to(6.6)
    assert {subject for _, _, subject, _ in trouble.told} == {'r2'}


@pytest.mark.parametrize('kind', FaultKind)
def test_no_worst_moment_stops_the_other_faults(kind: FaultKind) -> None:
    trouble = Trouble(Fault(kind, per_day=240, lasts=TEN, aimed=0.5)).run_to(11)
    assert trouble.faults.counts.total() > 5
    assert not trouble.faults.lasting


# --- closing a place  ---


def closing(trouble: Trouble, *, down: int = 0) -> list[str]:
    """Play the manager, which does not answer the first `down` times; return what it did."""
    done: list[str] = []

    def answer(command: object) -> Reply | None:
        nonlocal down
        down -= 1
        if down >= 0:
            return None
        if isinstance(command, ClosePlace):
            event = PlaceClosed(
                *(ClosureId('C1'), command.kind, command.place, '', command.reason, command.actor),
                Instant(0),
                (),
                (),
            )
            trouble.site.happen(event)
            done.append(f'close {command.place}')
        elif isinstance(command, OpenPlace):
            done.append(f'open {command.closure}')
        return Reply()

    trouble.site.answer = answer
    return done


@pytest.mark.parametrize('down', [0, 3])
def test_an_operator_closes_a_place_and_opens_it_again_whenever_the_manager_hears(
    down: int,
) -> None:
    trouble = Trouble(at_seven(K.ZONE_CLOSED, 'F2'))
    done = closing(trouble, down=down)
    trouble.run_to(8)
    assert done == ['close F2', 'open C1']
    first = trouble.site.said[0][1]
    assert isinstance(first, ClosePlace)
    assert first.kind is PlaceKind.FLOOR


def test_a_place_that_was_not_closed_in_time_is_not_closed_afterwards() -> None:
    trouble = Trouble(at_seven(K.ZONE_CLOSED, 'A'))
    done = closing(trouble, down=40)
    trouble.run_to(9)
    assert done == []


@pytest.mark.thorough
def test_the_same_seed_brings_the_same_faults() -> None:
    def told(seed: int) -> list[tuple[int, FaultKind, str, bool]]:
        faults = (Fault(kind, per_day=24, lasts=TEN) for kind in FaultKind)
        return Trouble(*faults, seed=seed).run_to(12).told

    assert told(1) == told(1)
    assert told(1) != told(2)
