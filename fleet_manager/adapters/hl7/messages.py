"""HL7 v2 messages: orders out of ORM^O01 and OMS^O05, and the acknowledgement of either.

Where things stand in a message is one table, `docs/integration.md` shows it. Reading is tolerant,
as HL7 is used, and refuses by segment and field what we cannot do without.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from fleet_manager.application.outside_orders import Codes, OutsideOrder
from fleet_manager.domain.units import SECOND, Instant

#: Orders of one message.
MAX_ORDERS: Final = 50
MAX_SEGMENTS: Final = 400
MAX_HEADER: Final = 2_000
#: MSH-18 -> codec. Empty is UTF-8, of which ASCII is a part.
CHARSETS: Final = {
    '': 'utf-8',
    'ASCII': 'ascii',
    '8859/1': 'latin-1',
    'UNICODE UTF-8': 'utf-8',
    'GB 18030-2000': 'gb18030',
}
_TYPES: Final = (('ORM', 'O01'), ('OMS', 'O05'))
_VERSIONS: Final = re.compile(r'2\.[1-8](\.[12])?')
_PRIORITIES: Final = {'S': 'stat', 'A': 'urgent', 'T': 'urgent', 'R': 'routine', '': ''}
_ESCAPED: Final = {'F': '|', 'S': '^', 'T': '&', 'R': '~', 'E': '\\'}

#: HL7 table 0357.
REQUIRED, WRONG_VALUE, WRONG_TYPE = '101', '103', '102'
UNSUPPORTED_TYPE, UNSUPPORTED_VERSION, DUPLICATE, INTERNAL = '200', '203', '205', '207'
_MEANING: Final = {
    REQUIRED: 'Required field missing',
    WRONG_TYPE: 'Data type error',
    WRONG_VALUE: 'Table value not found',
    UNSUPPORTED_TYPE: 'Unsupported message type',
    UNSUPPORTED_VERSION: 'Unsupported version id',
    DUPLICATE: 'Duplicate key identifier',
    INTERNAL: 'Application internal error',
}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why an order was not taken: where (`ORC-2`), HL7's code, our code, and what to do."""

    place: str
    code: str
    text: str
    ours: str = ''


class WrongMessage(Exception):
    """A message, or an order of one, that cannot be taken."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.text)
        self.trouble = trouble


@dataclass(frozen=True, slots=True)
class Header:
    """What an acknowledgement needs of a message; empty where that could not be read."""

    application: str = ''
    facility: str = ''
    us: str = ''
    our_facility: str = ''
    kind: str = ''
    trigger: str = ''
    control: str = ''
    processing: str = 'P'
    version: str = '2.5'
    charset: str = ''


@dataclass(frozen=True, slots=True)
class Deed:
    """One order of a message: asked for, or taken back."""

    order: OutsideOrder
    cancels: bool = False


def header_of(message: bytes) -> Header:
    """Read the first line; ASCII is enough for it. Raises WrongMessage."""
    first = re.split(rb'[\r\n]', message, maxsplit=1)[0]
    if not first.startswith(b'MSH|^~\\&|') or len(first) > MAX_HEADER:
        raise _wrong('MSH-1', REQUIRED, 'a message begins with MSH|^~\\&|')
    fields = [part.decode('ascii', 'replace') for part in first.split(b'|')]
    fields += [''] * (19 - len(fields))
    kind, _, trigger = fields[8].partition('^')
    return Header(
        application=fields[2],
        facility=fields[3],
        us=fields[4],
        our_facility=fields[5],
        kind=kind,
        trigger=trigger.partition('^')[0],
        control=fields[9],
        processing=fields[10] or 'P',
        version=fields[11].partition('^')[0] or '2.5',
        charset=fields[17].partition('~')[0],
    )


def deeds_of(message: bytes, header: Header, codes: Codes) -> list[Deed | Trouble]:
    """Return the orders of a message, each or why it is none. Raises WrongMessage for all."""
    if (header.kind, header.trigger) not in _TYPES:
        raise _wrong('MSH-9', UNSUPPORTED_TYPE, 'send ORM^O01 or OMS^O05')
    if not header.control:
        raise _wrong('MSH-10', REQUIRED, 'give the message a control id')
    if not _VERSIONS.fullmatch(header.version):
        raise _wrong('MSH-12', UNSUPPORTED_VERSION, 'send version 2.1 to 2.8')
    groups = _groups(_segments(_text(message, header.charset), header.version))
    if not groups:
        raise _wrong('ORC', REQUIRED, 'there is no order in it')
    if len(groups) > MAX_ORDERS:
        raise _wrong('ORC', WRONG_TYPE, f'send {MAX_ORDERS} orders a message at most')
    found: list[Deed | Trouble] = []
    for group in groups:
        try:
            found.append(_deed(group, header, codes))
        except WrongMessage as wrong:
            found.append(wrong.trouble)
    return found


def acknowledgement(
    header: Header, troubles: Sequence[Trouble], *, code: str, now: Instant
) -> str:
    """Return an ACK: `code` is AA, AE or AR, each trouble an ERR segment."""
    at = datetime.fromtimestamp(now // SECOND, UTC).strftime('%Y%m%d%H%M%S+0000')
    msh = (
        'MSH|^~\\&',
        _safe(header.us) or 'FLEET',
        _safe(header.our_facility),
        _safe(header.application),
        _safe(header.facility),
        at,
        '',
        f'ACK^{_safe(header.trigger) or "O01"}^ACK',
        f'A{now}',
        _safe(header.processing),
        _safe(header.version),
        *[''] * 5,
        'UNICODE UTF-8',
    )
    lines = ['|'.join(msh), f'MSA|{code}|{_safe(header.control)}']
    for trouble in troubles:
        segment, _, field = trouble.place.partition('-')
        where = f'{segment}^1^{field}' if field else f'{segment}^1'
        meaning = f'{trouble.code}^{_MEANING[trouble.code]}^HL70357'
        lines.append(f'ERR||{where}|{meaning}|E|{_escape(trouble.ours)}|||{_escape(trouble.text)}')
    return '\r'.join(lines) + '\r'


# --- reading ---


def _wrong(place: str, code: str, text: str) -> WrongMessage:
    return WrongMessage(Trouble(place, code, text))


def _text(message: bytes, charset: str) -> str:
    codec = CHARSETS.get(charset)
    if codec is None:
        known = ', '.join(name for name in CHARSETS if name)
        raise _wrong('MSH-18', WRONG_VALUE, f'use one of {known}')
    try:
        return message.decode(codec)
    except UnicodeDecodeError:
        said = charset or 'UNICODE UTF-8'
        raise _wrong('MSH-18', WRONG_TYPE, f'the message is not written in {said}') from None


def _segments(text: str, version: str) -> list[Any]:
    """Return the segments as the library reads them."""
    from hl7apy.consts import VALIDATION_LEVEL  # takes a while
    from hl7apy.exceptions import HL7apyException
    from hl7apy.parser import parse_segments

    lines = [line for line in re.split(r'[\r\n]+', text) if line]
    if len(lines) > MAX_SEGMENTS:
        raise _wrong('MSH', WRONG_TYPE, f'send {MAX_SEGMENTS} segments a message at most')
    wanted = [line for line in lines if line[:4] in _WANTED]
    try:
        return list(
            parse_segments('\r'.join(wanted), version, validation_level=VALIDATION_LEVEL.TOLERANT)
        )
    except (HL7apyException, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        raise _wrong('MSH', WRONG_TYPE, 'the message is no HL7 v2') from None


_WANTED: Final = frozenset({'ORC|', 'TQ1|', 'RQD|', 'OBR|', 'PV1|'})


def _groups(segments: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the segments of each order: from an ORC to the next. PV1 belongs to all."""
    visit = {one.name: one for one in segments if one.name == 'PV1'}
    groups: list[dict[str, Any]] = []
    for segment in segments:
        if segment.name == 'ORC':
            groups.append({**visit, 'ORC': segment})
        elif groups and segment.name != 'PV1':
            groups[-1].setdefault(segment.name, segment)
    return groups


def _deed(group: dict[str, Any], header: Header, codes: Codes) -> Deed:
    control = _value(group, 'ORC', 1)
    if control not in ('NW', 'CA', 'DC'):
        raise _wrong('ORC-1', WRONG_VALUE, 'use NW to order, CA or DC to take an order back')
    number = _number(group, header)
    if control != 'NW':
        return Deed(OutsideOrder(number, '', '', ''), cancels=True)
    goods = next(
        (code for place in ((4, 'OBR'), (2, 'RQD'), (3, 'RQD'), (4, 'RQD'))
         if (code := _value(group, place[1], place[0]))), ''
    )  # fmt: skip
    if not goods:
        raise _wrong('RQD-2', REQUIRED, 'give a code of goods in RQD-2, or in OBR-4')
    ward = _value(group, 'RQD', 9) or _value(group, 'ORC', 13) or _value(group, 'PV1', 3)
    if not ward:
        raise _wrong('RQD-9', REQUIRED, 'name the ward in RQD-9, ORC-13 or PV1-3')
    end = codes.other_ends.get(codes.goods.get(goods, goods))
    if end is None:
        text = 'integration.yaml has no other_ends for these goods: say there where they come from'
        raise _wrong('RQD-2', WRONG_VALUE, text)
    fetched = end.way == 'from'
    return Deed(
        OutsideOrder(
            number,
            goods=goods,
            sender=end.station if fetched else ward,
            recipient=ward if fetched else end.station,
            note=_note(group),
            urgency=_urgency(group),
        )
    )


def _number(group: dict[str, Any], header: Header) -> str:
    """Return the placer's order number with what it is unique in."""
    number, space = _value(group, 'ORC', 2), _value(group, 'ORC', 2, 2)
    unique, kind = _value(group, 'ORC', 2, 3), _value(group, 'ORC', 2, 4)
    if not number:
        raise _wrong('ORC-2', REQUIRED, 'give the order number in your system')
    if unique and kind == 'ISO':
        return f'urn:oid:{unique}|{number}'
    space = space or header.application
    return f'{space}|{number}' if space else number


def _urgency(group: dict[str, Any]) -> str:
    said = _value(group, 'TQ1', 9) or _value(group, 'ORC', 7, 6) or _value(group, 'OBR', 27, 6)
    urgency = _PRIORITIES.get(said[:1] if said[:2] != 'TM' else 'R')
    if urgency is None:
        raise _wrong('TQ1-9', WRONG_VALUE, 'use S, A, T or R, or nothing')
    return urgency


def _note(group: dict[str, Any]) -> str:
    """Return how much of what, for people at both ends. No NTE: names stand in those."""
    what = _value(group, 'RQD', 2, 2) or _value(group, 'OBR', 4, 2)
    amount = f'{_value(group, "RQD", 5)} {_value(group, "RQD", 6)}'.strip()
    return f'{amount} {what}'.strip() if what else ''


def _value(group: dict[str, Any], segment: str, field: int, component: int = 1) -> str:
    """Return a component of the first repetition of a field, without escapes; '' for none."""
    if segment not in group:
        return ''
    try:
        repetitions = getattr(group[segment], f'{segment.lower()}_{field}')
        text = repetitions[0].to_er7() if len(repetitions) else ''
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return ''
    parts = text.split('~')[0].split('^')
    value = parts[component - 1].split('&')[0] if len(parts) >= component else ''
    value = re.sub(r'\\([FSTRE])\\', lambda found: _ESCAPED[found[1]], value)
    return '' if value == '""' else value.strip()


# --- writing ---


def _safe(text: str) -> str:
    """Return what a sender said of itself, to be said back: no separators, not long."""
    return re.sub(r'[^\x20-\x7e]|[|~\\&]', '', text)[:180]


def _escape(text: str) -> str:
    for sign in '\\|^&~':
        letter = next(key for key, value in _ESCAPED.items() if value == sign)
        text = text.replace(sign, f'\\{letter}\\' if sign != '\\' else '\\E\\')
    return re.sub(r'[\x00-\x1f\x7f]', ' ', text)
