"""What this process may use of its machine: how many cores, and how much memory.

A machine of 64 cores may have given it two, and a share of its memory: by the cores that it is
bound to; by control groups, as containers, systemd and clusters make them; or by Slurm, which tells
its jobs so in their environment, also where it does not hold them to it. The least of all counts.
Where the system does not tell, the machine is all there is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import cache as once
from pathlib import Path

_EVERYTHING = Path("/")
_MIB = 1 << 20


def cores() -> int:
    """How many processor cores this process may use: as many threads compute."""
    if hasattr(os, "sched_getaffinity"):
        bound = len(os.sched_getaffinity(0))
    else:
        bound = os.cpu_count() or 1
    return max(1, min((bound, *_shares_of_cores())))


def memory() -> int | None:
    """How many bytes of memory this process may use in all, None where the system does not tell."""
    return min((*_limits_of_memory(), *_physical()), default=None)


def memory_left() -> int | None:
    """How many bytes of that are free at the moment, or would be as soon as somebody needs them."""
    free = (*free_of_groups(), *_free_of_the_machine(), *_limits_of_memory(), *_physical())
    return max(0, min(free)) if free else None


@once
def _shares_of_cores() -> tuple[int, ...]:
    """What limits cores beyond those that the process is bound to, rounded up."""
    return (*cores_of_groups(), *cores_of_slurm(os.environ))


@once
def _limits_of_memory() -> tuple[int, ...]:
    return (*memory_of_groups(), *memory_of_slurm(os.environ), *_address_space())


def cores_of_slurm(environment: Mapping[str, str]) -> Iterator[int]:
    """The cores that Slurm gives this task, if it is one and was given a number of them."""
    yield from _number(environment, "SLURM_CPUS_PER_TASK")


def memory_of_slurm(environment: Mapping[str, str]) -> Iterator[int]:
    """The bytes of memory that Slurm gives this task, if it is one and there is a limit.

    Slurm counts in MiB: for all of a job on this machine, or for each of its cores.
    """
    for whole in _number(environment, "SLURM_MEM_PER_NODE"):
        yield whole * _MIB
    for share in _number(environment, "SLURM_MEM_PER_CPU"):
        given = (*cores_of_slurm(environment), *_number(environment, "SLURM_CPUS_ON_NODE"))
        yield from (share * number * _MIB for number in given[:1])


def _number(environment: Mapping[str, str], name: str) -> Iterator[int]:
    """A variable that is a number above 0; Slurm writes 0 for all that there is."""
    text = environment.get(name, "")
    if text.isascii() and text.isdecimal() and int(text):
        yield int(text)


def cores_of_groups(root: Path = _EVERYTHING) -> Iterator[int]:
    """What the control groups of this process leave it of the processor, in whole cores.

    `root` is the folder below which the system's own files are. Time on one and a half cores is
    used up by two threads, not by one: it is rounded up.
    """
    for folder in _groups("cpu", root):
        # Version 2 has both in one file, version 1 each in its own.
        quota, _, period = _said(folder / "cpu.max").partition(" ")
        quota = quota or _said(folder / "cpu.cfs_quota_us")
        period = period or _said(folder / "cpu.cfs_period_us")
        if quota.isdecimal() and period.isdecimal() and int(period):
            yield max(1, -(-int(quota) // int(period)))


def memory_of_groups(root: Path = _EVERYTHING) -> Iterator[int]:
    """What the control groups of this process leave it of memory, in bytes."""
    for folder in _groups("memory", root):
        yield from _limit(folder)


def free_of_groups(root: Path = _EVERYTHING) -> Iterator[int]:
    """What is left of that. Files that are only kept in memory, and not in use, leave it."""
    for folder in _groups("memory", root):
        used = _said(folder / "memory.current") or _said(folder / "memory.usage_in_bytes")
        if used.isdecimal():
            lines = _said(folder / "memory.stat").splitlines()
            counts = dict(line.partition(" ")[::2] for line in lines)
            # In version 1, `inactive_file` is without the groups within.
            kept = counts.get("total_inactive_file") or counts.get("inactive_file", "0")
            yield from (limit - max(0, int(used) - int(kept)) for limit in _limit(folder))


def _limit(folder: Path) -> Iterator[int]:
    for name in ("memory.max", "memory.limit_in_bytes"):
        said = _said(folder / name)
        if said.isdecimal():
            yield int(said)


def _groups(controller: str, root: Path) -> Iterator[Path]:
    """The folders of the groups that this process is in, for what they control; own one first.

    Each limits what is in those within it. `/proc/self/cgroup` has a line a hierarchy: number,
    controllers (none in version 2), path; the path is that in the hierarchy, of which a part may be
    mounted. See cgroups(7) and proc_pid_mountinfo(5).
    """
    paths = {}
    for line in _said(root / "proc/self/cgroup").splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        for name in controllers.split(","):
            paths[name] = path
    for line in _said(root / "proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(" "), after.split(" ")
        if len(fields) < 5 or len(kind) < 3:
            continue
        if kind[0] == "cgroup2":
            hierarchy = ""
        elif kind[0] == "cgroup" and controller in kind[2].split(","):
            hierarchy = controller
        else:
            continue
        if hierarchy in paths:
            yield from _outwards(root, unescaped(fields[4]), unescaped(fields[3]), paths[hierarchy])


def _outwards(root: Path, mounted: str, part: str, path: str) -> Iterator[Path]:
    top = root / mounted.lstrip("/")
    within = os.path.relpath(path, part)
    # In a container that sees the whole path, but is shown only its own group, there is that alone.
    folder = top if within.startswith("..") else top / within
    yield folder
    while folder != top:
        folder = folder.parent
        yield folder


def unescaped(written: str) -> str:
    """A folder as it is: /proc writes a space, and what else would part words, as `\\040`."""
    plain = re.sub(rb"\\([0-7]{3})", lambda f: bytes([int(f[1], 8)]), os.fsencode(written))
    return os.fsdecode(plain)


def _said(file: Path) -> str:
    """What a file of the system says; nothing where there is none, or it is not for us to read."""
    try:
        return os.fsdecode(file.read_bytes()).strip()
    except OSError:
        return ""


def _physical() -> Iterator[int]:
    try:
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return


def _free_of_the_machine() -> Iterator[int]:
    found = re.search(r"^MemAvailable: +(\d+) kB$", _said(Path("/proc/meminfo")), re.MULTILINE)
    if found:
        yield int(found[1]) << 10


def _address_space() -> Iterator[int]:
    """As `ulimit -v` sets it; some clusters do."""
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        yield limit
