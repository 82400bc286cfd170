"""The middle of a tower's core, the same on every floor: lifts, lobbies, stairs, shafts."""

from __future__ import annotations

import math
from typing import Any, Final

from fleet_manager.adapters.files.generating.frame import (
    CLEAN_LIFTS,
    CORE,
    DIRTY_LIFT,
    LETTERS,
    LIFT_PITCH,
    raised,
    south,
)
from fleet_manager.adapters.files.generating.sheet import SLOW, Box, Sheet, Street, named

#: From the inner edge of a corridor to a lift cell, and to the middle of the car.
_CELL, _CAR = 0.4, 2.7
_LOBBY, _SHAFT = 1.4, 3.4
_SHAFT_WIDTH: Final = 2.4
#: Metres. The free width of a lobby for one robot beside another.
_CELL_WIDTH: Final = 1.2

_ROOMS: Final[tuple[tuple[str, str, str, Box], ...]] = (
    ('hydrant', '消防前室 Fire lobby', 'utility', (33.6, 9.6, 36.6, 13.2)),
    ('electrical', '强电间 Electrical', 'utility', (36.6, 9.6, 39.6, 13.2)),
    ('riser-w', '管井 Riser', 'utility', (39.6, 11.0, 41.1, 13.2)),
    ('riser-m', '管井 Riser', 'utility', (43.5, 11.0, 44.7, 14.4)),
    ('riser-e', '管井 Riser', 'utility', (47.1, 11.0, 48.6, 14.4)),
    ('water', '开水间 Drinking water', 'utility', (48.6, 9.6, 51.0, 13.2)),
    ('stairs', '中楼梯 Middle stairs', 'stairs', (51.0, 9.6, 54.6, 18.0)),
    ('sluice', '洗消间 Sluice', 'utility', (33.6, 13.2, 36.0, 16.6)),
    ('cleaners', '保洁间 Cleaners', 'utility', (38.4, 13.2, 41.1, 16.6)),
    ('toilets', '卫生间 Toilets', 'toilet', (48.6, 13.2, 51.0, 18.0)),
    ('data', '弱电间 Data cabinet', 'utility', (47.1, 14.4, 48.6, 18.0)),
    ('public-1', '客梯 Passenger lift', 'lift_shaft', (41.1, 14.4, 43.1, 16.6)),
    ('public-2', '客梯 Passenger lift', 'lift_shaft', (43.1, 14.4, 45.1, 16.6)),
    ('public-3', '客梯 Passenger lift', 'lift_shaft', (45.1, 14.4, 47.1, 16.6)),
)
_LOBBIES: Final[tuple[tuple[str, str, Box], ...]] = (
    ('clean-lobby', '洁净梯厅 Clean lift lobby', (39.6, 9.6, 48.6, 11.0)),
    ('dirty-lobby', '污物梯厅 Dirty lift lobby', (33.6, 16.6, 41.1, 18.0)),
    ('public-lobby', '客梯厅 Passenger lift lobby', (41.1, 16.6, 47.1, 18.0)),
)


def draw_core(sheet: Sheet, tower: int, south_street: Street, north_street: Street) -> None:
    """Draw the rooms of the core, and the lift cells joined to the streets beside it."""
    letter, up = LETTERS[tower], south(tower)
    for room, words, kind, box in _ROOMS:
        sheet.room(f'{letter}-{room}', words, kind, raised(box, up))
    for room, words, box in _LOBBIES:
        sheet.room(f'{letter}-{room}', words, 'lift_lobby', raised(box, up))
    half = _SHAFT_WIDTH / 2
    low, high = CORE[0] + _LOBBY, CORE[0] + _LOBBY + _SHAFT
    for number, x in enumerate(CLEAN_LIFTS, start=1):
        words = f'{letter.upper()}{number}_洁净梯 Clean lift {letter.upper()}{number}'
        box = raised((x - half, low, x + half, high), up)
        sheet.room(f'{letter}-lift-{number}', words, 'lift_shaft', box)
        _draw_cells(sheet, f'{letter}{number}', x, up + CORE[0] + _CELL, south_street)
    low, high = CORE[1] - _LOBBY - _SHAFT, CORE[1] - _LOBBY
    box = raised((DIRTY_LIFT - half, low, DIRTY_LIFT + half, high), up)
    words = f'{letter.upper()}3_污物梯 Dirty lift {letter.upper()}3'
    sheet.room(f'{letter}-lift-3', words, 'lift_shaft', box)
    _draw_cells(sheet, f'{letter}3', DIRTY_LIFT, up + CORE[1] - _CELL, north_street)
    box = raised(_LOBBIES[1][2], up)
    sheet.zone(f'{letter}-dirty-lift', '污物梯厅 Dirty lift lobby', 'dirty', box)


def _draw_cells(sheet: Sheet, lift: str, x: float, y: float, street: Street) -> None:
    """Draw where one waits for a lift and where one leaves it to, each from its own node."""
    ways = [sheet.mark(street, x + side * LIFT_PITCH / 2) for side in (-1, 1)]
    wait = sheet.node(f'{lift}-wait', (x - 0.6, y), 'lift_wait')
    leave = sheet.node(f'{lift}-exit', (x + 0.6, y), 'lift_exit')
    for way, cell in zip(ways, (wait, leave), strict=True):
        sheet.lane(way, cell, _CELL_WIDTH, speed=SLOW)


def lifts(towers: int, floors: list[str]) -> dict[str, dict[str, Any]]:
    """Return the lifts of all towers: two clean ones side by side and a dirty one in each."""
    found = {}
    for tower in range(towers):
        letter, up = LETTERS[tower], south(tower)
        for number, x in enumerate(CLEAN_LIFTS, start=1):
            access = 'service' if number == 1 else 'public'
            words = f'{letter.upper()}{number}_洁净梯 Clean lift {letter.upper()}{number}'
            place = (x, up + CORE[0] + _CAR)
            group = f'{letter}-clean'
            found[f'{letter.upper()}{number}'] = _lift(
                words, place, -math.pi / 2, 'clean', access, group, f'{letter}{number}', floors
            )
        words = f'{letter.upper()}3_污物梯 Dirty lift {letter.upper()}3'
        place = (DIRTY_LIFT, up + CORE[1] - _CAR)
        found[f'{letter.upper()}3'] = _lift(
            words, place, math.pi / 2, 'dirty', 'service', f'{letter}-dirty', f'{letter}3', floors
        )
    return found


def _lift(
    words: str,
    place: tuple[float, float],
    faces: float,
    rating: str,
    access: str,
    group: str,
    cells: str,
    floors: list[str],
) -> dict[str, Any]:
    """Return a lift that stops on all floors. Taller towers have faster ones."""
    speed = 1.6 if len(floors) <= 10 else 2.0 if len(floors) <= 20 else 2.5
    return {
        'name': named(words),
        'at': [round(along, 2) for along in place],
        'faces': round(faces, 4),
        'cabin': [1.6, 2.4],
        'speed': speed,
        'acceleration': 0.8,
        'door_time': 3.0,
        'rating': rating,
        'access': access,
        'group': group,
        'stops': {floor: {'wait': f'{cells}-wait', 'exit': f'{cells}-exit'} for floor in floors},
    }
