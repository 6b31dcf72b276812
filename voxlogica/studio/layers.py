"""What a program's names are in the page: layers to look at, and values to read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.engine.texts import json_value
from voxlogica.images.arrays import np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.outcome import Named
from voxlogica.report.viewer import grid_json


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
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

    def of(self, named: Mapping[str, Named]) -> dict[str, Layer]:
        """The images among what is named, by name."""
        return {
            one.name: Layer(
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

    def to_json(self, layers: Iterable[Layer]) -> list[dict[str, Any]]:
        """Layers as the page has them."""
        known, self._told = self._told, {}
        for layer in layers:
            told = known.get(layer.id) or layer.to_json()
            self._told[layer.id] = told
        return [{**self._told[layer.id], **_of_the_name(layer)} for layer in layers]

    def grids_json(self) -> list[dict[str, object]]:
        """All grids, in the order of their numbers."""
        return [grid_json(geometry) for geometry in self._grids]


def values_json(named: Mapping[str, Named]) -> Iterator[dict[str, Any]]:
    """What is named and has no image in it: numbers, truths, texts, lists of these."""
    for one in named.values():
        if not _has_image(one.value):
            yield {"name": one.name, "type": one.vltype, "value": json_value(one.value)}  # type: ignore[arg-type]


def _of_the_name(layer: Layer) -> dict[str, Any]:
    """What two layers of one id do not share."""
    return {"name": layer.name, "over": layer.over, "grid": layer.grid}


def _is_region(image: Image) -> bool:
    return image.array.dtype == bool and image.components == 1


def _has_image(value: object) -> bool:
    return any(map(_has_image, value)) if isinstance(value, list) else isinstance(value, Image)
