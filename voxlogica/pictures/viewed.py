"""What files hold that somebody wants to look at: an image, and regions over it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.differences import differences
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import suffix_of
from voxlogica.images.image import Image
from voxlogica.images.opened import channels_listed
from voxlogica.images.reading import ImageFile, open_image, read_image
from voxlogica.pictures.windowing import labels


@dataclass(frozen=True, slots=True)
class Viewed:
    """An image, regions by name, what the image is called, and what there is to warn of: texts,
    each with how to mend it, or None."""

    image: Image
    regions: Mapping[str, Image]
    title: str
    warnings: tuple[tuple[str, str | None], ...]


def viewed(
    image: str, regions: Sequence[str], channel: str | None = None, frame: int | None = None
) -> Viewed:
    """An image file, or folder of one DICOM series, with files of regions or labels on its grid.

    Of several channels or times in a file the first is shown, unless others are chosen: a channel
    by its number or name. Each label of a file is a region; of more than seven all together are
    one. As in programs, a region of the image's size that lies elsewhere is matched voxel by voxel,
    with a warning, and one of another size is an error. Raises ImageFileError.
    """
    files = [_chosen(open_image(path), channel, frame) for path in (image, *regions)]
    first, *others = files
    warnings: list[tuple[str, str | None]] = [
        (warning, None) for file in files for warning in file.warnings
    ]
    for file in others:
        warnings += _elsewhere(file, first)
    found: dict[str, Image] = {}
    for file, name in zip(others, _names(regions), strict=True):
        masks = _masks(read_image(file), file, name)
        if len(masks) == 1 and name not in masks:
            warnings.append((f"{next(iter(masks))}: more than seven, drawn as one region", None))
        found |= {name: replace(mask, geometry=first.geometry) for name, mask in masks.items()}
    return Viewed(read_image(first), found, _title(first), tuple(warnings))


# Files


def _chosen(file: ImageFile, channel: str | None, frame: int | None) -> ImageFile:
    """One image of those in a file: what is asked for, where there is a choice, else the first."""
    names = file.channels
    if len(names) > 1:
        file = replace(file, channel=0 if channel is None else _channel(file, channel))
    elif channel is not None:
        raise ImageFileError(f"{file.shown} has no channels to choose from")
    if frame is not None and not 0 <= frame < file.frames:
        there = f"0 to {file.frames - 1}" if file.frames > 1 else "there is one image in it"
        raise ImageFileError(f"{file.shown} has no frame {frame}: {there}")
    return replace(file, frame=frame or 0) if file.frames > 1 else file


def _channel(file: ImageFile, asked: str) -> int:
    found = [i for i, name in enumerate(file.channels) if asked in (name, str(i))]
    if len(found) != 1:
        raise ImageFileError(
            f"{file.shown} has {'no' if not found else 'several'} channel {quoted(asked)}",
            f"it has {channels_listed(file.channels)}",
        )
    return found[0]


def _title(file: ImageFile) -> str:
    """The file's name, and which of its images it is."""
    parts = [Path(file.path).absolute().name]
    if file.channel is not None:
        name = file.channels[file.channel]
        said = f"{file.channel} {quoted(name)}" if name else str(file.channel)
        parts.append(f"channel {said} of {len(file.channels)}")
    if file.frame is not None:
        parts.append(f"frame {file.frame} of {file.frames}")
    return ", ".join(parts)


def _elsewhere(file: ImageFile, image: ImageFile) -> Iterator[tuple[str, str | None]]:
    """That a region does not lie where the image does. Raises ImageFileError for another size."""
    theirs, grid = file.geometry, image.geometry
    if theirs.size != grid.size:
        raise ImageFileError(
            f"images of different sizes: {grid} ({image.path}) and {theirs} ({file.path})",
            "a region is drawn over an image of its own grid: in a program, after"
            ' `import "simpleitk"`, `Resample(region, image, [], sitkNearestNeighbor)` brings it'
            " there",
        )
    if not theirs.agrees_with(grid):
        yield (
            f"{file.path} has the size of {image.path} but lies elsewhere:"
            f" {differences(theirs, grid)}",
            "voxels are matched by index, in the place of the image",
        )


# Regions


def _names(paths: Sequence[str]) -> list[str]:
    """What regions are called: as their files, without extension; where that is not enough, with as
    many of their folders as are."""
    parts = [Path(path).absolute().parts for path in paths]
    files = [part[-1] for part in parts]
    names = [file[: len(file) - len(suffix_of(file))] or file for file in files]
    alike: dict[str, list[tuple[str, ...]]] = {}
    for name, part in zip(names, parts, strict=True):
        alike.setdefault(name, []).append(part)
    return [
        name if len(alike[name]) == 1 else _ending(part, alike[name])
        for name, part in zip(names, parts, strict=True)
    ]


def _ending(own: tuple[str, ...], alike: Sequence[tuple[str, ...]]) -> str:
    """The least end of a path that no other of some has; all, where it is among them twice."""
    ends = (n for n in range(1, len(own)) if sum(one[-n:] == own[-n:] for one in alike) == 1)
    return "/".join(own[-next(ends, len(own)) :])


def _masks(image: Image, file: ImageFile, name: str) -> dict[str, Image]:
    """The regions in an image: one a label. Raises ImageFileError where there are no labels."""
    array = image.array
    if image.components > 1:
        raise ImageFileError(
            f"{file.shown} is no region: a voxel has {image.components} values",
            "the first file is the image, and those that follow are drawn over it",
        )
    if array.dtype == bool:
        return {name: image}
    values = _values(array)
    if values.size > 1 and array.dtype.kind == "f" and not np.array_equal(values, np.floor(values)):
        raise ImageFileError(
            f"{file.shown} is no region: its voxels are numbers from {values[0]:.4g} to"
            f" {np.nanmax(values):.4g}",
            'a region is what compares them, as in `save "region.nii.gz" scan > 0.5`',
        )
    found = labels(values)
    if values.size <= 1 or (found and len(found) == 1):  # all of it, nothing, or one label
        return {name: image.with_array(array != 0)}
    if found is None:
        return {f"{name}, {values[values != 0].size} labels": image.with_array(array != 0)}
    return {f"{name} = {label}": image.with_array(array == label) for label in found}


def _values(array: NDArray[Any]) -> NDArray[Any]:
    """The values that there are, least first; of one or two bytes without sorting all."""
    if array.dtype.kind not in "iu" or array.dtype.itemsize > 2:
        return np.unique(array)
    count = 1 << 8 * array.dtype.itemsize
    there = np.zeros(count, np.bool_)
    there[array.reshape(-1)] = True  # what is negative is counted from the end
    return np.sort(np.flatnonzero(there).astype(array.dtype))
