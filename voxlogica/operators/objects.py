"""Objects one by one: the connected components of a region, or what has one label each."""

from __future__ import annotations

from voxlogica.operators.components import BySize
from voxlogica.operators.labels import objects_of
from voxlogica.operators.signature import Cost, Labels, Number, Region, Regions, operator

# What these words meant before was called from nowhere.
_VERSION = 2


@operator("components", version=_VERSION, cost=Cost.PASSES)
def components(region: Region) -> Regions:
    """The connected components of the region, each a region: a sequence, the largest first.

    Of equally large ones that comes first whose first voxel does, x running fastest, then y, then
    z. A voxel is next to all 8 (26) around it. Empty for an empty region. No component takes up
    memory before it is needed.

    Example: components(a)[0]
    """
    runs, _ = objects_of(region, "components")
    return BySize.of(runs, region.geometry)


@operator("components", version=_VERSION, cost=Cost.PASSES, remarks=True)
def components_of_labels(labels: Labels) -> Regions:
    """The objects of an image of labels, each a region: a sequence, the largest first.

    Each positive value is an object, so those that touch stay apart, and one in several pieces is
    one. Of equally large ones that comes first whose first voxel does. 0 is no object; what is
    negative, `nan` or no whole number is an error.

    Example: components(lcc(a))[0]
    """
    runs, _ = objects_of(labels, "components")
    return BySize.of(runs, labels.geometry)


@operator("count_components", cost=Cost.PASSES)
def count_components(region: Region) -> Number:
    """How many connected components the region has.

    A voxel is next to all 8 (26) around it.

    Example: count_components(a)
    """
    runs, _ = objects_of(region, "count_components")
    return float(runs.count)


@operator("count_components", cost=Cost.PASSES, remarks=True)
def count_labels(labels: Labels) -> Number:
    """How many objects an image of labels has: its positive values, each counted once.

    What is negative, `nan` or no whole number is an error.

    Example: count_components(lcc(a))
    """
    runs, _ = objects_of(labels, "count_components")
    return float(runs.count)
