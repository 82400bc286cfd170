"""The custody of every parcel of a run, as the journal tells it: never a gap."""

from __future__ import annotations

from fleet_manager.domain.deliveries.custody import CustodyReader, gaps
from fleet_manager.domain.ids import DeliveryId
from fleet_manager.domain.messages import DeliveryRequested, Event, OpeningAuthorised
from fleet_manager.domain.units import Instant


class Chains:
    """Reads the custody of all deliveries at once, an event at a time."""

    def __init__(self) -> None:
        self._readers: dict[DeliveryId, CustodyReader] = {}

    def note(self, at: Instant, event: Event) -> None:
        """Take in an event of the journal."""
        if isinstance(event, DeliveryRequested):
            self._readers[event.delivery] = CustodyReader(event, at)
            return
        names: tuple[DeliveryId | None, ...] = (getattr(event, 'delivery', None),)
        if isinstance(event, OpeningAuthorised):
            names = (event.delivery, *event.also)
        for name in names:
            reader = self._readers.get(name) if name is not None else None
            if reader is not None:
                reader.note(at, event)

    def gaps(self) -> list[str]:
        """Return what is wrong with any of them, as sentences."""
        return [one for reader in self._readers.values() for one in gaps(reader.record())]
