"""From `kill -9` of the manager to a working one, in a running demo with busy staff.

Two clocks start at the kill. The first stops when `/readyz` says 200 again. The second stops when
each of the 8 robots has been sent an order under the new epoch, as heard on ROS 2. Both hold the
half second the demo waits before it starts a process again.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Sequence
from typing import Any, Final

from benchmarks.figure import Figure, percentile
from benchmarks.running_demo import ROBOTS, RunningDemo, wait_until
from benchmarks.wire import Wire
from fleet_manager.adapters.files.hospital import load_hospital
from fleet_manager.entry.settings import SHIPPED_MAPS

STAFF: Final = 1_800.0
#: The manager lives so long between two kills: longer than what counts as a healthy start.
LIVES_SECONDS: Final = (5.2, 6.2)
BACK_SECONDS: Final = 30.0


def run(quick: bool) -> list[Figure]:
    robots = list(load_hospital(SHIPPED_MAPS / 'small_hospital').robots)[:ROBOTS]
    rng = random.Random(1)
    ready, ordered = [], []
    with RunningDemo(staff=STAFF) as demo, Wire(robots, domain=demo.domain) as wire:
        for _ in range(3 if quick else 10):
            time.sleep(rng.uniform(*LIVES_SECONDS))
            back = _kill(demo, wire)
            ready.append(back[0])
            ordered.append(back[1])
    return [
        Figure(
            'recovery.ready',
            'kill -9 of the manager → ready again',
            '强制终止调度程序（kill -9）→ 重新就绪',
            's',
            {'p50': percentile(ready, 0.5), 'max': max(ready)},
            len(ready),
        ),
        Figure(
            'recovery.orders',
            'kill -9 of the manager → every robot has new orders',
            '强制终止调度程序 → 所有机器人收到新指令',
            's',
            {'p50': percentile(ordered, 0.5), 'max': max(ordered)},
            len(ordered),
        ),
    ]


def _kill(demo: RunningDemo, wire: Wire) -> tuple[float, float]:
    """Kill the manager; return the seconds until it is ready, and until all robots have orders."""
    epoch = max((row[2] for row in _orders(wire)), default=0)
    killed = time.monotonic()
    os.kill(demo.parts()['manager'].pid, signal.SIGKILL)
    wait_until(demo.is_ready, seconds=BACK_SECONDS, what='manager')
    ready = time.monotonic()

    def first_orders() -> dict[str, float]:
        found: dict[str, float] = {}
        for _, robot, number, at in _orders(wire):
            if number > epoch:
                found.setdefault(robot, at)
        return found

    wait_until(
        lambda: len(first_orders()) == ROBOTS, seconds=BACK_SECONDS, what='order for every robot'
    )
    return ready - killed, max(first_orders().values()) - killed


def _orders(wire: Wire) -> Sequence[list[Any]]:
    return [row for row in list(wire.said) if row[0] == 'order']
