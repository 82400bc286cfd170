"""Hospitals for scenarios of growth: more robots and floors get more lifts, and all is checked."""

from __future__ import annotations

from collections import Counter

import pytest

from fleet_manager.adapters.files.generating.growth import drawn
from fleet_manager.application.days.scenario import Generated
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.check import check_hospital

SHIPPED = [Generated(10, 50), Generated(20, 100), Generated(30, 200)]


@pytest.mark.slow
@pytest.mark.parametrize('size', SHIPPED, ids=lambda size: f'{size.floors}-{size.robots}')
def test_nothing_is_wrong_with_a_hospital_that_is_drawn_for_a_scenario(size: Generated) -> None:
    hospital = drawn(size)
    assert len(hospital.robots) == size.robots
    assert len(hospital.floors) == size.floors + 1
    assert check_hospital(hospital, size.robots) == []


def lifts(floors: int, robots: int) -> int:
    """Return how many lifts for clean goods there are."""
    ratings = Counter(lift.rating for lift in drawn(Generated(floors, robots)).lifts.values())
    return ratings['clean']


@pytest.mark.thorough
def test_more_robots_or_floors_get_more_lifts() -> None:
    assert [lifts(10, robots) for robots in (20, 50, 100)] == [4, 8, 16]
    assert lifts(20, 50) > lifts(10, 50)


@pytest.mark.thorough
def test_the_same_size_is_the_same_hospital_and_another_seed_is_another() -> None:
    size = Generated(5, 10)
    first = drawn(size)
    drawn.cache_clear()
    assert drawn(size) == first
    assert drawn(Generated(5, 10, seed=2)).version != first.version


@pytest.mark.thorough
def test_a_size_that_nobody_builds_is_refused_with_what_to_change() -> None:
    with pytest.raises(MapError, match='floors: is 50; choose a whole number from 4 to 40'):
        drawn(Generated(50, 20))
    with pytest.raises(MapError, match='ask for at most'):
        drawn(Generated(4, 499))
