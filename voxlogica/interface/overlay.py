"""Regions over an image that somebody chose: for comparison, and for regions that stand alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from voxlogica.images.geometry import Geometry
from voxlogica.interface.computing import value_of
from voxlogica.interface.tracebacks import short
from voxlogica.language.formulas import Formula
from voxlogica.operators.signature import MODEL, REGION
from voxlogica.syntax.diagnostics import VoxLogicaError, error

if TYPE_CHECKING:
    from voxlogica.interface.showing import Shown


class Overlay:
    """An image with regions over it, as `Image.with_regions` makes it: to be looked at."""

    def __init__(self, image: Shown, regions: Mapping[str, Formula]) -> None:
        self._image = image
        self._regions = dict(regions)

    @short
    def view(self, *, height: int = 400) -> Any:
        """The interactive viewer: see `Image.view`."""
        from voxlogica.interface.viewing import overlay_view

        return overlay_view(self._image, self._regions, height)

    @short
    def _repr_html_(self) -> str:
        from voxlogica.interface.notebook import overlay_html

        return overlay_html(self._image, self._regions)

    def __repr__(self) -> str:
        return f"<Overlay of {', '.join(self._regions)} over {self._image!r}>"


def overlay(
    image: Shown, regions: Sequence[tuple[str, Formula]], named: Mapping[str, Formula]
) -> Overlay:
    """Regions over an image; those without a name of their own have numbers.

    Raises VoxLogicaError where grids differ, or something is no region.
    """
    found: dict[str, Formula] = {}
    for number, (own, formula) in enumerate(regions, 1):
        is_free = own and own not in found and own not in named
        found[own if is_free else f"region {number}"] = formula
    found |= named
    for name, formula in found.items():
        _check(name, formula, image)
    return Overlay(image, found)


def _check(name: str, formula: Formula, image: Shown) -> None:
    if formula.type != REGION:
        mend = "`array == 1`" if formula.type == MODEL else "`image > 0`"
        said = f"`{name}` has numbers, and is no region"
        raise VoxLogicaError([error(said, hint=f"{mend} is a region")])
    grid, wanted = _grid(formula), image._geometry
    if grid != wanted:
        said = f"`{name}` is not on the grid of the image: {grid}, not {wanted}"
        raise VoxLogicaError([error(said)])


def _grid(formula: Formula) -> Geometry:
    space = formula.space
    if isinstance(space, Geometry):
        return space
    found: Geometry = value_of(formula).geometry
    return found
