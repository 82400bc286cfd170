"""How warm it is where a parcel lies: noted sparsely, while a robot has it."""

from __future__ import annotations

from typing import Any, Final

from fleet_manager.domain.deliveries.goods import GOODS
from fleet_manager.domain.deliveries.lifecycle import LOADED
from fleet_manager.domain.messages import RobotReport, TemperatureNoted
from fleet_manager.domain.robots.plausibility import plausible_celsius
from fleet_manager.domain.state import Delivery
from fleet_manager.domain.turn import Turn
from fleet_manager.domain.units import MINUTE, SECOND

#: A change that is noted, in °C, and the longest time without a note.
CHANGE: Final = 0.5
EVERY_MS: Final = 5 * MINUTE
#: No two notes are closer: a sensor that trembles at the limit fills no journal.
LEAST_MS: Final = 20 * SECOND
#: After each so many notes of one parcel both times grow by as much again.
SPARSER: Final = 100
#: Nothing heard for so long while it is in a robot: the record has a hole.
HOLE_MS: Final = 3 * EVERY_MS


def note_temperature(turn: Turn, delivery: Delivery, report: RobotReport) -> None:
    """Note what the robot says of the compartment, where the goods need it and it is news."""
    kept_at = GOODS[delivery.goods].kept_at
    if kept_at is None or delivery.state not in LOADED or delivery.robot is None:
        return
    box = next((c for c in report.compartments if c.compartment == delivery.compartment), None)
    celsius = plausible_celsius(box.temperature) if box is not None and box.closed else None
    if box is None or celsius is None:
        return
    out = not kept_at[0] <= celsius <= kept_at[1]
    if _is_news(turn, delivery, celsius, out):
        turn.emit(TemperatureNoted(delivery.id, delivery.robot, box.compartment, celsius, out))


def _is_news(turn: Turn, delivery: Delivery, celsius: float, out: bool) -> bool:
    cold = delivery.cold
    if cold is None:
        return True
    passed, times = turn.now - cold.at, 1 + cold.notes // SPARSER
    changed = abs(celsius - cold.last) >= CHANGE or out != bool(cold.out_since)
    return passed >= (LEAST_MS if changed else EVERY_MS) * times


def cold_chain(turn: Turn, delivery: Delivery) -> dict[str, Any] | None:
    """Return the record of a parcel for readers; None where none is needed or nothing was noted.

    `hole`: it is in a robot that has not said for long how warm it is.
    """
    cold, kept_at = delivery.cold, GOODS[delivery.goods].kept_at
    if cold is None or kept_at is None:
        return None
    inside = delivery.state in LOADED
    return {
        'kept_at': list(kept_at),
        'lowest': cold.lowest,
        'highest': cold.highest,
        'last': cold.last,
        'since': cold.since,
        'until': cold.at,
        'out': bool(cold.out_since),
        'out_ms': cold.out_ms,
        'out_since': cold.out_since or None,
        'hole': inside and turn.now - cold.at > HOLE_MS * (1 + cold.notes // SPARSER),
    }
