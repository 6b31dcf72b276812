"""Names as messages list them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from voxlogica.syntax.diagnostics import visible

_MOST = 8


def listed(names: Sequence[object], most: int = _MOST) -> str:
    """Names in a row, fit for a terminal, and of many how many more there are.

    >>> listed(["a", "b"]), listed("abcd", 2)
    ('a, b', 'a, b and 2 more')
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(visible(str(name)) for name in names[:most]) + more


def in_code(names: Iterable[str]) -> list[str]:
    """Names as they stand in messages, in backquotes."""
    return [f"`{name}`" for name in names]
