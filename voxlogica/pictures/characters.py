"""Pictures made of characters, for terminals: two pixels in one, or a shade of ink."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Literal

from voxlogica.images.arrays import NDArray, np

# How a terminal shows colours: any, one of 256, or not at all.
Depth = Literal["24-bit", "256", "ascii"]

_RAMP = " .:-=+*#%@"
_UPPER_HALF = "▀"
RESET = "\x1b[0m"
# Of the 256 colours, those without a hue, from black to white.
_GREYS = (16, *range(232, 256), 231)
_LUMINANCE = (0.2126, 0.7152, 0.0722)


def in_characters(pixels: NDArray[np.uint8], depth: Depth) -> list[str]:
    """The lines of a picture of shape (height, width, 3).

    A character is taken to be twice as high as wide: in colours it has two pixels, one above the
    other; without, it is a pixel.
    """
    if depth == "ascii":
        return list(_in_ascii(pixels))
    rows = pixels.tolist()
    return [
        _half_blocks(upper, lower, depth) for upper, lower in zip_longest(rows[::2], rows[1::2])
    ]


def foreground(colour: Sequence[int], depth: Depth) -> str:
    """What makes the text that follows be of a colour; nothing without colours."""
    return "" if depth == "ascii" else f"\x1b[38;{_code(colour, depth)}m"


def _in_ascii(pixels: NDArray[np.uint8]) -> Iterator[str]:
    shares = pixels @ np.array(_LUMINANCE) / 255
    for line in np.rint(shares * (len(_RAMP) - 1)).astype(int).tolist():
        yield "".join(_RAMP[step] for step in line)


def _half_blocks(
    upper: Sequence[Sequence[int]], lower: Sequence[Sequence[int]] | None, depth: Depth
) -> str:
    parts: list[str] = []
    shown = ""
    for x, above in enumerate(upper):
        below = f"48;{_code(lower[x], depth)}" if lower is not None else "49"
        colours = f"\x1b[38;{_code(above, depth)};{below}m"
        parts.append(_UPPER_HALF if colours == shown else colours + _UPPER_HALF)
        shown = colours
    return "".join(parts) + RESET


def _code(colour: Sequence[int], depth: Depth) -> str:
    red, green, blue = colour
    if depth == "24-bit":
        return f"2;{red};{green};{blue}"
    if red == green == blue:
        return f"5;{_GREYS[round(red / 255 * (len(_GREYS) - 1))]}"
    red, green, blue = (round(level / 51) for level in colour)
    return f"5;{16 + 36 * red + 6 * green + blue}"
