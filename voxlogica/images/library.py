"""SimpleITK, with what the libraries below it print kept off the user's terminal.

ITK's readers sit on libjpeg, libtiff, MetaIO and others that print, on standard output even, and
some of them tell of damage in no other way: libjpeg fills a picture that ends too soon with grey,
prints one line, and reports success.
"""

from __future__ import annotations

import functools
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, TypeVar

from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.formats import Format
from voxlogica.images.geometry import Geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

T = TypeVar("T")


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

    `unit` is that of spacing and origin, as in a Geometry.
    """

    size: tuple[int, ...]
    spacing: tuple[float, ...]
    origin: tuple[float, ...]
    direction: tuple[float, ...]
    components: int
    pixel: str
    unit: str = "mm"


def read_header(path: str, form: Format) -> Header:
    """The header of an image file, as SimpleITK understands it."""
    return header_of(header_reader(path, form))


def header_reader(path: str, form: Format) -> Any:
    """A SimpleITK reader that has read the header of a file, and no voxel."""
    reader = simpleitk().ImageFileReader()
    reader.SetImageIO(form.library)
    reader.SetFileName(path)
    _library_call(reader.ReadImageInformation, path, form)
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


def read_voxels(path: str, form: Format, talkative: bool) -> NDArray[Any]:
    """The voxels of an image file, shape (z, y, x) or (y, x), with components as a last axis.

    `talkative` is for the libraries that tell of damage only by printing: their calls take turns.
    """
    itk = simpleitk()
    reader = itk.ImageFileReader()
    reader.SetImageIO(form.library)
    reader.SetFileName(path)
    if talkative:
        image, said = _library_call(reader.Execute, path, form)
        damage = next((line for line in said if not _HARMLESS.search(line)), None)
        if damage is not None:
            raise ImageFileError(
                f"{quoted(path)} is damaged: {damage.strip()}", "fetch or export it anew"
            )
    else:
        try:
            image = reader.Execute()
        except Exception as problem:
            raise damaged(path, form, problem) from problem
    array: NDArray[Any] = itk.GetArrayFromImage(image)
    return array


def damaged(path: str, form: Format, problem: Exception) -> ImageFileError:
    """SimpleITK's complaint about a file, in a line; MemoryError where it ran out of that."""
    if "allocat" in str(problem):
        raise MemoryError(str(problem)) from problem
    why = reason(problem).replace(path, "it")
    if "orthonormal" in why:
        return ImageFileError(
            f"{quoted(path)} places its axes at oblique angles to each other, which is not read",
            "resample it to a grid with right angles, or set its sform from its qform",
        )
    said = f": {why}" if why.isprintable() and "0x" not in why else ""
    return ImageFileError(
        f"{quoted(path)} is damaged, or no {form.name} file{said}", "fetch or export it anew"
    )


def reason(problem: Exception) -> str:
    """The last line of what SimpleITK says in an exception, without the place in its code."""
    lines = str(problem).strip().splitlines()
    return re.sub(r"^.*ERROR: (\w+\(0x[0-9a-f]+\): )?", "", lines[-1]) if lines else ""


def _library_call(call: Callable[[], T], path: str, form: Format) -> tuple[T, list[str]]:
    try:
        return overheard(call)
    except Exception as problem:
        raise damaged(path, form, problem) from problem


_TURN = threading.Lock()
_HARMLESS = re.compile(r"[Ww]arning|Unknown Adobe color|vnl_svd")
# How the lines begin that libjpeg, libtiff, libpng, MetaIO, niftilib and VNL print.
_SAYING = re.compile(
    r"""Corrupt\ JPEG | Premature\ end\ of | Bogus\  | (Huffman|Quantization)\ (table|code)
      | Unsupported\ (JPEG|marker|color) | Inconsistent\ progression | Empty\ (input\ file|JPEG)
      | Invalid\ (JPEG|SOS|component\ ID|progressive|lossless|restart|scan\ script|memory\ pool)
      | Not\ a\ JPEG | JPEG\  | Unknown\ Adobe | Warning:\ unknown\ JFIF | Missing\ Huffman
      | Sampling\ factors | Maximum\ supported\ image | Image\ too\ wide | Too\ many\ color
      | CCIR601 | Fractional\ sampling | I?DCT\  | spatial\ difference | Input\ file\ read\ error
      | Unrecognized\ component | Must\ downscale | Sorry,\ there\ are\ legal | Define\ Huffman
      | \S*(TIFF|LZW|PackBits|ZIP|LogL|Fax|Thunder|PixarLog|Deflate|Lerc|ZSTD|Codec|JPEGLib)\w*:
      | \w+(Decode|PreDecode|Setup\w*|State|GetField):\  | .+\.tiff?:\  | libpng\ (error|warning):
      | Meta(Image|Object|Command) | .*required\ and\ not\ defined | .*\ defined\ prior\ to
      | Incomplete\ file\ record | MissingRequired: | Apparently\ should | MET_ | Uncompress
      | \s+ideal\ = | (\*\*|\+\+)\ \w | .*vnl_svd | M\ =\ \[ | \ *-?[\d.]+(\ +-?[\d.]+)+\ *\]?$
    """,
    re.VERBOSE | re.IGNORECASE,
)


def overheard(call: Callable[[], T]) -> tuple[T, list[str]]:
    """The call's result, and the lines that C and C++ libraries printed in it.

    They print on standard error and on standard output, which are one each for the whole process,
    so these calls take turns, and are kept short. What another thread of ours prints meanwhile is
    handed on afterwards: it is told apart by how the libraries' lines begin.
    """
    with _TURN, _printing_kept(1) as output, _printing_kept(2) as errors:
        result = call()
    return result, output + errors


@contextmanager
def _printing_kept(stream: int) -> Iterator[list[str]]:
    """Within, what is written to a file descriptor is kept back; the libraries' lines are given."""
    said: list[str] = []
    try:
        real = os.dup(stream)
    except OSError:  # it is closed: what is written to it reaches nobody
        yield said
        return
    try:
        with memory_file() as sink:
            os.dup2(sink.fileno(), stream)
            try:
                yield said
            finally:
                os.dup2(real, stream)
                sink.seek(0)
                theirs, ours = _told_apart(sink.read())
                said += theirs
                if ours:
                    with suppress(BrokenPipeError):  # nobody listens any more
                        os.write(real, ours)
    finally:
        os.close(real)


def _told_apart(output: bytes) -> tuple[list[str], bytes]:
    theirs: list[str] = []
    ours: list[bytes] = []
    for line in output.splitlines(keepends=True):
        text = line.decode("utf-8", "replace")
        if _SAYING.match(text):
            theirs.append(text)
        else:
            ours.append(line)
    return theirs, b"".join(ours)


def memory_file() -> IO[bytes]:
    """A file that takes no disk space, where the system has such."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("voxlogica"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()
