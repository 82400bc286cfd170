"""What people do at an open compartment, and where each parcel really is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from fleet_manager.domain.deliveries.lifecycle import DeliveryState
from fleet_manager.domain.ids import CompartmentId, DeliveryId, RobotId
from fleet_manager.domain.messages import OpeningAuthorised, ParcelTurnedBack, Purpose

#: A place a parcel can be: with people at one end, or in a compartment.
Place = str
AT_SENDER: Place = 'sender'
AT_RECIPIENT: Place = 'recipient'
AT_KEEPER: Place = 'keeper'
#: In the hands of somebody who carries it.
AT_PORTER: Place = 'porter'


def inside(robot: RobotId, compartment: CompartmentId) -> Place:
    """Return the place in a robot's compartment."""
    return f'{robot}/{compartment}'


def right_place(state: DeliveryState, place: Place) -> tuple[Place, ...]:
    """Return where a parcel may be at the end of its delivery; a failed one anywhere."""
    if state is DeliveryState.FAILED:
        return (place,)
    return (_AT_END.get(state, AT_SENDER),)


_AT_END: Final = {DeliveryState.DELIVERED: AT_RECIPIENT, DeliveryState.STORED: AT_KEEPER}


@dataclass(slots=True)
class Hands:
    """The parcels of the hospital. A person at an opened compartment moves all it is for.

    `idle`: the next opening for these is for nothing. `turned`: these go back to their senders,
    and `kept` ones to a safe place.
    """

    places: dict[DeliveryId, Place] = field(default_factory=dict)
    idle: set[DeliveryId] = field(default_factory=set)
    turned: set[DeliveryId] = field(default_factory=set)
    kept: set[DeliveryId] = field(default_factory=set)
    _openings: dict[tuple[RobotId, int], OpeningAuthorised] = field(default_factory=dict)

    def note(self, opening: OpeningAuthorised) -> None:
        """Remember who stands there for what."""
        self._openings[opening.robot, opening.grant] = opening

    def turn_back(self, event: ParcelTurnedBack) -> None:
        """Remember where a parcel goes that is not taken."""
        (self.turned if event.to is None else self.kept).add(event.delivery)

    def end(self, delivery: DeliveryId) -> Place:
        """Return where a parcel is put when it is taken out."""
        if delivery in self.kept:
            return AT_KEEPER
        return AT_SENDER if delivery in self.turned else AT_RECIPIENT

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
            if loads and place in (AT_SENDER, AT_PORTER):
                self.places[delivery] = here
            elif not loads and place == here:
                self.places[delivery] = self.end(delivery)
        return here in self.places.values()
