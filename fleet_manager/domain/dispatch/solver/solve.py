"""Parcels into runs: insertion by regret, then large neighbourhoods for a number of rounds."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Final

from fleet_manager.domain.dispatch.solver import kernel
from fleet_manager.domain.dispatch.solver.compiling import compiled, plain
from fleet_manager.domain.dispatch.solver.model import (
    Offer,
    Parcel,
    Parts,
    Placed,
    Problem,
    Route,
    Solution,
    Vehicle,
    Visit,
)
from fleet_manager.domain.dispatch.solver.pack import (
    Packed,
    arrivals_of,
    by_size,
    like,
    pack,
    stops_of,
)
from fleet_manager.domain.ids import DeliveryId, RobotId
from fleet_manager.domain.units import Instant, Millis

#: Runners-up that are returned of each parcel that moved.
RUNNERS_UP: Final = 3


def solve(
    problem: Problem, *, rounds: int = 0, seed: int = 1, interpreted: bool = True
) -> Solution:
    """Insert the parcels that have no robot, then improve all for `rounds` neighbourhoods.

    The same problem, rounds and seed give the same solution on every machine, `interpreted` or
    compiled. What is compiled is some fifty times faster, but must be compiled once a machine and
    loaded once a process.
    """
    functions = plain() if interpreted else compiled()
    packed = pack(problem, loose=rounds > 0, arrays=not interpreted, seed=seed)
    kept, best = (like(packed.plan, arrays=not interpreted) for _ in range(2))
    work = (packed.case, packed.plan, packed.table, packed.desk)
    if packed.vehicles:
        functions.run(*work, kept, best, packed.waiting, packed.movable, rounds)
    return _solution(problem, packed, functions, kept)


def reasons(problem: Problem, parcel: DeliveryId) -> Mapping[RobotId, str]:
    """Return for each robot why it cannot take a parcel that was left, for people.

    A code of `Problem.refusals`, or `no_compartment_fits`, `needs_cleaning`, `no_way`; `no_room`
    when it could, were it not for the stops it has.
    """
    (wanted,) = (one for one in problem.parcels if one.id == parcel)
    return {vehicle.id: _reason(problem, wanted, vehicle) for vehicle in problem.vehicles}


def _reason(problem: Problem, parcel: Parcel, vehicle: Vehicle) -> str:
    refusal = problem.refusals(parcel.id).get(vehicle.id)
    if refusal is not None:
        return refusal
    if not any(b.kind in parcel.kinds and b.litres >= parcel.litres for b in vehicle.boxes):
        return 'no_compartment_fits'
    if vehicle.soiled and not parcel.dirty:
        return 'needs_cleaning'
    onward = problem.travel.between(vehicle.kind, parcel.sender, parcel.recipient)
    if onward is None or (not vehicle.stops and vehicle.reach(parcel.sender) is None):
        return 'no_way'
    return 'no_room'


def _solution(
    problem: Problem, packed: Packed, functions: SimpleNamespace, room: kernel.Plan
) -> Solution:
    plan, cost = packed.plan, int(kernel.cost_of(packed.case, packed.desk))
    routes = {vehicle.id: _route(problem, packed, v) for v, vehicle in enumerate(packed.vehicles)}
    placed, unplaced = [], []
    for n, parcel in enumerate(packed.parcels):
        if plan.robot[n] < 0:
            unplaced.append(parcel.id)
        elif parcel.id not in packed.vehicles[plan.robot[n]].holds:
            placed.append(_placed(problem, packed, functions, room, n))
    return Solution(
        tuple(routes[vehicle.id] for vehicle in problem.vehicles),
        tuple(placed),
        tuple(unplaced),
        Millis(cost),
        Millis(int(packed.desk.sum[kernel.FIRST])),
    )


def _route(problem: Problem, packed: Packed, v: int) -> Route:
    vehicle, stops = packed.vehicles[v], tuple(stops_of(packed, v))
    arrivals = tuple(Instant(problem.now + at) for at in arrivals_of(packed, v))
    return Route(vehicle.id, stops, arrivals, stops != vehicle.stops)


def _placed(
    problem: Problem, packed: Packed, functions: SimpleNamespace, room: kernel.Plan, n: int
) -> Placed:
    """Return where a parcel is, with what it costs there and elsewhere."""
    case, parcel, own = packed.case, packed.parcels[n], int(packed.plan.robot[n])
    vehicle = packed.vehicles[own]
    stops, arrivals = stops_of(packed, own), arrivals_of(packed, own)
    at_sender = arrivals[stops.index(Visit(parcel.id, True))]
    at_recipient = arrivals[stops.index(Visit(parcel.id, False))]
    functions.compare(case, packed.plan, packed.table, packed.desk, room, n)
    costs = [
        int(packed.desk.seen[v * kernel.FOUND + kernel.COST]) for v in range(len(packed.vehicles))
    ]
    others = sorted(
        (cost, packed.vehicles[v].id)
        for v, cost in enumerate(costs)
        if v != own and cost < kernel.NEVER
    )
    whole = int(kernel.price(case, n, at_recipient))
    time = parcel.weight * problem.rates.time * (at_recipient - parcel.ready + problem.now)
    return Placed(
        parcel.id,
        vehicle.id,
        by_size(vehicle)[int(packed.plan.box[n]).bit_length() - 1].id,
        Instant(problem.now + at_sender),
        Instant(problem.now + at_recipient),
        Parts(whole - time, time, costs[own] - whole),
        tuple(Offer(robot, cost) for cost, robot in others[:RUNNERS_UP]),
    )
