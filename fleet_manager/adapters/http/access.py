"""Who may call what: one table, and the gate in front of every route that holds people to it.

The gate runs before any routing or parsing: what is not in the table does not exist.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from starlette.routing import compile_path

from fleet_manager.domain.ids import MAX_ID_LENGTH
from fleet_manager.domain.messages import Role

PUBLIC: Final = 'public'
METRICS: Final = 'metrics'

_WARD: Final = frozenset({Role.WARD})
_OPERATOR: Final = frozenset({Role.OPERATOR})
_BOTH: Final = _WARD | _OPERATOR

Access = str | frozenset[Role]

#: Method and path of every route and who may use it. `WS` is a websocket.
ACCESS: Final[Mapping[str, Access]] = MappingProxyType(
    {
        'GET /login': PUBLIC,
        'POST /login': PUBLIC,
        'POST /language': PUBLIC,
        'GET /static/{path:path}': PUBLIC,
        'GET /healthz': PUBLIC,
        'GET /readyz': PUBLIC,
        'GET /metrics': METRICS,
        'POST /logout': _BOTH,
        'GET /': _BOTH,
        'GET /i18n/{lang}.json': _BOTH,
        # ward
        'GET /r/{station}': _WARD,
        'GET /ward': _WARD,
        'GET /ward/new': _WARD,
        'POST /ward/favourites': _WARD,
        'POST /deliveries': _WARD,
        'GET /deliveries/{delivery}': _BOTH,
        'POST /deliveries/{delivery}/cancel': _BOTH,
        'POST /deliveries/{delivery}/open': _WARD,
        'POST /deliveries/{delivery}/sign': _WARD,
        'POST /deliveries/{delivery}/refuse': _WARD,
        'POST /deliveries/{delivery}/rate': _WARD,
        # operator
        'GET /operator': _OPERATOR,
        'POST /deliveries/{delivery}/take': _OPERATOR,
        'GET /api/v1/space-time': _OPERATOR,
        'POST /api/v1/robots/{robot}/pause': _OPERATOR,
        'POST /api/v1/robots/{robot}/resume': _OPERATOR,
        'POST /api/v1/robots/{robot}/readmit': _OPERATOR,
        'POST /api/v1/robots/{robot}/cleaned': _OPERATOR,
        'POST /api/v1/lifts/{lift}/release': _OPERATOR,
        'POST /api/v1/fleet/pause': _OPERATOR,
        'POST /api/v1/fleet/resume': _OPERATOR,
        'POST /api/v1/alerts/{alert}/acknowledge': _OPERATOR,
        'GET /api/v1/closures': _OPERATOR,
        'POST /api/v1/closures': _OPERATOR,
        'POST /api/v1/closures/{closure}/open': _OPERATOR,
        'GET /api/v1/map/swap': _OPERATOR,
        'POST /api/v1/map/swap': _OPERATOR,
        'POST /api/v1/map/swap/cancel': _OPERATOR,
        # programs
        'GET /api/v1/session': _BOTH,
        'GET /api/v1/map': _BOTH,
        'GET /api/v1/state': _BOTH,
        'POST /api/v1/deliveries': _WARD,
        'GET /api/v1/deliveries/{delivery}': _BOTH,
        'GET /api/v1/deliveries/{delivery}/timeline': _BOTH,
        'WS /api/v1/feed': _BOTH,
    }
)


class RouteWithoutAccess(Exception):
    """A route is missing in `ACCESS`, or an entry of it has no route: a bug, found at start."""


@dataclass(frozen=True, slots=True)
class Match:
    """What the table says about a request. `access` is None when nothing is there.

    `allowed` are the methods the path has; empty when there is no such path.
    """

    access: Access | None
    allowed: tuple[str, ...] = ()


class AccessTable:
    """`ACCESS`, compiled."""

    def __init__(self, access: Mapping[str, Access] = ACCESS) -> None:
        self._entries: list[tuple[str, re.Pattern[str], frozenset[str], Access]] = []
        for entry, who in access.items():
            method, _, path = entry.partition(' ')
            pattern, _, _ = compile_path(path)
            long = frozenset(re.findall(r'{(\w+):path}', path))
            self._entries.append((method, pattern, long, who))

    def match(self, method: str, path: str) -> Match:
        """Return who may use `method` on `path`. Ids that cannot be ids are not found."""
        allowed: list[str] = []
        for entry_method, pattern, long, access in self._entries:
            found = pattern.match(path)
            if not found:
                continue
            if not all(name in long or is_id(value) for name, value in found.groupdict().items()):
                continue
            if entry_method == method:
                return Match(access, (method,))
            if entry_method != 'WS':
                allowed.append(entry_method)
        return Match(None, tuple(allowed))


def is_id(value: str) -> bool:
    """Whether `value` may be an id: short, printable, no white space, no tricks with direction."""
    return 0 < len(value) <= MAX_ID_LENGTH and not any(
        unicodedata.category(character)[0] in 'CZ' for character in value
    )


def check_complete(routes: Sequence[str], access: Mapping[str, Access] = ACCESS) -> None:
    """Refuse an app whose routes and table differ. Raises RouteWithoutAccess."""
    missing = sorted(set(routes) - set(access))
    unused = sorted(set(access) - set(routes))
    if missing or unused:
        raise RouteWithoutAccess(f'not in the table: {missing}; without a route: {unused}')
