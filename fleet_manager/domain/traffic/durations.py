"""How long things take in a plan. Execution absorbs what is longer; nothing here is a promise."""

from __future__ import annotations

from math import sqrt
from typing import Final

from fleet_manager.domain.ids import FloorId
from fleet_manager.domain.maps.model import Hospital, Lane, Lift
from fleet_manager.domain.units import Millis, millis

#: Turning at a node and getting to speed, on average (our robots: 0.5 m/s², 1 rad/s).
NODE_SECONDS: Final = 1.5
#: Driving into or out of a car, about 2 m at 0.4 m/s, with the turn.
THRESHOLD_SECONDS: Final = 6.0
#: A door on the way: request, opening, passing.
DOOR_SECONDS: Final = 3.0


def drive(lane: Lane, *, waits: bool) -> Millis:
    """Return the planned time over a lane; `waits` where a door has to open first."""
    door = DOOR_SECONDS if waits else 0.0
    return millis(lane.length / lane.speed + NODE_SECONDS + door)


def travel(hospital: Hospital, lift: Lift, start: FloorId, end: FloorId) -> Millis:
    """Return the time a car takes between two floors: trapezoid of speed and acceleration."""
    way = abs(hospital.floors[end].elevation - hospital.floors[start].elevation)
    if way == 0.0:
        return Millis(0)
    to_speed = lift.speed**2 / lift.acceleration
    if way >= to_speed:
        return millis(way / lift.speed + lift.speed / lift.acceleration)
    return millis(2 * sqrt(way / lift.acceleration))


def call(hospital: Hospital, lift: Lift, floor: FloorId) -> Millis:
    """Return the time until a robot is inside: the car comes from its farthest stop, opens."""
    return Millis(comes(hospital, lift, floor) + millis(lift.door_time + THRESHOLD_SECONDS))


def comes(hospital: Hospital, lift: Lift, floor: FloorId) -> Millis:
    """Return the time a car takes to a floor from its farthest stop: what nobody waits longer."""
    return max(travel(hospital, lift, stop.floor, floor) for stop in lift.stops)


def ride(hospital: Hospital, lift: Lift, start: FloorId, end: FloorId) -> Millis:
    """Return the time from being inside until standing in the exit cell of the other floor."""
    doors = millis(2 * lift.door_time + THRESHOLD_SECONDS)
    return Millis(travel(hospital, lift, start, end) + doors)
