"""Ways to break the controller, one mechanism each, and a day hard enough to show it.

A mutant is the real code with one mechanism taken out. `problem_of` plays a day with it and says
what an oracle, an invariant or the end of the day found first.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.files.scenario import load_scenario
from fleet_manager.adapters.sim.day.day import Day
from fleet_manager.adapters.sim.day.manager import DayManager
from fleet_manager.adapters.sim.day.robots import DayRobot
from fleet_manager.adapters.sim.day.world import DayWorld
from fleet_manager.adapters.sim.manager import SimManager
from fleet_manager.application import directives, observe, request_delivery
from fleet_manager.application.days.scenario import FaultKind, GoodsDemand, Scenario
from fleet_manager.domain.dispatch import bays, offers, plan_runs, runs, solver
from fleet_manager.domain.errors import InvariantBroken
from fleet_manager.domain.ids import NodeId
from fleet_manager.domain.lifts import sessions
from fleet_manager.domain.maps.model import Hospital, NodeKind, Station
from fleet_manager.domain.maps.serialise import with_version
from fleet_manager.domain.messages import Purpose
from fleet_manager.domain.traffic import claims, plan, release
from fleet_manager.domain.units import HOUR, MINUTE, SECOND, Instant

ROOT: Final = Path(__file__).parents[2]
#: The day is the swarm's half day in one hour: what goes wrong comes so much more often.
TIMES: Final = 4
LASTS, CALM = HOUR, 3 * HOUR

Original = Callable[..., Any]
Change = tuple[Any, str, Callable[[Original], Original]]


@dataclass(frozen=True, slots=True)
class Mutant:
    """`name` is the mechanism, `broken` says what the mutant does instead.

    `first` is a seed that shows it: tests begin there, benchmarks with 1.
    """

    name: str
    broken: str
    changes: tuple[Change, ...]
    first: int = 1


@cache
def hard_day() -> Scenario:
    """Return the swarm's half day in one hour, with waste and soiled linen."""
    swarm = load_scenario(ROOT / 'scenarios' / 'swarm.yaml').scenario
    rates = {FaultKind.MANAGER_CRASHES: 30, FaultKind.MANAGER_FREEZES: 10}
    faults = tuple(
        replace(one, per_day=one.per_day * rates.get(one.kind, TIMES)) for one in swarm.faults
    )
    hours = (1.0,) * 24
    counts = {'waste': 150, 'soiled': 100, 'controlled': 100}
    more = tuple(GoodsDemand(goods, count, hours) for goods, count in counts.items())
    quick = (5 * SECOND, 10 * SECOND, 25 * SECOND)
    return replace(
        swarm,
        starts=8 * HOUR,
        lasts=LASTS,
        calm=CALM,
        faults=faults,
        demand=replace(swarm.demand, goods=(*swarm.demand.goods, *more), rounds=(), factor=1.5),
        staff=replace(swarm.staff, load=quick),
    )


@cache
def house() -> Hospital:
    """Return the small hospital, with wards that send what is dirty, and a cleaning bay."""
    small = load_hospital(ROOT / 'maps' / 'small_hospital')

    def also(station: Station) -> Station:
        dirty = ('soiled', 'waste')
        if station.kind == 'ward':
            return replace(station, sends=(*station.sends, *dirty))
        if station.kind == 'stores':
            return replace(station, takes=(*station.takes, *dirty))
        return station

    bath = NodeId('L1.park-4')
    nodes = {**small.nodes, bath: replace(small.nodes[bath], kind=NodeKind.CLEANING)}
    stations = {name: also(one) for name, one in small.stations.items()}
    return with_version(replace(small, nodes=nodes, stations=stations))


def problem_of(mutant: Mutant | None, seed: int) -> str:
    """Play a day with a mutant, or the real code; return what was wrong first, or ''."""
    with ExitStack() as stack:
        for owner, name, change in mutant.changes if mutant else ():
            stack.enter_context(patch.object(owner, name, change(getattr(owner, name))))
        solver.compiled()
        day = Day(hard_day(), house(), seed=seed)
        try:
            while day.heap.now < day.requests.ends + CALM and not day.oracle.violations:
                day.run(until=Instant(day.heap.now + 5 * MINUTE))
                if day.heap.now >= day.requests.ends and day.is_calm():
                    break
            result = day.result_so_far()
        except InvariantBroken as error:
            return str(error)
    if result.violations:
        return result.violations[0]
    if result.lost or result.custody_gaps:
        return f'{result.lost} lost, {result.custody_gaps} gaps in custody'
    return f'{result.open} never ended' if result.open else ''


def seeds_until_caught(mutant: Mutant, *, first: int, most: int) -> tuple[int, str]:
    """Return how many seeds it took, and what was found; 0 if none of `most` showed anything."""
    for tried in range(most):
        found = problem_of(mutant, first + tried)
        if found:
            return tried + 1, found
    return 0, ''


def always(value: object) -> Callable[[Original], Original]:
    """Replace a function by one that always says the same."""
    return lambda original: lambda *args, **named: value


# --- what is broken  ---


def _key_of_its_own(original: Original) -> Original:
    numbers = itertools.count()
    return lambda account, key: original(account, f'{key} {next(numbers)}')


def _opens_again(original: Original) -> Original:
    def tend(robot: DayRobot) -> None:
        order, before = robot.order, robot.last_grant
        if order is not None and order.grant and robot.last_grant >= order.grant:
            robot.last_grant = order.grant - 1
        original(robot)
        robot.last_grant = max(before, robot.last_grant)

    return tend


def _repeats_nothing(original: Original) -> Original:
    del original
    return lambda manager: None


def _heeds_any_epoch(original: Original) -> Original:
    def hear(robot: DayRobot, order: Any) -> None:
        if order.epoch < robot.epoch:
            robot.epoch = order.epoch
        original(robot, order)

    return hear


def _keeps_its_kernel(original: Original) -> Original:
    def freeze(manager: Any) -> None:
        _frozen[id(manager)] = manager.core.kernel
        original(manager)

    return freeze


def _decides_when_it_wakes(original: Original) -> Original:
    """The manager that was replaced takes in its mail, decides and sends, before it notices."""

    def wake(manager: Any) -> None:
        kernel = _frozen.pop(id(manager), None)
        if manager._frozen_at is None and manager._stale and kernel is not None:
            now = manager._heap.now
            for report in _heard.pop(id(manager), {}).values():
                kernel.handle(report, now)
            kernel.tick(now)
            manager._stale = kernel.directives()
        original(manager)

    return wake


def _keeps_its_mail(original: Original) -> Original:
    def receive(manager: Any, device: str, report: Any) -> None:
        if id(manager) in _frozen:
            _heard.setdefault(id(manager), {})[device] = report
        original(manager, device, report)

    return receive


_frozen: dict[int, Any] = {}
_heard: dict[int, dict[str, Any]] = {}


def _answers_first(original: Original) -> Original:
    """Write down what a command did at the next decision only."""

    def handle(manager: Any, message: Any, now: Any) -> Any:
        outcome = manager.kernel.handle(message, now)
        if outcome.reply is None:
            manager._commit(outcome)
        else:
            _unwritten.setdefault(id(manager), []).append(outcome)
        return outcome.reply

    del original
    return handle


def _writes_late(original: Original) -> Original:
    def tick(manager: Any, now: Any) -> None:
        for outcome in _unwritten.pop(id(manager), []):
            manager._commit(outcome)
        original(manager, now)

    return tick


def _loses_what_is_not_written(original: Original) -> Original:
    def crash(manager: Any, now: Any, **named: Any) -> None:
        _unwritten.pop(id(manager), None)
        original(manager, now, **named)

    return crash


_unwritten: dict[int, list[Any]] = {}


def _without_exit_cell(original: Original) -> Original:
    def ride(hospital: Any, whole: Any, slot: Any, behind: Any, *, inside: int) -> Any:
        board, alight = original(hospital, whole, slot, behind, inside=inside)
        return [replace(board, claims=slot), alight]

    return ride


def _one_step_ahead(original: Original) -> Original:
    """Take a place for left as soon as the robot drives off."""

    def note(turn: Any, robot: Any, report: Any) -> None:
        ahead = report.last_sequence + (report.mode == 'driving')
        original(turn, robot, replace(report, last_sequence=ahead))

    return note


def _drives_while_open(original: Original) -> Original:
    def is_held(robot: DayRobot) -> bool:
        opened, robot._open = robot._open, None
        held = bool(original(robot))
        robot._open = opened
        return held

    return is_held


def _shut_at_once(original: Original) -> Original:
    """Take a compartment for shut, and the parcel for moved, as soon as it was opened."""

    def compartment(delivery: Any, report: Any) -> Any:
        found, opening = original(delivery, report), delivery.opening
        if found is None or opening is None:
            return found
        inside = opening.purpose is Purpose.PICK_UP
        return replace(found, closed=True, locked=True, occupied=inside)

    return compartment


def _believes_the_hand(original: Original) -> Original:
    """Take a parcel for loaded or taken when the compartment is shut, whatever is in it."""

    def compartment(delivery: Any, report: Any) -> Any:
        found, opening = original(delivery, report), delivery.opening
        if found is None or opening is None:
            return found
        return replace(found, occupied=opening.purpose is Purpose.PICK_UP)

    return compartment


def _as_if_clean(original: Original) -> Original:
    return lambda *args: replace(original(*args), soiled=False)


def _beside_any(original: Original) -> Original:
    return lambda *args: replace(original(*args), apart=frozenset(), direct=False)


def _one_box_only(original: Original) -> Original:
    del original
    return lambda inside, delivery: inside.compartment == delivery.compartment


def _front_of_the_line(original: Original) -> Original:
    del original
    return lambda line, new, slots: 0


def _looks_at_no_lift(original: Original) -> Original:
    def is_open_for(world: Any, robot: Any, node: Any) -> bool:
        return bool(node.lift) or bool(original(world, robot, node))

    return is_open_for


def _lets_go_too_early(original: Original) -> Original:
    """Have a door shut once its robot says that it drives."""

    def wanted(turn: Any) -> frozenset[Any]:
        said = turn.sensed.robots
        driving = {
            one.hops[0].door
            for one in turn.robots()
            if one.released > one.done and one.id in said and said[one.id].report.speed > 0
        }
        return frozenset(original(turn) - driving)

    return wanted


#: Robots look at the car themselves: what the manager lets through is seen without that only.
LOOKS_AT_NO_LIFT: Final[Change] = (DayWorld, 'is_open_for', _looks_at_no_lift)

MUTANTS: Final = (
    Mutant(
        'idempotency key',
        'a request asked for twice under one key is two deliveries',
        ((request_delivery, 'key_of', _key_of_its_own),),
    ),
    Mutant(
        'dedupe of grants',
        'a robot opens again for a grant it opened for already',
        ((DayRobot, '_tend_compartment', _opens_again),),
    ),
    Mutant(
        'pending commands',
        'what was said to devices is not said again until it is done',
        ((DayManager, '_repeat', _repeats_nothing), (DayManager, '_ask_on', _repeats_nothing)),
    ),
    Mutant(
        'fencing',
        'a manager that was replaced decides and is obeyed when it wakes',
        (
            (DayRobot, 'hear', _heeds_any_epoch),
            (DayManager, 'freeze', _keeps_its_kernel),
            (DayManager, 'receive', _keeps_its_mail),
            (DayManager, 'wake', _decides_when_it_wakes),
        ),
        first=18,
    ),
    Mutant(
        'hop rule: head of the line',
        'a robot is let onto a place that another one has or gets first',
        ((claims, 'is_head', always(True)),),
    ),
    Mutant(
        'hop rule: order of the lines',
        'a new plan is put before all others (P1)',
        ((plan, '_fit', _front_of_the_line),),
    ),
    Mutant(
        'exit cell',
        'a robot rides without having the place it gets out to',
        ((plan, '_ride', _without_exit_cell),),
    ),
    Mutant(
        'free after leaving',
        'a place is free as soon as the robot drives off',
        ((observe, '_note_progress', _one_step_ahead),),
    ),
    Mutant(
        'hygiene: cleaning',
        'clean goods are carried after dirty ones, without cleaning',
        (
            (offers, 'may_carry', always(True)),
            (bays, 'needs_cleaning', always(False)),
            (plan_runs, '_vehicle', _as_if_clean),
        ),
    ),
    Mutant(
        'hygiene: apart',
        'goods that must be apart are put into one run',
        ((plan_runs, '_parcel', _beside_any), (runs, '_bar', _one_box_only)),
        first=3,
    ),
    Mutant(
        'journal before reply',
        'a command is answered before it is written',
        (
            (SimManager, 'handle', _answers_first),
            (SimManager, 'tick', _writes_late),
            (SimManager, 'crash', _loses_what_is_not_written),
        ),
        first=5,
    ),
    Mutant(
        'closed while driving',
        'a compartment that was opened counts as shut, for the manager and the robot',
        (
            (observe, '_compartment', _shut_at_once),
            (release, '_is_shut', always(True)),
            (DayRobot, '_is_held', _drives_while_open),
        ),
    ),
    Mutant(
        'custody by the sensor',
        'a parcel counts as loaded when the compartment is shut, whatever is in it',
        ((observe, '_compartment', _believes_the_hand),),
        first=2,
    ),
    Mutant(
        'boarding',
        'a robot is let into a car that is not there, not open or not its own',
        ((sessions, 'may_board', always(True)), LOOKS_AT_NO_LIFT),
    ),
    Mutant(
        'alighting',
        'a robot is let out of a car that is under way',
        ((sessions, 'may_alight', always(True)), LOOKS_AT_NO_LIFT),
    ),
    Mutant(
        'doors held open',
        'a door is told to shut while its robot drives through',
        ((directives, 'wanted_doors', _lets_go_too_early),),
    ),
)
