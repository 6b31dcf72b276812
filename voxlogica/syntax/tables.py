"""The parser's tables: made of the grammar by Lark when the package is built, shipped as data.

What is shipped is JSON, what `Lark.load` takes as a dictionary: two dictionaries of numbers and
texts, as Lark serializes them. It is of one grammar and one version of Lark; where either is
another, in a checkout that changed since or beside another Lark, the tables are made anew.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

# A program, or an expression whose value is asked for: the rules of the grammar to begin with.
STARTS = ["start", "shown"]


def grammar_folder() -> Path:
    """Where the grammar is: inside the package where it is installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "grammar"
    return installed if installed.is_dir() else package.parent / "grammar"


def parser_of(actions: Any) -> Lark:
    """Lark's parser for the grammar, whose rules call the actions, or make trees where None."""
    grammar = (grammar_folder() / "imgql.lark").read_text(encoding="utf-8")
    try:
        content = (grammar_folder() / "tables.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        content = "{}"
    shipped = json.loads(content, object_hook=_numbered)
    if shipped.get("of") != _stamp(grammar):
        return _made(grammar, actions)
    data: dict[str, Any] = shipped["data"]
    data["options"]["transformer"] = actions
    return Lark.load({"data": data, "memo": shipped["memo"]})


def tables(grammar: str) -> str:
    """The tables of a grammar, as they are shipped."""
    data, memo = _made(grammar, None).memo_serialize([TerminalDef, Rule])
    return json.dumps({"of": _stamp(grammar), "data": data, "memo": memo}, sort_keys=True)


def _numbered(table: dict[str, Any]) -> dict[Any, Any]:
    """A dictionary from numbers, which JSON writes as texts."""
    if all(map(str.isdecimal, table)):
        return {int(number): value for number, value in table.items()}
    return table


def _stamp(grammar: str) -> str:
    """What tables are of: a grammar and Lark's version."""
    return f"{lark.__version__} {hashlib.sha256(grammar.encode()).hexdigest()}"


def _made(grammar: str, actions: Any) -> Lark:
    return Lark(
        grammar,
        parser="lalr",
        start=STARTS,
        lexer="contextual",
        transformer=actions,
        propagate_positions=False,
        maybe_placeholders=False,
    )
