"""How much a robot may still do. Fractions of a full battery."""

from __future__ import annotations

from typing import Final

#: What is left for the way to a charger and for what was not foreseen.
RESERVE: Final = 0.2
#: 24 V, 40 Ah; driving with its computers on, at walking pace (docs/simulation.md).
WATT_HOURS: Final = 960
WATTS_DRIVING: Final = 120
#: Below this a robot takes no new delivery: enough left to finish one and to dock.
ENOUGH_FOR_A_RUN: Final = 0.25
#: Below this a free robot goes to a charger rather than to a parking bay.
CHARGE_BELOW: Final = 0.6
#: Below this a robot that is charging is not taken off the charger for a delivery.
STAY_ON_CHARGER_BELOW: Final = 0.35
#: Below this an operator is told.
ALERT_BELOW: Final = 0.15
