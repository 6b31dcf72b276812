"""What a process may use of its machine: read from files as Linux and containers have them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from voxlogica.allowance import (
    cores_of_groups,
    cores_of_slurm,
    free_of_groups,
    memory_of_groups,
    memory_of_slurm,
)

GIB = 1 << 30
VERSION_2 = "30 23 0:26 {part} {mounted} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
VERSION_1 = "33 31 0:30 {part} {mounted} rw - cgroup cgroup rw,{controllers}\n"
OTHERS = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:4 / /sys rw - sysfs sysfs rw\n"


class System:
    """A folder with what the kernel says in `/proc` and `/sys`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def says(self, file: str, text: str) -> None:
        path = self.root / file.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def has_groups(self, own: str, *mounts: str) -> None:
        self.says("/proc/self/cgroup", own)
        self.says("/proc/self/mountinfo", OTHERS + "".join(mounts))


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path)


@pytest.fixture
def version_2(system: System) -> System:
    """As systemd makes them: a job's group within a user's."""
    mount = VERSION_2.format(part="/", mounted="/sys/fs/cgroup")
    system.has_groups("0::/user.slice/job.scope\n", mount)
    return system


@pytest.fixture
def version_1(system: System) -> System:
    mounts = [
        VERSION_1.format(part="/", mounted=f"/sys/fs/cgroup/{controllers}", controllers=controllers)
        for controllers in ("cpu,cpuacct", "memory")
    ]
    system.has_groups("4:memory:/slurm/job_7\n2:cpu,cpuacct:/slurm/job_7\n0::/\n", *mounts)
    return system


class TestCores:
    @pytest.mark.parametrize(
        ("said", "cores"),
        [
            ("max 100000", []),
            ("100000 100000", [1]),
            ("150000 100000", [2]),
            ("10000 100000", [1]),
            ("800000 50000", [16]),
            ("", []),
            ("nonsense", []),
            ("100000 0", []),
        ],
    )
    def test_a_share_of_time_is_so_many_cores_rounded_up(
        self, version_2: System, said: str, cores: list[int]
    ) -> None:
        version_2.says("/sys/fs/cgroup/user.slice/job.scope/cpu.max", said + "\n")
        assert [*cores_of_groups(version_2.root)] == cores

    def test_groups_around_limit_as_well(self, version_2: System) -> None:
        version_2.says("/sys/fs/cgroup/user.slice/job.scope/cpu.max", "max 100000\n")
        version_2.says("/sys/fs/cgroup/user.slice/cpu.max", "300000 100000\n")
        version_2.says("/sys/fs/cgroup/elsewhere/cpu.max", "100000 100000\n")
        assert [*cores_of_groups(version_2.root)] == [3]

    def test_in_version_1(self, version_1: System) -> None:
        folder = "/sys/fs/cgroup/cpu,cpuacct/slurm"
        version_1.says(f"{folder}/job_7/cpu.cfs_quota_us", "400000\n")
        version_1.says(f"{folder}/job_7/cpu.cfs_period_us", "100000\n")
        version_1.says(f"{folder}/cpu.cfs_quota_us", "-1\n")
        version_1.says(f"{folder}/cpu.cfs_period_us", "100000\n")
        assert [*cores_of_groups(version_1.root)] == [4]

    @pytest.mark.parametrize("own", ["/", "/docker/3f2a", "/../../docker/3f2a"])
    def test_in_a_container_which_is_shown_its_own_group_alone(
        self, system: System, own: str
    ) -> None:
        """Whether it sees the path of its group (a bind mount), or not (a namespace)."""
        part = "/docker/3f2a" if own == "/docker/3f2a" else "/"
        mount = VERSION_2.format(part=part, mounted="/sys/fs/cgroup")
        system.has_groups(f"0::{own}\n", mount)
        system.says("/sys/fs/cgroup/cpu.max", "200000 100000\n")
        system.says("/sys/fs/cgroup/memory.max", f"{2 * GIB}\n")
        assert [*cores_of_groups(system.root)] == [2]
        assert [*memory_of_groups(system.root)] == [2 * GIB]

    def test_folders_with_spaces_in_their_names(self, system: System) -> None:
        system.has_groups("0::/\n", VERSION_2.format(part="/", mounted=r"/my\040groups"))
        system.says("/my groups/cpu.max", "100000 100000\n")
        assert [*cores_of_groups(system.root)] == [1]

    @pytest.mark.parametrize("said", [None, "", "x", "0:", "0::/", "::::\n\n"])
    def test_where_the_system_tells_nothing_there_is_no_limit(
        self, system: System, said: str | None
    ) -> None:
        if said is not None:
            system.has_groups(said, "x - y\n", " - cgroup2 \n", "\n")
        assert not [*cores_of_groups(system.root), *memory_of_groups(system.root)]


class TestMemory:
    def test_the_limits_of_all_groups(self, version_2: System) -> None:
        version_2.says("/sys/fs/cgroup/user.slice/job.scope/memory.max", f"{2 * GIB}\n")
        version_2.says("/sys/fs/cgroup/user.slice/memory.max", "max\n")
        version_2.says("/sys/fs/cgroup/memory.max", f"{8 * GIB}\n")
        assert [*memory_of_groups(version_2.root)] == [2 * GIB, 8 * GIB]

    def test_files_that_the_system_could_forget_are_free(self, version_2: System) -> None:
        folder = "/sys/fs/cgroup/user.slice/job.scope"
        version_2.says(f"{folder}/memory.max", f"{4 * GIB}\n")
        version_2.says(f"{folder}/memory.current", f"{3 * GIB}\n")
        version_2.says(f"{folder}/memory.stat", f"anon {GIB}\ninactive_file {2 * GIB}\n")
        assert [*free_of_groups(version_2.root)] == [3 * GIB]

    def test_in_version_1_those_of_the_groups_within_too(self, version_1: System) -> None:
        folder = "/sys/fs/cgroup/memory/slurm"
        version_1.says(f"{folder}/memory.limit_in_bytes", f"{4 * GIB}\n")
        version_1.says(f"{folder}/memory.usage_in_bytes", f"{3 * GIB}\n")
        version_1.says(f"{folder}/memory.stat", f"inactive_file 0\ntotal_inactive_file {GIB}\n")
        assert [*memory_of_groups(version_1.root)] == [4 * GIB]
        assert [*free_of_groups(version_1.root)] == [2 * GIB]


class TestSlurm:
    @pytest.mark.parametrize(
        ("variables", "expected"),
        [
            ({}, []),
            ({"SLURM_MEM_PER_NODE": "4096"}, [4 * GIB]),
            ({"SLURM_MEM_PER_NODE": "0"}, []),  # --mem=0: all that there is
            ({"SLURM_MEM_PER_CPU": "1024", "SLURM_CPUS_PER_TASK": "4"}, [4 * GIB]),
            ({"SLURM_MEM_PER_CPU": "1024", "SLURM_CPUS_ON_NODE": "2"}, [2 * GIB]),
            ({"SLURM_MEM_PER_CPU": "1024"}, []),
            ({"SLURM_MEM_PER_NODE": "4G"}, []),
        ],
    )
    def test_memory_is_told_in_mebibytes(
        self, variables: dict[str, str], expected: list[int]
    ) -> None:
        assert [*memory_of_slurm(variables)] == expected

    @pytest.mark.parametrize(("said", "cores"), [("8", [8]), ("0", []), ("", []), ("²", [])])
    def test_cores_are_those_of_the_task(self, said: str, cores: list[int]) -> None:
        assert [*cores_of_slurm({"SLURM_CPUS_PER_TASK": said})] == cores


def told(expression: str, before: Callable[[], object] = lambda: None, **variables: str) -> int:
    """What a process finds, in which `before` was called first."""
    program = (
        "from queue import SimpleQueue; from voxlogica import allowance;"
        " from voxlogica.engine.memory import Memory;"
        " from voxlogica.plan_to_report import Settings;"
        f" print({expression})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **variables},
        preexec_fn=before,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout)


def limited_address_space() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (3 * GIB, 3 * GIB))


class TestThisMachine:
    """In real processes: the least of all that limits them."""

    def test_one_that_is_bound_to_a_core_has_one(self) -> None:
        one = min(os.sched_getaffinity(0))
        assert told("allowance.cores()", lambda: os.sched_setaffinity(0, {one})) == 1

    def test_a_task_of_slurm_has_what_it_was_given_and_no_more_than_there_is(self) -> None:
        whole = told("allowance.cores()")
        assert told("allowance.cores()", SLURM_CPUS_PER_TASK="1") == 1
        assert told("allowance.cores()", SLURM_CPUS_PER_TASK="9999") == whole

    def test_a_run_has_so_many_threads_unless_it_is_told_a_number(self) -> None:
        settings = "Settings({}, False, Memory(), SimpleQueue()).threads"
        assert told(settings.format(None), SLURM_CPUS_PER_TASK="1") == 1
        assert told(settings.format(3), SLURM_CPUS_PER_TASK="1") == 3

    def test_memory_is_what_every_limit_leaves(self) -> None:
        assert told("allowance.memory()", limited_address_space) <= 3 * GIB
        assert told("allowance.memory()", SLURM_MEM_PER_NODE="512") == GIB // 2
        assert 0 < told("allowance.memory_left()", SLURM_MEM_PER_NODE="512") <= GIB // 2
        assert told("allowance.memory_left()") <= told("allowance.memory()")
