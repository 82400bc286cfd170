"""What operators do: pause, resume, readmit, release, acknowledge."""

from __future__ import annotations

from fleet_manager.application.observe import why_not_believed
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.clean import stands_to_be_cleaned
from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.lifts.sessions import RECALLS, report_of
from fleet_manager.domain.messages import (
    AcknowledgeAlert,
    AlertAcknowledged,
    FleetPaused,
    FleetResumed,
    LiftReleased,
    PauseFleet,
    PauseRobot,
    ReadmitRobot,
    ReleaseLift,
    ResumeFleet,
    ResumeRobot,
    RobotCleaned,
    RobotPaused,
    RobotReadmitted,
    RobotResumed,
    SignCleaning,
)
from fleet_manager.domain.turn import Turn


def hold_robot(turn: Turn, command: PauseRobot | ResumeRobot) -> Refusal | None:
    """Pause or resume one robot. Doing it twice is once."""
    robot = turn.state.robots.get(command.robot)
    if robot is None:
        return Refusal('unknown_robot', {'robot': command.robot[:40]})
    pause = isinstance(command, PauseRobot)
    if robot.paused != pause:
        event = RobotPaused if pause else RobotResumed
        turn.emit(event(robot.id, command.actor))
    return None


def hold_fleet(turn: Turn, command: PauseFleet | ResumeFleet) -> Refusal | None:
    """Pause or resume the whole fleet. Doing it twice is once."""
    pause = isinstance(command, PauseFleet)
    if turn.state.paused != pause:
        turn.emit((FleetPaused if pause else FleetResumed)(command.actor))
    return None


def readmit_robot(turn: Turn, command: ReadmitRobot) -> Refusal | None:
    """Let an excluded robot move again; refused while what it says still cannot be true."""
    robot = turn.state.robots.get(command.robot)
    if robot is None:
        return Refusal('unknown_robot', {'robot': command.robot[:40]})
    if robot.excluded is None:
        return None
    if any(d.state is DeliveryState.RESCUE_ASKED for d in turn.state.served_by(robot)):
        return Refusal('rescue_under_way', {'robot': robot.id})
    sense = turn.heard(robot.id)
    reason = why_not_believed(turn, sense.report) if sense else 'silent'
    if sense and robot.excluded == 'duplicate_name' and turn.now < sense.alone_from:
        reason = robot.excluded  # the other one may still be there
    if reason is not None:
        return Refusal('robot_still_implausible', {'reason': reason})
    turn.emit(RobotReadmitted(robot.id, command.actor))
    return None


def release_lift(turn: Turn, command: ReleaseLift) -> Refusal | None:
    """Let robots ride a recalled lift again; refused while it says that the alarm goes on."""
    if command.lift not in turn.hospital.lifts:
        return Refusal('unknown_lift', {'lift': command.lift[:40]})
    if command.lift not in turn.state.recalls:
        return None
    report = report_of(turn, command.lift)
    if report is None or report.mode in RECALLS:
        return Refusal('lift_still_recalled', {'lift': command.lift})
    turn.emit(LiftReleased(command.lift, command.actor))
    return None


def sign_cleaning(turn: Turn, command: SignCleaning) -> Refusal | None:
    """Note that a robot was cleaned inside: empty, at a cleaning place. Signing twice is once."""
    robot = turn.state.robots.get(command.robot)
    if robot is None:
        return Refusal('unknown_robot', {'robot': command.robot[:40]})
    if not robot.soiled:
        return None
    sense = turn.heard(robot.id)
    if sense is None or robot.excluded is not None or not stands_to_be_cleaned(turn, robot):
        return Refusal('robot_not_here')
    if any(c.occupied or not c.closed for c in sense.report.compartments):
        return Refusal('robot_not_empty', {'robot': robot.id})
    turn.emit(RobotCleaned(robot.id, command.actor))
    return None


def acknowledge_alert(turn: Turn, command: AcknowledgeAlert) -> Refusal | None:
    """Note that a person has seen the alert."""
    alert = turn.state.alerts.get(command.alert)
    if alert is None:
        return Refusal('unknown_alert')
    if alert.acknowledged_by is None:
        turn.emit(AlertAcknowledged(alert.id, command.actor))
    return None
