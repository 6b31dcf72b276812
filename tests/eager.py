"""Random programs of ImgQL 2, and what they mean, evaluated at once by Python and numpy.

Nothing here knows of plans, operations, stores or of the parser: a program is a tree of its own,
which is printed as text, and evaluated from the inside out, in the order of the text, each time it
is met.
What has no value, such as an element that a sequence has not, is `FAILED`, and so is what needs it;
a sequence with such an element has its others.
"""

from __future__ import annotations

import functools
import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np
import scipy.ndimage

from voxlogica.kernels import elementary
from voxlogica.kernels.blocks import evaluate
from voxlogica.kernels.voxelwise import TABLE

NUMBER, BOOL, STRING, VALUATION, REGION = "number", "bool", "string", "valuation", "region"
SIMPLE = (NUMBER, BOOL, STRING, VALUATION, REGION)
# A type: one of the above, ("sequence", type), ("function", types of the parameters, type).
Type = Any
# A tree: what it is, and its parts.
Tree = tuple[Any, ...]


def sequence(element: Type) -> Type:
    """The type of sequences of a type."""
    return ("sequence", element)


NUMBERS = sequence(NUMBER)


@dataclass(frozen=True)
class Declaration:
    """`let name(parameters) = body`, at the top of a program; a constant has no parameters."""

    name: str
    parameters: tuple[str, ...]
    body: Tree


@dataclass(frozen=True)
class Program:
    """Declarations, and the goals in order: each a type and a tree of it."""

    declarations: tuple[Declaration, ...]
    goals: tuple[tuple[Type, Tree], ...]


def is_literal(tree: Tree) -> bool:
    """Whether a tree is what a parameter may be by default."""
    if tree[0] == "list":
        return bool(tree[1]) and all(map(is_literal, tree[1]))
    return tree[0] in ("number", "bool", "string")


# --- Text -----------------------------------------------------------------------------------------

# How tightly operators bind, dots put aside; all others, 0. What begins with a keyword is -1.
_STRENGTH = {
    **dict.fromkeys(("*", "/"), 5),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("==", "=", "!=", "<", "<=", ">", ">="), 3),
    **dict.fromkeys(("&", "&&"), 2),
    **dict.fromkeys(("|", "||"), 1),
}
_ATOM, _POSTFIX, _PREFIX, _BINDING = 8, 7, 6, -1


@dataclass(frozen=True)
class Writer:
    """Writes trees as ImgQL: with every bracket that could be there, or those that must be."""

    every_bracket: bool = True

    def command(self, declaration: Declaration, word: str = "let") -> str:
        """A declaration as a program has it."""
        parameters = f"({', '.join(declaration.parameters)})" if declaration.parameters else ""
        return f"{word} {declaration.name}{parameters} = {self.text(declaration.body)}"

    def commands(self, declarations: Sequence[Declaration]) -> list[str]:
        """Declarations one after the other: the first of a name that is a literal, by `param`."""
        seen: set[str] = set()
        lines: list[str] = []
        for one in declarations:
            is_first = one.name not in seen and not one.parameters and is_literal(one.body)
            seen.add(one.name)
            lines.append(self.command(one, "param" if is_first else "let"))
        return lines

    def text(self, tree: Tree) -> str:
        """The tree, where brackets, a comma or a keyword end it."""
        return self._operand(tree, _BINDING, True)

    def _operand(self, tree: Tree, least: int, is_last: bool) -> str:
        """The tree where what binds less than `least` needs brackets; a binding may be last."""
        written, strength = self._written(tree, is_last)
        fits = strength >= least or (strength == _BINDING and is_last)
        return written if strength == _ATOM or (fits and not self.every_bracket) else f"({written})"

    def _written(self, tree: Tree, is_last: bool) -> tuple[str, int]:
        """The text of a tree, and how tightly it binds."""
        text = self.text
        match tree:
            case ("number", value):
                shown = repr(value).removesuffix(".0")
                return shown, _PREFIX if shown[0] == "-" else _ATOM
            case ("bool", value):
                return "true" if value else "false", _ATOM
            case ("string", value):
                return f'"{value}"', _ATOM
            case ("name", name):
                return name, _ATOM
            case ("infix", operator, a, b):
                strength = _STRENGTH.get(operator.strip("."), 0)
                left = self._operand(a, strength, False)
                return f"{left} {operator} {self._operand(b, strength + 1, is_last)}", strength
            case ("prefix", operator, a):
                return f"{operator} {self._operand(a, _PREFIX, is_last)}", _PREFIX
            case ("call", name, arguments):
                return f"{name}({', '.join(map(text, arguments))})", _ATOM
            case ("let", name, value, body):
                return f"let {name} = {text(value)} in {text(body)}", _BINDING
            case ("function", name, parameters, value, body):
                formals = ", ".join(parameters)
                return f"let {name}({formals}) = {text(value)} in {text(body)}", _BINDING
            case ("for" | "filter" as kind, name, items, body):
                return f"{kind} {name} in {text(items)} do {text(body)}", _BINDING
            case ("fold", name, None, items):
                return f"fold {name} {text(items)}", _BINDING
            case ("fold", name, start, items):
                first = text(start)
                first = first if first[0].isdecimal() and first.isalnum() else f"({first})"
                return f"fold {name} {first} ({text(items)})", _BINDING
            case ("index", items, index):
                return f"{self._operand(items, _POSTFIX, False)}[{text(index)}]", _POSTFIX
            case ("slice", items, *bounds):
                first, last = (text(b) if b is not None else "" for b in bounds)
                return f"{self._operand(items, _POSTFIX, False)}[{first} : {last}]", _POSTFIX
            case ("list", items):
                return f"[{', '.join(map(text, items))}]", _ATOM
        raise AssertionError(tree)


# --- Meaning --------------------------------------------------------------------------------------


class _Failed:
    def __repr__(self) -> str:
        return "FAILED"


FAILED = _Failed()


class TooLongError(Exception):
    """A program that takes too long to be evaluated in this way."""


@dataclass
class Evaluator:
    """Evaluates trees, given what names mean; `failures` counts what had no value, needed or not.

    Stops at more than 30,000 steps: raises TooLongError.
    """

    failures: int = 0
    steps: int = 0

    def declared(self, declaration: Declaration, names: Mapping[str, Any]) -> dict[str, Any]:
        """What names mean after a declaration."""
        name, parameters, body = declaration.name, declaration.parameters, declaration.body
        meaning = self._closure(parameters, body, names) if parameters else self.value(body, names)
        return {**names, name: meaning}

    def value(self, tree: Tree, names: Mapping[str, Any]) -> Any:
        """What the tree means."""
        self.steps += 1
        if self.steps > 30_000:
            raise TooLongError

        def of(part: Tree, **more: Any) -> Any:
            return self.value(part, {**names, **more} if more else names)

        match tree:
            case ("number" | "bool" | "string", known):
                return known
            case ("name", name):
                return names[name] if name in names else BUILTIN[name]
            case ("infix", operator, a, b):
                return self.applied(operator, [of(a), of(b)], names)
            case ("prefix", operator, a):
                return self.applied(operator, [of(a)], names)
            case ("call", name, arguments):
                return self.applied(name, [of(a) for a in arguments], names)
            case ("let", name, value, body):
                return of(body, **{name: of(value)})
            case ("function", name, parameters, value, body):
                return of(body, **{name: self._closure(parameters, value, names)})
            case ("list", items):
                return [of(i) for i in items]
            case ("for", name, items, body):
                return self._each(of(items), lambda item: of(body, **{name: item}))
            case ("filter", name, items, body):
                return self._kept(of(items), lambda item: of(body, **{name: item}))
            case ("fold", name, start, items):
                first = None if start is None else of(start)
                return self._folded(name, first, of(items), names)
            case ("index", items, index):
                return self._index(of(items), of(index))
            case ("slice", items, *bounds):
                return self._slice(of(items), *[None if b is None else of(b) for b in bounds])
        raise AssertionError(tree)

    def applied(self, name: str, arguments: list[Any], names: Mapping[str, Any]) -> Any:
        """What a function or operator gives."""
        if name in names:
            function = names[name]
            return FAILED if function is FAILED else function(*arguments)
        if name == "map":
            function, items = arguments
            return FAILED if function is FAILED else self._each(items, function)
        if name in _OVERLOADED:
            return self._overloaded(name, arguments)
        if FAILED in map(_identified, arguments):
            return FAILED
        if name == "index":
            return self._index(*arguments)
        if name == "subsequence":
            return self._slice(*arguments)
        if name == "append":
            return [item for items in arguments for item in items]
        if name == "range":
            return self._range(*arguments)
        if any(isinstance(a, list) and FAILED in map(_identified, a) for a in arguments):
            return FAILED
        if name in _OF_SOME and isinstance(arguments[0], list) and not arguments[0]:
            return self._failed()
        return BUILTIN[name](*arguments)

    def _failed(self) -> _Failed:
        self.failures += 1
        return FAILED

    def _closure(
        self, parameters: tuple[str, ...], body: Tree, names: Mapping[str, Any]
    ) -> Callable[..., Any]:
        return lambda *values: self.value(
            body, {**names, **dict(zip(parameters, values, strict=True))}
        )

    def _each(self, items: Any, function: Callable[[Any], Any]) -> Any:
        return FAILED if items is FAILED else [function(item) for item in items]

    def _kept(self, items: Any, condition: Callable[[Any], Any]) -> Any:
        if items is FAILED:
            return FAILED
        conditions = [condition(item) for item in items]
        if FAILED in map(_identified, conditions):
            return FAILED
        return [item for item, is_kept in zip(items, conditions, strict=True) if is_kept]

    def _folded(self, name: str, start: Any, items: Any, names: Mapping[str, Any]) -> Any:
        if items is FAILED:
            return FAILED
        if start is not None:
            result = start
        elif name in _STARTS and name not in names and not _are_regions(items):
            result = _STARTS[name]
        elif items:
            result, *items = items
        else:
            return self._failed()
        for item in items:
            result = self.applied(name, [result, item], names)
        return result

    def _range(self, *bounds: float) -> Any:
        if any(not b.is_integer() for b in bounds):
            return self._failed()
        if max(map(abs, bounds)) > 1000:
            raise TooLongError
        return [float(i) for i in range(*map(int, bounds))]

    def _index(self, items: Any, index: Any) -> Any:
        if items is FAILED or index is FAILED:
            return FAILED
        if not index.is_integer() or not 0 <= index < len(items):
            return self._failed()
        return items[int(index)]

    def _slice(self, items: Any, start: Any, stop: Any) -> Any:
        if FAILED in map(_identified, (items, start, stop)):
            return FAILED
        bounds = [b for b in (start, stop) if b is not None]
        if any(not b.is_integer() or b < 0 for b in bounds):
            return self._failed()
        return items[slice(*[None if b is None else int(b) for b in (start, stop)])]

    def _overloaded(self, operator: str, arguments: list[Any]) -> Any:
        """An operator that is for numbers, truth values, images, and sequences of them."""
        lengths = {len(a) for a in arguments if isinstance(a, list)}
        if not lengths:
            return (
                FAILED
                if FAILED in map(_identified, arguments)
                else _OVERLOADED[operator](*map(_as_image(arguments), arguments))
            )
        if len(lengths) > 1:
            return self._failed()
        (length,) = lengths
        columns = [a if isinstance(a, list) else [a] * length for a in arguments]
        return [self._overloaded(operator, list(row)) for row in zip(*columns, strict=True)]


def _identified(value: Any) -> Any:
    """FAILED or None: values themselves may be arrays, which `in` cannot compare."""
    return FAILED if value is FAILED else None


def _are_regions(items: list[Any]) -> bool:
    return bool(items) and isinstance(items[0], np.ndarray) and items[0].dtype == np.bool_


def _as_image(arguments: list[Any]) -> Callable[[Any], Any]:
    """Numbers are rounded to float32 where an image stands beside them."""
    if not any(isinstance(a, np.ndarray) for a in arguments):
        return lambda value: value
    return lambda value: value if isinstance(value, np.ndarray) else _rounded(value)


@np.errstate(all="ignore")
def _rounded(value: float) -> np.float32:
    return np.float32(value)


@np.errstate(all="ignore")
def _divided(a: Any, b: Any) -> Any:
    if isinstance(a, float) and isinstance(b, float):
        return float(np.float64(a) / np.float64(b))
    return a / b


def _quiet(function: Callable[..., Any]) -> Callable[..., Any]:
    return np.errstate(all="ignore")(function)


def _conjunction(a: Any, b: Any) -> Any:
    return a & b


def _disjunction(a: Any, b: Any) -> Any:
    return a | b


_OVERLOADED: Mapping[str, Callable[..., Any]] = {
    "+": _quiet(lambda a, b: a + b),
    "-": _quiet(lambda a, *b: a - b[0] if b else -a),
    "*": _quiet(lambda a, b: a * b),
    "/": _divided,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "&": _conjunction,
    "&&": _conjunction,
    "|": _disjunction,
    "||": _disjunction,
    "!": lambda a: ~a if isinstance(a, np.ndarray) else not a,
}
_STARTS: Mapping[str, Any] = {"+": 0.0, "-": 0.0, "*": 1.0, "&&": True, "||": False}
# Those that an empty sequence is an error for.
_OF_SOME = frozenset({"argmax", "mean", "median", "min", "max"})
# Dotted operators, and the plain ones of the same meaning: between numbers, an image and a number,
# a number and an image.
_ARITHMETIC = ("+", "-", "*", "/")
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_DOTTED = {
    (NUMBER, NUMBER): {f".{o.replace('==', '=')}.": o for o in (*_ARITHMETIC, *_COMPARISONS[:-1])},
    (VALUATION, NUMBER): {
        f"{o.replace('==', '=')}.": o for o in (*_ARITHMETIC, *_COMPARISONS[:-1])
    },
    (NUMBER, VALUATION): {
        f".{o.replace('==', '=')}": o for o in (*_ARITHMETIC, *_COMPARISONS[:-1])
    },
}


def _dotted(operator: str) -> Callable[..., Any]:
    def applied(a: Any, b: Any) -> Any:
        return _OVERLOADED[operator](*map(_as_image([a, b]), (a, b)))

    return applied


_NEIGHBOURS = np.ones((3, 3))


def _near(region: Any) -> Any:
    return scipy.ndimage.binary_dilation(region, _NEIGHBOURS)


def _through(a: Any, b: Any) -> Any:
    labels, _ = scipy.ndimage.label(b, _NEIGHBOURS)
    return np.isin(labels, np.setdiff1d(labels[a], [0]))


def _greatest(a: Any, *b: Any) -> Any:
    if isinstance(a, list):
        return functools.reduce(_greatest, a)
    if b and isinstance(b[0], np.ndarray) and b[0].dtype == np.bool_:
        return _over(np.max, a, b[0])
    if b and any(isinstance(i, np.ndarray) for i in (a, *b)):
        return _of_two(np.greater, a, *b)
    if b:
        return b[0] if math.isnan(a) or b[0] > a else a
    return math.nan if np.isnan(a).all() else float(np.nanmax(a)) + 0.0


def _over(function: Callable[[Any], Any], values: Any, region: Any) -> float:
    """What a function gives for the values of a region, in float64."""
    inside = values[region].astype(np.float64)
    if not inside.size or np.isnan(inside).any():
        return math.nan
    return float(function(inside)) + 0.0


def _least(a: Any, *b: Any) -> Any:
    if isinstance(a, list):
        return functools.reduce(_least, a)
    if b and isinstance(b[0], np.ndarray) and b[0].dtype == np.bool_:
        return _over(np.min, a, b[0])
    if b and any(isinstance(i, np.ndarray) for i in (a, *b)):
        return _of_two(np.less, a, *b)
    if b:
        return b[0] if math.isnan(a) or b[0] < a else a
    return math.nan if np.isnan(a).all() else float(np.nanmin(a)) + 0.0


def _rounded_by(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """To whole numbers; 0 has no sign."""

    def rounded(a: Any) -> Any:
        if isinstance(a, float):
            return float(function(a)) + 0.0
        return function(a) + np.float32(0)

    return rounded


def _square_root(a: Any) -> Any:
    with np.errstate(all="ignore"):
        return np.sqrt(a) if isinstance(a, np.ndarray) else float(np.sqrt(a))


def _of_kernel(name: str, number: Callable[..., float]) -> Callable[..., Any]:
    """What only kernels compute: of numbers, and of images by themselves."""

    def computed(*arguments: Any) -> Any:
        if not any(isinstance(a, np.ndarray) for a in arguments):
            return number(*arguments)
        takes = tuple("v" if isinstance(a, np.ndarray) else "n" for a in arguments)
        (row,) = [row for row in TABLE["mathematics"] if (row.name, row.takes) == (name, takes)]
        return evaluate(((row, tuple(range(len(takes)))),), arguments)

    return computed


def _of_two(chosen: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """The first where they are equal, the other one where one is nan."""
    a, b = map(_as_image([a, b]), (a, b))
    with np.errstate(all="ignore"):
        return np.where(~chosen(b, a) & ~np.isnan(a), a, b)


def _argmax(items: list[float]) -> float:
    numbers = [i for i in items if not math.isnan(i)]
    return float(items.index(max(numbers))) if numbers else 0.0


def _sum(items: list[float]) -> float:
    special = [i for i in items if not math.isfinite(i)]
    if special:
        return sum(special)
    exact = sum(map(Fraction, items))
    greatest = Fraction(2) ** 1024 - Fraction(2) ** 970
    return math.copysign(math.inf, exact) if abs(exact) >= greatest else float(exact)


def _median(items: Any, *region: Any) -> float:
    if region:
        return _over(_middle_of, items, region[0])
    return math.nan if any(map(math.isnan, items)) else statistics.median(items)


def _middle_of(values: Any) -> float:
    low, high = np.sort(values)[[(len(values) - 1) // 2, len(values) // 2]].tolist()
    return low if low == high else (low + high) / 2


def _middle(region: Any) -> list[float]:
    at = np.argwhere(region)[:, ::-1]
    return [int(n) / len(at) for n in at.sum(axis=0)] if len(at) else [math.nan] * region.ndim


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value).removesuffix(".0")


def _components(r: Any) -> list[Any]:
    """The largest first, of equal ones the first met."""
    found, count = scipy.ndimage.label(r, np.ones((3,) * r.ndim))
    parts = [found == n for n in range(1, count + 1)]
    return sorted(parts, key=lambda part: (-np.count_nonzero(part), part.ravel().argmax()))


def _apart(found: np.ndarray, truth: np.ndarray) -> np.ndarray | None:
    """The distances between the borders of two regions of unit spacing; None where one is empty."""
    if not (found.any() and truth.any()):
        return None
    edges = [region & ~scipy.ndimage.binary_erosion(region) for region in (found, truth)]
    away = [scipy.ndimage.distance_transform_edt(~edge) for edge in edges]
    return np.concatenate([away[1][edges[0]], away[0][edges[1]]])


def _hd95(found: np.ndarray, truth: np.ndarray) -> float:
    apart = _apart(found, truth)
    if apart is not None:
        return float(np.percentile(apart, 95))
    diagonal = math.sqrt(sum(n * n for n in found.shape))
    return diagonal if found.any() or truth.any() else 0.0


def _nsd(found: np.ndarray, truth: np.ndarray, mm: float) -> float:
    apart = _apart(found, truth)
    if apart is None:
        return 0.0 if found.any() or truth.any() else 1.0
    with np.errstate(all="ignore"):
        return float(np.mean(np.float32(apart) <= np.float32(mm)))


BUILTIN: dict[str, Callable[..., Any]] = {
    **{dotted: _dotted(plain) for names in _DOTTED.values() for dotted, plain in names.items()},
    ".&.": _conjunction,
    ".|.": _disjunction,
    "!.": lambda a: not a,
    "near": _near,
    "N": _near,
    "interior": lambda r: ~_near(~r),
    "through": _through,
    "~>": lambda a, b: _through(b, a),
    "\\": lambda a, b: a & ~b,
    "volume": lambda r: float(np.count_nonzero(r)),
    "size": lambda i: [float(n) for n in i.shape[::-1]],
    "centroid": _middle,
    "components": _components,
    "hd95": _hd95,
    "nsd": _nsd,
    "count_components": lambda r: float(len(_components(r))),
    "max": _greatest,
    "min": _least,
    "floor": _rounded_by(np.floor),
    "ceil": _rounded_by(np.ceil),
    "round": _rounded_by(np.rint),
    "sqrt": _square_root,
    "exp": _of_kernel("exp", elementary.exponential),
    "log": _of_kernel("log", elementary.logarithm),
    "pow": _of_kernel("pow", elementary.power),
    "abs": abs,
    "mask": lambda v, r: np.where(r, v, np.float32(0)),
    "select": np.where,
    "ifN": lambda b, v, w: v if b else w,
    "ifB": lambda b, v, w: v if b else w,
    "argmax": _argmax,
    "argsort": lambda s: [float(i) for i in np.argsort(np.array(s), kind="stable")],
    "median": _median,
    "sort": lambda s: sorted(s, key=lambda i: (i != i, i)),
    "sum": _sum,
    "length": lambda s: float(len(s)),
    "concat": lambda *parts: "".join(map(_shown, parts)),
    "format_string": lambda form, value: form.format(
        int(value) if form == "{}" and value.is_integer() and abs(value) < 1e16 else value
    ),
}


def is_same(a: Any, b: Any) -> bool:
    """Whether two values are the same, bit by bit, but that nan is equal to nan."""
    if isinstance(a, list) or isinstance(b, list):
        both = isinstance(a, list) and isinstance(b, list)
        return both and len(a) == len(b) and all(map(is_same, a, b))
    if isinstance(a, np.ndarray):
        if a.dtype == np.bool_:
            return bool(np.array_equal(a, b.astype(np.bool_)))
        return np.array_equal(a, b, equal_nan=True) and bool(
            np.all((np.signbit(a) == np.signbit(b)) | np.isnan(a))
        )
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and np.signbit(a) == np.signbit(b))
    return type(a) is type(b) and bool(a == b)


# --- Random programs ------------------------------------------------------------------------------

# What every program begins with; these names are not declared anew.
GIVEN: Mapping[str, Type] = {"v0": VALUATION, "w0": VALUATION, "r0": REGION, "q0": REGION}
_VALUE_NAMES = ("a", "b", "i", "j", "v", "r", "x", "tt", "é", "_k", "inner", "do1", "max", "near")
_FUNCTION_NAMES = ("f", "g", "größe", "volume", "for1", "range", "map", "Twice", "min")
_OPERATOR_NAMES = ("TWICE", "+", "-", "*", "<", "&&", "==", "~", "++", "#", "A")
_NUMBERS = (0.0, 1.0, 2.0, 3.0, -1.0, 0.5, -0.0, 0.1, 16777217.0, 1e300, 1e-46, -2.5)
_FORMS = ("{}", "{:.2f}", "{:5.1f}|", "{{{:.0f}}}", "{:e}")


@dataclass(frozen=True)
class Maker:
    """Makes programs by choosing: `choose(n)` is a whole number from 0 to n, which is left out.

    What comes first in a choice is what is plainest.
    """

    choose: Callable[[int], int]
    depth: int = 4
    # Whether numbers that depend on images may decide how long sequences are.
    from_images: bool = True
    printed: Sequence[Type] = field(
        default=(
            NUMBER, NUMBERS, VALUATION, REGION, BOOL, STRING, sequence(BOOL), sequence(NUMBERS),
            sequence(STRING), sequence(REGION), sequence(VALUATION), NUMBERS, NUMBER,
        )
    )  # fmt: skip

    def program(self) -> Program:
        """A program of a few declarations and one or two goals."""
        known: dict[str, Type] = dict(GIVEN)
        declarations: list[Declaration] = []
        for _ in range(self.choose(4)):
            depth = self.depth - 1
            if self._happens(2):
                name, parameters, result = self._signature()
                inner = {**known, **dict(zip(parameters, result[1], strict=True))}
                body = self.tree(result[2], inner, depth)
                known[name] = result
            else:
                name, type_ = self._of(_VALUE_NAMES), self._type()
                parameters, body = (), self.tree(type_, known, depth)
                known[name] = type_
            declarations.append(Declaration(name, parameters, body))
        goals = []
        for _ in range(1 + self.choose(2)):
            type_ = self._of(self.printed)
            goals.append((type_, self.tree(type_, known, self.depth)))
        return Program(tuple(declarations), tuple(goals))

    def tree(self, wanted: Type, known: Mapping[str, Type], depth: int) -> Tree:
        """A tree of a type over known names."""
        named = self._named(wanted, known)
        if named and self._happens(3):
            return ("name", named[-1 - self.choose(len(named))])
        if depth <= 0:
            return self._leaf(wanted, known)
        ways = self._ways(wanted, known)
        kind, *parts = self._of(ways)
        return getattr(self, f"_{kind}")(wanted, known, depth - 1, *parts)

    # Choices

    def _named(self, wanted: Type, known: Mapping[str, Type]) -> list[str]:
        """The names of a type; an operator by itself would be one that lacks its operands."""
        return [n for n, type_ in known.items() if type_ == wanted and n not in _OPERATOR_NAMES]

    def _of(self, choices: Sequence[Any]) -> Any:
        return choices[self.choose(len(choices))]

    def _happens(self, out_of: int) -> bool:
        """Not most plainly."""
        return self.choose(out_of) == out_of - 1

    def _type(self) -> Type:
        plain = self._of((*SIMPLE, NUMBERS, NUMBERS, sequence(REGION), ("function",)))
        if plain == ("function",):
            return ("function", (self._of(SIMPLE),), self._of(SIMPLE))
        return plain

    def _signature(self) -> tuple[str, tuple[str, ...], Type]:
        """A name for a function, its parameters' names, its type."""
        count = 1 + self.choose(2)
        is_operator = self._happens(3)
        name = self._of(_OPERATOR_NAMES if is_operator else _FUNCTION_NAMES)
        first = self.choose(len(_VALUE_NAMES) - 1)
        result = self._of((*SIMPLE, NUMBERS, NUMBER))
        types = tuple(self._of((result, result, NUMBER, self._type())) for _ in range(count))
        return name, _VALUE_NAMES[first : first + count], ("function", types, result)

    # Trees without parts

    def _leaf(self, wanted: Type, known: Mapping[str, Type]) -> Tree:
        named = self._named(wanted, known)
        if named and self.choose(3):
            return ("name", named[-1 - self.choose(len(named))])
        match wanted:
            case "number":
                return ("number", self._of(_NUMBERS))
            case "bool":
                return ("bool", self._of((True, False)))
            case "string":
                return ("string", self._of(("", "a", "é b", "//", "let x = 1 in")))
            case "valuation":
                return ("name", self._of(("v0", "w0")))
            case "region":
                return ("name", self._of(("r0", "q0")))
            case ("sequence", element):
                count = self._of((2, 1, 3, 0))
                return ("list", tuple(self._leaf(element, known) for _ in range(count)))
            case ("function", parameters, result):
                names = _VALUE_NAMES[: len(parameters)]
                inner = {**known, **dict(zip(names, parameters, strict=True))}
                return ("function", "k", names, self._leaf(result, inner), ("name", "k"))
        raise AssertionError(wanted)

    # Trees with parts: what kinds there are of a type, and how each is made

    def _ways(self, wanted: Type, known: Mapping[str, Type]) -> list[tuple[Any, ...]]:
        ways: list[tuple[Any, ...]] = [("plain",), *_FORMS_OF.get(wanted, ())]
        ways = [w for w in ways if len(w) == 1 or w[1] not in known]
        if isinstance(wanted, tuple) and wanted[0] == "sequence":
            element = wanted[1]
            ways += [("listed",), ("for",), ("for",), ("filter",), ("slice",), ("slice",)]
            ways += [("map",)] if "map" not in known else []
            ways += [("append",)] if "append" not in known else []
            if isinstance(element, tuple) and element[0] == "sequence":
                element = element[1]
            for operator, *types in _ELEMENT_BY_ELEMENT.get(element, ()):
                if operator not in known and wanted[1] in (element, sequence(element)):
                    ways.append(("each", operator, *types))
        called = [
            ("called", name)
            for name, type_ in known.items()
            if isinstance(type_, tuple) and type_[0] == "function" and type_[2] == wanted
        ]
        ways += called * 2
        ways += [("let",), ("let",), ("function",), ("function",), ("index",)]
        ways += [("fold_named",)] if wanted in SIMPLE else []
        return ways

    def _plain(self, wanted: Type, known: Any, depth: int) -> Tree:
        return self._leaf(wanted, known)

    def _infix(self, wanted: Type, known: Any, depth: int, operator: str, *types: Type) -> Tree:
        parts = [self.tree(t, known, depth) for t in types]
        if self.choose(8) == 7:
            return ("call", operator, tuple(parts))
        return ("infix", operator, *parts)

    def _prefix(self, wanted: Type, known: Any, depth: int, operator: str, type_: Type) -> Tree:
        return ("prefix", operator, self.tree(type_, known, depth))

    def _call(self, wanted: Type, known: Any, depth: int, name: str, *types: Type) -> Tree:
        return ("call", name, tuple(self.tree(t, known, depth) for t in types))

    def _formatted(self, wanted: Type, known: Any, depth: int, name: str) -> Tree:
        return ("call", name, (("string", self._of(_FORMS)), self.tree(NUMBER, known, depth)))

    def _range(self, wanted: Type, known: Any, depth: int, name: str) -> Tree:
        bounds = [self._bound(known, depth) for _ in range(1 + self.choose(2))]
        # Mostly not an empty one.
        if bounds[-1][0] == "number":
            bounds[-1] = ("number", bounds[-1][1] + 2)
        return ("call", name, tuple(bounds))

    def _bound(self, known: Any, depth: int) -> Tree:
        """A number that is likely to be small and whole."""
        if self.from_images and "volume" not in known and self._happens(12):
            return ("call", "volume", (self.tree(REGION, known, depth),))
        named = [name for name, type_ in known.items() if type_ == NUMBER]
        if named and self._happens(3):
            return ("name", self._of(named))
        if self._happens(12):
            return self.tree(NUMBER, known, depth)
        return ("number", self._of((0.0, 1.0, 2.0, 1.0, 0.0, 3.0)))

    def _fold(self, wanted: Type, known: Any, depth: int, name: str, with_start: bool) -> Tree:
        # An empty sequence gives the start value, which has to be of the type that is wanted.
        is_of_start = wanted == type_of_start(name)
        start = None
        if with_start or not is_of_start or self._happens(2):
            start = self.tree(wanted, known, depth)
        return ("fold", name, start, self.tree(sequence(wanted), known, depth))

    def _fold_first(self, wanted: Type, known: Any, depth: int, name: str) -> Tree:
        """A fold without start value, of a sequence that has elements."""
        count = 1 + self.choose(3)
        items = ("list", tuple(self.tree(wanted, known, depth) for _ in range(count)))
        return ("fold", name, None, items)

    def _fold_named(self, wanted: Type, known: Any, depth: int) -> Tree:
        """A fold by a declared function."""
        names = [
            (name, type_[1][1])
            for name, type_ in known.items()
            if isinstance(type_, tuple) and type_[0] == "function" and type_[2] == wanted
            if len(type_[1]) == 2 and type_[1][0] == wanted
        ]
        if not names:
            return self._let(wanted, known, depth)
        name, type_ = self._of(names)
        start = None if type_ == wanted and self._happens(2) else self.tree(wanted, known, depth)
        return ("fold", name, start, self.tree(sequence(type_), known, depth))

    def _listed(self, wanted: Type, known: Any, depth: int) -> Tree:
        count = self._of((2, 1, 3))
        return ("list", tuple(self.tree(wanted[1], known, depth) for _ in range(count)))

    def _for(self, wanted: Type, known: Any, depth: int) -> Tree:
        name, item = self._of(_VALUE_NAMES), self._of((NUMBER, NUMBER, *SIMPLE, NUMBERS))
        items = self.tree(sequence(item), known, depth)
        return ("for", name, items, self.tree(wanted[1], {**known, name: item}, depth))

    def _filter(self, wanted: Type, known: Any, depth: int) -> Tree:
        name = self._of(_VALUE_NAMES)
        items = self.tree(wanted, known, depth)
        return ("filter", name, items, self.tree(BOOL, {**known, name: wanted[1]}, depth))

    def _map(self, wanted: Type, known: Any, depth: int) -> Tree:
        item = self._of(SIMPLE)
        function = self.tree(("function", (item,), wanted[1]), known, depth)
        return ("call", "map", (function, self.tree(sequence(item), known, depth)))

    def _slice(self, wanted: Type, known: Any, depth: int) -> Tree:
        items = self.tree(wanted, known, depth)
        bounds = [self._bound(known, depth) if self.choose(3) else None for _ in range(2)]
        if "subsequence" not in known and None not in bounds and self._happens(3):
            return ("call", "subsequence", (items, *bounds))
        return ("slice", items, *bounds)

    def _append(self, wanted: Type, known: Any, depth: int) -> Tree:
        count = 2 + self.choose(2)
        return ("call", "append", tuple(self.tree(wanted, known, depth) for _ in range(count)))

    def _index(self, wanted: Type, known: Any, depth: int) -> Tree:
        if self.choose(4):
            count = 2 + self.choose(3)
            items: Tree = ("list", tuple(self.tree(wanted, known, depth) for _ in range(count)))
        else:
            items = self.tree(sequence(wanted), known, depth)
        if "index" not in known and self._happens(3):
            return ("call", "index", (items, self._bound(known, depth)))
        return ("index", items, self._bound(known, depth))

    def _each(self, wanted: Type, known: Any, depth: int, operator: str, *types: Type) -> Tree:
        """An operator element by element: of two sequences, or of one and a single value."""
        nested = isinstance(wanted[1], tuple)
        sequences = [sequence(sequence(t)) if nested else sequence(t) for t in types]
        if len(types) == 1:
            return ("prefix", operator, self.tree(sequences[0], known, depth))
        single = self.choose(4)
        if single < 2:
            sequences[single] = types[single]
            if sequences[single] in (BOOL, STRING):
                sequences[single] = sequence(types[single])
        if sequences == [sequence(t) for t in types] and self.choose(4):
            count = 1 + self.choose(3)
            lists = (tuple(self.tree(t, known, depth) for _ in range(count)) for t in types)
            return ("infix", operator, *(("list", items) for items in lists))
        return ("infix", operator, *[self.tree(s, known, depth) for s in sequences])

    def _called(self, wanted: Type, known: Any, depth: int, name: str) -> Tree:
        parameters = known[name][1]
        parts = tuple(self.tree(p, known, depth) for p in parameters)
        if name in _OPERATOR_NAMES and len(parts) == 1:
            # Brackets after it make no call of it, `!(a) & b` is like `! a & b`.
            return ("prefix", name, *parts)
        if name in _OPERATOR_NAMES and self.choose(3):
            return ("infix", name, *parts)
        return ("call", name, parts)

    def _let(self, wanted: Type, known: Any, depth: int) -> Tree:
        name, type_ = self._of(_VALUE_NAMES), self._type()
        value = self.tree(type_, known, depth)
        return ("let", name, value, self.tree(wanted, {**known, name: type_}, depth))

    def _function(self, wanted: Type, known: Any, depth: int) -> Tree:
        name, parameters, type_ = self._signature()
        inner = {**known, **dict(zip(parameters, type_[1], strict=True))}
        value = self.tree(type_[2], inner, depth)
        body = self.tree(wanted, {**known, name: type_}, depth)
        return ("function", name, parameters, value, body)


def type_of_start(operator: str) -> Type:
    """The type of what a fold by an operator begins with; None where that is the first element."""
    start = _STARTS.get(operator)
    return None if start is None else BOOL if isinstance(start, bool) else NUMBER


def _infixes(operators: Sequence[str], *types: Type) -> list[tuple[Any, ...]]:
    return [("infix", operator, *types) for operator in operators]


_MIXED = ((VALUATION, VALUATION), (VALUATION, NUMBER), (NUMBER, VALUATION))
_LOGIC = ("&&", "||", "&", "|")

# How a tree of a type is made: the kind, the operator or function, the types of its arguments.
_FORMS_OF: dict[Type, list[tuple[Any, ...]]] = {
    NUMBER: [
        *_infixes(_ARITHMETIC, NUMBER, NUMBER),
        *_infixes((".+.", ".-.", ".*.", "./."), NUMBER, NUMBER),
        ("prefix", "-", NUMBER),
        ("call", "volume", REGION),
        ("call", "count_components", REGION),
        ("call", "hd95", REGION, REGION),
        ("call", "nsd", REGION, REGION, NUMBER),
        ("call", "max", VALUATION),
        ("call", "min", VALUATION),
        ("call", "max", VALUATION, REGION),
        ("call", "min", VALUATION, REGION),
        ("call", "median", VALUATION, REGION),
        ("call", "max", NUMBER, NUMBER),
        ("call", "min", NUMBER, NUMBER),
        *(("call", name, NUMBER) for name in ("floor", "ceil", "round", "sqrt", "abs", "log")),
        ("call", "exp", NUMBER),
        ("call", "pow", NUMBER, NUMBER),
        *(("call", name, NUMBERS) for name in ("min", "max", "sum", "length")),
        ("call", "length", sequence(REGION)),
        ("call", "argmax", NUMBERS),
        ("call", "median", NUMBERS),
        *(("fold", o, False) for o in ("+", "-", "*", "+", "*")),
        ("fold", "/", True),
        ("fold", ".-.", True),
        ("fold_first", "min"),
        ("fold_first", "max"),
        ("fold_first", ".-."),
    ],
    BOOL: [
        *_infixes(_COMPARISONS, NUMBER, NUMBER),
        *_infixes((".<.", ".<=.", ".>.", ".>=.", ".=."), NUMBER, NUMBER),
        *_infixes(("==", "!="), BOOL, BOOL),
        *_infixes(("==", "!="), STRING, STRING),
        *_infixes((*_LOGIC, ".&.", ".|."), BOOL, BOOL),
        ("prefix", "!", BOOL),
        ("prefix", "!.", BOOL),
        ("fold", "&&", False),
        ("fold", "||", False),
    ],
    STRING: [
        ("call", "concat", STRING, NUMBER),
        ("call", "concat", STRING, STRING, BOOL),
        ("formatted", "format_string"),
    ],
    VALUATION: [
        *(form for types in _MIXED for form in _infixes(_ARITHMETIC, *types)),
        *_infixes(("+.", "-.", "*.", "/."), VALUATION, NUMBER),
        *_infixes((".-", "./", ".+", ".*"), NUMBER, VALUATION),
        ("prefix", "-", VALUATION),
        *(("call", name, VALUATION) for name in ("abs", "sqrt", "exp", "log", "round", "ceil")),
        *(("call", name, *types) for name in ("min", "max", "pow") for types in _MIXED),
        ("call", "mask", VALUATION, REGION),
        ("call", "select", REGION, VALUATION, VALUATION),
        ("call", "ifN", BOOL, VALUATION, VALUATION),
        ("fold", "+", True),
        ("fold_first", "*"),
        ("fold_first", "+"),
        ("fold_first", "-"),
    ],
    REGION: [
        *(form for types in _MIXED for form in _infixes(_COMPARISONS[:5], *types)),
        *_infixes(("!=",), VALUATION, VALUATION),
        *_infixes(("<.", "<=.", ">.", ">=.", "=."), VALUATION, NUMBER),
        *_infixes((".<", ".<=", ".>", ".>=", ".="), NUMBER, VALUATION),
        *_infixes(("&", "|", "&&", "||", "~>", "\\"), REGION, REGION),
        ("prefix", "!", REGION),
        ("prefix", "N", REGION),
        ("call", "near", REGION),
        ("call", "interior", REGION),
        ("call", "through", REGION, REGION),
        ("call", "ifB", BOOL, REGION, REGION),
        ("fold", "&", True),
        ("fold", "|", True),
        ("fold_first", "&&"),
        ("fold_first", "||"),
        ("fold_first", "|"),
    ],
    NUMBERS: [
        ("range", "range"),
        ("range", "range"),
        ("call", "argsort", NUMBERS),
        ("call", "size", REGION),
        ("call", "centroid", REGION),
        ("call", "sort", NUMBERS),
    ],
    sequence(REGION): [("call", "components", REGION)],
    sequence(STRING): [("call", "sort", sequence(STRING))],
}
# By the type of an element: the operator, and the types of what it joins.
_ELEMENT_BY_ELEMENT: dict[Type, list[tuple[Any, ...]]] = {
    NUMBER: [*((o, NUMBER, NUMBER) for o in _ARITHMETIC), ("-", NUMBER)],
    BOOL: [
        *((o, NUMBER, NUMBER) for o in _COMPARISONS),
        *((o, BOOL, BOOL) for o in ("&&", "||")),
        ("!", BOOL),
    ],
    VALUATION: [(o, *types) for types in _MIXED for o in _ARITHMETIC],
    REGION: [
        *((o, *types) for types in _MIXED for o in _COMPARISONS[:5]),
        *((o, REGION, REGION) for o in _LOGIC),
        ("!", REGION),
    ],
}
