"""Program variables: `$NAME` and `${NAME}`, in strings and outside, are what `-D NAME=VALUE` says.

Some have a value without it, which tells of the program's file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from voxlogica.syntax.source import Source

_MENTION = re.compile(r"\$(?:\{([^}]*)\}|([A-Za-z_]\w*))")


@dataclass(frozen=True, slots=True)
class Definitions:
    """Values by name. The longest defined name that fits a `$…` is meant by it."""

    values: Mapping[str, str]
    _pattern: re.Pattern[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = sorted(map(re.escape, self.values), key=len, reverse=True)
        either = "|".join(names) or r"(?!)"
        object.__setattr__(self, "_pattern", re.compile(rf"\$\{{({either})\}}|\$({either})"))

    def replaced(self, text: str) -> str:
        """The text with every defined variable replaced, once and as text."""
        return self._replace(text, lambda left: left)[0]

    def undefined(self, text: str) -> str | None:
        """The first variable that a path mentions and nobody defined."""
        found: list[str] = []

        def look(left: str) -> str:
            mention = _MENTION.search(left)
            if mention:
                found.append(mention.group(1) or mention.group(2) or "")
            return left

        self._replace(text, look)
        return found[0] if found else None

    def _replace(self, text: str, left_over: Callable[[str], str]) -> tuple[str, int]:
        parts, at = [], 0
        for match in self._pattern.finditer(text):
            parts.append(left_over(text[at : match.start()]))
            parts.append(self.values[match.group(1) or match.group(2)])
            at = match.end()
        parts.append(left_over(text[at:]))
        return "".join(parts), len(parts)


def program_variables(source: Source) -> dict[str, str]:
    """What tells of a program's file: its path, its name with and without extension, its folder.

    A text that is in no file has the names that it was given, and the working directory.
    """
    path = Path(source.name)
    return {
        "file": str(path.absolute()),
        "filename": path.name,
        "stem": path.stem,
        "dir": str(path.absolute().parent),
        "cwd": str(Path.cwd()),
    }
