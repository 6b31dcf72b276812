"""What a page of a run costs beside the run: time, and bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.inputs import ROOT
from benchmarks.measuring import Comparison
from benchmarks.programs import process

# A page of one scan, with sliders: as many bytes at most.
_MOST_BYTES = 1_000_000


def comparisons(inputs: Path, scratch: Path) -> Iterator[Comparison]:
    """The comparisons of the group `pages`: with a page, beside without one."""
    program = ROOT / "examples" / "glioma" / "glioma.imgql"
    values = {"DATA": inputs, "NAME": "phantom", "OUTPUT": scratch / "pages"}
    names = [f"-D{name}={value}" for name, value in values.items()]
    run = partial(process, "-m", "voxlogica", "run", "-q", "--no-cache", program, *names)
    for what, options in (("with sliders", ()), ("still pictures", ("--no-slider",))):
        page = scratch / "page.html"
        yield Comparison(
            "pages",
            f"glioma and its page, {what}",
            "the run alone",
            partial(run, "--report", page, *options),
            run,
            _agree(page),
            near="the run alone",
            rounds=7,
        )


def _agree(page: Path) -> Callable[[str, str], None]:
    def agree(with_page: str, alone: str) -> None:
        assert with_page == alone, "they print differently"
        size = page.stat().st_size
        assert size <= _MOST_BYTES, f"the page has {size:,} bytes"

    return agree
