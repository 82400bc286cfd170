"""Whole days with everything going wrong: nothing collides, nothing is lost, everything ends.

The oracle looks at the building at every half second: bodies, doors, cars, parcels. After the
faults it has to become calm: each accepted delivery ended exactly once, each parcel is where the
journal says, each robot is in a bay, and each lift is free.
"""

from __future__ import annotations

import pytest

from fleet_manager.adapters.sim.link import CLEAR, Weather
from fleet_manager.adapters.sim.mishaps import Rates
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways, can_get_there
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import LiftSessionEnded, RobotExcluded
from fleet_manager.domain.traffic.hindrances import hindrances
from fleet_manager.domain.units import HOUR, MINUTE, SECOND
from tests.hospitals import corridor, loop, two_floors
from tests.scenarios.day import QUICK, Day, small_hospital
from tests.scenarios.seeds import seeds

NOTHING_FAILS = Rates()
AWFUL_NETWORK = Weather(loss=0.3, duplicates=0.2, delay_ms=2_500)


def hold(day: Day) -> None:
    """Run a day and assert what must hold after any day."""
    rested = day.run()
    state, oracle = day.sim.state(), day.sim.oracle
    assert oracle.violations == []
    assert oracle.all_ended(state) == []
    assert rested, 'it became calm'
    assert len(oracle.requested) == sum(oracle.ends.values())
    for robot in state.robots.values():
        assert day.sim.world.hospital.is_bay(robot.node)
        assert robot.excluded is None


def house(number: int) -> tuple[Hospital, int]:
    """Return one of the small hospitals and how many robots it has."""
    return (
        (corridor(robots=4, length=6), 4),
        (loop(robots=6), 6),
        (two_floors(robots=6, lifts=1, door=True), 6),
        (two_floors(robots=4, lifts=2), 4),
    )[number % 4]


# --- the hospital that is shipped  ---


@pytest.mark.slow
def test_a_busy_hour_of_eight_robots_survives_crashes_cuts_and_restarts() -> None:
    day = Day(small_hospital(), 1, robots=8, deliveries=40, every_ms=15 * SECOND, habits=QUICK)
    hold(day)
    assert set(day.mishaps.counts) == {
        'manager_crashes',
        'robot_restarts',
        'robot_cuts',
        'lift_restarts',
    }
    assert not [e for _, e in day.sim.events if isinstance(e, RobotExcluded)]
    rides = [e for _, e in day.sim.events if isinstance(e, LiftSessionEnded)]
    assert {e.lift for e in rides} == {'A', 'B'}


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(3, first=2))
def test_sixty_deliveries_by_eight_robots_survive_crashes_cuts_and_restarts(seed: int) -> None:
    hold(Day(small_hospital(), seed, robots=8, deliveries=60))


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(2))
def test_twelve_robots_in_an_awful_network_end_well(seed: int) -> None:
    day = Day(
        small_hospital(),
        seed,
        robots=12,
        deliveries=80,
        every_ms=25 * SECOND,
        weather=AWFUL_NETWORK,
    )
    hold(day)


# --- small houses, where robots are in each other's way all the time  ---


@pytest.mark.slow
@pytest.mark.parametrize('number', range(4))
def test_small_houses_full_of_robots_end_well(number: int) -> None:
    hospital, robots = house(number)
    day = Day(hospital, number, robots=robots, deliveries=10, every_ms=10 * SECOND, habits=QUICK)
    hold(day)


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(6))
def test_hours_in_small_houses_end_well(seed: int) -> None:
    hospital, robots = house(seed)
    weather = (CLEAR, AWFUL_NETWORK, Weather(loss=0.1, duplicates=0.1, delay_ms=1_000))[seed % 3]
    hold(Day(hospital, 100 + seed, robots=robots, deliveries=40, weather=weather))


@pytest.mark.slow
def test_robots_that_trust_every_word_never_meet_a_shut_door_or_a_foreign_lift() -> None:
    day = Day(
        two_floors(robots=4, lifts=2, door=True),
        3,
        robots=4,
        deliveries=10,
        every_ms=15 * SECOND,
        weather=CLEAR,
        rates=Rates(manager_crashes=4 * MINUTE, robot_restarts=4 * MINUTE),
        habits=QUICK,
        careful=False,
    )
    hold(day)


# --- a robot that dies for good  ---


def kill_one(seed: int) -> Day:
    """Let one robot on its way die for good, and the others work on for an hour."""
    day = Day(
        small_hospital(),
        seed,
        robots=6,
        deliveries=12,
        every_ms=20 * SECOND,
        weather=CLEAR,
        rates=NOTHING_FAILS,
        habits=QUICK,
    )
    day.sim.run(3 * MINUTE + seed * 11 * SECOND)
    moving = [r for r in day.sim.world.robots.values() if r.edge is not None]
    moving[seed % len(moving)].dead = True
    day.sim.run(1 * HOUR)
    return day


def hold_without(day: Day) -> None:
    """Assert that only what needs the place of the dead robot was left undone."""
    sim = day.sim
    turn, state = sim.manager.kernel.turn(), sim.state()
    ways = Ways(turn, hindrances(turn))
    assert sim.oracle.violations == []
    for robot in state.robots.values():
        if sim.world.robots[robot.id].dead:
            assert robot.id in {queue[0].robot for queue in state.queues.values()}
            continue
        hospital = sim.world.hospital
        resting = [n.id for n in hospital.nodes.values() if n.kind in ('parking', 'charger')]
        shut_in = not any(ways.lead(robot.node, bay, robot.id) for bay in resting)
        assert hospital.is_bay(robot.node) or shut_in
        if robot.delivery is not None:
            assert state.deliveries[robot.delivery].state is DeliveryState.UNDER_WAY
            recipient = state.deliveries[robot.delivery].recipient
            goal = sim.world.hospital.stations[recipient].node
            assert not ways.lead(robot.node, goal, robot.id), f'{robot.id} could go to {goal}'
    alive = [r for r in state.robots.values() if not sim.world.robots[r.id].dead]
    for delivery in state.deliveries.values():
        if delivery.state is DeliveryState.ACCEPTED:
            assert not any(can_get_there(turn, ways, r, delivery) for r in alive), delivery.id


@pytest.mark.slow
def test_the_fleet_works_on_around_a_robot_that_died_for_good() -> None:
    hold_without(kill_one(1))


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(4, first=2))
def test_the_fleet_works_on_wherever_a_robot_died(seed: int) -> None:
    hold_without(kill_one(seed))
