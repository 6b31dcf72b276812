"""The session on a terminal: prompts, history, completion, Ctrl-C and Ctrl-D, pictures."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.stuck import STUCK

pytest.importorskip("readline")

CTRL_C, CTRL_D, TAB, UP = "\x03", "\x04", "\t", "\x1b[A"


class Screen:
    """A process on a pseudo-terminal of 80 by 24 characters."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "COLORTERM")}
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            # So that Ctrl-C in this terminal is a signal for the process.
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env={**kept, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **environment},
        )
        os.close(slave)
        self._text = ""

    def type(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    def await_(self, text: str) -> str:
        """What is shown up to a text, which is waited for; what follows it is for the next call."""
        deadline = time.monotonic() + 60  # a broken session must not hang the tests
        while text not in self._text:
            assert time.monotonic() < deadline, f"no {text!r} in {self._text!r}"
            if not select.select([self._master], [], [], 1)[0]:
                continue
            try:
                more = os.read(self._master, 65536)
            except OSError:  # the process has ended
                more = b""
            assert more, f"the end, and no {text!r} in {self._text!r}"
            self._text += more.decode(errors="replace")
        shown, _, self._text = self._text.partition(text)
        return shown

    def leave(self) -> int:
        self.type(CTRL_D)
        return self.process.wait(timeout=60)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def start(tmp_path, monkeypatch) -> Iterator[object]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    screens: list[Screen] = []

    def started(*arguments: str, **environment: str) -> Screen:
        screens.append(Screen(*(arguments or ("-m", "voxlogica")), *REPL, **environment))
        screens[-1].await_("1> ")
        return screens[-1]

    yield started
    for screen in screens:
        screen.close()


REPL = ("repl", "--no-cache")


def test_a_value_follows_its_expression_and_ctrl_d_leaves(start):
    screen = start()
    screen.type("3 * 4\n")
    assert "\n12\r\n" in screen.await_("2> ")
    screen.type("nothing\n")
    assert "unknown name" in screen.await_("3> ")
    assert screen.leave() == 0


def test_quit_leaves_too(start):
    screen = start()
    screen.type(":quit\n")
    assert screen.process.wait(timeout=60) == 0


def test_a_line_that_cannot_end_goes_on_and_an_empty_one_ends_it(start):
    screen = start()
    screen.type("1 + (2\n")
    screen.await_(".. ")
    screen.type("* 3)\n")
    assert "\n7\r\n" in screen.await_("2> ")
    screen.type("1 + (2\n")
    screen.await_(".. ")
    screen.type("\n")
    assert "is never closed" in screen.await_("3> ")


def test_ctrl_c_drops_the_line_and_the_lines_before_it(start):
    screen = start()
    screen.type("1 + (2\n")
    screen.await_(".. ")
    for typed in ("+ 3", "let half a li"):
        screen.type(typed)
        screen.type(CTRL_C)
        screen.await_("1> ")
    screen.type("5\n")
    assert "\n5\r\n" in screen.await_("2> ")
    assert screen.leave() == 0


@pytest.mark.slow
def test_each_ctrl_c_is_obeyed_however_soon_it_follows_a_prompt(start):
    screen = start()
    for _ in range(1000):
        screen.type(CTRL_C)
        screen.await_("1> ")
    assert screen.leave() == 0


def test_a_ctrl_c_that_follows_a_key_at_once_is_obeyed(start):
    screen = start()
    for _ in range(300):
        screen.type("a")
        screen.type(CTRL_C)
        screen.await_("1> ")
    screen.type("5\n")
    assert "\n5\r\n" in screen.await_("2> ")
    assert screen.leave() == 0


def test_ctrl_c_stops_what_is_computed_and_the_session_goes_on(start):
    sitk.WriteImage(sitk.GetImageFromArray(np.full((2, 2), 9, np.uint8)), "dots.png")
    screen = start("-c", STUCK)
    screen.type(':load m "dots.png"\n')
    screen.await_("2> ")
    screen.type("stuck(volume(intensity(m) >. 1))\n")
    screen.await_("stuck now")
    screen.type(CTRL_C)
    screen.await_("3> ")
    screen.type("1 + max(intensity(m))\n")
    assert screen.await_("4> ").endswith("10\r\n")
    assert screen.leave() == 0


def test_what_was_typed_in_an_earlier_session_is_in_the_history(start, tmp_path):
    screen = start()
    screen.type("40 + 2\n")
    screen.await_("2> ")
    screen.leave()
    history = tmp_path / "data" / "voxlogica" / "history"
    assert "40 + 2" in history.read_text()
    assert history.stat().st_mode & 0o077 == 0
    screen = start()
    screen.type(UP + "\n")
    assert "\n42\r\n" in screen.await_("2> ")


def test_a_history_that_cannot_be_kept_is_told_and_does_not_matter(start, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "voxlogica").touch()
    screen = Screen("-m", "voxlogica", *REPL)
    assert "the history is not kept" in screen.await_("1> ")
    screen.type("1 + 1\n")
    assert "\n2\r\n" in screen.await_("2> ")
    screen.close()


def test_tab_completes_names_operators_commands_and_files(start, tmp_path):
    screen = start()
    screen.type("let threshold = 7\n")
    screen.await_("2> ")
    screen.type("thresh" + TAB + " + 1\n")
    assert "\n8\r\n" in screen.await_("3> ")
    screen.type(":ty" + TAB + " thresh" + TAB + "\n")
    assert "\nnumber\r\n" in screen.await_("3> ")
    image = sitk.GetImageFromArray(np.zeros((4, 5), np.uint8))
    (tmp_path / "cases").mkdir()
    sitk.WriteImage(image, str(tmp_path / "cases" / "zeros-of-one.png"))
    screen.type(':load m "ca' + TAB + "zeros-o" + TAB + '"\n')
    assert "error" not in screen.await_("4> ")
    screen.type("volume(tt) + max(intensity(m))\n")  # 20 voxels, all of them 0
    assert screen.await_("5> ").endswith("20\r\n")


def picture(start, tmp_path, **environment: str) -> str:
    array = np.arange(64, dtype=np.uint8).reshape(8, 8) % 40  # too many values for labels
    array[:, 4:] = 200
    sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / "half.png"))
    screen = start(**environment)
    screen.type(':load m "half.png"\n')
    screen.await_("2> ")
    screen.type("m\n")
    screen.await_("model 8×8, spacing 1×1 px, 0 … 200")
    return screen.await_("3> ")


def test_an_image_is_shown_in_what_colours_the_terminal_has(start, tmp_path):
    true = picture(start, tmp_path, COLORTERM="truecolor")
    assert "48;2;255;255;255m▀▀▀▀\x1b[0m" in true
    few = picture(start, tmp_path)
    assert "48;5;231m▀▀▀▀\x1b[0m" in few
    none = picture(start, tmp_path, NO_COLOR="1")
    assert none.count("@@@@\r\n") == 4
    assert "\x1b[38" not in none


def test_the_first_load_changes_the_reading_and_says_so(start, tmp_path):
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 5), np.uint8)), "m.png")
    screen = start()
    screen.type('load m = "m.png"\n')
    assert "read as ImgQL 1" in screen.await_("2> ")
