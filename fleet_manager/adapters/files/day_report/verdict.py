"""The day in one sentence and a few figures, each against its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from fleet_manager.adapters.files.day_report.parts import (
    both,
    number,
    percent,
    target,
    words,
)
from fleet_manager.adapters.files.day_report.words import known, said
from fleet_manager.application.days.result import ClassResult, DayResult
from fleet_manager.application.days.scenario import Expectations
from fleet_manager.domain.deliveries.goods import PROMISES, Urgency
from fleet_manager.domain.units import MINUTE

URGENT: Final = (Urgency.STAT.value, Urgency.URGENT.value)
#: In how many of ten cases the late estimate is to hold: neither vague nor wrong (design 30).
ETA_HOLDS: Final = (0.75, 0.9)
_SIGNS: Final = {True: '✔', False: '✖', None: ''}


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure with its target; `met` is None where there is none."""

    label: Markup
    value: Markup | str
    note: Markup
    met: bool | None = None

    @property
    def kind(self) -> str:
        """The class of the tile."""
        return {True: 'met', False: 'missed', None: ''}[self.met]

    @property
    def state(self) -> Markup:
        """Whether it met its target, as a sign and a word."""
        if self.met is None:
            return Markup('')
        return Markup('{} {}').format(_SIGNS[self.met], words(self.kind))


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the day went: `good`, `missed` or `bad`, in sentences."""

    kind: str
    sign: str
    title: Markup
    sentences: tuple[Markup, ...]


def rules_broken(result: DayResult) -> int:
    """Return how often a rule was broken that never may be."""
    told = len(result.violations)
    return max(told, result.overlaps + result.deadlocks + result.custody_gaps)


def broken(result: DayResult) -> list[Markup]:
    """Return the counts of broken rules in words."""
    counts = {
        'c_overlaps': result.overlaps,
        'c_deadlocks': result.deadlocks,
        'c_gaps': result.custody_gaps,
        'c_lost': result.lost,
    }
    return [words(key, n=count) for key, count in counts.items() if count]


def judged(result: DayResult) -> int:
    """Return how many deliveries were on time or late."""
    return sum(one.n for one in result.by_urgency)


def on_time_urgent(result: DayResult) -> float | None:
    """Return the share on time of STAT and urgent together."""
    rows = [one for one in result.by_urgency if one.name in URGENT and one.n]
    whole = sum(one.n for one in rows)
    return sum((one.on_time or 0.0) * one.n for one in rows) / whole if whole else None


def verdict(result: DayResult, expect: Expectations) -> Verdict:
    """Return how the day went."""
    bad = rules_broken(result) > expect.violations or result.lost > expect.lost
    missed = bool(result.unmet) or any(tile.met is False for tile in tiles(result, expect)[:2])
    kind = 'bad' if bad else 'missed' if missed else 'good'
    return Verdict(
        kind,
        {'bad': '✖', 'missed': '!', 'good': '✔'}[kind],
        words(f'v_{kind}'),
        tuple(_sentences(result, expect)),
    )


def _sentences(result: DayResult, expect: Expectations) -> list[Markup]:
    found, whole = [], judged(result)
    if result.on_time is None:
        found.append(words('v_nothing_due'))
    else:
        key = 'v_on_time_target' if expect.on_time else 'v_on_time'
        share, wanted = percent(result.on_time), target(expect.on_time)
        found.append(words(key, share=share, n=f'{whole:,}', target=wanted))
        found += _urgent(result, expect)
        found.append(_lateness(result))
    count = rules_broken(result)
    if count or result.lost:
        found.append(words('v_unsafe', violations=count, lost=result.lost))
    else:
        found.append(words('v_safe'))
    if result.open:
        found.append(words('v_open', n=result.open))
    return found


def _urgent(result: DayResult, expect: Expectations) -> list[Markup]:
    share, wanted = on_time_urgent(result), expect.on_time_urgent
    if share is None or not wanted or share >= wanted:
        return []
    return [words('v_urgent', share=percent(share), target=target(wanted))]


def _lateness(result: DayResult) -> Markup:
    if not result.late:
        return words('v_none_late')
    cause, count = next(iter(result.causes.items()), ('', 0))
    late, (english, chinese) = len(result.late), known('cause', cause)
    in_english, _ = said('v_late', n=late, cause=english, k=count)
    _, in_chinese = said('v_late', n=late, cause=chinese, k=count)
    return both((in_english, in_chinese))


def tiles(result: DayResult, expect: Expectations) -> list[Tile]:
    """Return the figures at the top; the first two are those that targets are set for."""
    found = [
        _share('k_on_time', result.on_time, expect.on_time),
        _share('k_urgent', on_time_urgent(result), expect.on_time_urgent),
        Tile(
            words('k_delivered'),
            f'{result.delivered:,}',
            words('t_of', n=f'{result.accepted:,}'),
        ),
        _safety(result, expect),
        _soon(result),
    ]
    busiest = max(result.lifts, key=lambda lift: lift.utilisation, default=None)
    if busiest is not None:
        note = words('t_lift', lift=busiest.lift)
        found.append(Tile(words('k_lifts'), percent(busiest.utilisation), note))
    replans = words('t_replans', n=number(result.replans_per_delivery, 2))
    found.append(Tile(words('k_batch'), number(result.parcels_per_run, 2), replans))
    found.append(_empty(result))
    most = expect.alerts_per_hour
    rate = result.alerts_per_hour
    note = words('t_at_most', n=number(most)) if most else Markup('')
    found.append(Tile(words('k_alerts'), number(rate), note, rate <= most if most else None))
    if result.eta_p80_held is not None:
        low, high = ETA_HOLDS
        note = words('t_between', a=target(low), b=target(high))
        held = low <= result.eta_p80_held <= high
        found.append(Tile(words('k_eta'), percent(result.eta_p80_held), note, held))
    return found


def _share(key: str, share: float | None, wanted: float) -> Tile:
    note = words('t_at_least', n=target(wanted)) if wanted else Markup('')
    met = share >= wanted if wanted and share is not None else None
    return Tile(words(key), percent(share), note, met)


def _safety(result: DayResult, expect: Expectations) -> Tile:
    count = rules_broken(result)
    met = count <= expect.violations and result.lost <= expect.lost
    note = words('t_at_most', n=f'{expect.lost} · {expect.violations}')
    return Tile(words('k_lost'), f'{result.lost} · {count}', note, met)


def _soon(result: DayResult) -> Tile:
    """Return within which time urgent ones arrive: the slower of the two classes."""
    rows: list[ClassResult] = [one for one in result.by_urgency if one.name in URGENT]
    slowest = max((one.to_arrival.p95 or 0.0 for one in rows), default=0.0)
    promise = PROMISES[Urgency.URGENT].within / MINUTE
    note = words('t_promise', n=number(promise, 0))
    met = slowest <= promise if slowest else None
    value = words('min', n=number(slowest, 0)) if slowest else '–'
    return Tile(words('k_p95'), value, note, met)


def _empty(result: DayResult) -> Tile:
    empty = sum(robot.metres_empty for robot in result.robots)
    whole = empty + sum(robot.metres_loaded for robot in result.robots)
    share = empty / whole if whole else None
    return Tile(words('k_empty'), percent(share), words('t_metres', n=number(whole / 1e3, 0)))
