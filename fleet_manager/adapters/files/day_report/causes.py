"""Why deliveries were late: in words, as bars, by class."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from fleet_manager.adapters.files.day_report.parts import Pair, minutes
from fleet_manager.adapters.files.day_report.words import known, said
from fleet_manager.application.days.result import Late
from fleet_manager.domain.units import MINUTE

#: The causes of one colour, in the order of a delivery's way. A cause not named here is a fault.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    'robot': ('robot',),
    'stops': ('other_stops',),
    'lift': ('lift', 'ride'),
    'blocked': ('blocked', 'turn'),
    'staff': ('staff', 'loading'),
    'driving': ('coming', 'driving'),
    'porter': ('porter',),
    'fault': ('fault',),
}
_GROUP_OF: Final = {cause: group for group, causes in GROUPS.items() for cause in causes}
#: Parts told in a sentence, the largest; one of less is not worth a word.
_TOLD: Final = 3
_LEAST_MS: Final = MINUTE


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a stacked bar: a class of colour, its share of the bar in %, what it is."""

    kind: str
    share: float
    tip: str


@dataclass(frozen=True, slots=True)
class CauseRow:
    """How many were late for one reason; `share` of the largest such number in %."""

    name: Pair
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class TimeRow:
    """What the time of late deliveries of a class went into, on average."""

    name: Pair
    count: int
    average: str
    parts: tuple[Part, ...]


def _in_minutes(ms: int) -> str:
    return f'{minutes(ms)} min'


def stacked(
    causes: Mapping[str, int],
    *,
    whole: int | None = None,
    told: Callable[[int], str] = _in_minutes,
) -> tuple[Part, ...]:
    """Return a bar of groups; `whole` is what 100 % stands for, else it is full.

    `told` writes a value: a span in ms where nothing else is said.
    """
    groups: Counter[str] = Counter()
    for cause, ms in causes.items():
        groups[_GROUP_OF.get(cause, 'fault')] += ms
    total = whole or sum(groups.values()) or 1
    found = []
    for group in GROUPS:
        if groups[group] > 0:
            english, chinese = known('p', group)
            tip = f'{english} / {chinese}: {told(groups[group])}'
            found.append(Part(f'p-{group}', round(100 * groups[group] / total, 2), tip))
    return tuple(found)


def legend(causes: Iterable[str]) -> list[tuple[str, Pair]]:
    """Return the groups that occur, with their words."""
    seen = {_GROUP_OF.get(cause, 'fault') for cause in causes}
    return [(f'p-{group}', known('p', group)) for group in GROUPS if group in seen]


def why(late: Late) -> Pair:
    """Return in words what took a late delivery's time: its reason first, then the largest."""
    rest = [(ms, cause) for cause, ms in late.causes.items() if cause != late.cause]
    chosen = [cause for ms, cause in sorted(rest, reverse=True) if ms >= _LEAST_MS]
    if late.cause in late.causes:
        chosen.insert(0, late.cause)
    texts = []
    for cause in chosen[:_TOLD]:
        took = minutes(late.causes[cause])
        named = f'why_{cause}'
        texts.append(said(named, n=took) if _GROUP_OF.get(cause) else (f'{cause} {took}',) * 2)
    if not texts:
        return known('cause', late.cause)
    return '; '.join(english for english, _ in texts), '；'.join(chinese for _, chinese in texts)


def by_cause(causes: Mapping[str, int]) -> list[CauseRow]:
    """Return the reasons with the number of late deliveries, the most frequent first."""
    most = max(causes.values(), default=1)
    rows = sorted(causes.items(), key=lambda row: (-row[1], row[0]))
    return [CauseRow(known('cause', name), n, round(100 * n / most, 1)) for name, n in rows]


def by_class(late: Sequence[Late], order: Sequence[str]) -> list[TimeRow]:
    """Return for all late deliveries and for each urgency what their time went into."""
    groups = [(said('all'), list(late))]
    groups += [(known('u', name), [one for one in late if one.urgency == name]) for name in order]
    rows = []
    averages = []
    for name, ones in groups:
        if not ones:
            continue
        total: Counter[str] = Counter()
        for one in ones:
            total.update(one.causes)
        mean = {cause: ms // len(ones) for cause, ms in total.items()}
        rows.append((name, len(ones), mean))
        averages.append(sum(mean.values()))
    longest = max(averages, default=1) or 1
    return [
        TimeRow(name, count, minutes(sum(mean.values())), stacked(mean, whole=longest))
        for name, count, mean in rows
    ]
