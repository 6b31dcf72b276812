"""Images compared and counted, voxel by voxel, whatever their type.

Regions count as 1 and 0. Images of colours are compared in all components.
"""

from __future__ import annotations

import math
from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image
from voxlogica.operators.literals import others_than_0_and_1
from voxlogica.operators.signature import (
    AnyImage,
    Number,
    Numbers,
    NumberTable,
    OperationError,
    Region,
    Valuation,
    operator,
)
from voxlogica.remarks import remark

# A confusion matrix of more classes is most likely one of an image that holds no classes.
_MOST_CLASSES = 4096


@operator("dice_score", namespace="arrays", version=2, remarks=True)
def dice_score(found: AnyImage, truth: AnyImage) -> Number:
    """The Dice score of two regions: how much they overlap, from 0 to 1.

    Twice the voxels that are 1 in both, divided by those of the one and of the other together;
    `nan` where there are none, where `metrics.dice` is 1. A warning names other values than 0 and
    1, which do not count.

    Example: arrays.dice_score(found, truth)
    """
    _check_regions("dice_score", found, truth)
    return dice_score_of(found, truth, 1)


@operator("dice_score", namespace="arrays", remarks=True)
def dice_score_of(found: AnyImage, truth: AnyImage, label: Number) -> Number:
    """The Dice score of the voxels that have a label in both images.

    Twice the voxels that have it in both, divided by those of the one and of the other together;
    `nan` where there are none.

    Example: arrays.dice_score(found, truth, 2)
    """
    common, of_a, of_b = _overlap(found, truth, label)
    return _share("dice", 2 * common, of_a + of_b)


@operator("jaccard_index", namespace="arrays", version=2, remarks=True)
def jaccard_index(found: AnyImage, truth: AnyImage) -> Number:
    """The Jaccard index, intersection over union, of two regions.

    `nan` where no voxel of either is 1, where `metrics.jaccard` is 1. A warning names other values
    than 0 and 1, which do not count.

    Example: arrays.jaccard_index(found, truth)
    """
    _check_regions("jaccard_index", found, truth)
    return jaccard_index_of(found, truth, 1)


@operator("jaccard_index", namespace="arrays", remarks=True)
def jaccard_index_of(found: AnyImage, truth: AnyImage, label: Number) -> Number:
    """The Jaccard index, intersection over union, of the voxels that have a label.

    `nan` where no voxel of either image has it.

    Example: arrays.jaccard_index(found, truth, 2)
    """
    common, of_a, of_b = _overlap(found, truth, label)
    return _share("jaccard", common, of_a + of_b - common)


@operator("pixel_accuracy", namespace="arrays")
def pixel_accuracy(found: AnyImage, truth: AnyImage) -> Number:
    """The share of voxels, from 0 to 1, that have the same value in both images.

    Example: arrays.pixel_accuracy(found, truth)
    """
    same = _alike("pixel_accuracy", found, truth)
    return float(np.count_nonzero(same)) / same.size


@operator("confusion_matrix", namespace="arrays")
def confusion_matrix(found: AnyImage, truth: AnyImage) -> NumberTable:
    """How many voxels of each true class were found to be of each class.

    The classes are the whole numbers from 0 to the greatest in either image, at most 4,095. A row
    for each true class, in it a number for each class found.

    Example: arrays.confusion_matrix(found, truth)
    """
    return _confusion(found, truth, None)


@operator("confusion_matrix", namespace="arrays")
def confusion_matrix_of(found: AnyImage, truth: AnyImage, classes: Number) -> NumberTable:
    """How many voxels of each true class were found to be of each class, for so many classes.

    The classes are the whole numbers from 0 up to, not including, `classes`, and no voxel may have
    another value. A row for each true class, in it a number for each class found.

    Example: arrays.confusion_matrix(found, truth, 4)
    """
    return _confusion(found, truth, classes)


@operator("count_pixels", namespace="arrays")
def count_pixels(image: AnyImage) -> NumberTable:
    """How many voxels have each value: [value, count] for every value, the least first.

    Example: arrays.count_pixels(labels)
    """
    values, counts = np.unique(_values(image), return_counts=True)
    return [[float(v), float(n)] for v, n in zip(values, counts, strict=True)]


@operator("count_pixels", namespace="arrays")
def count_pixels_of(image: AnyImage, value: Number) -> Number:
    """How many voxels have a value.

    Example: arrays.count_pixels(labels, 2)
    """
    return float(np.count_nonzero(_is(image, value)))


@operator("array_stats", namespace="arrays")
def array_stats(image: AnyImage) -> Numbers:
    """Mean, standard deviation, minimum, maximum, median, count and number of distinct values.

    In this order. The deviation is that of all the values, with n; all are computed in float64.

    Example: arrays.array_stats(img)[0]
    """
    values = _values(image)
    return [
        float(np.mean(values, dtype=np.float64)),
        float(np.std(values, dtype=np.float64)),
        float(values.min()),
        float(values.max()),
        float(np.median(values.astype(np.float64))),
        float(values.size),
        float(np.unique(values).size),
    ]


@operator("compare_arrays", namespace="arrays")
def compare_arrays(a: AnyImage, b: AnyImage) -> Numbers:
    """How two images differ: counts of equal and of other voxels, and their differences b − a.

    A sequence of: voxels that are equal, voxels that differ, all of them, per cent that are equal,
    mean difference, mean and greatest absolute difference, least and greatest difference.

    Example: arrays.compare_arrays(a, b)[5]
    """
    same = _alike("compare_arrays", a, b)
    equal, count = float(np.count_nonzero(same)), float(same.size)
    with np.errstate(all="ignore"):
        difference = _values(b).astype(np.float64) - _values(a).astype(np.float64)
        return [
            equal,
            count - equal,
            count,
            100 * equal / count,
            float(difference.mean()),
            float(np.abs(difference).mean()),
            float(np.abs(difference).max()),
            float(difference.min()),
            float(difference.max()),
        ]


@operator("threshold_equal", namespace="arrays")
def threshold_equal(image: AnyImage, value: Number) -> Region:
    """The voxels that have a value.

    Example: arrays.threshold_equal(labels, 2)
    """
    return image.with_array(_is(image, value))


@operator("threshold_equal", namespace="arrays")
def threshold_equal_to(
    image: AnyImage, value: Number, inside: Number, outside: Number = 0
) -> Valuation:
    """A number at the voxels that have a value, another elsewhere.

    Example: arrays.threshold_equal(labels, 2, 255)
    """
    where = _is(image, value)
    return image.with_array(np.where(where, np.float32(inside), np.float32(outside)))


@operator("vector_uint32", namespace="arrays")
def vector_uint32(numbers: Numbers) -> Numbers:
    """The sequence, of whole numbers from 0 to 4,294,967,295, as SimpleITK's filters want it.

    Filters take a sequence as it is: this only makes sure of what is in it.

    Example: arrays.vector_uint32([1, 1, 1])
    """
    for number in numbers:
        if not (number.is_integer() and 0 <= number < 2**32):
            raise OperationError(
                f"vector_uint32 takes whole numbers from 0 to 4294967295, not {number:.15g}"
            )
    return numbers


@operator("vector_double", namespace="arrays")
def vector_double(numbers: Numbers) -> Numbers:
    """The sequence, of numbers, as SimpleITK's filters want it.

    Filters take a sequence as it is: this is for programs that say so.

    Example: arrays.vector_double([0.5, 0.5, 1])
    """
    return numbers


def _values(image: Image) -> NDArray[Any]:
    """The values of an image as numbers; of its own type."""
    array = image.array
    return array.view(np.uint8) if array.dtype == np.bool_ else array


def _is(image: Image, value: float) -> NDArray[np.bool_]:
    """Where an image has a value, rounded as the image's own values are."""
    values = _values(image)
    if image.components > 1:
        raise OperationError(
            f"the image has {image.components} values a voxel", "take one: `red(…)`, `intensity(…)`"
        )
    with np.errstate(all="ignore"):
        rounded = np.float32(value) if values.dtype == np.float32 else value
        found: NDArray[np.bool_] = values == rounded
    return found


def _alike(name: str, a: Image, b: Image) -> NDArray[np.bool_]:
    """Where two images have the same values, in all components."""
    if a.components != b.components:
        raise OperationError(
            f"{name} got images of {a.components} and of {b.components} values a voxel"
        )
    same: NDArray[np.bool_] = _values(a) == _values(b)
    # Of a voxel with several values, all of them.
    whole: NDArray[np.bool_] = same.reshape(*a.geometry.shape, a.components).min(axis=-1)
    return whole


def _check_regions(name: str, found: Image, truth: Image) -> None:
    """Remark on images whose voxels are not all 0 or 1."""
    for which, image in (("found", found), ("truth", truth)):
        others = others_than_0_and_1(_values(image)) if image.components == 1 else ""
        if others:
            remark(
                f"{name} compares regions, and `{which}` has other values than 0 and 1: {others};"
                " only voxels that are 1 count",
                "`… > 0` is the region of all that is not 0; for one label,"
                f" `{name}(found, truth, label)`",
            )


def _share(metric: str, part: int, whole: int) -> float:
    """A part of a whole; where there is none, `nan`, with a remark on what has a value there."""
    if whole:
        return part / whole
    remark(
        "there is nothing to compare, no voxel in either image: nan",
        f'`{metric}(found, truth)`, after `import "metrics"`, is 1 where both are empty',
    )
    return math.nan


def _overlap(a: Image, b: Image, label: float) -> tuple[int, int, int]:
    """How many voxels have a label in both images, in the first, in the second."""
    in_a, in_b = _is(a, label), _is(b, label)
    count = np.count_nonzero
    return int(count(in_a & in_b)), int(count(in_a)), int(count(in_b))


def _confusion(found: Image, truth: Image, classes: float | None) -> list[list[float]]:
    of_found, of_truth = (_classes(image) for image in (found, truth))
    greatest = max(int(of_found.max()), int(of_truth.max()))
    count = greatest + 1 if classes is None else classes
    if not float(count).is_integer() or not 1 <= count <= _MOST_CLASSES:
        raise OperationError(
            f"confusion_matrix takes from 1 to {_MOST_CLASSES} classes, not {count:.15g}"
        )
    count = int(count)
    if greatest >= count:
        raise OperationError(
            f"confusion_matrix of {count} classes, and a voxel is of class {greatest}",
            f"the classes are the whole numbers from 0 to {count - 1}",
        )
    table = np.bincount((of_truth * count + of_found).ravel(), minlength=count * count)
    return [[float(n) for n in row] for row in table.reshape(count, count)]


def _classes(image: Image) -> NDArray[np.int64]:
    values = _values(image)
    with np.errstate(all="ignore"):
        whole = values.astype(np.int64)
    if image.components > 1 or not np.array_equal(whole, values) or whole.min() < 0:
        raise OperationError(
            "confusion_matrix takes images of classes: whole numbers from 0 on",
            "a region has the classes 0 and 1",
        )
    return whole
