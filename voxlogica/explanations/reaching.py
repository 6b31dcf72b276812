"""`through`, `touch`, `grow`, `mayReach`, `surrounded`: by which way a region is reached."""

from __future__ import annotations

from functools import partial

from voxlogica.dataclass import dataclass
from voxlogica.explanations.boxes import wider
from voxlogica.explanations.claims import Claim, place
from voxlogica.explanations.components import InComponent, component_of, in_component, runs_of
from voxlogica.explanations.context import Argument, Context, Descend, Explained, Explainer
from voxlogica.explanations.marks import Line, Mark, Path, Point, Voxel
from voxlogica.explanations.paths import Kept, widest_path
from voxlogica.explanations.places import around, length, nearest_to, next_to, spacing_of
from voxlogica.explanations.regions_at import component_cut, nearest_pair, number_at
from voxlogica.images.arrays import np

# A way is wide enough, where what is outside is so many steps away: no place where a region leaks.
_ENOUGH = 10
# Where it is no more of them away, a region may leak.
_NECK = 3


@dataclass(frozen=True, slots=True)
class Way(Claim):
    """A way by steps within a region, whose narrowest place is as wide as that of any.

    `points[first:end]` are the centres of a ball that rolls within the region; at first it holds
    the voxel where the way begins, at last that where it ends. `width` is its radius at the
    narrowest place, `points[narrowest]`: how far the nearest voxel outside of the region is from
    there, or `enough`, if that is less. `length` is that of the ball's way, and straight to it and
    from it; of all ways as wide, none is shorter by more than the share `slack` of it, which is 0
    but in large regions.
    """

    points: tuple[Voxel, ...]
    first: int
    end: int
    narrowest: int
    width: float
    length: float
    slack: float
    enough: float
    unit: str

    kind = "way"

    def sentence(self) -> str:
        """How long it is, and where it is narrowest."""
        return f"The widest way there is {self.described()}."

    def described(self) -> str:
        """Its length and narrowest place, as a part of a sentence."""
        said = f"{length(self.length, self.unit)} long"
        if self.width >= self.enough:
            return f"{said} and at least {length(self.enough, self.unit)} from what is outside"
        narrowest = place(self.points[self.narrowest])
        away = length(self.width, self.unit)
        return f"{said}; at its narrowest place, {narrowest}, what is outside is {away} away"


@dataclass(frozen=True, slots=True)
class Gap(Claim):
    """The least distance of a component from a region: between which voxels."""

    start: Voxel
    end: Voxel
    distance: float
    unit: str

    kind = "gap"

    def sentence(self) -> str:
        """Where it is, and how wide."""
        return (
            f"The nearest of it, {place(self.end)}, is {length(self.distance, self.unit)} from"
            f" {place(self.start)} of the component."
        )


@dataclass(frozen=True, slots=True)
class Reaching(Claim):
    """Whether the voxel's component of a region has a voxel that is in another one, or near it.

    It `meets` the other where it has a voxel of it, it `touches` the other where it has one of it
    or next to it. The `way` leads from the voxel to that. If there is none, the `gap` is from the
    component to the other region; None where that is empty. No component: not in the region.
    """

    value: bool
    region: str
    other: str
    by: str
    component: InComponent | None
    way: Way | None
    gap: Gap | None

    kind = "reaching"

    def sentence(self) -> str:
        """The component, and where it reaches the other region."""
        if self.component is None:
            return f"Not in {self.region}."
        said = f"In {self.component.described()}"
        if self.way is None:
            none = "meets nothing" if self.by == "meets" else "does not come next to any"
            gap = f" {self.gap.sentence()}" if self.gap else f" {self.other} is empty."
            return f"{said}, which {none} of {self.other}.{gap}"
        if len(self.way.points) == 1:
            return f"{said}, which {self.by} {self.other} right here."
        end = place(self.way.points[-1])
        return f"{said}, which {self.by} {self.other} at {end}. {self.way.sentence()}"


@dataclass(frozen=True, slots=True)
class Grown(Claim):
    """Whether a voxel is in a region, or in a component of another one that touches it."""

    value: bool
    region: str
    itself: bool
    grown: Reaching | None

    kind = "grown"

    def sentence(self) -> str:
        """In the region itself, or how it is reached."""
        if self.itself or self.grown is None:
            return f"In {self.region} itself."
        said = self.grown.sentence()
        return f"Not in {self.region}. {said}" if not self.value else said


@dataclass(frozen=True, slots=True)
class Escaping(Claim):
    """Whether steps lead from the voxel to a region, all but the first and the last in another.

    The last voxel of `points` is in the region; the first one is the voxel, unless that is in the
    region itself or next to it, in which case `points` has no others between. The `way`, within
    the other region, leads from one voxel next to the voxel, or itself, to one next to the last.
    """

    value: bool
    region: str
    through: str
    points: tuple[Voxel, ...]
    way: Way | None

    kind = "escaping"

    def sentence(self) -> str:
        """Where the way ends, and where it is narrowest."""
        if not self.points:
            return f"No steps through {self.through} lead from here to {self.region}."
        end = place(self.points[-1])
        if len(self.points) == 1:
            return f"In {self.region} itself."
        if self.way is None:
            return f"Next to {end}, which is in {self.region}."
        return (
            f"Steps through {self.through} lead to {end}, which is in {self.region}:"
            f" {self.way.described()}."
        )


@dataclass(frozen=True, slots=True)
class Surrounded(Claim):
    """Whether a voxel is in a region, and no steps lead out of it but through another one.

    The `escape` is of steps through what is not in the other region, to what is in neither.
    """

    value: bool
    region: str
    by: str
    inside: bool
    escape: Escaping | None

    kind = "surrounded"

    def sentence(self) -> str:
        """Where one gets out, if anywhere."""
        if not self.inside:
            return f"Not in {self.region}."
        if self.escape is None or not self.escape.value:
            return f"In {self.region}, and all ways out of it lead through {self.by}."
        said = f"In {self.region}, and a way out leads past {self.by}"
        end = place(self.escape.points[-1])
        if self.escape.way is None:
            return f"{said}: {end}, one step from here, is in neither."
        return f"{said}, to {end}, which is in neither: {self.escape.way.described()}."


def _grow(context: Context) -> Explained:
    region, other = context.arguments
    if context.at(region):
        claim = Grown(True, region.text, True, None)
        return Explained(claim, (Descend(region),), (Descend(other),))
    found = _reaching(context, region=1, touching=True)
    assert isinstance(found.claim, Reaching)
    claim = Grown(bool(context.own), region.text, False, found.claim)
    folded = found.folded
    if not claim.value:
        # Both decide: it is neither in the region, nor in what grows.
        return Explained(claim, (Descend(region), *found.because), folded, found.marks)
    return Explained(claim, found.because, folded, found.marks)


def _reaching(context: Context, *, region: int, touching: bool) -> Explained:
    """What is said of the voxel's component of a region, which reaches another, or does not."""
    of, other = context.arguments[region], context.arguments[1 - region]
    by = "touches" if touching else "meets"
    component = component_of(context, of)
    if component is None:
        claim = Reaching(False, of.text, other.text, by, None, None, None)
        return Explained(claim, (Descend(of),))
    targets = context.applied("near", other) if touching else other.position
    assert targets is not None
    way = way_to(context, of, targets, context.voxel)
    gap = _gap(context, of, other) if way is None else None
    claim = Reaching(
        way is not None,
        of.text,
        other.text,
        by,
        in_component(component, of.text, context.geometry),
        way,
        gap,
    )
    if way is not None:
        reached = way.points[-1]
        folded: tuple[Descend, ...] = ()
        if context.at(other, reached):
            folded = (Descend(other, reached),)
        because = [Descend(of)]
        neck = way.points[way.narrowest]
        if way.width <= _NECK * min(context.geometry.spacing) and neck != context.voxel:
            # Where a region leaks: what it would take to close that.
            because.append(Descend(of, neck))
        return Explained(claim, tuple(because), folded, _marked(way))
    marks: tuple[Mark, ...] = () if gap is None else (Line(gap.start, gap.end),)
    return Explained(claim, (), (Descend(of),), marks)


def way_to(context: Context, region: Argument | int, targets: int, start: Voxel) -> Way | None:
    """The widest way from a voxel of a region to one of the targets, an operation."""
    enough = _ENOUGH * min(context.geometry.spacing)
    position = region.position if isinstance(region, Argument) else region
    found = widest_path(
        context.value(region),
        spacing_of(context.geometry),
        start[::-1],
        context.value(targets),
        runs_of(context, region),
        enough,
        context.once(("ways", position, targets), Kept),
    )
    if found is None:
        return None
    return Way(
        tuple(point[::-1] for point in found.points),
        found.first,
        found.end,
        found.narrowest,
        found.width,
        found.length,
        found.slack,
        float(np.float32(enough)),
        context.geometry.unit,
    )


def _gap(context: Context, region: Argument, other: Argument) -> Gap | None:
    """Where the voxel's component of a region is nearest to another region."""
    first, bound = nearest_to(context, context.value(other))
    component = component_of(context, region)
    if first is None or component is None:
        return None
    array, spacing = context.value(region), spacing_of(context.geometry)
    box = wider(component.box, array.shape)
    own = component_cut(runs_of(context, region), component, box)
    found = nearest_pair(own, box, context.value(other), spacing, bound)
    return Gap(found[0][::-1], found[1][::-1], found[2], context.geometry.unit)


def _escaping(
    context: Context, region: Argument | int, through: Argument | int, texts: tuple[str, str]
) -> tuple[Escaping, tuple[Mark, ...]]:
    """The way to a region, all but its ends in another one."""
    text, through_text = texts
    goal = context.value(region)
    direct = next_to(context, goal, context.voxel)
    if direct is not None:
        points = tuple(dict.fromkeys((context.voxel, direct)))
        return Escaping(True, text, through_text, points, None), (Point(direct),)
    targets = context.applied("near", region)
    ways = [way_to(context, through, targets, start) for start in _beginnings(context, through)]
    best = min(filter(None, ways), key=lambda way: (-way.width, way.length), default=None)
    if best is None:
        return Escaping(False, text, through_text, (), None), ()
    end = next_to(context, goal, best.points[-1])
    assert end is not None
    before = () if best.points[0] == context.voxel else (context.voxel,)
    after = () if best.points[-1] == end else (end,)
    points = (*before, *best.points, *after)
    mark = Path(points, len(before) + best.narrowest)
    return Escaping(True, text, through_text, points, best), (mark,)


def _beginnings(context: Context, through: Argument | int) -> list[Voxel]:
    """Of each component that the voxel is in or next to, the nearest voxel that it has there."""
    runs, found = runs_of(context, through), dict[int, Voxel]()
    for at in around(context.voxel, context.geometry):
        number = number_at(runs, at[::-1])
        if number:
            found.setdefault(number, at)
    return [*found.values()]


def _may_reach(context: Context) -> Explained:
    region, through = context.arguments
    claim, marks = _escaping(context, region, through, (region.text, through.text))
    return Explained(claim, (), (Descend(region), Descend(through)), marks)


def _surrounded(context: Context) -> Explained:
    region, by = context.arguments
    if not context.at(region):
        claim = Surrounded(False, region.text, by.text, False, None)
        return Explained(claim, (Descend(region),), (Descend(by),))
    neither = context.applied("not", context.applied("or", region, by))
    texts = (f"neither {region.text} nor {by.text}", f"what is not {by.text}")
    escape, marks = _escaping(context, neither, context.applied("not", by), texts)
    claim = Surrounded(bool(context.own), region.text, by.text, True, escape)
    if not escape.value:
        return Explained(claim, (Descend(region),), (Descend(by),))
    end = escape.points[-1]
    return Explained(claim, (), (Descend(region, end), Descend(by, end)), marks)


def _marked(way: Way) -> tuple[Mark, ...]:
    if len(way.points) == 1:
        return (Point(way.points[0]),)
    return (Path(way.points, way.narrowest),)


EXPLAINERS: dict[str, Explainer] = {
    "through": partial(_reaching, region=1, touching=False),
    "~>": partial(_reaching, region=0, touching=False),
    "touch": partial(_reaching, region=0, touching=True),
    "T": partial(_reaching, region=0, touching=True),
    "grow": _grow,
    "mayReach": _may_reach,
    "surrounded": _surrounded,
    "S": _surrounded,
}
