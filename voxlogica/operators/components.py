"""Operations that rewriting makes: the components of a region, found once for all who ask."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.geometry import Geometry
from voxlogica.kernels.runs import Runs
from voxlogica.operators.signature import (
    OperationError,
    Region,
    Type,
    Valuation,
    operator,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray


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


@operator("components")
def components(region: Region) -> Components:
    """The connected components of a region, run by run.

    Example: components(a)
    """
    from voxlogica.kernels.components import connected

    return RegionComponents(connected(region.array), region.geometry)


@operator("reachedIn")
def reached_in(a: Region, components: Components) -> Region:
    """The components that have a voxel in a.

    Example: reachedIn(a, components(b))
    """
    from voxlogica.kernels.components import reached

    if a.geometry.size != components.geometry.size:
        raise OperationError(
            f"a region of {a.geometry} and components of one of {components.geometry}",
            "only images of the same size can be combined",
        )
    return a.with_array(reached(components.runs, a.array))


@operator("numbersOf")
def numbers_of(components: Components) -> Valuation:
    """The number of each voxel's component, as `lcc` has it.

    Example: numbersOf(components(a))
    """
    from voxlogica.images.image import Image
    from voxlogica.kernels.components import numbered

    return Image(numbered(components.runs), components.geometry)


@operator("largestOf")
def largest_of(components: Components) -> Region:
    """The component with the most voxels, or all that tie.

    Example: largestOf(components(a))
    """
    from voxlogica.images.image import Image
    from voxlogica.kernels.components import largest

    return Image(largest(components.runs), components.geometry)
