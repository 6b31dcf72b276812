"""The executor and the run around it, on plans made by hand."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica.engine.events import Concluding, Event, Finished, Planned, Started, Warned
from voxlogica.engine.executor import execute
from voxlogica.engine.memory import Memory
from voxlogica.engine.run import ReachedGoals, Run
from voxlogica.engine.tally import Tally, peak_memory
from voxlogica.engine.threads import Threads
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.language.operations import Place
from voxlogica.language.workplan import Print, Save, WorkPlan
from voxlogica.operators.components import components_of
from voxlogica.operators.signature import (
    NUMBER,
    REGION,
    VALUATION,
    OperationError,
    Operator,
    Type,
)
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source, Span

PROGRAM = Source("p.imgql", 'let a = one\nlet b = two(a)\nprint "b" f(b)\n')
PLACE = Place(Span(PROGRAM, 0, 11))


def at(text: str) -> Span:
    start = PROGRAM.text.index(text)
    return Span(PROGRAM, start, start + len(text))


def op(name: str, function: Any, result: Type = NUMBER, spaceless: bool = False) -> Operator:
    return Operator(name, (), result, function, "", spaceless=spaceless)


def ignore(event: Event) -> None:
    """An observer that does not care."""


def no_write(goal: Save, image: Image) -> None:
    raise AssertionError("this plan saves nothing")


def reach(plan: WorkPlan, jobs: int, observe: Callable[[Event], None]) -> ReachedGoals:
    with Run(Threads(jobs), observe) as run:
        return run.conclude(plan)


ONE = op("one", lambda: 1.0)


class TestWhatIsComputed:
    def test_only_what_a_goal_needs_and_each_once(self) -> None:
        calls: list[str] = []

        def counting(name: str) -> Any:
            return lambda *values: calls.append(name) or float(len(values))

        plan = WorkPlan()
        shared = plan.add(op("shared", counting("shared")), (), (), None, PLACE)
        left = plan.add(op("left", counting("left")), (shared,), (), None, PLACE)
        right = plan.add(op("right", counting("right")), (shared, left), (), None, PLACE)
        plan.add(op("idle", counting("idle")), (shared,), (), None, PLACE)
        plan.goals = [Print(label, right, PLACE.span) for label in "ab"]
        assert execute(plan, no_write, 2, ignore) == [2.0, 2.0]
        assert calls == ["shared", "left", "right"]

    def test_arguments_come_first_then_constants(self) -> None:
        plan = WorkPlan()
        one = plan.add(ONE, (), (), None, PLACE)
        told = plan.add(
            op("told", lambda *values: list(values)), (one, one), (2.0, "x"), None, PLACE
        )
        plan.goals = [Print("p", told, PLACE.span)]
        assert execute(plan, no_write, 1, ignore) == [[1.0, 1.0, 2.0, "x"]]

    def test_a_spaceless_operator_gets_its_grid_by_name(self) -> None:
        def drawn(value: float, *, space: Geometry) -> list[Any]:
            return [value, space]

        grid = Geometry.of_size(2, 3)
        plan = WorkPlan()
        one = plan.add(ONE, (), (), None, PLACE)
        drawing = op("drawn", drawn, VALUATION, spaceless=True)
        node = plan.add(drawing, (one,), (grid,), grid, PLACE)
        plan.goals = [Print("p", node, PLACE.span)]
        assert execute(plan, no_write, 1, ignore) == [[1.0, grid]]

    def test_a_plan_without_goals_computes_nothing(self) -> None:
        plan = WorkPlan()
        plan.add(op("never", lambda: 1 / 0), (), (), None, PLACE)
        assert execute(plan, no_write, 2, ignore) == []

    def test_a_chain_of_5000_operations_needs_no_deep_stack(self) -> None:
        plan = WorkPlan()
        last = plan.add(ONE, (), (), None, PLACE)
        increment = op("increment", lambda v: v + 1.0)
        for _ in range(5_000):
            last = plan.add(increment, (last,), (), None, PLACE)
        plan.goals = [Print("n", last, PLACE.span)]
        assert execute(plan, no_write, 2, ignore) == [5_001.0]

    @settings(max_examples=30, deadline=None)
    @given(st.data())
    def test_results_do_not_depend_on_the_number_of_threads(self, data: st.DataObject) -> None:
        plan = WorkPlan()
        expected: list[float] = []
        for number in range(data.draw(st.integers(1, 25))):
            earlier = st.integers(0, number - 1) if number else st.nothing()
            arguments = tuple(data.draw(st.lists(earlier, max_size=3)) if number else [])
            # The constant makes every operation another one.
            weigh = op("weigh", lambda *v: sum((k + 1) * x for k, x in enumerate(v)) % 1009.0)
            position = plan.add(weigh, arguments, (float(number),), None, PLACE)
            assert position == number
            values = [*(expected[a] for a in arguments), float(number)]
            expected.append(sum((k + 1) * x for k, x in enumerate(values)) % 1009.0)
        plan.goals = [Print(str(n), n, PLACE.span) for n in range(len(expected))]
        for jobs in (1, 4):
            assert execute(plan, no_write, jobs, ignore) == expected


class TestMemory:
    def test_a_result_is_dropped_when_its_last_reader_is_done(self) -> None:
        """Of a chain of arrays, no more than the last two and the one being made are alive."""
        alive: list[weakref.ref[Any]] = []
        most = [0]

        def made(*arguments: Any) -> Any:
            result = np.zeros(10)
            alive.append(weakref.ref(result))
            most[0] = max(most[0], sum(r() is not None for r in alive))
            return result

        plan = WorkPlan()
        last = plan.add(op("start", made), (), (), None, PLACE)
        for number in range(50):
            last = plan.add(op("next", made), (last,), (float(number),), None, PLACE)
        total = plan.add(op("total", lambda array, _: 7.0), (last,), (0.0,), None, PLACE)
        plan.goals = [Print("t", total, PLACE.span)]
        assert execute(plan, no_write, 2, ignore) == [7.0]
        assert most[0] <= 3
        gc.collect()
        assert not any(r() is not None for r in alive)

    def test_a_saved_image_is_dropped_once_it_is_written(self) -> None:
        images: list[weakref.ref[Any]] = []
        still_there: list[int] = []

        def made(number: float) -> Image:
            still_there.append(sum(r() is not None for r in images))
            array = np.full((2, 2), number, np.float32)
            images.append(weakref.ref(array))
            return Image(array, Geometry.of_size(2, 2))

        plan = WorkPlan()
        for number in range(20):
            image = plan.add(op("made", made, VALUATION), (), (float(number),), None, PLACE)
            plan.goals.append(Save(f"{number}.nii", image, PLACE.span))

        def write(goal: Save, image: Image) -> str:
            return goal.path

        assert execute(plan, write, 1, ignore) == [f"{n}.nii" for n in range(20)]
        assert max(still_there) <= 2

    def test_many_cases_go_depth_first(self) -> None:
        """A plan over 60 cases holds few images at any time, though all could be loaded first."""
        lock = threading.Lock()
        alive: list[weakref.ref[Any]] = []
        most = [0]

        def made(*_: Any) -> Any:
            result = np.zeros(10)
            with lock:
                alive.append(weakref.ref(result))
                most[0] = max(most[0], sum(r() is not None for r in alive))
            return result

        plan = WorkPlan()
        scores = []
        for case in range(60):
            loaded = plan.add(op("loaded", made), (), (float(case),), None, PLACE)
            left = plan.add(op("left", made), (loaded,), (), None, PLACE)
            right = plan.add(op("right", made), (loaded, left), (), None, PLACE)
            score = op("score", lambda a, b: float(a.sum() + b.sum()))
            scores.append(plan.add(score, (left, right), (), None, PLACE))
        mean = plan.add(op("mean", lambda *v: sum(v) / len(v)), tuple(scores), (), None, PLACE)
        plan.goals = [Print("mean", mean, PLACE.span)]
        assert execute(plan, no_write, 2, ignore) == [0.0]
        assert most[0] <= 12

    @pytest.mark.parametrize("density", [0.0, 0.4])
    @pytest.mark.parametrize("made", [lambda region: region, components_of], ids=["image", "parts"])
    def test_what_leaves_memory_comes_back_as_it_was(self, made: Any, density: float) -> None:
        """Images, and what is known of a region's components."""
        space = Geometry.of_size(7, 6, 5, spacing=(1.0, 2.0, 3.0))
        value = made(Image(np.random.default_rng(0).random(space.shape) < density, space))
        held = Memory(limit=1).spillable(value)
        assert held.nbytes == sum(array.nbytes for array in value.arrays) > 0
        alive = [weakref.ref(array) for array in value.arrays]
        expected = [array.copy() for array in value.arrays]
        assert held.spill()
        del value
        gc.collect()
        assert not any(array() is not None for array in alive)
        back = held.get()
        assert back.geometry == space
        for array, before in zip(back.arrays, expected, strict=True):
            assert array.dtype == before.dtype
            np.testing.assert_array_equal(array, before)

    def test_the_peak_of_memory_is_known(self) -> None:
        block = np.ones(50_000_000, np.uint8)
        assert peak_memory() > block.nbytes


class TestFailures:
    def failing(self, problem: Exception, place: Place) -> VoxLogicaError:
        def breaks() -> float:
            raise problem

        plan = WorkPlan()
        node = plan.add(op("breaks", breaks), (), (), None, place)
        plan.goals = [Print("p", node, at("print"))]
        with pytest.raises(VoxLogicaError) as caught:
            execute(plan, no_write, 2, ignore)
        assert caught.value.__cause__ is problem
        return caught.value

    def test_the_message_stands_at_the_operation_with_its_hint(self) -> None:
        (said,) = self.failing(
            OperationError("the region is empty", "choose another"), Place(at("two(a)"))
        ).diagnostics
        assert (said.message, said.hint) == ("the region is empty", "choose another")
        assert str(said.span) == "p.imgql:2:9"

    def test_an_exception_that_nobody_foresaw_is_a_defect_of_the_tool(self) -> None:
        (said,) = self.failing(KeyError("k"), PLACE).diagnostics
        assert "`breaks` broke down: KeyError" in said.message
        assert said.hint and "defect of voxlogica" in said.hint and "--debug" in said.hint

    def test_want_of_memory_is_told_as_such(self) -> None:
        (said,) = self.failing(MemoryError(), PLACE).diagnostics
        assert said.message == "there is not enough memory for `breaks`"

    def test_nothing_is_started_after_a_failure_and_nothing_waited_for(self) -> None:
        """One thread is stuck in a kernel while another operation fails: the error comes now."""
        stuck, release = threading.Event(), threading.Event()
        later: list[str] = []

        def kernel() -> float:
            stuck.set()
            release.wait()
            return 1.0

        def fails() -> float:
            stuck.wait()
            raise OperationError("no")

        plan = WorkPlan()
        first = plan.add(op("kernel", kernel), (), (), None, PLACE)
        second = plan.add(op("fails", fails), (), (), None, PLACE)
        reader = op("reader", lambda value: later.append("computed"))
        plan.goals = [
            Print("a", plan.add(reader, (first,), (), None, PLACE), PLACE.span),
            Print("b", second, PLACE.span),
        ]
        with pytest.raises(VoxLogicaError, match="no"):
            execute(plan, no_write, 2, ignore)
        release.set()
        for thread in threading.enumerate():
            if thread.name.startswith("voxlogica"):
                thread.join()
        assert later == []

    def test_an_exception_in_the_observer_ends_the_run_too(self) -> None:
        plan = WorkPlan()
        plan.goals = [Print("p", plan.add(ONE, (), (), None, PLACE), PLACE.span)]

        def interrupted(event: Event) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            execute(plan, no_write, 2, interrupted)


def image_plan(tmp_path: Path) -> tuple[WorkPlan, int]:
    """A plan with a region of 3×2 voxels, three of them true, that nobody asks for yet."""
    grid = Geometry.of_size(3, 2)
    array = np.array([[True, False, True], [False, True, False]])
    plan = WorkPlan()
    node = plan.add(op("region", lambda: Image(array, grid), REGION), (), (), grid, PLACE)
    return plan, node


class TestAllOrNothing:
    def test_files_are_there_in_the_end(self, tmp_path: Path) -> None:
        plan, region = image_plan(tmp_path)
        volume = plan.add(op("volume", lambda r: r.array.sum()), (region,), (), None, PLACE)
        path = str(tmp_path / "deep" / "region.nii.gz")
        plan.goals = [Save(path, region, PLACE.span), Print("v", volume, PLACE.span)]
        reached = reach(plan, 2, ignore)
        prints, layers = reached.prints, reached.layers
        assert Path(path).is_file()
        (printed,), (layer,) = prints, layers
        assert (printed.name, printed.vltype, printed.value) == ("v", "number", 3.0)
        assert type(printed.value) is float
        assert (layer.name, layer.extension, layer.path) == ("region", ".nii.gz", path)
        assert (layer.vltype, layer.minimum, layer.maximum) == ("valuation(bool)", 0.0, 1.0)

    def test_a_failure_leaves_nothing_and_keeps_the_old(self, tmp_path: Path) -> None:
        plan, region = image_plan(tmp_path)
        old = tmp_path / "old.nii.gz"
        old.write_text("what was there before")

        def fails(image: Image) -> float:
            raise OperationError("no")

        node = plan.add(op("fails", fails), (region,), (), None, PLACE)
        plan.goals = [
            Save(str(tmp_path / "new" / "a.nii.gz"), region, PLACE.span),
            Save(str(old), region, PLACE.span),
            Print("p", node, PLACE.span),
        ]
        with pytest.raises(VoxLogicaError, match="no"):
            reach(plan, 1, ignore)
        assert [p.name for p in tmp_path.rglob("*")] == ["old.nii.gz"]
        assert old.read_text() == "what was there before"

    @pytest.mark.parametrize("path", ["folder", "file/a.nii", "/dev/null", "a" * 300 + ".nii"])
    def test_where_nothing_can_be_saved_is_told_at_the_save(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        Path("folder").mkdir()
        Path("file").touch()
        plan, region = image_plan(tmp_path)
        plan.goals = [Save("good.nii", region, at("let a")), Save(path, region, at("let b"))]
        with pytest.raises(VoxLogicaError, match="cannot be written") as caught:
            reach(plan, 1, ignore)
        assert [d.span for d in caught.value.diagnostics] == [at("let b")]

    def test_a_clamped_value_is_warned_of_at_the_save(self, tmp_path: Path) -> None:
        grid = Geometry.of_size(3, 2)
        image = Image(np.full((2, 3), 300, np.float32), grid)
        plan = WorkPlan()
        node = plan.add(op("bright", lambda: image, VALUATION), (), (), grid, PLACE)
        plan.goals = [Save(str(tmp_path / "bright.png"), node, at("let b"))]
        events: list[Event] = []
        reach(plan, 1, events.append)
        (warned,) = (e for e in events if isinstance(e, Warned))
        assert warned.diagnostic.severity == "warning"
        assert warned.diagnostic.span == at("let b")


class TestEvents:
    def test_a_run_tells_what_it_does_in_the_callers_thread(self, tmp_path: Path) -> None:
        plan, region = image_plan(tmp_path)
        plan.goals = [Save(str(tmp_path / "r.nii"), region, at("let b"))]
        events: list[Event] = []
        threads = set()

        def observe(event: Event) -> None:
            events.append(event)
            threads.add(threading.current_thread())

        reach(plan, 2, observe)
        assert events[0] == Planned(operations=1, saves=1)
        each = [Started, Finished]
        assert [type(e) for e in events[1:]] == [*each, *each, Concluding]
        works = [e.work for e in events if isinstance(e, Started)]
        assert [(w.kind, w.name) for w in works] == [
            ("operation", "region"),
            ("save", str(tmp_path / "r.nii")),
        ]
        assert works[1].span == at("let b")
        assert threads == {threading.main_thread()}

    def test_statistics_count_operations_by_their_operator(self) -> None:
        plan = WorkPlan()
        one = plan.add(ONE, (), (), None, PLACE)
        more = op("more", lambda v, k: v + k)
        for number in range(3):
            node = plan.add(more, (one,), (float(number),), None, PLACE)
            plan.goals.append(Print("p", node, PLACE.span))
        tally = Tally()
        reach(plan, 2, tally)
        stats = tally.stats()
        assert (stats.operations, stats.computed, stats.reused) == (4, 4, 0)
        assert {name: s.computed for name, s in stats.by_operator.items()} == {"one": 1, "more": 3}
        assert all(s.seconds >= 0 for s in stats.by_operator.values())
        assert stats.seconds > 0
