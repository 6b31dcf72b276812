"""What is done in a moment is done by the thread that asks: no scheduler, no threads, no store."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import CancelledError, Future
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import pytest
import SimpleITK

from voxlogica.engine.batches import is_little
from voxlogica.engine.events import Event, Finished
from voxlogica.engine.memory import Memory
from voxlogica.engine.results import Report
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage, given_image
from voxlogica.language.planning import finished, plan_programs
from voxlogica.language.workplan import WorkPlan
from voxlogica.plan_to_report import Settings, carry_out, opened_with
from voxlogica.syntax.source import Source


def array(edge: int) -> GivenImage:
    values = np.arange(edge**3, dtype=np.float32).reshape(edge, edge, edge)
    return given_image(values, Geometry.of_size(edge, edge, edge), "img")


def plan(text: str, image: GivenImage) -> WorkPlan:
    source = Source("p", f'import "metrics"\nload img = "img"\n{text}')
    planned = plan_programs([source], definitions={}, dialect=2, open_image=lambda path: image)
    assert not planned.errors
    return finished(planned.plan, rewrites=True)[0]


def little(text: str, edge: int = 64) -> bool:
    made = plan(text, array(edge))
    return is_little(made, made.needed())


class TestWhatIsLittle:
    @pytest.mark.parametrize(
        "expression",
        [
            "1 + 1",
            "volume(img > 5)",
            "volume(near(img > 5))",
            "volume(touch(img > 500, img > 400))",
            "max(img, img > 3)",
            "dice(img > 500, img > 400)",
            "quantile(img, img > 3, 0.5)",
        ],
    )
    def test_expressions_on_small_arrays_are(self, expression: str) -> None:
        assert little(f'print "v" {expression}')

    def test_many_passes_are_not_nor_is_a_large_array(self) -> None:
        several = " + ".join(f"volume(near(img > {i}))" for i in range(100))
        assert not little(f'print "v" {several}')
        assert little(f'print "v" {several}', edge=8)
        assert not little('print "v" volume(near(img > 5))', edge=200)

    def test_a_filter_of_simpleitk_is_not_nor_what_writes(self) -> None:
        assert not little('import "simpleitk"\nprint "v" volume(Median(img) > 5)', edge=4)
        assert not little('save "a.nii" img > 3', edge=4)

    def test_a_file_is_not_unless_it_is_at_hand(self, tmp_path: Path) -> None:
        path = tmp_path / "img.nii"
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array(4).image.array), str(path))
        source = Source("p", f'load img = "{path}"\nprint "v" volume(img > 5)')
        opening = opened_with(lambda: None)
        planned = plan_programs([source], definitions={}, dialect=2, open_image=opening)
        made = finished(planned.plan, rewrites=True)[0]
        assert not is_little(made, made.needed())
        assert is_little(made, made.needed(), {0})


def run(text: str, image: GivenImage, cache: Path, **options: object) -> Report:
    source = Source("p", f'import "metrics"\nload img = "img"\n{text}')
    warned: SimpleQueue[str] = SimpleQueue()
    return carry_out(
        lambda stored: plan_programs(
            [source], definitions={}, dialect=2, open_image=lambda path: image
        ),
        lambda planned: planned.finished(True),
        Settings(2, cache, Memory(), warned),
        options.get("observe"),  # type: ignore[arg-type]
        options.get("cancellation"),  # type: ignore[arg-type]
    )


class TestHowItIsDone:
    def test_the_store_is_not_opened(self, tmp_path: Path) -> None:
        report = run('print "v" volume(img > 5)', array(4), tmp_path / "store")
        assert report.prints[0].value == 58
        assert report.stats.computed == report.stats.operations
        assert not (tmp_path / "store").exists()

    def test_cancelling_it_ends_it_before_the_next_operation(self, tmp_path: Path) -> None:
        cancellation: Future[None] = Future()
        done: list[str] = []

        def observe(event: Event) -> None:
            if isinstance(event, Finished):
                done.append(event.work.name)
                if not cancellation.done():
                    cancellation.set_result(None)

        with pytest.raises(CancelledError):
            run(
                'print "v" volume(near(img > 5))',
                array(4),
                tmp_path,
                observe=observe,
                cancellation=cancellation,
            )
        assert "near" not in done

    def test_dask_is_not_imported_and_no_thread_of_a_pool_started(self, tmp_path: Path) -> None:
        program = (
            "import sys, threading\n"
            "from pathlib import Path\n"
            "from tests.engine.test_little import array, run\n"
            "begun = []\n"
            "threading.Thread.start, start = (\n"
            "    lambda thread: (begun.append(thread.name), start(thread))[1],\n"
            "    threading.Thread.start,\n"
            ")\n"
            "run('print \"v\" volume(near(img > 5))', array(16), Path(sys.argv[1]))\n"
            "print('dask' in sys.modules, [n for n in begun if n.startswith('voxlogica')])\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "store")],
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parents[2],
        )
        assert done.stdout == "False []\n"


def test_values_are_those_of_the_scheduler(tmp_path: Path) -> None:
    """Larger by one operation that is much: the same numbers come the other way."""
    image = array(24)
    text = 'print "v" volume(touch(img > 9000, img > 13000))\nprint "w" dice(img > 5, img > 9)'
    slow = text + '\nimport "simpleitk"\nprint "m" volume(Median(img) > 5)'
    little, much = run(text, image, tmp_path / "a"), run(slow, image, tmp_path / "b")
    assert [p.value for p in little.prints] == [p.value for p in much.prints][:2]
