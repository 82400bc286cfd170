"""Change the map while the fleet works: clear what the new one has no more, then swap at once.

1. `ask`: an operator gives a whole, checked map. Nothing changes yet but that stations it has no
   more take no further requests.
2. While deliveries of such a station are open, they go on as ever.
3. Then what is gone, or elsewhere, is cleared: no new plan leads onto it (`Coming.cleared`), and
   `clear` sends the robots that stand on it, or are bound for it, elsewhere.
4. When nothing holds it any more, `settle` swaps between two turns. When the time is over first,
   the old map stays and the journal says what held it.

Robots carry the old map until they stand and take the new one over; they get nothing meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from fleet_manager.application.close_places import open_what_is_gone
from fleet_manager.domain.deliveries.lifecycle import ENDS
from fleet_manager.domain.dispatch.bays import bay_leg
from fleet_manager.domain.dispatch.legs import Search, find_leg, may_search, send
from fleet_manager.domain.dispatch.round import LEGS_A_TURN
from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.ids import (
    LaneId,
    ResourceId,
    StationId,
    car_resource,
    lane_resource,
    node_resource,
)
from fleet_manager.domain.maps.change import Change, changes
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import (
    CancelMapSwap,
    DeliveryArchived,
    Hop,
    HopKind,
    LegPlanned,
    MapHold,
    MapSwapAsked,
    MapSwapCancelled,
    MapSwapped,
    MapSwapRefused,
    SwapMap,
)
from fleet_manager.domain.state import Delivery, FleetState, Robot
from fleet_manager.domain.traffic.hindrances import is_stuck
from fleet_manager.domain.traffic.steps import Step, StepGraph
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import HOUR, Instant

#: Longest time a change may be waited for. After that somebody has to look why.
MAX_WAIT_MS: Final = 24 * HOUR
#: Reasons kept with a refusal; the first ones by kind and name are enough to act on.
MAX_HELD: Final = 50


@dataclass(frozen=True, slots=True)
class Coming:
    """The next map, compiled, what it takes away, and the ways of today without that."""

    graph: StepGraph
    change: Change
    cleared: StepGraph

    @classmethod
    def of(cls, graph: StepGraph, hospital: Hospital) -> Coming:
        """Compile `hospital`, to follow the map of `graph`."""
        then = StepGraph.of(hospital)
        change = changes(graph.hospital, hospital)
        return cls(then, change, cleared(graph, change.places))

    def is_clearing(self, state: FleetState) -> bool:
        """Whether places are cleared already: no delivery of a station that goes is open."""
        return not any(_leaves(self, d) for d in state.deliveries.values())


def cleared(graph: StepGraph, places: frozenset[ResourceId]) -> StepGraph:
    """Return the graph without the steps onto `places`. Who is on one may leave over others."""

    def stays(step: Step) -> bool:
        if step.place in places and graph.hospital.is_bay(step.target):
            return False
        return node_resource(step.origin) in places or places.isdisjoint((step.place, step.held))

    return graph.only(stays)


def ask(turn: Turn, command: SwapMap) -> Refusal | None:
    """Begin to change the map, unless it is the same, or the fleet cannot go on with it."""
    now, then = turn.hospital, command.hospital
    if turn.state.swap is not None:
        return Refusal('map_swap_under_way', {'version': turn.state.swap.version})
    if then.version == now.version:
        return Refusal('map_unchanged', {'version': now.version})
    if then.id != now.id:
        return Refusal('map_of_another_hospital', {'hospital': now.id, 'given': then.id})
    lost = [r.id for r in turn.robots() if not _works_on(turn, r, then)]
    if lost:
        return Refusal('map_without_robots', {'robots': ', '.join(lost)[:200]})
    deadline = Instant(turn.now + max(0, min(command.wait_ms, MAX_WAIT_MS)))
    turn.emit(
        MapSwapAsked(
            then.version, before=now.version, actor=command.actor, reason=command.reason,
            deadline=deadline,
        )
    )  # fmt: skip
    return None


def cancel(turn: Turn, command: CancelMapSwap) -> Refusal | None:
    """Give up the change under way; the old map stays."""
    if turn.state.swap is None:
        return Refusal('no_map_swap')
    turn.emit(MapSwapCancelled(turn.state.swap.version, command.actor, command.reason))
    return None


def clear(turn: Turn, coming: Coming) -> None:
    """Send robots off what goes, and lead those around it that are bound for it.

    A robot that finds no other way finishes its plan: that frees the place as well.
    """
    if not coming.is_clearing(turn.state):
        return
    budget = LEGS_A_TURN
    for robot in turn.robots():
        if budget == 0 or not _should_turn_away(turn, coming, robot):
            continue
        if may_search(turn, robot, Search.WAY_OUT):
            budget -= 1
            send(turn, robot, Search.WAY_OUT, _way_round(turn, coming, robot))


def settle(turn: Turn, coming: Coming | None) -> None:
    """End the change under way once nothing holds the old map, or when its time is over.

    Call at the end of a turn. `coming` is None when the map that was asked for is lost.
    """
    swap = turn.state.swap
    if swap is None:
        return
    if coming is None:
        turn.emit(MapSwapRefused(swap.version, (MapHold('map_lost', {}),)))
        return
    held = holds(turn, coming)
    if held and turn.now >= swap.deadline:
        turn.emit(MapSwapRefused(swap.version, held[:MAX_HELD]))
    if held:
        return
    for name in sorted(turn.state.deliveries):
        delivery = turn.state.deliveries[name]
        if {delivery.sender, delivery.recipient} & coming.change.stations:
            turn.emit(DeliveryArchived(delivery.id))  # ended, at a station nobody can name soon
    open_what_is_gone(turn, coming.graph.hospital)
    before = turn.hospital.version
    turn.emit(MapSwapped(swap.version, before=before, actor=swap.actor, reason=swap.reason))


def holds(turn: Turn, coming: Coming) -> tuple[MapHold, ...]:
    """Return what keeps the map in force, by kind and name. Nothing: it can be swapped now."""
    change = coming.change
    found = []
    for name in sorted(turn.state.deliveries):
        delivery = turn.state.deliveries[name]
        station = _leaves(coming, delivery)
        if station is not None:
            params = {'delivery': name, 'station': station, 'state': delivery.state.value}
            found.append(MapHold('delivery', params))
    for robot in turn.robots():
        places = [place for place in _places(robot) if place in change.places]
        if places:
            params = {'robot': robot.id, 'place': places[0], 'why': _why(turn, robot)}
            found.append(MapHold('robot', params))
    found += [
        MapHold('lift', {'lift': lift, 'robot': session.robot})
        for lift, session in sorted(turn.state.sessions.items())
        if car_resource(lift) in change.places
    ]
    return tuple(found)


def _works_on(turn: Turn, robot: Robot, then: Hospital) -> bool:
    """Whether a robot of the fleet is on the next map, the same in everything it is built of."""
    now, next_one = turn.hospital.robots[robot.id], then.robots.get(robot.id)
    if next_one is None or now.type != next_one.type:
        return False
    return turn.hospital.compartments(robot.id) == then.compartments(robot.id)


def _leaves(coming: Coming, delivery: Delivery) -> StationId | None:
    """Return the station of an open delivery that goes, if one does."""
    if delivery.state in ENDS:
        return None
    ends = (delivery.sender, delivery.recipient)
    return next((station for station in ends if station in coming.change.stations), None)


def _places(robot: Robot) -> Iterator[ResourceId]:
    """Return every place the robot is on or is planned to be on."""
    yield node_resource(robot.node)
    yield node_resource(robot.goal)
    for hop in robot.hops:
        yield from _places_of(hop)
        yield node_resource(hop.origin)


def _places_of(hop: Hop) -> Iterator[ResourceId]:
    yield node_resource(hop.target)
    yield from hop.claims
    yield from hop.frees
    if hop.lane:
        yield lane_resource(LaneId(hop.lane))


def _should_turn_away(turn: Turn, coming: Coming, robot: Robot) -> bool:
    """Whether the robot stands where it may not stay, or its plan leads onto such a place."""
    places = coming.change.places
    if not robot.hops and _is_at_the_station(turn, robot):
        return False
    if node_resource(robot.goal) in places:
        return True
    frozen = turn.state.frozen(robot)
    return any(
        hop.sequence > frozen
        and hop.kind is not HopKind.ALIGHT
        and node_resource(hop.origin) not in places
        and any(place in places for place in _places_of(hop))
        for hop in robot.hops
    )


def _way_round(turn: Turn, coming: Coming, robot: Robot) -> LegPlanned | None:
    leg = None
    if node_resource(robot.goal) not in coming.change.places:
        leg = find_leg(turn, robot, robot.purpose, robot.goal)
    return leg or bay_leg(turn, robot)


def _why(turn: Turn, robot: Robot) -> str:
    """Return why the robot does not leave by itself just now, as a code."""
    if robot.excluded is not None:
        return 'excluded'
    if turn.heard(robot.id) is None:
        return 'silent'
    if robot.paused or turn.state.paused:
        return 'paused'
    if is_stuck(turn, robot):
        return 'stuck'
    if _is_at_the_station(turn, robot):
        return 'at_station'
    return 'moving' if robot.hops else 'no_way'


def _is_at_the_station(turn: Turn, robot: Robot) -> bool:
    """Whether people are busy with the robot, or it waits for them."""
    return bool(turn.state.at_stop(robot))
