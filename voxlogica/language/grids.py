"""The grids that images lie on, explicit in the plan: space-less ones drawn, others fitted.

The grid of an image from a file is known while planning, from the header. That of what a filter
gives is known when the program runs: then the operation itself stands for its grid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from voxlogica.dataclass import dataclass, field
from voxlogica.images.differences import differences
from voxlogica.images.geometry import Geometry
from voxlogica.language.contents import values_per_voxel
from voxlogica.language.messages import Messages, diagnose
from voxlogica.language.operations import Constant, GridOf, Place
from voxlogica.language.values import FAILED, Failed, Value
from voxlogica.language.workplan import WorkPlan, each_after
from voxlogica.operators import registry
from voxlogica.operators.literals import (
    ALIGN,
    FIT,
    LOAD,
    MASK_OF,
    NUMBERS_OF,
    REGION_OF,
    onto_one_grid,
)
from voxlogica.operators.signature import (
    MASK,
    MODEL,
    REGION,
    VALUATION,
    Operator,
    OperatorParameter,
    Type,
    accepts,
)

Space = Geometry | GridOf


class Wanting(NamedTuple):
    """The operator or function that a message speaks of, and whether it can name its parameters."""

    operator: str
    named: bool


@dataclass(slots=True)
class Grids:
    """The grids of a program's images while it is reduced.

    `files` are those of its image files, in the order of loading, and the files they are of.
    """

    plan: WorkPlan
    files: dict[Geometry, str]
    messages: Messages
    # Whether all images are loaded that the program asks for.
    is_whole: bool = True
    # What is drawn on a space, by the space-less operation that it is.
    placements: dict[tuple[int, Space], int] = field(default_factory=dict)
    # Pairs of spaces of one size that were told of.
    warned_of: dict[tuple[Geometry, Geometry], None] = field(default_factory=dict)

    @property
    def default(self) -> Geometry | None:
        """What a space-less constant takes where nothing else gives it a space."""
        return next(iter(self.files), None)

    def first(self, spaces: Iterable[Space]) -> Space:
        """Of some spaces, that of the file loaded first; without files, of the first operation.

        Files that say nothing of their place, as pictures of labels, come after all.
        """
        several = list(dict.fromkeys(spaces))
        known = [space for space in self.files if space in several]
        placed = [space for space in known if not space.is_unplaced]
        later = [space for space in several if isinstance(space, GridOf)]
        later.sort(key=lambda space: self.plan.position(space.operation))
        return [*placed, *later, *known, *several][0]

    def is_floating(self, node: int) -> bool:
        """Whether an operation gives an image that has no space of its own."""
        return self.plan.kinds[node].type.is_image and self.plan.kinds[node].space is None

    def of(self, nodes: Iterable[int]) -> list[Space]:
        """The spaces that there are among some operations."""
        return [space for node in nodes if (space := self.plan.kinds[node].space) is not None]

    def placed(self, node: int, place: Place) -> int | Failed:
        """The operation on the default space, where it has none of its own."""
        if not self.is_floating(node):
            return node
        if self.default is None and not self.is_whole:
            return FAILED  # for a reason that was told
        if self.default is None:
            return self.messages.error(
                "nothing gives this image its size: no image is loaded",
                place,
                hint="constants such as `tt`, `border` and `x` take the space of a loaded image",
            )
        return self.in_space(node, self.default)

    def joined(self, values: tuple[Value, ...]) -> tuple[Value, ...]:
        """The arguments of a library function, which combines them: the space-less ones placed.

        Its declaration may look at an argument alone, as RCC-8 asks whether a region is empty.
        """
        kinds = self.plan.kinds
        images = [v for v in values if isinstance(v, int) and kinds[v].type.is_image]
        spaces = self.of(images)
        if not spaces or len(spaces) == len(images):
            return values
        space = self.first(spaces)
        return tuple(
            self.in_space(v, space) if isinstance(v, int) and self.is_floating(v) else v
            for v in values
        )

    def fitted(self, node: int, space: Space, place: Place, operator: str) -> int | Failed:
        """The operation as one on this space, for the operator that wants it there."""
        found = self.plan.kinds[node]
        if not found.type.is_image or found.space == space:
            return node
        if found.space is None:
            return self.in_space(node, space)
        if not isinstance(space, Geometry):
            like = self.plan.position(space.operation)
            return self.plan.add(FIT, (node, like), (operator,), space, place, found.type)
        if not isinstance(found.space, Geometry):
            return self.plan.add(FIT, (node,), (space, operator), space, place, found.type)
        if found.space.size != space.size:
            return self._tell_of_sizes(node, found.space, space, place)
        if not found.space.agrees_with(space):
            self._tell_of_places(node, found.space, space, place)
        return self.plan.add(ALIGN, (node,), (space,), space, place, found.type)

    def _tell_of_sizes(self, node: int, theirs: Geometry, space: Geometry, place: Place) -> Failed:
        file, name, onto = *self._loaded(node, theirs), self._loaded(None, space)[1]
        said = (
            f"images of different sizes in one expression: {space} ({self.files[space]}) and"
            f" {theirs} ({file})"
        )
        hint = onto_one_grid(theirs, space, name, onto)
        if theirs.size == space.size[::-1]:
            hint = (
                "one has the axes of the other in reverse: arrays of numpy are z, y, x; in Python"
                ' `voxlogica.image(array, axes="xyz")` says otherwise'
            )
        # Once of two files, whatever is asked of them.
        return self.messages.told_once(diagnose("error", said, place, hint=hint))

    def _tell_of_places(self, node: int, theirs: Geometry, space: Geometry, place: Place) -> None:
        if (theirs, space) in self.warned_of:
            return
        self.warned_of[theirs, space] = None
        file, name, onto = *self._loaded(node, theirs), self._loaded(None, space)[1]
        self.messages.warn(
            f"{file} has the size of {self.files[space]} but lies elsewhere:"
            f" {differences(theirs, space)}",
            place,
            hint="voxels are matched by index, in the place of the image loaded first;"
            f" {onto_one_grid(theirs, space, name, onto)}",
        )

    def _loaded(self, node: int | None, space: Geometry) -> tuple[str, str]:
        """The file that an operation on a space takes its grid from, and how a program calls it."""
        for number in range(len(self.plan)) if node is None else self._below(node, space):
            found = self.plan.kinds[number]
            file: Any = found.constants[0] if found.operator is LOAD else None
            if file is not None and found.space == space and file.left_open is None:
                return file.path, called(self.plan.places[number]) or self._word(space)
        return self.files[space], self._word(space)

    def _word(self, space: Geometry) -> str:
        """What stands for an image in a hint: its name, if what it is of is one."""
        return self.files[space] if self.files[space].isidentifier() else "image"

    def _below(self, node: int, space: Geometry) -> Iterator[int]:
        """An operation, and what it rests on, as far as it lies on the same space."""
        waiting, seen = [node], {node}
        while waiting:
            current = waiting.pop()
            yield current
            for argument in self.plan.arguments(current):
                if argument not in seen and self.plan.kinds[argument].space == space:
                    seen.add(argument)
                    waiting.append(argument)

    def in_space(self, node: int, space: Space) -> int:
        """A space-less expression drawn on a space: the same operations, its constants placed.

        Where the space is known when the program runs, they are drawn on the grid of the operation
        that has it, which is one more argument then.
        """
        done, plan = self.placements, self.plan
        known: tuple[Constant, ...] = (space,) if isinstance(space, Geometry) else ()
        like = () if isinstance(space, Geometry) else (plan.position(space.operation),)

        def floating(placed: tuple[int, Space]) -> Iterator[tuple[int, Space]]:
            return ((a, space) for a in plan.arguments(placed[0]) if self.is_floating(a))

        for current in each_after([(node, space)], floating, done):
            found = plan.nodes[current[0]]
            arguments = tuple(done.get((a, space), a) for a in found.arguments)
            constants = found.constants
            if found.operator.spaceless:
                arguments, constants = arguments + like, known
            done[current] = plan.add(
                found.operator, arguments, constants, space, plan.places[current[0]], found.type
            )
        return done[node, space]

    # Applying an operator

    def arguments(
        self,
        operator: Operator,
        values: tuple[int, ...],
        place: Place,
        wanting: Wanting,
    ) -> tuple[tuple[int, ...], Space | None] | Failed:
        """The arguments as an operator takes them, and the space of its result, if they say it.

        Models count as their intensity, or as a region, where such is wanted. Images are brought
        onto one grid, but not for an operator that has its own, as filters do: then only those
        without any take that of the others.
        """
        kinds = self.plan.kinds
        images = [value for value in values if kinds[value].type.is_image]
        if not images:
            return values, None
        if any(kinds[value].type == MODEL for value in images):
            values = tuple(
                self._converted(value, operator.parameter(i), place, wanting)
                for i, value in enumerate(values)
            )
        spaces = self.of(images)
        if not spaces:
            if operator.result.is_image and not operator.own_grid:
                return values, None
            return _located((self.placed(value, place) for value in values), None)
        space = self.first(spaces[:1] if operator.own_grid else spaces)
        if operator.own_grid:
            return tuple(
                self.in_space(value, space) if self.is_floating(value) else value
                for value in values
            ), None
        fitted = (self.fitted(value, space, place, wanting.operator) for value in values)
        return _located(fitted, space)

    def _converted(
        self, value: int, wanted: OperatorParameter, place: Place, wanting: Wanting
    ) -> int:
        found = self.plan.kinds[value]
        if found.type != MODEL or wanted.type not in (VALUATION, REGION, MASK):
            return value
        count = values_per_voxel(self.plan, value)
        if wanted.type == MASK:
            return self.plan.add(MASK_OF, (value,), (wanted.name,), found.space, place)
        if wanted.type == VALUATION and count is not None:
            if count > 1:
                self.messages.warn(
                    "colours are taken for their brightness, 0.2126 R + 0.7152 G + 0.0722 B",
                    place,
                    hint="for one channel: `red(…)`, `green(…)`, `blue(…)`; `intensity(…)` says "
                    "that brightness is meant",
                )
            (intensity,) = registry()["intensity"]
            return self.plan.add(intensity, (value,), (), found.space, place)
        conversion = NUMBERS_OF if wanted.type == VALUATION else REGION_OF
        said = (wanting.operator, wanted.name if wanting.named else "")
        return self.plan.add(conversion, (value,), said, found.space, place)


def _located(
    values: Iterable[int | Failed], space: Space | None
) -> tuple[tuple[int, ...], Space | None] | Failed:
    found = tuple(values)
    located = tuple(value for value in found if isinstance(value, int))
    return (located, space) if len(located) == len(found) else FAILED


def called(load: Place) -> str | None:
    """How a program calls what it loads at this place: by its name, or as it is written."""
    named = re.match(r"load\s+(\w+)|(\w+\s*\(.*\))$", load.span.text)
    return named and (named[1] or named[2])


def choose(
    overloads: tuple[Operator, ...], types: tuple[Type, ...], computed: tuple[bool, ...]
) -> Operator | None:
    """The first overload that takes values of these types, else with models for what they hold.

    A model counts as its intensity, then as a region; the latter only where it is computed, and
    what is in it not known before the program runs: what was loaded is compared with a number.
    """
    exact = next((o for o in overloads if o.takes(types)), None)
    if exact is not None or MODEL not in types:
        return exact
    for counting in (_AS_NUMBERS, _AS_EITHER):
        for operator in overloads:
            if operator.takes_count(len(types)) and all(
                accepts(operator.parameter(i).type, given)
                or (
                    given == MODEL
                    and operator.parameter(i).type in counting
                    and (computed[i] or operator.parameter(i).type == VALUATION)
                )
                for i, given in enumerate(types)
            ):
                return operator
    return None


_AS_NUMBERS = frozenset({VALUATION})
_AS_EITHER = frozenset({VALUATION, REGION})
