"""Showing the page: a browser is told where it is, and nobody else on this machine."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import webbrowser
from html import escape
from pathlib import Path


class Introduction:
    """A file that leads a browser to the page, which only its owner can read.

    An address on a command line could be read by everybody on this machine, in the list of its
    processes: a browser is given the file's name.
    """

    def __init__(self, address: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="voxlogica-studio-"))  # 0700
        self._file = self._folder / "open.html"
        self._file.write_text(
            '<!doctype html><meta charset="utf-8"><title>VoxLogicA studio</title>'
            '<meta name="referrer" content="no-referrer">'
            f'<meta http-equiv="refresh" content="0;url={escape(address)}">'
            f'<a href="{escape(address)}">the studio</a>\n',
            encoding="utf-8",
        )

    def show(self) -> bool:
        """Open it in the person's browser; whether there is one."""
        try:
            return webbrowser.open(self._file.as_uri())
        except webbrowser.Error:
            return False

    def remove(self) -> None:
        """It has led there, or is of no use any more."""
        shutil.rmtree(self._folder, ignore_errors=True)


def has_screen() -> bool:
    """Whether a browser would have a window: one in the terminal would take that for itself."""
    return sys.platform == "darwin" or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
