"""The documentation's programs run, and print what it says they print."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

import voxlogica
from voxlogica import running
from voxlogica.syntax.printer import value_text

ROOT = Path(__file__).parents[2]
SESSION = re.compile(r"```repl\n(.*?)```", re.DOTALL)
EXAMPLE = re.compile(r"```imgql\n(.*?)```(?:\n+```text\n(.*?)```)?", re.DOTALL)
DEFINITION = re.compile(r"-D (\w+)=(\S+)")


def examples():
    for page in sorted([ROOT / "README.md", *(ROOT / "doc").glob("*.md")]):
        text = page.read_text(encoding="utf-8")
        for found in EXAMPLE.finditer(text):
            line = text.count("\n", 0, found.start()) + 2
            yield pytest.param(found.group(1), found.group(2), id=f"{page.name}:{line}")


@pytest.fixture
def images(tmp_path, monkeypatch):
    """The images that the pages speak of."""
    runpy.run_path(str(ROOT / "doc" / "make_images.py"))["main"](tmp_path)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("program", "printed"), list(examples()))
def test_the_examples_of_the_documentation_run(program, printed, images, tmp_path):
    """With the variables that a first line such as `// voxlogica run a.imgql -D N=1` defines."""
    (tmp_path / "example.imgql").write_text(program)
    definitions = dict(DEFINITION.findall(program.partition("\n")[0]))
    report = running.run(["example.imgql"], definitions=definitions)
    lines = [f"{p.name}={value_text(p.value)}\n" for p in report.prints]
    assert "".join(lines) == (printed or "")


def sessions():
    for page in sorted((ROOT / "doc").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for found in SESSION.finditer(text):
            line = text.count("\n", 0, found.start()) + 2
            yield pytest.param(found.group(1), id=f"{page.name}:{line}")


@pytest.mark.parametrize("conversation", list(sessions()))
def test_the_sessions_of_the_documentation_give_what_is_shown(conversation, images):
    lines = conversation.splitlines(keepends=True)
    found = subprocess.run(
        [sys.executable, "-m", "voxlogica", "repl", "--no-cache"],
        input="".join(line[2:] for line in lines if line.startswith("> ")),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == "".join(line for line in lines if not line.startswith("> "))


def test_what_the_page_about_python_shows_is_what_happens(tmp_path):
    """In a process of its own, and an empty folder: the reader's."""
    page = ROOT / "doc" / "python.md"
    command = [sys.executable, "-W", "error", "-m", "doctest", "-o", "ELLIPSIS", page]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    found = subprocess.run(
        command, capture_output=True, encoding="utf-8", check=False, cwd=tmp_path, env=env
    )
    assert (found.stdout, found.stderr, found.returncode) == ("", "", 0)


def test_the_page_about_python_names_all_that_is_public():
    page = (ROOT / "doc" / "python.md").read_text(encoding="utf-8")
    (table,) = re.findall(r"^## What is public\n\n(.*?)\n\n", page, re.DOTALL | re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", table)) - {"voxlogica"}
    assert named == set(voxlogica.__all__)


@pytest.mark.parametrize("name", ["cases.md", "cluster.md", "study.md", "why.md"])
def test_the_commands_of_a_page_say_what_is_shown(name, tmp_path):
    """If this fails: python doc/make_sessions.py doc/cases.md doc/study.md doc/why.md …"""
    make = runpy.run_path(str(ROOT / "doc" / "make_sessions.py"))
    page = (ROOT / "doc" / name).read_text(encoding="utf-8")
    found = make["written"](page, make["prepared"](tmp_path))
    assert make["alike"](found) == make["alike"](page)
    assert page.count("\n$ ") >= 8


def test_the_numbers_of_the_study_s_sentence_are_told_by_its_commands():
    page = (ROOT / "doc" / "study.md").read_text(encoding="utf-8")
    sentence = [line for line in page.splitlines() if line.startswith("> ")]
    numbers = re.findall(r"\d+\.\d+", " ".join(sentence))
    assert len(numbers) == 10
    said = "".join(re.findall(r"```console\n(.*?)```", page, re.DOTALL))
    said += (ROOT / "examples/study/method.imgql").read_text(encoding="utf-8")
    assert [number for number in numbers if number not in said] == []


def test_the_page_about_cases_shows_what_is_told_of_the_best(tmp_path):
    make = runpy.run_path(str(ROOT / "doc" / "make_sessions.py"))
    folder = make["prepared"](tmp_path)
    page = (ROOT / "doc" / "cases.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^    (voxlogica run \S+/score\.imgql .*\n .* --best .*)$", page, re.M)
    made = f"python -m examples.study.make_inputs > made.txt && {command}"
    env = make["environment"](folder)
    told = subprocess.run(made, shell=True, cwd=folder, env=env, capture_output=True, check=False)
    shown = told.stderr.decode().partition("\n\n")[0].partition("best ")[2].splitlines()
    assert len(shown) > 5
    assert all(f"    {line}\n" in page for line in ["best " + shown[0], *shown[1:]])
    (dice,) = re.findall(r"^dice .*\n.*\n.*\n.*\n", told.stderr.decode(), re.M)
    assert all(f"    {line}\n" in page for line in dice.splitlines())


def test_the_index_of_modules_is_that_of_the_tree():
    """If this fails: python doc/make_index.py"""
    make = runpy.run_path(str(ROOT / "doc" / "make_index.py"))
    page = make["PAGE"].read_text(encoding="utf-8")
    assert page == make["written"](page)
    modules = [m for m in (ROOT / "voxlogica").rglob("*.py") if m.stat().st_size]
    assert page.count("\n| `") >= len(modules)
