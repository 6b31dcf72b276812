"""Reading a text by the tables that Lark makes of a grammar, in a loop with nothing beside it.

Lark's own loop serves every kind of parser and lexer, and keeps what it needs to explain an error.
For a text without errors this one does the same in a third of the time, and needs no Lark; where it
cannot go on, it says so, and Lark tells why.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Generic, TypeAlias, TypedDict, TypeVar

_END = "$END"

# Who collects what is read.
B = TypeVar("B")
Action: TypeAlias = Callable[[B, list[Any]], Any]
# How its next terminal looks, as a number among the patterns; the words that are keywords instead,
# by the terminal that they look like; what a terminal leads to: a state, or ~n for having read rule
# n; and the state after a rule.
State: TypeAlias = tuple[int, dict[str, dict[str, str]], dict[str, int], dict[str, int]]
# Its action, if it has one; how many parts it has, and which of them the action gets, None for all:
# -1 - n for what a repetition at n has gathered; whether one part alone stands for it; its name.
Rule: TypeAlias = tuple[str | None, int, list[int] | None, bool, str]


class Tables(TypedDict):
    """What `voxlogica.syntax.tables` makes of a grammar; states to begin and end with by rule."""

    patterns: list[str]
    flags: int
    states: list[State]
    rules: list[Rule]
    starts: dict[str, tuple[int, int]]


class Word(str):
    """A piece of the text that is a terminal of the grammar."""

    __slots__ = ("end_pos", "start_pos", "type")

    type: str
    start_pos: int
    end_pos: int


class Reading(Generic[B]):
    """What `Lark.parse` does to a text, for an LALR grammar with a contextual lexer.

    The actions are methods of a builder, named as the rules, as of a transformer; they get a `Word`
    where Lark's would give a `Token`. A rule without an action gives the list of its parts.
    """

    def __init__(self, tables: Tables, builder: type[B]) -> None:
        self._patterns, self._flags = tables["patterns"], tables["flags"]
        self._matches: list[Callable[[str, int], re.Match[str] | None] | None]
        self._matches = [None] * len(self._patterns)
        self._states, self._starts = tables["states"], tables["starts"]
        self._rules = [
            (_done(getattr(builder, action or "", _gathered), kept, alone), size, name)
            for action, size, kept, alone, name in tables["rules"]
        ]

    def read(self, text: str, at: int, builder: B, start: str = "start") -> bool:
        """Have the builder act on all from `at` to the end; whether that was grammatical.

        `start` is the rule that the text is to follow. Where it does not, the actions of what was
        read before have been done.
        """
        begin, end = self._starts[start]
        states, rules, matches = self._states, self._rules, self._matches
        stack, values = [begin], list[Any]()
        while True:
            pattern, keywords, leads_to, _ = states[stack[-1]]
            found = (matches[pattern] or self._match(pattern))(text, at)
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
            to = leads_to.get(name)
            while to is not None and to < 0:
                action, size, rule = rules[~to]
                if size:
                    parts = values[-size:]
                    del stack[-size:], values[-size:]
                else:
                    parts = []
                values.append(action(builder, parts))
                state = states[stack[-1]][3][rule]
                if word is None and state == end:
                    return True
                stack.append(state)
                to = states[state][2].get(name)
            if to is None:
                return False
            stack.append(to)
            values.append(word)

    def _match(self, pattern: int) -> Callable[[str, int], re.Match[str] | None]:
        """Compile a pattern, when a text first comes to it."""
        match = re.compile(self._patterns[pattern], self._flags).match
        self._matches[pattern] = match
        return match


def _gathered(_: Any, parts: list[Any]) -> list[Any]:
    return parts


def _done(action: Action[B], kept: list[int] | None, alone: bool) -> Action[B]:
    """What is done when a rule has been read: its action, with the parts that matter."""

    def of_kept(builder: B, parts: list[Any]) -> Any:
        if kept is not None:
            chosen = list[Any]()
            for at in kept:
                if at < 0:
                    chosen += parts[~at]
                else:
                    chosen.append(parts[at])
            parts = chosen
        return parts[0] if alone and len(parts) == 1 else action(builder, parts)

    return action if kept is None and not alone else of_kept
