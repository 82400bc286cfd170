"""How full a robot's battery is: 24 V, 40 Ah, after the figures of docs and design."""

from __future__ import annotations

from typing import Final

VOLTAGE: Final = 24.0
CAPACITY_J: Final = VOLTAGE * 40.0 * 3_600.0
IDLE_W: Final = 20.0
MASS_KG: Final = 50.0
GRAVITY: Final = 9.81
ROLLING_RESISTANCE: Final = 0.22
CHARGE_A: Final = 8.8
#: Above this level charging becomes slower, down to a tenth when full.
SLOW_FROM: Final = 0.8
SLOWEST: Final = 0.1


def drawn(level: float, *, speed: float, seconds: float) -> float:
    """Return the level after `seconds` at `speed` metres a second. Never below zero."""
    watts = IDLE_W + MASS_KG * GRAVITY * ROLLING_RESISTANCE * abs(speed)
    return max(0.0, level - watts * seconds / CAPACITY_J)


def charged(level: float, *, seconds: float) -> float:
    """Return the level after `seconds` at a charger, the robot's own needs taken off."""
    share = 1.0
    if level > SLOW_FROM:
        share = max(SLOWEST, (1.0 - level) / (1.0 - SLOW_FROM))
    watts = VOLTAGE * CHARGE_A * share - IDLE_W
    return min(1.0, level + max(0.0, watts) * seconds / CAPACITY_J)
