"""Why a robot stands: for whom or what, where in words, since when, and what is at the end of it.

Only codes, ids and names; pages make sentences of them: "r3 waits 12 s for r7 at Corridor 2, 4F
since 14:03:05", and on to the cause: "r7 waits for lift A".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from math import hypot

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import (
    FloorId,
    LaneId,
    LiftId,
    NodeId,
    ResourceId,
    RobotId,
    car_resource,
    lane_resource,
    node_resource,
)
from fleet_manager.domain.maps import geometry
from fleet_manager.domain.maps.model import Hospital, Name, Point
from fleet_manager.domain.maps.words import OPEN_ROOMS
from fleet_manager.domain.messages import Hop
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.traffic.claims import blocker, kept_by
from fleet_manager.domain.traffic.hindrances import is_stuck
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import Instant


class Cause(StrEnum):
    """What a robot waits for, or why it does not go on.

    The first six are on its way. `MOVING` is the end of a chain: the robot is about to make room.
    """

    ROBOT = 'robot'
    ZONE = 'zone'
    LIFT = 'lift'
    DOOR = 'door'
    CLOSURE = 'closure'
    STATION = 'station'
    NO_WAY = 'no_way'
    PEOPLE = 'people'
    OPEN = 'open'
    FLEET_PAUSED = 'fleet_paused'
    PAUSED = 'paused'
    EXCLUDED = 'excluded'
    SILENT = 'silent'
    STUCK = 'stuck'
    MOVING = 'moving'
    IDLE = 'idle'


@dataclass(frozen=True, slots=True)
class Where:
    """A place as people know it: its floor, and the room, station or lift it is in or nearest to.

    `resource` is the place itself; `near` is '' where the floor has nothing with a name.
    """

    resource: ResourceId
    floor: FloorId
    near: str
    name: Name


@dataclass(frozen=True, slots=True)
class Wait:
    """One robot and its cause. `other` is the robot it waits for, `since` None when unknown.

    `params` hold the ids of the cause: `lift`, `door`, `zone`, `station`, `delivery`, `reason`.
    """

    robot: RobotId
    cause: Cause
    since: Instant | None
    where: Where | None = None
    other: RobotId | None = None
    params: dict[str, str] = field(default_factory=dict)


#: A robot that has one of these does not wait for anything: it works, or is free.
AT_WORK = frozenset({Cause.MOVING, Cause.IDLE, Cause.PEOPLE})


def waits(turn: Turn) -> dict[RobotId, tuple[Wait, ...]]:
    """Return for each robot that waits the chain to its root cause, its own wait first."""
    found = {}
    for robot in turn.robots():
        chain = chain_of(turn, robot)
        if chain[0].cause not in AT_WORK:
            found[robot.id] = chain
    return found


def chain_of(turn: Turn, robot: Robot) -> tuple[Wait, ...]:
    """Return what the robot waits for, what the one it waits for waits for, and so on."""
    chain, seen = [why(turn, robot)], {robot.id}
    while (other := chain[-1].other) is not None and other not in seen:
        seen.add(other)
        chain.append(why(turn, turn.state.robots[other]))
    return tuple(chain)


def why(turn: Turn, robot: Robot) -> Wait:
    """Return why the robot does not go on just now, or that it does."""
    held = _held(turn, robot)
    if held is not None:
        return held
    if robot.released > robot.done:
        cause = Cause.STUCK if is_stuck(turn, robot) else Cause.MOVING
        return Wait(robot.id, cause, robot.moving_since, here(turn, robot))
    hop = robot.next_hop()
    return _at_rest(turn, robot) if hop is None else _before(turn, robot, hop)


def where(hospital: Hospital, resource: ResourceId, floor: FloorId = FloorId('')) -> Where:  # noqa: B008
    """Return a resource in words; `floor` is that of a car, which is on no floor."""
    kind, _, name = resource.partition(':')
    if kind == 'x':
        return where(hospital, ResourceId(name.split('|')[0]), floor)
    if kind == 'zone':
        return _zone(hospital, resource, name.split(':', 1)[1])
    if kind == 'car' and LiftId(name) in hospital.lifts:
        return Where(resource, floor, name, hospital.lifts[LiftId(name)].name)
    at = hospital.lanes.get(LaneId(name)) if kind == 'lane' else None
    ends = [hospital.nodes[n] for n in ((at.a, at.b) if at is not None else (NodeId(name),))]
    point = Point(sum(n.x for n in ends) / len(ends), sum(n.y for n in ends) / len(ends))
    near, named = _nearest(hospital, ends[0].floor, point)
    return Where(resource, ends[0].floor, near, named)


def _named(turn: Turn, resource: ResourceId, floor: FloorId = FloorId('')) -> Where:  # noqa: B008
    """Return `where`, remembered with the map: pages ask for the same places again and again."""
    known = turn.graph.names.get((resource, floor))
    if known is None:
        known = turn.graph.names[resource, floor] = where(turn.hospital, resource, floor)
    return known


def here(turn: Turn, robot: Robot) -> Where:
    """Return where the robot stands, or the node it left last."""
    node = turn.hospital.nodes[robot.node]
    for lift in turn.hospital.lifts.values():
        if lift.car == node.id:
            sense = turn.sensed.robots.get(robot.id)
            floor = sense.pose.floor if sense is not None else FloorId('')
            return _named(turn, car_resource(lift.id), floor)
    return _named(turn, node_resource(node.id))


def _held(turn: Turn, robot: Robot) -> Wait | None:
    """Return why the robot gets nothing at all, if it does not."""
    sense, place = turn.sensed.robots.get(robot.id), here(turn, robot)
    if turn.heard(robot.id) is None:
        return Wait(robot.id, Cause.SILENT, sense.heard if sense is not None else None, place)
    if robot.excluded is not None:
        params = {'reason': robot.excluded}
        return Wait(robot.id, Cause.EXCLUDED, None, place, params=params)
    if robot.paused:
        return Wait(robot.id, Cause.PAUSED, robot.moving_since, place)
    if turn.state.paused:
        return Wait(robot.id, Cause.FLEET_PAUSED, robot.moving_since, place)
    return None


def _before(turn: Turn, robot: Robot, hop: Hop) -> Wait:
    """Return why the next hop of a robot that may move is not released."""
    hospital, since, place = turn.hospital, robot.moving_since, here(turn, robot)
    ahead = lane_resource(LaneId(hop.lane)) if hop.lane else car_resource(LiftId(hop.lift))
    there = _named(turn, ahead, hospital.nodes[hop.origin].floor)
    if not all(c.closed for c in turn.sensed.robots[robot.id].report.compartments):
        return Wait(robot.id, Cause.OPEN, since, place)
    if turn.is_stopped(robot, hop):
        return Wait(robot.id, Cause.CLOSURE, since, there)
    first = blocker(turn.state.queues, robot.id, hop)
    if first is not None and first[0] != robot.id:
        return _behind(turn, robot, hop, *first)
    if hop.lift:
        return Wait(robot.id, Cause.LIFT, since, there, params={'lift': hop.lift})
    if hop.door:
        return Wait(robot.id, Cause.DOOR, since, there, params={'door': hop.door})
    return Wait(robot.id, Cause.MOVING, since, place)


def _behind(turn: Turn, robot: Robot, hop: Hop, other: RobotId, resource: ResourceId) -> Wait:
    since = turn.sensed.robots[robot.id].blocked_since
    place = _named(turn, resource, turn.hospital.nodes[hop.origin].floor)
    if resource.startswith('zone:'):
        params = {'zone': place.near}
        return Wait(robot.id, Cause.ZONE, since, place, other, params)
    if resource.startswith('car:'):
        return Wait(robot.id, Cause.LIFT, since, place, other, {'lift': hop.lift})
    return Wait(robot.id, Cause.ROBOT, since, place, other)


def _at_rest(turn: Turn, robot: Robot) -> Wait:
    """Return why a robot at the end of its plan stays there."""
    place = here(turn, robot)
    if robot.delivery is None:
        return Wait(robot.id, Cause.IDLE, robot.moving_since, place)
    delivery = turn.state.deliveries[robot.delivery]
    goal = _goal(turn, delivery)
    since, params = delivery.times[delivery.state], {'delivery': str(robot.delivery)}
    if goal is None:
        return Wait(robot.id, Cause.PEOPLE, since, place, params=params)
    if goal == robot.node:
        return Wait(robot.id, Cause.MOVING, since, place)
    claims, there = turn.graph.resources(node_resource(goal)), node_resource(goal)
    keeper = kept_by(turn.state.queues, claims, but=robot.id)
    since, station = max(since, robot.moving_since), _named(turn, there)
    cause = Cause.NO_WAY if keeper is None else Cause.STATION
    return Wait(robot.id, cause, since, station, keeper, params)


def _goal(turn: Turn, delivery: Delivery) -> NodeId | None:
    """Return the station the delivery's robot has to go to; None while people handle it."""
    if delivery.state is DeliveryState.ASSIGNED:
        return turn.hospital.stations[delivery.origin].node
    if delivery.state is DeliveryState.UNDER_WAY:
        return turn.hospital.stations[delivery.goal].node
    return None


def _zone(hospital: Hospital, resource: ResourceId, name: str) -> Where:
    for floor in hospital.floors.values():
        for zone in floor.zones:
            if zone.id == name:
                return Where(resource, floor.id, zone.id, zone.name)
    return Where(resource, FloorId(''), name, Name(name, name))


def _nearest(hospital: Hospital, floor: FloorId, at: Point) -> tuple[str, Name]:
    """Return the named place that holds a point, the smallest, or the one nearest to it."""
    rooms = [room for room in hospital.floors[floor].rooms if room.kind in OPEN_ROOMS]
    within = [(geometry.area(r.polygon), r.id, r.name) for r in rooms
              if geometry.inside(at, r.polygon)]  # fmt: skip
    if within:
        return min(within, key=lambda one: one[:2])[1:]
    near = [(hypot(n.x - at.x, n.y - at.y), str(s.id), s.name)
            for s in hospital.stations.values()
            if (n := hospital.nodes[s.node]).floor == floor]  # fmt: skip
    near += [(hypot(lift.at.x - at.x, lift.at.y - at.y), str(lift.id), lift.name)
             for lift in hospital.lifts.values()
             if any(stop.floor == floor for stop in lift.stops)]  # fmt: skip
    if not near:
        return '', hospital.floors[floor].name
    return min(near, key=lambda one: one[:2])[1:]
