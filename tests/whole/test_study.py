"""The study: a method tried on twelve cases, as doc/study.md tells it."""

from __future__ import annotations

import runpy

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.checkout import INPUT, ROOT, Checkout
from voxlogica import Live

CASES = [f"p{number:02}" for number in range(1, 13)]
BEST = ("-Dhigh=0.95", "-Dlow=0.75")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def scores(checkout: Checkout) -> list[dict[str, str]]:
    cases = INPUT + "/{CASE}/flair.nii.gz"
    checkout.run("examples/study/score.imgql", "--cases", cases, *BEST, "--csv", "scores.csv")
    return checkout.table("scores.csv")


def test_the_scores_are_those_of_what_is_found(
    checkout: Checkout, scores: list[dict[str, str]]
) -> None:
    program = checkout.folder / "found.imgql"
    program.write_text(
        'import "examples/study/method.imgql"\nimport "simpleitk"\n'
        f'save "found_$CASE.nii.gz" lesion(ReadImage("{INPUT}/$CASE/flair.nii.gz"))\n'
    )
    done = checkout.run(program, "--cases", INPUT + "/{CASE}/flair.nii.gz", *BEST)
    assert done.returncode == 0
    assert [row["CASE"] for row in scores] == CASES
    for row in scores:
        found = checkout.voxels(f"found_{row['CASE']}.nii.gz")
        truth = checkout.voxels(f"{INPUT}/{row['CASE']}/truth.nii.gz")
        both = found.sum() + truth.sum()
        dice = 2 * (found & truth).sum() / both if both else 1
        assert float(row["dice"]) == pytest.approx(dice, rel=1e-12)
        assert float(row["found_ml"]) == pytest.approx(found.sum() * 36 / 1000)
        assert float(row["truth_ml"]) == pytest.approx(truth.sum() * 36 / 1000)
        assert row["good enough"] == str(dice >= 0.7).lower()


@pytest.mark.parametrize("program", ["score", "pictures"])
def test_live_a_case_means_the_same(
    checkout: Checkout, scores: list[dict[str, str]], program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout.folder)
    given: dict[str, object] = {"CASE": "p02", "high": 0.95, "low": 0.75}
    with Live(f"examples/study/{program}.imgql", given, cache=False) as live:
        outcome = live.set()
    assert outcome.diagnostics == ()
    row = next(row for row in scores if row["CASE"] == "p02")
    for one in outcome.prints:
        assert float(str(one.value)) == pytest.approx(float(row[one.label]))


def test_one_is_healthy_and_one_lesion_is_missed(scores: list[dict[str, str]]) -> None:
    empty = {
        row["CASE"]: (row["found_ml"], row["truth_ml"] == "0")
        for row in scores
        if "0" in (row["found_ml"], row["truth_ml"])
    }
    assert empty == {"p05": ("0", False), "p09": ("0", True)}


def test_its_table_is_of_two_hospitals_some_of_whose_cases_are_kept_for_the_test(
    checkout: Checkout,
) -> None:
    rows = checkout.table(f"{INPUT}/cases.csv")
    assert [row["CASE"] for row in rows] == CASES
    sets = [(row["hospital"], row["split"]) for row in rows]
    assert {pair: sets.count(pair) for pair in set(sets)} == {
        ("north", "train"): 4,
        ("north", "test"): 2,
        ("south", "train"): 4,
        ("south", "test"): 2,
    }


def test_a_picture_of_each_case(checkout: Checkout) -> None:
    done = checkout.run(
        "examples/study/pictures.imgql", "--cases", INPUT + "/{CASE}/flair.nii.gz", *BEST
    )
    assert done.returncode == 0
    made = sorted(path.stem for path in (checkout.folder / "examples/study/output").iterdir())
    assert made == CASES
    runpy.run_path(str(ROOT / "examples/pictures.py"))["main"](checkout.folder / "examples")
    ours, shown = (
        sitk.GetArrayFromImage(sitk.ReadImage(root / "examples/study/result.png")).astype(float)
        for root in (checkout.folder, ROOT)
    )
    assert ours.shape == shown.shape
    assert np.abs(ours - shown).mean() < 1
