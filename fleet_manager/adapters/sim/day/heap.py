"""Virtual time: one heap of what is due when. No wall clock, no sleep."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable

from fleet_manager.domain.units import Instant

Action = Callable[[], None]


class Heap:
    """What is due at one time happens in the order in which it was scheduled.

    `now` is the time of what happens at the moment, `events` how much has happened so far.
    """

    def __init__(self, start: Instant) -> None:
        self.now = start
        self.events = 0
        self._queue: list[tuple[int, int, Action]] = []
        self._at_once: deque[Action] = deque()
        self._made = 0

    def at(self, when: int, action: Action) -> None:
        """Let `action` happen at `when`; at once, after what is due now, when that is over."""
        if when <= self.now:
            self._at_once.append(action)
        else:
            self._made += 1
            heapq.heappush(self._queue, (when, self._made, action))

    def after(self, span_ms: int, action: Action) -> None:
        """Let `action` happen `span_ms` from now."""
        self.at(self.now + span_ms, action)

    def run_until(self, end: Instant) -> None:
        """Let everything happen that is due up to and at `end`. Then it is `end`."""
        queue, at_once = self._queue, self._at_once
        while True:
            if queue and queue[0][0] <= self.now:  # was scheduled before it was now
                action = heapq.heappop(queue)[2]
            elif at_once:
                action = at_once.popleft()
            elif queue and queue[0][0] <= end:
                self.now = Instant(queue[0][0])
                continue
            else:
                break
            self.events += 1
            action()
        self.now = max(self.now, end)
