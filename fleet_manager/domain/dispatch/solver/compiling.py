"""The functions of the search, as they stand or compiled."""

from __future__ import annotations

from functools import cache
from types import FunctionType, SimpleNamespace
from typing import Any, Final, get_type_hints

from fleet_manager.domain.dispatch.solver import kernel
from fleet_manager.domain.dispatch.solver.kernel import Case, Desk, Plan, Table
from fleet_manager.domain.traffic.compiling import compile_module, functions_of

#: Called in the innermost loops.
_INLINED: Final = ('place_of', 'drive', 'price', 'boards', 'begin', 'pass_stop', 'finish')


@cache
def plain() -> SimpleNamespace:
    """Return the functions as they stand, for lists: they start at once, and are the oracle."""
    return SimpleNamespace(**functions_of(kernel))


@cache
def compiled() -> SimpleNamespace:
    """Return the same functions compiled, for arrays: once a machine that takes a while."""
    return SimpleNamespace(**compile_module(kernel, inlined=_INLINED, signature_of=_signature))


def is_compiled() -> bool:
    """Whether the compiled functions are there in this process."""
    return compiled.cache_info().currsize > 0


def _signature(function: FunctionType) -> Any:
    """Return what numba is told of a function: what its annotations say."""
    from numba import types

    tuple_of: Any = types.NamedUniTuple
    array = types.Array(types.int64, 1, 'C')
    known: dict[Any, Any] = {int: types.int64, bool: types.boolean, type(None): types.void}
    for of in (Case, Plan, Table, Desk):
        known[of] = tuple_of(array, len(of._fields), of)
    hints = get_type_hints(function)
    returned = known[hints.pop('return')]
    return returned(*(known[hint] for hint in hints.values()))
