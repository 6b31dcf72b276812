"""Explanations of a plan's results: what they need is computed by the engine, and held."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from voxlogica.plan_to_report import (
    Settings,
    Stored,
    on_threads,
    opened_store,
    planned_whole,
    tell_of_plan,
)

if TYPE_CHECKING:
    from voxlogica.engine.events import Observer
    from voxlogica.engine.run import Run
    from voxlogica.explanations.explanation import Explanation
    from voxlogica.images.geometry import Geometry
    from voxlogica.language.planning import PlannedPrograms


class Explaining:
    """A plan whose results are explained; of it, what an explanation needs is computed.

    `planning` makes the plan, which keeps its code. With `inside`, functions of the library are
    looked into. As a context manager it lets go of all at the end. Raises VoxLogicaError where the
    plan is wrong, and from every method where an operation fails.
    """

    def __init__(
        self,
        planning: Callable[[Stored], PlannedPrograms],
        settings: Settings,
        *,
        inside: bool = False,
        observe: Observer | None = None,
        cancellation: Future[None] | None = None,
    ) -> None:
        from voxlogica.engine.run import Run
        from voxlogica.engine.telling import Telling
        from voxlogica.explanations.explainer import Explainer
        from voxlogica.images import readers

        cancellation = cancellation or Future()
        tell = Telling(observe, settings.warned, strict=False)
        with ExitStack() as closing:
            closing.callback(tell.tell_of_the_store)
            closing.enter_context(readers.kept())
            closing.enter_context(readers.cancelled_by(cancellation))
            store = opened_store(settings)
            if store is not None:
                closing.enter_context(store)
            planned = planning(lambda: store)
            tell_of_plan(planned, tell)
            backend = on_threads(settings, store, closing)
            run = closing.enter_context(Run(backend, tell, cancellation))
            self._planned = planned_whole(planned, run, tell, settings.rewrites)
            self._explainer = Explainer(
                self._planned,
                lambda operations: _computed(self._planned, run, operations, settings.rewrites),
                inside=inside,
            )
            self._closing = closing.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    @property
    def planned(self) -> PlannedPrograms:
        """The program's plan."""
        return self._planned

    def explain(self, name: str, voxel: Sequence[int]) -> Explanation:
        """Why the image of a name has its value at a voxel, `(x, y)` or `(x, y, z)`."""
        return self._explainer.explain(name, voxel)

    def geometry(self, name: str) -> Geometry:
        """The grid of a name's image."""
        return self._explainer.geometry(name)

    def save_marks(self, explained: Explanation, folder: str | os.PathLike[str]) -> list[str]:
        """Write what an explanation points at as regions to a folder: their paths.

        All of them, or none; of what is there, only such regions of before are replaced, and none
        that the program reads. Raises ImageFileError where that cannot be.
        """
        from voxlogica.explanations.drawn import drawn_marks
        from voxlogica.images.writing import Staging

        planned = self._planned
        texts = (source.name for source in (*planned.sources, *planned.libraries))
        read = {
            os.path.realpath(name) for name in (*texts, *(file.path for file in planned.images))
        }

        assert explained.name is not None
        geometry = self.geometry(explained.name)
        at = "_".join(map(str, explained.voxel))
        written: list[str] = []
        with Staging(()) as staging:
            for name, image in drawn_marks(explained, geometry):
                path = os.path.join(folder, f"{explained.name}_{at}_{name}.nii.gz")  # noqa: PTH118
                staging.announce(path)
                _check_own(path, read)
                staging.write(path, image, note=_NOTE)
                written.append(path)
            staging.commit()
        return written


class LiveExplaining:
    """Explains the results of one plan, which keeps its code; what it computes it holds.

    `values` are results of the plan's operations, by position. One thread at a time.
    """

    def __init__(
        self, planned: PlannedPrograms, values: Mapping[int, Any], settings: Settings
    ) -> None:
        from voxlogica.explanations.explainer import Explainer

        self._planned = planned
        self._settings = settings
        self._stop: Future[None] = Future()
        self._explainer = Explainer(planned, self._computed, at_hand=values)

    def explain(self, name: str, voxel: Sequence[int], stop: Future[None]) -> Explanation:
        """Why the image of a name has its value at a voxel, `(x, y)` or `(x, y, z)`.

        Raises VoxLogicaError, and CancelledError when `stop` is settled meanwhile.
        """
        from voxlogica.engine.futures import Cancelled

        self._stop = stop
        try:
            return self._explainer.explain(name, voxel)
        except Cancelled:
            raise CancelledError from None

    def _computed(self, operations: Sequence[int]) -> list[Any]:
        from voxlogica.engine.run import Run
        from voxlogica.engine.telling import Telling

        settings = self._settings
        tell = Telling(None, settings.warned, strict=False)
        with (
            ExitStack() as closing,
            Run(
                on_threads(settings, None, closing),
                tell,
                self._stop,
                used=settings.used,
                writes=False,
            ) as run,
        ):
            return _computed(self._planned, run, operations, settings.rewrites)


def _computed(
    planned: PlannedPrograms, run: Run, operations: Sequence[int], rewrites: bool
) -> list[Any]:
    """The results of operations of a plan."""
    from voxlogica.language.knowledge import Asking
    from voxlogica.language.planning import finished

    asking = Asking(run, lambda plan: finished(plan, rewrites)[0])
    return asking.reach(planned.plan, operations, (), (), again=True)


# What says in a file that it is one of ours.
_NOTE = "made by voxlogica why"


def _check_own(path: str, read: Collection[str]) -> None:
    """Raise ImageFileError where what stands at a path is not ours to replace."""
    from voxlogica.images.errors import ImageFileError, quoted
    from voxlogica.images.nifti import note_of

    try:
        is_own = note_of(path) == _NOTE or not os.path.getsize(path)  # noqa: PTH202
    except FileNotFoundError:
        return
    except (OSError, ImageFileError):
        is_own = False
    said = "what is there was not made by `voxlogica why`, and would be lost"
    if is_own and os.path.realpath(path) in read:
        is_own, said = False, "the program reads it"
    if not is_own:
        raise ImageFileError(f"{quoted(path)} cannot be written: {said}", "give another folder")


def nearest_voxel(geometry: Geometry, point: Sequence[float], name: str) -> tuple[int, ...]:
    """The voxel of a name's grid whose centre is nearest to a point, in millimetres.

    The point is in the coordinates of DICOM and SimpleITK: left, posterior, superior. Raises
    VoxLogicaError where it is outside of the image, or voxels have no size.
    """
    from voxlogica.images.arrays import np
    from voxlogica.syntax.diagnostics import VoxLogicaError, error

    said = ",".join(f"{number:g}" for number in point)
    n = geometry.dimension
    if len(point) != n:
        wrong = error(f"`{name}` has {n} axes, and the point {len(point)} numbers")
        raise VoxLogicaError([wrong])
    if geometry.unit == "px":
        wrong = error(
            f"`{name}` has no size in millimetres: its voxels are pixels",
            hint="give the voxel, counted from 0, without `--mm`",
        )
        raise VoxLogicaError([wrong])
    placed = geometry.in_unit("mm")
    across = np.array(placed.direction).reshape(n, n) @ np.diag(placed.spacing)
    index = np.linalg.solve(across, np.array(point) - np.array(placed.origin))
    at = tuple(int(i) for i in np.floor(index + 0.5))
    if not all(0 <= i < of for i, of in zip(at, geometry.size, strict=True)):
        last = ",".join(f"{c:g}" for c in placed.point([s - 1 for s in placed.size]))
        first = ",".join(f"{c:g}" for c in placed.origin)
        wrong = error(
            f"the point {said} is outside of `{name}`",
            hint=f"its first voxel is at {first}, the last one at {last} mm",
        )
        raise VoxLogicaError([wrong])
    return at
