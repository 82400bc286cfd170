"""Another map over HTTP: checked whole, kept before it is asked for, told in words."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from fleet_manager.adapters.files.hospital import load_raw
from fleet_manager.domain.errors import FleetError
from fleet_manager.domain.maps.build import build_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import CancelMapSwap, SwapMap
from tests.adapters.http.conftest import FOLDER, Loop, Site

SWAP = '/api/v1/map/swap'


class Office:
    """Builds maps for real; keeps them in memory, unless the disk is full."""

    def __init__(self) -> None:
        self.kept: list[str] = []
        self.full = False

    def build(self, raw: Mapping[str, Any]) -> Hospital:
        return build_hospital(raw)

    def keep(self, hospital: Hospital) -> Hospital:
        if self.full:
            raise FleetError('no space left')
        self.kept.append(hospital.version)
        return hospital


@pytest.fixture
def raw() -> dict[str, Any]:
    """The small hospital with another telephone."""
    found, _ = load_raw(FOLDER)
    return copy.deepcopy(found) | {'dispatch_phone': '8001'}


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def open_site(hospital: Hospital, loop: Loop, office: Office) -> Iterator[Site]:
    made = Site(hospital, loop, maps=office)
    yield made
    made.close()


def body(raw: Mapping[str, Any], **others: Any) -> dict[str, Any]:
    return {'map': raw, 'reason': 'a new telephone', 'wait_seconds': 60} | others


@pytest.mark.thorough
def test_a_map_is_kept_and_asked_for_with_who_and_why(
    open_site: Site, office: Office, raw: dict[str, Any]
) -> None:
    answer = open_site.operator().json(SWAP, body(raw))
    assert answer.status_code == 202, answer.text
    version = build_hospital(raw).version
    assert answer.json() == {'outcome': 'asked', 'version': version}
    assert office.kept == [version]
    command = open_site.fleet.commands[-1]
    assert isinstance(command, SwapMap)
    assert (command.actor.account, command.reason, command.wait_ms) == (
        'dispatch',
        'a new telephone',
        60_000,
    )


def test_the_map_in_force_is_said_to_be_that_and_nothing_happens(
    open_site: Site, office: Office
) -> None:
    answer = open_site.operator().json(SWAP, body(load_raw(FOLDER)[0]))
    assert (answer.status_code, answer.json()['outcome']) == (200, 'unchanged')
    assert office.kept == []
    assert not open_site.fleet.commands


def test_a_broken_map_names_every_problem_and_its_place(
    open_site: Site, office: Office, raw: dict[str, Any]
) -> None:
    del raw['floors'][0]['nodes']['s03']
    raw['lifts'] = {'A': {}}
    answer = open_site.operator().json(SWAP, body(raw))
    assert answer.status_code == 422
    error = answer.json()['error']
    assert error['code'] == 'broken_map'
    places = [problem['place'] for problem in error['problems']]
    assert any(place.startswith('floors.L1.lanes') for place in places)
    assert any(place.startswith('lifts.A') for place in places)
    assert all(problem['problem'] and problem['mend'] for problem in error['problems'])
    assert office.kept == []
    assert not open_site.fleet.commands


@pytest.mark.parametrize('wrong', [None, [], 'map', {}, {'format': 2}, {'floors': {}}])
def test_what_is_no_map_at_all_is_422(open_site: Site, wrong: Any) -> None:
    assert open_site.operator().json(SWAP, body(wrong)).status_code == 422
    assert not open_site.fleet.commands


@pytest.mark.parametrize(
    'wrong',
    [
        {'reason': ''},
        {'reason': '  '},
        {'reason': 'x' * 201},
        {'wait_seconds': -1},
        {'wait_seconds': 90_000},
        {'wait_seconds': 1.5},
        {'more': 1},
    ],
)
def test_a_request_without_a_reason_or_with_odd_times_is_refused(
    open_site: Site, raw: dict[str, Any], wrong: dict[str, Any]
) -> None:
    assert open_site.operator().json(SWAP, body(raw, **wrong)).status_code == 422
    assert not open_site.fleet.commands


def test_a_full_disk_refuses_before_anything_is_asked_for(
    open_site: Site, office: Office, raw: dict[str, Any]
) -> None:
    office.full = True
    answer = open_site.operator().json(SWAP, body(raw))
    assert answer.status_code == 507
    assert 'no space left' in answer.json()['error']['message']
    assert not open_site.fleet.commands


def test_a_map_is_larger_than_other_bodies_may_be(open_site: Site, raw: dict[str, Any]) -> None:
    operator = open_site.operator()
    large = body(raw | {'notes': 'x' * 200_000})
    assert operator.json(SWAP, large).json()['error']['code'] == 'broken_map'  # an unknown field
    assert operator.json('/api/v1/fleet/pause', large).status_code == 413


def test_only_operators_see_and_change_it(open_site: Site, raw: dict[str, Any]) -> None:
    ward = open_site.ward()
    assert ward.json(SWAP, body(raw)).status_code == 403
    assert ward.get(SWAP).status_code == 403


def test_what_a_change_waits_for_is_said_in_the_language_asked_for(open_site: Site) -> None:
    place = {'robot': 'r1', 'place': 'node:L1.s03', 'why': 'paused'}
    open_site.fleet.map_swap = {
        'version': 'v2',
        'asked_by': 'dispatch',
        'reason': 'why not',
        'asked_at': 1,
        'deadline': 2,
        'waits_for': [{'code': 'robot', 'params': place}],
    }
    open_site.fleet.publish()
    operator = open_site.operator()
    told = operator.get(SWAP).json()
    assert told['map_version'] == open_site.hospital.version
    assert told['swap']['waits_for'][0]['text'] == (
        'Robot r1 is at L1.s03 or bound for it: it is paused'
    )
    operator.client.headers['accept-language'] = 'zh'
    assert '已暂停' in operator.get(SWAP).json()['swap']['waits_for'][0]['text']


def test_a_change_is_given_up_with_a_reason(open_site: Site) -> None:
    operator = open_site.operator()
    assert operator.json(f'{SWAP}/cancel', {'reason': ''}).status_code == 422
    assert operator.json(f'{SWAP}/cancel', {'reason': 'the wrong file'}).status_code == 200
    command = open_site.fleet.commands[-1]
    assert isinstance(command, CancelMapSwap)
    assert command.reason == 'the wrong file'


def test_pages_show_the_new_map_at_once_and_a_station_that_is_gone_is_nobodys(
    open_site: Site, raw: dict[str, Any]
) -> None:
    ward = open_site.ward('n2w')
    old = ward.get('/api/v1/map')
    assert ward.get('/ward').status_code == 200
    next_map = build_hospital(without_station(raw, 'n2w'))
    open_site.app.state.site.use_map(next_map)
    new = open_site.operator().get('/api/v1/map', headers={'if-none-match': old.headers['etag']})
    assert new.status_code == 200
    assert new.json()['version'] == next_map.version
    assert ward.get('/ward').status_code == 303
    assert ward.get('/api/v1/state').status_code == 401
    assert '8001' in open_site.ward('n3w').get('/ward').text


def without_station(raw: dict[str, Any], station: str) -> dict[str, Any]:
    for floor in raw['floors']:
        found = floor['stations'].pop(station, None)
        if found is not None:
            floor['nodes'][found['node']]['kind'] = 'parking'
    return raw
