"""What a run is told of the cluster that it uses."""

from __future__ import annotations

from collections.abc import Callable

from voxlogica.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """Which cluster carries out plans, and what it shares with this machine.

    `scheduler` is the address of one that runs, or the path of its file; else `workers` are so many
    processes of this machine, for this run alone. Files that not all workers have are sent to them
    if the run `sends_inputs`; what workers save comes back from them if it `fetches_outputs`, and
    else is written where this machine sees it. `tell` is called with what there is to say of the
    cluster, from any thread; of a run that `is_quiet`, with what it waits for, and what it loses.
    """

    scheduler: str | None = None
    workers: int | None = None
    sends_inputs: bool = False
    fetches_outputs: bool = False
    tell: Callable[[str], None] = lambda said: None
    is_quiet: bool = False
