"""What somebody chose to look at: regions over an image; and the interactive viewer of notebooks.

Regions over an image are for comparison, and for regions that stand alone. The viewer is a widget
of ipyniivue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxlogica.images.geometry import Geometry
from voxlogica.interface.computing import compute, value_of
from voxlogica.interface.scans import over_scan, with_scan
from voxlogica.interface.tracebacks import short
from voxlogica.language.formulas import Formula
from voxlogica.operators.signature import MODEL, REGION
from voxlogica.syntax.diagnostics import VoxLogicaError, error

if TYPE_CHECKING:
    from voxlogica.images.image import Image as Voxels
    from voxlogica.interface.done import Done
    from voxlogica.interface.showing import Shown

# It goes to the browser of the same computer, most often: it is packed in a hurry.
_LEVEL = 1
_OPACITY = 0.5


class Overlay:
    """An image with regions over it, as `Image.with_regions` makes it: to be looked at."""

    def __init__(self, image: Shown, regions: Mapping[str, Formula]) -> None:
        self._image = image
        self._regions = dict(regions)

    @short
    def view(self, *, height: int = 400) -> Any:
        """The interactive viewer: see `Image.view`."""
        check_installed()
        compute([self._image._formula, *self._regions.values()])
        masks = {name: region.value for name, region in self._regions.items()}
        return _widget(self._image._voxels, self._image._name, masks, height)

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


def check_installed() -> None:
    """Raises VoxLogicaError where there is no viewer: before anything is computed for it."""
    from importlib.util import find_spec

    if find_spec("ipyniivue") is None:
        hint = "`pip install 'voxlogica[notebook]'`"
        raise VoxLogicaError([error("the interactive viewer is not installed", hint=hint)])


def image_view(image: Shown, height: int) -> Any:
    """A widget that shows an image, or a region over its scan. Raises VoxLogicaError."""
    check_installed()
    below, regions = over_scan(image)
    return _widget(below, "scan" if regions else image._name, regions, height)


def done_view(done: Done, height: int) -> Any:
    """A widget that shows what was saved on one grid: regions over their scan.

    Raises VoxLogicaError, also where nothing was saved.
    """
    check_installed()
    saved = [*done.images.values()]
    if not saved:
        raise VoxLogicaError([error("no image was saved: there is nothing to view")])
    regions = [image for image in saved if image._formula.type == REGION]
    if not regions:
        return image_view(saved[0], height)
    first, scan = with_scan(regions[0])
    named = {one.name: one._voxels for one in regions if one._geometry == first.geometry}
    return _widget(scan, "scan", named, height)


def _widget(image: Voxels | None, name: str, regions: Mapping[str, Voxels], height: int) -> Any:
    from ipyniivue import NiiVue, Volume

    from voxlogica.pictures.overlays import colour
    from voxlogica.pictures.windowing import scan

    volumes = []
    if image is not None:
        window = scan(image, coloured=False).window
        volumes.append(
            Volume(
                data=_file(image),
                name=f"{name or 'image'}.nii.gz",
                colormap="gray",
                cal_min=window.low,
                cal_max=window.high,
            )
        )
    for number, (called, mask) in enumerate(regions.items()):
        shown = Volume(data=_file(mask), name=f"{called}.nii.gz", opacity=_OPACITY)
        red, green, blue = colour(number)
        shown.set_colormap_label(
            {
                "R": [0, red],
                "G": [0, green],
                "B": [0, blue],
                "A": [0, 255],
                "I": [0, 1],
                "labels": ["", called],
            }
        )
        volumes.append(shown)
    # As the pictures have it: the patient's right is at the left.
    viewer = NiiVue(height=height, is_radiological_convention=True)
    viewer.load_volumes(volumes)
    return viewer


def _file(image: Voxels) -> bytes:
    """A NIfTI file, packed."""
    from voxlogica.images.saving import Saving

    name = "image.nii.gz"
    (file,) = Saving(name, _LEVEL).encoded(image, name, Path()).files
    return b"".join(file.chunks)
