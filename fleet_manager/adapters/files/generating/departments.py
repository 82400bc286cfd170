"""What a department is made of, and those that a hospital has several of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from fleet_manager.adapters.files.generating.sheet import Words

#: Rooms as `(name, kind)`, west to east.
Rooms = tuple[tuple[Words, str], ...]

DAYTIME: Final = ('07:30-18:00',)
THEATRE: Final = (
    ('specimen', 'sterile', 'supply'),
    ('drug', 'controlled', 'blood', 'sterile', 'supply', 'linen'),
)
BEDSIDE: Final = (
    ('specimen', 'supply'),
    ('drug', 'controlled', 'blood', 'sterile', 'meal', 'supply', 'linen'),
)


@dataclass(frozen=True, slots=True)
class Stop:
    """A station of a department, at the n-th of the places along its street.

    Behind a `badge` door it is deeper inside.
    """

    code: str
    words: Words
    kind: str
    place: int
    sends: tuple[str, ...]
    takes: tuple[str, ...]
    hours: tuple[str, ...] = ()
    badge: bool = False


@dataclass(frozen=True, slots=True)
class Department:
    """What fills a block: rooms at the street in front, and rooms behind them.

    The first room in front is the one with the station, where there is one station.
    """

    words: Words
    front: Rooms
    back: Rooms
    stops: tuple[Stop, ...] = ()
    #: Of the zone over it: `clean`, `no_go` over the rooms behind, or none.
    zone: str = ''


def hatches(first: Stop, *places: int) -> tuple[Stop, ...]:
    """Return the station of a busy department and one more at each of `places`."""
    zh, _, en = first.words.partition(' ')
    more = (
        replace(
            first,
            code=f'{first.code}{number}',
            words=f'{zh}{number}号口 {en} {number}',
            place=place,
        )
        for number, place in enumerate(places, start=2)
    )
    return (first, *more)


def rooms(kind: str, *words: Words) -> Rooms:
    """Return rooms of one kind."""
    return tuple((one, kind) for one in words)


def many(kind: str, words: Words, count: int, first: int = 1) -> Rooms:
    """Return numbered rooms of one name."""
    zh, _, en = words.partition(' ')
    return tuple((f'{zh}{n} {en} {n}', kind) for n in range(first, first + count))


def clinic(code: str, words: Words, rooms: int, *, place: int = 1) -> Department:
    """Return an outpatient clinic with its desk."""
    zh, _, en = words.partition(' ')
    stop = Stop(code, words, 'clinic', place, ('specimen', 'supply'), ('drug', 'supply'), DAYTIME)
    front = (
        (f'{zh}分诊台 {en} desk', 'nurse'),
        *many('clinic', '诊室 Consulting room', 2 * rooms),
    )
    back = (
        *many('clinic', '检查室 Examination', rooms),
        ('候诊区 Waiting', 'office'),
        ('治疗室 Treatment', 'clinic'),
    )
    return Department(words, front, back, (stop,))


def plain(
    words: Words, kind: str, front: tuple[Words, ...], back: tuple[Words, ...]
) -> Department:
    """Return a department whose rooms are all of one kind, without a station."""
    return Department(words, rooms(kind, *front), rooms(kind, *back))


def theatres(code: str, words: Words, first: int) -> Department:
    """Return a suite of eight theatres round its store of sterile goods."""
    stop = Stop(code, words, 'theatre', 1, *THEATRE, badge=True)
    front = (
        ('无菌物品间 Sterile goods', 'sterile'),
        *many('theatre', '手术室 Theatre', 4, first),
    )
    return Department(
        words, front, many('theatre', '手术室 Theatre', 4, first + 4), (stop,), 'clean'
    )


def beds(code: str, words: Words, kind: str, bays: int) -> Department:
    """Return a unit with beds in open bays round a nurse station."""
    stop = Stop(code, words, kind, 1, *BEDSIDE, badge=kind == 'icu')
    room = '监护单元 Care bay' if kind == 'icu' else '治疗区 Treatment bay'
    front = (('中央护士站 Nurses', 'nurse'), *many(kind, room, 2 * bays))
    back = (*many(kind, room, bays + 1, 2 * bays + 1), ('仪器室 Equipment', 'store'))
    return Department(words, front, back, (stop,), 'clean' if kind == 'icu' else '')
