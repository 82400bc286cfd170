"""The hospital of a manager: apart from the parts list, so that the demo starts quickly."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.entry.settings import Settings


def hospital_of(settings: Settings) -> Hospital:
    """Load the hospital, with the first robots of its fleet where fewer are wanted."""
    return first_robots(load_hospital(settings.hospital), settings.robots)


def first_robots(hospital: Hospital, count: int | None) -> Hospital:
    """Return the hospital with the first `count` robots of its fleet; None: with all."""
    if count is None:
        return hospital
    return replace(hospital, robots=dict(islice(hospital.robots.items(), count)))
