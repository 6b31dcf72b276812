"""`voxlogica check --cases`: the mistakes of programs over cases, alike ones together."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click

from voxlogica.batch.words import listed
from voxlogica.cli.audits import annotate
from voxlogica.cli.case_sources import programs_and_cases
from voxlogica.cli.options import named
from voxlogica.cli.streams import show_text
from voxlogica.dataclass import replace
from voxlogica.engine.cases import Case, Fault, Row
from voxlogica.engine.image_files import ImageFiles
from voxlogica.images import readers
from voxlogica.language.planning import Template
from voxlogica.plan_to_report import all_told, no_store, opened_with
from voxlogica.report.cases_verdict import Verdict, counted
from voxlogica.syntax.diagnostics import Diagnostic, Note, VoxLogicaError, render
from voxlogica.syntax.source import Source


def check_cases(
    programs: Sequence[str],
    cases: str,
    write: Callable[[Sequence[Diagnostic]], None],
    options: dict[str, Any],
) -> None:
    """Show the mistakes of programs over cases, and write each with the cases that have it.

    Raises Exit where there are errors, and VoxLogicaError where the cases themselves are wrong.
    """
    try:
        texts, found = programs_and_cases(programs, cases, options)
    except VoxLogicaError as wrong:
        write(wrong.diagnostics)
        raise
    verdict, rows = Verdict(), list[Row]()
    # By what is said, and where: the message, and the cases of which it is said.
    told: dict[object, tuple[Diagnostic, list[str]]] = {}
    for case, said in _checked(texts, found, options):
        faults = tuple(Fault.of(message) for message in said if message.severity == "error")
        warned = tuple(render(message) for message in said if message.severity == "warning")
        rows.append(Row(case, faults=faults, log=warned))
        verdict.add(rows[-1])
        for message in said:
            key = (message.severity, message.message, message.span)
            told.setdefault(key, (message, []))[1].append(case.name)
    checked, mistaken = verdict.counts.all, verdict.counts.failed
    for alike in (verdict.warnings, verdict.errors):
        show_text(*alike.texts(checked))
    annotate(rows)
    write(
        [
            replace(message, notes=(*message.notes, Note(f"cases: {listed(names)}")))
            for message, names in told.values()
        ]
    )
    combined = counted(checked, len({row.case.name for row in rows}))
    if mistaken:
        print(f"{combined}: {mistaken} with errors", file=sys.stderr)
        raise click.exceptions.Exit(1)
    mistakes = "no errors" if told else "no mistakes"
    print(f"{mistakes} in {named(programs)}, for {combined}", file=sys.stderr)


def _checked(
    programs: Sequence[Source], cases: Sequence[Case], options: dict[str, Any]
) -> Iterator[tuple[Case, Sequence[Diagnostic]]]:
    """What is to be said of the programs for each case.

    Of a sweep, for each combination of the first case, and of the others for the first one: what
    each combination may change is nearly always the same for all.
    """
    template = Template(programs, options["dialect"])
    files = ImageFiles(opened_with(no_store))
    seen: set[str] = set()
    with readers.kept():
        for case in cases:
            if case.name in seen and len(seen) > 1:
                continue
            seen.add(case.name)
            definitions = {**options["definitions"], **case.definitions}
            yield case, all_told(template.planned(definitions, files.open), options["strict"])
