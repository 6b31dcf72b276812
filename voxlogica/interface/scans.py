"""What a region is drawn over: the image that it rests on first, if that has its grid."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxlogica.images.errors import ImageFileError
from voxlogica.interface.computing import compute, of_given, value_of
from voxlogica.language.formulas import FirstImage
from voxlogica.operators.signature import REGION
from voxlogica.syntax.diagnostics import VoxLogicaError

if TYPE_CHECKING:
    from voxlogica.images.geometry import Geometry
    from voxlogica.images.image import Image as Voxels
    from voxlogica.interface.showing import Shown


class Scans:
    """The images that were loaded for something, in their order: they are held as long as this."""

    def __init__(self, loaded: Iterable[Any], files: Iterable[tuple[str, str]] = ()) -> None:
        """Images that are open or given, and paths of files with their SHA-256."""
        formulas = [of_given(one) for one in loaded]
        self._scans = [formula.scan for formula in formulas if formula.scan]
        # Those of files are read again if need be.
        self._arrays = [one for one in formulas if one.scan and not one.scan.is_of_file]
        self._files = [(Path(path).absolute(), digest) for path, digest in files]

    def on(self, geometry: Geometry) -> FirstImage | None:
        """The first of a grid."""
        while self._files:
            found = _opened(*self._files.pop(0))
            scan = None if found is None else of_given(found).scan
            self._scans += [scan] if scan else []
        return next((scan for scan in self._scans if scan.space == geometry), None)


def _opened(path: Path, digest: str) -> Any:
    """An image file, if it is still the one that was read."""
    from voxlogica.images.reading import open_image

    try:
        found = open_image(path)
    except ImageFileError:
        return None
    return found if [known.hex() for _, known in found.files] == [digest] else None


def scan_of(image: Shown) -> FirstImage | None:
    """What a region is drawn over; None of other images."""
    return (image._over or image._formula.scan) if image._formula.type == REGION else None


def with_scan(image: Shown) -> tuple[Voxels, Voxels | None]:
    """The voxels of an image, and those of what it is drawn over if it is a region.

    Both are computed in one. Raises VoxLogicaError where the image cannot be; the other is None
    then, or where it is gone.
    """
    formula, over = image._formula, scan_of(image)
    scan = None if over is None else over.formula()
    below: Voxels | None = None
    if scan is not None:
        with suppress(VoxLogicaError):
            compute([formula, scan])
            below = value_of(scan)
    voxels: Voxels = value_of(formula)
    return voxels, below if below is not None and below.geometry == voxels.geometry else None


def over_scan(image: Shown) -> tuple[Voxels | None, dict[str, Voxels]]:
    """What an image is shown as: itself; or its scan, with the region by its name over that."""
    voxels, scan = with_scan(image)
    if image._formula.type != REGION:
        return voxels, {}
    return scan, {image._name or "region": voxels}
