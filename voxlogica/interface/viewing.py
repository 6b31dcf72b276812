"""The interactive viewer of notebooks: images and regions as a widget of ipyniivue."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxlogica.interface.computing import compute
from voxlogica.interface.scans import over_scan, with_scan
from voxlogica.operators.signature import REGION
from voxlogica.syntax.diagnostics import VoxLogicaError, error

if TYPE_CHECKING:
    from voxlogica.images.image import Image as Voxels
    from voxlogica.interface.done import Done
    from voxlogica.interface.showing import Shown
    from voxlogica.language.formulas import Formula

# It goes to the browser of the same computer, most often: it is packed in a hurry.
_LEVEL = 1
_OPACITY = 0.5


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


def overlay_view(image: Shown, regions: Mapping[str, Formula], height: int) -> Any:
    """A widget that shows regions over an image. Raises VoxLogicaError."""
    check_installed()
    compute([image._formula, *regions.values()])
    masks = {name: region.value for name, region in regions.items()}
    return _widget(image._voxels, image._name, masks, height)


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
