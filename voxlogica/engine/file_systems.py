"""Whether a folder is on a network file system, where locks and shared memory may not hold.

SQLite's log needs memory that all who use an index share, and claims need locks that the kernel
keeps: between machines, no network file system gives the first, and few the second.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

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
_OCTAL = re.compile(r"\\([0-7]{3})")


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
        point = _OCTAL.sub(lambda code: chr(int(code[1], 8)), fields.split(" ")[4])
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
