"""Notes beside what a terminal shows."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress

from voxlogica.cli.progress import above, note


def test_a_note_is_a_line_of_standard_error_and_shows_what_cannot_be_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    note("computed by\x1b[2J 2 workers")
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("note: computed by")
    assert told.err.endswith(" 2 workers\n")
    assert "\x1b" not in told.err


def test_above_a_bar_it_breaks_between_words_and_the_bar_comes_after_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shown = StringIO()
    console = Console(file=shown, force_terminal=True, width=30, color_system=None)
    said = "computed by [bold]2 workers[/bold] of the cluster at tcp://10.0.0.1:8786 :smile:"
    with Progress("the bar", console=console, auto_refresh=False) as progress:
        progress.add_task("")
        progress.refresh()
        with above(console):
            note(said)
    words = r"\s+".join(map(re.escape, f"note: {said}".split()))
    before, line, after = re.split(rf"({words})\n", shown.getvalue())
    assert max(map(len, line.split("\n"))) <= 30
    assert "the bar" in before
    assert "the bar" in after
    note("again")
    assert capsys.readouterr().err == "note: again\n"
