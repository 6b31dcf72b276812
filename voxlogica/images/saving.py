"""What is written of an image: whether a format can hold it, its bytes, what there is to tell."""

from __future__ import annotations

import difflib
import math
import os
from pathlib import Path, PurePath
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.encoding import (
    Encoded,
    EncodedFile,
    VoxelsToWrite,
    by_library,
    flattened,
    gzipped,
    shades,
    stored,
    whole,
)
from voxlogica.images.errors import ImageFileError, quoted, refuse
from voxlogica.images.formats import FORMATS, TEXTS, WRITTEN, Format, suffix_of
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.library import reason
from voxlogica.images.raw import infinite


def format_problem(
    path: str | os.PathLike[str], dimension: int | None, components: int | None
) -> tuple[str, str | None] | None:
    """Why no such image can be saved to a path, and how to mend it; None where one can.

    What the extension says is checked against the dimension, 2 or 3, and the number of components,
    1, 3 or 4, as far as they are known.
    """
    suffix = suffix_of(path)
    form = FORMATS.get(suffix)
    if suffix in TEXTS:
        return (
            f"{suffix} files hold tables and text, and this is an image",
            f"images are saved as {' '.join(WRITTEN)}",
        )
    if form is None:
        ends = ("".join(PurePath(path).suffixes[-2:]).lower(), suffix)
        every = (*WRITTEN, *TEXTS)
        near = [s for end in ends for s in difflib.get_close_matches(end, every, 1, cutoff=0.7)]
        known = f"images are saved as {' '.join(WRITTEN)}, tables and text as {' '.join(TEXTS)}"
        return (
            f"unknown extension {suffix}" if suffix else f"{quoted(path)} has no extension",
            f"did you mean {near[0]}? {known}" if near else known,
        )
    if not form.written:
        return (
            f"{form.name} files, {suffix}, can be read but not written",
            f"images are saved as {' '.join(WRITTEN)}",
        )
    if dimension == 3 and form.display:
        return (
            f"{form.name} holds 2-D images only, and this one is 3-D",
            "save it as .nii.gz, .mha or .nrrd, or a slice, which `Extract` takes",
        )
    if components is not None and components not in form.components:
        return (
            f"{form.name} cannot hold {components} components a voxel"
            + (" (RGBA)" if components == 4 else ""),
            "save it as .png, or without its alpha"
            if components == 4
            else "save one component by itself",
        )
    return None


@dataclass(frozen=True, slots=True)
class Written:
    """What was saved: the path as given, the least and greatest value (nan not counted), warnings.

    Values are those of the image, before they were made to fit the format; both are nan where
    there is no other. `unkept` says what the format has no room for of where the image lies, or is
    empty.
    """

    path: str
    minimum: float
    maximum: float
    warnings: tuple[str, ...] = ()
    unkept: str = ""


@dataclass(frozen=True, slots=True)
class Saving:
    """How an image is written for a path: see `Staging.write`."""

    path: str
    compression: int
    as_is: bool = False
    labels: bool = False
    colour: bool = False
    note: str = ""

    def fitted(self, image: Image) -> Image:
        """The image as its format takes it. Raises ImageFileError where it cannot hold it."""
        form = FORMATS.get(suffix_of(self.path))
        if self.as_is and form is not None and form.display:
            image = flattened(image)
        if self.labels:
            image = image.with_array(whole(image.array))
        problem = format_problem(self.path, image.geometry.dimension, image.components)
        if problem is not None:
            message, hint = problem
            raise ImageFileError(f"{quoted(self.path)} cannot be written: {message}", hint)
        return image

    def encoded(self, image: Image, name: str, scratch: Path) -> Encoded:
        """The files that a fitted image becomes, the first of this name.

        `scratch` is a folder that is used and left as it was. Raises ImageFileError where the
        format cannot hold values of the image's type, or sides as long.
        """
        suffix = suffix_of(self.path)
        form = FORMATS[suffix]
        _check_fit(image, self.path, form)
        colour = _COLOURS.get(image.components, "") if self.colour else ""
        values, clamped, undefined = stored(image.array), 0, 0
        if form.display and not (self.as_is and image.dtype.name in form.kept):
            values, clamped, undefined = shades(image.array)
        voxels = VoxelsToWrite(values, image.geometry, name, suffix, colour, scratch, self.note)
        try:
            files = getattr(form.reading_and_writing(), "encoded", by_library)(voxels)
        except RuntimeError as problem:  # SimpleITK's
            why = f"{quoted(self.path)} cannot be written: {reason(problem)}"
            raise ImageFileError(why) from problem
        if suffix == ".nii.gz":
            files = [EncodedFile(f.name, gzipped(f.chunks, self.compression)) for f in files]
        lost = 0 if form.keeps_infinite else infinite(image.array)
        return Encoded(files, clamped, undefined, lost)

    def written(self, image: Image, content: Encoded) -> Written:
        """What there is to tell of a fitted image that was written so."""
        told = tuple(_warnings(self.path, content))
        unkept = _unkept(FORMATS[suffix_of(self.path)], image)
        return Written(self.path, *_extremes(image.array), told, unkept)


# What a colour of so many components is called.
_COLOURS = {3: "RGB", 4: "RGBA"}


def _check_fit(image: Image, path: str, form: Format) -> None:
    doing = f"{quoted(path)} cannot be written: {form.name} holds"
    cast = '; or, after `import "simpleitk"`, `Cast(labels, sitkUInt32)`'
    refuse(
        (
            image.dtype.name in form.unfit,
            lambda: ImageFileError(
                f"{doing} no {image.dtype.name} values",
                "save to .nii.gz, .mha or .nrrd instead"
                + (cast if image.dtype.kind in "iu" else ""),
            ),
        ),
        (
            form.longest_side is not None and max(image.geometry.size) > form.longest_side,
            lambda: ImageFileError(
                f"{doing} sides of at most {form.longest_side} voxels, and this image is"
                f" {image.geometry}",
                "save to .mha or .nrrd instead",
            ),
        ),
    )


def _extremes(array: NDArray[Any]) -> tuple[float, float]:
    least, greatest = float(array.min()), float(array.max())
    if math.isnan(least):  # one nan is enough for that, and counts only where there is nothing else
        least = float(np.fmin.reduce(array, axis=None))
        greatest = float(np.fmax.reduce(array, axis=None))
    return least, greatest


def _warnings(path: str, content: Encoded) -> list[str]:
    name = FORMATS[suffix_of(path)].name
    said = (
        (
            content.clamped,
            f"outside 0..255, which is all that {name} holds, and clamped: `norm(255, …)` scales"
            " them, .tif keeps them",
        ),
        (content.undefined, "nan, saved as 0"),
        (
            content.infinite,
            f"nan or infinite, which {name} files are read with as 0: save as .mha or .nrrd to"
            " keep them",
        ),
    )
    return [f"{quoted(path)}: {_values(count)} {what}" for count, what in said if count]


def _unkept(form: Format, image: Image) -> str:
    if form.display and image.components > 1:
        return ""  # a colour picture is there to be looked at
    place = image.geometry
    usual = Geometry.of_size(*place.size)
    lost = [name for name in form.unkept if getattr(place, name) != getattr(usual, name)]
    said = []
    if lost:
        said.append(f"{form.name} does not keep {' and '.join(lost)}")
    if form.unkept and "spacing" not in form.unkept and place.dimension == 3:
        step = place.spacing[2]
        if step != 1.0:
            said.append(
                f"{form.name} has no place for the distance of slices: {step:g} {place.unit} is"
                " written as ImageJ does, which not every program reads"
            )
    return "; ".join(said)


def _values(count: int) -> str:
    return f"{count} value was" if count == 1 else f"{count} values were"
