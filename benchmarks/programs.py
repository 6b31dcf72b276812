"""Whole programs: processes from start to end, against scripts written by hand with SimpleITK."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.by_hand import thresholds
from benchmarks.inputs import ROOT, Scale, read, write_cases
from benchmarks.measuring import Comparison

HERE = Path(__file__).parent
BY_HAND, COLD = "by hand, SimpleITK", "--no-cache"


def comparisons(inputs: Path, scale: Scale, scratch: Path) -> Iterator[Comparison]:
    """The comparisons of the group `programs`. Files are written below `scratch`."""
    ours, theirs = scratch / "ours", scratch / "theirs"
    by_hand = partial(process, HERE / "by_hand.py")
    glioma = partial(by_hand, "glioma", theirs, inputs)
    sweep = scratch / "sweep.imgql"
    sweep.write_text(_sweep())
    four = scratch / "head_four_textures.imgql"
    four.write_text(_head_with_four_textures())
    empty = scratch / "empty.imgql"
    empty.write_text("")
    cache = scratch / "cache"

    def run(program: Path, caching: str) -> Callable[[], str]:
        values, text = {"DATA": inputs, "NAME": "phantom", "OUTPUT": ours}, program.read_text()
        # A name that no program mentions is an error.
        names = [f"-D{name}={value}" for name, value in values.items() if f"${name}" in text]
        return partial(process, "-m", "voxlogica", "run", "-q", caching, program, *names)

    def agree_on_grown(ours_printed: str, theirs_printed: str) -> None:
        mine, other = (read(folder / "phantom_grown.nii.gz") for folder in (ours, theirs))
        np.testing.assert_array_equal(mine, other)
        assert mine.any(), "nothing was found"

    def agree_on_all(ours_printed: str, theirs_printed: str) -> None:
        assert ours_printed == theirs_printed, "they print differently"
        agree_on_grown(ours_printed, theirs_printed)

    row = partial(Comparison, "programs", rounds=3)
    yield row(
        "glioma without texture",
        BY_HAND,
        run(HERE / "glioma_without_texture.imgql", COLD),
        glioma,
        agree_on_all,
        goal=2.5,
        near="interpreter start, decompression",
    )
    yield row(
        "glioma with texture",
        f"{BY_HAND}, without texture",
        run(HERE / "glioma_with_texture.imgql", COLD),
        glioma,
        agree_on_grown,
        goal=1.82,
        near="vector arithmetic, interpreter start",
    )
    yield row(
        "glioma with texture, warm",
        "voxlogica run of an empty program",
        run(HERE / "glioma_with_texture.imgql", f"--cache={cache}"),
        run(empty, f"--cache={cache}"),
        _anything,
        near="interpreter start",
    )
    yield row(
        "head, examples/head",
        "glioma by hand, without texture",
        run(ROOT / "examples/head/head.imgql", COLD),
        glioma,
        _anything,
        near="distances, compression of what is saved",
    )
    yield row(
        "head, four texture passes",
        "glioma by hand, without texture",
        run(four, COLD),
        glioma,
        _anything,
        near="distances, vector arithmetic",
    )
    yield row(
        "sweep of 10 × 10 thresholds",
        BY_HAND,
        run(sweep, COLD),
        partial(by_hand, "sweep", inputs),
        _same_numbers,
        near="distances",
        rounds=1,
    )
    pairs = scratch / "sweep64.imgql"
    pairs.write_text(_sweep(8))
    yield row(
        "sweep of 8 × 8 thresholds",
        "glioma by hand, without texture",
        run(pairs, COLD),
        glioma,
        _anything,
        near="distances",
    )

    def cases() -> list[Path]:
        # Made when they are asked for: it takes a minute.
        return write_cases(inputs, scale, 20)

    yield row(
        "glioma without texture, 20 cases",
        BY_HAND,
        lambda: run_cases(cases(), ours),
        lambda: by_hand("glioma", theirs, *cases()),
        _same_lines,
        goal=2.5,
        near="decompression",
        rounds=1,
    )


def run_cases(cases: Iterable[Path], output: Path) -> str:
    """What one process prints that runs the glioma without texture on several cases."""
    programs = []
    for case in cases:
        text = (HERE / "glioma_without_texture.imgql").read_text()
        program = output / f"{case.name}.imgql"
        program.parent.mkdir(parents=True, exist_ok=True)
        names = {"$DATA": case, "$NAME": "phantom", "$OUTPUT": output / case.name}
        for name, value in names.items():
            text = text.replace(name, str(value))
        program.write_text(text)
        programs.append(program)
    return process("-m", "voxlogica", "run", "-q", COLD, *programs)


def process(*arguments: str | Path) -> str:
    """What Python prints with these arguments."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _anything(ours: str, theirs: str) -> None:
    """Where the yardstick does something else, there is nothing to agree on."""


def _same_numbers(ours: str, theirs: str) -> None:
    mine, other = ours.splitlines(), theirs.splitlines()
    assert sorted(mine) == sorted(other), f"{mine[:3]}… and {other[:3]}…"


def _same_lines(ours: str, theirs: str) -> None:
    assert ours == theirs, f"{ours}… and {theirs}…"


def _sweep(most: int = 10) -> str:
    text = (HERE / "glioma_without_texture.imgql").read_text()
    lines = text[: text.index("let hyperIntense")].splitlines()
    upper, lower = (values[:most] for values in thresholds())
    pair = "grow(smoothen(rank >. {}, 5), smoothen(rank >. {}, 4))"
    lines += [
        f'print "{high} {low}" volume({pair.format(high, low)})' for high in upper for low in lower
    ]
    return "\n".join(lines)


def _head_with_four_textures() -> str:
    text = (ROOT / "examples/head/head.imgql").read_text()
    passes = [
        f'print "likeness {rho} {bins}" avg(crossCorrelation({rho}, t1, t1, {region}, min(t1), '
        f"max(t1), {bins}), brain)"
        for rho, bins, region in ((3, 25, "surelyWhite"), (2, 50, "grey"), (4, 100, "white"))
    ]
    return "\n".join([text, *passes])
