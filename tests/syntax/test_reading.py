"""Our loop over Lark's tables does what Lark's does."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lark import Lark, Transformer, UnexpectedInput

from voxlogica.syntax import tables
from voxlogica.syntax.reading import Reading

LOG: list[tuple[str, list[Any]]] = []


def note(rule: str, parts: list[Any]) -> str:
    told = [str(p) if not hasattr(p, "end_pos") else (p.type, p.start_pos, p) for p in parts]
    LOG.append((rule, told))
    return f"{rule}{len(LOG)}"


class LarkRecorder(Transformer[Any, None]):
    """Notes each rule of a tree that Lark made, and what its parts are."""

    def __default__(self, data: Any, children: list[Any], meta: Any) -> Any:
        return note(str(data), children)


class AnyRule(type):
    """A class with a method for each rule that there may be."""

    def __getattr__(cls, rule: str) -> Any:
        if not rule:
            raise AttributeError(rule)
        return lambda _, parts: note(rule, parts)


class Recorder(metaclass=AnyRule):
    """Notes each rule as it is read, and what its parts are."""


@cache
def lark() -> Lark:
    return tables.explaining()


@cache
def reading() -> Reading[Recorder]:
    return Reading(tables.tables(), Recorder)


def by_lark(text: str) -> tuple[bool, list[Any]]:
    LOG.clear()
    try:
        LarkRecorder().transform(lark().parse(text, start="start"))
    except UnexpectedInput:
        return False, []
    return True, list(LOG)


def by_us(text: str) -> tuple[bool, list[Any]]:
    LOG.clear()
    whole = reading().read(text, 0, Recorder())
    return whole, list(LOG) if whole else []


PIECES = (
    *("let ", "load ", "print ", "save ", "import ", "let", "letter", "a", "f", "x.y", "_z", "é"),
    *("=", " = ", "==", "(", ")", ",", "[", "]", "&", "!", "-", ".<=.", "/", "//", ".", "#"),
    *("N", "NEG", "B+", "Foo", "ReadImage", "3", "2.5e1", "1.", '"s"', '"', "$"),
    *(" ", "\n", "\t", "\r\n", "\xa0", "\f", "// let a = 1\n", "\na = ", "\n  f(a, b) = ", "\n=& "),
)
COMMANDS = (
    "let a = 1\n",
    "let f(a,b)=!a & b\n",
    'load i = "x.nii"\n',
    "b = f(a, [1, 2][0]) ~[3,4] -2\n",
    'print "l" N a\n',
    'save "s" (a)',
    "  Foo = a SUM 4 // c\n",
    "let N(x) = x",
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from((*COMMANDS, *PIECES)), max_size=14).map("".join))
@example("")
@example(" \n// only a comment")
@example("let letter = lets\nlet let_ = 1")
@example("letter = 1\n let b == 2")
@example("let a = b letter = 3")
@example("let a = 1\nlet =b = f(a, [1, 2][0]) ~[3,4] -2\n")
def test_any_text_is_read_alike(text: str) -> None:
    assert by_us(text) == by_lark(text)


@pytest.mark.parametrize("text", COMMANDS)
def test_commands_are_read(text: str) -> None:
    whole, log = by_us(text)
    assert whole
    assert log


def test_a_text_is_read_from_where_one_is_told() -> None:
    text = "let ) = 1\nlet a = b"
    assert not reading().read(text, 0, Recorder())
    LOG.clear()
    assert reading().read(text, text.index("\n"), Recorder())
    assert LOG[-1][0] == "start"


def test_tables_that_are_shipped_are_those_that_are_made(tmp_path, monkeypatch):
    grammar = (tables.grammar_folder() / "imgql.lark").read_text(encoding="utf-8")
    (tmp_path / "imgql.lark").write_text(grammar)
    monkeypatch.setattr(tables, "grammar_folder", lambda: tmp_path)
    text = 'let f(x) = !x & near(x)\nprint "a" volume(f(tt))\n'
    made, read = tables.explaining().parse(text, start="start"), tables.tables()
    tables.ship(tmp_path)
    shipped = tables.explaining()
    assert shipped.source_path == "<deserialized>"
    assert shipped.parse(text, start="start") == made
    assert tables.tables() == json.loads(json.dumps(read))
    (tmp_path / "imgql.lark").write_text(grammar + "\n// another\n")
    assert tables.explaining().source_path != "<deserialized>"


def test_tables_of_another_grammar_are_not_read_by(tmp_path, monkeypatch):
    grammar = (tables.grammar_folder() / "imgql.lark").read_text(encoding="utf-8")
    (tmp_path / "imgql.lark").write_text(grammar)
    tables.ship(tmp_path)
    (tmp_path / "imgql.lark").write_text(grammar.replace('"let"', '"define"'))
    monkeypatch.setattr(tables, "grammar_folder", lambda: tmp_path)
    other = Reading(tables.tables(), Recorder)
    assert other.read("define a = 1", 0, Recorder())
    assert not other.read("let a = 1", 0, Recorder())
