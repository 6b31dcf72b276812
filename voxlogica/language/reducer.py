"""From code to workplan: functions and loops unfolded, types checked, every image given its space.

Reduction evaluates nothing itself: where it must know what image data says, it asks a stage of the
run, and without one it goes on with what stands for the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple, cast

from voxlogica.images.geometry import Geometry
from voxlogica.language.applying import Applying
from voxlogica.language.code import Declared, Instruction, Step
from voxlogica.language.grids import Grids
from voxlogica.language.knowledge import Asking, Knowledge
from voxlogica.language.libraries import MayRead, OpenImage, anything
from voxlogica.language.machine import Machine
from voxlogica.language.messages import Messages
from voxlogica.language.names import Form, Overloaded
from voxlogica.language.operations import Frame, Place
from voxlogica.language.outside import Outside
from voxlogica.language.sequences import Sequences, Task
from voxlogica.language.stopping import Stopped, never
from voxlogica.language.values import Application, Elements, Failed, Value, type_of
from voxlogica.language.windows import Remembered, WindowMark, Windows
from voxlogica.language.workplan import WorkPlan, cut
from voxlogica.operators.signature import VALUE
from voxlogica.syntax.diagnostics import Diagnostic


class Before(NamedTuple):
    """What a reducer has come to at some moment."""

    mark: WindowMark
    lasting: tuple[int, ...]
    flags: tuple[bool, bool, bool]


class Reducer:
    """Reduces the expressions of one program into a plan that other programs may share.

    `files` are the grids of the files that are loaded, and their names, in the order of loading.
    The `stage` runs what reduction must know the results of; without one, only types are looked at.
    """

    def __init__(
        self,
        plan: WorkPlan,
        files: dict[Geometry, str],
        report: Callable[[Diagnostic], None],
        open_image: OpenImage,
        stage: Asking | None = None,
        may_read: MayRead = anything,
        stopped: Stopped = never,
    ) -> None:
        messages = Messages(report)
        self._plan = plan
        self.knowledge = Knowledge(plan, stage)
        self.grids = Grids(plan, files, messages)
        self._outside = Outside(plan, self.grids, self.knowledge, messages, open_image, may_read)
        applying = Applying(plan, self.grids, self._outside, messages)
        self._remembered = remembered = Remembered(plan, self.knowledge.known)
        self._windows = Windows(plan, self.knowledge, remembered)
        self._sequences = Sequences(plan, self.knowledge, self._windows, self._outside, messages)
        self._machine = Machine(
            plan, self.grids, applying, self._sequences, messages, stopped=stopped
        )
        remembered.tables += (
            self._machine.called,
            self._machine.functions,
            self._sequences.listed,
            self._outside.written,
            applying.applied,
            self.grids.placements,
        )
        # What grows as well, and windows leave as it is.
        self._lasting: tuple[dict[Any, Any], ...] = (
            messages.told,
            self.grids.files,
            self.grids.warned_of,
        )

    @property
    def rests_on_outside(self) -> bool:
        """Whether anything rests on more than the program and the files that it loads."""
        return self._outside.is_asked

    def mark(self) -> Before:
        """What there is now, to go back to."""
        return Before(
            self._remembered.mark(),
            tuple(map(len, self._lasting)),
            (self.knowledge.is_staged, self.grids.is_whole, self._outside.is_asked),
        )

    def go_back(self, before: Before) -> None:
        """Be as at that moment, as if nothing had been reduced since."""
        self._remembered.go_back(before.mark)
        for table, size in zip(self._lasting, before.lasting, strict=True):
            cut(table, size)
        self.knowledge.is_staged, self.grids.is_whole, self._outside.is_asked = before.flags

    def reduce(self, expression: Declared) -> Value:
        """The value of a constant's code.

        Raises VoxLogicaError where functions that are passed to themselves never end.
        """
        return self._machine.result(self._machine.run(expression, (), (), None))

    def carried_out(
        self, instruction: Instruction, values: Sequence[Value], frame: Frame | None
    ) -> Value:
        """What an instruction gives that takes values, which may be the locals that it reads.

        What was reduced before is not reduced again.
        """
        expression = instruction.expression
        taken = [Instruction(Step.LOCAL, n, 0, expression) for n in range(len(values))]
        names = tuple(map(str, range(len(values))))
        code = (*taken, instruction) if instruction.takes else (instruction,)
        function = Declared("", names, code, expression.span, None, len(values))
        return self._machine.result(self._machine.run(function, (), tuple(values), frame))

    def applied(self, application: Application) -> Value:
        """What a function gives for values; what it gave before is not reduced again."""

        def applying() -> Task:
            return (yield application)

        return self._machine.result(applying())

    def form(self, overloaded: Overloaded, values: tuple[int, ...]) -> Form | None:
        """What an overloaded operator stands for, for these operations."""
        return self._machine.applying.form(overloaded, values)

    def element(self, sequence: Elements, number: int) -> Value:
        """An element of a sequence."""
        return self._machine.result(self._sequences.element(sequence, number))

    def operation(self, value: Value, place: Place) -> int | Failed:
        """The operation whose result is the value, of a sequence with all its elements.

        A function is none, and an error.
        """
        found = self._machine.result(self._sequences.operation(value, place))
        return cast("int | Failed", found)

    def placed(self, node: int | Failed, place: Place) -> int | Failed:
        """The operation on the default space, where it has none of its own."""
        return self._outside.placed(node, place)

    def images(self, value: Value, place: Place) -> Value:
        """The value; of an operation that gives a sequence of images, its elements."""
        found = type_of(self._plan, value)
        if found.element is None or not found.element.is_image:
            return value
        return self._sequences.known(value, place)

    def elements(self, value: Elements, place: Place) -> Iterator[int | Failed]:
        """The operations of a sequence's elements, each one with all that is in it."""
        for i in self._sequences.rounds.of(value.length, place):
            yield self.operation(self.element(value, i), place)

    def leaves(
        self,
        value: Value,
        place: Place,
        indices: tuple[int, ...] = (),
        *,
        has_empty: bool = False,
    ) -> Iterator[tuple[tuple[int, ...], int | Failed]]:
        """The operations of a sequence's elements, of nested ones too, with their indices.

        Sequences without any are passed over, unless one `has_empty` ones as well. Goals that the
        caller makes of them are reached now and then, and their operations gone.
        """
        if not isinstance(value, Elements) or (has_empty and not value.length):
            yield indices, self.operation(value, place)
            return
        window = self._windows.begin()
        goals = len(self._plan.goals)
        for i in self._sequences.rounds.of(value.length, place):
            element = self.images(self.element(value, i), place)
            yield from self.leaves(element, place, (*indices, i), has_empty=has_empty)
            if window.is_full:
                self._windows.reach(window, goals, place)
                goals = len(self._plan.goals)

    def lengths(self, value: Value, place: Place) -> list[int]:
        """The length of a sequence, and of those within it the greatest, and so on."""
        if not isinstance(value, Elements):
            return []
        inner: list[int] = []
        window = self._windows.begin()
        if value.type.element is not None or value.type == VALUE:
            for i in self._sequences.rounds.of(value.length, place):
                found = self.lengths(self.images(self.element(value, i), place), place)
                inner = [max(both) for both in zip_longest(inner, found, fillvalue=0)]
                if window.is_full:
                    self._windows.reach(window, len(self._plan.goals), place)
        return [value.length, *inner]
