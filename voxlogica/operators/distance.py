"""Distances, in the physical unit of the image's spacing: millimetres in medical images."""

from __future__ import annotations

from voxlogica import kernels
from voxlogica.operators.signature import Region, Valuation, operator


@operator("dt")
def dt(region: Region) -> Valuation:
    """The signed Euclidean distance to the edge of the region.

    Outside the region it is positive: the distance between voxel centres to the nearest voxel of
    the region. Inside it is negative: less the distance to the nearest voxel of the region that
    has a neighbour (8, in 3-D 26) outside, so 0 on the edge itself. `inf` everywhere for an empty
    region, `-inf` for one that fills the image. In physical units: the spacing along each axis
    counts. Exact, and rounded to float32.

    Example: dt(a) <=. 5
    """
    found = kernels.distance.signed_distance(region.array, region.geometry.spacing[::-1])
    return region.with_array(found)
