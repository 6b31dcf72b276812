"""Workers that are as on other machines: they lack folders, stand elsewhere, are other users."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

# Where the first folder of a script is, there the second is; and it stands in the third.
_WITH_ANOTHER = 'mount --bind "$1" "$0" && cd "$2" && shift 2 && exec "$@"'
_AS_NOBODY = 'cd / && exec setpriv --reuid=65534 --clear-groups "$@"'


def with_another(folder: Path, other: Path, *, standing: str = "/") -> tuple[str, ...]:
    """What begins a process that finds another folder under a folder's path, and stands in one."""
    script = ("sh", "-c", _WITH_ANOTHER, str(folder), str(other), standing)
    return ("unshare", "-m", "--propagation", "private", *script)


def as_nobody() -> tuple[str, ...]:
    """What begins a process as a user that owns nothing, and stands in /.

    It may be that this user cannot start Python again: so no nanny of Dask can.
    """
    return ("sh", "-c", _AS_NOBODY, "sh")


def skip_unless(*command: str) -> None:
    """Skip the tests of a module where the machine does not let us."""
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"the machine does not let us: {problem}", allow_module_level=True)


@contextmanager
def seen_by_all() -> Iterator[Path]:
    """A folder that every user may look into, ended with."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)  # noqa: PTH101
        yield Path(name)
