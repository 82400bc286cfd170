"""What stands still for longer than a plan can wait for: robots, and lifts nobody may enter.

And lifts that people have for a time that is known: they are waited for, or gone around.

Nothing is taken away from them. Everything behind them is expected late instead, so that a new
plan around them is better than the old one, and goes before their claims in the queues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.ids import FloorId, LaneId, LiftId, ResourceId, RobotId, lane_resource
from fleet_manager.domain.lifts import outlook
from fleet_manager.domain.messages import LiftMode
from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic.doors import shut_lanes
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import HOUR, SECOND, Instant

#: How much later all that waits for something that stands still is expected.
LATE_MS: Final = 1 * HOUR
#: A robot that may drive and does not reach the next node for so long is stuck.
STUCK_MS: Final = 90 * SECOND
#: A robot or lift that said nothing for so long is not waited for. Shorter cuts change nothing.
LOST_MS: Final = 30 * SECOND


@dataclass(frozen=True, slots=True)
class Hindrances:
    """Robots that do not move, lifts that take nobody, and those that do from a time on.

    `stopped` are hops, by robot and sequence, onto what is closed: robots without another way.
    `lanes` are those behind doors that do not open.
    `cars` is where the cars of lifts will be called from, for the plans around all this.
    """

    robots: frozenset[RobotId] = frozenset()
    lifts: frozenset[LiftId] = frozenset()
    waits: Mapping[LiftId, Instant] = field(default_factory=lambda: MappingProxyType({}))
    stopped: frozenset[tuple[RobotId, int]] = frozenset()
    lanes: frozenset[LaneId] = frozenset()
    cars: Mapping[LiftId, FloorId] = field(
        default_factory=lambda: MappingProxyType({}), compare=False
    )


def hindrances(turn: Turn) -> Hindrances:
    """Return what stands still now. A paused fleet is nobody's hindrance: it goes on together."""
    found = turn.memo.get('hindrances')
    if not isinstance(found, Hindrances):
        lifts = frozenset(lift for lift in turn.hospital.lifts if is_out_of_service(turn, lift))
        robots = frozenset(robot.id for robot in turn.robots() if stands_still(turn, robot))
        found = Hindrances(
            robots,
            lifts,
            outlook.waits(turn),
            stopped=_stopped(turn),
            lanes=shut_lanes(turn),
            cars=outlook.cars(turn),
        )
        turn.memo['hindrances'] = found
    return found


def _stopped(turn: Turn) -> frozenset[tuple[RobotId, int]]:
    """Return the hops that lead into closed places, of robots that found no other way yet."""
    if turn.closed is None:
        return frozenset()
    return frozenset(
        (robot.id, hop.sequence)
        for robot in turn.robots()
        for hop in robot.hops
        if hop.sequence > robot.released and turn.is_stopped(robot, hop)
    )


def held_places(turn: Turn, hindered: Hindrances) -> frozenset[ResourceId]:
    """Return what the hindered robots stand on, or may be driving on, and lanes nobody may use."""
    return frozenset(lane_resource(lane) for lane in hindered.lanes) | frozenset(
        resource
        for resource, queue in turn.state.queues.items()
        if queue[0].robot in hindered.robots
        and queue[0].taken_by <= turn.state.robots[queue[0].robot].released
    )


def is_stuck(turn: Turn, robot: Robot) -> bool:
    """Whether the robot may drive and does not."""
    if robot.released == robot.done or turn.now - robot.moving_since <= STUCK_MS:
        return False
    sense = turn.heard(robot.id)
    return sense is not None and turn.may_move(robot) and turn.now - sense.since > STUCK_MS


def is_out_of_service(turn: Turn, lift: LiftId) -> bool:
    """Whether the lift is silent for long, was recalled, or says that robots must not enter."""
    if lift in turn.state.recalls:
        return True
    report, heard = turn.sensed.lifts.get(lift, (None, turn.sensed.started))
    if turn.now - heard > LOST_MS:
        return True
    return report is not None and report.mode not in (LiftMode.HUMAN, LiftMode.AGV)


def stands_still(turn: Turn, robot: Robot) -> bool:
    """Whether others should not wait for the robot: held, excluded, silent for long or stuck."""
    if robot.paused or robot.excluded is not None:
        return True
    sense = turn.sensed.robots.get(robot.id)
    heard = sense.heard if sense is not None else turn.sensed.started
    return turn.now - heard > LOST_MS or is_stuck(turn, robot)
