"""Programs that are reduced in stages: what depends on image data, and loops longer than a window.

What they give is held to Python's own loops.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.engine.events import Finished
from voxlogica.language import windows
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

VALUES = np.array([[0, 1, 2], [3, 4, 5]], np.float32)


@pytest.fixture
def images(tmp_path: Path) -> str:
    """Declarations of `v`, an image of 0 to 5, and of `w`, one of 1 to 6."""
    text = ""
    for name, array in (("m", VALUES), ("n", VALUES + 1)):
        path = tmp_path / f"{name}.nii"
        sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
        text += f'load {name} = "{path}"\n'
    return f"{text}let v = intensity(m)\nlet w = intensity(n)\n"


def values(text: str, **options) -> list:
    """What a correct program prints, in order."""
    options.setdefault("cache", False)
    report = running.run(Source("program.imgql", text), dialect=2, **options)
    return [printed.value for printed in report.prints]


def problem(text: str):
    """The one message about a wrong program, and what was computed before it came."""
    computed = []

    def observe(event) -> None:
        if isinstance(event, Finished):
            computed.append(event.work.name)

    with pytest.raises(VoxLogicaError) as raised:
        running.run(Source("program.imgql", text), dialect=2, cache=False, observe=observe)
    (only,) = raised.value.diagnostics
    return only, computed


class TestWhatDependsOnImages:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("range(max(v))", [0, 1, 2, 3, 4]),
            ("for i in range(max(v) - 2) do volume(v > i)", [5, 4, 3]),
            ("for i in range(volume(v > 3)) do for j in range(i, max(v)) do j * i",
             [[0, 0, 0, 0, 0], [1, 2, 3, 4]]),
            ("fold + range(max(v))", 10),
            ("fold max (for i in range(1, max(v)) do volume(v < i))", 4),
            ("filter i in range(6) do volume(v > i) > 2", [0, 1, 2]),
            ("for i in (filter i in range(6) do volume(v > i) > 2) do i + 1", [1, 2, 3]),
            ("for r in [v > 1, v > 3][argmax([max(v), max(w)]):] do volume(r)", [2]),
            ("volume([v > 1, v > 3][max(w) - 6])", 4),
            ("volume([v > 1, v > 3][argmax([min(v), min(w)])])", 2),
            ("range(10)[min(w) : max(v)]", [1, 2, 3, 4]),
            ("subsequence([5, 6, 7, 8], min(w), max(v))", [6, 7, 8]),
            ("range(max(v)) + range(5)", [0, 2, 4, 6, 8]),
            ("range(max(v)) * 2", [0, 2, 4, 6, 8]),
            ("[range(max(v)), [7]]", [[0, 1, 2, 3, 4], [7]]),
            ("map(floor, range(min(w)))", [0]),
            ("for i in range(min(v)) do i + 1", []),
            ("fold + range(min(v))", 0),
            ("volume(fold || (for i in range(1, max(v)) do v == i))", 4),
            ("for s in (filter s in [[1], [2, 3]] do volume(v > (fold + s)) > 0) do fold + s",
             [1]),
            ("for i in range(max(v) - 3) do range(max(v + i))",
             [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 5]]),
        ],
    )  # fmt: skip
    def test_it_is_as_if_it_had_been_written(self, images, expression, expected):
        text = f'{images}print "" {expression}'
        assert values(text) == [expected]
        assert values(text, rewrites=False) == [expected]
        assert running.check(Source("p", text), dialect=2) == ()

    def test_saved_sequences(self, images, tmp_path):
        text = f'{images}save "{tmp_path}/a/r.nii" for i in range(max(v) - 2) do v > i'
        report = running.run(Source("p", text), dialect=2, cache=False)
        assert [Path(layer.path).name for layer in report.layers] == [
            "r_000.nii", "r_001.nii", "r_002.nii",
        ]  # fmt: skip
        for i in range(3):
            back = sitk.GetArrayFromImage(sitk.ReadImage(f"{tmp_path}/a/r_{i:03}.nii"))
            assert back.tolist() == (i < VALUES).tolist()

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("for i in range(max(v)) do volume(i)",
             "`volume` expects valuation(bool) as region, found a number"),
            ("for i in range(max(v)) do i(1)", "`i` is a number, not a function"),
            ("filter i in range(max(v)) do i",
             "`filter` keeps those for which a bool is true, found a number"),
            ("fold && range(max(v))", None),
            ("max(v)[0]", "an index is into a sequence, found a number"),
            ("for i in range(volume(v > 2)) do missing(i)", "unknown function `missing`"),
            ("[1, v][max(v) - 5]",
             "an index that only running the program tells is into a sequence of one type"),
            ("(for i in range(max(v)) do v > i)[0]",
             "`print` shows numbers, bools and strings; this is an image, valuation(bool)"),
        ],
    )  # fmt: skip
    def test_the_whole_program_is_checked_before_anything_runs(self, images, text, message):
        found, computed = problem(f'{images}print "" {text}')
        assert message is None or found.message == message
        assert computed == []
        (checked,) = running.check(Source("program.imgql", f'{images}print "" {text}'), dialect=2)
        assert (checked.message, checked.hint) == (found.message, found.hint)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("range(avg(v, v > 3))", "`range` takes stop as a whole number, found 4.5"),
            ("volume([v > 1, v > 3][max(v)])",
             "index 5 is out of range: the sequence has 2 elements"),
            ("fold max range(min(v))", "`fold max` of an empty sequence has no value"),
            ("range(max(v)) + [1, 2]",
             "`+` joins sequences element by element: one has 5 elements, the other 2"),
        ],
    )  # fmt: skip
    def test_what_only_values_tell_is_an_error_at_its_place(self, images, tmp_path, text, message):
        program = f'{images}save "{tmp_path}/out.nii" v\nlet a =\n\n  {text}\nprint "" a'
        found, _ = problem(program)
        assert found.message == message
        assert found.span.source.line_and_column(found.span.start)[0] == 8
        assert not (tmp_path / "out.nii").exists()

    def test_what_stages_share_is_computed_once(self, images):
        text = f"""{images}
        let r = percentiles(v, v >= 0, 0)
        let s = for i in range(max(v)) do for j in range(volume(r > i / 10)) do max(r) + j
        print "" s
        print "" volume(r > 0.5)"""
        computed = []

        def observe(event) -> None:
            if isinstance(event, Finished) and event.outcome == "computed":
                computed.append(event.work.name)

        values(text, observe=observe, rewrites=False)
        assert computed.count("percentiles") == 1
        assert computed.count("load") == 1

    def test_a_second_run_computes_nothing(self, images, tmp_path):
        text = f'{images}print "" for i in range(max(v)) do volume(v > i)'
        first = values(text, cache=tmp_path / "store")
        report = running.run(Source("p", text), dialect=2, cache=tmp_path / "store")
        assert [p.value for p in report.prints] == first
        assert report.stats.computed <= 7  # the literals
        assert "load" not in report.stats.by_operator

    def test_cancelling(self, images):
        from concurrent.futures import CancelledError, Future

        cancellation: Future[None] = Future()

        def observe(event) -> None:
            if isinstance(event, Finished) and not cancellation.done():
                cancellation.set_result(None)

        with pytest.raises(CancelledError):
            values(
                f'{images}print "" for i in range(max(v)) do volume(v > i)',
                cancellation=cancellation,
                observe=observe,
            )


class TestWindows:
    """Loops whose operations are more than a window has room for."""

    @pytest.fixture(params=[3, 10, 47, 400])
    def window(self, request, monkeypatch):
        monkeypatch.setattr(windows, "WINDOW", request.param)
        return request.param

    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ("for i in range(40) do volume(v > i / 10)",
             [int((i / 10 < VALUES).sum()) for i in range(40)]),
            ("fold + (for i in range(40) do volume(v > i / 10))",
             sum(int((i / 10 < VALUES).sum()) for i in range(40))),
            ("fold - 3 (for i in range(9) do max(v * i) / 7)",
             3 - sum(i * 5 / 7 for i in range(9))),
            ("for i in range(6) do for j in range(6) do volume((v > i) && (v < j))",
             [[int(((i < VALUES) & (j > VALUES)).sum()) for j in range(6)] for i in range(6)]),
            ("filter i in range(30) do volume(v > i / 7) > 2",
             [i for i in range(30) if (i / 7 < VALUES).sum() > 2]),
            ("let s = for i in range(30) do avg(v, v > i / 7) in s[argmax(s)]", 5),
            ("let s = for i in range(9) do volume(v > i) in [fold + s, mean(s) * 9, fold max s]",
             [15, 15, 5]),
            ("let s = for i in range(9) do volume(v > i) in for x in s do fold + (s * x)",
             [15 * int((i < VALUES).sum()) for i in range(9)]),
            ("fold + (for i in range(9) do [volume(v > i), i])", [15, 36]),
            ('for i in range(9) do [volume(v > i), max(v) > i, "a"]',
             [[int((i < VALUES).sum()), i < 5, "a"] for i in range(9)]),
            ("volume(fold || (for i in range(9) do v == i))", 6),
            ("let s = for i in range(9) do v > i in "
             "[volume(s[2]), fold + (for r in s do volume(r)), volume(s[2])]", [3, 15, 3]),
            ("for i in range(5) do fold + (for j in range(volume(v > i)) do max(v) * j)",
             [sum(5 * j for j in range(int((i < VALUES).sum()))) for i in range(5)]),
            ("let t = for i in range(4) do for j in range(3) do volume(v > i + j) in "
             "[for row in t do fold + row, for row in t do row[0], t[1]]",
             [[int(sum((i + j < VALUES).sum() for j in range(3))) for i in range(4)],
              [int((i < VALUES).sum()) for i in range(4)],
              [int((1 + j < VALUES).sum()) for j in range(3)]]),
            ("for x in (for i in range(9) do volume(v > i)) do x + 1",
             [int((i < VALUES).sum()) + 1 for i in range(9)]),
        ],
    )  # fmt: skip
    def test_the_results_are_the_same(self, images, window, expression, expected):
        text = f'{images}print "a" {expression}\nprint "b" {expression}'
        print_twice = values(text)
        assert print_twice == [expected, expected] or print_twice == [
            pytest.approx(expected), pytest.approx(expected),
        ]  # fmt: skip
        assert running.check(Source("p", text), dialect=2) == ()

    def test_saved_images(self, images, window, tmp_path):
        text = f"""{images}
        let s = for i in range(12) do v > i
        save "{tmp_path}/a/r.nii" s
        print "sum" fold + (for r in s do volume(r))
        save "{tmp_path}/a/t.nii" for i in range(3) do for j in range(i + 1) do v > i + j
        save "{tmp_path}/a/r_003.nii" v"""
        report = running.run(Source("p", text), dialect=2, cache=False)
        assert [p.value for p in report.prints] == [15]
        names = [Path(layer.path).name for layer in report.layers]
        assert names == [
            *(f"r_{i:03}.nii" for i in range(12) if i != 3),
            *(f"t_{i:03}_{j:03}.nii" for i in range(3) for j in range(i + 1)),
            "r_003.nii",
        ]
        assert sorted(p.name for p in (tmp_path / "a").iterdir()) == sorted(names)
        for i in range(12):
            back = sitk.GetArrayFromImage(sitk.ReadImage(f"{tmp_path}/a/r_{i:03}.nii"))
            expected = VALUES if i == 3 else (i < VALUES)
            assert back.tolist() == expected.tolist()

    def test_images_that_operations_write(self, images, window, tmp_path):
        text = f"""import "simpleitk" import "strings" {images}
        let name(i) = concat("{tmp_path}/a/", format_string("{{:.0f}}", i), ".nii")
        print "" fold + (for p in (for i in range(8) do WriteImage(v > i, name(i))) do
          volume(v >= 0 * MinimumMaximum(v)[1]))
        print "" for i in range(8) do WriteImage(v > i, name(i))
        print "" for x in Statistics(v)[:2] do x + 1
        print "" for i in range(12) do max(Median(v, 1)) + MinimumMaximum(v + i)[1]"""
        total, names, most, medians = values(text)
        assert total == 48
        assert names == [f"{tmp_path}/a/{i}.nii" for i in range(8)]
        assert most == [1, 6]
        assert [m - medians[0] for m in medians] == list(range(12))
        assert len(list((tmp_path / "a").iterdir())) == 8
        for i in range(8):
            back = sitk.GetArrayFromImage(sitk.ReadImage(f"{tmp_path}/a/{i}.nii"))
            assert back.tolist() == (i < VALUES).tolist()

    def test_nothing_is_written_when_a_later_round_fails(self, images, window, tmp_path):
        text = f"""{images}
        save "{tmp_path}/a/r.nii" for i in range(30) do v > [v, w][0 * volume(v > i)] + i
        print "sum" mean(for i in range(30) do [5, 6][volume(v > i) / 5])"""
        found, _ = problem(text)
        assert found.message.startswith("an index is a whole number, found")
        assert not (tmp_path / "a").exists()

    def test_what_was_before_the_loop_is_computed_once(self, images, window):
        text = f"""{images}
        let r = percentiles(v, v >= 0, 0)
        let k = max(r) + volume(near(v > 4))
        print "" fold + (for i in range(50) do volume(r > i / 50) + k * i)"""
        computed = []

        def observe(event) -> None:
            if isinstance(event, Finished) and event.outcome == "computed":
                computed.append(event.work.name)

        (found,) = values(text, observe=observe, rewrites=False)
        ranks = np.argsort(np.argsort(VALUES, axis=None)) / 6
        k = ranks.max() + 4
        expected = sum((ranks > i / 50).sum() + k * i for i in range(50))
        assert found == pytest.approx(expected, rel=1e-6)
        for once in ("percentiles", "load", "near"):
            assert computed.count(once) == 1, once


SWEEP = """load m = "{image}"
v = intensity(m)
truth = v > 7
dice(a, b) = 2 * volume(a & b) / (volume(a) + volume(b))
step(x, k) = (x * 1.5 + k / 100) - (x / 3 * (x + 1)) / (k + x + 2)
score(w, c, p) =
  let r = near((w > p / 10) & (w < 15 - p / 20)) in
  let e = step(step(step(dice(r, truth), p), c), p + c) in e / (1 + e * e)
table = for c in range({cases}) do
  let w = v + c / {cases} * 3 in for p in range({parameters}) do score(w, c, p)
print "best" argmax(map(mean, table))
print "sum" fold + (for row in table do fold + row)
print "top" fold max (for row in table do fold max row)
"""


def sweep(cases: int, parameters: int) -> tuple[float, float, float]:
    """What it prints, by loops of numpy's and scipy's."""
    from scipy.ndimage import binary_dilation

    f32 = np.float32
    v = np.arange(16, dtype=f32).reshape(4, 4)
    truth = v > 7
    table = []
    for c in range(cases):
        w = v + f32(c / cases * 3)
        row = []
        for p in range(parameters):
            r = binary_dilation((w > f32(p / 10)) & (w < f32(15 - p / 20)), np.ones((3, 3)))
            e = 2 * (r & truth).sum() / (r.sum() + truth.sum())
            for k in (p, c, p + c):
                e = (e * 1.5 + k / 100) - (e / 3 * (e + 1)) / (k + e + 2)
            row.append(e / (1 + e * e))
        table.append(row)
    means = [sum(row) / len(row) for row in table]
    return float(np.argmax(means)), float(np.sum(table)), float(np.max(table))


class TestLargePrograms:
    @pytest.fixture
    def image(self, tmp_path) -> Path:
        path = tmp_path / "v.nii"
        array = np.arange(16, dtype=np.float32).reshape(4, 4)
        sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
        return path

    def test_memory_is_bounded_by_a_window(self, image, monkeypatch):
        """Four times the cases take little more memory; without windows, four times as much."""
        import tracemalloc

        def peak(cases: int, window: int) -> int:
            monkeypatch.setattr(windows, "WINDOW", window)
            text = SWEEP.format(image=image, cases=cases, parameters=5)
            tracemalloc.start()
            try:
                found = values(text, jobs=1)
                _, most = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()
            assert found == [pytest.approx(expected) for expected in sweep(cases, 5)]
            return most

        peak(1, 100)  # what is loaded and made once
        base = peak(2, 100)
        most = peak(8, 100)
        assert most < 1.8 * base
        assert peak(8, 10**9) > 2 * most

    @pytest.mark.slow
    def test_four_million_steps(self, image, tmp_path):
        """1,000 cases, 100 parameters, 40 operations, within 600 MB, the interpreter among them."""
        import json
        import subprocess
        import sys

        program = tmp_path / "sweep.imgql"
        program.write_text(SWEEP.format(image=image, cases=1_000, parameters=100))
        command = [sys.executable, "-m", "voxlogica", "run", str(program), "--dialect", "2"]
        done = subprocess.run(
            [*command, "--no-cache", "-q", "--json", "-"], capture_output=True, check=True
        )
        report = json.loads(done.stdout)
        found = [printed["value"] for printed in report["print"]]
        assert found == [pytest.approx(expected) for expected in sweep(1_000, 100)]
        assert report["stats"]["computed"] > 3_000_000
        assert report["stats"]["peak_memory"] < 600e6


class TestSequencesOfSeveralTypes:
    @pytest.mark.parametrize(
        ("expression", "expected"),
        [
            ('["a", 1, true]', ["a", 1, True]),
            ('[["a", 1], ["b", 2]]', [["a", 1], ["b", 2]]),
            ('for row in [["a", v, 2], ["b", w, 3]] do [row[0], max(row[1]) * row[2]]',
             [["a", 10], ["b", 18]]),
            ('[1, "a", true][1:]', ["a", True]),
            ('filter row in [["a", v], ["b", w]] do max(row[1]) > 5', None),
            ('for row in (filter row in [["a", v], ["b", w]] do max(row[1]) > 5) do row[0]',
             ["b"]),
            ("for x in [1, v] do x * 2", None),
            ("max((for x in [1, v] do x * 2)[1])", 10),
        ],
    )  # fmt: skip
    def test_each_element_keeps_its_type(self, images, expression, expected):
        text = f'{images}print "" {expression}'
        if expected is None:
            found, _ = problem(text)
            assert found.message == (
                "`print` shows numbers, bools and strings; this is a sequence(value)"
                if expression.startswith("for") else
                "`print` shows numbers, bools and strings; this is a sequence(sequence(value))"
            )  # fmt: skip
        else:
            assert values(text) == [expected]

    def test_images_of_several_types_can_be_saved(self, images, tmp_path):
        running.run(
            Source("p", f'{images}save "{tmp_path}/x.nii" [v, v > 1]'), dialect=2, cache=False
        )
        assert (tmp_path / "x_001.nii").exists()
        found, _ = problem(f'{images}save "{tmp_path}/x.nii" [v, 1]')
        assert found.message == ".nii files hold images; in this sequence is a number"


class TestPlanningGoesOnFromWhereAStageWasWanted:
    def test_after_many_commands(self, images):
        """What comes before is planned once, what comes after with what the stage told."""
        lines = [f"let a{i} = {'a' + str(i - 1) if i else '0'} + 1" for i in range(230)]
        lines += ["let n = fold + range(max(v))", 'print "n" n + a229', "let a229 = 7"]
        lines += [f"let b{i} = {'b' + str(i - 1) if i else 'n'} + 1" for i in range(120)]
        text = images + "\n".join([*lines, 'print "b" b119 + a229', 'print "again" b119 + a229'])
        assert values(text) == [240, 137, 137]

    def test_of_several_programs(self, images):
        sources = [
            Source(f"{number}.imgql", images + text)
            for number, text in enumerate(
                [
                    'let k = 1 print "first" k + max(w)',
                    'let k = 2 print "second" for i in range(max(v) - 3) do i + k',
                    'let k = 3 print "third" k + max(v)',
                    'print "fourth" fold + range(max(w))',
                ]
            )
        ]
        report = running.run(sources, dialect=2, cache=False)
        assert [p.value for p in report.prints] == [7, [2, 3], 8, 15]
        assert [p.name for p in report.prints] == ["first", "second", "third", "fourth"]
