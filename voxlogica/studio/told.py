"""What the page is told: outcomes, layers to look at and values to read, messages, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.engine.texts import json_value
from voxlogica.images.arrays import np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.language.numbers_in_text import range_of
from voxlogica.language.parameters import Constant, Parameter
from voxlogica.outcome import Named, Outcome
from voxlogica.report.viewer import grid_json
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
    layers: Sequence[NamedLayer],
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


# Names


@dataclass(frozen=True, slots=True, eq=False)
class NamedLayer:
    """An image that has a name: what the page is told of it, and its voxels."""

    name: str
    kind: str
    id: str
    grid: int
    image: Image
    over: str | None

    @property
    def is_region(self) -> bool:
        """Whether it is sent as bits."""
        return self.kind == "region"

    def to_json(self) -> dict[str, Any]:
        """As the page has it, with the size of a region, in voxels and millilitres."""
        voxels = int(np.count_nonzero(self.image.array)) if self.is_region else None
        return {
            "name": self.name,
            "kind": self.kind,
            "id": self.id,
            "grid": self.grid,
            "over": self.over,
            "voxels": voxels,
            "ml": None if voxels is None else self.image.geometry.millilitres(voxels),
        }


class Layers:
    """The layers of one page: the numbers of grids stay as they were told."""

    def __init__(self) -> None:
        self._grids: dict[Geometry, int] = {}
        # What was counted of a region is so of every one of the same id.
        self._told: dict[str, dict[str, Any]] = {}

    def of(self, named: Mapping[str, Named]) -> dict[str, NamedLayer]:
        """The images among what is named, by name."""
        return {
            one.name: NamedLayer(
                one.name,
                "region" if _is_region(one.value) else "labels" if one.labels else "image",
                one.id,
                self._grids.setdefault(one.value.geometry, len(self._grids)),
                one.value,
                one.over,
            )
            for one in named.values()
            if isinstance(one.value, Image)
        }

    def to_json(self, layers: Iterable[NamedLayer]) -> list[dict[str, Any]]:
        """Layers as the page has them."""
        known, self._told = self._told, {}
        for layer in layers:
            self._told[layer.id] = known.get(layer.id) or layer.to_json()
        return [{**self._told[layer.id], **_of_the_name(layer)} for layer in layers]

    def grids_json(self) -> list[dict[str, object]]:
        """All grids, in the order of their numbers."""
        return [grid_json(geometry) for geometry in self._grids]


def values_json(named: Mapping[str, Named]) -> Iterator[dict[str, Any]]:
    """What is named and has no image in it: numbers, truths, texts, lists of these."""
    for one in named.values():
        if not _has_image(one.value):
            yield {"name": one.name, "type": one.vltype, "value": json_value(one.value)}  # type: ignore[arg-type]


def _of_the_name(layer: NamedLayer) -> dict[str, Any]:
    """What two layers of one id do not share."""
    return {"name": layer.name, "over": layer.over, "grid": layer.grid}


def _is_region(image: Image) -> bool:
    return image.array.dtype == bool and image.components == 1


def _has_image(value: object) -> bool:
    return any(map(_has_image, value)) if isinstance(value, list) else isinstance(value, Image)
