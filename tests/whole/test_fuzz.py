"""No text whatever makes the tool print a traceback or hang: it runs, or says what is wrong."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voxlogica.cli.commands import voxlogica as command
from voxlogica.language.libraries import SHIPPED

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted([*ROOT.glob("examples/*/*.imgql"), *SHIPPED.glob("*.imgql")])

# What programs are made of, and what they are not.
WORDS = (
    *("let", "load", "import", "save", "print", "x", "img", "f(a)", "(", ")", "[", "]", ",", "="),
    *('"a.nii"', '"$X"', '"out.png"', '"', "//", "3", "-2.5", "1e9", "true", "\n", " ", "\t", "é"),
    *("param", "x: number", "x =", "from", "to", "from 1 to 2", "assert", '"$x"', ":", "[1, 2]"),
    *("near", "through", "touch", "volume", "tt", "border", "intensity", "crossCorrelation", "dt"),
    *("&", "|", "!", "~>", ".<=.", "+", "-", "*.", ">.", "N", "T", "B+", "~", "#", "in", "for"),
    *("\0", "\x1b", "🧠", "\u202e", "0x1", "1.", ".5", "_", "a_b", "a.b", "ReadImage", "{", "}"),
)


def run_without_a_traceback(text: str | bytes, tmp_path: Path) -> None:
    program = tmp_path / "fuzz.imgql"
    program.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    result = CliRunner().invoke(command, ["run", str(program)])
    said = result.stderr + result.stdout
    assert result.exit_code in (0, 1), said
    assert result.exception is None or isinstance(result.exception, SystemExit), said
    assert "Traceback" not in said
    assert "defect" not in said
    if result.exit_code == 1:
        assert re.search(r"error: ", said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("fuzz")


fuzzing = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@fuzzing
@given(text=st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))
def test_words_of_the_language_in_any_order(text, folder, monkeypatch):
    monkeypatch.chdir(folder)
    run_without_a_traceback(text, folder)


@fuzzing
@given(data=st.binary(max_size=300))
def test_any_bytes(data, folder, monkeypatch):
    monkeypatch.chdir(folder)
    run_without_a_traceback(data, folder)


@fuzzing
@given(program=st.sampled_from(PROGRAMS), data=st.data())
def test_mutations_of_real_programs(program, data, folder, monkeypatch):
    """A few stretches of a program are deleted, doubled, swapped or replaced by other words."""
    monkeypatch.chdir(folder)
    text = program.read_text(encoding="utf-8")
    for _ in range(data.draw(st.integers(1, 4))):
        a, b = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        b = min(b, a + 30)
        middle = data.draw(
            st.sampled_from(["", text[a:b] * 2, text[a:b][::-1]]) | st.sampled_from(WORDS)
        )
        text = text[:a] + middle + text[b:]
    run_without_a_traceback(text, folder)
