"""A run over cases that is killed again and again loses nothing that it has told of.

Real processes, and SIGKILL. The process is killed when it has told of some rows, at whatever it is
at then; nothing waits for a time.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.batch.row_text import row_of
from voxlogica.dataclass import replace
from voxlogica.engine.cases import Row

CASES, KILLS = 200, 20

PROGRAM = """load atlas = "atlas.nii"
load m = "$CASE.nii"
let r = intensity(m) >. 400
let near_atlas = near(intensity(atlas) >. 500)
print "volume" volume(r & near_atlas)
print "depth" max(dt(!r))
assert "some" volume(r) .>. 300
save "out/$CASE.nii.gz" near(r) & near_atlas
save "out/$CASE.csv" [["volume"], [volume(r)]]
"""

# Tells of each row as it comes, in a line.
CHILD = """
import sys
from pathlib import Path
from queue import SimpleQueue
from voxlogica.batch.carrying_out import run_cases
from voxlogica.batch.row_text import row_line
from voxlogica.engine.cases import Case
from voxlogica.engine.memory import Memory
from voxlogica.plan_to_report import Settings
from voxlogica.syntax.source import Source

store, number = sys.argv[1], int(sys.argv[2])
names = [f"c{i}" for i in range(number)]
cases = [Case(i, n, {"CASE": n}, frozenset({"CASE"})) for i, n in enumerate(names)]
warned = SimpleQueue()
settings = Settings(2, store, Memory(None, warned.put), warned)
for row in run_cases([Source("p.imgql", Path("p.imgql").read_text())], cases, settings):
    print(row_line(row), flush=True)
while not warned.empty():
    sys.exit(warned.get())
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    numbers = np.random.default_rng(1)
    for name in ("atlas", *(f"c{i}" for i in range(CASES))):
        scan = numbers.integers(0, 1000, (12, 12, 12)).astype(np.int16)
        sitk.WriteImage(sitk.GetImageFromArray(scan), f"{name}.nii")
    Path("p.imgql").write_text(PROGRAM)
    return tmp_path


def started(store: str, cases: int = CASES) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CHILD, store, str(cases)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def told(process: subprocess.Popen[bytes]) -> Iterator[Row]:
    assert process.stdout is not None
    for line in process.stdout:
        # The last line of one that was killed may be cut short.
        if line.endswith(b"\n"):
            yield row_of(line)


def results() -> dict[str, bytes]:
    # A hidden folder of one that was killed stays until another saves there.
    return {path.name: path.read_bytes() for path in Path("out").iterdir() if path.is_file()}


def as_rows_are_compared(rows: dict[int, Row]) -> list[Row]:
    """In the cases' order, without what a run cost."""
    cost = dict.fromkeys(("operations", "computed", "stored", "awaited"), 0)
    return [replace(rows[n], seconds=0.0, ended=0.0, **cost) for n in sorted(rows)]


def test_a_row_that_was_told_of_before_a_kill_is_replayed():
    process = started("store", 20)
    before = []
    for row in told(process):
        before.append(row.case.number)
        if len(before) == 5:
            os.kill(process.pid, signal.SIGKILL)
    process.wait()
    after = {row.case.number: row for row in told(started("store", 20))}
    assert sorted(after) == list(range(20))
    assert all(after[number].replayed for number in before)
    assert not [path for path in Path("out").iterdir() if path.is_dir()]


@pytest.mark.slow
def test_killed_twenty_times_it_comes_to_the_same():
    undisturbed = {row.case.number: row for row in told(started("other"))}
    expected = results()
    for path in Path("out").iterdir():
        path.unlink()
    chance = random.Random(1)
    done: set[int] = set()
    for _ in range(KILLS):
        process, left = started("store"), chance.randint(1, 9)
        for row in told(process):
            # Another may have been kept, and the process killed before it could tell.
            assert row.replayed or row.case.number not in done
            done.add(row.case.number)
            left -= not row.replayed
            if left == 0:
                process.kill()
        process.wait()
    assert 0 < len(done) < CASES
    last = {row.case.number: row for row in told(started("store"))}
    assert {n for n, row in last.items() if row.replayed} >= done
    # What was missing is computed, and what all cases have in common no more than once.
    own = max(row.computed for row in undisturbed.values() if row.awaited)
    missing = [row.computed for row in last.values() if not row.replayed]
    assert sum(missing) <= own * len(missing) + max(r.operations for r in last.values()) - own
    assert as_rows_are_compared(last) == as_rows_are_compared(undisturbed)
    assert results() == expected
