"""Reads a map for drawing: whole, or as much of it as can be read.

What a problem is about is left out and reading begins again, until nothing is wrong with the rest.
So a picture of a broken map shows what stands in its files. Only what a floor cannot be without,
its name say, is replaced by a question mark or nothing.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from fleet_manager.adapters.files.drawing.words import Lang, word
from fleet_manager.adapters.files.hospital import load_raw
from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.build import lane_name, read_hospital, written_ends
from fleet_manager.domain.maps.check import check_hospital
from fleet_manager.domain.maps.fields import MAX_COORDINATE
from fleet_manager.domain.maps.model import Hospital, Point
from fleet_manager.domain.maps.problems import BrokenMap, FieldPath, Problem

#: A node that is left out takes its lanes with it, they their doors, and so on: a few rounds.
MAX_ROUNDS: Final = 30

_UNNAMED: Final = {'zh': '?', 'en': '?'}
#: What a hospital needs before it can be drawn, and a floor.
_HOSPITAL: Final[Mapping[str, object]] = {
    'format': 1,
    'id': 'unreadable',
    'name': _UNNAMED,
    'dispatch_phone': '00',
    'fleet': {'robots': {}},
}
_FLOOR: Final[Mapping[str, object]] = {
    'name': _UNNAMED,
    'level': 0,
    'elevation': 0.0,
    'outline': [[0, 0], [0, 0], [0, 0]],
    'rooms': {},
    'nodes': {},
    'lanes': [],
}
_FLEET: Final[Mapping[str, object]] = {'robots': {}}
#: What a floor has many of, each left out by itself.
_THINGS: Final = frozenset({'nodes', 'lanes', 'doors', 'stations', 'rooms', 'zones', 'walls'})


class Readable(NamedTuple):
    """What can be drawn of a map: `left_out` counts the parts that cannot be read."""

    hospital: Hospital
    problems: list[Problem]
    left_out: int

    def note(self, lang: Lang) -> str:
        """Return what a picture has to say of itself, '' when it is whole."""
        return word('partial', lang, n=self.left_out) if self.left_out else ''


def load_for_drawing(folder: Path, *, robots: int | None = None) -> Readable:
    """Read and check the hospital in `folder` for `robots` robots, None for those of its fleet.

    Raises BrokenMap, with all problems, when a file is missing or no YAML, or no floor is left.
    """
    raw, where = load_raw(folder)
    try:
        hospital = read_hospital(raw, where=where)
    except BrokenMap as error:
        first = broken = error
    else:
        count = len(hospital.robots) if robots is None else robots
        return Readable(hospital, check_hospital(hospital, count, where=where), 0)
    rest, left_out = copy.deepcopy(raw), 0
    for _ in range(MAX_ROUNDS):
        found = _leave_out(rest, broken)
        left_out += found
        try:
            hospital = read_hospital(rest, where=where)
        except BrokenMap as error:
            broken = error
            if not found:
                break
        else:
            if not hospital.floors:
                break
            return Readable(hospital, [_located(raw, one) for one in first.problems], left_out)
    raise first


class _Part(NamedTuple):
    """An entry of a list or mapping, and what stands there when it is gone."""

    holder: Any
    key: Any
    needed: Mapping[str, object] = {}


def _leave_out(raw: dict[str, Any], broken: BrokenMap) -> int:
    """Remove what the problems are about; return how many parts that were."""
    # All are found before any is removed: their places in lists change.
    found = [part for one in broken.problems if (part := _part(raw, one.path)) is not None]
    parts = {(id(part.holder), part.key): part for part in found}
    for part in parts.values():
        if part.key in part.needed:
            part.holder[part.key] = copy.deepcopy(part.needed[part.key])
        elif isinstance(part.holder, dict):
            part.holder.pop(part.key, None)
    lists = [part for part in parts.values() if isinstance(part.holder, list)]
    for part in sorted(lists, key=lambda part: -int(part.key)):
        del part.holder[part.key]
    return len(parts)


def _part(raw: dict[str, Any], path: FieldPath) -> _Part | None:
    """Return the innermost entry that a path is about, that can be left out by itself."""
    match path:
        case ('floors', name, *rest):
            return _floor_part(raw.get('floors'), name, rest) or _Part(raw, 'floors')
        case ('lifts', name, *rest):
            lift = _entry(raw.get('lifts'), name)
            if lift is None:
                return _Part(raw, 'lifts')
            stops = lift.holder[lift.key]
            match rest:
                case ('stops', floor, *_) if isinstance(stops, dict):
                    return _entry(stops.get('stops'), floor) or lift
            return lift
        case ('fleet', field, *rest) if isinstance(raw.get('fleet'), dict):
            things = raw['fleet'].get(field)
            own = _entry(things, rest[0]) if rest else None
            return own or _Part(raw['fleet'], field, _FLEET)
        case (field, *_):
            return _Part(raw, field, _HOSPITAL)
    return None


def _floor_part(floors: object, name: str, rest: list[str]) -> _Part | None:
    whole = _entry(floors, name)
    if whole is None:
        return None
    floor = whole.holder[whole.key]
    match rest:
        case (kind, thing, *_) if isinstance(floor, dict) and kind in _THINGS:
            return _entry(floor.get(kind), thing) or _Part(floor, kind, _FLOOR)
        case (field, *_) if isinstance(floor, dict) and field != 'id':
            return _Part(floor, field, _FLOOR)
    return whole


def _entry(things: object, name: str) -> _Part | None:
    """Return the entry that a message calls `name`: by its id, the ends of a lane, or its place.

    The last of several, since the earlier ones were read before anything was wrong.
    """
    if isinstance(things, dict):
        keys = [key for key in things if str(key) == name]
        return _Part(things, keys[-1]) if keys else None
    if not isinstance(things, list):
        return None
    for index in range(len(things) - 1, -1, -1):
        ends = written_ends(things[index])
        own = things[index].get('id') if isinstance(things[index], dict) else None
        if name in (own, lane_name(*ends) if ends else None):
            return _Part(things, index)
    if name.isdecimal() and int(name) < len(things):
        return _Part(things, int(name))
    return None


def _located(raw: dict[str, Any], problem: Problem) -> Problem:
    """Return a problem with the place where the files have what it is about."""
    match problem.path:
        case ('floors', name, kind, thing, *_) if problem.at is None and kind in _THINGS:
            whole = _entry(raw.get('floors'), name)
            floor = whole.holder[whole.key] if whole else None
            point = _written_point(floor, kind, thing) if isinstance(floor, dict) else None
            if point is not None and isinstance(floor, dict):
                return replace(problem, at=(FloorId(str(floor.get('id'))), point))
    return problem


def _written_point(floor: dict[str, Any], kind: str, thing: str) -> Point | None:
    entry = _entry(floor.get(kind), thing)
    written = entry.holder[entry.key] if entry else None
    if isinstance(written, list):
        return _point(written[0]) if written else None
    if not isinstance(written, dict):
        return None
    if kind == 'stations':
        return _written_point(floor, 'nodes', str(written.get('node')))
    if kind == 'lanes':
        ends = written_ends(written) or ()
        points = [_written_point(floor, 'nodes', end) for end in ends]
        return next((point for point in points if point), None)
    corners = written.get('polygon')
    corner = corners[0] if isinstance(corners, list) and corners else written.get('box')
    return _point(written.get('at')) or _point(corner)


def _point(raw: object) -> Point | None:
    """Return the first two of some numbers as a point, None where they are none."""
    match raw:
        case [int() | float() as x, int() | float() as y, *_]:
            if all(math.isfinite(v) and abs(v) <= MAX_COORDINATE for v in (x, y)):
                return Point(float(x), float(y))
    return None
