"""Doors on the way: asked to open, held while a robot passes, given up when they do not open.

A door that does not open in time, or says that it cannot, is led around where there is another
way. It is asked on all the same: once it stands open, robots use it again. In a fire alarm fire
doors stay shut: who was let through one goes through, nobody else is, and nobody stops behind.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from fleet_manager.domain.ids import DoorId, LaneId
from fleet_manager.domain.messages import DoorPosition, LiftMode
from fleet_manager.domain.turn import SILENT_AFTER_MS, Turn
from fleet_manager.domain.units import SECOND

#: A door that was asked for and is not open after so long does not open.
OPEN_MS: Final = 30 * SECOND
#: A door that says it is out of order is believed after so long, and not waited for longer.
OFFLINE_MS: Final = 3 * SECOND
#: A word that a door may shut is still on its way for so long after the last one.
UNDERWAY_MS: Final = 2 * SECOND


class DoorOutcome(StrEnum):
    """Why a door is not waited for. `REFUSED`: it answers and stays shut, or is out of order."""

    REFUSED = 'refused'
    TIMED_OUT = 'timed_out'


def is_open(turn: Turn, door: DoorId) -> bool:
    """Whether the door says, now, that it stands open."""
    return position(turn, door) is DoorPosition.OPEN


def is_held_open(turn: Turn, door: DoorId) -> bool:
    """Whether the door stands open, and no word that it may shut is on its way to it."""
    since = turn.sensed.wanted.get(door, turn.now)
    return is_open(turn, door) and turn.now - since >= UNDERWAY_MS


def position(turn: Turn, door: DoorId) -> DoorPosition | None:
    """Return what the door said, when it is not silent."""
    report, heard = turn.sensed.doors.get(door, (None, 0))
    return report.position if report and turn.now - heard <= SILENT_AFTER_MS else None


def note_doors(turn: Turn, wanted: frozenset[DoorId]) -> None:
    """Remember since when which door is wanted, is not open, and is not waited for any more."""
    before = turn.sensed.wanted
    turn.sensed.wanted = {door: before.get(door, turn.now) for door in sorted(wanted)}
    since, failed = turn.sensed.shut, turn.sensed.failed_doors
    turn.sensed.shut = {
        door: since.get(door, turn.now) for door in sorted(wanted) if not is_open(turn, door)
    }
    for door in [door for door in failed if is_open(turn, door)]:
        del failed[door]
    for door, asked in turn.sensed.shut.items():
        outcome = _outcome(turn, door, waited=turn.now - asked)
        if outcome is not None:
            failed.setdefault(door, outcome.value)


def is_fire_alarm(turn: Turn) -> bool:
    """Whether a lift was recalled for a fire that nobody has said is over."""
    return any(recall.mode is LiftMode.FIRE for recall in turn.state.recalls.values())


def shut_lanes(turn: Turn) -> frozenset[LaneId]:
    """Return the lanes behind doors that do not open: nobody is planned or let onto them."""
    alarm, failed = is_fire_alarm(turn), turn.sensed.failed_doors
    if not alarm and not failed:
        return frozenset()
    doors = turn.hospital.doors
    shut = {door for door in doors.values() if door.id in failed or (alarm and door.fire)}
    names = {door.id for door in shut}
    return frozenset(one.id for one in turn.hospital.lanes.values() if one.door in names)


def is_shut_by_fire(turn: Turn, lane: str) -> bool:
    """Whether the lane passes a fire door while there is an alarm."""
    if not lane or not is_fire_alarm(turn):
        return False
    door = turn.hospital.lanes[LaneId(lane)].door
    return bool(door) and turn.hospital.doors[DoorId(door)].fire


def _outcome(turn: Turn, door: DoorId, *, waited: int) -> DoorOutcome | None:
    said = position(turn, door)
    if said is DoorPosition.OFFLINE and waited >= OFFLINE_MS:
        return DoorOutcome.REFUSED
    if waited <= OPEN_MS:
        return None
    answers = said in (DoorPosition.CLOSED, DoorPosition.OFFLINE)
    return DoorOutcome.REFUSED if answers else DoorOutcome.TIMED_OUT
