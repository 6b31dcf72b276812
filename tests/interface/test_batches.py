"""Many cases from Python: what the command line does with `--cases`, with arrays and DataFrames."""

from __future__ import annotations

import csv
import gc
import pickle
import subprocess
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk  # noqa: N813

import voxlogica as vox

PROGRAM = """param high = 0.5 from 0 to 1
load flair = "data/$CASE.nii.gz"
let bright = intensity(flair) >. high
print "volume" volume(bright)
print "where" "$CASE"
assert "large" volume(bright) .>. 100
save "out/$CASE.nii.gz" bright
"""
NUMBERS = 'param a = 1\nparam b: number\nprint "sum" a + b\nassert "small" (a + b) .<. 10\n'


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """A working folder with a program, and an image of 10×9×8 voxels for each of five cases."""
    monkeypatch.chdir(tmp_path)
    Path("score.imgql").write_text(PROGRAM)
    Path("sum.imgql").write_text(NUMBERS)
    Path("data").mkdir()
    for number in range(5):
        image = sitk.GetImageFromArray(array_of(number))
        image.SetSpacing((1, 1, 3))
        sitk.WriteImage(image, f"data/p{number}.nii.gz")
    return tmp_path


def array_of(number: int) -> np.ndarray:
    return np.random.default_rng(number).random((8, 9, 10), np.float32)


def scan(number: int) -> vox.Image:
    return vox.image(array_of(number), spacing=(1, 1, 3))


def command_line(*arguments: str) -> None:
    """`voxlogica run`, in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "voxlogica", "run", *arguments, "--no-cache"])
    assert done.returncode in (0, 1, 3)


def saved(folder: str = "out") -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def threads_of_cases() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("case-")]


def message_of(error: BaseException | None) -> str:
    assert isinstance(error, vox.Error)
    return error.message


# Where cases come from


def table(path: str) -> pd.DataFrame:
    """What the command line wrote: empty cells are missing."""
    return pd.read_csv(path, keep_default_na=False, na_values=[""])


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """That two tables have the same columns and values, missing ones alike."""
    assert list(found.columns) == list(expected.columns)
    for name in found.columns:
        ours = [None if pd.isna(value) else value for value in found[name]]
        theirs = [None if pd.isna(value) else value for value in expected[name]]
        assert ours == theirs, name


@pytest.mark.parametrize("source", ["data/{CASE}.nii.gz", "cases.csv"])
def test_a_pattern_and_a_table_give_what_the_command_line_gives(source):
    Path("cases.csv").write_text("CASE,high,site\np3,0.9,Pisa\np0,,Siena\np1,0.25,Pisa\np9,,\n")
    command_line("score.imgql", "--cases", source, "--csv", "scores.csv")
    expected = saved()
    for name in expected:
        Path("out", name).unlink()
    results = vox.cases("score.imgql", source, cache=False)
    same(results.to_pandas(), table("scores.csv"))
    assert saved() == expected


def test_a_list_of_mappings_gives_what_the_same_table_gives():
    rows = [{"CASE": "p3", "high": 0.9}, {"CASE": "p0"}, {"CASE": "p1", "high": 0.25}]
    Path("cases.csv").write_text("CASE,high\np3,0.9\np0,\np1,0.25\n")
    command_line("score.imgql", "--cases", "cases.csv", "--csv", "scores.csv")
    expected = saved()
    found = vox.cases("score.imgql", rows, cache=False).to_pandas()
    assert found["volume"].tolist() == table("scores.csv")["volume"].tolist()
    assert saved() == expected


def test_arrays_give_what_files_of_the_same_content_give():
    cases = [{"CASE": f"p{number}", "flair": scan(number), "high": 0.75} for number in range(5)]
    ours = [dict(one) for one in vox.cases("score.imgql", cases, cache=False)]
    images = saved()
    by_files = vox.cases("score.imgql", "data/{CASE}.nii.gz", high=0.75, cache=False)
    assert ours == [dict(one) for one in by_files]
    assert images == saved()
    assert len(images) == 5


def test_a_row_of_a_frame_is_a_case_and_what_is_missing_sets_nothing():
    frame = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "day": [date(2026, 1, 1)] * 3})
    frame["a"] = frame["a"].astype("Int64")
    frame.loc[1, "a"] = pd.NA
    results = vox.cases("sum.imgql", frame)
    assert [one["sum"] for one in results] == [1.5, 2.5, 5.5]
    assert results.notes == (
        "the column `day` sets nothing in the programs: carried into the table",
    )
    found = results.to_pandas()
    assert found["day"].tolist() == ["2026-01-01"] * 3
    assert found["case"].tolist() == ["0.5", "1.5", "2.5"]


@pytest.mark.parametrize(
    ("index", "names"),
    [
        (pd.Index(["x", "y"]), ["x", "y"]),
        (pd.Index(["x", "y"], name="patient"), ["x", "y"]),
        (pd.Index([7, 9], name="case"), ["7", "9"]),
        # What is left of counting tells nothing.
        (pd.Index([7, 9]), ["1", "2"]),
    ],
)
def test_an_index_that_has_a_name_or_texts_names_the_cases(index, names):
    frame = pd.DataFrame({"b": [1.0, 1.0]}, index=index)
    assert [one.name for one in vox.cases("sum.imgql", frame)] == names


def test_cases_without_a_name_are_numbered():
    assert [one.name for one in vox.cases("sum.imgql", [{"b": 1}, {"b": 1}])] == ["1", "2"]
    assert [one.name for one in vox.cases("sum.imgql", iter([{"b": 5}, {"b": 4}]))] == ["1", "2"]


def test_paths_stand_for_loads_and_are_in_the_table():
    cases = [{"CASE": n, "flair": Path(f"data/p{n}.nii.gz")} for n in range(2)]
    found = vox.cases("score.imgql", cases).to_pandas()
    assert found["flair"].tolist() == ["data/p0.nii.gz", "data/p1.nii.gz"]
    assert found["error"].isna().all()


def test_a_case_that_is_called_a_number_has_one_column_of_it():
    cases = [{"case": number, "a": 1, "b": 2} for number in (3, 0.5)]
    made = vox.cases("sum.imgql", cases).to_pandas()
    assert [*made.columns[:3]] == ["case", "a", "b"]
    assert [*made["case"]] == ["3", "0.5"]


def test_what_is_given_by_keyword_holds_in_all_cases():
    text = 'param high = 1\nprint "n" volume((atlas >. high) & intensity(flair) >. 0.5)'
    cases = [{"flair": scan(number)} for number in range(3)]
    results = vox.cases(text=text, cases=cases, atlas=scan(9), high=0.5)
    inside = scan(9).array > 0.5
    expected = [np.count_nonzero(inside & (array_of(n) > 0.5)) for n in range(3)]
    assert [one["n"] for one in results] == expected


def test_images_that_were_read_stay_in_their_files_until_a_case_needs_them():
    images = [vox.read(f"data/p{number}.nii.gz") for number in range(5)]
    cases = [{"CASE": number, "flair": image} for number, image in enumerate(images)]
    assert all(one.error is None for one in vox.cases("score.imgql", cases))
    assert [image._formula.value for image in images] == [None] * 5


def test_there_may_be_no_cases():
    assert list(vox.cases("sum.imgql", [])) == []
    found = vox.cases("sum.imgql", iter([])).to_pandas()
    assert (list(found.columns), len(found)) == (["case", "empty", "error"], 0)


# Iterators


def test_an_iterator_is_asked_for_cases_as_they_are_wanted_and_lets_go_of_their_arrays():
    made: list[weakref.ref[np.ndarray]] = []
    alive: list[int] = []

    def cases():
        for number in range(40):
            array = array_of(number)
            made.append(weakref.ref(array))
            yield {"CASE": number, "flair": array}
            del array

    # With one thread, as of several one may be at a case long after others have done the next.
    with vox.cases("score.imgql", cases(), jobs=1, cache=False) as results:
        assert not made
        for _ in results:
            alive.append(sum(ref() is not None for ref in made))
            assert len(made) <= len(alive) + 4
    assert len(made) == 40
    assert max(alive) <= 1


def test_an_array_of_a_list_that_is_changed_before_its_case_is_due_fails_it():
    arrays = [np.full((3, 4), number, np.float32) for number in (1, 2)]
    found = vox.cases(text='print "m" max(k)', cases=[{"k": array} for array in arrays])
    arrays[1][:] = 7
    with pytest.warns(vox.DoubtWarning):
        first, second = found
    assert first["m"] == 1
    assert second.error is not None
    assert second.error.message == "`k` was changed after it was given, before its case was due"


def test_an_array_that_is_changed_for_the_next_case_is_that_of_its_case():
    buffer = np.zeros((8, 9, 10), np.float32)

    def cases():
        for number in range(20):
            buffer[:] = number
            yield {"flair": buffer}

    text = 'print "most" max(intensity(flair))'
    assert [one["most"] for one in vox.cases(text=text, cases=cases())] == [*range(20)]


def test_an_iterator_is_gone_through_in_the_thread_that_asks():
    seen = set()

    def cases():
        for number in range(5):
            seen.add(threading.current_thread())
            yield {"b": number}

    assert len(list(vox.cases("sum.imgql", cases()))) == 5
    assert seen == {threading.current_thread()}


def test_what_an_iterator_raises_ends_the_batch():
    def cases():
        yield {"b": 1}
        raise OSError("the disk is gone")

    results = vox.cases("sum.imgql", cases())
    with pytest.raises(OSError, match="the disk is gone"):
        list(results)
    assert threads_of_cases() == []
    assert list(results) == []


def test_of_an_iterator_each_case_is_checked_by_itself():
    cases = [
        {"case": "one", "b": 1},
        {"case": "wrong", "b": "many"},
        {"case": "none"},
        {"case": "nan", "b": float("nan")},
        {"case": "one", "b": 2},
        {"case": "two", "b": 2, "site": "Pisa"},
    ]
    results = vox.cases("sum.imgql", iter(cases))
    told = dict(enumerate(results))
    assert [dict(told[number]) for number in (0, 5)] == [{"sum": 2}, {"sum": 3}]
    assert [message_of(told[number].error) for number in range(1, 5)] == [
        "case 2: `b` cannot be set to `many`: it takes a number",
        "`b` has no value: it is a parameter without a default, and no column of the cases sets it",
        "case 4: `b` cannot be set: it is nan, which is no number",
        "case 5: a case before it is called `one`, too",
    ]
    assert results.failed == ("wrong", "none", "nan", "one")
    assert told[5].case == {"case": "two", "b": 2, "site": "Pisa"}


def test_of_two_cases_of_an_iterator_that_save_one_file_the_first_does():
    text = 'save "out.nii.gz" intensity(flair) >. 0.5'
    cases = ({"flair": array_of(number)} for number in range(3))
    errors = [one.error for one in vox.cases(text=text, cases=cases)]
    assert errors[0] is None
    assert 'saved by "1", which comes before it' in message_of(errors[1])


# What is wrong


def test_of_a_list_all_is_checked_before_anything_runs():
    cases = [{"CASE": f"p{n}", "high": n} for n in range(5)]
    with pytest.raises(vox.Error) as caught:
        vox.cases("score.imgql", cases)
    assert caught.value.message == (
        "case 3: `high` cannot be set to `2`: it takes a number from 0 to 1; also case 4, case 5"
    )
    assert not Path("out").exists()


def test_what_is_wrong_with_the_program_for_all_cases_is_told_at_once():
    with pytest.raises(vox.Error) as caught:
        vox.cases(text='print "n" volume(intensity(flair))', cases=[{"flair": scan(1)}] * 3)
    assert caught.value.line == 1
    assert [note.message for note in caught.value.notes][-1] == (
        "so for 3 cases, of which none was carried out"
    )


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        (None, r"no cases are given: `cases\(program, \[\{…\}, \{…\}\]\)`"),
        (
            {"b": 1},
            r"`cases` is a list of mappings, each a case, not a dict: one case is `\[case\]`",
        ),
        (7, "`cases` is a list of mappings, each a case, not 7"),
        (np.zeros((2, 2)), "`cases` is a list of mappings, each a case, not a numpy.ndarray"),
        ([1], "case 1 is 1: a case is a mapping of names to values"),
        ([{1: 1}], "case 1: the name of a value is a text, not 1"),
    ],
)
def test_what_is_no_case_is_told(cases, told):
    with pytest.raises(TypeError, match=told):
        vox.cases("sum.imgql", cases)


def test_of_a_list_no_two_cases_have_one_name_and_none_saves_what_another_saves():
    with pytest.raises(vox.Error, match='several cases are called "x", case 1, case 3'):
        vox.cases("sum.imgql", [{"case": name, "b": 1} for name in "xyx"])
    with pytest.raises(vox.Error, match="would be saved by two cases"):
        vox.cases(text='save "a.nii" intensity(flair)', cases=[{"flair": scan(1)}] * 2)


def test_cases_of_a_text_are_given_by_keyword():
    with pytest.raises(TypeError, match=r"no cases are given: `cases\(text=…, cases=\["):
        vox.cases([{"b": 1}], text='print "b" 1')


def test_a_case_that_fails_stops_no_other():
    cases = [{"CASE": "p0"}, {"CASE": "p7"}, {"CASE": "p1"}]
    results = vox.cases("score.imgql", cases)
    good, bad, other = results
    assert (good.error, other.error) == (None, None)
    assert message_of(bad.error).startswith('"data/p7.nii.gz" does not exist')
    assert (bad.error.line, bad.error.place) == (2, "score.imgql:2:14")
    assert not bad
    with pytest.raises(KeyError, match="the case p7 failed, and prints nothing: see its `error`"):
        bad["volume"]
    assert results.failed == ("p7",)


def test_warnings_are_in_the_results_and_told_together_at_the_end():
    text = 'import "metrics"\nprint "dice" dice(flair, flair)'
    cases = [{"case": f"c{n}", "flair": np.full((4, 5), n + 2, np.uint8)} for n in range(3)]
    results = vox.cases(text=text, cases=cases)
    with pytest.warns(vox.DoubtWarning) as told:
        found = list(results)
    assert all(one.warnings for one in found)
    assert len(told) == 2
    assert all("in all 3 cases" in str(one.message) for one in told)


# Results


def test_a_result_is_a_mapping_of_prints_with_what_else_came_of_the_case():
    (one,) = vox.cases("score.imgql", [{"CASE": "p2", "high": 0.75}])
    assert dict(one) == {"volume": one["volume"], "where": "p2"}
    assert (one.name, one.case) == ("p2", {"CASE": "p2", "high": 0.75})
    assert [(checked.label, checked.value) for checked in one.asserts] == [("large", True)]
    assert np.array_equal(one.images["p2"].array, array_of(2) > 0.75)
    assert one.images["p2"].spacing == (1, 1, 3)
    assert one.seconds > 0
    assert repr(one) == f"<CaseResult p2: volume={one['volume']}; where='p2'; files: p2.nii.gz>"
    with pytest.raises(KeyError, match="there is no print `volum`: did you mean `volume`"):
        one["volum"]


def test_tables_that_a_case_saves_are_found_by_name():
    text = 'save "out/$CASE.csv" [["n"], [1]]\nsave "out/$CASE.txt" "$CASE"'
    (one,) = vox.cases(text=text, cases=[{"CASE": "a"}])
    assert one.error is None
    assert not one.images
    assert one.tables["a.txt"] == Path("out/a.txt").absolute()


def test_results_go_to_other_processes():
    results = [*vox.cases("score.imgql", [{"CASE": "p2"}, {"CASE": "p9"}])]
    good, bad = pickle.loads(pickle.dumps(results))
    assert (dict(good), good.case) == (dict(results[0]), results[0].case)
    assert good.images["p2"].size == (10, 9, 8)
    assert str(bad.error) == str(results[1].error)
    with pytest.raises(TypeError, match="a batch stays in its process"):
        pickle.dumps(vox.cases("score.imgql", [{"CASE": "p2"}]))


def test_a_false_assertion_is_no_error():
    cases = [{"b": 1}, {"b": 100}]
    results = vox.cases("sum.imgql", cases)
    assert [one.asserts[0].value for one in results] == [True, False]
    assert results.failed == ()
    assert results.to_pandas()["small"].dtype == bool


def test_results_come_in_the_order_of_the_cases_and_a_table_has_all_of_them():
    cases = [{"case": f"c{n}", "b": n} for n in range(200)]
    results = vox.cases("sum.imgql", cases, jobs=4)
    first = next(results)
    assert (first.name, first["sum"]) == ("c0", 1)
    found = results.to_pandas()
    assert found["case"].tolist() == [f"c{n}" for n in range(200)]
    assert found["sum"].tolist() == [n + 1 for n in range(200)]
    same(results.to_pandas(), found)


def test_columns_have_the_type_of_what_is_in_them():
    cases = [{"case": "a", "b": 1, "site": "Pisa"}, {"case": "b", "b": "x"}, {"case": "c", "b": 2}]
    found = vox.cases("sum.imgql", iter(cases)).to_pandas()
    assert found["sum"].dtype == np.float64
    assert found["small"].dtype == "boolean"
    assert found["sum"].isna().tolist() == [False, True, False]
    assert found["site"].iloc[0] == "Pisa"
    found.to_csv("scores.csv", index=False)
    with Path("scores.csv").open() as lines:
        assert [row["sum"] for row in csv.DictReader(lines)] == ["2.0", "", "3.0"]


def test_without_pandas_a_table_says_what_to_install():
    script = (
        "import sys; sys.modules['pandas'] = None\n"
        "import voxlogica as vox\n"
        "results = vox.cases(text='param b: number print \"b\" b', cases=[{'b': 1}])\n"
        "print([dict(one) for one in results])\n"
        "try: results.to_pandas()\n"
        "except ImportError as missing: print(missing)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == (
        "[{'b': 1.0}]\n`to_pandas` needs pandas, which is not installed: `pip install pandas`\n"
    ), done.stderr


def test_what_an_earlier_run_has_done_is_not_carried_out_again():
    cases = [{"CASE": f"p{n}", "flair": scan(n)} for n in range(3)]
    first = [dict(one) for one in vox.cases("score.imgql", cases)]
    images = saved()
    again = [*vox.cases("score.imgql", cases)]
    assert [dict(one) for one in again] == first
    assert all(one._row.replayed for one in again)
    assert saved() == images


# Stopping


def endless():
    number = 0
    while True:
        yield {"CASE": number, "flair": array_of(number % 5)}
        number += 1


def is_stopped() -> bool:
    hidden = [path for path in Path("out").iterdir() if path.name.startswith(".")]
    return threads_of_cases() == [] and hidden == []


def test_breaking_out_of_the_loop_stops_what_is_under_way():
    for number, one in enumerate(vox.cases("score.imgql", endless())):
        assert one.error is None
        if number == 3:
            break
    gc.collect()
    assert is_stopped()


def test_an_error_in_the_loop_stops_what_is_under_way():
    with (
        pytest.raises(ZeroDivisionError),
        vox.cases("score.imgql", endless()) as results,
    ):
        for one in results:
            one["volume"] / 0
    assert is_stopped()
    assert [*results] == []
    assert len(results.to_pandas()) >= 1


def test_ctrl_c_stops_what_is_under_way():
    script = Path("stopped.py")
    script.write_text(
        "import os, signal, threading, time\n"
        "import numpy as np\n"
        "import voxlogica as vox\n"
        "def cases():\n"
        "    for number in range(10**9):\n"
        "        if number == 20:\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "        yield {'CASE': number, 'flair': np.full((8, 9, 10), number, 'f4')}\n"
        "try:\n"
        "    for one in vox.cases('score.imgql', cases()): pass\n"
        "except KeyboardInterrupt:\n"
        "    print([t.name for t in threading.enumerate() if t.name.startswith('case')])\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr
    assert is_stopped()


def test_a_program_ends_though_a_batch_is_left_in_the_middle():
    script = (
        "import itertools, voxlogica as vox\n"
        "cases = ({'CASE': number, 'b': number} for number in itertools.count())\n"
        "results = vox.cases('sum.imgql', cases)\n"
        "print(next(results)['sum'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "1.0\n", "")


@pytest.mark.parametrize("how", ["fork", "spawn"])
def test_other_processes_run_batches_of_their_own(how):
    Path("many.py").write_text(
        "import multiprocessing, sys\n"
        "import numpy as np\n"
        "import voxlogica as vox\n"
        "def results(high):\n"
        "    arrays = {f'h{high}n{n}': np.full((4, 5, 6), n, 'f4') for n in (1, 2)}\n"
        "    cases = [{'CASE': name, 'flair': array} for name, array in arrays.items()]\n"
        "    return [*vox.cases('score.imgql', cases, high=high, cache=False)]\n"
        "if __name__ == '__main__':\n"
        "    results(0)\n"
        f"    with multiprocessing.get_context('{how}').Pool(2) as pool:\n"
        "        found = pool.map(results, [0.5, 1])\n"
        "    print([one['volume'] for two in found for one in two])\n"
    )
    done = subprocess.run([sys.executable, "many.py"], capture_output=True, text=True, timeout=120)
    assert done.stdout == "[120.0, 120.0, 0.0, 120.0]\n", done.stderr


def test_batches_run_in_several_threads_at_a_time():
    def volumes(high: float) -> list[float]:
        cases = [{"flair": scan(n), "high": high} for n in range(5)]
        text = 'param high: number print "v" volume(intensity(flair) >. high)'
        return [one["v"] for one in vox.cases(text=text, cases=cases, jobs=2)]

    thresholds = [0.1, 0.3, 0.5, 0.7]
    with ThreadPoolExecutor(4) as pool:
        found = [*pool.map(volumes, thresholds)]
    assert found == [
        [np.count_nonzero(array_of(n) > high) for n in range(5)] for high in thresholds
    ]


def test_a_batch_may_run_while_another_is_gone_through():
    outer = vox.cases("sum.imgql", [{"b": n} for n in range(3)])
    found = [
        [one["sum"], *(two["sum"] for two in vox.cases("sum.imgql", [{"b": one["sum"]}]))]
        for one in outer
    ]
    assert found == [[1, 2], [2, 3], [3, 4]]


def test_cases_that_failed_are_told_of_at_the_end(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cases = [{"CASE": "a", "n": 1}, {"CASE": "b", "n": 2}]
    text = 'param n = 0\nsave "one.txt" "$n"\nprint "n" n'
    results = vox.cases(text=text, cases=iter(cases), cache=False, jobs=1)
    with pytest.warns(vox.DoubtWarning, match="1 case failed: b; why is in the `error`"):
        _, second = results
    assert second.error is not None
    assert "`$CASE`" in str(second.error.hint)
