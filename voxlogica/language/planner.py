"""Planning one program, command by command, with the way back to an earlier one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.images.errors import ImageFileError
from voxlogica.language.builtins import NAMED
from voxlogica.language.code import Declared
from voxlogica.language.definitions import DeclaredParameter as DeclaredParameter
from voxlogica.language.definitions import Definitions, Variables, program_variables
from voxlogica.language.doubts import Doubt, doubts
from voxlogica.language.goals import Goals
from voxlogica.language.knowledge import Asking
from voxlogica.language.libraries import (
    Libraries,
    MayRead,
    OpenImage,
    anything,
    out_of_reach,
    shipped,
)
from voxlogica.language.messages import grouped
from voxlogica.language.names import UNKNOWN, Binding, Names, found_after_import, overloaded
from voxlogica.language.operations import Place
from voxlogica.language.parameters import Constant
from voxlogica.language.programs import Texts
from voxlogica.language.reducer import Before, Reducer
from voxlogica.language.resolver import Resolver
from voxlogica.language.stopping import Stopped, never
from voxlogica.language.values import FAILED, Value
from voxlogica.language.workplan import WorkPlan, cut
from voxlogica.operators import registry
from voxlogica.operators.literals import LOAD
from voxlogica.operators.signature import MODEL, REGION
from voxlogica.syntax.ast import (
    Broken,
    Command,
    Declaration,
    Dialect,
    Import,
    Load,
    Name,
    Param,
    Program,
    Request,
    Text,
)
from voxlogica.syntax.diagnostics import Diagnostic, Note, VoxLogicaError, warning
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Span

if TYPE_CHECKING:
    from voxlogica.images.reading import ImageFile

# After so many commands one can be gone back to: until then, their trees are kept.
_STRIDE = 100


class PlannerMark(NamedTuple):
    """What a planner has come to at some moment."""

    reduced: Before
    names: tuple[int, int]
    goals: int
    said: int
    labels: int
    parameters: Mapping[str, DeclaredParameter | None]


class ProgramFiles:
    """Image files and libraries, each opened once; images that cannot be opened, too.

    Images and folders are looked at only where they `may_read`. What is planned with them ends
    where `stopped` says so.
    """

    def __init__(
        self,
        open_image: OpenImage,
        libraries: Libraries | None = None,
        may_read: MayRead = anything,
        stopped: Stopped = never,
    ) -> None:
        self.may_read = may_read
        self.stopped = stopped
        self.open_anew(open_image, libraries)

    def open_anew(self, open_image: OpenImage, libraries: Libraries | None = None) -> None:
        """From now on, open files by this, those that were opened before too."""
        self.libraries = libraries or Libraries()
        self.found: dict[str, ImageFile | ImageFileError] = {}
        self._open_image = open_image

    def open(self, path: str) -> ImageFile:
        """The file at a path. Raises ImageFileError."""
        if path not in self.found:
            try:
                if not self.may_read(path):
                    raise out_of_reach(path)
                self.found[path] = self._open_image(path)
            except ImageFileError as problem:
                self.found[path] = problem
        found = self.found[path]
        if isinstance(found, ImageFileError):
            raise found
        return found


class Planner:
    """Plans programs, one after the other, into a plan: each sees what those before it declared.

    Others may add to the plan as well, as long as none of them goes back to before that.
    """

    def __init__(
        self,
        plan: WorkPlan,
        definitions: Mapping[str, Constant],
        dialect: Dialect | None,
        files: ProgramFiles,
        *,
        shows_names: bool = False,
        keeps_code: bool = False,
    ) -> None:
        self.plan = plan
        # Else that of constants is let go of when they are reduced.
        self._keeps_code = keeps_code
        self.definitions = definitions
        self.dialect = dialect
        self.files = files
        # Whether the values of all names that the user's own texts declare are goals, too.
        self.shows_names = shows_names
        self.said: list[Diagnostic] = []
        # Not a method of the planner's own: it would hold itself in memory.
        self._say = self.said.append
        self.names = Names({**registry(), **NAMED, **standard_names()})
        self.reducer = Reducer(
            plan,
            {},
            self._say,
            files.open,
            may_read=files.may_read,
            stopped=files.stopped,
        )
        self._since: list[Command] = []
        # The parameters that were declared, as `Variables` has them.
        self.parameters: Mapping[str, DeclaredParameter | None] = {}
        self._read_by(Texts(Variables({}, {}, {}), 1, files.open, self._say))

    def begin(
        self,
        programs: list[Program],
        seen: frozenset[str] = frozenset(),
        *,
        only_declares: bool = False,
    ) -> None:
        """Get ready for a program that is in one text or several; libraries of `seen` are read.

        Of all but the last text, and with `only_declares` of that one too, only what they declare,
        load and import is there. The list is empty afterwards, so that nothing holds the trees.
        """
        last = programs.pop()
        self.said.clear()
        self.source = last.source
        self.own = program_variables(last.source)
        variables = Variables(self.definitions, self.own, self.parameters)
        read = {shipped("stdlib").name, *seen}
        grids = self.reducer.grids.files
        texts = Texts(
            variables, self.dialect, self.files.open, self._say, self.files.libraries, grids, read
        )
        # What declares is for later commands, and asks for nothing itself.
        commands: list[Command] = []
        commands += (c for c in texts.commands(programs) if not isinstance(c, Request))
        programs.clear()
        its_own = texts.commands([last])
        commands += (c for c in its_own if not (only_declares and isinstance(c, Request)))
        if self.shows_names:
            commands += _shown(commands)
        self.parameters = variables.known
        self.reducer.grids.is_whole = texts.open_all(commands)
        self.reducer.knowledge.is_staged = False
        self._read_by(texts, commands)
        self._begin, self._first_goal = len(self.plan), len(self.plan.goals)
        # Each is let go of soon after it was dealt with: the tree takes more memory than the plan.
        self._left, self._since = commands[::-1], []
        self._mark = self.mark()

    def _read_by(self, texts: Texts, commands: Sequence[Command] = ()) -> None:
        self.texts = texts
        anywhere: dict[str, Span] = {}
        for command in commands:
            if isinstance(command, Declaration | Load | Param) and not command.span.source.shipped:
                anywhere.setdefault(command.name, command.name_span)
        self._resolver = Resolver(
            self.names,
            texts.definitions,
            self._say,
            anywhere,
            found_after_import,
            texts.is_whole,
            texts.old,
        )
        self._goals = Goals(self.plan, self.reducer, texts, self._say, self.names)

    def carry_on(self, asking: Asking | None = None) -> None:
        """Plan what is left of the program."""
        self.reducer.knowledge.stage = asking
        while self._left:
            if len(self._since) >= _STRIDE and (asking or not self.is_staged):
                self._mark, self._since = self.mark(), []
            self._since.append(self._left.pop())
            self._carry_out(self._since[-1])

    def resume(self, asking: Asking) -> None:
        """Plan again what needs a stage, and what comes after it, now that there is one."""
        self.go_back(self._mark)
        self._left, self._since = self._since[::-1], []
        self.carry_on(asking)

    @property
    def is_staged(self) -> bool:
        """Whether something that was planned needs a stage."""
        return self.reducer.knowledge.is_staged

    def judged(self) -> tuple[list[Diagnostic], list[Doubt]]:
        """All that there is to say of the program, and what only the run can tell."""
        known = self.reducer.knowledge.number_now
        doubtful, waiting = doubts(self.plan, self._begin, self._first_goal, known)
        said = grouped([*self.said, *self._resolver.never_met(self.said), *doubtful])
        # In the order of the text, whichever pass found them; what is said of imports first.
        said.sort(key=lambda d: d.span.start if d.span and d.span.source is self.source else -1)
        return said, waiting

    def mark(self) -> PlannerMark:
        """What there is now, to go back to."""
        return PlannerMark(
            self.reducer.mark(),
            self.names.mark(),
            len(self.plan.goals),
            len(self.said),
            len(self._goals.labels),
            self.parameters,
        )

    def go_back(self, mark: PlannerMark) -> None:
        """Be as at that moment: what was planned since is forgotten, by others too."""
        self.reducer.go_back(mark.reduced)
        self.names.go_back(mark.names)
        self.parameters = mark.parameters
        del self.plan.goals[mark.goals :]
        del self.said[mark.said :]
        cut(self._goals.labels, mark.labels)

    def _carry_out(self, command: Command) -> None:
        resolver, reducer, names = self._resolver, self.reducer, self.names
        match command:
            case Declaration():
                self._doubt_shadowed(command)
                declared = resolver.declare(
                    command.name, command.parameters, command.body, command.name_span
                )
                if not declared.parameters:
                    declared.value = reducer.reduce(declared)
                    if not self._keeps_code:
                        declared.code = ()
            case Load():
                names[command.name] = self._loaded(command)
            case Param():
                value = self.texts.variables.values.get(command)
                if value is None:
                    names[command.name] = UNKNOWN
                else:
                    where = command.default or Name(command.name, command.name_span)
                    set_to = resolver.constant(command.name, value, where, command.name_span)
                    set_to.value = reducer.reduce(set_to)
            case Broken():
                names[command.name] = UNKNOWN
            case Import():
                names.bring(self.texts.definitions.replaced(command.path.value))
            case Request("name"):
                self._show_name(command)
            case Request():
                self._goals.add(command, reducer.reduce(resolver.resolve(command.body)))

    def _show_name(self, command: Request) -> None:
        """Ask for what a name means, if it can be shown by itself: a run need not be able to."""
        before = self.mark()
        try:
            self._goals.add(command, self.reducer.reduce(self._resolver.resolve(command.body)))
        except VoxLogicaError:  # of a stage
            self.go_back(before)
            return
        if any(d.severity == "error" for d in self.said[before.said :]):
            self.go_back(before)

    def _doubt_shadowed(self, command: Declaration) -> None:
        """Warn where a program gives a parameter of its own a meaning that has nothing of it."""
        known, span = self.parameters.get(command.name), command.name_span
        before = known.parameter.span if known else None
        if before is None or before.source is not span.source or before.start > span.start:
            return
        if re.search(rf"\b{re.escape(command.name)}\b", command.body.span.text):
            return
        self._say(
            warning(
                f"`{command.name}` is a parameter, and something else from here on: -D does not "
                "change that",
                span,
                notes=[Note("declared here", before)],
                hint="give it another name, or delete this declaration",
            )
        )

    def _loaded(self, command: Load) -> Declared:
        file = self.texts.loaded[command]
        value: Value = FAILED
        if file is not None:
            # An array of truth values that is given is a region; a file holds numbers.
            result = REGION if file.is_region else MODEL
            value = self.plan.add(LOAD, (), (file,), file.geometry, Place(command.span), result)
        return Declared(command.name, (), (), command.name_span, value)


@cache
def standard_names() -> Mapping[str, Binding]:
    """What the standard library declares, and the overloaded operators.

    It declares functions only, so nothing of it is in any plan.
    """
    operators = registry()
    names = Names({**operators, **NAMED})
    return {**declarations("stdlib", names), **overloaded(names, operators)}


def declarations(library: str, names: Names) -> Mapping[str, Binding]:
    """What a library that ships declares, functions only, where some names are known already."""
    said: list[Diagnostic] = []
    resolver = Resolver(names, Definitions({}), said.append, {})
    declared: dict[str, Binding] = {}
    for command in parse(shipped(library), 1).commands:
        assert isinstance(command, Declaration)
        declared[command.name] = resolver.declare(
            command.name, command.parameters, command.body, command.name_span
        )
    assert not said
    return declared


def _shown(commands: Sequence[Command]) -> list[Command]:
    """Commands that ask for what the names of constants mean in the end."""
    last: dict[str, Command] = {}
    for command in commands:
        match command:
            case Declaration(name, ()) | Load(name) | Param(name) if (
                not command.span.source.shipped
            ):
                last.pop(name, None)
                last[name] = Request(
                    "name",
                    Text(name, command.name_span),
                    Name(name, command.name_span),
                    command.name_span,
                )
            case Declaration(name):
                last.pop(name, None)
    return [*last.values()]
