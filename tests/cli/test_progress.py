"""How a run over cases goes on, as a person sees it: on a terminal, in a pipe, or not at all."""

from __future__ import annotations

import fcntl
import os
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from voxlogica.cli import progress
from voxlogica.cli.progress import watching_cases
from voxlogica.engine.cases import Case, Checked, Fault, Row
from voxlogica.engine.events import CaseDone, CaseStarted
from voxlogica.engine.results import Effort


def rows(*failing: int) -> list[Row]:
    return [
        Row(Case(n, f"p{n}", {}), faults=(Fault("", ""),) if n in failing else (), seconds=n / 2)
        for n in range(4)
    ]


def told_of(found: list[Row], **options) -> None:
    given = {"quiet": False, "verbose": False, "total": len(found), "is_writing": False}
    with watching_cases(**{**given, **options}) as observe:
        for row in found:
            observe(CaseStarted(row.case))
            observe(CaseDone(row))


class TestPipe:
    def test_a_line_says_how_many_are_done_and_failed(self, monkeypatch, capsys):
        monkeypatch.setattr(progress, "_SECONDS_BETWEEN", 0.0)
        told_of(rows(1))
        assert capsys.readouterr().err.splitlines() == [
            "1 of 4 cases",
            "2 of 4 cases, 1 failed",
            "3 of 4 cases, 1 failed",
        ]

    def test_what_is_done_before_long_has_none_and_so_has_what_is_quiet(self, monkeypatch, capsys):
        told_of(rows(1))
        monkeypatch.setattr(progress, "_SECONDS_BETWEEN", 0.0)
        told_of(rows(1), quiet=True)
        assert capsys.readouterr().err == ""

    def test_each_case_has_one_where_that_is_wished(self, capsys):
        false = Row(Case(9, "p9", {}), asserts=(Checked("a", False),), replayed=True)
        told_of([*rows(1), false], verbose=True)
        assert capsys.readouterr().err.splitlines() == [
            *("   0.000 s  p0: done", "   0.500 s  p1: failed", "   1.000 s  p2: done"),
            *("   1.500 s  p3: done", "   0.000 s  p9: an assertion is false, by an earlier run"),
        ]

    def test_and_says_by_whom_on_a_cluster(self, capsys):
        did = {"a:1": Effort(), "b:2": Effort()}
        told_of([Row(Case(0, "p", {}), by_worker=did)], verbose=True)
        assert capsys.readouterr().err == "   0.000 s  p: done, at a:1, b:2\n"


def test_cases_that_are_carried_out_are_named_where_there_is_room():
    """As those that are, and not as those that failed, of which the bar tells before."""
    running = {n: f"patient_{n}" for n in range(5)}
    assert progress._named(running, 200) == "now patient_0, patient_1, patient_2 and 2 more"
    assert progress._named(running, 90) == "now patient_0, pati…"
    assert progress._named(running, 60) == ""
    assert progress._named({}, 200) == ""


@pytest.mark.parametrize("width", [40, 80, 200])
def test_on_a_terminal_a_line_shows_all_and_is_gone_in_the_end(tmp_path, width):
    (tmp_path / "p.imgql").write_text('let s = [1, 2]\nparam at = 0\nprint "v" s[at]\n')
    (tmp_path / "c.csv").write_text("case,at\n" + "".join(f"p{n},{n % 3}\n" for n in range(6)))
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    environment |= {"TERM": "xterm", "VOXLOGICA_CACHE": str(tmp_path / "store")}
    master, terminal = os.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    shown = bytearray()

    def read() -> None:
        try:
            while part := os.read(master, 4096):
                shown.extend(part)
        except OSError:  # the terminal is gone
            pass

    reading = threading.Thread(target=read)
    reading.start()
    found = subprocess.run(
        [*(sys.executable, "-m", "voxlogica", "run", "p.imgql", "--cases", "c.csv"), "--csv", "t"],
        cwd=tmp_path,
        env=environment,
        stderr=terminal,
        stdout=subprocess.PIPE,
        check=False,
    )
    os.close(terminal)
    reading.join()
    os.close(master)
    text = shown.decode()
    assert (found.returncode, found.stdout) == (1, b"")
    assert Path(tmp_path / "t").exists()
    bar, erased, messages = text.rpartition("\x1b[2K")
    assert erased
    assert "6/6" in bar or "0/6" in bar
    assert "\x1b[1;31merror\x1b[0m in 2 cases: " in messages
    assert messages.endswith("6 cases: 4 done, 2 failed\r\n")
