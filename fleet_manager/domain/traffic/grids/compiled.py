"""The kernel, compiled when it is first wanted: numba takes its time to import and to compile."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Protocol, cast

from fleet_manager.domain.traffic.compiling import compile_module
from fleet_manager.domain.traffic.grids import kernel
from fleet_manager.domain.traffic.grids.kernel import Board, Longs


class Kernel(Protocol):
    """What the solver calls: the functions of `kernel.py`, compiled or as they stand."""

    measure: Callable[[Board, int], None]
    prioritise: Callable[[Board, Longs, int, int, int], None]
    repair: Callable[[Board, int, int], int]
    improve: Callable[[Board, int], int]


@cache
def compiled() -> Kernel:
    """Return the kernel compiled; each function is compiled at its first call, or cached."""
    return cast(Kernel, SimpleNamespace(**compile_module(kernel)))
