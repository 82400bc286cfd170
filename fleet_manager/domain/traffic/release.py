"""Who may go: the only module that lets a robot onto a node, a lane, or into a car."""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.ids import DoorId, LiftId
from fleet_manager.domain.lifts import sessions
from fleet_manager.domain.messages import Hop, HopKind, HopsReleased
from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic import claims
from fleet_manager.domain.traffic.doors import (
    is_fire_alarm,
    is_held_open,
    is_shut_by_fire,
    note_doors,
)
from fleet_manager.domain.turn import Turn

#: Steps a robot may be ahead of where it stands: enough not to brake at each node, few enough to
#: leave the rest open for a better plan.
LOOKAHEAD: Final = 2


def release_hops(turn: Turn) -> None:
    """Release every hop whose turn it is. Robots that may not move get nothing."""
    note_doors(turn, wanted_doors(turn))
    for robot in turn.robots():
        _note_blocker(turn, robot)
        if not turn.may_move(robot):
            continue
        while (hop := robot.next_hop()) is not None and _may_start(turn, robot, hop):
            if not _is_shut(turn, robot):
                break
            turn.emit(
                HopsReleased(
                    robot.id, upto=hop.sequence, update=robot.update + 1, claims=hop.claims
                )
            )


def wanted_doors(turn: Turn) -> frozenset[DoorId]:
    """Return the doors that must be open: a robot is on their lane, or next to be.

    And those that did not open, until they do. In a fire alarm fire doors stay open only for who
    was let through already. A manager that has just begun holds them for robots not heard yet.
    """
    alarm = is_fire_alarm(turn)
    doors = turn.hospital.doors
    wanted = {door for door in turn.sensed.failed_doors if not (alarm and doors[door].fire)}
    for robot in turn.robots():
        for hop in robot.hops:
            if hop.sequence > robot.released and hop.sequence > robot.done + LOOKAHEAD:
                break
            if not hop.door or (hop.sequence > robot.released and turn.is_stopped(robot, hop)):
                continue
            if hop.sequence <= robot.released or (
                not is_shut_by_fire(turn, hop.lane)
                and (turn.may_move(robot) or turn.is_unheard(robot))
                and claims.is_head(turn.state.queues, robot.id, hop)
            ):
                wanted.add(DoorId(hop.door))
    return frozenset(wanted)


def _may_start(turn: Turn, robot: Robot, hop: Hop) -> bool:
    if hop.sequence > robot.done + LOOKAHEAD or turn.is_stopped(robot, hop):
        return False
    if not claims.is_head(turn.state.queues, robot.id, hop):
        return False
    if hop.kind is HopKind.BOARD:
        return sessions.may_board(turn, LiftId(hop.lift), robot.id)
    if hop.kind is HopKind.ALIGHT:
        return sessions.may_alight(turn, LiftId(hop.lift), robot.id)
    if is_shut_by_fire(turn, hop.lane):
        return False
    return not hop.door or is_held_open(turn, DoorId(hop.door))


def _is_shut(turn: Turn, robot: Robot) -> bool:
    """Whether all compartments are closed: nobody drives away with an open drawer."""
    return all(c.closed for c in turn.sensed.robots[robot.id].report.compartments)


def _note_blocker(turn: Turn, robot: Robot) -> None:
    """Remember since when the robot waits for whom, for the people who ask."""
    sense = turn.sensed.robots.get(robot.id)
    if sense is None:
        return
    hop = robot.next_hop() if robot.released == robot.done else None
    blocked = claims.blocker(turn.state.queues, robot.id, hop) if hop is not None else None
    if blocked is None or blocked[0] == robot.id:
        sense.blocked_by = sense.blocked_since = None
    elif sense.blocked_by != blocked:
        sense.blocked_by, sense.blocked_since = blocked, turn.now
