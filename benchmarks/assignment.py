"""From a ward's tap to its receipt, and to "robot N is coming".

A ward page of a running demo (8 robots, nobody else there) asks for a drug. The clock starts when
its HTTP POST is sent. It stops when the 201 is back: the request is on the disk then, and the
picture shows it. A second clock stops when the ward's live feed names the robot. Each request is
cancelled afterwards; a random pause keeps us out of step with the manager's own rhythm.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from benchmarks.figure import Figure, spread
from benchmarks.pages import Page, heard, page_of
from benchmarks.running_demo import ROBOTS, RunningDemo

WARD = 'n2w'
WANTED = {'goods': 'drug', 'sender': 'pharmacy', 'recipient': WARD}
ASSIGNED_SECONDS = 20.0


def run(quick: bool) -> list[Figure]:
    with RunningDemo() as demo:
        accepted, assigned = asyncio.run(_measure(demo, 20 if quick else 60))
    return [
        Figure(
            'assignment.accepted',
            'Tap → accepted: on disk and answered',
            '点击 → 已受理（已落盘并答复）',
            'ms',
            spread(accepted, factor=1e3),
            len(accepted),
        ),
        Figure(
            'assignment.assigned',
            'Tap → the ward sees which robot comes',
            '点击 → 病区看到派来的机器人',
            'ms',
            spread(assigned, factor=1e3),
            len(assigned),
        ),
    ]


async def _measure(demo: RunningDemo, requests: int) -> tuple[list[float], list[float]]:
    rng = random.Random(1)
    accepted, assigned = [], []
    async with page_of(demo, 'operator') as operator:
        await operator.wait_for(_all_in_service, seconds=30, what='robots in service')
    async with page_of(demo, WARD) as ward:
        follower = _Follower(ward)
        reading = asyncio.create_task(follower.read())
        try:
            await follower.begun.wait()
            for number in range(requests):
                await asyncio.sleep(rng.uniform(0.1, 0.4))
                one = await _request(ward, follower, number)
                accepted.append(one[0])
                assigned.append(one[1])
        finally:
            reading.cancel()
    return accepted, assigned


async def _request(ward: Page, follower: _Follower, number: int) -> tuple[float, float]:
    key = f'benchmark-{number:04d}-{time.monotonic_ns()}'
    tapped = time.monotonic()
    answer = await ward.post('/api/v1/deliveries', json=WANTED, headers={'idempotency-key': key})
    answered = time.monotonic()
    if answer.status_code != 201:
        raise RuntimeError(f'{answer.status_code}: {answer.text[:200]}')
    delivery = answer.json()['id']
    at = await follower.wait(follower.assigned, delivery)
    await ward.post(f'/deliveries/{delivery}/cancel')
    await follower.wait(follower.cancelled, delivery)
    return answered - tapped, at - tapped


class _Follower:
    """Notes when the feed first showed a delivery with a robot, and as cancelled."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._news = asyncio.Event()
        self.begun = asyncio.Event()
        self.assigned: dict[str, float] = {}
        self.cancelled: dict[str, float] = {}

    async def read(self) -> None:
        async with self._page.feed() as feed:
            async for at, message in heard(feed):
                self.begun.set()
                for name, delivery in message.get('set', {}).get('delivery', {}).items():
                    if delivery['robot'] is not None:
                        self.assigned.setdefault(name, at)
                    if delivery['state'] == 'cancelled':
                        self.cancelled.setdefault(name, at)
                self._news.set()

    async def wait(self, noted: dict[str, float], delivery: str) -> float:
        async with asyncio.timeout(ASSIGNED_SECONDS):
            while delivery not in noted:
                self._news.clear()
                await self._news.wait()
        return noted[delivery]


def _all_in_service(entities: dict[str, Any]) -> bool:
    fleet = entities.get('fleet', {}).get('fleet', {})
    return bool(fleet.get('robots_available') == ROBOTS)
