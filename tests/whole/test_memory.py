"""A process that runs many small programs, or has a long session, takes no more memory for it."""

from __future__ import annotations

import gc
import resource
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from voxlogica import running
from voxlogica.dialogue import Dialogue
from voxlogica.engine import remarks
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

# How much more memory the process may hold in the end: the allocators take some megabytes at times,
# and eight thousand inputs that leave their syntax trees take many times as much.
_BYTES = 8 << 20


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "img.nii"
    values = np.arange(512, dtype=np.float32).reshape(8, 8, 8)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(path))
    return path


def held() -> int:
    """The bytes of memory that the process holds."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize()


def left_by(step: Callable[[int], object], times: int) -> int:
    """The bytes that steps leave in memory, after a fifth of them."""
    for number in range(times // 5):
        step(number)
    before = held()
    for number in range(times // 5, times):
        step(number)
    return held() - before


def inputs(session: Dialogue, number: int) -> None:
    """Inputs of several kinds, none of which was there before."""
    session.enter(f"{number} + {number} * 2")
    session.enter(f"volume(img > {number / 20000})")
    session.enter(f'print "it" dice(img > {number + 600}, img > {number + 700})')
    with pytest.raises(VoxLogicaError):
        session.enter(f"volume(img > {number}, 3)")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
class TestMemoryIsFlat:
    def test_over_ten_thousand_inputs_of_a_session(self, image: Path) -> None:
        with Dialogue(cache=False, dialect=2) as session:
            session.enter(f'import "metrics"\nload img = "{image}"')
            assert left_by(lambda number: inputs(session, number), 2500) < _BYTES

    def test_over_two_thousand_runs(self, image: Path, tmp_path: Path) -> None:
        def step(number: int) -> None:
            text = f'load img = "{image}"\nprint "v" volume(img > {number / 20000})'
            running.run(Source("p", text), dialect=2, cache=number % 4 == 0 and tmp_path / "store")

        assert left_by(step, 2000) < _BYTES


def test_what_was_remarked_on_what_is_at_hand_is_told_however_much_came_after(
    image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remarks, "_MOST", 5)
    with Dialogue(cache=False, dialect=2) as session:
        session.enter(f'import "metrics"\nload img = "{image}"')
        session.enter("let rule = dice(img > 600, img > 700)")
        first = session.enter('print "it" rule').prints[0].empty
        assert first == "both"
        for number in range(20):
            session.enter(f'print "it" dice(img > {number + 800}, img > {number + 900})')
        assert session.enter('print "it" rule').prints[0].empty == first
