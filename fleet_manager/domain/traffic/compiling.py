"""Functions on arrays, compiled by numba. It is imported only when something is to be compiled."""

from __future__ import annotations

from collections.abc import Collection
from inspect import getmembers, isfunction
from types import FunctionType, ModuleType
from typing import Any


def functions_of(module: ModuleType) -> dict[str, FunctionType]:
    """Return the functions that a module defines itself."""
    return {
        name: function
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__
    }


def compile_module(module: ModuleType, *, inlined: Collection[str] = ()) -> dict[str, Any]:
    """Return the functions of a module compiled; they call each other without the interpreter.

    They run without its lock, and none may make, slice or keep an array: there is no counting of
    references (`_nrt`), which would cost ten times what a search does. `inlined` ones are
    called in the innermost loops, where passing the arrays costs more than the work.

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
        try:
            scope[name] = jit(cache=True, **options)(copy)
        except RuntimeError:  # numba: no folder to keep it in
            scope[name] = jit(**options)(copy)
        found[name] = scope[name]
    return found
