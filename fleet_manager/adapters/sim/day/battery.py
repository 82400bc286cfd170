"""The battery of a robot: 24 V, 40 Ah, drawn by idling, by driving after mass and resistance."""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.units import MINUTE, SECOND

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


def idled(level: float, ms: int) -> float:
    """Return the level after `ms` of being switched on."""
    return max(0.0, level - IDLE_W * ms / SECOND / CAPACITY_J)


def driven(level: float, metres: float) -> float:
    """Return the level after driving, beside what being switched on takes."""
    return max(0.0, level - MASS_KG * GRAVITY * ROLLING_RESISTANCE * metres / CAPACITY_J)


def charged(level: float, ms: int) -> float:
    """Return the level after `ms` at a charger, the robot's own needs taken off."""
    while ms > 0:
        span = min(ms, MINUTE)
        share = 1.0
        if level > SLOW_FROM:
            share = max(SLOWEST, (1.0 - level) / (1.0 - SLOW_FROM))
        watts = VOLTAGE * CHARGE_A * share - IDLE_W
        level = min(1.0, level + max(0.0, watts) * span / SECOND / CAPACITY_J)
        ms -= span
    return level
