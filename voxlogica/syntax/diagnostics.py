"""Messages for the author of a program: where, what, what was expected, how to mend it."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Literal

from voxlogica.dataclass import dataclass, replace
from voxlogica.syntax.source import Span

Severity = Literal["error", "warning"]
# What a message is about: the program, the files it reads and writes, the store that keeps results
# and the memory that holds them, the terminal.
Topic = Literal["program", "data", "store", "terminal"]
# Whether a warning about it says that results may not be what was meant: an error in a strict run.
_IN_DOUBT: dict[Topic, bool] = {"program": True, "data": True, "store": False, "terminal": False}

COLOURS = {"error": "1;31", "warning": "1;33", "frame": "1;34", "note": "1", "hint": "1;32"}
_WIDEST_LINE = 160


class AtPlace:
    """What is said of a place in a program: everything here is None where it is of none.

    Lines and columns are counted from 1; the end is what comes after the last character.
    """

    __slots__ = ()

    @property
    def span(self) -> Span | None:
        """The place, and the whole text that it is in."""
        raise NotImplementedError

    @property
    def line(self) -> int | None:
        """The number of the line that it begins in."""
        return self.span.start_place[0] if self.span else None

    @property
    def column(self) -> int | None:
        """The column that it begins in."""
        return self.span.start_place[1] if self.span else None

    @property
    def end_line(self) -> int | None:
        """The number of the line that it ends in."""
        return self.span.end_place[0] if self.span else None

    @property
    def end_column(self) -> int | None:
        """The column that it ends before."""
        return self.span.end_place[1] if self.span else None

    @property
    def place(self) -> str | None:
        """Program, line and column as messages have them: `glioma.imgql:3:5`."""
        return str(self.span) if self.span else None

    @property
    def text(self) -> str | None:
        """The line of the program that it begins in, without its end."""
        return self.span.source.line(self.span.start_place[0]) if self.span else None


@dataclass(frozen=True, slots=True)
class Note(AtPlace):
    """A remark below a message, perhaps about another place."""

    message: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Diagnostic(AtPlace):
    """One message. `label` stands beside the carets; a message about a file has no span."""

    severity: Severity
    message: str
    span: Span | None = None
    label: str = ""
    notes: Sequence[Note] = ()
    hint: str | None = None
    topic: Topic = "program"


class VoxLogicaError(Exception, AtPlace):
    """A program, or its input, is wrong: everything there is to say about it, in program order.

    What is said is in `diagnostics`; the attributes beside that are those of the first of them.
    """

    def __init__(
        self, diagnostics: Sequence[Diagnostic] = (), *, message: str | None = None
    ) -> None:
        # PyTorch makes an error of one of a worker's anew, of the text that it was.
        self.diagnostics = tuple(diagnostics) if message is None else (error(message),)
        super().__init__(self.diagnostics)  # what it is made anew of in another process

    @property
    def message(self) -> str:
        """What is wrong, without place and hint."""
        return self.diagnostics[0].message

    @property
    def span(self) -> Span | None:
        """The place, and the whole text that it is in."""
        return self.diagnostics[0].span

    @property
    def hint(self) -> str | None:
        """How to mend it, where there is a way."""
        return self.diagnostics[0].hint

    @property
    def notes(self) -> Sequence[Note]:
        """Remarks, perhaps about other places."""
        return self.diagnostics[0].notes

    def reword(self, reworded: Callable[[Diagnostic], Diagnostic]) -> None:
        """Say the same in other words, as whoever is told it has other means."""
        self.diagnostics = tuple(map(reworded, self.diagnostics))
        self.args = (self.diagnostics,)

    def __str__(self) -> str:
        return below_its_name(self.diagnostics)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r})"

    def _render_traceback_(self) -> list[str]:
        """The lines that IPython and Jupyter show."""
        from voxlogica.syntax.in_ipython import traceback_lines

        return traceback_lines(self, below_its_name(self.diagnostics, colour=True))


# As whoever catches it has it: `voxlogica.Error`.
VoxLogicaError.__module__ = "voxlogica"
VoxLogicaError.__name__ = VoxLogicaError.__qualname__ = "Error"

error = partial(Diagnostic, "error")
warning = partial(Diagnostic, "warning")


def strictly(diagnostic: Diagnostic) -> Diagnostic:
    """The message in a strict run: a warning about program or data is an error there."""
    if diagnostic.severity == "error" or not _IN_DOUBT[diagnostic.topic]:
        return diagnostic
    why = Note("this is a warning, which `--strict` makes an error")
    return replace(diagnostic, severity="error", notes=(*diagnostic.notes, why))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like an unknown one, if any is like it; case counts little."""
    spellings: dict[str, set[str]] = {}
    for candidate in known:
        spellings.setdefault(candidate.casefold(), set()).add(candidate)
    found = difflib.get_close_matches(name.casefold(), spellings, n=1, cutoff=0.7)
    if not found:
        return None
    # Of names that differ in case alone, the one that is like it in case, too.
    alike = difflib.get_close_matches(name, sorted(spellings[found[0]]), n=1, cutoff=0.0)
    return alike[0]


def below_its_name(diagnostics: Sequence[Diagnostic], colour: bool = False) -> str:
    """Messages as Python shows them after the name of an exception: below it, unless it is a line.

    Python says that it is an error, or a warning, so that a message without a place need not.
    """
    text = "\n\n".join(render(d, colour) for d in diagnostics)
    if "\n" in text:
        return f"\n{text}"
    return text if any(d.span for d in diagnostics) else "".join(d.message for d in diagnostics)


def render(diagnostic: Diagnostic, colour: bool = False) -> str:
    """A message as text: one line where it concerns no place in a program."""

    def paint(role: str, text: str) -> str:
        return f"\x1b[{COLOURS[role]}m{text}\x1b[0m" if colour else text

    where = f"{diagnostic.span}: " if diagnostic.span else ""
    head = paint(diagnostic.severity, f"{diagnostic.severity}:")
    lines = [f"{where}{head} {diagnostic.message}"]
    if diagnostic.span:
        lines += _excerpt(diagnostic.span, diagnostic.label, diagnostic.severity, paint)
    for note in diagnostic.notes:
        place = f" ({note.span})" if note.span else ""
        lines.append(f"  {paint('frame', '=')} {paint('note', 'note:')} {note.message}{place}")
    if diagnostic.hint:
        lines.append(f"  {paint('frame', '=')} {paint('hint', 'help:')} {diagnostic.hint}")
    return "\n".join(lines)


def _excerpt(span: Span, label: str, severity: str, paint: Callable[[str, str], str]) -> list[str]:
    number, column = span.start_place
    full = span.source.line(number)
    start = min(column - 1, len(full))
    length = max(1, min(span.end - span.start, len(full) - start))
    first = max(0, start - _WIDEST_LINE // 2) if len(full) > _WIDEST_LINE else 0
    shown = full[first : first + _WIDEST_LINE]
    length = max(1, min(length, first + len(shown) - start))
    left, right = ("…" if first else ""), ("…" if first + len(shown) < len(full) else "")
    # Carets stand below what a terminal shows: tabs become one space, wide characters count two.
    before = left + full[first:start].replace("\t", " ")
    below = full[start : start + length].replace("\t", " ")
    bar = paint("frame", "|")
    margin = " " * len(str(number))
    carets = paint(severity, "^" * max(1, _columns(below)) + (f" {label}" if label else ""))
    return [
        f"{margin} {bar}",
        f"{paint('frame', str(number))} {bar} {visible(left + shown + right)}",
        f"{margin} {bar} {' ' * _columns(before)}{carets}",
    ]


def visible(text: str) -> str:
    """A text as a terminal may be given it: nothing in it moves the cursor, or ends the line."""
    return "".join(c if c.isprintable() or c == "\u3000" else "�" for c in text.replace("\t", " "))


def _columns(text: str) -> int:
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
