"""The user's cache folder: what is there makes runs faster, and may be deleted at any time."""

from __future__ import annotations

from pathlib import Path


def user_cache() -> Path | None:
    """Where this user's files of VoxLogicA are kept; None without a home. It need not exist."""
    from platformdirs import user_cache_path

    try:
        found = user_cache_path("voxlogica", appauthor=False)
    except RuntimeError:
        return None
    # Earlier versions of platformdirs leave `~` as it is: a folder in the working directory.
    return found if found.is_absolute() else None
