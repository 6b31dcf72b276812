"""The workplan: a hash-consed graph of operations, finished before anything runs.

A node is an operator, the positions of its arguments and its constants. Its id is SHA-256 over a
canonical encoding of exactly these and the operator's version, so equal expressions are one node
however they were written, and ids mean the same in every run, process and machine.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from voxlogica.dataclass import dataclass, field
from voxlogica.images.geometry import Geometry
from voxlogica.language.operations import (
    Constant,
    Form,
    Frame,
    GridOf,
    Kind,
    Node,
    Place,
    WrittenBool,
)
from voxlogica.operators.signature import BOOL, Operator, Type
from voxlogica.syntax.source import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Print:
    """`print "label" e`: the goal of showing a value.

    Its label has its variables replaced; it is `written` with them, and with the library that has
    it, where another case may have another library there.
    """

    word = "print"
    label: str
    node: int
    span: Span
    written: str = ""


@dataclass(frozen=True, slots=True)
class Save:
    """`save "file" e`: the goal of writing an image. `path` has its variables replaced.

    An image of `labels` holds whole numbers by its making, the components of a `colour` red, green
    and blue. `number` is how many goals of the program come before it. One that `is_done` was
    reached while the program was still being reduced.
    """

    word = "save"
    path: str
    node: int
    span: Span
    labels: bool = False
    colour: bool = False
    number: int = 0
    is_done: bool = False

    @property
    def place(self) -> Path:
        """Where the file is to be."""
        return Path(self.path).absolute()


class AssertPart(NamedTuple):
    """A truth value that an assertion consists of.

    What joins others, or compares, has the `operator`, and the numbers of its arguments among what
    the assertion asks for, in the order of the text; another has none. The second argument of what
    a fold joins is the `element` of that number of a sequence. Which side a compared value stood on
    is not known where it is not `in_order`.
    """

    operator: str
    arguments: tuple[int, ...]
    place: Place
    element: int | None = None
    in_order: bool = True


@dataclass(frozen=True, slots=True)
class Assert:
    """`assert "label" e`: the goal of knowing whether something is true.

    To tell why it is not, it asks for what it consists of: the values of its `parts`, itself the
    first of them, and then those that they compare. How it is `written` is as in `Print`.
    """

    word = "assert"
    label: str
    node: int
    span: Span
    parts: tuple[AssertPart, ...] = ()
    asked: tuple[int, ...] = ()
    written: str = ""


@dataclass(frozen=True, slots=True)
class Show:
    """An expression by itself, in a session: the goal of having its value.

    `label` says which element of a sequence it is, and is empty otherwise; so are the `indices`.
    Whether an image is of `labels`, or of a `colour`, is as in `Save`.
    """

    word = "show"
    label: str
    node: int
    span: Span
    indices: tuple[int, ...] = ()
    labels: bool = False
    colour: bool = False


@dataclass(frozen=True, slots=True)
class Ask:
    """The goal of knowing a value: while the program is planned, or to judge a doubt by it."""

    word, label = "ask", ""
    node: int
    span: Span


Goal = Print | Save | Assert | Show | Ask


@dataclass(slots=True)
class WorkPlan:
    """Operations in an order in which each follows its arguments, and the goals to reach.

    An operation is known by its position within this plan, by its id everywhere else. Plans may
    have millions, so they are kept in columns: some 200 bytes each, places included. `nodes` and
    `places` show them as objects, made when they are looked at; who goes over all operations reads
    `kinds`, `arguments` and `ids`.
    """

    goals: list[Goal] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list, repr=False)
    ids: list[bytes] = field(default_factory=list, repr=False)
    _spans: list[Span] = field(default_factory=list, repr=False)
    _frames: list[Frame | None] = field(default_factory=list, repr=False)
    # The arguments of all operations, one after the other, and where those of each begin.
    _arguments: array[int] = field(default_factory=lambda: array("i"), repr=False)
    _begins: array[int] = field(default_factory=lambda: array("i", [0]), repr=False)
    _position: dict[bytes, int] = field(default_factory=dict, repr=False)
    # Forms by type and identity of the space, and kinds without constants. Forms keep their
    # spaces, so an identity stays that of one space.
    _forms: dict[tuple[Type, int], Form] = field(default_factory=dict, repr=False)
    _kinds: dict[tuple[Operator, int, Form], Kind] = field(default_factory=dict, repr=False)
    # Of bools, where they stood last and whether the arguments were sorted then, if not as above;
    # None where that differs, as between the elements of a loop.
    _written: dict[int, tuple[Span, Frame | None, bool | None]] = field(
        default_factory=dict, repr=False
    )
    # Whether parts of loops have been computed already, and are no longer there.
    is_cut: bool = False

    def add(
        self,
        operator: Operator,
        arguments: tuple[int, ...],
        constants: tuple[Constant, ...],
        space: Geometry | GridOf | None,
        place: Place,
        result: Type | None = None,
        identity: bytes | None = None,
    ) -> int:
        """The position of the operation, which is new only if none of its id is in the plan.

        `identity` is given where it is not for the operation itself to say: where it gives what
        another operation, of that id, gives in another way.
        """
        result = result or operator.result
        kind = self.kind(operator, len(arguments), constants, space, result)
        if space is None and operator.own_grid and result.is_image:
            identity = identity or self.identity(kind, arguments)
            known = self._position.get(identity)
            if known is not None:
                return known
            kind = self.kind(operator, len(arguments), constants, GridOf(identity), result)
        return self.add_of(kind, arguments, place.span, place.frame, identity)

    def kind(
        self,
        operator: Operator,
        arity: int,
        constants: tuple[Constant, ...],
        space: Geometry | GridOf | None,
        result: Type,
    ) -> Kind:
        """The kind of such operations with `arity` arguments; without constants, always the same.

        Results of one type on one space have one form.
        """
        form = self._forms.get((result, id(space)))
        if form is None:
            form = self._forms[result, id(space)] = Form(result, space, result.is_image)
        if constants:
            return Kind.of(operator, arity, constants, form)
        kind = self._kinds.get((operator, arity, form))
        if kind is None:
            kind = self._kinds[operator, arity, form] = Kind.of(operator, arity, (), form)
        return kind

    def add_of(
        self,
        kind: Kind,
        arguments: tuple[int, ...],
        span: Span,
        frame: Frame | None,
        identity: bytes | None = None,
    ) -> int:
        """As `add`, for a kind that is at hand: another operation's, of this plan or another."""
        ids = self.ids
        is_turned: bool | None = False
        if kind.operator.commutative and len(arguments) == 2:
            a, b = arguments
            if ids[a] > ids[b]:
                arguments, is_turned = (b, a), True
        if identity is None:
            identity = self.identity(kind, arguments)
        end = len(ids)
        position = self._position.setdefault(identity, end)
        if position == end:
            ids.append(identity)
            self.kinds.append(kind)
            self._arguments.extend(arguments)
            self._begins.append(len(self._arguments))
            self._spans.append(span)
            self._frames.append(frame)
            if not is_turned:
                return position
        if kind.operator.result is BOOL:
            if position != end:
                before = self._written.get(position) or (self._spans[position], None, False)
                if before[0] == span and before[2] != is_turned:
                    is_turned = None
            self._written[position] = span, frame, is_turned
        return position

    def written(self, position: int) -> WrittenBool:
        """Where a bool stood last in the program, and its arguments in the order that it had there.

        Of operations that are equal, and so one, `places` knows the first.
        """
        span, frame, is_turned = self._written.get(
            position, (self._spans[position], self._frames[position], False)
        )
        arguments = self.arguments(position)
        return WrittenBool(
            Place(span, frame), arguments[::-1] if is_turned else arguments, is_turned is not None
        )

    def identity(self, kind: Kind, arguments: tuple[int, ...]) -> bytes:
        """The id of an operation of a kind, applied to operations of this plan in this order."""
        ids = self.ids
        return hashlib.sha256(
            b"".join([kind.head, *[ids[a] for a in arguments], kind.tail])
        ).digest()

    def position(self, identity: bytes) -> int:
        """Where the operation with this id is. Raises KeyError where it is not in the plan."""
        return self._position[identity]

    def take(self, plan: WorkPlan, position: int, arguments: tuple[int, ...]) -> int:
        """An operation of another plan, applied to operations of this one.

        Where these are what it is applied to there, its id is the same, however it came by it.
        """
        ids, theirs = self.ids, plan.ids
        same = [ids[a] for a in arguments] == [theirs[a] for a in plan.arguments(position)]
        return self.add_of(
            plan.kinds[position],
            arguments,
            plan._spans[position],
            plan._frames[position],
            theirs[position] if same else None,
        )

    def arguments(self, position: int) -> tuple[int, ...]:
        """The positions of an operation's arguments; `position` is not negative."""
        begins = self._begins
        return tuple(self._arguments[begins[position] : begins[position + 1]])

    @property
    def nodes(self) -> _Shown[Node]:
        """The operations themselves."""
        return _Shown(self.ids, self._node)

    @property
    def places(self) -> _Shown[Place]:
        """Where each operation stands."""
        return _Shown(self.ids, self._place)

    def size(self) -> tuple[int, ...]:
        """How much there is in the plan, goals not counted, for `forget`."""
        return len(self), len(self._forms), len(self._kinds)

    def forget(self, size: tuple[int, ...]) -> None:
        """Be as at that size; no goal may need an operation that was added since."""
        length, forms, kinds = size
        for identity in self.ids[length:]:
            self._written.pop(self._position.pop(identity), None)
        for column in (self.kinds, self.ids, self._spans, self._frames):
            del column[length:]
        del self._begins[length + 1 :]
        del self._arguments[self._begins[-1] :]
        # Those of grids that were known by an operation.
        cut(self._forms, forms)
        cut(self._kinds, kinds)

    def needed(self) -> Sequence[int]:
        """The operations that some goal needs, each after its arguments."""
        wanted = bytearray(len(self))
        for goal in self.goals:
            wanted[goal.node] = 1
        arguments, begins = self._arguments, self._begins
        found = array("i")
        # A plan may be long, and little of it needed: what is not is skipped in one go.
        position = wanted.rfind(1)
        while position >= 0:
            found.append(position)
            for argument in arguments[begins[position] : begins[position + 1]]:
                wanted[argument] = 1
            position = wanted.rfind(1, 0, position)
        found.reverse()
        return found

    def has_same_operations(self, other: WorkPlan) -> bool:
        """Whether the goals of both need the same operations, in the same order."""
        ids, others = ([plan.ids[n] for n in plan.needed()] for plan in (self, other))
        return ids == others

    def __len__(self) -> int:
        return len(self.ids)

    def _node(self, position: int) -> Node:
        kind = self.kinds[position]
        return Node(kind.operator, self.arguments(position), kind.constants, kind.type, kind.space)

    def _place(self, position: int) -> Place:
        return Place(self._spans[position], self._frames[position])


def each_after(
    wanted: Iterable[T], needed: Callable[[T], Iterable[T]], known: Container[T]
) -> Iterator[T]:
    """What is wanted, and what that needs, as far as it is not known: each after what it needs.

    Whoever asks makes each known before the next one.
    """
    waiting = [*wanted]
    while waiting:
        current = waiting[-1]
        if current in known:
            waiting.pop()
        elif missing := [one for one in needed(current) if one not in known]:
            waiting += missing
        else:
            yield current


def cut(table: dict[Any, Any], size: int) -> None:
    """Let go of what was added to a table last, until it is of this size."""
    while len(table) > size:
        table.popitem()


@dataclass(frozen=True, slots=True, eq=False)
class _Shown(Generic[T]):
    """What is made of each operation, when it is looked at."""

    ids: Sequence[bytes]
    at: Callable[[int], T]

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, index: int) -> T:
        return self.at(range(len(self.ids))[index])

    def __iter__(self) -> Iterator[T]:
        return map(self.at, range(len(self.ids)))
