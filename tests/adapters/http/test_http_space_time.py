"""Places over time as JSON: for operators only, one way at a time, and no field guessed."""

from __future__ import annotations

import pytest

from fleet_manager.domain.ids import RobotId, StationId
from tests.adapters.http.conftest import Site

ROUTE = '/api/v1/space-time'


@pytest.mark.parametrize('way', ['robot=r1', 'lift=A', 'start=L1.pharmacy&end=L3.n3e'])
def test_an_operator_sees_who_is_where_when(site: Site, way: str) -> None:
    answer = site.operator().get(f'{ROUTE}?{way}')
    assert answer.status_code == 200
    found = answer.json()
    assert found['now'] - found['from'] == found['until'] - found['now'] == 600_000
    assert found['places']
    assert {'robots', 'lifts', 'robot', 'recorded_from'} <= set(found)


def test_ward_staff_and_strangers_do_not(site: Site) -> None:
    assert site.ward().get(f'{ROUTE}?robot=r1').status_code == 403
    assert site.browser().get(f'{ROUTE}?robot=r1').status_code == 401


@pytest.mark.parametrize(
    ('query', 'field'),
    [
        ('', 'fields'),
        ('robot=r1&lift=A', 'fields'),
        ('robot=r1&start=L1.n01', 'fields'),
        ('robot=r99', 'robot'),
        ('robot=', 'robot'),
        ('robot=a%00b', 'robot'),
        ('lift=Z', 'lift'),
        ('start=L1.n01', 'end'),
        ('end=L1.n01', 'start'),
        ('start=nowhere&end=L1.n01', 'start'),
        ('start=L1.n01&end=nowhere', 'end'),
        ('start=L1.n01&end=L1.n01', 'end'),
        ('start=L1.n01&end=car.A', 'end'),
        ('robot=r1&robot=r2', 'fields'),
        ('robot=r1&minutes=99', 'fields'),
    ],
)
def test_what_there_is_not_is_named(site: Site, query: str, field: str) -> None:
    answer = site.operator().get(f'{ROUTE}?{query}')
    assert answer.status_code == 422
    assert answer.json()['error']['field'] == field


def test_what_has_not_changed_is_not_sent_again(site: Site) -> None:
    operator = site.operator()
    first = operator.get(f'{ROUTE}?robot=r1')
    again = operator.get(f'{ROUTE}?robot=r1', headers={'if-none-match': first.headers['etag']})
    assert (again.status_code, again.content) == (304, b'')
    site.fleet._send(site.fleet.robots[RobotId('r1')], StationId('lab'))
    site.fleet.publish()
    later = operator.get(f'{ROUTE}?robot=r1', headers={'if-none-match': first.headers['etag']})
    assert later.status_code == 200
    assert any(line['planned'] for line in later.json()['robots'][0]['lines'])


def test_a_manager_without_traffic_has_no_such_page(site: Site) -> None:
    view = site.fleet.current()
    site.fleet._view = type(view)(view.seq, view.now, view.entities)
    assert site.operator().get(f'{ROUTE}?robot=r1').status_code == 404
