"""The cases that commands are given, beside programs."""

from __future__ import annotations

import sys
from collections import ChainMap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from voxlogica.cli.files import TABLES, is_same_file
from voxlogica.cli.options import PARAMETER_FILE, given, typed
from voxlogica.cli.reporting import complaint
from voxlogica.cli.streams import OutputError

if TYPE_CHECKING:
    from voxlogica.engine.cases import Case
    from voxlogica.language.workplan import WorkPlan
    from voxlogica.syntax.diagnostics import VoxLogicaError
    from voxlogica.syntax.source import Source


def programs_and_cases(
    programs: Sequence[str], cases: str, options: Mapping[str, Any]
) -> tuple[list[Source], Sequence[Case]]:
    """The texts of programs, and the cases that they are to run for; what to note of these is told.

    Raises VoxLogicaError.
    """
    from voxlogica.batch.shards import Shard
    from voxlogica.batch.sources import Sources, read_cases, refuse_other_files
    from voxlogica.running import read_program
    from voxlogica.syntax.source import Source

    if cases == "-" and "-" in programs:
        raise click.UsageError("standard input is a program, or the table of cases, and not both")
    refuse_other_files(cases)
    texts = [p if isinstance(p, Source) else read_program(p) for p in given(programs)]
    chosen = Sources(
        cases,
        typed("the table") if cases == "-" else None,
        options["sweeps"],
        options["shard"] or Shard(1, 1),
        options["only_failed"],
        _written(options),
        _read(programs, cases, options),
    )
    definitions = options["definitions"]
    by_hand, by_file = definitions.maps if isinstance(definitions, ChainMap) else (definitions, {})
    found, notes = read_cases(chosen, texts, by_hand, by_file, options["dialect"])
    for said in () if options.get("quiet") else notes:
        print(f"note: {said}", file=sys.stderr)
    return texts, found


def plans_of_case(
    programs: Sequence[str], cases: str, options: Mapping[str, Any]
) -> tuple[WorkPlan, WorkPlan]:
    """The plans of the case that `case_name` says, or the first one, as `running.plans` gives them.

    Raises VoxLogicaError.
    """
    from voxlogica import running

    texts, found = programs_and_cases(programs, cases, options)
    name = options["case_name"]
    case = next((case for case in found if name in (None, case.name)), None)
    if case is None:
        raise _unknown_case(name, found)
    definitions = {**options["definitions"], **case.definitions}
    return running.plans(texts, definitions=definitions, dialect=options["dialect"])


def _unknown_case(name: str | None, cases: Sequence[Case]) -> VoxLogicaError:
    from voxlogica.batch.words import listed
    from voxlogica.images.errors import quoted
    from voxlogica.syntax.diagnostics import nearest

    if name is None:
        return complaint("there is no case among those chosen")
    names = list(dict.fromkeys(case.name for case in cases))
    near = nearest(name, names)
    hint = f"did you mean {quoted(near)}?" if near else f"they are called {listed(names)}"
    return complaint(f"no case is called {quoted(name)}", hint)


def _written(options: Mapping[str, Any]) -> dict[str, str]:
    """The files that the command writes itself, each with what it is."""
    files = {name: file for name, file in options.items() if name.endswith("_file")}
    found = {
        file: f"what `--{name.removesuffix('_file')}` writes"
        for name, file in files.items()
        if file not in (None, "-")
    }
    if (kept := kept_beside(options)) is not None:
        found[str(kept.path)] = f"the journal of {found[kept.table]}"
    return found


class KeptBeside(NamedTuple):
    """The journal of a run: where it is, the option of the table that it lies beside, and that."""

    path: Path
    option: str
    table: str


def kept_beside(options: Mapping[str, Any]) -> KeptBeside | None:
    """The journal that a run keeps its rows in, if it has a name.

    It lies beside the first of the tables that is a file: neither a device nor a pipe.
    """
    from voxlogica.batch.journal import journal_of

    if "csv_file" not in options:  # what writes no tables
        return None
    for option, name in TABLES.items():
        if (file := options[name]) in (None, "-"):
            continue
        table = Path(file)
        if table.is_file() or not table.exists():
            beside = table.resolve() if table.is_symlink() else table
            return KeptBeside(journal_of(beside), option, file)
    return None


def refuse_to_replace(cases: str, options: Mapping[str, Any]) -> None:
    """Raise OutputError where a file would be written from which cases are read."""
    earlier, kept = options["only_failed"], kept_beside(options)
    for file in _written(options):
        if cases != "-" and is_same_file(file, cases):
            raise OutputError.refusing(file, "it is the table of cases")
        if earlier is not None and is_same_file(file, earlier):
            table = kept.table if kept is not None and file == str(kept.path) else file
            raise OutputError.refusing(
                file,
                "the rows of all cases that are done are there; write another table, and make one"
                f" of both: `voxlogica merge {file} OTHER --csv {table}`",
            )


def _read(programs: Sequence[str], cases: str, options: Mapping[str, Any]) -> dict[str, str]:
    """The files that the command itself reads, each with what it is."""
    files = {program: "the program" for program in programs if program != "-"}
    if cases != "-":
        files[cases] = "the table of cases"
    if options["only_failed"] is not None:
        files[options["only_failed"]] = "the table of an earlier run"
    if (parameters := click.get_current_context().meta.get(PARAMETER_FILE)) is not None:
        files[parameters] = "the file of parameters"
    return files
