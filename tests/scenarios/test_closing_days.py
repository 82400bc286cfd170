"""Places closed and opened at random under a working fleet, with the oracle watching."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from fleet_manager.adapters.sim.delays import Delays
from fleet_manager.adapters.sim.demand import Demand
from fleet_manager.adapters.sim.mishaps import Mishaps
from fleet_manager.adapters.sim.simulation import OPERATOR, Simulation
from fleet_manager.adapters.sim.world import STEP_MS
from fleet_manager.domain.dispatch.keep_out import is_shut_in
from fleet_manager.domain.ids import LaneId, RobotId, lane_resource
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    ClosePlace,
    HopsReleased,
    OpenPlace,
    PlaceClosed,
    PlaceKind,
    PlaceOpened,
)
from fleet_manager.domain.traffic.closures import Closed, zone_place
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant
from tests.hospitals import loop, two_floors
from tests.redrawn import with_zone
from tests.scenarios.day import BAD_NETWORK, QUICK, small_hospital
from tests.scenarios.seeds import seeds


def ring() -> Hospital:
    return with_zone(loop(robots=4, size=8), 'spill', 12.0, 22.0, 18.0, 28.0)


def tower() -> Hospital:
    return with_zone(two_floors(robots=4, lifts=2, door=True), 'lobby', 7.0, -3.5, 13.0, 3.0)


class Closing:
    """Closes places of all kinds at random moments, for a while or until it opens them again."""

    def __init__(self, sim: Simulation, rng: Random) -> None:
        self.over = False
        self.closed = 0
        self.longest_inside = 0
        self._sim, self._rng = sim, rng
        self._since: dict[RobotId, tuple[str, Instant]] = {}
        house = sim.manager.kernel.hospital
        lanes = [(PlaceKind.LANE, lane) for lane in house.lanes]
        self._places: list[tuple[PlaceKind, str]] = [
            *lanes,
            *[(PlaceKind.LIFT, lift) for lift in house.lifts] * 3,
            *[(PlaceKind.FLOOR, floor) for floor in house.floors],
            *[
                (PlaceKind.ZONE, zone_place(floor.id, z.id))
                for floor in house.floors.values()
                for z in floor.zones
            ]
            * 6,
        ]

    def step(self) -> None:
        sim, rng = self._sim, self._rng
        closures = sim.state().closures
        if rng.random() < STEP_MS / (3 * MINUTE):
            kind, place = rng.choice(self._places)
            until = Instant(sim.now + rng.randint(30, 600) * SECOND) if rng.random() < 0.5 else 0
            if not self.over and len(closures) < 3:
                sim.send(ClosePlace(OPERATOR, kind, place, 'wet floor', Instant(until)))
                self.closed += 1
        if closures and (self.over or rng.random() < STEP_MS / (5 * MINUTE)):
            sim.send(OpenPlace(OPERATOR, rng.choice(sorted(closures))))
        self._watch()

    def _watch(self) -> None:
        """Note how long robots stand in one closed place, and no alert says that they must."""
        turn = self._sim.manager.kernel.turn()
        for robot in turn.robots():
            inside = turn.closed is not None and turn.closed.is_inside(robot.id, robot.node)
            place, since = self._since.get(robot.id, ('', self._sim.now))
            leaves = inside and turn.may_move(robot) and not is_shut_in(turn, robot)
            if not leaves or place != robot.node:
                self._since[robot.id] = (robot.node, self._sim.now)
            else:
                self.longest_inside = max(self.longest_inside, self._sim.now - since)


def entered_what_was_closed(sim: Simulation) -> list[HopsReleased]:
    """Return the hops that were released onto a lane after it was closed, and before its end."""
    found, shut = [], dict[str, str]()
    for _, event in sim.events:
        if isinstance(event, PlaceClosed) and event.kind is PlaceKind.LANE:
            shut[event.closure] = lane_resource(LaneId(event.place))
        elif isinstance(event, PlaceOpened):
            shut.pop(event.closure, None)
        elif isinstance(event, HopsReleased) and not set(shut.values()).isdisjoint(event.claims):
            found.append(event)
    return found


def play(house: Hospital, seed: int, *, deliveries: int) -> tuple[Simulation, Closing, Demand]:
    rng = Random(seed)
    sim = Simulation(
        house, rng, delays=Delays(), habits=QUICK, weather=BAD_NETWORK, busy_lifts=0.05
    )
    mishaps = Mishaps(sim, Random(rng.random()))
    demand = Demand(sim, Random(rng.random()), count=deliveries, every_ms=40 * SECOND)
    people = Closing(sim, Random(rng.random()))
    sim.on_step += [demand.step, people.step, mishaps.step]
    sim.run(45 * MINUTE)
    people.over = True
    mishaps.stop()
    sim.run_until(lambda: not demand.left, limit_ms=2 * HOUR)
    return sim, people, demand


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(1))
@pytest.mark.parametrize('house', [ring, tower, small_hospital])
def test_places_closed_at_random_lose_no_delivery_and_nobody_is_let_in(
    house: Callable[[], Hospital], seed: int
) -> None:
    sim, people, _ = play(house(), seed, deliveries=40)
    calm = sim.run_until(lambda: sim.is_calm() and not sim.state().closures, limit_ms=4 * HOUR)
    assert people.closed > 4
    assert not sim.oracle.violations
    assert calm, [(d.id, d.state, d.robot) for d in sim.state().deliveries.values()]
    assert not sim.oracle.all_ended(sim.state())
    assert not entered_what_was_closed(sim)
    assert people.longest_inside < 3 * MINUTE


def test_a_robot_on_a_lane_that_closes_drives_off_it_and_not_back() -> None:
    """Where a closure did not re-route (rmf_ros2#248), the robot went on to the closed lane."""
    house = loop(robots=3)
    sim = Simulation(house, Random(1))
    sim.run(5 * SECOND)
    sim.request('drug', sender='s3', recipient='s7')
    lane = LaneId('F1.w4-F1.w5')

    def on_it() -> bool:
        robots = sim.world.robots.values()
        return any(lane_resource(lane) in robot.resources() for robot in robots)

    assert sim.run_until(on_it, limit_ms=10 * MINUTE)
    sim.send(ClosePlace(OPERATOR, PlaceKind.LANE, lane, 'bed in the way', Instant(0)))
    assert sim.run_until(lambda: not on_it(), limit_ms=MINUTE)
    for _ in range(5 * MINUTE // STEP_MS):
        sim.step()
        assert not on_it()
    assert sim.run_until(sim.is_calm, limit_ms=30 * MINUTE)
    assert not sim.oracle.violations
    assert not sim.oracle.all_ended(sim.state())


@pytest.mark.slow
def test_the_same_seed_gives_the_same_journal_with_closures() -> None:
    one, other = (play(ring(), 5, deliveries=10)[0].manager.journal for _ in range(2))
    assert one == other


def test_ways_are_computed_once_while_the_closures_stay() -> None:
    sim = Simulation(loop(robots=3), Random(1))
    sim.run(5 * SECOND)
    sim.send(ClosePlace(OPERATOR, PlaceKind.LANE, 'F1.w4-F1.w5', 'wet', Instant(0)))
    kernel = sim.manager.kernel
    first = kernel.turn().closed
    assert isinstance(first, Closed)
    sim.run(5 * SECOND)
    assert kernel.turn().closed is first
