"""Whatever is entered in a session is carried out, or said to be wrong in its own words.

Inputs are made at random of right pieces put together without regard for types, and of texts with a
character changed.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

BEFORE = [
    *(':load m "dots.png"', "let v = intensity(m)", "let r = v > 100", "let s = [1, 2, 3]"),
    *("let f(a) = a + 1", "let g(a, b) = a & b", 'import "simpleitk"', 'import "arrays"'),
]
ATOMS = (
    *("1", "-2.5", "0", "true", "false", '"a"', '"dots.png"', "m", "v", "r", "s", "t", "f", "g"),
    *("tt", "x", "border", "[]", "[1, 2]", '[1, "a"]', "[m, v]", "[r, 1]", "[f]", "near", "+"),
    *("1e300", "1/0", "$stem", "$gone", "range(3)", 'ReadImage("dots.png")', "i", "h"),
)
OPERATORS = (
    *("+", "-", "*", "/", "<", ">", "<=", ">=", "==", "!=", "&", "|", "&&", "||", ".<", ".+."),
    *("+.", "-.", ">.", "<.", "~>", "\\", ".&.", "~", "++"),
)
FUNCTIONS = (
    *("volume", "max", "min", "avg", "dt", "near", "not", "constant", "f", "g", "h", "concat"),
    *(
        "format_string",
        "range",
        "map",
        "append",
        "index",
        "subsequence",
        "argmax",
        "ReadImage",
        "Median",
    ),
    *("otsu", "percentiles", "crossCorrelation", "dilate", "smoothen", "between", "rgb", "dir"),
    *("overlay", "intensity", "red", "dice_score", "count_pixels", "vector_uint32", "lcc"),
    *("MinimumMaximum", "Statistics", "maxvol", "through", "ifB", "ifN", "mask", "WriteImage"),
    *("bconstant", "array_stats", "confusion_matrix"),
)
STRAY = [*"()\"[],=;\\\0é\u200b{}$.#'", "//", "let", "do", " in ", "${", ".."]


def expression(choose: random.Random, depth: int) -> str:
    def part() -> str:
        return expression(choose, depth - 1)

    if depth <= 0:
        return choose.choice(ATOMS)
    several = ", ".join(part() for _ in range(choose.choice([0, 1, 1, 2, 2, 3, 3, 4, 7])))
    return choose.choice(
        [
            *[choose.choice(ATOMS)] * 4,
            *[f"{part()} {choose.choice(OPERATORS)} {part()}"] * 4,
            *[f"{choose.choice(FUNCTIONS)}({several})"] * 5,
            *(f"!{part()}", f"N {part()}", f"[{several}]", f"[{several}]", f"({part()})"),
            *(f"({part()})[{part()}]", f"({part()})[{part()}:{part()}]"),
            f"for i in {part()} do {part()}",
            f"filter i in {part()} do {part()}",
            f"fold {choose.choice(['+', '*', 'min', '&&', 'f', 'near'])} {part()}",
            f"let h = {part()} in {part()}",
        ]
    )


def entered(choose: random.Random) -> str:
    text = expression(choose, choose.randrange(1, 4))
    at = choose.randrange(len(text) + 1)
    changed = text[:at] + choose.choice(STRAY) + text[at + choose.randrange(2) :]
    return choose.choice(
        [
            *[text] * 6,
            changed,
            *(
                f"let {choose.choice('stqh')} = {text}",
                f"let {choose.choice('fgh')}(a, b) = {text}",
            ),
            *(f'print "a" {text}', f'save "o.nii" {text}', f':save "o.png" {text}'),
            *(f":type {text}", f":plan {text}", f":time {text}"),
            choose.choice([":vars", ":reset", ":load", "::", ":ops near", ":help", *BEFORE]),
        ]
    )


@pytest.mark.usefixtures("dots")
@pytest.mark.parametrize(
    ("seed", "count"),
    [(0, 60), *(pytest.param(seed, 1500, marks=pytest.mark.slow) for seed in range(1, 4))],
)
def test_no_exception_of_pythons_is_shown(seed, count):
    choose = random.Random(seed)
    lines = [*BEFORE, *(entered(choose).replace("\n", " ") for _ in range(count))]
    Path("input.txt").write_text("\n".join(lines), encoding="utf-8", newline="\n")
    with Path("input.txt").open("rb") as text:
        done = subprocess.run(
            [sys.executable, "-m", "voxlogica", "repl", "--no-cache", "-j", "1", "--debug"],
            stdin=text,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            check=False,
        )
    assert done.returncode in (0, 1)
    assert "broke down" not in done.stderr
    assert "Traceback" not in done.stderr
    # It went on to the end.
    assert f"input {count // 2}" in done.stderr
