"""What is said of operations, and where it points: the author's own text, not the library's."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.errors import quoted, shortened
from voxlogica.language.operations import Frame, Place
from voxlogica.language.values import FAILED, Failed
from voxlogica.operators.literals import BOOL_LITERAL, LOAD, NUMBER_LITERAL, STRING_LITERAL
from voxlogica.syntax.diagnostics import Diagnostic, Note, Severity
from voxlogica.syntax.printer import literal_text
from voxlogica.syntax.source import Span

# In what messages of one kind differ: the names, texts and numbers in them.
_PARTICULARS = r'"[^"]*"|`[^`]*`|[-+]?\d[\d.,e+-]*'
# Elements of loops that are shown, as they are written, or by the file's name.
_SHOWN_ELEMENTS = frozenset({NUMBER_LITERAL, BOOL_LITERAL, STRING_LITERAL, LOAD})
# Of messages that are told as one, so many are shown.
_SHOWN = 20


@dataclass(slots=True)
class Messages:
    """Tells what there is to say while a program is reduced, each thing once."""

    report: Callable[[Diagnostic], None]
    told: dict[tuple[object, ...], None] = field(default_factory=dict)

    def tell(self, diagnostic: Diagnostic) -> Failed:
        """Tell of what is wrong; gives what stands for the value that there is none of then."""
        span = diagnostic.span
        key = (diagnostic.message, span and (span.source, span.start))
        if key not in self.told:
            self.told[key] = None
            self.report(diagnostic)
        return FAILED

    def error(
        self, message: str, place: Place, *, span: Span | None = None, hint: str | None = None
    ) -> Failed:
        """Tell of an error at a place, or at the part of it at `span`."""
        return self.tell(diagnose("error", message, place, span=span, hint=hint))

    def told_once(self, diagnostic: Diagnostic) -> Failed:
        """Tell of what is wrong, unless the same was said, of another place."""
        if (diagnostic.message,) in self.told:
            return FAILED
        self.told[diagnostic.message,] = None
        return self.tell(diagnostic)

    def warn(self, message: str, place: Place, *, hint: str | None = None) -> None:
        """Warn of something, once in a program."""
        self.told_once(diagnose("warning", message, place, hint=hint))


def diagnose(
    severity: Severity,
    message: str,
    place: Place,
    *,
    span: Span | None = None,
    label: str = "",
    notes: Iterable[Note] = (),
    hint: str | None = None,
) -> Diagnostic:
    """A message about an operation, or about the part of it at `span`.

    Inside a function, notes tell through which calls it came to be there; inside a library that
    ships, the message itself points at the call of it.
    """
    span = span or place.span
    frame = place.frame
    calls: list[Note] = []
    while span.source.shipped and frame is not None:
        if frame.function:
            calls.append(Note(f"in `{frame.function}`", span))
        span, frame = frame.span, frame.caller
    while frame is not None and len(calls) < 8:
        said = f"in the call of `{frame.function}`" if frame.round is None else in_round(frame)
        calls.append(Note(said, frame.span))
        frame = frame.caller
    return Diagnostic(severity, message, span, label, (*calls, *notes), hint)


def in_round(frame: Frame, told: str = "") -> str:
    """Which round of a loop a frame is, with its element where the program says what it is.

    What is `told` of by this name is not repeated.
    """
    assert frame.round is not None
    number, of, element = frame.round
    said = f"in round {number} of {of}"
    is_shown = element is not None and element.operator in _SHOWN_ELEMENTS
    if element is None or not is_shown or frame.parameters[-1] == told:
        return said
    (constant,) = element.constants
    if isinstance(constant, bool | float):
        shown = literal_text(constant)
    else:
        shown = quoted(shortened(str(getattr(constant, "path", constant))))
    return f"{said}, `{frame.parameters[-1]}` = {shown}"


def grouped(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The messages in their order, but those of one loop that are alike, as one."""
    alike: dict[object, list[Diagnostic]] = {}
    for d in diagnostics:
        kind = re.sub(_PARTICULARS, "", d.message)
        notes = tuple((re.sub(_PARTICULARS, "", note.message), note.span) for note in d.notes)
        alike.setdefault((d.severity, d.span, d.label, notes, kind), []).append(d)
    return [first if not others else _joined(first, others) for first, *others in alike.values()]


def _joined(first: Diagnostic, others: list[Diagnostic]) -> Diagnostic:
    notes = [
        Note(
            "; ".join(
                [
                    d.message,
                    *(note.message for note in d.notes if note not in first.notes),
                    *([d.hint] if d.hint and d.hint != first.hint else []),
                ]
            )
        )
        for d in others[:_SHOWN]
    ]
    if others[_SHOWN:]:
        notes.append(Note(f"and {len(others) - _SHOWN} more like these"))
    return replace(first, notes=(*first.notes, *notes))


def called(name: str, place: Place) -> str:
    """What the author calls there: what has this name, or the library's function that it is in."""
    span, frame = place
    while span.source.shipped and frame is not None:
        name, span, frame = frame.function, frame.span, frame.caller
    return name


def users_own(place: Place) -> Span:
    """Where an operation stands in the user's own text, which may be a call of the library."""
    span, frame = place
    while span.source.shipped and frame is not None:
        span, frame = frame.span, frame.caller
    return span
