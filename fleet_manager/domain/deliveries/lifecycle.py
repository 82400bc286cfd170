"""The closed loop of a delivery as one table: state and event give the next state."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from fleet_manager.domain import messages as m
from fleet_manager.domain.errors import InvariantBroken


class DeliveryState(StrEnum):
    """Where a delivery stands. See docs/views.md for what each means to a person."""

    ACCEPTED = 'accepted'
    ASSIGNED = 'assigned'
    AWAITING_LOAD = 'awaiting_load'
    LOADING = 'loading'
    UNDER_WAY = 'under_way'
    AWAITING_RECEIPT = 'awaiting_receipt'
    OPENED = 'opened'
    TAKEN = 'taken'
    PORTER_ASKED = 'porter_asked'
    CARRIED = 'carried'
    RESCUE_ASKED = 'rescue_asked'
    DELIVERED = 'delivered'
    RETURNED = 'returned'
    CANCELLED = 'cancelled'
    EXPIRED = 'expired'
    STORED = 'stored'
    FAILED = 'failed'


_S = DeliveryState

TRANSITIONS: Final[Mapping[tuple[DeliveryState, type], DeliveryState]] = MappingProxyType(
    {
        (_S.ACCEPTED, m.RunAssigned): _S.ASSIGNED,
        (_S.ASSIGNED, m.RobotArrived): _S.AWAITING_LOAD,
        (_S.AWAITING_LOAD, m.CompartmentOpened): _S.LOADING,
        (_S.LOADING, m.OpeningUnused): _S.AWAITING_LOAD,
        (_S.LOADING, m.ParcelLoaded): _S.UNDER_WAY,
        (_S.UNDER_WAY, m.RobotArrived): _S.AWAITING_RECEIPT,
        (_S.AWAITING_RECEIPT, m.CompartmentOpened): _S.OPENED,
        (_S.AWAITING_RECEIPT, m.RobotSentAway): _S.UNDER_WAY,
        (_S.AWAITING_RECEIPT, m.ReceiptPutOff): _S.AWAITING_RECEIPT,
        (_S.OPENED, m.OpeningUnused): _S.AWAITING_RECEIPT,
        (_S.OPENED, m.ParcelTaken): _S.TAKEN,
        (_S.TAKEN, m.DeliveryReceived): _S.DELIVERED,
        # the robot is taken away before anything was loaded
        (_S.ASSIGNED, m.RunWithdrawn): _S.ACCEPTED,
        (_S.AWAITING_LOAD, m.RunWithdrawn): _S.ACCEPTED,
        # nobody took it, or it was refused: back to the sender
        (_S.AWAITING_RECEIPT, m.ParcelTurnedBack): _S.UNDER_WAY,
        (_S.OPENED, m.ParcelReturned): _S.RETURNED,
        # cancelled on its way: back to the sender as well
        (_S.UNDER_WAY, m.ParcelTurnedBack): _S.UNDER_WAY,
        # nobody takes it back either: to a safe place
        (_S.OPENED, m.ParcelStored): _S.STORED,
        # a person carries it
        (_S.ACCEPTED, m.PorterAsked): _S.PORTER_ASKED,
        (_S.PORTER_ASKED, m.PorterTook): _S.CARRIED,
        (_S.CARRIED, m.DeliveryReceived): _S.DELIVERED,
        (_S.CARRIED, m.ParcelTurnedBack): _S.CARRIED,
        (_S.CARRIED, m.ParcelGivenBack): _S.RETURNED,
        (_S.CARRIED, m.ParcelStored): _S.STORED,
        # its robot is dead or stuck for good: a person takes it out, and carries it on or calls
        # another robot
        (_S.UNDER_WAY, m.RescueAsked): _S.RESCUE_ASKED,
        (_S.AWAITING_RECEIPT, m.RescueAsked): _S.RESCUE_ASKED,
        (_S.RESCUE_ASKED, m.RescueCalledOff): _S.UNDER_WAY,
        (_S.RESCUE_ASKED, m.ParcelRescued): _S.CARRIED,
        (_S.CARRIED, m.RobotCalled): _S.ACCEPTED,
        # exits
        (_S.PORTER_ASKED, m.DeliveryCancelled): _S.CANCELLED,
        (_S.ACCEPTED, m.DeliveryCancelled): _S.CANCELLED,
        (_S.ACCEPTED, m.DeliveryExpired): _S.EXPIRED,
        # a person closes what nobody else ends
        (_S.TAKEN, m.DeliveryClosed): _S.DELIVERED,
        (_S.LOADING, m.DeliveryClosed): _S.FAILED,
        (_S.OPENED, m.DeliveryClosed): _S.FAILED,
        (_S.RESCUE_ASKED, m.DeliveryClosed): _S.FAILED,
        (_S.CARRIED, m.DeliveryClosed): _S.FAILED,
    }
)

START: Final = DeliveryState.ACCEPTED
ENDS: Final = frozenset(
    {_S.DELIVERED, _S.RETURNED, _S.CANCELLED, _S.EXPIRED, _S.STORED, _S.FAILED}
)

#: The robot carries the parcel: only these may not be cancelled by taking the robot away.
LOADED: Final = frozenset({_S.UNDER_WAY, _S.AWAITING_RECEIPT, _S.OPENED, _S.RESCUE_ASKED})
#: Nothing was put into the robot yet.
CANCELLABLE: Final = frozenset({_S.ACCEPTED, _S.ASSIGNED, _S.AWAITING_LOAD, _S.PORTER_ASKED})
#: Its robot stands at the station for it, with people or without.
AT_STOP: Final = frozenset({_S.AWAITING_LOAD, _S.LOADING, _S.AWAITING_RECEIPT, _S.OPENED})


def next_state(state: DeliveryState, event: object) -> DeliveryState:
    """Return the state after `event`. Raises InvariantBroken: the kernel decides, this guards."""
    try:
        return TRANSITIONS[state, type(event)]
    except KeyError:
        raise InvariantBroken(f'{type(event).__name__} in state {state}') from None


def diagram() -> str:
    """Return the table as a Mermaid state diagram, for docs/closed-loop.md."""
    lines = ['stateDiagram-v2', f'    [*] --> {START}']
    lines += [
        f'    {before} --> {then}: {event.__name__}'
        for (before, event), then in TRANSITIONS.items()
    ]
    lines += [f'    {end} --> [*]' for end in sorted(ENDS)]
    return '\n'.join(lines)
