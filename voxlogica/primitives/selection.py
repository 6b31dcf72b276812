"""Choosing, of an image's values, those in a region."""

from __future__ import annotations

from voxlogica.primitives.signature import Region, Valuation, operator
from voxlogica.primitives.voxelwise import voxelwise


@operator("mask")
def mask(values: Valuation, region: Region) -> Valuation:
    """The values in the region, 0 elsewhere.

    Example: mask(intensity(img), brain)
    """
    return voxelwise("where", region, values, 0.0)


@operator("select")
def select(region: Region, values: Valuation, others: Valuation) -> Valuation:
    """The first image's values in the region, the second's elsewhere.

    Example: select(brain, intensity(img), constant(-1))
    """
    return voxelwise("where", region, values, others)
