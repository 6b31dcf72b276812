"""A worker that sleeps instead of computing: loaded by Dask into its process, with `--preload`.

It takes an errand for what it is, opens its files, and answers with zeros when it has slept.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep

from voxlogica.cluster import at_worker
from voxlogica.cluster.errands import Answer
from voxlogica.cluster.travelling import encoded_answer, errand_of
from voxlogica.images.reading import open_image

SECONDS = 1.0


def carry_out(key: str, message: bytes, contents: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """As the worker's, but asleep."""
    errand = errand_of(message, open_image)
    sleep(SECONDS)
    values = tuple(0.0 for _ in errand.plan.goals)
    return encoded_answer(Answer("asleep", values, (), (), (), ()))


def dask_setup(worker: object) -> None:
    """Called by Dask when the worker begins."""
    at_worker.carry_out = carry_out
