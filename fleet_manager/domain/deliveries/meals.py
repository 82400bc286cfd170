"""Meals of a ward: when they are, until when they are ordered, and how many of which diet.

A bed has a number and a diet, and no name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from types import MappingProxyType
from typing import Final

from fleet_manager.domain.deliveries.details import DIETS
from fleet_manager.domain.deliveries.timetable import instant, local_day
from fleet_manager.domain.units import HOUR, MINUTE, Instant, Millis

#: From when until when a meal comes to the wards, in minutes of the day.
MEAL_TIMES: Final[Mapping[str, tuple[int, int]]] = MappingProxyType(
    {'breakfast': (390, 480), 'lunch': (660, 750), 'dinner': (1020, 1110)}
)
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


def rounds(zone: tzinfo, now: Instant, *, cut_off: int) -> list[MealRound]:
    """Return the meals that may be ordered now: of the next 24 h, `cut_off` minutes before."""
    return [
        one
        for one in _rounds_about(zone, now, cut_off=cut_off)
        if one.closes > now and one.earliest <= now + AHEAD
    ]


def closed(zone: tzinfo, now: Instant, *, cut_off: int) -> list[MealRound]:
    """Return the meals whose order is closed and whose window is not over, or only just."""
    return [
        one
        for one in _rounds_about(zone, now, cut_off=cut_off)
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


def _rounds_about(zone: tzinfo, now: Instant, *, cut_off: int) -> list[MealRound]:
    today = local_day(now, zone)
    found = []
    for days in (-1, 0, 1, 2):
        day = today + timedelta(days=days)
        for meal, (start, end) in MEAL_TIMES.items():
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
