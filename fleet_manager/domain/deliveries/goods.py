"""Goods classes and their rules: one table. Data, not branches in code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.maps.model import CompartmentKind
from fleet_manager.domain.units import HOUR, MINUTE, Millis


class Urgency(StrEnum):
    """How soon. It comes from the goods class; a sender may raise it one step with a reason."""

    STAT = 'stat'
    URGENT = 'urgent'
    ROUTINE = 'routine'
    SCHEDULED = 'scheduled'


@dataclass(frozen=True, slots=True)
class Promise:
    """`rank` orders dispatch (lower first); `within` is the promised time until arrival.

    After `outranks` of waiting a delivery counts one rank higher, so that nothing starves.
    """

    rank: int
    within: Millis
    outranks: Millis


PROMISES: Final[Mapping[Urgency, Promise]] = MappingProxyType(
    {
        Urgency.STAT: Promise(0, Millis(30 * MINUTE), Millis(10 * MINUTE)),
        Urgency.URGENT: Promise(1, Millis(30 * MINUTE), Millis(10 * MINUTE)),
        Urgency.ROUTINE: Promise(2, Millis(2 * HOUR), Millis(40 * MINUTE)),
        Urgency.SCHEDULED: Promise(3, Millis(2 * HOUR), Millis(40 * MINUTE)),
    }
)


class Count(StrEnum):
    """Whether pieces are counted when they are put in and when they are received."""

    NEVER = 'never'
    ASKED = 'asked'
    NEEDED = 'needed'


@dataclass(frozen=True, slots=True)
class PutOff:
    """How often who should take a parcel may say "not now", and for how long each time.

    `extends`: it is brought back that much later as well; not where it gets warm, cold or late.
    """

    times: int
    span: Millis
    extends: bool = True


#: A robot waits for a hand that is busy, not for a ward round: twice, then it is somebody's turn.
LATER: Final = PutOff(2, Millis(10 * MINUTE))
#: Its value, its window or its robot, which serves nobody else meanwhile, bears one.
ONCE_LATER: Final = PutOff(1, Millis(10 * MINUTE))
#: Hot for 45 minutes from the kitchen: a plate may wait for a hand-over, not for the next one.
WHILE_HOT: Final = PutOff(1, Millis(5 * MINUTE), extends=False)
#: A patient waits, and blood gets warm: only as long as it takes to find a free hand.
A_MOMENT: Final = PutOff(1, Millis(3 * MINUTE), extends=False)


#: Red cells are kept at 2 to 6 °C, on the way as well.
BLOOD_BAGS: Final = (2.0, 6.0)


@dataclass(frozen=True, slots=True)
class GoodsClass:
    """What is carried, and the rules for it.

    `load_limit`: how long a robot waits at the sender before it leaves. `collect_reminder`: how
    long it waits at the recipient before somebody is reminded, `collect_contact` before the next
    contact is called, and `collect_limit` before it brings the parcel back. `open_limit`: how long
    a compartment may stand open. `box` is the kind of compartment it needs and `litres` how large;
    `dirty` goods soil the robot. It is never on board together with the classes in `apart`;
    `direct` goods are alone on board, without other stops on the way.

    `two_people` sign each opening, two different ones; `two_signatures` are needed to receive it.
    `may_return`: it may be brought back to its sender. `porters_open`: who works for the whole
    house may take out what nobody else takes; else only people of the station do. `put_off`: how
    often people may say that they take it later. `kept_at`: the lowest and highest °C on its way,
    None where no record is needed.
    """

    id: str
    urgency: Urgency
    load_limit: Millis
    collect_reminder: Millis
    collect_contact: Millis
    collect_limit: Millis
    open_limit: Millis
    box: CompartmentKind
    litres: int
    dirty: bool
    apart: frozenset[str]
    direct: bool
    two_people: bool = False
    two_signatures: bool = False
    count: Count = Count.NEVER
    may_return: bool = True
    porters_open: bool = True
    put_off: PutOff = LATER
    kept_at: tuple[float, float] | None = None


_DIRTY: Final = frozenset({'soiled', 'waste'})
_CLEAN: Final = frozenset(
    {'drug', 'controlled', 'blood', 'specimen', 'sterile', 'meal', 'supply', 'linen'}
)
_STANDARD: Final = CompartmentKind.STANDARD


def _goods(
    name: str,
    urgency: Urgency,
    *,
    load: int,
    collect: int,
    litres: int,
    box: CompartmentKind = _STANDARD,
    apart: frozenset[str] = frozenset(),
    direct: bool = False,
    open_minutes: int = 5,
    two_people: bool = False,
    two_signatures: bool = False,
    count: Count = Count.NEVER,
    may_return: bool = True,
    porters_open: bool = True,
    put_off: PutOff = LATER,
    kept_at: tuple[float, float] | None = None,
) -> tuple[str, GoodsClass]:
    dirty = name in _DIRTY
    return name, GoodsClass(
        name,
        urgency,
        load_limit=Millis(load * MINUTE),
        collect_reminder=Millis(collect * MINUTE),
        collect_contact=Millis(3 * collect * MINUTE // 2),
        collect_limit=Millis(2 * collect * MINUTE),
        open_limit=Millis(open_minutes * MINUTE),
        box=box,
        litres=litres,
        dirty=dirty,
        apart=apart | (_CLEAN if dirty else _DIRTY),
        direct=direct,
        two_people=two_people,
        two_signatures=two_signatures,
        count=count,
        may_return=may_return,
        porters_open=porters_open,
        put_off=put_off,
        kept_at=kept_at,
    )


GOODS: Final[Mapping[str, GoodsClass]] = MappingProxyType(
    dict(
        (
            _goods('drug', Urgency.ROUTINE, load=15, collect=10, litres=10, count=Count.ASKED),
            _goods(
                'controlled',
                Urgency.URGENT,
                load=15,
                collect=10,
                litres=5,
                direct=True,
                open_minutes=2,
                two_people=True,
                count=Count.NEEDED,
                porters_open=False,
                put_off=ONCE_LATER,
            ),
            _goods(
                'blood',
                Urgency.STAT,
                load=10,
                collect=8,
                litres=10,
                box=CompartmentKind.INSULATED,
                count=Count.ASKED,
                put_off=A_MOMENT,
                kept_at=BLOOD_BAGS,
            ),
            _goods(
                'specimen',
                Urgency.ROUTINE,
                load=15,
                collect=10,
                litres=2,
                box=CompartmentKind.SPECIMEN,
                apart=frozenset({'meal'}),
                put_off=ONCE_LATER,
            ),
            _goods('sterile', Urgency.ROUTINE, load=20, collect=15, litres=40),
            _goods(
                'meal',
                Urgency.SCHEDULED,
                load=15,
                collect=10,
                litres=40,
                apart=frozenset({'specimen'}),
                put_off=WHILE_HOT,
            ),
            _goods('supply', Urgency.ROUTINE, load=20, collect=15, litres=30),
            _goods('linen', Urgency.ROUTINE, load=20, collect=15, litres=40),
            _goods('soiled', Urgency.ROUTINE, load=20, collect=15, litres=40),
            _goods(
                'waste',
                Urgency.SCHEDULED,
                load=20,
                collect=15,
                litres=40,
                two_signatures=True,
                may_return=False,
                put_off=ONCE_LATER,
            ),
        )
    )
)

#: One step more urgent. Nothing is above STAT.
RAISED: Final[Mapping[Urgency, Urgency]] = MappingProxyType(
    {
        Urgency.SCHEDULED: Urgency.ROUTINE,
        Urgency.ROUTINE: Urgency.URGENT,
        Urgency.URGENT: Urgency.STAT,
        Urgency.STAT: Urgency.STAT,
    }
)


def rank(urgency: Urgency, *, waited: int) -> int:
    """Return the dispatch rank after `waited` milliseconds; it falls by one each `outranks`."""
    promise = PROMISES[urgency]
    return promise.rank - waited // promise.outranks


def put_off_rules(goods: str, urgency: str) -> PutOff:
    """Return how a delivery may be put off: what is STAT for a moment, whatever it is."""
    return A_MOMENT if urgency == Urgency.STAT else GOODS[goods].put_off
