"""The functions of the search, as they stand or compiled."""

from __future__ import annotations

from functools import cache
from types import SimpleNamespace
from typing import Final

from fleet_manager.domain.traffic.compiling import compile_module, functions_of
from fleet_manager.domain.traffic.planner import dual, kernel

#: Called in the innermost loops.
_INLINED: Final = (
    *('row_after', 'free_rows', 'gap', 'push', 'pop', 'tie_of', 'reach', 'drive', 'ride'),
    *('comes_after', 'is_in_time'),
)


@cache
def plain() -> SimpleNamespace:
    """Return the functions as they stand: some hundred times slower, and the oracle."""
    return SimpleNamespace(**functions_of(kernel), **functions_of(dual))


@cache
def compiled() -> SimpleNamespace:
    """Return the same functions compiled, which takes some twenty seconds the first time."""
    return SimpleNamespace(
        **compile_module(kernel, inlined=_INLINED), **compile_module(dual, inlined=_INLINED)
    )
