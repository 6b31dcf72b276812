"""The rules of rewriting: what equals what, and why. To add one, write it into a table here.

A side of a rule is a term over operator names.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping

from voxlogica.dataclass import dataclass
from voxlogica.operators.metrics import METRICS
from voxlogica.operators.signature import NUMBER, REGION, VALUATION, Type, sequence_of
from voxlogica.operators.summaries import STATISTICS


@dataclass(frozen=True, slots=True)
class Var:
    """Any operation of a type; the same one wherever the variable stands again."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Literal:
    """A number or a truth value as written."""

    value: float | bool


@dataclass(frozen=True, slots=True)
class KnownNumber:
    """Any number as written that passes a test; the same one wherever the name stands again."""

    name: str
    passes: Callable[[float], bool]


@dataclass(frozen=True, slots=True)
class PatternTerm:
    """An operator applied to terms."""

    operator: str
    arguments: tuple[Pattern, ...]


Pattern = Var | Literal | KnownNumber | PatternTerm


@dataclass(frozen=True, slots=True)
class Rule:
    """The left side equals the right side, because of the reason."""

    left: PatternTerm
    right: Pattern
    reason: str


def term(operator: str, *arguments: Pattern) -> PatternTerm:
    """The operator of this name applied to terms."""
    return PatternTerm(operator, arguments)


def as_float32(number: float) -> float:
    """A number as images are compared with it; programs are planned without numpy."""
    return array("f", [number])[0]


_A, _B, _V, _N = Var("a", REGION), Var("b", REGION), Var("v", VALUATION), Var("n", NUMBER)
_M, _C, _W = Var("m", NUMBER), Var("c", REGION), Var("w", VALUATION)
_DT = term("dt", _A)
_PDT = term("mask", _DT, term("dtAbove", Literal(0.0), _A))
_COMPONENTS = term("componentsOf", _A)
_S = Var("s", sequence_of(REGION))
_BOUNDED = "Whether a distance is in reach costs less than how far it is."
_STRICT = "Less or equal but not equal is less: one pass over the values instead of three."
_SUMMED_UP = "One pass over a region's values gives all that sums them up."
_COUNTED = "A region's values are counted once, whatever rank is asked for."
_SHARED = "The components of a region are found once, whatever is asked of them, and how often."

# What is the same everywhere, and numbers that are known before anything runs

_TT, _FF = term("tt"), term("ff")
_CONSTANT = term("constant", _N)
_EVERYWHERE = "What is true everywhere."
_NOWHERE = "What is true nowhere."
_ONE_NUMBER = "One number does for all voxels."
_NOTHING_CHANGES = "No value changes, nor the sign of a zero."
# Adding 0 would turn −0 into 0; subtracting it does not.
_ZERO = KnownNumber("zero", lambda number: str(as_float32(number)) == "0.0")
_ONE = KnownNumber("one", lambda number: as_float32(number) == 1)


CONSTANT_RULES: tuple[Rule, ...] = (
    *(
        rule
        for name, neutral, absorbing in (("and", _TT, _FF), ("or", _FF, _TT))
        for rule in (
            Rule(term(name, _A, neutral), _A, "The neutral element of a connective."),
            Rule(term(name, _A, absorbing), absorbing, "The absorbing element of a connective."),
            Rule(term(name, _A, term("not", _A)), absorbing, "A region and its complement."),
        )
    ),
    Rule(term("not", _TT), _FF, _NOWHERE),
    Rule(term("not", _FF), _TT, _EVERYWHERE),
    Rule(term("bconstant", Literal(True)), _TT, _EVERYWHERE),
    Rule(term("bconstant", Literal(False)), _FF, _NOWHERE),
    Rule(term("near", _TT), _TT, _EVERYWHERE),
    Rule(term("near", _FF), _FF, _NOWHERE),
    Rule(term("interior", _TT), _TT, _EVERYWHERE),
    Rule(term("interior", _FF), _FF, _NOWHERE),
    Rule(term("through", _FF, _B), _FF, _NOWHERE),
    Rule(term("through", _A, _FF), _FF, _NOWHERE),
    Rule(term("volume", _FF), Literal(0.0), "The empty region has no voxels."),
    Rule(term("mask", _V, _TT), _V, _EVERYWHERE),
    Rule(term("mask", _V, _FF), term("constant", Literal(0.0)), _NOWHERE),
    Rule(term("select", _TT, _V, _W), _V, _EVERYWHERE),
    Rule(term("select", _FF, _V, _W), _W, _NOWHERE),
    Rule(term("select", _A, _V, _V), _V, "Either choice is the same."),
    Rule(
        term("select", term("not", _A), _V, _W), term("select", _A, _W, _V), "One complement less."
    ),
    Rule(term("select", _A, _V, term("constant", _ZERO)), term("mask", _V, _A), _ONE_NUMBER),
    Rule(term("+", _V, _CONSTANT), term("+.", _V, _N), _ONE_NUMBER),
    Rule(term("-", _V, _CONSTANT), term("-.", _V, _N), _ONE_NUMBER),
    Rule(term("-", _CONSTANT, _V), term(".-", _N, _V), _ONE_NUMBER),
    Rule(term("*", _V, _CONSTANT), term("*.", _V, _N), _ONE_NUMBER),
    Rule(term("/", _V, _CONSTANT), term("/.", _V, _N), _ONE_NUMBER),
    Rule(term("/", _CONSTANT, _V), term("./", _N, _V), _ONE_NUMBER),
    Rule(term("-.", _V, _ZERO), _V, _NOTHING_CHANGES),
    Rule(term("*.", _V, _ONE), _V, _NOTHING_CHANGES),
    Rule(term("/.", _V, _ONE), _V, _NOTHING_CHANGES),
    Rule(term("abs", term("abs", _V)), term("abs", _V), "No value has a sign any more."),
)


# Distances that are only compared, however it is written, are bounded

_MASKED = "In the region the values are compared, outside of it 0."
_COMMON = "What both have in common is taken out of the brackets."


def _equal() -> Iterator[Rule]:
    """Equal is at least and at most; strict comparisons built with it stay one comparison."""
    for of, values in (("dt", _DT), ("pdt", _PDT)):
        least, most = (term(f"{of}At{name}", _N, _A) for name in ("Least", "Most"))
        equal = term("and", least, most)
        yield Rule(term(".=", _N, values), equal, _BOUNDED)
        for once, strict in ((least, "Above"), (most, "Below")):
            bounded = term(f"{of}{strict}", _N, _A)
            yield Rule(term("and", once, term("not", equal)), bounded, _STRICT)
            yield Rule(term(f"value{strict}", _N, values), bounded, _BOUNDED)


def _masked() -> Iterator[Rule]:
    """Comparisons of `dt` in a region, with a number as written: what 0 compares is known."""
    comparisons: tuple[tuple[str, str, Callable[[float], bool]], ...] = (
        (".<=", "dtAtLeast", lambda n: n <= 0),
        (".>=", "dtAtMost", lambda n: n >= 0),
        ("valueAbove", "dtAbove", lambda n: n < 0),
        ("valueBelow", "dtBelow", lambda n: n > 0),
    )
    masked = term("mask", _DT, _B)
    for name, bounded, holds in comparisons:
        with_zero, without = _known(holds)
        inside = term(bounded, with_zero, _A)
        yield Rule(term(name, with_zero, masked), term("or", inside, term("not", _B)), _MASKED)
        inside = term(bounded, without, _A)
        yield Rule(term(name, without, masked), term("and", inside, _B), _MASKED)
    zero, other = _known(lambda n: n == 0)
    for number in (zero, other):
        equal = term("and", term("dtAtLeast", number, _A), term("dtAtMost", number, _A))
        right = term("or", equal, term("not", _B)) if number is zero else term("and", equal, _B)
        yield Rule(term(".=", number, masked), right, _MASKED)
    low, high = (KnownNumber(name, lambda number: True) for name in "nm")
    halves = term("and", term(".<=", low, masked), term(".>=", high, masked))
    yield Rule(term("between", low, high, masked), halves, _MASKED)


def _known(holds: Callable[[float], bool]) -> tuple[KnownNumber, KnownNumber]:
    """Numbers for which it holds, rounded as images are compared, and all others."""
    return (
        KnownNumber("n", lambda number: holds(as_float32(number))),
        KnownNumber("n", lambda number: not holds(as_float32(number))),
    )


def _differences() -> Iterator[Rule]:
    """One region less another, both of the same part: as strict comparisons are built."""
    inner = term("and", _A, term("not", _C))
    yield Rule(
        term("and", term("and", _A, _B), term("not", term("and", _B, _C))),
        term("and", inner, _B),
        _COMMON,
    )
    yield Rule(
        term("and", term("or", _A, _B), term("not", term("or", _B, _C))),
        term("and", inner, term("not", _B)),
        _COMMON,
    )
    for part, other in ((_B, term("not", _B)), (term("not", _B), _B)):
        yield Rule(
            term("and", term("or", _A, part), term("not", term("and", other, _C))),
            term("or", inner, part),
            _COMMON,
        )


DISTANCE_RULES: tuple[Rule, ...] = (*_equal(), *_masked(), *_differences())


def _comparison(name: str, of: str, values: Pattern, compared: Pattern) -> tuple[Rule, ...]:
    """One non-strict comparison of some values, and the strict one that is built with it.

    The other halves, `nan` in them, stay as they are: that a number is not at most another does not
    make it greater.
    """
    strict = {"Least": "Above", "Most": "Below"}[name]
    once = term(f"{of}At{name}", _N, compared)
    return (
        Rule(term({"Least": ".<=", "Most": ".>="}[name], _N, values), once, _BOUNDED),
        Rule(
            term("and", once, term("not", term(".=", _N, values))),
            term(f"{of}{strict}", _N, compared),
            _STRICT,
        ),
    )


# Metrics of two regions share what they have in common

_PAIRED = "What metrics of two regions have in common is found once, however many are asked for."


def _metrics() -> Iterator[Rule]:
    """Each metric by way of its basis, for every number of arguments that it takes."""
    for metric in METRICS:
        *of_each, joined = metric.basis.operations
        regions: list[Pattern] = [_A, _B]
        for operation in of_each:
            regions = [term(operation, region) for region in regions]
        own, numbers = (
            [Var(p.name, p.type) for p in of] for of in (metric.own, metric.basis.numbers)
        )
        defaults = [Literal(float(p.default or 0)) for p in metric.basis.numbers]
        for count in range(len(numbers) + 1):
            given = numbers[:count]
            basis = term(joined, *regions, *given, *defaults[count:])
            left = term(metric.name, _A, _B, *own, *given)
            yield Rule(left, term(metric.of_basis, basis, *own), _PAIRED)


_REGION = Var("r", REGION)
_SUMMARY = term("summaryOf", _V, _REGION)


def _statistic(name: str) -> Pattern:
    """One of the numbers of a summary."""
    return term("statisticOf", _SUMMARY, Literal(float(STATISTICS.index(name))))


_RANKED_VALUES = term("rankedOf", _V, _REGION)
_SHARE = KnownNumber("q", lambda share: 0 <= share <= 1)
STATISTIC_RULES: tuple[Rule, ...] = (
    *(
        Rule(term(name, _V, _REGION), _statistic(statistic), _SUMMED_UP)
        for name, statistic in (
            ("sum", "sum"),
            ("stdev", "deviation"),
            ("min", "least"),
            ("max", "greatest"),
        )
    ),
    Rule(term("median", _V, _REGION), term("medianOf", _RANKED_VALUES), _COUNTED),
    Rule(
        term("quantile", _V, _REGION, _SHARE), term("quantileOf", _RANKED_VALUES, _SHARE), _COUNTED
    ),
)
# For a mean of what is summed up anyway.
MEAN_RULE = Rule(term("avg", _V, _REGION), _statistic("mean"), _SUMMED_UP)


RULES: tuple[Rule, ...] = (
    *CONSTANT_RULES,
    *_metrics(),
    *STATISTIC_RULES,
    Rule(term("not", term("not", _A)), _A, "Complement is its own inverse."),
    Rule(term("and", _A, _A), _A, "Intersection is idempotent."),
    Rule(term("or", _A, _A), _A, "Union is idempotent."),
    Rule(term("and", _A, term("or", _A, _B)), _A, "Absorption."),
    Rule(term("or", _A, term("and", _A, _B)), _A, "Absorption."),
    Rule(
        term("and", term("not", _A), term("not", _B)),
        term("not", term("or", _A, _B)),
        "De Morgan: one complement less.",
    ),
    Rule(
        term("or", term("not", _A), term("not", _B)),
        term("not", term("and", _A, _B)),
        "De Morgan: one complement less.",
    ),
    Rule(
        term("not", term("near", term("not", _A))),
        term("interior", _A),
        "Interior is the dual of closure.",
    ),
    Rule(
        term("not", term("interior", term("not", _A))),
        term("near", _A),
        "Closure is the dual of interior.",
    ),
    Rule(term("mask", term("mask", _V, _A), _A), term("mask", _V, _A), "Masking is idempotent."),
    Rule(term("through", _B, _A), term("reachedIn", _B, _COMPONENTS), _SHARED),
    Rule(term("lcc", _A), term("numbersOf", _COMPONENTS), _SHARED),
    Rule(term("maxvol", _A), term("largestOf", _COMPONENTS), _SHARED),
    Rule(term("count_components", _A), term("countOf", _COMPONENTS), _SHARED),
    Rule(term("components", _A), term("bySize", _COMPONENTS), _SHARED),
    Rule(
        term("volume", term("componentAt", _S, _N)),
        term("voxelsOf", _S, _N),
        "How many voxels a component has is known before it is an image.",
    ),
    *_comparison("Least", "dt", _DT, _A),
    *_comparison("Most", "dt", _DT, _A),
    *_comparison("Least", "pdt", _PDT, _A),
    *_comparison("Most", "pdt", _PDT, _A),
    Rule(
        term("and", term(".<=", _N, _V), term("not", term(".=", _N, _V))),
        term("valueAbove", _N, _V),
        _STRICT,
    ),
    Rule(
        term("and", term(".>=", _N, _V), term("not", term(".=", _N, _V))),
        term("valueBelow", _N, _V),
        _STRICT,
    ),
    Rule(
        term("between", _N, _M, _DT),
        term("and", term("dtAtLeast", _N, _A), term("dtAtMost", _M, _A)),
        _BOUNDED,
    ),
    Rule(
        term("between", _N, _M, _PDT),
        term("and", term("pdtAtLeast", _N, _A), term("pdtAtMost", _M, _A)),
        _BOUNDED,
    ),
    *DISTANCE_RULES,
    Rule(term("theNumber", _N, _A), _N, "The first of the two is the number."),
    Rule(term("theNumber", _A, _N), _N, "The second of the two is the number."),
    Rule(term("theRegion", _N, _A), _A, "The second of the two is the region."),
    Rule(term("theRegion", _A, _N), _A, "The first of the two is the region."),
)

_POSITIVE = term("mask", _DT, term("valueAbove", Literal(0.0), _DT))
_AT_HAND = "Where the distance is at hand, or used often, comparing it costs less."
_COMPARISONS = (
    ("AtLeast", ".<="),
    ("AtMost", ".>="),
    ("Above", "valueAbove"),
    ("Below", "valueBelow"),
)

# Back from distances that are bounded to those that are not, for regions where these cost less.
UNBOUNDED: Mapping[str, Rule] = {
    f"{of}{name}": Rule(term(f"{of}{name}", _N, _A), term(compared, _N, values), _AT_HAND)
    for of, values in (("dt", _DT), ("pdt", _POSITIVE))
    for name, compared in _COMPARISONS
}


# A threshold of an image becomes a threshold of its ranks

_R = Var("r", REGION)
# Other corrections may give a greater value a lesser rank.
_CORRECTION = KnownNumber("c", lambda correction: 0 <= correction <= 1)
# Outside the region the rank is −1, of nan it is 0: neither passes where numbers do.
_ABOVE_0 = KnownNumber("n", lambda number: as_float32(number) > 0)
_FROM_0 = KnownNumber("n", lambda number: as_float32(number) >= 0)
_RANKED = "Ranks grow with the values: from some value on, they pass."


def _thresholds() -> Iterator[Rule]:
    for name, number, found, complement in (
        (".<=", _ABOVE_0, "percentileAtLeast", False),
        ("valueAbove", _FROM_0, "percentileAbove", False),
        (".>=", _FROM_0, "percentileAbove", True),
        ("valueBelow", _ABOVE_0, "percentileAtLeast", True),
    ):
        least = term(found, number, _V, _R, _CORRECTION)
        passing = term("and", _R, term(".<=", least, _V))
        yield Rule(
            term(name, number, term("percentiles", _V, _R, _CORRECTION)),
            term("not", passing) if complement else passing,
            _RANKED,
        )


# For ranks of which a threshold is asked, and nothing else.
RANK_RULES: tuple[Rule, ...] = tuple(_thresholds())


def most_thresholds(voxels: int) -> int:
    """Of so many thresholds each is found for itself: for more, an image of ranks costs less.

    Two of a large image cost as much where values are whole numbers, and up to a third where they
    are sorted; of a small one, a quarter more. Measured by `python -m benchmarks sizes`.
    """
    return 2 if voxels >= 1 << 20 else 1
