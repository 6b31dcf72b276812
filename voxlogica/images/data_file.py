"""The file beside a `.mhd` header that its voxels are written to, and whose it is before."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from voxlogica.images.errors import ImageFileError, quoted


def data_name(name: str) -> str:
    """The name of the file of voxels beside a header of this name; no two headers have the same.

    MetaIO takes a per cent sign for the pattern of numbered slices, a backslash for a folder, LIST
    for a list: where a name has such, another is made of it, its own.
    """
    path = Path(name)
    plain = re.sub(r"[^\w .+-]", "_", path.stem).strip()
    is_taken = plain != path.stem or re.match("LIST|LOCAL", plain, re.IGNORECASE)
    if path.suffix == ".mhd" and not is_taken:
        return plain + ".raw"
    return f"_{plain}_{hashlib.sha256(name.encode()).hexdigest()[:8]}.raw"


def check_own(header: Path, path: str) -> None:
    """Raise ImageFileError where the voxels of a header would replace a file that is not its own.

    Its own is what the header names that stands there now; `path` is what the program calls it.
    """
    from voxlogica.images.metaimage import named_data

    data = header.parent / data_name(header.name)
    if not os.path.lexists(data) or (data.is_file() and named_data(header) == data.name):
        return
    raise ImageFileError(
        f"{quoted(path)} is not written: its voxels would replace {quoted(str(data))}, which is not"
        " of this image",
        "delete it if nothing needs it; else save under another name, or as .mha, one file",
    )
