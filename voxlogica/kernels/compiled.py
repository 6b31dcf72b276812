"""How kernels are compiled: once a machine, for arrays of one known layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import DTypeLike, NDArray

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """The function as machine code, made at its first call and kept on disk for later runs.

    It releases the interpreter's lock, and keeps strictly to IEEE arithmetic in the order written:
    the same numbers on every machine. Where nothing can be kept (neither the package's folder nor
    the user's cache can be written), it is compiled anew in every run.
    """
    try:
        kernel: F = njit(nogil=True, cache=True, error_model="numpy")(function)
    except RuntimeError:
        kernel = njit(nogil=True, error_model="numpy")(function)
    return kernel


def readable(array: NDArray[Any], dtype: DTypeLike) -> NDArray[Any]:
    """The array as kernels take their inputs: of this dtype, C-contiguous, aligned, read-only.

    Read-only and writable arrays are different types to the compiler; images come as both. Making
    all inputs read-only leaves one version of each kernel to compile. Regions, which are bool, are
    read as uint8 without a copy.
    """
    if array.dtype == np.bool_ and np.dtype(dtype) == np.uint8:
        array = array.view(np.uint8)
    view = np.require(array, dtype, ["C", "A"]).view()
    view.flags.writeable = False
    return view
