"""`voxlogica view`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from voxlogica.cli.files import refuse_picture, write_picture
from voxlogica.cli.options import file_to_write
from voxlogica.cli.reporting import reporting
from voxlogica.cli.streams import own_libraries, say, show

if TYPE_CHECKING:
    from voxlogica.pictures.viewed import Viewed


@click.command(
    epilog="""\b
Examples:
  voxlogica view flair.nii.gz                  a picture in the terminal
  voxlogica view flair.nii.gz tumour.nii.gz truth.nii.gz -o both.png
  voxlogica view flair.nii.gz tumour.nii.gz -o page.html
  voxlogica view dicom/series3 -o scan.png
  voxlogica view cells.tif --channel DAPI --frame 4

Exit status: 0; 1 where a file cannot be read or written, or a region has another size than the
image; 2 wrong usage."""
)
@click.argument("image", metavar="IMAGE", type=click.Path(readable=False))
@click.argument("regions", metavar="[REGION]...", nargs=-1, type=click.Path(readable=False))
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    callback=file_to_write,
    help="Write to FILE, a picture, .png, or a page, .html; not to the terminal.",
)
@click.option(
    "--channel", metavar="NAME", help="Of several channels, the one of that name or number."
)
@click.option("--frame", metavar="N", type=int, help="Of several times, N; the first is 0.")
@click.option("--debug", is_flag=True, help="Show Python's traceback of a defect.")
@reporting
def view(
    image: str,
    regions: tuple[str, ...],
    output: str | None,
    channel: str | None,
    frame: int | None,
) -> None:
    """Look at an image, and at regions over it.

    Three planes are shown, in the slices that tell most of the regions, or else in the middle:
    upright, to scale, the patient's right at the left. IMAGE is a file of any format that programs
    load, or a folder of one DICOM series; a REGION is a file on the same grid, in which each label
    is a region of its own.
    """
    write = None if output is None else _writer(output)
    from voxlogica.images.errors import ImageFileError
    from voxlogica.pictures.viewed import viewed
    from voxlogica.syntax.diagnostics import VoxLogicaError, error, warning

    own_libraries()
    if output is not None:
        refuse_picture(output, (image, *regions))
    try:
        found = viewed(image, regions, channel, frame)
    except ImageFileError as wrong:
        raise VoxLogicaError([error(wrong.message, hint=wrong.hint)]) from wrong
    show([warning(message, hint=hint, topic="data") for message, hint in found.warnings])
    if output is None or write is None:
        from voxlogica.cli.terminals import picture

        say(picture(found.image, found.regions))
    else:
        write_picture(output, write(found))


def _picture(found: Viewed) -> bytes:
    from voxlogica.pictures.mosaic import planes_in_one
    from voxlogica.pictures.png import Raster

    return Raster(planes_in_one(found.image, found.regions, found.title), None).png(signed=True)


def _page(found: Viewed) -> Iterable[str]:
    from voxlogica.report.page import view_page

    return view_page(found)


# What is written, by how a file's name ends.
_WRITERS: dict[str, Callable[[Viewed], bytes | Iterable[str]]] = {
    ".png": _picture,
    ".html": _page,
    ".htm": _page,
}


def _writer(output: str) -> Callable[[Viewed], bytes | Iterable[str]]:
    """What makes the content of a file. Raises UsageError where its name does not say which."""
    suffix = Path(output).suffix.lower()
    if suffix not in _WRITERS:
        raise click.UsageError(
            f"-o {output}: a name that ends with .png is a picture, with .html a page"
        )
    return _WRITERS[suffix]
