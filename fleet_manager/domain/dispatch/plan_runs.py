"""Parcels into runs by regret insertion, and better runs by large neighbourhoods.

What robots, parcels and ways are just now is put before the solver; what it answers becomes
events. Stops at which a robot stands stay; what is loaded stays on board; a parcel that is not
loaded may change robots, when that gains enough.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, cast

from fleet_manager.domain.deliveries.goods import GOODS, PROMISES, Urgency
from fleet_manager.domain.deliveries.lifecycle import AT_STOP, CANCELLABLE, LOADED
from fleet_manager.domain.dispatch import solver
from fleet_manager.domain.dispatch.bundles import bundled
from fleet_manager.domain.dispatch.cost import end_of_frozen
from fleet_manager.domain.dispatch.eta import (
    COME_MS,
    COME_STAFFED_MS,
    FIRST_PARCEL_MS,
    NEXT_PARCEL_MS,
    STAFFED,
    way_ms,
)
from fleet_manager.domain.dispatch.offers import why_no_way, why_not, why_unfit
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways
from fleet_manager.domain.dispatch.reach import reach_from
from fleet_manager.domain.dispatch.runs import put_in, reorder, take_away
from fleet_manager.domain.evolve import purpose_at
from fleet_manager.domain.ids import DeliveryId, NodeId, RobotId, StationId
from fleet_manager.domain.maps.model import CompartmentKind
from fleet_manager.domain.messages import Purpose, Stop
from fleet_manager.domain.robots.battery import RESERVE, WATT_HOURS, WATTS_DRIVING
from fleet_manager.domain.state import Delivery, Robot
from fleet_manager.domain.traffic.hindrances import stands_still
from fleet_manager.domain.traffic.retime import expected
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant

#: What could not be put into a run is tried again after so long, or with the next new parcel.
AGAIN_MS: Final = 5 * SECOND
#: Runs are improved so often, with so many neighbourhoods.
IMPROVE_EVERY_MS: Final = 20 * SECOND
ROUNDS: Final = 12
#: A parcel counts more from so long before its promise.
SOFT_MS: Final = 15 * MINUTE
#: A robot has a station to itself for so long; others that come stand in line.
TURN_MS: Final = 4 * MINUTE
#: For so long after nobody took a parcel a robot with other stops does not turn back for it: the
#: way there counts as that much longer.
COME_AGAIN_MS: Final = 5 * MINUTE
_TURN_BACK_MS: Final = HOUR
#: Stops of a run at most.
MOST_STOPS: Final = 24
#: What robots that are kept for STAT are given as well.
_AT_ONCE: Final = (Urgency.STAT, Urgency.URGENT)

#: What a minute of a parcel counts by its rank: STAT, urgent, routine, scheduled.
_WEIGHTS: Final = (200, 80, 2, 4)

#: What the solver takes for one parcel, by the delivery that leads it.
_Bundles = Mapping[DeliveryId, Sequence[Delivery]]

RATES: Final = solver.Rates(
    late=6,
    once=30 * MINUTE,
    drive=2,
    busy=8,
    crowd=4 * MINUTE,
    crowd_span=4 * MINUTE,
    move=5 * MINUTE,
)


def plan_runs(turn: Turn, ways: Ways, waiting: Sequence[Delivery]) -> None:
    """Put waiting parcels into runs and, from time to time, make the runs better."""
    sensed = turn.sensed
    news = frozenset(d.id for d in waiting) - sensed.unplaced
    is_time = turn.now - sensed.runs_improved >= IMPROVE_EVERY_MS
    if not news and not is_time and (not waiting or turn.now < sensed.insert_again):
        return
    robots = [r for r in turn.robots() if turn.may_move(r) and not stands_still(turn, r)]
    if not robots:
        return
    rounds = ROUNDS if is_time and any(robot.stops for robot in robots) else 0
    if is_time:
        sensed.runs_improved = turn.now
    if not waiting and not rounds:
        return
    waiting = [*waiting, *_make_room(turn, ways, robots, waiting)]
    bundles = {bundle[0].id: bundle for bundle in bundled(turn, robots, waiting)}
    problem = _problem(turn, ways, robots, bundles)
    plain = not solver.is_compiled()  # the same answer, later
    solution = solver.solve(problem, rounds=rounds, seed=int(turn.now) & 0xFFFF, interpreted=plain)
    sensed.unplaced = frozenset(d.id for name in solution.unplaced for d in bundles[name])
    sensed.insert_again = Instant(turn.now + AGAIN_MS)
    _carry_out(turn, solution, bundles)


def _make_room(
    turn: Turn, ways: Ways, robots: Sequence[Robot], waiting: Sequence[Delivery]
) -> list[Delivery]:
    """Take what can wait, and is only planned, out of a run for what is urgent and found no room.

    Of the robots that may carry it the one with the fewest parcels on board, once a delivery.
    """
    sensed = turn.sensed
    stuck = [d for d in waiting if d.id in sensed.unplaced - sensed.room_made]
    planned = {robot.id: _only_planned(turn, robot) for robot in robots} if stuck else {}
    for delivery in [d for d in stuck if d.urgency in _AT_ONCE]:
        able = [r for r in robots if planned[r.id] and why_not(turn, ways, r, delivery) is None]
        if able:
            robot = min(able, key=lambda r: (_on_board(turn, r), r.id))
            for one in planned[robot.id]:
                take_away(turn, robot, one, 'more_urgent')
            sensed.room_made = (sensed.room_made & turn.state.open.keys()) | {delivery.id}
            return planned[robot.id]
    return []


def _only_planned(turn: Turn, robot: Robot) -> list[Delivery]:
    """Return what a robot serves that can wait and that nobody has begun with."""
    return [d for d in turn.state.served_by(robot) if _may_wait(turn, d.id)]


def _on_board(turn: Turn, robot: Robot) -> int:
    return sum(one.state in LOADED for one in turn.state.served_by(robot))


# --- what the solver is told  ---


def _problem(turn: Turn, ways: Ways, robots: Sequence[Robot], bundles: _Bundles) -> solver.Problem:
    kept, busy = _kept_for_stat(turn, robots), _busy(turn)
    return solver.Problem(
        now=turn.now,
        vehicles=tuple(_vehicle(turn, robot, busy, bundles) for robot in robots),
        parcels=_parcels(turn, bundles.values()),
        travel=_travel(turn.graph),
        visit_ms=partial(_visit_ms, turn),
        each_ms=NEXT_PARCEL_MS,
        refusals=_refusals(turn, ways, robots, bundles, kept),
        rates=RATES,
        most_stops=MOST_STOPS,
    )


def _refusals(
    turn: Turn,
    ways: Ways,
    robots: Sequence[Robot],
    bundles: _Bundles,
    kept: Collection[RobotId],
) -> Callable[[DeliveryId], Mapping[RobotId, str]]:
    """Return what tells why robots may not take a bundle: asked once for all that are alike."""
    no_ways, spared = _no_ways(turn, ways, robots), dict.fromkeys(kept, 'kept_for_stat')
    unfit: dict[str, dict[RobotId, str]] = {}
    lost: dict[tuple[StationId, StationId], dict[RobotId, str]] = {}
    found: dict[tuple[str, StationId, StationId, bool], dict[RobotId, str]] = {}

    def refusals(parcel: DeliveryId) -> Mapping[RobotId, str]:
        one, at_once = bundles[parcel][0], any(d.urgency in _AT_ONCE for d in bundles[parcel])
        key = one.goods, one.origin, one.goal, at_once
        if key in found:
            return found[key]
        if one.goods not in unfit:
            reasons = ((r.id, why_unfit(turn, r, GOODS[one.goods])) for r in robots)
            unfit[one.goods] = {name: why for name, why in reasons if why}
        way = one.origin, one.goal
        if way not in lost:
            lost[way] = no_ways(one)
        found[key] = lost[way] | unfit[one.goods] | ({} if key[-1] else spared)
        return found[key]

    return refusals


def _no_ways(
    turn: Turn, ways: Ways, robots: Sequence[Robot]
) -> Callable[[Delivery], dict[RobotId, str]]:
    """Return what tells which robots have no way to the stations of a delivery, and why."""
    if not ways.are_free or turn.closed is not None:

        def one_by_one(delivery: Delivery) -> dict[RobotId, str]:
            reasons = ((robot.id, why_no_way(turn, ways, robot, delivery)) for robot in robots)
            return {name: why for name, why in reasons if why}

        return one_by_one
    graphs = {robot.id: turn.graph.of_robot(robot.id) for robot in robots}
    starts = {r.id: reach_from(graphs[r.id], turn.state.frozen_end(r)) for r in robots}
    of_kind = {id(graph): graph for graph in graphs.values()}
    far: dict[StationId, set[RobotId]] = {}

    def together(delivery: Delivery) -> dict[RobotId, str]:
        sender = delivery.origin
        if sender not in far:
            far[sender] = {name for name, start in starts.items() if start[sender] is None}
        node, lost = turn.hospital.stations[sender].node, far[sender]
        for kind, graph in of_kind.items():
            if reach_from(graph, node)[delivery.goal] is None:
                lost = lost | {name for name, own in graphs.items() if id(own) == kind}
        return dict.fromkeys(lost, 'no_way_for_it')

    return together


def _vehicle(
    turn: Turn,
    robot: Robot,
    busy: Mapping[StationId, Sequence[RobotId]],
    bundles: _Bundles,
) -> solver.Vehicle:
    leading = [stop for stop in robot.stops if stop.delivery in bundles]
    here = [stop for stop in leading if _is_here(turn, stop)]
    node, free_at = end_of_frozen(turn, robot)
    sense = turn.sensed.robots[robot.id]
    served = turn.state.served_by(robot)
    holds = {d.id: d.compartment for d in served if d.compartment and d.id in bundles}
    ready = {
        one.compartment
        for one in sense.report.compartments
        if (one.closed and one.locked and not one.occupied) or one.compartment in holds.values()
    }
    battery = sense.report.battery or 0.0
    return solver.Vehicle(
        robot.id,
        kind=turn.hospital.robots[robot.id].type,
        free_at=Instant(free_at),
        reach=_reach(turn, robot, node, free_at, busy),
        boxes=tuple([box for box in _boxes(turn, robot) if box.id in ready]),
        stops=tuple(solver.Visit(s.delivery, s.purpose is Purpose.PICK_UP) for s in leading),
        fixed=len(here),
        holds=holds,
        at=here[0].station if here else None,
        soiled=robot.soiled,
        drive_ms=max(0, int((battery - RESERVE) * WATT_HOURS / WATTS_DRIVING * HOUR)),
    )


def _boxes(turn: Turn, robot: Robot) -> tuple[solver.Box, ...]:
    """Return the compartments of a robot, made once a map."""
    kept = turn.graph.kept.setdefault('boxes', {})
    found = kept.get(robot.id)
    if found is None:
        found = kept[robot.id] = tuple(
            solver.Box(box.id, box.kind.value, box.litres)
            for box in turn.hospital.compartments(robot.id)
        )
    return cast(tuple[solver.Box, ...], found)


def _is_here(turn: Turn, stop: Stop) -> bool:
    """Whether its robot stands at a station for this stop."""
    delivery = turn.state.deliveries[stop.delivery]
    return delivery.state in AT_STOP and purpose_at(delivery) is stop.purpose


def _reach(
    turn: Turn,
    robot: Robot,
    node: NodeId,
    free_at: int,
    busy: Mapping[StationId, Sequence[RobotId]],
) -> Callable[[StationId], int | None]:
    stations, own = turn.hospital.stations, reach_from(turn.graph.of_robot(robot.id), node)
    arrival = expected(turn).arrival(robot) if robot.hops else free_at
    waits = {
        station: sum(one != robot.id for one in there) * TURN_MS for station, there in busy.items()
    }

    lately = {
        delivery.goal
        for delivery in turn.state.served_by(robot)
        if delivery.sent_away + COME_AGAIN_MS > turn.now and delivery.state in LOADED
    }

    def reach(station: StationId) -> int | None:
        if station in lately:
            return (own[station] or 0) + _TURN_BACK_MS
        if stations[station].node == robot.goal:
            return max(0, arrival - free_at)
        way = own[station]
        if way is None or station not in waits:
            return way
        return max(way, waits[station])

    return reach


def _busy(turn: Turn) -> dict[StationId, list[RobotId]]:
    """Return which robots are at each station, or have it before them as their next stop."""
    found: dict[StationId, list[RobotId]] = {}
    for robot in turn.robots():
        if robot.stops:
            found.setdefault(robot.stops[0].station, []).append(robot.id)
    return found


def _parcels(turn: Turn, bundles: Iterable[Sequence[Delivery]]) -> tuple[solver.Parcel, ...]:
    """Return the bundles as parcels: those of the last time, where nothing has changed."""
    before = turn.graph.kept.get('parcels', {})
    kept: dict[tuple[tuple[DeliveryId, ...], int, StationId, Instant], solver.Parcel] = {}
    for bundle in bundles:
        heavy, first = _weight(turn, bundle), bundle[0]
        key = tuple(d.id for d in bundle), heavy, first.goal, first.requested_at
        kept[key] = before.get(key) or _parcel(bundle, heavy)
    turn.graph.kept['parcels'] = kept
    return tuple(kept.values())


def _parcel(bundle: Sequence[Delivery], heavy: int) -> solver.Parcel:
    first, goods = bundle[0], GOODS[bundle[0].goods]
    due = min(d.promised_at for d in bundle)
    return solver.Parcel(
        first.id,
        sender=first.origin,
        recipient=first.goal,
        ready=min(max(d.requested_at, d.earliest) for d in bundle),
        due=due,
        weight=heavy,
        kinds=frozenset({goods.box.value, CompartmentKind.ANY.value}),
        litres=len(bundle) * goods.litres,
        earliest=max(d.earliest for d in bundle),
        soft=Instant(due - SOFT_MS),
        group=goods.id,
        apart=goods.apart,
        direct=goods.direct,
        dirty=goods.dirty,
    )


def _weight(turn: Turn, bundle: Iterable[Delivery]) -> int:
    """Return what a minute of the parcels counts. Nothing starves: very late counts more."""
    heavy = 0
    for delivery in bundle:
        promise = PROMISES[Urgency(delivery.urgency)]
        steps = max(0, turn.now - delivery.promised_at) // promise.within
        heavy += _WEIGHTS[max(0, promise.rank - steps)]
    return heavy


def _kept_for_stat(turn: Turn, robots: Sequence[Robot]) -> frozenset[RobotId]:
    """Return the robots without an errand that are kept for what is urgent, at this hour."""
    free = [robot for robot in robots if all(_may_wait(turn, name) for name in robot.deliveries)]
    idle = sorted((r.id for r in free if not r.stops), reverse=True)
    interruptible = len(free) - len(idle)
    return frozenset(idle[: max(0, turn.policy.reserve_at(turn.now) - interruptible)])


def _may_wait(turn: Turn, name: DeliveryId) -> bool:
    """Whether a robot on its way to this delivery may turn to something more urgent."""
    delivery = turn.state.deliveries[name]
    calm = delivery.urgency in (Urgency.ROUTINE, Urgency.SCHEDULED)
    return calm and delivery.state in CANCELLABLE and delivery.state not in AT_STOP


def _visit_ms(turn: Turn, station: StationId) -> int:
    staffed = turn.hospital.stations[station].kind in STAFFED
    return (COME_STAFFED_MS if staffed else COME_MS) + FIRST_PARCEL_MS - NEXT_PARCEL_MS


def _travel(graph: StepGraph) -> solver.Travel:
    """Return the times between stations, computed once while the ways stay as they are."""
    found = graph.kept.get('travel')
    if found is None:
        hospital = graph.hospital
        nodes, stations = hospital.nodes, hospital.stations

        def time(kind: str, start: StationId, goal: StationId) -> int | None:
            a, b = stations[start].node, stations[goal].node
            way = graph.of_type(kind).times_to(b).get(a)
            if way is None:
                return None
            return way_ms(way, rides=nodes[a].floor != nodes[b].floor)

        found = graph.kept['travel'] = solver.Travel(tuple(stations), tuple(hospital.types), time)
    return cast(solver.Travel, found)


# --- what it answered  ---


def _carry_out(turn: Turn, solution: solver.Solution, bundles: _Bundles) -> None:
    state, placed = turn.state, {one.parcel: one for one in solution.placed}
    for name in (*placed, *solution.unplaced):
        for one in bundles[name]:
            if one.robot is not None:
                take_away(turn, state.robots[one.robot], one, 'better_elsewhere')
    for route in solution.routes:
        leading = dict.fromkeys(visit.parcel for visit in route.stops)
        grows = any(one.robot is None for first in leading for one in bundles[first])
        if not route.changed and not grows:
            continue
        robot = state.robots[route.vehicle]
        order = _order(turn, robot, route, bundles)
        for first in leading:
            found = placed.get(first)
            box = found.box if found is not None else state.deliveries[first].compartment
            others = _runners_up(turn, found, bundles[first]) if found is not None else ()
            for one in bundles[first]:
                if one.robot is None and box is not None:
                    inside = {*robot.deliveries, one.id}
                    stops = [stop for stop in order if stop.delivery in inside]
                    put_in(turn, robot, one, box, stops, others)
        reorder(turn, robot, order, 'better_order')


def _order(turn: Turn, robot: Robot, route: solver.Route, bundles: _Bundles) -> list[Stop]:
    """Return the stops of all in the bundles of a route: those of a bundle one after the other.

    Where people attend to the robot already, what joins comes after what is there.
    """
    order = dict.fromkeys(stop for stop in robot.stops if _is_here(turn, stop))
    for visit in route.stops:
        for one in bundles[visit.parcel]:
            order[_stop(one, pick_up=visit.pick_up)] = None
    return list(order)


def _runners_up(
    turn: Turn, placed: solver.Placed, bundle: Sequence[Delivery]
) -> tuple[tuple[RobotId, int], ...]:
    """Return the next best robots, and how much later, in ms of these parcels, they would be."""
    least = _weight(turn, bundle)
    own, soon = sum((placed.parts.late, placed.parts.time, placed.parts.others)), placed.at_sender
    return tuple(
        (offer.vehicle, int(soon - turn.now + max(0, offer.cost - own) // least))
        for offer in placed.runners_up
    )


def _stop(delivery: Delivery, *, pick_up: bool) -> Stop:
    if pick_up:
        return Stop(Purpose.PICK_UP, delivery.origin, delivery.id)
    return Stop(Purpose.HAND_OVER, delivery.goal, delivery.id)
