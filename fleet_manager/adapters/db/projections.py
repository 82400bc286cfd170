"""Tables that follow the journal, written in the same transaction as the event.

A function for each event that changes a table. What does not fit (a wrong state, a second robot on
a resource, a parcel in a taken compartment) raises, nothing is committed and the process stops.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from fleet_manager.adapters.db.schema import custody, delivery, holding, idempotency
from fleet_manager.domain import messages as m
from fleet_manager.domain.deliveries.lifecycle import ENDS, START, DeliveryState, next_state
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import ResourceId, RobotId, capacity
from fleet_manager.domain.units import Instant

_FIND: Final = select(delivery).where(delivery.c.id == bindparam('which'))
_MOVE: Final = update(delivery).where(
    delivery.c.id == bindparam('which'), delivery.c.version == bindparam('was')
)
_MATE: Final = (
    update(delivery).where(delivery.c.id == bindparam('which')).values(mate_of=bindparam('first'))
)
_LAST: Final = (
    select(custody.c.seq, custody.c.to_holder)
    .where(custody.c.delivery == bindparam('which'))
    .order_by(custody.c.seq.desc())
    .limit(1)
)
_FREE: Final = delete(holding).where(
    holding.c.resource == bindparam('what'), holding.c.robot == bindparam('who')
)


def project(connection: Connection, at: Instant, event: m.Event) -> None:
    """Change the tables by one event that happened at `at`."""
    _PROJECT[type(event)](connection, at, event)


def changes_tables(kind: str) -> bool:
    """Whether an event of this kind changes a table beside the journal."""
    return kind in _KINDS


def needs_names(kind: str) -> bool:
    """Whether the tables keep what is personal in such an event, for as long as it is live.

    All others are given the event as it reads when all is erased: their rows are for ever.
    """
    return kind == 'DeliveryRequested'


# --- deliveries ------------------------------------------------------------------------------


def _requested(connection: Connection, at: Instant, e: m.DeliveryRequested) -> None:
    connection.execute(
        insert(delivery),
        {
            'id': e.delivery,
            'number': e.number,
            'state': START.value,
            'version': 1,
            'goods': e.goods,
            'sender': e.sender,
            'recipient': e.recipient,
            'urgency': e.urgency,
            'requested_at': at,
        },
    )
    connection.execute(
        insert(idempotency),
        {
            'actor': '',
            'key': _hashed(e.actor.account, e.key),
            'body_hash': '',
            'delivery': e.delivery,
        },
    )


def _archived(connection: Connection, at: Instant, e: m.DeliveryArchived) -> None:
    """Forget the key, as the kernel does; the delivery stays."""
    del at
    connection.execute(delete(idempotency).where(idempotency.c.delivery == e.delivery))


def _step(connection: Connection, at: Instant, e: Any, **more: str | None) -> Row[Any]:
    """Move a delivery to its next state; return its row as it was before."""
    row = connection.execute(_FIND, {'which': e.delivery}).one_or_none()
    if row is None:
        raise InvariantBroken(f'{type(e).__name__}: there is no delivery {e.delivery}')
    robot = getattr(e, 'robot', row.robot)
    if row.robot is not None and robot is not None and robot != row.robot:
        raise InvariantBroken(f'{type(e).__name__}: {row.robot} serves {e.delivery}, not {robot}')
    compartment = getattr(e, 'compartment', row.compartment)
    if None not in (row.compartment, compartment) and compartment != row.compartment:
        raise InvariantBroken(
            f'{type(e).__name__}: {e.delivery} is in {row.compartment}, not {compartment}'
        )
    state = next_state(DeliveryState(row.state), e)
    values: dict[str, Any] = {'state': state.value, 'version': row.version + 1, **more}
    if state in ENDS:
        values['ended_at'] = at
    moved = connection.execute(_MOVE.values(values), {'which': row.id, 'was': row.version})
    if moved.rowcount != 1:
        raise InvariantBroken(f'{e.delivery} was changed by somebody else')
    return row


def _moved_on(connection: Connection, at: Instant, e: Any) -> None:
    _step(connection, at, e)


def _assigned(connection: Connection, at: Instant, e: m.RunAssigned) -> None:
    _step(connection, at, e, robot=e.robot, compartment=e.compartment, mate_of=None)


def _withdrawn(connection: Connection, at: Instant, e: m.RunWithdrawn) -> None:
    _step(connection, at, e, robot=None, compartment=None)


def _authorised(connection: Connection, at: Instant, e: m.OpeningAuthorised) -> None:
    """Note what is put into the compartment by this opening: the first stands for all."""
    del at
    if e.purpose is m.Purpose.PICK_UP:
        connection.execute(_MATE, [{'which': e.delivery, 'first': None}])
        if e.also:
            connection.execute(_MATE, [{'which': n, 'first': e.delivery} for n in e.also])


def _loaded(connection: Connection, at: Instant, e: m.ParcelLoaded) -> None:
    row = _step(connection, at, e)
    _hand_over(connection, at, e, row, taker=f'robot:{e.robot}/{e.compartment}')


def _taken(connection: Connection, at: Instant, e: m.ParcelTaken) -> None:
    row = _step(connection, at, e)
    _hand_over(connection, at, e, row, taker=f'recipient:{row.recipient}')


def _returned(
    connection: Connection, at: Instant, e: m.ParcelReturned | m.ParcelGivenBack
) -> None:
    row = _step(connection, at, e)
    _hand_over(connection, at, e, row, taker=f'sender:{row.sender}')


def _stored(connection: Connection, at: Instant, e: m.ParcelStored) -> None:
    row = _step(connection, at, e)
    _hand_over(connection, at, e, row, taker=f'keeper:{e.station}')


def _porter_took(connection: Connection, at: Instant, e: m.PorterTook) -> None:
    row = _step(connection, at, e)
    _hand_over(connection, at, e, row, taker=f'porter:{e.actor.account}')


def _rescued(connection: Connection, at: Instant, e: m.ParcelRescued) -> None:
    """A person has it, and no robot serves it any more."""
    row = _step(connection, at, e, robot=None, compartment=None)
    _hand_over(connection, at, e, row, taker=f'porter:{e.actor.account}')


def _received(connection: Connection, at: Instant, e: m.DeliveryReceived) -> None:
    """Sign for it; what a porter carried changes hands only now."""
    row = _step(connection, at, e)
    if row.state == DeliveryState.CARRIED:
        _hand_over(connection, at, e, row, taker=f'recipient:{row.recipient}')


def _hand_over(connection: Connection, at: Instant, e: Any, row: Row[Any], *, taker: str) -> None:
    """Note that custody went to `taker`, from whoever had it: at first the sender."""
    last = connection.execute(_LAST, {'which': e.delivery}).first()
    connection.execute(
        insert(custody),
        {
            'delivery': e.delivery,
            'seq': 1 if last is None else last.seq + 1,
            'from_holder': f'sender:{row.sender}' if last is None else last.to_holder,
            'to_holder': taker,
            'at_ms': at,
            'signed_by': e.actor.account,
        },
    )


def _hashed(account: str, key: str) -> str:
    """Return what stands for a key of an account: rows of this table leave traces in the file."""
    return sha256(f'{account}\n{key}'.encode('utf-8', 'surrogatepass')).hexdigest()


# --- resources -------------------------------------------------------------------------------


def _took(connection: Connection, at: Instant, e: m.RobotPlaced | m.HopsReleased) -> None:
    del at
    if e.claims:
        connection.execute(
            insert(holding),
            [{'resource': _slot(claim, e.robot), 'robot': e.robot} for claim in e.claims],
        )


def _slot(resource: ResourceId, robot: RobotId) -> str:
    """Return a name nobody else may hold: of what several may have at once, each his own."""
    return resource if capacity(resource) == 1 else f'{resource}#{robot}'


def _freed(connection: Connection, at: Instant, e: m.NodeReached) -> None:
    del at
    for resource in e.frees:
        slot = _slot(resource, e.robot)
        if connection.execute(_FREE, {'what': slot, 'who': e.robot}).rowcount != 1:
            raise InvariantBroken(f'{e.robot} frees {resource}, which it does not hold')


_PROJECT: Final[Mapping[type, Callable[[Connection, Instant, Any], None]]] = MappingProxyType(
    {
        m.DeliveryRequested: _requested,
        m.DeliveryCancelled: _moved_on,
        m.DeliveryExpired: _moved_on,
        m.DeliveryArchived: _archived,
        m.RunAssigned: _assigned,
        m.RunWithdrawn: _withdrawn,
        m.RobotArrived: _moved_on,
        m.RobotSentAway: _moved_on,
        m.OpeningAuthorised: _authorised,
        m.CompartmentOpened: _moved_on,
        m.OpeningUnused: _moved_on,
        m.ParcelLoaded: _loaded,
        m.ParcelTaken: _taken,
        m.ParcelTurnedBack: _moved_on,
        m.ParcelReturned: _returned,
        m.ParcelStored: _stored,
        m.ParcelGivenBack: _returned,
        m.RescueAsked: _moved_on,
        m.RescueCalledOff: _moved_on,
        m.ParcelRescued: _rescued,
        m.RobotCalled: _moved_on,
        m.DeliveryClosed: _moved_on,
        m.PorterAsked: _moved_on,
        m.PorterTook: _porter_took,
        m.DeliveryReceived: _received,
        m.RobotPlaced: _took,
        m.HopsReleased: _took,
        m.NodeReached: _freed,
    }
)
_KINDS: Final = frozenset(cls.__name__ for cls in _PROJECT)
