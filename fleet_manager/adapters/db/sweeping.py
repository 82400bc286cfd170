"""Personal data beside the journal: accounts, audit list, books, webhooks, stock.

Each is a table, what of it is over, and what is written in its place; nothing: the row goes. Rows
go some hundred at a time, and a SQLite file is written anew afterwards, so that no byte is left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, Table, delete, func, or_, select, tuple_, update

from fleet_manager.adapters.db import errors
from fleet_manager.adapters.db.books_schema import item, movement, proposal
from fleet_manager.adapters.db.engines import read_only, write_anew
from fleet_manager.adapters.db.migrate import opened
from fleet_manager.adapters.db.schema import (
    account,
    attempt,
    badge,
    claim,
    complaint,
    dead_letter,
    deed,
    note,
    session,
    webhook,
    workplace,
)
from fleet_manager.adapters.db.ward_tables import favourite
from fleet_manager.application.retention import DAY, Times
from fleet_manager.domain.personal import ERASED
from fleet_manager.domain.units import Instant

#: Rows erased in one transaction.
A_BATCH: Final = 500
#: Wrong secrets, sessions and claims mean nothing after so long.
SHORT_LIVED: Final = 7 * DAY


@dataclass(frozen=True, slots=True)
class Due:
    """Rows of a table that are over, counted as `kind`; `values` stand in them afterwards."""

    kind: str
    table: Table
    where: tuple[ColumnElement[bool], ...]
    values: Mapping[str, Any] = field(default_factory=dict)


#: What is over at a moment, but for deliveries that are held; the last are accounts that go.
Rules = Callable[[Times, Instant, Collection[str], Collection[str]], Sequence[Due]]


class Place:
    """A database with some of these tables. Implements the port `PersonalData`.

    `leaving` returns the accounts whose time is over. Opens the database for each call.
    """

    def __init__(
        self,
        url: str,
        lineage: str,
        rules: Rules,
        leaving: Callable[[Times, Instant], Collection[str]] = lambda times, now: (),
    ) -> None:
        self._url, self._lineage, self._rules, self._leaving = url, lineage, rules, leaving

    def count(self, times: Times, *, now: Instant, held: Collection[str]) -> Mapping[str, int]:
        """Return how many rows are over, by kind. Raises StoreFailed, StoreUnavailable."""
        counts: dict[str, int] = {}
        engine = opened(self._url, self._lineage, f'the {self._lineage}')
        try:
            with errors.failed('cannot read'), read_only(engine).begin() as connection:
                for due in self._rules(times, now, held, self._leaving(times, now)):
                    query = select(func.count()).select_from(due.table).where(*due.where)
                    found = int(connection.execute(query).scalar_one())
                    counts[due.kind] = counts.get(due.kind, 0) + found
        finally:
            engine.dispose()
        return counts

    def erase(self, times: Times, *, now: Instant, held: Collection[str]) -> Mapping[str, int]:
        """Erase them; return how many, by kind. Raises StoreFailed, StoreUnavailable."""
        counts: dict[str, int] = {}
        engine = opened(self._url, self._lineage, f'the {self._lineage}')
        try:
            for due in self._rules(times, now, held, self._leaving(times, now)):
                counts[due.kind] = counts.get(due.kind, 0) + _erase(engine, due)
            if any(counts.values()):
                write_anew(engine)
        finally:
            engine.dispose()
        return counts


def _erase(engine: Engine, due: Due) -> int:
    key = tuple(due.table.primary_key.columns)
    some = tuple_(*key).in_(select(*key).where(*due.where).limit(A_BATCH))
    change = update(due.table).values(due.values) if due.values else delete(due.table)
    total = 0
    while True:
        with errors.failed('cannot erase'), engine.begin() as connection:
            gone = connection.execute(change.where(some)).rowcount
        total += gone
        if gone < A_BATCH:
            return total


def of_accounts(
    times: Times, now: Instant, held: Collection[str], leaving: Collection[str]
) -> Sequence[Due]:
    """Return what is over of accounts, sessions and the audit list."""
    gone = list(leaving)
    return (
        Due('audit', deed, (deed.c.at_ms < now - times.audit * DAY, deed.c.subject.not_in(held))),
        Due('tries', attempt, (attempt.c.last_ms < now - SHORT_LIVED,)),
        Due('sessions', session, (session.c.opened < now - SHORT_LIVED,)),
        Due('sessions', session, (session.c.account.in_(gone),)),
        Due('accounts', badge, (badge.c.account.in_(gone),)),
        Due('accounts', workplace, (workplace.c.account.in_(gone),)),
        Due('accounts', account, (account.c.id.in_(gone), account.c.disabled)),
    )


def of_desk(
    times: Times, now: Instant, held: Collection[str], leaving: Collection[str]
) -> Sequence[Due]:
    """Return what is over of the desk's book; an open complaint stays until it is closed."""
    del leaving
    old = now - times.books * DAY
    written = or_(note.c.taken_at < old, note.c.taken_at.is_(None) & (note.c.at_ms < old))
    free = or_(complaint.c.delivery.is_(None), complaint.c.delivery.not_in(held))
    return (
        Due('claims', claim, (claim.c.at_ms < now - SHORT_LIVED,)),
        Due('notes', note, (written,)),
        Due('complaints', complaint, (complaint.c.closed_at < old, free)),
    )


def of_ward(
    times: Times, now: Instant, held: Collection[str], leaving: Collection[str]
) -> Sequence[Due]:
    """Return what is over of the wards' book."""
    del times, now, held
    return (Due('favourites', favourite, (favourite.c.account.in_(list(leaving)),)),)


def of_webhooks(
    times: Times, now: Instant, held: Collection[str], leaving: Collection[str]
) -> Sequence[Due]:
    """Return what is over of the subscriptions."""
    del held
    old = dead_letter.c.at_ms < now - times.books * DAY
    made = webhook.c.made_by.in_(list(leaving))
    return (
        Due('dead_letters', dead_letter, (old,)),
        Due('subscribers', webhook, (made,), {'made_by': ERASED}),
    )


def of_books(
    times: Times, now: Instant, held: Collection[str], leaving: Collection[str]
) -> Sequence[Due]:
    """Return whose names are over in the ledger of the stock, which itself is kept."""
    del leaving
    kept = select(item.c.code).where(item.c.goods == 'controlled')
    free = or_(movement.c.delivery.is_(None), movement.c.delivery.not_in(held))
    named = movement.c.actor.not_in(('system', ERASED))
    usual = movement.c.at_ms < now - times.names * DAY, movement.c.item.not_in(kept)
    longer = movement.c.at_ms < now - max(times.names, times.controlled) * DAY
    decided = proposal.c.decided_ms < now - times.names * DAY
    return (
        Due('ledger', movement, (*usual, named, free), {'actor': ERASED}),
        Due('ledger', movement, (longer, named, free), {'actor': ERASED}),
        Due('proposals', proposal, (decided, proposal.c.decided_by != ERASED),
            {'decided_by': ERASED}),
    )  # fmt: skip
