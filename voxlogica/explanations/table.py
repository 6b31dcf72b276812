"""Which explainer explains which operator: one table, made of those of the families."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from voxlogica.explanations.context import Explainer

# Each has a table of its own, `EXPLAINERS`, from names of operators and of library functions.
_FAMILIES = (
    "logic",
    "comparisons",
    "arithmetic",
    "ranks",
    "general",
    "neighbours",
    "distances",
    "balls",
    "components",
    "reaching",
    "textures",
)


@cache
def table() -> Mapping[str, Explainer]:
    """All explainers, by the name that a program calls the operator or library function by.

    What an operator is declared as comes first: `not` and `!` are two rows.
    """
    found: dict[str, Explainer] = {}
    for family in _FAMILIES:
        found |= import_module(f"voxlogica.explanations.{family}").EXPLAINERS
    return found
