"""Problems by chance: robots with something to do already, goods with all kinds of rules."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from fleet_manager.domain.dispatch.solver import (
    Box,
    Parcel,
    Problem,
    Rates,
    Solution,
    Travel,
    Vehicle,
    Visit,
)
from fleet_manager.domain.ids import CompartmentId, DeliveryId, RobotId, StationId
from fleet_manager.domain.units import FOREVER, HOUR, MINUTE, SECOND, Instant

NOW = Instant(1_000_000)
GROUPS = ('', 'meal', 'waste', 'drug')


def travel_of(stations: int, rng: Random, *, holes: bool = False) -> Travel:
    """Stations on floors, with rides between; some ways do not exist for one kind of robots."""
    names = [StationId(f's{n:02d}') for n in range(stations)]
    where = {n: (rng.randrange(120), rng.randrange(80), rng.randrange(4)) for n in names}

    def time(kind: str, start: StationId, goal: StationId) -> int | None:
        one, other = where[start], where[goal]
        if holes and kind == 'wide' and one[2] != other[2]:
            return None
        ride = (30 + 5 * abs(one[2] - other[2])) * SECOND if one[2] != other[2] else 0
        walk = abs(one[0] - other[0]) + abs(one[1] - other[1])
        return walk * (1_250 if kind == 'slim' else 1_000) + ride

    return Travel(names, ('slim', 'wide'), time)


def vehicle_of(number: int, travel: Travel, rng: Random, *, boxes: int = 2) -> Vehicle:
    kind, start = rng.choice(travel.kinds), rng.choice(travel.stations)
    sizes = [(rng.choice(('std', 'cold')), rng.choice((10, 30))) for _ in range(boxes)]
    return Vehicle(
        id=RobotId(f'r{number}'),
        kind=kind,
        free_at=Instant(NOW + rng.randrange(0, 2 * MINUTE, 1000)),
        reach=lambda station: travel.between(kind, start, station),
        boxes=tuple(
            Box(CompartmentId(f'c{n}'), name, litres) for n, (name, litres) in enumerate(sizes)
        ),
        at=start if rng.random() < 0.3 else None,
        soiled=rng.random() < 0.1,
        drive_ms=rng.choice((int(FOREVER), 20 * MINUTE)),
        fee=rng.choice((0, 10_000)),
    )


def parcel_of(number: int, travel: Travel, rng: Random, *, plain: bool = False) -> Parcel:
    sender, recipient = rng.sample(travel.stations, 2)
    weight, within = rng.choice(((8, 10 * MINUTE), (4, 20 * MINUTE), (2, HOUR)))
    group = '' if plain else rng.choice(GROUPS)
    return Parcel(
        id=DeliveryId(f'd{number:02d}'),
        sender=sender,
        recipient=recipient,
        ready=Instant(NOW - rng.randrange(0, 5 * MINUTE, 1000)),
        due=Instant(NOW + within),
        soft=None if rng.random() < 0.5 else Instant(NOW + within - 3 * MINUTE),
        weight=weight,
        kinds=frozenset({'std', 'cold'} if plain else rng.choice(({'std'}, {'std', 'cold'}))),
        litres=5 if plain else rng.choice((5, 20)),
        earliest=Instant(NOW + 4 * MINUTE) if rng.random() < 0.2 else Instant(0),
        group=group,
        apart=frozenset({'meal': {'waste', 'drug'}, 'waste': {'meal'}}.get(group, ())),
        direct=not plain and rng.random() < 0.15,
        dirty=group == 'waste' and rng.random() < 0.7,
    )


def drawn(
    seed: int, *, robots: int, parcels: int, plain: bool = False, rates: Rates | None = None
) -> Problem:
    """Return a problem in which no robot has anything to do yet."""
    rng = Random(seed)
    travel = travel_of(rng.randrange(3, 9), rng, holes=not plain)
    refused = {(n, v) for n in range(parcels) for v in range(robots) if rng.random() < 0.1}
    names = {(DeliveryId(f'd{n:02d}'), RobotId(f'r{v}')) for n, v in refused}
    return Problem(
        now=NOW,
        vehicles=tuple(vehicle_of(n, travel, rng) for n in range(robots)),
        parcels=tuple(parcel_of(n, travel, rng, plain=plain) for n in range(parcels)),
        travel=travel,
        visit_ms=lambda station: 30_000 + 1_000 * int(station[1:]),
        each_ms=15_000,
        refusals=lambda parcel: {robot: 'not_now' for one, robot in names if one == parcel},
        rates=rates
        or Rates(
            once=rng.choice((0, 60_000)),
            opening=rng.choice((0, 50_000)),
            busy=rng.choice((0, 3)),
            grows=rng.choice((0, 30 * MINUTE)),
        ),
    )


def after(problem: Problem, solution: Solution, seed: int) -> Problem:
    """Return the problem a little later: some stops passed, fixed or with nothing planned yet."""
    rng = Random(seed)
    boxes = {placed.parcel: placed.box for placed in solution.placed}
    robots, gone = [], set[DeliveryId]()
    for vehicle, route in zip(problem.vehicles, solution.routes, strict=True):
        holds = dict(vehicle.holds)
        holds |= {v.parcel: boxes[v.parcel] for v in route.stops if v.parcel in boxes}
        passed = rng.randrange(len(route.stops) + 1) if route.stops else 0
        over = {v.parcel for v in route.stops[:passed] if not v.pick_up}
        stops, gone = route.stops[passed:], gone | over
        parcels = {parcel.id: parcel for parcel in problem.parcels}
        soiled = any(parcels[v.parcel].dirty for v in route.stops[:passed])
        inside = {v.parcel for v in route.stops[:passed]} - over
        alone = any(parcels[p].direct for p in inside)
        if inside and not alone and rng.random() < 0.2:  # its recipient is another one now
            lost = sorted(inside)[0]
            stops = tuple(visit for visit in stops if visit.parcel != lost)
        at = None
        if passed:
            last = route.stops[passed - 1]
            at = parcels[last.parcel].sender if last.pick_up else parcels[last.parcel].recipient
        robots.append(
            replace(
                vehicle,
                stops=stops,
                fixed=0 if stops != route.stops[passed:] else rng.randrange(len(stops[:2]) + 1),
                holds={p: box for p, box in holds.items() if p not in over},
                soiled=vehicle.soiled or soiled,
                at=at if at is not None else vehicle.at,
                drive_ms=int(FOREVER),
                reach=_from(problem.travel, vehicle, at),
            )
        )
    left = tuple(parcel for parcel in problem.parcels if parcel.id not in gone)
    begin = 1 + max((int(parcel.id[1:]) for parcel in problem.parcels), default=0)
    fresh = tuple(parcel_of(begin + n, problem.travel, rng) for n in range(rng.randrange(4)))
    return replace(problem, vehicles=tuple(robots), parcels=left + fresh)


def _from(travel: Travel, vehicle: Vehicle, at: StationId | None):  # type: ignore[no-untyped-def]
    if at is None:
        return vehicle.reach
    return lambda station: travel.between(vehicle.kind, at, station)


def visits(*names: str) -> tuple[Visit, ...]:
    """Return stops from `+d1` for a pick-up and `-d1` for a hand-over."""
    return tuple(Visit(DeliveryId(name[1:]), name[0] == '+') for name in names)
