"""What operations have beside their arguments, as messages have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from os import sep
from pathlib import Path
from typing import Any

from voxlogica.cluster.declared import packed_row, row_of
from voxlogica.cluster.messages import (
    Packing,
    TravelError,
    Unpacking,
    packed_texts,
    read,
    read_all,
    read_count,
    read_list,
    read_row,
    texts_of,
)
from voxlogica.cluster.packed_values import image_of, packed_image, packed_value, value_of
from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage, given_image
from voxlogica.images.reading import ImageFile
from voxlogica.kernels.voxelwise import Operation
from voxlogica.language.formulas import HeldValue
from voxlogica.language.operations import Constant, ThisRun
from voxlogica.operators.voxelwise import Chain

# What begins a list; numbers, truth values and texts are themselves.
_GEOMETRY, _RUN, _CHAIN, _FILE, _GIVEN, _HELD = range(6)

Opened = Callable[[str], ImageFile]


@dataclass(slots=True)
class PackedConstants:
    """The constants of a plan while it is packed: tables of what several of them have."""

    packing: Packing
    rows: dict[Operation, int] = field(default_factory=dict)
    files: dict[tuple[str, bytes, str, int], int] = field(default_factory=dict)

    def packed(self, constant: Constant) -> Any:
        """One constant. TypeError where it cannot travel, ImageFileError where it has changed."""
        match constant:
            case float() | bool() | str():
                return constant
            case Geometry():
                return [_GEOMETRY, self.packing.geometry(constant)]
            case ThisRun():
                return [_RUN, constant.run, *constant.order]
            case Chain():
                return [_CHAIN, constant.arguments, *self._steps(constant)]
            case ImageFile():
                return [_FILE, self._file(constant), constant.channel, constant.frame]
            case GivenImage():
                return [
                    _GIVEN,
                    constant.digest,
                    constant.name,
                    constant.is_colour,
                    constant.holds_labels,
                    list(constant.doubts),
                    packed_image(constant.voxels(), self.packing),
                ]
            case HeldValue():
                return [_HELD, packed_value(constant.value, self.packing), constant.is_colour]
        raise TypeError(f"a constant {type(constant).__name__} cannot travel")

    def _steps(self, chain: Chain) -> list[int]:
        """The steps of a chain one after the other: each its row, and what it works on."""
        rows = self.rows
        found: list[int] = []
        for row, operands in chain.steps:
            found += (rows.setdefault(row, len(rows)), *operands)
        return found

    def _file(self, file: ImageFile) -> int:
        path = file.path if file.path.startswith(sep) else str(Path(file.path).absolute())
        known = path, file.digest, file.kind, self.packing.geometry(file.geometry)
        return self.files.setdefault(known, len(self.files))

    def tables(self) -> list[Any]:
        """What the constants refer to."""
        paths, digests, kinds, geometries = (
            zip(*self.files, strict=True) if self.files else [()] * 4
        )
        return [
            [packed_row(row) for row in self.rows],
            packed_texts(paths),
            list(digests),
            packed_texts(kinds),
            list(geometries),
        ]


@dataclass(frozen=True, slots=True)
class _PackedFile:
    path: str
    digest: bytes
    kind: str
    geometry: Geometry


@dataclass(slots=True)
class UnpackedConstants:
    """The constants of a message, whose files have to be opened first."""

    unpacking: Unpacking
    rows: list[Operation]
    packed_files: list[_PackedFile]
    files: list[ImageFile] = field(default_factory=list)

    @staticmethod
    def of(tables: object, unpacking: Unpacking) -> UnpackedConstants:
        """What constants refer to."""
        rows, paths, digests, kinds, geometries = read_list(tables, 5)
        files = zip(
            texts_of(paths),
            read_all(digests, bytes),
            texts_of(kinds),
            [unpacking.geometries[read_count(number)] for number in read_list(geometries)],
            strict=True,
        )
        return UnpackedConstants(
            unpacking, [row_of(row) for row in read_list(rows)], [_PackedFile(*of) for of in files]
        )

    def open(self, opened: Opened) -> None:
        """Open all files. TravelError where one cannot be, or is not what it was at the client."""
        self.files = [_agreeing(file, opened) for file in self.packed_files]

    def constant(self, packed: object) -> Constant:
        """One constant; ValueError where it is none."""
        if not isinstance(packed, list):
            if not isinstance(packed, float | bool | str):
                raise ValueError("no constant")
            return packed
        kind, *said = packed
        return _READERS[read(kind, int)](self, said)

    def _geometry(self, said: list[Any]) -> Constant:
        (number,) = said
        return self.unpacking.geometries[read_count(number)]

    def _run(self, said: list[Any]) -> Constant:
        run, before, number = read_row(said, str, int, int)
        return ThisRun(run, (read_count(before), read_count(number)))

    def _chain(self, said: list[Any]) -> Constant:
        count, *numbers = read_all(said, int)
        steps: list[tuple[Operation, tuple[int, ...]]] = []
        rest = iter(numbers)
        for number in rest:
            row = self.rows[read_count(number)]
            operands = tuple(islice(rest, len(row.takes)))
            known = range(count + len(steps))
            if len(operands) < len(row.takes) or not all(one in known for one in operands):
                raise ValueError("a chain of what is not there")
            steps.append((row, operands))
        if not steps:
            raise ValueError("a chain of nothing")
        return Chain(count, tuple(steps))

    def _file(self, said: list[Any]) -> Constant:
        number, channel, frame = said
        file = self.files[read_count(number)]
        chosen = [(channel, len(file.channels)), (frame, file.frames)]
        if not all(n is None or read(n, int) in range(count) for n, count in chosen):
            raise ValueError("a channel or frame that the file does not have")
        return replace(file, channel=channel, frame=frame)

    def _given(self, said: list[Any]) -> Constant:
        digest, name, is_colour, holds_labels, doubts, packed = read_row(
            said, bytes, str, bool, bool, list, list
        )
        image, told = image_of(packed, self.unpacking), read_all(doubts, str)
        try:
            given = given_image(
                image.array, image.geometry, name, False, is_colour, told, holds_labels
            )
        except ImageFileError as problem:
            raise ValueError(problem.message) from problem
        if given.digest != digest:
            raise ValueError("an array of another digest")
        return given

    def _held(self, said: list[Any]) -> Constant:
        row, is_colour = read_row(said, list, bool)
        return HeldValue(value_of(row, self.unpacking), is_colour)


_READERS: Mapping[int, Callable[[UnpackedConstants, list[Any]], Constant]] = {
    _GEOMETRY: UnpackedConstants._geometry,
    _RUN: UnpackedConstants._run,
    _CHAIN: UnpackedConstants._chain,
    _FILE: UnpackedConstants._file,
    _GIVEN: UnpackedConstants._given,
    _HELD: UnpackedConstants._held,
}


def _agreeing(file: _PackedFile, opened: Opened) -> ImageFile:
    """The file as it is here, under the path that the client knows."""
    try:
        found = opened(file.path)
    except ImageFileError as problem:
        raise TravelError(problem.message, problem.hint, file.path) from problem
    same = "the client and all workers have to see the same files"
    if found.digest != file.digest:
        raise TravelError(
            f"{quoted(file.path)} has another content at a worker than at the client",
            same,
            file.path,
        )
    if found.kind != file.kind or found.geometry != file.geometry:
        raise TravelError(
            f"{quoted(file.path)} is read as another image at a worker than at the client:"
            f" {_unlike(found, file)}",
            "client and workers have to have one version of voxlogica and its libraries",
            file.path,
        )
    return found if found.path == file.path else replace(found, path=file.path)


def _unlike(found: ImageFile, file: _PackedFile) -> str:
    """What of an image is another: at the worker, and at the client."""
    if found.kind != file.kind:
        return f"as {found.kind}, not {file.kind}"
    of = ("size", "spacing", "origin", "direction", "unit")
    pairs = ((name, getattr(found.geometry, name), getattr(file.geometry, name)) for name in of)
    name, there, here = next(pair for pair in pairs if pair[1] != pair[2])
    return f"its {name} is {there}, not {here}"
