"""What tells of mistakes, imported at the first one: a program without any does without."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voxlogica.later import Later

__all__ = ["complaints", "other_languages", "remedies"]

if TYPE_CHECKING:
    from voxlogica.language import complaints, other_languages, remedies
else:
    complaints = Later("voxlogica.language.complaints")
    other_languages = Later("voxlogica.language.other_languages")
    remedies = Later("voxlogica.language.remedies")
