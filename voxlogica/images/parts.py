"""The files an image is made of, where its voxels lie apart from its header."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from voxlogica.images.errors import ImageFileError, quoted, shortened
from voxlogica.images.missing import dangling_link, missing

# Numbered slices, `slice%03d.raw 1 40 1`: pattern, first, last and perhaps the step.
_NUMBERED = re.compile(r"([^%]*)%(0?\d?)d([^%]*?)\s+(\d{1,9})\s+(\d{1,9})(?:\s+(\d{1,9}))?.*")


def header_lines(head: bytes) -> Iterator[tuple[str, int]]:
    """Each line of a text header without its end, and where the next one begins."""
    following = 0
    for line in io.BytesIO(head):
        following += len(line)
        yield line.decode("utf-8", "surrogateescape").strip(), following


def is_numbered(data: str) -> bool:
    """Whether a header's name of a data file stands for numbered ones."""
    return _NUMBERED.fullmatch(data) is not None


def data_names(data: str, following: bytes) -> Iterator[str]:
    """The names that a MetaImage or NRRD header gives: one, numbered ones, or a list below it."""
    if data.split()[:1] == ["LIST"]:
        names = following.decode("utf-8", "surrogateescape").splitlines()
        yield from (name.strip() for name in names if name.strip())
    elif slices := _NUMBERED.fullmatch(data):
        before, width, after, first, last, step = slices.groups()
        for number in range(int(first), int(last) + 1, int(step or 1) or 1):
            yield f"{before}{number:{width}d}{after}"
    elif data:
        yield data


def beside(path: str, names: Iterable[str]) -> tuple[str, ...]:
    """Where the files lie that the header at `path` names; ImageFileError for the first missing."""
    files: list[str] = []
    for name in names:
        file = str(Path(path).parent / name)
        if not Path(file).is_file():
            link = dangling_link(Path(file))
            why = f"{missing(link).said}" if link is not None else "is missing"
            raise ImageFileError(
                f"{quoted(path)} has its voxels in {quoted(shortened(file, 400))}, which {why}",
                "put both in one folder, under the names they had",
            )
        files.append(file)
    return tuple(files)


def check_length(path: str, promised: int, of: str | None = None) -> None:
    """Raise ImageFileError where a file is shorter than its header promises, or that of another."""
    there = Path(path).stat().st_size
    if there < promised:
        raise truncated(path, promised, there, of)


def truncated(path: str, promised: int, there: int, of: str | None = None) -> ImageFileError:
    """The error of a file that is too short; `of` is the file that has its header."""
    apart = f"{quoted(of or path)} has its voxels in {quoted(path)}, which"
    return ImageFileError(
        f"{quoted(path) if of in (None, path) else apart} is truncated: its header promises"
        f" {promised} bytes, and there are {there}",
        "fetch or export it anew",
    )
