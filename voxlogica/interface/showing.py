"""What shows itself in a notebook: images, and regions over them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxlogica.images.arrays import np
from voxlogica.images.geometry import Geometry
from voxlogica.interface.tracebacks import short
from voxlogica.language.formulas import FirstImage, Formula
from voxlogica.syntax.diagnostics import VoxLogicaError

if TYPE_CHECKING:
    from voxlogica.images.image import Image as Voxels
    from voxlogica.interface.viewing import Overlay


class Shown:
    """An image, as it is shown: in planes, over another, or in the viewer."""

    _formula: Formula
    _name: str
    # What a region is drawn over, where its formula does not tell: one content may be of many.
    _over: FirstImage | None

    @short
    def __repr__(self) -> str:
        return _described(self)

    @short
    def _repr_html_(self) -> str:
        from voxlogica.interface.notebook import image_html

        return image_html(self)

    @short
    def with_regions(self, *regions: Any, **named: Any) -> Overlay:
        """Regions, or arrays of truth values, over this image: a notebook shows it.

            flair.with_regions(tumour=tumour, truth=mask)

        Raises Error where the grids differ, TypeError where no region is given.
        """
        from voxlogica.interface.viewing import overlay

        if not regions and not named:
            raise TypeError("no region is given: `image.with_regions(region)`")
        found = [
            (one._name if isinstance(one, Shown) else "", self._formula_of(one)) for one in regions
        ]
        return overlay(self, found, {name: self._formula_of(one) for name, one in named.items()})

    @short
    def view(self, *, height: int = 400) -> Any:
        """The interactive viewer, a widget `height` pixels high; a region is over its scan.

        Raises Error where the extra `voxlogica[notebook]` is not installed.
        """
        from voxlogica.interface.viewing import image_view

        return image_view(self, height)

    def _formula_of(self, value: Any) -> Formula:
        if isinstance(value, Shown):
            return value._formula
        from voxlogica.interface.accepting import accepted
        from voxlogica.interface.computing import of_given

        return of_given(accepted(value, like=self._geometry))

    @property
    def _voxels(self) -> Voxels:
        from voxlogica.interface.computing import value_of

        voxels: Voxels = value_of(self._formula)
        return voxels

    @property
    def _geometry(self) -> Geometry:
        space = self._formula.space
        return space if isinstance(space, Geometry) else self._voxels.geometry


def _described(image: Shown) -> str:
    """The class of an image, how the language calls its type, size, spacing, and what is in it.

    What cannot be computed is told without an error: whoever looks at a value may be a debugger.
    """
    name = type(image).__name__
    formula = image._formula
    if formula.space is None and formula.value is None:
        return f"<{name} `{formula.span.text}`, which takes the grid of what it meets>"
    try:
        voxels = image._voxels
    except VoxLogicaError as failed:
        return f"<{name} that cannot be computed: {failed.diagnostics[0].message}>"
    unit = "" if voxels.geometry.unit == "px" else f" of {_spacing(image)}"
    return f"<{name} {voxels.geometry}{unit}, {_content(image)}>"


def _spacing(image: Shown) -> str:
    steps = image._voxels.geometry.steps
    return steps if " " in steps else f"{steps} mm"


def _content(image: Shown) -> str:
    array, components = image._voxels.array, image._voxels.components
    if array.dtype == np.bool_:
        count = int(np.count_nonzero(array))
        of = "numbers of voxels" if components > 1 else "voxels"
        return f"{count} of {array.size} {of} true"
    several = f"{components} × " if components > 1 else ""
    # As `nanmin` and `nanmax`, which warn of an image without a number.
    low, high = np.fmin.reduce(array, axis=None), np.fmax.reduce(array, axis=None)
    return f"{several}{array.dtype}, {low:g} to {high:g}"
