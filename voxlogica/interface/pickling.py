"""Images in other processes: their values travel, not what they were computed from."""

from __future__ import annotations

from typing import Any

from voxlogica.images.image import Image as Voxels
from voxlogica.interface.image import Image, handle
from voxlogica.language.formulas import Facts, computed
from voxlogica.operators.signature import Type
from voxlogica.syntax.source import Source, Span


def restored(
    identity: bytes, found: Type, voxels: Voxels, facts: Facts, text: str, name: str
) -> Image:
    """An image from what was pickled of it."""
    span = Span(Source("Python", text), 0, len(text))
    return handle(computed(identity, voxels, found, facts, span), name)


def taken_apart(image: Image) -> tuple[Any, ...]:
    """What is pickled of an image, for `restored`."""
    formula = image._formula
    return (
        formula.identity,
        formula.type,
        image._voxels,
        formula.facts,
        formula.span.text,
        image._name,
    )
