"""Names and texts of lines: written with them, joined when they are read, erased on their own.

A row is never deleted: it is written over with as many letters as it had. SQLite leaves copies of
rows in unused parts of its pages when it moves them, `secure_delete` or not, and it moves rows
when others are deleted. Rows that are added at the end and keep their length are never moved.
"""

from __future__ import annotations

import secrets as chance
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, Function, func, insert, literal, select, update

from fleet_manager.adapters.db.chain import ChainBroken
from fleet_manager.adapters.db.schema import personal
from fleet_manager.adapters.db.sealing import (
    SEALED,
    Sealed,
    Secret,
    seal,
    secret,
    tokens_of,
    unseal,
)
from fleet_manager.application.ports import Entry, StoredEntry
from fleet_manager.domain.codec import decode
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import RetentionApplied
from fleet_manager.domain.personal import Sort

#: Bytes of salt: more than anybody can try.
SALT: Final = 16
#: The salt of a row that was written over.
OVER: Final = 'x' * (2 * SALT)
#: Deliveries whose names are remembered between commits; more than are ever under way.
REMEMBERED: Final = 5_000
#: What is wrong with a line whose name or text is another one than was written.
FORGED: Final = 'has a name or text that was changed after it was written'
#: Rows asked for at once.
_CHUNK: Final = 500


def salt() -> str:
    """Return a new salt."""
    return chance.token_hex(SALT)


class Sealer:
    """Seals what one writer commits. Begin anew after a commit that failed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._names: OrderedDict[str, dict[str, str]] = OrderedDict()
        self._new: list[dict[str, Any]] = []

    def seal(self, entry: Entry, seq: int) -> Sealed:
        """Take what is personal out of the line `seq`; `write` keeps it."""

        def token(account: str) -> str:
            names = self._names_of(entry)
            if account not in names:
                one = secret(Sort.NAMES, account, salt())
                names[account] = one.token
                self._keep(one, entry, seq)
            return names[account]

        sealed = seal(entry, token=token, salt=salt)
        for one in sealed.texts:
            self._keep(one, entry, seq)
        return sealed

    def write(self) -> None:
        """Write the names and texts of the lines sealed since."""
        if self._new:
            self._connection.execute(insert(personal), self._new)
            self._new = []
        while len(self._names) > REMEMBERED:
            self._names.popitem(last=False)

    def erase(self, sort: Sort, *, deliveries: Iterable[DeliveryId], through: int) -> int:
        """Erase a sort of deliveries, and of lines about none up to `through`; return how many."""
        of_deliveries = personal.c.delivery.in_(list(deliveries))
        of_none = personal.c.delivery.is_(None) & (personal.c.seq <= through)
        gone = update(personal).where(
            personal.c.sort == sort.value, personal.c.salt != OVER, of_deliveries | of_none
        )
        self._names.clear()
        return self._connection.execute(gone.values(salt=OVER, body=self._as_long())).rowcount

    def _as_long(self) -> Function[str]:
        """Return the expression of as many letters as a row has."""
        if self._connection.dialect.name == 'sqlite':
            zeros = func.hex(func.zeroblob(func.length(personal.c.body)))
            return func.substr(zeros, 1, func.length(personal.c.body))
        return func.repeat(literal('0'), func.length(personal.c.body))

    def _names_of(self, entry: Entry) -> dict[str, str]:
        """Return the names that have a commitment in this delivery."""
        if entry.delivery is None:
            return {}
        known = self._names.get(entry.delivery)
        if known is None:
            known = {} if entry.kind == 'DeliveryRequested' else self._read(entry.delivery)
            self._names[entry.delivery] = known
        return known

    def _read(self, delivery: str) -> dict[str, str]:
        found = select(personal).where(
            personal.c.delivery == delivery,
            personal.c.sort == Sort.NAMES.value,
            personal.c.salt != OVER,
        )
        return {_secret(row).value: row.token for row in self._connection.execute(found)}

    def _keep(self, one: Secret, entry: Entry, seq: int) -> None:
        self._new.append(
            {
                'token': one.token,
                'sort': one.sort.value,
                'seq': seq,
                'delivery': entry.delivery,
                'salt': one.salt,
                'body': one.text,
            }
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """A line with what is still known of it, and the sorts of what is gone.

    `forged`: a name or text is another one than was committed to, or its row is not there: a row
    that was erased is.
    """

    stored: StoredEntry
    gone: frozenset[Sort] = frozenset()
    forged: bool = False


def opened(connection: Connection, lines: Sequence[StoredEntry]) -> list[Opened]:
    """Put names and texts back into lines, as far as they were not erased."""
    tokens = [_tokens(line) for line in lines]
    wanted = sorted(frozenset[str]().union(*tokens))
    known = _fetch(connection, wanted) if wanted else {}
    fitting = {token: found for token, found in known.items() if found.fits}
    erased = {token for token, found in known.items() if found.salt == OVER}
    lies = {token for token in wanted if token not in fitting and token not in erased}
    done = []
    for line, own in zip(lines, tokens, strict=True):
        if not own:
            done.append(Opened(line))
            continue
        entry, gone = unseal(line.entry, fitting)
        done.append(Opened(replace(line, entry=entry), gone, not lies.isdisjoint(own)))
    return done


def _tokens(line: StoredEntry) -> frozenset[str]:
    """Return the commitments of a line; none where somebody broke it: the chain says so."""
    try:
        return tokens_of(line.entry) if line.form == SEALED else frozenset()
    except (ValueError, TypeError, KeyError, AttributeError):
        return frozenset()


class Erased:
    """Follows the lines of a journal: each gap in them needs a line that says it was made."""

    def __init__(self) -> None:
        self._of_deliveries: dict[tuple[Sort, str], int] = {}
        self._of_none: dict[Sort, list[int]] = {}
        self._applied: set[tuple[Sort, str]] = set()

    def look(self, found: Opened) -> None:
        """Take in a line. Raises ChainBroken where a name or text is not what was written."""
        entry, seq = found.stored.entry, found.stored.seq
        if found.forged:
            raise ChainBroken(seq, FORGED)
        for sort in found.gone:
            if entry.delivery is None:
                self._of_none.setdefault(sort, []).append(seq)
            else:
                self._of_deliveries.setdefault((sort, entry.delivery), seq)
        if entry.kind == 'RetentionApplied':
            event = decode(RetentionApplied, entry.body)
            self._applied |= {(event.sort, name) for name in event.deliveries}
            if event.through:
                lines = self._of_none.pop(event.sort, [])
                self._of_none[event.sort] = [one for one in lines if one > event.through]

    def without_reason(self) -> int | None:
        """Return the first line with a gap that nothing in the journal explains."""
        deliveries = self._of_deliveries.items()
        unsaid = [seq for key, seq in deliveries if key not in self._applied]
        unsaid += [seq for lines in self._of_none.values() for seq in lines]
        return min(unsaid, default=None)


def _fetch(connection: Connection, tokens: Sequence[str]) -> dict[str, Secret]:
    known: dict[str, Secret] = {}
    for start in range(0, len(tokens), _CHUNK):
        some = personal.c.token.in_(tokens[start : start + _CHUNK])
        for row in connection.execute(select(personal).where(some)):
            known[row.token] = _secret(row)
    return known


def _secret(row: Any) -> Secret:
    return Secret(row.token, Sort(row.sort), row.salt, row.body)
