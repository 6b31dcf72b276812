"""Pictures in the terminal that standard output leads to, as far as that can show them."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

from voxlogica.cli.streams import coloured

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voxlogica.images.image import Image
    from voxlogica.pictures.terminal import Terminal

# Of terminals that show pixels, what each calls itself in TERM or TERM_PROGRAM, and how it is done.
_PIXELS: dict[str, Terminal] = {
    "xterm-kitty": "kitty",
    "xterm-ghostty": "kitty",
    "ghostty": "kitty",
    "foot": "sixel",
    "foot-extra": "sixel",
    "mlterm": "sixel",
    "yaft-256color": "sixel",
    "contour": "sixel",
    "WezTerm": "sixel",
    "iTerm.app": "sixel",
}
# Within these, a terminal is another one than the variables of the one around say.
_WITHIN = ("TMUX", "STY", "ZELLIJ")


def picture(
    image: Image,
    regions: Mapping[str, Image],
    widest: int = 1000,
    highest: int = 1000,
    *,
    legend: bool = True,
) -> str:
    """A picture in so many columns and lines, with room for a prompt and a few lines of text."""
    from voxlogica.pictures.scene import scene
    from voxlogica.pictures.terminal import in_terminal

    columns, lines = shutil.get_terminal_size()
    room = max(1, min(columns - 1, widest)), max(1, min(lines - 5, highest))
    return in_terminal(scene(image, regions), *room, _shows(), legend=legend)


def _shows() -> Terminal:
    """What the terminal can show: `NO_COLOR` asks for characters alone."""
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if not coloured(sys.stdout) or encoding != "utf8":
        return "ascii"
    if not any(os.environ.get(name) for name in _WITHIN):
        for name in ("TERM", "TERM_PROGRAM"):
            if (how := _PIXELS.get(os.environ.get(name, ""))) is not None:
                return how
    if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return "24-bit"
    return "256" if "256color" in os.environ.get("TERM", "") else "ascii"
