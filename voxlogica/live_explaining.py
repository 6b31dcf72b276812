"""Explanations of a live program's results: of what is at hand, and what that lacks is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from voxlogica.plan_to_report import Settings, on_threads

if TYPE_CHECKING:
    from voxlogica.explanations.explanation import Explanation
    from voxlogica.language.planning import Planned


class LiveExplaining:
    """Explains the results of one plan, which keeps its code; what it computes it holds.

    `values` are results of the plan's operations, by position. One thread at a time.
    """

    def __init__(self, planned: Planned, values: Mapping[int, Any], settings: Settings) -> None:
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
        from voxlogica.language.knowledge import Asking
        from voxlogica.language.planning import finished

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
            asking = Asking(run, lambda plan: finished(plan, rewrites=True)[0])
            return asking.reach(self._planned.plan, operations, (), (), again=True)
