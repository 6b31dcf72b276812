"""Images in other processes: their values travel, not what they were computed from."""

from __future__ import annotations

from typing import Any

from voxlogica.images.image import Image
from voxlogica.language.contents import Facts
from voxlogica.language.formulas import Formula, computed
from voxlogica.operators.signature import Type
from voxlogica.syntax.source import Source, Span


def restored(identity: bytes, found: Type, voxels: Image, facts: Facts, text: str) -> Formula:
    """A formula from what was pickled of it."""
    return computed(identity, voxels, found, facts, Span(Source("Python", text), 0, len(text)))


def taken_apart(formula: Formula, voxels: Image) -> tuple[Any, ...]:
    """What is pickled of a formula with this value, for `restored`."""
    return formula.identity, formula.type, voxels, formula.facts, formula.span.text
