"""The ride of a robot as a session: request, open, inside, riding, arrived, out, free.

    requested --(ours, here, open)--> open --(robot inside)--> riding
    riding --(ours, there, open)--> arrived --(robot out)--> exited --(lift free)--> ended

A session is a lease: its number names the robot, and each stage has a deadline. Before the robot
was let in, a stage that goes wrong ends the session with an outcome (`LiftOutcome`): the car is
full, serves others, did not come, or takes no robots. Then people have the lift for a while
(lifts/outlook.py), and the robot asks again or takes another lift. A request is never dropped.

The exit cell is claimed together with the car, before boarding (see traffic/plan.py). A session
never ends while the robot may be inside: not by a time-out, not by a restart of lift or manager.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.ids import FloorId, LiftId, RobotId, SessionId, car_resource
from fleet_manager.domain.lifts import outlook
from fleet_manager.domain.lifts.rating import lifts_of_type
from fleet_manager.domain.messages import (
    Hop,
    HopKind,
    LiftDoor,
    LiftMode,
    LiftOutcome,
    LiftRecalled,
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
#: A public lift that does not tell whether it is full is looked into for so long by the robot in
#: front of it: time to say so, and for the word to arrive.
LOOK_MS: Final = 1_500
#: Modes in which the building has taken its lifts back. A person says when that is over.
RECALLS: Final = frozenset({LiftMode.FIRE, LiftMode.EMERGENCY})
#: What a robot says that stands in front of an open car with somebody in it.
CABIN_FULL: Final = 'cabin_full'


def advance_lifts(turn: Turn) -> None:
    """Move each session on as far as the lift and the robot say, and start the next ones."""
    _note_recalls(turn)
    for lift in sorted(turn.state.sessions):
        _advance(turn, lift)
    for robot in turn.robots():
        _call(turn, robot)


def may_board(turn: Turn, lift: LiftId, robot: RobotId) -> bool:
    """Whether the car stands open for this robot, on its floor, in the right mode, empty, now."""
    session = turn.state.sessions.get(lift)
    return (
        session is not None
        and session.robot == robot
        and session.stage is LiftStage.OPEN
        and turn.now <= session.deadline
        and _stands_open(turn, lift, session.id, session.boarding_floor)
        and not _is_full(turn, lift, robot)
        and turn.now - session.since >= _look_ms(turn, lift)
    )


def may_alight(turn: Turn, lift: LiftId, robot: RobotId) -> bool:
    """Whether the car stands open on the target floor, with this robot in it."""
    session = turn.state.sessions.get(lift)
    return (
        session is not None
        and session.robot == robot
        and session.stage is LiftStage.ARRIVED
        and _may_leave(turn, lift, session)
    )


def boarded(turn: Turn, robot: Robot) -> None:
    """The robot stands in the car: ride. Call when it reached the car's node."""
    _robot_moved(turn, robot, LiftStage.OPEN, LiftStage.RIDING)


def left(turn: Turn, robot: Robot) -> None:
    """The robot stands in the exit cell: give the car back. Call when it reached that node."""
    _robot_moved(turn, robot, LiftStage.ARRIVED, LiftStage.EXITED)


def recalled_to(turn: Turn, lift: LiftId) -> FloorId | None:
    """Return the floor on which a recalled car stands open, for whoever is inside to leave."""
    report = report_of(turn, lift)
    if report is None or report.mode not in RECALLS or report.moving:
        return None
    return report.current_floor if report.door is LiftDoor.OPEN else None


def report_of(turn: Turn, lift: LiftId) -> LiftReport | None:
    """Return what the lift said, when it is not silent."""
    report, heard = turn.sensed.lifts.get(lift, (None, 0))
    return report if report is not None and turn.now - heard <= SILENT_AFTER_MS else None


def _advance(turn: Turn, lift: LiftId) -> None:
    session = turn.state.sessions[lift]
    if session.stage in (LiftStage.REQUESTED, LiftStage.OPEN):
        _come(turn, lift, session)
    elif session.stage is LiftStage.RIDING:
        if _may_leave(turn, lift, session):
            _to(turn, lift, session, LiftStage.ARRIVED, LiftOutcome.OPENED)
    elif session.stage is LiftStage.EXITED:
        report = report_of(turn, lift)
        if report is not None and report.session != session.id:
            _end(turn, lift, session)


def _note_recalls(turn: Turn) -> None:
    for lift in sorted(turn.hospital.lifts):
        report = report_of(turn, lift)
        if report is not None and report.mode in RECALLS and lift not in turn.state.recalls:
            turn.emit(LiftRecalled(lift, report.mode))


def _may_leave(turn: Turn, lift: LiftId, session: LiftSession) -> bool:
    floor = session.target_floor
    return _stands_open(turn, lift, session.id, floor) or recalled_to(turn, lift) == floor


def _come(turn: Turn, lift: LiftId, session: LiftSession) -> None:
    """Wait for the lift and for the robot, until it is let in: from then on it may be inside."""
    robot = turn.state.robots[session.robot]
    hop = _ride(robot, lift)
    if hop is not None and hop.sequence <= robot.released:
        return
    outcome = _why_not(turn, lift, session, hop)
    if outcome is not None:
        _to(turn, lift, session, LiftStage.EXITED, outcome)
    elif session.stage is LiftStage.REQUESTED and _is_here(turn, lift, session):
        _to(turn, lift, session, LiftStage.OPEN, LiftOutcome.OPENED)


def _why_not(
    turn: Turn, lift: LiftId, session: LiftSession, hop: Hop | None
) -> LiftOutcome | None:
    """Return why the robot does not ride in this session, or None while it may come to that."""
    robot, report = turn.state.robots[session.robot], report_of(turn, lift)
    if is_out_of_service(turn, lift):
        return LiftOutcome.MODE_LOST if report is not None else LiftOutcome.TIMED_OUT
    if hop is None or turn.is_stopped(robot, hop) or not _fits(turn, lift, session, hop):
        return LiftOutcome.ABANDONED
    if _is_here(turn, lift, session) and _is_full(turn, lift, robot.id):
        return LiftOutcome.FULL
    if turn.now <= session.deadline:
        return None
    if not turn.may_move(robot):
        return LiftOutcome.ABANDONED
    if session.stage is LiftStage.REQUESTED and not _another_serves(turn, lift, session):
        return None
    others = report is not None and report.session not in ('', session.id)
    return LiftOutcome.REFUSED if others else LiftOutcome.TIMED_OUT


def _fits(turn: Turn, lift: LiftId, session: LiftSession, hop: Hop) -> bool:
    """Whether the robot is still to ride between these floors, and nobody goes first."""
    robot = turn.state.robots[session.robot]
    floors = (_floor(turn, hop), _target_floor(turn, robot, hop))
    first = claims.holder(turn.state.queues, car_resource(lift)) == robot.id
    return first and floors == (session.boarding_floor, session.target_floor)


def _another_serves(turn: Turn, lift: LiftId, session: LiftSession) -> bool:
    """Whether another lift joins the same floors and takes robots: else this one is asked on."""
    robot_type = turn.hospital.robots[session.robot].type
    for name in lifts_of_type(turn.hospital, robot_type):
        other = turn.hospital.lifts[name]
        floors = {stop.floor for stop in other.stops}
        joins = {session.boarding_floor, session.target_floor} <= floors
        if other.id != lift and joins and not is_out_of_service(turn, other.id):
            return True
    return False


def _end(turn: Turn, lift: LiftId, session: LiftSession) -> None:
    outcome = LiftOutcome.DONE if session.boarded else LiftOutcome(session.outcome or 'abandoned')
    rest = outlook.rest(turn, lift, outcome)
    again_at = Instant(turn.now + rest if rest else 0)
    turn.emit(LiftSessionEnded(lift, session.id, outcome=outcome.value, again_at=again_at))


def _call(turn: Turn, robot: Robot) -> None:
    """Start a session for a robot that is about to wait for its lift and is next in line."""
    hop = robot.next_hop()
    if hop is None or hop.kind is not HopKind.BOARD or not turn.may_move(robot):
        return
    if turn.is_stopped(robot, hop):
        return
    lift = turn.hospital.lifts[LiftId(hop.lift)]
    near = hop.sequence <= robot.done + 2
    if not near or lift.id in turn.state.sessions or is_out_of_service(turn, lift.id):
        return
    if outlook.asked_from(turn, lift, robot) > turn.now:
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


def _to(
    turn: Turn,
    lift: LiftId,
    session: LiftSession,
    stage: LiftStage,
    outcome: LiftOutcome | None = None,
) -> None:
    said, deadline = outcome.value if outcome is not None else '', _deadline(turn, stage)
    turn.emit(LiftSessionAdvanced(lift, session.id, stage, deadline=deadline, outcome=said))


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


def _is_here(turn: Turn, lift: LiftId, session: LiftSession) -> bool:
    return _stands_open(turn, lift, session.id, session.boarding_floor)


def _is_full(turn: Turn, lift: LiftId, robot: RobotId) -> bool:
    """Whether somebody is in the car, as the lift says or the robot in front of it sees."""
    report, sense = report_of(turn, lift), turn.heard(robot)
    if report is not None and report.occupied:
        return True
    return sense is not None and CABIN_FULL in sense.report.errors


def _look_ms(turn: Turn, lift: LiftId) -> int:
    report = report_of(turn, lift)
    tells = report is not None and report.occupied is not None
    is_public = turn.hospital.lifts[lift].access == 'public'
    return LOOK_MS if is_public and not tells else 0


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
