"""Programs carried out for many cases: each is a run by itself, and they share what they can."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.batch.carrying_out import run_cases
from voxlogica.batch.row_text import row_line, row_of
from voxlogica.engine.cases import Case, Row
from voxlogica.engine.events import CaseDone, CaseStarted, Event
from voxlogica.engine.executor import TABLE
from voxlogica.engine.memory import memory_with_warnings
from voxlogica.engine.results import RunError
from voxlogica.operators import registry
from voxlogica.operators.signature import REGISTRY, Region, operator
from voxlogica.plan_to_report import Settings
from voxlogica.report.cases_table import columns_of_row
from voxlogica.syntax.source import Source


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """A working folder with an image of 6×5 voxels for each of five cases."""
    monkeypatch.chdir(tmp_path)
    for number in range(5):
        array = np.arange(30, dtype=np.float32).reshape(5, 6) * (number + 1)
        sitk.WriteImage(sitk.GetImageFromArray(array), f"c{number}.nii.gz")
    return tmp_path


def settings(cache: bool = False, **changed: Any) -> Settings:
    return Settings(changed.pop("jobs", 2), cache, *memory_with_warnings(), **changed)


def named(*names: str, **columns: Sequence[Any]) -> list[Case]:
    """Cases that set `CASE`, and the columns, each its own value."""
    rows = [{"CASE": n, **{c: v[i] for c, v in columns.items()}} for i, n in enumerate(names)]
    return [Case(i, n, r, frozenset(r)) for i, (n, r) in enumerate(zip(names, rows, strict=True))]


FIVE = named("c0", "c1", "c2", "c3", "c4")


def text(program: str, name: str = "p.imgql") -> Source:
    return Source(name, program)


def rows_of(program: str, cases: Sequence[Case] = FIVE, **changed: Any) -> list[Row]:
    """The rows in the cases' order."""
    rows = run_cases([text(program)], cases, settings(**changed))
    return sorted(rows, key=lambda row: row.case.number)


def alone(program: str, case: Case, **changed: Any) -> Row:
    """What comes of a case in a run of its own."""
    try:
        report = running.run(text(program), definitions=case.definitions, cache=False, **changed)
    except RunError as failed:
        report = failed.report
    return Row.of(case, report)


def told(row: Row) -> tuple[Any, ...]:
    # The very file is another each time.
    files = [(file.path, file.vltype) for file in row.files]
    return row.case, row.prints, row.asserts, files, row.faults, row.log


PROGRAM = """param high = 40
load m = "$CASE.nii.gz"
let r = intensity(m) >. high
print "volume" volume(r)
assert "large" volume(r) .>. 20
save "out/$CASE.nii.gz" near(r)
"""


@pytest.mark.parametrize("jobs", [1, 2, 5, 12])
@pytest.mark.parametrize("cache", [False, True])
def test_a_case_among_others_is_as_by_itself(jobs, cache):
    rows = rows_of(PROGRAM, jobs=jobs, cache=cache)
    saved = {p.name: p.read_bytes() for p in Path("out").iterdir()}
    expected = [alone(PROGRAM, case) for case in FIVE]
    assert [told(row) for row in rows] == [told(row) for row in expected]
    assert saved == {p.name: p.read_bytes() for p in Path("out").iterdir()}
    assert len(saved) == 5


def test_cases_are_told_of_as_they_begin_and_end_and_begin_in_their_order():
    events: list[Event] = []
    rows = list(run_cases([text(PROGRAM)], FIVE, settings(), observe=events.append))
    begun = [event.case for event in events if isinstance(event, CaseStarted)]
    done = [event.row for event in events if isinstance(event, CaseDone)]
    assert begun == FIVE
    assert done == rows
    # With one thread, each is done before the next begins.
    events.clear()
    list(run_cases([text(PROGRAM)], FIVE, settings(jobs=1), observe=events.append))
    kinds = [type(event) for event in events]
    assert kinds == [CaseStarted, CaseDone] * 5


def test_what_a_case_sets_comes_before_what_holds_for_all():
    cases = named("a", "b", high=["1", "2"])
    program = text('param high = 0\nparam low = 5\nprint "p" [high, low]\nprint "n" "$CASE"')
    rows = list(run_cases([program], cases, settings(), definitions={"high": 7, "low": 8}))
    rows.sort(key=lambda row: row.case.number)
    assert [[p.value for p in row.prints] for row in rows] == [[[1, 8], "a"], [[2, 8], "b"]]


# One that warns where an image is no region.
WARNING = """import "metrics"
load m = "$CASE.nii.gz"
print "d" dice(m, m)
"""

# Faults


def test_a_case_that_fails_has_its_fault_and_stops_no_other():
    Path("c1.nii.gz").unlink()
    Path("c3.nii.gz").write_bytes(b"\x1f\x8b no image")
    rows = rows_of(PROGRAM)
    assert [row.failed for row in rows] == [False, True, False, True, False]
    assert [told(row) for row in rows] == [told(alone(PROGRAM, case)) for case in FIVE]
    assert sorted(path.name[:2] for path in Path("out").iterdir()) == ["c0", "c2", "c4"]


def test_a_fault_while_it_runs_leaves_no_file_of_the_case():
    # Its checksum is wrong, which shows when the voxels are read.
    data = bytearray(Path("c4.nii.gz").read_bytes())
    data[-6] ^= 255
    Path("c4.nii.gz").write_bytes(data)
    rows = rows_of(f'{PROGRAM}\nsave "out/$CASE.txt" "$CASE"')
    assert [row.failed for row in rows] == [False, False, False, False, True]
    assert sorted(path.name[:2] for path in Path("out").iterdir()) == [
        *("c0", "c0", "c1", "c1", "c2", "c2", "c3", "c3")
    ]


def test_a_file_that_goes_while_others_run_is_a_fault_of_its_case():
    rows: list[Row] = []
    for row in run_cases([text(PROGRAM)], FIVE, settings(jobs=1)):
        Path("c4.nii.gz").unlink(missing_ok=True)
        rows.append(row)
    assert [row.failed for row in rows] == [False, False, False, False, True]
    assert "c4.nii.gz" in rows[-1].faults[0].message


def test_a_false_assertion_is_no_fault():
    rows = rows_of(PROGRAM)
    assert [row.asserts[0].value for row in rows] == [False, False, False, False, True]
    assert not any(row.failed for row in rows)


def test_in_a_strict_run_a_warning_is_a_fault_of_the_cases_that_have_it():
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((5, 6), np.uint8)), "c2.nii.gz")
    kept, strict = rows_of(WARNING), rows_of(WARNING, strict=True)
    assert [row.failed for row in strict] == [bool(row.log) for row in kept]
    assert [row.failed for row in strict] == [True, True, False, True, True]


# What cases have in common

ATLAS = """load atlas = "c0.nii.gz"
load m = "$CASE.nii.gz"
let brain = near(near(intensity(atlas) >. 10))
print "v" volume(brain & (intensity(m) >. 40))
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_cases_have_in_common_is_computed_once_without_a_store(jobs):
    cases = FIVE[1:]
    together = rows_of(ATLAS, cases, jobs=jobs)
    by_itself = [alone(ATLAS, case) for case in cases]
    assert [told(row) for row in together] == [told(row) for row in by_itself]
    assert computed(together) == different_operations(ATLAS, cases) < computed(by_itself)


def computed(rows: Sequence[Row]) -> int:
    return sum(row.computed for row in rows)


def different_operations(program: str, cases: Sequence[Case]) -> int:
    """How many operations the cases rest on, those that they have in common counted once."""
    found: set[bytes] = set()
    for case in cases:
        plan = running.plan(text(program), definitions=case.definitions)
        found.update(plan.ids[position] for position in plan.needed())
    return len(found)


SWEPT = """param high = 1
load m = "$CASE.nii.gz"
let near_it = N(near(intensity(m) >. 9))
print "v" volume(near_it & (intensity(m) >. high))
"""


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_combinations_of_a_sweep_share_the_work_of_their_case(jobs):
    cases = [
        Case(n, case.name, {**case.columns, "high": float(high)}, frozenset({"CASE", "high"}))
        for n, (case, high) in enumerate((c, h) for c in FIVE for h in range(10))
    ]
    rows = rows_of(SWEPT, cases, jobs=jobs)
    assert [row.prints for row in rows] == [alone(SWEPT, case).prints for case in cases]
    # Numbers that the program has in other cases, too, are not kept from case to case.
    each = [different_operations(SWEPT, cases[n : n + 10]) for n in range(0, 50, 10)]
    assert computed(rows) <= sum(each)


def test_nothing_stays_in_the_table_of_futures():
    rows_of(ATLAS)
    assert TABLE.nbytes == 0
    assert not TABLE._entries


# Replay


def test_a_case_that_was_carried_out_is_replayed_as_it_was():
    first, again = rows_of(PROGRAM, cache=True), rows_of(PROGRAM, cache=True)
    assert [row.replayed for row in first] == [False] * 5
    assert [row.replayed for row in again] == [True] * 5
    assert again == first


def test_a_case_is_known_by_what_it_is_and_not_by_its_name():
    rows_of(PROGRAM, cache=True)
    other = [Case(9, "another", {"CASE": "c2", "carried": "x"}, frozenset({"CASE"}))]
    (row,) = rows_of(PROGRAM, other, cache=True)
    assert row.replayed
    assert row.case == other[0]


def remove(file: Path) -> None:
    file.unlink()


def change(file: Path) -> None:
    file.write_bytes(b"another")


@pytest.mark.parametrize("spoil", [remove, change])
def test_a_case_whose_files_are_no_longer_there_is_carried_out(spoil):
    rows_of(PROGRAM, cache=True)
    before = Path("out/c2.nii.gz").read_bytes()
    spoil(Path("out/c2.nii.gz"))
    again = rows_of(PROGRAM, cache=True)
    assert [row.replayed for row in again] == [True, True, False, True, True]
    assert Path("out/c2.nii.gz").read_bytes() == before
    assert all(row.replayed for row in rows_of(PROGRAM, cache=True))


@pytest.mark.parametrize(
    ("changed", "options"),
    [
        (PROGRAM.replace("40", "41"), {}),
        (PROGRAM.replace('"volume"', '"ml"'), {}),
        (PROGRAM.replace("large", "larger"), {}),
        (PROGRAM.replace("out/", "put/"), {}),
        ("// A line more: messages quote others.\n" + PROGRAM, {}),
        (PROGRAM, {"strict": True}),
        (PROGRAM, {"rewrites": False}),
        (PROGRAM, {"compression": 9}),
    ],
)
def test_a_case_that_is_another_is_not_replayed(changed, options):
    rows_of(PROGRAM, cache=True)
    again = rows_of(changed, cache=True, **options)
    assert not any(row.replayed for row in again)
    assert [told(row) for row in again] == [told(alone(changed, case, **options)) for case in FIVE]


def test_an_image_of_other_content_is_another_case():
    rows_of(PROGRAM, cache=True)
    Path("c1.nii.gz").write_bytes(Path("c2.nii.gz").read_bytes())
    again = rows_of(PROGRAM, cache=True)
    assert [row.replayed for row in again] == [True, False, True, True, True]
    assert again[1].prints == again[2].prints


def test_one_that_has_failed_is_carried_out_again():
    Path("c1.nii.gz").rename("elsewhere")
    assert rows_of(PROGRAM, cache=True)[1].failed
    Path("elsewhere").rename("c1.nii.gz")
    again = rows_of(PROGRAM, cache=True)
    assert [row.replayed for row in again] == [True, False, True, True, True]
    assert not again[1].failed


def test_warnings_are_replayed():
    first, again = rows_of(WARNING, cache=True), rows_of(WARNING, cache=True)
    assert all(row.log for row in first)
    assert all(row.replayed for row in again)
    assert again == first


# Ending


def test_a_cancelled_run_ends_with_what_is_done_and_leaves_nothing():
    cancellation: Future[None] = Future()
    rows = run_cases([text(PROGRAM)], FIVE * 40, settings(jobs=1), cancellation=cancellation)
    next(rows)
    cancellation.set_result(None)
    with pytest.raises(CancelledError):
        list(rows)
    assert_nothing_is_left()


def test_who_stops_asking_for_rows_ends_the_run():
    rows = run_cases([text(PROGRAM)], FIVE * 40, settings(jobs=2))
    next(rows)
    rows.close()
    assert_nothing_is_left()


def assert_nothing_is_left() -> None:
    hidden = [path for path in Path("out").iterdir() if path.name.startswith(".")]
    assert not hidden
    assert not any(thread.name.startswith("case-") for thread in threading.enumerate())
    assert not TABLE._entries


def test_no_cases_give_no_rows():
    assert rows_of(PROGRAM, []) == []


def test_what_is_wrong_with_the_store_is_told_once_and_of_no_case():
    Path("file").write_text("no folder")
    chosen = Settings(2, "file", *memory_with_warnings())
    rows = list(run_cases([text(PROGRAM)], FIVE, chosen))
    assert chosen.warned.qsize() == 1
    assert not any(row.log or row.failed for row in rows)


# Operators of these tests


@pytest.fixture
def declared(monkeypatch):
    """Declares an operator `tried` of regions, which does what a test says before it gives them."""

    def declare(doing: Callable[[], None]) -> None:
        monkeypatch.setitem(REGISTRY[""], "tried", [])

        @operator("tried")
        def tried(region: Region) -> Region:
            doing()
            return region

        registry.cache_clear()

    yield declare
    registry.cache_clear()


TRIED = """load m = "$CASE.nii.gz"
save "out/$CASE.nii.gz" intensity(m) >. 0
print "v" volume(tried(intensity(m) >. 40))
"""


def test_want_of_memory_is_a_fault_of_the_case_that_has_it(declared):
    rounds = count()

    def fail_once() -> None:
        if next(rounds) == 2:
            raise MemoryError

    declared(fail_once)
    rows = rows_of(TRIED, jobs=1)
    assert [row.failed for row in rows] == [False, False, True, False, False]
    assert "not enough memory" in rows[2].faults[0].message
    assert not Path("out/c2.nii.gz").exists()


def test_an_operation_that_is_cancelled_holds_nobody_up(declared):
    begun, go_on = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        go_on.wait()

    declared(wait)
    cancellation: Future[None] = Future()
    with ThreadPoolExecutor(1) as pool:
        rows = run_cases([text(TRIED)], FIVE, settings(), cancellation=cancellation)
        result = pool.submit(list, rows)
        begun.wait()
        cancellation.set_result(None)
        # It ends although the operation has not.
        with pytest.raises(CancelledError):
            result.result()
        assert not any(thread.name.startswith("case-") for thread in threading.enumerate())
        assert not [path for path in Path("out").rglob("*") if path.exists()]
        go_on.set()


@pytest.mark.parametrize(("limit", "most"), [(1, 1), (None, 4)])
def test_as_many_cases_are_under_way_as_there_is_memory_for(declared, limit, most):
    here, lock, at_once = [0], threading.Lock(), list[int]()
    met = threading.Barrier(most)

    def meet() -> None:
        with lock:
            here[0] += 1
            at_once.append(here[0])
        met.wait()
        with lock:
            here[0] -= 1

    declared(meet)
    chosen = Settings(4, False, *memory_with_warnings(limit))
    rows = list(run_cases([text(TRIED)], FIVE[:4], chosen))
    assert not any(row.failed for row in rows)
    assert max(at_once) == most


# Programs of all kinds

KINDS = {
    "staged": """load m = "$CASE.nii.gz"
let r = intensity(m) >. 40
print "rounds" for i in range(0, volume(r)) do i .*. 2
save "out/$CASE.csv" for i in range(0, volume(r)) do [i, "$CASE"]
""",
    "numbers alone": 'param high = 2\nprint "n" high .*. 3\nprint "name" "$CASE"\n',
    "goals that cases have in common": """load atlas = "c0.nii.gz"
load m = "$CASE.nii.gz"
let a = intensity(atlas) >. 10
print "atlas" volume(near(near(near(a))))
print "also" max(dt(a))
print "own" volume(a & (intensity(m) >. 40))
""",
    "what it saves itself": """import "simpleitk"
load m = "$CASE.nii.gz"
print "written" WriteImage(m, "out/$CASE.mha")
""",
    "a library by its case": 'import "lib_$CASE"\nprint "n" twice(2)\n',
    "wrong": 'load m = "$CASE.nii.gz"\nprint "n" volume(m) .+. unknown\n',
    "wrong for some": 'load m = "$CASE.nii.gz"\nlet n = $NUMBER\nprint "n" 1 ./. n\n',
}


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("cache", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_programs_of_all_kinds_are_carried_out_as_by_themselves(kind, cache, jobs):
    program, cases = KINDS[kind], FIVE
    if "$NUMBER" in program:
        cases = named(*("c0", "c1", "c2"), NUMBER=["1", "0", "x"])
    for number in range(4):
        lines = "let twice(a) = a .*. 2" if number else "let twice(a) = b"
        Path(f"lib_c{number}.imgql").write_text(lines)
    first = rows_of(program, cases, jobs=jobs, cache=cache)
    expected = [alone(program, case) for case in cases]
    assert [told(row) for row in first] == [told(row) for row in expected]
    again = rows_of(program, cases, jobs=jobs, cache=cache)
    assert [told(row) for row in again] == [told(row) for row in expected]


def test_several_programs_are_one_case():
    programs = [text(PROGRAM), text('print "case" "$CASE"', "q.imgql")]
    rows = sorted(run_cases(programs, FIVE, settings()), key=lambda row: row.case.number)
    assert [row.prints[1].value for row in rows] == [case.name for case in FIVE]
    assert all(len(row.prints) == 2 and row.files for row in rows)


def printing_libraries(**texts: str) -> None:
    for name, commands in texts.items():
        Path(f"{name}.imgql").write_text(commands)


def columns(program: str, **changed: Any) -> list[dict[str, Any]]:
    """The lines of the table, without case, what its source says of it, and what is always there.

    They are the same from the store, and of rows that were kept in lines.
    """
    lines = []
    for row in rows_of(program, named("c0", "c1", "c2"), **changed):
        assert not row.failed
        own = (c for c in columns_of_row(row_of(row_line(row))) if c.kind != "column")
        lines.append({column.name: column.value for column in own})
    return lines


@pytest.mark.parametrize("cache", [False, True])
def test_a_column_has_one_print_whatever_the_libraries_of_cases_print(cache):
    printing_libraries(
        lib_c0='print "v" 1\nassert "good" 1 .=. 2', lib_c1="let x = 1", lib_c2='print "v" 3'
    )
    program = 'import "lib_$CASE"\nload m = "$CASE.nii.gz"\n'
    program += 'print "v" volume(intensity(m) >=. 0)\nassert "good" 1 .=. 1\n'
    for _ in range(2):
        assert columns(program, cache=cache) == [
            {"v (lib_$CASE)": 1, "v": 30, "good (lib_$CASE)": False, "good": True},
            {"v": 30, "good": True},
            {"v (lib_$CASE)": 3, "v": 30, "good": True},
        ]


def test_so_it_is_for_what_such_libraries_import_and_for_several_of_them():
    printing_libraries(
        a_c0='import "shared"\nprint "v" 1',
        a_c1="let x = 1",
        a_c2='import "shared"',
        shared='print "v" 2',
    )
    printing_libraries(b_c0="let y = 1", b_c1='print "v" 3', b_c2='print "v" 4')
    assert columns('import "a_$CASE"\nimport "b_$CASE"\n') == [
        {"v (a_$CASE, shared)": 2, "v (a_$CASE)": 1},
        {"v (b_$CASE)": 3},
        {"v (a_$CASE, shared)": 2, "v (b_$CASE)": 4},
    ]


def test_a_library_that_is_the_same_for_all_cases_prints_into_columns_of_plain_names():
    printing_libraries(shared='print "v" 2')
    for written in ("shared", "$cwd/shared"):
        found = columns(f'import "{written}"\nprint "$CASE" 1\nassert "$CASE is" 1 .=. 1\n')
        assert found == [{"v": 2, "$CASE": 1, "$CASE is": True}] * 3
