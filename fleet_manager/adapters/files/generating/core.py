"""The middle of a tower's core, the same on every floor: lifts, lobbies, stairs, shafts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from fleet_manager.adapters.files.generating.frame import (
    BASEMENT,
    CORE,
    LETTERS,
    raised,
    south,
)
from fleet_manager.adapters.files.generating.sheet import (
    SLOW,
    Box,
    Sheet,
    Street,
    Words,
    named,
)

#: From the inner edge of a corridor to a lift cell, and to the middle of the car.
_CELL, _CAR = 0.4, 2.7
_LOBBY: Final = 1.4
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

#: Clean lifts that every tower has.
CLEAN_LIFTS: Final = 2


@dataclass(frozen=True, slots=True)
class _Shaft:
    """A lift of a tower: its place along the core, and where its two cells join the street.

    `instead` are the boxes that rooms of the core have because of it, None for those that have to
    go; `lobby` is the lobby it needs, in the place of one of that name. One that is `above` ground
    only does not stop in the basement, where its street is a dirty one.
    """

    number: int
    x: float
    marks: tuple[float, float]
    faces_south: bool = True
    rating: str = 'clean'
    access: str = 'service'
    group: str = 'clean'
    depth: float = 3.4
    above: bool = False
    instead: tuple[tuple[str, Box | None], ...] = ()
    lobby: tuple[str, Words, Box] | None = None

    def y(self, inward: float) -> float:
        """Return the y so far from the street into the core, above the tower's south front."""
        return CORE[0] + inward if self.faces_south else CORE[1] - inward

    def words(self, letter: str) -> Words:
        """Return its name in the tower of a letter."""
        lift = f'{letter.upper()}{self.number}'
        kind = ('洁净梯', 'Clean') if self.rating == 'clean' else ('污物梯', 'Dirty')
        return f'{lift}_{kind[0]} {kind[1]} lift {lift}'


#: The two clean lifts open south, the dirty one north.
_SHAFTS: Final = (
    _Shaft(1, 42.3, (40.5, 44.1)),
    _Shaft(2, 45.9, (44.1, 47.7), access='public'),
    _Shaft(3, 37.2, (35.4, 39.0), faces_south=False, rating='dirty', group='dirty'),
)
#: In this order, where two clean lifts are not enough.
_MORE_SHAFTS: Final = (
    _Shaft(
        4,
        39.9,
        (39.0, 40.5),
        depth=2.8,
        instead=(
            ('electrical', (36.6, 9.6, 38.7, 13.2)),
            ('riser-w', None),
            ('cleaners', (38.4, 13.8, 41.1, 16.6)),
        ),
        lobby=('clean-lobby', '洁净梯厅 Clean lift lobby', (38.7, 9.6, 48.6, 11.0)),
    ),
    _Shaft(
        5,
        49.8,
        (47.7, 50.4),
        depth=2.8,
        instead=(('water', None), ('toilets', (48.6, 13.8, 51.0, 18.0))),
        lobby=('clean-lobby', '洁净梯厅 Clean lift lobby', (38.7, 9.6, 51.0, 11.0)),
    ),
    _Shaft(
        6,
        49.8,
        (49.2, 50.4),
        faces_south=False,
        group='clean-n',
        depth=2.8,
        above=True,
        instead=(('toilets', None),),
        lobby=('clean-lobby-n', '北洁净梯厅 North clean lobby', (48.6, 16.6, 51.0, 18.0)),
    ),
)
#: The most clean lifts a tower has room for.
MOST_CLEAN_LIFTS: Final = CLEAN_LIFTS + len(_MORE_SHAFTS)


def draw_core(
    sheet: Sheet, tower: int, clean: int, south_street: Street, north_street: Street
) -> None:
    """Draw the rooms of the core, and the cells of its lifts joined to the streets beside it.

    `clean` is how many clean lifts it has.
    """
    letter, up = LETTERS[tower], south(tower)
    shafts = _shafts(clean, sheet.floor)
    instead = dict(change for shaft in shafts for change in shaft.instead)
    for room, words, kind, usual in _ROOMS:
        own = instead.get(room, usual)
        if own is not None:
            sheet.room(f'{letter}-{room}', words, kind, raised(own, up))
    more = (shaft.lobby for shaft in shafts if shaft.lobby)
    lobbies = {room: (words, box) for room, words, box in (*_LOBBIES, *more)}
    for room, (words, box) in lobbies.items():
        sheet.room(f'{letter}-{room}', words, 'lift_lobby', raised(box, up))
    for shaft in shafts:
        half, far = _SHAFT_WIDTH / 2, _LOBBY + shaft.depth
        low, high = sorted((shaft.y(_LOBBY), shaft.y(far)))
        box = raised((shaft.x - half, low, shaft.x + half, high), up)
        sheet.room(f'{letter}-lift-{shaft.number}', shaft.words(letter), 'lift_shaft', box)
        street = south_street if shaft.faces_south else north_street
        _draw_cells(sheet, f'{letter}{shaft.number}', shaft, up + shaft.y(_CELL), street)
    box = raised(lobbies['dirty-lobby'][1], up)
    sheet.zone(f'{letter}-dirty-lift', '污物梯厅 Dirty lift lobby', 'dirty', box)


def _draw_cells(sheet: Sheet, lift: str, shaft: _Shaft, y: float, street: Street) -> None:
    """Draw where one waits for a lift and where one leaves it to, each from its own node."""
    ways = [sheet.mark(street, along) for along in shaft.marks]
    wait = sheet.node(f'{lift}-wait', (shaft.x - 0.6, y), 'lift_wait')
    leave = sheet.node(f'{lift}-exit', (shaft.x + 0.6, y), 'lift_exit')
    for way, cell in zip(ways, (wait, leave), strict=True):
        sheet.lane(way, cell, _CELL_WIDTH, speed=SLOW)


def lifts(towers: int, clean: int, floors: list[str]) -> dict[str, dict[str, Any]]:
    """Return the lifts of all towers: in each `clean` clean ones and a dirty one.

    `floors` are the floors they stop on, the basement first. Taller towers have faster ones.
    """
    speed = 1.6 if len(floors) <= 10 else 2.0 if len(floors) <= 20 else 2.5
    found = {}
    for tower in range(towers):
        letter = LETTERS[tower]
        for shaft in _shafts(clean):
            own = floors[1:] if shaft.above else floors
            cells = f'{letter}{shaft.number}'
            found[cells.upper()] = {
                'name': named(shaft.words(letter)),
                'at': [round(shaft.x, 2), round(south(tower) + shaft.y(_CAR), 2)],
                'faces': round(-math.pi / 2 if shaft.faces_south else math.pi / 2, 4),
                'cabin': [1.6, 2.4],
                'speed': speed,
                'acceleration': 0.8,
                'door_time': 3.0,
                'rating': shaft.rating,
                'access': shaft.access,
                'group': f'{letter}-{shaft.group}',
                'stops': {
                    floor: {'wait': f'{cells}-wait', 'exit': f'{cells}-exit'} for floor in own
                },
            }
    return found


def _shafts(clean: int, floor: str = '') -> list[_Shaft]:
    """Return the lifts of a tower, all of them or those that stop on a floor."""
    every = (*_SHAFTS, *_MORE_SHAFTS[: clean - CLEAN_LIFTS])
    return [shaft for shaft in every if floor != BASEMENT or not shaft.above]
