"""`voxlogica run --trace`: what was done when, by which thread, whatever came of the run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import voxlogica as vox
from tests.stuck import STUCK
from voxlogica.cli.commands import voxlogica as command
from voxlogica.engine.events import AtWorkers, Finished, Started, Work
from voxlogica.engine.results import Report, Stats
from voxlogica.operators.signature import NUMBER
from voxlogica.report.trace import Trace
from voxlogica.syntax.source import Source, Span

PROGRAM = """load m = "m.mha"
let bright = smoothen(intensity(m) >. 500, 2)
print "n" volume(bright)
save "bright.mha" bright
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    vox.image(np.arange(60**3, dtype=np.float32).reshape(60, 60, 60) % 1009).save("m.mha")
    Path("p.imgql").write_text(PROGRAM)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["run", "p.imgql", "--trace", "t.json", *arguments])


def trace() -> dict[str, Any]:
    """What the file says; each event has what those who read the format look for."""
    found: dict[str, Any] = json.loads(Path("t.json").read_text())
    for event in found["traceEvents"]:
        assert {"name", "ph", "pid", "tid", "args"} <= event.keys()
        if event["ph"] == "X":
            assert event["ts"] >= 0
            assert event["dur"] >= 0
            assert isinstance(event["cat"], str)
    return found


def spans() -> list[dict[str, Any]]:
    return [event for event in trace()["traceEvents"] if event["ph"] == "X"]


def threads() -> dict[int, str]:
    events = trace()["traceEvents"]
    return {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"}


class TestWorkers:
    def test_what_they_did_is_placed_by_the_answer_that_was_quickest_to_come(self):
        trace = Trace()
        begin = perf_counter()
        done = Work("operation", "near", NUMBER, Span(Source("p", ""), 0, 0))
        for number, late in enumerate((5.0, 2.0, 3.0)):
            trace(Started(done))
            trace(Finished(done, 0.25, begin=1000.0 + number, thread="t", worker="a:1"))
            trace(AtWorkers(0, "a:1", begin, begin, begin, begin - 1000.0 + late))
        events = json.loads("".join(trace.text(Report((), (), (), Stats()))))["traceEvents"]
        placed = [e["ts"] / 1e6 for e in events if e["name"] == "near"]
        assert placed == pytest.approx([2.0, 3.0, 4.0], abs=0.5)
        assert {e["pid"] for e in events if e["name"] == "near"} == {2}


class TestARunThatIsDone:
    def test_has_each_operation_once_within_the_run(self):
        assert run().exit_code == 0
        found = spans()
        (whole,) = (e for e in found if (e["cat"], e["name"]) == ("run", "run"))
        assert whole["args"]["status"] == "done"
        for event in found:
            assert event["ts"] + event["dur"] <= whole["ts"] + whole["dur"] + 1
        done = [event for event in found if event["cat"] == "computed"]
        assert len(done) == whole["args"]["operations"] == whole["args"]["computed"]
        assert Counter(e["name"] for e in done)["load"] == 1
        assert {e["args"]["place"] for e in done if e["name"] == "load"} == {"p.imgql:1:1"}

    def test_has_planning_before_and_files_after_the_operations(self):
        run()
        by_name = {e["name"]: e for e in spans()}
        planning, placing = by_name["planning"], by_name["putting files in place"]
        (saved,) = (e for e in spans() if e["cat"] == "file")
        assert planning["ts"] + planning["dur"] <= by_name["load"]["ts"] + 1
        assert saved["ts"] + saved["dur"] <= placing["ts"] + 1
        assert placing["args"]["files"] == ["bright.mha"]

    def test_no_thread_does_two_things_at_once(self):
        run("-j2")
        assert set(threads().values()) >= {"the run"}
        rows: dict[int, list[dict[str, Any]]] = {}
        for event in spans():
            rows.setdefault(event["tid"], []).append(event)
        for row, events in rows.items():
            if threads()[row] != "the run":
                events.sort(key=lambda e: e["ts"])
                for one, after in pairwise(events):
                    assert one["ts"] + one["dur"] <= after["ts"] + 1

    def test_tells_what_was_read_from_the_store(self):
        run("--cache", "store")
        kinds = Counter(event["cat"] for event in spans())
        assert not kinds["read from the store"]
        run("--cache", "store")
        kinds = Counter(event["cat"] for event in spans())
        (whole,) = (e for e in spans() if e["name"] == "run")
        assert kinds["read from the store"] == whole["args"]["stored"]

    def test_has_the_stages_of_a_program(self):
        Path("p.imgql").write_text(
            'load m = "m.mha"\nn = volume(m > 9000) + 2\n'
            'print "n" for i in range(n) do volume(m > i)\n'
        )
        assert run().exit_code == 0
        assert len([e for e in spans() if e["name"] == "planning"]) == 2


class TestARunThatIsNot:
    def test_of_a_program_that_is_wrong(self):
        Path("p.imgql").write_text('print "n" nothing\n')
        assert run().exit_code == 1
        assert trace()["otherData"]["status"] == "failed"
        assert [e["name"] for e in spans()] == ["planning", "run"]

    def test_of_an_operation_that_fails(self):
        Path("m.mha").write_bytes(Path("m.mha").read_bytes()[:-100])
        Path("p.imgql").write_text('print "a" [1, 2][7 + volume(load("m.mha") > 1)]\n')
        assert run().exit_code == 1
        assert trace()["otherData"]["status"] == "failed"

    def test_that_is_interrupted(self):
        """The file is valid, and tells what was under way."""
        Path("p.imgql").write_text('load m = "m.mha"\nprint "n" stuck(volume(m > 1))\n')
        command = ["run", "p.imgql", "-v", "--trace", "t.json"]
        process = subprocess.Popen(
            [sys.executable, "-c", STUCK, *command], stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        while "stuck now" not in (line := process.stderr.readline()):
            assert line, "the run ended"
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
        assert trace()["otherData"]["status"] == "interrupted"
        assert "stuck" in {e["name"] for e in spans() if e["cat"] == "not finished"}


class TestTheFile:
    def test_takes_no_place_of_another(self):
        before = Path("m.mha").read_bytes()
        found = CliRunner().invoke(command, ["run", "p.imgql", "--trace", "m.mha"])
        assert found.exit_code == 1
        assert Path("m.mha").read_bytes() == before
        for name in ("p.imgql", "bright.mha"):
            found = CliRunner().invoke(command, ["run", "p.imgql", "--trace", name])
            assert found.exit_code == 1, name
        assert Path("p.imgql").read_text() == PROGRAM

    def test_is_of_one_run(self):
        found = run("--cases", "{CASE}.mha")
        assert found.exit_code == 2
        assert "--trace is of one run" in found.stderr
        assert "both write to" in run("--json", "t.json").stderr

    def test_can_be_standard_output(self):
        found = CliRunner().invoke(command, ["run", "p.imgql", "--trace", "-"])
        assert json.loads(found.stdout)["otherData"]["status"] == "done"
