"""Program text, and places in it."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

from voxlogica.dataclass import dataclass, field

# A pattern of what is to be passed over where something is looked for in a text.
STRING_OR_COMMENT = r'"[^"\n]*"?|//[^\n]*'


@dataclass(frozen=True, eq=False)
class Source:
    """A program's text under the name it is reported by.

    `shipped` marks the libraries that come with the tool: messages point at the user's own call
    rather than inside them. Its relative paths are those of a `folder`, if there is one, and else
    of the working directory.
    """

    name: str
    text: str = field(repr=False)
    shipped: bool = False
    # SHA-256 of the file that it was read from; empty where it was read from none.
    digest: bytes = field(default=b"", repr=False)
    folder: str = field(default="", repr=False)

    def seen_from_here(self, path: str) -> str:
        """A path that the text has, for the working directory of this moment."""
        if self.folder in ("", _working_directory()):
            return path
        return str(Path(self.folder) / path)

    @property
    def sha256(self) -> str:
        """SHA-256 in hexadecimal digits: of its file, or where it is of none, of the text."""
        if self.digest:
            return self.digest.hex()
        from hashlib import sha256

        return sha256(self.text.encode(errors="backslashreplace")).hexdigest()

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset of each line's first character."""
        lines = self.text.split("\n")
        return [*accumulate((len(line) + 1 for line in lines[:-1]), initial=0)]

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line `number`, counted from 1, without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")


class Span(NamedTuple):
    """A stretch of a source: the characters from `start` up to `end`."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def start_place(self) -> tuple[int, int]:
        """Line and column of its first character, counted from 1."""
        return self.source.line_and_column(self.start)

    @property
    def end_place(self) -> tuple[int, int]:
        """Line and column of what comes after its last character, counted from 1."""
        return self.source.line_and_column(self.end)

    def to(self, other: Span) -> Span:
        """From the start of this one to the end of the other."""
        return Span(self.source, self.start, max(self.end, other.end))

    def __str__(self) -> str:
        line, column = self.start_place
        return f"{self.source.name}:{line}:{column}"


def entered(name: str, text: str) -> Source:
    """A text that is entered now, and goes on to mean files by their paths in this folder."""
    return Source(name, text, folder=_working_directory())


def _working_directory() -> str:
    """The working directory, empty where it is none any more."""
    try:
        return str(Path.cwd())
    except FileNotFoundError:
        return ""
