"""Keys of programs, in the database of the accounts."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Engine, Row, func, insert, select, update

from fleet_manager.adapters.db import errors
from fleet_manager.adapters.db.schema import api_key as table
from fleet_manager.adapters.db.seats import digest
from fleet_manager.application.keys import DAY, KEYS_EACH, ApiKey, checked
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.units import MINUTE, Instant

_TEXT: Final = re.compile(r'fleet_([0-9a-f]{8})_([A-Za-z0-9_-]{43})')
#: `last_used` is written no more often than this.
USED_EVERY: Final = 1 * MINUTE


class SqlKeys:
    """The keys of `SqlAccounts`. Implements the port `Keys`."""

    _engine: Engine
    _reading: Engine

    def make_key(
        self,
        *,
        label: str,
        scopes: Sequence[str],
        station: StationId | None,
        days: int,
        now: Instant,
    ) -> tuple[ApiKey, str]:
        """Return a new key and its whole text. Raises ValueError with what is wrong."""
        checked(label, scopes, days)
        name, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        expires = Instant(now + days * DAY)
        key = ApiKey(name, label.strip(), tuple(scopes), station, now, expires)
        values = {
            'id': name,
            'label': key.label,
            'secret_hash': digest(secret),
            'scopes': ' '.join(scopes),
            'station': station,
            'made': now,
            'expires': expires,
        }
        with errors.failed('cannot write the key'), self._engine.begin() as connection:
            count = connection.execute(select(func.count()).select_from(table)).scalar_one()
            if count < KEYS_EACH:
                connection.execute(insert(table), values)
        if count >= KEYS_EACH:
            raise ValueError('too_many')
        return key, f'fleet_{name}_{secret}'

    def key_of(self, text: str, *, now: Instant) -> ApiKey | None:
        """Return the key somebody gave, None when unknown, expired or revoked."""
        given = _TEXT.fullmatch(text)
        if given is None:
            return None
        query = select(table).where(table.c.id == given[1])
        with errors.failed('cannot read the key'), self._reading.begin() as connection:
            row = connection.execute(query).one_or_none()
        known = digest('') if row is None else row.secret_hash
        if not hmac.compare_digest(known, digest(given[2])) or row is None:
            return None
        key = _key(row)
        if not key.is_good(now):
            return None
        if key.last_used <= now - USED_EVERY:
            self._change_key(key.id, last_used=now)
        return key

    def all_keys(self) -> Sequence[ApiKey]:
        """Return every key, the newest first."""
        query = select(table).order_by(table.c.made.desc(), table.c.id)
        with errors.failed('cannot read the keys'), self._reading.begin() as connection:
            return tuple(_key(row) for row in connection.execute(query))

    def revoke_key(self, key: str, *, now: Instant) -> None:
        """Let a key open nothing any more. Raises LookupError when unknown."""
        if not self._change_key(key, revoked=now):
            raise LookupError(f'there is no key {key!r}')

    def _change_key(self, key: str, **values: Any) -> bool:
        if not key.isalnum():
            return False
        changed = update(table).where(table.c.id == key).values(values)
        with errors.failed('cannot write the key'), self._engine.begin() as connection:
            return connection.execute(changed).rowcount == 1


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(
        row.id,
        row.label,
        tuple(row.scopes.split()),
        None if row.station is None else StationId(row.station),
        Instant(row.made),
        Instant(row.expires),
        Instant(row.revoked),
        Instant(row.last_used),
    )
