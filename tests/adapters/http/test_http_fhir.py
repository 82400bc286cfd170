"""FHIR as a hospital's information system sees it: the library reads all that is answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fhir.resources.R4B import get_fhir_model_class

from fleet_manager.adapters.http.fhir.states import STATUS
from fleet_manager.application.outside_orders import Codes
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital
from tests.adapters.http.conftest import Browser, Loop, Site

ORDER: dict[str, Any] = {
    'resourceType': 'SupplyRequest',
    'identifier': [{'system': 'urn:oid:1.2.3', 'value': '4711'}],
    'status': 'active',
    'itemCodeableConcept': {'coding': [{'code': 'MED'}], 'text': 'Heparin'},
    'quantity': {'value': 2, 'unit': 'box'},
    'deliverFrom': {'identifier': {'value': 'APO'}},
    'deliverTo': {'reference': 'Location/n2w'},
}


@pytest.fixture
def site(hospital: Hospital, loop: Loop) -> Iterator[Site]:
    codes = Codes({'APO': StationId('pharmacy')}, {'MED': 'drug'})
    made = Site(hospital, loop, codes=codes)
    yield made
    made.close()


def fhir(answer: httpx.Response, *, status: int = 200) -> dict[str, Any]:
    """Return a resource that the library has read, of an answer with this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers['content-type'].partition(';')[0] == 'application/fhir+json'
    body: dict[str, Any] = answer.json()
    get_fhir_model_class(body['resourceType']).model_validate(body)
    for entry in body.get('entry', ()):
        inner = entry['resource']
        get_fhir_model_class(inner['resourceType']).model_validate(inner)
    return body


def send(browser: Browser, order: Any, **more: Any) -> httpx.Response:
    headers = {'x-csrf-token': browser.csrf, 'content-type': 'application/fhir+json'}
    how = {'content': order} if isinstance(order, bytes) else {'json': order | more}
    return browser.send('POST', '/fhir/SupplyRequest', headers=headers, **how)


@pytest.mark.thorough
def test_an_order_is_made_once_and_followed_to_its_end(site: Site) -> None:
    his = site.operator()
    made = send(his, ORDER)
    request = fhir(made, status=201)
    name = request['id']
    assert made.headers['location'] == f'http://fleet.test/fhir/SupplyRequest/{name}'
    assert (request['status'], request['identifier']) == ('active', ORDER['identifier'])
    assert request['deliverFrom']['identifier']['value'] == 'pharmacy'
    assert fhir(send(his, ORDER), status=200)['id'] == name
    assert site.fleet._deliveries[name]['note'] == '2 box Heparin'
    assert his.get(f'/fhir/SupplyDelivery/{name}').status_code == 404  # nothing is loaded
    for state in DeliveryState:
        site.fleet._deliveries[name]['robot'] = None
        site.fleet._set(name, state.value)
        site.fleet.publish()
        task = fhir(his.get(f'/fhir/Task/{name}'))
        assert task['businessStatus']['coding'][0]['code'] == state
        assert fhir(his.get(f'/fhir/SupplyRequest/{name}'))['status'] == STATUS[state].request
        supply = his.get(f'/fhir/SupplyDelivery/{name}')
        if STATUS[state].supply is None:
            fhir(supply, status=404)
        else:
            assert fhir(supply)['status'] == STATUS[state].supply


@pytest.mark.parametrize(
    ('change', 'field'),
    [
        ({'identifier': []}, 'SupplyRequest.identifier'),
        ({'identifier': [{'value': 'x' * 200}]}, 'SupplyRequest.identifier'),
        ({'itemCodeableConcept': {'coding': [{'code': 'GOLD'}]}}, 'SupplyRequest.item'),
        ({'itemCodeableConcept': None}, 'SupplyRequest'),
        ({'deliverFrom': None}, 'SupplyRequest.deliverFrom'),
        ({'deliverTo': {'identifier': {'value': '<b>moon</b>'}}}, 'SupplyRequest.deliverTo'),
        ({'deliverTo': {'reference': 'Patient/1'}}, 'SupplyRequest.deliverTo'),
        ({'priority': 'soon'}, 'SupplyRequest.priority'),
        ({'status': 'draft'}, 'SupplyRequest.status'),
        ({'quantity': {'value': 'many'}}, 'SupplyRequest.quantity.value'),
        ({'resourceType': 'Patient'}, 'resourceType'),
        ({'nonsense': 1}, 'SupplyRequest.nonsense'),
        ({'occurrencePeriod': {'start': '2026-13-99'}}, 'SupplyRequest.occurrencePeriod.start'),
    ],
)
def test_a_wrong_order_is_told_where_it_is_wrong(
    site: Site, change: dict[str, Any], field: str
) -> None:
    outcome = fhir(send(site.operator(), ORDER, **change), status=422)
    assert outcome['issue'][0]['expression'] == [field]
    assert site.fleet.commands == []


@pytest.mark.parametrize('body', [b'', b'[]', b'nope', b'{"a":NaN}', b'\xff\xfe', b'[' * 9_000])
def test_what_is_no_resource_is_refused_as_an_outcome(site: Site, body: bytes) -> None:
    fhir(send(site.operator(), body), status=422)


def test_the_same_number_for_something_else_is_refused(site: Site) -> None:
    his = site.operator()
    fhir(send(his, ORDER), status=201)
    other = fhir(send(his, ORDER, deliverTo={'reference': 'Location/n3e'}), status=422)
    assert other['issue'][0]['details']['coding'][0]['code'] == 'key_reused'


def test_a_stat_order_is_raised_and_says_for_whom(site: Site) -> None:
    name = fhir(send(site.operator(), ORDER, priority='stat'), status=201)['id']
    entity = site.fleet._deliveries[name]
    assert (entity['raised'], entity['urgency']) == (True, 'urgent')


def test_who_is_not_logged_in_is_told_in_fhir(site: Site) -> None:
    outcome = fhir(site.browser().get('/fhir/Task'), status=401)
    assert outcome['issue'][0]['code'] == 'login'


def test_a_search_finds_by_number_status_and_time_on_pages(site: Site) -> None:
    his = site.operator()
    names = []
    for number in range(5):
        identifier = [{'system': 'urn:oid:1.2.3', 'value': str(number)}]
        names.append(fhir(send(his, ORDER, identifier=identifier), status=201)['id'])
    site.fleet._set(names[0], 'delivered')
    site.fleet.publish()

    def found(query: str, kind: str = 'Task') -> list[str]:
        bundle = fhir(his.get(f'/fhir/{kind}?{query}'))
        return [entry['resource']['id'] for entry in bundle.get('entry', ())]

    assert found('identifier=urn:oid:1.2.3|3') == [names[3]]
    assert found('identifier=3') == [names[3]]
    assert found('identifier=urn:oid:9|3') == []
    assert found('status=completed,failed') == [names[0]]
    assert found('status=active', 'SupplyRequest') == names[:0:-1]
    assert found('', 'SupplyDelivery') == [names[0]]
    assert found(f'_id={names[1]},{names[2]}') == [names[2], names[1]]
    assert len(found('_lastUpdated=ge2020-01-01&_lastUpdated=lt2999-01-01T00:00:00Z')) == 5
    assert found('_lastUpdated=lt2020-01-01') == []
    seen, path = [], '/fhir/Task?_count=2&status=accepted,completed'
    while path:
        bundle = fhir(his.get(path))
        assert bundle['total'] == 5
        seen += [entry['resource']['id'] for entry in bundle['entry']]
        links = {link['relation']: link['url'] for link in bundle['link']}
        path = links.get('next', '').removeprefix('http://fleet.test')
    assert seen == names[::-1]


@pytest.mark.parametrize(
    ('query', 'field'),
    [
        ('patient=1', 'patient'),
        ('_count=x', '_count'),
        ('_count=501', '_count'),
        ('_lastUpdated=yesterday', '_lastUpdated'),
        ('_lastUpdated=2026-02-31', '_lastUpdated'),
        ('identifier=|', 'identifier'),
        ('status=active&status=completed', 'status'),
        ('_format=xml', '_format'),
    ],
)
def test_a_search_that_cannot_be_is_400_and_names_the_parameter(
    site: Site, query: str, field: str
) -> None:
    outcome = fhir(site.operator().get(f'/fhir/Task?{query}'), status=400)
    assert outcome['issue'][0]['expression'] == [field]


def test_a_ward_finds_its_own_only(site: Site) -> None:
    mine = site.delivery()
    assert fhir(site.ward('n2w').get('/fhir/Task'))['total'] == 1
    assert fhir(site.ward('n3e').get('/fhir/Task'))['total'] == 0
    fhir(site.ward('n3e').get(f'/fhir/Task/{mine}'), status=404)
    assert 'identifier' not in fhir(site.ward('n2w').get(f'/fhir/Task/{mine}'))


def test_the_capabilities_name_what_there_is(site: Site) -> None:
    statement = fhir(site.operator().get('/fhir/metadata'))
    kinds = {one['type'] for one in statement['rest'][0]['resource']}
    assert kinds == {'SupplyRequest', 'Task', 'SupplyDelivery'}
    fhir(site.operator().get('/fhir/Patient'), status=404)


@pytest.mark.parametrize('kind', ['SupplyRequest', 'Task'])
@pytest.mark.parametrize('status', ['cancelled', 'revoked', 'entered-in-error'])
def test_what_is_taken_back_is_cancelled_and_twice_is_once(
    site: Site, kind: str, status: str
) -> None:
    his = site.operator()
    name = fhir(send(his, ORDER), status=201)['id']
    told = {'resourceType': kind, 'id': name, 'status': status}
    for _ in range(2):
        assert fhir(put(his, kind, name, told))['status'] == 'cancelled'
    assert site.fleet._deliveries[name]['state'] == 'cancelled'


def test_what_cannot_be_taken_back_is_said_with_what_to_do(site: Site) -> None:
    his = site.operator()
    name = fhir(send(his, ORDER), status=201)['id']
    told = {'resourceType': 'Task', 'id': name, 'status': 'cancelled'}
    for wrong, field in (
        ({'status': 'completed'}, 'Task.status'),
        ({'id': 'other'}, 'Task.id'),
        ({'resourceType': 'SupplyRequest'}, 'resourceType'),
    ):
        refused = fhir(put(his, 'Task', name, told | wrong), status=422)
        assert refused['issue'][0]['expression'] == [field]
    fhir(put(his, 'Task', 'D-none', told), status=404)
    fhir(put(his, 'SupplyDelivery', name, told), status=404)
    fhir(put(site.ward('n3w'), 'Task', name, told), status=404)
    site.fleet._set(name, 'under_way')
    site.fleet.publish()
    too_late = fhir(put(his, 'Task', name, told), status=409)
    assert site.hospital.phone in too_late['issue'][0]['diagnostics']
    stated = fhir(his.get('/fhir/metadata'))['rest'][0]['resource']
    updated = [one['type'] for one in stated if {'code': 'update'} in one['interaction']]
    assert updated == ['SupplyRequest', 'Task']


def put(browser: Browser, kind: str, name: str, body: dict[str, Any]) -> httpx.Response:
    headers = {'x-csrf-token': browser.csrf, 'content-type': 'application/fhir+json'}
    return browser.send('PUT', f'/fhir/{kind}/{name}', headers=headers, json=body)
