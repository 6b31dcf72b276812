"""Cells in the language, in a shell of IPython: what they have of its variables, and say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

import voxlogica as vox

Cell = Callable[[str], Any]
RAMP = np.arange(20, dtype=np.float32).reshape(4, 5)


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    found = InteractiveShell()
    found.history_manager.enabled = False
    vox.load_ipython_extension(found)
    yield found
    # What a shell holds stays as long as the process, as a kernel's does.
    found.find_cell_magic("imgql").__self__._session.__exit__()
    InteractiveShell.clear_instance()


@pytest.fixture
def cell(shell, capsys) -> Cell:
    """Carries out a cell, and gives the value at its end; what is wrong with it is raised."""

    def carried_out(text: str) -> Any:
        result = shell.run_cell(text, store_history=True)
        capsys.readouterr()
        result.raise_error()
        return result.result

    return carried_out


class TestVariables:
    """Names that no cell has declared are the notebook's variables, as they are now."""

    @pytest.mark.parametrize(
        "value",
        [
            3,
            2.5,
            True,
            'say "hi"',
            "$HOME\n",
            [1.0, 2.0],
            ['a "b"', ""],
            [],
            [[1.0], []],
            float("inf"),
        ],
    )
    def test_are_what_they_are_in_python(self, shell, cell, value):
        shell.user_ns["v"] = value
        assert cell("%imgql v") == value

    def test_of_numpy_are_numbers_and_lists(self, shell, cell):
        shell.user_ns |= {"n": np.int16(3), "row": np.array([1, 2])}
        assert cell("%imgql n") == 3
        assert cell("%imgql row") == [1, 2]

    def test_that_are_images_or_lists_of_images(self, shell, cell):
        shell.user_ns |= {"k": RAMP, "both": [RAMP, vox.image(RAMP + 100)]}
        assert cell("%imgql max(k)") == 19
        assert cell("%imgql for i in both do max(i)") == [19, 119]

    def test_are_given_anew_when_they_have_another_value(self, shell, cell):
        for value in [1.0, 2.0, -0.0, 0.0, 1.0, True, "1", 1.0, [1.0], [2.0], ["1"]]:
            shell.user_ns["v"] = value
            # In which -0.0 is not 0.0, nor True 1.0.
            assert repr(cell("%imgql v")) == repr(value)

    def test_are_given_anew_after_a_cell_that_would_have_declared_them_and_failed(
        self, shell, cell
    ):
        shell.user_ns["k"] = RAMP
        assert cell("%imgql max(k)") == 19
        with pytest.raises(vox.Error, match="unknown name"):
            cell("%%imgql\nlet k = undefinedthing")
        shell.user_ns["k"] = RAMP + 100
        assert cell("%imgql max(k)") == 119

    def test_give_way_to_what_a_cell_has_declared(self, shell, cell):
        shell.user_ns["k"] = 3
        assert cell("%imgql k") == 3
        assert cell("%%imgql\nlet k = 7\nk") == 7
        shell.user_ns["k"] = 4
        assert cell("%imgql k") == 7

    @pytest.mark.parametrize("value", [None, {"a": 1}, {1, 2}, b"ab", np, object(), 2**53 + 1])
    def test_that_the_language_has_nothing_like_are_told_at_their_place(self, shell, cell, value):
        shell.user_ns["n"] = 3
        assert cell("%imgql n + 1") == 4
        shell.user_ns["n"] = value
        with pytest.raises(vox.Error, match="`n`: ") as told:
            cell("%imgql 1 + n")
        assert told.value.column == 5

    def test_that_can_be_gone_through_once_are_left_alone(self, shell, cell):
        shell.user_ns["n"] = iter([1, 2])
        with pytest.raises(vox.Error, match="can be gone through once"):
            cell("%imgql n")
        assert [*shell.user_ns["n"]] == [1, 2]

    def test_that_are_deleted_are_not_remembered(self, shell, cell):
        shell.user_ns["n"] = 3
        assert cell("%imgql n + 1") == 4
        del shell.user_ns["n"]
        with pytest.raises(vox.Error, match="no variable of the notebook any more"):
            cell("%imgql n + 1")
        shell.user_ns["n"] = 4
        assert cell("%imgql n + 1") == 5

    @pytest.mark.parametrize(
        "text",
        [
            "let f(q) = q + 1\nf(1)",
            "let y = let q = 1 in q + 1\ny",
            "let f(z) = let g(q) = q in g(z + 1)\nf(1)",
            "(for q in [2] do q)[0]",
            "(filter q in [2] do q > 1)[0]",
            "let q = 2\nq",
            '// q\nlet b = "q"\n2',
        ],
    )
    def test_are_not_asked_for_by_names_that_the_text_binds(self, shell, cell, text):
        shell.user_ns["q"] = None
        assert cell(f"%%imgql\n{text}") == 2


class TestOnATerminal:
    """Where there is no HTML, messages are text."""

    TEXT = '%%imgql\nlet a = 2\n\nprint "sum" a + foo'
    TOLD = """\
cell 1:4:17: error: unknown name `foo`
  |
4 | print "sum" a + foo
  |                 ^^^
  = help: did you mean `floor`?
"""

    def shown(self, folder, *options: str) -> str:
        """What a real IPython writes."""
        run = f"_ = get_ipython().run_cell({self.TEXT!r}, store_history=True)"
        program = [sys.executable, "-m", "IPython", "--no-banner", "--ext=voxlogica"]
        told = subprocess.run(
            [*program, *options, "-c", run],
            capture_output=True,
            text=True,
            env={**os.environ, "IPYTHONDIR": str(folder), "VOXLOGICA_CACHE": str(folder)},
        )
        return told.stdout

    def test_they_show_the_line_of_the_cell_and_no_traceback(self, tmp_path):
        assert self.shown(tmp_path, "--colors=nocolor") == self.TOLD

    def test_they_are_in_colours_unless_the_user_wants_none(self, tmp_path):
        coloured = self.shown(tmp_path)
        assert "\x1b[1;31merror:\x1b[0m" in coloured
        assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == self.TOLD
