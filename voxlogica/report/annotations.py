"""Messages as GitHub's annotations: shown beside the line of the program that they are about.

Workflow commands: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from voxlogica.engine.cases import Fault, Row
from voxlogica.syntax.diagnostics import Diagnostic, Severity

# GitHub shows so many of a kind for each step of a job.
MOST_SHOWN = 10
# So many cases are named where several have the same fault.
_NAMED = 3
# The first line of a warning about a place.
_PLACED = re.compile(r"(.*?):(\d+):(\d+): warning: (.*)")
# By file, line and column: what is said there, of which case.
_Places = dict[tuple[str, int, int], list[tuple[str, Fault]]]


def annotation(diagnostic: Diagnostic, root: str) -> str:
    """A message as a line for GitHub, with its hint. `root` is the folder of the repository."""
    fault = Fault.of(diagnostic)
    hint = f"\nhelp: {diagnostic.hint}" if diagnostic.hint else ""
    return _command(diagnostic.severity, fault, fault.message + hint, "", root)


def row_annotations(rows: Iterable[Row], root: str, *, warnings: bool = True) -> list[str]:
    """What is wrong with cases, one line a place in the programs: what most cases have comes first.

    Errors, then perhaps `warnings`. What concerns no place is told of together.
    """
    found: dict[Severity, _Places] = {"error": {}, "warning": {}}
    names: set[str] = set()
    for row in rows:
        name = row.case.name
        names.add(name)
        false = (checked.fault for checked in row.asserts if checked.fault is not None)
        for fault in row.faults or false:
            found["error"].setdefault(fault[2:], []).append((name, fault))
        for fault in map(_warned, row.log if warnings else ()):
            found["warning"].setdefault(fault[2:], []).append((name, fault))
    return [
        _of_cases(severity, told, len(names), root)
        for severity, places in found.items()
        for told in sorted(places.values(), key=len, reverse=True)[:MOST_SHOWN]
    ]


def _warned(shown: str) -> Fault:
    """A warning as rows have it: as it is shown."""
    first = shown.partition("\n")[0]
    if (placed := _PLACED.fullmatch(first)) is None:
        return Fault(first.removeprefix("warning: "), shown)
    file, line, column, message = placed.groups()
    return Fault(message, shown, file, int(line), int(column))


def _of_cases(kind: Severity, told: Sequence[tuple[str, Fault]], count: int, root: str) -> str:
    """What so many cases have at one place, of `count` in all."""
    said = [f"{name}: {fault.message}" for name, fault in told[:_NAMED]]
    if len(told) > _NAMED:
        said.append(f"and {len(told) - _NAMED} more")
    title = f"{len({name for name, _ in told})} of {count} case{'s' * (count > 1)}"
    return _command(kind, told[0][1], "\n".join(said), title, root)


def _command(kind: Severity, at: Fault, message: str, title: str, root: str) -> str:
    settings: dict[str, object] = {}
    if at.line and not at.file.startswith("<"):  # such as standard input
        settings = {"file": _seen_from(root, at.file), "line": at.line, "col": at.column}
    if title:
        settings["title"] = title
    told = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in settings.items())
    return f"::{kind}{' ' * bool(told)}{told}::{_escaped(message)}"


def _seen_from(root: str, file: str) -> str:
    """A file's path as GitHub knows it: from the folder of the repository, if it is in there."""
    path = Path(os.path.abspath(file))  # noqa: PTH100
    return str(path.relative_to(root)) if root and path.is_relative_to(root) else file


def _escaped(text: str, special: str = "") -> str:
    for character in f"%\r\n{special}":
        text = text.replace(character, f"%{ord(character):02X}")
    return text
