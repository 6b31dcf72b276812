"""Values as people and JSON read them."""

from __future__ import annotations

import json
import math
from typing import Any

from voxlogica.engine.results import PrintedValue
from voxlogica.syntax.printer import number_text


def value_text(value: PrintedValue) -> str:
    """A printed value: `3`, `0.25`, `true`, `[1, 2, 3]`, a string as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, str):
        return value
    return f"[{', '.join(map(value_text, value))}]"


def quoted(text: str) -> str:
    """A string between quotation marks, on one line whatever is in it."""
    return json.dumps(text, ensure_ascii=False)


def json_value(value: PrintedValue) -> Any:
    """The same value for JSON.

    JSON has no infinities and no nan: they are the strings "inf", "-inf" and "nan".
    """
    if isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            return number_text(value)
        return int(value) if repr(value).endswith(".0") else value
    return [json_value(v) for v in value]
