"""How cheap a plan can be at most: what no plan of an instance costs less than."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

import numpy as np

from fleet_manager.domain.traffic.planner.compiling import compiled
from fleet_manager.domain.traffic.planner.distances import fill_distances
from fleet_manager.domain.traffic.planner.dual import Floats, Ints
from fleet_manager.domain.traffic.planner.kernel import CAR, TARGET, TIME
from fleet_manager.domain.traffic.planner.model import Instance, Task
from fleet_manager.domain.traffic.planner.network import Network
from fleet_manager.domain.traffic.planner.tasks import refused

#: Prices of a car, each for as long. Twice as many of both gain 1 % in four times the time.
_BUCKETS: Final = 100
_ROUNDS: Final = 200


def lower_bound(
    network: Network, instance: Instance, *, functions: SimpleNamespace | None = None
) -> int:
    """Return ms that no plan of the instance costs less than; tasks without a way count 0.

    Proof. On an empty floor a robot needs its shortest time, with cars waiting for it. If its
    goal is on another floor it takes a first ride, from its own floor: of car k, from r on when it
    can be in the waiting cell, for p, and then needs q at least to its goal. Rides of a car are
    disjoint, so with prices c(k, t) >= 0 for its time the rent of all rides is at most that of all
    the time there is. For any plan therefore

        cost >= cost + rent of its first rides - rent of all time
             >= sum over robots of min over k, s >= r of (s + p + q + rent of [s, s + p))
                - rent of all time - sum of start_at,

    which is what `dual` computes, whatever the prices are; those are chosen to make it large (the
    Lagrangian dual of a schedule on parallel machines with release times, indexed by time as in
    Dyer and Wolsey, 1990). With all prices 0 it is the sum of the shortest ways; no queue on the
    same cars in order of processing time can do better than it. Empty travel of cars and whatever
    happens in corridors is left out, so the bound is not reached.
    """
    from fleet_manager.domain.traffic.planner.tables import Tables

    run = functions or compiled()
    unsolved = refused(network, instance)
    tasks = [task for task in instance.tasks if task.robot not in unsolved]
    fill_distances(network, tasks, run, Tables(network.net, 1))
    total, options = 0, []
    for task in tasks:
        way = _shortest(network, task)
        if way < 0:
            continue
        rides = _first_rides(network, task)
        if rides:
            options.append(rides)
            total -= task.start_at
        else:
            total += way
    if not options:
        return total
    return total + _rented(network, options, run)


def _shortest(network: Network, task: Task) -> int:
    return int(_far(network, task)[network.number[task.start]])


def _far(network: Network, task: Task) -> Ints:
    kind = network.kind_of(task.robot, task.robot_type)
    return network.far[network.number[task.goal], kind]


def _first_rides(network: Network, task: Task) -> list[tuple[int, int, int, int]]:
    """Return (car, from when, how long, the rest) of each first ride, if one is needed."""
    net, far = network.net, _far(network, task)
    start = network.number[task.start]
    floor = net.floor[start]
    if floor == net.floor[network.number[task.goal]]:
        return []
    found = []
    for lobby in range(net.lobby_first[floor], net.lobby_first[floor + 1]):
        ready = task.start_at + int(net.walk[lobby, net.local[start]])
        wait = net.lobby[lobby]
        for step in range(net.first[wait], net.first[wait + 1]):
            rest = int(far[net.step[step, TARGET]])
            if net.step[step, CAR] >= 0 and rest >= 0:
                found.append((int(net.step[step, CAR]), ready, int(net.step[step, TIME]), rest))
    return sorted(found, key=lambda ride: (sum(ride[1:]), ride))


def _rented(
    network: Network, options: list[list[tuple[int, int, int, int]]], run: SimpleNamespace
) -> int:
    cars = len(network.net.door)
    busy = sum(rides[0][2] for rides in options) / cars
    horizon = 1.3 * busy + max(rides[0][1] for rides in options)
    width = max(1, int(horizon / _BUCKETS))
    # As if all were in line at once: each ms of a car costs a ms of all that wait for it.
    middles = (np.arange(_BUCKETS) + 0.5) * width
    falling = np.maximum(0.0, 1 - middles / max(1.0, 1.1 * busy))
    price: Floats = np.tile(falling * len(options) / cars, (cars, 1))
    first = np.concatenate([[0], np.cumsum([len(rides) for rides in options])]).astype(np.int64)
    rows = np.array([ride for rides in options for ride in rides], dtype=np.int64)
    paid, over = np.zeros((cars, _BUCKETS + 1)), np.zeros((cars, _BUCKETS))
    choice = np.zeros(2, np.int64)
    shortest = sum(sum(rides[0][1:]) for rides in options)
    best = run.best_rent(rows, first, price, paid, width, choice, over, _ROUNDS)
    # What rounding may have added.
    return max(shortest, int(best - 1 - 1e-9 * abs(best)))
