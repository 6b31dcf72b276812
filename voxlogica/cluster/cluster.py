"""A Dask cluster, as a back-end: parts of a plan are carried out by its workers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import CancelledError, Future
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from time import perf_counter
from typing import TYPE_CHECKING, Any

from voxlogica.cluster.connection import Lost, WorkerDied
from voxlogica.cluster.errands import Answer, Errand, Saved
from voxlogica.cluster.parts import Part, plan_of, split, with_values
from voxlogica.cluster.retelling import at, changed, failed, is_among, named_by_run, retell, unread
from voxlogica.cluster.survey import images_of
from voxlogica.cluster.travelling import TravelError, answer_of, encoded_errand, key_of
from voxlogica.cluster.turns import PartTurns
from voxlogica.cluster.words import deadly, gone, of_store
from voxlogica.dataclass import dataclass, field, replace
from voxlogica.engine.batches import LITTLE, is_little
from voxlogica.engine.events import AtWorkers, Observer
from voxlogica.engine.executor import Means, execute
from voxlogica.engine.futures import Cancelled
from voxlogica.engine.memory import Memory
from voxlogica.engine.remarks import note, told
from voxlogica.engine.sink import Sink, WrittenFiles
from voxlogica.images.errors import ImageFileError
from voxlogica.images.saving import Written
from voxlogica.language.messages import diagnose, users_own
from voxlogica.language.operations import Place
from voxlogica.language.workplan import Ask, Assert, Save, WorkPlan
from voxlogica.operators.literals import HELD
from voxlogica.operators.signature import Purity
from voxlogica.syntax.diagnostics import VoxLogicaError

if TYPE_CHECKING:
    from voxlogica.cluster.connection import Connection, Submitted
    from voxlogica.cluster.placing import Placing
    from voxlogica.cluster.survey import Survey
    from voxlogica.images.reading import ImageFile


# So many parts, or cases, wait at a cluster for a worker, so that none waits for them.
MOST_QUEUED = 16


@dataclass(frozen=True, slots=True)
class Workers:
    """The workers that a connection leads to, and how they carry out the errands of a run's cases.

    What is saved is compressed at a level, and sent back if the run `fetches` it; results are kept
    as `cache` says. One of many runs at a time is `of_many`: none is spread over several workers.
    `warn` is called with what workers' stores warn of, as often as they tell it.
    """

    connection: Connection
    survey: Survey
    placing: Placing
    compression: int
    cache: bool | str
    fetches: bool = False
    of_many: bool = False
    memory: Memory = field(default_factory=Memory)
    warn: Callable[[str], None] = lambda said: None


class Cluster:
    """A `Backend` of workers. A run of a `case` goes to a worker that the case was at before."""

    def __init__(self, workers: Workers, case: str = "") -> None:
        self.workers = workers
        self.beside = workers.placing.take(case) if case else None
        # What was to be done once, and has been in a stage of this run: its values.
        self._once: set[bytes] = set()
        self._known: dict[bytes, Any] = {}
        # What of the stage has been told as done.
        self.told = set[bytes]()

    def check(self, plan: WorkPlan, folders: Collection[Path]) -> None:
        """As a `Backend` does: workers are asked for what they have not been asked yet."""
        needed = plan.needed()
        if not is_little(plan, needed, little=LITTLE):
            self.workers.survey.ask_of_images(images_of(plan, needed), folders)

    def carry_out(
        self, plan: WorkPlan, sink: Sink, observe: Observer, cancellation: Future[None]
    ) -> list[Any]:
        """As a `Backend` does."""
        plan = self._with_known(plan)
        asked = [p for p in plan.needed() if plan.ids[p] in self._once]
        asked = [p for p in asked if plan.kinds[p].operator is not HELD]
        goals = [*plan.goals, *(Ask(p, plan.places[p].span) for p in asked)]
        whole = replace(plan, goals=goals) if asked else plan
        outcomes = _Carrying(self, whole, sink, observe, cancellation).outcomes()
        own, once = outcomes[: len(plan.goals)], outcomes[len(plan.goals) :]
        self._known.update((plan.ids[p], found) for p, found in zip(asked, once, strict=True))
        for event in told(whole, whole.needed(), None):
            observe(event)
        return own

    def _with_known(self, plan: WorkPlan) -> WorkPlan:
        """The plan with the values that are known in place of the operations that gave them."""
        needed, known = plan.needed(), self._known
        values = {p: known[plan.ids[p]] for p in needed if plan.ids[p] in known}
        if not values:
            return plan
        found, moved = with_values(plan, needed, values)
        for goal in plan.goals:
            if isinstance(goal, Assert):
                goal = replace(goal, asked=tuple(moved.get(p, p) for p in goal.asked))
            found.goals.append(replace(goal, node=moved[goal.node]))
        return found

    def hold(self, operations: Collection[bytes], once: Collection[bytes]) -> None:
        """As a `Backend` does: what must not be done again stays here."""
        self._once.update(once)

    def end_stage(self, gone: Collection[bytes]) -> None:
        """As a `Backend` does."""
        self._once.clear()
        self.told.clear()

    def close(self) -> None:
        """As a `Backend` does."""
        self._known.clear()
        if self.beside is not None:
            self.workers.placing.give_back(self.beside)
            self.beside = None


@dataclass(frozen=True, slots=True, eq=False)
class _Sent:
    """A part that is under way: as a plan of its own, and what a worker was asked."""

    part: Part
    plan: WorkPlan
    errand: Errand
    also: tuple[ImageFile, ...]
    submitted: Submitted
    asked: float

    @property
    def saves(self) -> list[Save]:
        """The goals whose images the worker writes."""
        return [goal for goal in self.errand.plan.goals if isinstance(goal, Save)]


class _Carrying:
    """The parts of a plan, and what has come of them."""

    def __init__(
        self,
        cluster: Cluster,
        plan: WorkPlan,
        sink: Sink,
        observe: Observer,
        cancellation: Future[None],
    ) -> None:
        self._cluster = cluster
        self._workers = cluster.workers
        self._plan = plan
        self._sink = sink
        self._observe = observe
        self._cancellation = cancellation
        self._turns = PartTurns(plan, [])
        self._outcomes: dict[int, Any] = {}
        self._under_way: set[_Sent] = set()
        # What has an answer, and when that came; None to stop.
        self._arrived: SimpleQueue[tuple[_Sent, float] | None] = SimpleQueue()

    def outcomes(self) -> list[Any]:
        """The outcome of each goal."""
        plan = self._plan
        if is_little(plan, plan.needed(), little=LITTLE):
            return self._at_client(plan)
        groups = 1 if self._workers.of_many else self._workers.connection.places
        self._turns = PartTurns(plan, split(plan, groups))
        self._cancellation.add_done_callback(lambda _: self._arrived.put(None))
        try:
            while self._turns.first or self._under_way:
                self._begin_some()
                if self._under_way:
                    arrived = self._arrived.get()
                    if arrived is None:
                        raise Cancelled
                    self._under_way.discard(arrived[0])
                    self._take(*arrived)
        finally:
            for left in self._under_way:
                left.submitted.release()
        return [self._outcomes[number] for number in range(len(plan.goals))]

    def _begin_some(self) -> None:
        """Begin with parts that are ready, as many as there is place for."""
        most = self._workers.connection.places + MOST_QUEUED
        while (first := self._turns.first) and (first.at_client or len(self._under_way) < most):
            part, values = self._turns.take()
            plan = plan_of(self._plan, part, values)
            if part.at_client:
                self._keep(part, self._at_client(plan))
            else:
                self._begin(part, plan)

    def _at_client(self, plan: WorkPlan) -> list[Any]:
        """Carry out a part here: of numbers, or little."""
        memory, reading = self._workers.memory, self._sink.reading
        means = Means(None, memory, little=LITTLE, cancellation=self._cancellation, reading=reading)
        return execute(plan, partial(self._sink.write, plan), 1, self._observe, means)

    def _begin(self, part: Part, plan: WorkPlan, also: tuple[ImageFile, ...] = ()) -> None:
        """Give a part, as a plan, to a worker; with files that it `also` reads."""
        goals = [_asked(plan, goal) for goal in plan.goals]
        saves = [goal for goal in goals if isinstance(goal, Save)]
        if self._sink.keeps_images:
            goals += [Ask(goal.node, goal.span) for goal in saves]
        hidden = tuple(
            "" if self._workers.fetches else str(self._sink.hidden(goal)) for goal in saves
        )
        along = self._workers.survey.to_send(plan, also)
        errand = Errand(
            replace(plan, goals=goals),
            hidden,
            self._workers.compression,
            self._workers.cache,
            sent=along,
            folder=_folder_for(plan),
        )
        message = encoded_errand(errand)
        submitted = self._workers.connection.submit(
            key_of(message), message, along, self._cluster.beside
        )
        sent = _Sent(part, plan, errand, also, submitted, perf_counter())
        self._under_way.add(sent)
        self._observe(AtWorkers(len(self._under_way)))
        submitted.future.add_done_callback(lambda _: self._arrived.put((sent, perf_counter())))

    def _is_sent_again(self, sent: _Sent, file: str) -> bool:
        """Whether a part goes to a worker again, with a file that one did not have."""
        if not file or not self._workers.survey.sends or is_among(file, sent.errand.sent):
            return False
        try:
            named = named_by_run(sent.plan, file)
        except ImageFileError:
            return False
        self._workers.survey.is_lacked(file)
        self._begin(sent.part, sent.plan, sent.also if named is None else (*sent.also, named))
        return True

    def _answer(self, sent: _Sent) -> Answer:
        """What a worker has answered. Raises VoxLogicaError, or Cancelled, where none can."""
        place = Place(sent.plan.goals[0].span)
        try:
            return answer_of(sent.submitted.future.result())
        except TravelError as problem:
            told = diagnose("error", problem.message, place, hint=problem.hint)
            raise VoxLogicaError([told]) from problem
        except CancelledError:
            raise Cancelled from None
        except Lost as problem:
            raise gone(problem) from problem
        except ImageFileError as problem:  # of what was to be sent along
            raise VoxLogicaError([changed(sent.plan, problem)]) from problem
        except WorkerDied as problem:
            raise deadly(problem, place, self._workers.connection) from problem
        finally:
            sent.submitted.release()

    def _take(self, sent: _Sent, arrived: float) -> None:
        """Take what a worker has answered, which arrived at a moment."""
        answer = self._answer(sent)
        at_fault = unread(sent.plan, answer)
        if at_fault is not None and self._is_sent_again(sent, at_fault.file):
            return
        self._tell(sent, answer, arrived)
        if at_fault is not None:
            raise VoxLogicaError([at_fault.told])
        if answer.failure is not None:
            raise failed(sent.plan, sent.saves, answer.failure, answer.worker)
        plan, errand = sent.plan, sent.errand
        for position, remarks in answer.remarks:
            note(plan.ids[position], remarks, None)
        for path, position, _ in answer.read:
            self._sink.reading(path, users_own(plan.places[position]))
        for position, saved in answer.effects:
            effect = Save(saved.written.path, position, users_own(plan.places[position]))
            self._receive(plan, effect, saved, None, answer.worker)
        kept = answer.values[len(plan.goals) :]
        images = dict(zip((goal.number for goal in sent.saves), kept, strict=False))
        outcomes = list[Any]()
        for goal, asked, value in zip(plan.goals, errand.plan.goals, answer.values, strict=False):
            if isinstance(goal, Save) and isinstance(asked, Save):
                outcomes.append(
                    self._receive(plan, goal, value, images.get(goal.number), answer.worker)
                )
            elif isinstance(goal, Save):
                outcomes.append(self._sink.write(plan, goal, value))
            else:
                outcomes.append(value)
        self._keep(sent.part, outcomes)

    def _keep(self, part: Part, outcomes: Sequence[Any]) -> None:
        """Keep what came of a part: of its goals, and of what others need."""
        goals, given = outcomes[: len(part.goals)], outcomes[len(part.goals) :]
        self._outcomes.update(zip(part.goals, goals, strict=True))
        self._turns.give(part, given)

    def _receive(
        self, plan: WorkPlan, goal: Save, saved: Saved, image: Any, worker: str
    ) -> Written:
        contents = tuple((sent.name, sent.content) for sent in saved.sent)
        files = WrittenFiles(tuple(map(Path, saved.files)), contents)
        try:
            self._sink.receive(plan, goal, saved.written, files, image)
        except ImageFileError as problem:
            notes = [at(worker)]
            told = diagnose(
                "error", problem.message, Place(goal.span), notes=notes, hint=problem.hint
            )
            raise VoxLogicaError([told]) from problem
        return saved.written

    def _tell(self, sent: _Sent, answer: Answer, arrived: float) -> None:
        """Tell what a worker has done."""
        took = answer.ended - answer.began
        clock = arrived - answer.ended
        moments = sent.asked, max(sent.asked, arrived - took), arrived, clock
        self._observe(AtWorkers(len(self._under_way), answer.worker, *moments))
        for said in answer.warned:
            self._workers.warn(of_store(said, answer.worker, self._workers.connection))
        retell(sent.plan, sent.saves, answer, self._observe, self._cluster.told)


def _asked(plan: WorkPlan, goal: Any) -> Any:
    """A goal as a worker gets it: only images are written there."""
    if isinstance(goal, Save) and not plan.kinds[goal.node].is_image:
        return Ask(goal.node, goal.span)
    return goal


def _folder_for(plan: WorkPlan) -> str:
    """The folder that names which only running tells are relative to; empty where none are."""
    is_named = any(kind.operator.purity is Purity.READING for kind in plan.kinds)
    return str(Path.cwd()) if is_named else ""
