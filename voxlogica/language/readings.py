"""Where the two readings of ImgQL group an expression differently: what is said of it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from voxlogica.dataclass import replace
from voxlogica.language.on_mistakes import remedies
from voxlogica.later import Later
from voxlogica.syntax.ast import Dialect, Difference
from voxlogica.syntax.diagnostics import Diagnostic, Note, warning

if TYPE_CHECKING:
    from voxlogica.syntax import printer
else:
    printer = Later("voxlogica.syntax.printer")

_DIALECTS: tuple[Dialect, ...] = (1, 2)
# An error is looked for in so many of the expressions that begin before it.
_MOST_AROUND = 8


def reading_warnings(differences: Sequence[Difference], *, every: bool) -> list[Diagnostic]:
    """That expressions mean another thing in the other reading: one warning each, or one in all."""
    shown = differences if every else differences[:1]
    more = len(differences) - len(shown)
    return [
        warning(
            "the two readings of ImgQL group this differently",
            difference.span,
            notes=[
                *_both_readings(difference),
                *(
                    [Note(f"so it is with {more} more; `voxlogica check` shows them all")]
                    if more
                    else []
                ),
            ],
            hint="brackets make it read the same in both: "
            f"`{_shortened(printer.expression_text(difference.reading(2)))}`, as in arithmetic",
        )
        for difference in shown
    ]


def _both_readings(difference: Difference) -> list[Note]:
    return [
        Note(f"ImgQL {d} reads {_shortened(printer.expression_text(difference.reading(d)))}")
        for d in _DIALECTS
    ]


def told_together(
    diagnostics: Iterable[Diagnostic], differences: Sequence[Difference]
) -> tuple[list[Diagnostic], list[Difference]]:
    """An error in an expression that the readings group differently, and that they do, in one."""
    ordered = sorted(differences, key=lambda d: d.span.start)
    starts = [d.span.start for d in ordered]
    told: set[int] = set()
    found: list[Diagnostic] = []
    for diagnostic in diagnostics:
        span = diagnostic.span
        if span is not None and diagnostic.severity == "error":
            last = bisect_right(starts, span.start)
            for at in range(last - 1, max(last - _MOST_AROUND, 0) - 1, -1):
                around = ordered[at]
                if around.span.source is span.source and span.end <= around.span.end:
                    told.add(at)
                    diagnostic = _with_readings(diagnostic, around)
                    break
        found.append(diagnostic)
    return found, [d for at, d in enumerate(ordered) if at not in told] if told else [*differences]


def _with_readings(diagnostic: Diagnostic, around: Difference) -> Diagnostic:
    hint = diagnostic.hint
    if hint == remedies.BRACKETS:
        hint = f"{remedies.BRACKETS}: `{_shortened(printer.expression_text(around.reading(2)))}`"
    notes = (*diagnostic.notes, *_both_readings(around))
    return replace(diagnostic, notes=notes, hint=hint)


def _shortened(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:198]} …"
