"""What may ride where: clean and dirty goods keep to the lifts rated for them."""

from __future__ import annotations

from collections.abc import Collection

from fleet_manager.domain.ids import LiftId
from fleet_manager.domain.maps.model import Hospital, Lift


def may_ride(lift: Lift, *, dirty: bool) -> bool:
    """Whether a robot may ride in `lift`: a `dirty` one has dirty goods, or was not cleaned since.

    A clean robot never rides in a lift for dirty goods, empty or not: it would come out dirty.
    """
    return lift.rating in ('any', 'dirty' if dirty else 'clean')


def lifts_of_type(hospital: Hospital, robot_type: str) -> Collection[LiftId]:
    """Return the lifts robots of a type ride in. Those that are rated for dirty goods are dirty.

    All goods there are today are clean, and so is every other robot.
    """
    dirty = hospital.types[robot_type].rating == 'dirty'
    return tuple(lift.id for lift in hospital.lifts.values() if may_ride(lift, dirty=dirty))
