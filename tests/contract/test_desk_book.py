"""What every `DeskBook` must do: nothing written is lost, doubled, or closed unseen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fleet_manager.adapters.db import desk_book
from fleet_manager.adapters.db.desk_book import CLAIM_LASTS, SqlDeskBook
from fleet_manager.application.desk_book import DONE_IN_SIGHT, BookFull, Complaint
from fleet_manager.domain.ids import AccountId, DeliveryId, StationId
from fleet_manager.domain.units import HOUR, Instant

NOW = Instant(1_700_000_000_000)
LI, WANG = AccountId('li'), AccountId('wang')
D1 = DeliveryId('D000001')


@pytest.fixture
def book(database: str) -> Iterator[SqlDeskBook]:
    found = SqlDeskBook(database)
    yield found
    found.close()


def complain(book: SqlDeskBook, key: str = 'key-0001') -> Complaint:
    book.complain(
        key=key, author=LI, station=StationId('n2w'), delivery=D1, text='an hour late', now=NOW
    )
    return book.complaints(now=NOW)[-1]


def test_one_porter_goes_and_the_other_is_told_who(book: SqlDeskBook) -> None:
    assert book.claim(D1, LI, now=NOW) == LI
    assert book.claim(D1, WANG, now=NOW) == LI
    book.unclaim(D1, WANG)
    assert book.claims() == {D1: LI}
    book.unclaim(D1, LI)
    assert book.claim(D1, WANG, now=NOW) == WANG


def test_a_claim_of_yesterday_holds_nobody_up(book: SqlDeskBook) -> None:
    book.claim(D1, LI, now=NOW)
    assert book.claim(D1, WANG, now=Instant(NOW + CLAIM_LASTS)) == WANG


def test_a_note_stays_until_somebody_takes_it_over_once(book: SqlDeskBook) -> None:
    for key in ('key-0001', 'key-0001', 'key-0002'):
        book.write_note(key=key, author=LI, text=f'{key} 电梯检修', now=NOW)
    later = Instant(NOW + 90 * 24 * HOUR)
    first, second = book.notes(now=later)
    assert (first.text, first.author, first.taken_by) == ('key-0001 电梯检修', LI, None)
    assert book.take_over(first.id, WANG, now=later)
    assert not book.take_over(first.id, LI, now=later)
    assert [note.id for note in book.notes(now=later)] == [second.id, first.id]
    assert book.notes(now=later)[1].taken_by == WANG
    gone = Instant(later + DONE_IN_SIGHT)
    assert [note.id for note in book.notes(now=gone)] == [second.id]
    assert not book.take_over(4_711, WANG, now=later)


def test_a_complaint_is_closed_only_after_an_answer(book: SqlDeskBook) -> None:
    one = complain(book)
    assert complain(book) == one
    assert not book.close_complaint(one.id, WANG, now=NOW)
    assert book.answer_complaint(one.id, WANG, 'the lift stood', now=NOW)
    assert book.close_complaint(one.id, WANG, now=NOW)
    assert not book.close_complaint(one.id, WANG, now=NOW)
    assert not book.answer_complaint(one.id, LI, 'again', now=NOW)
    (closed,) = book.complaints(now=NOW)
    assert (closed.answer, closed.answered_by, closed.closed_by) == ('the lift stood', WANG, WANG)
    assert book.complaints(now=Instant(NOW + DONE_IN_SIGHT)) == []


def test_a_full_book_says_so_and_keeps_what_it_has(
    book: SqlDeskBook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk_book, 'MOST_OPEN', 2)
    for key in ('key-0001', 'key-0002'):
        complain(book, key)
    with pytest.raises(BookFull):
        complain(book, 'key-0003')
    assert len(book.complaints(now=NOW)) == 2


def test_the_book_outlives_a_restart(database: str) -> None:
    first = SqlDeskBook(database)
    first.write_note(key='key-0001', author=LI, text='bed in the corridor', now=NOW)
    first.close()
    second = SqlDeskBook(database)
    assert [note.text for note in second.notes(now=NOW)] == ['bed in the corridor']
    second.close()
