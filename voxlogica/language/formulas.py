"""Operations that live by themselves: what expressions in Python are made of.

A formula is an operation with the operations that it is applied to, as a workplan has them, but
held by whoever refers to it, and by nothing else. Formulas become one plan when a value is asked
for. What was computed of them stays with them, and the next plan goes on from there: the ids are
those of a program that says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any
from weakref import WeakValueDictionary, ref

from voxlogica.dataclass import dataclass, replace
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage
from voxlogica.images.image import Image
from voxlogica.language import contents
from voxlogica.language.contents import Facts
from voxlogica.language.messages import users_own
from voxlogica.language.operations import Form, GridOf, Kind
from voxlogica.language.workplan import Show, WorkPlan, each_after
from voxlogica.operators.literals import ALIGN, FIT, HELD, LOAD
from voxlogica.operators.signature import REGION, Cost, Operator, Type, Voxels
from voxlogica.syntax.source import Span


@dataclass(frozen=True, slots=True, eq=False)
class HeldValue:
    """A value that was computed already, as a constant of the operation that stands for it.

    Whether it `is_colour`, where it has several numbers a voxel, is no more told by its making.
    """

    # Never looked at: such an operation has the id of what computed the value.
    tag = b"H"

    value: Any
    is_colour: bool = False

    def canonical(self) -> bytes:
        """Nothing: its operation is known otherwise."""
        return b""


class FirstImage:
    """The image that an expression rests on first, to be had again without being kept for that.

    One of a file is read again where nobody has it any more; an array is gone then.
    """

    __slots__ = ("_key", "_kind", "_span", "space")

    def __init__(self, of: Formula) -> None:
        self.space = of.space
        self._key = of.identity, of.is_lent
        self._kind: Kind | None = None
        self._span = of.span
        self.found_as(of.kind)

    def found_as(self, kind: Kind) -> None:
        """Have it read so from now on, if it is one of a file."""
        if not isinstance(kind.constants[0], GivenImage):
            self._kind = kind

    @property
    def is_of_file(self) -> bool:
        """Whether it can be read again."""
        return self._kind is not None

    def formula(self) -> Formula | None:
        """Its formula, None where it is gone."""
        known = _KNOWN.get(self._key)
        if known is None and self._kind is not None:
            known = _shared(Formula(self._key[0], self._kind, (), self._span))
        return known


class Formula:
    """An operation, what it is applied to, and, once that is computed, its value.

    `identity` is the operation's id, `kind` what it does, `span` where it was written, `scan` the
    image that it rests on. Of equal formulas there is one; but those that rest on memory that is
    lent, and may yet be found to have been changed, are apart from those that do not.

    Threads share them: another one may have the value at any time, and then let go of `arguments`.
    Who needs these takes them before looking whether the value is there.
    """

    __slots__ = (
        "__weakref__",
        "_facts",
        "arguments",
        "handle",
        "identity",
        "is_lent",
        "kind",
        "kinds",
        "scan",
        "span",
        "value",
    )

    def __init__(
        self,
        identity: bytes,
        kind: Kind,
        arguments: tuple[Formula, ...],
        span: Span,
        facts: Facts | None = None,
    ) -> None:
        self.identity = identity
        self.kind = kind
        self.arguments = arguments
        self._facts = facts
        self.span = span
        self.value: Any = None
        self.is_lent: bool = self.lends is not None or any(one.is_lent for one in arguments)
        # What the user has of it, as long as he has it.
        self.handle: ref[Any] | None = None
        self.scan: FirstImage | None = _scan(self)
        # What loads it, if that may be had from several places, the one found last first.
        self.kinds: tuple[Kind, ...] = (kind,)

    @property
    def type(self) -> Type:
        """The type of its value."""
        return self.kind.type

    @property
    def facts(self) -> Facts:
        """What its voxels hold; looked up when it is first asked for."""
        arguments = self.arguments
        facts = self._facts
        if facts is None:
            plan = WorkPlan()
            applied = tuple(put(plan, argument) for argument in arguments)
            position = plan.add_of(self.kind, applied, self.span, None, self.identity)
            facts = self._facts = contents.facts(plan, position)
        return facts

    @property
    def space(self) -> Geometry | GridOf | None:
        """The grid of an image, None where it has none yet and takes that of what it meets."""
        return self.kind.space

    @property
    def is_plain(self) -> bool:
        """Whether it is nothing to compute: what was given or read, and in another place or type.

        What is planned looks through such operations, at the file itself.
        """
        operator = self.kind.operator
        return (
            operator in (LOAD, ALIGN, FIT)
            or operator.converts
            or operator.spaceless
            or (operator.cost is Cost.NOTHING and operator.function is not HELD.function)
        )

    @property
    def lends(self) -> GivenImage | None:
        """The image whose memory is lent, if it is that of one: looked at again whenever needed."""
        (first,) = self.kind.constants[:1] or (None,)
        return first if isinstance(first, GivenImage) and first.is_lent else None

    @property
    def is_referred_to(self) -> bool:
        """Whether the user has it in hand, and may ask for it."""
        return self.handle is not None and self.handle() is not None

    def found_as(self, kind: Kind) -> None:
        """Have it loaded from another place, too: a file, or memory, of the same content."""
        if self.value is not None or kind is self.kind:
            return
        place = _place(kind)
        self.kinds = (kind, *(one for one in self.kinds if _place(one) != place))
        self.kind = kind
        if self.scan is not None:
            self.scan.found_as(kind)

    def settle(self) -> None:
        """Choose, of several places to load it from, one where it still is what it was."""
        kinds = self.kinds
        if len(kinds) > 1:
            unchanged = (kind for kind in kinds if _source(kind).is_unchanged)
            self.kind = next(unchanged, self.kind)

    def keep(self, value: Any) -> None:
        """Have the value, and let go of what it was computed from."""
        if isinstance(value, Image):
            lent = self.is_lent and any(np.may_share_memory(value.array, a) for a in _lending(self))
            value = Image(value.array.copy(), value.geometry) if lent else value
            value = value.sealed()
            if isinstance(self.space, GridOf):
                # What gave the grid may be gone: that it is this one is known now.
                form = Form(self.type, value.geometry, is_image=True)
                self.kind = replace(self.kind, form=form)
        if not self.is_plain:
            self._facts = self.facts
        # In this order: other threads may be planning with it.
        if self.value is None:
            self.value = value
        if not self.is_plain:
            self.arguments = ()

    def __reduce__(self) -> str:
        raise TypeError("a formula is of one process: pickle its value")


def _scan(made: Formula) -> FirstImage | None:
    """What a formula rests on: itself if it is loaded, or the first of its own grid."""
    if made.kind.operator is LOAD:
        return None if made.type == REGION else FirstImage(made)
    found = [argument.scan for argument in made.arguments if argument.scan is not None]
    fitting = (scan for scan in found if scan.space == made.space)
    return next(fitting, found[0] if found else None)


_KNOWN: WeakValueDictionary[tuple[bytes, bool], Formula] = WeakValueDictionary()


def _lending(formula: Formula) -> Iterator[NDArray[Any]]:
    """The arrays that are lent, of those that a formula rests on."""
    for one in below([formula]):
        if one.lends is not None:
            yield from (_source(kind).image.array for kind in one.kinds)


def _source(kind: Kind) -> Any:
    """The image that an operation loads: an ImageFile, or a GivenImage."""
    return kind.constants[0]


def _place(kind: Kind) -> object:
    """Where that image lies."""
    image = _source(kind)
    return image.image.array.ctypes.data if isinstance(image, GivenImage) else image.path


def _shared(made: Formula) -> Formula:
    """The formula that there is already, if there is one that equals one."""
    known = _KNOWN.setdefault((made.identity, made.is_lent), made)
    if made.kind.operator is LOAD:
        known.found_as(made.kind)
    return known


def loaded(file: Any, result: Type, span: Span) -> Formula:
    """The formula of an image in a file, or of one that was given."""
    plan = WorkPlan()
    kind = plan.kind(LOAD, 0, (file,), file.geometry, result)
    found = formula(plan, plan.add_of(kind, (), span, None), {})
    if isinstance(file, GivenImage) and not file.is_lent:
        found.keep(file.image)
    return found


def computed(identity: bytes, value: Any, result: Type, facts: Facts, span: Span) -> Formula:
    """The formula of an image whose value is there."""
    known = _KNOWN.get((identity, False))
    if known is None:
        kind = _stand_in(WorkPlan(), result, facts, value.geometry)
        known = _shared(Formula(identity, kind, (), span, facts))
    if known.value is None:
        known.keep(value)
    return known


def _stand_in(plan: WorkPlan, result: Type, facts: Facts, space: Geometry | GridOf | None) -> Kind:
    return plan.kind(_stand_in_operator(result, facts), 0, (), space, result)


@lru_cache(maxsize=64)
def _stand_in_operator(result: Type, facts: Facts) -> Operator:
    """An operator that gives such voxels, for what is planned with an image and not carried out."""
    return replace(HELD, result=result, voxels=Voxels(*facts))


# Formulas in a plan


def put(plan: WorkPlan, wanted: Formula) -> int:
    """The position of a formula in a plan in which other ones are to be applied to it.

    What it rests on is there only where planning looks at it.
    """
    # What has no grid yet is drawn on that of what it meets, with all that it rests on.
    if wanted.is_plain or (wanted.type.is_image and wanted.space is None):
        arguments = tuple(put(plan, argument) for argument in wanted.arguments)
        kind = wanted.kind
    else:
        arguments = ()
        kind = _stand_in(plan, wanted.type, wanted.facts, wanted.space)
    return plan.add_of(kind, arguments, wanted.span, None, wanted.identity)


def formula(plan: WorkPlan, position: int, given: dict[int, Formula]) -> Formula:
    """The formula of an operation of a plan in which the `given` ones stand at their positions."""
    made = dict(given)
    for current in each_after([position], plan.arguments, made):
        applied = tuple(made[argument] for argument in plan.arguments(current))
        place = users_own(plan.places[current])
        made[current] = _shared(Formula(plan.ids[current], plan.kinds[current], applied, place))
    found = made[position]
    if found._facts is None:
        # At hand here; later a plan would have to be made for it.
        found._facts = contents.facts(plan, position)
    return found


def standing(plan: WorkPlan) -> dict[int, Formula]:
    """The formulas that stand in a plan, by their positions, while somebody has them."""
    return {
        position: _KNOWN.get((plan.ids[position], False)) or _KNOWN[plan.ids[position], True]
        for position, kind in enumerate(plan.kinds)
        if kind.operator.function is HELD.function and not kind.constants
    }


def workplan(wanted: Sequence[Formula]) -> WorkPlan:
    """The plan that computes formulas, from what is computed already; a goal for each."""
    plan = WorkPlan()
    at: dict[Formula, int] = {}
    for current in each_after(wanted, _uncomputed, at):
        current.settle()
        arguments = tuple(at[one] for one in _uncomputed(current))
        value = current.value
        kind = current.kind
        if value is not None:
            kind, arguments = Kind.of(HELD, 0, (HeldValue(value),), kind.form), ()
        at[current] = plan.add_of(kind, arguments, current.span, None, current.identity)
    plan.goals += [Show("", at[one], one.span) for one in wanted]
    return plan


def _uncomputed(formula: Formula) -> tuple[Formula, ...]:
    """What a formula is to be computed from."""
    arguments = formula.arguments  # before looking whether the value is there
    return arguments if formula.value is None else ()


def below(wanted: Iterable[Formula]) -> Iterator[Formula]:
    """All formulas that have to be computed for some, these too, each once."""
    seen: set[bytes] = set()
    waiting = [*wanted]
    while waiting:
        current = waiting.pop()
        arguments = current.arguments
        if current.identity not in seen and current.value is None:
            seen.add(current.identity)
            yield current
            waiting += arguments
