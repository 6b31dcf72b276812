"""The cases that may be looked at: as `voxlogica run --cases` has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from voxlogica.dataclass import dataclass

if TYPE_CHECKING:
    from voxlogica.engine.cases import Case


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Cases by name, in the order of their source; none where the command line names none."""

    found: Sequence[Case] = ()

    @property
    def names(self) -> list[str]:
        """What they are called, each once."""
        return list(dict.fromkeys(case.name for case in self.found))

    @property
    def first(self) -> str | None:
        """The one to begin with."""
        return self.found[0].name if self.found else None

    def definitions(self, name: str | None) -> Mapping[str, object]:
        """What a case sets; nothing where there are none. Raises KeyError."""
        if name is None:
            return {}
        for case in self.found:
            if case.name == name:
                return case.definitions
        raise KeyError(name)
