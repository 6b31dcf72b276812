"""A small picture of an image made of characters, for terminals: its middle slice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, Literal

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image

# How a terminal shows shades: in any colour, in one of 256, or not at all.
Shades = Literal["24-bit", "256", "ascii"]

_RAMP = " .:-=+*#%@"
_UPPER_HALF = "▀"
_RESET = "\x1b[0m"
# Of the 256 colours, those without a hue, from black to white.
_GREYS = (16, *range(232, 256), 231)
_LUMINANCE = (0.2126, 0.7152, 0.0722)


def image_in_characters(image: Image, columns: int, lines: int, shades: Shades) -> str:
    """The middle slice along z in at most so many columns and lines, each ended by a line break.

    A character is taken to be twice as high as wide, and shows two pixels, one above the other;
    without colours, one. Sides are in proportion to the slice's physical ones, and no pixel is
    smaller than a voxel. Grey goes from the least finite value of the slice, black, to its
    greatest, and is the mean where several voxels share a pixel; `nan` is black. O(voxels of the
    slice).
    """
    pixels = _slice_levels(image)
    across, down = _extent(image, columns, lines)
    if shades == "ascii":
        down = max(1, round(down / 2))
    pixels = _resampled(_resampled(pixels, down, 0), across, 1)
    if shades == "ascii":
        return "".join(f"{line}\n" for line in _in_ascii(pixels))
    code = _code_of_256 if shades == "256" else _code_of_24_bits
    return "".join(f"{line}\n" for line in _in_half_blocks(pixels, code))


def middle_slice(image: Image) -> int | None:
    """The index along z of the slice that is shown; None of a 2-D image."""
    return image.geometry.shape[0] // 2 if image.geometry.dimension == 3 else None


def _extent(image: Image, columns: int, lines: int) -> tuple[int, int]:
    """The pixels across and down, which are square."""
    (x, y), (dx, dy) = image.geometry.size[:2], image.geometry.spacing[:2]
    width, height = x * dx, y * dy
    side = max(width / columns, height / (2 * lines), min(dx, dy))
    return (
        min(columns, max(1, round(width / side))),
        min(2 * lines, max(1, round(height / side))),
    )


def _slice_levels(image: Image) -> NDArray[np.float64]:
    """From 0 to 255, of shape (y, x, 1), or (y, x, 3) for red, green and blue."""
    index = middle_slice(image)
    plane = image.array if index is None else image.array[index]
    if image.components >= 3:
        plane = plane[..., :3]
    elif plane.ndim == 2:
        plane = plane[..., np.newaxis]
    values: NDArray[np.float64] = plane.astype(np.float64)
    if plane.dtype == np.uint8 and image.components >= 3:
        return values
    finite = values[np.isfinite(values)]
    if plane.dtype == bool or not finite.size:
        low, high = 0.0, 1.0
    else:
        low, high = float(finite.min()), float(finite.max())
    if low == high:  # nothing to tell apart but from 0
        low, high = low - abs(low), low or 1.0
    values = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    # Halves, as the difference of the two may be beyond the greatest number.
    levels: NDArray[np.float64] = (values / 2 - low / 2) / ((high / 2 - low / 2) or 1.0) * 255.0
    return levels


def _resampled(pixels: NDArray[Any], wanted: int, axis: int) -> NDArray[Any]:
    """Means of neighbours along an axis where it becomes shorter, repeated where longer."""
    length = pixels.shape[axis]
    if wanted >= length:
        repeated: NDArray[Any] = pixels.take(np.arange(wanted) * length // wanted, axis=axis)
        return repeated
    edges = np.arange(wanted) * length // wanted
    counts = np.diff(np.append(edges, length))
    shape = [1] * pixels.ndim
    shape[axis] = wanted
    means: NDArray[Any] = np.add.reduceat(pixels, edges, axis=axis) / counts.reshape(shape)
    return means


def _in_ascii(pixels: NDArray[Any]) -> Iterator[str]:
    weights = _LUMINANCE if pixels.shape[-1] == 3 else (1.0,)
    levels = pixels @ np.array(weights)
    steps = np.rint(levels / 255.0 * (len(_RAMP) - 1)).astype(int)
    for row in steps.tolist():
        yield "".join(_RAMP[step] for step in row).rstrip()


def _in_half_blocks(pixels: NDArray[Any], code: Any) -> Iterator[str]:
    rows = np.clip(np.rint(pixels), 0, 255).astype(int).tolist()
    for upper, lower in zip_longest(rows[::2], rows[1::2]):
        parts: list[str] = []
        shown = ""
        for x, above in enumerate(upper):
            below = f"48;{code(lower[x])}" if lower is not None else "49"
            colours = f"\x1b[38;{code(above)};{below}m"
            parts.append(_UPPER_HALF if colours == shown else colours + _UPPER_HALF)
            shown = colours
        yield "".join(parts) + _RESET


def _code_of_24_bits(levels: list[int]) -> str:
    red, green, blue = levels if len(levels) == 3 else levels * 3
    return f"2;{red};{green};{blue}"


def _code_of_256(levels: list[int]) -> str:
    if len(levels) == 1:
        return f"5;{_GREYS[round(levels[0] / 255 * (len(_GREYS) - 1))]}"
    red, green, blue = (round(level / 51) for level in levels)
    return f"5;{16 + 36 * red + 6 * green + blue}"
