"""`voxlogica repl` with its input from a pipe: values only, and the `:` commands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("dots")


def repl(text: str, *options: str, status: int = 0) -> tuple[str, str]:
    """What a session writes on standard output and error."""
    found = subprocess.run(
        [sys.executable, "-m", "voxlogica", "repl", "--no-cache", *options],
        input=text,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert found.returncode == status, found.stderr
    return found.stdout, found.stderr


def test_expressions_show_their_values_and_declarations_nothing():
    out, error = repl('let x = 3\nx * 2\n"a" \n[x, 1]\n1 < 2\nlet y = 2 in y + x\nprint "p" x\n')
    assert (out, error) == ('6\n"a"\n[3, 1]\ntrue\n5\np=3\n', "")


def test_an_image_is_its_type_size_spacing_and_range_or_volume():
    out, _ = repl(':load m "dots.png"\nm\nintensity(m) > 3\n[m, m]\n')
    assert out == (
        "model 5×4, spacing 1×1 px, 0 … 200\n"
        "valuation(bool) 5×4, spacing 1×1 px, 3 of 20 voxels\n"
        "[0] of 2 model 5×4, spacing 1×1 px, 0 … 200\n"
        "[1] of 2 model 5×4, spacing 1×1 px, 0 … 200\n"
    )


def test_images_among_other_values_are_shown_as_they_are_by_themselves():
    loading = ':load m "dots.png"\nlet v = intensity(m)\n'
    out, error = repl(f'{loading}[1, v > 3]\n["a", [m, [v]], true]\n')
    assert (error, out.splitlines()) == (
        "",
        [
            "[1, valuation(bool) 5×4, spacing 1×1 px, 3 of 20 voxels]",
            '["a", [model 5×4, spacing 1×1 px, 0 … 200,'
            " [valuation(number) 5×4, spacing 1×1 px, 0 … 200]], true]",
        ],
    )


def test_an_input_goes_on_in_the_next_line_where_it_cannot_end():
    text = (
        "1 +\n\n 2\n(1\n+ 2)\nfor i in\nrange(0, 3)\ndo i\nlet f(\na) = a\nf(\n4)\n:type [1,\n2]\n"
    )
    assert repl(text) == ("3\n3\n[0, 1, 2]\n4\nsequence(number)\n", "")


def test_after_an_error_the_session_goes_on_and_the_status_tells():
    out, error = repl("let x = 1\nnothing\nlet x = zero\nx\n)\n1 +", status=1)
    assert out == "1\n"
    assert [line for line in error.splitlines() if "error" in line] == [
        "input 2:1:1: error: unknown name `nothing`",
        "input 3:1:9: error: unknown name `zero`",
        "input 5:1:1: error: `)` closes no bracket",
        "input 6:1:3: error: an operand is missing after `+`",
    ]


def test_types_plans_and_what_was_declared():
    out, _ = repl(
        'load m = "dots.png"\nlet f(a) = a\nlet r = near(intensity(m) >. 1)\n'
        ":type r\n:type f\n:type map(f, [r])\n:vars\n:plan volume(r)\n"
    )
    lines = out.splitlines()
    assert lines[:3] == ["valuation(bool)", "function", "sequence(valuation(bool))"]
    assert lines[3:6] == ["m: model", "f(a)", "r: valuation(bool)"]
    assert any("= near(" in line for line in lines)
    assert "show  %" in lines[-1]


def test_images_are_saved_and_loaded():
    out, _ = repl(
        ':load m "dots.png"\n:save "out/r.png" intensity(m) > 1\n'
        'save "out/n.nii" intensity(m)\n:load r = "out/r.png"\nmax(intensity(r))\n'
    )
    assert out == "255\n"
    assert Path("out/n.nii").is_file()


def test_loading_by_the_command_leaves_the_reading_and_by_the_language_does_not():
    text = '10 - 3 - 2\n:load m "dots.png"\n10 - 3 - 2\nload n = "dots.png"\n10 - 3 - 2\n'
    assert repl(text)[0] == "5\n5\n9\n"
    assert repl(text, "--dialect", "2")[0] == "5\n5\n5\n"
    assert repl(text, "--dialect", "1")[0] == "9\n9\n9\n"


def test_time_tells_what_was_computed_and_what_was_there():
    out, _ = repl(':load m "dots.png"\nlet r = near(intensity(m) >. 1)\nr\n:time volume(r)\n')
    assert out.splitlines()[1] == "15"
    assert out.splitlines()[2].endswith("operations 1 computed, 1 had already")


def test_reset_forgets_and_quit_ends():
    out, error = repl("let k = 1\n:reset\nk\n:quit\n2\n", status=1)
    assert out == ""
    assert "unknown name `k`" in error


def test_commands_may_be_cut_short_and_unknown_ones_are_told():
    out, error = repl(":ty 1\n:t 1\n:tpye 1\n:ops nearly-nothing\n:save\n:load\n:type\n", status=1)
    assert out == "number\n"
    assert error.count("error: ") == 6
    assert "this may be :type or :time" in error
    assert "did you mean `:type`?" in error


def test_a_name_alone_says_not_what_to_load():
    assert "this does not say what to load" in repl(":load dots\n", status=1)[1]
    assert repl(':load d dots.png\n:load e=dots.png\n:load f"dots.png"\n') == ("", "")


def test_commands_without_their_colon_are_told():
    out, error = repl("exit\nlet help = 3\nhelp\n", status=1)
    assert out == "3\n"
    assert "unknown name `exit`" in error
    assert "commands of the session have a colon: `:quit`" in error


def test_the_manual_is_at_hand():
    out, _ = repl(":ops near\n:help\n")
    assert out.startswith("near(region: valuation(bool)) → valuation(bool)\n")
    assert ":quit" in out


def test_variables_are_replaced():
    assert repl('load m = "$NAME.png"\nvolume(intensity(m) >. 1)\n', "-D", "NAME=dots")[0] == "3\n"


def test_warnings_come_once_with_the_input_that_gives_them():
    Path("old.png").write_bytes(Path("dots.png").read_bytes())
    _, error = repl(':load m "old.png"\nsave "old.png" intensity(m)\n1\nvolume(tt)\n')
    assert error.count("warning") == 1


def test_bytes_that_are_no_text_and_a_closed_input_break_nothing():
    command = [sys.executable, "-m", "voxlogica", "repl", "--no-cache"]
    found = subprocess.run(
        command, input=b'\xff\n"caf\xc3\xa9"\n', capture_output=True, check=False
    )
    assert (found.returncode, found.stdout) == (1, '"café"\n'.encode())
    assert b"broke down" not in found.stderr
    closed = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", *command], capture_output=True, check=False
    )
    assert (closed.returncode, closed.stdout, closed.stderr) == (0, b"", b"")


def test_misuse_is_told():
    found = subprocess.run(
        [sys.executable, "-m", "voxlogica", "repl", "--cache", "a", "--no-cache"],
        capture_output=True,
        check=False,
    )
    assert found.returncode == 2


def test_a_sequence_is_saved_though_not_all_of_it_is_nested_as_deep():
    repl(':load m "dots.png"\n:save "o.nii" [m, [intensity(m), m > 3]]\n')
    assert {p.name for p in Path().glob("o*")} == {"o_000.nii", "o_001_000.nii", "o_001_001.nii"}
