"""What becomes of memory that is freed: it goes back to the system, or stays with the process."""

from __future__ import annotations

# glibc's `mallopt`: its parameters.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8


def keep_freed_memory(kept: int = 1 << 29) -> None:
    """Have the memory of arrays stay with the process, up to so many bytes, for the next arrays.

    For a process that computes the same again and again: what the system takes back it clears
    before it gives it again, up to a quarter of what a change of a threshold takes. Freed memory
    goes back only beyond that, arrays of any size that is less than twice as much are taken from
    what was freed, in whichever thread. Where the C library is another than glibc, nothing is
    changed.
    """
    import ctypes

    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):
        for parameter, value in (
            (_ARENA_MAX, 1),
            (_MMAP_THRESHOLD, 2 * kept),
            (_TRIM_THRESHOLD, kept),
        ):
            library.mallopt(parameter, value)
