"""The hospitals drawn for tests obey the rules of real ones."""

from __future__ import annotations

import pytest

from fleet_manager.domain.maps.check import check_hospital
from fleet_manager.domain.maps.model import Hospital
from tests.hospitals import corridor, loop, two_floors


@pytest.mark.parametrize(
    'hospital',
    [
        two_floors(),
        two_floors(robots=8, lifts=2, door=True),
        corridor(robots=5, length=7),
        loop(robots=6),
        loop(robots=4, size=5),
    ],
)
def test_a_drawn_hospital_breaks_no_rule_of_maps(hospital: Hospital) -> None:
    assert check_hospital(hospital, len(hospital.robots)) == []
