"""When a robot is where in its run, as expected now: for promises, for pages, for choices.

The way to the next stop is that of the plan, with the robots and lifts in its way. Beyond it stand
the shortest ways, the usual wait for a lift, and the usual time of people at a stop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.dispatch.cost import WAY_PERCENT, end_of_frozen
from fleet_manager.domain.ids import DeliveryId, NodeId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Purpose, Stop
from fleet_manager.domain.state import Robot
from fleet_manager.domain.traffic.retime import expected
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import MINUTE, SECOND, Instant

#: Until somebody stands at the robot, on average: at wards, and at hatches that are staffed.
COME_MS: Final = 3 * MINUTE
COME_STAFFED_MS: Final = 45 * SECOND
STAFFED: Final = frozenset({'pharmacy', 'lab', 'kitchen', 'stores', 'cssd', 'laundry', 'waste'})
#: For the first parcel of a visit, and for each further one.
FIRST_PARCEL_MS: Final = 50 * SECOND
NEXT_PARCEL_MS: Final = 15 * SECOND
#: Two rides to floors apart: the wait for a car that people use as well.
RIDE_WAIT_MS: Final = 30 * SECOND
#: Arrivals hold in 8 of 10 cases within this share more of the time, and so much.
LATE_PERCENT: Final = 45
LATE_MS: Final = 90 * SECOND


def arrivals(
    turn: Turn, robot: Robot, stops: Sequence[Stop]
) -> Mapping[tuple[DeliveryId, Purpose], Instant]:
    """Return when the robot is expected at each of `stops`, in this order."""
    node, at = end_of_frozen(turn, robot)
    if stops and robot.hops and robot.goal == turn.hospital.stations[stops[0].station].node:
        node, at = robot.goal, expected(turn).arrival(robot)
    found, visit, parcels = dict[tuple[DeliveryId, Purpose], Instant](), '', 0
    for stop in stops:
        if stop.station != visit:
            if visit:
                at += visit_ms(turn.hospital, StationId(visit), parcels)
            at += travel_ms(turn, robot, node, stop.station)
            node, visit, parcels = turn.hospital.stations[stop.station].node, stop.station, 0
        parcels += 1
        found[stop.delivery, stop.purpose] = Instant(at)
    return found


def visit_ms(hospital: Hospital, station: StationId, parcels: int) -> int:
    """Return how long a robot usually stands at a station for so many parcels."""
    staffed = hospital.stations[station].kind in STAFFED
    come = COME_STAFFED_MS if staffed else COME_MS
    return come + FIRST_PARCEL_MS + (parcels - 1) * NEXT_PARCEL_MS


def travel_ms(turn: Turn, robot: Robot, start: NodeId, station: StationId) -> int:
    """Return the time from a place to a station over the shortest way, waits for lifts included.

    0 where there is no way just now: nothing better is known.
    """
    goal, nodes = turn.hospital.stations[station].node, turn.hospital.nodes
    if start == goal:
        return 0
    way = turn.graph.of_robot(robot.id).times_to(goal).get(start, 0)
    return way_ms(way, rides=nodes[start].floor != nodes[goal].floor)


def way_ms(shortest: int, *, rides: bool) -> int:
    """Return how long a way takes in a hospital at work, from the time lanes and lifts allow."""
    return shortest * WAY_PERCENT // 100 + (RIDE_WAIT_MS if rides else 0)


def likely(turn: Turn, at: Instant) -> tuple[Instant, Instant]:
    """Return a moment as it is expected, and by when it is there in 8 of 10 cases."""
    left = max(0, at - turn.now)
    return at, Instant(at + left * LATE_PERCENT // 100 + LATE_MS)


def eta(turn: Turn, robot: Robot, delivery: DeliveryId) -> tuple[Instant, Instant] | None:
    """Return the arrival of a delivery where its parcel goes, as expected and in 8 of 10 cases.

    None when its robot is there.
    """
    one = turn.state.deliveries[delivery]
    if one.state in (DeliveryState.AWAITING_RECEIPT, DeliveryState.OPENED, DeliveryState.TAKEN):
        return None
    there = arrivals(turn, robot, robot.stops).get((delivery, Purpose.HAND_OVER))
    return None if there is None else likely(turn, there)
