"""Functions of many branches for kernels, one a row of the table of voxel-wise operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from voxlogica.kernels.kernel import Kernel, Ladder
from voxlogica.kernels.voxelwise import EXACT, Operation

_COLUMNS = {"v": "xy", "r": "pq", "n": "st", "b": "st"}


def function_of(ladder: Ladder, known: Mapping[str, Any]) -> Callable[..., None]:
    """The function that the ladder stands for; expressions may call kernels that are `known`."""
    lines = ["def ladder(operation, x, y, p, q, s, t, z, n):"]
    names: dict[str, Any] = {}
    for number, operation in enumerate(ladder.operations):
        lines.append(f"    {'el' if number else ''}if operation == {number}:")
        lines += (f"        {line}" for line in _loop(operation))
        for name in operation.calls:
            if not isinstance(known.get(name), Kernel) and name not in EXACT:
                raise NameError(f"{operation.name} calls {name}, no kernel and not exact in numpy")
            names[name] = known.get(name) or getattr(np, name)
    exec("\n".join(lines), names)
    written: Callable[..., None] = names["ladder"]
    return written


def _loop(operation: Operation) -> Iterator[str]:
    """All is read of a voxel before anything is chosen: else that would be a branch for each."""
    own = {"operation", "i", "n", "z"}.union(*_COLUMNS.values())
    if taken := own.intersection(name for name, _ in operation.named()):
        raise NameError(f"{operation.name} has parameters of names that the loop has: {taken}")
    columns = {letter: iter(names) for letter, names in _COLUMNS.items()}
    columns["b"] = columns["n"]
    read = []
    for name, letter in operation.named():
        column = next(columns[letter])
        if letter in "vr":
            read.append(f"    {name} = {column}[i]")
        else:
            yield f"{name} = {column}{' != 0' if letter == 'b' else ''}"
    yield "for i in range(n):"
    yield from read
    yield f"    z[i] = {operation.expression}"
