"""Telling two arguments apart by type: for library functions that take them in either order."""

from __future__ import annotations

from voxlogica.operators.signature import Cost, Number, Region, operator


@operator("theNumber", cost=Cost.PASS)
def the_number_first(number: Number, region: Region) -> Number:
    """The number, of a number and a region in either order.

    Lets a function take the two in any order.

    Example: theNumber(3, a)
    """
    return number


@operator("theNumber", cost=Cost.PASS)
def the_number_second(region: Region, number: Number) -> Number:
    """The number, of a number and a region in either order.

    Lets a function take the two in any order.

    Example: theNumber(a, 3)
    """
    return number


@operator("theRegion", cost=Cost.PASS)
def the_region_first(region: Region, number: Number) -> Region:
    """The region, of a number and a region in either order.

    Lets a function take the two in any order.

    Example: theRegion(a, 3)
    """
    return region


@operator("theRegion", cost=Cost.PASS)
def the_region_second(number: Number, region: Region) -> Region:
    """The region, of a number and a region in either order.

    Lets a function take the two in any order.

    Example: theRegion(3, a)
    """
    return region
