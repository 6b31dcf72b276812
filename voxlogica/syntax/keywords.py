"""Which words of a text are keywords: those of `let … in`, loops, `fold` and parameters.

ImgQL 1 has none of them, and its programs use them as names. A word is one where what stands
around it makes it one: `for` before a name and `in`, `in` after the operand that it ends, `fold`
before an operator or a name in a text that declares no `fold`; `param` where a command may stand,
before a name and `=` or `:` on the same line; `from` and `to` after its literals. What they mark,
the grammar reads: the first letter of a keyword is replaced by a character that no text has, so
that all else is read as if there were no keywords. The colon of a slice is told from operators in
the same way.
"""

from __future__ import annotations

import re
from typing import NamedTuple

KEYWORD, COLON, TO = "\0", "\1", "\2"

_NAME = r"_*[^\W\d_]\w*"
_GAP = r"(?:\s|//[^\n]*\n)+"
_SYMBOL = r"[#;:'|!$%&/^=*\-+<>?@~\\.]"
_ANY = re.compile(r"\b(?:in|fold|param)\b")
_TOKEN = re.compile(
    rf'(?P<string>"[^"\n]*"?)|(?P<comment>//[^\n]*)|(?P<open>[(\[])|(?P<close>[)\]])'
    rf"|(?P<number>\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)|(?P<word>{_NAME}(?:\.{_NAME})*|_+)"
    rf"|(?P<symbols>(?:(?!//){_SYMBOL})+)|(?P<comma>,)"
)
_LOOP = re.compile(rf"(?:for|filter){_GAP}(?:{_NAME}|_){_GAP}in(?!\w)")
_FOLD = re.compile(rf"fold(?:{_GAP}[^\W\d_]|\s*(?!//|=(?!=)){_SYMBOL})")
_FOLDED = re.compile(rf"fold{_GAP}")
_DECLARES_FOLD = re.compile(
    rf"(?:\b(?:let|load|for|filter)\s+|[(,]\s*)fold\s*(?:[(),]|=(?!{_SYMBOL})|in\b)"
    rf"|^[ \t]*fold[ \t]*(?:\([\w \t,]*\)[ \t]*)?=(?!{_SYMBOL})",
    re.MULTILINE,
)
# The commands that ask for a value, and all words that commands begin with.
REQUESTS = ("save", "print", "assert")
COMMANDS = ("let", "load", "import", *REQUESTS, "param")
# Those that are names where no string, or no declaration, follows.
_NAMES = frozenset({"assert", "param"})
# After the string of these, an expression begins.
_GOAL = re.compile(rf'(?:{"|".join(REQUESTS)})(?:{_GAP})?"')


# What stands after a parameter's name, as far as `from`: a type, a default. Bounds and defaults are
# literals; what is none, but one word, is told of when it was read.
_ITEM = r'[^\[\]"]|"[^"\n]*"'
_LIST = rf"\[(?:{_ITEM})*\]"
_LIST = rf"\[(?:{_ITEM}|{_LIST})*\]"
_SET = rf'(?:[-+]?\s*\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|"[^"\n]*"|{_LIST}|[\w.]+(?:\([^()\n]*\))?)'
_MAY_SKIP = r"(?:\s|//[^\n]*\n)*"
_TYPED = rf":{_MAY_SKIP}\w+(?:[ \t]*\([\w \t()]*\))?"
_PARAM = rf"param[ \t]+{_NAME}\s*(?=[=:](?!=))(?:{_TYPED})?(?:{_MAY_SKIP}={_MAY_SKIP}{_SET})?"
_BOUNDS = [
    (rf"{_MAY_SKIP}({word})(?!\w|\s*[=(]){_MAY_SKIP}{_SET}", mark)
    for word, mark in (("from", KEYWORD), ("to", TO))
]


class _Open(NamedTuple):
    """A bracket or construct that is not closed yet.

    What it waits for: `]` or `)`, `in` of a let (`let`) or of a loop (`in`), `do`. A bracket's
    `is_part` says that a slice may stand in it, a let's that an operand may begin there.
    """

    awaits: str
    position: int
    is_part: bool = False


def marked(text: str, is_expression: bool = False) -> str:
    """The text, as long as before, with its keywords and the colons of its slices marked.

    An expression may begin with a `let` that a program would begin a declaration with.
    """
    if not (_ANY.search(text) or _may_slice(text)):
        return text
    parts: list[str] = []
    at = 0
    for position, mark in sorted(_marks(text, is_expression)):
        parts += (text[at:position], mark)
        at = position + 1
    return "".join([*parts, text[at:]])


def _may_slice(text: str) -> bool:
    """Whether a colon stands after some `[`, before the next `]`."""
    return any(":" in part.partition("[")[2] for part in text.split("]"))


def _marks(text: str, is_expression: bool) -> list[tuple[int, str]]:
    marks: list[tuple[int, str]] = []
    opened: list[_Open] = []
    has_fold = _DECLARES_FOLD.search(text) is None
    # Whether what was read last ends an operand; None after a name in capitals, which may be one or
    # an operator.
    ended: bool | None = False
    is_label = False
    for found in _TOKEN.finditer(text):
        kind, position = found.lastgroup, found.start()
        if kind == "word":
            begins = position == 0 and not is_expression
            ended = _word(text, found.group(), position, begins, ended, opened, marks, has_fold)
            is_label = _GOAL.match(text, position) is not None
        elif kind == "symbols":
            if opened and opened[-1].is_part and opened[-1].awaits == "]" and text[position] == ":":
                marks.append((position, COLON))
                opened[-1] = opened[-1]._replace(is_part=False)
            ended = False
        elif kind == "open":
            bracket = found.group()
            opened.append(
                _Open(
                    "]" if bracket == "[" else ")", position, bracket == "[" and ended is not False
                )
            )
            ended = False
        elif kind == "close":
            while opened and opened.pop().awaits not in ("]", ")"):
                pass
            ended = True
        elif kind == "comma":
            while opened and opened[-1].awaits not in ("]", ")"):
                opened.pop()
            ended = False
        elif kind != "comment":
            ended, is_label = not is_label, False
    return marks


def _word(
    text: str,
    word: str,
    position: int,
    begins_program: bool,
    ended: bool | None,
    opened: list[_Open],
    marks: list[tuple[int, str]],
    has_fold: bool,
) -> bool | None:
    """Mark the word if it is a keyword; whether an operand ends with it."""
    top = opened[-1] if opened else None
    if word == "let":
        if ended:
            opened.clear()
        opened.append(_Open("let", position, ended is not True and not begins_program))
        return False
    if word == "param" and _begins_parameter(text, position, ended, opened, marks):
        opened.clear()
        return False
    if word in COMMANDS[1:] and ended and (word not in _NAMES or _GOAL.match(text, position)):
        opened.clear()
        return False
    if word in ("for", "filter") and _LOOP.match(text, position):
        marks.append((position, KEYWORD))
        opened.append(_Open("in", position))
        return False
    if word == "fold" and has_fold and not ended and _FOLD.match(text, position):
        marks.append((position, KEYWORD))
        return False
    if word == "in" and ended is not False and top is not None:
        if top.awaits == "in":
            marks.append((position, KEYWORD))
            opened[-1] = _Open("do", position)
            return False
        if top.awaits == "let" and top.is_part:
            marks += ((top.position, KEYWORD), (position, KEYWORD))
            opened.pop()
            return False
    if word == "do" and ended is not False and top is not None and top.awaits == "do":
        marks.append((position, KEYWORD))
        opened.pop()
        return False
    is_capital = word.lstrip("_")[:1].isupper()
    # Nor does an operand end with the function that a `fold` applies.
    is_folded = marks and _FOLDED.fullmatch(text, marks[-1][0], position)
    return None if is_capital or is_folded else True


def _begins_parameter(
    text: str,
    position: int,
    ended: bool | None,
    opened: list[_Open],
    marks: list[tuple[int, str]],
) -> bool:
    """Mark a command that declares a parameter, if one begins here."""
    found = re.compile(_PARAM).match(text, position)
    begins_line = not text[text.rfind("\n", 0, position) + 1 : position].strip()
    is_inside = ended is False or any(one.awaits in ("]", ")") for one in opened)
    if found is None or (is_inside and not begins_line):
        return False
    marks.append((position, KEYWORD))
    at = found.end()
    for bound, mark in _BOUNDS:
        if found := re.compile(bound).match(text, at):
            marks.append((found.start(1), mark))
            at = found.end()
    return True
