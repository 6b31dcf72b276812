"""Opening a store: where it is, how much it may hold, and what is unusual about its place.

That is a network file system, where locks and shared memory may not hold: SQLite's log needs memory
that all who use an index share, and claims need locks that the kernel keeps. Between machines, no
network file system gives the first, and few the second.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

from voxlogica.allowance import unescaped
from voxlogica.engine.quantities import size_in_bytes
from voxlogica.engine.store import Store
from voxlogica.engine.store_database import NAME
from voxlogica.user_cache import temporary_cache, user_cache

DEFAULT_LIMIT = 10 * 1000**3

# Types as Linux names them; what runs in user space is named `fuse.` and more.
_TYPES = """
9p acfs afs beegfs ceph cifs coda cvmfs davfs fhgfs gfs gfs2 glusterfs gpfs kafs lustre ncpfs nfs
nfs4 ocfs2 orangefs panfs prl_fs pvfs2 quobyte smb2 smb3 smbfs vboxsf virtiofs vmhgfs weka wekafs
"""
_FUSE_TYPES = """
afp beegfs ceph cvmfs2 davfs2 gcsfuse glusterfs goofys gvfsd-fuse juicefs moosefs mfs quobyte rclone
s3fs seaweedfs smbnetfs sshfs vmhgfs-fuse
"""
_NETWORK = {*_TYPES.split(), *(f"fuse.{name}" for name in _FUSE_TYPES.split())}
# What a virtual machine or a sandbox may have as its own disk, and then at `/`.
_HOSTS = frozenset({"9p", "virtiofs"})
_MOUNTS = Path("/proc/self/mountinfo")


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


def network_file_system(folder: Path) -> str | None:
    """The type of the network file system that a folder is on, or would be if it were made.

    None on a disk of this machine, and where the system does not tell.
    """
    path = os.path.realpath(folder)
    try:
        if sys.platform == "darwin":
            return _of_darwin(path)
        return network_type(path, os.fsdecode(_MOUNTS.read_bytes()))
    except OSError:
        return None


def network_type(path: str, mounts: str) -> str | None:
    """As `network_file_system`, by what Linux says of mounts: see proc_pid_mountinfo(5)."""
    longest, found = -1, ""
    for line in mounts.splitlines():
        fields, _, rest = line.partition(" - ")
        point = unescaped(fields.split(" ")[4])
        inside = point == "/" or path == point or path.startswith(point + "/")
        if inside and len(point) >= longest:  # of several at one place, the last is seen
            longest, found = len(point), rest.split(" ")[0]
    if longest == len("/") and found in _HOSTS:
        return None
    return found if found in _NETWORK else None


def _of_darwin(path: str) -> str | None:
    """By statfs(2): its flags (MNT_LOCAL), and the name of the type."""
    import ctypes

    there = next(place for place in (Path(path), *Path(path).parents) if place.exists())
    system = ctypes.CDLL(None, use_errno=True)
    statfs = getattr(system, "statfs$INODE64", None) or system.statfs
    buffer = ctypes.create_string_buffer(4096)
    if statfs(os.fsencode(there), buffer) != 0:
        return None
    is_local = int.from_bytes(buffer.raw[64:68], sys.byteorder) & 0x1000
    return None if is_local else buffer.raw[72:88].partition(b"\0")[0].decode(errors="replace")
