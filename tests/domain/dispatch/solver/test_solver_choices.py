"""What the solver decides, in cases that a person can check by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from fleet_manager.domain.dispatch.solver import (
    Box,
    Parcel,
    Problem,
    Rates,
    Solution,
    Travel,
    Vehicle,
    reasons,
    solve,
)
from fleet_manager.domain.ids import CompartmentId, DeliveryId, RobotId, StationId
from fleet_manager.domain.units import HOUR, MINUTE, Instant
from tests.domain.dispatch.solver.drawn_problems import visits

#: A corridor with a station every minute.
CORRIDOR = tuple(StationId(f's{n}') for n in range(20))


def minutes(start: str, goal: str) -> int:
    return abs(int(start[1:]) - int(goal[1:])) * MINUTE


TRAVEL = Travel(CORRIDOR, ('standard',), lambda _, start, goal: minutes(start, goal))


def robot(number: int, near: int, *, boxes: int = 4, stops: str = '', **more: Any) -> Vehicle:
    """Return a robot at station `near`, with stops as in `+d1 -d1`."""
    own = visits(*stops.split())
    holds = {visit.parcel: CompartmentId(f'c{n // 2}') for n, visit in enumerate(own)}
    given: dict[str, Any] = {
        'id': RobotId(f'r{number}'),
        'kind': 'standard',
        'free_at': Instant(0),
        'reach': lambda station: minutes(f's{near}', station),
        'boxes': tuple(Box(CompartmentId(f'c{n}'), 'standard', 20) for n in range(boxes)),
        'stops': own,
        'holds': holds,
    }
    return Vehicle(**given | more)


def parcel(name: str, sender: int, recipient: int, **more: Any) -> Parcel:
    given: dict[str, Any] = {
        'id': DeliveryId(name),
        'sender': CORRIDOR[sender],
        'recipient': CORRIDOR[recipient],
        'ready': Instant(0),
        'due': Instant(2 * HOUR),
        'weight': 2,
        'kinds': frozenset({'standard'}),
        'litres': 10,
    }
    return Parcel(**given | more)


def problem(*things: Vehicle | Parcel, **more: Any) -> Problem:
    given: dict[str, Any] = {
        'now': Instant(0),
        'vehicles': tuple(one for one in things if isinstance(one, Vehicle)),
        'parcels': tuple(one for one in things if isinstance(one, Parcel)),
        'travel': TRAVEL,
        'visit_ms': lambda _: MINUTE,
        'each_ms': 10_000,
        'rates': Rates(turn=0, move=0, crowd=0),
    }
    return Problem(**given | more)


def runs(solution: Solution) -> Mapping[str, str]:
    return {
        route.vehicle: ' '.join('-+'[visit.pick_up] + visit.parcel for visit in route.stops)
        for route in solution.routes
    }


def test_the_nearest_robot_comes_and_the_next_ones_are_named_with_what_they_would_cost() -> None:
    case = problem(robot(1, 9), robot(2, 3), robot(3, 6), parcel('d1', 4, 8))
    solution = solve(case)
    (placed,) = solution.placed
    assert runs(solution) == {'r1': '', 'r2': '+d1 -d1', 'r3': ''}
    assert (placed.vehicle, placed.box) == ('r2', 'c0')
    assert placed.at_sender == MINUTE
    assert placed.at_recipient == 6 * MINUTE + 10_000  # a minute's visit, the parcel, four minutes
    assert [one.vehicle for one in placed.runners_up] == ['r3', 'r1']
    parts = placed.parts
    assert (parts.late, parts.time) == (0, 2 * placed.at_recipient)
    assert parts.late + parts.time + parts.others == solution.cost
    assert placed.runners_up[0].cost > solution.cost


def test_parcels_from_one_sender_go_together_and_one_visit_does_for_several() -> None:
    case = problem(robot(1, 0), parcel('d1', 2, 9), parcel('d2', 2, 9), parcel('d3', 2, 5))
    (route,) = solve(case, rounds=20).routes
    assert {visit.parcel for visit in route.stops[:3]} == {'d1', 'd2', 'd3'}
    assert all(visit.pick_up for visit in route.stops[:3])
    assert route.stops[3] == visits('-d3')[0]
    assert route.arrivals[2] == 2 * MINUTE + 60_000 + 20_000


def test_people_who_are_with_the_robot_already_need_no_second_visit() -> None:
    attended = robot(1, 2, at=CORRIDOR[2])
    for vehicle, seconds in ((robot(1, 2), 70), (attended, 10)):
        (placed,) = solve(problem(vehicle, parcel('d1', 2, 3))).placed
        assert placed.at_recipient == MINUTE + seconds * 1_000


def test_something_urgent_is_put_before_what_is_planned_but_not_before_what_is_fixed() -> None:
    routine = parcel('d1', 1, 15)
    stat = parcel('d2', 2, 3, weight=4, due=Instant(30 * MINUTE))
    free = problem(robot(1, 0, stops='+d1 -d1'), routine, stat)
    assert runs(solve(free)) == {'r1': '+d1 +d2 -d2 -d1'}
    fixed = problem(robot(1, 0, stops='+d1 -d1', fixed=2), routine, stat)
    assert runs(solve(fixed)) == {'r1': '+d1 -d1 +d2 -d2'}


def test_a_direct_parcel_is_carried_alone_and_straight() -> None:
    case = problem(
        robot(1, 0), parcel('d1', 1, 15), parcel('d2', 3, 4), parcel('d3', 2, 14, direct=True)
    )
    (run,) = runs(solve(case, rounds=40)).values()
    assert '+d3 -d3' in run
    before = run.split('+d3')[0].split()
    assert sorted(one[1:] for one in before if one[0] == '+') == sorted(
        one[1:] for one in before if one[0] == '-'
    )


def test_meals_and_waste_are_never_on_board_together_and_nothing_clean_follows_waste() -> None:
    waste = parcel('d1', 1, 10, group='waste', dirty=True, weight=20)
    meal = parcel('d2', 2, 9, group='meal', apart=frozenset({'waste'}))
    (run,) = runs(solve(problem(robot(1, 0), waste, meal))).values()
    assert run == '+d2 -d2 +d1 -d1'
    soiled = problem(robot(1, 0, soiled=True), waste, meal)
    solution = solve(soiled)
    assert runs(solution) == {'r1': '+d1 -d1'}
    assert solution.unplaced == ('d2',)
    assert reasons(soiled, DeliveryId('d2')) == {'r1': 'needs_cleaning'}


def test_the_smallest_compartment_that_fits_is_taken() -> None:
    sizes = (('big', 'standard', 60), ('small', 'standard', 12), ('cold', 'insulated', 12))
    boxes = tuple(Box(CompartmentId(name), kind, litres) for name, kind, litres in sizes)
    for litres, kind, box in (
        (10, 'standard', 'small'),
        (30, 'standard', 'big'),
        (10, 'insulated', 'cold'),
    ):
        one = parcel('d1', 1, 2, litres=litres, kinds=frozenset({kind}))
        (placed,) = solve(problem(replace(robot(1, 0), boxes=boxes), one)).placed
        assert placed.box == box


@pytest.mark.parametrize(
    ('vehicle', 'more', 'reason'),
    [
        (robot(1, 0, boxes=0), {}, 'no_compartment_fits'),
        (robot(1, 0, reach=lambda _: None), {}, 'no_way'),
        (robot(1, 0, drive_ms=MINUTE), {}, 'no_room'),
        (robot(1, 0), {'refusals': lambda _: {RobotId('r1'): 'battery_low'}}, 'battery_low'),
        (robot(1, 0), {'most_stops': 1}, 'no_room'),
    ],
)
def test_a_parcel_that_no_robot_can_take_is_left_with_the_reason(
    vehicle: Vehicle, more: dict[str, Any], reason: str
) -> None:
    case = problem(vehicle, parcel('d1', 4, 8), **more)
    solution = solve(case, rounds=3)
    assert solution.unplaced == ('d1',)
    assert solution.placed == ()
    assert reasons(case, DeliveryId('d1')) == {'r1': reason}


def test_a_parcel_changes_its_robot_only_for_a_gain_that_is_worth_it() -> None:
    far, near = robot(1, 12, stops='+d1 -d1'), robot(2, 9)
    for fee, expected in ((20 * MINUTE, 'r1'), (MINUTE, 'r2')):
        case = problem(far, near, parcel('d1', 8, 4), rates=Rates(turn=0, crowd=0, move=fee))
        solution = solve(case, rounds=30)
        assert runs(solution)[expected] == '+d1 -d1'
        assert [placed.vehicle for placed in solution.placed] == (
            ['r2'] if expected == 'r2' else []
        )


def test_a_robot_under_way_is_turned_round_only_for_a_gain_that_is_worth_it() -> None:
    known, new = parcel('d1', 3, 6), parcel('d2', 1, 2)
    vehicle = replace(robot(1, 2, stops='+d1 -d1'), reach=lambda station: minutes('s2', station))
    for fee, first in ((0, '+d2'), (HOUR, '+d1')):
        case = problem(vehicle, known, replace(new, weight=8), rates=Rates(turn=fee, crowd=0))
        assert runs(solve(case))['r1'].startswith(first)


def test_robots_are_spread_over_stations_that_serve_one_at_a_time() -> None:
    """Two parcels for one ward, two robots: with one robot at a time there, one brings both."""
    goods = (parcel('d1', 5, 9), parcel('d2', 6, 9))
    fleet = (robot(1, 5), robot(2, 6))
    apart = solve(problem(*fleet, *goods), rounds=30)
    assert all(runs(apart).values())
    together = solve(problem(*fleet, *goods, rates=Rates(crowd=HOUR)), rounds=30)
    assert '' in runs(together).values()


def test_goods_inside_whose_recipient_changed_are_brought_to_the_new_one() -> None:
    holding = replace(robot(1, 5), holds={DeliveryId('d1'): CompartmentId('c2')})
    back = parcel('d1', 9, 5)
    solution = solve(problem(holding, back, parcel('d2', 6, 8)))
    assert runs(solution)['r1'].startswith('-d1')
    assert [placed.parcel for placed in solution.placed] == ['d2']


def test_a_heavier_parcel_takes_the_last_room_from_one_that_is_not_loaded() -> None:
    stat = parcel('d2', 1, 3, weight=16)
    case = problem(robot(1, 0, stops='+d1 -d1'), parcel('d1', 1, 9), stat, most_stops=2)
    solution = solve(case, rounds=60)
    assert solution.unplaced == ('d1',)
    assert runs(solution) == {'r1': '+d2 -d2'}


def test_nothing_starves_while_urgent_parcels_keep_coming() -> None:
    """A robot that can do two thirds of what comes: what is late long outweighs what is new."""
    waiting, ends = {'d000': parcel('d000', 9, 19)}, dict[str, int]()
    place, now = 0, 0
    for number in range(1, 90):
        name = f'd{number:03d}'
        waiting[name] = parcel(
            name, 1, 4, weight=8, ready=Instant(now), due=Instant(now + 30 * MINUTE)
        )
        vehicle = replace(
            robot(1, 0, boxes=1),
            free_at=Instant(now),
            reach=lambda station, place=place: minutes(f's{place}', station),
        )
        case = replace(problem(vehicle, *waiting.values()), now=Instant(now))
        (route,) = solve(case).routes
        first = route.stops[0].parcel
        done = waiting.pop(first)
        now, place = int(route.arrivals[1]), int(done.recipient[1:])
        ends[first] = now
        if 'd000' in ends:
            break
    assert ends['d000'] < 5 * HOUR
