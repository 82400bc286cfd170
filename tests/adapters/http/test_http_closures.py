"""Closing places over HTTP: for operators, said with who and why, and told what it cuts off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import ClosePlace, OpenPlace, PlaceKind
from tests.adapters.http.conftest import Browser, Loop, Site

CLOSURES = '/api/v1/closures'


@pytest.fixture
def site(hospital: Hospital, loop: Loop) -> Iterator[Site]:
    made = Site(hospital, loop)
    yield made
    made.close()


@pytest.fixture
def operator(site: Site) -> Browser:
    return site.operator()


def body(**others: Any) -> dict[str, Any]:
    return {'kind': 'lift', 'place': 'A', 'reason': 'wet floor', 'until': 0} | others


def test_a_place_is_closed_with_who_why_and_until_when(site: Site, operator: Browser) -> None:
    answer = operator.json(CLOSURES, body(until=5_000, robot_type='heavy'))
    assert answer.status_code == 200, answer.text
    command = site.fleet.commands[-1]
    assert isinstance(command, ClosePlace)
    assert command.actor.account == 'dispatch'
    assert (command.kind, command.place, command.robot_type) == (PlaceKind.LIFT, 'A', 'heavy')
    assert (command.reason, command.until) == ('wet floor', 5_000)


def test_the_answer_names_the_closure_and_what_is_cut_off(site: Site, operator: Browser) -> None:
    answer = operator.json(CLOSURES, body()).json()
    assert answer['cut_off'] == {'stations': ['n3w'], 'robots': []}
    listed = operator.get(CLOSURES).json()
    assert list(listed['closures']) == [answer['closure']]
    assert listed['closures'][answer['closure']]['reason'] == 'wet floor'
    assert listed['cut_off'] == answer['cut_off']


def test_closing_again_and_opening_twice_are_once(site: Site, operator: Browser) -> None:
    closure = operator.json(CLOSURES, body()).json()['closure']
    assert operator.json(CLOSURES, body()).json()['closure'] == closure
    for _ in range(2):
        answer = operator.json(f'{CLOSURES}/{closure}/open', {})
        assert answer.status_code == 200, answer.text
    assert operator.get(CLOSURES).json()['closures'] == {}
    assert isinstance(site.fleet.commands[-1], OpenPlace)


def test_a_refusal_says_what_is_wrong_and_what_to_do(site: Site, operator: Browser) -> None:
    answer = operator.json(CLOSURES, body(place='nowhere'))
    assert answer.status_code == 422
    error = answer.json()['error']
    assert error['code'] == 'unknown_place'
    assert 'nowhere' in error['message']


@pytest.mark.parametrize(
    'changes',
    [
        {'kind': 'house'},
        {'kind': None},
        {'place': ''},
        {'place': 'x' * 65},
        {'place': 'a b'},
        {'reason': ''},
        {'reason': '   '},
        {'reason': 'x' * 201},
        {'reason': 'wet\nfloor'},
        {'until': -1},
        {'until': 1.5},
        {'until': '5000'},
        {'until': True},
        {'robot_type': ''},
        {'colour': 'red'},
    ],
)
def test_a_body_that_makes_no_sense_is_refused_before_it_is_said(
    site: Site, operator: Browser, changes: dict[str, Any]
) -> None:
    before = len(site.fleet.commands)
    answer = operator.json(CLOSURES, body(**changes))
    assert answer.status_code == 422, answer.text
    assert len(site.fleet.commands) == before


def test_only_operators_close_and_open_and_only_with_the_token_of_their_page(
    site: Site, operator: Browser
) -> None:
    ward = site.ward()
    assert ward.json(CLOSURES, body()).status_code == 403
    assert ward.get(CLOSURES).status_code == 403
    assert ward.json(f'{CLOSURES}/C1/open', {}).status_code == 403
    assert site.browser().get(CLOSURES).status_code in (303, 401)
    operator.csrf = 'of-somebody-else'
    assert operator.json(CLOSURES, body()).status_code == 403
    assert not site.fleet.closures


def test_wards_do_not_see_closures(site: Site, operator: Browser) -> None:
    operator.json(CLOSURES, body())
    entities = site.ward().get('/api/v1/state').json()['entities']
    assert 'closure' not in entities
    assert 'cut_off' not in entities['fleet']['fleet']
    assert operator.get('/api/v1/state').json()['entities']['closure']
