"""Spatial operators, each as the language defines it: slow and plain, on small images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.references import (
    histogram,
    local_correlation,
    near,
    numbered_components,
    otsu_split,
    reachable,
    signed_distance,
)

Array = NDArray[Any]
Spacing = tuple[float, ...]
# An operator's name, what it takes (`r`egion, `n`umber, `v`aluation), and what it gives.
Definition = tuple[str, Callable[..., Array]]


def interior(region: Array) -> Array:
    return ~near(~region)


def positive(region: Array, spacing: Spacing) -> Array:
    """The distance to a region outside of it, 0 inside."""
    return np.maximum(signed_distance(region, spacing), 0)


def within(region: Array, number: float, spacing: Spacing) -> Array:
    return positive(region, spacing) <= np.float32(number)


def beyond(region: Array, number: float, spacing: Spacing) -> Array:
    return positive(region, spacing) >= np.float32(number)


def eroded(region: Array, number: float, spacing: Spacing) -> Array:
    return ~within(~region, number, spacing)


def smoothened(region: Array, number: float, spacing: Spacing) -> Array:
    return within(beyond(~region, number, spacing), number, spacing)


def touching(a: Array, b: Array) -> Array:
    return reachable(near(b), a)


def may_reach(a: Array, b: Array) -> Array:
    return near(reachable(near(a), b) | a)


def largest(region: Array) -> Array:
    numbers = numbered_components(region)
    sizes = np.bincount(numbers.ravel(), minlength=2)
    sizes[0] = 0
    found: Array = (sizes == sizes.max())[numbers] & region
    return found


REGIONS: dict[str, Definition] = {
    "near": ("r", lambda r, s: near(r)),
    "N": ("r", lambda r, s: near(r)),
    "interior": ("r", lambda r, s: interior(r)),
    "I": ("r", lambda r, s: interior(r)),
    "B+": ("r", lambda r, s: near(r) & ~r),
    "through": ("rr", lambda a, b, s: reachable(a, b)),
    "~>": ("rr", lambda a, b, s: reachable(b, a)),
    "touch": ("rr", lambda a, b, s: touching(a, b)),
    "T": ("rr", lambda a, b, s: touching(a, b)),
    "grow": ("rr", lambda a, b, s: a | touching(b, a)),
    "mayReach": ("rr", lambda a, b, s: may_reach(a, b)),
    "surrounded": ("rr", lambda a, b, s: a & ~may_reach(~(a | b), ~b)),
    "S": ("rr", lambda a, b, s: a & ~may_reach(~(a | b), ~b)),
    "maxvol": ("r", lambda r, s: largest(r)),
    "distleq": ("nr", lambda n, r, s: within(r, n, s)),
    "distgeq": ("nr", lambda n, r, s: beyond(r, n, s)),
    "dilate": ("rn", lambda r, n, s: within(r, n, s)),
    "erode": ("rn", lambda r, n, s: eroded(r, n, s)),
    "smoothen": ("rn", lambda r, n, s: smoothened(r, n, s)),
    "imopen": ("rn", lambda r, n, s: within(eroded(r, n, s), n, s)),
    "imclose": ("rn", lambda r, n, s: eroded(within(r, n, s), n, s)),
    "&": ("rr", lambda a, b, s: a & b),
    "|": ("rr", lambda a, b, s: a | b),
    "!": ("r", lambda r, s: ~r),
}
NUMBERS: dict[str, Definition] = {
    "dt": ("r", lambda r, s: signed_distance(r, s)),
    "pdt": ("r", lambda r, s: positive(r, s)),
    "lcc": ("r", lambda r, s: numbered_components(r)),
}


def correlated(
    a: Array, b: Array, over: Array, limits: tuple[float, float, int], radius: tuple[int, ...]
) -> Array:
    """What `crossCorrelation` gives."""
    low, high, bins = limits
    return local_correlation(a, histogram(b[over], low, high, bins), low, high, radius)


def otsu(values: Array, region: Array, bins: int) -> Array:
    """The region's values in later bins than those that a split of the histogram ends with."""
    inside = values[region]
    if not inside.size or inside.min() == inside.max():
        return np.zeros_like(region)
    low, high = float(inside.min()), float(inside.max())
    place = np.minimum(np.floor((values - low) * bins / (high - low)), bins - 1)
    split = otsu_split(np.bincount(place[region].astype(int), minlength=bins).tolist())
    return region & (place > split) if split is not None else np.zeros_like(region)
