"""What people write out of habits from other languages: the message about a line that shows one."""

from __future__ import annotations

import re
from typing import NamedTuple

from voxlogica.syntax.diagnostics import Diagnostic, error
from voxlogica.syntax.habit_rows import HABITS
from voxlogica.syntax.source import Source, Span

# A comment that ends the line, and the strings before it, in which none begins.
_COMMENT = re.compile(r'((?:"[^"\n]*"|(?!//)[^"\n])*)')
# Nobody writes longer lines by habit, and a pattern takes more than its time for them.
_LONGEST_LINE = 200
# Longer values are not repeated in a label.
_LONGEST_LABEL = 30


class Habit(NamedTuple):
    """A message about a line; the names that were meant to be declared; whether it is told once.

    One that is of the whole line says all there is to say of it.
    """

    diagnostic: Diagnostic
    names: tuple[str, ...] = ()
    everywhere: bool = False
    whole: bool = True


def habit_in(source: Source, at: int) -> Habit | None:
    """What habit the line at `at` shows, if it is a known one."""
    number, _ = source.line_and_column(at)
    begin = source.line_starts[number - 1]
    code = _COMMENT.match(source.line(number))
    line = code.group(1) if code else ""
    if len(line) > _LONGEST_LINE:
        return None
    for row in HABITS:
        found = row.line.fullmatch(line)
        if found is None:
            continue
        said = _filled(found)
        group: str | int = "at" if "at" in found.groupdict() else 0
        start, end = found.span(group)
        span = Span(source, begin + start, begin + end)
        names = tuple(re.findall(r"\w+", said.get("name", "")))
        return Habit(
            error(row.message.format_map(said), span, hint=row.hint.format_map(said)),
            (*names, said["joined"]),
            row.everywhere,
        )
    return None


def _filled(found: re.Match[str]) -> dict[str, str]:
    """What stands in the gaps of a row; an expression that is not on the line is `…`."""
    said = {name: (value or "").strip() for name, value in found.groupdict().items()}
    if said.get("let"):
        said["let"] += " "
    if said.get("l") == "":
        said["l"] = '"label"'
    if "e" in said:
        said["e"] = said["e"] or "…"
        is_one = re.fullmatch(r"[\w.]+|[\w.]*\([^()]*\)", said["e"])
        said["operand"] = said["e"] if is_one else f"({said['e']})"
    short = said.get("at", "")
    said["label"] = short if len(short) <= _LONGEST_LABEL and '"' not in short else "label"
    said["joined"] = re.sub(r"[\s-]+", "_", said.get("name", ""))
    said["image"] = said.get("name") or "img"
    return said
