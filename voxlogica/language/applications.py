"""Applying what the language has, operators and functions, to values one at a time.

A plan is made in which the values stand, and the application beside them; what it comes to is taken
out of it as formulas.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

from voxlogica.dataclass import dataclass, field
from voxlogica.images.geometry import Geometry
from voxlogica.language.builtins import NAMED
from voxlogica.language.code import Declared
from voxlogica.language.definitions import Definitions
from voxlogica.language.doubts import doubts
from voxlogica.language.formulas import Formula, formula, put
from voxlogica.language.knowledge import NOT_KNOWN, Asking
from voxlogica.language.libraries import OpenImage
from voxlogica.language.names import Names
from voxlogica.language.operations import Place
from voxlogica.language.planner import declarations, standard_names
from voxlogica.language.reducer import Reducer
from voxlogica.language.resolver import Resolver
from voxlogica.language.values import FAILED, Elements, Value, innermost, type_of
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators import namespaces, registry
from voxlogica.syntax.ast import Call, Expression, Name, Notation, Number, Text, Truth
from voxlogica.syntax.ast import Sequence as Listed
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError
from voxlogica.syntax.printer import number_text
from voxlogica.syntax.source import Source, Span

# What an operator or function is applied to, in Python.
Argument = Formula | float | bool | str | Sequence["Argument"]
# What comes of it: what is known at once, what has to be computed, and sequences of these.
Result = Formula | float | bool | str | list["Result"]

# A sequence is no longer than that in a message.
_LONGEST_SHOWN = 60
# How a value of a type is called in a message, if it has no name.
_WORDS = {"valuation(bool)": "region", "valuation(number)": "image", "model": "image"}


@dataclass(frozen=True, slots=True)
class Applied:
    """Something of the language, applied to arguments: as a call, or as an operator is written.

    Of a `namespace`, or a library, if it is not there without. `called` are names of arguments, by
    their numbers.
    """

    name: str
    arguments: Sequence[Argument]
    namespace: str = ""
    notation: Notation = "call"
    called: dict[int, str] = field(default_factory=dict)


def applied(
    application: Applied, stage: Asking, open_image: OpenImage
) -> tuple[Result, list[Diagnostic]]:
    """What an application comes to, and what there is to warn of.

    Where that needs to be known what is in an image, the `stage` is asked for it. Raises
    VoxLogicaError.
    """
    said: list[Diagnostic] = []
    plan = WorkPlan()
    with _scope(application.namespace) as names:
        written = _Written(application, plan, names)
        reducer = Reducer(plan, written.grids, said.append, open_image, stage)
        resolver = Resolver(names, Definitions({}), said.append, {})
        place = Place(written.expression.span)
        value = reducer.reduce(resolver.resolve(written.expression))
        if not any(d.severity == "error" for d in said):
            value = reducer.images(value, place)
            result = _taken(value, reducer, plan, place, written.given)
    wrong = [d for d in said if d.severity == "error"]
    if wrong:
        raise VoxLogicaError(wrong)
    doubtful, _ = doubts(plan, 0, 0, reducer.knowledge.number_now)
    return result, [*said, *doubtful]


# Names of namespaces in which no application of the thread is being made at the moment.
_FREE = threading.local()


@contextmanager
def _scope(namespace: str) -> Iterator[Names]:
    """The names that are known to an application, which may add to them until it is made."""
    free: list[Names] = _FREE.__dict__.setdefault(namespace, [])
    names = free.pop() if free else _names(namespace).copied()
    before = names.mark()
    try:
        yield names
    finally:
        names.go_back(before)
        free.append(names)


@cache
def _names(namespace: str) -> Names:
    names = Names({**registry(), **NAMED, **standard_names()})
    if namespace in namespaces():
        names.bring(namespace)
    elif namespace:
        declarations(namespace, names)
    return names


def _taken(
    value: Value, reducer: Reducer, plan: WorkPlan, place: Place, given: dict[int, Formula]
) -> Result:
    """The formulas of a value; numbers, bools and strings that are known as what they are."""
    found = type_of(plan, value)
    if isinstance(value, Elements) and innermost(found).is_image:
        return [
            _taken(reducer.images(element, place), reducer, plan, place, given)
            for element in reducer.elements(value, place)
        ]
    node = reducer.operation(value, place)
    if node is FAILED:
        return []  # for a reason that was told
    if not found.is_image:
        known = reducer.knowledge.now(node)
        if known is not NOT_KNOWN:
            return _plain(known)
    return formula(plan, node, given)


def _plain(known: Any) -> Result:
    if isinstance(known, list | tuple):
        return [_plain(item) for item in known]
    return known if isinstance(known, bool | str) else float(known)


class _Written:
    """An application as a text, for messages, and as an expression over its arguments.

    The arguments stand in the plan: `given` are the formulas by their positions, `grids` those that
    they lie on, and the images that these are of.
    """

    def __init__(self, application: Applied, plan: WorkPlan, names: Names) -> None:
        self.given: dict[int, Formula] = {}
        self.grids: dict[Geometry, str] = {}
        self._plan = plan
        self._names = names
        self._called: dict[bytes, str] = {}
        self._counts: Counter[str] = Counter()
        name, notation = application.name, application.notation
        arguments, called = application.arguments, application.called
        shown = [self._shown(a, called.get(i, "")) for i, a in enumerate(arguments)]
        match notation, shown:
            case "infix", [left, right]:
                text, at, begins = f"{left} {name} {right}", len(left) + 1, [0]
                begins.append(at + len(name) + 1)
            case "prefix", [operand]:
                text, at, begins = f"{name}{operand}", 0, [len(name)]
            case _:
                text, at, begins = f"{name}({', '.join(shown)})" if shown else name, 0, []
                end = len(name) + 1
                for one in shown:
                    begins.append(end)
                    end += len(one) + 2
        source = Source("Python", text)
        spans = [Span(source, b, b + len(one)) for b, one in zip(begins, shown, strict=True)]
        parts = tuple(map(self._argument, arguments, spans))
        qualified = f"{application.namespace}.{name}" if application.namespace else name
        known = qualified if qualified in names else name
        whole, named = Span(source, 0, len(text)), Span(source, at, at + len(name))
        self.expression: Expression = (
            Call(known, parts, whole, named, notation) if parts else Name(known, whole)
        )

    def _argument(self, argument: Argument, span: Span) -> Expression:
        match argument:
            case Formula():
                name = self._called[argument.identity]
                position = put(self._plan, argument)
                self.given[position] = argument
                if isinstance(argument.space, Geometry):
                    self.grids.setdefault(argument.space, span.text)
                self._names[name] = Declared(name, (), (), span, position)
                return Name(name, span)
            case bool():
                return Truth(argument, span)
            case str():
                return Text(argument, span)
            case float() | int():
                return Number(float(argument), span)
        return Listed(tuple(self._argument(item, span) for item in argument), span)

    def _shown(self, argument: Argument, called: str) -> str:
        """An argument as a message has it."""
        match argument:
            case Formula():
                return self._name(argument, called)
            case bool():
                return str(argument).lower()
            case str():
                return f'"{argument}"'
            case float() | int():
                return number_text(float(argument))
        text = f"[{', '.join(self._shown(item, '') for item in argument)}]"
        return text if len(text) <= _LONGEST_SHOWN else "[…]"

    def _name(self, image: Formula, called: str) -> str:
        """What an argument is called, which nothing else is: `region_2`, if it has no own name."""
        if image.identity not in self._called:
            is_own = called and called not in self._names
            word = called if is_own else _WORDS.get(str(image.type), "value")
            self._counts[word] += 1
            count = self._counts[word]
            self._called[image.identity] = word if count == 1 else f"{word}_{count}"
        return self._called[image.identity]
