"""What a session's inputs give, on standard output: values, and pictures of images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxlogica.cli.streams import say

if TYPE_CHECKING:
    from voxlogica.engine.results import Report
    from voxlogica.images.image import Image

# No picture is greater, in characters.
_WIDEST, _HIGHEST = 150, 24


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
    from voxlogica.cli.terminals import room, shows
    from voxlogica.pictures.scene import scene
    from voxlogica.pictures.terminal import in_terminal

    if image.geometry.voxels:
        say(in_terminal(scene(image, {}), *room(_WIDEST, _HIGHEST), shows(), legend=False))
