"""The pages of the stores: one tap accepts, a file is taken over whole, nobody sees others'."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fleet_manager.adapters.db.books import SqlBooks
from fleet_manager.application.ports import Bookmark
from fleet_manager.application.stock.bookings import Booking, Move
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import RequestDelivery
from tests.adapters.http.conftest import Browser, Loop, Site
from tests.pages.stand_in import now

HEAD = 'code,name_zh,name_en,goods,unit,station,lot,expires,count,warning,target,source\n'
LIST = HEAD + (
    'SAL500,生理盐水,Saline,drug,bottle,pharmacy,A,2099-03-31,30,,,\n'
    'SAL500,,,,,n2w,,,0,5,12,pharmacy\n'
)


@pytest.fixture
def site(hospital: Hospital, loop: Loop, tmp_path: Path) -> Iterator[Site]:
    books = SqlBooks(f'sqlite:///{tmp_path / "books.db"}')
    made = Site(hospital, loop, books=books)
    yield made
    made.close()
    books.close()


@pytest.fixture
def desk(site: Site) -> Browser:
    """Somebody of dispatch who has imported the list."""
    found = site.operator()
    done = found.post('/stores/import', {'csv': LIST})
    assert 'Items: 1, counts changed: 1.' in done.text
    return found


def test_a_proposal_is_accepted_with_one_tap_and_twice_is_once(site: Site, desk: Browser) -> None:
    ward = site.ward('n2w')
    page = ward.get('/stores').text
    assert '12 bottle · Saline' in page
    accept = re.search(r'action="(/stores/proposals/\w+/accept)"', page)
    assert accept is not None
    first = ward.post(accept[1])
    assert first.status_code == 303
    assert ward.post(accept[1]).headers['location'] == first.headers['location']
    assert site.ward('pharmacy').post(accept[1]).status_code == 409
    asked = [one for one in site.fleet.commands if isinstance(one, RequestDelivery)]
    assert {(one.key, one.sender, one.recipient, one.goods) for one in asked} == {
        ('stock-P000001', 'pharmacy', 'n2w', 'drug')
    }
    assert site.ward('lab').post(accept[1]).status_code == 404


def test_a_shelf_is_counted_and_only_by_its_own_station(site: Site, desk: Browser) -> None:
    counted = {'station': 'pharmacy', 'item': 'SAL500', 'lot': 'A', 'expires': '2099-03-31'}
    pharmacy = site.ward('pharmacy')
    assert pharmacy.post('/stores/count', counted | {'count': '7'}).status_code == 303
    assert '<strong>7</strong>' in pharmacy.get('/stores').text
    assert site.ward('n2w').post('/stores/count', counted | {'count': '1'}).status_code == 403
    for wrong in ({'count': '-1'}, {'count': 'x'}, {'count': '1', 'expires': 'soon'}):
        assert pharmacy.post('/stores/count', counted | wrong).status_code == 422
    assert '<strong>7</strong>' in desk.get('/stores?station=pharmacy').text
    assert 'Saline' not in site.ward('lab').get('/stores?station=pharmacy').text


def test_a_wrong_file_changes_nothing_and_what_was_typed_is_still_there(site: Site) -> None:
    desk = site.operator()
    text = HEAD + '<script>,盐水,,drug,瓶,nowhere,,,x,,,\n'
    answer = desk.post('/stores/import', {'csv': text})
    assert answer.status_code == 422
    assert 'Line 2, column station: “nowhere” is no station of this hospital' in answer.text
    assert '<script>,' not in answer.text
    assert '&lt;script&gt;,盐水' in answer.text
    assert desk.get('/stores/export.csv').text.count('\n') == 1


def test_a_ward_imports_its_own_shelves_only(site: Site, desk: Browser) -> None:
    pharmacy = site.ward('pharmacy')
    own = HEAD + 'GLU5,葡萄糖,Glucose,drug,bottle,pharmacy,G,2099-01-01,3,,,\n'
    assert pharmacy.post('/stores/import', {'csv': own}).status_code == 200
    assert pharmacy.post('/stores/import', {'csv': LIST}).status_code == 403
    renamed = HEAD + 'SAL500,毒药,Poison,drug,bottle,,,,,,,\n'
    assert pharmacy.post('/stores/import', {'csv': renamed}).status_code == 403
    rows = pharmacy.get('/stores/export.csv').text
    assert 'GLU5' in rows
    assert ',n2w,' not in rows
    assert 'Saline' in rows


def test_what_is_in_a_delivery_is_listed_until_it_has_left(site: Site, desk: Browser) -> None:
    delivery = DeliveryId(site.delivery())
    pharmacy = site.ward('pharmacy')
    path = f'/deliveries/{delivery}/contents'
    assert f'href="{path}"' in pharmacy.get(f'/deliveries/{delivery}').text
    assert pharmacy.post(path, {'item': 'SAL500', 'count': '3'}).status_code == 303
    assert '3 bottle' in site.ward('n2w').get(path).text
    answer = pharmacy.post(path, {'item': '=NOPE', 'count': '3'})
    assert (answer.status_code, '=NOPE' in answer.text) == (422, True)
    assert site.ward('lab').get(path).status_code == 404
    assert site.ward('lab').post(path, {'item': 'SAL500', 'count': '9'}).status_code == 404


GLOVES = HEAD + 'GLOVES,手套,Gloves,drug,box,pharmacy,,,30,,,\n'


@pytest.fixture
def partly(site: Site, desk: Browser) -> str:
    """A delivery of saline and gloves of which something did not come."""
    desk.post('/stores/import', {'csv': GLOVES})
    delivery = DeliveryId(site.delivery())
    books: SqlBooks = site.app.state.site.books
    ends = StationId('pharmacy'), StationId('n2w')
    asked = Booking(1, now(), Move.ASKED, delivery, 'n2w', *ends, 'key')
    moved = [Booking(2 + n, now(), move, delivery) for n, move in enumerate((Move.OUT, Move.IN))]
    books.book([asked], Bookmark(1, 'h'), today='2027-01-15')
    for item, count in (('SAL500', 5), ('GLOVES', 2)):
        assert books.pack(delivery, item, count)
    books.book(moved, Bookmark(3, 'h'), today='2027-01-15')
    site.fleet._deliveries[delivery] |= {'missing': 'some'}
    site.fleet._set(delivery, 'delivered')
    site.fleet.publish()
    return delivery


def test_who_received_says_item_by_item_what_did_not_come(site: Site, partly: str) -> None:
    ward, form = site.ward('n2w'), f'action="/deliveries/{partly}/missing"'
    contents = f'/deliveries/{partly}/contents'
    assert form in ward.get(contents).text
    said = ward.post(f'/deliveries/{partly}/missing', {'item': 'SAL500', 'count': '2'})
    assert (said.status_code, said.headers['location']) == (303, contents)
    assert '2 missing' in ward.get(contents).text
    assert '<strong>3</strong>' in ward.get('/stores').text
    for wrong in ({'item': 'SAL500', 'count': '6'}, {'item': 'X', 'count': '1'}):
        answer = ward.post(f'/deliveries/{partly}/missing', wrong)
        assert (answer.status_code, form in answer.text) == (422, True)
    assert site.audit.kept[-3].deed == 'missing_booked'
    # the sender sees it, and does not say it
    pharmacy = site.ward('pharmacy')
    assert '2 missing' in pharmacy.get(contents).text
    assert form not in pharmacy.get(contents).text
    one = {'item': 'SAL500', 'count': '1'}
    assert pharmacy.post(f'/deliveries/{partly}/missing', one).status_code == 403


def test_a_program_says_it_too_and_is_told_what_is_wrong(site: Site, partly: str) -> None:
    ward, path = site.ward('n2w'), f'/api/v1/deliveries/{partly}/missing'
    assert ward.json(path, {'item': 'GLOVES', 'count': 1}).json() == {
        'item': 'GLOVES',
        'missing': 1,
    }
    for item, count, field in (('X', 1, 'item'), ('GLOVES', 3, 'count')):
        answer = ward.json(path, {'item': item, 'count': count})
        assert (answer.status_code, answer.json()['error']['field']) == (422, field)
    site.fleet._deliveries[partly] |= {'missing': None}
    site.fleet.publish()
    whole = ward.json(path, {'item': 'GLOVES', 'count': 0})
    assert (whole.status_code, whole.json()['error']['code']) == (409, 'not_partly')
    assert ward.json('/api/v1/deliveries/D9/missing', {'item': 'X', 'count': 0}).status_code == 404


def test_who_signs_for_a_part_of_several_items_is_asked_which(site: Site, partly: str) -> None:
    site.fleet._set(partly, 'taken')
    site.fleet.publish()
    answer = site.ward('n2w').post(f'/deliveries/{partly}/sign', {'missing': 'two bottles'})
    assert answer.headers['location'] == f'/deliveries/{partly}/contents'
