"""One run as a page to hand on: what was asked, what came of it, and what it takes to repeat it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from voxlogica.engine.results import Report
from voxlogica.report.page_document import Section, document, text
from voxlogica.report.page_results import (
    messages_html,
    results_html,
    seconds_text,
    time_html,
    verdict_html,
)
from voxlogica.report.provenance import Circumstances


def page(report: Report, of: Circumstances) -> Iterator[str]:
    """The page of a run, in pieces. `of` is what is known of its command, folders and versions."""
    title = of.private(", ".join(of.programs))
    return document(title, run_sections(report, of), lead=_lead(report, of))


def run_sections(report: Report, of: Circumstances) -> list[Section]:
    """The parts of the page of a run; those that have nothing to say are left out."""
    errors = [told for told in report.diagnostics if told.severity == "error"]
    warnings = [told for told in report.diagnostics if told.severity == "warning"]
    parts = [
        Section("errors", "What went wrong", messages_html(errors, of.private)),
        Section("results", "Results", results_html(report, of.private)),
        Section("warnings", "Warnings", messages_html(warnings, of.private)),
        Section("time", "Time", time_html(report)),
    ]
    return [part for part in parts if part.html]


def _lead(report: Report, of: Circumstances) -> str:
    from datetime import UTC, datetime

    when = datetime.fromtimestamp(of.began, UTC).strftime("%Y-%m-%d %H:%M UTC")
    said = f"{when} · {seconds_text(report.stats.seconds)} · voxlogica {_version(of)}"
    return f'<p class="faint">{text(said)}</p>\n{verdict_html(report)}'


def _version(of: Circumstances) -> str:
    return of.software["voxlogica"][0]


__all__: Sequence[str] = ("page", "run_sections")
