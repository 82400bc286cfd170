"""The network between manager and devices: it may lose, repeat, delay, reorder, and be cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final, Generic, TypeVar

from fleet_manager.adapters.sim.day.heap import Heap
from fleet_manager.application.days.scenario import Network
from fleet_manager.domain.units import SECOND

T = TypeVar('T')


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often what did not change is said again, in ms; well within what counts as silence.

    Robots and building speak at changes; what is on its way to a device is repeated after
    `repeat`, a request a lift has not taken up after `ask`.
    """

    robots: int
    building: int
    repeat: int
    ask: int = SECOND


#: Nothing gets lost: silence begins after 10 s, a robot's lease is 15 s.
CALM: Final = Rhythm(robots=9 * SECOND, building=9 * SECOND, repeat=7 * SECOND)
#: Three in a row may get lost.
ROUGH: Final = Rhythm(robots=3 * SECOND, building=2 * SECOND, repeat=3 * SECOND)


def rhythm(network: Network) -> Rhythm:
    """Return how often devices and manager repeat themselves on such a network."""
    return ROUGH if network.loss or network.delay_ms > SECOND else CALM


class Link(Generic[T]):
    """One direction. What is sent arrives never, once or twice, at once or later.

    `cut` names devices that are off the network; with `all_cut` every one of them is. What floods
    the network makes everything late by up to `flood_ms` and loses a share of `flood_loss`.
    `lost` hears what was lost.
    """

    def __init__(
        self,
        heap: Heap,
        rng: Random,
        network: Network,
        deliver: Callable[[str, T], None],
        lost: Callable[[T], None] = lambda item: None,
    ) -> None:
        self.cut: set[str] = set()
        self.all_cut = False
        self.flood_ms = 0
        self.flood_loss = 0.0
        self._heap, self._rng, self._network, self._deliver = heap, rng, network, deliver
        self._lost = lost

    def send(self, device: str, item: T) -> None:
        """Send to or from `device`."""
        loss = max(self._network.loss, self.flood_loss)
        if self.all_cut or device in self.cut or (loss and self._rng.random() < loss):
            self._lost(item)
            return
        self._carry(device, item)
        duplicates = self._network.duplicates
        if duplicates and self._rng.random() < duplicates:
            self._carry(device, item)

    def _carry(self, device: str, item: T) -> None:
        longest = self._network.delay_ms + self.flood_ms
        delay = self._rng.randint(0, longest) if longest else 0

        def arrive() -> None:
            if self.all_cut or device in self.cut:
                self._lost(item)
            else:
                self._deliver(device, item)

        self._heap.after(delay, arrive)
