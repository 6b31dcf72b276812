"""The closure space of an image: what is next to what, and what is connected.

A voxel is next to all 8 around it in 2-D, all 26 in 3-D.
"""

from __future__ import annotations

from voxlogica import kernels
from voxlogica.operators.signature import Cost, Region, Valuation, Voxels, operator


@operator("near", cost=Cost.PASSES)
def near(region: Region) -> Region:
    """The closure of the region: its voxels and all that are one step from it.

    Steps go to all 8 (in 3-D, 26) voxels around. In the logic of closure spaces this is the
    modality N.

    Example: near(a) \\ a
    """
    return region.with_array(kernels.closure.near(region.array))


@operator("interior", cost=Cost.PASSES)
def interior(region: Region) -> Region:
    """The voxels all of whose neighbours are in the region too.

    The dual of `near`: not(near(not(region))). What lies outside the image counts as inside the
    region, so the edge of the image takes nothing away.

    Example: a \\ interior(a)
    """
    return region.with_array(kernels.closure.interior(region.array))


@operator("through", cost=Cost.PASSES)
def through(a: Region, b: Region) -> Region:
    """The connected components of b that have a voxel in a.

    These are the voxels of b from which a can be reached by steps within b.

    Example: through(border, background)
    """
    return b.with_array(kernels.components.reached(kernels.components.connected(b.array), a.array))


@operator("lcc", "Lcc", voxels=Voxels(labels=True), cost=Cost.PASSES)
def lcc(region: Region) -> Valuation:
    """The connected components, numbered: each voxel has its component's number, 0 outside.

    Numbers are 1, 2, … in the order of the components' first voxels, x running fastest, then y,
    then z. float32 holds them exactly up to 16,777,216 components.

    Example: max(lcc(a))
    """
    return region.with_array(
        kernels.components.numbered(kernels.components.connected(region.array))
    )


@operator("maxvol", cost=Cost.PASSES)
def maxvol(region: Region) -> Region:
    """The connected component with the most voxels, or all of those that tie.

    Empty for an empty region.

    Example: maxvol(intensity(img) >. 0)
    """
    return region.with_array(kernels.components.largest(kernels.components.connected(region.array)))
