"""`voxlogica studio`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from voxlogica.cli.options import (
    WholeNumber,
    chosen_cache,
    jobs_option,
    keeping_options,
    reading_options,
)
from voxlogica.cli.reporting import complaint, reporting
from voxlogica.cli.streams import own_libraries, say

if TYPE_CHECKING:
    from voxlogica.report.provenance import Circumstances
    from voxlogica.studio.workshop import Cases

# What the extra `studio` installs.
_NEEDED = ("starlette", "uvicorn", "websockets", "watchfiles")
_HIGHEST_PORT = 65535


@click.command(
    epilog="""\b
Examples:
  voxlogica studio glioma.imgql -D NAME=case_001
  voxlogica studio glioma.imgql --cases '{NAME}_flair.nii.gz'   among cases
  voxlogica studio glioma.imgql --port 8734 --no-browser        far away, and
  ssh -L 8734:localhost:8734 HOST                               here

Exit status: 1 the program, or what the studio needs, is not there; 2 wrong usage; 130 Ctrl-C.""",
)
@click.argument("program", metavar="PROGRAM", type=click.Path(readable=False))
@click.option(
    "--cases",
    metavar="PATTERN|TABLE",
    type=click.Path(readable=False),
    help="Choose in the page among cases: matches of a pattern such as"
    " 'data/{CASE}/flair.nii.gz', or rows of a table (CSV, TSV, JSON).",
)
@click.option(
    "--port",
    type=WholeNumber(min=0, max=_HIGHEST_PORT),
    default=0,
    metavar="N",
    help="Listen on port N of this machine; otherwise on one that is free.",
)
@click.option("--no-browser", is_flag=True, help="Show the address, and open no browser.")
@jobs_option
@keeping_options
@reading_options
@reporting
def studio(
    program: str,
    cases: str | None,
    port: int,
    no_browser: bool,
    cache: str | None,
    no_cache: bool,
    **options: Any,
) -> None:
    """Tune a program by looking, live in a browser.

    Its images and regions are shown in three planes. Each parameter has a slider, and numbers in
    the program's text can be dragged; regions, prints and assertions follow at once. A click tells
    why a voxel is in or out. Nothing that the program saves is written; its text is when you save
    it. Only this machine reaches the page, at an address that nobody can guess. Ctrl-C ends it.
    """
    chosen_cache(cache, no_cache)
    if lacking := [name for name in _NEEDED if find_spec(name) is None]:
        packages = f"the package{'s' * (len(lacking) > 1)} {', '.join(lacking)}"
        hint = "install what it needs: `pip install 'voxlogica[studio]'`"
        raise complaint(f"the studio needs {packages}", hint)
    from voxlogica.freed_memory import keep_freed_memory
    from voxlogica.studio.program_file import ProgramFile
    from voxlogica.studio.server import PortTakenError, Server
    from voxlogica.studio.workshop import Options, Workshop

    own_libraries(options["jobs"])
    keep_freed_memory()
    file = ProgramFile(program)
    found = _cases(program, cases, options)
    chosen = Options(
        cache=chosen_cache(cache, no_cache),
        circumstances=partial(_circumstances, options),
        **options,
    )
    shop = Workshop(file, chosen, found)
    try:
        server = Server(shop, port)
    except PortTakenError as taken:
        raise complaint(str(taken), "choose another, or none: `--port 0`") from None
    _serve(server, program, no_browser)


def _serve(server: Any, program: str, no_browser: bool) -> None:
    """Answer until a signal comes, which is how it ends."""
    from voxlogica.cli.interruption import ended_by_signals
    from voxlogica.studio.browser import Introduction, has_screen

    shows = not no_browser and sys.stdout.isatty() and has_screen()
    introduction = Introduction(server.address) if shows else None
    try:
        with ended_by_signals():
            server.start(introduction.remove if introduction else lambda: None)
            say(f"{program}: {server.address}\n")
            print("-- Ctrl-C ends the studio", file=sys.stderr)
            if introduction is not None and not introduction.show():
                print("-- no browser was found: open the address in one", file=sys.stderr)
            server.wait()
    finally:
        if introduction is not None:
            introduction.remove()
        server.stop()


def _circumstances(
    options: Mapping[str, Any], program: str, began: float, definitions: Mapping[str, object]
) -> Circumstances:
    """What a report tells of, beside results: as that of `voxlogica run`."""
    from voxlogica.cli.audit_texts import circumstances

    as_run = {"compression": None, **options, "definitions": definitions}
    return circumstances([program], began, "-", as_run)


def _cases(program: str, cases: str | None, options: dict[str, Any]) -> Cases:
    """The cases to choose from. Raises VoxLogicaError."""
    from voxlogica.studio.workshop import Cases

    if cases is None:
        return Cases()
    if cases == "-":
        raise click.UsageError("a table of cases is a file here, not standard input")
    from voxlogica.cli.case_sources import programs_and_cases

    wanted = {"sweeps": (), "shard": None, "only_failed": None, **options}
    _, found = programs_and_cases((program,), cases, wanted)
    if not found:
        raise complaint(f"there is no case in {cases}")
    return Cases(found)
