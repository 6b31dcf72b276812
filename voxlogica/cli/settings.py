"""Settings of libraries that hold for the whole process: only the command line makes any."""

from __future__ import annotations

import warnings


def own_libraries(threads: int | None = None) -> None:
    """Keep libraries from writing between what a command writes, and ITK to so many threads."""
    from voxlogica.images.itk_settings import own_itk

    own_itk(threads)
    # What it warns of in the form of a file.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")


# glibc's `mallopt`: its parameters, and what they are set to. Freed memory goes back to the system
# only beyond this, arrays of any size are taken from what was freed, in whichever thread.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
_KEPT = 1 << 29
_MALLOC = ((_ARENA_MAX, 1), (_MMAP_THRESHOLD, 1 << 30), (_TRIM_THRESHOLD, _KEPT))


def keep_freed_memory() -> None:
    """Have the memory of arrays stay with the process, up to 512 MiB, for the next arrays.

    For a process that computes the same again and again: what the system takes back it clears
    before it gives it again, up to a quarter of what a change of a threshold takes. Where the C
    library is another than glibc, nothing is changed.
    """
    import ctypes

    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        for parameter, value in _MALLOC:
            library.mallopt(parameter, value)
