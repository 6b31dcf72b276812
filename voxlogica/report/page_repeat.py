"""What it takes to repeat a run, on its page: the command, digests of files, versions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from shlex import join

from voxlogica.engine.results import InputFile, Report
from voxlogica.report.page_document import table, text
from voxlogica.report.provenance import Circumstances, Digests, command
from voxlogica.syntax.printer import literal_text


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
            *map(_unsaved_html, of.unsaved),
            f'<code class="command">{text(of.private(line))}</code>',
            f'<p class="faint">in {text(folder)}</p>',
            f"<h3>Files</h3>{table(('file', '', 'SHA-256'), files, 'files')}",
            f"<h3>Versions</h3>{table((), _versions(of))}",
        ]
    )


def _unsaved_html(program: str) -> str:
    told = "was not saved: this is of a text that was tried, and the command is of the file"
    return f'<p class="warning">{text(program)} {told}.</p>'


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
