"""Inputs one after another, each a part of one program: what sessions are made of."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from voxlogica.at_hand import AtHand
from voxlogica.dataclass import replace
from voxlogica.given_images import GivenImages
from voxlogica.plan_to_report import (
    Settings,
    both_plans,
    carry_out,
    no_store,
    opened_with,
    right,
)
from voxlogica.syntax.ast import Declaration, Load, Name, Param, Request
from voxlogica.syntax.diagnostics import VoxLogicaError, error
from voxlogica.syntax.source import Source, entered
from voxlogica.turns import Turns, in_turn

if TYPE_CHECKING:
    from voxlogica.engine.events import Observer
    from voxlogica.engine.results import Report
    from voxlogica.explanations.explanation import Explanation
    from voxlogica.images.given import GivenImage
    from voxlogica.images.reading import ImageFile
    from voxlogica.language.given import GivenValue
    from voxlogica.language.inputs import SessionInputs
    from voxlogica.language.planning import FinishedPlan, PlannedPrograms
    from voxlogica.language.values import Value
    from voxlogica.language.workplan import WorkPlan
    from voxlogica.plan_to_report import Stored
    from voxlogica.syntax.ast import Command, Dialect
    from voxlogica.syntax.ast import Program as Syntax
    from voxlogica.syntax.diagnostics import Diagnostic


class Dialogue:
    """Commands and expressions, one input after another: each sees what those before it declared.

        with Dialogue(cache=False) as session:
            session.enter('load flair = "flair.nii.gz"')
            session.enter("let bright = intensity(flair) >. 100")
            (shown,) = session.enter("volume(bright)").values

    An input is commands, or an expression, whose value is then among the report's `values`. What it
    declares, loads and imports is kept if the whole input succeeds. Nothing is computed by a
    declaration; what is computed of constants, of loaded images and of the last expressions stays
    in memory, so that no later input computes it again. `memory_limit` bounds the bytes of that,
    half of the memory that the process may use by default: what is beyond it waits in files.

    The reading of operator expressions is `dialect`; without one, that of ImgQL 2, and from the
    first `load` on that of ImgQL 1, as for files. What was declared keeps the reading it had, and
    relative paths go on to mean the files that they meant when they were entered. A file that has
    changed is read again.

    The other arguments are as for `run`. Threads use a session in turn, an input at a time; leaving
    it, as a context manager, forgets everything.
    """

    def __init__(
        self,
        *,
        definitions: Mapping[str, object] | None = None,
        dialect: Dialect | None = None,
        rewrites: bool = True,
        jobs: int | None = None,
        cache: bool | str | os.PathLike[str] = True,
        memory_limit: int | None = None,
        keeps_images: int = 0,
    ) -> None:
        from voxlogica.allowance import memory
        from voxlogica.engine.memory import memory_with_warnings
        from voxlogica.images.readers import kept

        self._definitions = dict(definitions or {})
        self._given_dialect = dialect
        usable = memory()
        limit = memory_limit or (usable and usable // 2)
        self._settings = Settings(
            jobs, cache, *memory_with_warnings(limit), rewrites, keeps_images=keeps_images
        )
        self._turns = Turns()
        self._at_hand = AtHand()
        self._count = 0
        self._readers = ExitStack()
        self._readers.enter_context(kept())
        self._forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.reset()
        self._readers.close()

    @property
    def dialect(self) -> Dialect:
        """The reading of what is entered next."""
        return self._dialect

    @property
    def inputs(self) -> int:
        """How many inputs there have been: places in the third are told as `input 3:1:5`."""
        return self._count

    def is_unfinished(self, text: str) -> bool:
        """Whether a text is right as far as it goes, but ends too early to be an input."""
        return self._parsed(text).is_unfinished

    @in_turn
    def enter(
        self,
        text: str,
        *,
        observe: Observer | None = None,
        cancellation: Future[None] | None = None,
    ) -> Report:
        """Carry out an input. Raises as `run` does; then nothing of it is kept."""
        return self._carry_out(self._parsed(text), observe, cancellation)

    @in_turn
    def load(self, name: str, path: str | os.PathLike[str]) -> None:
        """Load an image, whatever the reading, which stays as it is. Raises RunError."""
        text = f'load {name} = "{os.fspath(path)}"'
        self._carry_out(self._parsed(text, self._dialect), None, None)

    @in_turn
    def give(self, name: str, value: GivenValue) -> Report:
        """Declare a value that a program in Python has. Raises RunError."""
        from voxlogica.language.given import declaring

        wrong = self._wrong_with(name)
        if wrong:
            raise VoxLogicaError(wrong)
        given = declaring(name, value, f"input {self._count + 1}", self._given.add)
        return self._carry_out(replace(given, dialect=self._dialect), None, None)

    def may_declare(self, name: str) -> bool:
        """Whether the language has names such as this."""
        return not self._wrong_with(name)

    def _wrong_with(self, name: str) -> Sequence[Diagnostic]:
        """What is wrong with a name, if anything."""
        found = self._parsed(f"let {name} = 0", self._dialect)
        match found.commands:
            case (Declaration(own),) if own == name and not found.problems:
                return ()
        return found.problems or [error(f"`{name}` is no name of the language")]

    @in_turn
    def worth(
        self, text: str, *, called: str = "", observe: Observer | None = None
    ) -> tuple[Report, bool]:
        """Carry out an input, and tell whether it was an expression: then all of its value is had.

        Messages have it `called` something. Raises as `run` does; then nothing of it is kept.
        """
        entered = self._parsed(text, called=called)
        match entered.commands:
            case (Request("show") as shown,):
                entered = replace(entered, commands=(replace(shown, word="give"),))
                return self._carry_out(entered, observe, None), True
        return self._carry_out(entered, observe, None), False

    @in_turn
    def parted(self, text: str) -> tuple[str, str]:
        """The commands of a text, and the expression on the lines after them, each at its place.

        Either may be nothing but white space.
        """
        from voxlogica.syntax.parser import parse

        at = parse(Source("", text), self._reading_of(text)).stopped
        line = 0 if at is None else text.rfind("\n", 0, at) + 1
        if at is None or not line or text[line:at].strip() or at >= len(text):
            return text, ""
        return text[:line], re.sub(r"[^\n]", " ", text[:line]) + text[line:]

    def needed_by(self, text: str, called: str) -> list[Name]:
        """Where commands, and an expression after them, first have names of values from elsewhere.

        Messages have the text `called` something.
        """
        from voxlogica.language.free_names import free_names

        parts = [self._parsed(part, called=called) for part in self.parted(text)]
        commands = [command for part in parts for command in part.commands]
        free, own = free_names(commands), _declared_by(commands)
        return [one for n, one in free.items() if isinstance(one, Name) and n not in own]

    def declared_by(self, text: str) -> set[str]:
        """The names that commands would declare and load."""
        return _declared_by(self._parsed(text).commands)

    @property
    def images(self) -> list[GivenImage | ImageFile]:
        """The images that were given and loaded."""
        return [*self._given, *self._opened.values()]

    @in_turn
    def type_of(self, expression: str) -> str:
        """The type of an expression, which is not computed. Raises VoxLogicaError."""
        from voxlogica.language.code import Declared
        from voxlogica.language.values import type_of

        entered = self._parsed(expression)
        match entered.commands:
            case (Request("show", _, body, span),):
                name = " "  # which no program can declare
                meant = Declaration(name, (), body, span, span)
            case _:
                raise VoxLogicaError(entered.problems or [error("this is not an expression")])
        planned = self._planned(replace(entered, commands=(meant,)))
        bound = right(planned).names[name]
        assert isinstance(bound, Declared)
        return str(type_of(planned.plan, bound.value))

    @in_turn
    def plans(self, text: str) -> tuple[WorkPlan, WorkPlan]:
        """What entering a text would carry out: as written, and as computed by default.

        Raises VoxLogicaError.
        """
        return both_plans(self._planned(self._parsed(text), inputs=self._inputs.apart()))

    @in_turn
    def why(self, name: str, voxel: Sequence[int], *, inside: bool = False) -> Explanation:
        """Why an image that was declared or loaded has its value at a voxel: see `Explainer`.

        Raises VoxLogicaError.
        """
        from voxlogica.explaining import Explaining

        inputs = self._inputs.apart(keeps_code=True)
        with Explaining(
            lambda store: self._planned(self._parsed(""), store, inputs),
            self._settings,
            inside=inside,
        ) as explaining:
            return explaining.explain(name, voxel)

    @in_turn
    def declared(self) -> dict[str, str]:
        """What was declared and loaded: `dice(a, b)`, or a name and the type of its value."""
        from voxlogica.language.code import is_own
        from voxlogica.language.values import type_of

        planned = self._planned(self._parsed(""))
        return {
            name: bound.signature
            if bound.parameters
            else f"{name}: {type_of(planned.plan, bound.value)}"
            for name, bound in planned.names.items()
            if is_own(bound)
        }

    @in_turn
    def declares(self, name: str) -> bool:
        """Whether a name was declared or loaded."""
        from voxlogica.language.code import is_own

        return is_own(self._planned(self._parsed("")).names.get(name))

    @in_turn
    def names(self) -> list[str]:
        """All names and operators that an expression may use, in no order."""
        return list(self._planned(self._parsed("")).names)

    @in_turn
    def variables(self) -> list[str]:
        """What may stand after a `$` in strings: variables and parameters, in no order."""
        from voxlogica.language.definitions import program_variables

        parameters = self._planned(self._parsed("")).parameters
        own = program_variables(Source("", ""))
        return [*{**own, **self._definitions, **{p.name: None for p in parameters}}]

    def importable(self) -> list[str]:
        """The libraries and namespaces that an `import` finds here."""
        from voxlogica.language.libraries import known_libraries
        from voxlogica.operators import namespaces

        return [*known_libraries(Source("", "")), *namespaces()]

    @in_turn
    def reset(self) -> None:
        """Forget what was declared, loaded and computed."""
        self._at_hand.close()
        self._forget()

    def _forget(self) -> None:
        self._dialect: Dialect = self._given_dialect or 2
        self._begun: SessionInputs | None = None
        self._opened: dict[Path, ImageFile] = {}
        self._given = GivenImages()

    @property
    def _inputs(self) -> SessionInputs:
        if self._begun is None:
            from voxlogica.language.inputs import SessionInputs

            self._begun = SessionInputs(self._definitions, self._given_dialect)
        if self._turns.was_left:
            self._turns.was_left = False
            self._begun.start_anew()
        return self._begun

    def _parsed(self, text: str, dialect: Dialect | None = None, called: str = "") -> Syntax:
        from voxlogica.syntax.parser import parse_input

        return parse_input(
            entered(called or f"input {self._count + 1}", text), dialect or self._reading_of(text)
        )

    def _reading_of(self, text: str) -> Dialect:
        from voxlogica.syntax.parser import dialect_of

        calls_for_1 = self._given_dialect is None and dialect_of(text) == 1
        return 1 if calls_for_1 else self._dialect

    def _carry_out(
        self, entered: Syntax, observe: Observer | None, cancellation: Future[None] | None
    ) -> Report:
        self._count += 1
        try:
            report = carry_out(
                partial(self._planned, entered),
                self._finished,
                self._settings,
                observe,
                cancellation,
            )
        except BaseException:
            self._at_hand.give_up()
            self._given.give_up()
            if not self._settings.rewrites:
                # Threads that are in the middle of something may still look at the plan itself.
                self._inputs.start_anew()
            raise
        self._inputs.accept()
        self._at_hand.accept()
        declared = [c.name for c in entered.commands if isinstance(c, Declaration | Load)]
        if declared:
            self._given.declared(declared, self._inputs)
        self._dialect = entered.dialect
        return report

    def _planned(
        self, entered: Syntax, store: Stored = no_store, inputs: SessionInputs | None = None
    ) -> PlannedPrograms:
        from voxlogica.images.errors import ImageFileError

        if entered.problems:
            raise VoxLogicaError(entered.problems)
        opening = opened_with(store)

        def open_image(path: str) -> ImageFile:
            given = self._given.get(path)
            if given is not None:
                # It stands where an ImageFile stands.
                return cast("ImageFile", given)
            place = Path(path).absolute()
            try:
                found = opening(path)
            except ImageFileError:
                # What was loaded once does not stand in the way of all else when it is gone.
                if place not in self._opened:
                    raise
                return self._opened[place]
            self._opened[place] = found
            return found

        return (inputs or self._inputs).planned(entered, open_image)

    def _finished(self, planned: PlannedPrograms) -> FinishedPlan:
        """The plan to carry out; results of constants, and of the last expressions, stay at hand.

        They stay under the ids that they are computed by.
        """
        from voxlogica.language.workplan import Show

        kinds = planned.plan.kinds
        constants = {
            name: [
                position
                for position in _operations(bound.value)
                if kinds[position].space is not None or not kinds[position].is_image
            ]
            for name, bound in self._inputs.declared_since()
        }
        every = [position for positions in constants.values() for position in positions]
        finished = planned.finished(self._settings.rewrites, every)
        plan, ids = finished.plan, iter(finished.others)
        shown = [plan.ids[goal.node] for goal in plan.goals if isinstance(goal, Show)]
        self._at_hand.hold({n: [*islice(ids, len(p))] for n, p in constants.items()}, shown)
        return finished


def _declared_by(commands: Iterable[Command]) -> set[str]:
    """The names that commands declare and load."""
    return {c.name for c in commands if isinstance(c, Declaration | Load | Param)}


def _operations(value: Value | None) -> Iterator[int]:
    """The operations that a value consists of, as far as it is reduced."""
    from voxlogica.language.values import Elements

    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Elements):
            waiting += item.made.values()
        elif isinstance(item, int):
            yield item
