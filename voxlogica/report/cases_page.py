"""Many cases as one page to look at and hand on: what came of each, and of all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePath

from voxlogica.dataclass import dataclass
from voxlogica.engine.cases import Case, Row
from voxlogica.pictures.overlays import COLOURS, MISSING
from voxlogica.report.cases_numbers import numbers_html
from voxlogica.report.cases_overview import MOST_COLUMNS, Outcome, Overview
from voxlogica.report.cases_rows import TableRows
from voxlogica.report.cases_verdict import GatheredPictures, counted
from voxlogica.report.page_document import Section, document, shipped, text
from voxlogica.report.page_texts import (
    files_read,
    programs_html,
    repeated_html,
    time_html,
    when_text,
)
from voxlogica.report.provenance import Circumstances

# What rows can be chosen by, and how it is called.
_CHIPS: dict[Outcome, str] = {
    "failed": "failed",
    "false": "with a false assertion",
    "ruled": "by a rule for empty regions",
}


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """Cases that were carried out, for a page.

    `rows` can be gone through as often as one wants. Some cases were `skipped`. `sweep` are the
    names that are swept. What this run has `gathered` is of those that it has carried out; it took
    so many `seconds` in all.
    """

    rows: Iterable[Row]
    skipped: Sequence[Case]
    sweep: Sequence[str]
    gathered: GatheredPictures
    seconds: float


def cases_page(cases: CarriedOut, of: Circumstances) -> Iterator[str]:
    """The page of a run over cases, in pieces. The rows are gone through several times."""
    overview = Overview(cases.rows, cases.sweep)
    wanted = len(overview) + len(cases.skipped)
    names = len({*overview.names, *(case.name for case in cases.skipped)})
    programs = ", ".join(PurePath(program).name for program in of.programs)
    title = of.private(f"{programs}, {counted(wanted, names)}")
    parts = [
        Section("went", "What went wrong", _went_wrong(overview, of)),
        Section("numbers", "Numbers", numbers_html(overview, of.private)),
        Section("cases-table", "Cases", _table(cases, overview, of)),
        Section("program", "Program", programs_html(cases.gathered.sources, of.named)),
        Section("time", "Time", _time(cases)),
        Section("repeat", "Repeat it", _repeat(cases, overview, of)),
    ]
    return document(
        title,
        [part for part in parts if part.html],
        lead=_lead(cases, overview, of, overview.verdict.counts.text(wanted, names)),
        styles=(shipped("cases_page.css"), _colours()),
        scripts=(shipped("cases_page.js"),),
    )


def _lead(cases: CarriedOut, overview: Overview, of: Circumstances, said: str) -> str:
    counts = overview.verdict.counts
    kind = "bad" if counts.failed or counts.false else "good"
    if overview.outcomes["ruled"] and kind == "good":
        kind = "doubt"
    more = ""
    if overview.is_ruled:
        more = " Measures that rest on a rule for empty regions are marked †."
    return (
        f'<p class="faint">{text(when_text(cases.gathered.stats(cases.seconds), of))}</p>\n'
        f'<p class="verdict {kind}" role="status"><b>{text(said)}</b>{more}</p>'
    )


def _went_wrong(overview: Overview, of: Circumstances) -> str:
    """Messages, alike ones together, errors before warnings."""
    total = overview.verdict.counts.all
    parts = list[str]()
    for alike, kind in (
        (overview.verdict.errors, "message"),
        (overview.verdict.warnings, "message warning"),
    ):
        for told in alike.texts(total):
            shown = "\n".join(map(text, of.private(told).split("\n")))
            parts.append(f'<div class="{kind}"><pre>{shown}</pre></div>')
    return "".join(parts)


def _table(cases: CarriedOut, overview: Overview, of: Circumstances) -> str:
    rows = TableRows(overview, cases.gathered.pictures, of.private, of.named)
    parts = [_choose(overview)]
    parts += rows.html(lambda: iter(cases.rows))
    parts += [f'<p class="legend">{text(said)}</p>' for said in _remarks(cases, overview)]
    return "".join(parts)


def _choose(overview: Overview) -> str:
    """What says which rows are seen: a script shows it, and makes it work."""
    chips = "".join(
        f'<button type="button" data-end="{end}" aria-pressed="false">'
        f"{overview.outcomes[end]} {name}</button>"
        for end, name in _CHIPS.items()
        if overview.outcomes[end]
    )
    every = f'<button type="button" data-end="" aria-pressed="true">all {len(overview)}</button>'
    return (
        '<div class="choose" hidden><input id="filter" type="search" autocomplete="off"'
        ' placeholder="Filter: a word, or  dice &lt; 0.8" aria-label="Filter cases">'
        f'{every + chips if chips else ""}<output id="shown"></output></div>'
    )


def _remarks(cases: CarriedOut, overview: Overview) -> Iterator[str]:
    """What the table leaves out."""
    counts = overview.verdict.counts
    if counts.done + counts.false and not any(row.files for row in cases.rows):
        yield "There are no pictures, as nothing is saved: a row has those of the images that are."
    if overview.rows_left_out:
        yield (
            f"{overview.rows_left_out} of {len(overview)} cases have no row here: of so many, there"
            " are those that failed or have a false assertion, those whose numbers are far from the"
            " others, and the first ones. The drawings are of all."
        )
    if (more := len(overview.columns) - MOST_COLUMNS) > 0:
        yield f"{more} more columns are in the table of the run alone."


def _time(cases: CarriedOut) -> str:
    """What the run took by operator, over all cases that it has carried out."""
    stats = cases.gathered.stats(cases.seconds)
    return time_html(stats) if stats.by_operator else ""


def _repeat(cases: CarriedOut, overview: Overview, of: Circumstances) -> str:
    said = "Digests of the files that each case read stand where it is opened."
    files = files_read(overview.programs, of)
    if not cases.gathered.command:
        return ""
    return repeated_html(cases.gathered.command, files, of) + f'<p class="faint">{said}</p>'


def _colours() -> str:
    """The style of what says what a colour means: an outline, or what is even a surface."""
    rules = list[str]()
    for k, (red, green, blue) in enumerate((*COLOURS, MISSING)):
        colour = f"rgb({red},{green},{blue})"
        its = f".key .k{k}"
        rules.append(f"{its}{{border-color:{colour}}}{its}.surface{{background:{colour}}}")
    return "".join(rules)
