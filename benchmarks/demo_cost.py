"""What the demo costs this machine: 8 robots, busy simulated staff, one operator page open.

CPU time of each process over the window, as a share of one core; memory at its end: resident
(RSS), and proportional (PSS), in which what several processes share is counted once. The start
time is that of `fleet demo` in an empty folder until its pages answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any, Final

import psutil

from benchmarks.figure import Figure
from benchmarks.pages import heard, page_of
from benchmarks.running_demo import RunningDemo
from benchmarks.view_age import STAFF

_ZH: Final = {
    'demo': '守护进程',
    'building': '楼宇仿真',
    'robots': '8 台机器人',
    'manager': '调度程序与网页',
    'all': '合计',
}
_EN: Final = {
    'demo': 'the watcher',
    'building': 'simulated building',
    'robots': '8 robots’ programs',
    'manager': 'fleet manager with pages',
    'all': 'all together',
}
_WARM_SECONDS: Final = 8.0


def run(quick: bool) -> list[Figure]:
    seconds = 10.0 if quick else 30.0
    with RunningDemo(staff=STAFF) as demo:
        shares, memory = asyncio.run(_measure(demo, seconds))
        begun = demo.start_seconds
    shares['all'] = sum(shares.values())
    memory['all'] = {kind: sum(one[kind] for one in memory.values()) for kind in memory['manager']}
    start = Figure(
        'demo_cost.start',
        '`fleet demo`, first start → pages answer',
        '`fleet demo` 首次启动 → 页面可用',
        's',
        {'': begun},
    )
    return [start, *(_figure(part, shares[part], memory[part]) for part in shares)]


def _figure(part: str, share: float, memory: dict[str, float]) -> Figure:
    return Figure(
        f'demo_cost.{part}',
        f'Demo, {_EN[part]}: share of a core, memory',
        f'演示：{_ZH[part]}（单核占用、内存）',
        'MB',
        {'': share * 100} | memory,
        units={'': '%'},
    )


async def _measure(
    demo: RunningDemo, seconds: float
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    async with page_of(demo, 'operator') as page, page.feed() as feed:

        async def look() -> None:
            async for _ in heard(feed):
                pass

        looking = asyncio.create_task(look())
        await asyncio.sleep(_WARM_SECONDS)
        parts = demo.parts()
        before = {part: _cpu(process) for part, process in parts.items()}
        begun = time.monotonic()
        await asyncio.sleep(seconds)
        took = time.monotonic() - begun
        shares = {part: (_cpu(process) - before[part]) / took for part, process in parts.items()}
        memory = {part: _memory(process) for part, process in parts.items()}
        looking.cancel()
    return shares, memory


def _cpu(process: psutil.Process) -> float:
    times: Any = process.cpu_times()
    return float(times.user + times.system)


def _memory(process: psutil.Process) -> dict[str, float]:
    found = {'RSS': process.memory_info().rss / 2**20}
    with contextlib.suppress(psutil.AccessDenied):
        found['PSS'] = process.memory_full_info().pss / 2**20
    return found
