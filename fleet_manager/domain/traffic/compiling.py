"""Functions on arrays, compiled by numba. It is imported only when something is to be compiled."""

from __future__ import annotations

from collections.abc import Callable, Collection
from inspect import getmembers, isfunction
from types import FunctionType, ModuleType
from typing import Any


def functions_of(module: ModuleType) -> dict[str, FunctionType]:
    """Return the functions that a module defines itself, in the order they stand in."""
    found = {
        name: function
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__
    }
    return dict(sorted(found.items(), key=lambda one: one[1].__code__.co_firstlineno))


def compile_module(
    module: ModuleType,
    *,
    inlined: Collection[str] = (),
    signature_of: Callable[[FunctionType], Any] | None = None,
) -> dict[str, Any]:
    """Return the functions of a module compiled; they call each other without the interpreter.

    They run without its lock, and none may make, slice or keep an array: there is no counting of
    references (`_nrt`), which would cost ten times what a search does. `inlined` ones are
    called in the innermost loops, where passing the arrays costs more than the work. With
    `signature_of` each is compiled at once, for these types only, in the order they stand in: a
    function that is called with literals is otherwise compiled again for each of them.

    Importing numba takes half a second; each function is compiled at its first call. What is
    compiled is kept beside the source, or in the user's cache folder where that cannot be
    written; the environment variable NUMBA_CACHE_DIR names another folder. Where none can be
    written it is compiled anew in each process.
    """
    import numba

    jit: Any = numba.njit
    scope: dict[str, Any] = dict(vars(module))
    found: dict[str, Any] = {}
    for name, plain in functions_of(module).items():
        # A copy that finds the compiled ones under the names of the plain ones.
        copy = FunctionType(plain.__code__, scope, name, plain.__defaults__)
        options = {'nogil': True, '_nrt': False, 'forceinline': name in inlined}
        signature = None if signature_of is None else signature_of(plain)
        try:
            scope[name] = jit(signature, cache=True, **options)(copy)
        except RuntimeError:  # numba: no folder to keep it in
            scope[name] = jit(signature, **options)(copy)
        found[name] = scope[name]
    return found
