"""Regions drawn over a scan: a line around each, and within it a light shade of its colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voxlogica.images.arrays import NDArray, np

Colour = tuple[int, int, int]

# Told apart with every kind of colour blindness, and on dark and light greys: the palette of Okabe
# and Ito (https://jfly.uni-koeln.de/color/), its most different first.
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
# More regions than these would leave too few greys to be shaded: they are lines alone.
_MOST_SHADED = 4
# How much of a region's colour is within it: over a scan, and where there is none.
_OVER_SCAN, _ALONE = 0.2, 0.6
_MOST_GREYS = 128
_DASH = 4


def colour(region: int) -> Colour:
    """The colour of a region, by its place among all."""
    return COLOURS[region % len(COLOURS)]


def label_colours(labels: Sequence[int]) -> tuple[Colour, ...]:
    """A colour for each of at most 7 labels: the same for a small label wherever it is."""
    small = max(labels, default=0) <= len(COLOURS)
    return tuple(COLOURS[label - 1 if small else k] for k, label in enumerate(labels))


def over_greys(
    shades: NDArray[np.float32] | None,
    regions: Sequence[NDArray[np.bool_]],
    most: int = _MOST_GREYS,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Regions over greys from 0 to 1, `nan` where missing, or over black: indices and palette.

    All are of a shape (height, width). `most` is how many greys there may be.
    """
    lines, within = _drawn(regions)
    classes = len(regions) + 1 if shades is not None and within.any() else 1
    alone = len(regions) if shades is None else 0
    own = 1 + len(regions) + alone
    greys = min(most, (256 - own) // classes) if shades is not None else 1
    ramp = np.linspace(0, 255, greys) if greys > 1 else np.zeros(1)
    tints = [ramp[:, np.newaxis].repeat(3, axis=1)]
    tints += [_mixed(tints[0], region, _OVER_SCAN) for region in range(classes - 1)]
    tints += [_mixed(np.array([GROUND]), region, _ALONE) for region in range(alone)]
    tints += [np.array([colour(region) for region in range(len(regions))] + [MISSING])]
    palette = np.rint(np.concatenate(tints)).astype(np.uint8)
    if shades is None:
        indices = within.astype(np.int64)
    else:
        missing = np.isnan(shades)
        levels = np.where(missing, 0, shades) * (greys - 1) + 0.5
        indices = levels.astype(np.int64) + greys * within
        indices[missing] = len(palette) - 1
    first = len(palette) - 1 - len(regions)
    indices = np.where(lines > 0, first + lines - 1, indices)
    return indices.astype(np.uint8), palette


def over_colours(
    pixels: NDArray[np.uint8], regions: Sequence[NDArray[np.bool_]]
) -> NDArray[np.uint8]:
    """Regions over red, green and blue, and perhaps opacity, of shape (height, width, 3 or 4)."""
    if not regions:
        return pixels
    lines, within = _drawn(regions)
    drawn = pixels.copy()
    for region in range(len(regions)):
        inside = within == region + 1
        drawn[inside, :3] = np.rint(_mixed(pixels[inside, :3], region, _OVER_SCAN))
        drawn[lines == region + 1, :3] = colour(region)
    drawn[(lines > 0) | (within > 0), 3:] = 255
    return drawn


def _mixed(ground: NDArray[Any], region: int, share: float) -> NDArray[np.float64]:
    mixed: NDArray[np.float64] = (1 - share) * ground + share * np.array(colour(region))
    return mixed


def _drawn(regions: Sequence[NDArray[np.bool_]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which region's line goes through each pixel, and whose shade it has: 1 for the first, or 0.

    Lines that coincide take turns, so that each is seen. Shades are the last region's.
    """
    if not regions:
        return np.zeros((1, 1), np.int64), np.zeros((1, 1), np.int64)
    down, across = np.indices(regions[0].shape)
    along = (across + 2 * down) // _DASH
    edges = [_edge(region) for region in regions]
    for k in range(FIRST_DASHED, len(edges)):
        edges[k] &= along % 2 == 0
    turn = along % np.maximum(np.sum(edges, axis=0), 1)
    lines, within = np.zeros(turn.shape, np.int64), np.zeros(turn.shape, np.int64)
    before = np.zeros(turn.shape, np.int64)
    for k, (region, edge) in enumerate(zip(regions, edges, strict=True)):
        lines[edge & (before == turn)] = k + 1
        before += edge
        if len(regions) <= _MOST_SHADED:
            within[region] = k + 1
    return lines, within


def _edge(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels of a region that have a neighbour, of four, outside of it or of the picture."""
    around = np.pad(region, 1)
    inner = around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    return region & ~inner
