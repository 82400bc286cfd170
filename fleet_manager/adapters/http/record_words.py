"""A record of custody in words: as rows of a table, for CSV and for paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo

from fleet_manager.adapters.http.i18n import Words
from fleet_manager.adapters.http.pages import name_of
from fleet_manager.application.custody_export import CustodyExport, CustodyLine, CustodySheet
from fleet_manager.application.documents import Document, Part
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital

#: Columns of the CSV file; codes, the same in every language. In one are `text`, and what stands
#: for a name that was erased.
COLUMNS = (
    'delivery', 'number', 'goods', 'urgency', 'sender', 'recipient', 'journal_line', 'time_utc',
    'event', 'text', 'account', 'witness', 'robot', 'compartment', 'holder', 'detail', 'hash',
)  # fmt: skip


def table(export: CustodyExport, words: Words) -> Iterator[list[object]]:
    """Return the rows of the CSV file. The last one is the end of the journal's hash chain."""
    yield list(COLUMNS)
    for sheet in export.sheets:
        of = [sheet.delivery, sheet.number, sheet.goods, sheet.urgency]
        ends = [sheet.sender, sheet.recipient]
        for line in sheet.lines:
            utc = datetime.fromtimestamp(line.at / 1_000, UTC).isoformat(timespec='milliseconds')
            kind, colon, who = line.holder.partition(':')
            holder = f'{kind}{colon}{words.kept(who)}'
            people = [words.kept(line.actor), words.kept(line.witness)]
            said = [*people, line.robot, line.compartment, holder]
            yield [
                *of, *ends, line.seq, utc, line.kind, _event(line, words), *said, line.detail,
                line.hash,
            ]  # fmt: skip
    blank = [''] * (len(COLUMNS) - 1)
    blank[COLUMNS.index('event')] = 'journal_head'
    rest: list[object] = [*blank, export.head_hash]
    rest[COLUMNS.index('journal_line')] = export.head_seq
    yield rest


def document(
    export: CustodyExport,
    words: Words,
    hospital: Hospital,
    *,
    period: str,
    made_at: int,
    zone: tzinfo,
) -> Document:
    """Return the same for paper; times are those of `zone`."""
    made = datetime.fromtimestamp(made_at / 1_000, zone)
    return Document(
        title=words('records.document', hospital=name_of(hospital, words.lang)),
        about=(
            words('records.about', what=period, n=len(export.sheets)),
            words('records.made', time=f'{made:%Y-%m-%d %H:%M:%S %z}'),
        ),
        columns=tuple(
            words(f'records.column.{name}')
            for name in ('line', 'time', 'event', 'account', 'holder', 'detail', 'hash')
        ),
        widths=(0.06, 0.16, 0.21, 0.17, 0.18, 0.12, 0.10),
        parts=tuple(_part(sheet, words, hospital, zone) for sheet in export.sheets),
        footer=words('records.head', line=export.head_seq, hash=export.head_hash),
        page=words('records.page', page='{page}', pages='{pages}'),
    )


def _part(sheet: CustodySheet, words: Words, hospital: Hospital, zone: tzinfo) -> Part:
    sender, recipient = (_station(hospital, end, words) for end in (sheet.sender, sheet.recipient))
    heading = ' · '.join(
        (
            f'{words("delivery.number", number=sheet.number)} ({sheet.delivery})',
            words.known(f'goods.{sheet.goods}', 'reports.other'),
            words.known(f'urgency.{sheet.urgency}', 'reports.other'),
            f'{sender} → {recipient}',
        )
    )
    return Part(heading, tuple(_row(line, words, hospital, zone) for line in sheet.lines))


def _row(line: CustodyLine, words: Words, hospital: Hospital, zone: tzinfo) -> tuple[str, ...]:
    local = datetime.fromtimestamp(line.at / 1_000, zone)
    return (
        str(line.seq),
        f'{local:%Y-%m-%d %H:%M:%S}',
        _event(line, words),
        ' + '.join(words.kept(one) for one in (line.actor, line.witness) if one),
        _holder(line.holder, words, hospital),
        line.detail,
        line.hash[:12],
    )


def _event(line: CustodyLine, words: Words) -> str:
    key = f'records.event.{line.kind}'
    return words(key) if key in words.texts else line.kind


def _holder(holder: str, words: Words, hospital: Hospital) -> str:
    kind, _, who = holder.partition(':')
    if kind in ('sender', 'recipient', 'keeper'):
        who = _station(hospital, StationId(who), words)
    elif kind == 'porter':
        who = words.kept(who)
    return words.known(f'records.holder.{kind}', 'reports.other', who=who)


def _station(hospital: Hospital, station: StationId, words: Words) -> str:
    known = hospital.stations.get(station)
    return str(station) if known is None else f'{name_of(known, words.lang)} {known.code}'
