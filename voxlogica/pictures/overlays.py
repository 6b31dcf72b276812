"""Regions drawn over a scan: a line around each, and within a single one a light shade.

The colours of regions are here, for all pictures. A line has a dark seam at its outer side, by
which it is seen on white as on black.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from voxlogica.images.arrays import NDArray, np

Colour = tuple[int, int, int]

# Told apart with every kind of colour blindness: the palette of Okabe and Ito
# (https://jfly.uni-koeln.de/color/), its most different first. Orange, sky blue, green, purple,
# yellow, vermilion, blue.
COLOURS: tuple[Colour, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (204, 121, 167),
    (240, 228, 66),
    (213, 94, 0),
    (0, 114, 178),
)
# What is no number, which no grey says.
MISSING: Colour = (94, 60, 140)
GROUND: Colour = (0, 0, 0)
# From this region on, lines are broken: a third colour is not for everyone.
FIRST_DASHED = 2
# How much of a region's colour is within it: over a scan, and where there is none.
_OVER_SCAN, _ALONE = 0.2, 0.75
_DASH = 4
# What remains of the ground in the seam of a line: on white, too, the first five colours have there
# three times its luminance, which WCAG 2.2 asks of graphics (1.4.11).
SEAM = 0.25


def colour(region: int) -> Colour:
    """The colour of a region, by its place among all."""
    return COLOURS[region % len(COLOURS)]


def label_colours(labels: Sequence[int]) -> tuple[Colour, ...]:
    """A colour for each of at most 7 labels: the same for a small label wherever it is."""
    small = max(labels, default=0) <= len(COLOURS)
    return tuple(COLOURS[label - 1 if small else k] for k, label in enumerate(labels))


class DrawnOverlay(NamedTuple):
    """What of regions, in how many colours, is drawn where.

    `lines` and `within` tell of each pixel the colour of the line through it, and of the shade that
    it has: 1 for the first, 0 for none; `seam` is where the ground is dark, for lines to be seen.
    """

    colours: int
    lines: NDArray[np.uint8]
    within: NDArray[np.uint8]
    seam: NDArray[np.bool_]


def overlay(
    regions: Sequence[NDArray[np.bool_]], shape: tuple[int, int], shaded: bool
) -> DrawnOverlay:
    """Lines around regions of a shape (height, width), and if so said, shades within.

    Lines that coincide take turns, so that each is seen. Shades are the last region's.
    """
    lines, within = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    seam = np.zeros(shape, np.bool_)
    edges = [_edge(region) for region in regions]
    for region in regions:
        seam |= _outer_side(region)
    if len(regions) == 1:
        lines[edges[0]] = 1
        if shaded:
            within[regions[0]] = 1
        return DrawnOverlay(1, lines, within, seam)
    before = np.zeros(shape, np.intp)
    along = _along(shape)
    for k in range(FIRST_DASHED, len(edges)):
        edges[k] &= along % 2 == 0
    turn = along // 2 % np.maximum(np.sum(edges, axis=0), 1) if len(edges) > 1 else before
    for k, (region, edge) in enumerate(zip(regions, edges, strict=True)):
        lines[edge & (before == turn)] = k % len(COLOURS) + 1
        before += edge
        if shaded:
            within[region] = k % len(COLOURS) + 1
    return DrawnOverlay(min(len(regions), len(COLOURS)), lines, within, seam)


def dashes(shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where in a grid of a shape (y, x) or (z, y, x) broken lines are drawn."""
    found: NDArray[np.bool_] = _along(shape) % 2 == 0
    return found


def over_greys(
    shades: NDArray[np.float32] | None, drawn: DrawnOverlay, most: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Regions over greys from 0 to 1, `nan` where missing, or over black: indices and palette.

    `most` is how many greys there may be.
    """
    colours, lines, within, seam = drawn
    shaded = range(colours if within.any() else 0)
    if shades is None:
        ground = np.array([GROUND], np.float64)
        palette = _palette([ground, *(_mixed(ground, k, _ALONE) for k in shaded)], colours)
        indices = within.copy()
    else:
        greys = min(most, (256 - colours - 1) // (len(shaded) + 1))
        ramp = np.linspace(0, 255, greys)[:, np.newaxis].repeat(3, axis=1)
        palette = _palette([ramp, *(_mixed(ramp, k, _OVER_SCAN) for k in shaded)], colours)
        missing = np.isnan(shades)
        levels = np.where(missing, 0, shades) * np.float32(greys - 1)
        levels[seam] *= SEAM
        levels += np.float32(0.5)
        indices = levels.astype(np.uint8) + within * np.uint8(greys)
        indices[missing] = len(palette) - 1
    first = len(palette) - 1 - colours
    return np.where(lines > 0, lines + np.uint8(first - 1), indices), palette


def over_colours(pixels: NDArray[np.uint8], drawn: DrawnOverlay) -> NDArray[np.uint8]:
    """Regions over red, green and blue, and perhaps opacity, of shape (height, width, 3 or 4)."""
    colours, lines, within, seam = drawn
    if not colours:
        return pixels
    result = pixels.copy()
    result[seam, :3] = np.rint(pixels[seam, :3] * SEAM)
    for k in range(colours):
        inside = within == k + 1
        result[inside, :3] = np.rint(_mixed(result[inside, :3], k, _OVER_SCAN))
        result[lines == k + 1, :3] = colour(k)
    result[(lines > 0) | (within > 0) | seam, 3:] = 255
    return result


def _palette(shades: Sequence[NDArray[np.float64]], colours: int) -> NDArray[np.uint8]:
    """Shades, then the colours of the lines, then what is missing."""
    own = np.array([*(colour(k) for k in range(colours)), MISSING], np.float64)
    palette: NDArray[np.uint8] = np.rint(np.concatenate([*shades, own])).astype(np.uint8)
    return palette


def _mixed(ground: NDArray[Any], region: int, share: float) -> NDArray[np.float64]:
    return (1 - share) * ground + share * np.array(colour(region))


def _edge(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of a region that have a neighbour, of four, outside of it or of the picture."""
    around = np.pad(region, 1)
    inner = around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    return region & ~inner


def _outer_side(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels beside a region, of four neighbours each."""
    around = np.pad(region, 1)
    near = around[:-2, 1:-1] | around[2:, 1:-1] | around[1:-1, :-2] | around[1:-1, 2:]
    return near & ~region


def _along(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """A number for each place that grows along lines of any direction but one, dash by dash."""
    *down, across = np.indices(shape, sparse=True)
    return (across + 2 * sum(down)) // _DASH
