"""After dirty goods: to a cleaning place, where somebody cleans the robot inside and signs."""

from __future__ import annotations

from fleet_manager.domain.maps.model import Hospital, NodeKind
from fleet_manager.domain.state import Robot
from fleet_manager.domain.turn import Turn


def needs_cleaning(turn: Turn, robot: Robot) -> bool:
    """Whether the empty robot has to be cleaned; one for dirty goods only never has."""
    return robot.soiled and not robot.stops and rating_of(turn.hospital, robot) != 'dirty'


def cleaning_place(hospital: Hospital) -> NodeKind:
    """Return the kind of place robots are cleaned at: a parking bay where the map has no other."""
    return NodeKind.CLEANING if hospital.of_kind(NodeKind.CLEANING) else NodeKind.PARKING


def stands_to_be_cleaned(turn: Turn, robot: Robot) -> bool:
    """Whether the robot stands, empty, where it is cleaned."""
    here = turn.hospital.nodes[robot.node].kind
    return not robot.hops and not robot.stops and here is cleaning_place(turn.hospital)


def rating_of(hospital: Hospital, robot: Robot) -> str:
    """Return whether robots of its type carry `clean` goods, `dirty` ones, or `any`."""
    return hospital.types[hospital.robots[robot.id].type].rating
