"""What a user of notebooks sees: pictures and tables, and cells in the language."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import time
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

import voxlogica as vox
from voxlogica.interface.image import Image, Region
from voxlogica.interface.scans import with_scan


@pytest.fixture
def flair() -> Image:
    """A bright ball."""
    return vox.image(ball(), spacing=(1, 1, 2), name="flair")


def ball() -> np.ndarray:
    z, y, x = np.ogrid[-10:10, -16:16, -16:16]
    return (20.0 - np.sqrt(z**2 + y**2 + x**2)).astype(np.float32)


def pictures(html: str) -> int:
    """How many PNGs there are in a piece of HTML."""
    return html.count("data:image/png;base64,")


def is_over_a_scan(html: str) -> bool:
    """What was drawn over greys says which they are."""
    return "black" in html


class TestImages:
    def test_an_image_is_three_planes_under_what_repr_tells(self, flair):
        html = flair._repr_html_()
        assert pictures(html) == 3
        assert "flair: Image 32×32×20 of 1×1×2 mm, float32" in html
        assert len(html.encode()) < 60_000

    def test_a_region_is_drawn_over_the_first_image_that_it_rests_on(self, flair):
        other = vox.image(ball() * 2, spacing=(1, 1, 2))
        html = ((flair > 10) & (other > 5))._repr_html_()
        assert is_over_a_scan(html)
        assert "region: " in html

    def test_also_when_it_was_computed_before(self, flair):
        region = flair > 10
        assert region.array.any()
        assert is_over_a_scan(region._repr_html_())

    def test_an_array_that_nobody_has_any_more_is_gone_from_under_a_region(self):
        region = vox.image(ball()) > 10
        assert region.array.any()
        assert not is_over_a_scan(region._repr_html_())

    def test_a_file_is_read_again_for_it(self, flair, tmp_path):
        flair.save(tmp_path / "flair.nii.gz")
        region = vox.read(tmp_path / "flair.nii.gz") > 10
        assert region.array.any()
        assert is_over_a_scan(region._repr_html_())
        (tmp_path / "flair.nii.gz").unlink()
        assert pictures(region._repr_html_()) == 3

    def test_an_image_of_another_grid_is_not_under_a_region(self, flair):
        assert not is_over_a_scan(vox.image(ball() > 10)._repr_html_())

    def test_what_cannot_be_computed_is_told_where_it_would_be(self, tmp_path):
        vox.image(ball()).save(tmp_path / "gone.nii.gz")
        region = vox.read(tmp_path / "gone.nii.gz") > 10
        (tmp_path / "gone.nii.gz").unlink()
        html = region._repr_html_()
        assert "gone.nii.gz" in html
        assert "error:" in html


class TestRegionsOverAChosenImage:
    def test_regions_and_arrays_have_the_names_that_they_are_given(self, flair):
        html = flair.with_regions(tumour=flair > 10, truth=ball() > 8)._repr_html_()
        assert "tumour: " in html
        assert "truth: " in html
        assert is_over_a_scan(html)

    def test_numbers_are_no_region(self, flair):
        with pytest.raises(vox.Error, match="`truth` has numbers, and is no region"):
            flair.with_regions(truth=ball())

    def test_nor_is_what_lies_elsewhere(self, flair):
        elsewhere = vox.image(ball() > 8, spacing=(2, 2, 2))
        with pytest.raises(vox.Error, match="`region 1` is not on the grid of the image"):
            flair.with_regions(elsewhere)

    def test_something_has_to_be_given(self, flair):
        with pytest.raises(TypeError, match="no region is given"):
            flair.with_regions()


class TestValuesOfSessions:
    def test_are_drawn_over_what_the_session_was_given(self):
        with vox.Session(flair=vox.image(ball()), cache=False) as session:
            region = session("flair > 10")
            assert isinstance(region, Region)
            assert is_over_a_scan(region._repr_html_())

    @pytest.mark.parametrize("of", ["a session", "a run", "an expression"])
    def test_equal_regions_of_two_patients_are_drawn_over_their_own_scans(self, of, tmp_path):
        scans = [vox.image(ball()), vox.image(ball() + 100 * (ball() > 10))]
        found = []
        for scan in scans:
            if of == "a session":
                with vox.Session(k=scan, cache=False) as s:
                    found.append(s("k > 10"))
            else:
                text = f'save "{tmp_path}/r.nii.gz" k > 10'
                region = vox.run(text=text, k=scan, cache=False).images["r"]
                found.append(~region if of == "an expression" else region)
        np.testing.assert_array_equal(found[0].array, found[1].array)
        for region, scan in zip(found, scans, strict=True):
            below = with_scan(region)[1]
            assert below is not None
            np.testing.assert_array_equal(below.array, scan.array)

    def test_have_the_images_that_are_saved(self, tmp_path, flair):
        with vox.Session(flair=flair, cache=False) as session:
            done = session(f'save "{tmp_path}/bright.nii.gz" flair > 10')
        assert done.images["bright"].array.any()
        assert is_over_a_scan(done._repr_html_())


class TestRuns:
    def run(self, folder: Path, flair: Image) -> vox.Done:
        text = f"""
            let bright = flair > 10
            print "volume <of>" volume(bright)
            print "name" "a & b"
            save "{folder}/bright.nii.gz" bright
            save "{folder}/brighter.nii.gz" flair > 12
            save "{folder}/half.nii.gz" flair / 2
            save "{folder}/told.txt" "told"
            assert "large" volume(bright) > 1000000
            assert "there" volume(bright) > 0
        """
        return vox.run(text=text, flair=flair, cache=False)

    def test_show_prints_assertions_pictures_and_files(self, tmp_path, flair):
        html = self.run(tmp_path, flair)._repr_html_()
        assert "volume &lt;of&gt;" in html
        assert "a &amp; b" in html
        assert "is false" in html
        assert "true: there" in html
        assert "table: told.txt" in html
        assert "bright: " in html
        assert "half.nii.gz" in html

    def test_draw_regions_of_one_scan_together(self, tmp_path, flair):
        html = self.run(tmp_path, flair)._repr_html_()
        assert pictures(html) == 6
        assert is_over_a_scan(html)

    def test_show_a_part_of_much_and_say_so(self, tmp_path, flair):
        lines = [f'print "p{n}" {n}' for n in range(60)]
        lines += [f'save "{tmp_path}/s{n}.nii.gz" flair + {n}' for n in range(5)]
        html = vox.run(text="\n".join(lines), flair=flair, cache=False)._repr_html_()
        assert "10 more" in html
        assert "2 more images: s3.nii.gz, s4.nii.gz" in html
        assert pictures(html) == 9

    def test_that_leave_nothing_say_so(self):
        assert "nothing" in vox.run(text="let a = 1")._repr_html_()


def executed(cache: Path, *cells: str) -> list[nbformat.NotebookNode]:
    """The cells of a notebook that was carried out, also beyond errors."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in cells])
    client = NotebookClient(notebook, timeout=60, kernel_name="python3", allow_errors=True)
    client.execute(env={**os.environ, "VOXLOGICA_CACHE": str(cache)})
    return [*notebook.cells]


def shown(cell: nbformat.NotebookNode, kind: str = "text/plain") -> list[str]:
    """What a cell shows."""
    return [output.data[kind] for output in cell.outputs if kind in output.get("data", {})]


CELLS = {
    "begin": "%load_ext voxlogica\nimport numpy as np, voxlogica as vox",
    "variables": "flair = vox.image(np.arange(60.0).reshape(3, 4, 5), name='flair')\n"
    "array = np.ones((3, 4, 5), bool)\nhigh = 30\nvolume = 'a name of the language'",
    "image": "flair",
    "declare": "%%imgql\nlet bright = flair > high\nlet twice(x) = x * 2",
    "commands and expression": '%%imgql\nprint "volume" volume(bright)\ntwice(21)',
    "region": "%%imgql seen\nbright & array",
    "seen": "int(seen.array.sum())",
    "change": "high = 50",
    "again": "%%imgql\nlet bright = flair > high\nvolume(bright)",
    "line": "half = %imgql volume(bright) / 2\nhalf",
    "wrong": '%%imgql\nlet a = 2\n\nprint "sum" a + foo',
    "wrong at the end": "%%imgql\nlet b = 2\nb + foo",
    "beyond": "%%imgql\n1 + 1",
    "wrong name": "%%imgql two names\n1",
}


@pytest.fixture(scope="module")
def cells(tmp_path_factory) -> dict[str, nbformat.NotebookNode]:
    """Cells of a notebook by what they are about, carried out."""
    cache = tmp_path_factory.mktemp("cache")
    return dict(zip(CELLS, executed(cache, *CELLS.values()), strict=True))


class TestCells:
    def test_show_images_as_pictures(self, cells):
        (html,) = shown(cells["image"], "text/html")
        assert pictures(html) == 3

    def test_declare_for_those_that_follow_and_show_nothing(self, cells):
        assert not cells["declare"].outputs

    def test_show_what_commands_print_and_the_expression_at_the_end(self, cells):
        done, value = shown(cells["commands and expression"])
        assert done == "<Done volume=29.0>"
        assert value == "42.0"

    def test_give_values_to_names_in_python(self, cells):
        assert pictures(shown(cells["region"], "text/html")[0]) == 3
        assert shown(cells["seen"]) == ["29"]

    def test_have_the_notebook_s_variables_as_they_are(self, cells):
        assert shown(cells["again"]) == ["9.0"]
        assert shown(cells["line"]) == ["4.5"]

    @pytest.mark.parametrize(
        ("cell", "place"), [("wrong", "cell 11:4:17"), ("wrong at the end", "cell 12:3:5")]
    )
    def test_show_errors_at_their_place_without_a_traceback(self, cells, cell, place):
        (html,) = shown(cells[cell], "text/html")
        assert place in html
        assert re.search(r"<mark [^>]*>foo</mark>", html)
        (failed,) = [one for one in cells[cell].outputs if one.output_type == "error"]
        assert failed.traceback == ["Error: unknown name `foo`"]

    def test_go_on_after_an_error(self, cells):
        assert shown(cells["beyond"]) == ["2.0"]

    def test_say_what_cannot_be_a_name(self, cells):
        (failed,) = cells["wrong name"].outputs
        assert "`two names` is none of Python's" in failed.evalue


# Takes some seconds unless it is stopped, and so the bar is seen.
LONG = (
    "import numpy as np, voxlogica as vox\n"
    "f = vox.image(np.random.default_rng(1).random((100, 200, 200), np.float32))\n"
    "vox.run(text='\\n'.join(f'print \"{n}\" max(percentiles(f, f > 0.{n}, 0))'"
    " for n in range(100, 999)), f=f)"
)


class Signalling(NotebookClient):
    """Sends a signal to the kernel, once it shows a bar."""

    def __init__(self, notebook: nbformat.NotebookNode, number: int, **options) -> None:
        super().__init__(notebook, timeout=60, kernel_name="python3", **options)
        self.number = number
        self.is_bar_seen = False

    def process_message(self, msg, cell, cell_index):
        shows_bar = "<progress" in msg["content"].get("data", {}).get("text/html", "")
        if shows_bar and not self.is_bar_seen:
            self.is_bar_seen = True
            os.kill(self.km.provisioner.pid, self.number)
        return super().process_message(msg, cell, cell_index)


def test_a_bar_is_seen_and_gone_when_a_kernel_is_interrupted_which_goes_on(tmp_path):
    cells = [LONG, "vox.run(text='print \"b\" 1 + 1')['b']"]
    notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
    client = Signalling(notebook, signal.SIGINT, allow_errors=True)
    client.execute(env={**os.environ, "VOXLOGICA_CACHE": str(tmp_path)})
    long, after = notebook.cells
    assert client.is_bar_seen
    assert "KeyboardInterrupt" in [output.get("ename") for output in long.outputs]
    assert not shown(long, "text/html")
    assert shown(after) == ["2.0"]


def test_a_kernel_that_is_killed_leaves_nothing_behind(tmp_path):
    cache, scratch = tmp_path / "cache", tmp_path / "scratch"
    scratch.mkdir()
    flair = tmp_path / "flair.nii.gz"
    vox.image(ball()).save(flair)
    mark = f"nothing-left-{os.getpid()}"
    cells = [f"import voxlogica as vox\nvox.read({str(flair)!r}).array.max()", LONG]
    notebook = nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)])
    own = {"VOXLOGICA_CACHE": str(cache), "TMPDIR": str(scratch), "MARK": mark}
    with pytest.raises(DeadKernelError):
        Signalling(notebook, signal.SIGKILL).execute(env={**os.environ, **own})
    wait_until(lambda: not processes_with(mark))
    assert not [*scratch.iterdir()]
    done = vox.run(text=f'load f = "{flair}"\nprint "max" max(intensity(f))', cache=cache)
    assert done["max"] == 20.0


def processes_with(mark: str) -> list[int]:
    """The processes that have something in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdecimal() and mark.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found


def wait_until(held) -> None:
    """Raises AssertionError where something does not come to hold for a while."""
    for _ in range(200):
        if held():
            return
        time.sleep(0.05)
    raise AssertionError("it does not come to hold")
