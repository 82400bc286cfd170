"""Who may do what: one row for each command, page and other deed. What has no row, nobody may.

    may(actor, OpenCompartment, station)     # here, on a thing of this station?
    reach(role, Deed.SEE_FLEET)              # at all? OWN, ANY, BOUND or None

A row names roles by how far they reach. The kernel refuses a command whose role has no reach, and
each handler asks `may` with the stations of the thing; pages and the API ask with their deed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from types import MappingProxyType
from typing import Final, get_args

from fleet_manager.domain import messages as m
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.messages import Actor, Role


class Reach(StrEnum):
    """How far a right goes.

    `OWN`: things of the station the actor works at. `ANY`: everything. `BOUND`: everything, or
    the things of one station where the actor is bound to one.
    """

    OWN = 'own'
    ANY = 'any'
    BOUND = 'bound'


class Deed(StrEnum):
    """What people and programs do that is no command to the kernel."""

    ENTER = 'enter'
    MANAGE_WEBHOOKS = 'manage_webhooks'
    WORK_AT_STATION = 'work_at_station'
    SEE_DELIVERIES = 'see_deliveries'
    SEE_FLEET = 'see_fleet'
    SEE_STOCK = 'see_stock'
    KEEP_STOCK = 'keep_stock'
    SEE_REPORTS = 'see_reports'
    EXPORT_CUSTODY = 'export_custody'
    WORK_AT_DESK = 'work_at_desk'
    MANAGE_ACCOUNTS = 'manage_accounts'
    READ_AUDIT = 'read_audit'
    MANAGE_KEYS = 'manage_keys'
    MANAGE_RETENTION = 'manage_retention'


#: A deed is named by its member, a command by its type.
Right = Deed | type[m.Command]


@dataclass(frozen=True, slots=True)
class Row:
    """Who has a right, by reach.

    `looks` is a right to read: nothing changes by it. `fresh`: the secret must have been given
    just before.
    """

    own: frozenset[Role]
    everywhere: frozenset[Role]
    bound: frozenset[Role]
    looks: bool = False
    fresh: bool = False

    def reach(self, role: Role) -> Reach | None:
        """Return how far the right goes for a role, None when it has none."""
        if role in self.everywhere:
            return Reach.ANY
        if role in self.own:
            return Reach.OWN
        return Reach.BOUND if role in self.bound else None

    @property
    def roles(self) -> frozenset[Role]:
        """Return everybody who has the right, however far."""
        return self.own | self.everywhere | self.bound


def _row(
    *,
    own: Iterable[Role] = (),
    everywhere: Iterable[Role] = (),
    bound: Iterable[Role] = (),
    looks: bool = False,
    fresh: bool = False,
) -> Row:
    return Row(frozenset(own), frozenset(everywhere), frozenset(bound), looks, fresh)


_look: Final = partial(_row, looks=True)
_STATION: Final = (Role.WARD, Role.PHARMACY)
_DISPATCH: Final = (Role.OPERATOR, Role.DESK)
_STEER: Final = (Role.OPERATOR, Role.ENGINEER)
_PEOPLE: Final = (
    *_STATION, Role.DESK, Role.PORTER, Role.OPERATOR, Role.ENGINEER, Role.AUDITOR, Role.ADMIN,
)  # fmt: skip

RIGHTS: Final[Mapping[Right, Row]] = MappingProxyType(
    {
        # deliveries
        m.RequestDelivery: _row(
            own=_STATION, everywhere=(*_DISPATCH, Role.DEMO), bound=(Role.INTEGRATION,)
        ),
        m.CancelDelivery: _row(
            own=(*_STATION, Role.DEMO), everywhere=_DISPATCH, bound=(Role.INTEGRATION,)
        ),
        m.OpenCompartment: _row(own=(*_STATION, Role.DEMO)),
        m.OpenLeftBehind: _row(everywhere=(Role.PORTER, *_DISPATCH)),
        m.SignDelivery: _row(own=(*_STATION, Role.DEMO)),
        m.RefuseDelivery: _row(own=(*_STATION, Role.DEMO)),
        m.PutOffDelivery: _row(own=(*_STATION, Role.DEMO), bound=(Role.INTEGRATION,)),
        m.RateDelivery: _row(own=(*_STATION, Role.DEMO)),
        m.TakeByHand: _row(everywhere=(Role.PORTER, *_DISPATCH, Role.DEMO)),
        m.AskRescue: _row(everywhere=_DISPATCH),
        m.CallOffRescue: _row(everywhere=_DISPATCH),
        m.RescueParcel: _row(everywhere=(Role.PORTER, *_DISPATCH, Role.DEMO)),
        m.CallRobot: _row(everywhere=(Role.PORTER, *_DISPATCH, Role.DEMO)),
        m.CloseDelivery: _row(everywhere=_DISPATCH, fresh=True),
        m.NoteFollowUp: _row(everywhere=_DISPATCH),
        # robots, lifts, places
        m.SignCleaning: _row(everywhere=(*_STEER, Role.DEMO)),
        m.PauseRobot: _row(everywhere=_STEER),
        m.ResumeRobot: _row(everywhere=_STEER),
        m.PauseFleet: _row(everywhere=_STEER),
        m.ResumeFleet: _row(everywhere=_STEER),
        m.ReadmitRobot: _row(everywhere=_STEER),
        m.ReleaseLift: _row(everywhere=_STEER, fresh=True),
        m.AcknowledgeAlert: _row(everywhere=_STEER),
        m.ClosePlace: _row(everywhere=_STEER),
        m.OpenPlace: _row(everywhere=_STEER),
        m.SwapMap: _row(everywhere=_STEER, fresh=True),
        m.CancelMapSwap: _row(everywhere=_STEER),
        # personal data
        m.ApplyRetention: _row(everywhere=(Role.ADMIN,)),
        # pages and what they read
        # what other systems are told
        Deed.MANAGE_WEBHOOKS: _row(everywhere=(Role.ENGINEER, Role.ADMIN)),
        Deed.ENTER: _look(everywhere=_PEOPLE, bound=(Role.INTEGRATION,)),
        Deed.WORK_AT_STATION: _look(own=_STATION),
        Deed.SEE_DELIVERIES: _look(
            own=_STATION,
            everywhere=(*_DISPATCH, Role.PORTER, Role.ENGINEER, Role.AUDITOR),
            bound=(Role.INTEGRATION,),
        ),
        Deed.WORK_AT_DESK: _row(everywhere=_DISPATCH),
        Deed.SEE_FLEET: _look(everywhere=(*_STEER, Role.DESK, Role.AUDITOR)),
        Deed.SEE_STOCK: _look(own=_STATION, everywhere=(*_DISPATCH, Role.AUDITOR)),
        Deed.SEE_REPORTS: _look(everywhere=(*_STEER, Role.DESK, Role.AUDITOR, Role.ADMIN)),
        Deed.EXPORT_CUSTODY: _look(everywhere=(*_STEER, Role.DESK, Role.AUDITOR, Role.ADMIN)),
        Deed.KEEP_STOCK: _row(own=_STATION, everywhere=_DISPATCH),
        # people
        Deed.READ_AUDIT: _look(everywhere=(Role.AUDITOR, Role.ADMIN)),
        Deed.MANAGE_RETENTION: _row(everywhere=(Role.ADMIN,), fresh=True),
        Deed.MANAGE_KEYS: _row(everywhere=(Role.ADMIN,), fresh=True),
        Deed.MANAGE_ACCOUNTS: _row(everywhere=(Role.ADMIN,), fresh=True),
    }
)


def reach(role: Role, right: Right) -> Reach | None:
    """Return how far a right goes for a role; None: not at all, as for what has no row."""
    row = RIGHTS.get(right)
    return None if row is None else row.reach(role)


def may(actor: Actor, right: Right, *stations: StationId) -> bool:
    """Whether an actor may do this to a thing of these stations: either end of a delivery, say."""
    far = reach(actor.role, right)
    if far is Reach.ANY or (far is Reach.BOUND and actor.station is None):
        return True
    return far is not None and actor.station is not None and actor.station in stations


def kept_to(actor: Actor, right: Right) -> StationId | None:
    """Return the station an actor who has the right is kept to, None for everything."""
    return None if reach(actor.role, right) is Reach.ANY else actor.station


def commands() -> tuple[type[m.Command], ...]:
    """Return the type of every command there is."""
    types: tuple[type[m.Command], ...] = get_args(m.Command)
    return types
