"""What operations take from outside a program, or change there: images of files, and effects.

Channels, as of a microscope, and times are chosen by name or number while the program is reduced,
so that what is loaded is that image alone. Several numbers a voxel are one image; but unless the
file calls them a colour, nothing is meant by them until one is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from os import urandom
from typing import TYPE_CHECKING, cast

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.opened import channels_listed
from voxlogica.language.grids import Grids, called
from voxlogica.language.knowledge import NOT_KNOWN, Knowledge
from voxlogica.language.libraries import HINT, MayRead, OpenImage, anything, beside, out_of_reach
from voxlogica.language.messages import Messages, users_own
from voxlogica.language.operations import Place, ThisRun
from voxlogica.language.values import FAILED, Failed, Value
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators import namespace
from voxlogica.operators.channels import numbers
from voxlogica.operators.literals import LOAD
from voxlogica.operators.signature import IMAGE, MODEL, Axis, OperationError, Operator, Purity
from voxlogica.remarks import Remark, heard

if TYPE_CHECKING:
    from voxlogica.images.given import GivenImage
    from voxlogica.images.reading import ImageFile

    # What a load may have for its constant.
    Loaded = ImageFile | GivenImage

# Tells apart the effects of a program, the later ones by greater numbers.
_EFFECTS = count(1)


@dataclass(slots=True)
class Outside:
    """The operations of a plan that take from outside, or change something there."""

    plan: WorkPlan
    grids: Grids
    knowledge: Knowledge
    messages: Messages
    open_image: OpenImage
    # Which folders may be looked at.
    may_read: MayRead = anything
    # Of each path, the image that was last written there, and the operation that does.
    written: dict[int, tuple[int, int]] = field(default_factory=dict)
    # Whether anything was taken from there, or changed, but for what is loaded.
    is_asked: bool = False
    # Tells the operations of this run from those of others.
    _run: str = field(default_factory=lambda: urandom(16).hex())

    def placed(self, node: int | Failed, place: Place) -> int | Failed:
        """The operation on the default space, where it has none of its own.

        A file from which something has yet to be chosen is no image.
        """
        if isinstance(node, Failed) or not self.is_image(node, None, 0, place):
            return FAILED
        return self.grids.placed(node, place)

    def is_image(self, value: int, operator: Operator | None, number: int, place: Place) -> bool:
        """Whether a file, if it is one, is one image such as an operator wants; else it is told."""
        if self.plan.kinds[value].operator is not LOAD:
            return True
        file = self._file(value)
        refusal = file.left_open
        if refusal is None and operator is not None:
            refusal = _no_numbers(file, operator, number)
        if refusal is not None:
            name = called(self.plan.places[value]) or "img"
            hint = refusal.hint and refusal.hint.replace("(img,", f"({name},")
            self.messages.error(refusal.message, place, hint=hint)
        return refusal is None

    def _file(self, position: int) -> Loaded:
        """The file that an operation loads, or the image that stands for one."""
        return cast("Loaded", self.plan.kinds[position].constants[0])

    def chosen(self, operator: Operator, values: tuple[int, ...], place: Place) -> Value:
        """Of the images in a file, the one of a channel or a frame: that alone is loaded."""
        loaded, choice = values
        file = self._file(loaded)
        (which,) = self.knowledge.asked([choice])
        if which is NOT_KNOWN:
            return self.knowledge.awaited(MODEL, values, place)
        found = _chosen(file, operator.chooses, which) or file.left_open
        if found is None:
            return self.plan.add(operator, values, (), file.geometry, place)
        if isinstance(found, ImageFileError):
            return self.messages.error(found.message, place, hint=found.hint)
        return self.plan.add(LOAD, (), (found,), found.geometry, place)

    def operation(self, operator: Operator, values: tuple[int, ...], place: Place) -> Value:
        """An operation that rests on more than its arguments, or changes something.

        The content of a file, and of a folder, is a constant of the plan where its name is known.
        Else the operation is one of this run alone.
        """
        self.is_asked = True
        now = self.knowledge.now
        if operator.purity is Purity.READING and now(values[0]) is not NOT_KNOWN:
            return self._read(values, place)
        known = [now(value) for value in values]
        if [p.name for p in operator.parameters[:1]] == ["root"]:  # a folder, by its path
            if known[0] is not NOT_KNOWN:
                known[0] = users_own(place).source.seen_from_here(known[0])
            if (refused := self._refused(known[0])) is not None:
                return self.messages.error(refused.message, place, hint=refused.hint)
        if operator.evaluates_early and NOT_KNOWN not in known:
            try:
                with heard() as remarks:
                    found = operator.function(*known)
                for remark in remarks:
                    if isinstance(remark, Remark):  # a rule is for regions, which no text holds
                        self.messages.warn(remark.message, place, hint=remark.hint)
            except OperationError as problem:
                return self.messages.error(problem.message, place, hint=problem.hint)
            return self.knowledge.literal(found, operator.result, place)
        if operator.purity is Purity.EFFECT:
            return self._effect(operator, values, place)
        return self.plan.add(operator, values, (ThisRun(self._run, (0, 0)),), None, place)

    def _refused(self, folder: object) -> ImageFileError | None:
        """That a folder may not be looked at; where some may not, one that only running names."""
        if self.may_read is anything:
            return None
        if not isinstance(folder, str):
            return ImageFileError("a folder that only running names is out of reach", HINT)
        return None if self.may_read(folder) else out_of_reach(folder)

    def _effect(self, operator: Operator, values: tuple[int, ...], place: Place) -> int:
        """An operation that writes an image to a path, once where it is written there already."""
        image, path, *_ = values
        before = self.written.get(path)
        if before is not None and before[0] == image:
            return before[1]
        if before is not None and isinstance(name := self.knowledge.now(path), str):
            self.messages.warn(f"{name} is written twice: what is written last remains", place)
        this_run = ThisRun(self._run, (len(self.plan.goals), next(_EFFECTS)))
        position = self.plan.add(operator, values, (this_run,), None, place)
        self.written[path] = (image, position)
        return position

    def _read(self, values: tuple[int, ...], place: Place) -> int | Failed:
        """The image in a file whose name is known, with the type of values that is asked for."""
        source = users_own(place).source
        path = source.seen_from_here(self.knowledge.now(values[0]))
        try:
            file = self.open_image(path)
        except ImageFileError as problem:
            self.grids.is_whole = False
            hint = beside(path, source) or problem.hint
            return self.messages.error(problem.message, place, hint=hint)
        for message in file.warnings:
            self.messages.warn(message, place)
        self.grids.files.setdefault(file.geometry, file.path)
        node = self.plan.add(LOAD, (), (file,), file.geometry, place)
        if len(values) == 1:
            return node
        (cast,) = namespace("simpleitk")["Cast"]
        return self.plan.add(cast, (node, values[1]), (), file.geometry, place)


def _chosen(file: Loaded, axis: Axis | None, which: float | str) -> Loaded | ImageFileError | None:
    """The file with a channel or a frame chosen; None where that is one number of each voxel."""
    if axis == "frame":
        return _frame(file, which)
    names = file.channels if file.channel is None else (file.channels[file.channel],)
    if len(names) == 1 and isinstance(which, float) and file.components > 1:
        if which.is_integer() and 0 <= which < file.components:
            return None
        return ImageFileError(f"{file.shown} has no channel {which:g}", numbers(file.components))
    found = [i for i, name in enumerate(names) if which in (name, i)]
    named = quoted(which) if isinstance(which, str) else f"{which:g}"
    if len(found) > 1:
        return ImageFileError(
            f"{file.shown} has {len(found)} channels {named}",
            f"choose by number: {channels_listed(names)}",
        )
    if not found:
        return ImageFileError(f"{file.shown} has no channel {named}", _offered(file, names))
    if len(names) == 1:
        return file
    return replace(cast("ImageFile", file), channel=found[0])  # only a file has several


def _offered(file: Loaded, names: Sequence[str]) -> str:
    if len(names) == 1:
        return numbers(file.components) + (f": {quoted(names[0])}" if names[0] else "")
    return f"it has {channels_listed(names)}"


def _frame(file: Loaded, which: float | str) -> Loaded | ImageFileError:
    count = file.frames if file.frame is None else 1
    if isinstance(which, str) or not (which.is_integer() and 0 <= which < count):
        said = which if isinstance(which, str) else f"{which:g}"
        return ImageFileError(f"{file.shown} has no frame {said}", numbers(count))
    return file if count == 1 else replace(cast("ImageFile", file), frame=int(which))


def _no_numbers(file: Loaded, wanted: Operator, argument: int) -> ImageFileError | None:
    """That an operator wants numbers or a colour of a file whose voxels have several values."""
    if file.components == 1 or file.is_colour or wanted.parameter(argument).type == IMAGE:
        return None
    return ImageFileError(
        f"{file.shown} has {file.components} numbers a voxel, which it does not call a colour",
        f"`channel(img, 0)` is the first of them; {numbers(file.components)}",
    )
