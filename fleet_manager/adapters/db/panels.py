"""The screens on robots, and the codes that pair them.

    panels = SqlPanels('sqlite:///desk.db', clock=clock)
    code = panels.offer(robot)                    # read out to whoever stands at the screen
    token = panels.pair(robot, code=code)
    panels.robot(token) == robot

Codes and tokens are kept as hashes only. A token is 256 random bits; a code is short, and so it
lasts ten minutes and five tries.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from sqlalchemy import delete, insert, select, update

from fleet_manager.adapters.db import engines, errors
from fleet_manager.adapters.db.migrate import opened
from fleet_manager.adapters.db.schema import panel as panels
from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.units import MINUTE, Instant

CODE_DIGITS: Final = 8
CODE_LASTS: Final = 10 * MINUTE
CODE_TRIES: Final = 5


class SqlPanels:
    """Implements the port `Panels`. Safe from several threads and several processes."""

    def __init__(self, url: str, *, clock: Callable[[], Instant]) -> None:
        """Open the database and bring its tables up to date. Raises StoreUnavailable.

        `clock` is the time of the machine, also where the building is simulated: a code is
        offered by one program and taken by another.
        """
        self._now = clock
        self._engine = opened(url, 'desk', 'the panels')
        self._reading = engines.read_only(self._engine)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def offer(self, robot: RobotId) -> str:
        """Return a new code for the robot's panel; one offered before is void."""
        code = ''.join(secrets.choice('0123456789') for _ in range(CODE_DIGITS))
        values = {
            'code_hash': _digest(f'{robot}:{code}'),
            'code_until': self._now() + CODE_LASTS,
            'tries': 0,
        }
        with errors.failed('cannot write the panel'), self._engine.begin() as connection:
            changed = update(panels).where(panels.c.robot == robot).values(values)
            if connection.execute(changed).rowcount == 0:
                connection.execute(insert(panels), {'robot': robot, 'token_hash': None, **values})
        return code

    def pair(self, robot: RobotId, *, code: str) -> str:
        """Return the token of the device that gave the right code; '' for a wrong or old one."""
        this = panels.c.robot == robot
        token = secrets.token_urlsafe(32)
        with errors.failed('cannot write the panel'), self._engine.begin() as connection:
            row = connection.execute(select(panels).where(this).with_for_update()).one_or_none()
            if row is None or row.code_hash is None or row.tries >= CODE_TRIES:
                return ''
            given = _digest(f'{robot}:{code}')
            if self._now() >= row.code_until or not hmac.compare_digest(given, row.code_hash):
                connection.execute(update(panels).where(this).values(tries=row.tries + 1))
                return ''
            values = {'code_hash': None, 'token_hash': _digest(token)}
            connection.execute(update(panels).where(this).values(values))
        return token

    def robot(self, token: str) -> RobotId | None:
        """Return whose panel a token belongs to, or None."""
        query = select(panels.c.robot).where(panels.c.token_hash == _digest(token))
        with errors.failed('cannot read the panels'), self._reading.begin() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else RobotId(found)

    def forget(self, robot: RobotId) -> bool:
        """End the pairing, and a code that was offered; return whether there was any."""
        with errors.failed('cannot write the panel'), self._engine.begin() as connection:
            gone = connection.execute(delete(panels).where(panels.c.robot == robot))
        return gone.rowcount > 0


def _digest(value: str) -> str:
    return sha256(value.encode(errors='surrogatepass')).hexdigest()
