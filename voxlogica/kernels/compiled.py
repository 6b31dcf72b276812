"""Kernels: Python functions on arrays, carried out as machine code.

A kernel is compiled once a machine, for the types it is called with, by Numba in a process of its
own (`compiling.py`). What is kept is the object code (`object_code.py`). Later runs link it, and
call it through ctypes, which lets other Python threads run meanwhile: they import no compiler.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from voxlogica.kernels.object_code import ObjectCode, Wanted, link, obtained

P = ParamSpec("P")
R = TypeVar("R")

_SCALARS: dict[str, Any] = {
    "b1": ctypes.c_bool,
    "i1": ctypes.c_int8,
    "i2": ctypes.c_int16,
    "i4": ctypes.c_int32,
    "i8": ctypes.c_int64,
    "u1": ctypes.c_uint8,
    "u2": ctypes.c_uint16,
    "u4": ctypes.c_uint32,
    "u8": ctypes.c_uint64,
    "f4": ctypes.c_float,
    "f8": ctypes.c_double,
}
_PYTHON = {bool: "b1", int: "i8", float: "f8"}
# What a kernel's machine code gives when all went well, with a value and without.
_DONE = (0, -2)


def compiled(function: Callable[P, R]) -> Kernel[P, R]:
    """The function as a kernel.

    It takes C-contiguous arrays and single numbers, allocates nothing, raises nothing, calls only
    other kernels and arithmetic, and returns nothing or one number: so its machine code stands on
    its own. It keeps strictly to IEEE arithmetic in the order written: the same numbers on every
    machine.
    """
    return Kernel(function)


class Kernel(Generic[P, R]):
    """A function to be called as machine code, a version for each combination of types.

    Types are written `f4[3]` for a read-only array of float32 with 3 axes, `f4[3]w` for one to
    write to, `f4` for a number. Python's numbers are `i8`, `f8` and `b1`.
    """

    def __init__(self, function: Callable[P, R]) -> None:
        update_wrapper(self, function)
        self.function = function
        self._versions: dict[tuple[str, ...], _Version] = {}

    @property
    def versions(self) -> tuple[tuple[str, ...], ...]:
        """The types that this process has called it with."""
        return tuple(self._versions)

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> R:
        """Carry it out. Arguments are given by position.

        Raises TypeError for what a kernel cannot take, and KernelError where it does not compile.
        """
        types = tuple([_type_of(argument) for argument in arguments])
        version = self._versions.get(types)
        if version is None:
            wanted = Wanted(str(self.function.__module__), self.function.__name__, types)
            code = obtained(wanted, self.function)
            version = self._versions[types] = _Version(wanted, code)
        result: R = version(arguments)
        return result


class _Version:
    """The machine code of a kernel for some types, called as Numba's functions are.

    They are given where to put the result and the reason of a failure, then the arguments. An array
    is: its owner and its Python object, which kernels need not know, the number of items and the
    size of one, the address, then shape and strides.
    """

    def __init__(self, wanted: Wanted, code: ObjectCode) -> None:
        self._name = wanted.name
        # Where nothing is returned, a null pointer is.
        self._result = _SCALARS[code.returns] if code.returns else ctypes.c_void_p
        parameters: list[Any] = [ctypes.c_void_p, ctypes.c_void_p]
        for type_ in wanted.types:
            kind, _, axes = type_.partition("[")
            if axes:
                numbers = 2 * int(axes[: axes.index("]")])
                pointer, size = ctypes.c_void_p, ctypes.c_ssize_t
                parameters += [pointer, pointer, size, size, pointer, *[size] * numbers]
            else:
                parameters.append(_SCALARS[kind])
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, *parameters)(link(wanted, code))

    def __call__(self, arguments: tuple[Any, ...]) -> Any:
        native: list[Any] = []
        for a in arguments:
            if isinstance(a, np.ndarray):
                address = a.__array_interface__["data"][0]
                native += (None, None, a.size, a.itemsize, address, *a.shape, *a.strides)
            else:
                native.append(a.item() if isinstance(a, np.generic) else a)
        result, reason = self._result(), ctypes.c_void_p()
        if self._call(ctypes.byref(result), ctypes.byref(reason), *native) not in _DONE:
            raise RuntimeError(f"the kernel {self._name} failed, which kernels must not")
        return result.value


def _type_of(argument: Any) -> str:
    if isinstance(argument, np.ndarray):
        flags, dtype = argument.flags, argument.dtype
        if not (flags.c_contiguous and flags.aligned and dtype.isnative):
            raise TypeError("kernels take arrays that are C-contiguous, aligned, of native order")
        return f"{dtype.str[1:]}[{argument.ndim}]{'w' if flags.writeable else ''}"
    if isinstance(argument, np.generic):
        return argument.dtype.str[1:]
    if type(argument) not in _PYTHON:
        raise TypeError(f"kernels take arrays and numbers, not {argument!r}")
    return _PYTHON[type(argument)]


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
