"""Parcels into runs: what the solver reaches in how long, beside Google's OR-Tools.

60 parcels of three urgencies and 20 robots with two compartments each, all known at once, in the
reference hospital: stations and robots' places are drawn with a seed, ways are the shortest times
on its map with lifts. The cost of a plan, the same for everybody and reckoned by one function, is
the sum over parcels of weight (8, 4, 2) times (time until arrival + 40 × time after it is due),
plus the time all robots drive. STAT is due after 15 min, urgent after 30, routine after 60. A stop
takes 60 s.

- greedy: the most urgent parcel first, onto the end of the run of the robot that is soonest there.
- regret-2 and neighbourhoods: `solve`, compiled, and as many rounds as fit into the seconds.
- OR-Tools: its routing model of pick-up and delivery with the very same cost (one time dimension
  for the driving and the due times, and one more for the time until arrival) on matrices, and
  guided local search for the seconds; the better of two first plans, local cheapest cost insertion
  and parallel cheapest insertion. Of six, these were best. Left out where it is not installed.

A burst of 30 requests for 20 idle robots of the hospital, and one more request for 20 robots with
12 stops each, are timed as the kernel asks for them: from problem to solution, in CPU time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random
from typing import Any, Final

from benchmarks.figure import Figure, spread
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.dispatch.solver import (
    Box,
    Parcel,
    Problem,
    Rates,
    Solution,
    Travel,
    Vehicle,
    Visit,
    compiled,
    solve,
)
from fleet_manager.domain.ids import CompartmentId, DeliveryId, RobotId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.traffic.steps import StepGraph
from fleet_manager.domain.units import MINUTE, SECOND, Instant
from fleet_manager.entry.settings import SHIPPED_MAPS

ROBOTS: Final = 20
PARCELS: Final = 60
BURST: Final = 30
#: Weight and promise of the three urgencies.
URGENCIES: Final = ((8, 15 * MINUTE), (4, 30 * MINUTE), (2, 60 * MINUTE))
#: One cost for everybody, without what only a running hospital needs.
RATES: Final = Rates(time=1, soft=0, late=40, grows=0, drive=1, turn=0, move=0, crowd=0)
STOP_MS: Final = 60 * SECOND
#: What a plan may get worse by while it is improved for seconds; found by trying.
HEAT: Final = 1_000_000
#: OR-Tools' numbers of local cheapest cost insertion, and of parallel cheapest insertion.
FIRST_PLANS: Final = (16, 8)
KIND: Final = 'standard'

Runs = Sequence[Sequence[Visit]]


def run(quick: bool) -> list[Figure]:
    hospital = load_hospital(SHIPPED_MAPS / 'general_hospital')
    travel = _travel(hospital)
    compiled()
    seconds = (1,) if quick else (1, 5, 15)
    seeds = range(1, 2 if quick else 4)
    problems = [instance(hospital, travel, seed) for seed in seeds]
    ours: dict[str, float] = {
        'greedy': _mean([_cost(p, _greedy(p)) for p in problems]),
        'regret-2': _mean([_solve(p).cost for p in problems]),
    }
    for budget in seconds:
        ours[f'+ LNS {budget} s'] = _mean([_improved(p, budget) for p in problems])
    figures = [_figure('ours', 'Ours', '本系统', ours, len(problems))]
    routing = _routing()
    if routing is None:
        print('OR-Tools is not installed: pip install "hospital-fleet[bench]". Left out.')
    else:
        theirs = {
            f'{budget} s': _mean([_best(routing, p, budget) for p in problems])
            for budget in seconds
        }
        figures.append(_figure('or_tools', 'OR-Tools', 'OR-Tools', theirs, len(problems)))
    return [*figures, *_timed(hospital, travel, 10 if quick else 60)]


def _figure(key: str, en: str, zh: str, costs: dict[str, float], count: int) -> Figure:
    return Figure(
        f'runs.{key}',
        f'60 parcels, 20 robots of capacity 2: cost in weighted hours. {en}',
        f'60 件、20 台双舱机器人：加权小时成本。{zh}',
        '',
        costs,
        count,
    )


def _mean(costs: Sequence[int]) -> float:
    return sum(costs) / len(costs) / 3_600_000


# --- problems -------------------------------------------------------------------------------


def instance(hospital: Hospital, travel: Travel, seed: int) -> Problem:
    """Return the reference problem: 60 parcels for 20 robots with two compartments."""
    rng = Random(seed)
    return _problem(hospital, travel, rng, PARCELS, boxes=2)


def _problem(
    hospital: Hospital, travel: Travel, rng: Random, parcels: int, *, boxes: int
) -> Problem:
    names = [StationId(f'd{n:03d}') for n in range(parcels)]
    starts = rng.sample(travel.stations, ROBOTS)
    return Problem(
        now=Instant(0),
        vehicles=tuple(_vehicle(n, start, travel, boxes) for n, start in enumerate(starts)),
        parcels=tuple(_parcel(DeliveryId(name), travel, rng) for name in names),
        travel=travel,
        visit_ms=lambda _: 0,
        each_ms=STOP_MS,
        rates=RATES,
    )


def _vehicle(number: int, start: StationId, travel: Travel, boxes: int) -> Vehicle:
    return Vehicle(
        id=RobotId(f'r{number:02d}'),
        kind=KIND,
        free_at=Instant(0),
        reach=lambda station: travel.between(KIND, start, station),
        boxes=tuple(Box(CompartmentId(f'c{n}'), 'standard', 20) for n in range(boxes)),
    )


def _parcel(name: DeliveryId, travel: Travel, rng: Random) -> Parcel:
    sender, recipient = rng.sample(travel.stations, 2)
    weight, within = rng.choice(URGENCIES)
    return Parcel(
        id=name,
        sender=sender,
        recipient=recipient,
        ready=Instant(0),
        due=Instant(within),
        weight=weight,
        kinds=frozenset({'standard'}),
        litres=10,
    )


def _travel(hospital: Hospital) -> Travel:
    """Shortest ways between the stations that robots of the standard type reach."""
    graph, stations = StepGraph.of(hospital).of_type(KIND), hospital.stations

    def way(_: str, start: StationId, goal: StationId) -> int | None:
        return graph.times_to(stations[goal].node).get(stations[start].node)

    home = next(iter(stations))
    there = [s for s in stations if s == home or None not in (way('', s, home), way('', home, s))]
    travel = Travel(there, (KIND,), way)
    travel.among((KIND,), there)  # all of them, so that nothing that is timed computes ways
    return travel


# --- plans ----------------------------------------------------------------------------------


def _solve(problem: Problem, rounds: int = 0) -> Solution:
    return solve(problem, rounds=rounds, interpreted=False)


def _improved(problem: Problem, seconds: int) -> int:
    """Return the cost after as many rounds as fit into the seconds, of a trial of them."""
    heated = replace(problem, rates=replace(RATES, heat=HEAT))
    begun, trial = time.perf_counter(), 2_000
    _solve(heated, trial)
    rounds = int(trial * seconds / (time.perf_counter() - begun))
    return _solve(heated, rounds).cost


def _cost(problem: Problem, runs: Runs) -> int:
    """Return what runs cost: those of a solution that is given and has nothing to do."""
    vehicles = tuple(
        replace(vehicle, stops=tuple(stops), holds=_holds(stops))
        for vehicle, stops in zip(problem.vehicles, runs, strict=True)
    )
    most = max(len(stops) for stops in runs)
    return _solve(replace(problem, vehicles=vehicles, most_stops=most)).cost


def _holds(stops: Sequence[Visit]) -> dict[DeliveryId, CompartmentId]:
    """Return a compartment for each parcel of a run: the first that is empty at its pick-up."""
    empty, found = ['c9', *(f'c{n}' for n in range(7, -1, -1))], dict[DeliveryId, CompartmentId]()
    for visit in stops:
        if visit.pick_up:
            found[visit.parcel] = CompartmentId(empty.pop())
        else:
            empty.append(found[visit.parcel])
    return found


def _greedy(problem: Problem) -> list[list[Visit]]:
    """Most urgent first, onto the end of the run of the robot that brings it soonest."""
    runs = {vehicle.id: list[Visit]() for vehicle in problem.vehicles}
    ends: dict[RobotId, tuple[int, StationId | None]] = {
        vehicle.id: (0, None) for vehicle in problem.vehicles
    }
    for parcel in sorted(problem.parcels, key=lambda p: (-p.weight, p.id)):
        offers = []
        for vehicle in problem.vehicles:
            at, place = ends[vehicle.id]
            way = _way(problem, vehicle, place, parcel.sender)
            there = at + way + STOP_MS + _way(problem, vehicle, parcel.sender, parcel.recipient)
            offers.append((there, vehicle.id))
        there, robot = min(offers)
        ends[robot] = there + STOP_MS, parcel.recipient
        runs[robot] += [Visit(parcel.id, True), Visit(parcel.id, False)]
    return list(runs.values())


def _way(problem: Problem, vehicle: Vehicle, start: StationId | None, goal: StationId) -> int:
    way = vehicle.reach(goal) if start is None else problem.travel.between(KIND, start, goal)
    if way is None:
        raise LookupError(f'no way from {start} to {goal}')
    return way


def _routing() -> Any:
    try:
        from ortools.constraint_solver import (  # type: ignore[import-not-found, unused-ignore]
            pywrapcp,
        )
    except ImportError:
        return None
    return pywrapcp


def _best(routing: Any, problem: Problem, seconds: int) -> int:
    """Return the cost of the better plan of two searches of so many seconds each."""
    plans = [_or_tools(routing, problem, seconds, first) for first in FIRST_PLANS]
    return min(_cost(problem, plan) for plan in plans if plan)


def _or_tools(
    routing: Any, problem: Problem, seconds: int, first_plan: int
) -> list[list[Visit]] | None:
    """Return the runs that OR-Tools finds, if any; node 0 is where every run may end."""
    parcels, robots = problem.parcels, problem.vehicles
    stops = [Visit(p.id, pick_up) for p in parcels for pick_up in (True, False)]
    place = [station for p in parcels for station in (p.sender, p.recipient)]
    first = 1 + len(stops)
    manager = routing.RoutingIndexManager(
        first + len(robots),
        len(robots),
        list(range(first, first + len(robots))),
        [0] * len(robots),
    )
    model = routing.RoutingModel(manager)

    def drive(start: int, goal: int) -> int:
        if goal == 0 or goal >= first or start == goal or start == 0:
            return 0
        if start >= first:
            return _way(problem, robots[start - first], None, place[goal - 1])
        return _way(problem, robots[0], place[start - 1], place[goal - 1])

    nodes = range(first + len(robots))
    driven = [[drive(start, goal) for goal in nodes] for start in nodes]
    spent = [
        [way + (STOP_MS if 0 < node < first else 0) for way in driven[node]] for node in nodes
    ]

    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitMatrix(driven))
    horizon = 24 * 60 * MINUTE
    spend, times = model.RegisterTransitMatrix(spent), []
    for name in ('until_due', 'until_arrival'):
        model.AddDimension(spend, 0, horizon, True, name)
        times.append(model.GetDimensionOrDie(name))
    loads = model.RegisterUnaryTransitVector([0, *[1, -1] * len(parcels), *[0] * len(robots)])
    model.AddDimension(loads, 0, len(robots[0].boxes), True, 'load')
    solver = model.solver()
    for n, parcel in enumerate(parcels):
        pick, hand = (manager.NodeToIndex(node) for node in (2 * n + 1, 2 * n + 2))
        model.AddPickupAndDelivery(pick, hand)
        solver.Add(model.VehicleVar(pick) == model.VehicleVar(hand))
        solver.Add(times[0].CumulVar(pick) <= times[0].CumulVar(hand))
        times[0].SetCumulVarSoftUpperBound(hand, int(parcel.due), parcel.weight * RATES.late)
        times[1].SetCumulVarSoftUpperBound(hand, 0, parcel.weight * RATES.time)
    chosen = routing.DefaultRoutingSearchParameters()
    chosen.first_solution_strategy = first_plan
    chosen.local_search_metaheuristic = 2  # GUIDED_LOCAL_SEARCH
    chosen.time_limit.FromMilliseconds(1_000 * seconds)
    found = model.SolveWithParameters(chosen)
    if found is None:
        return None
    runs = []
    for robot in range(len(robots)):
        index, run = model.Start(robot), list[Visit]()
        while not model.IsEnd(index):
            node = manager.IndexToNode(index)
            run += [stops[node - 1]] if node < first else []
            index = found.Value(model.NextVar(index))
        runs.append(run)
    return runs


# --- how long it takes ----------------------------------------------------------------------


def _timed(hospital: Hospital, travel: Travel, times: int) -> list[Figure]:
    bursts = [_problem(hospital, travel, Random(n), BURST, boxes=8) for n in range(times)]
    busy = [_busy(hospital, travel, Random(n)) for n in range(times)]
    return [
        _figure_of('burst', 'Burst of 30 requests into runs of 20 idle robots', bursts),
        _figure_of('one', 'One more request into 20 runs of 12 stops', busy),
    ]


def _figure_of(key: str, en: str, problems: Sequence[Problem]) -> Figure:
    zh = {
        'burst': '30 个请求同时到达，编入 20 台空闲机器人的行程',
        'one': '再编入 1 个请求：20 台机器人各有 12 个停靠点',
    }
    values = spread([_cpu(lambda p=p: _solve(p)) for p in problems], factor=1e3)  # type: ignore[misc]
    plain = spread([_cpu(lambda p=p: solve(p)) for p in problems[:10]], factor=1e3)  # type: ignore[misc]
    values['uncompiled'] = plain['p50']
    return Figure(f'runs.{key}', en, zh[key], 'ms', values, len(problems))


def _cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _busy(hospital: Hospital, travel: Travel, rng: Random) -> Problem:
    """Return robots with six parcels each and one more to come."""
    problem = _problem(hospital, travel, rng, 6 * ROBOTS + 1, boxes=8)
    *known, new = problem.parcels
    vehicles = []
    for number, vehicle in enumerate(problem.vehicles):
        own = tuple(known[6 * number : 6 * number + 6])
        alone = replace(problem, vehicles=(vehicle,), parcels=own)
        (route,) = _solve(alone).routes
        vehicles.append(replace(vehicle, stops=route.stops, holds=_holds(route.stops)))
    return replace(problem, vehicles=tuple(vehicles), parcels=(*known, new))
