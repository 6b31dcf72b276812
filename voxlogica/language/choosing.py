"""Files that hold several images: what a program chooses of them, and what it has to.

Channels, as of a microscope, and times are chosen by name or number while the program is reduced,
so that what is loaded is that image alone. Several numbers a voxel are one image; but unless the
file calls them a colour, nothing is meant by them until one is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.dataclass import replace
from voxlogica.images.errors import quoted
from voxlogica.images.opened import channels_listed
from voxlogica.primitives.channels import numbers
from voxlogica.primitives.signature import IMAGE, Operator

if TYPE_CHECKING:
    from voxlogica.images.reading import ImageFile

CHANNEL, FRAME = "channel", "frame"


class Refusal(NamedTuple):
    """What is wrong, and how to mend it."""

    message: str
    hint: str | None


def is_choice(operator: Operator) -> bool:
    """Whether an operator chooses from what a file holds."""
    return operator.family == "channels"


def chosen(file: ImageFile, axis: str, which: float | str) -> ImageFile | Refusal | None:
    """The file with a channel or a frame chosen; None where that is one number of each voxel."""
    if axis == FRAME:
        return _frame(file, which)
    names = file.channels if file.channel is None else (file.channels[file.channel],)
    if len(names) == 1 and isinstance(which, float) and file.components > 1:
        if which.is_integer() and 0 <= which < file.components:
            return None
        return Refusal(f"{quoted(file.path)} has no channel {which:g}", numbers(file.components))
    if isinstance(which, str):
        found = [i for i, name in enumerate(names) if name == which]
        if len(found) > 1:
            return Refusal(
                f"{quoted(file.path)} has {len(found)} channels {quoted(which)}",
                f"choose by number: {channels_listed(names)}",
            )
    else:
        found = [i for i in range(len(names)) if i == which]
    if not found:
        named = quoted(which) if isinstance(which, str) else f"{which:g}"
        return Refusal(f"{quoted(file.path)} has no channel {named}", _offered(file, names))
    return file if len(names) == 1 else replace(file, channel=found[0])


def _offered(file: ImageFile, names: Sequence[str]) -> str:
    if len(names) == 1:
        return numbers(file.components) + (f": {quoted(names[0])}" if names[0] else "")
    return f"it has {channels_listed(names)}"


def _frame(file: ImageFile, which: float | str) -> ImageFile | Refusal:
    count = file.frames if file.frame is None else 1
    if isinstance(which, str) or not (which.is_integer() and 0 <= which < count):
        said = which if isinstance(which, str) else f"{which:g}"
        return Refusal(f"{quoted(file.path)} has no frame {said}", numbers(count))
    return file if count == 1 else replace(file, frame=int(which))


def left_open(file: ImageFile) -> Refusal | None:
    """That a program has to choose before a file is one image; None where it is."""
    problem = file.left_open
    return Refusal(problem.message, problem.hint) if problem is not None else None


def no_numbers(file: ImageFile, wanted: Operator, argument: int) -> Refusal | None:
    """That an operator wants numbers or a colour of a file whose voxels have several values."""
    if file.components == 1 or file.is_colour or wanted.parameter(argument).type == IMAGE:
        return None
    return Refusal(
        f"{quoted(file.path)} has {file.components} numbers a voxel, which it does not call a"
        " colour",
        f"`channel(img, 0)` is the first of them; {numbers(file.components)}",
    )
