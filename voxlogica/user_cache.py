"""The user's cache folder: what is there makes runs faster, and may be deleted at any time."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PRIVATE = 0o700


def user_cache() -> Path | None:
    """Where this user's files of VoxLogicA are kept; None without a home. It need not exist.

    As platformdirs says, whose import takes longer than a store does to be opened and looked into.
    """
    chosen, home = os.environ.get("XDG_CACHE_HOME", ""), os.environ.get("HOME", "")
    if chosen.startswith("/"):
        return Path(chosen, "voxlogica")
    if not home.startswith("/"):
        import pwd

        try:
            home = pwd.getpwuid(os.getuid()).pw_dir
        except KeyError:
            return None
    found = Path(home, "Library/Caches" if sys.platform == "darwin" else ".cache", "voxlogica")
    return found if found.is_absolute() else None


def temporary_cache() -> Path:
    """Where results are kept if that is on a network: in `$TMPDIR`, by the user's number."""
    return Path(os.environ.get("TMPDIR") or "/tmp").absolute() / f"voxlogica-{os.geteuid()}"


def make_private(folder: Path) -> None:
    """Make a folder and those that it is to be in, where there are none: for the user alone.

    Whatever the umask says, nobody else may look into them. Raises OSError.
    """
    for missing in reversed([folder, *folder.parents]):
        if not missing.exists():
            missing.mkdir(_PRIVATE, exist_ok=True)
