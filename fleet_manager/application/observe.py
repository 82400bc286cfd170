"""Hear what devices say: check it, remember it, and note what it proves.

A report proves facts only where it is plausible: a node reached, a compartment opened or closed.
Everything is cumulative, so that a lost, repeated or late report changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from fleet_manager.application.cold_chain import note_temperature
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.runs import keep_rules
from fleet_manager.domain.ids import NodeId, node_resource
from fleet_manager.domain.lifts import sessions
from fleet_manager.domain.messages import (
    CompartmentOpened,
    CompartmentReport,
    DoorReport,
    HopKind,
    LiftReport,
    LockReport,
    MalformedReport,
    NodeReached,
    OpeningUnused,
    ParcelLoaded,
    ParcelReturned,
    ParcelStored,
    ParcelTaken,
    PoseReport,
    Purpose,
    Report,
    RobotArrived,
    RobotExcluded,
    RobotPlaced,
    RobotReadmitted,
    RobotReport,
    RobotSoiled,
    WebhookReport,
)
from fleet_manager.domain.robots.plausibility import implausible, is_home
from fleet_manager.domain.state import Delivery, Robot, RobotSense, Sensed
from fleet_manager.domain.traffic.claims import is_free
from fleet_manager.domain.turn import SILENT_AFTER_MS, SYSTEM, Turn
from fleet_manager.domain.units import Instant

#: Reasons that end by themselves once the robot makes sense again.
SELF_CLEARING: Final = frozenset(
    {
        'malformed_report',
        'wrong_map',
        'old_map',
        'map_refused',
        'unknown_floor',
        'epoch_from_the_future',
    }
)
#: Good reports in a row until such a robot may move again.
GOOD_REPORTS: Final = 3
#: After a change of the map a robot has so long to stand still and take the new one over. More
#: than a ride in a lift; until then others wait for it, from then on they are led around it.
ADOPT_MS: Final = 120_000
#: How the errors of a robot begin that cannot take over the map it was given.
MAP_REFUSED: Final = 'map_refused'
#: Programs a robot is remembered by, to notice two of them speaking under one name.
RETIRED: Final = 8
#: Devices whose nonsense is remembered; a stranger with many names cannot fill the memory.
MAX_MALFORMED: Final = 64
#: Locked accounts that are talked of at a time.
MAX_LOCKED: Final = 64
#: What a robot goes to a station for, by the state of the delivery.
_TO: Final = {
    DeliveryState.ASSIGNED: Purpose.PICK_UP,
    DeliveryState.UNDER_WAY: Purpose.HAND_OVER,
}


def observe(turn: Turn, report: Report) -> None:
    """Take in one report of any device. Never refuses, never raises on what a device says."""
    if isinstance(report, RobotReport):
        _robot(turn, report)
    elif isinstance(report, PoseReport):
        sense = turn.sensed.robots.get(report.robot)
        if sense is not None:
            sense.pose = report
    elif isinstance(report, LiftReport):
        if report.lift in turn.hospital.lifts:
            turn.sensed.lifts[report.lift] = (report, turn.now)
        else:
            _malformed(turn, MalformedReport(report.lift, 'no lift of this hospital'))
    elif isinstance(report, DoorReport):
        if report.door in turn.hospital.doors:
            turn.sensed.doors[report.door] = (report, turn.now)
        else:
            _malformed(turn, MalformedReport(report.door, 'no door of this hospital'))
    elif isinstance(report, LockReport):
        _locked(turn, report)
    elif isinstance(report, WebhookReport):
        if report.trouble:
            turn.sensed.webhooks[report.webhook] = report.trouble
        else:
            turn.sensed.webhooks.pop(report.webhook, None)
    else:
        _malformed(turn, report)


def hear_again(sensed: Sensed, report: Report, now: Instant) -> bool:
    """Take in a report of a lift or door that was heard before; of all else return False.

    As `observe` does, without a turn: most of what comes in says that nothing has changed.
    """
    if isinstance(report, DoorReport) and report.door in sensed.doors:
        sensed.doors[report.door] = (report, now)
    elif isinstance(report, LiftReport) and report.lift in sensed.lifts:
        sensed.lifts[report.lift] = (report, now)
    else:
        return False
    return True


def _locked(turn: Turn, report: LockReport) -> None:
    """Remember until when an account or a compartment is locked; what is over is forgotten."""
    locked = {name: until for name, until in turn.sensed.locked.items() if until > turn.now}
    if len(locked) < MAX_LOCKED:
        locked[report.account, report.compartment] = report.until
    called = turn.sensed.called | {report.account: report.name}
    turn.sensed.called = {name: called[name] for name, _ in locked if called.get(name)}
    turn.sensed.locked = locked


def _robot(turn: Turn, report: RobotReport) -> None:
    if report.robot not in turn.hospital.robots:
        _malformed(turn, MalformedReport(report.robot, 'no robot of this hospital'))
        return
    if not _remember(turn, report):
        return
    turn.sensed.highest_epoch = max(turn.sensed.highest_epoch, report.epoch)
    if report.robot not in turn.state.robots and not _placed(turn, report):
        return
    robot = turn.state.robots[report.robot]
    if not _is_believed(turn, robot, report):
        return
    _note_progress(turn, robot, report)
    served = turn.state.served_by(robot)
    if any([_note_compartment(turn, delivery, report) for delivery in served]):  # noqa: C419
        keep_rules(turn, robot)
    for delivery in served:
        note_temperature(turn, delivery, report)


def _remember(turn: Turn, report: RobotReport) -> bool:
    """Keep the report when it is newer than the last one; notice two programs of one name."""
    pose = PoseReport(report.robot, report.floor, report.x, report.y, report.yaw)
    sense = turn.sensed.robots.get(report.robot)
    if sense is None:
        turn.sensed.robots[report.robot] = RobotSense(report, turn.now, pose, since=turn.now)
        return True
    if report.incarnation != sense.report.incarnation:
        if report.incarnation in sense.retired:
            # Heard all the same, so that an operator can readmit the one that is left.
            _exclude(turn, report.robot, 'duplicate_name')
            sense.good = 0
            sense.alone_from = Instant(turn.now + SILENT_AFTER_MS)
        others = (i for i in sense.retired if i != report.incarnation)
        sense.retired = (*others, sense.report.incarnation)[-RETIRED:]
    elif report.sequence <= sense.report.sequence:
        return False
    if turn.heard(report.robot) is None:
        sense.since = turn.now
    sense.report, sense.heard, sense.pose = report, turn.now, pose
    return True


def _placed(turn: Turn, report: RobotReport) -> bool:
    """Take a robot into the fleet that stands in its home bay; elsewhere a person must look."""
    home: NodeId = turn.hospital.robots[report.robot].home
    right_map = report.map_version == turn.hospital.version
    if not right_map and report.map_version == turn.state.map_before and _takes_over(turn, report):
        return False  # in a moment
    place = node_resource(home)
    claims = (*turn.graph.resources(place), *turn.graph.limits(place))
    free = all(is_free(turn.state.queues, resource) for resource in claims)
    if not right_map or not is_home(turn.hospital, report) or not free:
        problem = 'wrong map' if not right_map else f'seen first away from its bay {home}'
        _malformed(turn, MalformedReport(report.robot, problem))
        return False
    turn.emit(RobotPlaced(report.robot, node=home, claims=claims))
    return True


def _is_believed(turn: Turn, robot: Robot, report: RobotReport) -> bool:
    sense = turn.sensed.robots[robot.id]
    reason = why_not_believed(turn, report)
    if reason is not None:
        sense.good = 0
        _exclude(turn, robot.id, reason)
        return False
    sense.good += 1
    if robot.excluded in SELF_CLEARING and sense.good >= GOOD_REPORTS:
        turn.emit(RobotReadmitted(robot.id, SYSTEM))
    return robot.excluded is None


def why_not_believed(turn: Turn, report: RobotReport) -> str | None:
    """Return why what a placed robot says cannot be true, or cannot go on (a reason code)."""
    reason = implausible(turn.hospital, turn.state, report)
    if reason is not None or report.map_version == turn.hospital.version:
        return reason
    return None if _takes_over(turn, report) else _why_old(report)


def _takes_over(turn: Turn, report: RobotReport) -> bool:
    """Whether a robot with the map before has time to take over the one in force."""
    in_time = turn.now - max(turn.state.swapped_at, turn.sensed.started) <= ADOPT_MS
    return in_time and _why_old(report) != MAP_REFUSED


def _why_old(report: RobotReport) -> str:
    refused = any(error.startswith(MAP_REFUSED) for error in report.errors)
    return MAP_REFUSED if refused else 'old_map'


def _note_progress(turn: Turn, robot: Robot, report: RobotReport) -> None:
    ours = report.epoch == turn.state.epoch
    while ours and robot.hops and robot.done < min(report.last_sequence, robot.released):
        hop = robot.hops[0]
        turn.emit(NodeReached(robot.id, sequence=hop.sequence, node=hop.target, frees=hop.frees))
        if hop.kind is HopKind.BOARD:
            sessions.boarded(turn, robot)
        elif hop.kind is HopKind.ALIGHT:
            sessions.left(turn, robot)
    _note_arrival(turn, robot)


def _note_arrival(turn: Turn, robot: Robot) -> None:
    if robot.hops or robot.node != robot.goal:
        return
    for stop in list(robot.stops):
        delivery = turn.state.deliveries[stop.delivery]
        if turn.hospital.stations[stop.station].node != robot.node:
            return
        if _TO.get(delivery.state) is stop.purpose:
            turn.emit(RobotArrived(robot.id, delivery.id, stop.purpose, node=robot.node))


def _note_compartment(turn: Turn, delivery: Delivery, report: RobotReport) -> bool:
    """Note what an opening came to; return whether the parcel was loaded."""
    opening, sensed = delivery.opening, _compartment(delivery, report)
    if opening is None or sensed is None or delivery.robot is None:
        return False
    if report.last_grant < opening.grant:
        return False
    if not opening.opened:
        turn.emit(
            CompartmentOpened(delivery.robot, sensed.compartment, delivery.id, opening.grant)
        )
    if not sensed.closed or not sensed.locked:
        return False
    loading = opening.purpose is Purpose.PICK_UP
    if sensed.occupied != loading:
        turn.emit(OpeningUnused(delivery.id, delivery.robot, sensed.compartment))
    elif loading:
        turn.emit(ParcelLoaded(delivery.id, delivery.robot, sensed.compartment, opening.actor))
        if GOODS[delivery.goods].dirty and not turn.state.robots[delivery.robot].soiled:
            turn.emit(RobotSoiled(delivery.robot, delivery.id))
        return True
    elif delivery.kept_at is not None:
        turn.emit(
            ParcelStored(
                delivery.id,
                delivery.robot,
                sensed.compartment,
                opening.actor,
                delivery.kept_at,
            )
        )
    elif delivery.returning:
        turn.emit(ParcelReturned(delivery.id, delivery.robot, sensed.compartment, opening.actor))
    else:
        turn.emit(ParcelTaken(delivery.id, delivery.robot, sensed.compartment, opening.actor))
    return False


def _compartment(delivery: Delivery, report: RobotReport) -> CompartmentReport | None:
    for compartment in report.compartments:
        if compartment.compartment == delivery.compartment:
            return compartment
    return None


def _malformed(turn: Turn, report: MalformedReport) -> None:
    known = report.device in turn.sensed.malformed
    if known or len(turn.sensed.malformed) < MAX_MALFORMED:
        turn.sensed.malformed[report.device] = (report.problem, turn.now)
    for robot in turn.robots():
        if robot.id == report.device:
            sense = turn.sensed.robots.get(robot.id)
            if sense is not None:
                turn.sensed.robots[robot.id] = replace(sense, good=0)
            _exclude(turn, robot.id, 'malformed_report')


def _exclude(turn: Turn, robot_id: str, reason: str) -> None:
    for robot in turn.robots():
        if robot.id == robot_id and robot.excluded is None:
            turn.emit(RobotExcluded(robot.id, reason))
