"""What each part of a drawn map says of itself when pointed at, one line in one language."""

from __future__ import annotations

from collections.abc import Iterable

from fleet_manager.adapters.files.drawing.pen import Tip
from fleet_manager.adapters.files.drawing.words import Lang, named, word
from fleet_manager.domain.maps.model import (
    Door,
    Hospital,
    Lane,
    Lift,
    LiftStop,
    Node,
    Room,
    Station,
    Zone,
)


def of_room(room: Room) -> Tip:
    """Return its name and use."""
    return lambda lang: _joined((named(room.name, lang), word(f'r-{room.kind}', lang)))


def of_zone(zone: Zone) -> Tip:
    """Return its name, its rule, and when that holds."""

    def tip(lang: Lang) -> str:
        limit = word('z_robots', lang, n=zone.robots) if zone.robots else ''
        kind = word(f'z-{zone.kind}', lang)
        return _joined((named(zone.name, lang), kind, limit, ', '.join(zone.hours)))

    return tip


def of_door(door: Door) -> Tip:
    """Return its name and who opens it."""

    def tip(lang: Lang) -> str:
        return _joined(
            (
                f'{named(door.name, lang)} ({door.id})',
                word(door.kind, lang),
                word('opens' if door.automatic else 'by_hand', lang),
                word('fire', lang) if door.fire else '',
                word('badge', lang) if door.badge else '',
                _metres(door.width, lang),
            )
        )

    return tip


def of_lift(hospital: Hospital, lift: Lift, stop: LiftStop | None) -> Tip:
    """Return its name, who and what rides in it, and where it stops; `stop` is that of a floor."""

    def tip(lang: Lang) -> str:
        floors = ', '.join(here.floor for here in by_level(hospital, lift))
        return _joined(
            (
                f'{named(lift.name, lang)} ({lift.id})',
                word(f'{lift.rating}_goods', lang) if lift.rating != 'any' else '',
                word('public', lang) if lift.access == 'public' else '',
                word('cabin', lang, w=f'{lift.width:g}', d=f'{lift.depth:g}'),
                word(stop.door, lang) if stop else word('passes', lang),
                word('floors_served', lang, floors=floors),
            )
        )

    return tip


def of_node(hospital: Hospital, node: Node) -> Tip:
    """Return its id and kind, and the robots that live there."""
    homes = ', '.join(robot.name for robot in hospital.robots.values() if robot.home == node.id)

    def tip(lang: Lang) -> str:
        home = word('home', lang, robot=homes) if homes else ''
        return _joined((node.id, word(f'n-{node.kind}', lang), home))

    return tip


def of_station(station: Station) -> Tip:
    """Return its name and code, what it sends and takes, and when."""

    def tip(lang: Lang) -> str:
        sends, takes = (
            ', '.join(word(f'goods_{one}', lang) for one in goods)
            for goods in (station.sends, station.takes)
        )
        return _joined(
            (
                f'{named(station.name, lang)} {station.code}',
                station.node,
                word('sends', lang, goods=sends) if sends else '',
                word('takes', lang, goods=takes) if takes else '',
                word('hours', lang, hours=', '.join(station.hours)) if station.hours else '',
                word('phone', lang, phone=station.phone),
            )
        )

    return tip


def of_lane(hospital: Hospital, lane: Lane) -> Tip:
    """Return its id, length and speed, and who may drive on it."""

    def tip(lang: Lang) -> str:
        types = [hospital.types[one].name for one in lane.robots if one in hospital.types]
        only = ', '.join(named(one, lang) for one in types)
        return _joined(
            (
                f'{word("lane", lang)} {lane.id}',
                f'{lane.length:.1f} m',
                f'{lane.speed:g} m/s',
                _metres(lane.width, lang) if lane.width else '',
                f'{word("one_way", lang)}: {lane.a} → {lane.b}' if lane.one_way else '',
                word('only', lang, types=only) if only else '',
                word('door_on', lang, door=lane.door) if lane.door else '',
            )
        )

    return tip


def by_level(hospital: Hospital, lift: Lift) -> list[LiftStop]:
    """Return the stops of a lift from the lowest floor to the highest."""
    return sorted(lift.stops, key=lambda stop: hospital.floors[stop.floor].level)


def _metres(width: float, lang: Lang) -> str:
    return word('width', lang, m=f'{width:g}')


def _joined(parts: Iterable[str]) -> str:
    return ' · '.join(part for part in parts if part)
