"""How well simulated days move robots and lifts: what a journal measured, and what a day computes.

A journal of real robots, or of robots in Gazebo, says when each hop began and ended. A day takes
fixed figures for the same (`Motion`): they are fitted here by least squares.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from fleet_manager.application.days.scenario import Motion
from fleet_manager.domain.ids import FloorId, LaneId, LiftId, NodeId, RobotId, SessionId
from fleet_manager.domain.maps.geometry import course
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    Event,
    Hop,
    HopKind,
    HopsReleased,
    LegPlanned,
    LiftSessionAdvanced,
    LiftSessionEnded,
    LiftSessionStarted,
    LiftStage,
    NodeReached,
)
from fleet_manager.domain.traffic import durations
from fleet_manager.domain.units import SECOND, Instant

#: A hop that took so much longer than it should was not driving: somebody stood in the way.
OUTLIER: Final = 3.0
_XY = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Drive:
    """One hop: its length, speed limit, the turn before it, and what it took, in seconds.

    `starts`: the robot stood before it. `stops`: it was not let further in time.
    """

    robot: RobotId
    began: Instant
    metres: float
    speed: float
    turn: float
    starts: bool
    stops: bool
    seconds: float

    def computed(self, motion: Motion) -> float:
        """Return what a day takes for it, in seconds."""
        return motion.seconds(
            self.metres, self.speed, turn=self.turn, starts=self.starts, stops=self.stops
        )


@dataclass(frozen=True, slots=True)
class Ride:
    """One ride in a lift, from the shut door until it stands open on the other floor."""

    lift: LiftId
    seconds: float
    computed: float


@dataclass(frozen=True, slots=True)
class Trip:
    """Hops driven one after the other, without waiting in between."""

    seconds: float
    computed: float


@dataclass(slots=True)
class _Robot:
    hops: dict[int, Hop] = field(default_factory=dict)
    released: dict[int, Instant] = field(default_factory=dict)
    done: int = -1
    at: Instant | None = None
    heading: float | None = None


def drives(hospital: Hospital, events: Iterable[tuple[Instant, Event]]) -> list[Drive]:
    """Return every hop over a lane that was driven, in the order of their ends."""
    robots: dict[RobotId, _Robot] = {}
    found = []
    for at, event in events:
        if isinstance(event, LegPlanned):
            one = robots.setdefault(event.robot, _Robot())
            one.hops = {s: hop for s, hop in one.hops.items() if s <= event.after}
            one.hops |= {hop.sequence: hop for hop in event.hops}
        elif isinstance(event, HopsReleased):
            one = robots.setdefault(event.robot, _Robot())
            one.released |= {s: at for s in one.hops if s <= event.upto and s not in one.released}
        elif isinstance(event, NodeReached):
            one = robots.setdefault(event.robot, _Robot())
            drive = _drive(hospital, event.robot, one, event.sequence, at)
            if drive is not None:
                found.append(drive)
            one.done, one.at = event.sequence, at
    return found


def _drive(
    hospital: Hospital, robot: RobotId, one: _Robot, sequence: int, at: Instant
) -> Drive | None:
    hop, before = one.hops.get(sequence), one.heading
    if hop is None or sequence not in one.released:
        one.heading = None
        return None
    line = _line(hospital, hop)
    one.heading = course(line[-2], line[-1]) if hop.kind is HopKind.DRIVE else None
    if hop.kind is not HopKind.DRIVE or one.at is None or one.done != sequence - 1:
        return None
    if before is None:
        return None
    began = max(one.at, one.released[sequence])
    turn = abs(math.remainder(course(line[0], line[1]) - before, math.tau))
    lane = hospital.lanes[LaneId(hop.lane)]
    return Drive(
        robot,
        began,
        lane.length,
        lane.speed,
        turn,
        starts=one.released[sequence] > one.at,
        stops=sequence + 1 not in one.released,
        seconds=(at - began) / SECOND,
    )


def rides(hospital: Hospital, events: Iterable[tuple[Instant, Event]]) -> list[Ride]:
    """Return every ride that went from one floor to another."""
    started: dict[SessionId, LiftSessionStarted] = {}
    shut: dict[SessionId, Instant] = {}
    found = []
    for at, event in events:
        if isinstance(event, LiftSessionStarted):
            started[event.session] = event
        elif isinstance(event, LiftSessionAdvanced) and event.session in started:
            if event.stage is LiftStage.RIDING:
                shut[event.session] = at
            elif event.stage is LiftStage.ARRIVED and event.session in shut:
                ride = started[event.session]
                computed = _ride(hospital, ride.lift, ride.boarding_floor, ride.target_floor)
                seconds = (at - shut.pop(event.session)) / SECOND
                found.append(Ride(ride.lift, seconds, computed))
        elif isinstance(event, LiftSessionEnded):
            started.pop(event.session, None)
    return found


def _ride(hospital: Hospital, lift: LiftId, start: FloorId, end: FloorId) -> float:
    one = hospital.lifts[lift]
    return durations.travel(hospital, one, start, end) / SECOND + 2 * one.door_time


def trips(found: Sequence[Drive], motion: Motion) -> list[Trip]:
    """Join hops that follow each other without a stop; single hops are trips as well."""
    joined: dict[RobotId, list[Drive]] = {}
    done = []
    for drive in found:
        chain = joined.setdefault(drive.robot, [])
        chain.append(drive)
        if drive.stops:
            done.append(joined.pop(drive.robot))
    return [
        Trip(sum(d.seconds for d in chain), sum(d.computed(motion) for d in chain))
        for chain in done
    ]


def fit(found: Sequence[Drive]) -> Motion:
    """Return the figures of `Motion` that explain the drives best. Raises ValueError for too few.

    Ordinary least squares on what is left after metres / speed; negative figures are none.
    """
    used = [d for d in found if d.seconds < OUTLIER * d.computed(Motion()) + 1.0]
    if len(used) < 20:
        raise ValueError(f'{len(used)} hops are too few to fit anything: drive 20 or more')
    table = np.array([[1.0, d.turn, float(d.starts), float(d.stops)] for d in used])
    left = np.array([d.seconds - d.metres / d.speed for d in used])
    solution, *_ = np.linalg.lstsq(table, left, rcond=None)
    node, turn, start, stop = (round(max(0.0, float(figure)), 3) for figure in solution)
    return Motion(node=node, turn=turn, start=start, stop=stop)


def _line(hospital: Hospital, hop: Hop) -> list[_XY]:
    lane = hospital.lanes.get(LaneId(hop.lane))
    a, b = _at(hospital, hop.origin), _at(hospital, hop.target)
    if lane is None:
        return [a, b]
    via = [(p.x, p.y) for p in lane.via]
    return [a, *(via if lane.a == hop.origin else reversed(via)), b]


def _at(hospital: Hospital, node: NodeId) -> _XY:
    return (hospital.nodes[node].x, hospital.nodes[node].y)
