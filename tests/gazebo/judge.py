"""Judges a drive by where everything truly was, and by the journal: nothing a robot says counts.

Times are those of the simulation, metres those of the world.
"""

from __future__ import annotations

import json
import math
import os
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

from fleet_manager.domain.ids import LaneId, LiftId, NodeId, RobotId
from fleet_manager.domain.maps.model import STANDARD_TYPE, Hospital
from fleet_manager.entry.gazebo.kept import truth_of_drive
from robot_nodes.core.geometry import along_and_across, distance_to_line, overlap, rectangle
from robot_nodes.gazebo.scene import Line
from tests.live.hospital import LiveHospital
from tests.live.records import Records

#: Metres a robot's middle may be from the nearest place it holds: the radius within which a node
#: counts as reached, its localisation's error, and a stop that overshoots.
HELD_WITHIN = 0.35
#: Metres a robot may be off its lane: 99 of 100 times, and ever. Its place is wrong by 1.5 cm.
LANE_USUALLY, LANE_ALWAYS = 0.05, 0.15
#: Bytes: two moments of the largest hospital are shorter.
TAIL = 65_536


@dataclass(frozen=True)
class Place:
    """Where a robot truly was."""

    x: float
    y: float
    z: float
    yaw: float
    floor: str
    car: str


@dataclass(frozen=True)
class Moment:
    """The world at one time: `at` in UTC milliseconds as the journal has it."""

    at: int
    seconds: float
    wall: float
    robots: Mapping[str, Place]
    lifts: Mapping[str, list[float]]
    doors: Mapping[str, float]
    walkers: Mapping[str, list[float]]


@dataclass
class Truth:
    """All moments of a drive."""

    hospital: Hospital
    moments: list[Moment]
    _shapes: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    _floors: dict[str, list[list[tuple[float, float]]]] = field(default_factory=dict)

    @classmethod
    def of(cls, house: LiveHospital) -> Truth:
        """Read what the world has written until now; a line that is being written is left."""
        return cls(house.hospital, [_moment(said) for said in truth_of_drive(house.state)])

    # --- what must hold -------------------------------------------------------------------------

    def assert_nobody_overlaps(self) -> float:
        """No two robots in one place; return how near two of them came, centre to centre."""
        nearest = math.inf
        for moment in self.moments:
            for (one, a), (other, b) in combinations(moment.robots.items(), 2):
                if a.floor != b.floor or abs(a.z - b.z) > 1.0:
                    continue
                gap = math.dist((a.x, a.y), (b.x, b.y))
                nearest = min(nearest, gap)
                if gap < 1.5:
                    shapes = [self._outline(one, a), self._outline(other, b)]
                    assert not overlap(*shapes), f'{one} and {other} at {moment.seconds} s'
        return nearest

    def assert_everybody_is_where_it_may_be(self, records: Records) -> None:
        """Each robot's middle is at a place it holds by the journal, and nobody else does."""
        held: dict[str, set[str]] = {}
        lines = iter(records.lines)
        line = next(lines, None)
        for moment in self.moments:
            while line is not None and line.at <= moment.at:
                _apply(line, held)
                line = next(lines, None)
            for one, other in combinations(held, 2):
                both = held[one] & held[other]
                assert not both, f'{one} and {other} both hold {both} at {moment.seconds} s'
            for robot, place in moment.robots.items():
                mine = held.get(robot)
                if not mine:
                    continue
                far = min(self._distance(resource, place) for resource in mine)
                where = f'({place.x:.2f}, {place.y:.2f}) on {place.floor}'
                assert far <= HELD_WITHIN, (
                    f'{robot} at {where} is {far:.2f} m from what it holds at '
                    f'{moment.seconds} s: {sorted(mine)}'
                )

    def assert_lanes_are_kept(self) -> list[float]:
        """Robots drive along the middle of their lanes; return how far off they were."""
        errors = self.lane_errors()
        usual, worst = percentile(errors, 0.99), max(errors, default=0.0)
        off = f'a robot is off its lane: {summary(errors)} (p50 / p99 / max of {len(errors)})'
        assert usual <= LANE_USUALLY, off
        assert worst <= LANE_ALWAYS, off
        return errors

    # --- figures --------------------------------------------------------------------------------

    def lane_errors(self) -> list[float]:
        """Return how far robots that drive straight are from their lane, in metres."""
        found = []
        for before, now in pairwise(self.moments):
            for robot, place in now.robots.items():
                was = before.robots[robot]
                step = now.seconds - before.seconds
                gone = math.dist((place.x, place.y), (was.x, was.y))
                turned = abs(math.remainder(place.yaw - was.yaw, math.tau))
                if place.car or gone < 0.4 * step or turned > 0.1 * step:
                    continue
                lines = self._lines_on(place.floor)
                found.append(min(distance_to_line((place.x, place.y), line) for line in lines))
        return found

    def cabin_clearances(self, lines: Mapping[str, Sequence[Line]]) -> list[float]:
        """Return how much room robots had beside them in the doorways of lifts, in metres.

        `lines` are the openings of the lifts' doors, by floor.
        """
        found = []
        for moment in self.moments:
            for robot, place in moment.robots.items():
                outline = self._outline(robot, place)
                for start, end in lines.get(place.floor, ()):
                    if not overlap(outline, (start, end)):
                        continue
                    width = math.dist(start, end)
                    ways = [along_and_across(corner, start, end)[0] for corner in outline]
                    found.append(min(*ways, width - max(ways)))
        return found

    def _lines_on(self, floor: str) -> list[list[tuple[float, float]]]:
        """Return every lane of a floor, and the ways into and out of its lifts."""
        if floor not in self._floors:
            lanes = [
                f'lane:{one.id}' for one in self.hospital.lanes.values() if one.floor == floor
            ]
            ways = [self._way_in(lift, floor) for lift in self.hospital.lifts]
            self._floors[floor] = [*map(self._line, lanes), *ways]
        return self._floors[floor]

    def real_time_factor(self) -> float:
        """Return simulated seconds a second of wall time."""
        first, last = self.moments[0], self.moments[-1]
        return (last.seconds - first.seconds) / max(1e-6, last.wall - first.wall)

    def _outline(self, robot: str, place: Place) -> tuple[tuple[float, float], ...]:
        build = self.hospital.types.get(self.hospital.robots[RobotId(robot)].type, STANDARD_TYPE)
        return rectangle(place.x, place.y, place.yaw, build.length, build.width)

    def _distance(self, resource: str, place: Place) -> float:
        kind, _, name = resource.partition(':')
        at = (place.x, place.y)
        if kind == 'car':
            return distance_to_line(at, self._way_in(name, place.floor))
        if kind not in ('lane', 'node'):
            return math.inf
        node = self.hospital.nodes.get(NodeId(name)) if kind == 'node' else None
        if node is not None and node.floor not in ('', place.floor):
            return math.inf
        return distance_to_line(at, self._line(resource))

    def _way_in(self, lift: str, floor: str) -> list[tuple[float, float]]:
        """Return the way from the waiting cell of a floor into the car and out to the exit."""
        one = self.hospital.lifts[LiftId(lift)]
        cells = [stop for stop in one.stops if stop.floor == floor]
        names = [node for stop in cells for node in (stop.wait, one.car, stop.exit)] or [one.car]
        nodes = [self.hospital.nodes[name] for name in names]
        return [(node.x, node.y) for node in nodes]

    def _line(self, resource: str) -> list[tuple[float, float]]:
        line = self._shapes.get(resource)
        if line is None:
            kind, _, name = resource.partition(':')
            nodes, lanes = self.hospital.nodes, self.hospital.lanes
            if kind == 'node':
                node = nodes[NodeId(name)]
                line = [(node.x, node.y)]
            else:
                lane = lanes[LaneId(name)]
                a, b = nodes[lane.a], nodes[lane.b]
                line = [(a.x, a.y), *((p.x, p.y) for p in lane.via), (b.x, b.y)]
            self._shapes[resource] = line
        return line


def newest(house: LiveHospital) -> Moment:
    """Return the last moment the world has written."""
    with (house.state / 'truth.jsonl').open('rb') as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - TAIL))
        return _moment(json.loads(file.read().rpartition(b'\n')[0].rpartition(b'\n')[2]))


def _moment(said: dict[str, Any]) -> Moment:
    robots = {name: Place(*place) for name, place in said.pop('robots').items()}
    return Moment(robots=robots, **said)


def _apply(line: Any, held: dict[str, set[str]]) -> None:
    """Follow who holds what: taken when let onto, freed when the next node is reached."""
    if line.kind in ('RobotPlaced', 'HopsReleased'):
        held.setdefault(line.robot, set()).update(line.body.get('claims') or ())
    elif line.kind == 'NodeReached':
        held.setdefault(line.robot, set()).difference_update(line.body['frees'])


def percentile(values: Iterable[float], share: float) -> float:
    """Return the value below which `share` of them lie; 0 of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def summary(values: Iterable[float]) -> str:
    """Return `p50 / p99 / max`, in centimetres."""
    kept = list(values)
    if not kept:
        return 'none'
    worst = (statistics.median(kept), percentile(kept, 0.99), max(kept))
    return ' / '.join(f'{100 * v:.1f}' for v in worst) + ' cm'
