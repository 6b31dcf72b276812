"""Modules that only some runs need, imported when something in them is first asked for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Later(ModuleType):
    """A module, by its name, that is imported at the first use of what is in it.

    Who checks types is given the module itself:

        if TYPE_CHECKING:
            from voxlogica.language import complaints
        else:
            complaints = Later("voxlogica.language.complaints")
    """

    def __getattr__(self, name: str) -> Any:
        found = getattr(import_module(self.__name__), name)
        setattr(self, name, found)  # from now on it costs nothing to ask
        return found
