"""Opening a store: where it is, how much it may hold, and what is unusual about its place."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from voxlogica.engine.file_systems import network_file_system
from voxlogica.engine.quantities import size_in_bytes
from voxlogica.engine.store import Store
from voxlogica.engine.store_database import NAME
from voxlogica.user_cache import temporary_cache, user_cache

DEFAULT_LIMIT = 10 * 1000**3


def cache_folder(option: str | None) -> Path | None:
    """Where the store is: `--cache DIR`, else `$VOXLOGICA_CACHE`, else in the user's cache folder.

    `~` and `~user` at the beginning are homes, also where no shell has said so. None if that is
    nobody's home, or if neither is given and the user has none. The folder need not exist.

    Where the user's cache folder is on a network file system, one in `$TMPDIR` is used, unless that
    is on such a one, too.
    """
    chosen = option or os.environ.get("VOXLOGICA_CACHE")
    if not chosen:
        found, instead = user_cache(), temporary_cache()
        moved = found and network_file_system(found) and not network_file_system(instead)
        return instead if moved else found
    expanded = os.path.expanduser(chosen)  # noqa: PTH111  (Path would take `./~` for a home, too)
    return None if expanded.startswith("~") else Path(expanded).absolute()


def open_store(
    folder: Path | None, limit: int | None = None, *, warn: Callable[[str], None]
) -> Store | None:
    """The store in a folder, made if there is none; None if it cannot be used. Raises nothing.

    `limit` is the bytes that it may take of the disk, by default `$VOXLOGICA_CACHE_LIMIT` or 10 GB.
    `warn` is called with what the user should know, now or while the store is used, from any
    thread: at most once that something in it was damaged (it goes on with what is sound), and at
    most once that it cannot be used, or no longer be written. It must not use the store itself.
    """
    if folder is None:
        named = os.environ.get("VOXLOGICA_CACHE", "")
        of = f", for {named}" if named.startswith("~") else ""
        warn(f"no home folder is found to keep results in{of}: choose a folder with --cache DIR")
        return None
    kind = network_file_system(folder)
    if kind and folder == user_cache():
        warn(
            f"the user's cache folder {folder} is on a network file system ({kind}): results are"
            " neither read nor kept; choose a folder on a disk of this machine with --cache DIR"
        )
        return None
    is_new = not os.path.lexists(folder / NAME)
    store = Store(folder, _limit(warn) if limit is None else limit, warn)
    if not store.usable:
        return None
    if is_new and kind:
        warn(
            f"the store {folder} is on a network file system ({kind}): use it from one machine at"
            " a time, or choose a folder on a disk of this machine with --cache DIR"
        )
    elif is_new and folder == temporary_cache():
        warn(
            f"the user's cache folder is on a network file system: results are kept in {folder};"
            " --cache DIR chooses another folder"
        )
    return store


def _limit(warn: Callable[[str], None]) -> int:
    given = os.environ.get("VOXLOGICA_CACHE_LIMIT")
    try:
        return size_in_bytes(given) if given else DEFAULT_LIMIT
    except ValueError as problem:
        warn(f"$VOXLOGICA_CACHE_LIMIT: {problem}; the store may take 10 GB")
        return DEFAULT_LIMIT
