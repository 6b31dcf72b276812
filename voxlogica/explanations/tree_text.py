"""An explanation for the terminal: a tree, what decided first, what did not at its end."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import TYPE_CHECKING

from voxlogica.explanations.claims import place, told
from voxlogica.explanations.general import Above

if TYPE_CHECKING:
    from voxlogica.explanations.explanation import Explanation

# So deep in a tree lines begin, at most, and so wide a line of text is, at least.
_DEEPEST, _NARROWEST = 36, 40
# So many parts are shown that decided nothing.
_FOLDED = 6
_BOLD, _FAINT = "1", "2"
_TRUE, _FALSE = "1;32", "1;31"


def tree_text(explained: Explanation, columns: int = 80, colour: bool = False) -> str:
    """The tree, in lines of at most so many columns where words allow."""
    lines = [
        _line(explained, f"{explained.name} at {place(explained.voxel)}", columns, colour),
        *_about(explained, "", columns, colour, is_root=True),
        *_below(explained, "", columns, colour),
    ]
    return "\n".join(lines) + "\n"


def _below(explained: Explanation, before: str, columns: int, colour: bool) -> Iterator[str]:
    parts = [(part, False) for part in explained.because]
    parts += [(part, True) for part in explained.folded[:_FOLDED]]
    more = len(explained.folded) - _FOLDED
    for number, (part, folded) in enumerate(parts):
        is_last = number == len(parts) - 1 and more <= 0
        branch, trunk = ("└", " ") if is_last else ("├", "│")
        branch += "╌ " if folded else "─ "
        width = columns - len(before) - len(branch)
        title = _title(part, explained)
        line = _line(part, title, width, colour and not folded)
        if folded:
            yield _painted(before + branch + line, _FAINT, colour)
            continue
        yield _painted(before + branch, _FAINT, colour) + line
        if not isinstance(part.claim, Above):
            deeper = before + (f"{trunk}  " if len(before) < _DEEPEST else trunk)
            yield from _about(part, deeper, columns, colour)
            yield from _below(part, deeper, columns, colour)
    if more > 0:
        yield _painted(f"{before}└╌ and {more:,} more", _FAINT, colour)


def _about(
    explained: Explanation, before: str, columns: int, colour: bool, *, is_root: bool = False
) -> Iterator[str]:
    """The claim in words, below the line of what it is of."""
    has_more = explained.because or explained.folded
    margin = before + ("│ " if has_more else "  ")
    width = max(columns - len(margin), _NARROWEST)
    if is_root and explained.name != explained.text:
        for line in wrap(f"{explained.name} = {explained.text}", width):
            yield _painted(margin, _FAINT, colour) + line
    for line in wrap(explained.says, width):
        yield _painted(margin, _FAINT, colour) + line
    for line in () if explained.claim is None else explained.claim.drawing(width):
        yield _painted(margin, _FAINT, colour) + line


def _title(part: Explanation, of: Explanation) -> str:
    """What a part is called: by its name, and what that stands for; and where, if elsewhere."""
    at = "" if part.voxel == of.voxel else f" at {place(part.voxel)}"
    if isinstance(part.claim, Above):
        return f"{part.name or part.text}{at}, as above"
    if part.name and part.name != part.text:
        return f"{part.name} = {part.text}{at}"
    return f"{part.text}{at}"


def _line(explained: Explanation, title: str, width: int, colour: bool) -> str:
    text, value = _shortened(explained, title, width)
    role = _TRUE if explained.value is True else _FALSE if explained.value is False else _BOLD
    return _painted(text, _BOLD, colour) + (f": {_painted(value, role, colour)}" if value else "")


def _shortened(explained: Explanation, title: str, width: int) -> tuple[str, str]:
    value = "" if explained.value is None else told(explained.value)
    if value == title:
        value = ""
    room = max(width - len(value) - 2, _NARROWEST // 2)
    return (title if len(title) <= room else f"{title[: room - 1]}…"), value


def _painted(text: str, role: str, colour: bool) -> str:
    return f"\x1b[{role}m{text}\x1b[0m" if colour else text
