"""Whether a journal can go on with the map: every place somebody is, or is bound for, is on it."""

from __future__ import annotations

from collections.abc import Iterator

from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.domain.errors import MapError
from fleet_manager.domain.ids import LaneId, LiftId, RobotId
from fleet_manager.domain.maps.compile import compile_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.state import FleetState


def fit_map(state: FleetState, hospital: Hospital) -> None:
    """Raise MapError naming the first place that is missing. Call before the first turn.

    A map may be changed while nothing that was removed is in use: park the fleet and let the open
    deliveries end before.
    """
    for place, user in _missing(state, hospital):
        raise MapError(place, f'is not on this map, and {user} needs it; take the old map again')
    for place, user in _too_close_now(state, hospital):
        problem = f'is too close to another place on this map, and {user} is on it'
        raise MapError(place, f'{problem}; take the old map again')


def _too_close_now(state: FleetState, hospital: Hospital) -> Iterator[tuple[str, str]]:
    """Return places in use whose users do not hold what they share with others on this map."""
    users: dict[str, set[RobotId]] = {}
    for resource, queue in state.queues.items():
        users[resource] = {claim.robot for claim in queue}
    for place, shared in compile_hospital(hospital).shared().items():
        for robot in sorted(users.get(place, ())):
            if any(robot not in users.get(resource, ()) for resource in shared):
                yield place, robot


def _missing(state: FleetState, hospital: Hospital) -> Iterator[tuple[str, str]]:
    for robot in state.robots.values():
        for node in (robot.node, robot.goal, *(hop.target for hop in robot.hops)):
            if node not in hospital.nodes:
                yield node, robot.id
        for hop in robot.hops:
            if hop.lane and LaneId(hop.lane) not in hospital.lanes:
                yield hop.lane, robot.id
    for lift, session in state.sessions.items():
        if LiftId(lift) not in hospital.lifts:
            yield lift, session.robot
    for delivery in state.deliveries.values():
        for station in (delivery.sender, delivery.recipient):
            if delivery.state not in ENDS and station not in hospital.stations:
                yield station, delivery.id
