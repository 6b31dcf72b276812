"""Finding and reading what `import` names; and what a program may read at all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from voxlogica.dataclass import replace
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.missing import dangling_link
from voxlogica.operators.signature import TYPES, Operator, OperatorParameter
from voxlogica.syntax.ast import Dialect, Program
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source

if TYPE_CHECKING:
    from voxlogica.images.reading import ImageFile

SHIPPED = Path(__file__).parent.parent / "library"

# The type of a function, in the comment above its declaration: `// erode(r: …, n: number) → …`.
SIGNATURE = r"(?m)^// (?P<name>[^\s(]+)\((?P<parameters>.*)\) → (?P<result>\S+)$"

# Whether a file may be read, or a folder looked at, by the path that the program has for it: who
# plans a program may let it read some files only.
MayRead = Callable[[str], bool]

# Reads what is known of an image file. Raises ImageFileError.
OpenImage = Callable[[str], "ImageFile"]

HINT = "this text may read what the program on disk names, and what is below that one's folder"


def anything(path: str) -> bool:
    """That all may be read."""
    return True


def out_of_reach(path: str | os.PathLike[str]) -> ImageFileError:
    """That a file or folder may not be read; nothing of it was looked at."""
    return ImageFileError(f"{quoted(path)} is out of reach", HINT)


class UnreadableTextError(Exception):
    """A program's file that is not UTF-8 text, the message says where; or that may not be read."""


class Libraries:
    """The libraries that programs import, each looked for and read once. Safe for any thread."""

    def __init__(self, may_read: MayRead = anything) -> None:
        # As `library`, which raises where one cannot be read.
        self.found: Callable[[str, Source], Source | None] = cache(
            partial(library, may_read=may_read)
        )
        # The tree of a library, in a reading.
        self.parsed: Callable[[Source, Dialect | None], Program] = cache(parse)


def library(name: str, importer: Source, may_read: MayRead = anything) -> Source | None:
    """The library that a text means by a name, None where no file is it.

    As given or with `.imgql` added, looked for in the working directory, next to the importing
    file, then among the libraries that ship. Raises OSError, ValueError or UnreadableTextError
    where it cannot be read.
    """
    path = next((place for place in _places(name, importer) if place.is_file()), None)
    if path is None:
        return None
    if path.resolve().parent == SHIPPED.resolve():
        return shipped(path.stem)
    if not may_read(str(path)):
        raise UnreadableTextError(f"{out_of_reach(path).message}: {HINT}")
    return replace(source_of(path.read_bytes(), str(path)), folder=importer.folder)


def dangling_library(name: str, importer: Source) -> Path | None:
    """A link in the place of a library, which leads to what is not there."""
    links = (place for place in _places(name, importer) if dangling_link(place) is not None)
    return next(links, None)


def _places(name: str, importer: Source) -> list[Path]:
    here = Path(importer.seen_from_here("."))
    folders = (here, here / Path(importer.name).parent, SHIPPED)
    return [folder / file for folder in folders for file in (name, f"{name}.imgql")]


def beside(path: str, importer: Source) -> str | None:
    """What to say of a path that leads to nothing, but would, seen from the program's folder."""
    there = Path(importer.seen_from_here(importer.name)).parent / path
    if Path(path).is_absolute() or os.path.lexists(path) or not _is_there(there):
        return None
    return (
        f"there is {quoted(there)}, beside the program, but paths are relative to the working"
        f' directory: load that, or "$dir/{path}"'
    )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long a name, or none of a file
        return False


def known_libraries(importer: Source) -> list[str]:
    """What could be imported from here, by name."""
    folders = {Path(), Path(importer.name).parent, SHIPPED}
    return sorted({p.stem for folder in folders if folder.is_dir() for p in folder.glob("*.imgql")})


@cache
def shipped(name: str) -> Source:
    """A library that comes with the tool."""
    path = SHIPPED / f"{name}.imgql"
    return Source(path.name, path.read_text(encoding="utf-8"), shipped=True)


@cache
def types_declared(library: Source) -> Mapping[str, tuple[Operator, ...]]:
    """The types of a library's functions, as their comments say; several where it takes several."""
    found: dict[str, tuple[Operator, ...]] = {}
    for line in re.finditer(SIGNATURE, library.text):
        pairs = (p.split(": ") for p in line["parameters"].split(", "))
        parameters = tuple(OperatorParameter(name, TYPES[kind]) for name, kind in pairs)
        name, result = line["name"], TYPES[line["result"]]
        found[name] = (*found.get(name, ()), Operator(name, parameters, result, tuple, ""))
    return found


def source_of(data: bytes, name: str) -> Source:
    """The program text in the bytes of a file. Raises UnreadableTextError."""
    return Source(name, decoded(data, name), digest=sha256(data).digest())


def decoded(data: bytes, name: str) -> str:
    """Program text from its bytes: UTF-8, with or without a byte order mark, any line ends."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise UnreadableTextError(
            f"{name}: not a text in UTF-8 (it looks like UTF-16, or binary data)"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise UnreadableTextError(
            f"{name}:{line}: not a text in UTF-8 (byte 0x{data[problem.start]:02x})"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")
