"""Settings of libraries that hold for the whole process: only the command line makes any."""

from __future__ import annotations

import warnings


def own_libraries(threads: int | None = None) -> None:
    """Keep libraries from writing between what a command writes, and ITK to so many threads."""
    from voxlogica.images.itk_settings import own_itk

    own_itk(threads)
    # What it warns of in the form of a file.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")
