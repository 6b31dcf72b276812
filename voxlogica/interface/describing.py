"""What `repr` tells of an image: type, size, spacing, range."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxlogica.syntax.diagnostics import VoxLogicaError

if TYPE_CHECKING:
    from voxlogica.interface.showing import Shown


def described(image: Shown) -> str:
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
    import numpy as np

    array, components = image._voxels.array, image._voxels.components
    if array.dtype == np.bool_:
        count = int(np.count_nonzero(array))
        of = "numbers of voxels" if components > 1 else "voxels"
        return f"{count} of {array.size} {of} true"
    several = f"{components} × " if components > 1 else ""
    # As `nanmin` and `nanmax`, which warn of an image without a number.
    low, high = np.fmin.reduce(array, axis=None), np.fmax.reduce(array, axis=None)
    return f"{several}{array.dtype}, {low:g} to {high:g}"
