"""`voxlogica plan`."""

from __future__ import annotations

from typing import Any

import click

from voxlogica.cli.cases_options import SOURCE_OPTIONS, only_with_cases, source_options
from voxlogica.cli.files import whole_file
from voxlogica.cli.options import (
    file_to_write,
    given,
    programs_argument,
    reading_options,
    rewrites_option,
)
from voxlogica.cli.reporting import WritingCommand, reporting
from voxlogica.cli.streams import own_libraries


@click.command(
    cls=WritingCommand,
    epilog="""\b
Examples:
  voxlogica plan glioma.imgql                            one line an operation
  voxlogica plan glioma.imgql --format svg -o plan.svg   drawn for a browser
  voxlogica plan glioma.imgql --no-rewrites              as the program has it
  voxlogica plan glioma.imgql --cases cases.csv --case p007""",
)
@programs_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "dot", "svg"]),
    default="text",
    show_default=True,
    help="dot is the language of Graphviz; svg needs nothing but a browser.",
)
@click.option(
    "-o",
    "--output",
    default="-",
    metavar="FILE",
    callback=file_to_write,
    help="Write to FILE, not to standard output.",
)
@source_options
@click.option(
    "--case",
    "case_name",
    metavar="NAME",
    help="With --cases, the plan of the case NAME, not of the first one.",
)
@rewrites_option
@reading_options
@reporting
def plan(
    programs: tuple[str, ...],
    form: str,
    output: str,
    rewrites: bool,
    cases: str | None,
    **options: Any,
) -> None:
    """Show what running a program would compute.

    The plan has each operation once, however often the program uses it, and only those that some
    print or save needs: as the program has it, and then as it is computed, with faster equivalents.
    With --cases it is the plan of the first case.
    """
    if cases is None:
        only_with_cases(options, {**SOURCE_OPTIONS, "case_name": "--case"})
    else:
        from voxlogica.cli.case_sources import plans_of_case, refuse_to_replace

        refuse_to_replace(cases, {**options, "output_file": output})
    from voxlogica import running
    from voxlogica.report.plan_json import plan_json
    from voxlogica.report.plan_svg import plan_svg
    from voxlogica.report.plan_text import plan_dot, plan_text

    own_libraries()
    forms = {"text": plan_text, "json": plan_json, "dot": plan_dot, "svg": plan_svg}
    with whole_file(output, programs, old_stays=True) as write:
        if cases is None:
            written, computed = running.plans(given(programs), **options)
        else:
            written, computed = plans_of_case(programs, cases, options)
        alone = not rewrites or (written.has_same_operations(computed) and form != "json")
        write(forms[form](written) if alone else forms[form](computed, written))
