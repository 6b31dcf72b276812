"""The program as it is written, expression by expression, each with what it is in the plan.

Equal operations are one in a plan, wherever they were written first; a term is one place of the
program. Terms are made when they are looked at: the body of a function for the call at hand, the
element of a loop for its round. Nothing is reduced for them that was not reduced before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from voxlogica.dataclass import dataclass
from voxlogica.language.builtins import FILTER, INDEX, MAP, SLICE, SUBSEQUENCE, Builtin
from voxlogica.language.code import Code, Declared, Instruction, Step
from voxlogica.language.messages import users_own
from voxlogica.language.names import Applicable, Overloaded
from voxlogica.language.operations import Frame
from voxlogica.language.values import Application, Elements, FunctionValue, SelectedElements, Value
from voxlogica.operators.literals import NUMBER_LITERAL
from voxlogica.syntax.ast import Call, Expression, Name, Notation, Number
from voxlogica.syntax.ast import Sequence as Sequence_
from voxlogica.syntax.printer import expression_text
from voxlogica.syntax.source import Span

if TYPE_CHECKING:
    from voxlogica.language.reducer import Reducer
    from voxlogica.language.workplan import WorkPlan


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """An expression, and its value: an operation, a sequence, a function.

    A name stands for what it `means`. What is applied is `applied`, to `arguments`; a function has
    `captured` terms. What was declared outside of the texts that are kept, and what only the plan
    knows, has no `expression`, but the place where it stands. In a loop it is a `round`, counted
    from 1, of so many.
    """

    value: Value
    span: Span
    expression: Expression | None = None
    frame: Frame | None = None
    name: str = ""
    means: Term | Declared | None = None
    applied: Applicable | None = None
    arguments: tuple[Term, ...] = ()
    captured: tuple[Term, ...] = ()
    round: tuple[int, int] | None = None

    @property
    def position(self) -> int | None:
        """The operation that it is in the plan; None of a sequence and a function."""
        return self.value if isinstance(self.value, int) else None


class Terms:
    """The terms of a plan whose reducer keeps its code."""

    def __init__(self, plan: WorkPlan, reducer: Reducer) -> None:
        self.plan = plan
        self._reducer = reducer

    def named(self, declared: Declared) -> Term:
        """The name of a constant."""
        return Term(declared.value, declared.span, name=declared.name, means=declared)

    def meant(self, term: Term) -> Term:
        """What a term is when all names are looked through."""
        while term.means is not None:
            means = term.means
            term = self._constant(means) if isinstance(means, Declared) else means
        return term

    def of_operation(self, position: int) -> Term:
        """An operation of which only the plan knows, without arguments; where it stands first."""
        place = self.plan.places[position]
        applied = (self.plan.kinds[position].operator,)
        return Term(position, users_own(place), None, place.frame, "", None, applied)

    def body(self, call: Term) -> Term | None:
        """What a function gives, as it is written, for a call's arguments; None if it has none."""
        function = call.applied
        if not isinstance(function, Declared) or not function.code:
            return None
        values = tuple(argument.value for argument in call.arguments)
        frame = call.frame
        if function.name and call.expression is not None:
            frame = Frame(function.name, function.parameters, call.expression, values, frame)
        local = {
            number: Term(argument.value, argument.span, name=name, means=argument)
            for number, (name, argument) in enumerate(
                zip(function.parameters, call.arguments, strict=True)
            )
        }
        local.update(zip(function.captured, call.captured, strict=False))
        return self._traced(function.code, local, frame)

    def element(self, sequence: Term, number: int) -> Term | None:
        """An element of a sequence, as it is written; None where only the plan knows."""
        whole = self.meant(sequence)
        elements = whole.value
        if not isinstance(elements, Elements) or not 0 <= number < elements.length:
            return None
        value = self._reducer.element(elements, number)
        found = self._element(whole, elements, number, value)
        if found is not None:
            return found
        if not isinstance(value, int):
            return None
        meant = self.of_operation(value)
        if self.plan.kinds[value].operator is NUMBER_LITERAL:
            known: Any = self.plan.kinds[value].constants[0]
            return Term(value, meant.span, Number(known, meant.span))
        return Term(value, meant.span, name=f"{_text(sequence)}[{number}]", means=meant)

    def _element(self, whole: Term, elements: Elements, number: int, value: Value) -> Term | None:
        applied, arguments = whole.applied, whole.arguments
        if applied is None and arguments:
            return arguments[number]
        if isinstance(applied, Overloaded) and isinstance(elements.rule, Application):
            return self._of_each(whole, elements.rule.function.name, number, value)
        if applied is MAP:
            function = self.meant(arguments[0])
            inner = self.element(arguments[1], number)
            if inner is None or not isinstance(function.value, FunctionValue):
                return None
            return Term(
                value,
                whole.span,
                whole.expression,
                whole.frame,
                applied=function.value.binding,
                arguments=(inner,),
                captured=function.captured,
                round=(number + 1, elements.length),
            )
        if isinstance(elements.rule, SelectedElements) and applied in (SLICE, SUBSEQUENCE, FILTER):
            of = arguments[1] if applied is FILTER else arguments[0]
            return self.element(of, elements.rule.indices[number])
        return None

    def _of_each(self, whole: Term, name: str, number: int, value: Value) -> Term | None:
        """An element of what an operator gives element by element."""
        parts: list[Term] = []
        for argument in whole.arguments:
            of = self.meant(argument).value
            if isinstance(of, int) and self.plan.kinds[of].type.element is not None:
                return None  # a sequence that an operation gives
            part = self.element(argument, number) if isinstance(of, Elements) else argument
            # Of a round of a loop, the text is that of the loop.
            if part is None or (part.round is not None and not part.name):
                return None
            parts.append(part)
        applied = self._chosen(whole.applied, [part.value for part in parts])
        written = (Name(p.name, p.span) if p.name else p.expression for p in parts)
        shown = tuple(one for one in written if one is not None)
        if len(shown) < len(parts):
            return None
        notation: Notation = "infix" if len(parts) == 2 else "prefix"
        expression = Call(name, shown, whole.span, whole.span, notation)
        return Term(value, whole.span, expression, whole.frame, "", None, applied, tuple(parts))

    def _constant(self, declared: Declared) -> Term:
        """What a constant is, as it is written."""
        if declared.code:
            return self._traced(declared.code, {}, None)
        if isinstance(declared.value, int):
            return self.of_operation(declared.value)
        return Term(declared.value, declared.span)

    def _traced(self, code: Code, local: dict[int, Term], frame: Frame | None) -> Term:
        """The term of some code, of which all parts are terms."""
        stack: list[Term] = []
        for instruction in code:
            taken: tuple[Term, ...] = ()
            if instruction.takes:
                taken = tuple(stack[-instruction.takes :])
                del stack[-instruction.takes :]
            match instruction.step:
                case Step.LOCAL:
                    stack.append(_again(local[instruction.operand], instruction.expression))
                case Step.BIND:
                    (value,) = taken
                    name = getattr(instruction.expression, "name", "")
                    local[instruction.operand] = Term(
                        value.value, value.span, name=name, means=value
                    )
                case Step.CONSTANT:
                    stack.append(self.named(instruction.operand))
                case _:
                    stack.append(self._made(instruction, taken, local, frame))
        (term,) = stack
        return term

    def _made(
        self,
        instruction: Instruction,
        taken: tuple[Term, ...],
        local: dict[int, Term],
        frame: Frame | None,
    ) -> Term:
        """What an instruction makes of the terms that it takes."""
        step, operand, _, expression = instruction
        values = tuple(term.value for term in taken)
        captured: tuple[Term, ...] = ()
        applied: Applicable | None = None
        if step is Step.CLOSE:
            closed, numbers = operand
            captured = tuple(local[number] for number in numbers)
            values = tuple(term.value for term in captured)
            closing = instruction._replace(operand=(closed, tuple(range(len(numbers)))))
            value = self._reducer.carried_out(closing, values, frame)
            return Term(value, expression.span, expression, frame, "", None, None, (), captured)
        if step is Step.CALL_VALUE:
            callee = self.named(operand) if isinstance(operand, Declared) else local[operand]
            function = self.meant(callee)
            assert isinstance(function.value, FunctionValue)
            applied, captured = function.value.binding, function.captured
            value = self._reducer.applied(Application(function.value, values, expression, frame))
        else:
            value = self._reducer.carried_out(instruction, values, frame)
            if step in (Step.CALL, Step.OPERATE):
                applied = operand
        applied = self._chosen(applied, values)
        return Term(value, expression.span, expression, frame, "", None, applied, taken, captured)

    def _chosen(self, applied: Applicable | None, values: Sequence[Value]) -> Applicable | None:
        """Of an overloaded operator, what it stands for."""
        if isinstance(applied, Overloaded) and all(isinstance(value, int) for value in values):
            operations = tuple(value for value in values if isinstance(value, int))
            return self._reducer.form(applied, operations) or applied
        return applied


def called(term: Term) -> str:
    """What a term applies, as the table of explanations has it; empty where it applies nothing."""
    applied = term.applied
    if isinstance(applied, tuple):
        return applied[0].name
    if isinstance(applied, Declared | Overloaded | Builtin):
        return applied.name
    return ""


def is_index(term: Term) -> bool:
    """Whether it takes an element out of a sequence."""
    is_written = isinstance(term.expression, Call) and term.expression.notation == "index"
    return term.applied is INDEX or is_written


def _text(term: Term) -> str:
    """A term before the brackets of an index."""
    if term.name:
        return term.name
    text = expression_text(term.expression) if term.expression else " ".join(term.span.text.split())
    is_whole = isinstance(term.expression, Sequence_ | Name)
    return text if is_whole else f"({text})"


def _again(term: Term, expression: Expression) -> Term:
    """A local where it is read."""
    name = getattr(expression, "name", term.name)
    return Term(term.value, expression.span, expression, None, name, term.means or term)
