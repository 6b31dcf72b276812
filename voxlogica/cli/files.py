"""Files that commands write: whole or not at all, and nothing replaced that is not theirs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from voxlogica.cli.interruption import valid, void_if_ended
from voxlogica.cli.streams import OutputError, reason, say

if TYPE_CHECKING:
    from voxlogica.report.cases_table import Line

# The tables that a command may write: by option, the parameter that has the file's name.
TABLES = {"--csv": "csv_file", "--json": "json_file", "--jsonl": "jsonl_file"}
# What pages and traces of ours have near their beginning, and enough of a file to tell.
PAGE = b'<meta name="generator" content="voxlogica"'
TRACE = b'"name": "process_name", "ph": "M", "pid": 1, "tid": 0, "args": {"name": "voxlogica"}}'
_BEGINNING = 2000

# By the end of a name, the option that writes such a table, and how it is called.
_KINDS = {
    ".csv": ("--csv", "CSV"),
    ".tsv": ("--csv", "TSV"),
    ".json": ("--json", "JSON"),
    ".jsonl": ("--jsonl", "lines of JSON"),
}
_SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")

# Writes what is in a file, in pieces perhaps.
Write = Callable[[bytes | str | Iterable[str]], None]


@contextmanager
def whole_file(
    name: str | None,
    programs: Sequence[str],
    *,
    is_table: bool = False,
    old_stays: bool = False,
    mark: bytes = b"",
) -> Iterator[Callable[[str | Iterable[str]], None]]:
    """Gives a function that writes the text of a file, in pieces perhaps; `-` for standard output.

    Without a name, it writes nothing.

    The file appears, or replaces an old one, only once it is complete; that it can be made is tried
    at the start. Devices and pipes are written to directly, links are followed. No program is
    replaced, no image, nor what is not text. An old table stays until then, as does what else is no
    report (`old_stays`), and what bears a `mark` near its beginning, as files of that kind do: no
    other is replaced by one. In tables, names that are no text keep their bytes. An old
    report is out of the way from the start, so that whatever comes, a kill, too, it is not taken
    for this run's; it comes back only where this one may not take its place. What is half written,
    or out of the way, is in a hidden folder: what a killed process has left of it is removed by the
    next one that writes there. Raises OutputError.
    """
    if name is None:
        yield lambda text: None
    elif name == "-":
        yield lambda text: say("".join(text))
    else:
        path = _place(name, programs, mark)
        is_report = not (is_table or old_stays or mark)
        with _placed(name, path, is_report=is_report, is_table=is_table) as write:
            yield write


def write_picture(name: str, content: bytes | Iterable[str]) -> None:
    """Write a picture or page, which appears, or replaces an old one, as a whole.

    Raises OutputError.
    """
    with _placed(name, Path(os.path.realpath(name))) as write:
        write(content)


@contextmanager
def _placed(
    name: str, path: Path, *, is_report: bool = False, is_table: bool = False
) -> Iterator[Write]:
    """Gives what writes a file of this name at its place, whatever may be there."""
    from voxlogica.images.hidden_folder import HiddenFolder

    if path.exists() and not path.is_file():
        if not os.access(path, os.W_OK):
            raise OutputError.refusing(name, "permission denied")
        yield lambda content: _write(path, path, content, name, is_table)
        return
    missing = [folder for folder in path.parents if not folder.exists()]
    hidden = HiddenFolder(path.parent)
    aside: Path | None = None
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = hidden.make().new_place() / path.name
            part.touch()
            if is_report and path.exists():
                aside = hidden.new_place() / path.name
                path.rename(aside)
        except OSError as failed:
            if is_report:
                with suppress(OSError):
                    path.unlink()
            raise OutputError.refusing(name, reason(failed)) from failed
        void_if_ended(hidden.remove)
        yield lambda content: _write(part, path, content, name, is_table)
    except OutputError as refused:
        if refused.file is not None and aside is not None and is_same_file(refused.file, name):
            aside.rename(path)
        raise
    finally:
        try:
            hidden.remove()
        except BaseException:  # an interruption
            hidden.remove()
            raise
        finally:
            valid(hidden.remove)
            # Where nothing was written, the folders made for it go; others stay, not being empty.
            for folder in missing:
                with suppress(OSError):
                    folder.rmdir()


def _write(
    part: Path, path: Path, content: bytes | str | Iterable[str], name: str, is_table: bool
) -> None:
    # What no encoding has, such as half a surrogate pair, is a legal escape in JSON.
    errors = "bytes of names" if is_table else "backslashreplace"
    try:
        if isinstance(content, bytes):
            part.write_bytes(content)
        else:
            with part.open("w", encoding="utf-8", errors=errors, newline="") as file:
                file.writelines([content] if isinstance(content, str) else content)
        if part != path:
            part.replace(path)
    except OSError as failed:
        raise OutputError(f"cannot write {name}: {reason(failed)}") from failed


def _place(name: str, programs: Sequence[str], mark: bytes) -> Path:
    """Where a file of that name is, or would be, if it may be written. Raises OutputError."""
    from voxlogica.images.errors import is_read_only
    from voxlogica.images.formats import FORMATS, suffix_of
    from voxlogica.images.text_header import is_text

    path = Path(name)
    if path.is_file() or not path.exists():  # what pipes are linked to has no name
        path = Path(os.path.realpath(name))
    if path.is_dir():
        raise OutputError.refusing(name, "it is a folder")
    if any(is_same_file(program, name) for program in programs):
        raise OutputError.refusing(name, "it is the program")
    for of in (name, path):
        if Path(of).suffix == ".imgql":
            raise OutputError.refusing(name, "that is the name of a program")
        # The header of some is text.
        if suffix_of(of) in FORMATS:
            raise OutputError.refusing(name, "that is the name of an image")
    if path.is_file():
        if not is_text(path):
            raise OutputError.refusing(name, "what is there is not text, and would be lost")
        if is_read_only(path.stat()):
            raise OutputError.refusing(name, "there is a read-only file of that name")
        if mark and (head := _beginning(name, path)) and mark not in head:
            raise OutputError.refusing(name, "what is there is not one of ours, and would be lost")
    return path


def refuse_picture(name: str, read: Sequence[str]) -> None:
    """Raise OutputError where a picture or page may not be written: to what is read, or foreign."""
    from voxlogica.images.errors import is_read_only
    from voxlogica.pictures.png import is_signed

    path = Path(name)
    if any(is_same_file(name, one) for one in read):
        raise OutputError.refusing(name, "it is what is looked at")
    if path.is_dir():
        raise OutputError.refusing(name, "it is a folder")
    try:
        found = path.stat()
    except FileNotFoundError:
        return
    except OSError as failed:
        raise OutputError.refusing(name, reason(failed)) from failed
    if not path.is_file():
        return  # a device, a pipe
    head = _beginning(name, path)
    if head and not is_signed(head) and PAGE not in head:
        raise OutputError.refusing(
            name, "what is there was not made by `voxlogica view` or a report, and would be lost"
        )
    if is_read_only(found):
        raise OutputError.refusing(name, "there is a read-only file of that name")


def _beginning(name: str, path: Path) -> bytes:
    """How a file begins. Raises OutputError."""
    try:
        with path.open("rb") as file:
            return file.read(_BEGINNING)
    except OSError as failed:
        raise OutputError.refusing(name, reason(failed)) from failed


def is_same_file(one: str, other: str) -> bool:
    """Whether two names lead to one file."""
    try:
        # By their names, too: the other may be there only once its folders have been made.
        return os.path.realpath(one) == os.path.realpath(other) or Path(one).samefile(other)
    except OSError:  # one is not there, or cannot be looked at
        return False


def each_its_own(files: Mapping[str, str | None]) -> None:
    """Raise UsageError where two options name one file to write; standard output is one, too."""
    given = [(option, file) for option, file in files.items() if file is not None]
    for i, (option, file) in enumerate(given):
        for other, its in given[:i]:
            if file == its or is_same_file(file, its):
                where = "standard output" if file == "-" else file
                raise click.UsageError(f"{other} and {option} both write to {where}")


def refuse_other_kinds(files: Mapping[str, str | None]) -> None:
    """Raise OutputError where an option would write a table that its file's name denies."""
    for option, file in files.items():
        if file is None:
            continue
        suffix = Path(file).suffix.lower()
        if suffix in _SPREADSHEETS:
            instead = Path(file).with_suffix(".csv")
            raise OutputError.refusing(
                file, f"spreadsheets refuse text of that name; they open {instead}"
            )
        wanted, kind = _KINDS.get(suffix, (option, ""))
        if wanted != option:
            raise OutputError.refusing(
                file, f"that is the name of {kind}, which `{wanted} {file}` writes"
            )


def table_text(option: str, file: str, lines: Iterable[Line]) -> Iterable[str]:
    """The text of a table as an option writes it to a file, in pieces.

    Between cells of one that is called `.tsv` there are tabs.
    """
    from voxlogica.report.cases_table import csv_text, json_lines, json_table

    if option == "--csv":
        return csv_text(lines, "\t" if Path(file).suffix.lower() == ".tsv" else ",")
    return json_table(lines) if option == "--json" else json_lines(lines)
