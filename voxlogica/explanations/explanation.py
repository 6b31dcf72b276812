"""An explanation: what decided the value of an expression at a voxel, as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.explanations.claims import Claim, plain
from voxlogica.explanations.marks import Mark, Voxel


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
        from voxlogica.explanations.tree_text import tree_text

        return tree_text(self).rstrip()

    def walk(self) -> Iterator[Explanation]:
        """This, and what it rests on, what decided first; without what is folded."""
        yield self
        for part in self.because:
            yield from part.walk()
