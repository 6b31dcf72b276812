"""A folder that stands for the root of a checkout, with the examples and the study's scans."""

from __future__ import annotations

import csv
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

ROOT = Path(__file__).parents[1]
SESSIONS = runpy.run_path(str(ROOT / "doc" / "make_sessions.py"))
INPUT = "examples/study/input"


class Checkout:
    """The examples, in a folder in which their commands are run as a reader would."""

    def __init__(self, folder: Path) -> None:
        self.folder = SESSIONS["prepared"](folder)
        runpy.run_path(str(ROOT / "examples/study/make_inputs.py"))["main"](folder / INPUT)

    def run(self, *options: str | Path) -> subprocess.CompletedProcess[str]:
        """`voxlogica run` with these options."""
        return self.command([sys.executable, "-m", "voxlogica", "run", *options])

    def command(
        self, command: list[str | Path], **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """A command, which finds `voxlogica` as in an environment that was activated."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env={**SESSIONS["environment"](self.folder), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    def table(self, file: str) -> list[dict[str, str]]:
        """The rows of a table."""
        with (self.folder / file).open(newline="", encoding="utf-8") as opened:
            return list(csv.DictReader(opened))

    def voxels(self, file: str) -> np.ndarray:
        """The voxels of an image that are not 0."""
        return sitk.GetArrayFromImage(sitk.ReadImage(self.folder / file)) > 0
