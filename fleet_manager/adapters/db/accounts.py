"""Accounts, log-in and sessions.

    accounts = SqlAccounts('sqlite:///accounts.db')
    if accounts.verify(account, secret=secret, now=now) == 'ok':
        token = accounts.open_session(account, now=now)

An unknown account answers as a known one does to a wrong secret: as late, and locked after as many
tries, because tries are counted for the name that was typed. Each is counted before the secret is
checked and forgiven when it was right, so that many at once cannot pass the limit.
"""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, delete, func, insert, literal, select, text, update
from sqlalchemy.exc import IntegrityError

from fleet_manager.adapters.db import engines, errors
from fleet_manager.adapters.db.migrate import migrate
from fleet_manager.adapters.db.schema import account as accounts
from fleet_manager.adapters.db.schema import attempt as attempts
from fleet_manager.adapters.db.schema import session as sessions
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import MAX_ID_LENGTH, AccountId, StationId
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant

#: OWASP's second choice for Argon2id: 19 MiB, two passes, some 25 ms of a core.
HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

TRIES: Final = 5
FIRST_LOCK: Final = 60 * SECOND
LONGEST_LOCK: Final = 15 * MINUTE
SESSION_LASTS: Final = 12 * HOUR
#: A shared ward log-in is used on many devices; past this the oldest session ends.
SESSIONS_EACH: Final = 100
#: `last_seen` is written no more often than this: reading a page should not write to the disk.
SEEN_EVERY: Final = 1 * MINUTE
#: Tries are forgotten after a day.
TRIES_KEPT_FOR: Final = 24 * HOUR
#: The most names whose tries are counted, known or not.
NAMES_KEPT: Final = 10_000
MAX_SECRET: Final = 256

_START_COUNTING: Final = text(
    'INSERT INTO attempt (name_hash, failures, locked_until, last_ms) '
    'VALUES (:name, 0, 0, :now) ON CONFLICT (name_hash) DO NOTHING'
)


class SqlAccounts:
    """Implements the port `Accounts`. Safe from several threads and several processes."""

    def __init__(self, url: str) -> None:
        """Open the database and bring its tables up to date. Raises StoreUnavailable."""
        self._engine = engines.pool(engines.parse(url))
        self._reading = engines.read_only(self._engine)
        self._nobody = HASHER.hash(secrets.token_urlsafe(16))
        try:
            with (
                errors.unavailable('cannot open the accounts'),
                self._engine.begin() as connection,
            ):
                migrate(connection, 'accounts')
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    # --- accounts ---

    def all(self) -> Sequence[Account]:
        """Return every account, by id."""
        with errors.failed('cannot read the accounts'), self._reading.begin() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.id)).all()
        return tuple(_account(row) for row in rows)

    def get(self, account: AccountId) -> Account | None:
        """Return one account, None when unknown."""
        with errors.failed('cannot read the accounts'), self._reading.begin() as connection:
            row = _find(connection, account)
        return None if row is None else _account(row)

    def create(self, account: Account, *, secret: str) -> None:
        """Add an account. Raises ValueError for a bad name, one there is already, or no secret."""
        if not account.id.isprintable() or not 1 <= len(account.id) <= MAX_ID_LENGTH:
            raise ValueError(f'an account name has 1 to {MAX_ID_LENGTH} printable characters')
        values = {
            'id': account.id,
            'label': account.label,
            'role': account.role,
            'station': account.station,
            'secret_hash': HASHER.hash(_checked(secret)),
            'disabled': account.disabled,
        }
        with errors.failed('cannot write the account'):
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(accounts), values)
            except IntegrityError:
                raise ValueError(f'there is an account {account.id!r} already') from None

    def set_secret(self, account: AccountId, *, secret: str) -> None:
        """Replace the secret, end the account's sessions, forgive wrong tries.

        Raises ValueError for an empty secret, LookupError for an unknown account.
        """
        self._change(account, secret_hash=HASHER.hash(_checked(secret)))

    def set_disabled(self, account: AccountId, *, disabled: bool) -> None:
        """Disable or enable; both end its sessions. Raises LookupError when unknown."""
        self._change(account, disabled=disabled)

    def _change(self, account: AccountId, **values: Any) -> None:
        with errors.failed('cannot write the account'), self._engine.begin() as connection:
            changed = update(accounts).where(accounts.c.id == account).values(values)
            if connection.execute(changed).rowcount != 1:
                raise LookupError(f'there is no account {account!r}')
            connection.execute(delete(sessions).where(sessions.c.account == account))
            if 'secret_hash' in values:
                connection.execute(
                    delete(attempts).where(attempts.c.name_hash == _digest(account))
                )

    # --- log-in ---

    def verify(self, account: AccountId, *, secret: str, now: Instant) -> str:
        """Check a secret: 'ok', 'wrong', 'locked' or 'disabled' (only for the right secret).

        Five wrong tries lock for 60 s, each further one for twice as long, up to 15 minutes.
        """
        with errors.failed('cannot count the try'), self._engine.begin() as connection:
            if not _count_try(connection, _digest(account), now):
                return 'locked'
            row = _find(connection, account)
        known = self._nobody if row is None else row.secret_hash
        if not _matches(known, secret) or row is None:
            return 'wrong'
        with errors.failed('cannot count the try'), self._engine.begin() as connection:
            connection.execute(delete(attempts).where(attempts.c.name_hash == _digest(account)))
            if HASHER.check_needs_rehash(known):
                fresh = update(accounts).where(
                    accounts.c.id == account, accounts.c.secret_hash == known
                )
                connection.execute(fresh.values(secret_hash=HASHER.hash(_normal(secret))))
        return 'disabled' if row.disabled else 'ok'

    # --- sessions ---

    def open_session(self, account: AccountId, *, now: Instant) -> str:
        """Return a new session token; only its hash is kept.

        The token of an account that is unknown or was disabled meanwhile belongs to nobody.
        """
        token = secrets.token_urlsafe(32)
        if not account.isprintable():
            return token
        row = select(accounts.c.id, literal(_digest(token)), literal(now), literal(now)).where(
            accounts.c.id == account, accounts.c.disabled.is_(False)
        )
        with errors.failed('cannot open a session'), self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.opened <= now - SESSION_LASTS))
            columns = ['account', 'token_hash', 'opened', 'last_seen']
            connection.execute(insert(sessions).from_select(columns, row))
            others = sessions.c.account == account, sessions.c.token_hash != _digest(token)
            kept = select(sessions.c.token_hash).where(*others)
            kept = kept.order_by(sessions.c.opened.desc()).limit(SESSIONS_EACH - 1)
            connection.execute(delete(sessions).where(*others, sessions.c.token_hash.not_in(kept)))
        return token

    def session(self, token: str, *, now: Instant) -> Account | None:
        """Return who a token belongs to; None when unknown, 12 h old, ended or disabled."""
        query = (
            select(accounts, sessions.c.last_seen)
            .join(sessions, sessions.c.account == accounts.c.id)
            .where(
                sessions.c.token_hash == _digest(token),
                sessions.c.opened > now - SESSION_LASTS,
                accounts.c.disabled.is_(False),
            )
        )
        with errors.failed('cannot read the session'), self._reading.begin() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.last_seen <= now - SEEN_EVERY:
            seen = update(sessions).where(sessions.c.token_hash == _digest(token))
            with errors.failed('cannot write the session'), self._engine.begin() as connection:
                connection.execute(seen.values(last_seen=now))
        return _account(row)

    def close_session(self, token: str) -> None:
        """End a session; nothing when there is none."""
        with errors.failed('cannot end the session'), self._engine.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == _digest(token)))


def _find(connection: Connection, account: AccountId) -> Row[Any] | None:
    if not account.isprintable():  # a NUL or half a surrogate pair: no database takes it
        return None
    return connection.execute(select(accounts).where(accounts.c.id == account)).one_or_none()


def _account(row: Row[Any]) -> Account:
    station = None if row.station is None else StationId(row.station)
    return Account(AccountId(row.id), row.label, row.role, station, bool(row.disabled))


def _digest(value: str) -> str:
    return sha256(value.encode(errors='surrogatepass')).hexdigest()


def _normal(secret: str) -> str:
    """Make full-width digits of a Chinese keyboard and plain ones the same secret."""
    return unicodedata.normalize('NFKC', secret)


def _checked(secret: str) -> str:
    normal = _normal(secret)
    if not normal.strip() or len(normal) > MAX_SECRET:
        raise ValueError(f'a secret has 1 to {MAX_SECRET} characters')
    return normal


def _matches(secret_hash: str, secret: str) -> bool:
    try:
        return HASHER.verify(secret_hash, _normal(secret[: MAX_SECRET + 1]))
    except (VerificationError, InvalidHashError, UnicodeError):
        return False


def _count_try(connection: Connection, name: str, now: Instant) -> bool:
    """Count a try as wrong until it proves right. Returns False while the name is locked."""
    connection.execute(_START_COUNTING, {'name': name, 'now': now})
    this = attempts.c.name_hash == name
    row = connection.execute(select(attempts).where(this).with_for_update()).one()
    if row.locked_until > now:
        return False
    failures = 1 if row.last_ms <= now - TRIES_KEPT_FOR else row.failures + 1
    values = {'failures': failures, 'locked_until': _lock(failures, now), 'last_ms': now}
    connection.execute(update(attempts).where(this).values(values))
    _forget_names(connection, name)
    return True


def _lock(failures: int, now: Instant) -> int:
    if failures < TRIES:
        return 0
    doubled = FIRST_LOCK << min(failures - TRIES, 10)
    return now + min(doubled, LONGEST_LOCK)


def _forget_names(connection: Connection, name: str) -> None:
    """Keep the table small. Names with many tries stay: a flood of new ones unlocks nobody."""
    count = connection.execute(select(func.count()).select_from(attempts)).scalar_one()
    if count > NAMES_KEPT:
        least = (
            select(attempts.c.name_hash)
            .where(attempts.c.name_hash != name)
            .order_by(attempts.c.failures, attempts.c.last_ms)
            .limit(count - NAMES_KEPT)
        )
        connection.execute(delete(attempts).where(attempts.c.name_hash.in_(least)))
