"""The check page's form: what is asked for, from text fields to the command."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, StringConstraints

from fleet_manager.adapters.http.auth import Person
from fleet_manager.adapters.http.bodies import Body, Id, Key, Note, Ticked
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.messages import RequestDelivery
from fleet_manager.domain.units import Instant

#: Barcodes as a scanner types them, one a line: as many as may be, twice over.
_MAX_SCANNED: Final = 2_000


def _printable(value: str) -> str:
    if any(unicodedata.category(one)[0] == 'C' and one not in '\r\n\t' for one in value):
        raise ValueError('control characters')
    return value


Scanned = Annotated[str, StringConstraints(max_length=_MAX_SCANNED), AfterValidator(_printable)]
Short = Annotated[Note, StringConstraints(max_length=64)]


class NewDelivery(Body):
    """The check page's form. The fields after `raised` are for some goods only."""

    key: Key
    goods: Id
    sender: Id
    recipient: Id
    note: Note = ''
    raised: Ticked = False
    kind: Literal['', 'stat'] = ''
    codes: Scanned = ''
    waste_type: Short = ''
    weight_kg: Short = ''
    bag: Short = ''

    def details(self) -> dict[str, str]:
        """Return what was filled in; of waste also what was not, so that it is asked for."""
        found = {
            'kind': self.kind,
            'codes': ' '.join(dict.fromkeys(plain(self.codes).split())),
            'waste_type': self.waste_type,
            'weight_kg': plain(self.weight_kg).strip().replace(',', '.'),
            'bag': plain(self.bag).strip(),
        }
        waste = self.goods == 'waste'
        return {
            name: value
            for name, value in found.items()
            if value or (waste and name in ('waste_type', 'weight_kg', 'bag'))
        }


def plain(typed: str) -> str:
    """Return full-width letters and digits of a Chinese keyboard, or scanner, as plain ones."""
    return unicodedata.normalize('NFKC', typed)


def request_delivery(
    person: Person,
    form: NewDelivery,
    *,
    earliest: int = 0,
    latest: int = 0,
    details: Mapping[str, str] | None = None,
) -> RequestDelivery:
    """Return the command of a filled-in check page, or of a program's request."""
    return RequestDelivery(
        person.actor(),
        form.key,
        form.goods,
        StationId(form.sender),
        StationId(form.recipient),
        form.note.strip(),
        raised=form.raised,
        earliest=Instant(earliest),
        latest=Instant(latest),
        details=form.details() if details is None else dict(details),
    )
