"""Reading a text by the tables that Lark makes of a grammar, in a loop with nothing beside it.

Lark's own loop serves every kind of parser and lexer, and keeps what it needs to explain an error.
For a text without errors this one does the same in a third of the time; where it cannot go on, it
says so, and Lark tells why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from lark import Lark
from lark.lexer import PatternStr, TerminalDef
from lark.parsers.lalr_analysis import Shift

_END = "$END"


class Word(str):
    """A piece of the text that is a terminal of the grammar."""

    __slots__ = ("end_pos", "start_pos", "type")

    type: str
    start_pos: int
    end_pos: int


class _Reduction(NamedTuple):
    """What to do when a rule has been read: call its action with what its parts gave."""

    action: Callable[[list[Any]], Any]
    size: int
    rule: str


class _State(NamedTuple):
    """A state of the parser: how its next terminal looks, and what that, or a rule, leads to.

    `keywords` are, by the terminal that they look like, the terminals that some words are instead.
    """

    match: Callable[[str, int], re.Match[str] | None]
    keywords: dict[str, dict[str, str]]
    actions: dict[str, _State | _Reduction]
    after: dict[str, _State]


class Reading:
    """What `Lark.parse` does to a text, for an LALR grammar with a contextual lexer.

    The actions are those of the transformer that the parser was made with; they get a `Word` where
    Lark's would give a `Token`. `start` is the rule that the text is to follow.
    """

    def __init__(self, lark: Lark, start: str = "start") -> None:
        conf = lark.parse_interactive("", start).parser_state.parse_conf
        terminals = {terminal.name: terminal for terminal in lark.terminals}
        ignored = set(lark.lexer_conf.ignore)
        flags = lark.options.g_regex_flags
        states: dict[Any, _State] = {}
        for state, leads_to in conf.states.items():
            accepted = [terminals[name] for name in leads_to if name in terminals]
            words, keywords = _told_apart(accepted, flags)
            skipped = [terminal for terminal in terminals.values() if terminal.name in ignored]
            match = re.compile(_pattern(words, skipped), flags | re.MULTILINE).match
            states[state] = _State(match, keywords, {}, {})
        for state, leads_to in conf.states.items():
            for name, (action, where) in leads_to.items():
                if action is not Shift:
                    rule = str(where.origin.name)
                    reduction = _Reduction(conf.callbacks[where], len(where.expansion), rule)
                    states[state].actions[str(name)] = reduction
                else:
                    to = states[state].actions if name in terminals else states[state].after
                    to[str(name)] = states[where]
        self._start, self._end = states[conf.start_state], states[conf.end_state]

    def read(self, text: str, start: int) -> bool:
        """Do what the grammar's actions say, from `start` to the end; whether all was grammatical.

        Where not, the actions of what was read before have been done.
        """
        stack, values = [self._start], list[Any]()
        at = start
        while True:
            match, keywords, actions, _ = stack[-1]
            found = match(text, at)
            if found is None:
                return False
            name = found.lastgroup
            word: Word | None = None
            if name is None:
                name = _END
            else:
                word = Word(found[name])
                if name in keywords:
                    name = keywords[name].get(word, name)
                word.type = name
                word.start_pos, at = found.span(found.lastindex or 0)
                word.end_pos = at
            action = actions.get(name)
            while action.__class__ is _Reduction:
                call, size, rule = action
                if size:
                    parts = values[-size:]
                    del stack[-size:], values[-size:]
                else:
                    parts = []
                values.append(call(parts))
                state = stack[-1].after[rule]
                if word is None and state is self._end:
                    return True
                stack.append(state)
                action = state.actions.get(name)
            if action is None:
                return False
            stack.append(action)  # type: ignore[arg-type]
            values.append(word)


def _told_apart(
    accepted: list[TerminalDef], flags: int
) -> tuple[list[TerminalDef], dict[str, dict[str, str]]]:
    """The terminals to look for, in turn, and the keywords among what looks like a name."""
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
