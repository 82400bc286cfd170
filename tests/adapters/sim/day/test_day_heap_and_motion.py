"""Virtual time goes in order; bodies are where a straight even drive has them."""

from __future__ import annotations

import math

import pytest

from fleet_manager.adapters.sim.day import battery
from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.adapters.sim.day.motion import closest, place_at, trajectory
from fleet_manager.domain.units import HOUR, Instant


def test_what_is_due_happens_in_order_of_time_and_then_of_scheduling() -> None:
    heap, seen = Heap(Instant(100)), []
    heap.at(300, lambda: seen.append(('third', heap.now)))
    heap.at(200, lambda: seen.append(('first', heap.now)))
    heap.at(200, lambda: heap.after(0, lambda: seen.append(('at once', heap.now))))
    heap.at(200, lambda: seen.append(('second', heap.now)))
    heap.at(50, lambda: seen.append(('overdue', heap.now)))
    heap.run_until(Instant(250))
    assert seen == [('overdue', 100), ('first', 200), ('second', 200), ('at once', 200)]
    assert heap.now == 250
    heap.run_until(Instant(300))
    assert seen[-1] == ('third', 300)


def test_a_drive_takes_its_time_and_passes_its_bends() -> None:
    knots = trajectory([(0, 0), (4, 0), (4, 4)], 1_000, 8_000)
    assert knots == [(1_000, 0, 0), (5_000, 4, 0), (9_000, 4, 4)]
    assert place_at(knots, 3_000) == (2, 0)
    assert place_at(knots, 7_000) == (4, 2)
    assert place_at(knots, 0) == (0, 0)
    assert place_at(knots, 99_000) == (4, 4)


def test_who_is_stopped_on_the_way_stands_there_for_so_long() -> None:
    knots = trajectory([(0, 0), (10, 0)], 0, 10_000, [(2.0, 5_000), (6.0, 1_000)])
    assert knots[-1] == (16_000, 10, 0)
    assert place_at(knots, 4_000) == (2, 0)
    assert place_at(knots, 7_000) == (2, 0)
    assert place_at(knots, 8_000) == (3, 0)
    assert place_at(knots, 11_500) == (6, 0)


def test_bodies_that_pass_each_other_are_closest_between_two_knots() -> None:
    one = trajectory([(0, 0), (10, 0)], 0, 10_000)
    other = trajectory([(10, 1), (0, 1)], 0, 10_000)
    assert closest(one, other) == (1.0, 5_000)


def test_a_body_that_comes_to_one_that_stands_is_closest_at_its_end() -> None:
    one = trajectory([(0, 0), (4, 0)], 0, 4_000)
    apart, when = closest(one, [(0, 7.0, 4.0)])
    assert (apart, when) == (5.0, 4_000)


@pytest.mark.parametrize('seed', range(5))
def test_the_closest_is_never_farther_than_any_moment_looked_at(seed: int) -> None:
    points = [(math.sin(seed * 7 + n) * 9, math.cos(seed * 3 + n * 2) * 9) for n in range(8)]
    one = trajectory(points[:4], 0, 20_000, [(3.0, 2_000)])
    other = trajectory(points[4:], 0, 17_000)
    apart, _ = closest(one, other)
    seen = min(math.dist(place_at(one, t), place_at(other, t)) for t in range(0, 25_000, 50))
    assert apart <= seen + 1e-9
    assert apart > seen - 0.1


def test_a_day_of_idling_takes_half_of_the_battery_and_ten_kilometres_a_third() -> None:
    assert battery.idled(1.0, 24 * HOUR) == pytest.approx(0.5)
    assert battery.driven(1.0, 10_000) == pytest.approx(1.0 - 0.312, abs=0.001)


def test_charging_is_even_up_to_80_percent_and_slow_then() -> None:
    first = battery.charged(0.3, HOUR) - 0.3
    assert first == pytest.approx((24 * 8.8 - 20) / 960, abs=0.001)
    assert battery.charged(0.5, HOUR) - 0.5 == pytest.approx(first)
    assert battery.charged(0.9, HOUR) - 0.9 < first / 2
    assert battery.charged(0.2, 24 * HOUR) <= 1.0
