"""What people do at an open compartment, and where each parcel really is."""

from __future__ import annotations

from dataclasses import dataclass, field

from fleet_manager.domain.ids import CompartmentId, DeliveryId, RobotId
from fleet_manager.domain.messages import OpeningAuthorised, Purpose

#: A place a parcel can be: with people at one end, or in a compartment.
Place = str
AT_SENDER: Place = 'sender'
AT_RECIPIENT: Place = 'recipient'


def inside(robot: RobotId, compartment: CompartmentId) -> Place:
    """Return the place in a robot's compartment."""
    return f'{robot}/{compartment}'


@dataclass(slots=True)
class Hands:
    """The parcels of the hospital. A person at an opened compartment moves all it is for.

    `idle`: the next opening for these is for nothing. `turned`: these go back to their senders.
    """

    places: dict[DeliveryId, Place] = field(default_factory=dict)
    idle: set[DeliveryId] = field(default_factory=set)
    turned: set[DeliveryId] = field(default_factory=set)
    _openings: dict[tuple[RobotId, int], OpeningAuthorised] = field(default_factory=dict)

    def note(self, opening: OpeningAuthorised) -> None:
        """Remember who stands there for what."""
        self._openings[opening.robot, opening.grant] = opening

    def move(self, robot: RobotId, compartment: CompartmentId, grant: int) -> bool:
        """Put the parcels in or take them out; return whether any is inside afterwards."""
        opening = self._openings[robot, grant]
        here = inside(robot, compartment)
        occupied = here in self.places.values()
        if opening.delivery in self.idle:
            self.idle.discard(opening.delivery)
            return occupied
        loads = opening.purpose is Purpose.PICK_UP
        if loads and occupied:
            return True
        for delivery in (opening.delivery, *opening.also):
            place = self.places.get(delivery, AT_SENDER)
            if loads and place == AT_SENDER:
                self.places[delivery] = here
            elif not loads and place == here:
                self.places[delivery] = AT_SENDER if delivery in self.turned else AT_RECIPIENT
        return here in self.places.values()
