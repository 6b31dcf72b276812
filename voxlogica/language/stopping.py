"""Planning that ends before it is done, as somebody has told it to."""

from __future__ import annotations

from collections.abc import Callable

from voxlogica.syntax.diagnostics import VoxLogicaError, error

# Whether planning is to end. It is asked often, by the thread that plans.
Stopped = Callable[[], bool]


def never() -> bool:
    """That planning goes on to its end."""
    return False


def obey(stopped: Stopped) -> None:
    """Raise VoxLogicaError, if planning is to end: who told it to knows why."""
    if stopped():
        raise VoxLogicaError([error("the program was not planned to its end: it was cancelled")])
