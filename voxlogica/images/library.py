"""SimpleITK: its filters in this process, its readers in processes of their own.

Some of the libraries below its readers tell of damage only by printing: libjpeg fills a picture
that ends too soon with grey, prints one line, and reports success.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from voxlogica.images.arrays import NDArray
from voxlogica.images.errors import ANEW, ImageFileError, damaged, oblique, quoted, shortened
from voxlogica.images.formats import Format
from voxlogica.images.geometry import Geometry
from voxlogica.images.itk_settings import settle
from voxlogica.images.opened import Header
from voxlogica.images.readers import in_reader
from voxlogica.images.shared_memory import Lent, memory_file

Buffer = bytes | bytearray | memoryview


@functools.cache
def simpleitk() -> Any:
    """The SimpleITK module."""
    import SimpleITK

    settle(SimpleITK)
    return SimpleITK


def version() -> tuple[int, int, int]:
    """The version of SimpleITK: major, minor, patch."""
    found = simpleitk().Version
    return found.MajorVersion(), found.MinorVersion(), found.PatchVersion()


def itk_image(values: NDArray[Any], geometry: Geometry, components: int) -> Any:
    """Voxels as an image of SimpleITK's."""
    image = simpleitk().GetImageFromArray(values, isVector=components > 1)
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction)
    return image


def read_header(path: str, form: Format) -> Header:
    """The header of an image file, as SimpleITK understands it in a reader process."""
    said: dict[str, Any]
    said, _ = in_reader(_header, path, form.library, form.name, size=_length(path))
    fields: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in said.items()}
    return Header(**fields)


def read_voxels(path: str, form: Format, declared: int) -> NDArray[Any]:
    """The voxels of an image file, shape (z, y, x) or (y, x), with components as a last axis.

    SimpleITK reads them in a reader process; `declared` is how many bytes they take, as the header
    says. What it prints beside is of damage.
    """
    voxels: NDArray[Any]
    voxels, said = in_reader(_voxels, path, form.library, form.name, size=declared + _length(path))
    damage = next((line for line in said if not _HARMLESS.search(line)), None)
    if damage is not None:
        raise damaged(path, damage)
    return voxels


def voxels_of(path: str, content: Iterable[Buffer], form: Format, declared: int) -> NDArray[Any]:
    """As `read_voxels`, of a file of this content, made in memory; its damage is that of `path`."""
    with _named(content, form.endings[0]) as name:
        try:
            return read_voxels(name, form, declared)
        except ImageFileError as problem:
            said = problem.message.replace(quoted(name), quoted(path))
            raise ImageFileError(said, problem.hint) from problem


@contextmanager
def _named(content: Iterable[Buffer], suffix: str) -> Iterator[str]:
    """A name under which a file of this content is found meanwhile, in memory where that is."""
    in_memory = sys.platform == "linux"
    if not in_memory:
        import tempfile
    with memory_file() if in_memory else tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.writelines(content)
        file.flush()
        yield f"/proc/{os.getpid()}/fd/{file.fileno()}" if in_memory else file.name


# Of what libraries print, this tells of no damage: GDCM tries decoders for 8, 12 and 16 bits in
# turn, and libjpeg does without some numbers that it finds wrong.
_HARMLESS = re.compile(
    r"[Ww]arning|Unknown Adobe color|Unsupported JPEG data precision|Invalid SOS parameters|vnl_svd"
)


def _length(path: str) -> int:
    return Path(path).stat().st_size


# Within the reader process


def _header(path: str, library: str, name: str) -> dict[str, Any]:
    reader = _reader(path, library)
    with _complaints_told(path, name):
        reader.ReadImageInformation()
    said = simpleitk().GetPixelIDValueAsString(reader.GetPixelIDValue())
    bits, kind = re.findall(r"(\d+)-bit (unsigned|signed|float)", said)[0]
    pixel = {"unsigned": "uint", "signed": "int", "float": "float"}[kind] + bits
    return {
        "size": reader.GetSize(),
        "spacing": reader.GetSpacing(),
        "origin": reader.GetOrigin(),
        "direction": reader.GetDirection(),
        "components": reader.GetNumberOfComponents(),
        "pixel": f"complex of {pixel}" if "complex" in said else pixel,
    }


def _voxels(path: str, library: str, name: str) -> Lent:
    with _complaints_told(path, name):
        image = _reader(path, library).Execute()
    return Lent(simpleitk().GetArrayViewFromImage(image), image)


def _reader(path: str, library: str) -> Any:
    reader = simpleitk().ImageFileReader()
    reader.SetImageIO(library)
    reader.SetFileName(path)
    return reader


@contextmanager
def _complaints_told(path: str, name: str) -> Iterator[None]:
    """Within, what SimpleITK raises over a file of a format is told in a line.

    MemoryError where it ran out of that.
    """
    try:
        yield
    except Exception as problem:
        if "alloc" in str(problem):
            raise MemoryError(str(problem)) from problem
        why = shortened(reason(problem).replace(path, "it"))
        if "orthonormal" in why:
            raise oblique(path, ", or set its sform from its qform") from problem
        said = f": {why}" if why.isprintable() and "0x" not in why else ""
        raise ImageFileError(
            f"{quoted(path)} is damaged, or no {name} file{said}", ANEW
        ) from problem


def reason(problem: Exception) -> str:
    """The last line of what SimpleITK says in an exception, without the place in its code."""
    lines = str(problem).strip().splitlines()
    return re.sub(r"^.*ERROR: (\w+\(0x[0-9a-f]+\): )?", "", lines[-1]) if lines else ""
