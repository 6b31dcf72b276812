"""`voxlogica view`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from voxlogica.cli.files import refuse_picture, write_picture
from voxlogica.cli.options import file_to_write
from voxlogica.cli.reporting import complaint, refuse, reporting
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
    suffix = Path(output or "").suffix.lower()
    said = f"-o {output}: a name that ends with .png is a picture, with .html a page"
    refuse((output is not None and suffix not in (".png", ".html", ".htm"), said))
    from voxlogica.images.errors import ImageFileError
    from voxlogica.pictures.viewed import viewed
    from voxlogica.syntax.diagnostics import warning

    own_libraries()
    if output is not None:
        refuse_picture(output, (image, *regions))
    try:
        found = viewed(image, regions, channel, frame)
    except ImageFileError as wrong:
        raise complaint(wrong.message, wrong.hint) from wrong
    show([warning(message, hint=hint, topic="data") for message, hint in found.warnings])
    if output is None:
        from voxlogica.cli.terminals import picture

        say(picture(found.image, found.regions))
    elif suffix == ".png":
        write_picture(output, _png(found))
    else:
        from voxlogica.report.page import view_page

        write_picture(output, view_page(found))


def _png(found: Viewed) -> bytes:
    from voxlogica.pictures.mosaic import planes_in_one
    from voxlogica.pictures.png import Raster

    return Raster(planes_in_one(found.image, found.regions, found.title), None).png(signed=True)
