"""What the page is told: outcomes, messages and explanations as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from voxlogica.engine.texts import json_value
from voxlogica.language.numbers_in_text import range_of
from voxlogica.language.parameters import Constant, Parameter
from voxlogica.outcome import Outcome
from voxlogica.studio.layers import Layer, Layers, values_json
from voxlogica.syntax.diagnostics import Diagnostic


def message(kind: str, serial: int | None = None, **rest: Any) -> str:
    """A message of a kind, as an answer to the one of a number, if it is one.

    Names of files may have bytes that are no text: as escapes they pass, too.
    """
    numbered = {} if serial is None else {"serial": serial}
    return json.dumps({"is": kind, **numbered, **rest}, allow_nan=False)


def said(text: str, serial: int | None = None, *, problem: bool = False) -> str:
    """A sentence for the person, about a problem perhaps."""
    return message("said", serial, message=text, problem=problem)


def outcome_message(
    outcome: Outcome,
    serial: int | None,
    layers: Sequence[Layer],
    known: Layers,
    file: str,
    case: str | None,
) -> str:
    """What came of a change, of a case: all but the voxels."""
    return message(
        "outcome",
        serial,
        case=case,
        text=outcome.text,
        set={name: constant_json(value) for name, value in outcome.set.items()},
        diagnostics=[*diagnostics_json(outcome.diagnostics, file)],
        parameters=[parameter_json(one, outcome.set.get(one.name)) for one in outcome.parameters],
        numbers=[
            {
                "start": one.start,
                "end": one.end,
                "value": one.value,
                "low": one.low,
                "high": one.high,
                "step": one.step,
                "name": one.name,
            }
            for one in outcome.numbers
        ],
        layers=known.to_json(layers),
        grids=known.grids_json(),
        values=[*values_json(outcome.named)],
        prints=[
            {
                "label": one.label,
                "value": json_value(one.value),
                "before": None if one.before is None else json_value(one.before),
            }
            for one in outcome.prints
        ],
        asserts=[
            {
                "label": one.label,
                "holds": one.value,
                "why": None if one.value else one.diagnostic.message,
            }
            for one in outcome.asserts
        ],
        saves=list(outcome.saves),
        seconds=outcome.seconds,
    )


def diagnostics_json(found: Iterable[Diagnostic], file: str) -> Iterable[dict[str, Any]]:
    """Messages about a program, with places in the text that is edited, or in words."""
    for one in found:
        own = one.span is not None and one.span.source.name == file
        yield {
            "severity": one.severity,
            "message": one.message,
            "label": one.label,
            "hint": one.hint,
            "notes": [note.message for note in one.notes],
            "place": one.place,
            "start": one.span.start if own and one.span else None,
            "end": one.span.end if own and one.span else None,
            "line": one.line if own else None,
            "column": one.column if own else None,
        }


def parameter_json(parameter: Parameter, value: Constant | None) -> dict[str, Any]:
    """A parameter, what it is set to, and how a slider moves it, if it is a number."""
    reach = range_of(parameter)
    return {
        "name": parameter.name,
        "type": str(parameter.type),
        "default": constant_json(parameter.default),
        "low": reach[0] if reach else constant_json(parameter.low),
        "high": reach[1] if reach else constant_json(parameter.high),
        "step": reach[2] if reach else None,
        "bounds": [constant_json(parameter.low), constant_json(parameter.high)],
        "comment": parameter.comment,
        "value": constant_json(parameter.default if value is None else value),
    }


def constant_json(constant: Constant | None) -> Any:
    """A constant of a program, None where there is none."""
    if isinstance(constant, tuple):
        return [constant_json(one) for one in constant]
    return None if constant is None else json_value(constant)
