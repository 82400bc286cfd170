"""The ride of a robot as a session: request, open, inside, riding, arrived, out, free.

    requested --(ours, here, open)--> open --(robot inside)--> riding
    riding --(ours, there, open)--> arrived --(robot out)--> exited --(lift free)--> ended

The exit cell is claimed together with the car, before boarding (see traffic/plan.py). A session
never ends while the robot may be inside: not by a time-out, not by a restart of lift or manager.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.ids import FloorId, LiftId, RobotId, SessionId, car_resource
from fleet_manager.domain.maps.model import Lift
from fleet_manager.domain.messages import (
    Hop,
    HopKind,
    LiftDoor,
    LiftMode,
    LiftReport,
    LiftSessionAdvanced,
    LiftSessionEnded,
    LiftSessionStarted,
    LiftStage,
)
from fleet_manager.domain.state import LiftSession, Robot
from fleet_manager.domain.traffic import claims
from fleet_manager.domain.traffic.hindrances import is_out_of_service
from fleet_manager.domain.turn import SILENT_AFTER_MS, Turn
from fleet_manager.domain.units import Instant

#: How long each stage may last before a person is called. The session goes on all the same.
DEADLINES_MS: Final[Mapping[LiftStage, int]] = MappingProxyType(
    {
        LiftStage.REQUESTED: 120_000,
        LiftStage.OPEN: 60_000,
        LiftStage.RIDING: 120_000,
        LiftStage.ARRIVED: 60_000,
        LiftStage.EXITED: 30_000,
    }
)


def advance_lifts(turn: Turn) -> None:
    """Move each session on as far as the lift and the robot say, and start the next ones."""
    for lift in sorted(turn.state.sessions):
        _advance(turn, lift)
    for robot in turn.robots():
        _call(turn, robot)


def may_board(turn: Turn, lift: LiftId, robot: RobotId) -> bool:
    """Whether the car stands open for this robot, on its floor, in the right mode, now."""
    session = turn.state.sessions.get(lift)
    return (
        session is not None
        and session.robot == robot
        and session.stage is LiftStage.OPEN
        and _stands_open(turn, lift, session.id, session.boarding_floor)
    )


def may_alight(turn: Turn, lift: LiftId, robot: RobotId) -> bool:
    """Whether the car stands open on the target floor, with this robot in it."""
    session = turn.state.sessions.get(lift)
    return (
        session is not None
        and session.robot == robot
        and session.stage is LiftStage.ARRIVED
        and _stands_open(turn, lift, session.id, session.target_floor)
    )


def boarded(turn: Turn, robot: Robot) -> None:
    """The robot stands in the car: ride. Call when it reached the car's node."""
    _robot_moved(turn, robot, LiftStage.OPEN, LiftStage.RIDING)


def left(turn: Turn, robot: Robot) -> None:
    """The robot stands in the exit cell: give the car back. Call when it reached that node."""
    _robot_moved(turn, robot, LiftStage.ARRIVED, LiftStage.EXITED)


def queue(turn: Turn, lift: Lift) -> tuple[RobotId, ...]:
    """Return the robots that will ride `lift`, in order, without the one it serves."""
    session = turn.state.sessions.get(lift.id)
    riding = session.robot if session is not None else None
    line = [c.robot for c in turn.state.queues.get(car_resource(lift.id), ())]
    return tuple(robot for robot in line if robot != riding)


def report_of(turn: Turn, lift: LiftId) -> LiftReport | None:
    """Return what the lift said, when it is not silent."""
    report, heard = turn.sensed.lifts.get(lift, (None, 0))
    return report if report is not None and turn.now - heard <= SILENT_AFTER_MS else None


def _advance(turn: Turn, lift: LiftId) -> None:
    session = turn.state.sessions[lift]
    if session.stage is LiftStage.REQUESTED:
        if _stands_open(turn, lift, session.id, session.boarding_floor):
            _to(turn, lift, session, LiftStage.OPEN)
        elif _given_up(turn, lift, session):
            _to(turn, lift, session, LiftStage.EXITED)
    elif session.stage is LiftStage.OPEN and _given_up(turn, lift, session):
        _to(turn, lift, session, LiftStage.EXITED)
    elif session.stage is LiftStage.RIDING:
        if _stands_open(turn, lift, session.id, session.target_floor):
            _to(turn, lift, session, LiftStage.ARRIVED)
    elif session.stage is LiftStage.EXITED:
        report = report_of(turn, lift)
        if report is not None and report.session != session.id:
            outcome = 'done' if session.boarded else 'abandoned'
            turn.emit(LiftSessionEnded(lift, session.id, outcome=outcome))


def _given_up(turn: Turn, lift: LiftId, session: LiftSession) -> bool:
    """Whether nobody will ride: not let in yet, and lift or robot are out of it for long."""
    robot = turn.state.robots[session.robot]
    hop = _ride(robot, lift)
    waiting = hop is not None and hop.sequence > robot.released
    if waiting and is_out_of_service(turn, lift):
        return True
    return waiting and not turn.may_move(robot) and turn.now > session.deadline


def _call(turn: Turn, robot: Robot) -> None:
    """Start a session for a robot that is about to wait for its lift and is next in line."""
    hop = robot.next_hop()
    if hop is None or hop.kind is not HopKind.BOARD or not turn.may_move(robot):
        return
    lift = turn.hospital.lifts[LiftId(hop.lift)]
    near = hop.sequence <= robot.done + 2
    if not near or lift.id in turn.state.sessions or is_out_of_service(turn, lift.id):
        return
    if not claims.is_head(turn.state.queues, robot.id, hop):
        return
    turn.emit(
        LiftSessionStarted(
            lift.id,
            session=SessionId(f'{robot.id}#{turn.state.sessions_made + 1}'),
            robot=robot.id,
            boarding_floor=_floor(turn, hop),
            target_floor=_target_floor(turn, robot, hop),
            deadline=_deadline(turn, LiftStage.REQUESTED),
        )
    )


def _robot_moved(turn: Turn, robot: Robot, stage: LiftStage, then: LiftStage) -> None:
    for lift in sorted(turn.state.sessions):
        session = turn.state.sessions[lift]
        if session.robot == robot.id and session.stage is stage:
            _to(turn, lift, session, then)


def _to(turn: Turn, lift: LiftId, session: LiftSession, stage: LiftStage) -> None:
    turn.emit(LiftSessionAdvanced(lift, session.id, stage, deadline=_deadline(turn, stage)))


def _deadline(turn: Turn, stage: LiftStage) -> Instant:
    return Instant(turn.now + DEADLINES_MS[stage])


def _stands_open(turn: Turn, lift: LiftId, session: SessionId, floor: FloorId) -> bool:
    report = report_of(turn, lift)
    return (
        report is not None
        and report.session == session
        and report.current_floor == floor
        and report.door is LiftDoor.OPEN
        and not report.moving
        and report.mode is LiftMode.AGV
    )


def _ride(robot: Robot, lift: LiftId) -> Hop | None:
    for hop in robot.hops:
        if hop.kind is HopKind.BOARD and hop.lift == lift:
            return hop
    return None


def _floor(turn: Turn, hop: Hop) -> FloorId:
    return turn.hospital.nodes[hop.origin].floor


def _target_floor(turn: Turn, robot: Robot, board: Hop) -> FloorId:
    for hop in robot.hops:
        if hop.sequence == board.sequence + 1:
            return turn.hospital.nodes[hop.target].floor
    raise LookupError(f'{robot.id} boards at {board.sequence} and never alights')
