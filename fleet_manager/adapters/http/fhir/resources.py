"""Deliveries as FHIR resources, and what else FHIR answers: bundles, outcomes, capabilities.

Plain JSON objects; tests read each of them with the library.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from fleet_manager import __version__
from fleet_manager.adapters.http.fhir.states import PRIORITY, STATUS
from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital

MEDIA: Final = 'application/fhir+json'
VERSION: Final = '4.3.0'
GOODS_SYSTEM: Final = 'urn:hospital-fleet:goods'
STATION_SYSTEM: Final = 'urn:hospital-fleet:station'
STATE_SYSTEM: Final = 'urn:hospital-fleet:delivery-state'
TYPES: Final = ('SupplyRequest', 'Task', 'SupplyDelivery')
#: Search parameters of each type, beside those of pages.
SEARCHED: Final[Mapping[str, str]] = {
    '_id': 'token',
    '_lastUpdated': 'date',
    'identifier': 'token',
    'status': 'token',
}

Resource = dict[str, Any]
Entity = Mapping[str, Any]


def instant(at: int) -> str:
    """Return a moment as FHIR writes it, from UTC ms."""
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(timespec='milliseconds')


def changed_at(entity: Entity) -> int:
    """Return when a delivery came into a state last, in UTC ms."""
    return int(max(entity['times'].values()))


def status_of(kind: str, entity: Entity) -> str | None:
    """Return the status of a delivery as one of `TYPES`, None where there is no such resource."""
    row = STATUS[entity['state']]
    return {'SupplyRequest': row.request, 'Task': row.task, 'SupplyDelivery': row.supply}[kind]


def resource(kind: str, name: str, entity: Entity, hospital: Hospital) -> Resource:
    """Return a delivery as one of `TYPES`; call only where it has a status."""
    common: Resource = {
        'resourceType': kind,
        'id': name,
        'meta': {'lastUpdated': instant(changed_at(entity))},
        'identifier': identifiers(entity),
        'status': status_of(kind, entity),
    }
    if not common['identifier']:
        del common['identifier']
    make = {'SupplyRequest': _request, 'Task': _task, 'SupplyDelivery': _supply}[kind]
    return common | make(name, entity, hospital)


def identifiers(entity: Entity) -> list[Resource]:
    """Return the order number of the system that asked; none where there was no such system."""
    system, bar, value = entity['reference'].partition('|')
    if bar and ':' in system and value:
        return [{'system': system, 'value': value}]
    return [{'value': entity['reference']}] if entity['reference'] else []


def _request(name: str, entity: Entity, hospital: Hospital) -> Resource:
    return {
        'priority': PRIORITY[Urgency(entity['urgency'])],
        'itemCodeableConcept': _item(entity),
        'quantity': {'value': 1, 'unit': 'parcel'},
        'authoredOn': instant(entity['times']['accepted']),
        'deliverFrom': _place(entity['sender'], hospital),
        'deliverTo': _place(entity['recipient'], hospital),
    }


def _task(name: str, entity: Entity, hospital: Hospital) -> Resource:
    made: Resource = {
        'intent': 'order',
        'priority': PRIORITY[Urgency(entity['urgency'])],
        'basedOn': [{'reference': f'SupplyRequest/{name}'}],
        'focus': {'reference': f'SupplyRequest/{name}'},
        'businessStatus': {'coding': [{'system': STATE_SYSTEM, 'code': entity['state']}]},
        'authoredOn': instant(entity['times']['accepted']),
        'lastModified': instant(changed_at(entity)),
        'restriction': {'period': {'end': instant(entity['promised_at'])}},
    }
    if entity['state'] in ENDS:
        made['executionPeriod'] = {
            'start': instant(entity['times']['accepted']),
            'end': instant(changed_at(entity)),
        }
    if entity['eta'] is not None:
        made['output'] = [
            {
                'type': {'text': 'expected arrival'},
                'valuePeriod': {
                    'start': instant(entity['eta']['early']),
                    'end': instant(entity['eta']['late']),
                },
            }
        ]
    return made


def _supply(name: str, entity: Entity, hospital: Hospital) -> Resource:
    made: Resource = {
        'basedOn': [{'reference': f'SupplyRequest/{name}'}],
        'suppliedItem': {'quantity': {'value': 1}, 'itemCodeableConcept': _item(entity)},
        'destination': _place(entity['recipient'], hospital),
    }
    if entity['state'] in ENDS:
        made['occurrenceDateTime'] = instant(changed_at(entity))
    return made


def _item(entity: Entity) -> Resource:
    return {'coding': [{'system': GOODS_SYSTEM, 'code': entity['goods']}]}


def _place(station: str, hospital: Hospital) -> Resource:
    place: Resource = {'identifier': {'system': STATION_SYSTEM, 'value': station}}
    known = hospital.stations.get(StationId(station))
    return place | ({'display': known.name.en} if known is not None else {})


def bundle(
    kind: str, found: Iterable[Resource], *, base: str, total: int, here: str, after: str | None
) -> Resource:
    """Return a page of a search. `here` and `after` are the queries of this page and the next."""
    links = [{'relation': 'self', 'url': f'{base}/fhir/{kind}{here}'}]
    if after is not None:
        links.append({'relation': 'next', 'url': f'{base}/fhir/{kind}{after}'})
    entries = [
        {
            'fullUrl': f'{base}/fhir/{kind}/{one["id"]}',
            'resource': one,
            'search': {'mode': 'match'},
        }
        for one in found
    ]
    made: Resource = {
        'resourceType': 'Bundle',
        'type': 'searchset',
        'total': total,
        'link': links,
    }
    return made | ({'entry': entries} if entries else {})


#: What FHIR calls an error, by HTTP status.
_ISSUES: Final[Mapping[int, str]] = {
    401: 'login', 403: 'forbidden', 404: 'not-found', 405: 'not-supported', 408: 'timeout',
    409: 'conflict', 413: 'too-long', 415: 'not-supported', 429: 'throttled', 503: 'transient',
}  # fmt: skip


def outcome(status: int, text: str, *, field: str = '', code: str = '') -> Resource:
    """Return an error as FHIR says it. `code` is ours, `field` where in the resource."""
    kind = _ISSUES.get(status, 'exception' if status >= 500 else 'invalid')
    issue: Resource = {'severity': 'error', 'code': kind, 'diagnostics': text}
    if code:
        issue['details'] = {'coding': [{'system': 'urn:hospital-fleet:refusal', 'code': code}]}
    if field:
        issue['expression'] = [field]
    return {'resourceType': 'OperationOutcome', 'issue': [issue]}


def capabilities(*, base: str, at: int) -> Resource:
    """Return what this server can do."""
    searched = [{'name': name, 'type': kind} for name, kind in SEARCHED.items()]

    def can(kind: str) -> Resource:
        deeds = ['read', 'search-type'] + (['create'] if kind == 'SupplyRequest' else [])
        deeds += ['update'] if kind in ('SupplyRequest', 'Task') else []
        told = {'documentation': 'An update changes the status to cancelled, and nothing else.'}
        return (told if 'update' in deeds else {}) | {
            'type': kind,
            'interaction': [{'code': deed} for deed in deeds],
            'searchParam': searched,
        }

    return {
        'resourceType': 'CapabilityStatement',
        'status': 'active',
        'date': instant(at),
        'kind': 'instance',
        'fhirVersion': VERSION,
        'format': [MEDIA],
        'software': {'name': 'Hospital Fleet', 'version': __version__},
        'implementation': {'description': 'Deliveries by robots', 'url': f'{base}/fhir'},
        'rest': [{'mode': 'server', 'resource': [can(kind) for kind in TYPES]}],
    }
