"""Every operator has machine code for every type of image that it can be given.

The library has versions of kernels for listed types only; a type that is missing there would show
in the run of whoever is the first to need it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators import registry
from voxlogica.operators.signature import (
    BOOL,
    IMAGE,
    LABELS,
    MODEL,
    NUMBER,
    REGION,
    STRING,
    VALUATION,
    OperationError,
    Operator,
    Purity,
)

GRIDS = [
    Geometry.of_size(12, 9),
    Geometry.of_size(12, 9, spacing=(0.5, 2.0)),
    Geometry.of_size(11, 7, 5),
    Geometry.of_size(11, 7, 5, spacing=(0.9, 0.9, 3.0)),
]
MODELS = ("u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8")


def images(grid: Geometry) -> dict[Any, list[Image]]:
    """Images of each type: of a file's types, whole and other numbers, sparse and dense regions."""
    random = np.random.default_rng(0)
    noise = random.standard_normal(grid.shape).astype(np.float32)
    whole = random.integers(0, 50, grid.shape)
    return {
        MODEL: [Image(whole.astype(kind), grid) for kind in MODELS],
        VALUATION: [Image(noise, grid), Image(whole.astype(np.float32), grid)],
        REGION: [Image(noise > 1.5, grid), Image(noise > -1.5, grid)],
    }


def calls(operator: Operator, grid: Geometry) -> Iterator[list[Any]]:
    """Arguments of each type that its parameters take, few where one type is as good as another."""
    of_type: dict[Any, list[Any]] = {
        **images(grid),
        NUMBER: [0.5, 3.0, 300.0],
        BOOL: [True],
        STRING: ["1"],
    }
    for name in ("componentsOf", "components"):
        find = registry()[name][0]
        of_type[find.result] = [find.function(region) for region in of_type[REGION]]
    of_type[LABELS] = of_type[MODEL] + of_type[VALUATION]
    (count,) = registry()["rankedOf"]
    pairs = product(of_type[VALUATION], of_type[REGION])
    of_type[count.result] = [count.function(*pair) for pair in pairs]
    of_type[IMAGE] = of_type[LABELS] + of_type[REGION]
    choices = [of_type.get(parameter.type, []) for parameter in operator.parameters]
    several = sum(len(choice) > 1 for choice in choices)
    yield from product(*([c[: 2 if several > 2 else None] for c in choices]))


def needs_kernels(operator: Operator) -> bool:
    return operator.purity is Purity.PURE and any(
        parameter.type.is_image or parameter.type in (IMAGE, LABELS)
        for parameter in operator.parameters
    )


OPERATORS = {
    f"{name} {number}": operator
    for name, overloads in sorted(registry().items())
    for number, operator in enumerate(overloads)
    if needs_kernels(operator)
}


@pytest.mark.parametrize("name", OPERATORS)
def test_it_is_carried_out_for_every_type(name: str) -> None:
    operator, called = OPERATORS[name], 0
    for grid in GRIDS:
        for arguments in calls(operator, grid):
            try:
                operator.function(*arguments)
            except OperationError:
                continue  # what the values do not allow is told, whatever the types
            called += 1
    # What is only read from files takes no image that could be made here; SimpleITK has no kernels.
    assert called or operator.name in ("channel", "frame") or operator.by_itk
