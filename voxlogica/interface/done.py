"""What a run in Python gives: prints by label, images and tables by file, and all it has to say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from voxlogica.images.given import GivenImage, given_image
from voxlogica.interface.computing import of_given
from voxlogica.interface.image import Image, Region, handle
from voxlogica.interface.reading import read
from voxlogica.interface.scans import Scans
from voxlogica.interface.tracebacks import short
from voxlogica.interface.wording import in_python
from voxlogica.operators.signature import REGION
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, error, nearest

if TYPE_CHECKING:
    from voxlogica.engine.cases import Checked
    from voxlogica.engine.results import Report, SavedImage, Stats
    from voxlogica.images.placed import Placed
    from voxlogica.images.reading import ImageFile
    from voxlogica.language.asserts import Asserted

T = TypeVar("T")


class Prints(Mapping[str, Any]):
    """What came of programs, by the labels of what they print."""

    _prints: dict[str, Any]

    def __iter__(self) -> Iterator[str]:
        return iter(self._prints)

    def __len__(self) -> int:
        return len(self._prints)

    def _told(self, files: Iterable[str], asserts: Iterable[Asserted | Checked]) -> list[str]:
        """What `repr` tells: prints, the names of files, and what is false."""
        names = ", ".join(Path(file).name for file in files)
        wrong = ", ".join(asserted.label for asserted in asserts if not asserted.value)
        parts = [f"{label}={value!r}" for label, value in self._prints.items()]
        parts += [f"files: {names}"] if names else []
        return parts + ([f"false: {wrong}"] if wrong else [])


class Done(Prints):
    """What came of a run: `done["dice"]` is what `print "dice" …` shows.

    As a mapping it has the prints, in their order: numbers, bools, strings, and lists of these.
    """

    def __init__(self, report: Report, loaded: Iterable[GivenImage | ImageFile] = ()) -> None:
        self._report = report
        # What saved regions are drawn over: what was loaded, also if that is not told here.
        read = [(file.path, file.sha256) for file in report.inputs if file.kind == "image"]
        self._scans = Scans(loaded, read)
        self._prints = {printed.name: printed.value for printed in report.prints}
        images = {layer.path: layer for layer in report.layers}
        self._images: Mapping[str, Image] = Files(
            images, partial(_image, scans=self._scans), "saved image"
        )
        tables = {table.path: table.path for table in report.tables}
        self._tables: Mapping[str, Path] = Files(tables, Path, "saved table")

    @short
    def __getitem__(self, label: str) -> Any:
        if label not in self._prints:
            raise KeyError(unknown(label, "print", self._prints))
        return self._prints[label]

    def __reduce__(self) -> tuple[Any, ...]:
        return Done, (self._report,)

    @property
    def images(self) -> Mapping[str, Image]:
        """The images that were saved, by their absolute paths.

        They are found by any other path to the same file, too, through links and with `..` in it;
        by the name of the file without its folder; and without its extension; where only one is so
        called. They are as they were computed, up to 1 GiB in all; what is beyond is read from its
        file, with what its format has made of the values, when it is looked at. Raises Error where
        that is no longer the file that was written.
        """
        return self._images

    @property
    def tables(self) -> Mapping[str, Path]:
        """The files of tables and texts that were saved, found as images are."""
        return self._tables

    @property
    def asserts(self) -> tuple[Asserted, ...]:
        """All assertions: each has a `label`, a `value`, and a `diagnostic` that says why."""
        return self._report.asserts

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What was doubtful."""
        told = (d for d in self._report.diagnostics if d.severity == "warning")
        return tuple(map(in_python, told))

    @property
    def stats(self) -> Stats:
        """What the run cost: `seconds`, `computed` and `stored` operations, `peak_memory`."""
        return self._report.stats

    @short
    def view(self, *, height: int = 400) -> Any:
        """The saved images in the interactive viewer, regions over the others: see `Image.view`."""
        from voxlogica.interface.viewing import done_view

        return done_view(self, height)

    @short
    def _repr_html_(self) -> str:
        from voxlogica.interface.notebook import done_html

        return done_html(self)

    def __repr__(self) -> str:
        told = self._told((*self._images, *self._tables), self.asserts)
        return f"<Done {'; '.join(told)}>"


def _image(layer: SavedImage, scans: Scans) -> Image:
    return cast("Image", over(scans, _saved(layer), anew=layer.image is None))


def over(scans: Scans, value: Any, *, anew: bool = False) -> Any:
    """The same value, its regions to be drawn over scans if over nothing yet, or `anew`."""
    if isinstance(value, list):
        return [over(scans, item, anew=anew) for item in value]
    if isinstance(value, Region) and (anew or value._formula.scan is None):
        return handle(value._formula, value._name, scans.on(value._geometry))
    return value


def read_back(path: str, vltype: str, placed: Iterable[Placed]) -> Image:
    """An image of this type from the file that was saved. Raises VoxLogicaError if it is another.

    Of whole numbers, which a run may have had as floats, it has the type of the file.
    """
    files = list(placed)
    _refuse_others(path, files)
    found = read(path)
    # What was read is known by its content: nobody has put another in its place meanwhile.
    _refuse_others(path, files)
    image = found > 0 if vltype == str(REGION) else found
    return handle(image._formula, _names(path)[1])


def _refuse_others(path: str, placed: Iterable[Placed]) -> None:
    if all(file.is_there() for file in placed):
        return
    gone = "it was changed, replaced or deleted" if Path(path).exists() else "it is gone"
    message = f"{path} is no longer the file that was saved: {gone}"
    hint = "save each to a file of its own, or look at images before they are replaced"
    raise VoxLogicaError([error(message, hint=hint, topic="data")])


def _saved(layer: SavedImage) -> Image:
    if layer.image is None:
        return read_back(layer.path, layer.vltype, layer.placed)
    voxels = layer.image.sealed()
    given = given_image(
        voxels.array,
        voxels.geometry,
        layer.name,
        copy=False,
        is_colour=layer.colour,
        holds_labels=layer.labels,
    )
    return handle(of_given(given, layer.name), layer.name)


class Files(Mapping[str, T]):
    """What was saved, by path; found by less, where that is enough."""

    def __init__(self, found: Mapping[str, Any], made: Any, what: str) -> None:
        self._found = dict(found)
        self._made = made
        self._what = what
        self._values: dict[str, T] = {}

    @short
    def __getitem__(self, key: str) -> T:
        path = self._path(key)
        if path not in self._values:
            self._values[path] = self._made(self._found[path])
        return self._values[path]

    def _path(self, key: str) -> str:
        absolute = str(Path(key).absolute())
        if absolute in self._found:
            return absolute
        real = os.path.realpath(key)
        for path in self._found:
            if real == os.path.realpath(path):
                return path
        alike = [path for path in self._found if key in _names(path) or real == _bare(path)]
        if len(alike) == 1:
            return alike[0]
        if alike:
            raise KeyError(f"`{key}` is {len(alike)} files: {', '.join(alike)}")
        raise KeyError(unknown(key, self._what, [Path(path).name for path in self._found]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __repr__(self) -> str:
        names = [Path(path).name for path in self._found]
        return f"<{self._what}s: {', '.join(names) or 'none'}>"


def _bare(path: str) -> str:
    """Where a file lies, through links, without its extension."""
    real = os.path.realpath(path)
    return str(Path(real).with_name(_names(real)[1]))


def _names(path: str) -> tuple[str, str]:
    """The name of a file, with and without its extension."""
    name = Path(path).name
    return name, Path(name.removesuffix(".gz")).stem


def unknown(key: str, what: str, known: Any) -> str:
    near = nearest(key, known)
    hint = (
        f"did you mean `{near}`?" if near else f"there are {', '.join(map(str, known)) or 'none'}"
    )
    return f"there is no {what} `{key}`: {hint}"
