"""The newest picture, for whoever looks: pages, the simulated staff, tests."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from fleet_manager.application.ports import View
from fleet_manager.application.space_time import Traffic
from fleet_manager.domain.units import Instant


class ViewHub:
    """Holds the newest view and calls listeners from the runner's thread. They must not block."""

    def __init__(self) -> None:
        self._view = View(0, Instant(0), {})
        self._listeners: dict[int, Callable[[View], None]] = {}
        self._lock = threading.Lock()
        self._tickets = 0

    def current(self) -> View:
        """Return the newest view."""
        return self._view

    def subscribe(self, listener: Callable[[View], None]) -> Callable[[], None]:
        """Call `listener` at each new view, until the returned function is called."""
        with self._lock:
            self._tickets += 1
            ticket = self._tickets
            self._listeners[ticket] = listener

        def leave() -> None:
            with self._lock:
                self._listeners.pop(ticket, None)

        return leave

    def publish(
        self,
        entities: Mapping[str, Mapping[str, Mapping[str, Any]]],
        now: Instant,
        traffic: Traffic | None = None,
    ) -> None:
        """Show a new picture. `entities` must not change afterwards."""
        self._view = View(self._view.seq + 1, now, entities, traffic)
        with self._lock:
            listeners = list(self._listeners.values())
        for listener in listeners:
            listener(self._view)
