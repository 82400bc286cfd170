"""The room a planner works in, which grows when something does not fit."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np

from fleet_manager.domain.traffic.planner import kernel
from fleet_manager.domain.traffic.planner.kernel import Book, Desk, Ints, Net, Ways

#: Rows of a table, hops of a robot, states of a search and claims of a robot, to begin with.
ROWS: Final = 16
HOPS: Final = 128
STATES: Final = 4_096
CLAIMS: Final = 512
#: States of a search after which a robot has no way: 64 MB of them.
MAX_STATES: Final = 1 << 19

_Arrays = TypeVar('_Arrays', Book, Desk, Ways)


class Tables:
    """Tables for some robots; `grow` makes what a code names larger and keeps what is in it."""

    def __init__(self, net: Net, robots: int) -> None:
        tables = len(net.near_first) - 1 + len(net.limit)
        self._sizes = (len(net.first) - 1, tables, len(net.limit), len(net.door), robots)
        self.book = self._book(ROWS, ROWS)
        self.desk = self._desk(STATES, CLAIMS)
        self.ways = self._ways(HOPS, robots)
        self.kept = self._ways(HOPS, kernel.MOST)
        self.was = np.zeros(kernel.MOST, np.int64)

    def clear(self) -> None:
        """Empty the tables; no robot has a plan."""
        for array in (self.book.used, self.book.full_count, self.book.ride_count):
            array[:] = 0
        self.ways.hops[:] = -1

    def grow(self, code: int) -> None:
        """Double what was too small for a call that returned `code`; others change nothing.

        Raises MemoryError for a search that needs more than `MAX_STATES`.
        """
        rows, cars = self.book.rows.shape[1], self.book.rides.shape[1]
        states, claims = len(self.desk.state), len(self.desk.claim)
        hops = self.ways.hop.shape[1]
        if code == kernel.FULL_ROWS:
            self.book = _refill(self.book, self._book(2 * rows, cars))
        elif code == kernel.FULL_CARS:
            self.book = _refill(self.book, self._book(rows, 2 * cars))
        elif code == kernel.FULL_STATES:
            if states >= MAX_STATES:
                raise MemoryError(f'a search of {states} states')
            self.desk = _refill(self.desk, self._desk(2 * states, claims))
        elif code == kernel.FULL_CLAIMS:
            self.desk = _refill(self.desk, self._desk(states, 2 * claims))
        elif code == kernel.FULL_HOPS:
            robots = len(self.ways.hops)
            self.ways = _refill(self.ways, self._ways(2 * hops, robots))
            self.kept = _refill(self.kept, self._ways(2 * hops, kernel.MOST))

    def _book(self, rows: int, rides: int) -> Book:
        _, tables, zones, cars, _ = self._sizes
        return Book(
            _zeros(tables, rows, 4),
            _zeros(tables),
            _zeros(zones, rows, 2),
            _zeros(zones),
            _zeros(cars, rides, 6),
            _zeros(cars),
        )

    def _desk(self, states: int, claims: int) -> Desk:
        nodes, _, _, _, robots = self._sizes
        return Desk(
            spot=_zeros(nodes, 2),
            state=_zeros(states, 10),
            # Each state may be reached anew, earlier, before it is done.
            heap=_zeros(4 * states, 3),
            claim=_zeros(claims, 3),
            size=_zeros(kernel.SIZES),
            chosen=_zeros(kernel.MOST),
            picked=_zeros(robots),
            luck=np.ones(1, np.int64),
            weight=np.full(kernel.KINDS, 1_000, np.int64),
        )

    @staticmethod
    def _ways(hops: int, robots: int) -> Ways:
        ways = Ways(_zeros(robots), _zeros(robots, hops, 4))
        ways.hops[:] = -1
        return ways


def _zeros(*shape: int) -> Ints:
    return np.zeros(shape, np.int64)


def _refill(small: _Arrays, large: _Arrays) -> _Arrays:
    """Put arrays into larger ones, at the front."""
    for old, new in zip(small, large, strict=True):
        new[tuple(slice(size) for size in old.shape)] = old
    return large
