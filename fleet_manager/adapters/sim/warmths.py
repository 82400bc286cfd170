"""The sensors of a simulated robot's insulated compartments."""

from __future__ import annotations

from dataclasses import replace

from fleet_manager.domain.ids import RobotId
from fleet_manager.domain.maps.model import CompartmentKind, Hospital
from fleet_manager.domain.maps.warmth import Warmth
from fleet_manager.domain.messages import CompartmentReport
from fleet_manager.domain.units import Instant


class Warmths:
    """Adds what is measured to what a robot says of its compartments."""

    def __init__(self, hospital: Hospital, robot: RobotId) -> None:
        boxes = hospital.compartments(robot)
        self._of = {b.id: Warmth() for b in boxes if b.kind is CompartmentKind.INSULATED}

    def measured(
        self, boxes: tuple[CompartmentReport, ...], now: Instant
    ) -> tuple[CompartmentReport, ...]:
        """Return the compartments with their temperatures, where they have a sensor."""
        if not self._of:
            return boxes
        return tuple(
            replace(b, temperature=self._of[b.compartment].now(now, is_open=not b.closed))
            if b.compartment in self._of
            else b
            for b in boxes
        )
