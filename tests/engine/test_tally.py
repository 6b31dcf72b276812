"""What a run cost, counted from its events."""

from __future__ import annotations

import pytest

from voxlogica.engine.events import AtWorkers, Finished, Work
from voxlogica.engine.results import Effort
from voxlogica.engine.tally import Tally
from voxlogica.operators.signature import NUMBER
from voxlogica.syntax.source import Source, Span

WORK = Work("operation", "near", NUMBER, Span(Source("p", ""), 0, 0))


def test_what_each_worker_did_is_counted_and_who_did_nothing_is_known() -> None:
    tally = Tally()
    tally(Finished(WORK, 2.0, worker="a:1"))
    tally(Finished(WORK, 0.5, "stored", worker="a:1"))
    tally(Finished(WORK, 4.0))
    tally(AtWorkers(0, "b:2", 0.0, 1.0, 2.0))
    stats = tally.stats()
    assert stats.by_worker == {"a:1": Effort(1, 1, 2.5), "b:2": Effort()}
    assert stats.by_operator == {"near": Effort(2, 1, 6.5)}


@pytest.mark.parametrize(
    ("spans", "waited"),
    [
        ([], 0.0),
        ([(1.0, 4.0, 6.0)], 3.0),  # it stood in a queue
        ([(1.0, 1.0, 6.0)], 0.0),
        ([(1.0, 3.0, 6.0), (1.0, 6.0, 8.0)], 2.0),  # while one waits, another is carried out
        ([(1.0, 2.0, 3.0), (5.0, 7.0, 8.0)], 3.0),  # between them, the client was at it
        ([(1.0, 5.0, 6.0), (2.0, 3.0, 4.0)], 3.0),
    ],
)
def test_waiting_is_when_workers_have_something_and_are_at_none_of_it(
    spans: list[tuple[float, float, float]], waited: float
) -> None:
    tally = Tally()
    for asked, began, ended in spans:
        tally(AtWorkers(0, "a:1", asked, began, ended))
    assert tally.stats().waited == waited
