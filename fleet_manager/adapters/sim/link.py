"""The network between manager and devices: it may lose, repeat, delay and reorder."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from random import Random
from typing import Generic, TypeVar

from fleet_manager.domain.units import Instant

T = TypeVar('T')


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad the network is. Shares are 0..1; a delay up to `delay_ms` reorders what is sent."""

    loss: float = 0.0
    duplicates: float = 0.0
    delay_ms: int = 0


CLEAR = Weather()


class Link(Generic[T]):
    """One direction. What is sent arrives never, once or twice, at once or later."""

    def __init__(self, rng: Random, weather: Weather = CLEAR) -> None:
        self.weather = weather
        self._rng = rng
        self._heap: list[tuple[int, int, T]] = []
        self._sent = 0

    def send(self, now: Instant, item: T) -> None:
        """Send; see what comes out of `receive`."""
        weather, rng = self.weather, self._rng
        if weather.loss and rng.random() < weather.loss:
            return
        copies = 2 if weather.duplicates and rng.random() < weather.duplicates else 1
        for _ in range(copies):
            self._sent += 1
            due = now + (rng.randint(0, weather.delay_ms) if weather.delay_ms else 0)
            heapq.heappush(self._heap, (due, self._sent, item))

    def receive(self, now: Instant) -> list[T]:
        """Return what has arrived by now, in the order of arrival."""
        items = []
        while self._heap and self._heap[0][0] <= now:
            items.append(heapq.heappop(self._heap)[2])
        return items

    def cut(self) -> None:
        """Lose what is under way: the process at the other end is gone."""
        self._heap.clear()
