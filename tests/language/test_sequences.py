"""ImgQL 2: local names, sequences, loops, folds, functions as values, overloaded operators.

Laws and values are held to Python's; what fails, to what its author is told.
"""

from __future__ import annotations

import gc
import math
import re
from functools import reduce

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica import running
from voxlogica.language import limits, machine
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source


def values(text: str, **options) -> list:
    """What a correct program prints, in order."""
    report = running.run(Source("program.imgql", text), dialect=2, cache=False, **options)
    return [printed.value for printed in report.prints]


def value(expression: str, before: str = ""):
    (only,) = values(f'{before}\nprint "" {expression}')
    return only


def problem(text: str):
    """The one message about a wrong program."""
    with pytest.raises(VoxLogicaError) as raised:
        running.run(Source("program.imgql", text), dialect=2, cache=False)
    (only,) = raised.value.diagnostics
    return only


some = settings(deadline=None, max_examples=20)
NUMBERS = st.lists(st.integers(-50, 50), max_size=8)


def written(numbers: list[int]) -> str:
    return f"[{', '.join(map(str, numbers))}]"


class TestLocalNames:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("let x = 3 in x + 1", 4),
            ("1 + let x = 2 in x * 3", 7),
            ("(let x = 2 in x) * 3", 6),
            ("let x = 1 in let x = x + 1 in x", 2),
            ("let x = 1 in (let x = 5 in x) + x", 6),
            ("let x = let y = 2 in y in x", 2),
            ("[let x = 1 in x, 2]", [1, 2]),
            ("let f(a, b) = a - b in f(5, 3)", 2),
            ("let k = 3 in let f(x) = x + k in let k = 100 in f(1)", 4),
            ("let _ = 1 in 2", 2),
            ("let B = 3 in B", 3),
        ],
    )
    def test_they_are_seen_in_what_follows_in(self, expression, expected):
        assert value(expression) == expected

    def test_they_shadow_parameters_and_constants_only_there(self):
        assert value("f(2) + x", "x = 10\nf(x) = let x = x * 2 in x + 1") == 15

    def test_many_may_be_nested(self):
        chain = "".join(f"let a{i + 1} = a{i} + 1 in " for i in range(2_000))
        assert value(f"let a0 = 0 in {chain} a2000") == 2_000

    def test_a_name_is_not_seen_in_its_own_value_nor_after(self):
        assert problem('print "" let q = q in 1').message == "unknown name `q`"
        assert problem('print "" (let q = 1 in q) + q').message == "unknown name `q`"


class TestLoops:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("for x in [1, 2, 3] do x * x - 1", [0, 3, 8]),
            ("for x in [] do x", []),
            ("for i in range(3) do for j in range(i) do 10 * i + j", [[], [10], [20, 21]]),
            ("for x in (for y in [1, 2] do y + 1) do x * 2", [4, 6]),
            ("for x in [1, 2] do let y = x in y + 1", [2, 3]),
            ("filter x in range(10) do x / 2 == floor(x / 2)", [0, 2, 4, 6, 8]),
            ("filter s in [[], [1]] do (fold + s) > 0", [[1]]),
            ("for x in (filter x in [1, 2, 3] do x > 1) do x", [2, 3]),
            ('for name in ["a", "b"] do name == "a"', [True, False]),
            ("map(floor, [1.5, 2.5])", [1, 2]),
        ],
    )
    def test_each_element_in_order(self, expression, expected):
        assert value(expression) == expected

    def test_a_loop_captures_what_is_around_it(self):
        before = "add_all(k, s) = for x in s do for y in [k] do x + y + k"
        assert value("add_all(5, [1, 2])", before) == [[11], [12]]

    def test_the_variable_shadows(self):
        assert value("for x in [1, 2] do x", "x = 7") == [1, 2]
        assert value("(fold + (for x in [1, 2] do x)) + x", "x = 7") == 10

    def test_equal_work_in_iterations_is_one_operation(self):
        plan = running.plan(
            Source("p", 'f(x) = x * 2 + 1\nprint "" for i in range(0, 500) do f(3)'), dialect=2
        )
        assert len(plan) < 10

    @some
    @given(NUMBERS)
    def test_map_fusion(self, numbers):
        before = "f(x) = x * 2\ng(x) = x - 3\nh(x) = g(f(x))"
        fused = value(f"map(h, {written(numbers)})", before)
        assert fused == value(f"map(g, map(f, {written(numbers)}))", before)
        assert fused == [n * 2 - 3 for n in numbers]


class TestFolds:
    @some
    @given(NUMBERS)
    def test_against_python(self, numbers):
        s = written(numbers)
        text = "".join(f'print "" fold {op} {s}\n' for op in ("+", "-", "*"))
        assert values(text) == [
            float(sum(numbers)),
            float(-sum(numbers)),
            float(math.prod(numbers)),
        ]
        if numbers:
            assert values(f'print "" fold min {s} print "" fold max {s}') == [
                min(numbers),
                max(numbers),
            ]

    @some
    @given(NUMBERS, st.integers(-5, 5))
    def test_with_a_start_value_and_a_declared_function(self, numbers, start):
        before = "f(a, b) = a * 2 - b"
        expected = reduce(lambda a, b: a * 2 - b, numbers, start)
        assert value(f"fold f {start} ({written(numbers)})", before) == expected
        if numbers:
            assert value(f"fold f {written(numbers)}", before) == reduce(
                lambda a, b: a * 2 - b, numbers
            )

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("fold + []", 0),
            ("fold * []", 1),
            ("fold && []", True),
            ("fold || []", False),
            ("fold && [true, false]", False),
            ("fold || [true, false]", True),
            ("fold / 8 [2, 2]", 2),
            ("fold + 0 (for x in range(4) do x)", 6),
            ("fold + 1 for x in range(4) do x", 7),
            ("/(fold + 0 [1, 3], fold + 0 (for x in [1, 3] do 1))", 2),
            ("fold + [[1, 2], [3, 4]]", [4, 6]),
            ("let f(a, b) = b in fold f [1, 2]", 2),
            ("let f(a, b) = a + b in fold f let s = [1, 2] in s", 3),
            ("let f(a, b) = a + b in fold f // and\n let s = [1, 2] in s", 3),
            ("(fold == [true, false])", False),
            ("[fold && [true], fold != [true, true]]", [True, False]),
        ],
    )
    def test_start_values(self, expression, expected):
        assert value(expression) == expected

    def test_without_one_where_it_is_needed(self):
        assert problem('print "" fold / [1]').message == "`fold /` needs a start value"
        for op in ("max", "min"):
            found = problem(f'print "" fold {op} []')
            assert found.message == f"`fold {op}` of an empty sequence has no value"


class TestTakingApart:
    @some
    @given(NUMBERS, st.integers(0, 9), st.integers(0, 9))
    def test_slices_are_pythons(self, numbers, a, b):
        s = written(numbers)
        text = f'print "" {s}[{a}:{b}] print "" {s}[:{b}] print "" {s}[{a}:] print "" {s}[:]'
        assert values(text + f'print "" subsequence({s}, {a}, {b})') == [
            numbers[a:b], numbers[:b], numbers[a:], numbers, numbers[a:b],
        ]  # fmt: skip

    @some
    @given(*[st.integers(0, 12)] * 4)
    def test_slices_of_slices(self, a, b, c, d):
        assert value(f"range(10)[{a}:{b}][{c}:{d}]") == list(range(10))[a:b][c:d]

    @some
    @given(st.integers(-5, 15), st.integers(-5, 15))
    def test_ranges(self, a, b):
        assert value(f"range({a}, {b})") == list(range(a, b))

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("[1, 2, 3][1]", 2),
            ("[[1, 2], [3, 4 + 1]][1][1]", 5),
            ("index([4, 5], 0)", 4),
            ("let i = 1 in [1, 2, 3][i + 1]", 3),
            ("let s = [0.3, 0.7, 0.7] in s[argmax(s)]", 0.7),
            ("argmax([1, 3, 3])", 1),
            ("range(3)[let i = 1 in i : 2]", [1]),
            ("[5] + [1, 2][:1]", [6]),
            ("1 + [1, 2][1:] * 2", [5]),
            ("(for i in range(4) do i * i)[2:]", [4, 9]),
        ],
    )
    def test_elements(self, expression, expected):
        assert value(expression) == expected

    @pytest.mark.parametrize(
        ("expression", "message"),
        [
            ("[1, 2, 3][3]", "index 3 is out of range: the sequence has 3 elements"),
            ("[1][-1]", "index -1 is out of range: the sequence has 1 element"),
            ("range(5)[2:][3]", "index 3 is out of range: the sequence has 3 elements"),
            ("[1, 2][0.5]", "an index is a whole number, found 0.5"),
            ("[1, 2][-1:]", "a slice begins at an index, counted from 0, found -1"),
            ("3[0]", "an index is into a sequence, found a number"),
            ("range(1.5)", "`range` takes stop as a whole number, found 1.5"),
            ("range(true)", "`range` takes stop as a whole number, found a bool"),
            ("argmax([])", "`argmax` of an empty sequence has no value"),
        ],
    )
    def test_errors(self, expression, message):
        assert problem(f'print "" {expression}').message == message


class TestArithmeticOfSequences:
    @some
    @given(st.lists(st.tuples(st.integers(-9, 9), st.integers(1, 9)), max_size=5))
    def test_element_by_element(self, pairs):
        a, b = written([p[0] for p in pairs]), written([p[1] for p in pairs])
        text = "".join(f'print "" {a} {op} {b}\n' for op in ("+", "-", "*", "/", "<", "=="))
        assert values(text) == [
            [x + y for x, y in pairs],
            [x - y for x, y in pairs],
            [x * y for x, y in pairs],
            [x / y for x, y in pairs],
            [x < y for x, y in pairs],
            [x == y for x, y in pairs],
        ]

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("[1, 2] + 1", [2, 3]),
            ("1 - [1, 2]", [0, -1]),
            ("- [1, 2]", [-1, -2]),
            ("! ([1, 2] > 1)", [True, False]),
            ("[true, false] && true", [True, False]),
            ("[[1], [2, 3]] * 2", [[2], [4, 6]]),
            ("range(3) * range(3)", [0, 1, 4]),
        ],
    )
    def test_with_numbers_and_nested(self, expression, expected):
        assert value(expression) == expected

    def test_empty_ones_of_any_origin_are_one(self):
        text = 'print "" ["a"][1:] print "" argsort([1][1:]) print "" [["a"][1:]]'
        assert values(text + ' print "" tally([1][1:])') == [[], [], [[]], []]

    def test_other_lengths_are_an_error_with_both(self):
        assert problem('print "" [1, 2] + [1, 2, 3]').message == (
            "`+` joins sequences element by element: one has 2 elements, the other 3"
        )


class TestFunctionsAsValues:
    def test_passed_to_functions_and_kept_in_constants(self):
        before = "twice(f, x) = f(f(x))\ninc(x) = x + 1\nh = inc"
        assert value("twice(inc, 3) + twice(floor, 0.5) + h(1)", before) == 7
        assert value("for f in [inc, floor] do f(1.5)", before) == [2.5, 1]

    def test_they_keep_what_they_captured(self):
        before = "adder(k) = let add(x) = x + k in add\nadd3 = adder(3)\nk = 100"
        assert value("map(add3, [1, 2])", before) == [4, 5]

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('print "" floor', "`floor` is a function, and a value is wanted here"),
            ('print "" floor + 1', "`floor` is a function, and a value is wanted here"),
            ("k = 3 let a = k(1)", "`k` is a number, not a function"),
            ("f(g) = g(1)\na = f(2)", "`g` is a number, not a function"),
            ("f(a, b) = a\nx = map(f, [1])", "`f` takes 2 arguments, and got 1 argument"),
            ("x = map(3, [1])", "`map` takes a function, found a number"),
            ("x = for y in 3 do y", "`for` goes through a sequence, found a number"),
            ("x = filter y in [1] do y",
             "`filter` keeps those for which a bool is true, found a number"),
            ("x = map(floor, [true])", "`floor` expects a number as a, found a bool"),
        ],
    )  # fmt: skip
    def test_errors(self, text, message):
        assert problem(text).message == message

    def test_closures_of_closures_take_time_linear_in_their_depth(self):
        before = "f0(x) = x + 1\nlater(f) = let g(x) = f(x) + 1 in g\n"
        steps = "".join(f"f{i} = later(f{i - 1})\n" for i in range(1, 3000))
        assert value("f2999(0)", before + steps) == 3000

    @pytest.mark.parametrize(
        ("declared", "call"),
        [
            ("f(g) = g(g)", "f(f)"),
            ("f(g, n) = g(g, n + 1)", "f(f, 0)"),
            pytest.param("f(g) = map(g, [g])", "f(f)", marks=pytest.mark.slow),
            ("f(g) = let h(n) = g(g) in h(1)", "f(f)"),
        ],
    )
    def test_calls_without_end_are_an_error(self, declared, call):
        found = problem(f'{declared}\nprint "" {call}')
        assert found.message == "more than 100,000 calls within each other: they would never end"
        gc.collect()  # which ends, too: so many calls are left behind

    def test_loops_within_calls_without_end_are_an_error(self, monkeypatch):
        """Each call takes ten times as long here: to a tenth of the depth."""
        for module in (limits, machine):
            monkeypatch.setattr(module, "DEEPEST_CALL", 10_000)
        found = problem('f(g) = map(g, [g])\nprint "" f(f)')
        assert found.message == "more than 10,000 calls within each other: they would never end"

    def test_what_is_passed_to_itself_may_end(self):
        assert value("f(f, 5)", "f(g, n) = fold + 1 (for i in range(n) do g(g, i))") == 32


class TestNesting:
    @pytest.mark.parametrize(
        ("opening", "closing"), [("[", "]"), ("for x in [1] do ", ""), ("map(f, [1])", "")]
    )
    def test_a_hundred_deep(self, opening, closing):
        if opening.startswith("map"):
            before = "f0(x) = x\n" + "".join(
                f"f{i}(x) = map(f{i - 1}, [x])\n" for i in range(1, 102)
            )
            deep, deeper = "f100(1)", f'{before}print "" f101(1)'
        else:
            before = ""
            deep = opening * 100 + "1" + closing * 100
            deeper = f'print "" {opening * 5000}1{closing * 5000}'
        found = value(deep, before)
        for _ in range(100):
            (found,) = found
        assert found == 1
        message = "sequences are nested more than 100 deep, which is the limit"
        assert problem(deeper).message == message


class TestOverloadedOperators:
    @pytest.fixture
    def image(self, tmp_path):
        path = tmp_path / "v.nii"
        array = np.array([[0, 1, 2], [3, 4, 5]], np.float32)
        sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
        return f'load m = "{path}"\nlet v = intensity(m)\n'

    @pytest.mark.parametrize(
        ("plain", "dotted"),
        [
            ("volume(v > 2)", "volume(v >. 2)"),
            ("volume(2 <= v)", "volume(2 .<= v)"),
            ("volume(v == 2)", "volume(v =. 2)"),
            ("max(v * 2 + 1)", "max((v *. 2) +. 1)"),
            ("max(10 - v)", "max(10 .- v)"),
            ("volume((v > 1) && (v < 4))", "volume((v >. 1) & (v <. 4))"),
            ("volume(v) == 6", None),
            ("max(v) + min(v) * 2", "max(v) .+. (min(v) .*. 2)"),
            ("volume(m > 2)", "volume(v >. 2)"),
            ("max(m)", "max(v)"),
        ],
    )
    def test_they_are_the_dotted_ones(self, image, plain, dotted):
        if dotted is None:
            assert (
                "valuation(bool) as region, found valuation(number)"
                in problem(image + f'print "" {plain}').message
            )
            return
        plans = [
            running.plan(Source("p", image + f'print "" {e}'), dialect=2) for e in (plain, dotted)
        ]
        assert len({p.ids[p.goals[0].node] for p in plans}) == 1

    def test_of_two_images(self, image):
        text = "".join(
            f'print "" volume(v {op} (5 - v))\n' for op in ("==", "!=", "<", "<=", ">", ">=")
        )
        assert values(image + text) == [0, 6, 3, 3, 3, 3]
        assert values(image + 'print "" volume(v != 2) print "" max(- v)') == [5, 0]

    def test_of_images_in_sequences(self, image):
        text = image + 'print "" for r in ([v, v + 1] > 2) do volume(r)'
        assert values(text) == [[3, 4]]
        assert values(image + 'print "" max(fold + [v, v, v])') == [15]
        assert values(image + 'print "" volume(fold || [v < 1, v > 4])') == [2]

    def test_a_program_may_declare_them_anew(self):
        assert value("3 + 4", "+(a, b) = a * b") == 12


class TestImgQL1StaysAsItWas:
    def test_keywords_are_names_where_programs_use_them_so(self):
        text = """let in = 1 let do = 2 let for(x) = x .+. in
        let filter(x, fold) = x .+. fold
        let map = 3 let range = 4 let index(a) = a
        print "" for(do) .+. filter(map, range) .+. index(in)"""
        assert values(text) == [11]

    def test_fold_is_a_name_where_the_text_declares_it(self):
        assert value("fold + 1", "let fold = 3") == 4

    def test_a_file_with_load_may_have_loops(self, tmp_path):
        path = tmp_path / "v.nii"
        sitk.WriteImage(
            sitk.GetImageFromArray(np.arange(6, dtype=np.float32).reshape(2, 3)), str(path)
        )
        report = running.run(
            Source(
                "p", f'load m = "{path}"\nprint "" for k in [1, 2] do volume(intensity(m) >. k)'
            ),
            cache=False,
        )
        assert report.prints[0].value == [4, 3]


class TestGoals:
    def test_a_saved_sequence_is_numbered(self, tmp_path):
        source = tmp_path / "v.nii"
        sitk.WriteImage(
            sitk.GetImageFromArray(np.arange(6, dtype=np.float32).reshape(2, 3)), str(source)
        )
        text = f"""load m = "{source}"
        let s = for k in [1, 2] do intensity(m) >. k
        save "{tmp_path}/a/part.nii.gz" s
        save "{tmp_path}/b/{{}}/part.png" s
        save "{tmp_path}/c/part.nii" [s, s]"""
        report = running.run(Source("p", text), cache=False)
        saved = [re.sub(f"^{tmp_path}/", "", layer.path) for layer in report.layers]
        assert saved == [
            "a/part_000.nii.gz", "a/part_001.nii.gz", "b/000/part.png", "b/001/part.png",
            "c/part_000_000.nii", "c/part_000_001.nii", "c/part_001_000.nii", "c/part_001_001.nii",
        ]  # fmt: skip
        back = sitk.GetArrayFromImage(sitk.ReadImage(f"{tmp_path}/a/part_001.nii.gz"))
        assert back.tolist() == [[0, 0, 0], [1, 1, 1]]

    def test_images_in_a_printed_sequence_are_an_error(self):
        found = problem('print "" [tt]')
        assert found.message.startswith(
            "`print` shows numbers, bools and strings; this is a sequence"
        )
        assert (
            problem('save "x.nii" [1]').message
            == ".nii files hold images; this is a sequence(number)"
        )


class TestAppend:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("append([1, 2], [3])", [1, 2, 3]),
            ("append([1], [], [2, 3], [], [4])", [1, 2, 3, 4]),
            ("append([], [])", []),
            ('append([["a", "b"]], for i in [1, 2] do [i, i > 1])',
             [["a", "b"], [1, False], [2, True]]),
            ("append(range(3), range(2))[2:4]", [2, 0]),
            ("append([10], [20, 30])[2]", 30),
            ("append([1], [2]) * 2", [2, 4]),
            ("fold append (for i in range(4) do range(i))", [0, 0, 1, 0, 1, 2]),
            ("fold append [] [[[1]], [[2], []]]", [[1], [2], []]),
            ("for r in append([tt], [ff, border]) do volume(r)", [960, 0, 480]),
            ("append([volume(ff)], range(volume(ff) + 1))", [0, 0]),
            ("append(tally([volume(ff), 3]), [[7]])", [[0, 1], [3, 1], [7]]),
            ('append([["value", "count"]], tally([volume(ff)]))', [["value", "count"], [0, 1]]),
            ("append(argsort([volume(tt), 1]), [5])[1]", 0),
            ("append(filter i in [1, 2] do volume(tt) > i * 700, [9])", [1, 9]),
            ("(let append(a, b) = a + b in append(1, 2))", 3),
        ],
    )  # fmt: skip
    def test_sequences_are_joined(self, tmp_path, expression, expected):
        array = np.zeros((8, 10, 12), np.uint8)
        sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / "m.nii"))
        text = f'load m = "{tmp_path}/m.nii"\nprint "" {expression}'
        for options in ({}, {"rewrites": False}):
            (printed,) = running.run(Source("p", text), dialect=2, cache=False, **options).prints
            assert printed.value == expected
        assert not running.check(Source("p", text), dialect=2)

    def test_what_is_not_asked_for_is_not_computed(self):
        assert values('print "" append([1], for i in [0, 1] do [7][i])[1]') == [7]

    def test_a_long_one_is_joined_in_a_moment(self):
        assert values('print "" fold + append(range(5000), range(5000))') == [24995000]
        assert values('print "" (fold append [] (for i in range(2000) do [i]))[1999]') == [1999]

    @pytest.mark.parametrize(
        ("expression", "said", "hint"),
        [
            ("append([1], 2)", "`append` takes a sequence, found a number", "`[2]`"),
            ("append(tt, [ff])", "`append` takes a sequence, found valuation(bool)", "`[tt]`"),
            ("append([1], near)", "`append` takes a sequence, found a function", ""),
            ("append([1])", "`append` takes 2 arguments or more, and got 1 argument", ""),
        ],
    )
    def test_anything_else_is_an_error(self, expression, said, hint):
        found = problem(f'print "" {expression}')
        assert found.message == said
        assert hint in (found.hint or "")


class TestProgramVariables:
    def test_they_tell_of_the_programs_file(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "sub").mkdir()
        program = tmp_path / "sub" / "study.v1.imgql"
        program.write_text('print "$stem" [$file, $filename, $dir, $cwd, ${stem}, "$stem-x"]')
        (printed,) = running.run(program, cache=False).prints
        assert printed.name == "study.v1"
        assert printed.value == [
            str(program), "study.v1.imgql", str(program.parent), str(tmp_path), "study.v1",
            "study.v1-x",
        ]  # fmt: skip

    def test_definitions_have_precedence(self):
        assert values('print "" [$stem, $NAME]', definitions={"stem": "a", "NAME": "b"}) == [
            ["a", "b"]
        ]


class TestSums:
    @some
    @given(st.lists(st.integers(-100, 100), min_size=1, max_size=9))
    def test_against_python(self, numbers):
        import statistics

        s = written(numbers)
        mean, median, stdev = values(f'print "" mean({s}) print "" median({s}) print "" stdev({s})')
        assert mean == pytest.approx(statistics.mean(numbers))
        assert median == statistics.median(numbers)
        if len(numbers) > 1:
            assert stdev == pytest.approx(statistics.stdev(numbers))
        assert value(f"argsort({s})") == sorted(range(len(numbers)), key=lambda i: numbers[i])
        assert value(f"tally({s})") == [[n, numbers.count(n)] for n in sorted(set(numbers))]

    @some
    @given(st.lists(st.one_of(st.integers(-9, 9), st.floats(-1e9, 1e9)), min_size=1, max_size=9))
    def test_sums_extremes_and_orders_against_python(self, numbers):
        s = written(numbers)
        assert value(f"sum({s})") == math.fsum(numbers)
        assert value(f"min({s})") == value(f"fold min {s}") == min(numbers)
        assert value(f"max({s})") == value(f"fold max {s}") == max(numbers)
        assert value(f"sort({s})") == sorted(numbers)
        assert value(f"length({s})") == len(numbers)

    def test_special_numbers(self):
        inf, nan = "(1 / 0)", "(0 / 0)"
        assert value(f"max([{nan}, 1, {nan}, 3])") == 3
        assert value(f"min([{nan}, 1, {nan}, 3])") == 1
        assert math.isnan(value(f"max([{nan}])"))
        in_order = value(f"sort([{inf}, {nan}, 1, -{inf}, {nan}])")
        assert in_order[:3] == [-math.inf, 1, math.inf]
        assert all(map(math.isnan, in_order[3:]))
        assert math.isnan(value(f"sum([{inf}, 1, -{inf}])"))
        assert value(f"sum([1e308, 1e308, {inf}])") == math.inf
        assert value("sum([1e308, 1e308, -1e308])") == 1e308
        assert value("sum([-1e308, -1e308, -1e308])") == -math.inf
        assert value("sum([1e16, 1, -1e16])") == 1
        assert value("stdev([1e200, -1e200])") == math.inf
        for one in ("0 / 0", "1 / 0"):
            assert math.isnan(value(f"stdev([{one}])"))
            assert math.isnan(value(f"stdev([1, {one}])"))

    def test_of_none(self):
        assert value("sum([])") == value("length([])") == 0
        assert value("sort([])") == []
        for name in ("min", "max"):
            found = problem(f'print "" {name}([])')
            assert found.message == f"`{name}` of an empty sequence has no value"

    def test_strings_are_sorted_by_their_characters(self):
        assert value('sort(["b", "a", "B", "", "é"])') == ["", "B", "a", "b", "é"]

    def test_a_length_is_known_before_the_program_runs(self):
        assert value('length([1, "a", [true]])') == 3
        assert value("for i in range(length([5, 6])) do i") == [0, 1]
        assert value("length(filter n in range(9) do n > 4)") == 4
        assert values('let pair(x) = [x, x] print "" map(length, [pair(1), [3]])') == [[2, 1]]
