"""Values of expressions as a session shows them."""

from __future__ import annotations

import json

from voxlogica.engine.plain_values import ShownValue
from voxlogica.images.arrays import np
from voxlogica.images.image import Image
from voxlogica.syntax.printer import value_text

# Of a sequence, so many elements are shown.
_MOST_ELEMENTS = 100


def quoted(text: str) -> str:
    """A string between quotation marks, on one line whatever is in it."""
    return json.dumps(text, ensure_ascii=False)


def shown_text(value: ShownValue, vltype: str) -> str:
    """A value in one line: of an image its type, size, spacing, and range or volume.

    Strings are in quotation marks; of long sequences, the first elements are there.
    """
    if isinstance(value, Image):
        return f"{vltype or _type(value)} {image_text(value)}"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        texts = [shown_text(item, "") for item in value[:_MOST_ELEMENTS]]
        more = len(value) - _MOST_ELEMENTS
        return f"[{', '.join([*texts, f'… {more} more'] if more > 0 else texts)}]"
    return value_text(value)


def _type(image: Image) -> str:
    """The type of an image among values of other types, which each voxel tells."""
    if image.array.dtype == bool:
        return "valuation(bool)"
    is_number = image.components == 1 and image.array.dtype == "float32"
    return "valuation(number)" if is_number else "model"


def image_text(image: Image) -> str:
    """Size and spacing; of a region how much is true, else the range. O(voxels)."""
    geometry, array = image.geometry, image.array
    parts = [str(geometry), f"spacing {geometry.steps}"]
    if image.components > 1:
        parts.append(f"{image.components} components")
    if array.dtype == bool:
        parts.append(f"{int(np.count_nonzero(array))} of {geometry.voxels} voxels")
        return ", ".join(parts)
    missing = int(np.count_nonzero(np.isnan(array))) if array.dtype.kind == "f" else 0
    if missing < array.size:
        parts.append(f"{np.nanmin(array):g} … {np.nanmax(array):g}")
    if missing:
        parts.append(f"{missing} nan")
    return ", ".join(parts)
