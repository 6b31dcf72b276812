"""Where a plan is carried out: what a run asks of whoever does it.

A back-end computes what the goals need, each operation once, and hands images over to a `Sink`. It
knows nothing of programs, of reports, or of other back-ends.
"""

from __future__ import annotations

from collections.abc import Collection
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Protocol

from voxlogica.engine.events import Observer
from voxlogica.engine.sink import Sink
from voxlogica.language.workplan import WorkPlan
from voxlogica.syntax.diagnostics import VoxLogicaError


class BackendGoneError(VoxLogicaError):
    """Who carries plans out is gone: that is no fault of this plan, and none will be, any more."""


class Backend(Protocol):
    """Carries out the plans of one run: those of its stages, and then the program's."""

    def check(self, plan: WorkPlan, folders: Collection[Path]) -> None:
        """Raise VoxLogicaError where the plan cannot be carried out, or its files not be put."""
        ...

    def carry_out(
        self, plan: WorkPlan, sink: Sink, observe: Observer, cancellation: Future[None]
    ) -> list[Any]:
        """The values of the goals in their order; that of what is saved is known to the sink.

        Raises VoxLogicaError at the first operation that fails, and Cancelled as soon as the
        cancellation is settled. `observe` is called in the calling thread only.
        """
        ...

    def hold(self, operations: Collection[bytes], once: Collection[bytes]) -> None:
        """Keep the results of the plan that comes next, a stage's, for the stages after it.

        Holding `operations` saves computing them again; what is to be done `once` has to be held.
        """
        ...

    def end_stage(self, gone: Collection[bytes]) -> None:
        """Expect no more of what was to be held; nothing will rest on what is `gone`."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...
