"""Operations that rewriting makes: the components of a region, found once for all who ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, overload

from voxlogica import kernels
from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.kernels.runs import Runs, RunsBySize
from voxlogica.operators.literals import place_in
from voxlogica.operators.signature import (
    Cost,
    Number,
    OperationError,
    Region,
    Regions,
    Type,
    Valuation,
    operator,
)


@dataclass(frozen=True, slots=True, eq=False)
class RegionComponents:
    """A region's components, and where the region is."""

    runs: Runs
    geometry: Geometry

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What of it takes memory."""
        return self.runs.first, self.runs.edges, self.runs.numbers

    def with_arrays(self, arrays: Sequence[NDArray[Any]]) -> RegionComponents:
        """The same with arrays equal to its own."""
        first, edges, numbers = arrays
        return replace(self, runs=replace(self.runs, first=first, edges=edges, numbers=numbers))


# No program can print or save it, so it is never a goal, and never in the store.
Components = Annotated[RegionComponents, Type("components")]


@dataclass(frozen=True, slots=True, eq=False)
class BySize(Sequence[Image]):
    """A sequence of regions, the largest first, none of which is an image before it is asked for.

    As with `RegionComponents`, no program can save or print it, nor has the store a form for it.
    """

    runs: RunsBySize
    geometry: Geometry

    @staticmethod
    def of(runs: Runs, geometry: Geometry) -> BySize:
        """Those of a region, or of labels, in this place."""
        return BySize(kernels.objects.by_size(runs), geometry)

    @property
    def arrays(self) -> tuple[NDArray[Any], ...]:
        """What of it takes memory."""
        return self.runs.first, self.runs.rows, self.runs.edges, self.runs.sizes

    def with_arrays(self, arrays: Sequence[NDArray[Any]]) -> BySize:
        """The same with arrays equal to its own."""
        first, rows, edges, sizes = arrays
        runs = replace(self.runs, first=first, rows=rows, edges=edges, sizes=sizes)
        return replace(self, runs=runs)

    def __len__(self) -> int:
        return len(self.runs.sizes)

    @overload
    def __getitem__(self, index: int) -> Image: ...

    @overload
    def __getitem__(self, index: slice) -> list[Image]: ...

    def __getitem__(self, index: int | slice) -> Image | list[Image]:
        if isinstance(index, slice):
            return [self[i] for i in range(len(self))[index]]
        # Raises IndexError for what is not there.
        number = range(len(self))[index]
        return Image(kernels.objects.component(self.runs, number), self.geometry)


@operator("componentsOf", formerly="components")
def components_of(region: Region) -> Components:
    """The connected components of a region, run by run.

    Example: componentsOf(a)
    """
    return RegionComponents(kernels.components.connected(region.array), region.geometry)


@operator("reachedIn")
def reached_in(a: Region, components: Components) -> Region:
    """The components that have a voxel in a.

    Example: reachedIn(a, componentsOf(b))
    """
    if a.geometry.size != components.geometry.size:
        raise OperationError(
            f"a region of {a.geometry} and components of one of {components.geometry}",
            "only images of the same size can be combined",
        )
    return a.with_array(kernels.components.reached(components.runs, a.array))


@operator("numbersOf")
def numbers_of(components: Components) -> Valuation:
    """The number of each voxel's component, as `lcc` has it.

    Example: numbersOf(componentsOf(a))
    """
    return Image(kernels.components.numbered(components.runs), components.geometry)


@operator("largestOf")
def largest_of(components: Components) -> Region:
    """The component with the most voxels, or all that tie.

    Example: largestOf(componentsOf(a))
    """
    return Image(kernels.components.largest(components.runs), components.geometry)


@operator("countOf", cost=Cost.NOTHING)
def count_of(components: Components) -> Number:
    """How many components there are.

    Example: countOf(componentsOf(a))
    """
    return float(components.runs.count)


@operator("bySize")
def by_size(components: Components) -> Regions:
    """The components, each a region, as `components` has them.

    Example: bySize(componentsOf(a))
    """
    return BySize.of(components.runs, components.geometry)


@operator("componentAt", cost=Cost.PASS)
def component_at(components: Regions, index: Number) -> Region:
    """One of the regions in a sequence, counted from 0.

    Example: componentAt(components(a), 0)
    """
    return components[place_in(len(components), index)]


@operator("voxelsOf", cost=Cost.NOTHING)
def voxels_of(components: Regions, index: Number) -> Number:
    """How many voxels one of the regions in a sequence has, which need not be made for that.

    Example: voxelsOf(components(a), 0)
    """
    place = place_in(len(components), index)
    if isinstance(components, BySize):
        return float(components.runs.sizes[place])
    return float(components[place].array.sum())
