"""Parcels into runs by regret insertion, and better runs by large neighbourhoods.

What robots, parcels and ways are just now is put before the solver; what it answers becomes
events. Stops at which a robot stands stay; what is loaded stays on board; a parcel that is not
loaded may change robots, when that gains enough.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, cast

from fleet_manager.domain.deliveries.goods import GOODS, PROMISES, Urgency
from fleet_manager.domain.deliveries.lifecycle import AT_STOP, CANCELLABLE
from fleet_manager.domain.dispatch import solver
from fleet_manager.domain.dispatch.cost import end_of_frozen
from fleet_manager.domain.dispatch.eta import (
    COME_MS,
    COME_STAFFED_MS,
    FIRST_PARCEL_MS,
    NEXT_PARCEL_MS,
    RIDE_WAIT_MS,
    STAFFED,
)
from fleet_manager.domain.dispatch.offers import why_no_way, why_unfit
from fleet_manager.domain.dispatch.predicates.can_get_there import Ways
from fleet_manager.domain.dispatch.runs import put_in, reorder, take_away
from fleet_manager.domain.evolve import purpose_at
from fleet_manager.domain.ids import CompartmentId, DeliveryId, NodeId, RobotId, StationId
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
#: Stops of a run at most.
MOST_STOPS: Final = 16
#: What robots that are kept for STAT are given as well.
_AT_ONCE: Final = (Urgency.STAT, Urgency.URGENT)

#: What a minute of a parcel counts by its rank: STAT, urgent, routine, scheduled.
_WEIGHTS: Final = (200, 40, 2, 2)

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
    problem = _problem(turn, ways, robots, waiting)
    plain = not solver.is_compiled()  # the same answer, later
    solution = solver.solve(problem, rounds=rounds, seed=int(turn.now) & 0xFFFF, interpreted=plain)
    sensed.unplaced = frozenset(solution.unplaced)
    sensed.insert_again = Instant(turn.now + AGAIN_MS)
    _carry_out(turn, solution)


# --- what the solver is told  ---


def _problem(
    turn: Turn, ways: Ways, robots: Sequence[Robot], waiting: Sequence[Delivery]
) -> solver.Problem:
    served = [d for robot in robots for d in turn.state.served_by(robot)]
    known = {d.id: d for d in (*served, *waiting)}
    kept, busy = _kept_for_stat(turn, robots), _busy(turn)
    unfit: dict[tuple[RobotId, str], str | None] = {}
    lost: dict[tuple[RobotId, StationId, StationId], str | None] = {}

    def refusal(parcel: DeliveryId, name: RobotId) -> str | None:
        delivery = known[parcel]
        if name in kept and delivery.urgency not in _AT_ONCE:
            return 'kept_for_stat'
        key = name, delivery.goods
        if key not in unfit:
            unfit[key] = why_unfit(turn, turn.state.robots[name], GOODS[delivery.goods])
        way = name, delivery.sender, delivery.recipient
        if way not in lost:
            lost[way] = why_no_way(turn, ways, turn.state.robots[name], delivery)
        return unfit[key] or lost[way]

    return solver.Problem(
        now=turn.now,
        vehicles=tuple(_vehicle(turn, robot, busy) for robot in robots),
        parcels=_parcels(turn, known.values()),
        travel=_travel(turn.graph),
        visit_ms=partial(_visit_ms, turn),
        each_ms=NEXT_PARCEL_MS,
        refusal=refusal,
        rates=RATES,
        most_stops=MOST_STOPS,
    )


def _vehicle(
    turn: Turn, robot: Robot, busy: Mapping[StationId, Sequence[RobotId]]
) -> solver.Vehicle:
    here = [stop for stop in robot.stops if _is_here(turn, stop)]
    node, free_at = end_of_frozen(turn, robot)
    sense = turn.sensed.robots[robot.id]
    holds = {d.id: d.compartment for d in turn.state.served_by(robot) if d.compartment}
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
        boxes=tuple(
            solver.Box(box.id, box.kind.value, box.litres)
            for box in turn.hospital.compartments(robot.id)
            if box.id in ready
        ),
        stops=tuple(solver.Visit(s.delivery, s.purpose is Purpose.PICK_UP) for s in robot.stops),
        fixed=len(here),
        holds=holds,
        at=here[0].station if here else None,
        soiled=robot.soiled,
        drive_ms=max(0, int((battery - RESERVE) * WATT_HOURS / WATTS_DRIVING * HOUR)),
    )


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
    stations, nodes, graph = turn.hospital.stations, turn.hospital.nodes, turn.graph
    own, floor = graph.of_robot(robot.id), nodes[node].floor
    number = own.number_of(node)
    arrival = expected(turn).arrival(robot) if robot.hops else free_at
    others = {station: sum(one != robot.id for one in there) for station, there in busy.items()}

    def reach(station: StationId) -> int | None:
        goal = stations[station].node
        if goal == robot.goal:
            return max(0, arrival - free_at)
        way = own.times_to(goal).ms[number]
        if way < 0:
            return None
        way += RIDE_WAIT_MS if floor != nodes[goal].floor else 0
        return max(way, others.get(station, 0) * TURN_MS)

    return reach


def _busy(turn: Turn) -> dict[StationId, list[RobotId]]:
    """Return which robots are at each station, or have it before them as their next stop."""
    found: dict[StationId, list[RobotId]] = {}
    for robot in turn.robots():
        if robot.stops:
            found.setdefault(robot.stops[0].station, []).append(robot.id)
    return found


def _parcels(turn: Turn, deliveries: Iterable[Delivery]) -> tuple[solver.Parcel, ...]:
    """Return the deliveries as parcels: those of the last time, where nothing has changed."""
    before = turn.graph.kept.get('parcels', {})
    kept: dict[tuple[DeliveryId, int, StationId, Instant], solver.Parcel] = {}
    for delivery in deliveries:
        heavy = _weight(turn, delivery)
        key = delivery.id, heavy, delivery.goal, delivery.requested_at
        kept[key] = before.get(key) or _parcel(delivery, heavy)
    turn.graph.kept['parcels'] = kept
    return tuple(kept.values())


def _parcel(delivery: Delivery, heavy: int) -> solver.Parcel:
    goods = GOODS[delivery.goods]
    return solver.Parcel(
        delivery.id,
        sender=delivery.sender,
        recipient=delivery.goal,
        ready=max(delivery.requested_at, delivery.earliest),
        due=delivery.promised_at,
        weight=heavy,
        kinds=frozenset({goods.box.value, CompartmentKind.ANY.value}),
        litres=goods.litres,
        earliest=delivery.earliest,
        soft=Instant(delivery.promised_at - SOFT_MS),
        group=goods.id,
        apart=goods.apart,
        direct=goods.direct,
        dirty=goods.dirty,
    )


def _weight(turn: Turn, delivery: Delivery) -> int:
    """Return what a minute of the parcel counts. Nothing starves: very late counts more."""
    promise = PROMISES[Urgency(delivery.urgency)]
    steps = max(0, turn.now - delivery.promised_at) // promise.within
    return _WEIGHTS[max(0, promise.rank - steps)]


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
            return way + (RIDE_WAIT_MS if nodes[a].floor != nodes[b].floor else 0)

        found = graph.kept['travel'] = solver.Travel(tuple(stations), tuple(hospital.types), time)
    return cast(solver.Travel, found)


# --- what it answered  ---


def _carry_out(turn: Turn, solution: solver.Solution) -> None:
    state, placed = turn.state, {one.parcel: one for one in solution.placed}
    for name in (*placed, *solution.unplaced):
        before = state.deliveries[name].robot
        if before is not None:
            take_away(turn, state.robots[before], state.deliveries[name], 'better_elsewhere')
    for route in solution.routes:
        if not route.changed:
            continue
        robot = state.robots[route.vehicle]
        order = [_stop(state.deliveries[v.parcel], pick_up=v.pick_up) for v in route.stops]
        joining = [n for n in dict.fromkeys(s.delivery for s in order) if n in placed]
        for name in joining:
            inside = {*robot.deliveries, name}
            put_in(
                turn,
                robot,
                state.deliveries[name],
                CompartmentId(placed[name].box),
                [stop for stop in order if stop.delivery in inside],
                _runners_up(turn, placed[name]),
            )
        reorder(turn, robot, order, 'better_order')


def _runners_up(turn: Turn, placed: solver.Placed) -> tuple[tuple[RobotId, int], ...]:
    """Return the next best robots, and how much later, in ms of this parcel, they would be."""
    least = _weight(turn, turn.state.deliveries[placed.parcel])
    own, soon = sum((placed.parts.late, placed.parts.time, placed.parts.others)), placed.at_sender
    return tuple(
        (offer.vehicle, int(soon - turn.now + max(0, offer.cost - own) // least))
        for offer in placed.runners_up
    )


def _stop(delivery: Delivery, *, pick_up: bool) -> Stop:
    if pick_up:
        return Stop(Purpose.PICK_UP, delivery.sender, delivery.id)
    return Stop(Purpose.HAND_OVER, delivery.goal, delivery.id)
