"""Many days side by side: processes of this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Final, TypeVar

#: Jobs that wait at each worker, so that none is ever idle.
_AHEAD: Final = 3

_Task = TypeVar('_Task')
_Done = TypeVar('_Done')


class NoWorkers(Exception):
    """There are no workers, or they died; the text says why."""


def side_by_side(
    work: Callable[[_Task], _Done],
    tasks: Iterable[_Task],
    executor: Executor,
    *,
    jobs: int,
    note: Callable[[_Done], None],
) -> bool:
    """Do all tasks; `note` hears of each as it ends. Returns False when Ctrl-C ended it.

    Raises NoWorkers when a worker died.
    """
    left = iter(tasks)
    running: set[Future[_Done]] = set()
    try:
        while True:
            while len(running) < jobs * _AHEAD and (task := next(left, None)) is not None:
                running.add(executor.submit(work, task))
            if not running:
                return True
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                note(future.result())
    except KeyboardInterrupt:
        for future in running:
            future.cancel()
        return False
    except BrokenExecutor:
        raise NoWorkers(
            'a worker died, perhaps for want of memory: try fewer --jobs; what was played is kept'
        ) from None


@contextmanager
def executor_of(jobs: int, scheduler: str) -> Iterator[Executor]:
    """Give a pool of processes on this machine, or the one of a Dask cluster.

    Raises NoWorkers when Dask is not installed or its scheduler does not answer.
    """
    if scheduler:
        with _dask(scheduler) as executor:
            yield executor
        return
    pool = ProcessPoolExecutor(jobs, mp_context=get_context('spawn'), initializer=_be_quiet)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _be_quiet() -> None:
    """Leave Ctrl-C to the parent: it ends its children."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _dask(scheduler: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise NoWorkers(
            '--scheduler needs Dask on this machine and on the workers: '
            'pip install distributed; without it use --jobs'
        ) from None
    try:
        client = Client(scheduler, timeout='10s')
    except (OSError, ValueError) as error:
        raise NoWorkers(f'--scheduler {scheduler}: {error}') from None
    try:
        yield client.get_executor()
    finally:
        client.close()
