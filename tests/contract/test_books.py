"""What `Books` must do: stock moves exactly once with a delivery, proposals do not double."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fleet_manager.adapters.db.books import SqlBooks
from fleet_manager.application.ports import Bookmark
from fleet_manager.application.stock.bookings import Booking, Move, Short
from fleet_manager.application.stock.model import Held, Item, Line, ProposalState
from fleet_manager.application.stock.sheet import Sheet
from fleet_manager.domain.ids import DeliveryId, StationId
from fleet_manager.domain.maps.model import Name
from fleet_manager.domain.units import HOUR, Instant

NOW = Instant(1_800_000_000_000)
TODAY = '2027-01-15'
PHARMACY, WARD, LAB = (StationId(name) for name in ('pharmacy', 'n2w', 'lab'))
SALINE = Item('SAL500', Name('生理盐水', 'Saline 500 ml'), 'drug', '瓶')
D1 = DeliveryId('D1')


@pytest.fixture
def books(database: str) -> Iterator[SqlBooks]:
    """Return books with 30 bottles in two lots at the pharmacy, and a line of 5 at the ward."""
    found = made(database)
    yield found
    found.close()


def made(url: str) -> SqlBooks:
    """Return the books of a database that is new."""
    found = SqlBooks(url)
    sheet = Sheet({SALINE.code: SALINE})
    for lot, expires, count in (('B', '2027-06-30', 20), ('A', '2027-03-31', 10)):
        held = Held(PHARMACY, SALINE.code, lot, expires, count)
        sheet.counts[PHARMACY, SALINE.code, lot] = held
    sheet.lines[WARD, SALINE.code] = Line(WARD, SALINE.code, 5, 12, PHARMACY)
    assert found.take_over(sheet, at=NOW, actor='ph', today=TODAY) == 2
    return found


def counts(books: SqlBooks, station: StationId) -> dict[str, int]:
    return {lot.lot: lot.count for shelf in books.shelves(station) for lot in shelf.lots}


def steps(*moves: Move, key: str = 'key', first: int = 1) -> list[Booking]:
    """Return the steps of delivery D1 from the pharmacy to the ward, a journal line each."""
    asked = Booking(0, NOW, Move.ASKED, D1, 'n2w', PHARMACY, WARD, key)
    made = [asked] + [Booking(0, NOW, move, D1, 'n2w') for move in moves]
    return [replace(one, seq=first + place) for place, one in enumerate(made)]


def follow(books: SqlBooks, bookings: list[Booking]) -> None:
    books.book(bookings, Bookmark(bookings[-1].seq, 'h'), today=TODAY)


def test_what_is_packed_leaves_when_loaded_and_comes_in_when_collected_lot_by_lot(
    books: SqlBooks,
) -> None:
    follow(books, steps())
    assert books.pack(D1, SALINE.code, 13)
    assert counts(books, PHARMACY) == {'A': 10, 'B': 20}
    follow(books, steps(Move.OUT))
    assert counts(books, PHARMACY) == {'B': 17}
    assert counts(books, WARD) == {}
    assert not books.pack(D1, SALINE.code, 1)
    follow(books, steps(Move.OUT, Move.IN, Move.IN, Move.OVER))
    assert counts(books, WARD) == {'A': 10, 'B': 3}
    assert [(one.item, one.count) for one in books.packed(D1)] == [(SALINE, 13)]


def test_every_journal_line_is_booked_once_however_often_and_wherever_it_is_read_again(
    books: SqlBooks, database: str
) -> None:
    story = steps(Move.OUT, Move.IN, Move.OVER)
    follow(books, story[:1])
    books.pack(D1, SALINE.code, 4)
    for end in range(1, len(story) + 1):
        for begin in range(end):
            again = SqlBooks(database)
            follow(again, story[begin:end])
            again.close()
    assert counts(books, PHARMACY) == {'A': 6, 'B': 20}
    assert counts(books, WARD) == {'A': 4}
    assert books.bookmark() == Bookmark(4, 'h')


@pytest.mark.parametrize('by_porter', [False, True])
@pytest.mark.parametrize(
    ('came', 'loaded', 'there'),
    [
        (13, 13, {'A': 10, 'B': 3}),
        (11, 13, {'A': 10, 'B': 1}),
        (8, 0, {'A': 8, 'B': 0}),
        (15, 13, {'A': 10, 'B': 3}),
        (1, 2, {'A': 10, 'B': 3}),  # bags were counted, not bottles
    ],
)
def test_what_did_not_come_is_not_on_the_shelf(
    books: SqlBooks, by_porter: bool, came: int, loaded: int, there: dict[str, int]
) -> None:
    follow(books, steps())
    books.pack(D1, SALINE.code, 13)
    story = steps(Move.OUT, Move.IN) if by_porter else steps(Move.OUT, Move.IN, Move.IN)
    story[-1] = replace(story[-1], short=Short(came, loaded))
    follow(books, story)
    follow(books, story)
    assert counts(books, WARD) == {lot: count for lot, count in there.items() if count}
    assert counts(books, PHARMACY) == {'B': 17}


def test_of_several_items_nothing_is_missing_until_somebody_says_which(books: SqlBooks) -> None:
    gloves = replace(SALINE, code='GLOVES')
    books.take_over(Sheet({gloves.code: gloves}), at=NOW, actor='ph', today=TODAY)
    follow(books, steps())
    books.pack(D1, SALINE.code, 3)
    books.pack(D1, gloves.code, 2)
    story = steps(Move.OUT, Move.IN, Move.IN)
    story[-1] = replace(story[-1], short=Short(4, 5))
    follow(books, story)
    assert counts(books, WARD) == {'A': 3, '': 2}
    assert say_missing(books, gloves.code, 1)
    assert counts(books, WARD) == {'A': 3, '': 1}


def say_missing(books: SqlBooks, code: str, count: int) -> bool:
    return books.missing(D1, code, count, at=NOW, actor='n2w', today=TODAY)


def two_items(books: SqlBooks, *moves: Move) -> None:
    """Let 13 bottles of two lots and 2 boxes of gloves go to the ward."""
    gloves = replace(SALINE, code='GLOVES')
    books.take_over(Sheet({gloves.code: gloves}), at=NOW, actor='ph', today=TODAY)
    follow(books, steps())
    books.pack(D1, SALINE.code, 13)
    books.pack(D1, gloves.code, 2)
    follow(books, steps(*moves))


@pytest.mark.thorough
@given(said=st.lists(st.tuples(st.booleans(), st.integers(0, 13)), max_size=6))
@settings(max_examples=20, deadline=None)
def test_the_last_figure_of_each_item_counts_whatever_was_said_before(
    said: list[tuple[bool, int]],
) -> None:
    with TemporaryDirectory() as folder:
        books = made(f'sqlite:///{folder}/books.db')
        two_items(books, Move.OUT, Move.IN)
        last = {SALINE.code: 0, 'GLOVES': 0}
        for of_gloves, count in said:
            code = 'GLOVES' if of_gloves else SALINE.code
            last[code] = min(count, 2) if of_gloves else count
            assert say_missing(books, code, last[code])
        there = {one.item.code: sum(lot.count for lot in one.lots) for one in books.shelves(WARD)}
        missing = {one.item.code: one.missing for one in books.packed(D1)}
        assert missing == last
        assert there.get(SALINE.code, 0) == 13 - last[SALINE.code]
        assert there.get('GLOVES', 0) == 2 - last['GLOVES']
        books.close()


def test_what_is_missing_is_taken_from_the_last_to_expire_and_can_be_put_right(
    books: SqlBooks,
) -> None:
    two_items(books, Move.OUT, Move.IN)
    assert say_missing(books, SALINE.code, 4)
    assert counts(books, WARD) == {'A': 9, '': 2}
    assert say_missing(books, SALINE.code, 1)
    assert say_missing(books, SALINE.code, 1)
    assert counts(books, WARD) == {'A': 10, 'B': 2, '': 2}
    assert [one.missing for one in books.packed(D1)] == [0, 1]


def test_nothing_is_missing_of_what_was_not_in_it_or_has_not_come(books: SqlBooks) -> None:
    two_items(books, Move.OUT)
    assert not say_missing(books, SALINE.code, 1)
    follow(books, steps(Move.OUT, Move.IN))
    with pytest.raises(LookupError):
        say_missing(books, 'X', 1)
    with pytest.raises(ValueError, match='3'):
        say_missing(books, 'GLOVES', 3)
    assert counts(books, WARD) == {'A': 10, 'B': 3, '': 2}


def test_of_one_item_what_was_signed_says_what_is_missing(books: SqlBooks) -> None:
    follow(books, steps())
    books.pack(D1, SALINE.code, 3)
    follow(books, steps(Move.OUT, Move.IN))
    assert not say_missing(books, SALINE.code, 1)
    assert counts(books, WARD) == {'A': 3}


def test_what_comes_back_is_on_the_senders_shelf_again(books: SqlBooks) -> None:
    follow(books, steps())
    books.pack(D1, SALINE.code, 4)
    follow(books, steps(Move.OUT, Move.BACK))
    assert counts(books, PHARMACY) == {'A': 10, 'B': 20}


def test_what_nobody_takes_is_on_the_shelf_of_the_safe_place(books: SqlBooks) -> None:
    follow(books, steps())
    books.pack(D1, SALINE.code, 4)
    follow(books, [*steps(Move.OUT), Booking(3, NOW, Move.KEPT, D1, 'lab', recipient=LAB)])
    assert counts(books, LAB) == {'A': 4}
    assert counts(books, WARD) == {}


def test_what_leaves_beyond_what_was_known_is_below_nothing_and_seen(books: SqlBooks) -> None:
    follow(books, steps())
    books.pack(D1, SALINE.code, 31)
    follow(books, steps(Move.OUT))
    assert counts(books, PHARMACY) == {'': -1}


def test_under_the_line_there_is_one_proposal_that_changes_and_goes_by_itself(
    books: SqlBooks,
) -> None:
    (first,) = books.proposals(WARD)
    assert (first.count, first.source, first.state) == (12, PHARMACY, ProposalState.OPEN)
    assert books.proposals(PHARMACY) == books.proposals(None) == (first,)
    assert books.proposals(LAB) == ()
    held = Held(WARD, SALINE.code, 'A', '2027-03-31', 4)
    books.count(held, at=NOW, actor='n2w', today=TODAY)
    books.propose(at=NOW, today=TODAY)
    assert [(one.id, one.count) for one in books.proposals(WARD)] == [(first.id, 8)]
    books.propose(at=NOW, today='2027-04-01')  # what has expired does not count
    assert [(one.id, one.count) for one in books.proposals(WARD)] == [(first.id, 12)]
    books.count(replace(held, count=5), at=NOW, actor='n2w', today=TODAY)
    assert books.proposals(WARD) == ()


def test_one_person_accepts_and_the_journal_says_which_delivery_it_became(
    books: SqlBooks,
) -> None:
    (one,) = books.proposals(WARD)
    assert books.claim(one.id, at=NOW, actor='n2w')
    assert not books.claim(one.id, at=NOW, actor='ph')
    assert books.claim(one.id, at=NOW, actor='n2w')
    follow(books, steps(key=one.key))
    accepted = books.proposal(one.id)
    assert accepted is not None
    assert (accepted.state, accepted.delivery) == (ProposalState.ACCEPTED, D1)
    assert [(packed.item, packed.count) for packed in books.packed(D1)] == [(SALINE, 12)]
    books.propose(at=NOW, today=TODAY)
    assert books.proposals(WARD) == (accepted,)  # it is coming: nothing more is proposed
    assert books.shelves(WARD)[0].coming == 12
    assert not books.claim(one.id, at=Instant(NOW + HOUR), actor='ph')
    follow(books, steps(Move.OUT, Move.IN, key=one.key))
    assert counts(books, WARD) == {'A': 10, 'B': 2}
    assert books.proposals(WARD) == ()


def test_what_was_cancelled_is_proposed_again_and_a_no_holds_for_a_day(books: SqlBooks) -> None:
    (one,) = books.proposals(WARD)
    follow(books, steps(Move.OVER, key=one.key))
    (again,) = books.proposals(WARD)
    assert again.id != one.id
    assert books.dismiss(again.id, at=NOW, actor='n2w')
    assert not books.dismiss(again.id, at=NOW, actor='n2w')
    books.propose(at=Instant(NOW + 23 * HOUR), today=TODAY)
    assert books.proposals(WARD) == ()
    books.propose(at=Instant(NOW + 25 * HOUR), today=TODAY)
    assert len(books.proposals(WARD)) == 1


def test_an_unknown_item_is_refused_and_changes_nothing(books: SqlBooks) -> None:
    with pytest.raises(LookupError):
        books.pack(D1, 'NOTHING', 1)
    with pytest.raises(LookupError):
        books.count(Held(WARD, 'NOTHING', '', '', 1), at=NOW, actor='x', today=TODAY)
    assert books.proposal('P999999') is None
    assert books.proposal("P1' OR 1=1") is None
    assert books.packed(D1) == ()
