"""Where the files of a run go: announced, written into a hidden folder, put in place at the end."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.image import Image
from voxlogica.images.levels import DEFAULT_LEVEL
from voxlogica.language.contents import holds_colour
from voxlogica.language.operations import ThisRun
from voxlogica.language.workplan import Save, WorkPlan
from voxlogica.operators.signature import Purity, Type
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, error, warning
from voxlogica.syntax.source import Span

if TYPE_CHECKING:
    from voxlogica.engine.plain_values import PrintedValue
    from voxlogica.images.placed import Placed
    from voxlogica.images.saving import Written
    from voxlogica.images.writing import Staging


# What a run does with a file; and who is told of each, where the program has it.
Use = Literal["saved", "read"]
Used = Callable[[str, Use, Span], None]


class File(NamedTuple):
    """A file that was written, the type of what is in it, and where the program asks for it.

    The `image` itself is there where the sink keeps it; what of labels and colours is as in `Save`.
    """

    written: Written
    type: Type
    span: Span
    image: Image | None = None
    labels: bool = False
    colour: bool = False

    @property
    def place(self) -> Path:
        """Where it will be, whatever folder is the working one then."""
        return Path(self.written.path).absolute()


class WrittenFiles(NamedTuple):
    """The files of an image that another process has written: where they are, or their contents."""

    places: tuple[Path, ...] = ()
    contents: tuple[tuple[str, bytes], ...] = ()


class WayOfWriting(NamedTuple):
    """How an image is written for a goal, or by an operation that writes, whose `order` is given.

    Of those for one file, the one with the highest `sequence` counts.
    """

    type: Type
    sequence: tuple[int, int, int]
    order: tuple[int, int] | None
    as_is: bool
    labels: bool
    colour: bool

    @staticmethod
    def of(plan: WorkPlan, goal: Save) -> WayOfWriting:
        """The way of a goal whose image the plan's operation of its position gives, or writes."""
        kind = plan.kinds[goal.node]
        if kind.operator.purity is not Purity.EFFECT:
            return WayOfWriting(
                kind.type, (goal.number, 1, 0), None, False, goal.labels, goal.colour
            )
        (this_run,) = (c for c in kind.constants if isinstance(c, ThisRun))
        before, number = this_run.order
        of = plan.arguments(goal.node)[0]
        is_colour = holds_colour(plan, of)
        return WayOfWriting(
            plan.kinds[of].type, (before, 0, number), this_run.order, True, False, is_colour
        )

    @property
    def how(self) -> dict[str, Any]:
        """What `Staging.write` and `Saving` are told of it."""
        return {"as_is": self.as_is, "labels": self.labels, "colour": self.colour}


class Sink:
    """Takes the images, tables and texts of one run.

    It leaves nothing behind but by `commit`, when it is discarded. Compressed files are compressed
    at the level `compression`. Where it is given a folder, files go below that instead of the root,
    and their paths are told so. `used` is told of what is saved, and of what is read by a name that
    only the run has come by. One that
    `keeps_images` of so many bytes has them in its files. Safe for any thread.
    """

    def __init__(
        self,
        compression: int = DEFAULT_LEVEL,
        below: Path | None = None,
        used: Used = lambda *_: None,
        keeps_images: int = 0,
    ) -> None:
        self._used = used
        self._room = keeps_images
        self._compression = compression
        self._below = below
        # Made for the first file: most that is needed to write one is needed for nothing else.
        self._staged: Staging | None = None
        self._one_at_a_time = Lock()
        # What was written for goals, by their number; by operations, by their order.
        self._saved: dict[int, File] = {}
        self._effects: dict[tuple[int, int], File] = {}
        self._spans: dict[str, Span] = {}

    @property
    def _staging(self) -> Staging:
        with self._one_at_a_time:
            if self._staged is None:
                from voxlogica.images.writing import Staging

                self._staged = Staging((), self._compression).__enter__()
            return self._staged

    def _path(self, goal: Save) -> str:
        """Where the file of a goal goes."""
        if self._below is None:
            return goal.path
        return str(self._below / goal.place.relative_to(goal.place.anchor))

    def announce(self, goals: Iterable[Save]) -> None:
        """Make ready for files. Raises VoxLogicaError, at the goal, where one cannot be put."""
        with self._told_of():
            for goal in goals:
                self._announce(goal)

    def _announce(self, goal: Save) -> None:
        path = self._path(goal)
        self._spans[path] = goal.span
        self._used(path, "saved", goal.span)
        self._staging.announce(path)

    def write(self, plan: WorkPlan, goal: Save, image: Any) -> Written:
        """Write the image, or table or text, of a goal; or of an operation of a plan that writes.

        Raises ImageFileError where that cannot be. Of images for one file, that of the last goal or
        operation in the program counts: two paths may lead to one file, through links.
        """
        if not isinstance(image, Image):
            return self._write_text(goal, image, plan.kinds[goal.node].type)
        way = self._ready(plan, goal)
        written = self._staging.write(self._path(goal), image, way.sequence, **way.how)
        self._note(goal, way, written, image)
        return written

    def hidden(self, goal: Save) -> Path:
        """The folder in which others may write the files of a goal: see `Staging.hidden`."""
        return self._staging.hidden(self._path(goal))

    def receive(
        self,
        plan: WorkPlan,
        goal: Save,
        written: Written,
        files: WrittenFiles,
        image: Image | None = None,
    ) -> None:
        """Take the files of an image that others have written, as `write` takes the image.

        They are in the goal's hidden folder, or come with what is in them. Raises ImageFileError
        where they cannot be found, or written.
        """
        way, path = self._ready(plan, goal), self._path(goal)
        if files.contents:
            self._staging.write_files(path, files.contents, way.sequence)
        else:
            self._staging.adopt(path, files.places, way.sequence)
        self._note(goal, way, written, image)

    @property
    def keeps_images(self) -> bool:
        """Whether it has room for images, beside their files."""
        return self._room > 0

    def _ready(self, plan: WorkPlan, goal: Save) -> WayOfWriting:
        """The way of a goal; only the run has come by the name of one that an operation writes."""
        way = WayOfWriting.of(plan, goal)
        if way.order is not None:
            self._announce(goal)
        return way

    def _note(self, goal: Save, way: WayOfWriting, written: Written, image: Image | None) -> None:
        kept = None if image is None else self._kept(image)
        colour = goal.colour and way.order is None
        file = File(written, way.type, goal.span, kept, way.labels, colour)
        if way.order is None:
            self._saved[goal.number] = file
        else:
            self._effects[way.order] = file

    def _kept(self, image: Image) -> Image | None:
        """The image, if there is room to keep it."""
        with self._one_at_a_time:
            if image.nbytes > self._room:
                return None
            self._room -= image.nbytes
            return image

    def reading(self, path: str, span: Span) -> str:
        """Note a file that is read by a name that only the run has come by; gives where it is."""
        self._used(path, "read", span)
        return path

    def _write_text(self, goal: Save, value: Any, found: Type) -> Written:
        from voxlogica.engine.plain_values import handed_out
        from voxlogica.engine.texts import encoded
        from voxlogica.images.formats import suffix_of
        from voxlogica.images.saving import Written

        # There are no images in it: that was checked with the program.
        path = self._path(goal)
        content = encoded(suffix_of(path), cast("PrintedValue", handed_out(value, found)))
        self._staging.write_text(path, content.chunks, (goal.number, 1, 0))
        said = tuple(f"{quoted(path)}: {doubt}" for doubt in content.doubts)
        written = Written(path, math.nan, math.nan, said)
        self._saved[goal.number] = File(written, found, goal.span)
        return written

    @property
    def lasting(self) -> list[File]:
        """What was written and remains: what goals saved, then what operations wrote."""
        last = {self._saved[number].place: number for number in sorted(self._saved)}
        files = [self._saved[number] for number in sorted(last.values())]
        effects = {self._effects[order].place: order for order in sorted(self._effects)}
        # But for what a later goal writes to the same file.
        later = (o for place, o in effects.items() if last.get(place, -1) < o[0])
        return files + [self._effects[order] for order in later]

    def discard(self) -> None:
        """Leave nothing behind but what is in place."""
        if self._staged is not None:
            self._staged.discard()

    def commit(self) -> None:
        """Put all files in place. Raises VoxLogicaError where that cannot be."""
        if self._staged is not None:
            with self._told_of():
                self._staged.commit()

    def placed(self, file: File) -> tuple[Placed, ...]:
        """What was put in place of a file: several, where its format has a header apart."""
        return self._staging.placed(file.written.path)

    @contextmanager
    def _told_of(self) -> Iterator[None]:
        try:
            yield
        except ImageFileError as problem:
            span = self._spans.get(problem.path) if problem.path is not None else None
            raise VoxLogicaError([error(problem.message, span, hint=problem.hint)]) from problem


class Nowhere(Sink):
    """Takes what is saved, and writes nothing: images are kept, where there is room for that.

    What goals save is told as if it had been.
    """

    def announce(self, goals: Iterable[Save]) -> None:
        """As `Sink` does: nothing has to be made ready."""

    def write(self, plan: WorkPlan, goal: Save, image: Any) -> Written:
        """As `Sink` does, without a file."""
        from voxlogica.images.saving import Written

        written = Written(goal.path, math.nan, math.nan)
        if plan.kinds[goal.node].operator.purity is not Purity.EFFECT:
            way = WayOfWriting.of(plan, goal)
            self._note(goal, way, written, image if isinstance(image, Image) else None)
        return written

    def placed(self, file: File) -> tuple[Placed, ...]:
        """As `Sink` does: nothing is in place."""
        return ()


def unkept(files: Sequence[File]) -> Iterator[Diagnostic]:
    """What to warn of in saved files; what a format does not keep, once for all of them."""
    alike: dict[str, list[File]] = {}
    for file in files:
        for message in file.written.warnings:
            yield warning(message, file.span, topic="data")
        if file.written.unkept:
            alike.setdefault(file.written.unkept, []).append(file)
    for text, several in alike.items():
        first = several[0]
        others = f" and {len(several) - 1} more" if len(several) > 1 else ""
        yield warning(
            f"{quoted(first.written.path)}{others}: {text}",
            first.span,
            hint="in .nii.gz, .mha and .nrrd an image keeps its place",
            topic="data",
        )
