"""One run as a page to hand on: what was asked, what came of it, and what it takes to repeat it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePath

from voxlogica.engine.results import Report
from voxlogica.images.formats import FORMATS, suffix_of
from voxlogica.pictures.viewed import Viewed
from voxlogica.report import viewer
from voxlogica.report.page_document import Section, document, shipped, text
from voxlogica.report.page_pictures import views_html
from voxlogica.report.page_texts import (
    messages_html,
    programs_html,
    repeat_html,
    results_html,
    time_html,
    verdict_html,
    when_text,
)
from voxlogica.report.page_views import View, views
from voxlogica.report.plan_svg import plan_drawing
from voxlogica.report.provenance import Circumstances, Digests
from voxlogica.syntax.printer import value_text

# Larger plans are not drawn: nobody would find anything in them.
_MOST_DRAWN = 400


def page(
    report: Report,
    of: Circumstances,
    digests: Digests,
    *,
    sliders: bool = True,
    repeats: bool = True,
) -> Iterator[str]:
    """The page of a run, in pieces; with `sliders` through all slices, or still pictures alone.

    `of` is what is known of its command, folders and versions, `digests` gives those of saved
    files. Where the run was to be over cases, its command is not known, and nothing `repeats` it.
    """
    sections = run_sections(report, of, digests, sliders=sliders)
    sections = [part for part in sections if repeats or part.name != "repeat"]
    title = ", ".join(PurePath(program).name for program in of.programs)
    needs = VIEWS if sliders else STILLS
    return document(of.private(title), sections, lead=_lead(report, of), **needs)


# What a page needs beside the sections of runs: with sliders, or with still pictures alone.
STILLS = {"styles": (shipped("page_views.css"),)}
VIEWS = {
    "styles": (viewer.style(), shipped("page_views.css")),
    "scripts": (viewer.script(), shipped("page_views.js")),
}


def run_sections(
    report: Report, of: Circumstances, digests: Digests, *, sliders: bool = True
) -> list[Section]:
    """The parts of the page of a run; those that have nothing to say are left out."""
    errors = [told for told in report.diagnostics if told.severity == "error"]
    warnings = [told for told in report.diagnostics if told.severity == "warning"]
    parts = [
        Section("errors", "What went wrong", messages_html(errors, of.private)),
        Section("results", "Results", results_html(report, of.private)),
        Section("warnings", "Warnings", messages_html(warnings, of.private)),
        Section(
            "images",
            "Images",
            views_html(*views(report, _names(report, of)), sliders=sliders),
        ),
        Section("program", "Program", programs_html(report.sources, of.named)),
        Section("time", "Time", time_html(report.stats) if report.stats.by_operator else ""),
        Section("plan", "Plan", _plan(report, of), folded=True),
        Section("repeat", "Repeat it", repeat_html(report, of, digests)),
    ]
    return [part for part in parts if part.html]


def _lead(report: Report, of: Circumstances) -> str:
    values = "  ".join(f"{name}={value_text(value)}" for name, value in of.definitions.items())
    values = f"<p><code>{text(of.private(values))}</code></p>\n" if values else ""
    said = when_text(report.stats, of)
    return f'{values}<p class="faint">{text(said)}</p>\n{verdict_html(report)}'


def _names(report: Report, of: Circumstances) -> Callable[[str], str]:
    """What images are called: by as little of their paths as tells them apart."""
    paths = {layer.path for layer in report.layers}
    if report.origin is not None:
        paths |= {under.name for under in report.origin.under.values()}
    ways: tuple[Callable[[str], str], ...] = (_stem, lambda path: PurePath(path).name)
    counts = [Counter(map(way, paths)) for way in ways]

    def name_of(path: str) -> str:
        found = ((way(path), count) for way, count in zip(ways, counts, strict=True))
        short = next((name for name, count in found if count[name] == 1), of.named(path))
        return of.private(short)

    return name_of


def _stem(path: str) -> str:
    """The last part of a path, without the extension of a format."""
    name = PurePath(path).name
    suffix = suffix_of(name)
    return name[: -len(suffix)] if suffix in FORMATS else name


def _plan(report: Report, of: Circumstances) -> str:
    if report.origin is None:
        return ""
    plan = report.origin.plan
    count = len(plan.needed())
    if count > _MOST_DRAWN:
        return (
            f'<p class="faint">{count:,} operations are too many for a drawing:'
            " <code>voxlogica plan</code> lists them.</p>"
        )
    said = "From images, at the top, to what is printed and saved; each operation is there once."
    return f'<p class="faint">{said}</p><div class="drawing">{plan_drawing(plan, of.private)}</div>'


def view_page(found: Viewed) -> Iterator[str]:
    """The page of an image and regions over it, of files that somebody named, in pieces."""
    is_region = found.image.array.dtype == bool
    image = None if is_region else found.image
    regions = {**({found.title: found.image} if is_region else {}), **found.regions}
    named = ", ".join(regions)
    title = f"{named} over {found.title}" if named and image is not None else found.title
    view = View(title, found.title, image, regions, {})
    section = Section("images", "Images", views_html([view], []))
    return document(found.title, [section], styles=VIEWS["styles"], scripts=VIEWS["scripts"])
