"""A thread that does the same again and again, as long as the manager runs."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Repeated:
    """Calls `step` in a thread of its own until it is stopped.

    `step` returns in how many seconds it is called again, None for never. Where it takes long it
    looks at `stopping`, or waits by `wait`.
    """

    def __init__(self, step: Callable[[], float | None], *, name: str, first: float) -> None:
        """`first` is in how many seconds after the start it is called first."""
        self._step, self._first = step, first
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def stopping(self) -> bool:
        """Whether it is to end."""
        return self._stop.is_set()

    def start(self) -> None:
        """Begin. Once: what was stopped is made anew."""
        self._thread.start()

    def stop(self, *, within: float) -> None:
        """End after the call under way, which is waited for so many seconds at most."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(within)

    def wait(self, seconds: float) -> bool:
        """Wait, in a call; return whether it was stopped meanwhile."""
        return self._stop.wait(seconds)

    def _run(self) -> None:
        pause: float | None = self._first
        while pause is not None and not self._stop.wait(pause):
            pause = self._step()
