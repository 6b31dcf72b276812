"""Parameters of programs, as a terminal and JSON show them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from textwrap import wrap

from voxlogica.engine.texts import json_value
from voxlogica.language.parameters import Constant, Parameter
from voxlogica.report.run_json import json_text
from voxlogica.syntax.diagnostics import Diagnostic, render
from voxlogica.syntax.printer import literal_text

# Where the width does not do, columns have at most so many characters; and comments have so many.
_WIDEST, _LEAST = 26, 24
_GIVEN = "(to be given)"


def parameters_text(parameters: Sequence[Parameter], width: int) -> str:
    """One line each, below the name of the text that declares them, where several do.

    Where a line would be longer than `width`, it is several.
    """
    rows = [_cells(parameter) for parameter in parameters]
    widths, indent = _columns(rows)
    if indent + _LEAST > width:
        # The long ones leave the others a table.
        rows = [row for row in rows if max(map(len, row)) <= _WIDEST]
        widths, indent = _columns(rows)
        rows = rows if indent + _LEAST <= width else []
    blocks: list[str] = []
    by_text = groupby(parameters, key=lambda parameter: parameter.span.source)
    for source, members in by_text:
        lines = [f"{source.name}:"]
        for parameter in members:
            comment = parameter.comment.split("\n") if parameter.comment else []
            if _cells(parameter) in rows:
                cells = zip(_cells(parameter), widths, strict=True)
                head = "  ".join(f"{cell:{size}}" for cell, size in cells) + "  "
                beside = [part for line in comment for part in wrap(line, width - indent) or [""]]
                lines.append((head + "".join(beside[:1])).rstrip())
                lines += [" " * indent + part for part in beside[1:]]
            else:
                lines += wrap(_in_words(parameter), width, subsequent_indent="    ")
                for line in comment:
                    lines += wrap(line, width, initial_indent="    ", subsequent_indent="    ")
        blocks.append("\n".join(lines))
    if len(blocks) == 1:
        blocks = [blocks[0].partition("\n")[2]]
    return "\n\n".join(blocks) + "\n"


def _columns(rows: Sequence[tuple[str, ...]]) -> tuple[list[int], int]:
    """How wide each column is, and all of them."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return widths, sum(widths) + 2 * len(widths)


def _cells(parameter: Parameter) -> tuple[str, str, str]:
    default = _GIVEN if parameter.default is None else literal_text(parameter.default)
    return parameter.name, default, f"{parameter.type} {parameter.range}".rstrip()


def _in_words(parameter: Parameter) -> str:
    name, default, takes = _cells(parameter)
    if parameter.default is None:
        return f"{name}: {takes}, to be given"
    return f"{name} = {default}: {takes}"


def parameters_json(parameters: Sequence[Parameter], errors: Sequence[Diagnostic] = ()) -> str:
    """One object with `parameters` and `error`. See doc/command-line.md."""
    return json_text(
        {
            "parameters": [
                {
                    "program": parameter.span.source.name,
                    "name": parameter.name,
                    "type": str(parameter.type),
                    "default": _value(parameter.default),
                    "from": _value(parameter.low),
                    "to": _value(parameter.high),
                    "comment": parameter.comment,
                }
                for parameter in parameters
            ],
            "error": [render(message) for message in errors],
        }
    )


def _value(value: Constant | None) -> object:
    if isinstance(value, tuple):
        return [*map(_value, value)]
    return None if value is None else json_value(value)
