"""Timetable and meals: kept as typed, wrong ones named, nothing of another station's touched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest

from fleet_manager.adapters.db.ward_book import SqlWardBook
from fleet_manager.domain.deliveries.meals import Bed
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital
from tests.adapters.http.conftest import Browser, Loop, Site, hidden

WARD = StationId('n2w')
PLAN = {
    'goods': 'specimen', 'sender': 'n2w', 'recipient': 'lab', 'start': '08:00', 'end': '09:30',
    'note': 'tubes', 'day0': 'yes', 'day4': 'yes',
}  # fmt: skip


@pytest.fixture
def planned(hospital: Hospital, loop: Loop, book: SqlWardBook) -> Iterator[Site]:
    """Return a site where wards may plan."""
    made = Site(hospital, loop, ward_book=book, zone=ZoneInfo('Asia/Shanghai'), meal_cut_off=0)
    yield made
    made.close()


def test_a_plan_is_made_paused_and_removed_by_its_station_only(
    planned: Site, book: SqlWardBook
) -> None:
    ward = planned.ward('n2w')
    form = ward.get('/ward/timetable?goods=specimen&sender=n2w&recipient=lab').text
    assert form.index('Mon') < form.index('Tue') < form.index('Sun'), 'as the numbers of days'
    assert 'type="time"' in form
    assert ward.post('/ward/timetable', PLAN).status_code == 303
    (plan,) = book.plans(WARD)
    assert (plan.days, plan.start, plan.window, plan.note) == ((0, 4), 480, 90, 'tubes')
    page = ward.get('/ward/timetable').text
    assert '08:00–09:30' in page
    assert page[page.index('Next:') :].count('<time') == 3
    path = f'/ward/timetable/{plan.id}'
    assert planned.ward('n3e').post(path, {'what': 'remove'}).status_code == 404
    assert ward.post(path, {'what': 'pause'}).status_code == 303
    assert 'Paused' in ward.get('/ward/timetable').text
    assert ward.post(path, {'what': 'resume'}).status_code == 303
    assert book.plans(WARD)[0].since >= plan.since
    assert ward.post(path, {'what': 'explode'}).status_code == 422
    assert ward.post(path, {'what': 'remove'}).status_code == 303
    assert list(book.plans(None)) == []


@pytest.mark.parametrize(
    ('wrong', 'says'),
    [
        ({'day0': '', 'day4': ''}, 'Choose at least one day'),
        ({'start': '25:00'}, 'Give the time'),
        ({'start': '<b>'}, 'Give the time'),
        ({'end': '08:05'}, '15 minutes to 12 hours'),
        ({'end': ''}, '15 minutes to 12 hours'),
    ],
)
def test_what_is_wrong_with_a_plan_is_said_and_what_was_typed_stays(
    planned: Site, book: SqlWardBook, wrong: dict[str, str], says: str
) -> None:
    fields = {name: value for name, value in (PLAN | wrong).items() if value}
    answer = planned.ward('n2w').post('/ward/timetable', fields)
    assert answer.status_code == 422
    assert says in answer.text
    assert 'value="tubes"' in answer.text
    assert '<b>' not in answer.text
    assert list(book.plans(None)) == []


def test_nobody_plans_what_the_station_may_not_ask_for(planned: Site) -> None:
    ward = planned.ward('n2w')
    for wrong in ({'goods': 'waste'}, {'sender': 'n3e'}, {'recipient': 'kitchen'}):
        assert ward.post('/ward/timetable', PLAN | wrong).status_code == 422
    assert ward.get('/ward/timetable?goods=drug&sender=x&recipient=n2w').status_code == 404


def order(ward: Browser, page: str, **diets: str) -> int:
    fields = {f'bed.{bed}': diet for bed, diet in diets.items()}
    return ward.post('/ward/meals', {'round': hidden(page, 'round')} | fields).status_code


def test_a_ward_orders_by_its_bed_list_and_the_last_order_counts(
    planned: Site, book: SqlWardBook
) -> None:
    ward = planned.ward('n2w')
    assert 'Bed list of this ward' in ward.get('/ward/meals').text
    assert ward.post('/ward/beds', {'beds': 'b12\r\nb13\r\nb14'}).status_code == 303
    page = ward.get('/ward/meals').text
    assert page.count('name="bed.') == 3
    assert 2 <= len(re.findall('href="/ward/meals[?]round=', page)) <= 4
    assert order(ward, page, b12='normal', b13='halal', b14='') == 303
    assert order(ward, page, b12='diabetic', b13='halal', b14='halal') == 303
    beds = [Bed('b12', 'diabetic'), Bed('b13', 'halal'), Bed('b14', 'halal')]
    assert book.meal_orders(hidden(page, 'round')) == {WARD: beds}
    after = ward.get('/ward/meals').text
    assert 'Change the order' in after
    assert 'Halal 2' in after
    assert order(ward, page, b12='steak', b13='halal', b14='') == 422
    assert order(ward, page, b12='normal') == 422, 'the list changed meanwhile'
    late = {'round': '2020-01-01-lunch'} | {f'bed.{one.bed}': '' for one in beds}
    answer = ward.post('/ward/meals', late)
    assert (answer.status_code, 'is closed' in answer.text) == (422, True)
    assert planned.ward('n3e').get('/ward/meals').text.count('name="bed.') == 0
    assert planned.ward('pharmacy').get('/ward/meals').status_code == 404


@pytest.mark.parametrize('beds', ['x' * 13, '\n'.join(str(bed) for bed in range(121))])
def test_a_bed_list_that_is_not_possible_stays_as_typed(planned: Site, beds: str) -> None:
    answer = planned.ward('n2w').post('/ward/beds', {'beds': beds})
    assert answer.status_code == 422
    assert 'At most 120 beds' in answer.text
    assert beds[:12] in answer.text
