"""What is told of values that a format cannot keep, and that runs on stored results say it too."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813


def voxlogica(folder: Path, program: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "p.imgql").write_text(program)
    return subprocess.run(
        [sys.executable, "-m", "voxlogica", "run", *options, "p.imgql"],
        cwd=folder,
        env={**os.environ, "VOXLOGICA_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_nan_in_nifti_is_told_by_every_run_that_rests_on_it(tmp_path: Path) -> None:
    values = np.ones((3, 4, 5), np.float32)
    values[0, 0, :2] = np.nan, np.inf
    sitk.WriteImage(sitk.GetImageFromArray(values), tmp_path / "a.nii.gz")
    program = 'load m = "a.nii.gz"\nprint "n" volume(intensity(m) <. 1)'
    for _ in ("computed", "stored"):
        done = voxlogica(tmp_path, program)
        assert (done.returncode, done.stdout) == (0, "n=2\n")
        assert 'p.imgql:1:1: warning: "a.nii.gz": 2 values are nan or infinite, and read as 0' in (
            done.stderr
        )
