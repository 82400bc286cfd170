"""A progress bar for people: simulated time, on time so far, how many times real time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

#: Seconds between two looks of the bar.
_TOLD: Final = 0.2


class Tell(Protocol):
    """Shows how far it is."""

    def __call__(self, done: float, text: str) -> None:
        """Show a share 0..1 and a text beside it."""


@contextmanager
def bar(what: str) -> Iterator[Tell]:
    """Show a bar on a terminal, nothing elsewhere; it goes when the work is done."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda done, text: None
        return
    columns = (
        TextColumn('{task.description}'),
        BarColumn(),
        TextColumn('{task.percentage:>3.0f} %'),
        TextColumn('{task.fields[said]}'),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=1.0, said='')
        told = 0.0

        def tell(done: float, text: str) -> None:
            nonlocal told
            if time.monotonic() - told > _TOLD:
                told = time.monotonic()
                progress.update(task, completed=min(done, 1.0), said=text)

        yield tell
