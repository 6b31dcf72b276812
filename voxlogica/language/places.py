"""Where a message about an operation points: the author's own text, not the library's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from voxlogica.dataclass import replace
from voxlogica.language.workplan import Place
from voxlogica.syntax.diagnostics import Diagnostic, Note, Severity
from voxlogica.syntax.source import Span

# In what messages of one kind differ: the names, texts and numbers in them.
_PARTICULARS = re.compile(r'"[^"]*"|`[^`]*`|[-+]?\d[\d.,e+-]*')
# Of messages that are told as one, so many are shown.
_SHOWN = 20


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
        calls.append(Note(f"in `{frame.function}`", span))
        span, frame, label = frame.span, frame.caller, label
    while frame is not None and len(calls) < 8:
        calls.append(Note(f"in the call of `{frame.function}`", frame.span))
        frame = frame.caller
    return Diagnostic(severity, message, span, label, (*calls, *notes), hint)


def grouped(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The messages in their order, but those of one loop that are alike, as one."""
    alike: dict[object, list[Diagnostic]] = {}
    for d in diagnostics:
        kind = _PARTICULARS.sub("", d.message)
        alike.setdefault((d.severity, d.span, d.label, tuple(d.notes), kind), []).append(d)
    return [first if not others else _joined(first, others) for first, *others in alike.values()]


def _joined(first: Diagnostic, others: list[Diagnostic]) -> Diagnostic:
    notes = [
        Note(f"{d.message}; {d.hint}" if d.hint and d.hint != first.hint else d.message)
        for d in others[:_SHOWN]
    ]
    if others[_SHOWN:]:
        notes.append(Note(f"and {len(others) - _SHOWN} more like these"))
    return replace(first, notes=(*first.notes, *notes))


def users_own(place: Place) -> Span:
    """Where an operation stands in the user's own text, which may be a call of the library."""
    span, frame = place
    while span.source.shipped and frame is not None:
        span, frame = frame.span, frame.caller
    return span
