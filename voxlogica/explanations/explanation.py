"""An explanation: what decided the value of an expression at a voxel, as a tree.

As text, what decided comes first, what did not at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, place, plain, told
from voxlogica.explanations.general import Above
from voxlogica.explanations.marks import Mark, Voxel

# So deep in a tree lines begin, at most, and so wide a line of text is, at least.
_DEEPEST, _NARROWEST = 36, 40
# So many parts are shown that decided nothing.
_FOLDED = 6
_BOLD, _FAINT = "1", "2"
_TRUE, _FALSE = "1;32", "1;31"


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an expression has its value at a voxel: the `claim`, and what it rests on.

    The expression is the `text`, which a `name` may stand for; it stands at `place`, `file:line:
    column`. `operator` is what it applies: an operator, a function, empty for what applies none.
    `because` is what decided; `folded`, what is beside that and did not. The `marks` are what the
    claim points at. As text, it is a tree.
    """

    voxel: Voxel
    name: str | None
    text: str
    place: str
    operator: str
    value: Any
    claim: Claim | None = None
    because: tuple[Explanation, ...] = ()
    folded: tuple[Explanation, ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def says(self) -> str:
        """The claim in words; empty where the value is all that there is to say."""
        return "" if self.claim is None else self.claim.sentence()

    def to_json(self) -> dict[str, Any]:
        """The whole tree, for JSON."""
        return {
            "voxel": [*self.voxel],
            "name": self.name,
            "text": self.text,
            "place": self.place,
            "operator": self.operator,
            "value": plain(self.value),
            "says": self.says,
            "claim": None if self.claim is None else self.claim.to_json(),
            "because": [part.to_json() for part in self.because],
            "folded": [part.to_json() for part in self.folded],
            "marks": [mark.to_json() for mark in self.marks],
        }

    def __str__(self) -> str:
        """The tree as text, in lines of 80 columns where words allow."""
        return tree_text(self).rstrip()

    def walk(self) -> Iterator[Explanation]:
        """This, and what it rests on, what decided first; without what is folded."""
        yield self
        for part in self.because:
            yield from part.walk()


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
