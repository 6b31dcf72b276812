"""What the operators are held to: random images, calls, and the definitions taken literally.

The references are slow and plain: each says what an operator means, none how it is computed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators import registry
from voxlogica.operators.signature import (
    BOOL,
    IMAGE,
    MODEL,
    NUMBER,
    REGION,
    STRING,
    VALUATION,
    Operator,
    Type,
)

Array = NDArray[Any]
Index = tuple[int, ...]

# Kernels are compiled where they are first called: an example may take seconds.
unhurried = settings(deadline=None, max_examples=60)

# --- Images ---------------------------------------------------------------------------------------

SPACINGS = (0.5, 0.9, 1.0, 1.25, 3.3)


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """Small 2-D and 3-D grids, rows and single voxels among them, with any spacing."""
    size = draw(
        st.one_of(
            st.tuples(*[st.integers(1, 7)] * 2),
            st.tuples(*[st.integers(1, 4)] * 3),
            st.sampled_from([(1, 1), (9, 1), (1, 9), (1, 1, 1), (9, 1, 1), (1, 9, 1), (1, 1, 9)]),
        )
    )
    isotropic = draw(st.booleans())
    spacing = [draw(st.sampled_from(SPACINGS)) for _ in size]
    return Geometry.of_size(*size, spacing=tuple(spacing[:1] * len(size) if isotropic else spacing))


SPECIAL = np.float32([0.0, -0.0, 1.0, math.inf, -math.inf, math.nan, 3e38, -3e38, 1e-45]).tolist()

numbers = st.one_of(
    st.sampled_from(SPECIAL),
    st.integers(-3, 3).map(float),
    st.floats(width=32),
)


def regions(geometry: Geometry) -> st.SearchStrategy[Image]:
    """Any region: empty, full and everything between, sparse or not."""
    sparse = hnp.arrays(np.bool_, geometry.shape, fill=st.booleans())
    noise = hnp.arrays(np.bool_, geometry.shape, fill=st.nothing())
    arrays = st.one_of(sparse, noise)
    return arrays.map(lambda a: Image(a, geometry))


def valuations(
    geometry: Geometry, elements: st.SearchStrategy[float] = numbers
) -> st.SearchStrategy[Image]:
    """Any numbers: ties, infinities and nan among them."""
    flat = hnp.arrays(np.float32, geometry.shape, elements=elements, fill=elements)
    noise = hnp.arrays(np.float32, geometry.shape, elements=elements, fill=st.nothing())
    arrays = st.one_of(flat, noise)
    return arrays.map(lambda a: Image(a, geometry))


def images(*kinds: Callable[[Geometry], st.SearchStrategy[Image]]) -> st.SearchStrategy[Any]:
    """Images of these kinds in one space: one image, or a tuple of several."""
    together = geometries().flatmap(lambda g: st.tuples(*(kind(g) for kind in kinds)))
    return together.map(lambda drawn: drawn[0]) if len(kinds) == 1 else together


def region(array: Any, spacing: tuple[float, ...] | None = None) -> Image:
    """The region of this array, true where it is not 0."""
    return _image(np.asarray(array, np.bool_), spacing)


def valuation(array: Any, spacing: tuple[float, ...] | None = None) -> Image:
    """The valuation of this array."""
    return _image(np.asarray(array, np.float32), spacing)


def _image(array: Array, spacing: tuple[float, ...] | None) -> Image:
    return Image(array, Geometry.of_size(*array.shape[::-1], spacing=spacing))


# --- Calls ----------------------------------------------------------------------------------------

_RESULTS = {VALUATION: np.float32, REGION: np.bool_, NUMBER: float, BOOL: bool, STRING: str}


def call(name: str, *arguments: Any, space: Geometry | None = None) -> Any:
    """What the operator gives; an image's array, checked to be what its type promises.

    Arguments are read-only, as those an engine hands over may be.
    """
    for argument in arguments:
        if isinstance(argument, Image):
            argument.array.flags.writeable = False
    found = [o for o in registry()[name] if _takes(o, arguments)]
    assert len(found) == 1, f"{name} has {len(found)} meanings for these arguments"
    spaces = {"space": space} if space else {}
    result = found[0].function(*arguments, **spaces)
    if not isinstance(result, Image):
        assert type(result) is _RESULTS.get(found[0].result, list)
        return result
    geometry = space or next(a.geometry for a in arguments if isinstance(a, Image))
    assert result.geometry == geometry
    assert result.array.flags.c_contiguous
    if found[0].result == MODEL:
        assert result.array.shape[:-1] == geometry.shape
        assert result.array.dtype == np.float32
    else:
        assert result.array.shape == geometry.shape
        assert result.array.dtype == _RESULTS[found[0].result]
    return result.array


def _takes(operator: Operator, arguments: tuple[Any, ...]) -> bool:
    return len(arguments) == len(operator.parameters) and all(
        _is(argument, parameter.type)
        for argument, parameter in zip(arguments, operator.parameters, strict=True)
    )


def _is(value: Any, type_: Type) -> bool:
    if isinstance(value, Image):
        if type_ in (MODEL, IMAGE):
            return True
        shaped = value.components == 1 and type_.is_image
        return shaped and value.array.dtype == _RESULTS[type_]
    return type_ == (BOOL if isinstance(value, bool) else NUMBER)


# --- Neighbours and connection --------------------------------------------------------------------


def indices(shape: Index) -> Iterator[Index]:
    """All voxels in raster order, x fastest."""
    return itertools.product(*map(range, shape))


def neighbours(voxel: Index, shape: Index) -> list[Index]:
    """The up to 8 or 26 voxels around one."""
    around = itertools.product(
        *(range(max(i - 1, 0), min(i + 2, n)) for i, n in zip(voxel, shape, strict=True))
    )
    return [other for other in around if other != voxel]


def near(region: Array) -> Array:
    """The voxels that are true or have a true neighbour."""
    result = region.copy()
    for voxel in indices(region.shape):
        result[voxel] |= any(region[n] for n in neighbours(voxel, region.shape))
    return result


def reachable(starts: Array, within: Array) -> Array:
    """The voxels of `within` on a path in it from a voxel of it in `starts`: a path search."""
    found = starts & within
    frontier = [v for v in indices(found.shape) if found[v]]
    while frontier:
        for other in neighbours(frontier.pop(), found.shape):
            if within[other] and not found[other]:
                found[other] = True
                frontier.append(other)
    return found


def numbered_components(region: Array) -> Array:
    """1, 2, … in the components of a region, in the order of their first voxels."""
    result = np.zeros(region.shape, int)
    for voxel in indices(region.shape):
        if region[voxel] and not result[voxel]:
            start = np.zeros_like(region)
            start[voxel] = True
            result[reachable(start, region)] = result.max() + 1
    return result


# --- Distances ------------------------------------------------------------------------------------


def signed_distance(region: Array, spacing: tuple[float, ...]) -> Array:
    """Distances between voxel centres, each voxel with each; `spacing` in the order of axes."""
    result = np.empty(region.shape, np.float32)
    edge = region & near(~region)
    for voxel in indices(region.shape):
        to_nearest = min(
            (
                _distance(voxel, other, spacing)
                for other in indices(region.shape)
                if (edge if region[voxel] else region)[other]
            ),
            default=math.inf,
        )
        result[voxel] = 0.0 - to_nearest if region[voxel] else to_nearest
    return result


def _distance(a: Index, b: Index, spacing: tuple[float, ...]) -> float:
    if len(set(spacing)) == 1:
        return spacing[0] * math.sqrt(sum((i - j) ** 2 for i, j in zip(a, b, strict=True)))
    squares = [((i - j) * s) ** 2 for i, j, s in zip(a, b, spacing, strict=True)]
    return math.sqrt(sum(reversed(squares)))


# --- Histograms -----------------------------------------------------------------------------------


def percentile_ranks(values: Array, region: Array, correction: float) -> Array:
    """Each value of the region compared with each."""
    result = np.full(values.shape, -1, np.float32)
    inside = values[region]
    for voxel in indices(values.shape):
        if region[voxel]:
            smaller = int(np.sum(inside < values[voxel]))
            same = int(np.sum(inside == values[voxel]))
            result[voxel] = (smaller + correction * same) / len(inside)
    return result


def histogram(values: Array, low: float, high: float, bins: int) -> list[int]:
    """Counts in equal bins over [low, high)."""
    counts = [0] * bins
    for v in values.ravel().tolist():
        if low <= v < high:
            counts[min(math.floor((v - low) * bins / (high - low)), bins - 1)] += 1
    return counts


def correlation(h: list[int], target: list[int]) -> float:
    """Pearson's, of two histograms; 1 where both are constant, 0 where only one is."""
    constant = len(set(h)) == 1, len(set(target)) == 1
    if any(constant):
        return float(all(constant))
    return float(np.corrcoef(h, target)[0, 1])


def local_correlation(
    a: Array, target: list[int], low: float, high: float, radius: tuple[int, ...]
) -> Array:
    """The correlation of the histogram of each voxel's box with the target."""
    result = np.empty(a.shape, np.float32)
    for voxel in indices(a.shape):
        box = tuple(slice(max(i - r, 0), i + r + 1) for i, r in zip(voxel, radius, strict=True))
        result[voxel] = correlation(histogram(a[box], low, high, len(target)), target)
    return result


def otsu_split(counts: list[int]) -> int | None:
    """The last bin of the lower of two classes between which variance is greatest, the first so."""
    best: tuple[Fraction, int] | None = None
    for t in range(len(counts) - 1):
        parts = list(enumerate(counts))[: t + 1], list(enumerate(counts))[t + 1 :]
        below, above = (sum(c for _, c in part) for part in parts)
        if below and above:
            means = [Fraction(sum(k * c for k, c in p), sum(c for _, c in p)) for p in parts]
            between = below * above * (means[0] - means[1]) ** 2
            if best is None or between > best[0]:
                best = between, t
    return best[1] if best else None
