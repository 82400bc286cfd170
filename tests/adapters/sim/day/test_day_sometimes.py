"""Whether dangerous states were reached is counted, name by name."""

from __future__ import annotations

import pytest

from fleet_manager.adapters.sim.day.day import Day
from fleet_manager.adapters.sim.day.sometimes import NAMES
from fleet_manager.application.days.scenario import (
    Demand,
    Fault,
    FaultKind,
    GoodsDemand,
    Network,
    Request,
    Scenario,
    Staff,
)
from fleet_manager.domain.units import HOUR, MINUTE, SECOND
from tests.hospitals import corridor, two_floors

K = FaultKind


def faulty(*kinds: FaultKind, seed: int) -> Day:
    """Run two hours in which these go wrong often, at the worst moments."""
    lasts = (30 * SECOND, 2 * MINUTE, 4 * MINUTE)
    scenario = Scenario(
        's',
        'h',
        starts=8 * HOUR,
        lasts=2 * HOUR,
        demand=Demand((GoodsDemand('drug', 300, ()), GoodsDemand('blood', 40, ()))),
        staff=Staff(come=(0, 20 * SECOND, MINUTE), close_again=0.1),
        network=Network(loss=0.1, delay_ms=500),
        faults=tuple(Fault(kind, per_day=100, lasts=lasts, aimed=0.9) for kind in kinds),
    )
    day = Day(scenario, two_floors(robots=4, lifts=2, door=True), seed=seed)
    day.run()
    assert day.oracle.violations == []
    assert day.is_calm()
    return day


def test_every_name_is_counted_and_a_quiet_day_reaches_next_to_none() -> None:
    quiet = Scenario(
        's', 'h', lasts=HOUR, demand=Demand(requests=(Request(MINUTE, 'drug', 'west', 'east'),))
    )
    day = Day(quiet, corridor(robots=2), seed=1)
    day.run()
    assert list(day.sometimes.counts) == list(NAMES)
    assert len(set(NAMES)) == len(NAMES) > 60
    assert {name for name, count in day.sometimes.counts.items() if count} == set()


@pytest.mark.slow
@pytest.mark.parametrize(
    ('kinds', 'names'),
    [
        (
            (K.ROBOT_DIES, K.ROBOT_RESTARTS),
            (
                'robot dies in a lane',
                'robot dies in a lift',
                'robot dies with a parcel inside',
                'robot silent',
            ),
        ),
        (
            (K.LIFT_OUT, K.LIFT_RESTARTS, K.LIFT_STUCK, K.FIRE),
            (
                'lift out with a robot inside',
                'lift restarts with a robot inside',
                'lift stuck with a robot inside',
                'lift recalled',
                'lift recalled with a robot inside',
                'lift released by a person',
            ),
        ),
        (
            (K.MANAGER_CRASHES, K.DOUBLE_CLICK, K.NETWORK_CUT),
            (
                'manager started again',
                'manager dies while a compartment is open',
                'manager dies during a ride',
                'request sent twice is one delivery',
                'network cut for more than a minute',
                'order with an opening lost',
            ),
        ),
        (
            (K.ROBOT_TELEPORTS, K.ROBOT_TWICE, K.ROBOT_NONSENSE, K.BATTERY_FALLS),
            (
                'two robots of one name',
                'robot said what cannot be',
                'robot readmitted by a person',
                'nonsense heard',
                'battery falls with a parcel inside',
            ),
        ),
        (
            (K.DOOR_STUCK, K.BED_IN_CORRIDOR, K.ZONE_CLOSED),
            ('door stuck before a robot', 'robot stuck', 'place closed'),
        ),
    ],
    ids=['robots', 'lifts', 'manager', 'lies', 'corridors'],
)
def test_faults_at_the_worst_moments_reach_what_is_dangerous(
    kinds: tuple[FaultKind, ...], names: tuple[str, ...]
) -> None:
    missing = set(names)
    for seed in range(1, 13):  # the first is mostly enough
        counts = faulty(*kinds, seed=seed).sometimes.counts
        missing -= {name for name, count in counts.items() if count}
        if not missing:
            return
    assert missing == set()
