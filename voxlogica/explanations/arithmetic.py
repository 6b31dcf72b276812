"""Arithmetic at a voxel: the numbers that go in, and the one that comes out."""

from __future__ import annotations

from functools import partial
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, told
from voxlogica.explanations.context import Context, Descend, Explained, Explainer
from voxlogica.explanations.logic import Chosen


@dataclass(frozen=True, slots=True)
class Computed(Claim):
    """What an operation on numbers gives: `operands` by the `operator`, in float32."""

    operator: str
    operands: tuple[Any, ...]
    value: Any
    texts: tuple[str, ...]

    kind = "arithmetic"

    def sentence(self) -> str:
        """The sum, as on paper."""
        numbers = [*map(told, self.operands)]
        if self.operator.isidentifier():
            done = f"{self.operator}({', '.join(numbers)})"
        elif len(numbers) == 1:
            done = f"{self.operator}{numbers[0]}"
        else:
            done = f" {self.operator} ".join(f"({n})" if n[0] == "-" else n for n in numbers)
        return f"{done} = {told(self.value)}."


def _computed(operator: str, context: Context) -> Explained:
    numbers = tuple(context.at(argument) for argument in context.arguments)
    texts = tuple(argument.text for argument in context.arguments)
    claim = Computed(operator, numbers, context.own, texts)
    return Explained(claim, tuple(Descend(a) for a in context.arguments))


def _masked(context: Context) -> Explained:
    values, region = context.arguments
    inside = bool(context.at(region))
    claim = Chosen(context.own, region.text, inside, values.text if inside else "0")
    if inside:
        return Explained(claim, (Descend(values), Descend(region)))
    return Explained(claim, (Descend(region),), (Descend(values),))


EXPLAINERS: dict[str, Explainer] = {
    **{
        name: partial(_computed, sign)
        for sign in "+-*/"
        for name in (sign, f"{sign}.", f".{sign}", f".{sign}.")
    },
    **{
        name: partial(_computed, name)
        for name in [
            "abs",
            "sqrt",
            "exp",
            "log",
            "pow",
            "round",
            "floor",
            "ceil",
            "min",
            "max",
            "divZ",
        ]
    },
    "mask": _masked,
}
