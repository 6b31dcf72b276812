"""`and`, `or`, `not` and what is made of them: which side decided."""

from __future__ import annotations

from functools import partial
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, told
from voxlogica.explanations.context import Context, Descend, Explained, Explainer

# Of so many that decide, the first are explained.
_EXPLAINED = 3


@dataclass(frozen=True, slots=True)
class Joined(Claim):
    """Regions joined by `and` or `or`: what each is at the voxel, and which decided.

    In a conjunction that is out, those that are out decided; in a disjunction that is in, those
    that are in; otherwise all. `decided` are numbers of `sides`, counted from 0.
    """

    by: str
    value: bool
    sides: tuple[tuple[str, bool], ...]
    decided: tuple[int, ...]

    kind = "joined"

    def sentence(self) -> str:
        """Which side decided."""
        texts = [self.sides[number][0] for number in self.decided]
        count = len(self.sides)
        if self.value == (self.by == "and"):
            if count == 2:
                return "In both." if self.value else "In neither."
            return f"In all {count}." if self.value else f"In none of {count}."
        named = ", ".join(texts[:_EXPLAINED])
        more = f", and {len(texts) - _EXPLAINED} more" if len(texts) > _EXPLAINED else ""
        decides = "which decides" if len(texts) == 1 else "each of which decides"
        return f"{'In' if self.value else 'Not in'} {named}{more}, {decides}."


@dataclass(frozen=True, slots=True)
class Negated(Claim):
    """A complement: in where its argument is out."""

    value: bool
    argument: str

    kind = "not"

    def sentence(self) -> str:
        """What the argument is."""
        return f"{told(self.value).capitalize()}, as {self.argument} is {told(not self.value)}."


@dataclass(frozen=True, slots=True)
class Without(Claim):
    """A set difference: in where the first is in, and the second is not."""

    value: bool
    first: tuple[str, bool]
    second: tuple[str, bool]

    kind = "without"

    def sentence(self) -> str:
        """Which of the two decided."""
        if self.value:
            return f"In {self.first[0]}, and not in {self.second[0]}."
        if not self.first[1]:
            return f"Not in {self.first[0]}, which decides."
        return f"In {self.second[0]}, which is taken away."


@dataclass(frozen=True, slots=True)
class Differing(Claim):
    """A symmetric difference: in where just one of two is in."""

    value: bool
    sides: tuple[tuple[str, bool], ...]

    kind = "xor"

    def sentence(self) -> str:
        """What both are."""
        (a, one), (b, other) = self.sides
        if self.value:
            return f"In {a if one else b} only."
        return f"{'In both' if one and other else 'In neither'}: they do not differ here."


@dataclass(frozen=True, slots=True)
class Chosen(Claim):
    """A choice between two, by a region or a truth value."""

    value: Any
    by: str
    condition: bool
    chosen: str

    kind = "chosen"

    def sentence(self) -> str:
        """Which of the two it is, and why."""
        return f"Here it is {self.chosen}, as {self.by} is {str(self.condition).lower()}."


@dataclass(frozen=True, slots=True)
class Constant(Claim):
    """The same at every voxel."""

    value: Any

    kind = "constant"

    def sentence(self) -> str:
        """That it is so everywhere."""
        return f"{told(self.value).capitalize()} everywhere."


@dataclass(frozen=True, slots=True)
class OnBorder(Claim):
    """Whether a voxel is on the border of the image, and how many voxels from it."""

    value: bool
    size: tuple[int, ...]
    away: int

    kind = "border"

    def sentence(self) -> str:
        """Where the border is."""
        if self.value:
            return "On the border of the image."
        return f"{self.away} from the border of the image, counted in voxels along an axis."


def joined(context: Context, by: str) -> Explained:
    """Regions joined by `and` or `or`, two or more."""
    sides = [(a, bool(context.at(a))) for a in context.arguments]
    value = bool(context.own)
    # What is not as a conjunction wants, or as a disjunction wants, decides alone.
    decisive = by == "or"
    alone = [n for n, (_, side) in enumerate(sides) if side is decisive]
    decided = alone if value is decisive else [*range(len(sides))]
    claim = Joined(by, value, tuple((a.text, side) for a, side in sides), tuple(decided))
    explained = decided[:_EXPLAINED]
    if value is decisive:
        # Each decides alone: what is made of the least says it best.
        explained = [min(decided, key=lambda n: context.size(sides[n][0]))]
    return Explained(
        claim,
        tuple(Descend(sides[n][0]) for n in explained),
        tuple(Descend(a) for n, (a, _) in enumerate(sides) if n not in explained),
    )


def _not(context: Context) -> Explained:
    (argument,) = context.arguments
    return Explained(Negated(bool(context.own), argument.text), (Descend(argument),))


def _without(context: Context) -> Explained:
    a, b = context.arguments
    first, second = bool(context.at(a)), bool(context.at(b))
    claim = Without(bool(context.own), (a.text, first), (b.text, second))
    if claim.value:
        return Explained(claim, (Descend(a), Descend(b)))
    decided, other = (b, a) if first else (a, b)
    return Explained(claim, (Descend(decided),), (Descend(other),))


def _xor(context: Context) -> Explained:
    sides = tuple((a.text, bool(context.at(a))) for a in context.arguments)
    return Explained(
        Differing(bool(context.own), sides), tuple(Descend(a) for a in context.arguments)
    )


def _choice(context: Context, *, where: bool) -> Explained:
    """The second argument where the first is so, the third elsewhere."""
    by, one, two = context.arguments
    condition = bool(context.at(by))
    chosen, other = (one, two) if condition is where else (two, one)
    claim = Chosen(context.own, by.text, condition, chosen.text)
    return Explained(claim, (Descend(chosen), Descend(by)), (Descend(other),))


def _constant(context: Context) -> Explained:
    return Explained(Constant(context.own), (), tuple(Descend(a) for a in context.arguments))


def _border(context: Context) -> Explained:
    size = context.geometry.size
    away = min(min(at, n - 1 - at) for at, n in zip(context.voxel, size, strict=True))
    return Explained(OnBorder(bool(context.own), size, away))


EXPLAINERS: dict[str, Explainer] = {
    "and": partial(joined, by="and"),
    "&": partial(joined, by="and"),
    "or": partial(joined, by="or"),
    "|": partial(joined, by="or"),
    "not": _not,
    "!": _not,
    "\\": _without,
    "xor": _xor,
    "ifB": partial(_choice, where=True),
    "ifN": partial(_choice, where=True),
    "select": partial(_choice, where=True),
    "overlayB": partial(_choice, where=False),
    "tt": _constant,
    "ff": _constant,
    "bconstant": _constant,
    "constant": _constant,
    "border": _border,
}
