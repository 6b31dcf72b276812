"""What Tab completes, for the text before the cursor."""

from __future__ import annotations

from pathlib import Path

import pytest

from voxlogica.cli.repl_terminal import completions

NAMES = ["near", "not", "norm", "my_brain", "arrays.dice", ".<=.", ".<.", ".=", "~>", "B+"]


def completed(before: str) -> list[str]:
    """The lines that Tab may make of one."""
    start, found = completions(
        before, lambda: NAMES, lambda: ["stdlib"], [":type", ":time"], lambda: ["stem", "file", "k"]
    )
    return [before[:start] + text for text in found]


@pytest.mark.parametrize(
    ("before", "lines"),
    [
        ("no", ["norm", "not"]),
        ("let a = nea", ["let a = near"]),
        ("volume(my", ["volume(my_brain"]),
        ("a.b", []),
        ("arrays.d", ["arrays.dice"]),
        ("a .<", ["a .<.", "a .<=."]),
        ("a ~", ["a ~>"]),
        ("a~", ["a~>"]),
        ("fo", ["fold", "for"]),
        (":", [":time", ":type"]),
        (":ty", [":type"]),
        (":type ne", [":type near"]),
        ("", []),
        ("near(", []),
        ("3", []),
        ('import "std', ['import "stdlib']),
        ("par", ["param"]),
        ('print "$s', ['print "$stem']),
        ('load m = "a/${f', ['load m = "a/${file']),
        ("concat($k", ["concat($k"]),
    ],
)
def test_names_operators_keywords_commands_and_libraries(before, lines, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert completed(before) == lines


def test_files_in_strings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("case one").mkdir()
    for name in ("case one/t1.nii.gz", "case one/t2.nii.gz", "cat.png", ".hidden"):
        Path(name).touch()
    assert completed('load x = "ca') == ['load x = "case one/', 'load x = "cat.png']
    assert completed('"case one/t') == ['"case one/t1.nii.gz', '"case one/t2.nii.gz']
    assert completed(f'"{tmp_path}/cat') == [f'"{tmp_path}/cat.png']
    assert completed('"') == ['"case one/', '"cat.png']
    assert completed('"nowhere/') == []
    assert completed('print "a" ne') == ['print "a" near']
