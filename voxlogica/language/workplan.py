"""The workplan: a hash-consed graph of operations, finished before anything runs.

A node is an operator, the positions of its arguments and its constants. Its id is SHA-256 over a
canonical encoding of exactly these and the operator's version, so equal expressions are one node
however they were written, and ids mean the same in every run, process and machine.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, runtime_checkable

from voxlogica.images.geometry import Geometry
from voxlogica.primitives.signature import Operator, Type
from voxlogica.syntax.ast import Expression
from voxlogica.syntax.source import Span


@runtime_checkable
class CanonicalValue(Protocol):
    """A constant that knows its own canonical encoding: a geometry, a file's content."""

    def canonical(self) -> bytes:
        """Equal exactly for equal values, in every run and machine."""
        ...


Constant = float | bool | str | CanonicalValue


@dataclass(frozen=True, slots=True)
class Occasion:
    """What makes an operation that rests on the outside one of this run alone.

    `run` is of one planning of a program, `order` the number of goals before it, and what tells
    apart those among them: of several effects on one file, the last in the program counts.
    """

    run: str
    order: tuple[int, int]

    def canonical(self) -> bytes:
        """Equal for nothing in another run."""
        return f"{self.run} {self.order[0]} {self.order[1]}".encode()

    def __str__(self) -> str:
        return "this run"


@dataclass(frozen=True, slots=True)
class Donor:
    """The grid of an operation's result, which is known only when the program runs.

    `operation` is the id that the operation had when it was planned.
    """

    operation: bytes

    def __str__(self) -> str:
        return "known when it runs"


class Frame(NamedTuple):
    """A call of a declared function: what an operation's place is seen through.

    `arguments` are the values that the call passes for the function's `parameters`: operations,
    and what only reduction knows, sequences and functions.
    """

    function: str
    parameters: tuple[str, ...]
    call: Expression
    arguments: tuple[Any, ...]
    caller: Frame | None

    @property
    def span(self) -> Span:
        """Where the call stands."""
        return self.call.span


class Place(NamedTuple):
    """Where an operation stands in the program, and through which calls it came to be there."""

    span: Span
    frame: Frame | None = None


class Node(NamedTuple):
    """One operation. `space` is the grid an image result lies on, None for anything space-less.

    The constants of a space-less operator are drawn on the grid among its constants, or, where that
    is known only when the program runs, on the grid of its last argument, which is there for that.
    """

    operator: Operator
    arguments: tuple[int, ...]
    constants: tuple[Constant, ...]
    type: Type
    space: Geometry | Donor | None

    @property
    def voxels(self) -> int | None:
        """How many voxels an image result has; None for anything else, and where it isn't known."""
        return self.space.voxels if isinstance(self.space, Geometry) else None


@dataclass(frozen=True, slots=True)
class Print:
    """`print "label" e`: the goal of showing a value."""

    label: str
    node: int
    span: Span


@dataclass(frozen=True, slots=True)
class Save:
    """`save "file" e`: the goal of writing an image. `path` has its variables replaced."""

    path: str
    node: int
    span: Span


Goal = Print | Save


@dataclass(slots=True)
class WorkPlan:
    """Operations in an order in which each follows its arguments, and the goals to reach.

    `nodes`, `ids` and `places` run in parallel: an operation is known by its position in them
    within this plan, by its id everywhere else.
    """

    nodes: list[Node] = field(default_factory=list)
    ids: list[bytes] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    _position: dict[bytes, int] = field(default_factory=dict, repr=False)

    def add(
        self,
        operator: Operator,
        arguments: tuple[int, ...],
        constants: tuple[Constant, ...],
        space: Geometry | Donor | None,
        place: Place,
        result: Type | None = None,
        identity: bytes | None = None,
    ) -> int:
        """The position of the operation, which is new only if no equal one is in the plan.

        `identity` is given where it is not for the operation itself to say: where it gives what
        another operation, of that id, gives in another way.
        """
        if operator.commutative and len(arguments) == 2:
            a, b = arguments
            if self.ids[a] > self.ids[b]:
                arguments = (b, a)
        if identity is None:
            identity = _identity(operator, [self.ids[a] for a in arguments], constants)
        position = self._position.get(identity)
        if position is None:
            position = len(self.nodes)
            self._position[identity] = position
            if space is None and operator.own_grid and (result or operator.result).is_image:
                space = Donor(identity)
            self.nodes.append(
                Node(operator, arguments, constants, result or operator.result, space)
            )
            self.ids.append(identity)
            self.places.append(place)
        return position

    def position(self, identity: bytes) -> int:
        """Where the operation with this id is. Raises KeyError where it is not in the plan."""
        return self._position[identity]

    def needed(self) -> list[int]:
        """The operations that some goal needs, each after its arguments."""
        wanted = bytearray(len(self.nodes))
        for goal in self.goals:
            wanted[goal.node] = 1
        for position in range(len(self.nodes) - 1, -1, -1):
            if wanted[position]:
                for argument in self.nodes[position].arguments:
                    wanted[argument] = 1
        return [position for position, mark in enumerate(wanted) if mark]

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Node]:
        return iter(self.nodes)


def _identity(
    operator: Operator, arguments: Sequence[bytes], constants: Iterable[Constant]
) -> bytes:
    name = operator.name.encode()
    parts = [struct.pack("<III", len(name), operator.version, len(arguments)), name, *arguments]
    for constant in constants:
        tag, encoded = _encoding(constant)
        parts.append(struct.pack("<cI", tag, len(encoded)))
        parts.append(encoded)
    return hashlib.sha256(b"".join(parts)).digest()


def _encoding(constant: Constant) -> tuple[bytes, bytes]:
    if isinstance(constant, bool):
        return b"b", b"\x01" if constant else b"\x00"
    if isinstance(constant, float):
        return b"n", struct.pack("<d", math.nan if math.isnan(constant) else constant)
    if isinstance(constant, str):
        return b"s", constant.encode("utf-8", "surrogatepass")
    return type(constant).__name__[:1].encode(), constant.canonical()
