"""Where a worker leaves images: in hidden folders of its client's, or in its answer."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from voxlogica.cluster.errands import Errand, Saved, Sent, known_as
from voxlogica.cluster.inputs import ErrandInputs
from voxlogica.engine.sink import Nowhere, WayOfWriting
from voxlogica.images.encoding import Encoded
from voxlogica.images.errors import ImageFileError, quoted, system_error
from voxlogica.images.reading import ImageFile
from voxlogica.images.saving import Saving, Written
from voxlogica.images.writing import write_file
from voxlogica.language.workplan import Save, WorkPlan
from voxlogica.syntax.source import Span


class AwaySink(Nowhere):
    """Takes the images of an errand, whose client puts them in place.

    Which goal an image is of, and which operation reads or writes, the spans say: they are
    positions. Safe for any thread.
    """

    def __init__(
        self, errand: Errand, inputs: ErrandInputs, opened: Callable[[str], ImageFile]
    ) -> None:
        super().__init__()
        self._inputs, self._opened = inputs, opened
        goals = [goal for goal in errand.plan.goals if isinstance(goal, Save)]
        self._hidden = dict(zip((goal.span.start for goal in goals), errand.hidden, strict=True))
        self._compression = errand.compression
        self.saved: dict[int, Saved] = {}
        self.effects: list[tuple[int, Saved]] = []
        self.read: list[tuple[str, int, bytes]] = []

    def write(self, plan: WorkPlan, goal: Save, image: Any) -> Written:
        """As `Sink` does, into a folder of its own."""
        way = WayOfWriting.of(plan, goal)
        saving = Saving(goal.path, self._compression, **way.how)
        image = saving.fitted(image)
        hidden = "" if way.order is not None else self._hidden[goal.span.start]
        name = Path(goal.path).name
        with TemporaryDirectory(prefix="voxlogica-") as scratch:
            content = saving.encoded(image, name, Path(scratch))
            written = saving.written(image, content)
            if hidden:
                saved = Saved(written, _put(goal.path, Path(hidden), content))
            else:
                sent = [Sent(file.name, b"".join(file.chunks)) for file in content.files]
                saved = Saved(written, sent=tuple(sent))
        if way.order is not None:
            self.effects.append((goal.span.start, saved))
        else:
            self.saved[goal.span.start] = saved
        return written

    def reading(self, path: str, span: Span) -> str:
        """As `Sink` does; what is in the file, it digests."""
        there = self._inputs.find(path)
        digest = b""
        with suppress(ImageFileError):  # as is told by the operation that reads it
            digest = self._opened(there).digest
        self.read.append((path, span.start, digest))
        return there

    def file_at_fault(self, position: int, cause: BaseException | None) -> str:
        """The file, named by the run, of which an operation has failed, as it could not be opened.

        It is an absolute path at the client; else nothing.
        """
        named = [path for path, at, digest in self.read if at == position and not digest]
        if not named or not isinstance(cause, ImageFileError):
            return ""
        return known_as(os.path.join(self._inputs.folder, named[-1]))  # noqa: PTH118


def _put(path: str, hidden: Path, content: Encoded) -> tuple[str, ...]:
    """Write files into a new folder within the hidden one: the number is nobody else's."""
    place = hidden / f"{10**19 + secrets.randbelow(10**19)}"
    try:
        place.mkdir(0o700)
        for file in content.files:
            write_file(place / file.name, file.chunks)
    except OSError as refusal:
        raise system_error(f"{quoted(path)} cannot be written", refusal) from refusal
    return tuple(str(place / file.name) for file in content.files)
