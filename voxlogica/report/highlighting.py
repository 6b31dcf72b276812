"""Messages as HTML: the line of the program with its wrong part marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from voxlogica.syntax.diagnostics import Diagnostic, Severity, VoxLogicaError, visible

# Colours that are read on white and on black; the text has that of its page.
_COLOURS: dict[Severity, str] = {"error": "#e5484d", "warning": "#c77d00"}
_QUIET = "opacity:.65"
_LINE = "display:block;overflow-x:auto;white-space:pre;padding:.3em 0"


def highlighted_html(told: VoxLogicaError | Iterable[Diagnostic]) -> str:
    """An error, or messages, as HTML for a page that is light or dark.

    Everything is escaped, and nothing of the page's own styles is needed.
    """
    diagnostics = told.diagnostics if isinstance(told, VoxLogicaError) else told
    return "".join(
        f'<div class="voxlogica-{d.severity}" style="border-left:3px solid {_COLOURS[d.severity]};'
        f'padding:.2em .8em;margin:.4em 0;font-family:ui-monospace,Menlo,Consolas,monospace">'
        f"{''.join(_parts(d))}</div>"
        for d in diagnostics
    )


def _parts(diagnostic: Diagnostic) -> Iterator[str]:
    colour = _COLOURS[diagnostic.severity]
    name = f'<b style="color:{colour}">{diagnostic.severity}:</b>'
    place = f'<span style="{_QUIET}">{_text(diagnostic.place)}</span> ' if diagnostic.place else ""
    yield f"<div>{place}{name} {_text(diagnostic.message)}</div>"
    if diagnostic.span is not None:
        yield _excerpt(diagnostic, colour)
    for note in diagnostic.notes:
        where = f" ({_text(note.place)})" if note.place else ""
        yield f"<div><b>note:</b> {_text(note.message)}{where}</div>"
    if diagnostic.hint:
        yield f"<div><b>help:</b> {_text(diagnostic.hint)}</div>"


def _excerpt(diagnostic: Diagnostic, colour: str) -> str:
    before, wrong, after = marked(diagnostic)
    label = f' <span style="color:{colour}">{_text(diagnostic.label)}</span>'
    return (
        f'<code style="{_LINE};background:none;color:inherit">'
        f'<span style="{_QUIET};user-select:none">{diagnostic.line}  </span>{before}'
        f'<mark style="background:{colour}33;color:inherit;'
        f'text-decoration:underline wavy {colour};text-decoration-skip-ink:none">{wrong}</mark>'
        f"{after}{label if diagnostic.label else ''}</code>"
    )


def marked(diagnostic: Diagnostic) -> tuple[str, str, str]:
    """The line of a message about a place, as HTML: before its wrong part, that, and after it.

    A line's end is a part, too.
    """
    assert diagnostic.text is not None and diagnostic.column is not None
    assert diagnostic.span is not None
    line, start = diagnostic.text, diagnostic.column - 1
    end = max(start, min(len(line), start + diagnostic.span.end - diagnostic.span.start))
    return _text(line[:start]), _text(line[start:end]) or "&nbsp;", _text(line[end:])


def _text(text: str | None) -> str:
    return escape(visible(text or ""))
