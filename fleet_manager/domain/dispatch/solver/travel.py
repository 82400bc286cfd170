"""How long robots drive between stations, asked once and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from fleet_manager.domain.dispatch.solver.kernel import NO_WAY, Ints
from fleet_manager.domain.ids import StationId


class Travel:
    """Times in ms between stations by kind of robots. Keep it as long as the times hold.

    `time(kind, start, goal)` is asked once for each pair that is needed: the time that is
    expected, waits for lifts included; None when there is no way.
    """

    def __init__(
        self,
        stations: Sequence[StationId],
        kinds: Sequence[str],
        time: Callable[[str, StationId, StationId], int | None],
    ) -> None:
        self.stations: Final = tuple(stations)
        self.kinds: Final = tuple(kinds)
        self._place = {station: index for index, station in enumerate(stations)}
        self._kind = {kind: index for index, kind in enumerate(kinds)}
        self._ms: Ints = np.full((len(kinds), len(stations), len(stations)), -1, np.int64)
        self._time = time

    def among(self, kinds: Sequence[str], stations: Sequence[StationId]) -> Ints:
        """Return the times for kinds of robots between stations, as one flat array."""
        places = np.array([self._place[station] for station in stations], np.int64)
        rows = np.array([self._kind[kind] for kind in kinds], np.int64)
        found = self._ms[np.ix_(rows, places, places)]
        for kind, start, goal in np.argwhere(found < 0).tolist():
            self.between(kinds[kind], stations[start], stations[goal])
        if (found < 0).any():
            found = self._ms[np.ix_(rows, places, places)]
        return found.reshape(-1)

    def between(self, kind: str, start: StationId, goal: StationId) -> int | None:
        """Return the ms from `start` to `goal`, None when there is no way."""
        key = self._kind[kind], self._place[start], self._place[goal]
        if self._ms[key] < 0:
            found = 0 if goal == start else self._time(kind, start, goal)
            self._ms[key] = NO_WAY if found is None else min(found, NO_WAY)
        return None if self._ms[key] >= NO_WAY else int(self._ms[key])
