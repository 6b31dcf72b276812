"""Formulas of images that are there: in files, or given by a program in Python."""

from __future__ import annotations

from typing import Any

from voxlogica.language.formulas import Formula, loaded
from voxlogica.operators.signature import MODEL, REGION
from voxlogica.syntax.source import Source, Span


def of_given(image: Any, name: str = "") -> Formula:
    """The formula of a GivenImage, of truth values a region; or of an ImageFile."""
    is_region = getattr(image, "is_region", False)
    return loaded(image, REGION if is_region else MODEL, written(name or "image"))


def written(text: str) -> Span:
    """A place in Python: messages have a text of it."""
    return Span(Source("Python", text), 0, len(text))
