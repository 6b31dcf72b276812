"""What a run says in words, as parts of a page: its end, what is printed and asserted, messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from voxlogica.engine.results import Effort, Report, Stats
from voxlogica.report.page_document import table, text
from voxlogica.report.provenance import Circumstances
from voxlogica.syntax.diagnostics import Diagnostic
from voxlogica.syntax.printer import value_text

# A printed value of more characters is cut.
_LONGEST = 2_000
# What took less is not shown by itself.
_SHORTEST = 0.0005
# What a text is made by before it is shown: without the name of somebody's folder.
Private = Callable[[str], str]


def verdict_html(report: Report) -> str:
    """How the run ended, in a sentence that is seen first."""
    false = len(report.false_asserts)
    held = len(report.asserts) - false
    match report.status:
        case "interrupted":
            return _verdict("bad", "Interrupted", "nothing was printed or saved")
        case "failed":
            return _verdict("bad", "Failed", "nothing was printed or saved; why is below")
        case "done" if false:
            some = "an assertion is" if false == 1 else f"{false} assertions are"
            return _verdict("bad", f"Done, but {some} false", f"{held} of {held + false} hold")
        case "done":
            asserted = "the assertion holds" if held == 1 else f"all {held} assertions hold"
            return _verdict("good", "Done", asserted if held else "nothing was asserted")


def results_html(report: Report, private: Private) -> str:
    """Assertions and prints, in program order; what is false says why."""
    parts = []
    if report.asserts:
        rows = [(_held(one.value), text(private(one.label))) for one in report.asserts]
        parts.append(table((), rows, "asserts"))
        parts.append(messages_html(report.false_asserts, private))
    if report.prints:
        shown = [
            (text(private(one.name)), f"<b>{text(private(_cut(value_text(one.value))))}</b>")
            for one in report.prints
        ]
        parts.append(table((), shown, "prints"))
    if not parts and report.status == "done":
        parts.append('<p class="faint">Nothing is printed or asserted.</p>')
    return "\n".join(parts)


def messages_html(told: Iterable[Diagnostic], private: Private) -> str:
    """Messages, each with the line of the program that it is about, the wrong part marked."""
    return "".join(_message(one, private) for one in told)


def _verdict(kind: str, first: str, more: str) -> str:
    return f'<p class="verdict {kind}" role="status"><b>{text(first)}</b> – {text(more)}</p>'


def _held(value: bool) -> str:
    return '<span class="holds">✓ holds</span>' if value else '<span class="fails">✗ false</span>'


def _message(told: Diagnostic, private: Private) -> str:
    place = f"{text(private(told.place))} " if told.place else ""
    parts = [f"<div>{place}<b>{told.severity}:</b> {text(private(told.message))}</div>"]
    if told.span is not None:
        parts.append(_excerpt(told))
    for note in told.notes:
        where = f" ({text(private(note.place))})" if note.place else ""
        parts.append(f"<div>note: {text(private(note.message))}{where}</div>")
    if told.hint:
        parts.append(f"<div>help: {text(private(told.hint))}</div>")
    kind = " warning" if told.severity == "warning" else ""
    return f'<div class="message{kind}">{"".join(parts)}</div>'


def _excerpt(told: Diagnostic) -> str:
    """The line, with the part marked that the message is about; a line's end is a part, too."""
    assert told.text is not None and told.column is not None and told.span is not None
    line, start = told.text, told.column - 1
    end = max(start, min(len(line), start + told.span.end - told.span.start))
    wrong = text(line[start:end]) or "&nbsp;"
    label = f'  <span class="faint">{text(told.label)}</span>' if told.label else ""
    return (
        f'<pre><span class="faint">{told.line}  </span>{text(line[:start])}'
        f"<mark>{wrong}</mark>{text(line[end:])}{label}</pre>"
    )


def _cut(shown: str) -> str:
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"


def seconds_text(seconds: float) -> str:
    """A time as people tell it."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.2f} s" if seconds < 60 else f"{seconds / 60:.0f} min {seconds % 60:.0f} s"


def when_text(stats: Stats, of: Circumstances) -> str:
    """When a run began, how long it took, by which version, and by how many workers."""
    when = datetime.fromtimestamp(of.began, UTC).strftime("%Y-%m-%d %H:%M UTC")
    said = f"{when} · {seconds_text(stats.seconds)} · voxlogica {of.software['voxlogica'][0]}"
    workers = len(stats.by_worker)
    return said + (f" · {workers} worker{'s'[: workers > 1]} of a cluster" if workers else "")


def time_html(stats: Stats, most: int = 25) -> str:
    """What a run took, by operator and worker, as bars; what took nothing is only counted."""
    reused = f", {stats.reused} of them had without computing" if stats.reused else ""
    memory = f"; at most {stats.peak_memory / 2**20:,.0f} MB of memory" if stats.peak_memory else ""
    if memory and stats.by_worker:
        memory += ", without that of workers"
    said = (
        f"{stats.operations} operations in {seconds_text(stats.seconds)}{reused}{memory}."
        f" Times are summed over threads{' and workers' if stats.by_worker else ''}."
    )
    bars = [_bars("operator", stats.by_operator, most), _bars("worker", stats.by_worker, most)]
    return f'<p class="faint">{text(said)}</p>{"".join(bars)}'


def _bars(what: str, efforts: Mapping[str, Effort], most: int) -> str:
    """What each of several took, the longest first."""
    rows = sorted(efforts.items(), key=lambda of: (-of[1].seconds, of[0]))
    shown = [one for one in rows if one[1].seconds >= _SHORTEST][:most]
    longest = max((of.seconds for _, of in shown), default=0.0)
    cells = [
        (
            f"<code>{text(name)}</code>",
            f'<span class="number">{seconds_text(of.seconds)}</span>',
            f'<span class="faint">{_count(of.computed, of.reused)}</span>',
            '<svg aria-hidden="true"><rect height="100%" rx="2"'
            f' width="{100 * of.seconds / longest:.2f}%"/></svg>',
        )
        for name, of in shown
    ]
    rest = len(rows) - len(shown)
    more = f'<p class="faint">{rest} more took less.</p>' if rest else ""
    return (table((what, "time", "carried out", ""), cells, "bars") if cells else "") + more


def _count(computed: int, reused: int) -> str:
    return f"{computed}×" + (f", {reused} reused" if reused else "")
