"""Errors and warnings as values: their attributes, in other processes, as HTML, as Python's own."""

from __future__ import annotations

import asyncio
import copy
import multiprocessing
import os
import pickle
import subprocess
import sys
import threading
import warnings
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path

import joblib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis import strategies as st

import voxlogica as vox
from voxlogica import running
from voxlogica.dialogue import Dialogue
from voxlogica.engine.results import Report, RunError
from voxlogica.interface.telling import DoubtWarning, warn
from voxlogica.report.highlighting import highlighted_html
from voxlogica.syntax.diagnostics import Note, VoxLogicaError, error, warning
from voxlogica.syntax.source import Source, Span

WRONG = Source("glioma.imgql", 'let a = 2\nprint "m" a + foo\nprint "n" bar')
TOLD = """import "metrics"
load m = "dots.png"
let r = intensity(m) >. 100
save "r.nii.gz" r
print "a" volume(r)
print "empty" dice(r & (!r), r & (!r))
assert "small" volume(r) < 3
"""
COPIED = [
    *(lambda value, p=p: pickle.loads(pickle.dumps(value, p)) for p in range(2, 6)),
    copy.copy,
    copy.deepcopy,
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    array = np.zeros((6, 7), np.uint8)
    array[1:4, 1:4] = 200
    sitk.WriteImage(sitk.GetImageFromArray(array), "dots.png")
    return tmp_path


def wrong() -> RunError:
    with pytest.raises(vox.RunError) as caught:
        running.run(WRONG, cache=False)
    return caught.value


def span(text: str, part: str) -> Span:
    start = text.index(part)
    return Span(Source("p.imgql", text), start, start + len(part))


class TestAttributes:
    def test_an_error_says_where_and_what_and_how_to_mend_it(self):
        found = wrong()
        assert found.message == "unknown name `foo`"
        assert (found.line, found.column) == (2, 15)
        assert (found.end_line, found.end_column) == (2, 18)
        assert found.place == "glioma.imgql:2:15"
        assert found.text == 'print "m" a + foo'
        assert found.hint == "did you mean `floor`?"
        assert found.notes == ()

    def test_the_others_are_among_its_diagnostics_and_have_the_same(self):
        second = wrong().diagnostics[1]
        assert (second.place, second.message) == ("glioma.imgql:3:11", "unknown name `bar`")
        assert (second.text, second.line) == ('print "n" bar', 3)

    def test_what_is_of_no_place_has_none(self):
        with pytest.raises(vox.Error) as caught:
            vox.plan("absent.txt")
        found = caught.value
        assert found.message == "there is no program absent.txt"
        assert (found.line, found.column, found.end_line, found.end_column) == (None,) * 4
        assert (found.place, found.text, found.hint) == (None, None, None)

    def test_a_remark_may_have_a_place_of_its_own(self):
        note = Note("declared here", span("let a = 1\nlet b = 2", "b"))
        found = VoxLogicaError([error("twice", notes=[note])])
        assert [remark.place for remark in found.notes] == ["p.imgql:2:5"]

    def test_a_part_of_several_lines_ends_after_its_last_character(self):
        found = error("no", span("print (1\n  + true) x", "(1\n  + true)"))
        assert (found.line, found.column, found.end_line, found.end_column) == (1, 7, 2, 10)

    def test_what_a_text_that_cannot_be_read_may_mean_is_not_said_to_be_missing(self):
        with pytest.raises(vox.Error) as caught:
            vox.run(text='print "n" volume(scan > )', scan=np.zeros((2, 3)))
        (only,) = caught.value.diagnostics
        assert (only.place, only.message) == ("text:1:23", "an operand is missing after `>`")

    def test_it_is_short_where_values_are_listed(self):
        assert repr(wrong()) == "RunError('unknown name `foo`')"


def fails(_: object = None) -> None:
    running.run(WRONG, cache=False)


class TestOtherProcesses:
    @pytest.mark.parametrize("copied", COPIED)
    def test_an_error_is_the_same_after_it_was_sent(self, copied):
        found, before = copied(wrong()), wrong()
        assert type(found) is type(before)
        for name in ("message", "place", "text", "hint", "end_column", "notes"):
            assert getattr(found, name) == getattr(before, name)
        assert (str(found), repr(found)) == (str(before), repr(before))
        assert len(found.diagnostics) == 2
        assert found.report.error == before.report.error

    def test_what_was_added_to_it_goes_with_it(self):
        found = wrong()
        found.add_note("the case p1")
        assert pickle.loads(pickle.dumps(found)).__notes__ == ["the case p1"]

    @pytest.mark.parametrize("copied", COPIED)
    def test_a_warning_is_the_same(self, copied):
        before = DoubtWarning(warning("odd", span("print 1", "1"), hint="do not"))
        found = copied(before)
        assert (str(found), found.place, found.hint) == (str(before), "p.imgql:1:7", "do not")

    @pytest.mark.parametrize("copied", COPIED)
    def test_a_report_is_the_same(self, copied):
        report = running.run(Source("told.imgql", TOLD), cache=False)
        found = copied(report)
        assert isinstance(found, Report)
        assert found.prints == report.prints and len(found.prints) == 2
        assert (found.layers, found.stats, found.inputs) == (
            report.layers,
            report.stats,
            report.inputs,
        )
        assert found.log == report.log
        assert [a.diagnostic.message for a in found.asserts] == [
            a.diagnostic.message for a in report.asserts
        ]
        assert (found.status, found.empty) == ("done", "both")

    @pytest.mark.parametrize("copied", COPIED)
    def test_what_a_run_gives_is_the_same(self, copied):
        done = vox.run(text=f'{TOLD}save "t.txt" "x"', cache=False)
        found = copied(done)
        assert dict(found) == dict(done)
        assert np.array_equal(found.images["r"].array, done.images["r"])
        assert found.images["r"].spacing == done.images["r"].spacing
        assert found.tables["t"] == Path("t.txt").absolute()
        assert [one.value for one in found.asserts] == [False]
        assert (found.stats, found.warnings) == (done.stats, done.warnings)

    def test_processes_run_programs(self):
        Path("p.imgql").write_text(TOLD)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            (done,) = pool.map(vox.run, ["p.imgql"])
        assert (done["a"], done.images["r"].array.sum()) == (9.0, 9)

    def test_a_session_does_not(self):
        for sent in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="a session stays in its process"):
                sent(vox.Session(cache=False))

    def test_images_that_a_session_shows_go_with_its_report(self):
        with Dialogue(cache=False) as session:
            session.enter('load m = "dots.png"')
            report = session.enter("intensity(m) >. 100")
        (shown,) = pickle.loads(pickle.dumps(report)).values
        assert np.array_equal(shown.value.array, report.values[0].value.array)

    @pytest.mark.parametrize("method", ["fork", "spawn"])
    def test_it_comes_back_from_a_process_that_fails(self, method):
        context = multiprocessing.get_context(method)
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            found = pool.submit(fails).exception()
        assert isinstance(found, RunError)
        assert (str(found), found.place) == (str(wrong()), "glioma.imgql:2:15")

    def test_it_comes_back_from_a_pool_and_from_joblib(self):
        with multiprocessing.get_context("spawn").Pool(1) as pool, pytest.raises(RunError) as one:
            pool.map(fails, [1])
        with pytest.raises(RunError) as other:
            joblib.Parallel(n_jobs=2)(joblib.delayed(fails)(i) for i in range(2))
        assert str(one.value) == str(other.value) == str(wrong())


class TestWarnings:
    DOUBTFUL = 'load m = "dots.png"\nprint "v" volume(dilate(intensity(m) >. 100, 0.5))\n'

    def told(self, script: str) -> str:
        """What a script of the user prints for its warnings."""
        Path("student.py").write_text(script)
        return subprocess.run(
            [sys.executable, "student.py"],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ).stderr

    ODD = (
        "from voxlogica.interface.telling import warn\n"
        "from voxlogica.syntax.diagnostics import warning\n"
        "for turn in range(3):\n"
        "    warn([warning('it is odd', hint='do not')])\n"
        "warn([warning('it is odd')])\n"
    )

    def test_each_is_told_once_at_each_line_of_the_user(self):
        assert self.told(self.ODD) == (
            f"{Path.cwd()}/student.py:4: DoubtWarning: \n"
            "warning: it is odd\n"
            "  = help: do not\n"
            "  warn([warning('it is odd', hint='do not')])\n"
            f"{Path.cwd()}/student.py:5: DoubtWarning: it is odd\n"
            "  warn([warning('it is odd')])\n"
        )

    @pytest.mark.parametrize(
        "line",
        [
            'vox.run("p.imgql", cache=False)',
            'asyncio.run(vox.run_async("p.imgql", cache=False))',
            'vox.Session(m=vox.read("dots.png"))("volume(dilate(intensity(m) > 100, 0.5))")',
        ],
    )
    def test_what_a_run_doubts_is_told_at_the_line_that_runs_it(self, line):
        Path("p.imgql").write_text(self.DOUBTFUL)
        told = self.told(
            f"import asyncio\nimport voxlogica as vox\nfor turn in 1, 2:\n    {line}\n"
        )
        assert told.startswith(f"{Path.cwd()}/student.py:4: DoubtWarning: ")
        assert told.count("`dilate` by 0.5 is less than a voxel") == 1
        assert told.endswith(f"\n  {line}\n")

    def test_a_run_has_them_too_and_a_strict_one_fails(self):
        with pytest.warns(vox.DoubtWarning):
            done = vox.run(text=self.DOUBTFUL, cache=False)
        assert [doubt.line for doubt in done.warnings] == [2]
        with pytest.raises(vox.RunError) as failed, warnings.catch_warnings():
            warnings.simplefilter("error")
            vox.run(text=self.DOUBTFUL, cache=False, strict=True)
        (note,) = failed.value.notes
        assert note.message == "this is a warning, which `strict=True` makes an error"

    def test_it_has_the_attributes_of_errors_and_the_place_of_the_user(self):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            warn([error("wrong"), warning("odd", span("print 1", "1"))])
        (one,) = told
        assert one.filename == __file__
        assert isinstance(one.message, DoubtWarning)
        assert (one.message.message, one.message.place) == ("odd", "p.imgql:1:7")

    def test_who_wants_errors_of_them_has_them(self):
        with warnings.catch_warnings():
            warnings.simplefilter("error", DoubtWarning)
            with pytest.raises(DoubtWarning, match="odd"):
                warn([warning("odd")])

    def test_a_thread_that_the_user_has_not_begun_is_told_of_too(self):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            thread = threading.Thread(target=warn, args=([warning("odd")],))
            thread.start()
            thread.join()
        assert [str(one.message) for one in told] == ["odd"]


class Text(HTMLParser):
    """The text of HTML, and of its marked part."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = self.marked = ""
        self.feed(html)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data
        self.marked += data if "mark" in self.open else ""


class TestAsHtml:
    def test_the_wrong_part_of_each_line_is_marked(self):
        html = highlighted_html(wrong())
        assert Text(html).marked == "foobar"
        assert "did you mean `floor`?" in Text(html).text
        assert "glioma.imgql:3:11" in html

    def test_where_something_is_missing_a_space_is_marked(self):
        text = "print ("
        end = Span(Source("p.imgql", text), len(text), len(text))
        assert Text(highlighted_html([error("it ends", end)])).marked == "\xa0"

    def test_warnings_without_a_place_are_shown_too(self):
        assert Text(highlighted_html([warning("odd", hint="do not")])).text == (
            "warning: oddhelp: do not"
        )

    @given(st.text(min_size=1), st.text())
    def test_nothing_in_a_program_is_taken_for_html(self, part, rest):
        text = f"<b>{part}</i>&amp;{rest}"
        found = Span(Source("<p>", text), 3, 3 + len(part))
        html = highlighted_html([error(f"<script>{part}", found, label=rest, hint=part)])
        assert "<script" not in html and "<b>&lt;" not in html
        assert "<script>" in Text(html).text


def test_a_task_that_is_cancelled_ends_when_its_run_has(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    scan = vox.image(np.random.default_rng(0).random((40, 200, 200), dtype=np.float32))
    text = 'save "out/x.nii.gz" scan + 1\nsave "out/y.nii.gz" touch(scan > 0.9, scan > 0.5)'

    async def cancelled() -> list[str]:
        task = asyncio.create_task(vox.run_async(text=text, scan=scan, cache=False))
        await asyncio.sleep(0.01)
        task.cancel()
        with suppress(asyncio.CancelledError):  # unless it was done before
            await task
        return [path.name for path in tmp_path.rglob("*.nii.gz")]

    # All or nothing, as it may have been too late; but nothing comes later.
    there = asyncio.run(cancelled())
    assert len(there) in (0, 2)
    assert len([*tmp_path.rglob("*.nii.gz")]) == len(there)
    assert [*tmp_path.rglob(".voxlogica*")] == []


def test_an_error_may_be_made_anew_of_its_text():
    """As PyTorch does with one of a worker's."""
    for kind in (vox.Error, vox.RunError):
        assert "in a worker" in str(kind(message="in a worker"))
        assert kind(message="in a worker").hint is None
