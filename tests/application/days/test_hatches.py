"""A department with several hatches: each other station has one of them to itself."""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.application.days.hatches import APART_METRES, Hatches
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital, Station
from tests.hospitals import loop


def pharmacies(distance: float) -> Hospital:
    """Return a hospital whose s1 and s3 are pharmacies so far apart; the others are wards."""
    hospital = loop(robots=1, size=12)
    kinds = {'s1': 'pharmacy', 's3': 'pharmacy'}
    stations = {
        name: replace(one, kind=kinds.get(name, 'ward'), hours=())
        for name, one in hospital.stations.items()
    }
    first, second = (hospital.nodes[stations[StationId(s)].node] for s in ('s1', 's3'))
    moved = replace(second, x=first.x + distance, y=first.y)
    return replace(hospital, stations=stations, nodes=hospital.nodes | {second.id: moved})


def served(hospital: Hospital) -> list[str]:
    """Return the hatch of each ward, where one asked at the first hatch."""
    hatches, first = Hatches(hospital), hospital.stations[StationId('s1')]
    return [hatches.serving(first, ward).id for ward in wards(hospital)]


def wards(hospital: Hospital) -> list[Station]:
    return [one for one in hospital.stations.values() if one.kind == 'ward']


def test_wards_are_shared_out_between_the_hatches_neighbours_together() -> None:
    found = served(pharmacies(8.0))
    half = len(found) // 2
    assert sorted(set(found)) == ['s1', 's3']
    assert found == sorted(found)
    assert abs(found.count('s1') - half) <= 1


def test_a_ward_has_the_same_hatch_whichever_of_the_row_is_asked() -> None:
    hospital = pharmacies(8.0)
    hatches = Hatches(hospital)
    first, second = (hospital.stations[StationId(name)] for name in ('s1', 's3'))
    for ward in wards(hospital):
        assert hatches.serving(first, ward) == hatches.serving(second, ward)


def test_departments_far_apart_are_two() -> None:
    assert set(served(pharmacies(APART_METRES + 1))) == {'s1'}


def test_wards_are_never_hatches_of_each_other() -> None:
    hospital = pharmacies(8.0)
    hatches, ward = Hatches(hospital), wards(hospital)[0]
    assert {hatches.serving(ward, other).id for other in hospital.stations.values()} == {ward.id}
