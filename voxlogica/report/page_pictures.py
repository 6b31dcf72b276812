"""Views as a part of a page: still pictures, and what a script needs to make viewers of them."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from voxlogica.images.arrays import np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.pictures.overlays import FIRST_DASHED, colour
from voxlogica.pictures.pictures import Picture, Pictures, pictures
from voxlogica.pictures.planes import planes, stored_planes
from voxlogica.pictures.scene import Key
from voxlogica.report.page_document import json_in_html, text
from voxlogica.report.page_views import View
from voxlogica.report.picture_html import scale
from voxlogica.report.sprites import packed, sprite
from voxlogica.report.viewer import grid_json, planes_json

# Bytes of all pictures of a page: as base64, and with all else that is in it, less than 1 MB.
_PICTURES = 640_000
# The share of the first of several, which is a scan with regions.
_FIRST = 0.55
# Bytes of the still pictures of a view, and of all views.
_STILLS, _ALL_STILLS = 36_000, 200_000
_THREADS = 4


def views_html(
    shown: Sequence[View],
    hidden: Sequence[str],
    *,
    sliders: bool = True,
    most_bytes: int = _PICTURES,
) -> str:
    """Views as HTML: still pictures, and for `sliders` all that the script makes viewers of.

    All pictures have at most `most_bytes`, before they are base64. O(voxels).
    """
    if not shown:
        return _hidden(hidden)
    most_of_stills = min(_STILLS, min(_ALL_STILLS, most_bytes // 2) // len(shown))
    with ThreadPoolExecutor(_THREADS) as pool:
        # What takes longest first.
        most = most_bytes - most_of_stills * len(shown)
        volumes = _volumes(shown, most, pool) if sliders else None
        drawn = [
            *pool.map(
                lambda view: pictures(
                    view.image, view.regions, most_bytes=most_of_stills, voxel=view.at
                ),
                shown,
            )
        ]
        figures = "\n".join(_view(k, *of) for k, of in enumerate(zip(shown, drawn, strict=True)))
        if volumes is not None:
            data = json_in_html(volumes(drawn))
            figures += f'\n<script type="application/json" class="volumes">{data}</script>'
    return f'<div class="views">{figures}</div>{_hidden(hidden)}'


def _hidden(names: Sequence[str]) -> str:
    if not names:
        return ""
    return f'<p class="faint">Not shown, but saved: {text(", ".join(names))}.</p>'


# Volumes


def _shares(shown: Sequence[View], most: int) -> list[int]:
    """How many bytes the scan of each view may take: most for the first, of others equal parts."""
    count = sum(view.image is not None for view in shown)
    first = next((k for k, view in enumerate(shown) if view.image is not None), 0)
    if count < 2:
        return [most] * len(shown)
    rest = int(most * (1 - _FIRST) / (count - 1))
    return [int(most * _FIRST) if k == first else rest for k in range(len(shown))]


def _scan(view: View, most: int) -> dict[str, object] | None:
    if view.image is None:
        return None
    made = sprite(view.image, most, coloured=not view.regions)
    return None if made is None else made.to_json(view.name)


def _regions(shown: Sequence[View]) -> dict[int, Image]:
    """All regions of views, each once, by what tells them apart."""
    several = (
        region for view in shown for region in (*view.regions.values(), *view.beside.values())
    )
    return {id(region): region for region in several}


def _volumes(
    shown: Sequence[View], most: int, pool: ThreadPoolExecutor
) -> Callable[[Sequence[Pictures]], dict[str, object]]:
    """Begins to make what viewers show; and what tells it, once still pictures are drawn."""
    scans = [pool.submit(_scan, *of) for of in zip(shown, _shares(shown, most), strict=True)]
    regions = _regions(shown)
    bits = pool.map(packed, [region.array for region in regions.values()])

    def told(drawn: Sequence[Pictures]) -> dict[str, object]:
        return _told(shown, drawn, [made.result() for made in scans], [*regions], [*bits])

    return told


def _told(
    shown: Sequence[View],
    drawn: Sequence[Pictures],
    scans: Sequence[dict[str, object] | None],
    regions: Sequence[int],
    bits: Sequence[str],
) -> dict[str, object]:
    """All that viewers show: grids and regions, each once, and the views that are made of them.

    Of a view whose scan is too large, or whose labels a JPEG would mix, there is no viewer.
    """
    grids: dict[Geometry, int] = {}
    told: list[dict[str, object] | None] = []
    for view, still, scanned in zip(shown, drawn, scans, strict=True):
        layers = [
            {
                "name": name,
                "bits": regions.index(id(region)),
                "drawn": "outline" if name in view.regions else "off",
                "colour": colour(k),
                "dashed": k >= FIRST_DASHED,
                "note": _note(region),
            }
            for k, (name, region) in enumerate([*view.regions.items(), *view.beside.items()])
        ]
        at = [length // 2 for length in view.geometry.size]
        for picture in still.planes:
            if picture.plane.through is not None and picture.index is not None:
                at[picture.plane.through] = picture.index
        grid = grids.setdefault(view.geometry, len(grids))
        if view.image is None or scanned is not None:
            told.append({"grid": grid, "scan": scanned, "layers": layers, "at": at})
        else:  # outlines over nothing would tell less than the still pictures
            told.append(None)
    return {"grids": [_grid(one) for one in grids], "bits": bits, "views": told}


def _note(region: Image) -> str:
    geometry, count = region.geometry, int(np.count_nonzero(region.array))
    if count and geometry.unit == "mm" and geometry.dimension == 3:
        return f"{geometry.millilitres(count):.3g} ml"
    return f"{count:,} voxel{'' if count == 1 else 's'}" if count else "empty"


def _grid(geometry: Geometry) -> dict[str, object]:
    """A grid as the viewer has it; with the planes of its file, where these are others."""
    own, stored = planes(geometry), stored_planes(geometry)
    ways = {(plane.across, plane.down, plane.backwards) for plane in own}
    differs = ways != {(plane.across, plane.down, plane.backwards) for plane in stored}
    return {**grid_json(geometry), "stored": planes_json(stored) if differs else None}


# Still pictures


def _view(k: int, view: View, still: Pictures) -> str:
    planes = "".join(_figure(picture, still) for picture in still.planes)
    keys = "".join(map(_key, still.keys))
    remarks = f'<p class="faint">{text("; ".join(still.remarks))}</p>' if still.remarks else ""
    legend = f'<ul class="keys">{keys}</ul>' if keys else ""
    return (
        f'<div class="view" data-view="{k}"><h3>{text(view.title)}</h3>\n<div class="still">'
        f'<div class="planes planes-{len(still.planes)}">{planes}</div>'
        f"{legend}{remarks}</div></div>"
    )


def _figure(picture: Picture, still: Pictures) -> str:
    sides, (width, height) = picture.plane.sides, picture.size
    data = b64encode(picture.png).decode("ascii")
    title = picture.plane.title(picture.index)
    said = "; ".join([title or "picture", *(key.text for key in still.keys)])
    letters = (
        "".join(
            f'<span class="side side-{where}">{letter}</span>'
            for where, letter in sides._asdict().items()
        )
        if sides is not None
        else ""
    )
    bar = scale(picture, still.unit)
    if bar is not None:
        share, length = bar
        path = '<path d="M.5 0V5.5H999V0"/>'
        letters += (
            f'<svg class="scale" width="{share:.2f}%" height="6" viewBox="0 0 1000 6"'
            f' preserveAspectRatio="none" aria-hidden="true">{path}</svg>'
            f'<span class="length">{length}</span>'
        )
    return (
        f'<figure><div class="picture"><img src="data:image/png;base64,{data}" alt="{text(said)}"'
        f' width="{width}" height="{height}">{letters}</div>'
        f"<figcaption>{text(title)}</figcaption></figure>"
    )


def _key(key: Key) -> str:
    red, green, blue = key.colour
    colour = f"rgb({red},{green},{blue})"
    dashes = ' stroke-dasharray="5 3"' if key.drawn == "dashes" else ""
    mark = (
        f'<rect width="22" height="12" fill="{colour}"/>'
        if key.drawn == "surface"
        else '<rect width="22" height="12" fill="#333"/>'
        f'<path d="M0 6H22" stroke="{colour}" stroke-width="3"{dashes}/>'
    )
    swatch = f'<svg width="22" height="12" aria-hidden="true">{mark}</svg>'
    return f"<li>{swatch}<span>{text(key.text)}</span></li>"
