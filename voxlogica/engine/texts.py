"""Values as JSON, and as the tables and lines that `save` writes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from voxlogica.dataclass import dataclass
from voxlogica.syntax.printer import number_text, value_text

if TYPE_CHECKING:
    from voxlogica.engine.plain_values import PrintedValue

# What a spreadsheet takes for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SEPARATORS = {".csv": ",", ".tsv": "\t"}


@dataclass(frozen=True, slots=True)
class EncodedText:
    """The content of a file, in pieces, and what to warn of, each as the end of a sentence."""

    chunks: Iterator[bytes]
    doubts: tuple[str, ...] = ()


def json_value(value: PrintedValue) -> Any:
    """The same value for JSON.

    JSON has no infinities and no nan: they are the strings "inf", "-inf" and "nan".
    """
    if isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            return number_text(value)
        return int(value) if repr(value).endswith(".0") else value
    return [json_value(v) for v in value]


def encoded(suffix: str, value: PrintedValue) -> EncodedText:
    """What a file of tables or text holds of a value, which is of a type that fits it."""
    if suffix == ".json":
        return EncodedText(_json(value))
    rows = value if isinstance(value, list) else [value]
    if suffix == ".txt":
        return EncodedText(f"{value_text(line)}\n".encode(*_BYTES) for line in rows)
    table: list[list[PrintedValue]] = [row if isinstance(row, list) else [row] for row in rows]
    separator = _SEPARATORS[suffix]
    lines = (separator.join(_fields(row, separator)) for row in table)
    return EncodedText((f"{line}\n".encode(*_BYTES) for line in lines), tuple(_doubts(table)))


# Names of files that are no text, as a folder lists them, keep their bytes.
_BYTES = ("utf-8", "surrogateescape")


def _json(value: PrintedValue) -> Iterator[bytes]:
    """A sequence that has others is written with a line for each of its elements."""
    if isinstance(value, list) and any(isinstance(item, list) for item in value):
        lead = "[\n"
        for item in value:
            yield f"{lead}{_line(item)}".encode("utf-8", "backslashreplace")
            lead = ",\n"
        yield b"\n]\n"
    else:
        yield f"{_line(value)}\n".encode("utf-8", "backslashreplace")


def _line(value: PrintedValue) -> str:
    return json.dumps(json_value(value), ensure_ascii=False, allow_nan=False)


def _fields(row: list[PrintedValue], separator: str) -> Iterator[str]:
    """The fields of a row, those between quotes that need them (RFC 4180)."""
    for value in row:
        # A line with nothing on it would be no row to most who read it.
        yield field_text(value_text(value), separator) or ("" if len(row) > 1 else '""')


def field_text(text: str, separator: str) -> str:
    """A field of a table, between quotes where it needs them."""
    if any(sign in text for sign in (separator, '"', "\n", "\r")):
        return '"' + text.replace('"', '""') + '"'
    return text


def _doubts(table: list[list[PrintedValue]]) -> Iterator[str]:
    lengths = {len(row) for row in table}
    if len(lengths) > 1:
        yield f"its rows have from {min(lengths)} to {max(lengths)} fields"
    formulas = sum(_is_formula(value) for row in table for value in row)
    if formulas:
        begins = "1 text begins" if formulas == 1 else f"{formulas} texts begin"
        yield f"{begins} as a formula does, which spreadsheet programs carry out"


def _is_formula(value: PrintedValue) -> bool:
    if not isinstance(value, str) or len(value) < 2 or not value.startswith(_FORMULA):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False
