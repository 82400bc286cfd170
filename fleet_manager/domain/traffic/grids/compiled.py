"""The kernel, compiled when it is first wanted: numba takes its time to import and to compile."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import FunctionType, SimpleNamespace
from typing import Any, Final, Protocol, cast

from fleet_manager.domain.traffic.grids import kernel
from fleet_manager.domain.traffic.grids.kernel import Board, Longs

_OPTIONS: Final[dict[str, Any]] = {'nogil': True, '_nrt': False}


class Kernel(Protocol):
    """What the solver calls: the functions of `kernel.py`, compiled or as they stand."""

    measure: Callable[[Board, int], None]
    prioritise: Callable[[Board, Longs, int, int, int], None]
    repair: Callable[[Board, int, int], int]
    improve: Callable[[Board, int], int]


@cache
def compiled() -> Kernel:
    """Return the kernel compiled; each function is compiled at its first call, or cached.

    Nothing in it may make or slice an array: without numba's counting of references (`_nrt`) it
    is ten times as fast, since a board is many arrays.
    """
    from numba import njit

    scope: dict[str, Any] = dict(vars(kernel))
    for name, plain in vars(kernel).items():
        if isinstance(plain, FunctionType) and plain.__module__ == kernel.__name__:
            copy = FunctionType(plain.__code__, scope, name)
            try:
                scope[name] = njit(cache=True, **_OPTIONS)(copy)
            except RuntimeError:  # numba: no folder to keep it in
                scope[name] = njit(**_OPTIONS)(copy)
    return cast(Kernel, SimpleNamespace(**scope))
