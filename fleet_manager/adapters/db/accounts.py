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
from typing import Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from fleet_manager.adapters.db import engines, errors
from fleet_manager.adapters.db.audit import SqlAudit
from fleet_manager.adapters.db.badges import SqlBadges
from fleet_manager.adapters.db.identities import SqlIdentities
from fleet_manager.adapters.db.keys import SqlKeys
from fleet_manager.adapters.db.migrate import opened
from fleet_manager.adapters.db.schema import account as accounts
from fleet_manager.adapters.db.schema import attempt as attempts
from fleet_manager.adapters.db.schema import workplace as workplaces
from fleet_manager.adapters.db.seats import (
    SqlSeats,
    account_of,
    digest,
    end_sessions,
    workplace_of,
)
from fleet_manager.adapters.db.tries import count_try
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import MAX_ID_LENGTH, AccountId
from fleet_manager.domain.units import Instant

#: OWASP's second choice for Argon2id: 19 MiB, two passes, some 25 ms of a core.
HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
MAX_SECRET: Final = 256


class SqlAccounts(SqlSeats, SqlBadges, SqlIdentities, SqlAudit, SqlKeys):
    """Implements the ports `Accounts`, `Identities`, `Audit`, `Keys`.

    Safe from threads and processes.
    """

    def __init__(self, url: str, *, badge_key: str = '') -> None:
        """Open the database and bring its tables up to date. Raises StoreUnavailable.

        Badge codes are hashed under `badge_key`; without one there are no badges.
        """
        self._badge_key = badge_key.encode()
        self._engine = opened(url, 'accounts', 'the accounts')
        self._reading = engines.read_only(self._engine)
        self._nobody = HASHER.hash(secrets.token_urlsafe(16))

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    # --- accounts ---

    def all(self) -> Sequence[Account]:
        """Return every account, by id."""
        with errors.failed('cannot read the accounts'), self._reading.begin() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.id)).all()
            theirs = workplace_of(connection)
        return tuple(account_of(row, theirs.get(row.id, ())) for row in rows)

    def get(self, account: AccountId) -> Account | None:
        """Return one account, None when unknown."""
        with errors.failed('cannot read the accounts'), self._reading.begin() as connection:
            row = _find(connection, account)
            theirs = {} if row is None else workplace_of(connection, account)
        return None if row is None else account_of(row, theirs.get(account, ()))

    def create(self, account: Account, *, secret: str) -> None:
        """Add an account. Raises ValueError for a bad name, one there is already, or no secret."""
        if not account.id.isprintable() or not 1 <= len(account.id) <= MAX_ID_LENGTH:
            raise ValueError(f'an account name has 1 to {MAX_ID_LENGTH} printable characters')
        self._add(account, secret_hash=HASHER.hash(_checked(secret)))

    def welcome(self, account: Account, *, subject: str) -> None:
        """Add an account without a secret, for an identity of `account.issuer`.

        Raises ValueError when the name or the identity has an account already.
        """
        self._add(account, secret_hash='', issuer=account.issuer, subject=subject)

    def _add(self, account: Account, **more: str) -> None:
        values = more | {
            'id': account.id,
            'label': account.label,
            'role': account.role,
            'station': account.station,
            'disabled': account.disabled,
            'personal': account.personal,
        }
        with errors.failed('cannot write the account'):
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(accounts), values)
                    _write_workplaces(connection, account)
            except IntegrityError:
                raise ValueError(f'there is an account {account.id!r} already') from None

    def change(self, account: Account) -> None:
        """Give an account this label, role and stations; ends its sessions. Raises LookupError."""
        values = {'label': account.label, 'role': account.role, 'station': account.station}
        self._change(account.id, 'changed', account=account, **values)

    def set_secret(self, account: AccountId, *, secret: str) -> None:
        """Replace the secret, end the account's sessions, forgive wrong tries.

        Raises ValueError for an empty secret, LookupError for an unknown account.
        """
        self._change(account, 'secret', secret_hash=HASHER.hash(_checked(secret)))

    def set_disabled(self, account: AccountId, *, disabled: bool) -> None:
        """Disable or enable; both end its sessions. Raises LookupError when unknown."""
        self._change(account, 'disabled', disabled=disabled)

    def _change(
        self, name: AccountId, why: str, *, account: Account | None = None, **values: Any
    ) -> None:
        with errors.failed('cannot write the account'), self._engine.begin() as connection:
            changed = update(accounts).where(accounts.c.id == name).values(values)
            if connection.execute(changed).rowcount != 1:
                raise LookupError(f'there is no account {name!r}')
            end_sessions(connection, why, account=name)
            if account is not None:
                connection.execute(delete(workplaces).where(workplaces.c.account == name))
                _write_workplaces(connection, account)
            if 'secret_hash' in values:
                connection.execute(delete(attempts).where(attempts.c.name_hash == digest(name)))

    # --- log-in ---

    def verify(self, account: AccountId, *, secret: str, now: Instant) -> str:
        """Check a secret: 'ok', 'wrong', 'locked' or 'disabled' (only for the right secret).

        Five wrong tries lock for 60 s, each further one for twice as long, up to 15 minutes.
        """
        with errors.failed('cannot count the try'), self._engine.begin() as connection:
            if not count_try(connection, digest(account), now):
                return 'locked'
            row = _find(connection, account)
        # without a secret nothing matches, as late as for a wrong one
        known = self._nobody if row is None or not row.secret_hash else row.secret_hash
        if not _matches(known, secret) or row is None:
            return 'wrong'
        with errors.failed('cannot count the try'), self._engine.begin() as connection:
            connection.execute(delete(attempts).where(attempts.c.name_hash == digest(account)))
            if HASHER.check_needs_rehash(known):
                fresh = update(accounts).where(
                    accounts.c.id == account, accounts.c.secret_hash == known
                )
                connection.execute(fresh.values(secret_hash=HASHER.hash(_normal(secret))))
        return 'disabled' if row.disabled else 'ok'

    def locked_until(self, account: AccountId, *, now: Instant) -> Instant:
        """Return when a locked name may try again, 0 while it is not locked."""
        query = select(attempts.c.locked_until).where(attempts.c.name_hash == digest(account))
        with errors.failed('cannot read the tries'), self._reading.begin() as connection:
            until = connection.execute(query).scalar_one_or_none() or 0
        return Instant(until if until > now else 0)

    def count_wrong_at(self, place: str, *, now: Instant) -> Instant:
        """Count a wrong secret typed at a place; return until when it is locked, or 0."""
        with errors.failed('cannot count the try'), self._engine.begin() as connection:
            count_try(connection, digest(place), now)
        return self.locked_until(AccountId(place), now=now)

    def forgive(self, place: str) -> None:
        """Forget what was counted at a place: a right secret was typed there."""
        with errors.failed('cannot count the try'), self._engine.begin() as connection:
            connection.execute(delete(attempts).where(attempts.c.name_hash == digest(place)))


def _find(connection: Connection, account: AccountId) -> Row[Any] | None:
    if not account.isprintable():  # a NUL or half a surrogate pair: no database takes it
        return None
    return connection.execute(select(accounts).where(accounts.c.id == account)).one_or_none()


def _write_workplaces(connection: Connection, account: Account) -> None:
    rows = [
        {'account': account.id, 'station': station, 'place': place}
        for place, station in enumerate(account.stations)
    ]
    if rows:
        connection.execute(insert(workplaces), rows)


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
