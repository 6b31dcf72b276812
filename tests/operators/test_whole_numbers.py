"""Labels beyond 2²⁴: compared exactly where a loaded image is compared, told of elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.references import call
from voxlogica.engine.results import Report
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators import whole_numbers
from voxlogica.running import run

LABELS = [0, 5, 2**24 - 1, 2**24, 2**24 + 1, 2**24 + 2, 2**24 + 3]
KINDS = ["i4", "u4", "i8", "u8"]
DIALECT_1 = ["16777217 .= v", "16777217 .<= v", "v >. 16777217", "between(16777217, 16777218, v)"]
DIALECT_2 = ["v == 16777217", "v >= 16777217", "v > 16777217", "v != 16777217"]


def program(folder: Path, expression: str, kind: str = "i4", values: object = None) -> Report:
    labels = np.array([LABELS if values is None else values], kind)
    sitk.WriteImage(sitk.GetImageFromArray(labels), folder / "l.mha")
    text = f'load m = "{folder}/l.mha"\nlet v = intensity(m)\nprint "n" {expression}\n'
    (folder / "p.imgql").write_text(text)
    return run(folder / "p.imgql", cache=False)


@pytest.mark.filterwarnings("error")
def test_what_becomes_infinite_in_float32_is_told(tmp_path: Path) -> None:
    values = [1e300, -1e39, 3.4e38, np.nan, np.inf, 0]
    (warning,) = warnings(program(tmp_path, "volume(v >. 1)", "f8", values))
    assert "2 voxels hold numbers beyond those of float32, such as 1e+300" in warning


def warnings(report: Report) -> list[str]:
    return [f"{d.message}\n{d.hint}" for d in report.diagnostics]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("region", "count"),
    [
        *zip(DIALECT_1, [1, 3, 2, 2], strict=True),
        ("5 .>= v", 2),
        ("16777217 .= m", 1),
        ("volume_of_number .= v", 1),
    ],
)
def test_a_loaded_image_is_compared_exactly(
    tmp_path: Path, region: str, count: int, kind: str
) -> None:
    region = region.replace("volume_of_number", "(16777216 .+. volume(5 .= v))")
    report = program(tmp_path, f"volume({region})", kind)
    assert [p.value for p in report.prints] == [count]
    assert warnings(report) == []


@pytest.mark.parametrize(("region", "count"), [*zip(DIALECT_2, [1, 3, 2, 6], strict=True)])
def test_so_it_is_by_the_operators_of_imgql_2(tmp_path: Path, region: str, count: int) -> None:
    report = program(tmp_path, f"volume({region})")
    assert [p.value for p in report.prints] == [count]
    assert warnings(report) == []


@pytest.mark.parametrize("kind", [*KINDS, "f8"])
@pytest.mark.parametrize("use", ["max(v)", "volume(mask(v, tt) == 16777217)", "max(red(m))"])
def test_what_float32_runs_together_is_told_where_it_is_used(
    tmp_path: Path, use: str, kind: str
) -> None:
    (warning,) = warnings(program(tmp_path, use, kind))
    assert "l.mha" in warning
    assert "2 voxels hold whole numbers beyond 16777216" in warning
    assert "16777217 for 16777216" in warning


@pytest.mark.parametrize(
    ("kind", "values"),
    [("i4", [5, 2**24]), ("u1", [255]), ("i8", [-(2**24), 2**30]), ("f8", [0.5, 2.0**24 + 1])],
)
def test_nothing_is_told_where_nothing_is_run_together(
    tmp_path: Path, kind: str, values: list[float]
) -> None:
    assert warnings(program(tmp_path, "max(v)", kind, values)) == []


@given(
    values=st.lists(st.integers(-(2**24), 2**24), min_size=1, max_size=6),
    number=st.floats(-(2.0**24), 2.0**24)
    | st.integers(-(2**24), 2**24).map(float)
    | st.sampled_from([float("nan"), float("inf"), -float("inf"), 0.1, -0.0, 16777215.6]),
    kind=st.sampled_from(["i4", "i8"]),
)
@settings(max_examples=300, deadline=None)
def test_within_float32_the_exact_comparisons_are_the_others(
    values: list[int], number: float, kind: str
) -> None:
    geometry = Geometry.of_size(len(values), 1)
    labels = Image(np.array([values], kind), geometry)
    rounded = Image(labels.array.astype("f4"), geometry)
    for exact, usual in [
        (whole_numbers.equals, ".="),
        (whole_numbers.at_least, ".<="),
        (whole_numbers.at_most, ".>="),
        (whole_numbers.differs, "!="),
    ]:
        np.testing.assert_array_equal(exact(number, labels).array, call(usual, number, rounded))


@given(
    values=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6),
    number=st.integers(-(2**53), 2**53) | st.sampled_from([2**62, -(2**63), 2**63, 2**64]),
)
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_they_compare_as_whole_numbers_do(values: list[int], number: int) -> None:
    values = [*values, number] if -(2**63) <= number < 2**63 else values
    labels = Image(np.array([values], "i8"), Geometry.of_size(len(values), 1))
    if abs(number) < 2**24:
        number = int(np.float32(number))
    given = float(number)
    assert whole_numbers.equals(given, labels).array[0].tolist() == [v == number for v in values]
    assert whole_numbers.at_least(given, labels).array[0].tolist() == [v >= number for v in values]
    assert whole_numbers.at_most(given, labels).array[0].tolist() == [v <= number for v in values]
