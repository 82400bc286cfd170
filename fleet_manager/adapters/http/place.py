"""Where the request of a task comes from: the lists of sessions and of deeds say it."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

#: Address and browser. Set by the gate for everything that a request does.
PLACE: Final[ContextVar[str]] = ContextVar('place', default='')
#: The deeds of a request that are on the audit list already. Set by the gate.
NOTED: Final[ContextVar[list[str] | None]] = ContextVar('noted', default=None)
_LONGEST: Final = 160
#: What is looked for in what a browser calls itself, and how people call it; the first one counts.
_BROWSERS: Final = {
    'MicroMessenger': 'WeChat',
    'Edg': 'Edge',
    'OPR': 'Opera',
    'Firefox': 'Firefox',
    'Chrome': 'Chrome',
    'Safari': 'Safari',
}
_SYSTEMS: Final = {
    'HarmonyOS': 'HarmonyOS',
    'Android': 'Android',
    'iPhone': 'iPhone',
    'iPad': 'iPad',
    'Windows': 'Windows',
    'Macintosh': 'Mac',
    'Linux': 'Linux',
}


def place_of(scope: Scope, headers: Headers) -> str:
    """Return the address and what the browser calls itself."""
    client = scope.get('client')
    text = f'{client[0] if client else ""} {headers.get("user-agent", "")}'.strip()
    return ''.join(c for c in text if c.isprintable())[:_LONGEST]


def device_of(place: str) -> str:
    """Return a place as people know their devices: `Chrome · Android · 10.0.0.7`.

    What is no browser's stays as it is.
    """
    address, _, agent = place.partition(' ')
    found = [
        next((known for sign, known in names.items() if sign in agent), '')
        for names in (_BROWSERS, _SYSTEMS)
    ]
    return ' · '.join([*filter(None, found), address]) if any(found) else place
