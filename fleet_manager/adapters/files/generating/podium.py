"""The basement and F1 to F3: a grid of streets with departments between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from fleet_manager.adapters.files.generating.base import draw_base, draw_dirty_yard
from fleet_manager.adapters.files.generating.core import draw_core
from fleet_manager.adapters.files.generating.departments import Department, Stop
from fleet_manager.adapters.files.generating.frame import (
    BASEMENT,
    CENTRE,
    CORE,
    LENGTH,
    LETTERS,
    LINK_BAR,
    LOWER,
    NORTH_BAR,
    SOUTH_BAR,
    STREET,
    UPPER,
    south,
)
from fleet_manager.adapters.files.generating.plan import Plan
from fleet_manager.adapters.files.generating.programme import department
from fleet_manager.adapters.files.generating.rows import Slot, share_out, with_desk
from fleet_manager.adapters.files.generating.sheet import (
    SLOW,
    Box,
    Point,
    Sheet,
    Street,
    Words,
    named,
)

_FLOORS: Final = (
    (BASEMENT, '地下一楼 Basement', -1, -5.4),
    ('F1', '1_楼 Floor 1', 1, 0.0),
    ('F2', '2_楼 Floor 2', 2, 5.4),
    ('F3', '3_楼 Floor 3', 3, 10.8),
)
_BELOW, _GROUND = 0, 1

_SOUTH, _NORTH = 8.1, 19.5
#: Streets that run north: the name and the middle of each, from west to east.
_CROSS: Final = (('w', 1.5), ('i', 32.1), ('j', 56.1), ('e', 86.7))
#: Blocks of a bar where cross streets pass, and at the ends of the building, where none do.
_COLUMNS: Final = {'W': (3.0, 30.6), 'C': CENTRE, 'E': (57.6, 85.2)}
_END_COLUMNS: Final = {'W': (0.0, 30.6), 'C': (30.6, 57.6), 'E': (57.6, LENGTH)}
_STAIRS: Final = {'w': (3.0, 6.0), 'e': (82.2, 85.2)}

#: Where along the streets something may be joined on, by column; in C by bar as well.
_PLACES: Final = {
    'W': (9.0, 16.8, 24.6),
    'E': (63.6, 71.4, 79.2),
    'SC': (36.3, 51.9),
    'NC': (46.2, 52.8),
    'LC': (40.1, 48.1),
}
#: The middle of the way from the street to a department's staff corridor.
_ENTRIES: Final = {'W': 12.9, 'E': 75.3, 'SC': 44.1, 'NC': 49.5, 'LC': 44.1}
_STAFF_CORRIDOR: Final = 1.8
#: Metres. A block this deep has a staff corridor between its two rows of rooms.
_DEEP: Final = 10.0

#: Metres. Width and depth of where goods are handed over, and the depth behind a badge door.
_HATCH: Final = (2.4, 1.8)
_BADGE_DEPTH: Final = 3.0
_BADGE_DOOR: Final = 1.6
_NICHE: Final = (1.8, 1.5)
#: Where robots may wait beside the streets of a core: three before each of the busy departments,
#: which are on the south one, and two on the other.
_NICHES: Final = (
    *(('s', x) for x in (12.9, 16.8, 20.7, 67.5, 71.4, 75.3)),
    *(('n', x) for x in (9.0, 16.8, 71.4, 79.2)),
)
_FIRE_LINES: Final = (30.6, 57.6)
_FIRE_DOOR: Final = 2.4

_HALL_DEPTH: Final = 3.6
_SHOP: Final = 6.0
#: How far the entrance stands out.
_PORTICO: Final = 3.0
_HALL_ROBOTS: Final = 3


def draw_podium_floor(storey: int, plan: Plan, bases: int) -> Sheet:
    """Draw the basement (0) or one of the podium's floors; `bases` towers have a robot base."""
    floor, words, level, elevation = _FLOORS[storey]
    towers = plan.towers
    sheet = Sheet(floor, words, level, elevation, _outline(storey, towers))
    phones = iter(f'9{storey}{number:02d}' for number in range(1, 100))
    podium = _Podium(sheet, storey, plan, bases, _draw_streets(sheet, towers), phones)
    for band in range(towers):
        podium.draw_band(band)
    _draw_compartments(sheet, podium.rows)
    return sheet


def _outline(storey: int, towers: int) -> list[Point]:
    low, high = SOUTH_BAR[0], south(towers - 1) + NORTH_BAR[1]
    west, east = CENTRE[0] + _SHOP, CENTRE[1] - _SHOP
    portico = [(west, low), (west, low - _PORTICO), (east, low - _PORTICO), (east, low)]
    return [
        (0.0, low),
        *(portico if storey == _GROUND else ()),
        (LENGTH, low),
        (LENGTH, high),
        (0.0, high),
    ]


def _draw_streets(sheet: Sheet, towers: int) -> list[dict[str, Street]]:
    """Draw the grid; return for each band its streets `s`, `n`, and `l` and `u` north of it."""
    rows = []
    for band in range(towers):
        names = ('s', 'n', 'l', 'u') if band < towers - 1 else ('s', 'n')
        rows.append({name: _draw_row(sheet, band, name) for name in names})
    streets = [street for row in rows for street in row.values()]
    half = STREET / 2
    for order, (name, x) in enumerate(_CROSS, start=1):
        cross = sheet.street(name, 'y', x, STREET)
        for street in streets:
            sheet.cross(street, cross)
        for number, (lower, upper) in enumerate(pairwise(streets), start=1):
            box = (x - half, lower.at + half, x + half, upper.at - half)
            words = f'{order}号通道 Passage {order}'
            sheet.room(f'pass-{order}-{number}', words, 'corridor', box)
    return rows


def _draw_row(sheet: Sheet, band: int, name: str) -> Street:
    words, y, centre = {
        's': ('南街 South street', _SOUTH, 'SC'),
        'n': ('北街 North street', _NORTH, 'NC'),
        'l': ('内街 Inner street', LOWER, 'LC'),
        'u': ('外街 Outer street', UPPER, 'LC'),
    }[name]
    letter, middle = LETTERS[band], south(band) + y
    box = (0.0, middle - STREET / 2, LENGTH, middle + STREET / 2)
    sheet.room(f'{letter}-street-{name}', words, 'corridor', box)
    if name in 'sn':
        sheet.zone(f'{letter}-egress-{name}', '疏散通道 Egress', 'egress', box)
    street = sheet.street(f'{letter}{name}', 'x', middle, STREET)
    for x in (*_PLACES['W'], *_PLACES[centre], *_PLACES['E']):
        sheet.mark(street, x)
    return street


def _draw_compartments(sheet: Sheet, rows: list[dict[str, Street]]) -> None:
    """Draw fire compartments, and the doors where streets pass from one to the next."""
    low, high = SOUTH_BAR[0], south(len(rows) - 1) + NORTH_BAR[1]
    lines = [south(band) + LINK_BAR[0] for band in range(len(rows) - 1)]
    for band, (y1, y2) in enumerate(pairwise((low, *lines, high))):
        for column, (x1, x2) in zip('wce', pairwise((0.0, *_FIRE_LINES, LENGTH)), strict=True):
            zone, words = f'{LETTERS[band]}{column}-fire', '防火分区 Fire compartment'
            sheet.zone(zone, words, 'fire_compartment', (x1, y1, x2, y2))
    for row in rows:
        for street in row.values():
            _draw_fire_doors(sheet, street, _FIRE_LINES)
    for name, _ in _CROSS:
        _draw_fire_doors(sheet, sheet.streets[name], lines)


def _draw_fire_doors(sheet: Sheet, street: Street, places: Sequence[float]) -> None:
    for number, along in enumerate(places, start=1):
        door, at = f'{street.id}-fire-{number}', street.point(along)
        street.doors[along] = sheet.door(door, '防火门 Fire door', at, _FIRE_DOOR, fire=True)


@dataclass(frozen=True, slots=True)
class _Podium:
    """A floor of the podium: `rows` are the streets of each band, `phones` the free numbers."""

    sheet: Sheet
    storey: int
    plan: Plan
    bases: int
    rows: list[dict[str, Street]]
    phones: Iterator[str]

    def draw_band(self, band: int) -> None:
        """Draw what stands round one tower, and between it and the next."""
        row, up = self.rows[band], south(band)
        draw_core(self.sheet, band, self.plan.lifts, row['s'], row['n'])
        for side, (west, east) in _STAIRS.items():
            box = (west, up + CORE[0], east, up + CORE[1])
            self.sheet.room(f'{LETTERS[band]}{side}-stairs', '楼梯 Stairs', 'stairs', box)
        for bar in 'SKNL' if band < self.plan.towers - 1 else 'SKN':
            for column in 'WE' if bar == 'K' else 'WCE':
                self._fill(band, bar, column)
        for side, x in _NICHES:
            self._draw_niche(band, side, x)

    def _fill(self, band: int, bar: str, column: str) -> None:
        """Fill a block with its department, or with what is drawn for itself."""
        sheet, row, box = self.sheet, self.rows[band], self._block(band, bar, column)
        if self.storey == _BELOW and bar + column == 'NC':
            draw_dirty_yard(sheet, band, box, row['n'], next(self.phones))
            return
        if self.storey == _BELOW and bar + column == 'NE' and band < self.bases:
            draw_base(sheet, band, box, row['n'])
            return
        found = department(self.storey, band, bar + column)
        if found is None:
            self._draw_hall(box, row['s'])
            return
        block = _Block(f'{LETTERS[band]}{bar.lower()}{column.lower()}', bar, column, box)
        _draw_department(sheet, block, found)
        street = row[{'S': 's', 'K': 's', 'N': 'n', 'L': 'l'}[bar]]
        for stop in found.stops:
            _draw_stop(sheet, stop, block, street, next(self.phones))

    def _block(self, band: int, bar: str, column: str) -> Box:
        y1, y2 = {'S': SOUTH_BAR, 'K': CORE, 'N': NORTH_BAR, 'L': LINK_BAR}[bar]
        is_end = (bar == 'S' and band == 0) or (bar == 'N' and band == self.plan.towers - 1)
        x1, x2 = (_END_COLUMNS if is_end else _COLUMNS)[column]
        if bar == 'K':
            x1, x2 = (_STAIRS['w'][1], x2) if column == 'W' else (x1, _STAIRS['e'][0])
        return (x1, south(band) + y1, x2, south(band) + y2)

    def _draw_niche(self, band: int, side: str, x: float) -> None:
        """Draw a bay beside a street, on the side of the core."""
        width, depth = _NICHE
        edge = south(band) + CORE[0 if side == 's' else 1]
        inward = 1.0 if side == 's' else -1.0
        low, high = sorted((edge, edge + inward * depth))
        bay = f'{LETTERS[band]}{side}-bay-{int(x)}'
        box = (x - width / 2, low, x + width / 2, high)
        self.sheet.cut(bay, '停靠位 Robot bay', 'robot', box)
        self.sheet.node(bay, (x, edge + inward * 0.7), 'parking')
        way = self.sheet.mark(self.rows[band][side], x)
        self.sheet.lane(way, bay, width, speed=SLOW)
        refuge = (box[0], low + 0.1, box[2], high - 0.1)
        self.sheet.zone(f'{bay}-refuge', '避让点 Refuge', 'refuge', refuge)

    def _draw_hall(self, box: Box, street: Street) -> None:
        """Draw the entrance hall with the service centre, which sends robots on errands."""
        sheet, (x1, y1, x2, y2) = self.sheet, box
        y, west, east = y2 - _HALL_DEPTH, CENTRE[0] + _SHOP, CENTRE[1] - _SHOP
        words = '一站式服务中心 Service centre'
        sheet.room('service', words, 'office', (x1, y1, west, y))
        sheet.room('shop', '便利店 Shop', 'office', (east, y1, x2, y))
        sheet.room('hall', '门诊大厅 Entrance hall', 'lobby', (x1, y, x2, y2))
        sheet.room('foyer', '门斗 Foyer', 'lobby', (west, y1 - _PORTICO, east, y))
        x = _PLACES['SC'][0]
        sheet.station(
            'svc',
            at=(x, y2 - _HALL_DEPTH / 2),
            code='SVC',
            name=named(words),
            kind='porters',
            phone=next(self.phones),
            sends=['supply'],
            takes=['supply'],
            keeps=['drug', 'sterile', 'supply', 'linen'],
        )
        sheet.lane(sheet.mark(street, x), 'svc', _HATCH[0], speed=SLOW)
        zone = (CENTRE[0], y1, CENTRE[1], y2 + STREET)
        sheet.zone('hall-public', '公共区 Public area', 'public', zone, robots=_HALL_ROBOTS)


@dataclass(frozen=True, slots=True)
class _Block:
    """A piece of the grid between streets, by its bar and column."""

    id: str
    bar: str
    column: str
    box: Box

    @property
    def place(self) -> str:
        return self.bar + self.column if self.column == 'C' else self.column


def _draw_department(sheet: Sheet, block: _Block, found: Department) -> None:
    """Draw two rows of rooms; in a deep block with a staff corridor between them."""
    x1, y1, x2, y2 = block.box
    has_corridor = y2 - y1 > _DEEP and len(found.front) > 1
    rows = 2 if found.back else 1
    depth = (y2 - y1 - (_STAFF_CORRIDOR if has_corridor else 0.0)) / rows
    front, back = (y1, y1 + depth), (y2 - depth, y2)
    if block.bar == 'S':
        front, back = back, front
    stretches = [(x1, x2)]
    if has_corridor:
        entry = _ENTRIES[block.place]
        stretches = [(x1, entry - _STAFF_CORRIDOR / 2), (entry + _STAFF_CORRIDOR / 2, x2)]
        _draw_staff_corridor(sheet, block, found.words, stretches, front, back)
    desk = _PLACES[block.place][found.stops[0].place] if len(found.stops) == 1 else None
    in_front = with_desk(stretches, found.front, desk)
    behind = zip(share_out([(x1, x2)], len(found.back)), found.back, strict=True)
    rooms = [(slot, front, room) for slot, room in in_front]
    rooms += [(slot, back, room) for slot, room in behind]
    for number, ((west, east), (low, high), (words, kind)) in enumerate(rooms, start=1):
        sheet.room(f'{block.id}-{number:02d}', words, kind, (west, low, east, high))
    if found.zone == 'clean':
        sheet.zone(f'{block.id}-clean', found.words, 'clean', block.box)
    elif found.zone == 'no_go':
        (west, east), (low, high), (words, _) = rooms[len(found.front)]
        sheet.zone(f'{block.id}-no-go', words, 'no_go', (west, low, east, high))


def _draw_staff_corridor(
    sheet: Sheet,
    block: _Block,
    words: Words,
    stretches: list[Slot],
    front: Slot,
    back: Slot,
) -> None:
    """Draw the corridor between the rows, closed at its ends, and the way to it from the street.

    No robot drives there.
    """
    x1, _, x2, _ = block.box
    zh, en = named(words).values()
    low, high = min(front[1], back[1]), max(front[0], back[0])
    name = f'{zh}内走廊 {en}, staff only'
    sheet.room(f'{block.id}-inner', name, 'corridor', (x1, low, x2, high))
    entry = (stretches[0][1], front[0], stretches[1][0], front[1])
    sheet.room(f'{block.id}-entry', name, 'corridor', entry)
    for x in (x1, x2):
        sheet.wall((x, low), (x, high))


def _draw_stop(sheet: Sheet, stop: Stop, block: _Block, street: Street, phone: str) -> None:
    """Cut a place for the hand-over out of the block's edge at the street, and join it on."""
    x = _PLACES[block.place][stop.place]
    width, depth = _HATCH
    depth = _BADGE_DEPTH if stop.badge else depth
    is_north = street.at < block.box[1]
    edge, inward = (block.box[1], 1.0) if is_north else (block.box[3], -1.0)
    low, high = sorted((edge, edge + inward * depth))
    station, (zh, en) = stop.code.lower(), named(stop.words).values()
    box = (x - width / 2, low, x + width / 2, high)
    sheet.cut(f'{station}-hatch', f'{zh}交接口 {en} hatch', 'handover', box)
    sheet.station(
        station,
        at=(x, edge + inward * (depth - 1.0)),
        code=stop.code,
        name=named(stop.words),
        kind=stop.kind,
        phone=phone,
        sends=list(stop.sends),
        takes=list(stop.takes),
        **({'hours': list(stop.hours)} if stop.hours else {}),
    )
    more: dict[str, Any] = {}
    if stop.badge:
        at = (x, edge + inward * 0.4)
        door = sheet.door(f'{station}-door', f'{zh}门 {en} door', at, _BADGE_DOOR, badge=True)
        more['door'] = door
    lane_width = _BADGE_DOOR if stop.badge else width
    sheet.lane(sheet.mark(street, x), station, lane_width, speed=SLOW, **more)
