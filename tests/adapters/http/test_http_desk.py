"""The service desk: asks for others, finds everything, leaves nothing behind, hands over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fleet_manager.adapters.db.archive import JournalArchive
from fleet_manager.adapters.db.desk_book import SqlDeskBook
from fleet_manager.adapters.db.store import open_store
from fleet_manager.adapters.http import desk_page, i18n
from fleet_manager.adapters.http.auth import Person
from fleet_manager.application.ports import Account, View
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import RequestDelivery, Role
from fleet_manager.domain.units import HOUR, MINUTE, Instant
from tests.adapters.db.story import batch, requested
from tests.adapters.http.conftest import Browser, Loop, Site, hidden
from tests.adapters.http.test_http_porter import logged_in
from tests.pages.stand_in import now

WORDS = i18n.load()['en']
ASKED = {'goods': 'drug', 'sender': 'pharmacy', 'recipient': 'n2w', 'asked_by': 'Dr Li, 4711'}


@pytest.fixture
def site(hospital: Hospital, loop: Loop, tmp_path: Path) -> Iterator[Site]:
    book = SqlDeskBook(f'sqlite:///{tmp_path / "desk.db"}')
    made = Site(hospital, loop, book=book)
    yield made
    made.close()
    book.close()


def ask(desk: Browser, **fields: str) -> int:
    key = hidden(desk.get('/desk/new').text, 'key')
    return desk.post('/desk/new', {'key': key} | ASKED | fields).status_code


def test_a_request_on_behalf_says_who_asked_and_the_ward_sees_it(site: Site) -> None:
    desk = logged_in(site, 'mei', 'desk')
    assert desk.get('/').headers['location'] == '/desk'
    assert ask(desk) == 303
    command = site.fleet.commands[-1]
    assert isinstance(command, RequestDelivery)
    assert (command.actor.role, command.actor.account) == (Role.DESK, 'mei')
    assert command.asked_by == 'Dr Li, 4711'
    delivery = next(iter(site.fleet._deliveries))
    assert 'Dr Li, 4711' in site.ward('n2w').get(f'/deliveries/{delivery}').text
    assert 'Dr Li, 4711' in desk.get('/desk').text


def test_what_was_typed_survives_a_refusal_and_who_asked_is_needed(site: Site) -> None:
    desk = logged_in(site, 'mei', 'desk')
    assert ask(desk, asked_by='  ') == 422
    key = hidden(desk.get('/desk/new').text, 'key')
    answer = desk.post('/desk/new', {'key': key, 'raised': 'yes', 'note': ''} | ASKED)
    assert answer.status_code == 422
    assert WORDS('refusal.reason_needed') in answer.text
    assert 'value="Dr Li, 4711"' in answer.text
    assert hidden(answer.text, 'key') == key


def test_the_desk_is_for_the_desk_and_operators(site: Site) -> None:
    assert site.ward('n2w').get('/desk').status_code == 403
    assert logged_in(site, 'li', 'porter').get('/desk/book').status_code == 403
    assert site.operator().get('/desk').status_code == 200


@pytest.mark.parametrize(
    'typed', ['{number}', 'pharmacy medicines', 'r1', 'PH', 'n2w', 'ward-n2w', 'sickle', 'yf']
)
def test_one_search_finds_by_number_station_goods_person_robot_and_initials(
    site: Site, typed: str
) -> None:
    delivery = site.delivery(state='under_way', robot='r1')
    entity = site.fleet._deliveries[delivery]
    entity |= {'note': 'the sickle cells'}
    site.fleet.publish()
    desk = logged_in(site, 'mei', 'desk')
    page = desk.get('/desk', params={'q': typed.format(number=entity['number'])}).text
    assert f'href="/deliveries/{delivery}"' in page.split('data-live')[0]


def test_a_search_that_finds_nothing_says_so_and_shows_what_was_typed_as_text(site: Site) -> None:
    desk = logged_in(site, 'mei', 'desk')
    page = desk.get('/desk', params={'q': '<script>alert(1)</script>'}).text
    assert WORDS('desk.nothing') in page
    assert '<script>alert' not in page


def test_late_ones_come_first_and_what_nobody_ends_is_shown_apart(site: Site) -> None:
    delivered, waiting = site.delivery(state='delivered'), site.delivery(state='accepted')
    signed = site.delivery(state='taken')
    late = site.delivery(state='under_way')
    entities = {kind: dict(found) for kind, found in site.fleet.current().entities.items()}
    deliveries = {name: dict(one) for name, one in entities['delivery'].items()}
    deliveries[late] |= {'late': True, 'promised_at': now() - 10 * MINUTE}
    deliveries[signed]['times'] = deliveries[signed]['times'] | {'taken': now() - HOUR}
    view = View(1, now(), entities | {'delivery': deliveries})
    account = Account(AccountId('mei'), 'Mei', 'desk', None)
    person = Person(account, Role.DESK, 'token', 'csrf')
    rows = desk_page.queue(site.hospital, view, person, now())
    assert [row.page.id for row in rows] == [late, waiting, signed]
    assert [row.page.id for row in desk_page.forgotten(rows)] == [signed]
    assert delivered not in [row.page.id for row in rows]
    (figures,) = desk_page.today(view, now(), UTC)
    counted = (figures.goods, figures.asked, figures.still_open, figures.delivered, figures.other)
    assert counted == ('drug', 4, 3, 1, 0)
    assert (figures.due, figures.arrived) == (2, 1)


def test_old_deliveries_are_found_in_the_journal_and_nothing_typed_does_harm(
    hospital: Hospital, loop: Loop, tmp_path: Path
) -> None:
    url = f'sqlite:///{tmp_path / "fleet.db"}'
    store, then = open_store(url), Instant(now() - 40 * 24 * HOUR)
    store.take_over(holder='test', now=then)
    places = {'sender': 'pharmacy', 'recipient': 'n2w', 'goods': 'drug', 'urgency': 'routine'}
    for number in range(1, 61):
        event = requested(number, note=f'<b>{number}</b>', **places)
        store.commit(batch(event, at=then + number), now=then)
    store.close()
    site = Site(hospital, loop, archive=JournalArchive(url))
    desk = logged_in(site, 'mei', 'desk')
    page = desk.get('/desk/old?q=pharmacy').text
    assert '50 found.' in page
    assert '&lt;b&gt;60&lt;/b&gt;' in page
    assert 'href="/custody?delivery=d60"' in page
    further = unescape(page.split('href="/desk/old?')[1].split('"')[0])
    assert '10 found.' in desk.get(f'/desk/old?{further}').text
    assert 'href="/desk/old?q=x%22%26y"' in desk.get('/desk?q=x%22%26y').text
    for query in ('', 'q=', 'q=nothing', 'q=d60&before=x', 'q=d60&before=-5', 'q=%00%F0'):
        assert desk.get(f'/desk/old?{query}').status_code == 200
    site.close()


@pytest.mark.parametrize('night', ['2026-03-29', '2026-10-25'])
def test_the_day_and_the_queue_hold_on_nights_when_the_clock_changes(
    site: Site, night: str
) -> None:
    berlin = ZoneInfo('Europe/Berlin')
    name = site.delivery()
    known = site.fleet.current().entities['delivery'][name]
    midnight = int(datetime.fromisoformat(night).replace(tzinfo=berlin).timestamp() * 1_000)

    def asked(at: int, number: int) -> dict[str, Any]:
        times = {'accepted': at}
        return {**known, 'times': times, 'promised_at': at + 2 * HOUR, 'number': number}

    # one before midnight, one at midnight, two after it, the last beyond the hour that changes
    ats = [midnight - MINUTE, midnight, midnight + 3 * HOUR // 2, midnight + 7 * HOUR // 2]
    view = View(
        1, Instant(ats[-1]), {'delivery': {f'D{n}': asked(at, n) for n, at in enumerate(ats)}}
    )
    (figures,) = desk_page.today(view, Instant(ats[-1]), berlin)
    assert figures.asked == 3, 'not the one before midnight'
    person = Person(Account(AccountId('mei'), 'Mei', 'desk', None), Role.DESK, 'token', 'csrf')
    rows = desk_page.queue(site.hospital, view, person, ats[-1])
    assert [row.page.id for row in rows] == ['D0', 'D1', 'D2', 'D3']


def test_a_note_is_written_once_and_taken_over_by_the_next_shift(site: Site) -> None:
    mei, wang = logged_in(site, 'mei', 'desk'), logged_in(site, 'wang', 'desk')
    key = hidden(mei.get('/desk/book').text, 'key')
    for _ in range(2):
        answer = mei.post(
            '/desk/notes', {'key': key, 'text': 'lift B is serviced <at six>\r\n请注意'}
        )
        assert answer.status_code == 303
    page = wang.get('/desk/book').text
    assert page.count('lift B is serviced &lt;at six&gt;') == 1
    assert '(1)' in wang.get('/desk').text
    assert wang.post('/desk/notes/1/take').status_code == 303
    again = mei.post('/desk/notes/1/take')
    assert (again.status_code, WORDS('desk.done_already') in again.text) == (409, True)
    assert WORDS('desk.taken_by', who='Wang') in mei.get('/desk/book').text


def test_the_book_says_what_people_are_called_and_the_log_in_of_who_is_gone(site: Site) -> None:
    desk = site.browser().as_person('desk-1')
    key = hidden(desk.get('/desk/book').text, 'key')
    desk.post('/desk/notes', {'key': key, 'text': 'lift B is serviced'})
    desk.post('/desk/notes/1/take')
    page = desk.get('/desk/book').text
    assert '· Desk · ' in page
    assert WORDS('desk.taken_by', who='Desk') in page
    del site.accounts.accounts['desk-1']
    page = site.operator().get('/desk/book').text
    assert WORDS('desk.taken_by', who='desk-1') in page


def test_a_complaint_is_recorded_answered_and_then_closed(site: Site) -> None:
    desk = logged_in(site, 'mei', 'desk')
    delivery = site.delivery(state='delivered')
    number = str(site.fleet._deliveries[delivery]['number'])
    key = hidden(desk.get('/desk/book').text, 'key')
    fields = {'key': key, 'station': 'n2w', 'number': number, 'text': 'an hour late'}
    assert desk.post('/desk/complaints', fields | {'number': '424242'}).status_code == 422
    assert desk.post('/desk/complaints', fields | {'station': 'moon'}).status_code == 422
    assert desk.post('/desk/complaints', fields).status_code == 303
    assert f'href="/deliveries/{delivery}"' in desk.get('/desk/book').text
    assert desk.post('/desk/complaints/1/close').status_code == 409
    assert desk.post('/desk/complaints/1/answer', {'text': 'lift A stood'}).status_code == 303
    assert desk.post('/desk/complaints/1/close').status_code == 303
    assert WORDS('desk.closed_by', who='Mei') in desk.get('/desk/book').text
    assert desk.post('/desk/complaints/nonsense/close').status_code == 409


@pytest.mark.parametrize('text', ['', ' ', 'x' * 1_001, 'bell\x07'])
def test_a_line_that_is_none_is_refused(site: Site, text: str) -> None:
    desk = logged_in(site, 'mei', 'desk')
    answer = desk.post('/desk/notes', {'key': 'key-0001', 'text': text})
    assert answer.status_code == 422
