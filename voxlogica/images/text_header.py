"""Files of text; headers of lines, as MetaImage and NRRD have, and the files that they name."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from voxlogica.images.errors import ImageFileError, damaged, quoted, shortened
from voxlogica.images.missing import dangling_link, missing

_LONGEST = 1 << 20


def is_text(path: str | Path) -> bool:
    """Whether a file begins as text does, as far as it can be read."""
    try:
        with Path(path).open("rb") as file:
            begin = file.read(4096)
    except OSError:  # that it cannot be replaced either is told when that is tried
        return True
    return b"\0" not in begin and is_utf_8(begin)


def is_utf_8(begin: bytes) -> bool:
    """Whether the first bytes of a file are letters in UTF-8, the last of which may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(begin)
    except UnicodeDecodeError:
        return False
    return True


def beginning_of(path: str | Path) -> bytes:
    """As much of a file as a header may take."""
    with Path(path).open("rb") as file:
        return file.read(_LONGEST)


def wrong(path: str, name: str, value: str) -> ImageFileError:
    """The error of a field that cannot be as it is."""
    return damaged(path, f"its {name} is {quoted(shortened(value, 40))}")


def of_type(path: str, name: str) -> ImageFileError:
    """The error of values of a type that has no image."""
    return ImageFileError(
        f"{quoted(path)} holds values of the type {quoted(shortened(name, 40))}, which are not read"
        " as an image"
    )


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
