"""Files for tables of cases: what the ends of their names say is what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from voxlogica.cli.streams import OutputError

# By the end of a name, the option that writes such a table, and how it is called.
_KINDS = {
    ".csv": ("--csv", "CSV"),
    ".tsv": ("--csv", "TSV"),
    ".json": ("--json", "JSON"),
    ".jsonl": ("--jsonl", "lines of JSON"),
}
_SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")


def refuse_other_kinds(files: Mapping[str, str | None]) -> None:
    """Raise OutputError where an option would write what its file's name denies."""
    for option, file in files.items():
        suffix = Path(file or "").suffix.lower()
        if file is not None and suffix in _SPREADSHEETS:
            instead = Path(file).with_suffix(".csv")
            raise OutputError.refusing(
                file, f"spreadsheets refuse text of that name; they open {instead}"
            )
        wanted, kind = _KINDS.get(suffix, (option, ""))
        if file is not None and wanted != option:
            raise OutputError.refusing(
                file, f"that is the name of {kind}, which `{wanted} {file}` writes"
            )


def separator(file: str | None) -> str:
    """What stands between the cells of a file: tabs in one that is called `.tsv`."""
    return "\t" if file is not None and Path(file).suffix.lower() == ".tsv" else ","
