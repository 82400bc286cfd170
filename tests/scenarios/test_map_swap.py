"""Changing the map under a working fleet, in virtual time, with the oracle watching."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from fleet_manager.adapters.sim.delays import Delays
from fleet_manager.adapters.sim.demand import possible
from fleet_manager.adapters.sim.mishaps import Mishaps
from fleet_manager.adapters.sim.simulation import OPERATOR, Simulation
from fleet_manager.adapters.sim.world import STEP_MS
from fleet_manager.domain.ids import LaneId, RobotId, lane_resource
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    CancelMapSwap,
    LegPlanned,
    MapSwapped,
    PauseRobot,
    ResumeRobot,
)
from fleet_manager.domain.units import HOUR, MINUTE, SECOND
from tests.hospitals import loop, two_floors
from tests.redrawn import moved, with_lane, without, without_lift, without_station
from tests.scenarios.day import BAD_NETWORK, QUICK
from tests.scenarios.seeds import seeds


def drove(sim: Simulation, lane: str) -> bool:
    return any(
        isinstance(e, LegPlanned) and any(h.lane == lane for h in e.hops) for _, e in sim.events
    )


def test_a_lane_that_is_new_is_driven_on_soon_and_nobody_stopped_working() -> None:
    house = loop(robots=3)
    sim = Simulation(house, Random(1))
    sim.run(5 * SECOND)
    sim.request('drug', sender='s1', recipient='s5')
    sim.run(10 * SECOND)
    ring = without(house, lanes=['F1.w3-F1.w4', 'F1.w7-F1.w8'])
    next_map = with_lane(ring, 'F1.w2', 'F1.w6')
    reply = sim.swap_map(next_map, wait_ms=10 * MINUTE)
    assert reply is not None
    assert reply.refusal_code is None
    assert sim.run_until(lambda: outcome(sim) == 'swapped', limit_ms=5 * MINUTE)
    assert sim.state().map_version == next_map.version
    sim.request('drug', sender='s1', recipient='s5')
    assert sim.run_until(sim.is_calm, limit_ms=30 * MINUTE)
    assert drove(sim, 'F1.w2-F1.w6')
    carried = {s.report.map_version for s in sim.manager.kernel.sensed.robots.values()}
    assert carried == {next_map.version}
    assert not sim.oracle.violations
    assert not sim.oracle.all_ended(sim.state())


def held(sim: Simulation) -> list[tuple[str, dict[str, str]]]:
    end = sim.state().swap_end
    assert end is not None
    return [(hold.code, hold.params) for hold in end.held]


def outcome(sim: Simulation) -> str:
    end = sim.state().swap_end
    return end.outcome if end is not None else ''


def test_a_robot_on_a_corridor_that_goes_is_led_off_it_first() -> None:
    house = loop(robots=3)
    sim = Simulation(house, Random(1))
    sim.run(5 * SECOND)
    sim.request('drug', sender='s3', recipient='s7')
    assert sim.run_until(lambda: on_lane(sim, 'F1.w4-F1.w5'), limit_ms=10 * MINUTE)
    next_map = without(house, lanes=['F1.w4-F1.w5'])
    sim.swap_map(next_map, wait_ms=10 * MINUTE)
    sim.step()
    assert sim.state().map_version == house.version
    assert sim.run_until(lambda: sim.state().swap is None, limit_ms=2 * MINUTE)
    assert outcome(sim) == 'swapped'
    assert sim.run_until(sim.is_calm, limit_ms=30 * MINUTE)
    assert not sim.oracle.violations
    assert not sim.oracle.all_ended(sim.state())


def test_a_station_that_goes_ends_its_open_deliveries_first_and_takes_no_new_ones() -> None:
    house = loop(robots=3)
    sim = Simulation(house, Random(1))
    sim.run(5 * SECOND)
    last = sim.request('drug', sender='s1', recipient='s5')
    sim.swap_map(without_station(house, 's5'), wait_ms=60 * MINUTE)
    sim.run(5 * SECOND)
    with pytest.raises(ValueError, match='station_leaves'):
        sim.request('drug', sender='s1', recipient='s5')
    other = sim.request('drug', sender='s1', recipient='s3')
    ends = lambda: sim.state().swap is None  # noqa: E731
    assert sim.run_until(ends, limit_ms=60 * MINUTE)
    assert outcome(sim) == 'swapped'
    assert sim.oracle.ends[last] == 1
    assert sim.run_until(sim.is_calm, limit_ms=60 * MINUTE)
    assert sim.oracle.ends[other] == 1
    assert not sim.oracle.violations
    with pytest.raises(ValueError, match='unknown_station'):
        sim.request('drug', sender='s1', recipient='s5')


def test_with_no_time_to_wait_an_open_delivery_of_the_station_refuses_the_swap() -> None:
    house = loop(robots=3)
    sim = Simulation(house, Random(1))
    sim.run(5 * SECOND)
    delivery = sim.request('drug', sender='s1', recipient='s5')
    sim.swap_map(without_station(house, 's5'), wait_ms=0)
    sim.run(SECOND)
    assert outcome(sim) == 'refused'
    assert sim.state().map_version == house.version
    assert ('delivery', {'delivery': delivery, 'station': 's5', 'state': 'assigned'}) in held(sim)
    assert sim.run_until(sim.is_calm, limit_ms=60 * MINUTE)
    assert sim.oracle.ends[delivery] == 1


def test_a_paused_robot_in_the_way_is_named_when_the_time_is_over() -> None:
    house = loop(robots=3)
    sim = Simulation(house, Random(1))
    sim.run(5 * SECOND)
    home = house.robots[RobotId('r2')].home
    sim.send(PauseRobot(OPERATOR, RobotId('r2')))
    sim.swap_map(without(house, nodes=[home]), wait_ms=MINUTE)
    sim.run(2 * MINUTE)
    assert outcome(sim) == 'refused'
    assert held(sim) == [('robot', {'robot': 'r2', 'place': f'node:{home}', 'why': 'paused'})]
    delivery = sim.request('drug', sender='s1', recipient='s5')
    sim.send(ResumeRobot(OPERATOR, RobotId('r2')))
    assert sim.run_until(sim.is_calm, limit_ms=60 * MINUTE)
    assert sim.oracle.ends[delivery] == 1


def test_a_bay_that_moves_is_left_and_used_again_where_it_is_then() -> None:
    house = loop(robots=3)
    sim = Simulation(house, Random(1))
    sim.run(5 * SECOND)
    home = house.robots[RobotId('r2')].home
    sim.swap_map(moved(house, home, by=0.3), wait_ms=5 * MINUTE)
    assert sim.run_until(lambda: sim.state().swap is None, limit_ms=5 * MINUTE)
    assert outcome(sim) == 'swapped'
    assert sim.state().robots[RobotId('r2')].node != home
    sim.request('drug', sender='s1', recipient='s5')
    assert sim.run_until(sim.is_calm, limit_ms=60 * MINUTE)
    assert not sim.oracle.violations


def on_lane(sim: Simulation, lane: str) -> bool:
    return any(lane_resource(LaneId(lane)) in r.resources() for r in sim.world.robots.values())


class Rebuilding:
    """A hospital that gets another of its maps at random moments, while people go on asking."""

    def __init__(
        self, sim: Simulation, rng: Random, maps: list[Hospital], *, deliveries: int
    ) -> None:
        self.left, self.over = deliveries, False
        self.outcomes: Counter[str] = Counter()
        self._sim, self._rng, self._maps = sim, rng, maps

    def step(self) -> None:
        sim, rng = self._sim, self._rng
        if self.left and rng.random() < STEP_MS / (40 * SECOND):
            self.left -= 1
            goods, sender, recipient = rng.choice(possible(sim.manager.kernel.hospital))
            try:
                sim.request(goods, sender=sender, recipient=recipient)
            except ValueError as error:
                self.outcomes[str(error)] += 1
        if sim.state().swap is not None and rng.random() < STEP_MS / (20 * SECOND):
            sim.crash_manager()
        if self.over:
            return
        if rng.random() < STEP_MS / (4 * MINUTE):
            wait = rng.choice((0, MINUTE, 10 * MINUTE))
            reply = sim.swap_map(rng.choice(self._maps), wait_ms=wait)
            self.outcomes[(reply and reply.refusal_code) or 'asked'] += 1
        if rng.random() < STEP_MS / (20 * MINUTE):
            sim.send(CancelMapSwap(OPERATOR, 'changed my mind'))


def rings() -> list[Hospital]:
    house = loop(robots=4)
    across = with_lane(house, 'F1.w2', 'F1.w6')
    return [
        house,
        across,
        with_lane(without(house, lanes=['F1.w4-F1.w5']), 'F1.w4', 'F1.w8'),
        without_station(across, 's5'),
        moved(house, 'F1.b6', by=0.4),
        without(across, nodes=['F1.b7']),
    ]


def towers() -> list[Hospital]:
    house = two_floors(robots=4, lifts=2, door=True)
    return [
        house,
        without_station(house, 'lab'),
        without_lift(house, 'B'),
        without(house, nodes=['F2.p4']),
        moved(house, 'F1.p3', by=0.3),
    ]


@pytest.mark.slow
@pytest.mark.parametrize('seed', seeds(2))
@pytest.mark.parametrize('maps', [rings, towers], ids=['rings', 'towers'])
def test_maps_swapped_at_random_moments_under_load_with_crashes_lose_nothing(
    maps: Callable[[], list[Hospital]], seed: int
) -> None:
    rng = Random(seed)
    sim = Simulation(
        maps()[0], rng, delays=Delays(), habits=QUICK, weather=BAD_NETWORK, busy_lifts=0.05
    )
    mishaps = Mishaps(sim, Random(rng.random()))
    people = Rebuilding(sim, Random(rng.random()), maps(), deliveries=40)
    sim.on_step += [people.step, mishaps.step]
    sim.run(45 * MINUTE)
    people.over = True
    mishaps.stop()
    sim.run_until(lambda: not people.left, limit_ms=60 * MINUTE)
    calm = sim.run_until(lambda: sim.is_calm() and sim.state().swap is None, limit_ms=4 * HOUR)
    assert not sim.oracle.violations
    assert calm, [(d.id, d.state, d.robot) for d in sim.state().deliveries.values()]
    assert not sim.oracle.all_ended(sim.state())
    assert any(isinstance(e, MapSwapped) for _, e in sim.events)
