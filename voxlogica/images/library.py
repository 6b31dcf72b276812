"""SimpleITK: its filters in this process, its readers in processes of their own.

Some of the libraries below its readers tell of damage only by printing: libjpeg fills a picture
that ends too soon with grey, prints one line, and reports success.
"""

from __future__ import annotations

import functools
import math
import re
import sys
from pathlib import Path
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.arrays import NDArray
from voxlogica.images.errors import ImageFileError, quoted, shortened
from voxlogica.images.formats import Format
from voxlogica.images.geometry import Geometry
from voxlogica.images.readers import in_reader
from voxlogica.images.shared_memory import Lent


@functools.cache
def simpleitk() -> Any:
    """The SimpleITK module, its own warnings turned off, its filters on ITK's pool of threads."""
    import SimpleITK

    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    SimpleITK.ProcessObject.SetGlobalDefaultThreader("Pool")
    if _threads is not None:
        SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(_threads)
    return SimpleITK


_threads: int | None = None


def use_threads(number: int) -> None:
    """Let ITK cut each filter's work for so many threads; until then, for all cores.

    SimpleITK need not be imported yet. It is one number for the whole process: of runs at the same
    time, the last to begin says it.
    """
    global _threads
    _threads = number
    if "SimpleITK" in sys.modules:
        simpleitk().ProcessObject.SetGlobalDefaultNumberOfThreads(number)


def itk_image(values: NDArray[Any], geometry: Geometry, components: int) -> Any:
    """Voxels as an image of SimpleITK's."""
    image = simpleitk().GetImageFromArray(values, isVector=components > 1)
    image.SetSpacing(geometry.spacing)
    image.SetOrigin(geometry.origin)
    image.SetDirection(geometry.direction)
    return image


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says of its image before any voxel is read; axes in the order x, y, z.

    `unit` is that of spacing and origin, as in a Geometry. `is_colour` is whether several
    components are a colour; None where the file does not say.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]
    components: int
    pixel: str
    unit: str = "mm"
    is_colour: bool | None = None

    @property
    def nbytes(self) -> int:
        """How many bytes the voxels take, by the bits in the name of their type."""
        bits = re.search(r"\d+", self.pixel)
        return math.prod(self.size) * self.components * (int(bits[0]) if bits else 64) // 8


def read_header(path: str, form: Format) -> Header:
    """The header of an image file, as SimpleITK understands it in a reader process."""
    said: dict[str, Any]
    said, _ = in_reader(_header, path, form.library, form.name, size=_length(path))
    fields: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in said.items()}
    return Header(**fields)


def read_voxels(path: str, form: Format, talkative: bool, declared: int) -> NDArray[Any]:
    """The voxels of an image file, shape (z, y, x) or (y, x), with components as a last axis.

    SimpleITK reads them in a reader process; `declared` is how many bytes they take, as the header
    says. `talkative` is for the libraries that tell of damage only by printing.
    """
    voxels: NDArray[Any]
    voxels, said = in_reader(_voxels, path, form.library, form.name, size=declared + _length(path))
    damage = next((line for line in said if not _HARMLESS.search(line)), None)
    if talkative and damage is not None:
        raise ImageFileError(f"{quoted(path)} is damaged: {damage}", "fetch or export it anew")
    return voxels


# Of what libraries print, this tells of no damage: GDCM tries decoders for 8, 12 and 16 bits in
# turn, and libjpeg does without some numbers that it finds wrong.
_HARMLESS = re.compile(
    r"[Ww]arning|Unknown Adobe color|Unsupported JPEG data precision|Invalid SOS parameters|vnl_svd"
)


def _length(path: str) -> int:
    return Path(path).stat().st_size


# Within the reader process


def _header(path: str, library: str, name: str) -> dict[str, Any]:
    header = header_of(header_reader(path, library, name))
    return {name: getattr(header, name) for name in Header.__match_args__}


def _voxels(path: str, library: str, name: str) -> Lent:
    itk = simpleitk()
    reader = itk.ImageFileReader()
    reader.SetImageIO(library)
    reader.SetFileName(path)
    try:
        image = reader.Execute()
    except Exception as problem:
        raise damaged(path, name, problem) from problem
    return Lent(itk.GetArrayViewFromImage(image), image)


def header_reader(path: str, library: str, name: str) -> Any:
    """A SimpleITK reader that has read the header of a file, and no voxel."""
    reader = simpleitk().ImageFileReader()
    reader.SetImageIO(library)
    reader.SetFileName(path)
    try:
        reader.ReadImageInformation()
    except Exception as problem:
        raise damaged(path, name, problem) from problem
    return reader


def header_of(reader: Any) -> Header:
    """What a SimpleITK reader has read."""
    return Header(
        size=tuple(reader.GetSize()),
        spacing=tuple(reader.GetSpacing()),
        origin=tuple(reader.GetOrigin()),
        direction=tuple(reader.GetDirection()),
        components=reader.GetNumberOfComponents(),
        pixel=simpleitk().GetPixelIDValueAsString(reader.GetPixelIDValue()),
    )


def check_name(path: str) -> None:
    """Raise ImageFileError for a path that is not UTF-8: ITK ends the process over it."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise ImageFileError(
            f"{quoted(path)} has a name that is not UTF-8, which ITK cannot open", "rename it"
        ) from None


def damaged(path: str, name: str, problem: Exception) -> ImageFileError:
    """SimpleITK's complaint about a file, in a line; MemoryError where it ran out of that."""
    if "alloc" in str(problem):
        raise MemoryError(str(problem)) from problem
    why = shortened(reason(problem).replace(path, "it"))
    if "orthonormal" in why:
        return ImageFileError(
            f"{quoted(path)} places its axes at oblique angles to each other, which is not read",
            "resample it to a grid with right angles, or set its sform from its qform",
        )
    said = f": {why}" if why.isprintable() and "0x" not in why else ""
    return ImageFileError(
        f"{quoted(path)} is damaged, or no {name} file{said}", "fetch or export it anew"
    )


def reason(problem: Exception) -> str:
    """The last line of what SimpleITK says in an exception, without the place in its code."""
    lines = str(problem).strip().splitlines()
    return re.sub(r"^.*ERROR: (\w+\(0x[0-9a-f]+\): )?", "", lines[-1]) if lines else ""
