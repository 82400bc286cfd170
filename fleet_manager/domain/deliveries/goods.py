"""Goods classes and their rules: one table. Data, not branches in code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.units import HOUR, MINUTE, Millis


class Urgency(StrEnum):
    """How soon. It comes from the goods class, not from the sender."""

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


@dataclass(frozen=True, slots=True)
class GoodsClass:
    """What is carried. `load_limit`: how long a robot waits at the sender before it leaves.

    `collect_reminder`: how long it waits at the recipient before somebody is called.
    """

    id: str
    urgency: Urgency
    load_limit: Millis
    collect_reminder: Millis


def _goods(name: str, urgency: Urgency, *, load: int, collect: int) -> tuple[str, GoodsClass]:
    return name, GoodsClass(name, urgency, Millis(load * MINUTE), Millis(collect * MINUTE))


GOODS: Final[Mapping[str, GoodsClass]] = MappingProxyType(
    dict(
        (
            _goods('drug', Urgency.URGENT, load=15, collect=10),
            _goods('blood', Urgency.STAT, load=10, collect=3),
            _goods('specimen', Urgency.URGENT, load=15, collect=10),
            _goods('sterile', Urgency.ROUTINE, load=20, collect=15),
            _goods('meal', Urgency.SCHEDULED, load=15, collect=10),
            _goods('supply', Urgency.ROUTINE, load=20, collect=15),
        )
    )
)


def rank(urgency: Urgency, *, waited: int) -> int:
    """Return the dispatch rank after `waited` milliseconds; it falls by one each `outranks`."""
    promise = PROMISES[urgency]
    return promise.rank - waited // promise.outranks
