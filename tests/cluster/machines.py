"""Workers that are as on other machines: with other folders, in another place, or another user."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.cluster.processes import Cluster
from voxlogica.cluster.options import ClusterOptions
from voxlogica.engine.results import Report
from voxlogica.running import run
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

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
    """Skip what needs a command that the machine does not let us run."""
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"the machine does not let us: {problem}")


@contextmanager
def seen_by_all() -> Iterator[Path]:
    """A folder that every user may look into, ended with."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


class FarWorker:
    """A cluster whose worker is as on another machine: it stands in /, and has another home.

    What is in the folder `apart` here, is not there: there it has what is in `there`. What is
    `shared` both see.
    """

    def __init__(self, running: Cluster, folder: Path) -> None:
        self.running, self.folder = running, folder
        self.shared, self.apart, self.there = (folder / n for n in ("shared", "apart", "there"))

    def options(self, **how: bool) -> ClusterOptions:
        """This cluster, for a run."""
        return ClusterOptions(self.running.address, **how)

    def run(self, text: str, **how: bool) -> Report:
        """What comes of a program."""
        return run(source(text), cluster=self.options(**how), cache=False)

    def failing(self, text: str, **how: bool) -> VoxLogicaError:
        """The error that a program ends in."""
        with pytest.raises(VoxLogicaError) as raised:
            self.run(text, **how)
        return raised.value

    def same(self, text: str, **how: bool) -> list[Any]:
        """What a program prints there, which is what it prints here."""
        here = [p.value for p in run(source(text), cache=False).prints]
        assert [p.value for p in self.run(text, **how).prints] == here
        return here


def source(text: str) -> Source:
    """A program."""
    return Source("program.imgql", text)


def image(path: Path, value: int = 7) -> Path:
    """A file with an image of 120 voxels of this value."""
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.full((4, 5, 6), value, "uint8")
    sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
    return path
