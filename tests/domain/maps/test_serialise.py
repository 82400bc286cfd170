"""A hospital survives the way through JSON, and a damaged one is refused."""

from __future__ import annotations

import copy
import dataclasses
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fleet_manager.domain.errors import MapError
from fleet_manager.domain.maps.build import build_hospital
from fleet_manager.domain.maps.serialise import hospital_from_json, hospital_to_json

Raw = dict[str, Any]


def test_a_hospital_read_back_from_json_is_the_same(raw: Raw) -> None:
    hospital = build_hospital(raw)
    read = hospital_from_json(json.loads(json.dumps(hospital_to_json(hospital))))
    assert read == hospital
    assert list(read.nodes) == list(hospital.nodes)
    assert list(read.lanes_at) == list(hospital.lanes_at)


def test_a_part_of_the_fleet_still_has_the_version_of_the_map(raw: Raw) -> None:
    hospital = build_hospital(raw)
    smaller = dataclasses.replace(hospital, robots={'r1': hospital.robots['r1']})
    assert hospital_from_json(hospital_to_json(smaller)) == smaller


def test_json_has_every_field_of_the_model(raw: Raw) -> None:
    station = next(iter(raw['floors'][0]['stations'].values()))
    station |= {'keeps': ['drug'], 'second_phone': '8001'}
    hospital = build_hospital(raw)
    data = hospital_to_json(hospital)
    told = {one.name for one in dataclasses.fields(hospital) if not one.name.startswith('_')}
    assert set(data) == told - {'lanes_at'}
    for kind in ('stations', 'robots'):
        entity = next(iter(getattr(hospital, kind).values()))
        assert set(data[kind][0]) == {field.name for field in dataclasses.fields(entity)}


def test_a_map_whose_content_does_not_fit_its_version_is_refused(raw: Raw) -> None:
    data = hospital_to_json(build_hospital(raw))
    data['nodes'][0]['x'] += 1
    with pytest.raises(MapError, match=r'version: is .* fetch it again'):
        hospital_from_json(data)


def test_a_lane_that_ends_nowhere_is_refused(raw: Raw) -> None:
    data = hospital_to_json(build_hospital(raw))
    data['nodes'] = [node for node in data['nodes'] if node['id'] != 'L1.c1']
    with pytest.raises(MapError, match=r'lane L1\.c1-c2: ends at .* no node'):
        hospital_from_json({**data, 'version': _version_of(data)})


def _version_of(data: Raw) -> str:
    """Return the version the content would have."""
    with pytest.raises(MapError) as caught:
        hospital_from_json({**data, 'version': '?'})
    return caught.value.problem.split("'")[3]


@pytest.mark.parametrize('data', [None, [], 'hospital', {}, {'nodes': 3}])
def test_what_is_no_map_is_refused(data: object) -> None:
    with pytest.raises(MapError):
        hospital_from_json(data)


JUNK = st.one_of(
    st.none(), st.booleans(), st.floats(), st.text(max_size=5), st.just([]), st.just({})
)


@pytest.mark.thorough
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(data=st.data())
def test_a_damaged_map_is_refused_and_never_crashes(raw: Raw, data: st.DataObject) -> None:
    hospital = build_hospital(copy.deepcopy(raw))
    damaged: Any = hospital_to_json(hospital)
    key = data.draw(st.sampled_from(sorted(damaged)))
    if isinstance(damaged[key], list) and data.draw(st.booleans()):
        entity = data.draw(st.sampled_from(damaged[key]))
        entity[data.draw(st.sampled_from(sorted(entity)))] = data.draw(JUNK)
    else:
        damaged[key] = data.draw(JUNK)
    try:
        read = hospital_from_json(damaged)
    except MapError:
        return
    assert read.version == hospital.version
