"""Values as people and JSON read them."""

from __future__ import annotations

import json

from voxlogica.engine.texts import json_value as json_value
from voxlogica.engine.texts import value_text as value_text


def quoted(text: str) -> str:
    """A string between quotation marks, on one line whatever is in it."""
    return json.dumps(text, ensure_ascii=False)
