"""Who may call what: one table, and the gate in front of every route that holds people to it.

The gate runs before any routing or parsing: what is not in the table does not exist.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from starlette.routing import compile_path

from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import MAX_ID_LENGTH
from fleet_manager.domain.rights import Deed, Right


class Open(StrEnum):
    """What needs no account: everybody, the token of the metrics, the screen of a robot."""

    PUBLIC = 'public'
    METRICS = 'metrics'
    PANEL = 'panel'


PUBLIC: Final = Open.PUBLIC
METRICS: Final = Open.METRICS
#: The device that is paired with the robot in the path.
PANEL: Final = Open.PANEL

#: No account, or a right of `domain.rights`.
Access = Open | Right

#: Method and path of every route and the right it needs. `WS` is a websocket.
ACCESS: Final[Mapping[str, Access]] = MappingProxyType(
    {
        'GET /login': PUBLIC,
        'POST /login': PUBLIC,
        'POST /language': PUBLIC,
        'GET /oidc/start': PUBLIC,
        'GET /oidc/callback': PUBLIC,
        'GET /oidc/confirm': Deed.ENTER,
        'POST /oidc/link': Deed.ENTER,
        'GET /static/{path:path}': PUBLIC,
        'GET /healthz': PUBLIC,
        'GET /readyz': PUBLIC,
        'GET /metrics': METRICS,
        'POST /logout': Deed.ENTER,
        'GET /': Deed.ENTER,
        'GET /i18n/{lang}.json': Deed.ENTER,
        # people
        'GET /me': Deed.ENTER,
        'POST /me/secret': Deed.ENTER,
        'POST /me/station': Deed.ENTER,
        'POST /me/sessions/{seat}/end': Deed.ENTER,
        'GET /confirm': Deed.ENTER,
        'POST /confirm': Deed.ENTER,
        'GET /audit': Deed.READ_AUDIT,
        'GET /audit.csv': Deed.READ_AUDIT,
        'GET /retention': Deed.READ_AUDIT,
        'POST /retention/run': Deed.MANAGE_RETENTION,
        'POST /retention/holds': Deed.MANAGE_RETENTION,
        'POST /retention/holds/{delivery}/release': Deed.MANAGE_RETENTION,
        'GET /keys': Deed.MANAGE_KEYS,
        'POST /keys': Deed.MANAGE_KEYS,
        'POST /keys/{key}/revoke': Deed.MANAGE_KEYS,
        'GET /accounts': Deed.MANAGE_ACCOUNTS,
        'POST /accounts': Deed.MANAGE_ACCOUNTS,
        'GET /accounts/{account}': Deed.MANAGE_ACCOUNTS,
        'POST /accounts/{account}/change': Deed.MANAGE_ACCOUNTS,
        'POST /accounts/{account}/disable': Deed.MANAGE_ACCOUNTS,
        'POST /accounts/{account}/enable': Deed.MANAGE_ACCOUNTS,
        'POST /accounts/{account}/secret': Deed.MANAGE_ACCOUNTS,
        'POST /accounts/{account}/unlink': Deed.MANAGE_ACCOUNTS,
        'POST /accounts/{account}/badges': Deed.MANAGE_ACCOUNTS,
        'POST /accounts/{account}/badges/{badge}/remove': Deed.MANAGE_ACCOUNTS,
        'POST /accounts/{account}/sessions/{seat}/end': Deed.MANAGE_ACCOUNTS,
        # ward
        'GET /r/{station}': Deed.WORK_AT_STATION,
        'GET /ward': Deed.WORK_AT_STATION,
        'GET /ward/new': Deed.WORK_AT_STATION,
        'POST /ward/favourites': Deed.WORK_AT_STATION,
        'GET /ward/timetable': Deed.WORK_AT_STATION,
        'POST /ward/timetable': Deed.WORK_AT_STATION,
        'POST /ward/timetable/{plan}': Deed.WORK_AT_STATION,
        'GET /ward/meals': Deed.WORK_AT_STATION,
        'POST /ward/meals': Deed.WORK_AT_STATION,
        'POST /ward/beds': Deed.WORK_AT_STATION,
        'POST /deliveries': m.RequestDelivery,
        'GET /deliveries/{delivery}': Deed.SEE_DELIVERIES,
        'GET /deliveries/{delivery}/labels': Deed.SEE_DELIVERIES,
        'GET /deliveries/{delivery}/contents': Deed.SEE_DELIVERIES,
        'POST /deliveries/{delivery}/contents': Deed.KEEP_STOCK,
        'POST /deliveries/{delivery}/missing': Deed.KEEP_STOCK,
        'POST /api/v1/deliveries/{delivery}/missing': Deed.KEEP_STOCK,
        'POST /deliveries/{delivery}/cancel': m.CancelDelivery,
        'POST /deliveries/{delivery}/open': m.OpenCompartment,
        'POST /deliveries/{delivery}/sign': m.SignDelivery,
        'POST /deliveries/{delivery}/refuse': m.RefuseDelivery,
        'POST /deliveries/{delivery}/put-off': m.PutOffDelivery,
        'POST /api/v1/deliveries/{delivery}/put-off': m.PutOffDelivery,
        'POST /deliveries/{delivery}/rate': m.RateDelivery,
        # stores
        'GET /stores': Deed.SEE_STOCK,
        'POST /stores/count': Deed.KEEP_STOCK,
        'GET /stores/export.csv': Deed.SEE_STOCK,
        'GET /stores/import': Deed.KEEP_STOCK,
        'POST /stores/import': Deed.KEEP_STOCK,
        'POST /stores/proposals/{proposal}/accept': m.RequestDelivery,
        'POST /stores/proposals/{proposal}/dismiss': Deed.KEEP_STOCK,
        'GET /reports': Deed.SEE_REPORTS,
        'GET /reports/table.csv': Deed.SEE_REPORTS,
        'GET /api/v1/reports': Deed.SEE_REPORTS,
        'GET /custody': Deed.EXPORT_CUSTODY,
        # operator
        'GET /operator': Deed.SEE_FLEET,
        'POST /deliveries/{delivery}/take': m.TakeByHand,
        # trouble, and who had it
        'POST /deliveries/{delivery}/bring-back': m.CancelDelivery,
        'POST /deliveries/{delivery}/rescue': m.AskRescue,
        'POST /deliveries/{delivery}/call-off': m.CallOffRescue,
        'POST /deliveries/{delivery}/rescued': m.RescueParcel,
        'POST /deliveries/{delivery}/open-left': m.OpenLeftBehind,
        'POST /deliveries/{delivery}/call-robot': m.CallRobot,
        'POST /deliveries/{delivery}/close': m.CloseDelivery,
        'POST /deliveries/{delivery}/follow-up': m.NoteFollowUp,
        'GET /follow-ups': m.NoteFollowUp,
        'GET /deliveries/{delivery}/custody': Deed.SEE_DELIVERIES,
        'GET /api/v1/deliveries/{delivery}/custody': Deed.SEE_DELIVERIES,
        'GET /api/v1/space-time': Deed.SEE_FLEET,
        'POST /api/v1/robots/{robot}/pause': m.PauseRobot,
        'POST /api/v1/robots/{robot}/resume': m.ResumeRobot,
        'POST /api/v1/robots/{robot}/readmit': m.ReadmitRobot,
        'POST /api/v1/robots/{robot}/cleaned': m.SignCleaning,
        'POST /api/v1/lifts/{lift}/release': m.ReleaseLift,
        'POST /api/v1/fleet/pause': m.PauseFleet,
        'POST /api/v1/fleet/resume': m.ResumeFleet,
        'POST /api/v1/alerts/{alert}/acknowledge': m.AcknowledgeAlert,
        'GET /api/v1/closures': Deed.SEE_FLEET,
        'POST /api/v1/closures': m.ClosePlace,
        'POST /api/v1/closures/{closure}/open': m.OpenPlace,
        'GET /api/v1/map/swap': Deed.SEE_FLEET,
        'POST /api/v1/map/swap': m.SwapMap,
        'POST /api/v1/map/swap/cancel': m.CancelMapSwap,
        'GET /guide': Deed.ENTER,
        'GET /guide/{guide}': Deed.ENTER,
        # service desk
        'GET /desk': Deed.WORK_AT_DESK,
        'GET /desk/new': Deed.WORK_AT_DESK,
        'POST /desk/new': Deed.WORK_AT_DESK,
        'GET /desk/old': Deed.WORK_AT_DESK,
        'GET /desk/book': Deed.WORK_AT_DESK,
        'POST /desk/notes': Deed.WORK_AT_DESK,
        'POST /desk/notes/{note}/take': Deed.WORK_AT_DESK,
        'POST /desk/complaints': Deed.WORK_AT_DESK,
        'POST /desk/complaints/{complaint}/answer': Deed.WORK_AT_DESK,
        'POST /desk/complaints/{complaint}/close': Deed.WORK_AT_DESK,
        'GET /desk/today': Deed.WORK_AT_DESK,
        # porters
        'GET /porter': m.TakeByHand,
        'POST /porter/{delivery}/claim': m.TakeByHand,
        'POST /porter/{delivery}/unclaim': m.TakeByHand,
        'POST /porter/{delivery}/take': m.TakeByHand,
        'POST /porter/{delivery}/hand-over': m.TakeByHand,
        # the screen of a robot
        'GET /robot/{robot}/pair': PUBLIC,
        'POST /robot/{robot}/pair': PUBLIC,
        'GET /robot/{robot}/panel': PANEL,
        'POST /robot/{robot}/open': PANEL,
        'POST /robot/{robot}/sign': PANEL,
        'POST /robot/{robot}/refuse': PANEL,
        'POST /robot/{robot}/later': PANEL,
        'WS /robot/{robot}/feed': PANEL,
        # what other systems are told
        'GET /webhooks': Deed.MANAGE_WEBHOOKS,
        'POST /webhooks': Deed.MANAGE_WEBHOOKS,
        'POST /webhooks/{webhook}/{act}': Deed.MANAGE_WEBHOOKS,
        'POST /webhooks/{webhook}/dead/{event}': Deed.MANAGE_WEBHOOKS,
        'GET /webhooks/{webhook}/dead/{events}/dismiss': Deed.MANAGE_WEBHOOKS,
        'POST /webhooks/{webhook}/dead/{events}/dismiss': Deed.MANAGE_WEBHOOKS,
        'GET /api/v1/webhooks': Deed.MANAGE_WEBHOOKS,
        'POST /api/v1/webhooks': Deed.MANAGE_WEBHOOKS,
        'GET /api/v1/webhooks/{webhook}': Deed.MANAGE_WEBHOOKS,
        'POST /api/v1/webhooks/{webhook}/{act}': Deed.MANAGE_WEBHOOKS,
        'POST /api/v1/webhooks/{webhook}/dead/{event}': Deed.MANAGE_WEBHOOKS,
        'POST /api/v1/webhooks/{webhook}/dead/{events}/dismiss': Deed.MANAGE_WEBHOOKS,
        # programs
        'GET /api/v1/session': Deed.ENTER,
        'GET /api/v1/map': Deed.ENTER,
        'GET /api/v1/state': Deed.SEE_DELIVERIES,
        'GET /api/v1/deliveries': Deed.SEE_DELIVERIES,
        'POST /api/v1/deliveries': m.RequestDelivery,
        'POST /api/v1/deliveries/{delivery}/cancel': m.CancelDelivery,
        'GET /api/v1/deliveries/{delivery}': Deed.SEE_DELIVERIES,
        'GET /api/v1/deliveries/{delivery}/timeline': Deed.SEE_DELIVERIES,
        'GET /fhir/metadata': Deed.ENTER,
        'GET /fhir/{kind}': Deed.SEE_DELIVERIES,
        'GET /fhir/{kind}/{delivery}': Deed.SEE_DELIVERIES,
        'PUT /fhir/{kind}/{delivery}': m.CancelDelivery,
        'POST /fhir/SupplyRequest': m.RequestDelivery,
        'WS /api/v1/feed': Deed.SEE_DELIVERIES,
    }
)


class RouteWithoutAccess(Exception):
    """A route is missing in `ACCESS`, or an entry of it has no route: a bug, found at start."""


@dataclass(frozen=True, slots=True)
class Match:
    """What the table says about a request. `access` is None when nothing is there.

    `allowed` are the methods the path has; empty when there is no such path. `names` are the ids
    in the path, `route` the entry of the table.
    """

    access: Access | None
    allowed: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    route: str = ''


class AccessTable:
    """`ACCESS`, compiled."""

    def __init__(self, access: Mapping[str, Access] = ACCESS) -> None:
        self._entries: list[tuple[str, str, re.Pattern[str], frozenset[str], Access]] = []
        for entry, who in access.items():
            method, _, path = entry.partition(' ')
            pattern, _, _ = compile_path(path)
            long = frozenset(re.findall(r'{(\w+):path}', path))
            self._entries.append((entry, method, pattern, long, who))

    def match(self, method: str, path: str) -> Match:
        """Return who may use `method` on `path`. Ids that cannot be ids are not found."""
        allowed: list[str] = []
        for route, entry_method, pattern, long, access in self._entries:
            found = pattern.match(path)
            if not found:
                continue
            if not all(name in long or is_id(value) for name, value in found.groupdict().items()):
                continue
            if entry_method == method:
                return Match(access, (method,), found.groupdict(), route)
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
