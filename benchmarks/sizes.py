"""Operators and rewrites at every size, spacing and kind: no rewrite may cost more than it saves.

    python -m benchmarks sizes                all, in some 25 minutes on 2 cores, with up to 4 GB
    python -m benchmarks sizes --quick        without the large grids, in some 5 minutes
    python -m benchmarks sizes --only WORD    rows whose grid, expression or kind has this word

Each expression is run as it is rewritten and as it is written, in turns, and its results compared.
It is broken where it takes longer rewritten, by more than noise: then it is measured again, up to
three times, before that is said. An expression that a comparison of one distance bounds is held to
the full distance in this way, and several comparisons to one distance for all.

Small grids have every combination of expression, kind of values, kind of region, and radius. On the
others an expression has each radius, or each kind of values, with one kind of region only: the next
one on the next grid, so that of distances every combination occurs on one of 240×240×155 or more.
Each size has all spacings for what depends on them; SimpleITK is timed once for an operator and
grid, on the first kind of region.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from benchmarks.evaluating import evaluation, forget
from benchmarks.measuring import seconds
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

# What is rewritten may take so much longer before it counts, and so many seconds: to begin a chain
# takes 0.09 ms, of which a run saves part in operations that it need not schedule.
MARGIN, LEAST = 1.1, 0.0003
# Measured again so often before it is said.
_AGAIN = 3
# Each is run twice at least. What is over sooner is repeated: so often, or so many seconds for all.
_MOST_PAIRS, _ENOUGH = 25, 0.4
# Grids of so few voxels have all combinations.
_SMALL = 1 << 18

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Grid:
    """Sizes and spacings along z, y and x."""

    name: str
    shape: tuple[int, ...]
    spacing: tuple[float, ...]
    quick: bool = False

    @property
    def voxels(self) -> int:
        """How many there are."""
        return int(np.prod(self.shape))


def _grids() -> Iterator[Grid]:
    fine, thick = (0.42, 0.44, 0.32), (5.0, 0.3, 0.3)
    for name, shape, quick in (
        ("512²", (512, 512), True),
        ("64³", (64, 64, 64), True),
        ("240×240×155", (155, 240, 240), True),
        ("8192²", (8192, 8192), False),
        ("512×512×400", (400, 512, 512), False),
    ):
        axes = len(shape)
        yield Grid(f"{name}, 1 mm", shape, (1.0,) * axes, quick)
        yield Grid(f"{name}, 0.3 mm", shape, fine[-axes:], quick and axes == 3)
        if axes == 3:
            yield Grid(f"{name}, thick slices", shape, thick, quick and len(name) < 4)


GRIDS = tuple(_grids())


def _values(kind: str, shape: tuple[int, ...]) -> Array:
    """Numbers as scanners give them: half of them background, the rest in two tissues."""
    rng = np.random.default_rng(1)
    values = rng.random(shape, np.float32)
    tissue = _ball(shape)
    if kind == "uint8":
        return np.where(tissue, np.rint(values * 200 + 50), np.float32(0)).astype(np.float32)
    if kind == "int16":
        return np.rint(values * 500 + np.where(tissue, np.float32(900), np.float32(-1000)))
    return values * 500 + np.where(tissue, np.float32(900), np.float32(0))


def _ball(shape: tuple[int, ...]) -> Array:
    axes = np.ogrid[tuple(slice(n) for n in shape)]
    parts = [((a - n / 2) / (n * 0.4)) ** 2 for a, n in zip(axes, shape, strict=True)]
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return np.asarray(total < 1)


def _region(kind: str, shape: tuple[int, ...]) -> Array:
    rng = np.random.default_rng(2)
    if kind == "sparse":
        return rng.random(shape, np.float32) < 1e-4
    if kind == "noisy":
        return rng.random(shape, np.float32) < 0.3
    if kind == "dense":
        return _ball(shape)
    return _ball(shape) ^ (rng.random(shape, np.float32) < 0.01)


VALUES = ("uint8", "int16", "float32")
REGIONS = ("sparse", "dense", "noisy", "dense with noise")
RADII = (1, 2, 5, 10, 20, 40)


@dataclass(frozen=True, slots=True)
class Family:
    """Expressions that are run on images of some kinds; `{R}` is a radius in mm.

    `v` and `w` are valuations, `r` and `t` regions. Those of `spaced` depend on the spacing.
    """

    expressions: tuple[str, ...]
    values: tuple[str, ...] = ("int16",)
    regions: tuple[str, ...] = ("dense",)
    radii: tuple[int, ...] = (0,)
    spaced: bool = False


FAMILIES = (
    Family(("dt(r)",), regions=REGIONS, spaced=True),
    Family(
        (
            "dt(r) <=. {R}",
            "dt(r) <. (0 .-. {R})",
            "distgeq({R}, r) | distleq({R}, r)",
            "smoothen(r, {R})",
            "between({R}, 2 .*. {R}, dt(r))",
        ),
        regions=REGIONS,
        radii=RADII,
        spaced=True,
    ),
    Family(
        (
            "percentiles(v, r, 0.5)",
            "percentiles(v, r, 0.5) >. 0.9",
            "percentiles(v, r, 0) <=. 0.3",
            "(percentiles(v, r, 0.5) >. 0.9) | (percentiles(v, r, 0.5) <. 0.1)",
            "otsu(v, r, 100)",
        ),
        values=VALUES,
        regions=REGIONS,
    ),
    Family(
        ("near(r)", "interior(r)", "!near(!r)", "!near(near(r)) & !t", "near(tt) & r"),
        regions=REGIONS,
    ),
    Family(
        (
            "lcc(r)",
            "maxvol(r)",
            "through(t, r)",
            "through(t, r) | maxvol(r)",
            "touch(t, r) | (lcc(r) =. 1)",
        ),
        regions=REGIONS,
    ),
    Family(
        (
            "(abs(((v *. 2) - w) / (w +. 3)) *. 10) + ((w -. 2) * v)",
            "((v >=. 250) & (w <=. 500)) | ((r & (w >=. 100)) | (!(v >=. 10)))",
            "volume((v >=. 250) & (w <=. 500))",
            "avg(abs(v - w), r)",
            "min(v - w) .+. max(v +. 1)",
            "v >. 3",
            "v <. 3",
            "between(3, 500, v)",
            "v + constant(2)",
            "select(!r, v, constant(0))",
            "(!r) & (!t)",
            "r & !(r & t)",
            "avg(v, r)",
            "volume(r)",
            "max(v)",
        ),
        values=VALUES,
        regions=("dense", "noisy"),
    ),
    Family(("crossCorrelation({R}, v, v, t, min(v), max(v), 20)",), radii=(1, 5)),
)


@dataclass(frozen=True, slots=True)
class Row:
    """What took how many seconds at its best; SimpleITK's are None where it has no such thing.

    `computing` is how many times as long processors are busy with it as it is written.
    """

    grid: str
    expression: str
    kind: str
    radius: int
    rewritten: float
    written: float
    computing: float
    itk: float | None
    broken: bool

    @property
    def ratio(self) -> float:
        """How many times faster it is rewritten."""
        return self.written / self.rewritten


class Pair(NamedTuple):
    """Seconds by the clock, and of all processors together, of one after the other."""

    ours: float
    ours_computing: float
    plain: float
    plain_computing: float


class Case(NamedTuple):
    """What is measured on a grid: an expression, on values and a region of some kinds."""

    values: str
    region: str
    expression: str
    radius: int
    kind: str

    def shown(self, grid: Grid) -> str:
        """How it is called."""
        return f"{grid.name}: {_shown(self.expression, self.radius)} ({self.kind})"


def cases(grid: Grid) -> Iterator[Case]:
    """All that there is to measure on a grid; those of equal inputs follow one another."""
    isotropic = len(set(grid.spacing)) == 1
    found = [
        case
        for family in FAMILIES
        if family.spaced or isotropic
        for case in _of_family(family, grid)
    ]
    yield from sorted(found, key=lambda case: (case.values, case.region))


def _of_family(family: Family, grid: Grid) -> Iterator[Case]:
    alternate = grid.voxels > _SMALL and len(family.radii) * len(family.values) > 1
    turn = GRIDS.index(grid)
    for e, expression in enumerate(family.expressions):
        for v, values in enumerate(family.values):
            for i, radius in enumerate(family.radii):
                regions = family.regions
                if alternate:
                    regions = (regions[(turn + e + v + i) % len(regions)],)
                for region in regions:
                    kinds = [values] * (len(family.values) > 1)
                    kinds += [region] * (len(family.regions) > 1)
                    yield Case(values, region, expression, radius, ", ".join(kinds))


def rows(grid: Grid, only: str, folder: Path) -> Iterator[Row]:
    """What is measured on a grid, if its name has the word."""
    template = _template(grid, folder)
    geometry = Geometry.of_size(*grid.shape[::-1], spacing=grid.spacing[::-1])
    wanted = [case for case in cases(grid) if only in case.shown(grid)]
    itk = _Simple(grid)
    for (values, region), these in groupby(wanted, lambda case: (case.values, case.region)):
        forget()
        arrays = {"v": _values(values, grid.shape), "r": _region(region, grid.shape)}
        arrays["w"] = arrays["v"][::-1].copy()
        arrays["t"] = np.zeros_like(arrays["r"])
        arrays["t"][tuple(slice(n // 3, n // 2) for n in grid.shape)] = True
        images = {name: Image(array, geometry) for name, array in arrays.items()}
        for case in these:
            yield _measured(grid, case, images, template, itk)


def _measured(
    grid: Grid, case: Case, images: Mapping[str, Image], template: Path, itk: _Simple
) -> Row:
    cross = case.expression.startswith("cross")
    step = 1 if cross else min(grid.spacing)
    text = case.expression.replace("{R}", f"{case.radius * step:g}")
    used = {name: image for name, image in images.items() if name in text}
    ours = evaluation(text, used, template)
    plain = evaluation(text, used, template, rewrites=False)
    pairs: list[Pair] = []
    for _ in range(_AGAIN):
        pairs += _pairs(ours, plain)
        broken = _is_slower(pairs)
        if not broken:
            break
    rewritten, written = min(p.ours for p in pairs), min(p.plain for p in pairs)
    computing = min(p.plain_computing for p in pairs) / min(p.ours_computing for p in pairs)
    itk_seconds = itk.seconds(case.expression, images["r"].array)
    return Row(
        grid.name,
        case.expression,
        case.kind,
        case.radius,
        rewritten,
        written,
        computing,
        itk_seconds,
        broken,
    )


def _pairs(ours: Callable[[], Any], plain: Callable[[], Any]) -> list[Pair]:
    """Runs of both in turns; raises AssertionError where the first two results differ."""
    one, ours_seconds = _spent(ours)
    other, plain_seconds = _spent(plain)
    _same(one, other)
    del one, other
    pairs = [Pair(*ours_seconds, *plain_seconds)]
    while len(pairs) < 2 or (
        len(pairs) < _MOST_PAIRS and sum(p.ours + p.plain for p in pairs) < _ENOUGH
    ):
        pairs.append(Pair(*_spent(ours)[1], *_spent(plain)[1]))
    return pairs


def _spent(run: Callable[[], Any]) -> tuple[Any, tuple[float, float]]:
    """What it gives, and the seconds by the clock and of processors."""
    begin, computing = perf_counter(), process_time()
    result = run()
    return result, (perf_counter() - begin, process_time() - computing)


def _is_slower(pairs: list[Pair]) -> bool:
    """Whether what is rewritten takes longer, at its best, and computes longer.

    Where others use the machine too, threads wait for cores: what is computed counts then. Where
    two cores do what one did, the clock does.
    """
    return all(
        min(ours) - MARGIN * min(plain) > LEAST
        for ours, plain in (
            ([p.ours for p in pairs], [p.plain for p in pairs]),
            ([p.ours_computing for p in pairs], [p.plain_computing for p in pairs]),
        )
    )


def _same(ours: Any, plain: Any) -> None:
    if isinstance(ours, Image):
        np.testing.assert_array_equal(ours.array, plain.array)
    else:
        assert ours == plain or ours != ours


class _Simple:
    """What SimpleITK takes for the same, once for each expression."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._found: dict[str, float | None] = {}

    def seconds(self, expression: str, region: Array) -> float | None:
        """On the first region that it is asked for."""
        if expression not in self._found:
            self._found[expression] = self._seconds(expression, region)
        return self._found[expression]

    def _seconds(self, expression: str, region: Array) -> float | None:
        run = _SIMPLE.get(expression)
        if run is None:
            return None
        image = sitk.GetImageFromArray(region.view(np.uint8))
        image.SetSpacing(self._grid.spacing[::-1])
        return seconds(partial(run, image))


def _maurer(image: Any) -> Any:
    return sitk.SignedMaurerDistanceMap(image, False, False, True)


# Morphology by a box of radius 1; a distance that is compared takes as long whatever the number.
_SIMPLE: Mapping[str, Callable[[Any], Any]] = {
    "dt(r)": _maurer,
    "dt(r) <=. {R}": lambda image: _maurer(image) <= 2.0,
    "near(r)": lambda image: sitk.BinaryDilate(image, [1] * image.GetDimension(), sitk.sitkBox),
    "interior(r)": lambda image: sitk.BinaryErode(
        image, [1] * image.GetDimension(), sitk.sitkBox, 0.0, 1.0, False
    ),
    "lcc(r)": lambda image: sitk.ConnectedComponent(image, True),
    "maxvol(r)": lambda image: sitk.RelabelComponent(sitk.ConnectedComponent(image, True)) == 1,
    "volume(r)": lambda image: np.count_nonzero(sitk.GetArrayViewFromImage(image)),
}


def _template(grid: Grid, folder: Path) -> Path:
    """A file of an image on the grid, of which only the header is read."""
    path = folder / f"{GRIDS.index(grid)}.mhd"
    with path.with_suffix(".raw").open("wb") as pixels:
        pixels.truncate(grid.voxels)
    lines = {
        "ObjectType": "Image",
        "NDims": len(grid.shape),
        "DimSize": " ".join(map(str, grid.shape[::-1])),
        "ElementSpacing": " ".join(map(str, grid.spacing[::-1])),
        "ElementType": "MET_UCHAR",
        "ElementDataFile": path.with_suffix(".raw").name,
    }
    path.write_text("".join(f"{name} = {value}\n" for name, value in lines.items()))
    return path


def _shown(expression: str, radius: int) -> str:
    return expression.replace("{R}", f"{radius} voxels")


def line(row: Row) -> str:
    """A row on the terminal."""
    itk = f"{row.itk:8.3f}" if row.itk is not None else " " * 8
    what = _shown(row.expression, row.radius)
    return (
        f"{row.grid:26} {row.rewritten:8.4f} {row.written:8.4f} {row.ratio:7.2f}× "
        f"{row.computing:7.2f}× {itk}  "
        f"{what} ({row.kind}){'  BROKEN' if row.broken else ''}"
    )


def table(found: list[Row]) -> Iterator[str]:
    """For each expression and size, milliseconds from the best kind to the worst, in Markdown."""
    grids = list(dict.fromkeys(row.grid for row in found))
    yield f"| ms | {' | '.join(grids)} |"
    yield f"|---|{'---:|' * len(grids)}"
    for expression in dict.fromkeys(row.expression for row in found):
        cells = []
        for grid in grids:
            these = [r for r in found if r.grid == grid and r.expression == expression]
            ends = [f"{end(r.rewritten for r in these) * 1e3:.2g}" for end in (min, max) if these]
            cells.append(" – ".join(dict.fromkeys(ends)))
        text = expression.replace("|", "\\|").replace("{R}", "n")
        yield f"| `{text}` | {' | '.join(cells)} |"


def main(only: str, quick: bool, json_file: str | None) -> int:
    """Measure and print; 1 where something is slower than what it replaces."""
    print(f"{'':26} {'s':>8} {'written':>8} {'ratio':>8} {'of CPU':>8} {'ITK':>8}")
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for grid in GRIDS:
            if quick and not grid.quick:
                continue
            for row in rows(grid, only, Path(folder)):
                found.append(row)
                print(line(row), flush=True)
    if not found:
        print(f"no row has {only!r}: expressions are rows of FAMILIES", file=sys.stderr)
        return 1
    print(*table(found), sep="\n")
    if json_file:
        Path(json_file).write_text(json.dumps([asdict(row) for row in found], indent=1) + "\n")
    broken = [row for row in found if row.broken]
    for row in broken:
        print(f"slower than what it replaces: {line(row)}", file=sys.stderr)
    return 1 if broken else 0
