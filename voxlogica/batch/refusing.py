"""The error of a source of cases."""

from __future__ import annotations

from voxlogica.syntax.diagnostics import VoxLogicaError, error


def complaint(message: str, hint: str | None = None) -> VoxLogicaError:
    """An error to raise that concerns no place in a program."""
    return VoxLogicaError([error(message, hint=hint)])
