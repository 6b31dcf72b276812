"""Connected components of a region, where every voxel is next to all 8 (26) around it."""

from __future__ import annotations

from typing import Any

import cc3d
import numpy as np
from numpy.typing import NDArray

from voxlogica.kernels.compiled import compiled, readable

Region = NDArray[np.bool_]
Labels = NDArray[np.uint32]


def reached(region: Region, target: Region) -> Region:
    """The components of `region` that have a voxel in `target`. Both bool, of one shape."""
    labels, count = _labelled(region)
    meets = np.zeros(count + 1, np.uint8)
    _mark_met(labels, readable(target.reshape(-1), np.uint8), meets)
    return _chosen(labels, meets, region.shape)


def largest(region: Region) -> Region:
    """The component with the most voxels, or all that tie; nothing of an empty region."""
    labels, count = _labelled(region)
    sizes = np.zeros(count + 1, np.int64)
    _count_voxels(labels, sizes)
    sizes[0] = 0
    return _chosen(labels, (sizes == max(sizes.max(), 1)).astype(np.uint8), region.shape)


def numbered(region: Region) -> NDArray[np.float32]:
    """Components numbered 1, 2, … by their first voxel in memory order; 0 outside the region.

    float32, so numbers are exact up to 16,777,216 components.
    """
    labels, count = _labelled(region)
    result = np.empty(labels.shape, np.float32)
    _number(labels, np.zeros(count + 1, np.uint32), result)
    return result.reshape(region.shape)


def _labelled(region: Region) -> tuple[Labels, int]:
    """A label for each voxel, flat, in no promised order, and how many there are."""
    # As an image of labels 0 and 1: what cc3d 4.1.1 has for bool images labels voxels outside the
    # region in some 2-D images, and fails on some 3-D ones. It refuses arrays it can't write to.
    labels, count = cc3d.connected_components(
        np.require(region.view(np.uint8), requirements=["C", "W"]),
        connectivity={2: 8, 3: 26}[region.ndim],
        out_dtype=np.uint32,
        return_N=True,
    )
    return np.require(labels, np.uint32, ["C", "A"]).reshape(-1), int(count)


def _chosen(labels: Labels, wanted: NDArray[np.uint8], shape: tuple[int, ...]) -> Region:
    result = np.empty(labels.shape, np.uint8)
    _look_up(labels, wanted, result)
    return result.view(np.bool_).reshape(shape)


@compiled
def _mark_met(labels: Labels, target: NDArray[np.uint8], meets: NDArray[np.uint8]) -> None:
    for i in range(labels.size):
        if target[i] and labels[i]:
            meets[labels[i]] = 1


@compiled
def _count_voxels(labels: Labels, sizes: NDArray[np.int64]) -> None:
    for i in range(labels.size):
        sizes[labels[i]] += 1


@compiled
def _look_up(labels: Labels, table: NDArray[Any], result: NDArray[Any]) -> None:
    for i in range(labels.size):
        result[i] = table[labels[i]]


@compiled
def _number(labels: Labels, numbers: Labels, result: NDArray[np.float32]) -> None:
    # The labelling promises no order, so each label gets its number where it is first met.
    met = np.uint32(0)
    for i in range(labels.size):
        label = labels[i]
        if label and not numbers[label]:
            met += np.uint32(1)
            numbers[label] = met
        result[i] = numbers[label]
