"""Hours at lifts that people use too: full cars, held doors, a fire, restarts.

No two robots in a car, no robot among people, and everything ends or waits with a reason.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.adapters.sim.lifts import PUBLIC, STAFF, People
from fleet_manager.adapters.sim.mishaps import ROUGH, Rates
from fleet_manager.adapters.sim.simulation import OPERATOR, Simulation
from fleet_manager.application.lift_line import line
from fleet_manager.domain.ids import FloorId, LiftId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import LiftMode, LiftRecalled, LiftSessionStarted, ReleaseLift
from fleet_manager.domain.traffic.retime import expected
from fleet_manager.domain.units import HOUR, MINUTE, SECOND
from tests.hospitals import two_floors
from tests.scenarios.day import QUICK, Day
from tests.scenarios.seeds import seeds

CALM = Rates()
#: A lobby at its worst: half of the cars that come have somebody in them already.
CROWD = People((90,) * 24, held=0.4, step_in=0.5)
#: The same, and the lift says nothing of it: the robot has to look.
SILENT_CROWD = replace(CROWD, tells=False)


def house(access: str, *, lifts: int = 2) -> Hospital:
    hospital = two_floors(robots=4, lifts=lifts)
    own = {name: replace(lift, access=access) for name, lift in hospital.lifts.items()}
    return replace(hospital, lifts=own)


def busy_day(
    seed: int, *, people: People, rates: Rates = ROUGH, lifts: int = 2, careful: bool = True
) -> Day:
    return Day(
        house('public', lifts=lifts),
        seed,
        robots=4,
        deliveries=10,
        every_ms=60 * SECOND,
        rates=rates,
        busy_lifts=0.0,
        people={'public': people},
        habits=QUICK,
        careful=careful,
    )


def hold(day: Day) -> None:
    assert day.run(limit_ms=6 * HOUR), 'it became calm'
    assert day.sim.oracle.violations == []
    assert day.sim.oracle.all_ended(day.sim.state()) == []


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(1))
@pytest.mark.parametrize('people', [STAFF, PUBLIC, CROWD, SILENT_CROWD])
def test_robots_and_people_share_lifts_and_everything_ends(seed: int, people: People) -> None:
    day = busy_day(seed, people=people)
    hold(day)
    assert day.sim.state().lift_outcomes['done'] >= 4


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(2))
def test_robots_that_trust_the_manager_blindly_never_ride_with_people(seed: int) -> None:
    """With a lift that tells: the manager alone keeps robots out of a car with somebody in it."""
    hold(busy_day(seed, people=CROWD, careful=False))


@pytest.mark.slow
def test_full_cars_are_seen_and_asked_for_again() -> None:
    outcomes: dict[str, int] = {}
    for seed in range(3):
        day = busy_day(seed, people=CROWD, rates=CALM)
        hold(day)
        for outcome, count in day.sim.state().lift_outcomes.items():
            outcomes[outcome] = outcomes.get(outcome, 0) + count
    assert outcomes['full'] >= 5
    assert outcomes['done'] >= 15


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(2))
def test_a_fire_in_the_middle_empties_the_cars_and_a_person_lets_the_robots_ride_again(
    seed: int,
) -> None:
    day = busy_day(seed, people=PUBLIC, rates=CALM)
    sim = day.sim
    assert sim.run_until(lambda: _somebody_rides(day), limit_ms=HOUR)
    burning = list(sim.world.lifts.values())
    for lift in burning:
        lift.fault, lift.recall = LiftMode.FIRE, FloorId('F1')
    sim.run(4 * MINUTE)
    assert not any(sim.world.car_of(robot) for robot in sim.world.robots.values())
    assert len([e for _, e in sim.events if isinstance(e, LiftRecalled)]) == len(burning)
    _everybody_in_line_knows_why(day)
    for lift in burning:
        lift.fault = None
    rides = _rides(day)
    sim.run(5 * MINUTE)
    assert _rides(day) == rides, 'nothing resumes by itself'
    for lift in burning:
        reply = sim.send(ReleaseLift(OPERATOR, lift.id))
        assert reply is not None
        assert reply.refusal_code is None
    hold(day)


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(2))
def test_an_earthquake_with_restarts_of_everything_ends_well_too(seed: int) -> None:
    day = busy_day(seed, people=STAFF, lifts=1)
    sim = day.sim
    assert sim.run_until(lambda: _somebody_rides(day), limit_ms=HOUR)
    lift = sim.world.lifts[LiftId('A')]
    lift.fault, lift.recall = LiftMode.EMERGENCY, FloorId('F2')
    sim.run(4 * MINUTE)
    lift.fault = None
    sim.run(MINUTE)
    assert sim.run_until(lambda: _is_released(sim), limit_ms=10 * MINUTE)
    hold(day)


def _is_released(sim: Simulation) -> bool:
    reply = sim.send(ReleaseLift(OPERATOR, LiftId('A')))
    return reply is not None and reply.refusal_code is None


def _somebody_rides(day: Day) -> bool:
    return any(
        day.sim.world.car_of(robot) and robot.edge is None
        for robot in day.sim.world.robots.values()
    )


def _rides(day: Day) -> int:
    return sum(isinstance(event, LiftSessionStarted) for _, event in day.sim.events)


def _everybody_in_line_knows_why(day: Day) -> None:
    turn = day.sim.manager.kernel.turn()
    for lift in turn.hospital.lifts.values():
        for waiting in line(turn, expected(turn), lift):
            assert waiting['code'] == 'no_robots'
