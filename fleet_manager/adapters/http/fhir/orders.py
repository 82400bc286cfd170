"""A SupplyRequest as an order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from pydantic import ValidationError

from fleet_manager.adapters.http.fhir.states import URGENCY
from fleet_manager.application.outside_orders import OutsideOrder, WrongOrder
from fleet_manager.domain.units import Instant

#: The status of an order that is to be carried out.
_ACTIVE: Final = ('active', None)


def order_of(body: dict[str, Any]) -> OutsideOrder:
    """Return the order in a SupplyRequest. Raises WrongOrder with a FHIRPath as its field.

    Takes some ten milliseconds, and most of a second the first time: call from a thread.
    """
    from fhir.resources.R4B.supplyrequest import SupplyRequest  # takes most of a second

    if body.get('resourceType') != 'SupplyRequest':
        raise WrongOrder('resourceType', 'send a SupplyRequest')
    try:
        asked = SupplyRequest.model_validate(body)
    except ValidationError as error:
        raise _wrong(error) from None
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError):
        raise WrongOrder('SupplyRequest', 'is no FHIR R4B SupplyRequest') from None
    if asked.status not in _ACTIVE:
        raise WrongOrder('SupplyRequest.status', 'only an active request can be ordered')
    if asked.priority not in (*URGENCY, None):
        raise WrongOrder('SupplyRequest.priority', f'use one of {", ".join(URGENCY)}')
    earliest, latest = _window(asked)
    return OutsideOrder(
        number=_number(asked),
        goods=_goods(asked),
        sender=_place(asked.deliverFrom, 'deliverFrom'),
        recipient=_place(asked.deliverTo, 'deliverTo'),
        note=_note(asked),
        urgency=URGENCY[asked.priority].value if asked.priority else '',
        earliest=earliest,
        latest=latest,
    )


#: The status by which a resource takes back what it asked for.
WITHDRAWN: Final = {
    'SupplyRequest': ('cancelled', 'entered-in-error'),
    'Task': ('cancelled', 'entered-in-error'),
}


def check_withdrawn(kind: str, name: str, body: dict[str, Any]) -> None:
    """Raise WrongOrder unless this is the resource `kind`/`name`, taken back.

    `revoked`, which neither has in R4B, is understood as well: many systems say it of a request.
    """
    if body.get('resourceType') != kind:
        raise WrongOrder('resourceType', f'send a {kind}')
    if body.get('id', name) != name:
        raise WrongOrder(f'{kind}.id', 'is not the one in the address')
    if body.get('status') not in (*WITHDRAWN[kind], 'revoked'):
        raise WrongOrder(f'{kind}.status', 'can be changed to cancelled, and to nothing else')


#: Where a field of an order stands in a SupplyRequest.
PLACES: Final = {
    'number': 'SupplyRequest.identifier',
    'goods': 'SupplyRequest.item',
    'sender': 'SupplyRequest.deliverFrom',
    'recipient': 'SupplyRequest.deliverTo',
    'urgency': 'SupplyRequest.priority',
}


def _wrong(error: ValidationError) -> WrongOrder:
    """Name the first field that is wrong, without its value."""
    first = error.errors(include_input=False, include_context=False, include_url=False)[0]
    parts = [
        str(part)[:40] for part in first['loc'] if isinstance(part, str) and part.isidentifier()
    ]
    field = '.'.join(['SupplyRequest', *parts[:4]])
    return WrongOrder(field, 'is missing or not as FHIR R4B has it')


def _number(asked: Any) -> str:
    for one in asked.identifier or ():
        if one.value:
            return f'{one.system}|{one.value}' if one.system else str(one.value)
    raise WrongOrder('SupplyRequest.identifier', 'give the order number in your system')


def _goods(asked: Any) -> str:
    concept = asked.itemCodeableConcept
    codes = [one.code for one in (concept.coding or ()) if one.code] if concept else []
    if not codes:
        raise WrongOrder('SupplyRequest.item', 'give a code of goods in itemCodeableConcept')
    return str(codes[0])


def _place(reference: Any, name: str) -> str:
    """Return the code of a place: its identifier, else the id of its Location."""
    if reference is not None and reference.identifier is not None and reference.identifier.value:
        return str(reference.identifier.value)
    kind, _, place = (reference.reference or '').partition('/') if reference else ('', '', '')
    if kind != 'Location' or not place:
        raise WrongOrder(
            f'SupplyRequest.{name}', 'give the identifier of a station, or Location/<station>'
        )
    return str(place)


def _note(asked: Any) -> str:
    """Return what people at both ends read: how much of what, and why."""
    quantity, concept = asked.quantity, asked.itemCodeableConcept
    amount = f'{quantity.value} {quantity.unit or ""}' if quantity.value is not None else ''
    what = concept.text if concept is not None and concept.text else ''
    why = next((one.text for one in asked.reasonCode or () if one.text), '')
    return ' '.join(part for part in (amount.strip() if what else '', what, why) if part)


def _window(asked: Any) -> tuple[Instant, Instant]:
    period = asked.occurrencePeriod
    if period is None:
        return Instant(0), Instant(0)
    return _moment(period.start), _moment(period.end)


def _moment(value: date | datetime | None) -> Instant:
    """Return a moment in UTC ms, 0 for none; a day alone is its first moment."""
    if value is None:
        return Instant(0)
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if value.tzinfo is None:
        raise WrongOrder('SupplyRequest.occurrence', 'give times with their time zone')
    try:
        return Instant(max(0, int(value.timestamp() * 1_000)))
    except (OverflowError, ValueError):
        raise WrongOrder('SupplyRequest.occurrence', 'there is no such time') from None
