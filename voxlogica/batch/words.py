"""What is said of cases: names as messages list them, and errors of what cases come from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from voxlogica.images.missing import missing
from voxlogica.syntax.diagnostics import VoxLogicaError, error, visible

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


def complaint(message: str, hint: str | None = None) -> VoxLogicaError:
    """An error to raise that concerns no place in a program."""
    return VoxLogicaError([error(message, hint=hint)])


def content_of(what: str, name: str) -> bytes:
    """What is in a file, which messages call so. Raises VoxLogicaError."""
    path = Path(name)
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        why = missing(path)
        raise complaint(f"{what} {name} {why.said}", why.hint) from None
    except (OSError, ValueError) as failed:
        reason = (failed.strerror if isinstance(failed, OSError) else None) or str(failed)
        raise complaint(f"cannot read {what} {name}: {reason.lower()}") from None
