"""Every operator and library function of the language, as a function of Python.

    from voxlogica import ops

    tumour = ops.grow(flair > 500, flair > 400)
    ops.volume(tumour), ops.metrics.dice(tumour, truth)

Arguments are images, regions, arrays, numbers, bools, strings and sequences of these, by place or
by name. What gives an image or a region computes nothing before that is looked at; what gives
anything else computes it at once. `help(ops.grow)` is the manual; `ops.metrics`, `ops.arrays`,
`ops.geom`, `ops.strings`, `ops.simpleitk` and `ops.region_calculus` have what a program imports.

All are functions: `ops.border()` gives an image that takes the grid of the one that it meets.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _answers(
    module: str, known: dict[str, Any]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """What a module of functions answers who asks for one of them, and for their names."""

    def answer(name: str) -> Any:
        from voxlogica.interface.calling import has

        found = known[name] = has(module, name)
        return found

    def names() -> list[str]:
        from voxlogica.interface.calling import listed

        return listed(module)

    return answer, names


__getattr__, __dir__ = _answers("", globals())
