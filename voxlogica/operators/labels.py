"""Labels: whole numbers that say which object each voxel belongs to, 0 none."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

from voxlogica import kernels
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image
from voxlogica.kernels.runs import Runs
from voxlogica.operators.signature import OperationError
from voxlogica.remarks import remark

# Beyond, numbers of programs are not all whole numbers any more.
_MOST = 2.0**53
_FITTING = 2**32 - 1


def objects_of(image: Image, name: str) -> tuple[Runs, NDArray[np.float64]]:
    """The runs of each object, and the objects' numbers: by components, or by labels.

    Of a region, its connected components as `lcc` numbers them; else each positive value is one.
    Raises OperationError for what are no labels; `name` is who wants them.
    """
    if image.array.dtype == np.bool_:
        runs = kernels.components.connected(image.array)
        return runs, np.arange(1, runs.count + 1, dtype=np.float64)
    fault = _fault(image)
    if fault is not None:
        raise OperationError(
            f"`{name}` takes labels, whole numbers from 0 on: {fault}",
            "a region, as `img > 0`, has its connected components for objects",
        )
    names, labels = _fitting(image.array)
    runs, found = kernels.objects.labelled(names)
    _tell_of_brightness(runs, names, name)
    if runs.count == 1 and (pieces := kernels.components.connected(names != 0).count) > 1:
        label = labels[found[0]] if len(labels) else float(found[0])
        remark(
            f"`{name}` got an image with one label, {label:.15g}, so one object, though it is in"
            f" {pieces} pieces",
            "if the pieces are the objects, compare it with a number: `… > 0`",
        )
    return runs, labels[found] if len(labels) else found.astype(np.float64)


def _tell_of_brightness(runs: Runs, names: NDArray[np.uint32], name: str) -> None:
    """Remark on what is rather an image than labels: many voxels are beside none of their object.

    Objects that are a voxel wide, and outlines, are no such. Runs are known, and at least as many
    as these voxels, so all else need hardly ever be looked at.
    """
    voxels = int((runs.edges[1::2] - runs.edges[::2]).sum())
    least = max(1_000, voxels // 4, 16 * runs.count)
    if len(runs.numbers) <= least or (lonely := _lonely(names)) <= least:
        return
    remark(
        f"`{name}` got labels that change from voxel to voxel, as brightness does:"
        f" {lonely} of {voxels} labelled voxels are beside none of the same label",
        "labels come first, images to measure after them: `objects(labels, img)`",
    )


def _lonely(names: NDArray[np.uint32]) -> int:
    """How many voxels of objects have none of the same among the 8 (26) around them."""
    beside = names == 0
    zero = (0,) * names.ndim
    for step in product((-1, 0, 1), repeat=names.ndim):
        if step <= zero:
            continue  # each pair is looked at once
        here = tuple(slice(max(s, 0), min(s, 0) or None) for s in step)
        there = tuple(slice(max(-s, 0), min(-s, 0) or None) for s in step)
        same = names[here] == names[there]
        beside[here] |= same
        beside[there] |= same
    return int(beside.size - np.count_nonzero(beside))


def _fault(image: Image) -> str | None:
    """Why an image has no labels."""
    array: NDArray[Any] = image.array
    if image.components > 1:
        return f"this image has {image.components} values a voxel"
    if array.dtype.kind == "c":
        return "this image is of complex numbers"
    # Python compares numbers of any type as they are; numpy rounds the one to the other's.
    least, greatest = array.min().item(), array.max().item()
    if math.isnan(least):
        return "a voxel is nan"
    if least < 0:
        return f"a voxel is {least:.15g}"
    if greatest > _MOST:
        return f"a voxel is {float(greatest):.15g}, beyond 2⁵³"
    if array.dtype.kind == "f":
        broken = array != np.rint(array)
        if broken.any():
            return f"a voxel is {float(array[broken][0]):.9g}"
    return None


def _fitting(array: NDArray[Any]) -> tuple[NDArray[np.uint32], NDArray[np.float64]]:
    """Labels that kernels take; and where these are others, the true ones by these."""
    if array.max().item() <= _FITTING:
        return array.astype(np.uint32, copy=False), np.empty(0)
    found, numbers = np.unique(array, return_inverse=True)
    names = numbers.reshape(array.shape).astype(np.uint32)
    if found[0]:
        names += np.uint32(1)
        return names, np.concatenate(([0.0], found.astype(np.float64)))
    return names, found.astype(np.float64)
