"""Plans as messages have them: in columns, as they are kept.

Ids are computed again where they can be, and compared; only that of an operation that gives what
another one gives in another way comes along. Places in the program are not there: see `place_of`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from voxlogica.cluster.constants import Opened, PackedConstants, UnpackedConstants
from voxlogica.cluster.declared import operator_of, packed_operator, packed_type, type_of
from voxlogica.cluster.messages import (
    Packing,
    TravelError,
    Unpacking,
    damage,
    read,
    read_count,
    read_list,
)
from voxlogica.dataclass import dataclass, field
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage
from voxlogica.images.reading import ImageFile
from voxlogica.language.constants import Constant, GridOf
from voxlogica.language.formulas import Held
from voxlogica.language.operations import Kind, Place
from voxlogica.language.workplan import Ask, Goal, Save, WorkPlan
from voxlogica.operators.literals import HELD, LOAD
from voxlogica.operators.signature import Operator, Type
from voxlogica.operators.voxelwise import CHAINED, Chain
from voxlogica.syntax.source import Source, Span

# At a worker there is no text: a place says which operation is there, or which goal.
_NO_TEXT = Source("", "")


def place_of(position: int) -> Span:
    """The place at a worker of an operation of this position; of the n-th to be saved, of -1-n."""
    return Span(_NO_TEXT, position, position)


# The spaces of results that need no table: none, and the grid that the operation itself has.
_NONE, _OWN, _TABLE = range(3)


@dataclass(slots=True)
class _Tables:
    """What the operations of a plan share, by their numbers."""

    constants: PackedConstants
    operators: dict[Operator, int] = field(default_factory=dict)
    types: dict[Type, int] = field(default_factory=dict)
    spaces: dict[tuple[str, int | bytes], int] = field(default_factory=dict)
    kinds: dict[tuple[Any, ...], int] = field(default_factory=dict)
    # Of each kind, its operator, how many arguments, type and space; and the constants.
    rows: list[list[int]] = field(default_factory=list)
    packed: list[list[Any]] = field(default_factory=list)

    def kind(self, plan: WorkPlan, position: int, arity: int) -> int:
        """The number of an operation's kind. Equal ones have one number, held values one each."""
        kind = plan.kinds[position]
        operator = self.operators.setdefault(kind.operator, len(self.operators))
        of = self.types.setdefault(kind.type, len(self.types))
        space = self._space(plan, position, kind)
        own = position if kind.operator is HELD or space == _OWN else -1
        known = operator, arity, of, space, kind.tail, own
        number = self.kinds.setdefault(known, len(self.kinds))
        if number == len(self.rows):
            self.rows.append([operator, arity, of, space])
            self.packed.append([self.constants.packed(one) for one in kind.constants])
        return number

    def _space(self, plan: WorkPlan, position: int, kind: Kind) -> int:
        space = kind.space
        if space is None:
            return _NONE
        if isinstance(space, Geometry):
            key: tuple[str, int | bytes] = "g", self.constants.packing.geometry(space)
        elif space.operation == plan.ids[position] and kind.operator.own_grid and kind.is_image:
            return _OWN
        else:
            key = _grid(plan, space.operation, position)
        return _TABLE + self.spaces.setdefault(key, len(self.spaces))


def _grid(plan: WorkPlan, operation: bytes, position: int) -> tuple[str, int | bytes]:
    """An operation that has a grid: where it is, if that is before a position, else its id."""
    try:
        found = plan.position(operation)
    except KeyError:  # it was planned, and then rewritten as another
        return "i", operation
    return ("o", found) if found < position else ("i", operation)


def packed_plan(plan: WorkPlan, packing: Packing) -> list[Any]:
    """A plan whose goals are to be known or saved. TypeError where something of it cannot travel.

    ImageFileError where memory that was lent has changed.
    """
    tables = _Tables(PackedConstants(packing))
    numbers: list[int] = []
    back: list[int] = []
    kept: list[int] = []
    ids = plan.ids
    for position in range(len(plan)):
        arguments = plan.arguments(position)
        numbers.append(tables.kind(plan, position, len(arguments)))
        back += [position - argument for argument in arguments]
        if plan.identity(plan.kinds[position], arguments) != ids[position]:
            kept.append(position)
    return [
        [packed_operator(operator) for operator in tables.operators],
        [packed_type(of) for of in tables.types],
        [list(space) for space in tables.spaces],
        tables.constants.tables(),
        [number for row in tables.rows for number in row],
        tables.packed,
        numbers,
        back,
        kept,
        b"".join([ids[position] for position in kept]),
        hashlib.sha256(b"".join(ids)).digest(),
        [_packed_goal(goal) for goal in plan.goals],
    ]


def _packed_goal(goal: Goal) -> list[Any]:
    match goal:
        case Ask():
            return [goal.node]
        case Save():
            return [goal.node, goal.path, goal.labels, goal.colour, goal.number, goal.is_done]
    raise TypeError(f"the goal of a `{goal.word}` cannot travel: it is the client's")


def plan_of(content: object, unpacking: Unpacking, opened: Opened) -> WorkPlan:
    """The plan that is packed so, its places as `place_of`. TravelError where there is none."""
    with damage("errand"):
        parts = read_list(content, 12)
        constants = UnpackedConstants.of(parts[3], unpacking)
    constants.open(opened)
    with damage("errand"):
        rebuilding = _Rebuilding(
            [operator_of(one) for one in read_list(parts[0])],
            [type_of(one) for one in read_list(parts[1])],
            read_list(parts[2]),
            constants,
            read_list(parts[4]),
            read_list(parts[5]),
        )
        return rebuilding.plan_of(*parts[6:])


@dataclass(slots=True)
class _Rebuilding:
    """A plan that is made of its columns."""

    operators: list[Operator]
    types: list[Type]
    spaces: list[Any]
    constants: UnpackedConstants
    rows: list[Any]
    packed: list[Any]
    plan: WorkPlan = field(default_factory=WorkPlan)
    # Those that were met, with their number of arguments.
    kinds: list[tuple[Kind, int, bool]] = field(default_factory=list)
    _spaces: dict[int, Geometry | GridOf] = field(default_factory=dict)
    _saves: int = 0

    def plan_of(
        self,
        numbers: object,
        back: object,
        kept: object,
        identities: object,
        digest: object,
        goals: object,
    ) -> WorkPlan:
        """The plan. ValueError where the columns are of none."""
        plan, distances = self.plan, read_list(back)
        own = read(identities, bytes)
        known = {
            read_count(position): own[32 * i : 32 * i + 32]
            for i, position in enumerate(read_list(kept))
        }
        if len(own) != 32 * len(known):
            raise ValueError("ids of another number")
        at = 0
        for position, number in enumerate(read_list(numbers)):
            kind, arity, has_own_grid = self._kind(read_count(number))
            arguments = tuple([position - read_count(d) for d in distances[at : at + arity]])
            at += arity
            if len(arguments) != arity or not all(0 <= a < position for a in arguments):
                raise ValueError("arguments that are not there")
            identity = known.get(position)
            if has_own_grid:
                of = kind.operator, arguments, kind.constants
                found = plan.add(*of, None, Place(place_of(position)), kind.type, identity)
            else:
                found = plan.add_of(kind, arguments, place_of(position), None, identity)
            if found != position:
                raise ValueError("an operation that is there twice")
        if at != len(distances):
            raise ValueError("more arguments than operations take")
        if hashlib.sha256(b"".join(plan.ids)).digest() != digest:
            raise TravelError(
                "the operations of an errand have other ids here than at the client",
                "client and workers have to have one version of voxlogica: install the same on all",
            )
        for goal in read_list(goals):
            plan.goals.append(self._goal(goal))
        return plan

    def _kind(self, number: int) -> tuple[Kind, int, bool]:
        """A kind, how many arguments it takes, and whether its results have their own grid."""
        kinds = self.kinds
        if number == len(kinds):
            operator_number, arity, of, place = self.rows[4 * number : 4 * number + 4]
            operator = self.operators[read_count(operator_number)]
            packed = read_list(self.packed[number])
            constants = tuple([self.constants.constant(one) for one in packed])
            _check(operator, read_count(arity), constants)
            result, own = self.types[read_count(of)], place == _OWN
            if own and not (operator.own_grid and result.is_image):
                raise ValueError("a grid of its own for what has none")
            space = None if place in (_NONE, _OWN) else self._space(read_count(place) - _TABLE)
            made = self.plan.kind(operator, arity, constants, space, result)
            kinds.append((made, arity, own))
        return kinds[number]

    def _space(self, number: int) -> Geometry | GridOf:
        found = self._spaces.get(number)
        if found is None:
            what, of = read_list(self.spaces[number], 2)
            if what == "g":
                found = self.constants.unpacking.geometries[read_count(of)]
            elif what == "o":
                found = GridOf(self.plan.ids[read_count(of)])
            elif what == "i":
                found = GridOf(read(of, bytes))
            else:
                raise ValueError("no grid")
            self._spaces[number] = found
        return found

    def _goal(self, packed: object) -> Goal:
        node, *save = read_list(packed)
        if read_count(node) >= len(self.plan):
            raise ValueError("a goal that is not there")
        if not save:
            return Ask(node, place_of(node))
        path, labels, colour, number, is_done = save
        self._saves += 1
        return Save(
            read(path, str),
            node,
            place_of(-self._saves),
            read(labels, bool),
            read(colour, bool),
            read_count(number),
            read(is_done, bool),
        )


# What those of these have to have for their one constant.
_ONE_CONSTANT: Mapping[Operator, tuple[type, ...]] = {
    LOAD: (ImageFile, GivenImage),
    HELD: (Held,),
    **dict.fromkeys(CHAINED.values(), (Chain,)),
}


def _check(operator: Operator, arity: int, constants: tuple[Constant, ...]) -> None:
    """Raise ValueError where the constants are not what such an operation is made of."""
    wanted = _ONE_CONSTANT.get(operator)
    if wanted is None:
        if operator.parameters and not operator.spaceless and not operator.takes_count(arity):
            raise ValueError(f"{arity} arguments of `{operator.name}`")
        return
    (constant,) = constants
    if not isinstance(constant, wanted):
        raise ValueError(f"a constant of `{operator.name}` that is none")
    if arity != (constant.arguments if isinstance(constant, Chain) else 0):
        raise ValueError(f"{arity} arguments of `{operator.name}`")
