"""Records of custody: whole, in both languages, bound to the journal's chain, nothing typed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, date
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from fleet_manager.adapters.db.custody import JournalCustody
from fleet_manager.adapters.db.reader import JournalReader
from fleet_manager.adapters.db.store import open_store
from fleet_manager.adapters.http import i18n
from fleet_manager.adapters.http.days import midnight, today
from fleet_manager.application.custody_export import TooManyDeliveries
from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.personal import Sort
from fleet_manager.domain.units import HOUR, MINUTE, Instant
from tests.adapters.db.story import NURSE, PORTER, batch, requested
from tests.adapters.http.conftest import Loop, Site

BEGIN = Instant(1_800_000_000_000)
HOLDERS = ['sender:pharmacy', 'sender:pharmacy', 'porter:porter-1', 'recipient:n2w']


def story(number: int) -> list[m.Event]:
    """Return what happened to a delivery that a porter carried."""
    delivery = DeliveryId(f'd{number}')
    asked = requested(
        number, sender='pharmacy', recipient='n2w', goods='drug', urgency='routine',
        note='for Mrs Wang',
    )  # fmt: skip
    return [
        asked,
        m.PorterAsked(delivery, 'no_robot_fits'),
        m.PorterTook(delivery, PORTER),
        m.DeliveryReceived(delivery, NURSE),
        m.DeliveryArchived(delivery),
    ]


@pytest.fixture(scope='module')
def journal(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A journal with a delivery every six hours, 40 of them, each over after 4 minutes."""
    url = f'sqlite:///{tmp_path_factory.mktemp("journal") / "fleet.db"}'
    store = open_store(url)
    store.take_over(holder='test', now=BEGIN)
    for number in range(40):
        for step, event in enumerate(story(number + 1)):
            at = BEGIN + number * 6 * HOUR + step * MINUTE
            store.commit(batch(event, at=at), now=Instant(at))
    store.close()
    return url


@pytest.fixture
def site(hospital: Hospital, loop: Loop, journal: str) -> Iterator[Site]:
    made = Site(hospital, loop, records=JournalCustody(journal))
    yield made
    made.close()


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix('\ufeff'))))


def test_every_line_of_a_delivery_is_there_with_its_holder_and_hash(
    site: Site, journal: str
) -> None:
    reader = JournalReader(journal)
    lines = reader.entries(0, 100, delivery='d2')
    newest = reader.newest()
    reader.close()
    *found, head = rows(site.operator().get('/custody?delivery=d2&form=csv').text)
    assert [(int(row['journal_line']), row['hash']) for row in found] == [
        (one.seq, one.hash) for one in lines
    ]
    assert [row['holder'] for row in found] == [*HOLDERS, HOLDERS[-1]]
    assert [row['account'] for row in found][2:4] == ['porter-1', 'ward-3']
    assert (head['event'], int(head['journal_line']), head['hash']) == ('journal_head', *newest)


@pytest.mark.parametrize('lang', ['en', 'zh-CN'])
def test_a_book_of_some_days_has_numbered_pages_and_the_head_of_the_chain(
    site: Site, journal: str, lang: str
) -> None:
    auditor = site.operator()
    auditor.post('/language', {'lang': lang, 'next': '/'})
    last = today(Instant(BEGIN + 10 * 24 * HOUR), UTC)
    query = f'first={today(BEGIN, UTC)}&last={last}&form=pdf'
    made = auditor.get(f'/custody?{query}')
    assert made.headers['content-type'] == 'application/pdf'
    pages = [
        page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(made.content)
    ]
    assert len(pages) > 3
    reader = JournalReader(journal)
    head = reader.newest()[1]
    reader.close()
    for number, page in enumerate(pages, 1):
        words = {'en': f'Page {number} of {len(pages)}', 'zh-CN': f'第 {number} 页'}
        assert words[lang] in page
        assert head in page
    whole = ''.join(pages)
    assert whole.count({'en': 'Received and signed', 'zh-CN': '签收'}[lang]) == 40
    assert 'Wang' not in whole


def test_names_that_were_erased_are_said_to_be_in_the_language_of_the_file(
    hospital: Hospital, loop: Loop, tmp_path: Path
) -> None:
    url = f'sqlite:///{tmp_path / "fleet.db"}'
    store = open_store(url)
    store.take_over(holder='test', now=BEGIN)
    store.commit(batch(*story(1), at=BEGIN), now=BEGIN)
    erase = m.RetentionApplied(Sort.NAMES, (DeliveryId('d1'),))
    store.commit(batch(erase, at=BEGIN, snapshot='state'), now=BEGIN)
    store.close()
    site = Site(hospital, loop, records=JournalCustody(url))
    for lang, said in {'en': 'Erased name', 'zh-CN': '姓名已删除'}.items():
        desk = site.operator()
        desk.post('/language', {'lang': lang, 'next': '/'})
        found = rows(desk.get('/custody?delivery=d1&form=csv').text)
        people = [row['account'] for row in found if row['account']]
        assert len(set(people)) == 2
        assert all(re.fullmatch(f'{said} [0-9a-f]{{8}}', one) for one in people)
        assert found[2]['holder'] == f'porter:{found[2]["account"]}'
        paper = pypdfium2.PdfDocument(desk.get('/custody?delivery=d1&form=pdf').content)
        text = paper[0].get_textpage().get_text_bounded()
        assert said in text
        assert 'person-' not in text
    site.close()


def test_a_period_takes_in_what_was_asked_for_in_it_to_its_end(journal: str) -> None:
    records = JournalCustody(journal)
    third = Instant(BEGIN + 12 * HOUR)
    for begin, end, numbers in (
        (third, Instant(third + 1), ['d3']),
        (third, third, []),
        (Instant(third + 1), Instant(third + 6 * HOUR + 1), ['d4']),
        (Instant(0), Instant(BEGIN + 7 * HOUR), ['d1', 'd2']),
        (Instant(BEGIN + 1000 * HOUR), Instant(BEGIN + 2000 * HOUR), []),
    ):
        export = records.of_period(begin=begin, end=end, most=100)
        assert [sheet.delivery for sheet in export.sheets] == numbers
        assert all(len(sheet.lines) == 5 for sheet in export.sheets)
    with pytest.raises(TooManyDeliveries):
        records.of_period(begin=Instant(0), end=Instant(BEGIN + 1000 * HOUR), most=39)


def test_who_may_not_and_what_is_not_there_is_said(site: Site) -> None:
    assert site.ward('pharmacy').get('/custody').status_code == 403
    desk = site.operator()
    assert desk.get('/custody').status_code == 200
    assert desk.get('/custody?delivery=nothing&form=pdf').status_code == 404
    for wrong in ('first=x', 'first=2026-02-01&last=2026-01-01', 'form=exe', 'last=9999-12-31'):
        assert desk.get(f'/custody?form=csv&{wrong}').status_code == 422


def test_every_event_about_a_delivery_has_its_words() -> None:
    kinds = [kind for kind in get_args(m.Event) if 'delivery' in kind.__dataclass_fields__]
    for words in i18n.load().values():
        assert {f'records.event.{kind.__name__}' for kind in kinds} <= set(words.texts)


@pytest.mark.parametrize(
    ('day', 'hours'), [(date(2026, 3, 29), 23), (date(2026, 6, 1), 24), (date(2026, 10, 25), 25)]
)
def test_a_day_is_as_long_as_its_clocks_say(day: date, hours: int) -> None:
    zone = ZoneInfo('Europe/Berlin')
    begin, end = midnight(day, zone), midnight(day, zone, after=1)
    assert end - begin == hours * HOUR
    assert [today(Instant(at), zone) for at in (begin, end - 1)] == [day, day]
