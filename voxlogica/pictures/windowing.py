"""What is shown of an image: greys from black to white, colours, or labels that get colours."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any, Literal, NamedTuple

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.image import Image

# So many values stand for all of an image: their percentiles are within a percent of its own.
_SAMPLE = 100_000
# Of what lies beside the ground, the shares that may be darker than black and lighter than white.
_DARKEST, _LIGHTEST = 0.5, 99.5
# A least value of at least this share is the ground: air, or what lies outside of a mask.
_GROUND = 0.1
# Labels that can be told apart by their colours; 0 is none.
_MOST_LABELS = 7


class Window(NamedTuple):
    """Values from black to white; equal only where all finite values are."""

    low: float
    high: float


OCTETS = Window(0.0, 255.0)


@dataclass(frozen=True, slots=True, eq=False)
class Scan:
    """How the voxels of an image are shown.

    `array` is the image's; `values_of` makes of it, or of a part of it, what is shown: one number a
    voxel, of a "colour" three or four. `labels` are those of "labels", least first, without 0.
    """

    array: NDArray[Any]
    kind: Literal["grey", "colour", "labels"]
    window: Window
    labels: tuple[int, ...] = ()
    magnitude: bool = False
    first: bool = False

    def values_of(self, part: NDArray[Any]) -> NDArray[Any]:
        """What is shown of some voxels: an array of as many axes, or one less."""
        if self.magnitude:
            with np.errstate(over="ignore"):  # longer than any number: white
                lengths: NDArray[Any] = np.sqrt(np.square(part, dtype=np.float64).sum(axis=-1))
            return lengths
        return part[..., 0] if self.first else part

    def having_seen(self, slices: Iterable[NDArray[Any]]) -> Scan:
        """The same, once it is known what is in some slices: rare labels, or no label at all."""
        if self.kind != "labels":
            return self
        values = [np.array((0, *self.labels)), *(np.unique(part) for part in slices)]
        found = labels(np.concatenate(values))
        return replace(self, labels=found) if found else replace(self, kind="grey", labels=())


def scan(image: Image, coloured: bool) -> Scan:
    """What is shown of an image that is no region; labels have colours only if so said.

    Three or four components of unsigned integers are a colour; other vectors are shown by their
    length, of unsigned ones, as a grey with its opacity, the first component.
    """
    array, components = image.array, image.components
    unsigned = array.dtype.kind == "u"
    found = Scan(
        array,
        "colour" if unsigned and components in (3, 4) else "grey",
        OCTETS,
        magnitude=components > 1 and not unsigned,
        first=components > 1 and unsigned and components not in (3, 4),
    )
    if found.kind == "colour" and array.dtype == np.uint8:
        return found
    values = _sample(found, components)
    found = replace(found, window=window(values))
    several = labels(values) if components == 1 and coloured else None
    return replace(found, kind="labels", labels=several) if several else found


def window(values: NDArray[Any]) -> Window:
    """Percentiles of those values that are not their ground; `nan` and infinities have no part.

    Over a ground of 0, black is half of the darkest. Values that are few, or mostly one, are shown
    from the least to the greatest; of none it is 0 to 1.
    """
    values = values[np.isfinite(values)].astype(np.float64)
    if not values.size:
        return Window(0.0, 1.0)
    least, greatest = float(values.min()), float(values.max())
    above = values[values > least]
    told = above if above.size <= (1 - _GROUND) * values.size else values
    if told.size:
        low, high = (float(value) for value in np.percentile(told, (_DARKEST, _LIGHTEST)))
        if low < high:  # over nothing, what is dark is to be told from it
            return Window(low / 2 if least == 0 and told is above else low, high)
    return Window(least, greatest)


def labels(values: NDArray[Any]) -> tuple[int, ...] | None:
    """The labels among some values, least first, without 0; None where they are not labels.

    Labels are whole numbers from 0 on, a few different ones, and not all the same.
    """
    found = np.unique(values)
    if not 1 < found.size <= _MOST_LABELS + 1 or found[0] != 0:
        return None
    if not np.all(np.isfinite(found)) or np.any(found != np.floor(found)):
        return None
    return tuple(int(value) for value in found[1:])


def _sample(shown: Scan, components: int) -> NDArray[Any]:
    """What is shown of voxels in equal steps; where that is all one value, of all that differ.

    Thus a few voxels that lie in a large even ground are found. Steps are the same whichever way
    the axes run, and in whatever order.
    """
    sides = shown.array.shape[:-1] if components > 1 else shown.array.shape
    share = min(1.0, (_SAMPLE / prod(sides)) ** (1 / len(sides))) if sides else 1.0
    places = np.ix_(*(_evenly(side, round(side * share)) for side in sides))
    values = shown.values_of(shown.array[places]).reshape(-1)
    one = values[0]
    if (values == one).all() or np.isnan(values).all():
        flat = shown.array.reshape(-1, components) if components > 1 else shown.array.reshape(-1)
        whole = shown.values_of(flat)
        others = whole[whole != one] if one == one else whole[~np.isnan(whole)]
        values = np.append(others, one)
    return values


def _evenly(side: int, many: int) -> NDArray[np.intp]:
    """About so many places of those on a side, alike from both ends: the middles of equal parts."""
    many = max(1, many)
    many += many % 2 * (side % 2 == 0)
    forth = ((2 * np.arange(many) + 1) * side) // (2 * many)
    # Where a middle is between two voxels, that nearer to the middle of all.
    back = side - 1 - forth[::-1]
    return np.where(forth < side // 2, forth, back)
