"""Programs that are live: text and values in, what their names mean out."""

from __future__ import annotations

import gc
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from pathlib import Path
from weakref import ref

import numpy as np
import pytest

import voxlogica as vox
from voxlogica.engine.executor import TABLE
from voxlogica.outcome import Outcome
from voxlogica.syntax.source import Source

RAMP = np.arange(64 * 64, dtype=np.float32).reshape(64, 64)
TEXT = """\
param low = 100 from 0 to 5000
load scan = "ramp.mha"
bright = scan > low
grown = near(bright)
double(x) = x * 2
sizes = [volume(bright), volume(grown)]
print "bright" volume(bright)
assert "some" volume(bright) > 0
save "out/bright.png" bright
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    vox.image(RAMP).save("ramp.mha")
    return tmp_path


@pytest.fixture
def live():
    before = {*TABLE._entries}  # of other tests
    with vox.Live(Source("ramp.imgql", TEXT)) as found:
        yield found
    assert before >= {*TABLE._entries}


class TestValues:
    def test_are_those_of_all_names_but_functions(self, live):
        outcome = live.set()
        assert not outcome.diagnostics
        assert set(outcome.named) == {"low", "scan", "bright", "grown", "sizes"}
        assert outcome.changed == set(outcome.named)
        assert outcome.named["low"].value == 100
        np.testing.assert_array_equal(outcome.named["bright"].value.array, RAMP > 100)
        assert outcome.named["bright"].over == "scan"
        assert outcome.named["scan"].over is None
        assert outcome.named["sizes"].value[0] == outcome.prints[0].value == (RAMP > 100).sum()
        assert outcome.asserts[0].value

    def test_nothing_is_saved(self, live, folder):
        assert live.set().saves == (str(folder / "out/bright.png"),)
        assert not (folder / "out").exists()

    def test_of_a_parameter_that_is_set(self, live):
        live.set()
        outcome = live.set(values={"low": 1000})
        assert outcome.changed == {"low", "bright", "grown", "sizes"}
        assert outcome.set == {"low": 1000}
        (printed,) = outcome.prints
        assert (printed.before, printed.value) == ((RAMP > 100).sum(), (RAMP > 1000).sum())
        assert live.set(values={"low": None}).named["low"].value == 100

    def test_of_another_text(self, live):
        live.set(values={"low": 1000})
        outcome = live.set(TEXT.replace("grown", "larger").replace("near(", "interior("))
        assert (outcome.gone, outcome.named["low"].value) == ({"grown"}, 1000)
        assert outcome.changed == {"larger", "sizes"}

    def test_of_a_parameter_that_is_gone(self, live):
        live.set(values={"low": 1000})
        outcome = live.set(TEXT.replace("param low = 100 from 0 to 5000", "low = 200"))
        assert not outcome.diagnostics
        assert outcome.set == {}
        assert outcome.prints[0].value == (RAMP > 200).sum()

    def test_of_a_file_that_has_changed(self, live):
        live.set()
        vox.image(RAMP + 1000).save("ramp.mha")
        assert live.set().prints[0].value == (RAMP + 1000 > 100).sum()


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "values", "said"),
        [
            (TEXT + "x = (", {}, ""),
            (TEXT + "x = nothing", {}, "unknown name"),
            (TEXT + 'load y = "none.mha"', {}, "does not exist"),
            (TEXT, {"low": 6000}, "cannot be set"),
            (TEXT, {"low": "much"}, "cannot be set"),
            (TEXT, {"high": 1}, "`high` is set"),
            (TEXT, {"low": float("nan")}, "nan"),
            (TEXT + 'print "x" [1, 2][volume(bright)]', {}, ""),
        ],
    )
    def test_leave_the_last_values(self, live, text, values, said):
        before = live.set()
        wrong = live.set(text, values)
        assert [d for d in wrong.errors if said in d.message]
        assert (wrong.text, wrong.changed, wrong.gone) == (text, frozenset(), frozenset())
        assert (wrong.named, wrong.prints) == (before.named, before.prints)
        assert not live.set(TEXT, dict.fromkeys(values)).errors

    def test_of_a_text_that_cannot_be_read_are_not_of_what_is_set(self, live):
        live.set(TEXT.replace("param low = 100", "param low = 100 ("))
        wrong = live.set(values={"low": 1000})
        assert wrong.errors
        assert not [d for d in wrong.errors if "is set" in d.message]


class TestNamesThatARunDoesWithout:
    FAILING = "bad = [1, 2][volume(bright)]\nworse = bad + 1\nother = volume(grown) + 1\n"

    def test_are_told_of_where_they_fail(self, live):
        for low in (100, 200):
            outcome = live.set(TEXT + self.FAILING, {"low": low})
            assert not outcome.errors
            (told,) = outcome.diagnostics
            assert told.message.startswith("`bad` and `worse` cannot be shown: index ")
            assert told.span.text == "[1, 2][volume(bright)]"
            assert set(outcome.named) == {"low", "scan", "bright", "grown", "sizes", "other"}
            assert outcome.prints[0].value == (low < RAMP).sum()
            assert outcome.asserts[0].value
            assert live.explain("bright", (60, 60)).value is True
        assert outcome.changed == {"low", "bright", "grown", "sizes", "other"}

    def test_are_there_again_where_they_fail_no_more(self, live):
        live.set(TEXT + self.FAILING)
        outcome = live.set(values={"low": RAMP.max() - 1})
        assert not outcome.diagnostics
        assert outcome.named["worse"].value == 3
        assert {"bad", "worse"} < outcome.changed
        assert live.set(values={"low": 100}).gone == {"bad", "worse"}

    @pytest.mark.parametrize(
        "needing", ['print "bad" bad', 'assert "bad" worse > 0', 'save "out/x.png" scan > worse']
    )
    def test_are_errors_where_it_needs_them(self, live, needing):
        before = live.set()
        wrong = live.set(f"{TEXT}{self.FAILING}{needing}")
        (told,) = wrong.errors
        assert told.message.startswith("index ")
        assert wrong.named == before.named

    def test_are_left_out_where_they_are_several_images(self, folder):
        import tifffile

        two = np.stack([RAMP, RAMP + 1])
        tifffile.imwrite("two.ome.tif", two, metadata={"axes": "CYX"}, ome=True)
        text = 'import "simpleitk"\nstack = ReadImage("two.ome.tif")\nall = [stack]\n'
        text += 'one = channel(stack, 1)\nprint "most" max(one)\n'
        with vox.Live(Source("two.imgql", text)) as live:
            outcome = live.set()
        assert not outcome.diagnostics
        assert set(outcome.named) == {"one"}
        assert outcome.prints[0].value == RAMP.max() + 1


class TestCancellation:
    def test_what_was_set_stays_set(self, live):
        stop: Future[None] = Future()
        stop.set_result(None)
        with pytest.raises(CancelledError):
            live.set(values={"low": 7}, cancellation=stop)
        assert live.set().named["low"].value == 7

    @pytest.mark.parametrize("events", range(1, 24, 2))
    def test_at_any_moment_leaves_a_usable_program(self, live, events):
        stop: Future[None] = Future()
        seen: list[object] = []

        def observe(event: object) -> None:
            seen.append(event)
            if len(seen) == events:
                stop.set_result(None)

        before = live.set()
        seen.clear()
        try:
            live.set(values={"low": 1000}, cancellation=stop, observe=observe)
        except CancelledError:
            assert live.last is before
        after = live.set()
        assert after.named["low"].value == 1000
        assert after.prints[0].value == (RAMP > 1000).sum()

    def test_ends_planning_that_would_take_long(self):
        # So many rounds are planned for minutes, and then are too many.
        text = "let many = fold + (for n in range(0, 9999999) do n .*. 2)"
        with vox.Live(Source("many.imgql", 'print "a" 1'), cache=False) as live:
            live.set()
            with ThreadPoolExecutor() as pool:
                long = pool.submit(live.set, text=f'{text}\nprint "many" many')
                while "many" not in live._wanted.source.text:
                    time.sleep(0)
                assert live.set(text='print "a" 2').prints[0].value == 2
                with pytest.raises(CancelledError):
                    long.result()

    def test_by_another_thread_the_latest_wins(self, live):
        live.set()
        later: list[Future[Outcome]] = []
        with ThreadPoolExecutor() as pool:

            def observe(event: object) -> None:
                if not later:
                    (under_way,) = live._under_way
                    later.append(pool.submit(live.set, values={"low": 2}))
                    under_way.result()  # until the other thread has said what it wants

            with pytest.raises(CancelledError):
                live.set(values={"low": 1}, observe=observe)
            assert later[0].result().named["low"].value == 2

    def test_of_many_threads(self, live):
        def changed(low: int) -> float | None:
            try:
                outcome = live.set(values={"low": low})
            except CancelledError:
                return None
            assert not outcome.errors
            count = (outcome.named["low"].value < RAMP).sum()
            assert count == outcome.prints[0].value == outcome.named["bright"].value.array.sum()
            return float(count)

        with ThreadPoolExecutor(4) as pool:
            found = [*pool.map(changed, range(60))]
        assert any(found)
        assert live.set().prints[0].value in {(low < RAMP).sum() for low in range(60)}

    def test_when_it_is_closed(self, live):
        live.set()
        with pytest.raises(CancelledError):
            live.set(values={"low": 1}, observe=lambda event: live.close())
        with pytest.raises(ValueError, match="closed"):
            live.set()


class TestExplanations:
    def test_are_of_the_last_values_that_were_right(self, live):
        live.set()
        assert live.explain("bright", (50, 1)).value is True
        assert live.explain("grown", (36, 1)).value is True
        live.set(values={"low": 1000})
        assert live.explain("bright", (50, 1)).value is False
        assert live.set("bright = (").errors
        assert live.explain("bright", (50, 1)).value is False

    def test_say_what_they_compare(self, live):
        live.set()
        told = live.explain("bright", (50, 1)).to_json()
        assert (told["voxel"], told["name"]) == ([50, 1], "bright")
        assert "114" in told["says"]
        assert "100" in told["says"]

    @pytest.mark.parametrize(
        ("name", "voxel", "said"),
        [("brigt", (1, 1), "no name"), ("low", (1, 1), "number"), ("scan", (64, 1), "outside")],
    )
    def test_of_what_is_none(self, live, name, voxel, said):
        with pytest.raises(vox.Error, match="nothing yet"):
            live.explain(name, voxel)
        live.set()
        with pytest.raises(vox.Error, match=said):
            live.explain(name, voxel)

    def test_give_way_to_a_change(self, live):
        live.set()
        stop: Future[None] = Future()
        stop.set_result(None)
        with pytest.raises(CancelledError):
            live.explain("bright", (1, 1), stop)
        with ThreadPoolExecutor() as pool:
            changes: list[Future[Outcome]] = []

            def observe(event: object) -> None:
                if not changes:
                    changes.append(pool.submit(live.explain, "bright", (50, 1)))

            live.set(values={"low": 1000}, observe=observe)
            assert changes[0].result().value is False


class TestWhatIsDrawnOver:
    TEXT = """\
load first = "first.mha"
load scan = "ramp.mha"
load drawn = "drawn.mha"
bright = scan > 100
early = first > 100
truth = drawn > 0
both = bright & early & (scan < 4000)
"""

    def test_is_what_a_region_has_to_do_with_but_no_other_region(self):
        vox.image(RAMP[::-1].copy()).save("first.mha")
        vox.image((RAMP > 1000).astype(np.uint8)).save("drawn.mha")
        with vox.Live(Source("", self.TEXT)) as live:
            over = {name: one.over for name, one in live.set().named.items()}
        assert over == {
            "first": None,
            "scan": None,
            "drawn": None,
            "bright": "scan",
            "early": "first",
            "truth": "first",
            "both": "scan",
        }


class TestMemory:
    @pytest.mark.parametrize("is_text", [False, True])
    def test_changes_leave_none(self, live, is_text):
        def change(low: int) -> None:
            change = (
                {"text": TEXT.replace("100", str(low))} if is_text else {"values": {"low": low}}
            )
            assert not live.set(**change).errors

        def held() -> tuple[int, int]:
            return len(TABLE._entries), TABLE.nbytes

        for low in range(20):
            change(low)
        before, objects = held(), all_objects()
        for low in range(20, 220):
            change(low)
        assert held() == before
        assert all_objects() < objects + 200

    @pytest.mark.slow
    @pytest.mark.parametrize("kind", ["values", "text", "failing names"])
    def test_a_thousand_changes_leave_none(self, live, kind):
        failing = TestNamesThatARunDoesWithout.FAILING if kind == "failing names" else ""

        def held(changes: range) -> tuple[int, int, int]:
            for low in changes:
                text = TEXT.replace("100", str(low)) if kind == "text" else TEXT + failing
                values = {} if kind == "text" else {"low": low}
                outcome = live.set(text, values)
                assert not outcome.errors
                assert outcome.prints[0].value == (low < RAMP).sum()
            return len(TABLE._entries), TABLE.nbytes, all_objects()

        entries, nbytes, objects = held(range(50))
        many = held(range(50, 1050))
        assert many[:2] == (entries, nbytes)
        assert many[2] < objects + 200

    def test_what_is_obsolete_is_dropped(self, live):
        bright = ref(live.set().named["bright"].value.array.base)
        assert bright() is not None
        live.set(values={"low": 1})
        gc.collect()
        assert bright() is None


def all_objects() -> int:
    gc.collect()
    return len(gc.get_objects())


class TestNumbers:
    def test_stand_where_they_are_told(self, live):
        numbers = {TEXT[n.start : n.end]: n for n in live.set().numbers}
        assert {text: n.name for text, n in numbers.items()} == {
            "100": "low",
            "2": "double",
            "0": "",
        }
        assert (numbers["100"].low, numbers["100"].high, numbers["100"].step) == (0, 5000, 1)


def test_files_that_may_not_be_read_are_errors_of_the_program(dots):
    asked = []

    def may_read(path):
        asked.append(path)
        return not path.startswith("out")

    (dots / "out").mkdir()
    (dots / "out" / "lib.imgql").write_text("let one = 1\n")
    (dots / "out" / "dots.png").write_bytes((dots / "dots.png").read_bytes())
    program = 'load scan = "dots.png"\nlet bright = intensity(scan) >. 100\n'
    source = Source("p.imgql", program)
    with vox.Live(source, cache=False, may_read=may_read) as live:
        assert live.set().errors == ()
        for line in (
            'load other = "out/dots.png"',
            'import "out/lib"',
            'import "simpleitk"\nlet other = ReadImage("out/dots.png")',
            'let names = dir("out")',
        ):
            (wrong,) = live.set(text=f"{program}{line}\n").errors
            assert "out of reach" in wrong.message
            assert wrong.span.source.name == "p.imgql"
        assert live.set(text=f'{program}let names = dir(".")\n').errors == ()
    assert {"dots.png", "out/dots.png", "out/lib.imgql", "out", "."} == {*asked}
