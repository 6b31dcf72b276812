"""Rules that make a threshold of an image of a threshold of its ranks."""

from __future__ import annotations

from collections.abc import Iterator

from voxlogica.language.patterns import Known, Rule, Var, as_float32, term
from voxlogica.primitives.signature import REGION, VALUATION

_V, _R = Var("v", VALUATION), Var("r", REGION)
# Other corrections may give a greater value a lesser rank.
_C = Known("c", lambda correction: 0 <= correction <= 1)
# Outside the region the rank is −1, of nan it is 0: neither passes where numbers do.
_POSITIVE = Known("n", lambda number: as_float32(number) > 0)
_NOT_NEGATIVE = Known("n", lambda number: as_float32(number) >= 0)
_RANKED = "Ranks grow with the values: from some value on, they pass."


def _thresholds() -> Iterator[Rule]:
    for name, number, found, complement in (
        (".<=", _POSITIVE, "percentileAtLeast", False),
        ("valueAbove", _NOT_NEGATIVE, "percentileAbove", False),
        (".>=", _NOT_NEGATIVE, "percentileAbove", True),
        ("valueBelow", _POSITIVE, "percentileAtLeast", True),
    ):
        least = term(found, number, _V, _R, _C)
        passing = term("and", _R, term(".<=", least, _V))
        yield Rule(
            term(name, number, term("percentiles", _V, _R, _C)),
            term("not", passing) if complement else passing,
            _RANKED,
        )


# For ranks of which no more thresholds are asked, and nothing else: two cost as much as an image of
# ranks where values are whole numbers, and up to a third where they are sorted. For more of whole
# numbers, an image of ranks costs less. Measured by `python -m benchmarks sizes`.
MOST_THRESHOLDS = 2
RANK_RULES: tuple[Rule, ...] = tuple(_thresholds())
