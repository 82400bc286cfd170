"""Requests as a hospital makes them: any goods a station sends, to any that takes them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from fleet_manager.adapters.sim.world import STEP_MS
from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital

if TYPE_CHECKING:
    from fleet_manager.adapters.sim.simulation import Simulation


class Demand:
    """`count` deliveries, one each `every_ms` on average."""

    def __init__(self, sim: Simulation, rng: Random, *, count: int, every_ms: int) -> None:
        self.left = count
        self._sim, self._rng, self._every_ms = sim, rng, every_ms
        self._choices = possible(sim.world.hospital)

    def step(self) -> None:
        """Ask for a delivery, when it is time for one."""
        if self.left and self._rng.random() < STEP_MS / self._every_ms:
            self.left -= 1
            goods, sender, recipient = self._rng.choice(self._choices)
            self._sim.request(goods, sender=sender, recipient=recipient)


def possible(hospital: Hospital) -> tuple[tuple[str, StationId, StationId], ...]:
    """Return every (goods, sender, recipient) that can be asked for, in the order of the files."""
    return tuple(
        (goods, sender.id, recipient.id)
        for sender in hospital.stations.values()
        for recipient in hospital.stations.values()
        for goods in sender.sends
        if goods in GOODS and sender is not recipient and goods in recipient.takes
    )
