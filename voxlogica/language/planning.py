"""Programs to workplan: reading, imports, names, types and goals, every error in one go."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.errors import ImageFileError
from voxlogica.language.code import Declared
from voxlogica.language.definitions import unmentioned
from voxlogica.language.doubts import Doubt
from voxlogica.language.given import GivenByName
from voxlogica.language.goals import colliding
from voxlogica.language.knowledge import Asking, Stage
from voxlogica.language.libraries import Libraries, MayRead, OpenImage, anything
from voxlogica.language.names import Binding
from voxlogica.language.parameters import Constant, Parameter, different, plain
from voxlogica.language.planner import Planner, ProgramFiles
from voxlogica.language.readings import told_together
from voxlogica.language.stopping import Stopped, never
from voxlogica.language.workplan import Ask, Assert, Save, WorkPlan
from voxlogica.syntax.ast import Dialect, Difference, Program
from voxlogica.syntax.diagnostics import Diagnostic
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source

if TYPE_CHECKING:
    from voxlogica.images.reading import ImageFile
    from voxlogica.language.reducer import Reducer


@dataclass(frozen=True, slots=True)
class FinishedPlan:
    """A plan as it is carried out.

    The last of its goals ask for what `doubts` are judged by, and assertions compare. Other
    operations that were asked about are computed under the ids in `others`, where they are.
    """

    plan: WorkPlan
    doubts: tuple[Doubt, ...]
    others: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PlannedPrograms:
    """A workplan as it is written, and what there is to say about its programs.

    It may be run only if none of the diagnostics is an error. One that `is_staged` shows what is
    known before the program runs; `resumed`, with a stage, is the one to run. `differences` are
    where a reading would matter; `names` says what each means at the end of the last program;
    `parameters` are those that the programs declare, each once; `sources` their texts and those of
    `libraries`, but for what ships, and `images` the files that were opened,
    `unread` the paths of those that could not be.
    """

    plan: WorkPlan
    diagnostics: tuple[Diagnostic, ...]
    differences: tuple[Difference, ...]
    names: Mapping[str, Binding] = field(default_factory=dict)
    is_staged: bool = False
    parameters: tuple[Parameter, ...] = ()
    # What only the run can tell whether it is to be warned of.
    doubts: tuple[Doubt, ...] = ()
    sources: tuple[Source, ...] = ()
    libraries: tuple[Source, ...] = ()
    images: tuple[ImageFile, ...] = ()
    unread: tuple[str, ...] = ()
    # What reduced it, of a plan that keeps its code: to explain results by (`explanations/`).
    reducer: Reducer | None = None
    _resume: Callable[[Asking], PlannedPrograms] | None = None

    @property
    def errors(self) -> list[Diagnostic]:
        """What is wrong."""
        return [d for d in self.diagnostics if d.severity == "error"]

    @property
    def warnings(self) -> list[Diagnostic]:
        """What is doubtful."""
        return [d for d in self.diagnostics if d.severity == "warning"]

    def resumed(self, stage: Stage, rewrites: bool) -> PlannedPrograms:
        """Planned again from where a stage was wanted; what it is asked for is finished."""
        assert self._resume is not None
        return self._resume(Asking(stage, lambda plan: finished(plan, rewrites)[0]))

    def finished(self, rewrites: bool, others: Sequence[int] = ()) -> FinishedPlan:
        """The plan as it is carried out; and by which ids some `others` of its operations are."""
        last = {goal.place: goal for goal in self.plan.goals if isinstance(goal, Save)}
        # Without the saves that a later one to the same file replaces, and those that are done.
        goals = [
            goal
            for goal in self.plan.goals
            if not isinstance(goal, Save) or (last[goal.place] is goal and not goal.is_done)
        ]
        needed = set(replace(self.plan, goals=goals).needed()) if self.doubts else set()
        doubts = tuple(doubt for doubt in self.doubts if doubt.operation in needed)
        goals += [Ask(p, doubt.place.span) for doubt in doubts for p in doubt.asked]
        goals += [
            Ask(p, goal.span) for goal in goals if isinstance(goal, Assert) for p in goal.asked
        ]
        plan, ids = finished(replace(self.plan, goals=goals), rewrites, others)
        return FinishedPlan(plan, doubts, ids)


def finished(
    plan: WorkPlan, rewrites: bool, others: Sequence[int] = ()
) -> tuple[WorkPlan, tuple[bytes, ...]]:
    """A plan as it is carried out: rewritten, if that is wanted, and fused.

    With the ids that some `others` of its operations have in it, if they are computed.
    """
    # No rule, and no chain, is of what rests on nothing, as known numbers do.
    reached = [*others, *(goal.node for goal in plan.goals)]
    if not rewrites or not any(map(plan.arguments, reached)):
        return plan, tuple(plan.ids[position] for position in others)
    from voxlogica.language.fusion import fuse
    from voxlogica.language.rewrites import cheapest, simplified

    asked = [Ask(position, plan.places[position].span) for position in others]
    simple = simplified(replace(plan, goals=[*plan.goals, *asked]))
    wanted = len(plan.goals)
    ids = tuple(simple.ids[goal.node] for goal in simple.goals[wanted:])
    return fuse(cheapest(replace(simple, goals=simple.goals[:wanted]))), ids


def plan_programs(
    sources: Iterable[Source],
    *,
    definitions: Mapping[str, object],
    dialect: Dialect | None,
    open_image: OpenImage,
    given: GivenByName | None = None,
    keeps_code: bool = False,
    stopped: Stopped = never,
) -> PlannedPrograms:
    """One workplan for several programs: what they share is one operation.

    Everything that can be checked without computing is: names, arities, types, image headers,
    sizes, file formats. Image files are opened as the programs name them, each once. Each of the
    definitions has to be a parameter, or mentioned in some text. What depends on image data waits
    for a stage. Raises VoxLogicaError where a definition is no value. Some images are `given`.
    A plan that `keeps_code` has the last program's reducer. Planning ends, and raises, where
    `stopped` says so.
    """
    # Made one at a time: a tree takes more memory than its plan.
    programs = (parse(source, dialect) for source in sources)
    return _planned(
        programs,
        definitions,
        dialect=dialect,
        open_image=open_image,
        given=given,
        keeps_code=keeps_code,
        stopped=stopped,
    )


def _alone(program: Program) -> list[Program]:
    return [program]


def _planned(
    programs: Iterable[Program],
    definitions: Mapping[str, object],
    *,
    dialect: Dialect | None,
    open_image: OpenImage,
    given: GivenByName | None,
    libraries: Libraries | None = None,
    shows_names: bool = False,
    left_over: Container[str] = (),
    keeps_code: bool = False,
    may_read: MayRead = anything,
    stopped: Stopped = never,
) -> PlannedPrograms:
    planning = _Planning(
        WorkPlan(),
        plain(definitions),
        dialect,
        ProgramFiles(open_image, libraries, may_read, stopped),
        shows_names=shows_names,
        left_over=left_over,
        keeps_code=keeps_code,
    )
    if given is None or not given.images:
        # Nothing here holds on to a program: its tree is let go when it is planned.
        return planning.go_on(map(_alone, programs))
    known, read = [*programs], dict[Source, Program]()
    libraries = given.placed_in(libraries or Libraries(), read)
    planning.files = ProgramFiles(given.opening(open_image), libraries, may_read, stopped)
    planning.wrong = lambda: given.unmet(known, read.values())
    return planning.go_on(map(given.placed, known))


class Template:
    """Programs that are planned again and again, with other definitions each time.

    Their texts, and those of libraries, are read once. Where it `shows_names`, the values of all
    constants that the user's own texts declare and load are goals as well: `Show`, with the name as
    label. Where it `keeps_code`, results of its plans can be explained. Files and folders are read
    where they `may_read`. Safe for any thread.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        dialect: Dialect | None,
        *,
        shows_names: bool = False,
        keeps_code: bool = False,
        may_read: MayRead = anything,
    ) -> None:
        self.programs = [parse(source, dialect) for source in sources]
        self._planned = partial(
            _planned,
            self.programs,
            dialect=dialect,
            libraries=Libraries(may_read),
            shows_names=shows_names,
            keeps_code=keeps_code,
            may_read=may_read,
        )

    def planned(
        self,
        definitions: Mapping[str, object],
        open_image: OpenImage,
        given: GivenByName | None = None,
        left_over: Container[str] = (),
        stopped: Stopped = never,
    ) -> PlannedPrograms:
        """As `plan_programs` gives it; definitions that are `left_over` need not mean anything."""
        return self._planned(
            definitions,
            open_image=open_image,
            given=given,
            left_over=left_over,
            stopped=stopped,
        )


@dataclass(slots=True)
class _Planning:
    """Programs that are planned together."""

    plan: WorkPlan
    definitions: Mapping[str, Constant]
    dialect: Dialect | None
    files: ProgramFiles
    planners: list[Planner] = field(default_factory=list)
    # The programs after the first one that needs a stage: their plans may change with it.
    later: list[list[Program]] = field(default_factory=list)
    # What is wrong with what was given, told when all is read.
    wrong: Callable[[], list[Diagnostic]] = list
    shows_names: bool = False
    # Definitions that need not mean anything.
    left_over: Container[str] = ()
    keeps_code: bool = False

    def go_on(
        self, programs: Iterable[list[Program]], asking: Asking | None = None
    ) -> PlannedPrograms:
        """Plan more programs, each in a list that is empty afterwards."""
        for program in programs:
            if asking is None and any(planner.is_staged for planner in self.planners):
                self.later.append([*program])
            planner = Planner(
                self.plan,
                self.definitions,
                self.dialect,
                self.files,
                shows_names=self.shows_names,
                keeps_code=self.keeps_code,
            )
            self.planners.append(planner)
            self.planners[-1].begin(program)
            self.planners[-1].carry_on(asking)
        return self._planned()

    def _resumed(self, asking: Asking) -> PlannedPrograms:
        first = [planner.is_staged for planner in self.planners].index(True)
        del self.planners[first + 1 :]
        self.planners[first].resume(asking)
        later, self.later = self.later, []
        return self.go_on(later, asking)

    def _planned(self) -> PlannedPrograms:
        judged = [planner.judged() for planner in self.planners]
        diagnostics = [*self.wrong(), *(d for said, _ in judged for d in said)]
        texts = [planner.texts for planner in self.planners]
        # Who chose a reading does not ask for the other one.
        differences = [d for text in texts for d in text.differences if self.dialect is None]
        sources = tuple(source for several in texts for source in several.read)
        known = [planner.parameters for planner in self.planners]
        if all(text.is_whole for text in texts):
            own = {name for planner in self.planners for name in planner.own}
            read = [source.text for source in sources]
            declared = [name for several in known for name in several]
            constants = {
                name: bound.span
                for name in self.definitions
                for planner in self.planners
                if isinstance(bound := dict.get(planner.names, name), Declared)
                and not bound.span.source.shipped
            }
            definitions = [name for name in self.definitions if name not in self.left_over]
            diagnostics = unmentioned(definitions, own, declared, read, diagnostics, constants)
        programs = {path for text in texts for path in text.seen}
        diagnostics += colliding(self.plan, self.files.found, programs)
        diagnostics, differences = told_together(diagnostics, differences)
        is_staged, found = any(p.is_staged for p in self.planners), self.files.found
        return PlannedPrograms(
            self.plan,
            tuple(diagnostics),
            tuple(differences),
            self.planners[-1].names if self.planners else {},
            is_staged,
            different(d.parameter for several in known for d in several.values() if d),
            tuple(doubt for _, waiting in judged for doubt in waiting),
            sources,
            tuple(s for s in sources if all(s is not p.source for p in self.planners)),
            tuple(f for f in found.values() if not isinstance(f, ImageFileError)),
            tuple(path for path, f in found.items() if isinstance(f, ImageFileError)),
            self.planners[-1].reducer if self.planners and self.keeps_code else None,
            # What planning remembers is let go of where it does not go on.
            self._resumed if is_staged else None,
        )
