"""The connected component that a voxel lies in: `maxvol`, `lcc`, and what others say of it."""

from __future__ import annotations

from typing import cast

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, counted
from voxlogica.explanations.context import Argument, Context, Descend, Explained, Explainer
from voxlogica.explanations.general import general
from voxlogica.explanations.regions_at import Component, component_at
from voxlogica.images.geometry import Geometry
from voxlogica.kernels.components import connected
from voxlogica.kernels.runs import Runs

_ORDINALS = {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True, slots=True)
class InComponent(Claim):
    """The component of a region that a voxel is in: so large, and the `rank`-th of `of` by size.

    Of components of one size, of which there are `ties`, those come first that begin first in
    raster order, by which they are numbered, too: 1, 2, …. The largest has `largest` voxels.
    `millilitres` is None where voxels have no volume.
    """

    region: str
    number: int
    voxels: int
    millilitres: float | None
    rank: int
    ties: int
    of: int
    largest: int

    kind = "component"

    def sentence(self) -> str:
        """Its size and its rank."""
        return f"In {self.described()}."

    def described(self) -> str:
        """The component, as a part of a sentence."""
        if self.of > 1 and self.ties == self.of:
            return f"one of {self.of:,} components of {self.region}, all of {self.size()}"
        return f"{self.ranked()} of {self.region}, of {self.size()}"

    def size(self) -> str:
        """How large it is."""
        size = counted(self.voxels, "voxel")
        return size if self.millilitres is None else f"{size} ({self.millilitres:.3g} ml)"

    def ranked(self) -> str:
        """Which of all it is."""
        if self.of == 1:
            return "the only component"
        if self.rank == 1 and self.ties == 1:
            return f"the largest of {self.of:,} components"
        if self.voxels == self.largest:
            return f"one of the {self.ties:,} largest of {self.of:,} components"
        suffix = "th" if self.rank % 100 in (11, 12, 13) else _ORDINALS.get(self.rank % 10, "th")
        return f"the {self.rank:,}{suffix} largest of {self.of:,} components"


@dataclass(frozen=True, slots=True)
class Numbered(Claim):
    """The number of a voxel's component, 0 outside of the region."""

    value: float
    region: str
    component: InComponent | None

    kind = "numbered"

    def sentence(self) -> str:
        """Which component it is, and how large."""
        if self.component is None:
            return f"Not in {self.region}, where the number is 0."
        return (
            f"In component {self.component.number:,}, by first voxels; it is"
            f" {self.component.described()}."
        )


@dataclass(frozen=True, slots=True)
class Largest(Claim):
    """Whether a voxel is in a region's largest component, or in one of those that tie."""

    value: bool
    region: str
    component: InComponent | None

    kind = "largest"

    def sentence(self) -> str:
        """The rank of the voxel's component."""
        if self.component is None:
            return f"Not in {self.region}."
        said = f"In {self.component.described()}"
        return f"{said}." if self.value else f"{said}; the largest has {self.component.largest:,}."


@dataclass(frozen=True, slots=True)
class ComponentChosen(Claim):
    """Whether a voxel is in one of a region's components: that of a `number`, by size, from 0."""

    value: bool
    region: str
    number: int
    component: InComponent | None

    kind = "chosen component"

    def sentence(self) -> str:
        """The rank of the voxel's component, and which one is asked for."""
        if self.component is None:
            return f"Not in {self.region}."
        said = f"In {self.component.described()}"
        if self.value:
            return f"{said}: number {self.number}, counted from 0."
        own = self.component.rank - 1
        return f"{said}: number {own}, counted from 0, and not number {self.number}."


def runs_of(context: Context, region: Argument | int) -> Runs:
    """The components of a region, found once for all voxels."""
    position = region.position if isinstance(region, Argument) else region
    array = context.value(region)
    return cast("Runs", context.once(("components", position), lambda: connected(array)))


def component_of(context: Context, region: Argument) -> Component | None:
    """The component of a region that the voxel is in; None outside of it."""
    return component_at(runs_of(context, region), context.voxel[::-1])


def in_component(found: Component, region: str, geometry: Geometry) -> InComponent:
    """What is claimed of a component."""
    return InComponent(
        region,
        found.number,
        found.voxels,
        geometry.millilitres(found.voxels),
        found.rank,
        found.ties,
        found.count,
        found.largest,
    )


def _claimed(context: Context, region: Argument) -> InComponent | None:
    found = component_of(context, region)
    return None if found is None else in_component(found, region.text, context.geometry)


def _lcc(context: Context) -> Explained:
    (region,) = context.arguments
    claim = Numbered(float(context.own), region.text, _claimed(context, region))
    return Explained(claim, (Descend(region),))


def _maxvol(context: Context) -> Explained:
    (region,) = context.arguments
    return _of_size(Largest(bool(context.own), region.text, _claimed(context, region)), region)


def _element(context: Context) -> Explained:
    """An element of what `components` gives, or of another sequence of regions."""
    sequence, index = context.arguments
    inner = context.within(sequence)
    if inner is None or inner.operator != "components" or len(inner.arguments) != 1:
        return general(context, "An element of a sequence, counted from 0.")
    (region,) = inner.arguments
    number = int(context.value(index))
    claimed = _claimed(context, region)
    return _of_size(ComponentChosen(bool(context.own), region.text, number, claimed), region)


def _of_size(claim: Largest | ComponentChosen, region: Argument) -> Explained:
    """Where another component was wanted than the voxel's, the region itself did not decide."""
    if claim.component is not None and not claim.value:
        return Explained(claim, (), (Descend(region),))
    return Explained(claim, (Descend(region),))


EXPLAINERS: dict[str, Explainer] = {
    "lcc": _lcc,
    "Lcc": _lcc,
    "maxvol": _maxvol,
    "index": _element,
    "componentAt": _element,
}
