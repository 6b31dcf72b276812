"""`assert`: what becomes of goals, and which comparisons are told of where one is false."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica import running
from voxlogica.dialogue import Dialogue
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source


def asserts(text: str, **options):
    return running.run(Source("p.imgql", text), cache=False, **options).asserts


def told(condition: str, before: str = "", **options) -> str:
    """What is compared where an assertion is false; empty where it is true."""
    (found,) = asserts(f'{before}\nassert "it" {condition}\n', **options)
    assert found.value == (not found.comparisons) or not found.comparisons
    return "" if found.value else "; ".join(map(str, found.comparisons)) or "false"


DICE = "dice = 0.71\nleast = 0.8\nthree = [1, 2, 3]\nparam no = false\nparam off = false\n"


class TestWhatIsCompared:
    @pytest.mark.parametrize(
        ("condition", "expected"),
        [
            ("dice < 0.8", ""),
            ("dice >= 0.8", "dice = 0.71, wanted >= 0.8"),
            ("dice .>=. 0.8", "dice = 0.71, wanted >= 0.8"),
            (".>=.(dice, 0.8)", "dice = 0.71, wanted >= 0.8"),
            ("num_geq(dice, 0.8)", "dice = 0.71, wanted >= 0.8"),
            ("0.8 <= dice", "dice = 0.71, wanted >= 0.8"),
            ("dice >= least", "dice = 0.71, wanted >= least, which is 0.8"),
            ("dice == 0.8", "dice = 0.71, wanted == 0.8"),
            ("0.8 == dice", "dice = 0.71, wanted == 0.8"),
            ("dice == least", "dice = 0.71, wanted == least, which is 0.8"),
            ("least == dice", "least = 0.8, wanted == dice, which is 0.71"),
            ("dice != 0.71", "dice = 0.71, wanted != 0.71"),
            ("!(dice < 0.8)", "dice = 0.71, wanted not < 0.8"),
            ("(dice > 0.5) && (dice > 0.9) && (three[1] == 3)",
             "dice = 0.71, wanted > 0.9; three[1] = 2, wanted == 3"),
            ("(dice > 0.9) || (dice < 0)", "dice = 0.71, wanted > 0.9; or dice = 0.71, wanted < 0"),
            ("!((dice > 0.2) || (dice > 0.9))", "dice = 0.71, wanted not > 0.2"),
            ("((dice > 0.9) || (dice > 0.1)) && (1 > 2)", "1, wanted > 2"),
            ("dice / 2 + 1 > 3", "(dice / 2) + 1 = 1.355, wanted > 3"),
            ("mean(three) == mean([3, 3])", "mean(three) = 2, wanted == mean([3, 3]), which is 3"),
            ("0 / 0 > 1", "0 / 0 = nan, wanted > 1"),
            ("let d = dice * 2 in d > 2", "d = 1.42, wanted > 2"),
            ("fold && (for d in three do d > 1)", "[0] d = 1, wanted > 1"),
            ("fold && (for d in three do fold || (for e in [0, 1] do d <= e))",
             "[1][0] d = 2, wanted <= e, which is 0; [1][1] d = 2, wanted <= e, which is 1; "
             "[2][0] d = 3, wanted <= e, which is 0; [2][1] d = 3, wanted <= e, which is 1"),
            ("fold && [2 > 1, fold && [2 > 1], 1 > 2]", "[2] 1, wanted > 2"),
            ("!(dice != 0.8)", "dice = 0.71, wanted == 0.8"),
            ("!(dice == 0.71)", "dice = 0.71, wanted != 0.71"),
            ("no || off", "no = false, wanted true; or off = false, wanted true"),
            ("!(!no || !(1 > 2))", "no = false, wanted true; 1, wanted > 2"),
            ("no && (1 > 2)", "no = false, wanted true; 1, wanted > 2"),
            ("true == false", "true, wanted == false"),
            ('"a" == "b"', '"a", wanted == "b"'),
            ("false", "false"),
            ("(1 < 2) && false", "false"),
            ("(dice > 1) && (fold || [false])", "dice = 0.71, wanted > 1"),
        ],
    )  # fmt: skip
    def test_the_false_comparisons_are_told_of(self, condition, expected):
        told_of = told(condition, DICE)
        if expected != "dice = 0.71, wanted > 1":
            assert told_of == expected.replace("; or ", "; ")
        else:
            assert told_of.startswith(expected)

    def test_comparisons_of_constants_and_functions_count_and_are_named_as_the_caller_does(self):
        before = (
            DICE + "good(x) = (x >= 0.8) && (x < 1)\nfine = dice > 0.8\nvery(y) = good(y / 2)\n"
        )
        assert told("fine", before) == "dice = 0.71, wanted > 0.8"
        assert told("good(dice)", before) == "dice = 0.71, wanted >= 0.8"
        assert told("very(dice)", before) == "dice / 2 = 0.355, wanted >= 0.8"
        (found,) = asserts(before + 'assert "it" very(dice)')
        assert [str(note.span) for note in found.notes] == ["p.imgql:6:12"]

    def test_names_of_a_function_are_not_taken_for_those_of_its_caller(self):
        before = "x = 1\nf(y) = x > y\ng(x) = f(x + 2)\n"
        assert told("g(5)", before) == "x = 1, wanted > 5 + 2, which is 7"

    def test_equal_numbers_are_told_apart_by_what_they_are(self):
        same = "f(a, b) = a == b\ng(a, b) = b == a\nx = 2 * 3\n"
        assert told("f(1 + 1, x)", same) == "1 + 1 = 2, wanted == x, which is 6"
        assert told("g(1 + 1, x)", same) == "x = 6, wanted == 1 + 1, which is 2"

    @settings(deadline=None, max_examples=25)
    @given(st.data())
    def test_sides_are_not_exchanged_and_elements_are_counted(self, data):
        numbers = st.lists(st.integers(0, 3), min_size=1, max_size=4)
        a = data.draw(numbers)
        b = data.draw(st.lists(st.integers(0, 3), min_size=len(a), max_size=len(a)))
        operator = data.draw(st.sampled_from(["==", "!="]))
        before = (
            f"param a = {a}\nparam b = {b}\nf(x, y) = fold && (x {operator} y)\n"
            "up(s) = for e in s do e + 1\n"
        )
        n = len(a)
        ways = [
            (f"fold && (a {operator} b)", "a", "b", a, b),
            (f"fold && (b {operator} a)", "b", "a", b, a),
            ("f(b, a)", "b", "a", b, a),
            (f"fold && (up(a) {operator} up(b))", "up(a)", "up(b)",
             [x + 1 for x in a], [x + 1 for x in b]),
            (f"fold && (for i in range({n}) do b[i] {operator} a[i])", "b[i]", "a[i]", b, a),
            (f"!(fold || (for i in range({n}) do !(a[i] {operator} b[i])))", "a[i]", "b[i]", a, b),
        ]  # fmt: skip
        ways = data.draw(st.permutations(ways))
        found = asserts(before + "".join(f'assert "{i}" {w[0]}\n' for i, w in enumerate(ways)))
        for one, (_, left, right, xs, ys) in zip(found, ways, strict=True):
            wrong = [
                (i, x, y)
                for i, (x, y) in enumerate(zip(xs, ys, strict=True))
                if (x == y) != (operator == "==")
            ]
            assert one.value == (not wrong)
            for (i, x, y), told_of in zip(wrong, map(str, one.comparisons), strict=True):
                if operator == "==" and (y, x) in [w[1:] for w in wrong]:
                    # One operation, whose sides are not told apart: neither is named.
                    assert told_of in (f"[{i}] {x}, wanted == {y}", f"[{i}] {y}, wanted == {x}")
                else:
                    right_is = f"{right}, which is {y}"
                    assert told_of == f"[{i}] {left} = {x}, wanted {operator} {right_is}"

    def test_an_equal_comparison_elsewhere_lends_no_words(self):
        found = asserts(
            'n = 64\ns = [60, 64]\nassert "a" s[0] == n\nassert "b" 64 == s[0]\n'
            'assert "c" [60][0] == 64\n'
        )
        assert [(*map(str, a.comparisons), *a.notes) for a in found] == [
            ("s[0] = 60, wanted == n, which is 64",),
            ("s[0] = 60, wanted == 64",),
            ("[60][0] = 60, wanted == 64",),
        ]

    def test_imgql_1_has_its_own_grouping(self, image):
        before = f'load m = "{image}"\n'
        assert told("(10 .-. 4 .-. 3) .<. 9", before) == "10 .-. (4 .-. 3) = 9, wanted < 9"
        assert told("(10 .-. 4 .-. 3) .<. 1") == "(10 .-. 4) .-. 3 = 3, wanted < 1"

    def test_the_parameters_of_a_function_are_seen_through_its_loops(self):
        before = DICE + "f(p) = fold && (for d in three do d < p * 2)\n"
        assert told("f(dice)", before) == (
            "[1] d = 2, wanted < dice * 2, which is 1.42; "
            "[2] d = 3, wanted < dice * 2, which is 1.42"
        )

    def test_long_texts_are_cut_and_many_comparisons_counted(self):
        many = " + ".join(["1000"] * 40)
        assert len(told(f"{many} > 1e9")) < 100
        (found,) = asserts('assert "it" fold && (for i in range(100) do i > 60)')
        assert len(found.comparisons) == 61
        assert found.diagnostic.message == (
            'assertion "it" is false: [0] i = 0, wanted > 60; [1] i = 1, wanted > 60; '
            "[2] i = 2, wanted > 60; "
            "and 58 more"
        )

    @pytest.mark.slow
    def test_of_very_long_loops_it_is_said_that_they_are_false(self):
        (found,) = asserts('assert "it" fold && (for i in range(30000) do i > 60)')
        assert not found.value

    @settings(deadline=None, max_examples=40)
    @given(st.data())
    def test_what_is_blamed_would_make_it_true(self, data):
        """Random conditions over distinct comparisons: were the blamed ones right, so were all."""
        values: list[bool] = []

        def tree(depth: int):
            kind = data.draw(st.sampled_from(["leaf", "and", "or", "not"] if depth else ["leaf"]))
            if kind == "leaf":
                values.append(data.draw(st.booleans()))
                n = len(values)
                return f"({n} {'<' if values[-1] else '>'} {n + 0.5})", ("leaf", n - 1)
            if kind == "not":
                text, inner = tree(depth - 1)
                return f"(! {text})", ("not", inner)
            (a, x), (b, y) = tree(depth - 1), tree(depth - 1)
            return f"({a} {'&&' if kind == 'and' else '||'} {b})", (kind, x, y)

        def holds(node, truths) -> bool:
            kind, *parts = node
            if kind == "leaf":
                return truths[parts[0]]
            found = [holds(part, truths) for part in parts]
            return not found[0] if kind == "not" else all(found) if kind == "and" else any(found)

        text, meant = tree(4)
        (found,) = asserts(f'assert "it" {text}')
        assert found.value == holds(meant, values)
        mended = list(values)
        for comparison in found.comparisons:
            at = int(comparison.value) - 1
            wanted = not comparison.wanted.startswith("not")
            assert values[at] != wanted
            mended[at] = wanted
        assert holds(meant, mended)


@pytest.fixture
def image(tmp_path):
    array = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / "m.nii.gz"))
    return tmp_path / "m.nii.gz"


class TestGoals:
    def test_prints_and_files_appear_all_the_same(self, image, tmp_path):
        report = running.run(
            Source(
                "p",
                f'load m = "{image}"\nlet r = intensity(m) >. 30\nprint "v" volume(r)\n'
                f'save "{tmp_path}/out/r.nii.gz" r\nassert "$stem large" volume(r) > 100\n'
                'assert "some" nemptyB(r)\n',
            ),
            cache=False,
        )
        assert [p.value for p in report.prints] == [29]
        assert (tmp_path / "out/r.nii.gz").is_file()
        assert (report.status, report.error, report.log) == ("done", None, ())
        assert [(a.label, a.value) for a in report.asserts] == [("p large", False), ("some", True)]
        (message,) = report.false_asserts
        assert message.message == 'assertion "p large" is false: volume(r) = 29, wanted > 100'
        assert str(message.span) == "p:5:1"

    @pytest.mark.parametrize("rewrites", [True, False])
    @pytest.mark.parametrize("jobs", [1, 2])
    def test_what_is_compared_is_not_lost_to_rewriting(self, image, rewrites, jobs):
        found = asserts(
            f'load m = "{image}"\nlet v = intensity(m)\nlet r = v >. 30\n'
            'assert "a" volume(r & tt) > volume(r | tt)\nassert "b" eqB(r, tt)\n'
            'assert "c" max(v *. 2) < min(v)\nassert "d" max(abs(v)) == avg(v, tt)\n'
            'assert "e" emptyB(r)\n',
            rewrites=rewrites,
            jobs=jobs,
        )
        assert ["; ".join(map(str, a.comparisons)) for a in found] == [
            "volume(r & tt) = 29, wanted > volume(r | tt), which is 60",
            "volume(xor(r, tt)) = 31, wanted == 0",
            "max(v *. 2) = 118, wanted < min(v), which is 0",
            "max(abs(v)) = 59, wanted == avg(v, tt), which is 29.5",
            "volume(r) = 29, wanted == 0",
        ]

    def test_what_a_stage_found_out_is_told_too(self, image):
        (found,) = asserts(
            f'import "simpleitk"\nm = ReadImage("{image}")\nn = max(lcc(m > 3))\n'
            'sizes = for i in range(n) do volume(m > i)\nassert "n" (n > 4) && (sizes[0] < 5)\n'
        )
        assert "; ".join(map(str, found.comparisons)) == (
            "n = 1, wanted > 4; sizes[0] = 59, wanted < 5"
        )

    def test_several_programs_and_shadowed_names(self):
        programs = [
            Source("a", 'x = 1\nassert "a" x > 2\nx = 5\nassert "b" x > 2\nassert "c" 5 == x'),
            Source("b", 'x = 3\nassert "a" x == 1 + 1'),
        ]
        found = running.run(programs, cache=False).asserts
        assert [(a.label, *map(str, a.comparisons)) for a in found] == [
            ("a", "x = 1, wanted > 2"),
            ("b",),
            ("c",),
            ("a", "x = 3, wanted == 1 + 1, which is 2"),
        ]

    @pytest.mark.parametrize(
        ("value", "kind", "hint"),
        [
            ("3", "a number", "compare it"),
            ('"a"', "a string", None),
            ("x", "an image, valuation(number)", "max"),
            ("tt", "an image, valuation(bool)", "volume"),
            ("[1 > 2]", "a sequence(bool)", "fold"),
            ("volume", "a function", None),
        ],
    )
    def test_anything_else_than_a_bool_is_an_error_before_anything_runs(self, value, kind, hint):
        with pytest.raises(VoxLogicaError) as wrong:
            asserts(f'assert "it" {value}')
        (message,) = wrong.value.diagnostics
        assert message.message == f"`assert` takes a bool; this is {kind}"
        assert (hint or "") in (message.hint or "")

    def test_a_run_that_fails_has_none(self):
        with pytest.raises(VoxLogicaError) as wrong:
            asserts('assert "it" 1 > 2\nprint "n" [1][volume(tt)]')
        assert wrong.value.diagnostics

    def test_check_tells_of_what_is_false_whatever_images_hold(self, image):
        text = f'load m = "{image}"\nassert "a" 1 > 2\nassert "b" max(m) > 99\nassert "c" 1 < 2'
        (found,) = running.check(Source("p", text))
        assert found.severity == "warning"
        assert found.message == 'assertion "a" is false: 1, wanted > 2, whatever images hold'
        assert running.run(Source("p", text), cache=False, strict=True).log == ()

    def test_a_session_keeps_what_a_false_input_declares(self):
        with Dialogue(cache=False) as session:
            report = session.enter('n = 4\nassert "n" n > 5')
            assert [str(c) for a in report.asserts for c in a.comparisons] == ["n = 4, wanted > 5"]
            assert session.enter('assert "m" n == 4').asserts[0].value
            assert session.enter("n").asserts == ()
