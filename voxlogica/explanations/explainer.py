"""Explanations of one plan's results: the tree, from a name and a voxel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.explanations.claims import Claim
from voxlogica.explanations.context import Argument, Context, Descend, Explained
from voxlogica.explanations.explanation import Explanation
from voxlogica.explanations.general import Above, Called, Element, Given, Read, general
from voxlogica.explanations.logic import joined
from voxlogica.explanations.marks import Voxel
from voxlogica.explanations.results import Compute, Results
from voxlogica.explanations.table import table
from voxlogica.images.geometry import Geometry
from voxlogica.language.builtins import FOLD
from voxlogica.language.code import Declared, is_own
from voxlogica.language.operations import Place
from voxlogica.language.planner import standard_names
from voxlogica.language.planning import Planned
from voxlogica.language.terms import Term, Terms, called, is_index
from voxlogica.language.values import Application, Elements, Function
from voxlogica.operators import registry
from voxlogica.operators.literals import LOAD
from voxlogica.syntax.ast import Loop, Name
from voxlogica.syntax.diagnostics import VoxLogicaError, error, nearest
from voxlogica.syntax.printer import expression_text
from voxlogica.syntax.source import Span

# A tree has so many explanations at most, in one another so deep; what is beyond has its value.
_MOST, _DEEPEST = 300, 60
# Elements of a loop that is folded up, of which so many are told of.
_ELEMENTS = 1_000
# So many operations of an argument are counted.
_COUNTED = 10_000


class Explainer:
    """Explains what the names of a plan are at voxels; what it computes is held.

    The plan keeps its code, and nothing is wrong with it. `compute` gives results of operations of
    the plan; those that are `at_hand` are not asked for. With `inside`, library functions are
    looked into; else the user's call is explained. One thread at a time.
    """

    def __init__(
        self,
        planned: Planned,
        compute: Compute,
        *,
        inside: bool = False,
        at_hand: Mapping[int, Any] | None = None,
    ) -> None:
        assert planned.reducer is not None, "the plan keeps no code"
        self.planned = planned
        self.results = Results(planned.plan, compute, at_hand or {})
        self._reducer = planned.reducer
        self._terms = Terms(planned.plan, planned.reducer)
        self._inside = inside
        self._remembered: dict[Any, Any] = {}

    def explain(self, name: str, voxel: Sequence[int]) -> Explanation:
        """Why the image of a name has its value at a voxel `(x, y)` or `(x, y, z)`.

        Raises VoxLogicaError where the name is none of an image, or the voxel is outside of it.
        """
        term = self._named(name)
        geometry = self.geometry(name)
        return _Tree(self, geometry).explained(term, _inside(voxel, geometry, name), 0)

    def geometry(self, name: str) -> Geometry:
        """The grid of a name's image. Raises VoxLogicaError where the name is none of an image."""
        term = self._named(name)
        position = self._image(name, term)
        space = self.planned.plan.kinds[position].space
        return space if isinstance(space, Geometry) else self.results.image(position).geometry

    def _named(self, name: str) -> Term:
        bound = self.planned.names.get(name)
        own = [n for n, b in self.planned.names.items() if is_own(b)]
        if not isinstance(bound, Declared) or bound.span.source.shipped:
            near = nearest(name, [n for n in own if not _declared(self.planned, n).parameters])
            hint = f"did you mean `{near}`?" if near else _listed(self._images(own))
            if bound is not None:
                said = f"`{name}` is an operator: explained is an image that the program names"
                raise _wrong(said, hint)
            raise _wrong(f"the program has no name `{name}`", hint)
        if bound.parameters:
            raise _wrong(
                f"`{name}` is a function: `{bound.signature}` is an image only where it is applied",
                f"give what it gives a name: `let result = {bound.signature}`",
                bound,
            )
        return self._terms.named(bound)

    def _image(self, name: str, term: Term) -> int:
        plan, value = self.planned.plan, term.value
        if isinstance(value, int) and plan.kinds[value].is_image:
            placed = self._reducer.placed(value, Place(term.span))
            assert isinstance(placed, int)
            return placed
        bound = term.means if isinstance(term.means, Declared) else None
        if isinstance(value, Elements):
            raise _wrong(
                f"`{name}` is a sequence, not one image",
                f"give one of its elements a name: `let one = {name}[0]`",
                bound,
            )
        found = "a function" if isinstance(value, Function) else "no image"
        if isinstance(value, int):
            found = f"a {plan.kinds[value].type}, the same at every voxel"
        names = [n for n, b in self.planned.names.items() if is_own(b)]
        raise _wrong(f"`{name}` is {found}", _listed(self._images(names)), bound)

    def _images(self, names: list[str]) -> list[str]:
        plan = self.planned.plan
        values = ((n, _declared(self.planned, n)) for n in names)
        return [
            n
            for n, bound in values
            if not bound.parameters
            and isinstance(bound.value, int)
            and plan.kinds[bound.value].is_image
        ]

    def placed(self, term: Term, geometry: Geometry) -> int | None:
        """The operation that a term is, on the grid that it is looked at on."""
        position = term.position
        if position is None or not self._reducer.grids.is_floating(position):
            return position
        return self._reducer.grids.in_space(position, geometry)

    def applied(self, name: str, positions: Sequence[int], place: Place) -> int:
        """An operator of the language, applied to operations."""
        binding = standard_names().get(name) or registry()[name]
        function = Function(name, binding)
        expression = Name(name, place.span)
        found = self._reducer.applied(Application(function, tuple(positions), expression, None))
        assert isinstance(found, int), name
        return found

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """What was made under a key; made now, if it never was."""
        if key not in self._remembered:
            self._remembered[key] = make()
        return self._remembered[key]


class _Seen(NamedTuple):
    """An expression at a voxel: what it is, and where it is written."""

    position: int
    voxel: Voxel
    span: Span


@dataclass(slots=True, eq=False)
class _Tree:
    """One tree while it grows."""

    explainer: Explainer
    geometry: Geometry
    seen: set[_Seen] = field(default_factory=set)
    count: int = 0

    def explained(
        self, term: Term, voxel: Voxel, depth: int, *, folded: bool = False
    ) -> Explanation:
        """A term at a voxel; what is folded, or told of already, is not looked into."""
        ex, meant = self.explainer, self.explainer._terms.meant(term)
        position = ex.placed(meant, self.geometry)
        value = None if position is None else ex.results.at(position, voxel)
        leaf = Explanation(
            voxel,
            term.name or None,
            _shown(term, meant),
            str(meant.span),
            called(meant),
            value if isinstance(value, bool | int | float | str | tuple) else None,
        )
        if position is None or not ex.planned.plan.kinds[position].is_image:
            return leaf
        seen = _Seen(position, voxel, meant.span)
        self.count += 1
        if not folded and seen in self.seen:
            return replace(leaf, claim=Above())
        if folded or self.count > _MOST or depth > _DEEPEST:
            return leaf
        self.seen.add(seen)
        found = self._claimed(meant, position, voxel, value)
        if isinstance(found, Claim):
            return replace(leaf, claim=found)
        if isinstance(found, _Inner):
            inner = self.explained(found.term, voxel, depth + 1)
            return replace(leaf, claim=found.claim, because=(inner,))
        return replace(
            leaf,
            claim=found.claim,
            because=tuple(self._part(part, voxel, depth) for part in found.because),
            folded=tuple(
                self._part(part, voxel, depth, folded=True)
                for part in found.folded
                # What is a number as it is written, the text has.
                if part.argument.is_name or self._is_image(part.argument)
            ),
            marks=found.marks,
        )

    def _part(
        self, part: Descend, voxel: Voxel, depth: int, *, folded: bool = False
    ) -> Explanation:
        return self.explained(part.argument.term, part.voxel or voxel, depth + 1, folded=folded)

    def _claimed(
        self, term: Term, position: int, voxel: Voxel, own: Any
    ) -> Claim | _Inner | Explained:
        """What is stated of an expression, and what it rests on."""
        ex = self.explainer
        kind = ex.planned.plan.kinds[position]
        if kind.operator is LOAD and not term.arguments:
            return Read(_file(kind.constants[0]), own)
        if _is_unwritten(term):
            return Given(own, kind.operator.sentence, ())
        if is_index(term):
            found = self._element(term)
            if found is not None:
                return found
        context = self.context(term, position, voxel, own)
        if isinstance(term.applied, Declared):
            shipped = term.applied.span.source.shipped
            if not shipped or (ex._inside and called(term) not in _OPERATORS):
                body = ex._terms.body(term)
                if body is not None:
                    return _Inner(self._call(term, context), body)
        if term.applied is FOLD:
            by = _joined_by(term)
            if by is not None and all(a.position is not None for a in context.arguments):
                return joined(context, by)
        explainer = table().get(context.operator)
        if explainer is None or any(a.position is None for a in context.arguments):
            return general(context, _manual(term, kind.operator.sentence))
        return explainer(context)

    def context(self, term: Term, position: int, voxel: Voxel, own: Any) -> Context:
        """What an explainer has to go by."""
        ex = self.explainer
        terms = self._elements(term) if term.applied is FOLD else term.arguments
        arguments = tuple(
            Argument(_short(t), ex.placed(ex._terms.meant(t), self.geometry), t) for t in terms
        )
        place = Place(term.span)

        def within(argument: Argument) -> Context | None:
            inner = ex._terms.meant(argument.term)
            at = ex.placed(inner, self.geometry)
            if at is None or not called(inner) or _is_unwritten(inner):
                return None
            return self.context(inner, at, voxel, ex.results.at(at, voxel))

        return Context(
            called(term),
            _written(term),
            position,
            arguments,
            voxel,
            self.geometry,
            own,
            ex.results.value,
            ex.results.at,
            lambda name, positions: ex.applied(name, positions, place),
            within,
            self._is_image,
            self._size,
            self._source,
            ex.once,
            ex.planned.plan.kinds[position].constants,
        )

    def _is_image(self, argument: Argument) -> bool:
        at = argument.position
        return at is not None and self.explainer.planned.plan.kinds[at].is_image

    def _size(self, argument: Argument) -> int:
        """How many operations it is made of, up to so many."""
        arguments, waiting = self.explainer.planned.plan.arguments, [argument.position or 0]
        found = {*waiting}
        while waiting and len(found) < _COUNTED:
            new = {*arguments(waiting.pop())} - found
            found |= new
            waiting += new
        return len(found)

    def _source(self, argument: Argument) -> str:
        """The file that a loaded image is of."""
        constants = self.explainer.planned.plan.kinds[argument.position or 0].constants
        return _file(constants[0]) if constants else argument.text

    def _elements(self, fold: Term) -> tuple[Term, ...]:
        """What a fold joins: what it begins with, if that is written, and the elements."""
        *starts, sequence = fold.arguments[1:]
        elements = sequence.value
        if not isinstance(elements, Elements) or elements.length > _ELEMENTS:
            return tuple(fold.arguments)
        found = [self.explainer._terms.element(sequence, i) for i in range(elements.length)]
        if None in found:
            return tuple(fold.arguments)
        return (*starts, *(element for element in found if element is not None))

    def _element(self, term: Term) -> _Inner | None:
        sequence, index = term.arguments
        at, elements = index.position, sequence.value
        if at is None or not isinstance(elements, Elements):
            return None
        number = self.explainer.results.value(at)
        found = self.explainer._terms.element(sequence, int(number))
        return None if found is None else _Inner(Element(int(number), elements.length), found)

    def _call(self, term: Term, context: Context) -> Called:
        function = term.applied
        assert isinstance(function, Declared)
        passed = []
        for name, argument in zip(function.parameters, context.arguments, strict=True):
            value = None if argument.position is None else context.at(argument)
            plain = value if isinstance(value, bool | int | float | str | tuple) else None
            passed.append((name, argument.text, plain))
        number, of = term.round or (None, None)
        return Called(function.name, tuple(passed), number, of)


class _Inner(NamedTuple):
    """A claim whose truth is that of one other term, at the same voxel."""

    claim: Claim
    term: Term


# What joins truth by a fold.
_JOINING = {"&": "and", "&&": "and", "and": "and", "|": "or", "||": "or", "or": "or"}
# Written as operators: looked into, they would say the same with other signs.
_OPERATORS = frozenset(
    {"&", "|", "!", "\\", *(f"{s}." for s in ["<", "<=", ">", ">=", "="]), *(f".{s}" for s in "<>")}
)


def _joined_by(fold: Term) -> str | None:
    """Whether a fold joins regions as `and` does, or as `or` does."""
    function = fold.arguments[0].value
    assert isinstance(function, Function)
    if isinstance(function.binding, Declared) and not function.binding.span.source.shipped:
        return None
    return _JOINING.get(function.name)


def _shown(term: Term, meant: Term) -> str:
    """What a term stands for, as it is written; its name, where that is nowhere."""
    is_given = called(meant) == LOAD.name and not meant.span.text.startswith("load")
    if term.name and (is_given or _is_unwritten(meant)):
        return term.name
    return _written(meant)


def _is_unwritten(term: Term) -> bool:
    """Whether only the plan knows of it: it is nowhere written by itself, and no file."""
    return term.expression is None and called(term) != LOAD.name


def _written(term: Term) -> str:
    """The text of a term, on one line; of an element of a loop, what it is in that round."""
    expression = term.expression
    if expression is None:
        return " ".join(term.span.text.split())
    if term.round is None:
        return expression_text(expression)
    (element,) = term.arguments
    if isinstance(expression, Loop):
        body = expression_text(expression.body)
        return f"{body} with {expression.variable.name} = {_short(element)}"
    return f"{called(term)}({_short(element)})"


def _short(term: Term) -> str:
    return term.name or _written(term)


def _manual(term: Term, sentence: str) -> str:
    """The first sentence of the manual: of the library's function, where that is called."""
    applied = term.applied
    if isinstance(applied, Declared) and applied.span.source.shipped:
        return _comment(applied) or sentence
    return sentence


def _comment(declared: Declared) -> str:
    """The comment above a declaration of the library, without its signature."""
    source, start, _ = declared.span
    line, _ = source.line_and_column(start)
    said: list[str] = []
    while line > 1 and source.line(line - 1).startswith("//"):
        line -= 1
        said.insert(0, source.line(line).removeprefix("//").strip())
    return " ".join(text for text in said if "→" not in text)


def _file(file: Any) -> str:
    """The path of a file that was loaded; empty, for what a program in Python has given."""
    from voxlogica.images.given import GivenImage

    return "" if isinstance(file, GivenImage) else str(file.path)


def _declared(planned: Planned, name: str) -> Declared:
    bound = planned.names[name]
    assert isinstance(bound, Declared)
    return bound


def _inside(voxel: Sequence[int], geometry: Geometry, name: str) -> Voxel:
    size = geometry.size
    at = tuple(voxel)
    if len(at) != len(size):
        axes = "x, y" if len(size) == 2 else "x, y, z"
        raise _wrong(
            f"`{name}` has {len(size)} axes, and the voxel {len(at)} numbers",
            f"a voxel of it is {axes}, as in {','.join(str(n // 2) for n in size)}",
        )
    if not all(0 <= n < of for n, of in zip(at, size, strict=True)):
        raise _wrong(
            f"voxel {','.join(map(str, at))} is outside of `{name}`, whose size is {geometry}",
            "voxels are counted from 0: the last one is " + ",".join(str(n - 1) for n in size),
        )
    return at


def _listed(names: Sequence[str]) -> str | None:
    shown = ", ".join(f"`{name}`" for name in names[:8])
    return f"images of the program are {shown}" + (", …" if names[8:] else "") if names else None


def _wrong(message: str, hint: str | None = None, bound: Declared | None = None) -> VoxLogicaError:
    span = None if bound is None else bound.span
    return VoxLogicaError([error(message, span, hint=hint)])
