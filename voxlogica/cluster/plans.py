"""Plans as messages have them: in columns, as they are kept.

Ids are computed again where they can be, and compared; only that of an operation that gives what
another one gives in another way comes along. Places in the program are not there: see `place_of`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from voxlogica.cluster.constants import Opened, PackedConstants, UnpackedConstants
from voxlogica.cluster.declared import operator_of, packed_operator, packed_type, type_of
from voxlogica.cluster.messages import (
    Packing,
    TravelError,
    Unpacking,
    damage,
    packed_texts,
    read,
    read_all,
    read_count,
    read_list,
    texts_of,
)
from voxlogica.dataclass import dataclass, field
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage
from voxlogica.images.reading import ImageFile
from voxlogica.language.formulas import HeldValue
from voxlogica.language.operations import Constant, GridOf, Kind, Place
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
# How a goal saves.
_LABELS, _COLOUR, _DONE = 1, 2, 4


@dataclass(slots=True)
class _Tables:
    """What the operations of a plan share, by numbers."""

    plan: WorkPlan
    constants: PackedConstants
    operators: dict[Operator, int] = field(default_factory=dict)
    types: dict[Type, int] = field(default_factory=dict)
    spaces: dict[tuple[str, int | bytes], int] = field(default_factory=dict)
    kinds: dict[tuple[Any, ...], int] = field(default_factory=dict)
    # Of each kind, its operator, how many arguments, type and space; and the constants.
    rows: list[list[Any]] = field(default_factory=list)
    # The numbers of kinds that operations share.
    _known: dict[int, int] = field(default_factory=dict)

    def kind(self, position: int, arity: int) -> int:
        """The number of an operation's kind. Equal ones have one number, held values one each."""
        kind = self.plan.kinds[position]
        number = self._known.get(id(kind))
        if number is not None:
            return number
        operator = self.operators.setdefault(kind.operator, len(self.operators))
        of = self.types.setdefault(kind.form.type, len(self.types))
        form = of, self._space(kind, position)
        is_alone = form[1] == _OWN or kind.operator is HELD
        key = operator, arity, form, kind.tail, position if is_alone else None
        number = self.kinds.setdefault(key, len(self.kinds))
        if number == len(self.rows):
            constants = map(self.constants.packed, kind.constants)
            self.rows.append([operator, arity, *form, *constants])
        if not is_alone:
            self._known[id(kind)] = number
        return number

    def _space(self, kind: Kind, position: int) -> int:
        space, plan = kind.space, self.plan
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
    tables = _Tables(plan, PackedConstants(packing))
    numbers: list[int] = []
    # Each argument by how far back it is, or, below 0, how far from the first operation, whichever
    # is nearer: most take one byte.
    places: list[int] = []
    kept: list[int] = []
    ids, kinds = plan.ids, plan.kinds
    for position, identity in enumerate(ids):
        arguments = plan.arguments(position)
        numbers.append(tables.kind(position, len(arguments)))
        for argument in arguments:
            back = position - argument
            places.append(back if back <= argument else ~argument)
        if plan.identity(kinds[position], arguments) != identity:
            kept.append(position)
    return [
        [packed_operator(operator) for operator in tables.operators],
        [packed_type(of) for of in tables.types],
        [list(space) for space in tables.spaces],
        tables.constants.tables(),
        tables.rows,
        numbers,
        places,
        kept,
        b"".join([ids[position] for position in kept]),
        hashlib.sha256(b"".join(ids)).digest(),
        *_packed_goals(plan.goals),
    ]


def _packed_goals(goals: Sequence[Goal]) -> list[list[Any]]:
    """Of each goal, its operation and, if it saves, how, and its number; and the paths of files."""
    rows: list[list[int]] = []
    paths: list[str] = []
    for goal in goals:
        match goal:
            case Ask():
                rows.append([goal.node])
            case Save():
                how = _LABELS * goal.labels | _COLOUR * goal.colour | _DONE * goal.is_done
                rows.append([goal.node, how, goal.number])
                paths.append(goal.path)
            case _:
                raise TypeError(f"the goal of a `{goal.word}` cannot travel: it is the client's")
    return [rows, packed_texts(paths)]


def _goals(rows: object, texts: object, count: int) -> Iterator[Goal]:
    """The goals that are packed so, of a plan of so many operations."""
    paths = texts_of(texts)
    saves = 0
    for row in read_list(rows):
        node, *saving = read_all(row, int)
        if node not in range(count):
            raise ValueError("a goal that is not there")
        if not saving:
            yield Ask(node, place_of(node))
            continue
        how, number = map(read_count, saving)
        if how >= 2 * _DONE:
            raise ValueError("no way to save")
        labels, colour, is_done = (bool(how & one) for one in (_LABELS, _COLOUR, _DONE))
        path, saves = paths[saves], saves + 1
        yield Save(path, node, place_of(-saves), labels, colour, number, is_done)
    if saves < len(paths):
        raise ValueError("more files than goals")


def plan_of(content: object, unpacking: Unpacking, opened: Opened) -> WorkPlan:
    """The plan that is packed so, its places as `place_of`. TravelError where there is none."""
    with damage("errand"):
        operators, types, spaces, tables, rows, *columns = read_list(content, 12)
        constants = UnpackedConstants.of(tables, unpacking)
    constants.open(opened)
    with damage("errand"):
        return _Rebuilding(
            [operator_of(one) for one in read_list(operators)],
            [type_of(one) for one in read_list(types)],
            read_list(spaces),
            constants,
            read_list(rows),
        ).plan_of(*columns)


@dataclass(slots=True)
class _Rebuilding:
    """A plan that is made of its columns."""

    operators: list[Operator]
    types: list[Type]
    spaces: list[Any]
    constants: UnpackedConstants
    rows: list[Any]
    plan: WorkPlan = field(default_factory=WorkPlan)
    # Those that were met, with their number of arguments.
    kinds: list[tuple[Kind, int, bool]] = field(default_factory=list)
    _spaces: dict[int, Geometry | GridOf] = field(default_factory=dict)

    def plan_of(
        self,
        numbers: object,
        distances: object,
        kept: object,
        identities: object,
        digest: object,
        goals: object,
        paths: object,
    ) -> WorkPlan:
        """The plan. ValueError where the columns are of none."""
        plan, places = self.plan, read_all(distances, int)
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
            arguments = tuple([position - n if n >= 0 else ~n for n in places[at : at + arity]])
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
        if at != len(places):
            raise ValueError("more arguments than operations take")
        if hashlib.sha256(b"".join(plan.ids)).digest() != digest:
            raise TravelError(
                "the operations of an errand have other ids at a worker than at the client",
                "client and workers have to have one version of voxlogica: install the same on all",
            )
        plan.goals += _goals(goals, paths, len(plan))
        return plan

    def _kind(self, number: int) -> tuple[Kind, int, bool]:
        """A kind, how many arguments it takes, and whether its results have their own grid."""
        kinds = self.kinds
        if number == len(kinds):
            which, arity, of, place, *packed = read_list(self.rows[number])
            operator = self.operators[read_count(which)]
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


# What those of these have to have for their one constant.
_ONE_CONSTANT: Mapping[Operator, tuple[type, ...]] = {
    LOAD: (ImageFile, GivenImage),
    HELD: (HeldValue,),
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
