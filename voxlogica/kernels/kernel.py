"""Kernels: Python functions on arrays, carried out as machine code.

A kernel says for which types it is to be compiled. That is done once, when the package is built
(`building/`); what programs run is in one library of machine code beside this module
(`machine_code.py`), called through ctypes, which lets other Python threads run meanwhile.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np
from numpy.typing import DTypeLike, NDArray

from voxlogica.dataclass import dataclass
from voxlogica.kernels.machine_code import function_at
from voxlogica.kernels.voxelwise import Operation

P = ParamSpec("P")
R = TypeVar("R")
# Of a kernel's arguments, as `u1[3]`; a tuple of types is that of a tuple.
Types = tuple[str | tuple[str, ...], ...]

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
# What a kernel returns, by its annotation.
_RESULTS = {"None": None, "bool": "b1", "int": "i8", "float": "f8"}
# What a kernel's machine code gives when all went well, with a value and without.
_DONE = (0, -2)


def compiled(*signatures: str, unrolled: bool = True) -> Callable[[Callable[P, R]], Kernel[P, R]]:
    """The function as a kernel, to be compiled for each of some combinations of types.

    Those are written as `u1[3] f8 f4[3]w`: a read-only array of uint8 with 3 axes, a number, an
    array of float32 to write to. Python's numbers are `i8`, `f8` and `b1`; `i8*3` is three of them,
    `(u1[3] f8)` a tuple of an array and a number. Without a signature, it is for other kernels to
    call.

    A kernel takes C-contiguous arrays and single numbers, allocates nothing, raises nothing, calls
    only other kernels and arithmetic, and returns None or one number, as it is annotated: so its
    machine code stands on its own. It keeps strictly to IEEE arithmetic in the order written: the
    same numbers on every machine.

    Loops that wait for memory gain nothing by being `unrolled`, and take half the room if not.
    """

    def kernel(function: Callable[P, R]) -> Kernel[P, R]:
        return Kernel(function, signatures, unrolled)

    return kernel


def _types(signature: str) -> Types:
    types: list[str | tuple[str, ...]] = []
    for within, word in re.findall(r"\(([^)]*)\)|(\S+)", signature):
        if within:
            types.append(_flat(_types(within)))
        else:
            type_, _, times = word.partition("*")
            types += [type_] * int(times or 1)
    return tuple(types)


def _flat(items: Iterable[Any]) -> tuple[Any, ...]:
    """With what is in tuples by itself, as machine code takes it."""
    parts: list[Any] = []
    for item in items:
        if type(item) is tuple:
            parts += item
        else:
            parts.append(item)
    return tuple(parts)


@dataclass(frozen=True, eq=False, slots=True)
class Version:
    """A kernel for arguments of some types; `result` is the type of what it returns, if anything.

    `symbol` is what its machine code is found by in the library, together with the level.
    """

    kernel: Kernel[..., Any]
    types: Types

    @property
    def result(self) -> str | None:
        """The type of number that it returns, None where it returns nothing."""
        return _RESULTS[self.kernel.function.__annotations__["return"]]

    @property
    def name(self) -> str:
        """For people to read."""
        return f"{self.kernel.name}({', '.join(self.flat)})"

    @property
    def flat(self) -> tuple[str, ...]:
        """The types, those in tuples by themselves."""
        return _flat(self.types)

    @property
    def symbol(self) -> str:
        """`distance__within_planes__u1x3_f8_f4x3w`."""
        types = "_".join(t.replace("[", "x").replace("]", "") for t in self.flat)
        return f"{self.kernel.name.replace('.', '_')}__{types}"


class Kernel(Generic[P, R]):
    """A function to be called as machine code, a version for each combination of types."""

    def __init__(
        self, function: Callable[P, R], signatures: tuple[str, ...], unrolled: bool = True
    ) -> None:
        update_wrapper(self, function)
        self.function = function
        self.signatures = signatures
        self.unrolled = unrolled
        self._called: dict[tuple[str, ...], _Code] = {}

    @property
    def name(self) -> str:
        """Its module and its own: `distance._within_planes`."""
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    @property
    def versions(self) -> tuple[Version, ...]:
        """Those that it is compiled to."""
        return tuple(Version(self, _types(signature)) for signature in self.signatures)

    def use(self, version: Version, address: int) -> None:
        """From now on, call machine code at an address, for the types of this version."""
        self._called[version.flat] = _Code(version, address)

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> R:
        """Carry it out. Arguments are given by position.

        Raises TypeError for what a kernel cannot take, and MissingCodeError where the library has
        no version for these types.
        """
        parts = _flat(arguments)
        types = tuple([_type_of(part) for part in parts])
        code = self._called.get(types)
        if code is None:
            version = Version(self, types)
            address = function_at(version.symbol, version.name)
            code = self._called[types] = _Code(version, address)
        result: R = code(parts)
        return result


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """Stands in a kernel for a function `(operation, x, y, p, q, s, t, z, n)` of these operations.

    It carries out the one of a number on blocks of n voxels, and puts the result into z. What the
    operation takes is, in its order, in x and y if they are values, in p and q if they are regions,
    in s and t if they are numbers. `building/ladders.py` writes it when the kernel is compiled.
    """

    operations: tuple[Operation, ...]

    def __call__(self, *arguments: object) -> None:
        """For who checks types."""
        raise TypeError("there is machine code of it only within that of a kernel")


class _Code:
    """The machine code of a kernel for some types, called as Numba's functions are.

    They are given where to put the result and the reason of a failure, then the arguments. An array
    is: its owner and its Python object, which kernels need not know, the number of items and the
    size of one, the address, then shape and strides.
    """

    def __init__(self, version: Version, address: int) -> None:
        self._name = version.name
        # Where nothing is returned, a null pointer is.
        self._result = _SCALARS[version.result] if version.result else ctypes.c_void_p
        parameters: list[Any] = [ctypes.c_void_p, ctypes.c_void_p]
        for type_ in version.flat:
            kind, _, axes = type_.partition("[")
            if axes:
                numbers = 2 * int(axes[: axes.index("]")])
                pointer, size = ctypes.c_void_p, ctypes.c_ssize_t
                parameters += [pointer, pointer, size, size, pointer, *[size] * numbers]
            else:
                parameters.append(_SCALARS[kind])
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, *parameters)(address)

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
