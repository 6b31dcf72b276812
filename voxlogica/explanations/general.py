"""What can be said of any expression: what a name stands for, calls, elements, files, values."""

from __future__ import annotations

from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, told
from voxlogica.explanations.context import Context, Descend, Explained


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
        known = [f"{text} is {told(v)}" for text, v in self.arguments if v is not None]
        here = f" Here {', '.join(known)}." if known else ""
        return f"{self.manual}{here}"


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
    """What an image that was loaded, or given, has at the voxel."""

    file: str
    value: Any

    kind = "read"

    def sentence(self) -> str:
        """Which file has it."""
        return f"{self.file} has {told(self.value)} there."


def general(context: Context, manual: str) -> Explained:
    """Any operator: its value, its arguments there, and the sentence of its manual."""
    values = tuple((a.text, _at(context, a)) for a in context.arguments)
    return Explained(
        Given(context.own, manual, values),
        because=tuple(Descend(a) for a in context.arguments if a.position is not None),
    )


def _at(context: Context, argument: Any) -> Any:
    """What an argument is at the voxel, where that is a number or truth value."""
    if argument.position is None:
        return None
    value = context.at(argument)
    return value if isinstance(value, bool | int | float | str | tuple) else None


def _passed(text: str, value: Any) -> str:
    """What a call passes, and what that is there."""
    if value is None or told(value) == text:
        return text
    return f"{text} ({told(value)})"
