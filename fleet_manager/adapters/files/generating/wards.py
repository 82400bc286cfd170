"""Ward floors: in each tower a ring of corridors with two wards and the lifts between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fleet_manager.adapters.files.generating.core import draw_core
from fleet_manager.adapters.files.generating.frame import (
    BRIDGE,
    BRIDGE_LANES,
    CORE,
    DEPTH,
    LENGTH,
    LETTERS,
    WARD_CORRIDOR,
    south,
)
from fleet_manager.adapters.files.generating.plan import PODIUM_FLOORS, Plan
from fleet_manager.adapters.files.generating.sheet import (
    SLOW,
    Box,
    Point,
    Sheet,
    Street,
    Words,
    named,
)
from fleet_manager.adapters.files.generating.units import BED_ROOMS, Unit

#: Every how many ward floors a bridge joins the towers, from the lowest.
_BRIDGE_EVERY: Final = 4
_LOWEST, _STOREY = 16.2, 4.2
_NIGHT: Final = ['22:00-06:00']

#: The fronts, with the rooms, and the middle of the corridors, as y from the south front.
_SOUTH_FRONT, _NORTH_FRONT = (0.0, 7.2), (20.4, DEPTH)
_SOUTH, _NORTH = 8.4, 19.2
#: The links between the corridors in the west of a tower: their middle and their width.
_LINKS: Final = ((1.5, 3.0), (16.8, 2.4), (32.4, 2.4))
#: Where the west ward ends, at its doors.
_WARD_END: Final = 29.4
_DOOR: Final = 2.0
#: Metres. A room on the front is as wide; two share a wet cell.
_MODULE: Final = 4.2
_WET_CELL: Final = (3.2, 2.1)

#: Where a west ward hands over goods and waste, and where robots wait, along the corridors.
_COUNTER, _WASTE_HATCH, _SOUTH_BAY, _NORTH_BAY = 24.0, 9.0, 9.0, 24.0

_CORE_ROOMS: Final[tuple[tuple[str, Words, str, Box], ...]] = (
    ('stairs', '楼梯 Stairs', 'stairs', (3.0, 9.6, 6.0, 18.0)),
    ('linen', '被服库 Clean linen', 'store', (6.0, 9.6, 11.4, 13.8)),
    ('doctors', '医生办公室 Doctors', 'office', (11.4, 9.6, 15.6, 13.8)),
    ('waste', '污物间 Dirty utility', 'waste', (6.0, 13.8, 11.4, 18.0)),
    ('staff', '值班室 On call', 'office', (11.4, 13.8, 15.6, 18.0)),
    ('nurses', '护士站 Nurse station', 'nurse', (18.0, 9.6, 26.4, 13.8)),
    ('treatment', '治疗室 Treatment', 'clinic', (26.4, 9.6, 29.4, 13.8)),
    ('clean', '洁净库 Clean utility', 'store', (18.0, 13.8, 22.2, 18.0)),
    ('procedure', '处置室 Procedures', 'clinic', (22.2, 13.8, 26.4, 18.0)),
    ('pantry', '配餐间 Pantry', 'utility', (26.4, 13.8, 29.4, 18.0)),
    ('shaft', '水暖井 Pipe shaft', 'utility', (29.4, 9.6, 31.2, 18.0)),
)
#: On the fronts between the wards, west to east.
_SOUTH_ROOMS: Final = (
    ('家属谈话间 Family talks', 'office'),
    ('主任办公室 Head of department', 'office'),
    ('示教室 Teaching room', 'office'),
    ('医护休息室 Staff room', 'office'),
    ('更衣室 Changing', 'office'),
    ('病案室 Records', 'office'),
    ('护士长办公室 Head nurse', 'office'),
)
_NORTH_ROOMS: Final = (
    ('家属等候区 Family waiting', 'office'),
    ('活动室 Day room', 'office'),
    ('心理咨询室 Counselling', 'clinic'),
    ('营养咨询室 Diet advice', 'clinic'),
    ('仪器室 Equipment', 'utility'),
    ('会议室 Meeting room', 'office'),
    ('库房 Store', 'store'),
)
#: The front room in whose place a bridge begins.
_BRIDGE_MODULE: Final = 5
_BRIDGE_STEPS: Final = 6


def draw_ward_floor(number: int, units: Sequence[Unit], plan: Plan) -> Sheet:
    """Draw a storey of all towers; `units` are those on it."""
    towers = plan.towers
    above = number - PODIUM_FLOORS - 1
    words = f'{number}_楼 Floor {number}'
    sheet = Sheet(f'F{number}', words, number, _LOWEST + above * _STOREY, _outline(towers))
    is_bridged = above % _BRIDGE_EVERY == 0
    streets = [_draw_tower(sheet, tower, plan.lifts) for tower in range(towers)]
    for tower in range(towers):
        _draw_front(sheet, tower, 'south', bridged=is_bridged and tower > 0)
        _draw_front(sheet, tower, 'north', bridged=is_bridged and tower < towers - 1)
    for unit in units:
        _Half(sheet, unit, *streets[unit.tower]).draw()
    for tower in range(towers - 1):
        if is_bridged:
            _draw_bridge(sheet, tower, streets[tower][1], streets[tower + 1][0])
        else:
            room = f'{LETTERS[tower]}{LETTERS[tower + 1]}-garden'
            box = (BRIDGE[0], south(tower) + DEPTH, BRIDGE[1], south(tower + 1))
            sheet.room(room, '空中花园 Sky garden', 'utility', box)
    return sheet


def _outline(towers: int) -> list[Point]:
    """Return the slabs and what joins them, counter-clockwise from the south-west."""
    east: list[Point] = []
    west: list[Point] = []
    for tower in range(towers):
        low, high = south(tower), south(tower) + DEPTH
        if tower > 0:
            east.append((BRIDGE[1], low))
            west.append((BRIDGE[0], low))
        east += [(LENGTH, low), (LENGTH, high)]
        west += [(0.0, low), (0.0, high)]
        if tower < towers - 1:
            east.append((BRIDGE[1], high))
            west.append((BRIDGE[0], high))
    return [west[0], *east, *reversed(west[1:])]


def _draw_tower(sheet: Sheet, tower: int, lifts: int) -> tuple[Street, Street]:
    """Draw the corridors and the core; return the south and the north corridor."""
    letter, up = LETTERS[tower], south(tower)
    found = []
    for name, room, words, y in (
        ('s', 'south', '南走廊 South corridor', _SOUTH),
        ('n', 'north', '北走廊 North corridor', _NORTH),
    ):
        half = WARD_CORRIDOR / 2
        box = (0.0, up + y - half, LENGTH, up + y + half)
        sheet.room(f'{letter}-{room}', words, 'corridor', box)
        sheet.zone(f'{letter}-egress-{room}', '疏散通道 Egress', 'egress', box)
        found.append(sheet.street(f'{letter}{name}', 'x', up + y, WARD_CORRIDOR))
    east = [(LENGTH - x, width) for x, width in reversed(_LINKS)]
    for order, (x, width) in enumerate((*_LINKS, *east), start=1):
        box = (x - width / 2, up + CORE[0], x + width / 2, up + CORE[1])
        sheet.room(f'{letter}-link-{order}', f'连廊{order} Link {order}', 'corridor', box)
        link = sheet.street(f'{letter}{"uvwxyz"[order - 1]}', 'y', x, width)
        for corridor in found:
            sheet.cross(corridor, link)
    draw_core(sheet, tower, lifts, *found)
    box = (_WARD_END, up, LENGTH - _WARD_END, up + DEPTH)
    sheet.zone(f'{letter}-fire-m', '防火分区 Fire compartment', 'fire_compartment', box)
    return found[0], found[1]


def _draw_front(sheet: Sheet, tower: int, side: str, *, bridged: bool) -> None:
    """Draw the rooms between the wards, but for the one a bridge goes through."""
    rooms = _SOUTH_ROOMS if side == 'south' else _NORTH_ROOMS
    low, high = _SOUTH_FRONT if side == 'south' else _NORTH_FRONT
    for module, (words, kind) in enumerate(rooms):
        if bridged and module == _BRIDGE_MODULE:
            continue
        x = _WARD_END + module * _MODULE
        box = (x, south(tower) + low, x + _MODULE, south(tower) + high)
        sheet.room(f'{LETTERS[tower]}-{side}-{module + 1}', words, kind, box)


def _draw_bridge(sheet: Sheet, tower: int, lower: Street, upper: Street) -> None:
    """Join two towers by a corridor with a lane each way, keeping to the right."""
    letters = LETTERS[tower : tower + 2]
    low, high = south(tower) + _NORTH_FRONT[0], south(tower + 1) + _SOUTH_FRONT[1]
    words = f'{letters.upper()}_连桥 Bridge {letters.upper()}'
    sheet.room(f'{letters}-bridge', words, 'corridor', (BRIDGE[0], low, BRIDGE[1], high))
    width = (BRIDGE[1] - BRIDGE[0]) / 2
    for x, name, start, end in (
        (BRIDGE_LANES[0], 'o', upper, lower),
        (BRIDGE_LANES[1], 'i', lower, upper),
    ):
        chain = [sheet.mark(start, x)]
        for step in range(1, _BRIDGE_STEPS):
            y = round(start.at + (end.at - start.at) * step / _BRIDGE_STEPS, 1)
            chain.append(sheet.node(f'{letters[0]}{name}{int(y)}', (x, y), 'way'))
        chain.append(sheet.mark(end, x))
        for one, other in pairwise(chain):
            sheet.lane(one, other, width, one_way=True)


@dataclass(frozen=True, slots=True)
class _Half:
    """Half a floor of a tower: west as it is written here, east mirrored."""

    sheet: Sheet
    unit: Unit
    south_street: Street
    north_street: Street

    def draw(self) -> None:
        """Draw the ward, or what is in its place."""
        for room, words, kind, box in _CORE_ROOMS:
            self.sheet.room(self._id(room), words, kind, self._box(*box))
        self._draw_front_rooms()
        if not self.unit.isolated:
            self._draw_bays()
        self._draw_counter()
        self._draw_waste_hatch()
        self._draw_doors()
        self._draw_zones()

    def _id(self, what: str) -> str:
        return f'{LETTERS[self.unit.tower]}{self.unit.side}-{what}'

    def _x(self, west: float) -> float:
        return round(LENGTH - west, 2) if self.unit.east else west

    def _box(self, x1: float, y1: float, x2: float, y2: float) -> Box:
        west, east = sorted((self._x(x1), self._x(x2)))
        up = south(self.unit.tower)
        return (west, up + y1, east, up + y2)

    def _draw_front_rooms(self) -> None:
        """Draw the rooms on both fronts, numbered round the ward; beds are counted on."""
        half, bed = BED_ROOMS // 2, 1
        for order in range(BED_ROOMS):
            is_south = order < half
            module = order if is_south else BED_ROOMS - 1 - order
            low, high = _SOUTH_FRONT if is_south else _NORTH_FRONT
            words, kind = self.unit.rooms, self.unit.kind
            beds = self.unit.beds[order] if self.unit.beds else 0
            if beds:
                words, kind = f'{bed}–{bed + beds - 1}_床 Beds {bed}–{bed + beds - 1}', 'ward'
                bed += beds
            box = self._box(module * _MODULE, low, (module + 1) * _MODULE, high)
            self.sheet.room(self._id(f'{order + 1:02d}'), words, kind, box)
        if self.unit.beds:
            self._draw_wet_cells(half)

    def _draw_wet_cells(self, modules: int) -> None:
        """Cut a wet cell out of each two neighbours, at the corridor; the last has its own."""
        width, depth = _WET_CELL
        for front, (low, high) in (
            ('s', (_SOUTH_FRONT[1] - depth, _SOUTH_FRONT[1])),
            ('n', (_NORTH_FRONT[0], _NORTH_FRONT[0] + depth)),
        ):
            for pair in range(0, modules, 2):
                middle = (pair + 1) * _MODULE
                east = middle + width / 2 if pair + 1 < modules else middle
                box = self._box(middle - width / 2, low, east, high)
                room = self._id(f'wc-{front}{pair // 2 + 1}')
                self.sheet.cut(room, '卫生间 Wet cell', 'toilet', box)

    def _draw_bays(self) -> None:
        """Draw niches off both corridors, where robots pass each other or wait out an alarm."""
        up = south(self.unit.tower)
        for side, street, along, (low, high), y in (
            ('s', self.south_street, _SOUTH_BAY, (CORE[0], CORE[0] + 1.5), CORE[0] + 0.7),
            ('n', self.north_street, _NORTH_BAY, (CORE[1] - 1.5, CORE[1]), CORE[1] - 0.7),
        ):
            bay, x = self._id(f'bay-{side}'), self._x(along)
            box = self._box(along - 0.9, low, along + 0.9, high)
            self.sheet.cut(bay, '停靠位 Robot bay', 'robot', box)
            self.sheet.node(bay, (x, up + y), 'parking')
            self.sheet.lane(self.sheet.mark(street, x), bay, 1.8, speed=SLOW)
            refuge = self._box(along - 0.9, low + 0.1, along + 0.9, high - 0.1)
            self.sheet.zone(self._id(f'refuge-{side}'), '避让点 Refuge', 'refuge', refuge)

    def _draw_counter(self) -> None:
        """Draw where the nurses hand goods over."""
        zh, en = named(self.unit.words).values()
        box = self._box(_COUNTER - 1.2, CORE[0], _COUNTER + 1.2, CORE[0] + 1.8)
        self.sheet.cut(self._id('counter'), '交接台 Hand-over', 'handover', box)
        is_ward = bool(self.unit.beds)
        ward_takes = ['drug', 'controlled', 'blood', 'sterile', 'meal', 'supply', 'linen']
        self.sheet.station(
            self.unit.id,
            at=(self._x(_COUNTER), south(self.unit.tower) + CORE[0] + 0.8),
            code=self.unit.id.upper(),
            name={'zh': f'{zh}护士站', 'en': f'{en} nurses'} if is_ward else {'zh': zh, 'en': en},
            kind='ward' if is_ward else 'clinic',
            phone=self.unit.phone,
            sends=['specimen', 'supply'],
            takes=ward_takes if is_ward else ['drug', 'supply'],
            **({} if is_ward else {'hours': ['07:30-18:00']}),
        )
        way = self.sheet.mark(self.south_street, self._x(_COUNTER))
        self.sheet.lane(way, self.unit.id, 2.4, speed=SLOW)

    def _draw_waste_hatch(self) -> None:
        """Draw where waste and soiled linen are fetched."""
        zh, en = named(self.unit.words).values()
        station = f'{self.unit.id}d'
        box = self._box(_WASTE_HATCH - 1.2, CORE[1] - 1.8, _WASTE_HATCH + 1.2, CORE[1])
        self.sheet.cut(self._id('waste-hatch'), '污物交接口 Waste hatch', 'handover', box)
        self.sheet.zone(self._id('dirty'), '污物区 Dirty area', 'dirty', box)
        self.sheet.station(
            station,
            at=(self._x(_WASTE_HATCH), south(self.unit.tower) + CORE[1] - 0.8),
            code=station.upper(),
            name={'zh': f'{zh}污物间', 'en': f'{en} dirty utility'},
            kind='waste',
            phone=self.unit.phone,
            sends=['waste', 'soiled'] if self.unit.beds else ['waste'],
            takes=[],
        )
        way = self.sheet.mark(self.north_street, self._x(_WASTE_HATCH))
        self.sheet.lane(way, station, 2.4, speed=SLOW)

    def _draw_doors(self) -> None:
        zh, en = ('东', 'East') if self.unit.east else ('西', 'West')
        x = self._x(_WARD_END)
        for side, street in (('s', self.south_street), ('n', self.north_street)):
            street.doors[x] = self.sheet.door(
                self._id(f'door-{side}'),
                f'{zh}病区门 {en} ward door',
                street.point(x),
                _DOOR,
                kind='hinged',
                fire=True,
                badge=True,
            )

    def _draw_zones(self) -> None:
        ward = self._box(0.0, 0.0, _WARD_END, DEPTH)
        fire = self._id('fire')
        self.sheet.zone(fire, '防火分区 Fire compartment', 'fire_compartment', ward)
        if self.unit.beds:
            box = self._box(0.0, _SOUTH_FRONT[1], _WARD_END, _NORTH_FRONT[0])
            quiet = self._id('quiet')
            self.sheet.zone(quiet, '夜间安静区 Quiet at night', 'quiet', box, hours=_NIGHT)
        if self.unit.isolated:
            isolation = self._id('isolation')
            self.sheet.zone(isolation, '隔离病区 Isolation', 'isolation', ward, robots=1)
