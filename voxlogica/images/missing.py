"""Why there is nothing at a path: a link that leads nowhere, a folder that is not there, a name."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import NamedTuple

from voxlogica.images.errors import quoted

_WORDS = re.compile(r"[0-9]+|[^\W\d_]+")
_ENDS = re.compile(r"(?:\.[a-z]\w*)+$")


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
    except NotADirectoryError:
        return Missing(f"does not exist: {quoted(folder)} is a file")
    except OSError:
        names = []
    by_folded = {other.casefold(): other for other in names}
    folded = found.name.casefold()
    alike = difflib.get_close_matches(folded, by_folded, n=5, cutoff=0.7)
    near = next((by_folded[other] for other in alike if _is_misspelt(folded, other)), None)
    hint = f"did you mean {quoted(folder / near)}?" if near else None
    if re.search(r"[*?]", found.name):
        hint = (
            "a name is no pattern: a series of slices is loaded by its folder,"
            f" {quoted(folder)}; other files one by one, as `dir` lists them"
        )
    return Missing("does not exist", hint)


def _is_misspelt(name: str, other: str) -> bool:
    """Whether one name may be meant by the other: its words are alike, and its numbers the same.

    The truth of a case is not its scan, nor that of the next case.
    """
    ones, others = (_WORDS.findall(_ENDS.sub("", text)) for text in (name, other))
    if len(ones) != len(others):
        return [int(w) for w in ones if w.isdigit()] == [int(w) for w in others if w.isdigit()]
    return all(map(_is_alike, ones, others))


def _is_alike(word: str, other: str) -> bool:
    if word.isdigit() or other.isdigit():
        return word.isdigit() and other.isdigit() and int(word) == int(other)
    return difflib.SequenceMatcher(None, word, other).ratio() >= 0.5


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
