"""The first run on a machine: kernels are compiled while files are read, several at a time.

Which kernels an operator needs, and for which types, shows when it is carried out. So each operator
of the plan is carried out once on a few voxels, in a thread beside the run. What the voxels do not
show, such as the kernel for values of a wider range, is compiled when the run comes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Thread
from typing import TYPE_CHECKING, Any

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.kernels.slabs import Cores
from voxlogica.language.workplan import Kind, WorkPlan
from voxlogica.primitives.literals import NUMBER_LITERAL
from voxlogica.primitives.signature import BOOL, MODEL, NUMBER, REGION, Type

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The families whose operators call kernels, and do nothing else that could be noticed.
COMPILED = frozenset(
    {
        "components",
        "distance",
        "layers",
        "statistics",
        "texture",
        "thresholds",
        "topology",
        "voxelwise",
    }
)
# Enough for balls of most radii; few enough to take no time.
_LONGEST_SIDE = 24

# The result of an operation, given those of its arguments.
Compute = Callable[[Kind, Iterable[Any]], Any]


@dataclass(frozen=True, slots=True)
class _Part:
    """An operation to rehearse: its values made up, or the constants that the program has."""

    name: str
    kind: Kind
    arguments: tuple[Kind, ...]


def rehearse(plan: WorkPlan, positions: Iterable[int], cores: Cores, compute: Compute) -> None:
    """Begin to carry out operators that no run has rehearsed on this machine; does not wait."""
    parts: dict[str, _Part] = {}
    for position in positions:
        kind = plan.kinds[position]
        if kind.operator.family not in COMPILED:
            continue
        arguments = tuple(plan.kinds[argument] for argument in plan.arguments(position))
        space = _space(kind, arguments)
        if space is not None:
            even = min(space.spacing) == max(space.spacing)
            name = f"{kind.operator.name} {space.dimension} {even}"
            parts.setdefault(name, _Part(name, kind, arguments))
    if not parts:
        return
    from voxlogica.kernels.object_code import is_noted  # which asks LLVM for the processor

    for name, part in parts.items():
        if not is_noted(name):
            # A thread each: they do little but wait for the processes that compile.
            Thread(target=_rehearse, args=(part, cores, compute), daemon=True).start()


def _rehearse(part: _Part, cores: Cores, compute: Compute) -> None:
    from voxlogica.kernels.object_code import note

    # Where it does not suit the values made up here, its kernels are compiled when the run comes to
    # it; and there it is told what is wrong, if anything is.
    with suppress(Exception), cores.working():
        compute(*_scene(part))
    note(part.name)


def _space(kind: Kind, arguments: Iterable[Kind]) -> Geometry | None:
    """The grid of an operation, or of its arguments; None if none is known yet."""
    spaces = (k.space for k in (kind, *arguments))
    return next((space for space in spaces if isinstance(space, Geometry)), None)


def _scene(part: _Part) -> tuple[Kind, list[Any]]:
    space = _space(part.kind, part.arguments)
    assert space is not None
    size = tuple(min(side, _LONGEST_SIDE) for side in space.size)
    small = Geometry.of_size(*size, spacing=space.spacing)
    constants = tuple(small if isinstance(c, Geometry) else c for c in part.kind.constants)
    values = [_value(argument, small) for argument in part.arguments]
    return replace(part.kind, constants=constants), values


def _value(kind: Kind, space: Geometry) -> Any:
    if kind.operator is NUMBER_LITERAL:
        return kind.constants[0]
    if kind.is_image:
        return Image(_voxels(kind.type, space), space)
    return {NUMBER: 1.0, BOOL: True}.get(kind.type, "")


def _voxels(found: Type, space: Geometry) -> NDArray[Any]:
    import numpy as np

    numbers = np.arange(space.voxels).reshape(space.shape) % 7
    if found == REGION:
        return numbers > 3
    return numbers.astype(np.uint8 if found == MODEL else np.float32)
