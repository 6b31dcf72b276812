"""The library of machine code that comes with the package: loaded once, its functions by symbol.

It holds each kernel for several levels of the platform's processors, and says itself which of them
the processor can carry out. It is trusted as the modules beside it are, and by the same right; no
code is read from anywhere else.
"""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from pathlib import Path

NAME = "kernels.dylib" if sys.platform == "darwin" else "kernels.so"
# The levels that a library may have, by the number that it gives for the processor.
LEVELS = {2: "v2", 3: "v3", 4: "v4", 8: "a64"}
# Forces a level: for tests and benchmarks of those that a processor is beyond.
LEVEL_VARIABLE = "VOXLOGICA_KERNEL_LEVEL"


class MissingCodeError(Exception):
    """The library is not there, is of other sources, or has no such kernel."""


@cache
def library() -> ctypes.CDLL:
    """The library, loaded. Raises MissingCodeError where it is not there, or of other kernels."""
    path = Path(__file__).with_name(NAME)
    try:
        loaded = ctypes.CDLL(str(path))
    except OSError as problem:
        raise MissingCodeError(
            f"the kernels' machine code cannot be loaded: {problem}. It is built when voxlogica is"
            " installed: `pip install --force-reinstall voxlogica`, or in a checkout"
            " `pip install -e .`"
        ) from problem
    stamp = path.with_suffix(".sources")
    if stamp.exists():  # in a checkout only
        from voxlogica.kernels.building.sources import digest

        if digest() not in stamp.read_text(encoding="utf-8"):
            raise MissingCodeError(
                "the kernels have changed since their machine code was built: `pip install -e .`,"
                " or, where Numba is installed, `python -m voxlogica.kernels.building`"
            )
    return loaded


@cache
def level() -> str:
    """The level of code that is used: the highest that the processor has, or the forced one.

    Raises MissingCodeError where the forced one is not among those that the processor has.
    """
    own: int = library().voxlogica_level()
    if own not in LEVELS:
        raise MissingCodeError("this processor is older than x86-64-v2: it lacks SSE4.2 or POPCNT")
    forced = os.environ.get(LEVEL_VARIABLE)
    if not forced:
        return LEVELS[own]
    within = [name for number, name in LEVELS.items() if number <= own and (own < 8 or number == 8)]
    if forced not in within:
        raise MissingCodeError(f"{LEVEL_VARIABLE}={forced}: this processor has {', '.join(within)}")
    return forced


def function_at(symbol: str, name: str) -> int:
    """The address of a kernel's function. Raises MissingCodeError where there is none."""
    try:
        function = library()[f"{symbol}__{level()}"]
    except AttributeError:
        raise MissingCodeError(
            f"the library has no machine code for {name}: the kernel's declaration does not list"
            " these types"
        ) from None
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address
