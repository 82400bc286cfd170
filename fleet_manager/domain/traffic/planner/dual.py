"""The loops of the lower bound, over flat arrays; compiled like `kernel`, and on its own.

A car is rented: in each of B buckets of `width` ms one ms of car k costs `price`[k, b] ms. `paid`
(K, B + 1) is what all of a car costs until the start of each bucket; after the last it is free.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

#: Columns of the options of a robot: the car, when one can be there, how long the ride takes, and
#: how long the way after it.
WHICH, READY, TAKES, REST = range(4)


def paid_until(price: Floats, paid: Floats, width: int, car: int, time: int) -> float:
    """Return what a car costs from 0 to `time`."""
    buckets = price.shape[1]
    bucket = time // width
    if bucket >= buckets:
        return paid[car, buckets]
    return paid[car, bucket] + (time - bucket * width) * price[car, bucket]


def add_up(price: Floats, paid: Floats, width: int) -> float:
    """Fill `paid`; return what all cars cost together."""
    total = 0.0
    for car in range(price.shape[0]):
        paid[car, 0] = 0.0
        for bucket in range(price.shape[1]):
            paid[car, bucket + 1] = paid[car, bucket] + width * price[car, bucket]
        total += paid[car, price.shape[1]]
    return total


def cheapest(
    options: Ints, first: int, last: int, price: Floats, paid: Floats, width: int, choice: Ints
) -> float:
    """Return the least arrival plus rent of a robot, and note its option and start in `choice`.

    The rent changes its slope only where the ride starts or ends with a bucket, so the least is
    there, or as soon as the robot is ready. Options are in order of the arrival without rent.
    """
    best = np.inf
    for option in range(first, last):
        car, ready = options[option, WHICH], options[option, READY]
        takes, rest = options[option, TAKES], options[option, REST]
        if ready + takes + rest >= best:
            break
        start, by_start = ready, (ready // width + 1) * width
        by_end = ((ready + takes) // width + 1) * width - takes
        while start + takes + rest < best:
            rent = paid_until(price, paid, width, car, start + takes)
            rent -= paid_until(price, paid, width, car, start)
            if start + takes + rest + rent < best:
                best = start + takes + rest + rent
                choice[0], choice[1] = option, start
            if start // width >= price.shape[1]:
                break
            start = min(by_start, by_end)
            if start == by_start:
                by_start += width
            if start == by_end:
                by_end += width
    return best


def rented(
    options: Ints,
    first: Ints,
    price: Floats,
    paid: Floats,
    width: int,
    choice: Ints,
    over: Floats,
) -> float:
    """Return the bound these prices give; `over` is how many ms more are rented than there are."""
    total = -add_up(price, paid, width)
    over[:, :] = -width
    buckets = price.shape[1]
    for robot in range(first.shape[0] - 1):
        total += cheapest(options, first[robot], first[robot + 1], price, paid, width, choice)
        car, start = options[choice[0], WHICH], choice[1]
        end = start + options[choice[0], TAKES]
        for bucket in range(start // width, min(buckets, (end - 1) // width + 1)):
            over[car, bucket] += min(end, (bucket + 1) * width) - max(start, bucket * width)
    return total


def best_rent(
    options: Ints,
    first: Ints,
    price: Floats,
    paid: Floats,
    width: int,
    choice: Ints,
    over: Floats,
    rounds: int,
) -> float:
    """Return the best bound of so many rounds of the subgradient method, from `price` on.

    After Held, Wolfe and Crowder, "Validation of subgradient optimization" (1974), towards a goal
    a little above the best so far that comes closer when nothing is gained.
    """
    best, ahead, idle = -np.inf, 0.05, 0
    for _ in range(rounds):
        value = rented(options, first, price, paid, width, choice, over)
        idle += 1
        if value > best:
            if value > best + 0.0005 * abs(value):
                idle = 0
            best = value
        if idle >= 8:
            ahead, idle = ahead / 2, 0
        norm = 0.0
        for car in range(price.shape[0]):
            for bucket in range(price.shape[1]):
                if price[car, bucket] > 0.0 or over[car, bucket] > 0.0:
                    norm += over[car, bucket] ** 2
        if norm == 0.0:
            break
        step = (best * (1.0 + ahead) - value) / norm
        for car in range(price.shape[0]):
            for bucket in range(price.shape[1]):
                price[car, bucket] = max(0.0, price[car, bucket] + step * over[car, bucket])
    return best
