"""The parser's tables: made of the grammar by Lark when the package is built, shipped as data.

There are two, as JSON. Those that texts are read by need no Lark. What `Lark.load` takes, two
dictionaries as Lark serializes them, tells what is wrong with a text. They are of one grammar and
of one version of Lark; where either is another, in a checkout that changed since or beside another
Lark, they are made anew.
"""

from __future__ import annotations

import json
import re
from collections import deque
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxlogica.syntax.reading import Rule, State, Tables

if TYPE_CHECKING:
    from lark import Lark
    from lark import grammar as lark_grammar
    from lark.lexer import TerminalDef

# A program, or an expression whose value is asked for: the rules of the grammar to begin with.
STARTS = ["start", "shown"]
READING, EXPLAINING = "reading.json", "tables.json"


def grammar_folder() -> Path:
    """Where the grammar is: inside the package where it is installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    installed = package / "grammar"
    return installed if installed.is_dir() else package.parent / "grammar"


def tables() -> Tables:
    """What texts are read by."""
    grammar = _grammar()
    shipped = _shipped(READING)
    if shipped.get("of") == _digest(grammar):
        made: Tables = shipped["tables"]
        return made
    return _tables(_made(grammar))


def explaining() -> Lark:
    """Lark's parser for the grammar, which tells what is wrong with a text."""
    import lark

    grammar = _grammar()
    shipped = _shipped(EXPLAINING)
    if shipped.get("of") != f"{lark.__version__} {_digest(grammar)}":
        return _made(grammar)
    return lark.Lark.load(_numbered({"data": shipped["data"], "memo": shipped["memo"]}))


def ship(folder: Path) -> None:
    """Write both beside the grammar that is in this folder, unless they are there."""
    import lark
    from lark.grammar import Rule
    from lark.lexer import TerminalDef

    grammar = (folder / "imgql.lark").read_text(encoding="utf-8")
    made = _made(grammar)
    read = _tables(made)
    data, memo = made.memo_serialize([TerminalDef, Rule])
    digest = _digest(grammar)
    for name, content in (
        (READING, {"of": digest, "tables": read}),
        (EXPLAINING, {"of": f"{lark.__version__} {digest}", "data": data, "memo": memo}),
    ):
        text, file = json.dumps(content, sort_keys=True), folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")


def _grammar() -> str:
    return (grammar_folder() / "imgql.lark").read_text(encoding="utf-8")


def _shipped(name: str) -> dict[str, Any]:
    try:
        shipped: dict[str, Any] = json.loads((grammar_folder() / name).read_bytes())
    except FileNotFoundError:
        return {}
    return shipped


def _numbered(table: Any) -> Any:
    """Dictionaries from numbers, which JSON writes as texts."""
    if isinstance(table, list):
        return [*map(_numbered, table)]
    if not isinstance(table, dict):
        return table
    numbers = all(map(str.isdecimal, table))
    return {int(key) if numbers else key: _numbered(value) for key, value in table.items()}


def _digest(grammar: str) -> str:
    return sha256(grammar.encode()).hexdigest()


def _made(grammar: str) -> Lark:
    from lark import Lark

    return Lark(
        grammar,
        parser="lalr",
        start=STARTS,
        lexer="contextual",
        propagate_positions=False,
        maybe_placeholders=False,
    )


def _tables(lark: Lark) -> Tables:
    """The tables that `Reading` reads by, from Lark's, whose states get other numbers."""
    from lark.parsers.lalr_analysis import Shift

    conf = _in_order(lark)
    terminals = {terminal.name: terminal for terminal in lark.terminals}
    skipped = [one for name, one in terminals.items() if name in lark.lexer_conf.ignore]
    patterns: dict[str, int] = {}
    rules: dict[lark_grammar.Rule, int] = {}
    states: list[State] = []
    for leads_to in conf.states.values():
        accepted = [terminals[name] for name in leads_to if name in terminals]
        words, keywords = _told_apart(accepted, lark.options.g_regex_flags)
        pattern = patterns.setdefault(_pattern(words, skipped), len(patterns))
        by_terminal: dict[str, int] = {}
        after: dict[str, int] = {}
        for name, (action, where) in leads_to.items():
            if action is not Shift:
                by_terminal[str(name)] = ~rules.setdefault(where, len(rules))
            else:
                (by_terminal if name in terminals else after)[str(name)] = where
        states.append((pattern, keywords, by_terminal, after))
    return Tables(
        patterns=[*patterns],
        flags=int(lark.options.g_regex_flags | re.MULTILINE),
        states=states,
        rules=[*map(_rule, rules)],
        starts={start: (conf.start_states[start], conf.end_states[start]) for start in STARTS},
    )


def _in_order(lark: Lark) -> Any:
    """Lark's table of states, numbered as they are reached.

    Lark numbers them by where they are in memory: no two builds would be the same.
    """
    from lark.parsers.lalr_analysis import Shift

    table = lark.parse_interactive("", STARTS[0]).parser_state.parse_conf.parse_table
    numbers: dict[int, int] = {}
    waiting = deque(table.start_states[start] for start in STARTS)
    while waiting:
        state = waiting.popleft()
        if state not in numbers:
            numbers[state] = len(numbers)
            leads_to = sorted(table.states[state].items())
            waiting += [where for _, (action, where) in leads_to if action is Shift]
    table.states = {
        number: {
            name: (action, numbers[where] if action is Shift else where)
            for name, (action, where) in sorted(table.states[state].items())
        }
        for state, number in numbers.items()
    }
    for states in (table.start_states, table.end_states):
        states.update({start: numbers[state] for start, state in states.items()})
    return table


def _rule(rule: lark_grammar.Rule) -> Rule:
    """What becomes of a rule's parts, as in Lark: some signs are left out, repetitions joined."""
    kept: list[int] = []
    for at, part in enumerate(rule.expansion):
        if not part.is_term and part.name.startswith("_"):
            kept.append(~at)
        elif not getattr(part, "filter_out", False):
            kept.append(at)
    size, name = len(rule.expansion), str(rule.origin.name)
    action = None if name.startswith("_") else str(rule.alias or name)
    alone = bool(rule.options.expand1 and not rule.alias)
    return action, size, None if kept == [*range(size)] else kept, alone, name


def _told_apart(
    accepted: list[TerminalDef], flags: int
) -> tuple[list[TerminalDef], dict[str, dict[str, str]]]:
    """The terminals to look for, in turn, and the keywords among what looks like a name."""
    from lark.lexer import PatternStr

    keywords: dict[str, dict[str, str]] = {}
    told: set[str] = set()
    for terminal in accepted:
        if isinstance(terminal.pattern, PatternStr):
            text = terminal.pattern.value
            for other in accepted:
                if (
                    not isinstance(other.pattern, PatternStr)
                    and other.priority == terminal.priority
                    and re.fullmatch(other.pattern.to_regexp(), text, flags)
                ):
                    keywords.setdefault(other.name, {})[text] = terminal.name
                    told.add(terminal.name)
    words = [terminal for terminal in accepted if terminal.name not in told]
    # As in Lark: what is more important, then what may be longer.
    words.sort(key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    return words, keywords


def _pattern(words: list[TerminalDef], skipped: list[TerminalDef]) -> str:
    """The next word after as little as must be skipped; no word is the end of the text."""
    skip = "|".join(terminal.pattern.to_regexp() for terminal in skipped)
    either = [f"(?P<{terminal.name}>{terminal.pattern.to_regexp()})" for terminal in words]
    ways = "|".join([*either, r"\Z"])
    return f"(?>{skip})*?(?:{ways})"
