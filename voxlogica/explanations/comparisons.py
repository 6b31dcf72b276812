"""Comparisons: the value, the number, by how much, and what it would take to change."""

from __future__ import annotations

from functools import partial

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, bound, digits_apart, told
from voxlogica.explanations.context import Argument, Context, Descend, Explained, Explainer
from voxlogica.explanations.places import brightness_at
from voxlogica.explanations.ranks import OUTSIDE, brightness_of_rank

# Where the value satisfies a comparison, what number changes that; and where it does not.
CHANGES = {
    ">": ("at least", "below"),
    ">=": ("above", "at most"),
    "<": ("at most", "above"),
    "<=": ("below", "at least"),
    "==": ("anything but", "exactly"),
    "!=": ("exactly", "anything but"),
}
_WORDS = {
    ">": ("more than", "not more than"),
    ">=": ("at least", "less than"),
    "<": ("less than", "not less than"),
    "<=": ("at most", "more than"),
    "==": ("just", "not just"),
    "!=": ("not", "just"),
}


@dataclass(frozen=True, slots=True)
class Compared(Claim):
    """A value held against a number, or against another image's value.

    In where `value` `sign` `number` holds, both float32 (a number that was written is rounded to
    it); `by` is how far they are apart. It changes where the number is `change` the value: in
    `at least`, `below` … . Where the value is a rank among the voxels of a region, `bright` is the
    value there that begins to satisfy the comparison, None where none does, and the text of what is
    ranked.
    """

    sign: str
    value: float
    number: float
    holds: bool
    by: float
    change: str
    texts: tuple[str, str]
    bright: tuple[str, float | None] | None = None

    kind = "comparison"

    def sentence(self) -> str:
        """Which value, which number, by how much, and what would change it."""
        what, number = self.texts
        if self.value != self.value:
            return f"{what} is nan here, which compares with nothing."
        if self.bright is not None and self.value == OUTSIDE:
            return f"{what} is −1 here, outside of what is ranked."
        digits = digits_apart(self.value, self.number)
        value, against = told(self.value, digits), told(self.number, digits)
        limit = bound(self.change, self.value, digits)
        is_named = number != told(self.number)
        words = _WORDS[self.sign][0 if self.holds else 1]
        apart = f", by {told(self.by)}" if self.by else ""
        said = f"{what} is {value}, {words} {number if is_named else against}"
        said += f", which is {against}" if is_named else ""
        turned = "out" if self.holds else "in"
        it = f"`{number}`" if number.isidentifier() else "a threshold"
        said += f"{apart}. It would be {turned} with {it} {self.change} {limit}."
        if self.bright is None:
            return said
        ranked, least = self.bright
        up = self.sign in (">", ">=")
        if least is None:
            return f"{said} In this image no voxel is so {'bright' if up else 'dark'}."
        bounds = f"from {bound('at least', least)} on" if up else f"up to {bound('at most', least)}"
        return f"{said} In this image, {ranked} {bounds} satisfies it."


@dataclass(frozen=True, slots=True)
class Between(Claim):
    """A value held against two numbers, which count as between."""

    value: float
    low: float
    high: float
    holds: bool
    text: str

    kind = "between"

    def sentence(self) -> str:
        """Where the value is, of the two numbers."""
        said = f"{self.text} is {told(self.value)}, "
        if self.holds:
            return f"{said}between {told(self.low)} and {told(self.high)}."
        if self.value < self.low:
            return f"{said}less than {told(self.low)}, by {told(self.low - self.value)}."
        if self.value > self.high:
            return f"{said}more than {told(self.high)}, by {told(self.value - self.high)}."
        return f"{said}not between {told(self.low)} and {told(self.high)}."


def compared(context: Context, *, first: int, sign: str) -> Explained:
    """An image, the argument of this number, held against a number or another image."""
    value, number = context.arguments[first], context.arguments[1 - first]
    here, other = brightness_at(context, value), brightness_at(context, number)
    holds = bool(context.own)
    claim = Compared(
        sign,
        here,
        other,
        holds,
        abs(here - other),
        CHANGES[sign][0 if holds else 1],
        (value.text, number.text),
        brightness_of_rank(context, sign, value, other),
    )
    return Explained(claim, (Descend(value),), (Descend(number),))


def held_against_number(context: Context) -> tuple[str, Argument, Argument] | None:
    """The sign, image and number of a comparison by order; None of what is none of these."""
    first, sign = _HELD.get(context.operator, (0, "=="))
    if sign == "==":
        return None
    values, number = context.arguments[first], context.arguments[1 - first]
    if not context.is_image(values) or number.position is None or context.is_image(number):
        return None
    return sign, values, number


def _different(context: Context) -> Explained:
    """`a != 4`, `4 != a`, `a != b`: the image is held against the number."""
    is_number = isinstance(context.value(context.arguments[0]), bool | int | float)
    return compared(context, first=int(is_number), sign="!=")


def _between(context: Context) -> Explained:
    low, high, values = context.arguments
    bounds = float(context.value(low)), float(context.value(high))
    value = float(context.at(values))
    claim = Between(value, *bounds, bool(context.own), values.text)
    return Explained(claim, (Descend(values),), (Descend(low), Descend(high)))


# Which argument has the values, and how these are held against the other.
_HELD = {
    **{name: (0, sign) for sign in ("<", "<=", ">", ">=") for name in (sign, f"{sign}.")},
    **{"==": (0, "=="), "=.": (0, "=="), ".=": (1, "==")},
    # `n .< v` has the value on the right.
    **{".<": (1, ">"), ".<=": (1, ">="), ".>": (1, "<"), ".>=": (1, "<=")},
    **{"valueAbove": (1, ">"), "valueBelow": (1, "<")},
}

EXPLAINERS: dict[str, Explainer] = {
    **{name: partial(compared, first=first, sign=sign) for name, (first, sign) in _HELD.items()},
    "!=": _different,
    "between": _between,
}
