"""What a session's inputs give, on standard output: values, and pictures of images."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from voxlogica.cli.streams import coloured, say

if TYPE_CHECKING:
    from voxlogica.engine.results import Report
    from voxlogica.images.image import Image
    from voxlogica.report.image_in_characters import Shades

# No picture is greater, in characters.
_WIDEST, _HIGHEST = 72, 24


def show_values(report: Report, with_pictures: bool) -> None:
    """Write what was printed, then the values of expressions, each image with a picture or not."""
    from voxlogica.images.image import Image
    from voxlogica.report.shown_values import shown_text
    from voxlogica.syntax.printer import value_text

    say("".join(f"{p.name}={value_text(p.value)}\n" for p in report.prints))
    for shown in report.values:
        label = f"{shown.label} " if shown.label else ""
        say(f"{label}{shown_text(shown.value, shown.vltype)}\n")
        if with_pictures and isinstance(shown.value, Image):
            _show_picture(shown.value)


def _show_picture(image: Image) -> None:
    from voxlogica.report.image_in_characters import image_in_characters, middle_slice

    if not image.geometry.voxels:
        return
    columns, lines = shutil.get_terminal_size()
    # Room for what was typed, and for the next prompt.
    room = max(1, min(columns - 1, _WIDEST)), max(1, min(lines - 4, _HIGHEST))
    index = middle_slice(image)
    if index is not None:
        say(f"z = {index}:\n")
    say(image_in_characters(image, *room, _shades()))


def _shades() -> Shades:
    """What the terminal can show: `NO_COLOR` asks for characters alone."""
    if not coloured(sys.stdout) or sys.stdout.encoding.lower().replace("-", "") != "utf8":
        return "ascii"
    if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "24-bit"
    return "256" if "256color" in os.environ.get("TERM", "") else "ascii"
