"""What an explainer has to go by: an expression, its arguments, and what they are at a voxel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim
from voxlogica.explanations.marks import Mark, Voxel
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage
from voxlogica.language.operations import Place
from voxlogica.language.terms import Term

if TYPE_CHECKING:
    from voxlogica.explanations.explainer import Tree

# So many operations of an argument are counted.
_COUNTED = 10_000


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
    """One expression at one voxel, of a tree that grows.

    `operator` is what it applies, `arguments` what to, `position` its operation, which stands at a
    `place`. The voxel is `(x, y)` or `(x, y, z)`, arrays are `(y, x)` or `(z, y, x)`. What the
    expression's own value is there, is `own`.
    """

    operator: str
    position: int
    arguments: tuple[Argument, ...]
    voxel: Voxel
    own: Any
    place: Place
    tree: Tree

    @property
    def geometry(self) -> Geometry:
        """The grid that it is looked at on."""
        return self.tree.geometry

    def value(self, argument: Argument | int) -> Any:
        """The whole result, computed by the engine and held: an array, a number, a list.

        Of an argument, or of the operation at a position.
        """
        return self.tree.results.value(_position(argument))

    def at(self, argument: Argument | int, voxel: Voxel | None = None) -> Any:
        """The result at the voxel, or at another; what is no image is the same everywhere."""
        return self.tree.results.at(_position(argument), voxel or self.voxel)

    def applied(self, name: str, *arguments: Argument | int) -> int:
        """An operation that the expression does not have: an operator applied to some of its own.

        As in `context.value(context.applied("dt", context.arguments[0]))`.
        """
        positions = [_position(argument) for argument in arguments]
        return self.tree.explainer.applied(name, positions, self.place)

    def within(self, argument: Argument) -> Context | None:
        """The context of what an argument is, names looked through; None of what applies nothing.

        For who looks two steps deep, as at a comparison of ranks.
        """
        return self.tree.within(argument.term, self.voxel)

    def is_image(self, argument: Argument) -> bool:
        """Whether an argument has a value a voxel."""
        return self.tree.is_image(argument.position)

    def size(self, argument: Argument) -> int:
        """How many operations an argument is made of, up to so many."""
        waiting = [_position(argument)]
        found = {*waiting}
        while waiting and len(found) < _COUNTED:
            new = {*self.tree.plan.arguments(waiting.pop())} - found
            found |= new
            waiting += new
        return len(found)

    def source(self, argument: Argument) -> str:
        """Which file or name a loaded image is of."""
        constants = self.tree.plan.kinds[_position(argument)].constants
        return file_of(constants[0]) if constants else argument.text

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What costs time and holds for other voxels too, by a key; made now, if it never was."""
        made = self.tree.explainer.made
        if key not in made:
            made[key] = make()
        return made[key]


def file_of(loaded: Any) -> str:
    """The path of a file that was loaded; empty, for what a program in Python has given."""
    return "" if isinstance(loaded, GivenImage) else str(loaded.path)


def _position(argument: Argument | int) -> int:
    position = argument if isinstance(argument, int) else argument.position
    assert position is not None
    return position


Explainer = Callable[[Context], Explained]
