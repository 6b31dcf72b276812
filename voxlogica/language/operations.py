"""Operations as a plan has them: what one does (its kind), on what, and where in the program.

What an operation has beside its arguments, its constants, is encoded here: that is part of its id.
"""

from __future__ import annotations

import math
import struct
from functools import lru_cache
from typing import Any, NamedTuple, Protocol

from voxlogica.dataclass import dataclass
from voxlogica.images.geometry import Geometry
from voxlogica.operators.signature import Operator, Type
from voxlogica.syntax.ast import Expression
from voxlogica.syntax.source import Span


class CanonicalValue(Protocol):
    """A constant that knows its own canonical encoding: a geometry, a file's content."""

    @property
    def tag(self) -> bytes:
        """What tells constants of its class from others, in one byte."""
        ...

    def canonical(self) -> bytes:
        """Equal exactly for equal values, in every run and machine."""
        ...


Constant = float | bool | str | CanonicalValue


def encoded(constant: Constant) -> tuple[bytes, bytes]:
    """The tag and the content of a constant, the same in every run and machine."""
    if isinstance(constant, bool):
        return b"b", b"\x01" if constant else b"\x00"
    if isinstance(constant, float):
        return b"n", struct.pack("<d", math.nan if math.isnan(constant) else constant)
    if isinstance(constant, str):
        return b"s", constant.encode("utf-8", "surrogatepass")
    return constant.tag, constant.canonical()


@dataclass(frozen=True, slots=True)
class ThisRun:
    """What makes an operation that rests on the outside one of this run alone.

    `run` is of one planning of a program, `order` the number of goals before it, and what tells
    apart those among them: of several effects on one file, the last in the program counts.
    """

    tag = b"O"

    run: str
    order: tuple[int, int]

    def canonical(self) -> bytes:
        """Equal for nothing in another run."""
        return f"{self.run} {self.order[0]} {self.order[1]}".encode()

    def __str__(self) -> str:
        return "this run"


@dataclass(frozen=True, slots=True)
class GridOf:
    """The grid of an operation's result, which is known only when the program runs.

    `operation` is the id that the operation had when it was planned.
    """

    operation: bytes

    def __str__(self) -> str:
        return "known when it runs"


class Round(NamedTuple):
    """Which round of a loop it is, of how many, and the kind of operation that its element is."""

    number: int
    of: int
    element: Kind | None


class Frame(NamedTuple):
    """A call of a declared function: what an operation's place is seen through.

    `arguments` are the values that the call passes for the function's `parameters`: operations,
    and what only reduction knows, sequences and functions. A `round` of a loop is a call of its
    body, which has no name.
    """

    function: str
    parameters: tuple[str, ...]
    call: Expression
    arguments: tuple[Any, ...]
    caller: Frame | None
    round: Round | None = None

    @property
    def span(self) -> Span:
        """Where the call stands."""
        return self.call.span


class Place(NamedTuple):
    """Where an operation stands in the program, and through which calls it came to be there."""

    span: Span
    frame: Frame | None = None


class WrittenBool(NamedTuple):
    """A bool as the program has it; whether its arguments are known to be in that order."""

    place: Place
    arguments: tuple[int, ...]
    in_order: bool


class Node(NamedTuple):
    """One operation. `space` is the grid an image result lies on, None for anything space-less.

    The constants of a space-less operator are drawn on the grid among its constants, or, where that
    is known only when the program runs, on the grid of its last argument, which is there for that.
    """

    operator: Operator
    arguments: tuple[int, ...]
    constants: tuple[Constant, ...]
    type: Type
    space: Geometry | GridOf | None


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What the result of an operation is, as far as is known before it is there."""

    type: Type
    space: Geometry | GridOf | None
    is_image: bool


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """What an operation does, whatever it is applied to: most operations of a plan share theirs.

    `head` and `tail` are what comes before and after the arguments' ids in the encoding that the
    operation's own id is the digest of.
    """

    operator: Operator
    constants: tuple[Constant, ...]
    form: Form
    head: bytes
    tail: bytes

    @staticmethod
    def of(operator: Operator, arity: int, constants: tuple[Constant, ...], form: Form) -> Kind:
        """The kind of operations with so many arguments."""
        tail = b"".join(
            [
                struct.pack("<cI", tag, len(content)) + content
                for tag, content in map(encoded, constants)
            ]
        )
        return Kind(operator, constants, form, _head(operator, arity), tail)

    @property
    def type(self) -> Type:
        """The type of the result."""
        return self.form.type

    @property
    def space(self) -> Geometry | GridOf | None:
        """The grid an image result lies on, None for anything space-less."""
        return self.form.space

    @property
    def voxels(self) -> int | None:
        """How many voxels an image result has; None for anything else, and where it isn't known."""
        space = self.form.space
        return space.voxels if isinstance(space, Geometry) else None

    @property
    def is_image(self) -> bool:
        """Whether the result lies on a grid, or will when it is given one."""
        return self.form.is_image


@lru_cache(maxsize=1024)
def _head(operator: Operator, arity: int) -> bytes:
    """Most operations of a plan are literals, each of a kind of its own."""
    name = (operator.formerly or operator.name).encode()
    return struct.pack("<III", len(name), operator.revision, arity) + name
