"""Whole hospital days in virtual time: ours beside the baselines, a bad day, and larger hospitals.

The reference day (3,000 deliveries, 20 robots, 2,000 beds; `scenarios/reference_day.yaml`) is
played with our dispatch, and until ten in the morning beside the three baselines of
`domain/dispatch/policy.py`: same hospital, same requests, same people, same seed. By then the
baselines are hours behind; the rest of their day would only tell how long that takes. Then the bad
day, which is the same with faults, and generated hospitals with 50, 100 and 200 robots, until ten
as well. The next larger one is played as long as the one before took at most two minutes. What "on
time" and the other figures mean is in docs/simulation.md. Each day is played alone, on one core,
in a process of its own. Its seconds are from the hospital that is read to the day's result,
loading what is compiled included: wall time, and CPU time, which other work does not change.

A burst: 30 requests come at once while 20 robots of the reference hospital stand idle. Timed is
the kernel, in CPU time, from the first request until all 30 have a robot: taking in, insertion,
events. With the solver compiled and without, each in a process that has only that.

The days stand side by side in build/benchmarks/days.html. `--quick` plays two busy hours of the
small hospital instead, with the faults of the bad day for the bad one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from random import Random
from typing import Final, TypeVar

from benchmarks.figure import Figure, spread
from benchmarks.report import ROOT
from fleet_manager.adapters.files.day_report import draw_comparison
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.sim.demand import possible
from fleet_manager.adapters.sim.simulation import Simulation
from fleet_manager.application.days.result import DayResult
from fleet_manager.domain.deliveries.goods import Urgency
from fleet_manager.domain.dispatch import solver
from fleet_manager.domain.dispatch.policy import Dispatch
from fleet_manager.domain.units import HOUR, SECOND
from fleet_manager.entry.settings import SHIPPED_MAPS
from fleet_manager.entry.simulate.play import play
from fleet_manager.entry.simulate.setting import Setting, Wish, load_setting

PAGE: Final = ROOT / 'build' / 'benchmarks' / 'days.html'
#: On time that the reference day is held to.
TARGET: Final = 0.99
GROWTH: Final = (50, 100, 200)
#: A larger hospital is not played after one that took longer than this, in seconds.
PATIENCE: Final = 120.0
#: Until when baselines and larger hospitals are played, after local midnight.
TEN: Final = 10 * HOUR
#: The two hours of `--quick`, after local midnight.
QUICK: Final = (8 * HOUR, 2 * HOUR)
BURST: Final = 30
#: Time in which idle robots are heard before a burst, in ms.
HEARD: Final = 10 * SECOND

A = TypeVar('A')
R = TypeVar('R')


#: A day that was played, and its CPU seconds.
Played = tuple[DayResult, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """A day to play; with `quick` two hours of the small hospital, with the faults of the day.

    `until` is in ms after local midnight; None: to its end.
    """

    scenario: str
    dispatch: Dispatch = Dispatch.RUNS
    quick: bool = False
    until: int | None = None


def run(quick: bool) -> list[Figure]:
    days, found = dict[str, DayResult](), list[Figure]()

    def note(name: str, key: str, names: tuple[str, str], played: Played) -> None:
        days[name] = played[0]
        found.extend(_figures(key, names, played))

    whole = 'small_hospital' if quick else 'reference_day'
    for dispatch in Dispatch:
        played = _alone(_day, Asked(whole, dispatch, quick, None if quick else TEN))
        note(dispatch.value, f'morning.{dispatch.value}', _names(dispatch, quick=quick), played)
    if not quick:
        names = 'Reference day, ours', '参考日，本系统'
        note('reference day', 'reference', names, _alone(_day, Asked(whole)))
    names = ('Two bad hours', '糟糕的两小时') if quick else ('Bad day', '糟糕的一天')
    note('bad day', 'bad', names, _alone(_day, Asked('bad_day', quick=quick)))
    for robots, played in () if quick else _growth():
        names = f'{robots} robots until 10:00', f'{robots} 台机器人至 10:00'
        note(f'{robots} robots', f'growth.{robots}', names, played)
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    title = 'Ours and others on the same day', '同一天，不同调度方式'
    page = draw_comparison(list(days.items()), title=title, target=TARGET, lang='en')
    PAGE.write_text(page, 'utf-8')
    times = 3 if quick else 20
    compiled = _alone(_bursts, (True, times))
    plain = _alone(_bursts, (False, times))
    return [*found, _burst(compiled, plain)]


def _alone(work: Callable[[A], R], asked: A) -> R:
    """Do it in a new process: nothing is left over from before, and nothing runs beside it."""
    with ProcessPoolExecutor(1, mp_context=get_context('spawn')) as pool:
        return pool.submit(work, asked).result()


# --- days  ---


def _day(asked: Asked) -> Played:
    wish = Wish(dispatch=asked.dispatch.value)
    setting = load_setting(asked.scenario, wish)
    if asked.quick:
        setting = _two_hours(setting, wish)
    begun = time.process_time()
    result = play(setting, seed=setting.scenario.seed, until=asked.until).result
    return replace(result, lines=(), trails=()), time.process_time() - begun


def _two_hours(asked: Setting, wish: Wish) -> Setting:
    """Return two hours of the small hospital, with the faults and people of the day asked for."""
    small, (starts, lasts) = load_setting('small_hospital', wish), QUICK
    given = asked.scenario
    scenario = replace(
        small.scenario,
        starts=starts,
        lasts=lasts,
        staff=given.staff,
        network=given.network,
        faults=given.faults,
    )
    return Setting(small.file, scenario, small.hospital)


def _growth() -> Iterator[tuple[int, Played]]:
    for robots in GROWTH:
        played = _alone(_day, Asked(f'growth/{robots}_robots', until=TEN))
        yield robots, played
        if played[0].wall_seconds > PATIENCE:
            return


def _names(dispatch: Dispatch, *, quick: bool) -> tuple[str, str]:
    day = (
        ('Two busy hours', '繁忙的两小时')
        if quick
        else ('Reference day until 10:00', '参考日至 10:00')
    )
    how = _HOW[dispatch]
    return f'{day[0]}, {how[0]}', f'{day[1]}，{how[1]}'


_HOW: Final[Mapping[Dispatch, tuple[str, str]]] = {
    Dispatch.RUNS: ('ours', '本系统'),
    Dispatch.NEAREST: (
        'first come, nearest robot, one parcel a trip',
        '先到先得、最近机器人、每趟一件',
    ),
    Dispatch.AUCTION: ('one task at a time by auction', '逐件竞拍'),
    Dispatch.SINGLE: ('most urgent first, one parcel a trip', '紧急优先、每趟一件'),
}


def _figures(key: str, names: tuple[str, str], played: Played) -> list[Figure]:
    """Return what people had of the day, and what it took."""
    (en, zh), (result, seconds) = names, played
    shares = {'all': result.on_time}
    shares |= {Urgency(one.name).value: one.on_time for one in result.by_urgency}
    on_time = {name: 100 * share for name, share in shares.items() if share is not None}
    used = [lift.utilisation for lift in result.lifts]
    took = {
        'wall time': result.wall_seconds,
        'CPU time': seconds,
        'parcels a run': result.parcels_per_run,
        'lifts used': 100 * sum(used) / max(1, len(used)),
        'busiest lift': 100 * max(used, default=0.0),
        'violations': float(len(result.violations)),
        'lost': float(result.lost),
    }
    units = {'wall time': 's', 'CPU time': 's', 'lifts used': '%', 'busiest lift': '%'}
    judged = sum(one.n for one in result.by_urgency)
    return [
        Figure(f'days.{key}.on_time', f'{en}: on time', f'{zh}：准时率', '%', on_time, judged),
        Figure(f'days.{key}.took', f'{en}: what it took', f'{zh}：代价', '', took, 1, units),
    ]


# --- a burst  ---


def _bursts(asked: tuple[bool, int]) -> list[float]:
    """Return the seconds of each of so many bursts, with the solver compiled or not."""
    compiled, times = asked
    if compiled:
        solver.compiled()
    hospital = load_hospital(SHIPPED_MAPS / 'general_hospital')
    pairs, robots, found = possible(hospital), list(hospital.robots)[:20], list[float]()
    for number in range(times):
        simulation = Simulation(hospital, Random(1), robots=robots)
        simulation.run(HEARD)
        begun = time.process_time()
        for goods, sender, recipient in Random(number).sample(pairs, BURST):
            simulation.request(goods, sender=sender, recipient=recipient)
        simulation.manager.tick(simulation.now)
        found.append(time.process_time() - begun)
        left = simulation.state().waiting()
        if left:
            raise RuntimeError(f'{len(left)} of {BURST} requests got no robot')
    return found


def _burst(compiled: list[float], plain: list[float]) -> Figure:
    return Figure(
        'days.burst',
        'Burst of 30 requests at 20 idle robots until all have one, in the kernel',
        '30 个请求同时到达、20 台空闲机器人，至全部分配（内核）',
        'ms',
        spread(compiled, factor=1e3) | {'uncompiled': spread(plain, factor=1e3)['p50']},
        len(compiled),
    )
