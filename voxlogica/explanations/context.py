"""What an explainer has to go by: an expression, its arguments, and what they are at a voxel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim
from voxlogica.explanations.marks import Mark, Voxel
from voxlogica.images.geometry import Geometry
from voxlogica.language.terms import Term


class Argument(NamedTuple):
    """What an operator is applied to: how the user calls it, and which operation it is.

    `text` is short: a name, or the expression. The `position` is None of sequences and functions.
    """

    text: str
    position: int | None
    term: Term

    @property
    def is_name(self) -> bool:
        """Whether it is called by a name."""
        return bool(self.term.name)


class Descend(NamedTuple):
    """An argument to be explained, at the voxel, or at another one."""

    argument: Argument
    voxel: Voxel | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """What an explainer has to say: the claim, what decided, what did not, what to point at."""

    claim: Claim
    because: tuple[Descend, ...] = ()
    folded: tuple[Descend, ...] = ()
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """One expression at one voxel.

    `operator` is what it applies, `arguments` what to; `constants` are those of its operation. The
    voxel is `(x, y)` or `(x, y, z)`, arrays are `(y, x)` or `(z, y, x)`. What the expression's own
    value is there, is `own`. `is_image` says of an argument whether it has a value a voxel, `size`
    how many operations it is made of, `source` which file or name a loaded one is of. What costs
    time and holds for other voxels too is made `once`, by a key.
    """

    operator: str
    text: str
    position: int
    arguments: tuple[Argument, ...]
    voxel: Voxel
    geometry: Geometry
    own: Any
    _value: Callable[[int], Any]
    _at: Callable[[int, Voxel], Any]
    _applied: Callable[[str, Sequence[int]], int]
    _within: Callable[[Argument], Context | None]
    is_image: Callable[[Argument], bool]
    size: Callable[[Argument], int]
    source: Callable[[Argument], str]
    once: Callable[[Any, Callable[[], Any]], Any]
    constants: tuple[Any, ...] = ()

    def value(self, argument: Argument | int) -> Any:
        """The whole result, computed by the engine and held: an array, a number, a list.

        Of an argument, or of the operation at a position.
        """
        return self._value(_position(argument))

    def at(self, argument: Argument | int, voxel: Voxel | None = None) -> Any:
        """The result at the voxel, or at another; what is no image is the same everywhere."""
        return self._at(_position(argument), voxel or self.voxel)

    def applied(self, name: str, *arguments: Argument | int) -> int:
        """An operation that the expression does not have: an operator applied to some of its own.

        As in `context.value(context.applied("dt", context.arguments[0]))`.
        """
        return self._applied(name, [_position(argument) for argument in arguments])

    def within(self, argument: Argument) -> Context | None:
        """The context of what an argument is, names looked through; None of what applies nothing.

        For who looks two steps deep, as at a comparison of ranks.
        """
        return self._within(argument)


def _position(argument: Argument | int) -> int:
    position = argument if isinstance(argument, int) else argument.position
    assert position is not None
    return position


Explainer = Callable[[Context], Explained]
