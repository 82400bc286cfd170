"""What operators close to robots and open again: lanes, zones, lifts, floors."""

from __future__ import annotations

from typing import Final

from fleet_manager.domain.errors import Refusal
from fleet_manager.domain.ids import MAX_ID_LENGTH, ClosureId, NodeId, RobotId, StationId
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import ClosePlace, OpenPlace, PlaceClosed, PlaceOpened
from fleet_manager.domain.state import Closure
from fleet_manager.domain.traffic.closures import MAX_CLOSURES, Closed, CutOff, exists
from fleet_manager.domain.turn import SYSTEM, Turn
from fleet_manager.domain.units import HOUR

#: Longest time a place may be closed for. What is closed for longer belongs on the map.
MAX_CLOSED_MS: Final = 30 * 24 * HOUR


def close_place(turn: Turn, command: ClosePlace) -> Refusal | None:
    """Close a place. The same again changes nothing; another reason or end replaces the old one.

    A closure that cuts something off is accepted, and its event says what.
    """
    known = _same_place(turn, command)
    refused = _why_not(turn, command, is_new=known is None)
    if refused is not None:
        return refused
    if known is not None and (known.reason, known.until) == (command.reason, command.until):
        return None
    name = known.id if known is not None else ClosureId(f'C{turn.state.closures_made + 1}')
    stations, robots = _newly_cut_off(turn, command) if known is None else ((), ())
    turn.emit(
        PlaceClosed(
            name,
            kind=command.kind,
            place=command.place,
            robot_type=command.robot_type,
            reason=command.reason,
            actor=command.actor,
            until=command.until,
            stations=stations,
            robots=robots,
        )
    )
    return None


def open_place(turn: Turn, command: OpenPlace) -> Refusal | None:
    """End a closure. Doing it twice, or after its time, is once."""
    if command.closure in turn.state.closures:
        turn.emit(PlaceOpened(command.closure, command.actor, 'opened'))
        return None
    number = command.closure.removeprefix('C')
    once = number.isascii() and number.isdecimal() and len(number) < MAX_ID_LENGTH
    if once and 0 < int(number) <= turn.state.closures_made:
        return None
    return Refusal('unknown_closure')


def open_what_is_over(turn: Turn) -> None:
    """End the closures whose time has come."""
    for closure in list(turn.state.closures.values()):
        if 0 < closure.until <= turn.now:
            turn.emit(PlaceOpened(closure.id, SYSTEM, 'over'))


def open_what_is_gone(turn: Turn, hospital: Hospital) -> None:
    """End the closures of places, or types of robots, that `hospital` does not have."""
    for closure in list(turn.state.closures.values()):
        if not _is_on(hospital, closure):
            turn.emit(PlaceOpened(closure.id, SYSTEM, 'gone'))


def _why_not(turn: Turn, command: ClosePlace, *, is_new: bool) -> Refusal | None:
    if not exists(turn.hospital, command.kind, command.place):
        params = {'kind': command.kind.value, 'place': command.place[:MAX_ID_LENGTH]}
        return Refusal('unknown_place', params)
    if command.robot_type and command.robot_type not in turn.hospital.types:
        return Refusal('unknown_robot_type', {'type': command.robot_type[:MAX_ID_LENGTH]})
    if not command.reason.strip():
        return Refusal('no_reason')
    if command.until and command.until <= turn.now:
        return Refusal('end_in_the_past')
    if command.until > turn.now + MAX_CLOSED_MS:
        return Refusal('end_too_far', {'days': str(MAX_CLOSED_MS // (24 * HOUR))})
    if is_new and len(turn.state.closures) >= MAX_CLOSURES:
        return Refusal('too_many_closures', {'limit': str(MAX_CLOSURES)})
    return None


def _same_place(turn: Turn, command: ClosePlace) -> Closure | None:
    wanted = (command.kind, command.place, command.robot_type)
    for closure in turn.state.closures.values():
        if (closure.kind, closure.place, closure.robot_type) == wanted:
            return closure
    return None


def _newly_cut_off(
    turn: Turn, command: ClosePlace
) -> tuple[tuple[StationId, ...], tuple[RobotId, ...]]:
    """Return the stations and robots this closure cuts off, and those before it did not."""
    where = _whereabouts(turn)
    added = Closure(
        ClosureId(''), command.kind, command.place, command.robot_type, '', command.actor,
        since=turn.now, until=command.until,
    )  # fmt: skip
    open_graph = turn.closed.before if turn.closed is not None else turn.graph
    then = Closed.of(open_graph, [*turn.state.closures.values(), added])
    new = then.cut_off(where) - cut_off_now(turn)
    return tuple(sorted(new.stations)), tuple(sorted(new.robots))


def cut_off_now(turn: Turn) -> CutOff:
    """Return what all closures together cut off, which the map itself does not."""
    return turn.closed.cut_off(_whereabouts(turn)) if turn.closed is not None else CutOff()


def _whereabouts(turn: Turn) -> dict[RobotId, NodeId]:
    """Return where each robot can be sent from; while none was seen yet, from its home."""
    seen = {robot.id: turn.state.frozen_end(robot) for robot in turn.robots()}
    return seen or {spec.id: spec.home for spec in turn.hospital.robots.values()}


def _is_on(hospital: Hospital, closure: Closure) -> bool:
    if closure.robot_type and closure.robot_type not in hospital.types:
        return False
    return exists(hospital, closure.kind, closure.place)
