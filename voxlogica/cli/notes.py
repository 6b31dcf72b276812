"""Notes to whoever watches a run: on standard error, above the bar if there is one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from voxlogica.syntax.diagnostics import visible

if TYPE_CHECKING:
    from rich.console import Console

# On which there is a bar, which would overwrite what others write.
_shown: Console | None = None


@contextmanager
def above(console: Console) -> Iterator[None]:
    """Notes come above what a console shows, meanwhile."""
    global _shown
    _shown = console
    try:
        yield
    finally:
        _shown = None


def note(said: str) -> None:
    """Tell something that is no result, nor a warning. May be called by any thread."""
    text, console = f"note: {visible(said)}", _shown
    if console is None:
        print(text, file=sys.stderr)
    else:
        console.print(text, markup=False, highlight=False, emoji=False, soft_wrap=True)
