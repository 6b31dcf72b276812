"""The journal of rows: whatever ends a run, what it had told of is there."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from voxlogica.batch.journal import Journal, JournalError, is_journal, journal_of, read_journal
from voxlogica.engine.cases import Case, Row
from voxlogica.engine.results import Printed

# A process that keeps rows, and tells of each when it is kept.
KEEPING = """
import resource, sys
from pathlib import Path
from voxlogica.batch.journal import Journal, JournalError
from voxlogica.engine.cases import Case, Row

table, most = Path(sys.argv[1]), int(sys.argv[2])
if most:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
with Journal(table, "work") as journal:
    for number in range(100_000):
        try:
            journal.add(Row(Case(number, f"p{number}", {})))
        except JournalError as failed:
            print(failed, flush=True)
            break
        print(number, flush=True)
"""


def row(number: int, value: float = 0.0) -> Row:
    return Row(Case(number, f"p{number}", {}), (Printed("v", "number", value, "v"),))


def numbers(rows) -> list[int]:
    return [one.case.number for one in rows]


@pytest.fixture
def table(tmp_path) -> Path:
    return tmp_path / "t.csv"


@pytest.mark.parametrize("is_named", [True, False])
def test_rows_are_given_back_in_the_cases_order_as_often_as_one_wants(table, is_named):
    with Journal(table if is_named else None, "work") as journal:
        for number in (3, 0, 7, 1):
            journal.add(row(number, number / 2))
        assert [*journal] == [*journal] == [row(n, n / 2) for n in (0, 1, 3, 7)]
        assert (len(journal), 7 in journal, 2 in journal) == (4, True, False)
        assert journal.row(3) == row(3, 1.5)
        journal.remove()
        assert numbers(journal) == [0, 1, 3, 7]
    assert not [*table.parent.iterdir()]


def test_without_a_row_nothing_is_left(table):
    with Journal(table, "work"):
        assert journal_of(table).exists()
    assert not journal_of(table).exists()


def test_memory_does_not_grow_with_what_rows_hold(table):
    with Journal(table, "work") as journal:
        tracemalloc.start()
        for number in range(500):
            journal.add(Row(Case(number, "p", {}), log=(f"{number}" * 10_000,)))
        for kept in journal:
            assert len(kept.log[0]) >= 10_000
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert journal_of(table).stat().st_size > 10_000_000
    assert peak < 1_000_000


class TestEnds:
    def test_a_kill_takes_no_row_that_was_told_of(self, table):
        command = [sys.executable, "-c", KEEPING, str(table), "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as keeping:
            told = [int(keeping.stdout.readline()) for _ in range(200)]
            keeping.send_signal(signal.SIGKILL)
            told += [int(line) for line in keeping.stdout if line.endswith("\n")]
        assert keeping.returncode == -signal.SIGKILL
        assert set(told) <= set(numbers(read_journal(journal_of(table))))

    def test_where_there_is_no_room_a_row_is_there_whole_or_not_at_all(self, table):
        command = [sys.executable, "-c", KEEPING, str(table), "10000"]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        *done, said = told.splitlines()
        assert said == f"cannot keep rows in {journal_of(table)}: file too large"
        assert numbers(read_journal(journal_of(table))) == [int(number) for number in done]
        assert journal_of(table).read_bytes().endswith(b"\n")

    def test_a_line_that_was_being_written_is_left_out_and_a_later_run_goes_on_below_it(
        self, table
    ):
        with Journal(table, "work") as journal:
            journal.add(row(0))
            journal.add(row(1))
        whole = journal_of(table).read_bytes()
        journal_of(table).write_bytes(whole[:-20])
        assert numbers(read_journal(journal_of(table))) == [0]
        with Journal(table, "work") as journal:
            journal.add(row(0, 2.0))
            journal.add(row(5))
            assert numbers(journal) == [0, 5]  # of this run
        assert [*read_journal(journal_of(table))] == [row(0, 2.0), row(5)]

    def test_rows_of_other_work_go_aside_and_none_is_lost(self, table):
        kept = {}
        for work, number in (("one", 0), ("other", 1), ("other", 2), ("one", 3), ("third", 4)):
            with Journal(table, work) as journal:
                journal.add(row(number))
                kept[number] = journal.aside
        assert numbers(read_journal(journal_of(table))) == [4]
        first, second, third = (table.with_name(f"t.csv.rows.{n}.jsonl") for n in (1, 2, 3))
        assert kept == {0: None, 1: first, 2: None, 3: second, 4: third}
        assert [numbers(read_journal(aside)) for aside in (first, second, third)] == [
            *([0], [1, 2], [3])
        ]

    def test_rows_go_aside_once_one_of_them_does_not_hold(self, table):
        for value in (1.0, 2.0):
            with Journal(table, "work", lambda row: pytest.fail("there is none")) as journal:
                journal.add(row(0, value))
                journal.add(row(1, 2.0))
            # The first of a case's counts no longer, and needs not hold.
            with Journal(table, "work", lambda row: row.prints[0].value > 0) as journal:
                journal.add(row(0, 2.0))
                assert journal.aside is None
            with Journal(table, "work", lambda row: row.case.number != 1) as journal:
                journal.add(row(2))
                assert numbers(read_journal(journal.aside)) == [0, 1]
            assert numbers(read_journal(journal_of(table))) == [2]
            journal_of(table).unlink()

    def test_what_is_damaged_goes_aside_too(self, table):
        with Journal(table, "work") as journal:
            journal.add(row(0))
        damaged = journal_of(table).read_bytes() + b"?\n"
        journal_of(table).write_bytes(damaged)
        with Journal(table, "work") as journal:
            journal.add(row(1))
            assert journal.aside.read_bytes() == damaged
        assert numbers(read_journal(journal_of(table))) == [1]

    def test_what_has_no_rows_is_in_nobody_s_way(self, table):
        for number, end in enumerate((b"", b'{"number": 0, "ca')):
            with Journal(table, f"one {number}") as journal:
                journal.add(row(0))
                (header, *_) = journal_of(table).read_bytes().splitlines(keepends=True)
            journal_of(table).write_bytes(header + end)
            with Journal(table, f"other {number}") as journal:
                assert journal.aside is None
            journal_of(table).unlink()


class TestOthers:
    def test_two_runs_do_not_write_one_table(self, table):
        with Journal(table, "work") as journal:
            journal.add(row(0))
            with pytest.raises(JournalError, match="another run is writing this table"):
                Journal(table, "work")
            assert numbers(read_journal(journal_of(table))) == [0]  # reading it is no harm
        with Journal(table, "work"):
            pass
        assert numbers(read_journal(journal_of(table))) == [0]

    @pytest.mark.parametrize("text", ["a,b\n", '{"case": "p1"}\n', "x" * 10_000])
    def test_what_is_no_journal_stays_as_it_is(self, table, text):
        journal_of(table).write_text(text)
        with pytest.raises(JournalError, match="is no journal"):
            Journal(table, "work")
        assert journal_of(table).read_text() == text

    def test_neither_a_link_nor_a_folder_is_written_to(self, table):
        other = table.parent / "other"
        journal_of(table).symlink_to(other)
        with pytest.raises(JournalError):
            Journal(table, "work")
        assert not other.exists()
        journal_of(table).unlink()
        journal_of(table).mkdir()
        with pytest.raises(JournalError, match="is a directory"):
            Journal(table, "work")

    def test_another_version_s_journal_is_told_as_that(self, table):
        journal_of(table).write_text('{"voxlogica journal": 2}\n')
        with pytest.raises(JournalError, match="another version"):
            Journal(table, "work")

    def test_a_damaged_line_is_told_with_its_number(self, table):
        with Journal(table, "work") as journal:
            for number in range(3):
                journal.add(row(number))
        lines = journal_of(table).read_text().splitlines()
        for damaged in (2, 3):
            text = "\n".join([*lines[:damaged], "{}", *lines[damaged + 1 :]]) + "\n"
            journal_of(table).write_text(text)
            with pytest.raises(JournalError, match=rf":{damaged + 1}: this is no row"):
                read_journal(journal_of(table))

    def test_it_is_told_from_tables_by_how_it_begins(self, table):
        with Journal(table, "work") as journal:
            journal.add(row(0))
            assert is_journal(journal_of(table).read_bytes()[:200])
        assert not is_journal(json.dumps({"case": "p1"}).encode())
        assert not is_journal(b"case,error\n")
