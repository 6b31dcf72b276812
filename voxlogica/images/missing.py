"""Why there is nothing at a path: a link that leads nowhere, a folder that is not there, a name."""

from __future__ import annotations

import difflib
import errno
import os
import re
from pathlib import Path
from typing import NamedTuple

from voxlogica.images.errors import quoted


class Missing(NamedTuple):
    """What to say of a path that leads to nothing: as the end of a sentence, and how to mend it."""

    said: str
    hint: str | None = None


def missing(path: str | os.PathLike[str]) -> Missing:
    """Why nothing is found at a path."""
    found = Path(path)
    link = dangling_link(found)
    if link is not None:
        which = "is a link" if link == found else f"does not exist: {quoted(link)} is a link"
        return Missing(
            f"{which} to {quoted(link.readlink())}, which does not exist",
            "make what it leads to available here, as by mounting the disk, or put the file itself"
            " in the link's place",
        )
    folder = found.parent
    try:
        names = [entry.name for entry in folder.iterdir()]
    except FileNotFoundError:
        return Missing(f"does not exist: there is no folder {quoted(folder)}")
    except OSError as problem:
        if problem.errno == errno.ENOTDIR:
            return Missing(f"does not exist: {quoted(folder)} is a file")
        names = []
    by_folded = {other.casefold(): other for other in names}
    near = difflib.get_close_matches(found.name.casefold(), by_folded, n=1, cutoff=0.7)
    hint = f"did you mean {quoted(folder / by_folded[near[0]])}?" if near else None
    if re.search(r"[*?]", found.name):
        hint = (
            "a name is no pattern: a series of slices is loaded by its folder,"
            f" {quoted(folder)}; other files one by one, as `dir` lists them"
        )
    return Missing("does not exist", hint)


def dangling_link(path: Path) -> Path | None:
    """The link, of a path or of a folder in it, that leads to what is not there."""
    for part in (path, *path.parents):
        if part.is_symlink() and not part.exists():
            return part
    return None


def links_in(folder: str) -> list[Path]:
    """The links in a folder that lead to what is not there, sorted."""
    with os.scandir(folder) as entries:
        links = [Path(entry) for entry in entries if entry.is_symlink()]
    return sorted(link for link in links if not link.exists())
