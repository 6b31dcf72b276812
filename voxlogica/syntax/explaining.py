"""Errors of syntax in the words of who wrote them: what is wrong, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lark import UnexpectedInput, UnexpectedToken

from voxlogica.dataclass import replace
from voxlogica.syntax.diagnostics import Diagnostic, Note, error, nearest
from voxlogica.syntax.habits import Habit, habit_in
from voxlogica.syntax.keywords import COMMANDS
from voxlogica.syntax.signs import meant_by
from voxlogica.syntax.source import STRING_OR_COMMENT, Source, Span

_BRACKET = re.compile(rf"{STRING_OR_COMMENT}|([()\[\]])")
# Where a command may begin again after an error: its word, misspelt perhaps, or a declaration.
COMMAND = re.compile(
    rf"^[ \t]*(?:(?:{'|'.join(COMMANDS)})\b|\w+[ \t]*(?:\([\w \t,]*\)[ \t]*)?=[ \t]"
    r"|\w+[ \t]+(?:\w+[ \t]*=[ \t]|\"))",
    re.MULTILINE,
)
# A word before a string, or before a name and `=` and a string.
_LIKE_A_COMMAND = re.compile(r'\s*((?i:let)(?=\s)|\w+(?=\s+(?:\w+\s*=\s*)?"))')
# How ImgQL says what other languages say otherwise.
_SAID_OTHERWISE = {
    "and": "`and` is a function: `and(a, b)`, or `a & b`",
    "or": "`or` is a function: `or(a, b)`, or `a | b`",
    "xor": "`xor` is a function: `xor(a, b)`",
    "not": "`not` is a function: `not(a)`, or `!a`",
}
_CLOSING = {"(": ")", "[": "]"}
# So many lines of a text, or of a command, are looked at for habits.
_MOST_LINES = 50
_FORMS = {
    "let": "a local name: `let x = e in e`",
    "for": "a loop: `for x in s do e`",
    "filter": "a filter: `filter x in s do e`",
    "fold": "a fold: `fold op s`, `fold op start s`",
}


def explain(source: Source, start: int, unexpected: UnexpectedInput) -> Habit:
    """Why reading stops, in a command that begins at `start`."""
    text = source.text
    if isinstance(unexpected, UnexpectedToken) and unexpected.token.type != "$END":
        token = unexpected.token
        at, end = token.start_pos or 0, token.end_pos or 0
        word = text[at:end].strip()
        at = end - len(word) if token.type == "BARE" else at
    else:
        at = unexpected.pos_in_stream or 0
        word = text[at : at + 1].strip()
        if isinstance(unexpected, UnexpectedToken) or not word:
            at, word = len(text.rstrip()), ""
        end = at + 1
    # An unexpected token knows what the parser accepts, an unexpected character what was allowed.
    accepted: set[str] = set(
        getattr(unexpected, "accepts", None) or getattr(unexpected, "allowed", None) or ()
    )
    found = _in_brackets(source, start, Span(source, at, end), word, accepted)
    return found if isinstance(found, Habit) else Habit(found, whole=False)


def explain_operands(source: Source, problems: Sequence[Diagnostic]) -> Iterator[Habit]:
    """Why runs of operands and operators are no expressions; a habit is told once a line."""
    seen: dict[int, Habit | None] = {}
    for problem in problems:
        assert problem.span is not None
        at = problem.span.start
        number, _ = source.line_and_column(at)
        meant = meant_by(source.text, at, problem.span.text)
        if number not in seen:
            few = len(seen) < _MOST_LINES
            seen[number] = habit_in(source, at) if few and meant is None else None
            if found := seen[number]:
                yield found
        if seen[number] is None:
            yield Habit(replace(problem, hint=meant or problem.hint), whole=meant is not None)


def _in_brackets(
    source: Source, start: int, span: Span, word: str, accepted: set[str]
) -> Diagnostic | Habit:
    """What is wrong: with strings and brackets first, which swallow all else."""
    text, at = source.text, span.start
    if word == '"':
        line_end = text.find("\n", at)
        return error(
            "this string is not closed",
            Span(source, at, len(text) if line_end < 0 else line_end),
            hint='a string ends with `"` on the line it begins on',
        )
    opened = _open_brackets(source, start, at)
    closes = {")": "(", "]": "["}.get(word)
    if closes and not opened:
        return error(f"`{word}` closes no bracket", span, hint="delete it, or open one before")
    if closes and opened and opened[-1].text != closes:
        return error(
            f"`{word}` does not close `{opened[-1].text}`",
            span,
            notes=[Note("which is opened here", opened[-1])],
            hint=f"write `{_CLOSING[opened[-1].text]}`",
        )
    misspelt = None if opened else _misspelt(source, at)
    if misspelt is not None:
        return misspelt
    habit = habit_in(source, at) or (_loop_before(source, start, at) if "DO" in accepted else None)
    if habit is not None:
        return habit
    if opened and not closes and _ends_command(source, word, at):
        return error(
            f"this `{opened[-1].text}` is never closed",
            opened[-1],
            hint=f"put `{_CLOSING[opened[-1].text]}` where the bracket should end",
        )
    comma = re.search(r",\s*$", text[start:at]) if closes else None
    if comma:
        place = start + comma.start()
        return error(
            f"nothing follows this comma but `{word}`",
            Span(source, place, place + 1),
            hint="delete it, or write what is missing after it",
        )
    if not opened:
        accepted -= {"RPAR", "RSQB", "COMMA"}
    if not word:
        return error(
            f"the program ends where {_expected(accepted)} should follow",
            span,
            hint=_FORMS["for"] if "DO" in accepted else None,
        )
    return error(
        f"`{_shortened(word)}` is not expected here: {_expected(accepted)} is",
        span,
        hint=meant_by(text, at, word) or _remedy(text, at, word, accepted),
    )


def _misspelt(source: Source, at: int) -> Diagnostic | None:
    """That a line begins with what is like a command, and goes on as one."""
    number, _ = source.line_and_column(at)
    found = _LIKE_A_COMMAND.match(source.line(number))
    meant = found and nearest(found[1], COMMANDS)
    if found is None or meant is None or found[1] in COMMANDS:
        return None
    begin = source.line_starts[number - 1]
    return error(
        f"`{found[1]}` is no command",
        Span(source, begin + found.start(1), begin + found.end(1)),
        hint=f"did you mean `{meant}`? commands are in lower case",
    )


def _loop_before(source: Source, start: int, at: int) -> Habit | None:
    """The habit of a line before, in the same command, that leaves out the `do` of a loop."""
    last, _ = source.line_and_column(at)
    first, _ = source.line_and_column(start)
    for number in range(last - 1, max(first, last - _MOST_LINES) - 1, -1):
        if re.search(r"\b(?:for|filter)\b", source.line(number)):
            return habit_in(source, source.line_starts[number - 1])
    return None


def _remedy(text: str, at: int, word: str, accepted: set[str]) -> str | None:
    """What whoever wrote `word` at `at` may have meant."""
    before = text[text.rfind("\n", 0, at) + 1 : at]
    first = before.split()[0] if before.strip() else word
    if word in _SAID_OTHERWISE:
        return _SAID_OTHERWISE[word]
    if accepted == {"STRING"}:
        return f'put it between double quotes: "{_shortened(word)}"'
    previous = re.search(r"(\w+)\s*$", before)
    # The word before the one that is not expected, that one, and the first of the line.
    for keyword in (previous.group(1) if previous else "", word, first):
        is_command = keyword == "let" and (keyword is first or before.strip() == "let")
        if keyword in _FORMS and not is_command:
            return _FORMS[keyword]
    if "DO" in accepted:
        loops = re.findall(r"\b(?:for|filter)\b", before)
        return _FORMS[loops[-1] if loops else "for"]
    if word in ("from", "to"):
        return "a range is a parameter's: `param x = 0.5 from 0 to 1`"
    if word in ("in", "do"):
        return f"{_FORMS['let']}; {_FORMS['for']}"
    if previous and previous.group(1) == "not":
        return _SAID_OTHERWISE["not"]
    if accepted == {"NAME"} and word[:1].isupper():
        return f"names begin in lower case: call it `{word.lower()}`"
    between = not accepted.isdisjoint({"LET", "RPAR", "RSQB", "$END"}) and (
        "OPERATOR" in accepted and "NAME" not in accepted
    )
    if between and re.match(r'[\w"]', word):
        return "put an operator between the two, or a comma inside a call"
    return None


def _open_brackets(source: Source, start: int, end: int) -> list[Span]:
    opened: list[Span] = []
    for found in _BRACKET.finditer(source.text, start, end):
        bracket = found.group(1)
        if bracket and bracket in "([":
            opened.append(Span(source, found.start(1), found.end(1)))
        elif bracket and opened and _CLOSING[opened[-1].text] == bracket:
            opened.pop()
    return opened


def _ends_command(source: Source, word: str, at: int) -> bool:
    """Whether what is found at `at` belongs to another command, or the text ends there."""
    line_start = source.text.rfind("\n", 0, at) + 1
    begins_line = not source.text[line_start:at].strip()
    return not word or (begins_line and COMMAND.match(source.text, line_start) is not None)


def _shortened(word: str) -> str:
    return word if len(word) <= 40 else word[:39] + "…"


# What may follow, from the most telling to the least, for a reader of programs.
_EXPECTED = (
    ({"EQUALS"}, "`=`"),
    ({"OPERATOR", "RPAR"}, "an operator, `,` or `)`"),
    ({"OPERATOR", "RSQB"}, "an operator, `,` or `]`"),
    ({"NUMBER", "RPAR"}, "an expression or `)`"),
    ({"NUMBER", "RSQB"}, "an expression or `]`"),
    ({"OPERATOR", "IN"}, "an operator or `in`"),
    ({"OPERATOR", "DO"}, "an operator or `do`"),
    ({"DO"}, "`do`"),
    ({"IN"}, "`in`"),
    ({"OPERATOR", "LET", "NUMBER"}, "an operand, or the next command"),
    ({"OPERATOR", "LET"}, "an operator, or the next command"),
    ({"LET", "$END"}, f"the next command ({', '.join(COMMANDS)})"),
    ({"OPERATOR", "$END"}, "an operator"),
    ({"NUMBER"}, "an expression"),
    ({"NAME", "OPERATOR"}, "a name or an operator"),
    ({"STRING"}, 'a string in `"`'),
    ({"TYPE"}, "a type (number, bool, string, sequence(number))"),
    ({"COMMA", "RPAR"}, "`,` or `)`"),
    ({"NAME"}, "a name that starts in lower case"),
)


def _expected(accepted: set[str]) -> str:
    return next((said for needed, said in _EXPECTED if needed <= accepted), "something else")
