"""A row as a line of JSON, and back: the one way in which rows are kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from voxlogica.engine.cases import Case, Checked, Fault, Row, SavedFile
from voxlogica.engine.results import Effort, InputFile, Printed
from voxlogica.remarks import EMPTY, Empty

_KINDS = ("program", "library", "image")


class RowTextError(ValueError):
    """A line is no row: the message says what of it is wrong."""


def row_line(row: Row) -> str:
    """A row as a line of JSON in ASCII, without the end of the line."""
    case = row.case
    tree = {
        "number": case.number,
        "case": case.name,
        "columns": {name: _kept(value) for name, value in case.columns.items()},
        "sets": sorted(case.sets),
        "prints": [[p.name, p.vltype, _kept(p.value), p.written, p.empty] for p in row.prints],
        "asserts": [[a.label, a.value, a.fault and [*a.fault], a.written] for a in row.asserts],
        "files": [[file.path, file.vltype] for file in row.files],
        "faults": [[*fault] for fault in row.faults],
        "log": [*row.log],
        "empty": row.empty,
        "seconds": row.seconds,
        "operations": row.operations,
        "computed": row.computed,
        "stored": row.stored,
        "awaited": row.awaited,
        "replayed": row.replayed,
        "inputs": [[*file] for file in row.inputs],
        "ended": row.ended,
    }
    if row.by_worker:
        tree["workers"] = [
            [name, did.computed, did.reused, did.seconds] for name, did in row.by_worker.items()
        ]
    return json.dumps(tree, separators=(",", ":"), allow_nan=False)


def row_of(line: str | bytes) -> Row:
    """The row that `row_line` has made a line of. Raises RowTextError for any other line."""
    try:
        return _row(_of(dict, json.loads(line, parse_constant=_refused)))
    except KeyError as missing:
        raise RowTextError(f"it has no {missing}") from None
    except (ValueError, TypeError, RecursionError) as wrong:
        raise RowTextError(str(wrong)) from None


def _row(tree: dict[str, Any]) -> Row:
    columns = {name: _constant(value) for name, value in _of(dict, tree["columns"]).items()}
    sets = frozenset(_texts(tree["sets"]))
    return Row(
        Case(_of(int, tree["number"]), _of(str, tree["case"]), columns, sets),
        tuple(_each(tree["prints"], _printed)),
        tuple(_each(tree["asserts"], _checked)),
        tuple(
            _each(tree["files"], lambda path, vltype: SavedFile(_of(str, path), _of(str, vltype)))
        ),
        tuple(_each(tree["faults"], _fault)),
        tuple(_texts(tree["log"])),
        _empty(tree["empty"]),
        _of(float, tree["seconds"]),
        _of(int, tree["operations"]),
        _of(int, tree["computed"]),
        _of(int, tree["stored"]),
        _of(int, tree["awaited"]),
        _of(bool, tree["replayed"]),
        tuple(_each(tree["inputs"], _input)),
        _of(float, tree["ended"]),
        by_worker=dict(_each(tree.get("workers", []), _effort)),
    )


def _printed(name: Any, vltype: Any, value: Any, written: Any, empty: Any) -> Printed:
    name, vltype, written = _texts([name, vltype, written])
    return Printed(name, vltype, _value(value), written, _empty(empty))


def _empty(kept: Any) -> Empty:
    if kept in EMPTY:
        return EMPTY[EMPTY.index(kept)]
    raise RowTextError(f"its `empty` is {kept!r}")


def _checked(label: Any, value: Any, fault: Any, written: Any) -> Checked:
    label, written = _texts([label, written])
    return Checked(label, _of(bool, value), None if fault is None else _fault(*fault), written)


def _fault(message: Any, shown: Any, file: Any, line: Any, column: Any) -> Fault:
    texts = [_of(str, text) for text in (message, shown, file)]
    return Fault(texts[0], texts[1], texts[2], _of(int, line), _of(int, column))


def _effort(worker: Any, computed: Any, reused: Any, seconds: Any) -> tuple[str, Effort]:
    return _of(str, worker), Effort(_of(int, computed), _of(int, reused), _of(float, seconds))


def _input(path: Any, sha256: Any, kind: Any) -> InputFile:
    if kind not in _KINDS:
        raise RowTextError(f"{kind!r} is no kind of input")
    return InputFile(_of(str, path), _of(str, sha256), kind)


def _kept(value: Any) -> Any:
    """A value for JSON, which has no infinities and no nan: they stand between braces."""
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": repr(value)}
    return [_kept(item) for item in value] if isinstance(value, list | tuple) else value


def _value(kept: Any) -> Any:
    """A value that `_kept` has kept; sequences as lists."""
    if isinstance(kept, list):
        return [_value(item) for item in kept]
    if isinstance(kept, dict):
        return float(_of(str, kept["number"]))
    if isinstance(kept, str | bool | float | int):
        return kept
    raise RowTextError(f"{kept!r} is no value")


def _constant(kept: Any) -> Any:
    """The same; sequences as tuples."""
    return tuple(map(_constant, kept)) if isinstance(kept, list) else _value(kept)


def _of(kind: type, value: Any) -> Any:
    """The value, if it is of this type. JSON writes no difference between 1 and 1.0."""
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    raise RowTextError(f"{value!r} is no {kind.__name__}")


def _texts(values: Any) -> list[str]:
    return [_of(str, value) for value in _of(list, values)]


def _each(trees: Any, made: Callable[..., Any]) -> list[Any]:
    return [made(*_of(list, tree)) for tree in _of(list, trees)]


def _refused(constant: str) -> Any:
    raise RowTextError(f"{constant} is no number in JSON")
