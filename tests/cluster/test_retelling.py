"""What a worker tells of an errand, told to those who watch the run."""

from __future__ import annotations

from voxlogica.cluster.errands import Answer, Failure, OperationDone
from voxlogica.cluster.retelling import failed, retell
from voxlogica.engine.events import Event, Finished
from voxlogica.engine.failures import is_defect
from voxlogica.images.reading import open_image
from voxlogica.language.planning import plan_programs
from voxlogica.language.workplan import WorkPlan
from voxlogica.report.under_way import RunUnderWay
from voxlogica.syntax.source import Source


def plan(text: str = 'print "x" 1 + max(2, 3)') -> WorkPlan:
    return plan_programs(
        [Source("p.imgql", text)], definitions={}, dialect=None, open_image=open_image
    ).plan


def answer(worker: str, began: float, *begins: float) -> Answer:
    done = tuple(OperationDone(n, 0.25, "computed", begin, "t") for n, begin in enumerate(begins))
    nothing = ((),) * 3
    return Answer(worker, (), done, *nothing, began=began, ended=began + 10)


def test_what_a_worker_did_is_told_by_its_clock() -> None:
    told: list[Event] = []
    retell(plan(), (), answer("a:1", 1000.0, 1.0), told.append, set())
    retell(plan(), (), answer("b:2", 7.0, 3.0), told.append, set())
    done = [event for event in told if isinstance(event, Finished)]
    assert [(one.worker, one.begin) for one in done] == [("a:1", 1001.0), ("b:2", 10.0)]


def test_what_several_parts_rest_on_is_counted_once_in_a_stage() -> None:
    way, told = RunUnderWay(), list[Event]()

    def observe(event: Event) -> None:
        told.append(event)
        way(event)

    done = set[bytes]()
    for _ in range(2):
        retell(plan(), (), answer("a:1", 0.0, 1.0, 2.0), observe, done)
    assert way.done == 2
    assert [e.again for e in told if isinstance(e, Finished)] == [False, False, True, True]
    retell(plan(), (), answer("a:1", 0.0, 1.0), observe, set())
    assert way.done == 3


def test_a_defect_at_a_worker_is_told_with_the_worker_and_shows_where_it_was_there() -> None:
    problem = failed(plan(), (), Failure(0, "it broke", "report it", True, "Traceback: …"), "a:1")
    (told,) = problem.diagnostics
    assert (told.message, told.hint) == ("it broke", "report it")
    assert [note.message for note in told.notes] == ["at the worker a:1"]
    assert is_defect(problem.__cause__)
    assert "Traceback: …" in str(problem.__cause__)
    # What is wrong with the data would be so here.
    (told,) = failed(plan(), (), Failure(0, "no brain", None, False, ""), "a:1").diagnostics
    assert told.notes == ()
