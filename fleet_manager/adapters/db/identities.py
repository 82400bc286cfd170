"""Which account an identity of an OpenID provider belongs to."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError

from fleet_manager.adapters.db import errors
from fleet_manager.adapters.db.schema import account as accounts
from fleet_manager.adapters.db.seats import account_of, end_sessions, workplace_of
from fleet_manager.application.ports import Account
from fleet_manager.domain.ids import AccountId

_NOBODY: Final[dict[str, Any]] = {'issuer': '', 'subject': ''}


class SqlIdentities:
    """The identities of `SqlAccounts`. Implements the port `Identities` with it."""

    _engine: Engine
    _reading: Engine

    def by_identity(self, issuer: str, subject: str) -> Account | None:
        """Return the account of an identity, None when it has none."""
        if not issuer or not subject.isprintable():
            return None
        query = select(accounts).where(accounts.c.issuer == issuer, accounts.c.subject == subject)
        with errors.failed('cannot read the accounts'), self._reading.begin() as connection:
            row = connection.execute(query).one_or_none()
            theirs = {} if row is None else workplace_of(connection, AccountId(row.id))
        return None if row is None else account_of(row, theirs.get(row.id, ()))

    def link(self, account: AccountId, *, issuer: str, subject: str) -> None:
        """Let an identity into an account. Raises ValueError when either is linked already."""
        free = accounts.c.id == account, accounts.c.issuer == '', accounts.c.personal.is_(True)
        linked = update(accounts).where(*free).values(issuer=issuer, subject=subject)
        with errors.failed('cannot write the account'):
            try:
                with self._engine.begin() as connection:
                    count = connection.execute(linked).rowcount
            except IntegrityError:
                raise ValueError('this identity has another account') from None
        if count != 1:
            raise ValueError(f'{account!r} cannot be linked')

    def unlink(self, account: AccountId) -> None:
        """Let the account's identity in no more, and end its sessions. Raises LookupError."""
        cut = update(accounts).where(accounts.c.id == account, accounts.c.issuer != '')
        with errors.failed('cannot write the account'), self._engine.begin() as connection:
            if connection.execute(cut.values(_NOBODY)).rowcount != 1:
                raise LookupError(f'{account!r} is not linked')
            end_sessions(connection, 'changed', account=account)
