"""What is stated of space is true: of random programs, each claim's data against definitions.

A program is some declarations, each an operator of names. What they mean is known by definitions;
so claims, whose data name arguments by their texts, are checked by nothing else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import SimpleITK
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.explanations.definitions import NUMBERS, REGIONS, correlated, may_reach, otsu, touching
from tests.explanations.ways import CLOSE, Index, away, best_way, is_way, voxels_of
from tests.references import histogram, near, numbered_components, signed_distance
from voxlogica import running
from voxlogica.explanations.paths import WidestPath
from voxlogica.syntax.source import Source

Array = NDArray[Any]
Data = dict[str, Any]

SIZES = [(3, 4), (6, 5), (3, 3, 2), (4, 3, 3), (2, 5, 3), (15, 2)]
SPACINGS = [(1.0, 1.0, 1.0), (0.5, 0.5, 0.5), (1.0, 0.75, 2.5)]
LENGTHS = [0.0, 0.5, 1.0, 1.5, 2.5]


HELD: dict[str, Callable[[Array, np.float32], Array]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
}


class World(NamedTuple):
    """What the names of a program mean, at spacings in the order of an array's axes."""

    names: Mapping[str, Array]
    spacing: tuple[float, ...]

    def away(self, one: Index, other: Index) -> float:
        return away(one, other, self.spacing)


class Program(NamedTuple):
    lines: tuple[str, ...]
    given: Mapping[str, Array]
    world: World


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Two regions and two images that are given, and names of what operators make of them."""
    size = draw(st.sampled_from(SIZES))
    spacing = draw(st.sampled_from(SPACINGS))[: len(size)][::-1]
    shape = size[::-1]
    random = np.random.default_rng(draw(st.integers(0, 1 << 32)))
    loaded, names, lines = dict[str, Array](), dict[str, Array](), list[str]()
    for name in ("a", "b"):
        region = random.random(shape) < draw(st.sampled_from([0.1, 0.3, 0.6, 0.9]))
        loaded[name], names[name] = region.astype(np.uint8), region
        lines.append(f'load {name}0 = "{name}.mha"\nlet {name} = intensity({name}0) >. 0')
    for name in ("v", "w"):
        values = random.integers(0, 10, shape).astype(np.float32)
        loaded[name] = names[name] = values
        lines.append(f'load {name}0 = "{name}.mha"\nlet {name} = intensity({name}0)')
    regions = ["a", "b"]
    for number, operator in enumerate(draw(st.permutations(sorted(REGIONS)))):
        name = f"r{number}"
        line, value = _applied(draw, operator, REGIONS, regions, names, spacing)
        lines.append(f"let {name} = {line}")
        names[name] = value
        # What is empty or full makes others that are so.
        if value.any() and not value.all():
            regions.append(name)
    for sign, holds in HELD.items():
        name, threshold = f"c{len(lines)}", draw(st.integers(0, 9))
        region = holds(names["v"], np.float32(threshold))
        names[name] = region
        lines.append(f"let {name} = v {sign}. {threshold}")
        operator = draw(st.sampled_from(["smoothen", "imopen"]))
        line, value = _applied(draw, operator, REGIONS, [name], names, spacing)
        names[f"o{name}"] = value
        lines.append(f"let o{name} = {line}")
    for number, operator in enumerate(sorted(NUMBERS)):
        line, names[f"n{number}"] = _applied(draw, operator, NUMBERS, regions, names, spacing)
        lines.append(f"let n{number} = {line}")
    rho, bins = draw(st.sampled_from([1.0, 2.0])), draw(st.sampled_from([1, 3, 10]))
    over = draw(st.sampled_from(regions))
    lines.append(f"let like = crossCorrelation({rho}, v, w, {over}, 0, 10, {bins})")
    radius = tuple(round(min(max(rho / s, 1), n)) for s, n in zip(spacing, shape, strict=True))
    found = correlated(names["v"], names["w"], names[over], (0, 10, bins), radius)
    names["like"] = found
    parted = draw(st.sampled_from(regions))
    lines.append(f"let above = otsu(v, {parted}, {bins})")
    names["above"] = otsu(names["v"], names[parted], bins)
    numbers = numbered_components(names[parted])
    if numbers.any():
        sizes = np.bincount(numbers.ravel())[1:]
        place = draw(st.integers(0, len(sizes) - 1))
        lines.append(f"let chosen = components({parted})[{place}]")
        names["chosen"] = numbers == np.argsort(-sizes, kind="stable")[place] + 1
    return Program(tuple(lines), loaded, World(names, spacing))


def _applied(
    draw: st.DrawFn,
    operator: str,
    definitions: Mapping[str, Any],
    regions: list[str],
    names: Mapping[str, Array],
    spacing: tuple[float, ...],
) -> tuple[str, Array]:
    takes, definition = definitions[operator]
    texts, values = [], list[Any]()
    for kind in takes:
        if kind == "n":
            values.append(draw(st.sampled_from(LENGTHS)))
            texts.append(f"{values[-1]:g}")
        else:
            texts.append(draw(st.sampled_from(regions)))
            values.append(names[texts[-1]])
    return f"{operator}({', '.join(texts)})", definition(*values, spacing)


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(programs(), st.data())
def test_what_is_stated_of_space_is_so(
    tmp_path_factory: pytest.TempPathFactory, program: Program, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("given")
    world = program.world
    for name, array in program.given.items():
        image = SimpleITK.GetImageFromArray(array)
        image.SetSpacing(world.spacing[::-1])
        SimpleITK.WriteImage(image, str(folder / f"{name}.mha"))
    text = _placed(program.lines, folder)
    names = [name for name in world.names if name not in "abvw"]
    with running.explaining(Source("p.imgql", text), cache=False) as explaining:
        for name in names:
            shape = world.names[name].shape
            index = tuple(data.draw(st.integers(0, side - 1)) for side in shape)
            found = json.loads(json.dumps(explaining.explain(name, index[::-1]).to_json()))
            _is_so(found, world)


def _placed(lines: tuple[str, ...], folder: Path) -> str:
    return "\n".join(lines).replace(' = "', f' = "{folder}/')


def _is_so(found: Data, world: World) -> None:
    """All that a tree states."""
    if found["name"] in world.names:
        here = world.names[found["name"]][tuple(found["voxel"][::-1])]
        assert float(found["value"]) == pytest.approx(float(here), abs=1e-6)
    claim = found["claim"]
    if claim is not None and claim["kind"] in CHECKS:
        if "value" in claim:
            assert float(claim["value"]) == float(found["value"])
        CHECKS[claim["kind"]](claim, tuple(found["voxel"][::-1]), world)
        assert found["says"].endswith((".", ")"))
    for part in found["because"]:
        _is_so(part, world)


def _index(voxel: list[int] | None) -> Index:
    assert voxel is not None
    return tuple(voxel[::-1])


def _nearest(region: Array, at: Index, world: World) -> float:
    return min((world.away(at, there) for there in voxels_of(region)), default=math.inf)


def _is_nearest(found: list[int] | None, away: Any, region: Array, at: Index, world: World) -> None:
    """A voxel of the region, if there is any, none of which is nearer; and how far it is."""
    if not region.any():
        assert found is None
        return
    there = _index(found)
    assert region[there]
    assert world.away(at, there) == pytest.approx(_nearest(region, at, world), rel=CLOSE)
    if away is not None:
        assert float(away) == pytest.approx(world.away(at, there), rel=CLOSE)


def _cube(region: Array, at: Index) -> Array:
    """The region as far as it is at most one step away."""
    found = np.zeros_like(region)
    box = tuple(slice(max(n - 1, 0), n + 2) for n in at)
    found[box] = region[box]
    return found


def _near(claim: Data, at: Index, world: World) -> None:
    region = world.names[claim["region"]]
    by = _cube(region, at)
    assert claim["value"] == (by.any() and not (claim["outside"] and region[at]))
    _is_nearest(claim["at"], claim["away"], by if by.any() else region, at, world)


def _interior(claim: Data, at: Index, world: World) -> None:
    region = world.names[claim["region"]]
    outside = _cube(~region, at)
    assert claim["value"] == (not outside.any())
    assert claim["itself"] == (not region[at])
    _is_nearest(claim["outside"], None, outside, at, world)


def _distance(claim: Data, at: Index, world: World) -> None:
    region = world.names[claim["region"]]
    assert claim["inside"] == region[at]
    value = signed_distance(region, world.spacing)[at]
    assert float(claim["value"]) == (value if claim["signed"] else max(value, 0))
    edge = region & near(~region)
    to = edge if region[at] and claim["signed"] else region
    away = abs(claim["value"]) if claim["nearest"] else None
    _is_nearest(claim["nearest"], away, to, at, world)


def _compared(claim: Data, at: Index, world: World) -> None:
    distance = float(claim["distance"])
    region = world.names[claim["region"]]
    assert distance == max(signed_distance(region, world.spacing)[at], 0)
    _is_nearest(claim["nearest"], claim["distance"], region, at, world)
    holds = {"<=": distance <= claim["number"], ">=": distance >= claim["number"]}
    assert claim["value"] == holds[claim["sign"]]


def _eroded(claim: Data, at: Index, world: World) -> None:
    region = world.names[claim["region"]]
    clearance = np.maximum(signed_distance(~region, world.spacing), 0)
    fits = clearance > np.float32(claim["radius"])
    assert float(claim["clearance"]) == clearance[at]
    _is_nearest(claim["outside"], claim["clearance"], ~region, at, world)
    assert claim["value"] == fits[at]
    if not claim["value"]:
        _is_nearest(claim["centre"], claim["away"], fits, at, world)


def _opened(claim: Data, at: Index, world: World) -> None:
    region = world.names[claim["region"]]
    assert claim["inside"] == region[at]
    outside = region if claim["of_the_rest"] else ~region
    clearance = np.maximum(signed_distance(outside, world.spacing), 0)
    radius = np.float32(claim["radius"])
    fits = clearance > radius if claim["strict"] else clearance >= radius
    _is_nearest(claim["centre"], claim["away"], fits, at, world)
    holds = claim["away"] is not None and claim["away"] <= radius
    assert claim["value"] == (holds != claim["of_the_rest"])
    fitting = claim["fitting"]
    if claim["region"][0] == "c":
        assert (fitting is not None) == (radius > 0 or claim["strict"])
    if fitting is not None:
        assert fitting["fits"] == claim["value"]
        _fitting(fitting, claim, at, world)


def _fitting(fitting: Data, claim: Data, at: Index, world: World) -> None:
    """With every other number the voxel is really in, or out, as is stated."""
    text = fitting["values"]
    # Of those that are given as regions, the program has what is loaded.
    values = np.float32(world.names[text.removeprefix("intensity(")[0]])
    value, radius = np.float32(fitting["value"]), claim["radius"]
    there, centre = _index(fitting["at"]), _index(fitting["centre"])
    assert values[there] == value
    assert np.float32(world.away(there, centre)) <= np.float32(radius)
    assert np.float32(world.away(at, centre)) <= np.float32(radius)
    holds = HELD[fitting["sign"]]
    opened = REGIONS["imopen" if claim["strict"] else "smoothen"][1]
    below, above = (np.nextafter(value, np.float32(end)) for end in (-np.inf, np.inf))
    turning = {
        "below": (below,),
        "at most": (below, value),
        "above": (above,),
        "at least": (value, above),
    }[fitting["change"]]
    for number in (below, value, above):
        is_in = bool(opened(holds(values, number), radius, world.spacing)[at])
        assert is_in == bool(holds(value, number))
        assert (is_in != claim["value"]) == (number in turning)


def _component(claim: Data, at: Index, world: World) -> None:
    numbers = numbered_components(world.names[claim["region"]])
    number = numbers[at]
    assert number == claim["number"] > 0
    sizes = np.bincount(numbers.ravel())[1:].tolist()
    assert claim["of"] == len(sizes)
    assert claim["voxels"] == sizes[number - 1]
    assert claim["largest"] == max(sizes)
    assert claim["ties"] == sizes.count(claim["voxels"])
    before = [n for n, size in enumerate(sizes, 1) if (-size, n) <= (-sizes[number - 1], number)]
    assert claim["rank"] == len(before)
    volume = claim["voxels"] * math.prod(world.spacing) / 1000
    assert claim["millilitres"] == (pytest.approx(volume) if numbers.ndim == 3 else None)


def _in_component(claim: Data, at: Index, world: World) -> bool:
    """Whether the voxel is in the region, and all that is said of its component then."""
    component = claim["component"]
    assert (component is None) == (not world.names[claim["region"]][at])
    if component is not None:
        _component(component, at, world)
    return component is not None


def _numbered(claim: Data, at: Index, world: World) -> None:
    is_in = _in_component(claim, at, world)
    assert claim["value"] == (claim["component"]["number"] if is_in else 0)


def _largest(claim: Data, at: Index, world: World) -> None:
    is_in = _in_component(claim, at, world)
    of = claim["component"]
    assert claim["value"] == (is_in and of["voxels"] == of["largest"])


def _way(way: Data, region: Array, at: Index, targets: Array, world: World) -> None:
    """A way as it is defined, which none is wider or, as wide, shorter than."""
    points = tuple(_index(point) for point in way["points"])
    width, length, enough = float(way["width"]), way["length"], way["enough"]
    found = WidestPath(points, way["first"], way["end"], way["narrowest"], width, length)
    is_way(found, region, world.spacing, at, voxels_of(targets), enough)
    best = best_way(region, world.spacing, at, voxels_of(targets & region), enough)
    assert best is not None
    assert way["slack"] == 0
    assert (width, length) == pytest.approx(best, rel=CLOSE)


def _reaching(claim: Data, at: Index, world: World) -> None:
    region, other = world.names[claim["region"]], world.names[claim["other"]]
    targets = near(other) if claim["by"] == "touches" else other
    numbers = numbered_components(region)
    own = numbers == numbers[at]
    is_in = _in_component(claim, at, world)
    assert claim["value"] == bool(is_in and (own & targets).any())
    assert (claim["way"] is not None) == claim["value"]
    if claim["way"] is not None:
        _way(claim["way"], region, at, targets & own, world)
    gap = claim["gap"]
    assert (gap is not None) == bool(is_in and not claim["value"] and other.any())
    if gap is not None:
        start, end = _index(gap["start"]), _index(gap["end"])
        assert own[start] and other[end]
        least = min(_nearest(other, there, world) for there in voxels_of(own))
        assert world.away(start, end) == pytest.approx(least, rel=CLOSE)
        assert gap["distance"] == pytest.approx(least, rel=CLOSE)


def _grown(claim: Data, at: Index, world: World) -> None:
    region = world.names[claim["region"]]
    assert claim["itself"] == region[at]
    assert claim["value"] == (claim["itself"] or claim["grown"]["value"])
    if claim["grown"] is not None:
        grown = claim["grown"]
        assert grown["other"] == claim["region"] and grown["by"] == "touches"
        assert grown["value"] == touching(world.names[grown["region"]], region)[at]
        _reaching(grown, at, world)


def _escape(claim: Data, at: Index, region: Array, through: Array, world: World) -> None:
    assert claim["value"] == may_reach(region, through)[at] == bool(claim["points"])
    if not claim["value"]:
        return
    points = [_index(point) for point in claim["points"]]
    assert points[0] == at and region[points[-1]]
    for one, other in pairwise(points):
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) == 1
    assert all(through[point] for point in points[1:-1])
    way = claim["way"]
    if way is None:
        assert len(points) <= 2
        return
    start = _index(way["points"][0])
    assert start in points[:2]
    _way(way, through, start, near(region) & through, world)


def _escaping(claim: Data, at: Index, world: World) -> None:
    _escape(claim, at, world.names[claim["region"]], world.names[claim["through"]], world)


def _surrounded(claim: Data, at: Index, world: World) -> None:
    region, by = world.names[claim["region"]], world.names[claim["by"]]
    assert claim["inside"] == region[at]
    if not claim["inside"]:
        assert not claim["value"]
        return
    _escape(claim["escape"], at, ~(region | by), ~by, world)
    assert claim["value"] == (not claim["escape"]["value"])


def _chosen(claim: Data, at: Index, world: World) -> None:
    is_in = _in_component(claim, at, world)
    assert claim["value"] == (is_in and claim["component"]["rank"] == claim["number"] + 1)


def _otsu(claim: Data, at: Index, world: World) -> None:
    region, values = world.names[claim["region"]], world.names[claim["image"]]
    assert claim["inside"] == region[at]
    assert claim["brightness"] == values[at]
    below, above = claim["below"], claim["above"]
    found = {float(n) for n in values[region]}
    if above is None:
        assert (below is None) == (not found) and not claim["value"]
        return
    # Nothing lies between the two.
    assert {n for n in found if below < n < above} == set() and {below, above} <= found
    assert claim["value"] == (claim["inside"] and values[at] >= above)


def _correlation(claim: Data, at: Index, world: World) -> None:
    names, low, high = world.names, claim["low"], claim["high"]
    first, last = (_index(corner) for corner in claim["box"])
    assert all(a <= n <= b for a, n, b in zip(first, at, last, strict=True))
    box = tuple(slice(a, b + 1) for a, b in zip(first, last, strict=True))
    bins = len(claim["target"])
    assert claim["around"] == histogram(names[claim["image"]][box], low, high, bins)
    over = names[claim["over"]]
    assert claim["target"] == histogram(names[claim["other"]][over], low, high, bins)


CHECKS: dict[str, Callable[[Data, Index, World], None]] = {
    "near": _near,
    "interior": _interior,
    "distance": _distance,
    "distance compared": _compared,
    "eroded": _eroded,
    "opened": _opened,
    "numbered": _numbered,
    "largest": _largest,
    "reaching": _reaching,
    "grown": _grown,
    "escaping": _escaping,
    "surrounded": _surrounded,
    "correlation": _correlation,
    "chosen component": _chosen,
    "otsu": _otsu,
}
