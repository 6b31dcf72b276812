"""From a kernel's Python to LLVM's language, by Numba: the only module that imports it.

It relies on what Numba does not promise, so Numba's version is pinned in `pyproject.toml`:

- `compile_extra` with `Flags` compiles for given types without making anything to call it by;
- a compiled function is given where to put its result and the reason of a failure, then its
  arguments; of an array these are its owner and Python object, which kernels need not know, the
  number of items and the size of one, the address, then shape and strides;
- with `NUMBA_OPT=0`, what `get_llvm_str` gives has all that the function calls in it, as written;
- an array is reshaped by calling `numba_attempt_nocopy_reshape`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

# Optimizing is for the level's processor: see `levels.py`.
os.environ["NUMBA_OPT"] = "0"
# Intel's vector library, where it is installed, rounds differently.
os.environ["NUMBA_DISABLE_INTEL_SVML"] = "1"

import llvmlite.binding as llvm
import numpy as np
from numba import from_dtype, njit, types
from numba.core.compiler import Flags, compile_extra
from numba.core.registry import cpu_target

from voxlogica.kernels.building.ladders import function_of
from voxlogica.kernels.kernel import Kernel, Ladder, Version

# What machine code may call. Anything else is Python's or Numba's own, and would mean that the
# kernel allocates, or builds an exception, or rests on a mathematics that is another elsewhere.
_LIBRARY = frozenset({"memset"})

# The mathematics that processors have as instructions: exact everywhere, and no call of a library.
_INSTRUCTIONS = {
    name + suffix: f"llvm.{name}.{kind}"
    for name in ("sqrt", "fabs", "floor", "ceil", "trunc")
    for suffix, kind in (("", "f64"), ("f", "f32"))
}

# What LLVM makes calls of the system's mathematics of, which is another on each; and what rounds
# once where the program says twice.
_CALLS = frozenset(
    {"exp", "exp2", "exp10", "expm1", "log", "log2", "log10", "pow", "powi", "fma", "fmuladd"}
    | {"sin", "cos", "tan", "sincos", "asin", "acos", "atan", "atan2", "sinh", "cosh", "tanh"}
    | {"ldexp", "frexp", "modf"}
)


class KernelError(Exception):
    """A function is no kernel: it cannot be compiled, or not to code that stands on its own."""


def translated(version: Version) -> str:
    """A version of a kernel in LLVM's language, not optimized, its symbol that of the version.

    Raises KernelError where the function is no kernel: see `compiled`.
    """
    flags = Flags()
    flags.no_cpython_wrapper = True
    flags.no_cfunc_wrapper = True
    flags.error_model = "numpy"
    try:
        result = compile_extra(
            cpu_target.typing_context,
            cpu_target.target_context,
            _with_kernels(version.kernel.function),
            tuple(map(_numba_type, version.types)),
            None,
            flags,
            {},
        )
    except Exception as failed:
        raise KernelError(f"{version.name} does not compile: {failed}") from failed
    _check_result(version, result.signature.return_type)
    module = llvm.parse_assembly(result.library.get_llvm_str())
    if any(function.name == _RESHAPE for function in module.functions):
        module.link_in(llvm.parse_assembly(_RESHAPING))
    for function in module.functions:
        if function.is_declaration and function.name in _INSTRUCTIONS:
            function.name = _INSTRUCTIONS[function.name]
    _check_stands_alone(version, module)
    numbered = 0
    for function in module.functions:
        if function.name == result.fndesc.llvm_func_name:
            function.name = version.symbol
        elif not function.is_declaration:
            # Numba's names count what was compiled before.
            function.name, function.linkage = f"inner{numbered}", llvm.Linkage.internal
            numbered += 1
    for number, variable in enumerate(module.global_variables):
        variable.name = f"constant{number}"
        variable.linkage = llvm.Linkage.internal
    module.name = version.symbol
    return str(module)


def _check_result(version: Version, returns: Any) -> None:
    wanted = "none" if version.result is None else str(from_dtype(np.dtype(version.result)))
    found = "bool" if isinstance(returns, types.Boolean) else str(returns)
    if found != wanted:
        raise KernelError(f"{version.name} is declared to return {wanted}, and returns {found}")


def _check_stands_alone(version: Version, module: Any) -> None:
    foreign = sorted(
        function.name.removeprefix("llvm.").partition(".")[0]
        for function in module.functions
        if function.is_declaration and not _is_allowed(function.name)
    )
    if foreign:
        raise KernelError(
            f"{version.name} is not machine code alone: it needs {', '.join(foreign)}. Kernels"
            " allocate nothing, raise nothing, and call no mathematics of the system's"
        )


def _is_allowed(name: str) -> bool:
    if name.startswith("llvm."):
        return name.split(".")[1] not in _CALLS
    return name in _LIBRARY


# What Numba calls where an array is reshaped: whether it can be without a copy, and the strides.
# This is for C-contiguous arrays, as Numba reshapes no others: each stride is the next axis' stride
# times its length; the last is the size of an item.
_RESHAPE = "numba_attempt_nocopy_reshape"
_RESHAPING = f"""
define i32 @{_RESHAPE}(i64, ptr, ptr, i64 %axes, ptr %lengths, ptr %strides, i64 %size, i32) {{
begin:
  br label %test
test:
  %axis = phi i64 [%axes, %begin], [%before, %body]
  %stride = phi i64 [%size, %begin], [%longer, %body]
  %is_one = icmp sgt i64 %axis, 0
  br i1 %is_one, label %body, label %done
body:
  %before = sub i64 %axis, 1
  %into = getelementptr i64, ptr %strides, i64 %before
  store i64 %stride, ptr %into
  %from = getelementptr i64, ptr %lengths, i64 %before
  %length = load i64, ptr %from
  %longer = mul i64 %stride, %length
  br label %test
done:
  ret i32 1
}}
"""


def _with_kernels(function: Callable[..., Any]) -> FunctionType:
    """The function, with those kernels that it calls as Numba knows functions."""
    assert isinstance(function, FunctionType)
    names = {
        name: _callee(value, function.__globals__)
        for name in function.__code__.co_names
        if isinstance(value := function.__globals__.get(name), Kernel | Ladder)
    }
    return FunctionType(
        function.__code__,
        {**function.__globals__, **names},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def _callee(called: Kernel[..., Any] | Ladder, known: Mapping[str, Any]) -> Any:
    function = function_of(called, known) if isinstance(called, Ladder) else called.function
    # Without Numba's runtime: a kernel that allocates does not compile.
    return njit(error_model="numpy", _nrt=False)(_with_kernels(function))


def _numba_type(type_: str | tuple[str, ...]) -> Any:
    if isinstance(type_, tuple):
        return types.BaseTuple.from_types(tuple(map(_numba_type, type_)))
    kind, _, axes = type_.partition("[")
    element = from_dtype(np.dtype(kind))
    if not axes:
        return element
    number, _, access = axes.partition("]")
    return types.Array(element, int(number), "C", readonly=access != "w")
