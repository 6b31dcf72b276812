"""Reaching a program's goals, in stages if need be: all, or none with nothing left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from voxlogica.dataclass import dataclass, replace
from voxlogica.engine.events import Event, Observer, Planned, Warned
from voxlogica.engine.executor import TABLE, Means, execute
from voxlogica.engine.holding import Holding
from voxlogica.engine.results import Layer, Printed, PrintedValue, Shown, ShownValue
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.image import Image
from voxlogica.images.levels import DEFAULT_LEVEL
from voxlogica.language.contents import holds_colour
from voxlogica.language.doubts import Doubt
from voxlogica.language.workplan import REACHED, Goal, Occasion, Print, Save, Show, WorkPlan
from voxlogica.primitives.signature import BOOL, NUMBER, VALUE, Standing, Type
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, error, warning
from voxlogica.syntax.source import Span

if TYPE_CHECKING:
    from voxlogica.images.writing import Staging, Written


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of a plan's goals, each kind in program order."""

    prints: tuple[Printed, ...]
    layers: tuple[Layer, ...]
    values: tuple[Shown, ...]


def run_plan(
    plan: WorkPlan,
    jobs: int,
    observe: Observer,
    means: Means | None = None,
    compression: int = DEFAULT_LEVEL,
) -> Reached:
    """Compute the goals on `jobs` threads.

    Images are written beside their destination as soon as they are there, and take its place only
    when every goal has succeeded, compressed at the level `compression` where the format is.
    Raises VoxLogicaError when one has not.
    """
    with Run(jobs, observe, means, compression) as run:
        return run.conclude(plan)


class Run:
    """One run of programs, on `jobs` threads: stages while they are reduced, then the plan.

    `prepare` makes of a plan the one that is carried out. `permit` is called when everything is
    reached and told of, before files are put in place: it raises where they must not be. As a
    context manager the run leaves nothing behind, unless it was concluded. It is a `Stage` of the
    reducer's.
    """

    def __init__(
        self,
        jobs: int,
        observe: Observer,
        means: Means | None = None,
        compression: int = DEFAULT_LEVEL,
        prepare: Callable[[WorkPlan], WorkPlan] = lambda plan: plan,
        permit: Callable[[], None] = lambda: None,
    ) -> None:
        self._jobs = jobs
        self._observer = observe
        # Stages may rest on the same operations, and be told the same of them.
        self._warned: set[Diagnostic] = set()
        self._means = replace(means or Means(), holding=Holding(TABLE))
        self._prepare = prepare
        self._permit = permit
        self._compression = compression
        # Made for the first file: most that is needed to write one is needed for nothing else.
        self._staged: Staging | None = None
        self._staging_first = Lock()
        # What was written for goals, by their number, with the type of the image and the place.
        self._written: dict[int, tuple[Written, Type, Span]] = {}
        # What operations wrote, by their order in the program.
        self._effects: dict[tuple[int, int], tuple[Written, Type, Span]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._holding.close()
        if self._staged is not None:
            self._staged.__exit__(kind, problem, traceback)

    @property
    def _staging(self) -> Staging:
        with self._staging_first:
            if self._staged is None:
                from voxlogica.images.writing import Staging

                self._staged = Staging((), self._compression).__enter__()
            return self._staged

    def _observe(self, event: Event) -> None:
        if isinstance(event, Warned):
            if event.diagnostic in self._warned:
                return
            self._warned.add(event.diagnostic)
        self._observer(event)

    @property
    def _holding(self) -> Holding:
        assert self._means.holding is not None
        return self._means.holding

    def reach(
        self,
        plan: WorkPlan,
        operations: Sequence[int],
        saves: Sequence[tuple[int, Save]],
        before: Sequence[int],
        *,
        again: bool,
    ) -> list[Any]:
        """The results of operations of a plan that is not whole yet, and images written.

        Those of `before` are held for later stages, as is what took time, and with `again` the
        results themselves.
        """
        spans = [plan.places[position].span for position in operations]
        asked = [Print("", p, span) for p, span in zip(operations, spans, strict=True)]
        goals = [goal for _, goal in saves]
        prepared = self._prepare(replace(plan, goals=[*asked, *goals]))
        shared = {plan.ids[p] for p in [*before, *(operations if again else ())]}
        self._hold(prepared, shared)
        try:
            outcomes = self._execute(prepared, [0] * len(asked) + [n for n, _ in saves])
        finally:
            self._holding.end_stage()
        if self._means.keeper is not None and not again:
            gone = (prepared.ids[position] for position in prepared.needed())
            self._means.keeper.forget(o for o in gone if o not in shared)
        return outcomes[: len(asked)]

    def conclude(self, plan: WorkPlan, doubts: Sequence[Doubt] = ()) -> Reached:
        """What is printed, saved and shown, in program order, the files put in place.

        Of what the goals need, `doubts` are judged by what it results in, and told.
        """
        last = {
            Path(goal.path).absolute(): number
            for number, goal in enumerate(plan.goals)
            if isinstance(goal, Save)
        }
        # Without the saves that a later one to the same file replaces, and those that are done.
        numbered = [
            (number, goal)
            for number, goal in enumerate(plan.goals)
            if not isinstance(goal, Save)
            or (last[Path(goal.path).absolute()] == number and goal.node != REACHED)
        ]
        goals: list[Goal] = [goal for _, goal in numbered]
        needed = set(replace(plan, goals=goals).needed()) if doubts else set()
        doubts = [doubt for doubt in doubts if doubt.operation in needed]
        asked = [Print("", p, doubt.place.span) for doubt in doubts for p in doubt.asked]
        prepared = self._prepare(replace(plan, goals=[*goals, *asked]))
        self._holding.conclude()
        numbers = [number for number, _ in numbered] + [len(plan.goals)] * len(asked)
        outcomes = self._execute(prepared, numbers)
        told = iter(outcomes[len(goals) :])
        for doubt in doubts:
            for doubtful in doubt.warnings(list(islice(told, len(doubt.asked)))):
                self._observe(Warned(doubtful))
        lasting = self._lasting(last)
        for unkept in _unkept([(written, span) for written, _, span in lasting]):
            self._observe(Warned(unkept))
        # Before any file is in place: who takes warnings for errors can still stop it.
        self._permit()
        if self._staged is not None:
            with self._told_of(goals):
                self._staged.commit()
        prints: list[Printed] = []
        values: list[Shown] = []
        for goal, outcome in zip(prepared.goals[: len(goals)], outcomes, strict=False):
            found = prepared.kinds[goal.node].type
            if isinstance(goal, Show):
                values.append(Shown(goal.label, str(found), shown(outcome, found)))
            elif isinstance(goal, Print):
                prints.append(Printed(goal.label, str(found), plain(outcome, found)))
        layers = tuple(layer(written, found) for written, found, _ in lasting)
        return Reached(tuple(prints), layers, tuple(values))

    def _lasting(self, last: dict[Path, int]) -> list[tuple[Written, Type, Span]]:
        """What was written and remains; `last` has the number of the last goal to save a file."""
        lasting = [self._written[number] for number in sorted(last.values())]
        # What operations wrote, but for what a later one, or a save, to the same file replaces.
        effects = {
            Path(self._effects[order][0].path).absolute(): order for order in sorted(self._effects)
        }
        return lasting + [
            self._effects[order] for path, order in effects.items() if last.get(path, -1) < order[0]
        ]

    def _execute(self, plan: WorkPlan, numbers: Sequence[int]) -> list[Any]:
        """The outcomes of the goals, which have these numbers in the program."""
        order = {
            goal.path: number
            for goal, number in zip(plan.goals, numbers, strict=True)
            if isinstance(goal, Save)
        }
        self._observe(Planned(len(plan.needed()), len(order)))
        with self._told_of(plan.goals):
            for path in order:
                self._staging.announce(path)
            write = partial(self._write, plan, order)
            outcomes = execute(plan, write, self._jobs, self._observe, self._means)
        for goal, number, outcome in zip(plan.goals, numbers, outcomes, strict=True):
            if isinstance(goal, Save):
                self._written[number] = outcome, plan.kinds[goal.node].type, goal.span
        return outcomes

    def _write(self, plan: WorkPlan, order: dict[str, int], goal: Save, image: Image) -> Written:
        # Two paths may lead to one file, through links: there, too, the last remains.
        node = plan.nodes[goal.node]
        if node.operator.standing is not Standing.EFFECT:
            return self._staging.write(
                goal.path,
                image,
                (order[goal.path], 1, 0),
                labels=goal.labels,
                colour=goal.colour,
            )
        (occasion,) = (c for c in node.constants if isinstance(c, Occasion))
        before, number = occasion.order
        self._staging.announce(goal.path)
        colour = holds_colour(plan, node.arguments[0])
        written = self._staging.write(
            goal.path, image, (before, 0, number), as_is=True, colour=colour
        )
        found = plan.nodes[node.arguments[0]].type
        self._effects[occasion.order] = written, found, goal.span
        return written

    def _hold(self, plan: WorkPlan, shared: set[bytes]) -> None:
        """Hold for later stages what costs time to have again, and what they will read."""
        from voxlogica.engine.keeping import is_costly  # which imports the store

        ids, kinds = plan.ids, plan.kinds
        needed = plan.needed()
        costly = (
            p
            for p in needed
            if is_costly(kinds[p])
            or (ids[p] in shared and kinds[p].operator.family not in ("literals", "scalars"))
        )
        once = (p for p in needed if kinds[p].operator.standing is not Standing.FIXED)
        self._holding.expect([ids[p] for p in costly], [ids[p] for p in once])

    @contextmanager
    def _told_of(self, goals: Sequence[Goal]) -> Iterator[None]:
        """Where a file cannot be written, say so at the goal."""
        try:
            yield
        except ImageFileError as problem:
            spans = {goal.path: goal.span for goal in goals if isinstance(goal, Save)}
            span = spans.get(problem.path) if problem.path is not None else None
            raise VoxLogicaError([error(problem.message, span, hint=problem.hint)]) from problem


def _unkept(files: Sequence[tuple[Written, Span]]) -> Iterator[Diagnostic]:
    """What to warn of in saved files; what a format does not keep, once for all of them."""
    alike: dict[str, list[tuple[str, Span]]] = {}
    for written, span in files:
        for message in written.warnings:
            yield warning(message, span, topic="data")
        if written.unkept:
            alike.setdefault(written.unkept, []).append((written.path, span))
    for text, places in alike.items():
        path, span = places[0]
        others = f" and {len(places) - 1} more" if len(places) > 1 else ""
        yield warning(
            f"{quoted(path)}{others}: {text}",
            span,
            hint="in .nii.gz, .mha and .nrrd an image keeps its place",
            topic="data",
        )


def plain(value: Any, found: Type) -> PrintedValue:
    """A result as a value of Python's own types, whatever scalar type computed it."""
    if found.element is not None:
        return [plain(item, found.element) for item in value]
    if found == VALUE:
        if isinstance(value, list):
            return [plain(item, VALUE) for item in value]
        return value if isinstance(value, bool | str) else float(value)
    if found == NUMBER:
        return float(value)
    return bool(value) if found == BOOL else str(value)


def shown(value: Any, found: Type) -> ShownValue:
    """A result as a session shows it: as `plain`, and images as they are, at any depth."""
    if isinstance(value, Image):
        # A copy: a view of what the table keeps can be made writable again.
        return value.copied()
    if isinstance(value, list | tuple):
        return [shown(item, found.element or VALUE) for item in value]
    return plain(value, found)


def layer(written: Written, found: Type) -> Layer:
    """What there is to tell of a saved image."""
    path = Path(written.path).absolute()
    cut = len(path.name.removesuffix(".gz")) if path.suffix == ".gz" else len(path.name)
    stem = Path(path.name[:cut]).stem
    return Layer(
        name=stem,
        extension=path.name[len(stem) :],
        path=str(path),
        vltype=str(found),
        minimum=float(written.minimum),
        maximum=float(written.maximum),
    )
