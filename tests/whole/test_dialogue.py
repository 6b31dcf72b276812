"""Sessions of the Python interface: inputs one after another, each a part of one program."""

from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.dataclass import replace
from voxlogica.dialogue import Dialogue
from voxlogica.engine.executor import TABLE
from voxlogica.engine.results import RunError
from voxlogica.operators import registry
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.parser import parse_input
from voxlogica.syntax.source import Source


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    array = np.zeros((6, 7), np.uint8)
    array[1:4, 1:4] = 200
    sitk.WriteImage(sitk.GetImageFromArray(array), "dots.png")
    return tmp_path


@pytest.fixture
def session():
    before = TABLE.nbytes
    with Dialogue(cache=False) as session:
        yield session
    assert TABLE.nbytes == before


def value(session: Dialogue, text: str):
    (shown,) = session.enter(text).values
    return shown.value


class TestInputs:
    def test_each_sees_what_those_before_it_declared(self, session):
        session.enter("let k = 2")
        session.enter("let f(a) = a * k")
        assert value(session, "f(21)") == 42.0
        session.enter("let k = 100")
        assert value(session, "[k, f(21)]") == [100.0, 42.0]

    def test_a_wrong_one_leaves_nothing_of_itself(self, session):
        session.enter("let k = 1")
        for wrong in ("let k = 2 let m = nothing", "let k = 3 print", "let k = 4 )"):
            with pytest.raises(VoxLogicaError):
                session.enter(wrong)
        assert value(session, "k") == 1.0

    def test_one_that_fails_leaves_nothing_of_itself(self, session):
        with pytest.raises(RunError, match="empty sequence"):
            session.enter('let k = 2 print "m" mean(for i in range(0, 0) do i)')
        with pytest.raises(VoxLogicaError, match="unknown name `k`"):
            session.enter("k")

    def test_goals_are_reached_once(self, session):
        Path("library.imgql").write_text('let k = 2\nprint "read" k\n')
        (printed,) = session.enter('import "library"').prints
        assert printed.value == 2.0
        report = session.enter("k + 1")
        assert (report.prints, [shown.value for shown in report.values]) == ((), [3.0])

    def test_places_are_told_by_the_number_of_the_input(self, session):
        session.enter("1")
        with pytest.raises(VoxLogicaError, match=r"input 2:2:3: error: unknown name `b`"):
            session.enter("1 +\n  b")

    def test_a_file_that_is_gone_stands_in_nobodys_way(self, session):
        session.enter('load m = "dots.png"')
        assert value(session, "volume(intensity(m) >. 1)") == 9.0
        Path("dots.png").unlink()
        assert value(session, "1 + 1") == 2.0
        assert value(session, "volume(intensity(m) >. 2)") == 9.0
        with pytest.raises(VoxLogicaError, match=r"other\.png"):
            session.enter('load n = "other.png"')

    def test_a_sequence_of_images_shows_the_first_of_them(self, session):
        session.enter('load m = "dots.png"')
        report = session.enter("for i in range(0, 1000) do intensity(m) >. i")
        assert [shown.label for shown in report.values] == [f"[{i}] of 1000" for i in range(4)]
        assert report.stats.operations < 20

    def test_a_local_name_is_an_expression(self, session):
        assert value(session, "let w = fold max [1, 2] in w") == 2.0
        assert value(session, "let w = 1 in let v = w + 1 in [w, v]") == [1.0, 2.0]
        assert session.declared() == {}


class TestReadings:
    def test_the_first_load_makes_it_that_of_imgql_1(self, session):
        session.enter("let before = 10 - 3 - 2")
        session.enter('load m = "dots.png"')
        assert session.dialect == 1
        assert value(session, "[before, 10 - 3 - 2]") == [5.0, 9.0]
        session.reset()
        assert session.dialect == 2

    def test_a_load_that_failed_does_not(self, session):
        with pytest.raises(VoxLogicaError):
            session.enter('load m = "nothing.png"')
        assert session.dialect == 2

    def test_where_they_differ_the_input_is_warned_of_once(self, session):
        (told,) = session.enter("10 - 3 - 2").diagnostics
        assert "group this differently" in told.message
        assert session.enter("1").diagnostics == ()


class TestResultsAtHand:
    def test_a_constant_is_computed_once(self, session):
        session.enter('load m = "dots.png"')
        session.enter("let d = dt(intensity(m) >. 1)")
        assert session.enter("d").stats.computed > 1
        for again in ("d", "max(d)"):
            stats = session.enter(again).stats
            assert stats.computed == (again == "max(d)")
        session.enter("let unrelated = 1")
        assert session.enter("d").stats.computed == 0

    def test_constants_that_rewrites_replace_too(self, session):
        session.enter('load m = "dots.png"')
        session.enter("let s = smoothen(intensity(m) >. 1, 1)")
        session.enter("s")
        assert session.enter("near(s)").stats.computed == 1

    def test_so_are_elements_of_sequences(self, session):
        session.enter('load m = "dots.png"')
        session.enter("let s = for i in range(0, 3) do near(intensity(m) >. i)")
        session.enter("s")
        assert session.enter("s[1]").stats.computed == 0

    def test_what_is_shadowed_or_reset_is_let_go(self, session):
        before = TABLE.nbytes  # of sessions that were dropped, and are closed a little later
        session.enter('load m = "dots.png"')
        session.enter("let d = dt(intensity(m) >. 1)")
        session.enter('print "max" max(d)')
        held = TABLE.nbytes
        session.enter("let d = 1")
        session.enter("d")
        assert TABLE.nbytes < held
        session.reset()
        assert TABLE.nbytes <= before

    def test_results_are_those_of_a_store_too(self, tmp_path):
        with Dialogue(cache=tmp_path / "store") as session:
            session.enter('load m = "dots.png" print "v" volume(intensity(m) >. 1)')
        with Dialogue(cache=tmp_path / "store") as session:
            session.enter('load m = "dots.png"')
            assert session.enter("volume(intensity(m) >. 1)").stats.stored == 1


class TestQuestions:
    def test_types(self, session):
        session.enter('load m = "dots.png"')
        for expression, found in (
            ("m", "model"),
            ("border", "valuation(bool)"),
            ("[m]", "sequence(model)"),
            ("[]", "sequence(anything)"),
            ("dt(tt)", "valuation(number)"),
        ):
            assert session.type_of(expression) == found
        for wrong in ("let a = 1", "nothing", "1 +", ""):
            with pytest.raises(VoxLogicaError):
                session.type_of(wrong)

    def test_what_is_declared(self, session):
        session.enter('load m = "dots.png"')
        session.enter("let f(a, b) = a let k = near(tt)")
        assert list(session.declared().values()) == ["m: model", "f(a, b)", "k: valuation(bool)"]
        assert {"m", "f", "near", "~>"} <= set(session.names())

    def test_asking_changes_nothing(self, session):
        session.enter("let k = 1")
        session.type_of("k")
        session.plans("let k = 2")
        session.is_unfinished("let k = 3")
        assert value(session, "k") == 1.0


def test_a_session_that_is_cancelled_ends_what_it_computes_and_goes_on(session, monkeypatch):
    begun, end = threading.Event(), threading.Event()
    (near,) = registry()["near"]

    def stuck(region):
        begun.set()
        end.wait()
        return region

    monkeypatch.setitem(registry(), "near", (replace(near, function=stuck),))
    session.enter('load m = "dots.png"')
    cancellation: Future[None] = Future()

    def cancel() -> None:
        begun.wait()
        cancellation.set_result(None)

    threading.Thread(target=cancel).start()
    # While a thread is in the middle of a kernel, which it will not leave by itself.
    with pytest.raises(CancelledError):
        session.enter("near(intensity(m) >. 1)", cancellation=cancellation)
    assert value(session, "1 + 1") == 2.0
    end.set()


class TestUnfinishedTexts:
    @pytest.mark.parametrize(
        "text",
        [
            *("let", "let a", "let a =", "let f(", "let f(a, b)", "load a =", "import", "save"),
            *('print "a"', "f(", "[1, 2", "1 +", "a .<=. // why", "(1 + 2", "a[", "a[1:", "a - "),
            *("let a = 1 in", "for a in b", "for a in b do", "filter a in", "fold +", "f(a,"),
            *("1 + (\n2 *\n", 'let a = 1\nprint "b"'),
        ],
    )
    def test_go_on(self, text):
        assert parse_input(Source("t", text), 2).is_unfinished

    @pytest.mark.parametrize(
        "text",
        [
            *("", "  // nothing", "1", "let a = 1", "let a = 1 in a", "a = 1", "f(1)", '"a'),
            *("a b", "f(]", ")", "f(1))", "let = 2", "1 + * )", 'import "stdlib"', "fold + s"),
            *("for a in b do a", "let a = fold max [1, 2] in a", "[1, 2][0]", 'prnt "a" 1'),
        ],
    )
    def test_end(self, text):
        assert not parse_input(Source("t", text), 2).is_unfinished

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("foo bar", "`bar` is not expected here: an operator is"),
            ('prnt "a" 1', "did you mean `print`"),
            ("let a = )", "`)` closes no bracket"),
            ("let a = 1 in )", "`)` closes no bracket"),
            ("f(1", "this `(` is never closed"),
        ],
    )
    def test_what_is_wrong_is_told_of_what_was_meant(self, text, said):
        problems = parse_input(Source("t", text), 2).problems
        assert said in str(VoxLogicaError(problems))
