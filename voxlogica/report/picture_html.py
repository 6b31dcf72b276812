"""Pictures of images and regions as a piece of HTML, for a notebook or within a page.

A piece is complete: without script, style sheet, identifiers and requests to anywhere, so that it
can stand anywhere, several times. Its texts have the colour of what is around them, light or dark.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape

from voxlogica.images.image import Image
from voxlogica.pictures.mosaic import UNITS, round_length
from voxlogica.pictures.pictures import Picture, pictures
from voxlogica.pictures.scene import Key

# Bytes: of a piece; of what is in it without pictures and names; of what a region adds.
_MOST, _FRAME, _KEY = 60_000, 5_500, 500
_LEAST_PNGS = 8_000
# So many regions are named where a picture is described.
_MOST_SAID = 3
_WHOLE = "font:12px/1.5 system-ui,sans-serif;text-align:left;margin:4px 0;max-width:100%"
_ROW = "display:flex;flex-wrap:wrap;gap:8px 20px;align-items:flex-start;margin:4px 0"
_FIGURE = (
    "display:inline-grid;grid-template-columns:{columns};gap:1px 4px;align-items:center;"
    "justify-items:center;margin:0;max-width:100%"
)
# A picture keeps its proportions where there is less room.
_PICTURE = "display:block;max-width:100%;height:auto;margin:0"
_UNDER = "grid-column:{column};justify-self:stretch;margin:0"
_SCALE = (
    "box-sizing:border-box;width:{share:.3g}%;height:6px;border:solid currentColor;"
    "border-width:0 1px 1px"
)
_SWATCH = (
    "display:inline-block;box-sizing:border-box;width:20px;height:12px;margin-right:5px;"
    "vertical-align:-2px;border:2px {line} {colour};background:{ground}"
)


def picture_html(
    image: Image | None, regions: Mapping[str, Image], *, caption: Sequence[str] = ()
) -> str:
    """An image with regions over it, or regions alone, under lines of text, below 60,000 bytes.

    Pictures, keys and errors are those of `pictures.pictures.pictures`. Only very many regions, or
    long names or texts, may need more bytes. O(voxels).
    """
    words = _FRAME + sum(_KEY + 4 * len(escape(name).encode()) for name in regions)
    words += sum(len(escape(line).encode()) for line in caption)
    most = max(_LEAST_PNGS, (_MOST - words) * 3 // 4)  # as base64 a third longer
    shown = pictures(image, regions, most_bytes=most)
    names = [key.text for key in shown.keys if key.drawn != "surface"]
    if len(names) > _MOST_SAID:
        names = [*names[:_MOST_SAID], f"{len(names) - _MOST_SAID} more regions"]
    figures = "".join(_figure(picture, shown.unit, names) for picture in shown.planes)
    keys = "".join(map(_key, shown.keys))
    parts = [
        *(f"<div>{escape(line)}</div>" for line in caption),
        f'<div style="{_ROW}">{figures}</div>',
        f'<div style="{_ROW}">{keys}</div>' if keys else "",
        f'<div style="opacity:.8">{escape("; ".join(shown.remarks))}</div>'
        if shown.remarks
        else "",
    ]
    return f'<div style="{_WHOLE}">{"".join(parts)}</div>'


def _figure(picture: Picture, unit: str, names: Sequence[str]) -> str:
    sides, (width, height) = picture.plane.sides, picture.size
    data = b64encode(picture.png).decode("ascii")
    image = (
        f'<img src="data:image/png;base64,{data}" alt="{escape(_said(picture, names))}"'
        f' width="{width}" height="{height}" style="{_PICTURE}">'
    )
    columns, cells, middle = "minmax(0,auto)", [image], 1
    if sides is not None:
        columns, middle = "1.2em minmax(0,auto) 1.2em", 2
        above, below = _letter(sides.top, 2), _letter(sides.bottom, 2)
        cells = [above, _letter(sides.left, 1), image, _letter(sides.right, 3), below]
    title = picture.plane.title(picture.index)
    under = (f"<div>{title}</div>" if title else "") + _scale(picture, unit)
    cells.append(f'<figcaption style="{_UNDER.format(column=middle)}">{under}</figcaption>')
    return f'<figure style="{_FIGURE.format(columns=columns)}">{"".join(cells)}</figure>'


def _letter(side: str, column: int) -> str:
    return f'<span aria-hidden="true" style="grid-column:{column}">{side}</span>'


def _said(picture: Picture, names: Sequence[str]) -> str:
    """What a screen reader says."""
    sides = picture.plane.sides
    parts = [picture.plane.title(picture.index) or "picture"]
    if names:
        parts.append(f"with {', '.join(names)}")
    if sides is not None:
        parts.append(
            f"{sides.left} at the left, {sides.right} at the right, {sides.top} at the top"
        )
    return "; ".join(parts)


def scale(picture: Picture, unit: str) -> tuple[float, str] | None:
    """A round length: its share of a picture's width in percent, and how long it is."""
    whole = picture.size[0] * picture.unit_per_pixel
    length = round_length(whole)
    return (100 * length / whole, f"{length:g} {UNITS[unit]}") if length else None


def _scale(picture: Picture, unit: str) -> str:
    """A bar of a round length, in proportion to the picture, and how long it is."""
    found = scale(picture, unit)
    if found is None:
        return ""
    share, length = found
    return f'<div style="{_SCALE.format(share=share)}"></div><div>{length}</div>'


def _key(key: Key) -> str:
    red, green, blue = key.colour
    swatch = _SWATCH.format(
        line="dashed" if key.drawn == "dashes" else "solid",
        colour=f"rgb({red},{green},{blue})",
        ground=f"rgba({red},{green},{blue},{1 if key.drawn == 'surface' else 0.3})",
    )
    return (
        f'<span style="overflow-wrap:anywhere"><span aria-hidden="true" style="{swatch}"></span>'
        f"{escape(key.text)}</span>"
    )
