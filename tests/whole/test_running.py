"""The Python interface, with real programs and files."""

from __future__ import annotations

import math
import os
import threading
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.engine.events import Finished, Planned, Warned
from voxlogica.engine.results import RunError
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

pytestmark = pytest.mark.usefixtures("dots")


def text(program: str, name: str = "p.imgql") -> Source:
    return Source(name, program)


LOADED = 'load m = "dots.png"\nlet r = intensity(m) >. 100\n'


def test_a_program_is_a_path_or_a_text_or_several():
    Path("a.imgql").write_text('print "a" 1 .+. 1')
    for programs in ("a.imgql", Path("a.imgql"), [text('print "a" 2')]):
        (printed,) = running.run(programs).prints
        assert (printed.name, printed.vltype, printed.value) == ("a", "number", 2.0)
    report = running.run(["a.imgql", text('print "b" true'), text('print "c" "x"')])
    assert [(p.name, p.value) for p in report.prints] == [("a", 2.0), ("b", True), ("c", "x")]


def test_programs_that_run_together_share_operations():
    one, two = text(LOADED + 'print "v" volume(r)'), text(LOADED + 'save "r.nii" r', "q.imgql")
    report = running.run([one, two], rewrites=False)
    assert report.stats.by_operator["load"].computed == 1
    assert report.stats.computed == report.stats.operations
    assert [p.value for p in report.prints] == [3.0]
    (layer,) = report.layers
    assert Path(layer.path) == Path("r.nii").resolve()
    assert np.count_nonzero(sitk.GetArrayFromImage(sitk.ReadImage("r.nii"))) == 3


def test_definitions_stand_for_variables():
    program = text('load m = "$WHAT.png"\nprint "max of $WHAT" max(intensity(m))')
    (printed,) = running.run(program, definitions={"WHAT": "dots"}).prints
    assert (printed.name, printed.value) == ("max of dots", 200.0)


def test_numbers_that_are_not_finite_are_results_like_others():
    report = running.run(text('print "i" 1 ./. 0\nprint "n" 0 ./. 0'))
    assert report.prints[0].value == math.inf
    assert math.isnan(report.prints[1].value)


def test_results_and_files_are_the_same_for_every_number_of_threads():
    program = text(LOADED + 'save "o/d.nii.gz" dt(r)\nsave "o/n.png" near(r)\nprint "v" volume(r)')
    found = []
    for jobs in (1, 2, 5):
        report = running.run(program, jobs=jobs)
        files = {p.name: p.read_bytes() for p in sorted(Path("o").iterdir())}
        found.append(([p.value for p in report.prints], files))
    assert found[0] == found[1] == found[2]
    assert list(found[0][1]) == ["d.nii.gz", "n.png"]


def test_a_wrong_program_raises_with_all_its_errors_and_a_report():
    with pytest.raises(RunError) as caught:
        running.run(text('print "a" nera(1)\nprint "b" 1 .+. true'))
    assert len(caught.value.diagnostics) == 2
    assert str(caught.value) == f"\n{caught.value.report.error}"
    assert caught.value.report.stats.computed == 0


def test_a_failing_run_leaves_nothing_and_says_where():
    program = text(LOADED + 'save "new/r.nii" r\nsave "o.nii" otsu(intensity(m), r, 0.5)')
    with pytest.raises(RunError) as caught:
        running.run(program)
    (said,) = caught.value.diagnostics
    assert str(said.span) == "p.imgql:4:14"
    assert (caught.value.report.prints, caught.value.report.layers) == ((), ())
    assert [p.name for p in Path().iterdir()] == ["dots.png"]


def test_a_failure_inside_functions_is_told_from_the_inside():
    program = (
        LOADED + "let f(n) = otsu(intensity(m), r, n)\nlet g(n) = f(n)\n" + 'save "o.nii" g(0)'
    )
    with pytest.raises(RunError) as caught:
        running.run(text(program))
    (said,) = caught.value.diagnostics
    assert str(said.span) == "p.imgql:3:12"
    assert [(n.message, str(n.span)) for n in said.notes] == [
        ("in the call of `f`", "p.imgql:4:12"),
        ("in the call of `g`", "p.imgql:5:14"),
    ]


def test_a_failure_inside_a_shipped_library_points_at_the_users_call():
    with pytest.raises(RunError) as caught:
        running.run(text(LOADED + 'let v = intensity(m)\nsave "c.nii" v ~[3,0.5] v'))
    (said,) = caught.value.diagnostics
    assert str(said.span) == "p.imgql:4:14"
    assert any(n.span and n.span.source.name == "stdlib.imgql" for n in said.notes)


def test_a_file_that_breaks_between_check_and_run_is_an_error_at_its_load():
    def observe(event):
        if isinstance(event, Planned):
            Path("dots.png").write_bytes(Path("dots.png").read_bytes()[:-30])

    with pytest.raises(RunError) as caught:
        running.run(text(LOADED + 'print "v" volume(r)'), observe=observe)
    (said,) = caught.value.diagnostics
    assert str(said.span).startswith("p.imgql:1:")
    assert "dots.png" in said.message


def test_check_says_all_and_runs_nothing():
    program = text(LOADED + 'save "r.nii" r\nprint "x" volume(rr)')
    (said,) = running.check(program)
    assert said.severity == "error"
    assert not Path("r.nii").exists()
    assert running.check(text(LOADED + 'save "r.nii" r')) == ()
    assert not Path("r.nii").exists()


def test_the_two_readings_are_compared_once_in_a_run_and_each_time_in_check():
    program = text(LOADED + 'print "a" 9 .-. 4 .-. 2\nprint "b" 8 .-. 3 .-. 1')
    assert len([d for d in running.check(program) if "readings" in d.message]) == 2
    report = running.run(program)
    assert len([d for d in report.diagnostics if "readings" in d.message]) == 1
    assert len(report.log) == 1
    assert [p.value for p in report.prints] == [7.0, 6.0]
    assert [p.value for p in running.run(program, dialect=2).prints] == [3.0, 4.0]


def test_plan_is_what_run_would_carry_out():
    program = text(LOADED + 'print "v" volume(r)')
    for rewrites in (True, False):
        plan = running.plan(program, rewrites=rewrites)
        finished = []
        running.run(program, rewrites=rewrites, cache=False, observe=finished.append)
        names = [e.work.name for e in finished if isinstance(e, Finished)]
        assert sorted(names) == sorted(plan.nodes[n].operator.name for n in plan.needed())


def test_events_tell_the_place_in_the_users_own_text():
    events = []
    running.run(
        text(LOADED + 'print "v" volume(touch(r, border))'), cache=False, observe=events.append
    )
    spans = [e.work.span for e in events if isinstance(e, Finished)]
    assert spans
    assert not any(span.source.shipped for span in spans)


def test_warnings_are_events_and_stay_in_the_report():
    program = text(LOADED + 'save "big.png" intensity(m) *. 2')
    events = []
    report = running.run(program, observe=events.append)
    warned = [e.diagnostic for e in events if isinstance(e, Warned)]
    assert tuple(warned) == report.diagnostics
    assert len(report.log) == 1
    assert report.error is None


def test_runs_from_several_threads_do_not_meet():
    results: dict[int, list[float]] = {}

    def run(number: int) -> None:
        program = LOADED + f'save "t{number}.nii" r\nprint "v" volume(r) .+. {number}'
        results[number] = [p.value for p in running.run(text(program)).prints]

    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: [3.0 + n] for n in range(6)}
    assert len(list(Path().glob("t*.nii"))) == 6


def test_fewer_than_one_thread_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="jobs"):
        running.run(text('print "a" 1'), jobs=0)
    with pytest.raises(ValueError, match="compression must be from 0 to 9, not 10"):
        running.run(text('print "a" 1'), compression=10)


class TestReadingPrograms:
    def problem(self, *programs: str) -> str:
        with pytest.raises(VoxLogicaError) as caught:
            running.plan(programs)
        return str(caught.value)

    def test_all_that_cannot_be_read_are_named(self):
        Path("glioma.imgql").write_text("")
        Path("folder").mkdir()
        said = self.problem("gliomma.imgql", "folder", "nowhere/x.imgql")
        assert "there is no program gliomma.imgql" in said
        assert "did you mean `glioma.imgql`?" in said
        assert "folder is a folder, not a program" in said
        assert "there is no program nowhere/x.imgql" in said

    def test_another_encoding_is_told_with_byte_and_line(self):
        Path("latin.imgql").write_bytes('// first\n// caff\xe8\nprint "a" 1\n'.encode("latin-1"))
        said = self.problem("latin.imgql")
        assert "latin.imgql:2" in said
        assert "0xe8" in said

    def test_a_byte_order_mark_is_accepted(self):
        Path("bom.imgql").write_bytes(b'\xef\xbb\xbfprint "a" 1\r\n')
        assert [p.value for p in running.run("bom.imgql").prints] == [1.0]

    def test_a_name_that_no_file_can_have_is_told(self):
        assert "cannot read the program" in self.problem("a\0b.imgql")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
    def test_a_program_without_permission_is_told(self):
        Path("secret.imgql").write_text("")
        Path("secret.imgql").chmod(0)
        assert "cannot read the program secret.imgql" in self.problem("secret.imgql")


def test_of_two_saves_to_one_file_the_last_remains():
    program = text(LOADED + 'save "r.nii" r save "./r.nii" near(r)')
    (layer,) = running.run(program, cache=False).layers
    assert Path(layer.path) == Path("r.nii").resolve()
    assert np.count_nonzero(sitk.GetArrayFromImage(sitk.ReadImage("r.nii"))) == 15
