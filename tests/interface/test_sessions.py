"""Sessions in Python: names, expressions over them, and the files that they rest on."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent
from typing import Any
from weakref import ref

import numpy as np
import pytest

import voxlogica as vox
from voxlogica.engine.executor import TABLE

RAMP = np.arange(20, dtype=np.float32).reshape(4, 5)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    vox.image(RAMP).save("b.mha")
    vox.image(RAMP + 1000).save("sub/b.mha")
    return tmp_path


class TestRelativePaths:
    """They mean what they meant when they were entered, wherever the process goes."""

    @pytest.mark.parametrize("text", ['load k = "b.mha"', 'let k = load("b.mha")', 'import "lib"'])
    def test_of_loads(self, text, monkeypatch):
        Path("lib.imgql").write_text('load k = "b.mha"')
        with vox.Session() as s:
            s(text)
            assert s("max(k)") == 19
            monkeypatch.chdir("sub")
            assert s("max(k)") == 19
            s('load here = "b.mha"')
            assert s("[max(k), max(here)]") == [19, 1019]

    def test_of_folders_that_are_listed(self, monkeypatch):
        with vox.Session() as s:
            s.names = 'dir("sub")'
            monkeypatch.chdir("sub")
            assert s.names == ["b.mha"]

    def test_beside_images_that_are_given(self, monkeypatch):
        with vox.Session(g=RAMP) as s:
            monkeypatch.chdir("sub")
            assert s("max(g)") == 19

    def test_of_a_file_that_is_gone_meanwhile(self, folder, monkeypatch):
        with vox.Session() as s:
            s('load k = "b.mha"')
            assert s("max(k)") == 19
            monkeypatch.chdir("sub")
            (folder / "b.mha").unlink()
            assert s("max(k)") == 19

    def test_of_images_that_are_read(self, monkeypatch):
        read = vox.read("b.mha")
        monkeypatch.chdir("sub")
        assert read.array.max() == 19


def test_a_file_that_has_changed_is_read_again():
    with vox.Session() as s:
        s('load k = "b.mha"')
        s.top = "max(k)"
        assert s.top == 19
        vox.image(RAMP + 7).save("b.mha")
        assert s.top == 26


class TestLists:
    @pytest.mark.parametrize(
        ("text", "shape"),
        [
            ("[[k > 1], []]", [["-"], []]),
            ("[[k > 1], [], []]", [["-"], [], []]),
            ("[[], [k]]", [[], ["-"]]),
            ("[[k][0:0], [k][0:0]]", [[], []]),
            ("for n in [0, 2, 0] do for i in [1, 2][0:n] do k > i", [[], ["-", "-"], []]),
            ("[[[k], []], [], [[]]]", [[["-"], []], [], [[]]]),
            ("[k][0:0]", []),
        ],
    )
    def test_have_those_within_them_that_are_empty(self, text, shape):
        def shape_of(found):
            return [shape_of(one) for one in found] if isinstance(found, list) else "-"

        with vox.Session(k=RAMP) as s:
            assert shape_of(s(text)) == shape


class TestThreads:
    """Each has the value of what it asked for, and nothing that is declared is lost."""

    @pytest.fixture(autouse=True)
    def often(self) -> Iterator[None]:
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-6)
        yield
        sys.setswitchinterval(before)

    def test_expressions_have_their_own_values(self):
        with vox.Session(k=RAMP) as s, ThreadPoolExecutor(8) as threads:
            found = list(threads.map(lambda i: s(f"volume(k > {i % 20} - 1)"), range(100)))
            assert found == [20 - i % 20 for i in range(100)]

    def test_what_is_declared_is_there(self):
        def declared(i: int) -> Any:
            setattr(s, f"n{i}", f"{i} + 1")
            return getattr(s, f"n{i}")

        with vox.Session() as s, ThreadPoolExecutor(8) as threads:
            assert list(threads.map(declared, range(50))) == list(range(1, 51))
            assert s(f"[{', '.join(f'n{i}' for i in range(50))}]") == list(range(1, 51))

    def test_a_child_goes_on_where_another_thread_was_in_the_middle(self):
        """In a process of its own, for the tests' has more threads."""
        played("""
            import os, signal, threading
            import voxlogica as vox
            from voxlogica.language.planner import Planner

            s = vox.Session()
            s.n = "4"
            middle, go_on, plain = threading.Event(), threading.Event(), Planner.carry_on

            def stopping(self, *asking):
                plain(self, *asking)
                if threading.current_thread() is not threading.main_thread():
                    middle.set()
                    assert go_on.wait(60)

            Planner.carry_on = stopping
            thread = threading.Thread(target=lambda: setattr(s, "m", "n + 1"))
            thread.start()
            assert middle.wait(60)
            child = os.fork()
            if not child:
                signal.alarm(60)
                s.o = "n + 2"
                os._exit(0 if (s.o, s.n, "m" in dir(s)) == (6, 4, False) else 1)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
            go_on.set()
            thread.join()
            assert (s.n, s.m) == (4, 5)
        """)


class TestMemory:
    """What a session holds is let go of when nobody refers to the session any more."""

    def test_of_one_that_is_dropped(self):
        given, held = dropped()
        assert (given(), held()) == (None, None)

    def test_of_one_that_refers_to_itself(self):
        given, held = dropped(refers_to_itself=True)
        gc.collect()
        vox.Session()
        assert (given(), held()) == (None, None)

    def test_of_what_is_given_again_and_again(self):
        with vox.Session() as s:
            given = [given_to(s, RAMP + i) for i in range(5)]
            assert s("max(k)") == 23
            assert [one() is None for one in given] == [True, True, True, True, False]
            s.k = "1"
            assert given[-1]() is None

    def test_but_not_of_what_something_declared_rests_on(self):
        with vox.Session() as s:
            first = given_to(s, RAMP)
            s.bright = "k > 9"
            s("let above(n) = volume(bright & (k > n))")
            second = given_to(s, RAMP + 100)
            assert s("[volume(bright), above(17), max(k)]") == [10, 2, 119]
            third = given_to(s, RAMP + 200)
            assert [one() is None for one in (first, second, third)] == [False, True, False]
            s("let above(n) = n")
            s.bright = "2"
            assert s("[bright, above(3), max(k)]") == [2, 3, 219]
            s.k = RAMP + 300
            assert [one() is None for one in (first, second, third)] == [True, True, True]

    def test_of_images_of_a_list(self):
        with vox.Session() as s:
            # Contents that no other test has: of equal ones there would be one.
            s.k = [vox.image(RAMP + 31), vox.image(RAMP + 131)]
            held = [ref(one.image.array) for one in s._dialogue._given]
            assert s("max(k[1])") == 150
            s.k = 1
            gc.collect()
            assert all(one() is None for one in held)
            assert s("k") == 1

    def test_of_what_is_given_in_vain(self):
        with vox.Session() as s:
            s.f = "1"
            with pytest.raises(vox.Error):
                setattr(s, "no name", RAMP)
            assert [*s._dialogue._given] == []

    def test_what_was_let_go_of_can_be_given_again(self):
        with vox.Session() as s:
            for number in (0, 100, 0, 100, 0):
                s.k = RAMP + number
                assert s("max(k)") == 19 + number

    def test_the_grid_of_the_first_image_stays_that_of_what_meets_none(self):
        with vox.Session() as s:
            s.k = RAMP
            s.all = "volume(tt)"
            s.k = np.zeros((7, 7), np.float32)
            assert s("[all, volume(tt), volume(k < 1)]") == [20, 20, 49]

    def test_its_values_outlive_it(self):
        s = vox.Session(k=RAMP)
        region = s("k > 18")
        del s
        assert region.array.sum() == 1

    def test_reader_processes_end_with_it(self):
        from voxlogica.images import readers

        s = vox.Session()
        kept = readers._READERS.keepers
        del s
        assert readers._READERS.keepers == kept - 1


class TestDeclarations:
    def test_one_costs_as_much_however_many_there_are(self):
        def cost() -> int:
            s.again = "dt(k > 3)"
            calls = 0

            def count(_frame: object, event: str, _argument: object) -> None:
                nonlocal calls
                calls += event == "call"

            sys.setprofile(count)
            try:
                s.again = "dt(k > 4)"
                s("volume(k > 2)")
                assert s.again is not None
            finally:
                sys.setprofile(None)
            return calls

        with vox.Session(k=RAMP) as s:
            few = cost()
            for i in range(100):
                setattr(s, f"n{i}", f"dt(k > {i % 19})")
            many = cost()
        # The odd call that only now and then there is reason for.
        assert many < few + 50

    def test_what_is_declared_anew_is_let_go_of(self):
        with vox.Session(k=RAMP) as s:
            s.far = "dt(k > 7)"
            s("max(far)")
            held = held_as(s, "far")
            s.far = "1"
            assert held() is None

    def test_those_that_are_declared_in_every_round_do_not_pile_up(self):
        with vox.Session(k=RAMP) as s:
            s.least = 3
            s("let above(n) = volume(k > least + n)")
            for i in range(500):
                s.least = i
                s.region = f"k > {i % 20}"
            assert s("[least, volume(region), above(2)]") == [499, 0, 14]
            assert len(s._dialogue._inputs.accepted) < 100

    def test_what_cannot_be_declared_anew_stays_at_hand(self):
        with vox.Session(k=RAMP) as s:
            s.far = "dt(k > 7)"
            s("max(far)")
            held = held_as(s, "far")
            with pytest.raises(vox.Error):
                s.far = "dt(nothing)"
            assert held() is not None
            s.far = "dt(k > 8)"
            assert held() is None

    def test_one_beside_a_goal_stays_at_hand(self):
        with vox.Session(k=RAMP) as s:
            s('let far = dt(k > 7)  print "far" max(far)')
            held = held_as(s, "far")
            s("1 + 1")
            s.other = "2"
            assert held() is not None


def given_to(session: vox.Session, array: Any) -> ref[Any]:
    """What refers to the image that a session has for an array that it is given as `k`."""
    session.k = array
    return ref([*session._dialogue._given][-1].image.array)


def held_as(session: vox.Session, name: str) -> ref[Any]:
    """What refers to the result of a name that is at hand."""
    (operation,) = session._dialogue._at_hand._named[name]._reads
    return ref(TABLE._entries[operation].future)


def dropped(*, refers_to_itself: bool = False) -> tuple[ref[Any], ref[Any]]:
    """What refers to an image that was given, and to one that was computed, of a session."""
    s = vox.Session(k=RAMP)
    s("let far = dt(k > 7)")
    s("max(far)")
    if refers_to_itself:
        object.__setattr__(s, "_itself", s)
    (given,) = s._dialogue._given
    return ref(given), held_as(s, "far")


def played(program: str) -> None:
    """Run a program that ends without a word."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(program)], capture_output=True, text=True, timeout=200
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")


class TestValuesOfNames:
    """They are what they are in Python, whatever the language can write."""

    @pytest.mark.parametrize(
        "value",
        [3.0, -0.0, float("inf"), True, [1.0, 2.0], [], [[1.0], []], ['say "hi"', "$v\n"], [True]],
    )
    def test_are_numbers_truth_values_and_lists(self, value):
        with vox.Session() as s:
            s.v = value
            # In which -0.0 is not 0.0, nor True 1.0.
            assert repr(s.v) == repr(value)

    def test_of_numpy_and_of_paths(self):
        with vox.Session() as s:
            s.row, s.n, s.paths = np.array([1, 2]), np.float32(0.5), [Path("a b.txt")]
            assert s("[row, [n]]") == [[1, 2], [0.5]]
            assert s.paths == ["a b.txt"]

    def test_are_images_in_lists_with_names_of_their_own(self):
        other = vox.image(RAMP + 100, name="other")
        with vox.Session(k=RAMP, images=[RAMP, other]) as s:
            s.nested = [[RAMP > 3], [], [other > 110, RAMP > 100]]
            assert s("for i in images do max(i)") == [19, 119]
            assert s("for r in nested do for i in r do volume(i)") == [[16], [], [9, 0]]
            assert s("max(images[0] + images[1])") == 138

    def test_of_images_are_those_of_when_they_were_given(self, monkeypatch):
        array = RAMP.copy()
        lent = vox.image(array, copy=False)
        with vox.Session() as s:
            s.images = [lent, lent]
            array[:] = -1
            monkeypatch.chdir("sub")
            assert s("for i in images do max(i)") == [19, 19]

    @pytest.mark.parametrize("value", [None, {"a": 1}, {1, 2}, b"ab", [None], [{"a": 1}]])
    def test_are_of_the_language(self, value):
        with vox.Session() as s, pytest.raises(TypeError, match="`v`: an image, a number,"):
            s.v = value

    def test_are_no_numbers_that_float64_does_not_have(self):
        told = f"float64, which does not have {2**53 + 1}"
        with vox.Session() as s:
            s.v = 2**60
            assert s.v == 2**60
            for wrong in (2**53 + 1, [2**53 + 1], np.array([2**53 + 1])):
                with pytest.raises(ValueError, match=told):
                    s.v = wrong
        with pytest.raises(vox.Error, match=told):
            vox.run(text='param n = 1\nprint "n" n', n=2**53 + 1)

    def test_have_names_of_the_language(self):
        with vox.Session() as s, pytest.raises(vox.Error, match="a name is one word"):
            setattr(s, "a b", 3)

    def test_are_told_of_as_images_in_colour_if_they_may_be_meant_so(self):
        with vox.Session() as s, pytest.warns(vox.DoubtWarning, match="picture in colour"):
            s.k = np.zeros((7, 6, 3), np.uint8)


class TestKeywords:
    """A value has a name, and what is no image is also set, as for `run`."""

    def test_give_names_to_values_and_to_texts_as_they_are(self):
        with vox.Session(k=RAMP, v=3, w='a "b"', l=[1, 2], is_it=True) as s:
            assert s("v + l[1]") == 5
            assert s("w") == 'a "b"'
            assert s("is_it") is True
            assert s("max(k) + v") == 22

    def test_set_parameters_and_variables(self):
        with vox.Session(high=3, inputs={"my-case": "p 1", "jobs": 7}) as s:
            s("param high = 1")
            assert s("high") == 3
            assert s('"$high ${my-case}"') == "3 p 1"
            assert s("jobs") == 7

    def test_are_values_of_the_language(self):
        with pytest.raises(TypeError, match="`v`: "):
            vox.Session(v=None)

    def test_that_may_be_meant_for_options_are_told(self):
        with pytest.warns(vox.DoubtWarning, match=r"`job` is no option(.|\n)*did you mean `jobs=`"):
            vox.Session(job=2)
        with pytest.warns(vox.DoubtWarning, match="`strict` is no option of a session"):
            vox.Session(strict=True)
