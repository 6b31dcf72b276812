"""Compiling kernels with Numba: the only module that imports it.

    python -m voxlogica.kernels.compiling

is a process that compiles what it is asked for: see `compilers.py`, which talks to it.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from types import FunctionType
from typing import IO, Any

# Intel's vector library, where it is installed, rounds differently. Read when Numba is imported.
os.environ["NUMBA_DISABLE_INTEL_SVML"] = "1"

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import from_dtype, njit, types
from numba.core.compiler import Flags, compile_extra
from numba.core.registry import cpu_target

from voxlogica.kernels.compiled import Kernel
from voxlogica.kernels.object_code import ObjectCode, Wanted

# What object code may call: C's mathematics and memory. Anything else is Python's or Numba's own,
# and would mean that the kernel allocates, or builds an exception.
_LIBRARY = frozenset(
    {"memset", "memcpy", "memmove", "memcmp"}
    | {
        name + suffix
        for name in (
            *("acos", "asin", "atan", "atan2", "ceil", "copysign", "cos", "cosh", "exp", "exp2"),
            *("expm1", "fabs", "floor", "fma", "fmax", "fmin", "fmod", "frexp", "hypot", "ldexp"),
            *("log", "log10", "log1p", "log2", "nearbyint", "pow", "rint", "round", "sin", "sinh"),
            *("sqrt", "tan", "tanh", "trunc"),
        )
        for suffix in ("", "f")
    }
)


def compile_kernel(function: Callable[..., Any], wanted: Wanted) -> ObjectCode:
    """A kernel's object code for the given types and this processor.

    Raises KernelError where the function is no kernel: see `compiled`.
    """
    flags = Flags()
    flags.no_cpython_wrapper = True
    flags.no_cfunc_wrapper = True
    flags.error_model = "numpy"
    target = cpu_target
    compiled = compile_extra(
        target.typing_context,
        target.target_context,
        _with_kernels(function),
        tuple(map(_numba_type, wanted.types)),
        None,
        flags,
        {},
    )
    symbol = compiled.fndesc.llvm_func_name
    # Position-independent and small: what it calls is reached through stubs that the linker makes.
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        codemodel="small",
    )
    module = llvm.parse_assembly(compiled.library.get_llvm_str())
    if any(function.name == _RESHAPE for function in module.functions):
        module.link_in(llvm.parse_assembly(_reshaping()))
        module.get_function(_RESHAPE).linkage = llvm.Linkage.internal
    _check_stands_alone(module, wanted)
    code = machine.emit_object(module)
    returns = compiled.signature.return_type
    if returns == types.none:
        return ObjectCode(symbol, "", code)
    if not isinstance(returns, types.Number | types.Boolean):
        raise TypeError(f"the kernel {wanted.name} returns {returns}; kernels return one number")
    kind = "b1" if isinstance(returns, types.Boolean) else np.dtype(str(returns)).str[1:]
    return ObjectCode(symbol, kind, code)


# What Numba calls where an array is reshaped: whether it can be without a copy, and the strides.
_RESHAPE = "numba_attempt_nocopy_reshape"


def _reshaping() -> str:
    """That function, as LLVM's assembly, for C-contiguous arrays: Numba reshapes no others.

    Each stride is the next axis' stride times its length; the last is the size of an item.
    """
    number, pointer, flag = ir.IntType(64), ir.IntType(64).as_pointer(), ir.IntType(32)
    arguments = [number, pointer, pointer, number, pointer, pointer, number, flag]
    module = ir.Module()
    function = ir.Function(module, ir.FunctionType(flag, arguments), _RESHAPE)
    _, _, _, axes, lengths, strides, item_size, _ = function.args
    entry, test, body, done = (function.append_basic_block(name) for name in "etbd")
    ir.IRBuilder(entry).branch(test)
    builder = ir.IRBuilder(test)
    axis, stride = builder.phi(number), builder.phi(number)
    axis.add_incoming(axes, entry)
    stride.add_incoming(item_size, entry)
    builder.cbranch(builder.icmp_signed(">", axis, number(0)), body, done)
    builder = ir.IRBuilder(body)
    before = builder.sub(axis, number(1))
    builder.store(stride, builder.gep(strides, [before]))
    longer = builder.mul(stride, builder.load(builder.gep(lengths, [before])))
    builder.branch(test)
    axis.add_incoming(before, body)
    stride.add_incoming(longer, body)
    ir.IRBuilder(done).ret(flag(1))
    return str(module)


def _with_kernels(function: Callable[..., Any]) -> FunctionType:
    """The function, with those kernels that it calls as Numba knows functions."""
    assert isinstance(function, FunctionType)
    names = {
        name: _callee(value)
        for name in _names(function)
        if isinstance(value := function.__globals__.get(name), Kernel)
    }
    return FunctionType(
        function.__code__,
        {**function.__globals__, **names},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )


def _names(function: FunctionType) -> tuple[str, ...]:
    return function.__code__.co_names


def _callee(kernel: Kernel[..., Any]) -> Any:
    # Without Numba's runtime: a kernel that allocates does not compile.
    return njit(error_model="numpy", _nrt=False)(_with_kernels(kernel.function))


def _numba_type(text: str) -> Any:
    kind, _, axes = text.partition("[")
    element = from_dtype(np.dtype(kind))
    if not axes:
        return element
    number, _, access = axes.partition("]")
    return types.Array(element, int(number), "C", readonly=access != "w")


def _check_stands_alone(module: Any, wanted: Wanted) -> None:
    foreign = sorted(
        function.name
        for function in module.functions
        if function.is_declaration
        and not function.name.startswith("llvm.")
        and function.name not in _LIBRARY
    )
    if foreign:
        raise TypeError(
            f"the kernel {wanted.name} is not machine code alone: it needs {', '.join(foreign)}."
            " Kernels allocate nothing and raise nothing"
        )


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Compile what each line asks for: module, kernel, types. Answers are as in `compilers.py`."""
    for line in requests:
        module, name, *types_ = line.decode().split()
        wanted = Wanted(module, name, tuple(types_))
        try:
            kernel = getattr(import_module(module), name)
            answer = b"+" + compile_kernel(kernel.function, wanted).encoded()
        except Exception as failed:
            answer = b"-" + f"{type(failed).__name__}: {failed}".encode()
        answers.write(struct.pack("<Q", len(answer)) + answer)
        answers.flush()


def _main() -> None:
    # Whatever a library prints is not to be taken for an answer.
    # Who asked may be gone. The suppression is the outer one: closing writes what is left, too.
    with suppress(BrokenPipeError), os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    _main()
