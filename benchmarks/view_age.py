"""How old the position of a driving robot is that an operator looks at.

Definition: at a moment t the page shows some pose of a robot. The robot last said that pose on
ROS 2 at a moment s, noted by a listener beside the manager. The age is t - s. It is sampled every
10 ms of the time in which the robot was driving (its poses before and after t differ), for every
robot, so it holds everything: the way into the manager, decisions, commits, the picture, its
encoding, the socket, and the wait until the next picture. What it leaves out is the way from the
robot's sensors to its message. All moments are of the machine's one monotonic clock, not of the
manager's. Measured alone, and beside 50 other pages of which 10 never read.
"""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from benchmarks.crowd import Crowd
from benchmarks.figure import Figure, percentile, spread
from benchmarks.pages import Page, heard, page_of
from benchmarks.running_demo import RunningDemo
from benchmarks.wire import Wire

SAMPLE_SECONDS: Final = 0.01
#: A robot that says two different poses within this time is driving.
DRIVING_SECONDS: Final = 0.5
#: Busy staff, so that several robots drive.
STAFF: Final = 1_800.0
DRIVING_STATES: Final = ('to_pick_up', 'to_hand_over', 'parking')
READING, SILENT = 40, 10

#: A pose as both sides write it: floor, x, y in millimetres.
Pose = tuple[str, int, int]
#: When, and which.
Seen = tuple[float, Pose]


def run(quick: bool) -> list[Figure]:
    with RunningDemo(staff=STAFF) as demo:
        alone, crowded = asyncio.run(_measure(demo, 8.0 if quick else 25.0))
    ratio = percentile(crowded, 0.5) / percentile(alone, 0.5)
    return [
        Figure(
            'view_age.alone',
            'Age of a driving robot’s position on the operator’s page',
            '运营员页面上行驶中机器人位置的滞后',
            'ms',
            spread(alone, factor=1e3),
            len(alone),
        ),
        Figure(
            'view_age.crowded',
            'The same beside 50 other pages, 10 of which never read',
            '同上，另有 50 个页面打开，其中 10 个从不读取',
            'ms',
            spread(crowded, factor=1e3) | {'against alone': ratio},
            len(crowded),
            {'against alone': '×'},
        ),
    ]


async def _measure(demo: RunningDemo, seconds: float) -> tuple[list[float], list[float]]:
    async with page_of(demo, 'operator') as page:
        robots = sorted((await page.state())['robot'])
        await page.wait_for(_three_drive, seconds=60, what='three driving robots')
        with Wire(robots, domain=demo.domain) as wire:
            alone = await _watch(page, seconds)
            with Crowd(demo.url, page.cookie, reading=READING, silent=SILENT):
                crowded = await _watch(page, seconds)
    said = _said(wire.said)
    return _ages(said, alone), _ages(said, crowded)


async def _watch(page: Page, seconds: float) -> dict[str, list[Seen]]:
    """Note each new pose of each robot on the page, with the moment it was there."""
    shown: dict[str, list[Seen]] = defaultdict(list)
    end = time.monotonic() + seconds
    async with page.feed() as feed:
        async for at, message in heard(feed):
            if at > end:
                break
            entities = message.get('set') or message.get('entities') or {}
            for name, robot in entities.get('robot', {}).items():
                if robot['x'] is not None:
                    pose = _pose(robot['floor'], robot['x'], robot['y'])
                    if not shown[name] or shown[name][-1][1] != pose:
                        shown[name].append((at, pose))
    return shown


def _said(lines: Sequence[list[Any]]) -> dict[str, list[Seen]]:
    """Return what each robot said about its place, in order."""
    said: dict[str, list[Seen]] = defaultdict(list)
    for kind, robot, *rest in lines:
        if kind == 'pose':
            floor, x, y, at = rest
            said[robot].append((at, _pose(floor, x, y)))
    return said


def _pose(floor: str, x: float, y: float) -> Pose:
    return floor, round(x * 1_000), round(y * 1_000)


def _ages(said: dict[str, list[Seen]], shown: dict[str, list[Seen]]) -> list[float]:
    """Return the age of every robot's shown pose at every sample of its driving time."""
    ages: list[float] = []
    for robot, seen in shown.items():
        words = said[robot]
        times = [at for at, _ in words]
        for (begin, pose), (end, _) in pairwise(seen):
            moment = begin
            while moment < end:
                spoken = _last_said(words, times, pose, before=moment)
                if spoken is not None and _drives(words, times, moment):
                    ages.append(moment - spoken)
                moment += SAMPLE_SECONDS
    if not ages:
        raise RuntimeError('no robot was driving')
    return ages


def _last_said(
    words: Sequence[Seen], times: Sequence[float], pose: Pose, *, before: float
) -> float | None:
    """Return when `pose` was said last; None when that was before we listened."""
    index = bisect_right(times, before) - 1
    while index >= 0 and words[index][1] != pose:
        index -= 1
    return times[index] if index >= 0 else None


def _drives(words: Sequence[Seen], times: Sequence[float], moment: float) -> bool:
    after = bisect_right(times, moment)
    if not 0 < after < len(words):
        return False
    (earlier, before), (later, then) = words[after - 1], words[after]
    return before != then and later - earlier <= DRIVING_SECONDS


def _three_drive(entities: dict[str, Any]) -> bool:
    return sum(r['state'] in DRIVING_STATES for r in entities.get('robot', {}).values()) >= 3
