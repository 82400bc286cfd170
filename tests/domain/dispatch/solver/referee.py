"""What a solution costs and which rules it breaks, worked out anew from the stops alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fleet_manager.domain.dispatch.solver import Parcel, Problem, Solution, Vehicle, Visit
from fleet_manager.domain.ids import CompartmentId, DeliveryId

Boxes = dict[DeliveryId, CompartmentId]


def station(parcel: Parcel, visit: Visit) -> str:
    return parcel.sender if visit.pick_up else parcel.recipient


def way(problem: Problem, vehicle: Vehicle, start: str | None, goal: str) -> int | None:
    if start is None:
        return vehicle.reach(goal)  # type: ignore[arg-type]
    return problem.travel.between(vehicle.kind, start, goal)  # type: ignore[arg-type]


def price(problem: Problem, parcel: Parcel, time: int) -> int:
    rates, soft = problem.rates, parcel.due if parcel.soft is None else parcel.soft
    cost = rates.time * (time - parcel.ready) + rates.soft * max(0, time - soft)
    late = max(0, time - parcel.due)
    cost += rates.late * late + rates.once * (late > 0)
    if rates.grows:
        cost += rates.late * (late**2 // rates.grows)
    return parcel.weight * cost


def arrivals(problem: Problem, vehicle: Vehicle, stops: Sequence[Visit]) -> list[int]:
    """Return when the robot is at its stops."""
    return walk(problem, vehicle, stops)[0]


def walk(problem: Problem, vehicle: Vehicle, stops: Sequence[Visit]) -> tuple[list[int], int]:
    """Return when the robot is at its stops, and when it is through."""
    parcels = {parcel.id: parcel for parcel in problem.parcels}
    found, place, attended, time = [], None, vehicle.at, int(vehicle.free_at)
    for visit in stops:
        parcel = parcels[visit.parcel]
        goal = station(parcel, visit)
        leg = way(problem, vehicle, place, goal)
        assert leg is not None
        time += leg
        found.append(time)
        if visit.pick_up:
            time = max(time, parcel.earliest)
        time += problem.each_ms + (problem.visit_ms(goal) if goal != attended else 0)
        place = attended = goal
    return found, time


def driving(problem: Problem, vehicle: Vehicle, stops: Sequence[Visit]) -> int:
    parcels = {parcel.id: parcel for parcel in problem.parcels}
    goals = [station(parcels[v.parcel], v) for v in stops]
    legs = zip([None, *goals], goals, strict=False)
    return sum(way(problem, vehicle, start, goal) or 0 for start, goal in legs)


def cost(problem: Problem, routes: Sequence[Sequence[Visit]]) -> int:
    """Return what routes cost that leave no parcel out."""
    parcels = {parcel.id: parcel for parcel in problem.parcels}
    had = {parcel: v.id for v in problem.vehicles for parcel in v.holds}
    total, rates, visits = 0, problem.rates, Counter[tuple[str, int]]()
    for vehicle, stops in zip(problem.vehicles, routes, strict=True):
        total += rates.drive * driving(problem, vehicle, stops)
        total += rates.busy * (walk(problem, vehicle, stops)[1] - vehicle.free_at)
        if stops and not vehicle.stops:
            total += vehicle.fee + rates.opening
        elif stops and vehicle.stops:
            total += vehicle.fee
            heads = [station(parcels[s[0].parcel], s[0]) for s in (stops, vehicle.stops)]
            total += rates.turn * (heads[0] != heads[1])
        before = vehicle.at
        for visit, time in zip(stops, arrivals(problem, vehicle, stops), strict=True):
            parcel = parcels[visit.parcel]
            goal = station(parcel, visit)
            span = max(0, time - problem.now) // rates.crowd_span
            if goal != before and span < 63:
                visits[goal, span] += 1
            before = goal
            if not visit.pick_up:
                total += price(problem, parcel, time)
                total += rates.move * (had.get(parcel.id, vehicle.id) != vehicle.id)
    return total + rates.crowd * sum(n * (n - 1) // 2 for n in visits.values())


def problems(problem: Problem, solution: Solution) -> list[str]:
    """Return the rules that a solution breaks."""
    found, parcels = list[str](), {parcel.id: parcel for parcel in problem.parcels}
    boxes = {p: box for v in problem.vehicles for p, box in v.holds.items()}
    boxes |= {placed.parcel: placed.box for placed in solution.placed}
    robots = {placed.parcel: placed.vehicle for placed in solution.placed}
    seen = Counter[Visit]()
    for vehicle, route in zip(problem.vehicles, solution.routes, strict=True):
        seen.update(route.stops)
        if route.stops[: vehicle.fixed] != vehicle.stops[: vehicle.fixed]:
            found.append(f'{vehicle.id}: fixed stops moved')
        if list(route.arrivals) != arrivals(problem, vehicle, route.stops):
            found.append(f'{vehicle.id}: other arrivals')
        if driving(problem, vehicle, route.stops) > vehicle.drive_ms:
            found.append(f'{vehicle.id}: drives too far')
        for visit in route.stops:
            if robots.get(visit.parcel, vehicle.id) != vehicle.id:
                found.append(f'{visit.parcel}: placed elsewhere')
            if visit.parcel in robots and vehicle.id in problem.refusals(visit.parcel):
                found.append(f'{visit.parcel}: refused')
        found += _on_board(vehicle, route.stops, parcels, boxes)
    left = set(solution.unplaced)
    for parcel in parcels:
        times = (seen[Visit(parcel, True)], seen[Visit(parcel, False)])
        inside = any(
            parcel in v.holds and Visit(parcel, True) not in v.stops for v in problem.vehicles
        )
        if times != ((0, 0) if parcel in left else (0, 1) if inside else (1, 1)):
            found.append(f'{parcel}: stops {times}')
    return found


def _on_board(
    vehicle: Vehicle,
    stops: Sequence[Visit],
    parcels: dict[DeliveryId, Parcel],
    boxes: Boxes,
) -> list[str]:
    found, room = list[str](), {box.id: box for box in vehicle.boxes}
    picked = {visit.parcel for visit in stops if visit.pick_up}
    inside = [p for p in vehicle.holds if Visit(p, True) not in vehicle.stops]
    soiled, last = vehicle.soiled or any(parcels[p].dirty for p in inside), ''
    for visit in stops:
        parcel = parcels[visit.parcel]
        if not visit.pick_up:
            if visit.parcel not in inside:
                found.append(f'{visit.parcel}: handed over before it is inside')
                continue
            inside.remove(visit.parcel)
            if parcel.direct and last != visit.parcel and parcel.id in picked:
                found.append(f'{visit.parcel}: a stop on the way')
            last = ''
            continue
        last = visit.parcel
        box = room.get(boxes[visit.parcel])
        if box is None or box.kind not in parcel.kinds or box.litres < parcel.litres:
            found.append(f'{visit.parcel}: does not fit')
        for other in (parcels[one] for one in inside):
            if boxes[other.id] == boxes[parcel.id]:
                found.append(f'{parcel.id}: {other.id} is in its compartment')
            if other.group in parcel.apart or parcel.group in other.apart:
                found.append(f'{parcel.id}: {other.id} is on board')
            if parcel.direct or other.direct:
                found.append(f'{parcel.id}: not alone with {other.id}')
            if parcel.dirty and not other.dirty:
                found.append(f'{parcel.id}: {other.id} is clean')
        if soiled and not parcel.dirty:
            found.append(f'{parcel.id}: the robot is soiled')
        soiled = soiled or parcel.dirty
        inside.append(visit.parcel)
    return found
