"""The code of a function or loop body while it is made, and which local a name means there."""

from __future__ import annotations

from voxlogica.dataclass import dataclass, field
from voxlogica.language.code import Declared, Instruction
from voxlogica.language.dependence import dependence
from voxlogica.syntax.source import Span


@dataclass(eq=False, slots=True)
class Block:
    """The code of one function or loop body while it is made: its locals by name, by number."""

    parent: Block | None
    code: list[Instruction] = field(default_factory=list)
    visible: dict[str, int] = field(default_factory=dict)
    # The parent's locals that it captures, and the locals they become.
    captured: dict[int, int] = field(default_factory=dict)
    size: int = 0

    def bind(self, name: str) -> int:
        """A new local; from here on the name means it."""
        self.visible[name] = self.size
        self.size += 1
        return self.size - 1

    def find(self, name: str) -> int | None:
        """The local that a name means, captured if it is one of a function around."""
        around: list[Block] = []
        block: Block | None = self
        while block is not None and name not in block.visible:
            around.append(block)
            block = block.parent
        if block is None:
            return None
        place = block.visible[name]
        for inner in reversed(around):
            if place not in inner.captured:
                inner.captured[place] = inner.size
                inner.size += 1
            place = inner.captured[place]
        return place

    def declared(self, name: str, formals: tuple[str, ...], span: Span) -> Declared:
        """The function whose code this is."""
        rests_on = dependence(self.code, len(formals))
        captured = tuple(self.captured.values())
        code = tuple(self.code)
        return Declared(name, formals, code, span, None, self.size, captured, *rests_on)

    def names(self) -> set[str]:
        """All locals that can be seen from here."""
        seen: set[str] = set()
        block: Block | None = self
        while block is not None:
            seen |= block.visible.keys()
            block = block.parent
        return seen
