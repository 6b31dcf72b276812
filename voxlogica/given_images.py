"""The images that a program in Python gives a session, by what stands for their paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from voxlogica.dataclass import replace

if TYPE_CHECKING:
    from voxlogica.images.given import GivenImage
    from voxlogica.language.inputs import SessionInputs


class GivenImages:
    """Each is another one: what was declared of one keeps its meaning when its name has another.

    One is let go of when nothing that a name means rests on it any more.
    """

    def __init__(self) -> None:
        self._all: dict[str, GivenImage] = {}
        self._names: dict[str, str] = {}
        self._count = 0
        # Those of the input under way.
        self._new: set[str] = set()
        # Of which only the grid is left: it is the first one of its grid, which may matter.
        self._empty: set[str] = set()
        # Whose names have come to mean something else; and after how many inputs that declare it
        # is worth looking again for those that are not used.
        self._superseded: set[str] = set()
        self._pause = 0

    def add(self, image: GivenImage, name: str) -> str:
        """What stands for the path of an image: no path, wherever it is seen from."""
        self._count += 1
        token = f"<{name}>" if f"<{name}>" not in self._all else f"<{name} {self._count}>"
        self._all[token] = image.called(name)
        # `images[0]` is declared with `images`.
        self._names[token] = name.partition("[")[0]
        self._new.add(token)
        return token

    def get(self, token: str) -> GivenImage | None:
        """The image that something stands for, if it does."""
        return self._all.get(token)

    def __iter__(self) -> Iterator[GivenImage]:
        return iter([image for t, image in self._all.items() if t not in self._empty])

    def give_up(self) -> None:
        """Let go of those of the input under way, which is not accepted."""
        for token in self._new:
            del self._all[token], self._names[token]
        self._new.clear()

    def declared(self, names: Iterable[str], inputs: SessionInputs) -> None:
        """Let go of what is not used, now that names mean something else.

        It takes as long as planning all that was accepted, if there is something to let go of.
        """
        again, new = {*names}, self._new
        self._new = set()
        self._superseded |= {
            token
            for token, name in self._names.items()
            if name in again and token not in new and token not in self._empty
        }
        self._pause -= 1
        if not self._superseded or (self._pause > 0 and not new):
            return
        from voxlogica.language.free_names import unused

        found = unused(inputs.accepted, self._all.keys())
        # Looking takes time, which it takes more of the more there is.
        self._pause = len(inputs.accepted) // 16
        if any(tokens & self._superseded for tokens in found):
            self._let_go(found, inputs)

    def _let_go(self, unused: Sequence[frozenset[str]], inputs: SessionInputs) -> None:
        from voxlogica.language.free_names import without

        first = {image.geometry: token for token, image in reversed(self._all.items())}
        firsts = {*first.values()}
        # What is declared together goes, or stays as grids, together.
        gone = {token for tokens in unused if not tokens & firsts for token in tokens}
        for token in {token for tokens in unused for token in tokens} - gone - self._empty:
            self._count += 1
            self._all[token] = _emptied(self._all[token], self._count)
            self._empty.add(token)
        for token in gone:
            del self._all[token], self._names[token]
        self._empty -= gone
        self._superseded &= self._all.keys() - self._empty
        inputs.begin_with(without(inputs.accepted, gone))


def _emptied(image: GivenImage, number: int) -> GivenImage:
    """An image on the same grid that takes no memory, and is taken for no other."""
    import numpy as np

    array = image.image.array
    nothing = np.broadcast_to(np.zeros((), array.dtype), array.shape)
    digest = b"none" + number.to_bytes(12, "big")
    return replace(image, image=replace(image.image, array=nothing), digest=digest, is_lent=False)
