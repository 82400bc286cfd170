"""Sessions: a token for each, of which only the hash is kept; and why one ended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Select,
    delete,
    insert,
    literal,
    select,
    update,
)

from fleet_manager.adapters.db import errors
from fleet_manager.adapters.db.schema import account as accounts
from fleet_manager.adapters.db.schema import session as sessions
from fleet_manager.adapters.db.schema import workplace as workplaces
from fleet_manager.application.ports import Account, Seat
from fleet_manager.domain.ids import AccountId, StationId
from fleet_manager.domain.units import HOUR, MINUTE, Instant

SESSION_LASTS: Final = 12 * HOUR
#: A shared ward log-in is used on many devices; past this the oldest session ends.
SESSIONS_EACH: Final = 100
#: `last_seen` is written no more often than this: reading a page should not write to the disk.
SEEN_EVERY: Final = 1 * MINUTE
#: What a browser says of itself, at most.
MAX_DEVICE: Final = 160
#: Characters of a hash that name a session or a badge on pages.
PUBLIC_ID: Final = 16


class SqlSeats:
    """The sessions of `SqlAccounts`."""

    _engine: Engine
    _reading: Engine

    def open_session(
        self,
        account: AccountId,
        *,
        now: Instant,
        station: StationId | None = None,
        device: str = '',
    ) -> str:
        """Return a new session token; only its hash is kept.

        The token of an account that is unknown or was disabled meanwhile belongs to nobody.
        """
        token = secrets.token_urlsafe(32)
        if not account.isprintable():
            return token
        values = {
            'account': accounts.c.id,
            'token_hash': literal(digest(token)),
            'opened': literal(now),
            'last_seen': literal(now),
            'fresh': literal(now),
            'station': literal(station),
            'device': literal(''.join(c for c in device if c.isprintable())[:MAX_DEVICE]),
        }
        row = select(*values.values()).where(
            accounts.c.id == account, accounts.c.disabled.is_(False)
        )
        with errors.failed('cannot open a session'), self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.opened <= now - SESSION_LASTS))
            connection.execute(insert(sessions).from_select(list(values), row))
            others = sessions.c.account == account, sessions.c.token_hash != digest(token)
            kept = select(sessions.c.token_hash).where(*others)
            kept = kept.order_by(sessions.c.opened.desc()).limit(SESSIONS_EACH - 1)
            connection.execute(delete(sessions).where(*others, sessions.c.token_hash.not_in(kept)))
        return token

    def seat(self, token: str, *, now: Instant) -> Seat | None:
        """Return whose session a token is; None when unknown, 12 h old, ended or disabled."""
        query = _open_at(now).where(sessions.c.token_hash == digest(token))
        with errors.failed('cannot read the session'), self._reading.begin() as connection:
            row = connection.execute(query).one_or_none()
            theirs = {} if row is None else workplace_of(connection, AccountId(row.id))
        if row is None:
            return None
        if row.last_seen <= now - SEEN_EVERY:
            self._write(digest(token), last_seen=now)
        return _seat(row, theirs.get(row.id, ()))

    def seats(self, account: AccountId, *, now: Instant) -> Sequence[Seat]:
        """Return the open sessions of an account, newest first."""
        query = _open_at(now).where(accounts.c.id == account)
        query = query.order_by(sessions.c.opened.desc(), sessions.c.token_hash)
        with errors.failed('cannot read the sessions'), self._reading.begin() as connection:
            rows = connection.execute(query).all()
            theirs = workplace_of(connection, account)
        return tuple(_seat(row, theirs.get(row.id, ())) for row in rows)

    def why_ended(self, token: str, *, now: Instant) -> str:
        """Return why a session is over: 'disabled', 'secret', 'changed', 'ended', '' unknown."""
        query = select(sessions.c.ended).where(
            sessions.c.token_hash == digest(token), sessions.c.opened > now - SESSION_LASTS
        )
        with errors.failed('cannot read the session'), self._reading.begin() as connection:
            return str(connection.execute(query).scalar_one_or_none() or '')

    def confirm(self, token: str, *, now: Instant) -> None:
        """Note that the secret was given again in this session."""
        self._write(digest(token), fresh=now)

    def sit_at(self, token: str, station: StationId) -> None:
        """Work at another station in this session. Raises LookupError: not one of theirs."""
        whose = select(sessions.c.account).where(sessions.c.token_hash == digest(token))
        theirs = select(workplaces.c.station).where(
            workplaces.c.account == whose.scalar_subquery(), workplaces.c.station == station
        )
        with errors.failed('cannot read the stations'), self._reading.begin() as connection:
            if connection.execute(theirs).one_or_none() is None:
                raise LookupError(f'{station!r} is none of their stations')
        self._write(digest(token), station=station)

    def close_session(self, token: str) -> None:
        """End a session; nothing when there is none."""
        with errors.failed('cannot end the session'), self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == digest(token)))

    def end_seat(self, account: AccountId, seat: str) -> None:
        """End a session by its public name; nothing when there is none."""
        with errors.failed('cannot end the session'), self._engine.begin() as connection:
            end_sessions(connection, 'ended', account=account, seat=seat)

    def _write(self, token_hash: str, **values: Any) -> None:
        changed = update(sessions).where(sessions.c.token_hash == token_hash).values(values)
        with errors.failed('cannot write the session'), self._engine.begin() as connection:
            connection.execute(changed)


def end_sessions(
    connection: Connection, why: str, *, account: AccountId, seat: str | None = None
) -> None:
    """End the sessions of an account, or one of them; what is open learns `why` once."""
    ended = update(sessions).where(sessions.c.account == account, sessions.c.ended == '')
    if seat is not None:
        if len(seat) != PUBLIC_ID or not seat.isalnum():
            return
        ended = ended.where(sessions.c.token_hash.startswith(seat))
    connection.execute(ended.values(ended=why))


def workplace_of(
    connection: Connection, account: AccountId | None = None
) -> Mapping[str, tuple[StationId, ...]]:
    """Return the stations of each account, or of one, in the order they were given."""
    query = select(workplaces).order_by(workplaces.c.account, workplaces.c.place)
    if account is not None:
        query = query.where(workplaces.c.account == account)
    found: dict[str, tuple[StationId, ...]] = {}
    for row in connection.execute(query):
        found[row.account] = (*found.get(row.account, ()), StationId(row.station))
    return found


def account_of(row: Row[Any], theirs: tuple[StationId, ...], at: str | None = None) -> Account:
    """Return an account from its row; `at` is the station of a session, where it has one."""
    station = at if at in theirs else row.station
    return Account(
        AccountId(row.id),
        row.label,
        row.role,
        None if station is None else StationId(station),
        bool(row.disabled),
        theirs,
        bool(row.personal),
        row.issuer,
        bool(row.secret_hash),
    )


def digest(value: str) -> str:
    """Return the hash a token or a name is known by."""
    return sha256(value.encode(errors='surrogatepass')).hexdigest()


def _open_at(now: Instant) -> Select[Any]:
    of_session = (
        sessions.c.token_hash,
        sessions.c.opened,
        sessions.c.last_seen,
        sessions.c.fresh,
        sessions.c.station.label('at'),
        sessions.c.device,
    )
    return (
        select(accounts, *of_session)
        .join(sessions, sessions.c.account == accounts.c.id)
        .where(
            sessions.c.ended == '',
            sessions.c.opened > now - SESSION_LASTS,
            accounts.c.disabled.is_(False),
        )
    )


def _seat(row: Row[Any], theirs: tuple[StationId, ...]) -> Seat:
    return Seat(
        row.token_hash[:PUBLIC_ID],
        account_of(row, theirs, row.at),
        Instant(row.opened),
        Instant(row.last_seen),
        Instant(row.fresh),
        row.device,
    )
