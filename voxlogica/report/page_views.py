"""What a run has saved, as views: regions over the scans that they came from, images alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from voxlogica.dataclass import dataclass
from voxlogica.engine.results import Report, SavedImage, Underlay
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.pictures.planes import telling_slices
from voxlogica.pictures.windowing import scan

# So many views are shown, and so many regions in one; of others, only the names are.
_MOST_VIEWS, _MOST_REGIONS = 12, 7


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What is shown together: an image, or none, with regions over it that have its grid.

    Regions `beside` are those that may be shown, too: of the same grid, but of another view. The
    pictures are through the voxel `at`, x first, or where they tell most.
    """

    title: str
    name: str
    image: Image | None
    regions: Mapping[str, Image]
    beside: Mapping[str, Image]
    at: tuple[int, ...] | None = None

    @property
    def geometry(self) -> Geometry:
        """Its grid: of one that says where it lies, if any does."""
        shown = [one for one in (self.image, *self.regions.values()) if one is not None]
        placed = [one.geometry for one in shown if not one.geometry.is_unplaced]
        return (placed or [shown[0].geometry])[0]


def views(report: Report, name_of: Callable[[str], str]) -> tuple[list[View], list[str]]:
    """What is to be seen of a run, and the names of saved images that there is no room for.

    Regions of one grid over one scan are one view, through a voxel that tells most of them. Other
    images are one each, through the voxel of the first regions on their grid. `name_of` tells what
    a path is called.
    """
    kept = {name_of(one.path): one.image for one in report.layers if one.image is not None}
    regions = {name: image for name, image in kept.items() if image.array.dtype == bool}
    under = _under(report, name_of)
    groups: dict[object, dict[str, Image]] = {}
    for name, region in regions.items():
        key = id(under[name].image) if name in under else region.geometry
        groups.setdefault(key, {})[name] = region
    shown = [dict(islice(group.items(), _MOST_REGIONS)) for group in groups.values()]
    on: _OnGrid = {}
    for name, region in ((name, one) for group in shown for name, one in group.items()):
        on.setdefault(region.geometry, {})[name] = region
    found = [_over(group, under.get(next(iter(group))), on, name_of) for group in shown]
    through: dict[Geometry, tuple[int, ...] | None] = {}
    for view in found:
        through.setdefault(next(iter(view.regions.values())).geometry, view.at)
    for name, image in kept.items():
        if name not in regions:
            beside = dict(islice(on.get(image.geometry, {}).items(), _MOST_REGIONS))
            found.append(View(name, name, image, {}, beside, through.get(image.geometry)))
    seen = {name for group in shown for name in group} | (kept.keys() - regions.keys())
    hidden = [name for layer in report.layers if (name := name_of(layer.path)) not in seen]
    return found[:_MOST_VIEWS], [*hidden, *(view.title for view in found[_MOST_VIEWS:])]


# The regions of a grid, by name.
_OnGrid = dict[Geometry, dict[str, Image]]


def _under(report: Report, name_of: Callable[[str], str]) -> dict[str, Underlay]:
    """What each region is shown over, if there is such an image on its grid.

    Where that is a file of labels, as of what somebody has drawn, it is rather the first scan on
    the grid.
    """
    if report.origin is None:
        return {}
    all_under = report.origin.under
    several = [*{id(one.image): one for one in all_under.values()}.values()]
    # Of a single one there is nothing to choose.
    scans = [
        one
        for one in several
        if len(several) < 2 or scan(one.image, coloured=True).kind != "labels"
    ]

    def fitting(layer: SavedImage) -> Iterator[Underlay]:
        own = all_under.get(layer.path)
        if own is not None and layer.image is not None:
            for one in [own] if any(own is one for one in scans) else [*scans, own]:
                if one.image.geometry.agrees_with(layer.image.geometry):
                    yield one

    found = {name_of(layer.path): next(fitting(layer), None) for layer in report.layers}
    return {name: one for name, one in found.items() if one is not None}


def _over(
    regions: Mapping[str, Image],
    under: Underlay | None,
    on: _OnGrid,
    name_of: Callable[[str], str],
) -> View:
    """Regions over what they are shown over, with those beside them that have their grid."""
    grid = next(iter(regions.values())).geometry
    at = telling_slices(grid, [one.array for one in regions.values()])
    several = ((name, one) for name, one in on[grid].items() if name not in regions)
    beside = dict(islice(several, max(0, _MOST_REGIONS - len(regions))))
    name = "" if under is None else name_of(under.name)
    title = ", ".join(regions) + (f" over {name}" if name else "")
    return View(title, name, None if under is None else under.image, regions, beside, at)
