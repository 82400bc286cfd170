"""The ward's pages without scripts: three taps, a living page, and a PIN for every opening."""

from __future__ import annotations

import re

import pytest

from fleet_manager.adapters.db.ward_book import SqlWardBook
from fleet_manager.adapters.http.choices import FETCH, SEND, goods_of, groups, ways
from fleet_manager.adapters.http.pinyin import full, initials
from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.maps.model import Hospital
from tests.adapters.http.conftest import Browser, Loop, Site, hidden
from tests.pages.stand_in import CANCELLABLE, pin_of


def links(page: str, css_class: str) -> list[str]:
    found = re.findall(rf'<a class="{css_class}" href="([^"]+)"', page)
    return [link.replace('&amp;', '&') for link in found]


def check_page(ward: Browser, goods: str, way: str, other: str) -> str:
    return ward.get(f'/ward/new?goods={goods}&way={way}&other={other}').text


def send(ward: Browser, page: str, **changed: str) -> str:
    names = ('key', 'goods', 'sender', 'recipient')
    fields = {name: hidden(page, name) for name in names} | {'note': ''} | changed
    answer = ward.post('/deliveries', fields)
    assert answer.status_code == 303, answer.text
    return answer.headers['location']


# --- asking ---


def test_a_ward_asks_for_medicines_in_three_taps(site: Site) -> None:
    ward = site.ward('n2w')
    step_1 = ward.get('/ward/new').text
    tile = next(link for link in links(step_1, 'tile') if 'drug' in link)
    step_2 = ward.get(tile).text
    assert 'From where?' in step_2
    choice = links(step_2, 'choice')
    assert choice == ['/ward/new?goods=drug&way=fetch&other=pharmacy']
    step_3 = ward.get(choice[0]).text
    assert step_3.count('class="primary"') == 1
    assert 'Routine, at most 2 h' in step_3
    place = send(ward, step_3)
    assert 'Accepted. A robot will be chosen.' in ward.get(place).text
    command = site.fleet.commands[-1]
    assert isinstance(command, m.RequestDelivery)
    assert (command.sender, command.recipient, command.goods) == ('pharmacy', 'n2w', 'drug')
    assert command.actor == m.Actor('ward-n2w', m.Role.WARD, 'n2w')


def test_a_pharmacist_sends_medicines_to_a_ward(site: Site) -> None:
    pharmacy = site.ward('pharmacy')
    step_2 = pharmacy.get('/ward/new?goods=drug').text
    assert 'Where to?' in step_2
    choice = next(link for link in links(step_2, 'choice') if link.endswith('other=n2w'))
    assert 'way=send' in choice
    send(pharmacy, pharmacy.get(choice).text)
    command = site.fleet.commands[-1]
    assert isinstance(command, m.RequestDelivery)
    assert (command.sender, command.recipient) == ('pharmacy', 'n2w')


def test_both_directions_are_offered_where_both_make_sense(site: Site) -> None:
    page = site.ward('n2w').get('/ward/new?goods=supply').text
    assert 'Bring it to Surgery nurse station from' in page
    assert 'Send it from Surgery nurse station to' in page
    assert 'From or to where?' in page


def test_only_goods_of_the_station_have_a_tile(site: Site) -> None:
    tiles = links(site.ward('cssd').get('/ward/new').text, 'tile')
    assert tiles == ['/ward/new?goods=sterile', '/ward/new?goods=supply']
    assert site.ward('cssd').get('/ward/new?goods=blood').status_code == 404
    assert site.ward('cssd').get('/ward/new?goods=x').status_code == 404


@pytest.mark.parametrize(
    'query',
    [
        'goods=drug&way=send&other=pharmacy',
        'goods=drug&way=fetch&other=kitchen',
        'goods=drug&way=fetch&other=n2w',
        'goods=drug&way=up&other=pharmacy',
        'goods=drug&other=pharmacy',
        'goods=drug&way=fetch&other=%00',
    ],
)
def test_a_check_page_exists_for_real_choices_only(site: Site, query: str) -> None:
    assert site.ward('n2w').get(f'/ward/new?{query}').status_code == 404


def test_the_stations_used_most_come_first(site: Site, hospital: Hospital) -> None:
    station = hospital.stations[StationId('n2w')]
    first = groups(hospital, site.fleet.current(), station, 'supply')[1]
    assert len(first.most_used) == 4
    assert first.most_used[0].station.id == 'pharmacy'
    ward = site.ward('n2w')
    for _ in range(2):
        send(ward, check_page(ward, 'supply', 'send', 'n3e'))
    after = groups(hospital, site.fleet.current(), station, 'supply')[1]
    assert after.most_used[0].station.id == 'n3e'
    assert {one.station.id for one in (*after.most_used, *after.rest)} == {
        one.station.id for one in (*first.most_used, *first.rest)
    }


@pytest.mark.parametrize(
    ('typed', 'found'),
    [
        ('xnk', ['n3w']),
        ('心内', ['n3w']),
        ('N3W', ['n3w']),
        ('cardio', ['n3w']),
        ('hsz', ['n2e', 'n3w', 'n3e']),
        ('Sterile supply', ['cssd']),
        ('qqq', []),
    ],
)
def test_a_search_knows_names_initials_and_codes(site: Site, typed: str, found: list[str]) -> None:
    page = site.ward('n2w').get('/ward/new', params={'goods': 'supply', 'q': typed}).text
    shown = {link.rsplit('=', 1)[1] for link in links(page, 'choice') if 'way=send' in link}
    assert shown == set(found)
    assert ('hidden>No station found' not in page) == (not links(page, 'choice'))


def test_initials_of_common_places() -> None:
    places = {
        '护士站': 'hsz',
        '药房': 'yf',
        '检验科': 'jyk',
        '消毒供应中心': 'xdgyzx',
        'ICU 三': 'icus',
    }
    assert {place: initials(place) for place in places} == places
    assert initials('🏥') == ''
    assert full('3N 护士站') == '3nhushizhan'


@pytest.mark.parametrize(
    ('typed', 'first'),
    [
        ('yaofang', 'goods=drug&way=fetch&other=pharmacy'),
        ('yf yp', 'goods=drug&way=fetch&other=pharmacy'),
        ('lab', 'goods=blood&way=fetch&other=lab'),
        ('LAB spec', 'goods=specimen&way=send&other=lab'),
        ('餐', 'goods=meal&way=fetch&other=kitchen'),
        ('n3e', 'goods=supply&way=fetch&other=n3e'),
    ],
)
def test_one_search_finds_what_and_where(site: Site, typed: str, first: str) -> None:
    page = site.ward('n2w').get('/ward/new', params={'q': typed}).text
    found = links(page, 'choice')
    assert found[0] == f'/ward/new?{first}'
    assert f'{len(found)} match' in page
    assert all(site.ward('n2w').get(link).status_code == 200 for link in found[:2])


def test_a_search_without_a_match_says_so_and_shows_what_was_typed_escaped(site: Site) -> None:
    page = site.ward('n2w').get('/ward/new', params={'q': '"><script>x'}).text
    assert '0 matches' in page
    assert '<script>x' not in page
    assert len(links(page, 'tile')) > 3


def test_the_last_request_is_repeated_in_one_tap_and_a_double_tap_is_one(site: Site) -> None:
    ward = site.ward('n2w')
    assert 'Repeat:' not in ward.get('/ward').text
    send(ward, check_page(ward, 'drug', 'fetch', 'pharmacy'))
    send(ward, check_page(ward, 'supply', 'send', 'n3e'))
    page = ward.get('/ward').text
    again = page[page.index('data-live="again"') :]
    assert 'Repeat:' in again
    assert send(ward, again) == send(ward, again)
    assert len(site.fleet._deliveries) == 3
    last = site.fleet.commands[-1]
    assert isinstance(last, m.RequestDelivery)
    assert (last.goods, last.sender, last.recipient) == ('supply', 'n2w', 'n3e')
    assert 'Repeat:' not in site.ward('n3e').get('/ward').text, 'another asked for it'


@pytest.mark.thorough
def test_a_favourite_is_kept_shown_and_forgotten(
    hospital: Hospital, loop: Loop, book: SqlWardBook
) -> None:
    site = Site(hospital, loop, ward_book=book)
    ward = site.ward('n2w')
    page = check_page(ward, 'drug', 'fetch', 'pharmacy')
    names = ('goods', 'sender', 'recipient')
    fields = {name: hidden(page, name) for name in names}
    for _ in range(2):
        assert ward.post('/ward/favourites', fields | {'what': 'keep'}).status_code == 303
    link = '/ward/new?goods=drug&way=fetch&other=pharmacy'
    assert links(ward.get('/ward').text, 'choice') == [link]
    assert links(site.ward('n3e').get('/ward').text, 'choice') == []
    assert 'Remove from favourites' in ward.get(link).text
    for wrong in ({'goods': 'blood'}, {'sender': 'lab'}, {'recipient': 'n3e'}, {'what': 'x'}):
        answer = ward.post('/ward/favourites', fields | {'what': 'keep'} | wrong)
        assert answer.status_code == 422
    assert ward.post('/ward/favourites', fields | {'what': 'forget'}).status_code == 303
    assert links(ward.get('/ward').text, 'choice') == []
    book.close()
    assert ward.get('/ward').status_code == 200, 'the page works while the book cannot be read'
    site.close()


def test_every_direction_offered_is_one_the_map_allows(hospital: Hospital) -> None:
    for station in hospital.stations.values():
        for goods in goods_of(hospital, station):
            offered = ways(hospital, station, goods)
            assert offered
            assert all(goods in other.sends for other in offered.get(FETCH, []))
            assert all(goods in other.takes for other in offered.get(SEND, []))
            assert all(station not in others for others in offered.values())


def test_a_double_tap_is_one_delivery(site: Site) -> None:
    ward = site.ward('n2w')
    page = check_page(ward, 'drug', 'fetch', 'pharmacy')
    assert send(ward, page) == send(ward, page)
    assert len(site.fleet._deliveries) == 1
    assert send(ward, check_page(ward, 'drug', 'fetch', 'pharmacy')) != send(ward, page)


def test_a_key_used_for_something_else_is_told_and_gets_a_new_one(site: Site) -> None:
    ward = site.ward('n2w')
    page = check_page(ward, 'drug', 'fetch', 'pharmacy')
    send(ward, page)
    fields = {'key': hidden(page, 'key'), 'goods': 'supply', 'note': 'x'}
    answer = ward.post('/deliveries', fields | {'sender': 'stores', 'recipient': 'n2w'})
    assert answer.status_code == 422
    assert 'used for another request' in answer.text
    assert 'value="x"' in answer.text
    assert hidden(answer.text, 'key') != hidden(page, 'key')
    send(ward, answer.text)


def test_a_refusal_keeps_what_was_typed(site: Site) -> None:
    ward = site.ward('n2w')
    page = check_page(ward, 'drug', 'fetch', 'pharmacy')
    fields = {'key': hidden(page, 'key'), 'goods': 'drug', 'note': 'on ice'}
    answer = ward.post('/deliveries', fields | {'sender': 'kitchen', 'recipient': 'n2w'})
    assert answer.status_code == 422
    assert 'does not send these goods' in answer.text
    assert 'value="on ice"' in answer.text
    for wrong in ({'sender': 'x'}, {'goods': 'x'}):
        body = fields | {'sender': 'pharmacy', 'recipient': 'n2w'} | wrong
        assert ward.post('/deliveries', body).status_code == 422


def test_a_stat_specimen_is_three_taps(site: Site) -> None:
    ward = site.ward('n2w')
    tile = next(link for link in links(ward.get('/ward/new').text, 'tile stat'))
    choice = links(ward.get(tile).text, 'choice')[0]
    page = ward.get(choice).text
    assert 'Immediately, at most 30 min' in page
    send(ward, page, kind=hidden(page, 'kind'))
    (made,) = site.fleet._deliveries.values()
    assert (made['urgency'], made['details']) == ('stat', {'kind': 'stat'})
    assert ward.get('/ward/new?goods=drug&kind=stat').status_code == 404


def test_waste_has_type_weight_and_code_and_what_is_wrong_is_named(
    hospital: Hospital, loop: Loop
) -> None:
    site = Site(hospital, loop)
    ward = site.ward('n2w')
    page = check_page(ward, 'waste', 'send', 'waste')
    names = ('key', 'goods', 'sender', 'recipient')
    fields = {name: hidden(page, name) for name in names}
    typed = {'waste_type': 'sharps', 'weight_kg': '２，５', 'bag': 'ＷB-1'}
    for name in typed:
        answer = ward.post('/deliveries', fields | typed | {name: ''})
        assert answer.status_code == 422
        assert 'Something is missing or not possible here' in answer.text
        assert all(value in answer.text for key, value in typed.items() if key != name)
    place = send(ward, page, **typed)
    (made,) = site.fleet._deliveries.values()
    assert made['details'] == {'waste_type': 'sharps', 'weight_kg': '2.5', 'bag': 'WB-1'}
    assert 'Sharps' in ward.get(place).text
    assert 'Repeat:' not in ward.get('/ward').text, 'another bag has another code'
    site.close()


def test_scanned_codes_are_one_a_line_and_a_double_scan_is_once(site: Site) -> None:
    ward = site.ward('n2w')
    page = check_page(ward, 'specimen', 'send', 'lab')
    place = send(ward, page, codes='LAB-001\r\nLAB-002\r\nLAB-001\r\n')
    (made,) = site.fleet._deliveries.values()
    assert made['details'] == {'codes': 'LAB-001 LAB-002'}
    assert 'LAB-001 LAB-002' in ward.get(place).text
    answer = site.ward('n2e').json(
        '/api/v1/deliveries',
        {'goods': 'specimen', 'sender': 'n2e', 'recipient': 'lab', 'details': {'codes': '<b>'}},
        idempotency_key='key-bad-codes',
    )
    assert answer.status_code == 422
    assert 'Barcodes' in answer.json()['error']['message']


# --- following ---


def test_others_cannot_tell_a_delivery_from_none(site: Site) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    stranger = site.ward('n3e')
    for path in (f'/deliveries/{delivery}', f'/api/v1/deliveries/{delivery}'):
        answer, nothing = stranger.get(path), stranger.get(path + '9')
        assert (answer.status_code, nothing.status_code) == (404, 404)
        assert answer.text.replace(delivery, '') == nothing.text.replace(f'{delivery}9', '')
    commands = len(site.fleet.commands)
    for verb, fields in (
        ('cancel', {}),
        ('open', {'pin': pin_of('n3e')}),
        ('sign', {}),
        ('refuse', {'reason': 'x'}),
        ('rate', {'stars': '5'}),
    ):
        assert stranger.post(f'/deliveries/{delivery}/{verb}', fields).status_code == 404
    assert len(site.fleet.commands) == commands
    assert site.operator().get(f'/deliveries/{delivery}').status_code == 200


@pytest.mark.parametrize(
    ('state', 'sender_sees', 'recipient_sees'),
    [
        ('accepted', 'Accepted. A robot', 'Accepted. A robot'),
        ('assigned', 'is coming to you', 'is going to Pharmacy'),
        ('awaiting_load', 'Open to load', 'waits to be loaded'),
        ('loading', 'Put the goods in', 'is being loaded'),
        ('under_way', 'on the way to Surgery', 'on the way to you'),
        ('awaiting_receipt', 'waits to be opened', 'Open with PIN'),
        ('opened', 'are being taken out', 'Take everything out'),
        ('taken', 'the signature is missing', 'Sign: received and right'),
        ('porter_asked', 'A porter comes for it', 'A porter has been asked'),
        ('carried', 'A porter carries it to Surgery', 'Sign: received and right'),
        ('delivered', 'Delivered and signed', 'How was it?'),
        ('cancelled', 'Nothing was loaded', 'Nothing was loaded'),
        ('expired', 'Nobody loaded the robot', 'Nobody loaded the robot'),
    ],
)
def test_each_side_reads_what_concerns_it(
    site: Site, state: str, sender_sees: str, recipient_sees: str
) -> None:
    delivery = site.delivery(state=state)
    path = f'/deliveries/{delivery}'
    sender, recipient = site.ward('pharmacy').get(path).text, site.ward('n2w').get(path).text
    assert sender_sees in sender
    assert recipient_sees in recipient
    ends = state in ('delivered', 'cancelled', 'expired')
    types = {'awaiting_load': sender, 'awaiting_receipt': recipient}.get(state)
    for page in (sender, recipient):
        assert 'tel:8000' in page
        assert page.count('class="primary"') <= 1
        assert ('http-equiv="refresh" content="5"' in page) == (not ends and page is not types)
        assert ('/cancel"' in page) == (state in CANCELLABLE)
    assert site.operator().get(path).text.count('name="pin"') == 0


def test_a_delivery_is_told_in_times_rounded_up(site: Site) -> None:
    delivery = site.delivery(state='under_way')
    page = site.ward().get(f'/deliveries/{delivery}').text
    assert '3–5 min' in page
    assert page.count('<time datetime="') >= 3
    assert 'aria-current="step"' in page


def test_why_nothing_happens_is_said_in_a_sentence(site: Site) -> None:
    delivery = site.delivery(state='assigned')
    entity = site.fleet._deliveries[delivery]
    for waiting, said in (
        ({'code': 'lift', 'params': {'lift': 'B'}}, 'Waiting for Lift B.'),
        ({'code': 'station_occupied', 'params': {'robot': 'r2'}}, 'Robot R2 is served first'),
        ({'code': 'all_robots_busy', 'params': {}}, 'It keeps its place in the queue'),
        ({'code': 'newer_than_the_page', 'params': {}}, 'Dispatch can tell you more'),
    ):
        site.fleet._deliveries[delivery] = entity | {'waiting': waiting}
        site.fleet.publish()
        assert said in site.ward().get(f'/deliveries/{delivery}').text


def test_the_ward_page_puts_first_what_waits_for_its_people(site: Site) -> None:
    site.delivery(state='awaiting_receipt')
    coming = site.delivery(state='under_way', robot='r2')
    page = site.ward('n2w').get('/ward').text
    assert page.index('Waiting for you') < page.index('New delivery') < page.index(coming)
    assert 'Waiting for you' not in site.ward('pharmacy').get('/ward').text
    assert 'Nothing at the moment' in site.ward('n3e').get('/ward').text


def test_a_paused_fleet_is_said_on_the_ward_page(site: Site) -> None:
    site.operator().json('/api/v1/fleet/pause', {})
    site.fleet.publish()
    assert 'All robots are paused by dispatch' in site.ward().get('/ward').text


# --- acting ---


def test_an_opening_needs_the_pin_again(site: Site) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    ward = site.ward('n2w')
    path = f'/deliveries/{delivery}/open'
    for pin in ('1', pin_of('pharmacy')):
        answer = ward.post(path, {'pin': pin})
        assert answer.status_code == 422
        assert 'The PIN is not right' in answer.text
        assert f'value="{pin}"' not in answer.text
    assert ward.post(path).status_code == 422
    assert not any(isinstance(c, m.OpenCompartment) for c in site.fleet.commands)
    assert ward.post(path, {'pin': pin_of('n2w')}).status_code == 303
    assert site.fleet.commands[-1] == m.OpenCompartment(
        m.Actor('ward-n2w', m.Role.WARD, 'n2w'), DeliveryId(delivery)
    )
    assert 'The compartment is opening' in ward.get(f'/deliveries/{delivery}').text
    site.fleet._set(delivery, 'opened')
    site.fleet._deliveries[delivery]['opening'] = True
    site.fleet.publish()
    assert 'The compartment is opening' not in ward.get(f'/deliveries/{delivery}').text


def test_what_shares_the_compartment_is_told_at_loading_and_at_taking(site: Site) -> None:
    delivery, other = site.delivery(state='awaiting_load'), site.delivery(state='awaiting_load')
    number = site.fleet._deliveries[other]['number']
    told = {
        ('pharmacy', 'awaiting_load'): f'no. {number}. Put in all of them',
        ('n2w', 'awaiting_receipt'): f'no. {number}. Take out all of them',
    }
    for (station, state), text in told.items():
        site.fleet._set(delivery, state)
        site.fleet._deliveries[delivery]['together'] = [other]
        site.fleet.publish()
        page = site.ward(station).get(f'/deliveries/{delivery}').text
        assert text in page
    assert f'goes back to the sender, no. {number} as well' in page


def test_wrong_pins_lock_the_opening_too(site: Site) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    ward = site.ward('n2w')
    for _ in range(5):
        ward.post(f'/deliveries/{delivery}/open', {'pin': '1'})
    answer = ward.post(f'/deliveries/{delivery}/open', {'pin': pin_of('n2w')})
    assert answer.status_code == 429
    assert 'stays locked' in answer.text


def test_a_refused_command_is_a_sentence_on_the_page(site: Site) -> None:
    delivery = site.delivery(state='under_way')
    ward = site.ward('n2w')
    for verb, fields, said in (
        ('cancel', {}, 'already being loaded'),
        ('open', {'pin': pin_of('n2w')}, 'not here yet'),
        ('sign', {}, 'was not opened yet'),
        ('rate', {'stars': '3'}, 'not taken out yet'),
    ):
        answer = ward.post(f'/deliveries/{delivery}/{verb}', fields)
        assert (answer.status_code, said in answer.text) == (409, True), verb


def test_sign_rate_and_cancel(site: Site) -> None:
    delivery, ward = site.delivery(state='taken'), site.ward('n2w')
    assert ward.post(f'/deliveries/{delivery}/sign').status_code == 303
    assert ward.post(f'/deliveries/{delivery}/rate', {'stars': '4'}).status_code == 303
    assert 'You gave 4 of 5 stars' in ward.get(f'/deliveries/{delivery}').text
    assert ward.post(f'/deliveries/{delivery}/rate', {'stars': '4'}).status_code == 409
    for stars in ('0', '6', '4.5', '', '４'):
        assert ward.post(f'/deliveries/{delivery}/rate', {'stars': stars}).status_code == 422
    other = site.delivery(state='accepted')
    assert ward.post(f'/deliveries/{other}/cancel').status_code == 303
    assert 'Cancelled. Nothing was loaded.' in ward.get(f'/deliveries/{other}').text
    third = site.delivery(state='accepted')
    assert site.operator().post(f'/deliveries/{third}/cancel').status_code == 303


# --- more urgently, back, by hand ---


def test_a_ward_asks_more_urgently_and_says_why(site: Site) -> None:
    ward = site.ward('n2w')
    page = check_page(ward, 'drug', 'fetch', 'pharmacy')
    assert 'More urgent than usual' in page
    fields = {name: hidden(page, name) for name in ('key', 'goods', 'sender', 'recipient')}
    refused = ward.post('/deliveries', fields | {'note': '', 'raised': 'yes'})
    assert refused.status_code == 422
    assert 'Say why' in refused.text
    assert 'checked' in refused.text
    place = send(ward, page, raised='yes', note='pain')
    command = site.fleet.commands[-1]
    assert isinstance(command, m.RequestDelivery)
    assert (command.raised, command.note) == (True, 'pain')
    assert 'Urgent · raised' in ward.get(place).text
    assert ward.post('/deliveries', fields | {'note': 'x', 'raised': 'maybe'}).status_code == 422


def test_nothing_is_asked_for_more_urgently_than_blood(site: Site) -> None:
    assert 'name="raised"' not in check_page(site.ward('n2w'), 'blood', 'fetch', 'blood_bank')


def test_who_gets_a_parcel_refuses_it_with_a_reason(site: Site) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    path = f'/deliveries/{delivery}'
    ward, pharmacy = site.ward('n2w'), site.ward('pharmacy')
    assert 'We do not take it' in ward.get(path).text
    assert 'We do not take it' not in pharmacy.get(path).text
    assert ward.post(f'{path}/refuse', {'reason': ' '}).status_code == 422
    assert ward.post(f'{path}/refuse').status_code == 422
    assert ward.post(f'{path}/refuse', {'reason': 'not ours'}).status_code == 303
    assert site.fleet.commands[-1] == m.RefuseDelivery(
        m.Actor('ward-n2w', m.Role.WARD, 'n2w'), DeliveryId(delivery), 'not ours'
    )
    for page in (ward.get(path).text, pharmacy.get(path).text):
        assert 'Surgery nurse station did not take it: not ours' in page
        assert 'On the way back to the sender' in page
    assert ward.post(f'{path}/refuse', {'reason': 'not ours'}).status_code == 409


def test_nobody_is_offered_to_refuse_what_is_never_brought_back(site: Site) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    site.fleet._deliveries[delivery] |= {'goods': 'waste'}
    site.fleet.publish()
    assert 'We do not take it' not in site.ward('n2w').get(f'/deliveries/{delivery}').text


@pytest.mark.parametrize(
    ('state', 'sender_sees', 'recipient_sees'),
    [
        ('under_way', 'brings it back to you', 'brings it back to Pharmacy'),
        ('awaiting_receipt', 'Open and take it back', 'is back at Pharmacy'),
        ('opened', 'Take everything out', 'being taken out at Pharmacy'),
        ('returned', 'It is back at Pharmacy', 'It is back at Pharmacy'),
    ],
)
def test_a_parcel_nobody_took_goes_back_to_its_sender(
    site: Site, state: str, sender_sees: str, recipient_sees: str
) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    site.fleet.turn_back(delivery, 'not_collected')
    site.fleet._set(delivery, state)
    site.fleet.publish()
    path = f'/deliveries/{delivery}'
    sender, recipient = site.ward('pharmacy').get(path).text, site.ward('n2w').get(path).text
    assert sender_sees in sender
    assert recipient_sees in recipient
    assert 'Nobody took it out at Surgery nurse station in time.' in sender
    assert 'name="pin"' not in recipient
    assert 'class="primary"' not in recipient
    assert 'aria-current="step"' in sender or state == 'returned'


def test_who_has_no_hands_free_takes_it_later_and_everybody_reads_until_when(site: Site) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    path = f'/deliveries/{delivery}'
    ward, pharmacy = site.ward('n2w'), site.ward('pharmacy')
    assert 'Not now, 10 min' in ward.get(path).text
    assert 'Not now, 10 min' not in pharmacy.get(path).text
    assert ward.post(f'{path}/put-off').status_code == 303
    assert site.fleet.commands[-1] == m.PutOffDelivery(
        m.Actor('ward-n2w', m.Role.WARD, 'n2w'), DeliveryId(delivery)
    )
    for page in (ward.get(path).text, pharmacy.get(path).text, ward.get('/ward').text):
        assert 'Put off until' in page
        assert 'Not now, 10 min' not in page
    assert ward.post(f'{path}/put-off').status_code == 409
    shown = ward.get(f'/api/v1{path}').json()['delivery']
    assert shown['put_off_until'] > shown['times']['awaiting_receipt']


@pytest.mark.parametrize(
    ('out_ms', 'says'),
    [
        (0, 'Cold chain kept: 3.1–4.8 °C.'),
        (400_000, 'Out of range for 7 minutes: 3.1–4.8 °C, to be kept at 2–6 °C.'),
    ],
)
def test_who_signs_for_blood_reads_before_how_warm_it_was(
    site: Site, out_ms: int, says: str
) -> None:
    delivery = site.delivery(state='taken')
    chain = {'kept_at': [2.0, 6.0], 'lowest': 3.1, 'highest': 4.8, 'last': 4.0, 'since': 1}
    chain |= {'until': 2, 'out': False, 'out_ms': out_ms, 'out_since': None, 'hole': False}
    site.fleet._deliveries[delivery]['cold_chain'] = chain
    site.fleet.publish()
    page = site.ward('n2w').get(f'/deliveries/{delivery}').text
    assert says in page
    assert page.index(says) < page.index('/sign')


def test_the_sender_opens_with_the_pin_and_has_the_parcel_back(site: Site) -> None:
    delivery = site.delivery(state='awaiting_receipt')
    site.fleet.turn_back(delivery, 'not_collected')
    site.fleet._set(delivery, 'awaiting_receipt')
    site.fleet.publish()
    path, pharmacy = f'/deliveries/{delivery}/open', site.ward('pharmacy')
    page = pharmacy.get('/ward').text
    assert page.index('Waiting for you') < page.index('Back at the sender')
    assert site.ward('n2w').post(path, {'pin': pin_of('n2w')}).status_code == 409
    assert pharmacy.post(path, {'pin': pin_of('pharmacy')}).status_code == 303
    assert site.fleet.commands[-1] == m.OpenCompartment(
        m.Actor('ward-pharmacy', m.Role.WARD, 'pharmacy'), DeliveryId(delivery)
    )


def test_a_desk_notes_that_a_porter_took_it_and_the_recipient_signs(site: Site) -> None:
    delivery = site.delivery(state='porter_asked')
    site.fleet._deliveries[delivery] |= {'robot': None, 'compartment': None}
    site.fleet.publish()
    path, desk, ward = f'/deliveries/{delivery}', site.operator(), site.ward('n2w')
    assert 'A porter took it' in desk.get(path).text
    assert 'A porter took it' not in ward.get(path).text
    assert ward.post(f'{path}/take').status_code == 403
    assert desk.post(f'{path}/take').status_code == 303
    assert site.fleet.commands[-1] == m.TakeByHand(
        m.Actor('dispatch', m.Role.OPERATOR), DeliveryId(delivery)
    )
    assert desk.post(f'{path}/take').status_code == 409
    assert 'Carried by a porter' in ward.get('/ward').text
    assert ward.post(f'{path}/sign').status_code == 303
    assert 'Delivered and signed' in ward.get(path).text
