"""Rounds of a timetable as the requests of one day, and who may send what to whom when.

Pure: a simulated day draws its demand with it, a live manager asks for its rounds with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from fleet_manager.application.days.hatches import Hatches
from fleet_manager.application.days.scenario import Round
from fleet_manager.domain.ids import StationId
from fleet_manager.domain.maps.model import Hospital, Station
from fleet_manager.domain.units import HOUR, MINUTE, Instant

DAY: Final = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Due:
    """A request of a timetable, to be sent at `at` with `key`: asked twice it is one delivery.

    Nobody comes before `earliest`; it is to be there by `latest`.
    """

    at: Instant
    key: str
    goods: str
    sender: StationId
    recipient: StationId
    earliest: Instant
    latest: Instant


def requests_of_day(
    rounds: Iterable[Round], hospital: Hospital, *, midnight: Instant
) -> tuple[Due, ...]:
    """Return the requests of the local day that began at `midnight`, in the order of asking.

    Each place on the side with more places has one delivery, with the nearest department on the
    other side, and of that with the hatch that serves it.
    A round that is there `by` an earlier time of day than it is ready `at` ends the day after.
    A place that is shut when the goods are ready has none.
    """
    due, hatches = [], Hatches(hospital)
    for turn in rounds:
        ready = midnight + turn.at
        by = midnight + turn.by + (DAY if turn.by < turn.at else 0)
        for sender, recipient in _pairs(turn, hospital, hatches):
            due.append(
                Due(
                    at=Instant(ready - turn.ahead),
                    key=_key(turn, sender, recipient, midnight),
                    goods=turn.goods,
                    sender=sender.id,
                    recipient=recipient.id,
                    earliest=Instant(ready),
                    latest=Instant(by),
                )
            )
    return tuple(sorted(due, key=lambda d: (d.at, d.latest, d.goods, d.sender, d.recipient)))


def senders(hospital: Hospital, goods: str, named: tuple[str, ...] = ()) -> list[Station]:
    """Return who sends `goods`: of the stations and kinds `named`, or of all."""
    return [s for s in hospital.stations.values() if goods in s.sends and _is_named(s, named)]


def recipients(hospital: Hospital, goods: str, named: tuple[str, ...] = ()) -> list[Station]:
    """Return who takes `goods`: of the stations and kinds `named`, or of all."""
    return [s for s in hospital.stations.values() if goods in s.takes and _is_named(s, named)]


def is_open(station: Station, time_of_day: int) -> bool:
    """Whether somebody works at the station at a local time of day, in ms after midnight."""
    return not station.hours or any(_covers(span, time_of_day) for span in station.hours)


def changes(stations: Iterable[Station]) -> list[int]:
    """Return the times of day at which any of the stations opens or closes, in order."""
    return sorted({time for s in stations for span in s.hours for time in _ends(span)})


def _covers(span: str, time_of_day: int) -> bool:
    """Whether a span such as `22:00-06:00` covers the time; its end is outside."""
    start, end = _ends(span)
    if start <= end:
        return start <= time_of_day < end
    return time_of_day >= start or time_of_day < end


def _ends(span: str) -> tuple[int, int]:
    """Return when a span such as `07:00-19:00` begins and ends, in ms after midnight."""
    start, end = (_time_of_day(clock) for clock in span.split('-'))
    return start, end


def _time_of_day(clock: str) -> int:
    hours, minutes = clock.split(':')
    return int(hours) * HOUR + int(minutes) * MINUTE


def _is_named(station: Station, named: tuple[str, ...]) -> bool:
    return not named or station.id in named or station.kind in named


def _pairs(turn: Round, hospital: Hospital, hatches: Hatches) -> Iterator[tuple[Station, Station]]:
    at = turn.at % DAY
    ends = senders(hospital, turn.goods, turn.senders)
    others = recipients(hospital, turn.goods, turn.recipients)
    from_all = len(ends) > len(others)
    many, few = (ends, others) if from_all else (others, ends)
    for one in many:
        choice = [other for other in few if other.id != one.id and is_open(other, at)]
        if not choice or not is_open(one, at):
            continue
        other = hatches.serving(min(choice, key=_distance_from(hospital, one)), one)
        yield (one, other) if from_all else (other, one)


def _distance_from(hospital: Hospital, station: Station) -> Callable[[Station], tuple[float, str]]:
    """Return the key that puts the nearest first: as the crow flies, one frame for all floors."""
    here = hospital.nodes[station.node]

    def key(other: Station) -> tuple[float, str]:
        there = hospital.nodes[other.node]
        rise = hospital.floors[here.floor].elevation - hospital.floors[there.floor].elevation
        square = (here.x - there.x) ** 2 + (here.y - there.y) ** 2 + rise**2
        return (square, other.id)

    return key


def _key(turn: Round, sender: Station, recipient: Station, midnight: Instant) -> str:
    """Return a key that says which delivery of which round of which day, however often asked."""
    text = f'{midnight} {turn.goods} {turn.at} {turn.by} {sender.id} {recipient.id}'
    return f'round-{hashlib.sha256(text.encode()).hexdigest()[:24]}'
