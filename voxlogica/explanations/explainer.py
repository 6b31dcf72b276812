"""Explanations of one plan's results: the tree, from a name and a voxel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from voxlogica.dataclass import replace
from voxlogica.explanations import (
    arithmetic,
    balls,
    comparisons,
    components,
    distances,
    logic,
    neighbours,
    ranks,
    reaching,
    textures,
)
from voxlogica.explanations.claims import Claim
from voxlogica.explanations.context import Argument, Context, Descend, Explained, file_of
from voxlogica.explanations.context import Explainer as Explains
from voxlogica.explanations.explanation import Explanation
from voxlogica.explanations.general import (
    Above,
    Called,
    Element,
    Given,
    Read,
    brightness,
    general,
    of_voxel,
    value_at,
)
from voxlogica.explanations.marks import Voxel
from voxlogica.explanations.results import Compute, Results
from voxlogica.images.geometry import Geometry
from voxlogica.language.builtins import FOLD
from voxlogica.language.code import Declared, is_own
from voxlogica.language.operations import Place
from voxlogica.language.planner import standard_names
from voxlogica.language.planning import PlannedPrograms
from voxlogica.language.terms import Term, Terms, called, is_index
from voxlogica.language.values import Application, Elements, FunctionValue
from voxlogica.operators import registry
from voxlogica.operators.literals import LOAD
from voxlogica.syntax.ast import Loop, Name
from voxlogica.syntax.diagnostics import VoxLogicaError, error, nearest
from voxlogica.syntax.printer import expression_text
from voxlogica.syntax.source import Span

# Of the images that there are, so many are named.
_LISTED = 8
# A tree has so many explanations at most, in one another so deep; what is beyond has its value.
_MOST, _DEEPEST = 300, 60
# All explainers, by the name that a program calls the operator or library function by. What an
# operator is declared as comes first: `not` and `!` are two rows.
_EXPLAINERS: Mapping[str, Explains] = {
    **logic.EXPLAINERS,
    **comparisons.EXPLAINERS,
    **arithmetic.EXPLAINERS,
    **ranks.EXPLAINERS,
    "intensity": brightness,
    **neighbours.EXPLAINERS,
    **distances.EXPLAINERS,
    **balls.EXPLAINERS,
    **components.EXPLAINERS,
    **reaching.EXPLAINERS,
    **textures.EXPLAINERS,
}
# Elements of a loop that is folded up, of which so many are told of.
_ELEMENTS = 1_000


class Explainer:
    """Explains what the names of a plan are at voxels; what it computes is held.

    The plan keeps its code, and nothing is wrong with it. `compute` gives results of operations of
    the plan; those that are `at_hand` are not asked for. With `inside`, library functions are
    looked into; else the user's call is explained. One thread at a time.
    """

    def __init__(
        self,
        planned: PlannedPrograms,
        compute: Compute,
        *,
        inside: bool = False,
        at_hand: Mapping[int, Any] | None = None,
    ) -> None:
        assert planned.reducer is not None, "the plan keeps no code"
        self.planned = planned
        self.results = Results(planned.plan, compute, at_hand or {})
        self.reducer = planned.reducer
        self.terms = Terms(planned.plan, planned.reducer)
        self.inside = inside
        # What holds for more than one voxel: see `Context.once`.
        self.made: dict[Any, Any] = {}

    def explain(self, name: str, voxel: Sequence[int]) -> Explanation:
        """Why the image of a name has its value at a voxel `(x, y)` or `(x, y, z)`.

        Raises VoxLogicaError where the name is none of an image, or the voxel is outside of it.
        """
        term, geometry = self._named(name), self.geometry(name)
        return Tree(self, geometry).explained(term, _inside(voxel, geometry, name), 0)

    def geometry(self, name: str) -> Geometry:
        """The grid of a name's image. Raises VoxLogicaError where the name is none of an image."""
        position = self._image(name)
        space = self.planned.plan.kinds[position].space
        return space if isinstance(space, Geometry) else self.results.image(position).geometry

    def _named(self, name: str) -> Term:
        names = self.planned.names
        bound = names.get(name)
        if not is_own(bound):
            near = nearest(name, [n for n, b in names.items() if is_own(b) and not b.parameters])
            said = f"the program has no name `{name}`"
            if bound is not None:
                said = f"`{name}` is an operator: explained is an image that the program names"
            raise _wrong(said, f"did you mean `{near}`?" if near else self._listed())
        if bound.parameters:
            raise _wrong(
                f"`{name}` is a function: `{bound.signature}` is an image only where it is applied",
                f"give what it gives a name: `let result = {bound.signature}`",
                bound.span,
            )
        return self.terms.named(bound)

    def _image(self, name: str) -> int:
        """The operation that a name is, on a grid."""
        term, plan = self._named(name), self.planned.plan
        value = term.value
        if isinstance(value, int) and plan.kinds[value].is_image:
            placed = self.reducer.placed(value, Place(term.span))
            assert isinstance(placed, int)
            return placed
        if isinstance(value, Elements):
            raise _wrong(
                f"`{name}` is a sequence, not one image",
                f"give one of its elements a name: `let one = {name}[0]`",
                term.span,
            )
        found = "a function" if isinstance(value, FunctionValue) else "no image"
        if isinstance(value, int):
            found = f"a {plan.kinds[value].type}, the same at every voxel"
        raise _wrong(f"`{name}` is {found}", self._listed(), term.span)

    def _listed(self) -> str | None:
        """Which images there are, the first of them."""
        constants = {
            n: b.value for n, b in self.planned.names.items() if is_own(b) and not b.parameters
        }
        kinds = self.planned.plan.kinds
        images = [
            f"`{n}`" for n, v in constants.items() if isinstance(v, int) and kinds[v].is_image
        ]
        more = ", …" if len(images) > _LISTED else ""
        shown = ", ".join(images[:_LISTED])
        return f"images of the program are {shown}{more}" if images else None

    def applied(self, name: str, positions: Sequence[int], place: Place) -> int:
        """An operator of the language, applied to operations."""
        binding = standard_names().get(name) or registry()[name]
        function = FunctionValue(name, binding)
        expression = Name(name, place.span)
        found = self.reducer.applied(Application(function, tuple(positions), expression, None))
        assert isinstance(found, int), name
        return found


class _Seen(NamedTuple):
    """An expression at a voxel: what it is, and where it is written."""

    position: int
    voxel: Voxel
    span: Span


class Tree:
    """One tree while it grows."""

    def __init__(self, explainer: Explainer, geometry: Geometry) -> None:
        self.explainer = explainer
        self.geometry = geometry
        self.plan = explainer.planned.plan
        self.results = explainer.results
        self._terms = explainer.terms
        self._seen: set[_Seen] = set()
        self._count = 0

    def explained(
        self, term: Term, voxel: Voxel, depth: int, *, folded: bool = False
    ) -> Explanation:
        """A term at a voxel; what is folded, or told of already, is not looked into."""
        meant = self._terms.meant(term)
        position = self._placed(meant)
        value = None if position is None else self.results.at(position, voxel)
        leaf = Explanation(
            voxel,
            term.name or None,
            _shown(term, meant),
            str(meant.span),
            called(meant),
            of_voxel(value),
        )
        if position is None or not self.is_image(position):
            return leaf
        seen = _Seen(position, voxel, meant.span)
        self._count += 1
        if not folded and seen in self._seen:
            return replace(leaf, claim=Above())
        if folded or self._count > _MOST or depth > _DEEPEST:
            return leaf
        self._seen.add(seen)
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
                if part.argument.is_name or self.is_image(part.argument.position)
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
        kind = self.plan.kinds[position]
        if kind.operator is LOAD and not term.arguments:
            return Read(file_of(kind.constants[0]), own)
        if _is_unwritten(term):
            return Given(own, kind.operator.sentence, ())
        if is_index(term):
            found = self._element(term)
            if found is not None:
                return found
        context = self._context(term, position, voxel, own)
        if isinstance(term.applied, Declared):
            shipped = term.applied.span.source.shipped
            if not shipped or (self.explainer.inside and called(term) not in _OPERATORS):
                body = self._terms.body(term)
                if body is not None:
                    return _Inner(_call(term.applied, term.round, context), body)
        explainer = _EXPLAINERS.get(context.operator)
        if term.applied is FOLD:
            by = _joined_by(term)
            explainer = None if by is None else partial(logic.joined, by=by)
        if explainer is None or any(a.position is None for a in context.arguments):
            return general(context, _manual(term, kind.operator.sentence))
        return explainer(context)

    def _context(self, term: Term, position: int, voxel: Voxel, own: Any) -> Context:
        terms = self._elements(term) if term.applied is FOLD else term.arguments
        arguments = tuple(Argument(_short(t), self._placed(self._terms.meant(t)), t) for t in terms)
        return Context(called(term), position, arguments, voxel, own, Place(term.span), self)

    def within(self, term: Term, voxel: Voxel) -> Context | None:
        """The context of what a term is, names looked through; None of what applies nothing."""
        inner = self._terms.meant(term)
        at = self._placed(inner)
        if at is None or not called(inner) or _is_unwritten(inner):
            return None
        return self._context(inner, at, voxel, self.results.at(at, voxel))

    def is_image(self, position: int | None) -> bool:
        """Whether an operation has a value a voxel; sequences and functions are none."""
        return position is not None and self.plan.kinds[position].is_image

    def _placed(self, term: Term) -> int | None:
        """The operation that a term is, on the grid that it is looked at on."""
        position, grids = term.position, self.explainer.reducer.grids
        if position is None or not grids.is_floating(position):
            return position
        return grids.in_space(position, self.geometry)

    def _elements(self, fold: Term) -> tuple[Term, ...]:
        """What a fold joins: what it begins with, if that is written, and the elements."""
        *starts, sequence = fold.arguments[1:]
        elements = sequence.value
        if not isinstance(elements, Elements) or elements.length > _ELEMENTS:
            return fold.arguments
        found = [self._terms.element(sequence, i) for i in range(elements.length)]
        known = [element for element in found if element is not None]
        return (*starts, *known) if len(known) == len(found) else fold.arguments

    def _element(self, term: Term) -> _Inner | None:
        sequence, index = term.arguments
        at, elements = index.position, sequence.value
        if at is None or not isinstance(elements, Elements):
            return None
        number = int(self.results.value(at))
        found = self._terms.element(sequence, number)
        return None if found is None else _Inner(Element(number, elements.length), found)


def _call(function: Declared, round: tuple[int, int] | None, context: Context) -> Called:
    passed = tuple(
        (name, argument.text, value_at(context, argument))
        for name, argument in zip(function.parameters, context.arguments, strict=True)
    )
    return Called(function.name, passed, *(round or (None, None)))


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
    assert isinstance(function, FunctionValue)
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


def _wrong(message: str, hint: str | None = None, span: Span | None = None) -> VoxLogicaError:
    return VoxLogicaError([error(message, span, hint=hint)])
