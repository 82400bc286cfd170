"""Whether people and ROS can tell things apart by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations
from typing import Final

from fleet_manager.domain.maps.check.survey import Report, Survey, station_path
from fleet_manager.domain.maps.model import Name
from fleet_manager.domain.maps.problems import FieldPath

#: What ROS allows in the name of a node.
_ROS_NAME: Final = re.compile(r'[A-Za-z][A-Za-z0-9_]*')
#: What people take for each other on a sign.
_LOOKS_LIKE: Final = str.maketrans('OQISZBG', '0015286')

_Named = tuple[FieldPath, str]


def names_are_told_apart(survey: Survey, report: Report) -> None:
    """Two stations of one name get each other's parcels."""
    hospital = survey.hospital
    robots: list[_Named] = [
        (('fleet', 'robots', one.id, 'name'), one.name) for one in hospital.robots.values()
    ]
    _no_two_alike('robot', robots, report)
    things: tuple[tuple[str, Iterable[tuple[FieldPath, Name]]], ...] = (
        (
            'station',
            [(station_path(hospital, own), own.name) for own in hospital.stations.values()],
        ),
        ('lift', [(('lifts', own.id), own.name) for own in hospital.lifts.values()]),
        ('floor', [(('floors', own.id), own.name) for own in hospital.floors.values()]),
    )
    for what, named in things:
        _no_two_alike(what, [((*path, 'name', 'zh'), name.zh) for path, name in named], report)
        _no_two_alike(what, [((*path, 'name', 'en'), name.en) for path, name in named], report)


def _no_two_alike(what: str, named: list[_Named], report: Report) -> None:
    first: dict[str, FieldPath] = {}
    for path, name in named:
        key = ' '.join(name.casefold().split())
        if key and key in first:
            problem = f'{name!r} is the name of another {what} too'
            mend = 'give each a name of its own, with its floor or ward'
            report.note('duplicate_name', path, problem, mend, others=(first[key],))
        first.setdefault(key, path)


def codes_are_told_apart(survey: Survey, report: Report) -> None:
    """A code is read from a wall and typed in."""
    first: dict[str, str] = {}
    for station in survey.hospital.stations.values():
        key = station.code.translate(_LOOKS_LIKE)
        if key in first and first[key] != station.code:
            problem = f'{station.code!r} looks like {first[key]!r}'
            path = (*station_path(survey.hospital, station), 'code')
            report.note('similar_codes', path, problem, 'change one of the two')
        first.setdefault(key, station.code)


def levels_are_told_apart(survey: Survey, report: Report) -> None:
    """A lift that stops at a level stops at one floor."""
    for one, other in combinations(survey.storeys.values(), 2):
        lifts = any(
            {one.floor.id, other.floor.id} <= {stop.floor for stop in lift.stops}
            for lift in survey.hospital.lifts.values()
        )
        apart = one.outline.disjoint(other.outline)
        if one.floor.level == other.floor.level and (lifts or not apart):
            problem = f'is {other.floor.level}, as that of {one.floor.id}'
            mend = 'count the levels from the lowest floor upwards, each once'
            path = ('floors', other.floor.id, 'level')
            others = (('floors', one.floor.id, 'level'),)
            report.note('duplicate_level', path, problem, mend, others=others)


def robots_have_names_for_ros(survey: Survey, report: Report) -> None:
    """The id of a robot is the name of its nodes and topics."""
    for robot in survey.hospital.robots:
        if not _ROS_NAME.fullmatch(robot):
            problem = f'{robot!r} is no name for ROS'
            mend = 'begin with a letter, then letters, digits and _, such as r7'
            report.note('robot_name', ('fleet', 'robots', robot), problem, mend)


RULES: Final = (
    names_are_told_apart,
    codes_are_told_apart,
    levels_are_told_apart,
    robots_have_names_for_ros,
)
