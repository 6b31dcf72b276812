"""The texts of a page: how a run ended, what it says, its programs, what it takes to repeat it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from shlex import join

from voxlogica.engine.results import Effort, InputFile, Report, Stats
from voxlogica.report.highlighting import marked
from voxlogica.report.page_document import table, text
from voxlogica.report.provenance import Circumstances, Digests, command
from voxlogica.syntax.diagnostics import Diagnostic
from voxlogica.syntax.keywords import COMMANDS
from voxlogica.syntax.printer import literal_text, value_text
from voxlogica.syntax.source import STRING_OR_COMMENT, Source

# A printed value of more characters is cut.
_LONGEST = 2_000
# What took less is not shown by itself.
_SHORTEST = 0.0005
_OTHERS = ("from", "to", "in", "for", "do", "filter", "fold", "border", "tt", "ff", "true", "false")
_WORDS = "|".join((*COMMANDS, *_OTHERS))
_TOKEN = re.compile(
    rf"(?P<s_or_c>{STRING_OR_COMMENT})|(?P<n>(?<![\w$])\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
    rf"|(?P<k>(?<![\w$.])(?:{_WORDS})(?![\w(]))"
)
# Of longer texts the beginning is shown.
_MOST_LINES = 2_000
_UNSAVED = "was not saved: this is of a text that was tried, and the command is of the file"
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
    before, wrong, after = marked(told)
    label = f'  <span class="faint">{text(told.label)}</span>' if told.label else ""
    return (
        f'<pre><span class="faint">{told.line}  </span>{before}'
        f"<mark>{wrong}</mark>{after}{label}</pre>"
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


# Programs


def programs_html(sources: Sequence[Source], named: Callable[[str], str]) -> str:
    """The texts of programs; each has its name above it, as it is `named`, where there are more."""
    heads = [f"<h3>{text(named(source.name))}</h3>" for source in sources]
    return "\n".join(
        (head if len(sources) > 1 else "") + program_html(source)
        for head, source in zip(heads, sources, strict=True)
    )


def program_html(source: Source) -> str:
    """The text of a program, one element a line, so that it can be numbered and found."""
    lines = source.text.splitlines()
    shown = "\n".join(f"<code>{''.join(_marked(line))}</code>" for line in lines[:_MOST_LINES])
    more = len(lines) - _MOST_LINES
    rest = f'<p class="faint">… {more} more lines</p>' if more > 0 else ""
    return (
        f'<div class="program" role="region" aria-label="program" tabindex="0">{shown}</div>{rest}'
    )


def _marked(line: str) -> Iterator[str]:
    at = 0
    line = line.expandtabs(4)
    for found in _TOKEN.finditer(line):
        yield text(line[at : found.start()])
        kind = found.lastgroup
        if kind == "s_or_c":
            kind = "c" if found.group().startswith("//") else "s"
        yield f'<span class="{kind}">{text(found.group())}</span>'
        at = found.end()
    yield text(line[at:]) or "&#8203;" * (at == 0)


# To repeat it


def repeat_html(report: Report, of: Circumstances, digests: Digests) -> str:
    """The command by which a run is repeated, and by what one sees that it is the same.

    `digests` gives those of the files that were saved.
    """
    files = [*files_read(report.inputs, of), *_saved(report, of, digests)]
    return repeated_html(_command(of), files, of)


def repeated_html(line: str, files: Iterable[Sequence[str]], of: Circumstances) -> str:
    """A command, and by what one sees that it is the same: rows of files, versions."""
    where = os.path.relpath(of.folder, of.root)
    folder = "the folder of this page" if where == "." else f"{of.private(where)} from this page"
    return "\n".join(
        [
            *(f'<p class="warning">{text(program)} {_UNSAVED}.</p>' for program in of.unsaved),
            f'<code class="command">{text(of.private(line))}</code>',
            f'<p class="faint">in {text(folder)}</p>',
            f"<h3>Files</h3>{table(('file', '', 'SHA-256'), files, 'files')}",
            f"<h3>Versions</h3>{table((), _versions(of))}",
        ]
    )


def _command(of: Circumstances) -> str:
    settings = [
        part for name, value in of.settings.items() for part in (f"--{name}", literal_text(value))
    ]
    options = f" {join(settings)}" if settings else ""
    return command(of.programs, of.definitions) + options


def files_read(inputs: Iterable[InputFile], of: Circumstances) -> Iterator[tuple[str, str, str]]:
    """A row for each file that was read: its name, what it is, its digest."""
    for file in inputs:
        yield _file(of.named(file.path), f"read, {file.kind}", file.sha256 or "not there")


def _saved(report: Report, of: Circumstances, digests: Digests) -> Iterator[tuple[str, str, str]]:
    for saved in [*(one.path for one in report.layers), *(one.path for one in report.tables)]:
        found: Mapping[str, str] = digests(saved)
        for path, digest in (found or {saved: "no longer there"}).items():
            yield _file(of.named(path), "saved", digest)


def _file(name: str, what: str, digest: str) -> tuple[str, str, str]:
    return text(name), text(what), f'<code class="digest">{text(digest)}</code>'


def _versions(of: Circumstances) -> Iterator[tuple[str, str]]:
    for name, (version, _) in of.software.items():
        yield text(name), text(version)
    yield "system", text(f"{of.system}, kernels of level {of.kernels}")
