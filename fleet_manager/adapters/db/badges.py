"""Badges: a code read by a scanner says who somebody is. Only a keyed hash of it is kept."""

from __future__ import annotations

import hmac
import unicodedata
from collections.abc import Sequence
from typing import Final

from sqlalchemy import Engine, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from fleet_manager.adapters.db import errors
from fleet_manager.adapters.db.schema import account as accounts
from fleet_manager.adapters.db.schema import attempt as attempts
from fleet_manager.adapters.db.schema import badge as badges
from fleet_manager.adapters.db.seats import PUBLIC_ID, account_of, digest, workplace_of
from fleet_manager.adapters.db.tries import count_try
from fleet_manager.application.ports import Account, Badge
from fleet_manager.domain.ids import AccountId
from fleet_manager.domain.units import Instant

#: Shorter codes are found by trying.
SHORTEST_CODE: Final = 8
LONGEST_CODE: Final = 128
BADGES_EACH: Final = 4


class SqlBadges:
    """The badges of `SqlAccounts`."""

    _engine: Engine
    _reading: Engine
    _badge_key: bytes

    def by_badge(self, code: str, *, device: str, now: Instant) -> tuple[str, Account | None]:
        """Return 'ok' and whose badge it is; or 'wrong', 'locked', 'disabled' and None."""
        place = digest(f'badges from {device}')
        query = select(accounts).join(badges, badges.c.account == accounts.c.id)
        query = query.where(badges.c.code_hash == self._hash(code))
        with errors.failed('cannot count the try'), self._engine.begin() as connection:
            if device and not count_try(connection, place, now):
                return 'locked', None
            row = connection.execute(query).one_or_none() if self._badge_key else None
            if row is None:
                return 'wrong', None
            connection.execute(delete(attempts).where(attempts.c.name_hash == place))
            theirs = workplace_of(connection, AccountId(row.id))
        if row.disabled:
            return 'disabled', None
        return 'ok', account_of(row, theirs.get(row.id, ()))

    def badges(self, account: AccountId) -> Sequence[Badge]:
        """Return the badges of an account, oldest first."""
        query = select(badges).where(badges.c.account == account)
        query = query.order_by(badges.c.added, badges.c.code_hash)
        with errors.failed('cannot read the badges'), self._reading.begin() as connection:
            rows = connection.execute(query).all()
        return tuple(Badge(row.code_hash[:PUBLIC_ID], Instant(row.added)) for row in rows)

    def add_badge(self, account: AccountId, *, code: str, now: Instant) -> None:
        """Give somebody a badge. Raises ValueError for a code too short or given already."""
        if not self._badge_key:
            raise ValueError('there is no key for badges')
        if not SHORTEST_CODE <= len(_normal(code)) <= LONGEST_CODE:
            raise ValueError(f'a badge code has {SHORTEST_CODE} to {LONGEST_CODE} characters')
        values = {'code_hash': self._hash(code), 'account': account, 'added': now}
        theirs = select(func.count()).select_from(badges).where(badges.c.account == account)
        with errors.failed('cannot write the badge'):
            try:
                with self._engine.begin() as connection:
                    if connection.execute(theirs).scalar_one() >= BADGES_EACH:
                        raise ValueError(f'nobody has more than {BADGES_EACH} badges')
                    connection.execute(insert(badges), values)
            except IntegrityError:
                raise ValueError('somebody has this badge already') from None

    def remove_badge(self, account: AccountId, badge: str) -> None:
        """Take a badge away; nothing when there is none."""
        if len(badge) != PUBLIC_ID or not badge.isalnum():
            return
        gone = delete(badges).where(
            badges.c.account == account, badges.c.code_hash.startswith(badge)
        )
        with errors.failed('cannot write the badge'), self._engine.begin() as connection:
            connection.execute(gone)

    def _hash(self, code: str) -> str:
        text = _normal(code).encode(errors='surrogatepass')
        return hmac.new(self._badge_key or b'none', text, 'sha256').hexdigest()


def _normal(code: str) -> str:
    """Make what scanners and Chinese keyboards send of one badge the same code."""
    return unicodedata.normalize('NFKC', code).strip().upper()
