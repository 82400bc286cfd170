"""The JSON API: what a program may read and ask for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.messages import ReleaseLift, RequestDelivery, SignCleaning
from tests.adapters.http.conftest import Browser, Site

DELIVERY = {'goods': 'drug', 'sender': 'pharmacy', 'recipient': 'n2w'}


def test_a_request_is_201_then_200_and_422_with_another_body(site: Site) -> None:
    ward = site.ward()
    first = ward.json('/api/v1/deliveries', DELIVERY, idempotency_key='a-key-000001')
    assert first.status_code == 201
    assert first.headers['location'] == f'/api/v1/deliveries/{first.json()["id"]}'
    assert first.json()['delivery']['state'] == 'accepted'
    again = ward.json('/api/v1/deliveries', DELIVERY, idempotency_key='a-key-000001')
    assert (again.status_code, again.json()['id']) == (200, first.json()['id'])
    other = ward.json(
        '/api/v1/deliveries', DELIVERY | {'note': 'x'}, idempotency_key='a-key-000001'
    )
    assert (other.status_code, other.json()['error']['code']) == (422, 'key_reused')
    assert ward.get(first.headers['location']).json()['id'] == first.json()['id']


def test_a_refusal_has_a_code_and_a_sentence_in_the_language_asked_for(site: Site) -> None:
    ward = site.ward()
    ward.client.headers['accept-language'] = 'zh'
    body = DELIVERY | {'sender': 'kitchen'}
    answer = ward.json('/api/v1/deliveries', body, idempotency_key='a-key-000001')
    assert answer.status_code == 422
    assert answer.json()['error'] == {
        'code': 'goods_not_sent_here',
        'message': '取件站点不发送这类物品，请选择其他站点，或致电 8000。',
    }


def test_the_map_is_fetched_once_for_each_version(site: Site) -> None:
    ward = site.ward()
    answer = ward.get('/api/v1/map')
    assert answer.headers['etag'] == f'"{site.hospital.version}"'
    assert len(answer.json()['floors']) == len(site.hospital.floors)
    again = ward.get('/api/v1/map', headers={'if-none-match': answer.headers['etag']})
    assert (again.status_code, again.content) == (304, b'')


def test_a_ward_sees_its_own_deliveries_and_the_robots_serving_them(site: Site) -> None:
    mine = site.delivery(state='under_way', robot='r1')
    other = ask(site, 'n3e', 'stores', robot='r2')
    state: dict[str, Any] = site.ward('n2w').get('/api/v1/state').json()['entities']
    assert set(state['delivery']) == {mine}
    assert set(state['robot']) == {'r1'}
    assert set(state['fleet']['fleet']) == {'paused', 'epoch', 'map_version'}
    assert 'alert' not in state
    text = json.dumps(state)
    for secret in (other, 'why', 'requested_by', 'ward-n', 'r2', 'waits_for', 'claimed'):
        assert f'"{secret}' not in text, secret


def test_a_robot_that_serves_two_wards_tells_each_of_its_own_only(site: Site) -> None:
    mine = site.delivery(state='under_way', robot='r1')
    other = ask(site, 'n3e', 'stores', robot='r1')
    site.fleet._robot = lambda robot: {  # type: ignore[method-assign]
        'name': robot.name, 'deliveries': [mine, other], 'goal_station': 'n3e',
        'compartments': [{'id': 'c2', 'delivery': other}],
    }  # fmt: skip
    site.fleet.publish()
    robot = site.ward('n2w').get('/api/v1/state').json()['entities']['robot']['r1']
    assert robot == {'name': 'R1', 'deliveries': [mine]}


def test_an_operator_sees_everything(site: Site) -> None:
    site.delivery()
    state = site.operator().get('/api/v1/state').json()
    kinds = {'robot', 'lift', 'door', 'delivery', 'alert', 'closure', 'fleet'}
    assert set(state['entities']) == kinds
    assert state['seq'] == site.fleet.current().seq


def test_the_timeline_is_for_those_who_may_see_the_delivery(site: Site) -> None:
    delivery = site.delivery()
    path = f'/api/v1/deliveries/{delivery}/timeline'
    expected = {
        'id': delivery,
        'events': [{'kind': 'DeliveryRequested', 'delivery': delivery}],
    }
    assert site.ward('n2w').get(path).json() == expected
    assert site.operator().get(path).json() == expected
    assert site.ward('n3e').get(path).status_code == 404


def test_without_a_journal_there_is_no_timeline(hospital: Any, loop: Any) -> None:
    site = Site(hospital, loop, timeline=None)
    delivery = site.delivery()
    path = f'/api/v1/deliveries/{delivery}/timeline'
    assert site.operator().get(path).status_code == 404
    site.close()


def test_an_operator_pauses_resumes_readmits_and_acknowledges(site: Site) -> None:
    operator = site.operator()
    site.fleet.raise_alert('a1', 'robot_stuck', 'r1')
    for path in (
        'robots/r1/pause',
        'robots/r1/resume',
        'robots/r1/readmit',
        'fleet/pause',
        'fleet/resume',
        'alerts/a1/acknowledge',
    ):
        assert operator.json(f'/api/v1/{path}', {}).status_code == 200, path
    names = [type(command).__name__ for command in site.fleet.commands]
    assert names == [
        'PauseRobot', 'ResumeRobot', 'ReadmitRobot', 'PauseFleet', 'ResumeFleet',
        'AcknowledgeAlert',
    ]  # fmt: skip
    assert all(command.actor.account == 'dispatch' for command in site.fleet.commands)
    assert site.fleet.alerts['a1']['acknowledged'] == 'dispatch'


def test_an_operator_releases_a_lift_that_was_recalled(site: Site) -> None:
    site.fleet.lifts['A'] = {'recalled': {'mode': 'fire', 'since': 1}}
    operator = site.operator()
    assert operator.json('/api/v1/lifts/A/release', {}).status_code == 200
    assert isinstance(site.fleet.commands[-1], ReleaseLift)
    refused = operator.json('/api/v1/lifts/Z/release', {})
    assert (refused.status_code, refused.json()['error']['code']) == (404, 'unknown_lift')
    assert site.ward().json('/api/v1/lifts/A/release', {}).status_code == 403


def test_what_is_unknown_is_404_and_a_body_is_refused(site: Site) -> None:
    operator = site.operator()
    assert operator.json('/api/v1/robots/r99/pause', {}).status_code == 404
    assert operator.json('/api/v1/alerts/a99/acknowledge', {}).json()['error']['code'] == (
        'unknown_alert'
    )
    assert operator.json('/api/v1/fleet/pause', {'force': True}).status_code == 422


def ask(site: Site, ward: str, sender: str, *, robot: str) -> str:
    browser: Browser = site.ward(ward)
    body = {'goods': 'supply', 'sender': sender, 'recipient': ward}
    answer = browser.json('/api/v1/deliveries', body, idempotency_key='another-key')
    name: str = answer.json()['id']
    site.fleet._deliveries[name] |= {'robot': robot}
    site.fleet.publish()
    return name


def test_a_program_asks_ahead_and_more_urgently(site: Site) -> None:
    ward = site.ward()
    body = DELIVERY | {'raised': True, 'note': 'pain', 'earliest': 5_000, 'latest': 9_000}
    answer = ward.json('/api/v1/deliveries', body, idempotency_key='a-key-000001')
    assert answer.status_code == 201
    command = site.fleet.commands[-1]
    assert isinstance(command, RequestDelivery)
    assert (command.raised, command.earliest, command.latest) == (True, 5_000, 9_000)


@pytest.mark.parametrize(
    ('field', 'value'),
    [
        ('raised', 'yes'),
        ('raised', 1),
        ('earliest', -1),
        ('earliest', 1.5),
        ('earliest', '5000'),
        ('latest', 10**15),
        ('latest', None),
    ],
)
def test_a_field_that_cannot_be_is_named(site: Site, field: str, value: object) -> None:
    ward = site.ward()
    body = DELIVERY | {field: value}
    answer = ward.json('/api/v1/deliveries', body, idempotency_key='a-key-000001')
    assert answer.status_code == 422
    assert answer.json()['error']['field'] == field


def test_an_operator_signs_that_a_robot_was_cleaned(site: Site) -> None:
    site.fleet.robots[RobotId('r1')].soiled = True
    assert site.operator().json('/api/v1/robots/r1/cleaned', {}).status_code == 200
    assert isinstance(site.fleet.commands[-1], SignCleaning)
    assert site.operator().json('/api/v1/robots/r99/cleaned', {}).status_code == 404
    assert site.ward().json('/api/v1/robots/r1/cleaned', {}).status_code == 403


def test_an_order_number_is_one_delivery_and_finds_it_again(site: Site) -> None:
    operator = site.operator()
    order = DELIVERY | {'reference': 'HIS 4711/3'}
    first = operator.json('/api/v1/deliveries', order)
    assert (first.status_code, first.json()['delivery']['reference']) == (201, 'HIS 4711/3')
    again = operator.json('/api/v1/deliveries', order)
    assert (again.status_code, again.json()['id']) == (200, first.json()['id'])
    site.ward().json('/api/v1/deliveries', DELIVERY, idempotency_key='a-key-000001')
    found = operator.get('/api/v1/deliveries', params={'reference': 'HIS 4711/3'}).json()
    assert [one['id'] for one in found['deliveries']] == [first.json()['id']]


@pytest.mark.parametrize('reference', ['x' * 129, ' x', 'a\x00b', 7])
def test_an_order_number_that_cannot_be_one_is_refused_by_name(
    site: Site, reference: object
) -> None:
    answer = site.operator().json('/api/v1/deliveries', DELIVERY | {'reference': reference})
    assert (answer.status_code, answer.json()['error']['field']) == (422, 'reference')


def test_a_list_has_pages_that_together_have_each_delivery_once(site: Site) -> None:
    made = {site.delivery() for _ in range(5)}
    operator, seen, before = site.operator(), list[str](), None
    while before is not None or not seen:
        params = {'limit': '2'} | ({} if before is None else {'before': str(before)})
        page = operator.get('/api/v1/deliveries', params=params).json()
        assert len(page['deliveries']) <= 2
        seen += [one['id'] for one in page['deliveries']]
        before = page['next']
    assert seen == sorted(made, reverse=True)


def test_a_list_has_what_fits_all_that_is_asked_for(site: Site) -> None:
    waiting, gone = site.delivery(state='under_way'), site.delivery(state='delivered')
    other = ask(site, 'n3e', 'stores', robot='r2')

    def listed(browser: Browser, query: str) -> set[str]:
        answer = browser.get(f'/api/v1/deliveries?{query}')
        assert answer.status_code == 200, answer.text
        return {one['id'] for one in answer.json()['deliveries']}

    operator = site.operator()
    assert listed(operator, '') == {waiting, gone, other}
    assert listed(operator, 'open=true&sender=pharmacy') == {waiting}
    assert listed(operator, 'open=false') == {gone}
    assert listed(operator, 'state=delivered&goods=drug&urgency=routine') == {gone}
    assert listed(operator, 'station=n3e') == {other}
    assert listed(operator, 'since=99999999999999') == set()
    assert listed(site.ward('n2w'), '') == {waiting, gone}


@pytest.mark.parametrize(
    ('query', 'field'),
    [
        ('limit=0', 'limit'),
        ('limit=501', 'limit'),
        ('limit=x', 'limit'),
        ('before=-1', 'before'),
        ('state=gone', 'state'),
        ('urgency=now', 'urgency'),
        ('open=yes', 'open'),
        ('page=2', 'fields'),
        ('open=true&open=false', 'fields'),
    ],
)
def test_a_filter_that_is_wrong_is_named(site: Site, query: str, field: str) -> None:
    answer = site.operator().get(f'/api/v1/deliveries?{query}')
    assert (answer.status_code, answer.json()['error']['field']) == (422, field)


def test_a_program_cancels_until_it_is_too_late(site: Site) -> None:
    delivery, loaded = site.delivery(), site.delivery(state='under_way')
    operator = site.operator()
    answer = operator.json(f'/api/v1/deliveries/{delivery}/cancel', {})
    assert (answer.status_code, answer.json()['delivery']['state']) == (200, 'cancelled')
    answer = operator.json(f'/api/v1/deliveries/{loaded}/cancel', {})
    assert (answer.status_code, answer.json()['error']['code']) == (409, 'too_late_to_cancel')
    assert site.ward('n3e').json(f'/api/v1/deliveries/{loaded}/cancel', {}).status_code == 404
