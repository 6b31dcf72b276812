"""What is told of a path that leads to nothing: a name is misspelt, or it is that of another."""

from __future__ import annotations

import pytest

from voxlogica.images.missing import missing


@pytest.mark.parametrize(
    ("there", "name"),
    [
        ("case_000_flair.nii.gz", "case_000_flar.nii.gz"),
        ("case_000_flair.nii.gz", "Case_0_flair.nii.gz"),
        ("case_000_flair.nii.gz", "case_000_flair.nii"),
        ("flair.nii.gz", "flair.nrrd.gz"),
        ("t1_ce.nii", "t1ce.nii"),
        ("lesion_mask.nii", "lesionmask.nii"),
    ],
)
def test_a_name_that_is_nearly_so_may_be_meant(there, name, tmp_path):
    (tmp_path / there).touch()
    assert there in (missing(tmp_path / name).hint or "")


@pytest.mark.parametrize(
    ("there", "name"),
    [
        ("case_000_flair.nii.gz", "case_000_truth.nii.gz"),  # scored against itself
        ("case_000_flair.nii.gz", "case_001_flair.nii.gz"),
        ("case_000_t1.nii.gz", "case_000_t2.nii.gz"),
        ("p12_seg.nii", "p1_2_seg.nii"),
        ("p1_scan.nii", "pa_scan.nii"),
    ],
)
def test_another_case_and_another_image_are_not(there, name, tmp_path):
    (tmp_path / there).touch()
    assert missing(tmp_path / name).hint is None


def test_the_nearest_that_may_be_meant_is_told(tmp_path):
    for there in ("case_000_flair.nii", "case_001_trth.nii"):
        (tmp_path / there).touch()
    assert "case_001_trth.nii" in (missing(tmp_path / "case_001_truth.nii").hint or "")
