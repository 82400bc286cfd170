"""The smallest failing day keeps what makes it fail and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fleet_manager.application.days.scenario import (
    Demand,
    Fault,
    FaultKind,
    Fleet,
    GoodsDemand,
    Network,
    Request,
    Round,
    Scenario,
    Staff,
)
from fleet_manager.domain.units import HOUR, MINUTE
from fleet_manager.entry.simulate.shrink import shrink

BIG = Scenario(
    'big',
    'maps/x',
    fleet=Fleet(robots=12),
    lasts=12 * HOUR,
    demand=Demand(
        goods=tuple(GoodsDemand(goods, 64, (1.0,) * 24) for goods in ('drug', 'blood', 'supply')),
        rounds=(Round('meal', 0, 1, 0), Round('waste', 0, 1, 0)),
        requests=tuple(Request(minute, 'drug', 'a', 'b') for minute in range(20)),
    ),
    staff=Staff(refuse=0.1, cancel=0.2),
    network=Network(loss=0.1),
    faults=tuple(Fault(kind, per_day=3) for kind in FaultKind),
)


def quiet(text: str) -> None:
    assert text


def needs(scenario: Scenario) -> bool:
    """It fails with a fire while a lift is out, three robots, an hour, and a refusal."""
    kinds = {fault.kind for fault in scenario.faults}
    return (
        kinds >= {FaultKind.FIRE, FaultKind.LIFT_OUT}
        and scenario.fleet.robots >= 3
        and scenario.lasts >= HOUR
        and scenario.staff.refuse > 0
        and any(request.at == 7 for request in scenario.demand.requests)
    )


def test_only_what_it_needs_is_left() -> None:
    found = shrink(BIG, needs, runs=1_000, tell=quiet)
    assert [fault.kind for fault in found.faults] == [FaultKind.LIFT_OUT, FaultKind.FIRE]
    assert found.fleet.robots == 3
    assert HOUR <= found.lasts < HOUR + 10 * MINUTE
    assert found.staff == Staff(refuse=0.1)
    assert found.network == Network()
    assert (found.demand.goods, found.demand.rounds) == ((), ())
    assert [request.at for request in found.demand.requests] == [7]
    assert not any(any(people.trips) for people in found.lift_people.values())


def test_it_is_the_same_again_and_what_it_found_still_fails() -> None:
    first, again = (shrink(BIG, needs, runs=1_000, tell=quiet) for _ in range(2))
    assert first == again
    assert needs(first)


@pytest.mark.parametrize('runs', [1, 5, 40])
def test_it_stops_after_as_many_days_as_allowed_with_the_best_so_far(runs: int) -> None:
    played = 0

    def fails(scenario: Scenario) -> bool:
        nonlocal played
        played += 1
        return needs(scenario)

    found = shrink(BIG, fails, runs=runs, tell=quiet)
    assert played == runs
    assert needs(found)


def test_a_day_that_fails_whatever_is_left_out_shrinks_to_almost_nothing() -> None:
    found = shrink(BIG, lambda scenario: True, runs=1_000, tell=quiet)
    assert (found.faults, found.fleet.robots, found.demand.requests) == ((), 1, ())
    assert found.lasts < 10 * MINUTE


def test_a_day_that_needs_everything_is_left_as_it_is() -> None:
    small = replace(BIG, faults=BIG.faults[:2])
    assert shrink(small, lambda scenario: scenario == small, runs=500, tell=quiet) == small
