"""Messages in Python's words: what they say of options of the command line, said of keywords."""

from __future__ import annotations

import re

from voxlogica.dataclass import replace
from voxlogica.syntax.diagnostics import Diagnostic, Note

# What messages say, and what a program in Python has for it; in this order.
_WORDS = [
    (re.compile(found), said)
    for found, said in (
        (r"`-D '(\w+)=([^`]*)'`", r"`\1=\2`"),
        (r"`-D (\w+=[^`]*)`", r"`\1`"),
        (r"\B-D (does not|sets)\b", r"a keyword \1"),
        (r", on the command line: ", ": "),
        (r", by `--cases`,", ", by `voxlogica.cases`,"),
        (r"`--cases`", "`cases`"),
        (
            r"if a shell has put .* as in --cases ",
            "name in braces what differs from case to case: ",
        ),
        (r"`--strict`", "`strict=True`"),
        (r"`?--cache DIR`?", "`cache=folder`"),
        (r"`?--memory-limit`?", "`memory_limit`"),
        (r"`-j (\d+)`", r"`jobs=\1`"),
        (r", which the command line shows under `--debug`", ""),
        (r"`voxlogica check`", "`voxlogica.check`"),
    )
]


def in_python(diagnostic: Diagnostic) -> Diagnostic:
    """A message as a program in Python is told it."""
    hint = diagnostic.hint
    notes = [Note(_reworded(note.message), note.span) for note in diagnostic.notes]
    return replace(
        diagnostic,
        message=_reworded(diagnostic.message),
        hint=None if hint is None else _reworded(hint),
        notes=tuple(notes),
    )


def _reworded(text: str) -> str:
    if "-" not in text and "voxlogica" not in text:
        return text
    for found, said in _WORDS:
        text = found.sub(said, text)
    return text
