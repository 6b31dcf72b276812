"""Programs to workplan: reading, imports, names, types and goals, every error in one go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.errors import ImageFileError
from voxlogica.language.bindings import UNKNOWN, Binding
from voxlogica.language.builtins import NAMED
from voxlogica.language.code import Declared
from voxlogica.language.definitions import Definitions, program_variables, unmentioned
from voxlogica.language.doubts import Doubt, doubts
from voxlogica.language.doubts_of_ranks import doubts_of_ranks
from voxlogica.language.goals import COMMANDS, Goals, colliding
from voxlogica.language.knowledge import Asking, Stage
from voxlogica.language.libraries import shipped
from voxlogica.language.messages import grouped
from voxlogica.language.names import Names, found_after_import
from voxlogica.language.overloading import overloaded
from voxlogica.language.programs import OpenImage, Texts
from voxlogica.language.readings import told_together
from voxlogica.language.reducer import Reducer
from voxlogica.language.resolver import Resolver
from voxlogica.language.values import FAILED, Value
from voxlogica.language.workplan import REACHED, Ask, Place, Save, WorkPlan
from voxlogica.primitives import registry
from voxlogica.primitives.literals import LOAD
from voxlogica.syntax.ast import Broken, Declaration, Dialect, Difference, Import, Load, Program
from voxlogica.syntax.diagnostics import Diagnostic
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source, Span

if TYPE_CHECKING:
    from voxlogica.images.reading import ImageFile


@dataclass(frozen=True, slots=True)
class Planned:
    """A workplan, what there is to say about its programs, and where a reading would matter.

    The plan may be run only if none of the diagnostics is an error. One that `is_staged` shows what
    is known before the program runs; to run it, plan it again with a stage. `names` says what each
    name means at the end of the last program.
    """

    plan: WorkPlan
    diagnostics: tuple[Diagnostic, ...]
    differences: tuple[Difference, ...]
    names: Mapping[str, Binding] = field(default_factory=dict)
    is_staged: bool = False
    # What only the run can tell whether it is to be warned of.
    doubts: tuple[Doubt, ...] = ()

    def to_run(self, rewrites: bool) -> tuple[WorkPlan, tuple[Doubt, ...]]:
        """The plan as it is carried out, and the doubts that its last goals ask about."""
        saved = {
            Path(goal.path).absolute(): goal for goal in self.plan.goals if isinstance(goal, Save)
        }
        # Without the saves that a later one to the same file replaces, and those that are done.
        goals = [
            goal
            for goal in self.plan.goals
            if not isinstance(goal, Save)
            or (saved[Path(goal.path).absolute()] is goal and goal.node != REACHED)
        ]
        needed = set(replace(self.plan, goals=goals).needed()) if self.doubts else set()
        doubts = tuple(doubt for doubt in self.doubts if doubt.operation in needed)
        asked = [Ask(p, doubt.place.span) for doubt in doubts for p in doubt.asked]
        return finished(replace(self.plan, goals=[*goals, *asked]), rewrites), doubts

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(d.severity == "error" for d in self.diagnostics)


def plan_programs(
    sources: Sequence[Source],
    *,
    definitions: Mapping[str, str],
    dialect: Dialect | None,
    open_image: OpenImage,
    stage: Stage | None = None,
    rewrites: bool = True,
) -> Planned:
    """One workplan for several programs: what they share is one operation.

    Everything that can be checked without computing is: names, arities, types, image headers,
    sizes, file formats. Image files are opened as the programs name them, each once. What depends
    on image data is asked of the `stage`, if there is one, and computed before the plan is whole;
    the parts of the plan that this takes are finished, with or without `rewrites`.
    """
    # Made one at a time: a tree takes more memory than its plan.
    programs = ([parse(source, dialect)] for source in sources)
    return _plan(
        programs, definitions, dialect, open_image, _asking(stage, rewrites), all_mentioned=True
    )


def plan_session(
    inputs: Sequence[Program],
    *,
    definitions: Mapping[str, str],
    dialect: Dialect | None,
    open_image: OpenImage,
    stage: Stage | None = None,
    rewrites: bool = True,
) -> Planned:
    """The workplan of a session: its inputs are one program, each in its own reading.

    `dialect` is that of libraries. Said is only what the last input gives reason to say, and what
    is wrong in any.
    """
    planned = _plan(
        [[*inputs]], definitions, dialect, open_image, _asking(stage, rewrites), all_mentioned=False
    )
    last = inputs[-1].source
    told = [
        d
        for d in planned.diagnostics
        if d.severity == "error" or (d.span is not None and d.span.source is last)
    ]
    kept = {*planned.differences} if dialect is None else {*inputs[-1].differences}
    differences = tuple(d for d in inputs[-1].differences if d in kept)
    return replace(planned, diagnostics=tuple(told), differences=differences)


def finished(plan: WorkPlan, rewrites: bool) -> WorkPlan:
    """A plan as it is carried out: rewritten, if that is wanted, and fused."""
    if not rewrites:
        return plan
    from voxlogica.language.fusion import fuse
    from voxlogica.language.rewrites import rewrite

    return fuse(rewrite(plan))


def _asking(stage: Stage | None, rewrites: bool) -> Asking | None:
    return Asking(stage, partial(finished, rewrites=rewrites)) if stage else None


def _plan(
    programs: Iterable[list[Program]],
    definitions: Mapping[str, str],
    dialect: Dialect | None,
    open_image: OpenImage,
    stage: Asking | None,
    *,
    all_mentioned: bool,
) -> Planned:
    """One workplan for several programs, each of one text, or of several that make one.

    With `all_mentioned`, each of the definitions has to be mentioned in some text.
    """
    plan = WorkPlan()
    planners: list[_Planner] = []
    names: Mapping[str, Binding] = {}
    opened: dict[str, ImageFile | ImageFileError] = {}
    own: set[str] = set()

    def open_once(path: str) -> ImageFile:
        if path not in opened:
            try:
                opened[path] = open_image(path)
            except ImageFileError as problem:
                opened[path] = problem
        found = opened[path]
        if isinstance(found, ImageFileError):
            raise found
        return found

    for texts in programs:
        its_own = program_variables(texts[-1].source)
        own |= its_own.keys()
        diagnostics: list[Diagnostic] = []
        read = Texts(
            Definitions({**its_own, **definitions}), dialect, open_once, diagnostics.append
        )
        planners.append(_Planner(plan, read, diagnostics, stage))
        names = planners[-1].run(texts)
    diagnostics = [d for planner in planners for d in planner.diagnostics]
    # Who chose a reading does not ask for the other one.
    differences = [d for p in planners for d in p.texts.differences if dialect is None]
    if all_mentioned and all(planner.texts.is_whole for planner in planners):
        read_texts = [text for planner in planners for text in planner.texts.read]
        diagnostics = unmentioned(definitions, own, read_texts, diagnostics)
    diagnostics += colliding(plan, opened)
    diagnostics, differences = told_together(diagnostics, differences)
    is_staged = any(planner.is_staged for planner in planners)
    waiting = tuple(doubt for planner in planners for doubt in planner.doubts)
    return Planned(plan, tuple(diagnostics), tuple(differences), names, is_staged, waiting)


@dataclass(slots=True)
class _Planner:
    """Plans one program into the plan that it shares with others."""

    plan: WorkPlan
    texts: Texts
    diagnostics: list[Diagnostic]
    stage: Asking | None
    # Whether what it plans needs a stage.
    is_staged: bool = False
    doubts: list[Doubt] = field(default_factory=list)

    def run(self, programs: list[Program]) -> dict[str, Binding]:
        """Plan a program that is in one text or several; gives what its names mean.

        Of all but the last text, only what they declare, load and import is there. The list is
        empty afterwards, so that nothing holds the trees.
        """
        begin, first_goal = len(self.plan), len(self.plan.goals)
        *earlier, last = programs
        programs.clear()
        source = last.source
        texts, report = self.texts, self.diagnostics.append
        declaring = (c for c in texts.commands(earlier) if type(c) not in COMMANDS)
        commands = [
            *parse(shipped("stdlib"), 1).commands,
            *declaring,
            *texts.commands([last]),
        ]
        del earlier, last
        operators = registry()
        reducer = Reducer(self.plan, texts.grids, report, operators, texts.open_image, self.stage)
        reducer.grids.is_whole = texts.open_all(commands)
        names = Names({**operators, **NAMED})
        anywhere: dict[str, Span] = {}
        for command in commands:
            if isinstance(command, Declaration | Load) and not command.span.source.shipped:
                anywhere.setdefault(command.name, command.name_span)
        resolver = Resolver(
            names, texts.definitions, report, anywhere, found_after_import, texts.is_whole
        )
        goals = Goals(self.plan, reducer, texts, report)
        in_library = True
        # Each is let go of when it is dealt with: the tree takes more memory than the plan.
        commands.reverse()
        while commands:
            command = commands.pop()
            if in_library and command.span.source is not shipped("stdlib"):
                in_library = False
                names.update(overloaded(names, operators))
            match command:
                case Declaration():
                    declared = resolver.declare(
                        command.name, command.parameters, command.body, command.name_span
                    )
                    if not declared.parameters:
                        declared.value = reducer.reduce(declared)
                        declared.code = ()
                case Load():
                    names[command.name] = self._loaded(command)
                case Broken():
                    names[command.name] = UNKNOWN
                case Import():
                    names.bring(texts.definitions.replaced(command.path.value))
                case _:
                    goals.add(command, reducer.reduce(resolver.resolve(command.body)))
        doubtful, self.doubts = doubts(self.plan, begin, reducer.number_now)
        doubtful += doubts_of_ranks(self.plan, begin, first_goal, reducer.number_now)
        self.diagnostics = grouped([*self.diagnostics, *doubtful])
        # In the order of the text, whichever pass found them; what is said of imports first.
        self.diagnostics.sort(
            key=lambda d: d.span.start if d.span and d.span.source is source else -1
        )
        self.is_staged = reducer.is_staged
        return names

    def _loaded(self, command: Load) -> Declared:
        file = self.texts.file(command)
        value: Value = FAILED
        if file is not None:
            value = self.plan.add(LOAD, (), (file,), file.geometry, Place(command.span))
        return Declared(command.name, (), (), command.name_span, value)
