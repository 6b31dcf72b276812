"""What Tab completes in a session: names, operators, commands, files in strings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path

from voxlogica.syntax.keywords import COMMANDS

_IMPORT = re.compile(r"\bimport\s*$")
_COMMAND = re.compile(r"\s*:\w*$")
_NAME = re.compile(r"(?:[^\W\d]\w*\.)*[^\W\d]\w*\.?$")
_SYMBOLS = re.compile(r"[#;:_'.|!$%&/^=*\-+<>?@~\\]+$")
KEYWORDS = (*COMMANDS, "from", "to", "in", "for", "do", "filter", "fold", "true", "false")
_VARIABLE = re.compile(r"\$\{?(\w*)$")


def completions(
    before: str,
    names: Callable[[], Iterable[str]],
    libraries: Callable[[], Iterable[str]],
    commands: Iterable[str],
    variables: Callable[[], Iterable[str]] = tuple,
) -> tuple[int, list[str]]:
    """Where what is to be completed begins in the line before the cursor, and what it may become.

    `names` are asked for, those of operators among them, `libraries` and `variables` only where
    they count.
    """
    if variable := _VARIABLE.search(before):
        return variable.start(1), sorted(v for v in variables() if v.startswith(variable[1]))
    if before.count('"') % 2:
        start = before.rindex('"') + 1
        begun = before[start:]
        found = _files(begun)
        if _IMPORT.search(before[: start - 1]):
            found += [library for library in libraries() if library.startswith(begun)]
        return start, sorted(set(found))
    if _COMMAND.match(before):
        start = before.index(":")
        return start, sorted(c for c in commands if c.startswith(before[start:]))
    for kind in (_NAME, _SYMBOLS):
        typed = kind.search(before)
        if typed:
            known = {*names(), *KEYWORDS}
            return typed.start(), sorted(n for n in known if n.startswith(typed.group()))
    return len(before), []


def _files(begun: str) -> list[str]:
    """The paths that one may become: folders with a `/`, hidden files only where they are meant."""
    folder, _, name = begun.rpartition("/")
    place = f"{folder}/" if "/" in begun else ""
    try:
        entries = list(Path(place or ".").iterdir())
    except OSError:
        return []
    return [
        f"{place}{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in entries
        if entry.name.startswith(name)
        and (name.startswith(".") or not entry.name.startswith("."))
        and '"' not in entry.name
    ]
