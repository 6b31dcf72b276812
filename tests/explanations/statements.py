"""What explanations state, held to plain definitions: of what a text means, by `tests/eager.py`.

An explanation is read as JSON. The text of each of its parts is evaluated by an interpreter that
knows nothing of plans; what the part's claim says of its arguments, which it has by their texts, is
compared with what these mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tests.eager import FAILED, Evaluator, Tree
from voxlogica.syntax import ast
from voxlogica.syntax.parser import parse_input
from voxlogica.syntax.source import Source

Json = dict[str, Any]
Meanings = Mapping[str, Any]


class UnknownError(Exception):
    """A text means something only where it stands: it has names of a `let`."""


def percentiles(values: Any, region: Any, correction: float) -> Any:
    """As the manual of `percentiles` says."""
    among = values[region]
    below = (among < values[..., None]).sum(-1)
    equal = (among == values[..., None]).sum(-1)
    with np.errstate(all="ignore"):
        ranks = np.float32((below + np.float64(correction) * equal) / among.size)
    return np.where(region, ranks, np.float32(-1))


# What the interpreter does not have.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "percentiles": percentiles,
    "intensity": lambda image: np.float32(image),
    "between": lambda low, high, v: (v >= single(low)) & (v <= single(high)),
    "xor": lambda a, b: a ^ b,
    "not": lambda a: ~a,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "overlayB": lambda r, v, w: np.where(r, w, v),
}


def _of_values(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, where its arguments have values."""
    return lambda *values: FAILED if any(v is FAILED for v in values) else function(*values)


FUNCTIONS = {name: _of_values(function) for name, function in _FUNCTIONS.items()}


def tree_of(expression: ast.Expression) -> Tree:
    """A syntax tree as one of the interpreter's."""
    match expression:
        case ast.Number(value):
            return ("number", value)
        case ast.Truth(value):
            return ("bool", value)
        case ast.Text(value):
            return ("string", value)
        case ast.Name(name):
            return ("name", name)
        case ast.Call(_, (items, index), notation="index"):
            return ("index", tree_of(items), tree_of(index))
        case ast.Call(name, arguments, notation=notation):
            parts = tuple(map(tree_of, arguments))
            return ("call", name, parts) if notation == "call" else (notation, name, *parts)
        case ast.Sequence(items):
            return ("list", tuple(map(tree_of, items)))
        case ast.Slice(items, start, stop):
            return ("slice", tree_of(items), *(b and tree_of(b) for b in (start, stop)))
        case ast.Loop(kind, variable, items, body):
            return (kind, variable.name, tree_of(items), tree_of(body))
        case ast.Fold(operator, start, items):
            return ("fold", operator.name, start and tree_of(start), tree_of(items))
        case ast.Let(name, (), value, body):
            return ("let", name, tree_of(value), tree_of(body))
        case ast.Let(name, parameters, value, body):
            formals = tuple(p.name for p in parameters)
            return ("function", name, formals, tree_of(value), tree_of(body))
    raise AssertionError(expression)


@dataclass
class Checking:
    """Checks of one program: how many parts were evaluated, and how many claims of each kind."""

    evaluated: int = 0
    unknown: int = 0
    kinds: dict[str, int] = field(default_factory=dict)

    def check(self, part: Json, names: Meanings) -> None:
        """Check an explanation, and all that it rests on, where names mean this."""
        here = Part(part, names)
        try:
            assert same(part["value"], here.at(part["text"])), part
            self.evaluated += 1
            inside = here.check()
        except UnknownError:
            self.unknown += 1
            inside = names
        if part["claim"] is not None:
            kind = part["claim"]["kind"]
            self.kinds[kind] = self.kinds.get(kind, 0) + 1
        for inner in part["because"]:
            self.check(inner, inside)
        for inner in part["folded"]:
            assert not inner["because"]
            self.check(inner, inside)


@dataclass
class Part:
    """A part of an explanation, and what names mean there."""

    part: Json
    names: Meanings

    def value(self, text: str) -> Any:
        """What a text means: an array, a number, a list. Raises UnknownError."""
        text, _, round_ = text.partition(" with ")
        names = dict(self.names)
        if round_:
            variable, _, element = round_.partition(" = ")
            names[variable] = self.value(element)
        return self.meaning(self.tree(text), names)

    def tree(self, text: str) -> Tree:
        """A text as a tree of the interpreter's."""
        (command,) = parse_input(Source("", text), 2).commands
        assert isinstance(command, ast.Request), text
        return tree_of(command.body)

    def meaning(self, tree: Tree, names: Meanings | None = None) -> Any:
        """What a tree means. Raises UnknownError."""
        try:
            found = Evaluator().value(tree, self.names if names is None else names)
        except KeyError as unknown:
            raise UnknownError from unknown
        if found is FAILED:
            raise UnknownError
        return found

    def at(self, text: str) -> Any:
        """What a text means at the voxel of the part."""
        found = self.value(text)
        if isinstance(found, np.ndarray):
            return found[tuple(self.part["voxel"][::-1])].item()
        return found

    def check(self) -> Meanings:
        """Check the claim; what names mean in the parts below it."""
        claim = self.part["claim"]
        if claim is None or claim["kind"] in ELSEWHERE:
            return self.names
        return CHECKS[claim["kind"]](self, claim) or self.names


def same(said: Any, meant: Any) -> bool:
    """Whether a value in JSON is the one that is meant."""
    if said is None:
        return not isinstance(meant, bool | float | np.ndarray)
    if isinstance(said, str) and isinstance(meant, float):
        said = float(said)
    if isinstance(meant, float) and math.isnan(meant):
        return isinstance(said, float) and math.isnan(said)
    return bool(said == meant)


@np.errstate(all="ignore")
def single(value: float) -> np.float32:
    """A number rounded to float32, as where it meets an image."""
    return np.float32(value)


_COMPARED: dict[str, Callable[[Any, Any], Any]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def _compared(part: Part, claim: Json) -> None:
    value, number = (single(float(claim[name])) for name in ("value", "number"))
    holds = _COMPARED[claim["sign"]]
    assert same(claim["value"], part.at(claim["texts"][0]))
    assert np.array_equal(number, single(part.at(claim["texts"][1])), equal_nan=True)
    assert claim["holds"] == bool(holds(value, number)) == part.part["value"]
    assert same(claim["by"], abs(float(claim["value"]) - float(claim["number"])))
    infinity = np.float32(np.inf)
    if not np.isfinite(value) or abs(value) > 1e30:
        return
    below, above = (np.nextafter(value, towards) for towards in (-infinity, infinity))
    # Which numbers would change it: just these.
    changing = {
        "below": (below,),
        "at most": (below, value),
        "above": (above,),
        "at least": (value, above),
        "exactly": (value,),
        "anything but": (below, above),
    }[claim["change"]]
    for other in (below, value, above):
        assert (bool(holds(value, other)) != claim["holds"]) == (other in changing), claim
    if claim["bright"] is not None:
        _bright(part, claim)


def _bright(part: Part, claim: Json) -> None:
    """The value that begins to satisfy a comparison of ranks."""
    ranked, least = claim["bright"]
    ranks, values = part.value(claim["texts"][0]), part.value(ranked)
    satisfying = _COMPARED[claim["sign"]](ranks, np.float32(claim["number"])) & (ranks != -1)
    found = values[satisfying & ~np.isnan(values)]
    if not found.size:
        assert least is None
    else:
        assert same(least, float(found.min() if claim["sign"][0] == ">" else found.max()))


def _between(part: Part, claim: Json) -> None:
    value = np.float32(float(claim["value"]))
    assert same(claim["value"], part.at(claim["text"]))
    low, high = single(claim["low"]), single(claim["high"])
    assert claim["holds"] == bool(low <= value <= high) == part.part["value"]


def _joined(part: Part, claim: Json) -> None:
    sides = [side for _, side in claim["sides"]]
    assert sides == [part.at(text) for text, _ in claim["sides"]]
    decisive = claim["by"] == "or"
    assert claim["value"] == part.part["value"] == (any(sides) if decisive else all(sides))
    # Those decided without which the value might be another: each, where all agree.
    alone = [n for n, side in enumerate(sides) if side is decisive]
    assert claim["decided"] == (alone or [*range(len(sides))])
    explained = [inner["value"] for inner in part.part["because"]]
    assert explained
    assert all(value is claim["value"] for value in explained)


def _not(part: Part, claim: Json) -> None:
    assert claim["value"] == part.part["value"] == (not part.at(claim["argument"]))


def _without(part: Part, claim: Json) -> None:
    first, second = (part.at(text) for text, _ in (claim["first"], claim["second"]))
    assert [first, second] == [claim["first"][1], claim["second"][1]]
    assert claim["value"] == part.part["value"] == (first and not second)


def _xor(part: Part, claim: Json) -> None:
    sides = [part.at(text) for text, _ in claim["sides"]]
    assert sides == [side for _, side in claim["sides"]]
    assert claim["value"] == part.part["value"] == (sides[0] != sides[1])


def _chosen(part: Part, claim: Json) -> None:
    assert claim["condition"] == part.at(claim["by"])
    assert same(claim["value"], part.at(claim["chosen"]))
    assert claim["value"] == part.part["value"] or claim["value"] != claim["value"]


def _constant(part: Part, claim: Json) -> None:
    assert np.all(part.value(part.part["text"]) == claim["value"])


def _border(part: Part, claim: Json) -> None:
    size, voxel = claim["size"], part.part["voxel"]
    away = min(min(at, n - 1 - at) for at, n in zip(voxel, size, strict=True))
    assert (claim["away"], claim["value"]) == (away, away == 0)


def _arithmetic(part: Part, claim: Json) -> None:
    operands = [part.at(text) for text in claim["texts"]]
    assert all(map(same, claim["operands"], operands))
    # In float32, where an image is among them; what is to be had once more, as one voxel.
    given = [
        np.full((1, 1), part.at(text), np.float32)
        if isinstance(part.value(text), np.ndarray)
        else part.value(text)
        for text in claim["texts"]
    ]
    names = {f"operand{n}": value for n, value in enumerate(given)}
    arguments = tuple(("name", name) for name in names)
    found = Evaluator().value(("call", claim["operator"], arguments), names)
    assert same(claim["value"], found.item())


def _rank(part: Part, claim: Json) -> None:
    values, region = (part.value(text) for text in claim["texts"])
    inside = bool(part.at(claim["texts"][1]))
    assert claim["is_inside"] == inside
    if not inside:
        assert claim["value"] == -1
        return
    here, among = np.float32(float(claim["brightness"])), values[region]
    assert same(claim["brightness"], part.at(claim["texts"][0]))
    darker, equal = (sum(bool(holds(v, here)) for v in among) for holds in (np.less, np.equal))
    assert (claim["darker"], claim["equal"], claim["of"]) == (darker, equal, len(among))
    rank = np.float32((darker + float(claim["correction"]) * equal) / len(among))
    assert np.array_equal(np.float32(float(claim["value"])), rank, equal_nan=True)


def _call(part: Part, claim: Json) -> Meanings:
    inside = dict(part.names)
    for name, text, value in claim["arguments"]:
        inside[name] = part.value(text)
        assert same(value, part.at(text)), (name, text, value)
    (body,) = part.part["because"]
    assert same(body["value"], part.at(part.part["text"]))
    if claim["round"] is not None:
        assert 1 <= claim["round"] <= claim["of"]
    return inside


def _element(part: Part, claim: Json) -> None:
    match part.tree(part.part["text"]):
        case ("index", items, index) | ("call", "index", (items, index)):
            assert claim["of"] == len(part.meaning(items))
            assert claim["number"] == part.meaning(index)
        case other:
            raise AssertionError(other)
    (element,) = part.part["because"]
    assert same(element["value"], part.at(part.part["text"]))


def _read(part: Part, claim: Json) -> None:
    assert same(claim["value"], part.at(part.part["text"]))


def _given(part: Part, claim: Json) -> None:
    for text, value in claim["arguments"]:
        if value is not None:
            assert same(value, part.at(text)), (text, value)


# What is stated of space is held to its definitions in `test_spatial_claims.py`.
ELSEWHERE = frozenset(
    {
        "above", "near", "interior", "distance", "distance compared", "eroded", "opened",
        "numbered", "largest", "reaching", "grown", "escaping", "surrounded", "correlation",
    }
)  # fmt: skip
CHECKS: dict[str, Callable[[Part, Json], Meanings | None]] = {
    "given": _given,
    "call": _call,
    "element": _element,
    "read": _read,
    "joined": _joined,
    "not": _not,
    "without": _without,
    "xor": _xor,
    "chosen": _chosen,
    "constant": _constant,
    "border": _border,
    "comparison": _compared,
    "between": _between,
    "arithmetic": _arithmetic,
    "rank": _rank,
}
