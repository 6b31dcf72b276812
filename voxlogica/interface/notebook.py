"""What notebooks show of images and of runs: pictures and small tables, as HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from voxlogica.interface.computing import compute
from voxlogica.interface.wording import in_python
from voxlogica.operators.signature import REGION
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError

if TYPE_CHECKING:
    from voxlogica.images.image import Image as Voxels
    from voxlogica.interface.done import Done
    from voxlogica.interface.image import Image
    from voxlogica.interface.showing import Shown
    from voxlogica.language.formulas import Formula

P = ParamSpec("P")
T = TypeVar("T")

# Of a run there are shown so many prints, messages of a kind, pictures, and regions in a picture.
_MOST_PRINTS, _MOST_MESSAGES, _MOST_PICTURES, _MOST_REGIONS = 50, 10, 3, 7
# A print of more characters is cut.
_LONGEST = 300
_WHOLE = "font:12px/1.5 system-ui,sans-serif;text-align:left"
_CELL = "text-align:left;padding:1px 14px 1px 0;background:none;border:0;font-size:12px"
_TABLE = "border-collapse:collapse;margin:4px 0;border:0"
_QUIET = "opacity:.8"


def _or_error(
    shown: Callable[Concatenate[T, P], str],
) -> Callable[Concatenate[T, P], str]:
    """The same, that shows an error where it would raise one: it is not called by the user."""

    @wraps(shown)
    def found(of: T, /, *values: P.args, **named: P.kwargs) -> str:
        try:
            return shown(of, *values, **named)
        except VoxLogicaError as failed:
            from voxlogica.report.highlighting import highlighted_html

            return highlighted_html(map(in_python, failed.diagnostics))

    return found


@_or_error
def image_html(image: Shown) -> str:
    """Three planes of an image, or of a region over its scan, under what `repr` tells."""
    from voxlogica.interface.scans import over_scan
    from voxlogica.report.picture_html import picture_html

    if image._formula.space is None and image._formula.value is None:
        return f'<div style="{_WHOLE}">{escape(repr(image).strip("<>"))}</div>'
    below, regions = over_scan(image)
    told = repr(image).strip("<>")
    is_named = image._name and not regions
    return picture_html(below, regions, caption=[f"{image._name}: {told}" if is_named else told])


@_or_error
def overlay_html(image: Shown, regions: Mapping[str, Formula]) -> str:
    """Three planes of an image with regions over it."""
    from voxlogica.report.picture_html import picture_html

    compute([image._formula, *regions.values()])
    masks = {name: region.value for name, region in regions.items()}
    return picture_html(image._voxels, masks, caption=[image._name] if image._name else [])


@_or_error
def done_html(done: Done) -> str:
    """Prints, false assertions, warnings, the names of files, and pictures of saved images.

    Much of anything is cut, and told to be.
    """
    tables = [f"table: {path}" for path in map(_name, done.tables)]
    parts = [
        _prints(done),
        *_asserts(done),
        _messages([in_python(warned) for warned in done.warnings], "warnings"),
        *_pictures(done),
        *(f"<div>{escape(line)}</div>" for line in _first(tables, "tables")),
    ]
    found = "".join(parts)
    return f'<div style="{_WHOLE}">{found or "done: nothing is printed or saved"}</div>'


def _prints(done: Done) -> str:
    from voxlogica.report.shown_values import shown_text

    printed = done._report.prints
    rows = [(one.name, _cut(shown_text(one.value, one.vltype))) for one in printed]
    more = len(rows) - _MOST_PRINTS
    if more > 0:
        rows = [*rows[:_MOST_PRINTS], ("…", f"{more} more")]
    cells = "".join(
        f'<tr style="background:none"><td style="{_CELL}">{escape(label)}</td>'
        f'<td style="{_CELL}"><b>{escape(value)}</b></td></tr>'
        for label, value in rows
    )
    return f'<table style="{_TABLE}">{cells}</table>' if rows else ""


def _asserts(done: Done) -> Iterator[str]:
    wrong = [asserted.diagnostic for asserted in done.asserts if not asserted.value]
    yield _messages([in_python(one) for one in wrong], "false assertions")
    right = [asserted.label for asserted in done.asserts if asserted.value]
    if right:
        labels = _cut(", ".join(right))
        yield f'<div style="{_QUIET}">true: {escape(labels)}</div>'


def _messages(told: Sequence[Diagnostic], what: str) -> str:
    from voxlogica.report.highlighting import highlighted_html

    more = len(told) - _MOST_MESSAGES
    rest = f"<div>… {more} more {what}</div>" if more > 0 else ""
    return highlighted_html(told[:_MOST_MESSAGES]) + rest


def _pictures(done: Done) -> Iterator[str]:
    """Images by themselves; regions of one grid over the scan that they have in common."""
    from voxlogica.interface.scans import with_scan
    from voxlogica.report.picture_html import picture_html

    groups = _groups(done)
    for group in groups[:_MOST_PICTURES]:
        shown, more = group[:_MOST_REGIONS], group[_MOST_REGIONS:]
        voxels, scan = with_scan(shown[0][1])
        caption = [f"… {len(more)} more regions: {_names(more)}"] if more else []
        if _is_region(voxels):
            yield picture_html(scan, {n: one._voxels for n, one in shown}, caption=caption)
        else:
            yield picture_html(voxels, {}, caption=[_name(shown[0][0]), *caption])
    rest = [image for group in groups[_MOST_PICTURES:] for image in group]
    if rest:
        yield f"<div>… {len(rest)} more images: {escape(_names(rest))}</div>"


def _groups(done: Done) -> list[list[tuple[str, Image]]]:
    """What is drawn together, with names: regions of one grid over one scan."""
    from voxlogica.interface.scans import scan_of

    found: dict[object, list[tuple[str, Image]]] = {}
    for path, image in done.images.items():
        scan, is_region = scan_of(image), image._formula.type == REGION
        key = (id(scan), image._geometry.canonical()) if is_region else path
        group = found.setdefault(key, [])
        taken = any(name == image._name for name, _ in group)
        group.append((path if taken or not is_region else image._name, image))
    return [*found.values()]


def _names(images: Sequence[tuple[str, Image]]) -> str:
    return _cut(", ".join(_name(name) for name, _ in images))


def _is_region(voxels: Voxels) -> bool:
    return str(voxels.array.dtype) == "bool"


def _first(lines: Sequence[str], what: str) -> list[str]:
    more = len(lines) - _MOST_MESSAGES
    return [*lines[:_MOST_MESSAGES], f"… {more} more {what}"] if more > 0 else [*lines]


def _name(path: str) -> str:
    return Path(path).name


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
