"""Meals of a ward: when they are, until when they are ordered, and how many of which diet.

A bed has a number and a diet, and no name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.deliveries.details import DIETS, MEALS
from fleet_manager.domain.deliveries.timetable import MINUTES_A_DAY, instant, local_day
from fleet_manager.domain.units import HOUR, MINUTE, Instant, Millis

#: From when until when each meal comes to the wards, in minutes of the day.
MealTimes = Mapping[str, tuple[int, int]]
#: Where a hospital says nothing else.
USUAL_TIMES: Final = 'breakfast=06:30-08:00 lunch=11:00-12:30 dinner=17:00-18:30'
#: A meal comes within so many minutes: less no robot keeps, and after more it is cold.
SHORTEST_MEAL: Final = 15
LONGEST_MEAL: Final = 240
_TIME: Final = re.compile(r'(\w+)=(\d\d):([0-5]\d)-(\d\d):([0-5]\d)', re.ASCII)
#: Meals are ordered so far ahead.
AHEAD: Final = Millis(24 * HOUR)
#: Beds of a ward, and characters of the number of one.
MAX_BEDS: Final = 120
MAX_BED: Final = 12
#: Nothing by mouth, or an empty bed.
NO_MEAL: Final = ''


@dataclass(frozen=True, slots=True)
class Bed:
    """A bed and what is eaten there; `NO_MEAL` for nothing."""

    bed: str
    diet: str


@dataclass(frozen=True, slots=True)
class MealRound:
    """A meal of a day: it comes within its window, and is ordered until `closes`."""

    day: date
    meal: str
    earliest: Instant
    latest: Instant
    closes: Instant

    @property
    def id(self) -> str:
        """Return how pages and the book name it: `2026-11-23-lunch`."""
        return f'{self.day:%Y-%m-%d}-{self.meal}'


def meal_times(text: str) -> MealTimes:
    """Read the times of a hospital's meals, as in `USUAL_TIMES`. Raises ValueError, naming one."""
    found: dict[str, tuple[int, int]] = {}
    for part in text.split():
        fits = _TIME.fullmatch(part)
        if fits is None or fits[1] not in MEALS:
            raise ValueError(
                f'{part[:40]}: write it like lunch=11:00-12:30, of {", ".join(MEALS)}'
            )
        hour, minute, end_hour, end_minute = map(int, fits.groups()[1:])
        start, end = hour * 60 + minute, end_hour * 60 + end_minute
        if fits[1] in found:
            raise ValueError(f'{fits[1]}: is there twice')
        if end >= MINUTES_A_DAY or not SHORTEST_MEAL <= end - start <= LONGEST_MEAL:
            raise ValueError(
                f'{part}: lasts {SHORTEST_MEAL} to {LONGEST_MEAL} minutes, within one day'
            )
        if any(start < other[1] and other[0] < end for other in found.values()):
            raise ValueError(f'{part}: is at the same time as another meal')
        found[fits[1]] = start, end
    if not found:
        raise ValueError('name at least one meal')
    return MappingProxyType(dict(sorted(found.items(), key=lambda one: one[1])))


def rounds(zone: tzinfo, now: Instant, *, cut_off: int, times: MealTimes) -> list[MealRound]:
    """Return the meals that may be ordered now: of the next 24 h, `cut_off` minutes before.

    Where none of these is open any more, the next one after them is.
    """
    about = _rounds_about(zone, now, cut_off=cut_off, times=times)
    still = [one for one in about if one.closes > now]
    return [one for one in still if one.earliest <= now + AHEAD] or still[:1]


def closed(zone: tzinfo, now: Instant, *, cut_off: int, times: MealTimes) -> list[MealRound]:
    """Return the meals whose order is closed and whose window is not over, or only just."""
    return [
        one
        for one in _rounds_about(zone, now, cut_off=cut_off, times=times)
        if one.closes <= now < one.latest + AHEAD
    ]


def counts(beds: Sequence[Bed]) -> dict[str, str]:
    """Return how many meals of each diet, as the details of a delivery."""
    found = Counter(bed.diet for bed in beds)
    return {f'diet_{diet}': str(found[diet]) for diet in DIETS if found[diet]}


def bed_list(typed: str) -> list[str] | None:
    """Return the beds of a list as typed, a bed a line; None where one is not possible."""
    beds = list(dict.fromkeys(typed.split()))
    if len(beds) > MAX_BEDS or not all(len(bed) <= MAX_BED and bed.isprintable() for bed in beds):
        return None
    return beds


def _rounds_about(
    zone: tzinfo, now: Instant, *, cut_off: int, times: MealTimes
) -> list[MealRound]:
    today = local_day(now, zone)
    found = []
    for days in (-1, 0, 1, 2):
        day = today + timedelta(days=days)
        for meal, (start, end) in times.items():
            earliest = instant(day, start, zone)
            found.append(
                MealRound(
                    day,
                    meal,
                    earliest,
                    instant(day, end, zone),
                    Instant(earliest - cut_off * MINUTE),
                )
            )
    return found
