"""Words of VoxLogicA 2 for what other operators, or SimpleITK's filters, do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from voxlogica import kernels
from voxlogica.images.arrays import np
from voxlogica.images.image import Image
from voxlogica.operators.signature import (
    AnyImage,
    Cost,
    Model,
    Number,
    Numbers,
    OperationError,
    Purity,
    Region,
    Text,
    Valuation,
    Voxels,
    operator,
)

# So many rounds VoxLogicA 2 has SimpleITK look for patches.
_SLIC_ROUNDS = 10


@operator("load", purity=Purity.READING)
def load(path: Text) -> Model:
    """The image in a file, or of the DICOM series in a folder, as the command `load` reads it.

    The same as `ReadImage(path)`, which has to be imported. A program that only calls `load` is
    read as ImgQL 2.

    Example: load("scan.nii.gz")
    """
    from voxlogica.images.reading import open_image, read_image

    return read_image(open_image(path))


@operator("avg0", cost=Cost.PASS)
def avg0(values: Valuation, region: Region) -> Number:
    """The mean of the values over the region, as `avg` has it; 0 for an empty region.

    Example: avg0(intensity(img), a)
    """
    return kernels.blocks.mean(values.array, region.array) if region.array.any() else 0.0


@operator("label_mean", cost=Cost.PASSES)
def label_mean(labels: Valuation, values: Valuation) -> Valuation:
    """For each voxel, the mean of the values over all voxels that have the same label.

    Labels are whole numbers from 0 on, as `lcc`, `slic` and SimpleITK's watersheds give them; 0 is
    one of them. Added up in float64, in the order of the voxels, and rounded once to float32.

    Example: label_mean(lcc(a), intensity(img))
    """
    with np.errstate(all="ignore"):
        numbers = labels.array.astype(np.int64)
    if not np.array_equal(numbers, labels.array) or numbers.min() < 0:
        raise OperationError(
            "`label_mean` takes labels: whole numbers from 0 on",
            "the labels come first: `label_mean(labels, values)`",
        )
    if numbers.max() >= numbers.size:
        # There are fewer labels than that: no room for each number up to the greatest.
        numbers = np.unique(numbers, return_inverse=True)[1].reshape(numbers.shape)
    flat = numbers.reshape(-1)
    # In one loop, so in one order.
    sums = np.bincount(flat, weights=values.array.reshape(-1))
    with np.errstate(all="ignore"):
        means = (sums / np.bincount(flat)).astype(np.float32)
    return values.with_array(means[numbers])


@operator("gradient", by_itk=True, cost=Cost.PASSES)
def gradient(values: Valuation) -> Valuation:
    """How steep the values are at each voxel: the length of their gradient, by physical lengths.

    As `GradientMagnitude` of SimpleITK: differences of both neighbours along each axis.

    Example: gradient(intensity(img))
    """
    return _filtered(values, lambda itk, image: itk.GradientMagnitude(image))


@operator("n4", by_itk=True)
def n4(values: Valuation, region: Region) -> Valuation:
    """The values without their bias: slow changes of brightness, found in the region, divided out.

    SimpleITK's N4 of every second voxel along each axis, in 30, 20 and 10 rounds, as VoxLogicA 2
    has it; the bias at all voxels is evaluated from that. It computes on one core, in a process of
    its own, so that results are the same on any number of cores.

    Example: n4(intensity(img), brain)
    """
    from voxlogica.operators.itk.bias import without_bias

    return values.with_array(without_bias(values.array, region.array, values.geometry))


@operator("slic", by_itk=True, voxels=Voxels(labels=True))
def slic(image: AnyImage, step: Number, weight: Number) -> Valuation:
    """Superpixels: the image in patches of like values, each with a number, from 0 on.

    `step` is how many voxels a patch has along each axis at first, rounded to a whole number, at
    least 1; the greater the `weight`, the more places count beside values. Images of several values
    a voxel are compared in all. SimpleITK's SLIC, as VoxLogicA 2 calls it: 10 rounds, patches
    connected. It computes on one core, so that results are the same on any number of them.

    Example: slic(img, 8, 10)
    """
    if not (math.isfinite(step) and math.isfinite(weight)):
        raise OperationError(f"`slic` takes finite numbers, not {step:g} and {weight:g}")

    def clustered(itk: Any, pixels: Any) -> Any:
        clustering = itk.SLICImageFilter()
        clustering.SetNumberOfWorkUnits(1)
        # SimpleITK visits each place of a patch, were it larger than the image: a patch of more
        # than twice a side is as good as any.
        sides = (min(round(step), 2 * side + 1) for side in image.geometry.size)
        clustering.SetSuperGridSize([max(1, side) for side in sides])
        clustering.SetSpatialProximityWeight(weight)
        clustering.SetMaximumNumberOfIterations(_SLIC_ROUNDS)
        clustering.SetEnforceConnectivity(True)
        clustering.SetInitializationPerturbation(True)
        return clustering.Execute(pixels)

    array = image.array.view(np.uint8) if image.dtype == np.bool_ else image.array
    return _filtered(Image(array, image.geometry), clustered)


@operator("extract", by_itk=True, own_grid=True)
def extract(image: AnyImage, size: Numbers, index: Numbers) -> Model:
    """The part of an image that has this size and begins at this index, in voxels along x, y, z.

    As `Extract` of SimpleITK: a size of 0 along an axis takes one slice there, an image of 2
    dimensions. The box around a region: `extract(img, bbox(r)[1], bbox(r)[0])`.

    Example: extract(img, [3, 3, 0], [0, 0, 1])
    """
    from voxlogica.operators import namespace

    (found,) = namespace("simpleitk")["Extract"][:1]
    part: Image = found.function(image, size, index)
    return part


def _filtered(image: Image, do: Callable[[Any, Any], Any]) -> Image:
    """What SimpleITK makes of an image, in its place, as numbers."""
    from voxlogica.images.library import itk_image, reason, simpleitk

    itk = simpleitk()
    try:
        given = itk_image(image.array, image.geometry, image.components)
        found = itk.GetArrayFromImage(do(itk, given))
    except RuntimeError as problem:
        raise OperationError(f"SimpleITK failed: {reason(problem)}") from problem
    return image.with_array(np.ascontiguousarray(found, np.float32))
