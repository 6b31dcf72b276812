"""Strings put together, and taken apart: `import "strings"`.

Generated: `python -m voxlogica.interface.stubs` writes it.
"""

from collections.abc import Sequence
from typing import Any

def concat(*parts: float | str | Sequence[Any]) -> str:
    """The parts one after another, as one string."""

def equals(a: str, b: str) -> bool:
    """Whether two strings are the same, letter by letter."""

def format_string(template: str, *values: float | str | Sequence[Any]) -> str:
    """The template with the values put for its braces."""

def split(text: str, separator: str = ",") -> list[str]:
    """The pieces of a string between separators."""
