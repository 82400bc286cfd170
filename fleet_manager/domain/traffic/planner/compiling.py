"""The functions of the search, as they stand or compiled."""

from __future__ import annotations

from functools import cache
from inspect import getmembers, isfunction
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, Final

from fleet_manager.domain.traffic.planner import dual, kernel

_MODULES: Final = (kernel, dual)
#: Called in the innermost loops, where passing the arrays costs more than the work.
_INLINED: Final = (
    *('row_after', 'free_rows', 'gap', 'push', 'pop', 'tie_of', 'reach', 'drive', 'ride'),
    *('comes_after', 'is_in_time'),
)


@cache
def plain() -> SimpleNamespace:
    """Return the functions as they stand: some hundred times slower, and the oracle."""
    return SimpleNamespace(**_functions(kernel), **_functions(dual))


@cache
def compiled() -> SimpleNamespace:
    """Return the same functions compiled by numba; they run without the lock of the interpreter.

    Importing numba takes half a second, compiling the first time twenty. What is compiled is kept
    beside the source, or in the user's cache folder where that cannot be written; the environment
    variable NUMBA_CACHE_DIR names another folder. Where none can be written it is compiled anew
    in each process.
    """
    import numba

    jit: Any = numba.njit

    found: dict[str, Any] = {}
    for module in _MODULES:
        names: dict[str, Any] = dict(vars(module))
        for name, function in _functions(module).items():
            # A copy that finds the compiled ones under the names of the plain ones.
            copy = FunctionType(function.__code__, names, name, function.__defaults__)
            # No counting of references: nothing is made or kept in there, and it costs ten times
            # what the search does.
            options = {'nogil': True, '_nrt': False, 'forceinline': name in _INLINED}
            try:
                names[name] = jit(cache=True, **options)(copy)
            except RuntimeError:  # numba: no folder to keep it in
                names[name] = jit(**options)(copy)
            found[name] = names[name]
    return SimpleNamespace(**found)


def _functions(module: ModuleType) -> dict[str, FunctionType]:
    return {
        name: function
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__
    }
