"""May a report be true? A robot that says what cannot be gets nothing more and keeps its place."""

from __future__ import annotations

import itertools
from math import hypot
from typing import Final

from fleet_manager.domain.ids import LaneId, NodeId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Hop, HopKind, RobotReport
from fleet_manager.domain.state import FleetState, Robot

#: How far from its route a robot may say it is, in metres: half a lane, localisation, a swerve.
OFF_ROUTE_METRES: Final = 1.2
#: How close to its home bay a robot must be when it is seen for the first time, in metres.
HOME_METRES: Final = 0.6
#: No compartment of a robot is colder or hotter, in °C: beyond them a sensor is broken.
COLDEST: Final = -40.0
HOTTEST: Final = 80.0


def implausible(hospital: Hospital, state: FleetState, report: RobotReport) -> str | None:
    """Return why the report cannot be true (a reason code), or None.

    Steps are numbered anew by a manager with an empty journal: what a robot did for an earlier
    one says nothing about ours. On the map before a robot is where it is on ours: nobody was on
    what was changed when the maps were swapped.
    """
    robot = state.robots[report.robot]
    if report.map_version not in (hospital.version, state.map_before or hospital.version):
        return 'wrong_map'
    if report.floor not in hospital.floors:
        return 'unknown_floor'
    if report.epoch > state.epoch:
        return 'epoch_from_the_future'
    if report.epoch == state.epoch and report.last_sequence > robot.released:
        return 'ran_ahead'
    if not _on_route(hospital, robot, report):
        return 'off_route'
    return None


def plausible_celsius(celsius: float | None) -> float | None:
    """Return what a sensor in a compartment says, to one decimal; None where it cannot be true."""
    if celsius is None or not COLDEST <= celsius <= HOTTEST:
        return None
    return round(celsius, 1)


def is_home(hospital: Hospital, report: RobotReport) -> bool:
    """Whether a robot seen for the first time stands in its home bay."""
    node = hospital.nodes[hospital.robots[report.robot].home]
    away = hypot(node.x - report.x, node.y - report.y)
    return report.floor == node.floor and away <= HOME_METRES


def _on_route(hospital: Hospital, robot: Robot, report: RobotReport) -> bool:
    if _near(hospital, robot.node, report):
        return True
    for hop in robot.hops:
        if hop.sequence > robot.released:
            return False
        if _near(hospital, hop.target, report) or _near_way(hospital, hop, report):
            return True
    return False


def _near(hospital: Hospital, node_id: NodeId, report: RobotReport) -> bool:
    node = hospital.nodes[node_id]
    floor_fits = node.floor in ('', report.floor)
    return floor_fits and hypot(node.x - report.x, node.y - report.y) <= OFF_ROUTE_METRES


def _near_way(hospital: Hospital, hop: Hop, report: RobotReport) -> bool:
    points = way_points(hospital, hop)
    if hop.kind is HopKind.DRIVE and hospital.nodes[hop.target].floor != report.floor:
        return False
    return any(
        _distance(report.x, report.y, a, b) <= OFF_ROUTE_METRES
        for a, b in itertools.pairwise(points)
    )


def way_points(hospital: Hospital, hop: Hop) -> list[tuple[float, float]]:
    """Return the points of a hop from origin to target, in metres on its floor."""
    origin, target = hospital.nodes[hop.origin], hospital.nodes[hop.target]
    middle: list[tuple[float, float]] = []
    if hop.lane:
        lane = hospital.lanes[LaneId(hop.lane)]
        middle = [(p.x, p.y) for p in lane.via]
        if lane.a != hop.origin:
            middle.reverse()
    return [(origin.x, origin.y), *middle, (target.x, target.y)]


def _distance(x: float, y: float, a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the distance in metres of a point from the segment a-b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    square = dx * dx + dy * dy
    along = 0.0 if square == 0.0 else ((x - a[0]) * dx + (y - a[1]) * dy) / square
    along = min(1.0, max(0.0, along))
    return hypot(x - a[0] - along * dx, y - a[1] - along * dy)
