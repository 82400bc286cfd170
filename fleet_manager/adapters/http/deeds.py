"""What a request did, in the words of the audit list, where no line of it is there yet."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fleet_manager.adapters.http.access import Access
from fleet_manager.application.audit import DONE

#: Routes that change something and are no command to the kernel.
DEEDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        'POST /logout': 'log_out',
        'POST /me/secret': 'secret_changed',
        'POST /me/station': 'station_chosen',
        'POST /me/sessions/{seat}/end': 'session_ended',
        'POST /confirm': 'confirm',
        'POST /keys': 'key_made',
        'POST /keys/{key}/revoke': 'key_revoked',
        'POST /accounts': 'account_made',
        'POST /accounts/{account}/change': 'account_changed',
        'POST /accounts/{account}/disable': 'account_disabled',
        'POST /accounts/{account}/enable': 'account_enabled',
        'POST /accounts/{account}/secret': 'secret_renewed',
        'POST /accounts/{account}/unlink': 'account_unlinked',
        'POST /accounts/{account}/badges': 'badge_given',
        'POST /accounts/{account}/badges/{badge}/remove': 'badge_removed',
        'POST /accounts/{account}/sessions/{seat}/end': 'session_ended',
        'POST /ward/favourites': 'favourite_changed',
        'POST /ward/timetable': 'timetable_changed',
        'POST /ward/timetable/{plan}': 'timetable_changed',
        'POST /ward/meals': 'meals_ordered',
        'POST /ward/beds': 'beds_changed',
        'POST /deliveries/{delivery}/contents': 'contents_listed',
        'POST /deliveries/{delivery}/missing': 'missing_booked',
        'POST /api/v1/deliveries/{delivery}/missing': 'missing_booked',
        'POST /stores/count': 'stock_counted',
        'POST /stores/import': 'stock_imported',
        'POST /stores/proposals/{proposal}/dismiss': 'proposal_dismissed',
        'POST /desk/new': 'RequestDelivery',
        'POST /desk/notes': 'note_written',
        'POST /desk/notes/{note}/take': 'note_taken_over',
        'POST /desk/complaints': 'complaint_recorded',
        'POST /desk/complaints/{complaint}/answer': 'complaint_answered',
        'POST /desk/complaints/{complaint}/close': 'complaint_closed',
        'POST /porter/{delivery}/claim': 'porter_said_comes',
        'POST /porter/{delivery}/unclaim': 'porter_said_not',
        'POST /porter/{delivery}/hand-over': 'SignDelivery',
        'POST /robot/{robot}/pair': 'panel_paired',
        'POST /robot/{robot}/open': 'OpenCompartment',
        'POST /robot/{robot}/sign': 'SignDelivery',
        'POST /robot/{robot}/refuse': 'RefuseDelivery',
        'POST /retention/run': 'retention_asked',
        'POST /retention/holds': 'retention_held',
        'POST /retention/holds/{delivery}/release': 'retention_released',
        'POST /robot/{robot}/later': 'PutOffDelivery',
        'POST /webhooks': 'webhook_made',
        'POST /webhooks/{webhook}/{act}': 'webhook_changed',
        'POST /webhooks/{webhook}/dead/{event}': 'webhook_changed',
        'POST /webhooks/{webhook}/dead/{events}/dismiss': 'dead_letters_dismissed',
        'POST /api/v1/webhooks': 'webhook_made',
        'POST /api/v1/webhooks/{webhook}/{act}': 'webhook_changed',
        'POST /api/v1/webhooks/{webhook}/dead/{event}': 'webhook_changed',
        'POST /api/v1/webhooks/{webhook}/dead/{events}/dismiss': 'dead_letters_dismissed',
    }
)
#: Nothing of anybody is changed by these, or by who is not known yet and notes that itself. What a
#: link is noted for is done when the browser comes back.
NO_DEEDS: Final = frozenset({'POST /language', 'POST /login', 'POST /oidc/link'})


def deed_of(route: str, access: Access) -> str | None:
    """Return what a route does, None where that is nothing for the audit list."""
    if not route.startswith(('POST ', 'PUT ')) or route in NO_DEEDS:
        return None
    return DEEDS.get(route) or (access.__name__ if isinstance(access, type) else str(access))


def outcome_of(status: int) -> str:
    """Return what came of a request by the status of its answer."""
    if status < 400:
        return DONE
    known = {404: 'not_found', 409: 'conflict', 503: 'busy'}
    return known.get(status, 'invalid' if status < 500 else 'internal')
