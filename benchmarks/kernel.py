"""How much the kernel does in a second, without the outside world.

A simulated hospital (maps/small_hospital, 8 robots, requests as on a busy morning) runs in virtual
time, and everything the kernel was given is written down: each report and command, and each tick.
The same inputs then go into a fresh kernel and only that is timed, ticks and directives included:
once in memory, in CPU time, so that other work of the machine does not count; and once as the
manager does it, with a commit to SQLite on this machine's disk before every answer, in real time.
Both must make the very same events as the recorded run. The reference hospital with all its robots
is timed in memory as well, for its longest decisions.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.figure import Figure, spread
from benchmarks.running_demo import ROBOTS, ROOT
from fleet_manager.adapters.db.store import open_store
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.adapters.sim.demand import possible
from fleet_manager.adapters.sim.simulation import START, Simulation
from fleet_manager.application.kernel import Kernel, Outcome, entry
from fleet_manager.application.ports import Batch, Directive
from fleet_manager.domain.codec import encode
from fleet_manager.domain.maps.model import Hospital
from fleet_manager.domain.messages import Message
from fleet_manager.domain.units import Instant
from fleet_manager.entry.settings import SHIPPED_MAPS

#: A request so often, in simulated ms: all robots are busy. One for 8 robots, one for 20.
REQUEST_EVERY: Final = 60_000
LARGE_REQUEST_EVERY: Final = 20_000
MINUTE: Final = 60_000

#: A message, or None for a tick; and when.
Input = tuple[Message | None, Instant]


def run(quick: bool) -> list[Figure]:
    hospital = load_hospital(SHIPPED_MAPS / 'small_hospital')
    minutes = 15 if quick else 60
    inputs, made = _record(hospital, minutes, ROBOTS, REQUEST_EVERY)
    messages = sum(message is not None for message, _ in inputs)
    memory = _replay(hospital, inputs, None)
    folder = ROOT / 'build' / 'benchmarks'
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as here:
        durable = _replay(hospital, inputs, Path(here) / 'fleet.db')
    if not memory.events == durable.events == made:
        raise RuntimeError('the same messages made other events')
    large = load_hospital(SHIPPED_MAPS / 'general_hospital')
    many, _ = _record(large, minutes, len(large.robots), LARGE_REQUEST_EVERY)
    slowest = _replay(large, many, None).ticks
    simulated = minutes * 60
    return [
        Figure(
            'kernel.memory',
            'Kernel in memory, 8 robots: messages a second, speed',
            '内核（内存中，8 台机器人）：每秒消息数、速度',
            '/s',
            {'': messages / memory.seconds, 'real time': simulated / memory.seconds},
            messages,
            {'real time': '×'},
        ),
        Figure(
            'kernel.durable',
            'The same with every turn committed to SQLite',
            '同上，每一轮都提交到 SQLite',
            '/s',
            {'': messages / durable.seconds, 'real time': simulated / durable.seconds},
            messages,
            {'real time': '×'},
        ),
        Figure(
            'kernel.tick',
            'One decision (tick) of the kernel',
            '内核一次决策（tick）',
            'ms',
            spread(memory.ticks, factor=1e3) | {'max': max(memory.ticks) * 1e3},
            len(memory.ticks),
        ),
        Figure(
            'kernel.tick.large',
            'The same for 20 robots in the reference hospital (2,000 beds, 15 floors)',
            '同上，参考医院（2,000 床、15 层）20 台机器人',
            'ms',
            spread(slowest, factor=1e3) | {'max': max(slowest) * 1e3},
            len(slowest),
        ),
    ]


def _record(hospital: Hospital, minutes: int, robots: int, every: int) -> tuple[list[Input], int]:
    """Run a hospital; return what its kernel was given, and how many events came of it."""
    simulation = Simulation(hospital, Random(1), robots=list(hospital.robots)[:robots])
    manager, inputs = simulation.manager, []
    handle, tick = manager.handle, manager.tick

    def recorded(message: Message, now: Instant) -> object:
        inputs.append((message, now))
        return handle(message, now)

    def recorded_tick(now: Instant) -> None:
        inputs.append((None, now))
        tick(now)

    manager.handle, manager.tick = recorded, recorded_tick
    wanted = _requests(hospital)
    for number in range(minutes * MINUTE // every):
        goods, sender, recipient = wanted(number)
        simulation.request(goods, sender=sender, recipient=recipient)
        simulation.run(every)
    return inputs, len(manager.journal)


def _requests(hospital: Hospital) -> Callable[[int], tuple[str, str, str]]:
    """Return who asks for what: every pair of stations in turn, mixed."""
    pairs = list(possible(hospital))
    Random(2).shuffle(pairs)
    return lambda number: pairs[number % len(pairs)]


@dataclass(slots=True)
class _Result:
    seconds: float
    events: int
    ticks: list[float]


def _replay(hospital: Hospital, inputs: list[Input], file: Path | None) -> _Result:
    """Give a fresh kernel the inputs; time the kernel, and the store where there is one."""
    clock = time.thread_time if file is None else time.perf_counter
    gc.collect()
    gc.freeze()  # the recording is no part of a kernel's memory: it is not looked through
    kernel = Kernel(hospital)
    store = open_store(f'sqlite:///{file}') if file is not None else None
    if store is not None:
        store.take_over(holder='benchmark', now=START)
    result = _Result(0.0, 0, [])
    begun = clock()
    try:
        outcome = kernel.start(epoch=1, now=START)
        pending = list(outcome.events)
        for message, now in inputs:
            if message is not None:
                pending += kernel.handle(message, now).events
                continue
            start = clock()
            pending += kernel.tick(now).events
            result.ticks.append(clock() - start)
            changed = kernel.changed_directives()
            if store is not None and (pending or changed):
                store.commit(_batch(Outcome(tuple(pending)), changed), now=now)
            result.events += len(pending)
            pending.clear()
        result.seconds = clock() - begun
    finally:
        if store is not None:
            store.close()
    return result


def _batch(outcome: Outcome, changed: dict[str, Directive]) -> Batch:
    return Batch(
        tuple(entry(at, event) for at, event in outcome.events),
        tuple((name, number, encode(one)) for number, (name, one) in enumerate(changed.items())),
    )
