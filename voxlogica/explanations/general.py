"""What can be said of any expression: what a name stands for, calls, elements, files, values."""

from __future__ import annotations

from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, told
from voxlogica.explanations.context import Argument, Context, Descend, Explained

# Of so many arguments the first ones are told of, and explained.
_TOLD = 8


@dataclass(frozen=True, slots=True)
class Given(Claim):
    """What an operator gives for what its arguments are at the voxel, and what its manual says.

    `arguments` are texts and values: None stands for what has no value at a voxel.
    """

    value: Any
    manual: str
    arguments: tuple[tuple[str, Any], ...]

    kind = "given"

    def sentence(self) -> str:
        """The manual's sentence, and the arguments' values."""
        known = [
            f"{text} is {told(v)}"
            for text, v in self.arguments
            if v is not None and told(v) != text
        ]
        more = f", and {len(known) - _TOLD} more" if len(known) > _TOLD else ""
        here = f"Here {', '.join(known[:_TOLD])}{more}." if known else ""
        return f"{self.manual} {here}".strip()


@dataclass(frozen=True, slots=True)
class Called(Claim):
    """A call of a function of the program: its parameters, and what the call passes for each.

    In a loop it is a round, counted from 1, of so many. A value is None where there is none at a
    voxel.
    """

    function: str
    arguments: tuple[tuple[str, str, Any], ...]
    round: int | None
    of: int | None

    kind = "call"

    def sentence(self) -> str:
        """The call's arguments, and which round it is."""
        passed = [
            name if value is None and text == name else f"{name} = {_passed(text, value)}"
            for name, text, value in self.arguments
        ]
        of = f"`{self.function}` with " if self.function else ""
        if self.round is not None:
            return f"Round {self.round} of {self.of}: {of}{', '.join(passed)}."
        return f"{of or 'With '}{', '.join(passed)}." if passed else f"`{self.function}`."


@dataclass(frozen=True, slots=True)
class Element(Claim):
    """An element of a sequence: its number, counted from 0, of so many."""

    number: int
    of: int

    kind = "element"

    def sentence(self) -> str:
        """Which element it is."""
        return f"Element {self.number} of {self.of}."


@dataclass(frozen=True, slots=True)
class Read(Claim):
    """What an image that was loaded has at the voxel; one that was given is of no `file`."""

    file: str
    value: Any

    kind = "read"

    def sentence(self) -> str:
        """Which file has it."""
        return f"{self.file} has {told(self.value)} there." if self.file else "As it was given."


@dataclass(frozen=True, slots=True)
class Above(Claim):
    """The same expression at the same voxel was explained before, above in the tree."""

    kind = "above"

    def sentence(self) -> str:
        """That it was."""
        return "As told above."


def general(context: Context, manual: str) -> Explained:
    """Any operator: its value, its arguments there, and the sentence of its manual."""
    arguments = list({a.text: a for a in context.arguments}.values())
    values = tuple((a.text, value_at(context, a)) for a in arguments)
    return Explained(
        Given(context.own, manual, values),
        tuple(Descend(a) for a in arguments[:_TOLD] if context.is_image(a)),
        tuple(Descend(a) for a in arguments if not context.is_image(a)),
    )


def brightness(context: Context) -> Explained:
    """`intensity`: what the image has there; of a colour, its luminance."""
    (image,) = context.arguments
    of = context.at(image)
    within = context.within(image)
    if within is not None and within.operator == "load" and not isinstance(of, tuple):
        return Explained(Read(context.source(image), of))
    return general(context, "The brightness of a colour, its luminance." * isinstance(of, tuple))


def value_at(context: Context, argument: Argument) -> Any:
    """What an argument is at the voxel, where that is a number, a truth value, a text, a colour."""
    return None if argument.position is None else of_voxel(context.at(argument))


def of_voxel(value: Any) -> Any:
    """A value that is told of at a voxel; None of what is more."""
    return value if isinstance(value, bool | int | float | str | tuple) else None


def _passed(text: str, value: Any) -> str:
    """What a call passes, and what that is there."""
    if value is None or told(value) == text:
        return text
    return f"{text} ({told(value)})"
