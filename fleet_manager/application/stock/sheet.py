"""The catalogue and stock as one CSV file: what people edit in a spreadsheet.

    sheet = read_sheet(text, hospital, known)       # raises BrokenSheet with every problem
    text = write_sheet(items, held, lines)

One row an item, station and lot. Cells that a spreadsheet would take for a formula are written
with an apostrophe before them, and read back without it.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from fleet_manager.application.stock.model import MAX_COUNT, Held, Item, Line
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital, Name

COLUMNS: Final = (
    'code', 'name_zh', 'name_en', 'goods', 'unit', 'station', 'lot', 'expires', 'count',
    'warning', 'target', 'source',
)  # fmt: skip
#: Larger catalogues are imported in parts.
MAX_ROWS: Final = 20_000
#: So many problems are told; a file with more is the wrong file.
MAX_PROBLEMS: Final = 50
#: What a spreadsheet may take for the beginning of a formula.
FORMULA: Final = ('=', '+', '-', '@', '\t', '\r')
_LENGTHS: Final = {'code': 40, 'name_zh': 100, 'name_en': 100, 'unit': 20, 'lot': 40}


@dataclass(frozen=True, slots=True)
class SheetProblem:
    """What is wrong with one cell: a code, and what its sentence mentions."""

    line: int
    column: str
    code: str
    value: str = ''


class BrokenSheet(Exception):
    """Nothing was taken over: these are the problems."""

    def __init__(self, problems: list[SheetProblem]) -> None:
        super().__init__(f'{len(problems)} problems')
        self.problems = tuple(problems[:MAX_PROBLEMS])


@dataclass(slots=True)
class Sheet:
    """What a file says: items by code, counted lots, and lines."""

    items: dict[str, Item] = field(default_factory=dict)
    counts: dict[tuple[str, str, str], Held] = field(default_factory=dict)
    lines: dict[tuple[str, str], Line] = field(default_factory=dict)

    def stations(self) -> set[StationId]:
        """Return the stations it changes something at."""
        counted = {one.station for one in self.counts.values()}
        return counted | {one.station for one in self.lines.values()}


def safe_cell(value: object) -> str:
    """Return a cell that no spreadsheet runs. Whole numbers stay numbers."""
    text = str(value)
    if isinstance(value, int) or not text.startswith((*FORMULA, "'")):
        return text
    return "'" + text


def plain_cell(text: str) -> str:
    """Return what `safe_cell` was given."""
    text = text.strip()
    return text[1:] if text[:1] == "'" and text[1:2] in {*FORMULA, "'"} else text


def write_sheet(items: Mapping[str, Item], held: Iterable[Held], lines: Iterable[Line]) -> str:
    """Return everything as CSV that `read_sheet` takes back. Lots that are gone are left out."""
    out = io.StringIO(newline='')
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    left = {(line.station, line.item): line for line in lines}
    used = set()
    rows: list[tuple[str, str, str, list[object]]] = []
    for one in held:
        line = left.pop((one.station, one.item), None)
        used.add(one.item)
        rows.append((one.item, one.station, one.lot, _row(items[one.item], one, line)))
    for (station, item), line in left.items():
        used.add(item)
        rows.append((item, station, '', _row(items[item], None, line)))
    rows += [
        (item.code, '', '', _row(item, None, None))
        for item in items.values()
        if item.code not in used
    ]
    for *_, row in sorted(rows, key=lambda one: one[:3]):
        writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue()


def _row(item: Item, held: Held | None, line: Line | None) -> list[object]:
    station = held.station if held else line.station if line else ''
    return [
        item.code,
        item.name.zh,
        item.name.en,
        item.goods,
        item.unit,
        station,
        held.lot if held else '',
        held.expires if held else '',
        held.count if held else '',
        line.warning if line else '',
        line.target if line else '',
        line.source if line else '',
    ]


def read_sheet(text: str, hospital: Hospital, known: Mapping[str, Item]) -> Sheet:
    """Read a file whole. Raises BrokenSheet with line, column and reason of what is wrong.

    `known` is the catalogue: of an item in it the file may leave out everything but the code.
    """
    reader = csv.reader(io.StringIO(text.removeprefix('\ufeff')), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, row))
            if len(rows) > MAX_ROWS + 1:
                raise BrokenSheet([SheetProblem(reader.line_num, '', 'too_long', str(MAX_ROWS))])
    except csv.Error:
        raise BrokenSheet([SheetProblem(reader.line_num, '', 'not_csv')]) from None
    if not rows:
        raise BrokenSheet([SheetProblem(1, '', 'empty')])
    at, first = rows[0]
    header = [cell.strip().lower() for cell in first]
    wrong = [SheetProblem(at, name[:40], 'column') for name in header if name not in COLUMNS]
    wrong += [SheetProblem(at, n, 'column_twice') for n in COLUMNS if header.count(n) > 1]
    if wrong or 'code' not in header:
        raise BrokenSheet(wrong or [SheetProblem(at, 'code', 'column_missing')])
    return _Reader(hospital, known).read(header, rows[1:])


class _Reader:
    """Reads rows and collects what is wrong with them."""

    def __init__(self, hospital: Hospital, known: Mapping[str, Item]) -> None:
        self._hospital = hospital
        self._known = known
        self._sheet = Sheet()
        self._wrong: list[SheetProblem] = []
        self._line = 0

    def read(self, header: list[str], rows: list[tuple[int, list[str]]]) -> Sheet:
        """Return what the rows say. Raises BrokenSheet."""
        for self._line, row in rows:
            if len(row) > len(header):
                self._say('', 'cells')
                continue
            cells = dict.fromkeys(COLUMNS, '') | {
                name: plain_cell(cell) for name, cell in zip(header, row, strict=False)
            }
            if self._texts_fit(cells):
                item = self._item(cells)
                if item is not None:
                    self._at_station(item, cells)
            if len(self._wrong) >= MAX_PROBLEMS:
                break
        if self._wrong:
            raise BrokenSheet(self._wrong)
        return self._sheet

    def _say(self, column: str, code: str, value: str = '') -> None:
        self._wrong.append(SheetProblem(self._line, column, code, value[:40]))

    def _texts_fit(self, cells: Mapping[str, str]) -> bool:
        before = len(self._wrong)
        for column, cell in cells.items():
            if any(unicodedata.category(character)[0] == 'C' for character in cell):
                self._say(column, 'control')
            elif len(cell) > _LENGTHS.get(column, 64):
                self._say(column, 'long', str(_LENGTHS.get(column, 64)))
        if not cells['code'] or ' ' in cells['code']:
            self._say('code', 'code', cells['code'])
        return len(self._wrong) == before

    def _item(self, cells: Mapping[str, str]) -> Item | None:
        code = cells['code']
        before = self._sheet.items.get(code) or self._known.get(code)
        zh = cells['name_zh'] or cells['name_en'] or (before.name.zh if before else '')
        en = cells['name_en'] or cells['name_zh'] or (before.name.en if before else '')
        if before is not None and cells['name_zh'] == '' and cells['name_en'] == '':
            zh, en = before.name.zh, before.name.en
        goods = cells['goods'] or (before.goods if before else '')
        unit = cells['unit'] or (before.unit if before else '')
        if not zh:
            self._say('name_zh', 'missing')
        elif goods not in GOODS:
            self._say('goods', 'goods', goods)
        elif not unit:
            self._say('unit', 'missing')
        else:
            item = Item(code, Name(zh, en), goods, unit)
            if self._sheet.items.setdefault(code, item) != item:
                self._say('code', 'differs', code)
            return item
        return None

    def _at_station(self, item: Item, cells: Mapping[str, str]) -> None:
        named = [c for c in ('lot', 'expires', 'count', 'warning', 'target') if cells[c]]
        if not cells['station']:
            if named:
                self._say('station', 'missing')
            return
        station = StationId(cells['station'])
        if station not in self._hospital.stations:
            self._say('station', 'station', station)
            return
        self._count(item, station, cells)
        self._warning(item, station, cells)

    def _count(self, item: Item, station: StationId, cells: Mapping[str, str]) -> None:
        expires = self._date(cells['expires'])
        count = self._number('count', cells['count'])
        if count is None and (cells['lot'] or cells['expires']) and not cells['count']:
            self._say('count', 'missing')
        if count is None or expires is None:
            return
        key = (station, item.code, cells['lot'])
        if key in self._sheet.counts:
            self._say('lot', 'lot_twice', cells['lot'])
        self._sheet.counts[key] = Held(station, item.code, cells['lot'], expires, count)

    def _warning(self, item: Item, station: StationId, cells: Mapping[str, str]) -> None:
        if not (cells['warning'] or cells['target'] or cells['source']):
            return
        warning, target = (self._number(name, cells[name]) for name in ('warning', 'target'))
        for name in ('warning', 'target', 'source'):
            if not cells[name]:
                self._say(name, 'missing')
        source = StationId(cells['source'])
        if warning is None or target is None or not source:
            return
        stations = self._hospital.stations
        if target < warning:
            self._say('target', 'target', cells['target'])
        elif source not in stations:
            self._say('source', 'station', source)
        elif source == station or item.goods not in stations[source].sends:
            self._say('source', 'sends', source)
        elif item.goods not in stations[station].takes:
            self._say('station', 'takes', station)
        else:
            line = Line(station, item.code, warning, target, source)
            if self._sheet.lines.setdefault((station, item.code), line) != line:
                self._say('warning', 'line_twice', item.code)

    def _number(self, column: str, cell: str) -> int | None:
        if not cell:
            return None
        if not (cell.isascii() and cell.isdigit()) or int(cell) > MAX_COUNT:
            self._say(column, 'number', cell)
            return None
        return int(cell)

    def _date(self, cell: str) -> str | None:
        if not cell:
            return ''
        try:
            return date.fromisoformat(cell.replace('/', '-')).isoformat()
        except ValueError:
            self._say('expires', 'date', cell)
            return None
