"""Images from files, and from what other libraries have."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from voxlogica.interface.computing import of_given, written
from voxlogica.interface.image import Image, Region, apply, handle
from voxlogica.interface.telling import errors_of_images, warn
from voxlogica.interface.tracebacks import short
from voxlogica.interface.wrong_arguments import refuse_as_array, refuse_as_path
from voxlogica.language.formulas import loaded
from voxlogica.operators.signature import MODEL
from voxlogica.syntax.diagnostics import warning

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


@short
def read(
    path: str | os.PathLike[str],
    *,
    channel: int | str | None = None,
    frame: int | None = None,
) -> Image:
    """The image in a file, or in a folder that holds one DICOM series, as `load` reads it.

    Its header is read and its content hashed now, its voxels when they are looked at. Of several
    channels or times in a file, one has to be chosen. Raises Error.
    """
    from voxlogica.images.reading import open_image

    refuse_as_path(path, "read")
    with errors_of_images():
        file = open_image(Path(path).absolute())
    warn([warning(message, topic="data") for message in file.warnings])
    stem = Path(path).name.split(".")[0]
    name = stem if stem.isidentifier() and stem.isascii() else ""
    found = handle(loaded(file, MODEL, written(name or "image")), name)
    for axis, which in (("channel", channel), ("frame", frame)):
        if which is not None:
            found = apply(axis, (found, which))
    return found


# Numbers first: an array that is made in the call itself gets the type that it may have first.
@overload
def image(
    array: NDArray[np.number[Any]],
    *,
    spacing: Sequence[float] | None = ...,
    origin: Sequence[float] | None = ...,
    direction: Sequence[float] | None = ...,
    like: object = ...,
    axes: str | None = ...,
    unit: str | None = ...,
    copy: bool | None = ...,
    name: str = ...,
) -> Image: ...


@overload
def image(
    array: NDArray[np.bool_],
    *,
    spacing: Sequence[float] | None = ...,
    origin: Sequence[float] | None = ...,
    direction: Sequence[float] | None = ...,
    like: object = ...,
    axes: str | None = ...,
    unit: str | None = ...,
    copy: bool | None = ...,
    name: str = ...,
) -> Region: ...


@overload
def image(
    array: ArrayLike | Any,
    *,
    spacing: Sequence[float] | None = ...,
    origin: Sequence[float] | None = ...,
    direction: Sequence[float] | None = ...,
    like: object = ...,
    axes: str | None = ...,
    unit: str | None = ...,
    copy: bool | None = ...,
    name: str = ...,
) -> Image: ...


@short
def image(
    array: ArrayLike | Any,
    *,
    spacing: Sequence[float] | None = None,
    origin: Sequence[float] | None = None,
    direction: Sequence[float] | None = None,
    like: object = None,
    axes: str | None = None,
    unit: str | None = None,
    copy: bool | None = None,
    name: str = "",
) -> Image:
    """An image of an array, or of what SimpleITK, nibabel, ITK, xarray or torch have.

    A `Region` of truth values, else an `Image` of numbers. `spacing`, `origin` and `direction` are
    in the order x, y(, z), as SimpleITK has them, or they are those of an image that this one is
    `like`; `axes` says how the array's axes are called: "zyx" or "yx" unless given. The array is
    copied unless nobody can write to it, or `copy` is False. Raises Error.
    """
    from voxlogica.interface.accepting import accepted

    refuse_as_array(array)
    given = accepted(
        array,
        name=name,
        spacing=spacing,
        origin=origin,
        direction=direction,
        like=like._geometry if isinstance(like, Image) else like,
        axes=axes,
        unit=unit,
        copy=copy,
    )
    warn([warning(message, topic="data") for message in given.warnings])
    return handle(of_given(given, name), name)
