"""Where robots live: the base with its chargers, and the yard of those that carry waste."""

from __future__ import annotations

from typing import Final

from fleet_manager.adapters.files.generating.frame import CENTRE, CORE, LETTERS, south
from fleet_manager.adapters.files.generating.sheet import SLOW, Box, Sheet, Street, named

#: Metres a second inside.
_AISLE_SPEED: Final = 0.5
_AISLE_WIDTH: Final = 3.0
#: From the street's edge to the aisle, and from there to the bays on both sides.
_AISLE, _BAY = 6.3, 2.4

_BASE: Final = (57.6, 85.2)
_ENTRANCES: Final = (59.4, 83.4)
_BAY_PITCH: Final = 2.4
_GAP: Final = 2.4
#: Chargers of a base: on both sides of the aisle but for where the entrances are.
BASE_CHARGERS: Final = 20

#: In the id of every bay of a yard where a robot may live.
YARD_BAY: Final = '-dirty-'
_YARD: Final = (44.4, 54.6)
_YARD_ENTRANCES: Final = (46.2, 52.8)
_YARD_MIDDLE: Final = 49.5
_WASTE_HATCH: Final = 42.0


def draw_base(sheet: Sheet, tower: int, box: Box, street: Street) -> None:
    """Draw an aisle between two entrances, with chargers on both sides."""
    letter, (_, y1, x2, y2) = LETTERS[tower], box
    west, east = _BASE
    if x2 > east:
        sheet.room(f'{letter}-parts', '备件间 Spare parts', 'store', (east, y1, x2, y2))
    sheet.room(f'{letter}-base', '机器人驿站 Robot base', 'robot', (west, y1, east, y2))
    _wall_in(sheet, (west, y1, east, y2), _ENTRANCES)
    aisle = sheet.street(f'{letter}b', 'x', y1 + _AISLE, _AISLE_WIDTH, speed=_AISLE_SPEED)
    columns = round((_ENTRANCES[1] - _ENTRANCES[0]) / _BAY_PITCH)
    bays = 0
    for column in range(columns + 1):
        x = round(_ENTRANCES[0] + column * _BAY_PITCH, 2)
        way = sheet.mark(aisle, x)
        sides = (1, -1) if 0 < column < columns else (1,)
        for side in sides:
            bays += 1
            bay = sheet.node(f'{letter}-charge-{bays}', (x, aisle.at + side * _BAY), 'charger')
            sheet.lane(way, bay, _BAY_PITCH, speed=SLOW)
    for x in _ENTRANCES:
        sheet.lane(sheet.mark(street, x), sheet.mark(aisle, x), _GAP, speed=_AISLE_SPEED)


def draw_dirty_yard(sheet: Sheet, tower: int, box: Box, street: Street, phone: str) -> None:
    """Draw the waste hold opposite the dirty lift, and a yard where its robots are washed."""
    letter, (x1, y1, x2, y2) = LETTERS[tower], box
    upper = letter.upper()
    west, east = _YARD
    sheet.room(f'{letter}-waste', '医疗废物暂存间 Waste hold', 'waste', (x1, y1, west, y2))
    sheet.room(f'{letter}-yard', '污物机器人区 Dirty robots', 'robot', (west, y1, east, y2))
    if x2 > east:
        sheet.room(f'{letter}-tools', '洁具间 Cleaning tools', 'utility', (east, y1, x2, y2))
    hatch = (_WASTE_HATCH - 1.2, y1, _WASTE_HATCH + 1.2, y1 + 1.8)
    sheet.cut(f'{letter}-waste-hatch', '污物交接口 Waste hatch', 'handover', hatch)
    sheet.station(
        f'wst-{letter}',
        at=(_WASTE_HATCH, y1 + 0.8),
        code=f'WST-{upper}',
        name=named(f'{upper}_座医疗废物暂存间 Waste hold {upper}'),
        kind='waste',
        phone=phone,
        sends=[],
        takes=['waste'],
    )
    sheet.lane(sheet.mark(street, _WASTE_HATCH), f'wst-{letter}', 2.4, speed=SLOW)
    _wall_in(sheet, (west, y1, east, y2), _YARD_ENTRANCES)
    aisle = sheet.street(f'{letter}y', 'x', y1 + _AISLE, _AISLE_WIDTH, speed=_AISLE_SPEED)
    for number, x in enumerate(_YARD_ENTRANCES, start=1):
        words = f'污物区门{number} Dirty yard door {number}'
        door = sheet.door(f'{letter}-yard-{number}', words, (x, y1), 1.6, badge=True)
        ends = sheet.mark(street, x), sheet.mark(aisle, x)
        sheet.lane(*ends, 1.6, speed=_AISLE_SPEED, door=door, robots=['waste'])
    for name, x, side, kind in (
        (f'{YARD_BAY}1', _YARD_ENTRANCES[0], 1, 'charger'),
        (f'{YARD_BAY}2', _YARD_ENTRANCES[1], 1, 'charger'),
        (f'{YARD_BAY}3', _YARD_MIDDLE, -1, 'charger'),
        ('-wash', _YARD_MIDDLE, 1, 'cleaning'),
    ):
        bay = sheet.node(f'{letter}{name}', (x, aisle.at + side * _BAY), kind)
        sheet.lane(sheet.mark(aisle, x), bay, _BAY_PITCH, speed=SLOW, robots=['waste'])
    zone = (CENTRE[0], south(tower) + CORE[1], CENTRE[1], y2)
    sheet.zone(f'{letter}-dirty', '污物区 Dirty area', 'dirty', zone)


def _wall_in(sheet: Sheet, box: Box, entrances: tuple[float, float]) -> None:
    """Draw walls round an open room, with a gap at each entrance in its south side."""
    x1, y1, x2, y2 = box
    half = _GAP / 2
    west, east = entrances
    around = [(west - half, y1), (x1, y1), (x1, y2), (x2, y2), (x2, y1), (east + half, y1)]
    sheet.wall(*around)
    sheet.wall((west + half, y1), (east - half, y1))
