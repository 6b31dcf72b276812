"""What operations of a plan result in: as a whole, computed once and held, or at one voxel."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from voxlogica.explanations.nearest import distance_at
from voxlogica.images.arrays import np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.kernels.voxelwise import TABLE
from voxlogica.language.knowledge import NOT_KNOWN, Knowledge
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.signature import MODEL

# Computes operations of the plan: their results, images among them, in this order.
Compute = Callable[[Sequence[int]], Sequence[Any]]

# What gives at a voxel what it is told of that voxel: of such, no whole image is needed.
_POINTWISE = {row.name for rows in TABLE.values() for row in rows} | {
    "align", "fit", "numbers", "notZero", "region", "intensity", "red", "green", "blue", "alpha"
}  # fmt: skip
# Operations in one another: of more, the inner ones are computed as a whole.
_DEEPEST = 40


class Results:
    """The results of a plan's operations, of which some are `at_hand` from the start."""

    def __init__(self, plan: WorkPlan, compute: Compute, at_hand: Mapping[int, Any]) -> None:
        self.plan = plan
        self._compute = compute
        self._held: dict[int, Any] = {**at_hand}
        self._knowledge = Knowledge(plan, None)

    def _result(self, position: int) -> Any:
        if position not in self._held:
            (self._held[position],) = self._compute([position])
        return self._held[position]

    def image(self, position: int) -> Image:
        """The image that an operation gives."""
        found = self._result(position)
        assert isinstance(found, Image)
        return found

    def value(self, position: int) -> Any:
        """The array that an operation gives, (z, y, x), or its number, truth value, text, list."""
        if position not in self._held and not self.plan.kinds[position].is_image:
            known = self._knowledge.now(position)
            if known is not NOT_KNOWN:
                return known
        found = self._result(position)
        return found.array if isinstance(found, Image) else found

    def at(self, position: int, voxel: Sequence[int]) -> Any:
        """What an operation gives at a voxel `(x, y, z)`; a tuple, of an image of components."""
        if not self.plan.kinds[position].is_image:
            return self.value(position)
        return self._at(position, tuple(voxel)[::-1], 0)

    def _at(self, position: int, index: tuple[int, ...], depth: int) -> Any:
        kind = self.plan.kinds[position]
        arguments = self.plan.arguments(position)
        name = kind.operator.name
        if name == "dt" and position not in self._held:
            # Of one voxel it costs little, of all of them more than anything else.
            region = self.image(arguments[0])
            return float(distance_at(region.array, region.geometry.spacing[::-1], index))
        if position in self._held or name not in _POINTWISE or depth > _DEEPEST:
            return _plain(self.image(position).array[index])
        if name in ("align", "fit"):
            return self._at(arguments[0], index, depth + 1)
        values = [
            self._at(a, index, depth + 1) if self.plan.kinds[a].is_image else self.value(a)
            for a in arguments
        ]
        if any(isinstance(value, tuple) for value in values):
            return _plain(self.image(position).array[index])
        alone = (1,) * len(index)
        one = Geometry.of_size(*alone)
        given = [
            Image(np.full(alone, value, self._dtype(a)), one)
            if self.plan.kinds[a].is_image
            else value
            for a, value in zip(arguments, values, strict=True)
        ]
        if kind.operator.spaceless:
            # Drawn on a grid, which may be that of a last argument.
            of_own = given[: len(kind.operator.parameters)]
            found = kind.operator.function(*of_own, space=one)
        else:
            found = kind.operator.function(*given, *kind.constants)
        return _plain(found.array[(0,) * len(index)])

    def _dtype(self, position: int) -> Any:
        """The dtype of an image's voxels: of a model, the file's own."""
        kind = self.plan.kinds[position]
        if kind.type == MODEL:
            return self.image(position).dtype
        return np.dtype(bool if str(kind.type) == "valuation(bool)" else "float32")


def _plain(value: Any) -> Any:
    """A voxel's value as Python has it."""
    if getattr(value, "ndim", 0):
        return tuple(item.item() for item in value)
    return value.item() if hasattr(value, "item") else value
