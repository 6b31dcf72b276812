"""Numbers that sum up an image, and ranks."""

from __future__ import annotations

import math
import statistics
from fractions import Fraction

import numpy as np
import pytest
import SimpleITK
from hypothesis import given
from hypothesis import strategies as st

from tests.references import (
    call,
    histogram,
    images,
    numbers,
    otsu_split,
    percentile_ranks,
    region,
    regions,
    unhurried,
    valuation,
    valuations,
)
from voxlogica import running
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.signature import OperationError
from voxlogica.syntax.source import Source

grey_levels = st.integers(-4, 4).map(float)


def grey(geometry):
    """Images of few whole numbers, as scanners give them."""
    return valuations(geometry, grey_levels)


def smooth(geometry):
    """Images of numbers that are hardly ever whole or the same."""
    return valuations(geometry, st.floats(-100, 100, width=32))


anything = st.one_of(images(grey, regions), images(smooth, regions), images(valuations, regions))


@unhurried
@given(images(regions))
def test_volume_counts_voxels_whatever_their_size(r):
    assert call("volume", r) == call("vol", r) == sum(r.array.ravel().tolist())


@unhurried
@given(images(valuations))
def test_the_least_and_greatest_value_leave_nan_out(v):
    values = [x for x in v.array.ravel().tolist() if not math.isnan(x)]
    low, high = call("min", v), call("max", v)
    if values:
        assert (low, high) == (min(values), max(values))
        assert math.copysign(1, low) == 1 or low != 0, "zero has no sign"
    else:
        assert math.isnan(low) and math.isnan(high)


@unhurried
@given(anything)
def test_the_mean_is_of_the_regions_values(pair):
    v, r = pair
    inside = v.array[r.array].tolist()
    mean = call("avg", v, r)
    if inside and all(map(math.isfinite, inside)):
        # The order in which they are added up may take the last bits of the greatest.
        error = 1e-15 * sum(map(abs, inside))
        assert mean == pytest.approx(math.fsum(inside) / len(inside), rel=0, abs=error)
    else:
        assert not math.isfinite(mean)


def test_the_mean_is_accumulated_in_float64():
    v = valuation(np.full((1, 100_000), 0.1))
    everywhere = region(np.ones((1, 100_000)))
    assert call("avg", v, everywhere) == pytest.approx(float(np.float32(0.1)), rel=1e-12)


@unhurried
@given(anything)
def test_sum_deviation_least_and_greatest_of_a_region(pair):
    v, r = pair
    inside = v.array[r.array].tolist()
    found = [call(name, v, r) for name in ("sum", "stdev", "min", "max", "median")]
    if not inside or any(map(math.isnan, inside)):
        assert all(map(math.isnan, found))
        return
    total, deviation, least, greatest, _ = found
    assert (least, greatest) == (min(inside), max(inside))
    assert all(math.copysign(1, x) == 1 for x in (least, greatest) if x == 0), "zero has no sign"
    if all(map(math.isfinite, inside)):
        scale = sum(map(abs, inside))
        assert total == pytest.approx(math.fsum(inside), rel=0, abs=1e-15 * scale)
        known = statistics.stdev(map(Fraction, inside)) if len(inside) > 1 else 0.0
        assert deviation == pytest.approx(known, rel=1e-12, abs=1e-15 * scale)
    else:
        assert not math.isfinite(total) and math.isnan(deviation)


def test_a_median_of_two_is_their_mean_to_the_last_bit():
    v = Image(np.float32([[1, -(2.0**53)]]), Geometry.of_size(2, 1))
    r = Image(np.ones((1, 2), np.bool_), v.geometry)
    assert call("median", v, r) == -(2.0**52) + 0.5


@unhurried
@given(pair=anything, share=st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0])))
def test_quantiles_are_numpys(pair, share):
    v, r = pair
    inside = np.sort(v.array[r.array].astype(np.float64))
    found = call("quantile", v, r, share)
    if not len(inside) or np.isnan(inside[-1]):
        assert math.isnan(found)
    elif np.isfinite(inside).all():
        assert found == np.quantile(inside, share)
        assert call("median", v, r) == np.median(inside)
    else:
        assert not found < inside[0] and not found > inside[-1]


@pytest.mark.parametrize("share", [-0.1, 1.5, 95, math.nan, math.inf])
def test_a_share_is_from_0_to_1(share):
    with pytest.raises(OperationError, match="from 0 to 1"):
        call("quantile", valuation([[1.0, 2.0]]), region([[1, 1]]), share)


def test_between_infinities_there_is_no_line():
    v, r = valuation([[-math.inf, 3.0, math.inf]]), region([[1, 1, 1]])
    assert [call("quantile", v, r, q) for q in (0.0, 0.25, 0.5, 0.75)] == [
        -math.inf, -math.inf, 3.0, math.inf
    ]  # fmt: skip
    assert math.isnan(call("median", v, region([[1, 0, 1]])))


def test_what_sums_up_one_region_is_one_pass(tmp_path):
    path = tmp_path / "scan.nii.gz"
    image = np.random.default_rng(0).integers(0, 99, (8, 9, 10)).astype(np.int16)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(image), str(path))
    text = f"""
    load img = "{path}"
    let r = img > 20
    print "first" [avg(img, r), stdev(img, r), sum(img, r), min(img, r), max(img, r)]
    print "ranks" [median(img, r), quantile(img, r, 0.95), quantile(img, r, 0.5)]
    print "chain" [avg(img * 2, img > 30), stdev(img * 2, img > 30)]
    """
    found = running.run(Source("p.imgql", text))
    done = found.stats.by_operator
    assert done["summaryOf"].computed == done["rankedOf"].computed == 1
    assert done["summaryOfChain"].computed == 1
    assert not {"avg", "stdev", "median", "mul_vs"} & done.keys()
    plain = running.run(Source("p.imgql", text), rewrites=False)
    assert [p.value for p in found.prints] == [p.value for p in plain.prints]
    inside = image[image > 20].astype(float)
    assert found.prints[0].value == pytest.approx(
        [inside.mean(), inside.std(ddof=1), inside.sum(), inside.min(), inside.max()], rel=1e-14
    )
    assert found.prints[1].value == np.quantile(inside, [0.5, 0.95, 0.5]).tolist()
    # A mean alone is what it was: one pass that adds up, under its own name.
    alone = Source("q.imgql", f'load img = "{path}"\nprint "a" avg(img, tt)')
    assert "avgOf" in running.run(alone).stats.by_operator


@unhurried
@given(pair=anything, correction=st.sampled_from([0.0, 0.5, 1.0, 0.3, -1.0]))
def test_ranks_are_counted_voxel_by_voxel(pair, correction):
    v, r = pair
    expected = percentile_ranks(v.array, r.array, correction)
    np.testing.assert_array_equal(call("percentiles", v, r, correction), expected)


def test_ranks_of_a_known_image():
    v = valuation([[5, 1, 5, 3, math.nan, 9]])
    inside = region([[1, 1, 1, 1, 1, 0]])
    ranks = call("percentiles", v, inside, 0.5)
    np.testing.assert_array_equal(ranks, np.float32([[0.6, 0.1, 0.6, 0.3, 0.0, -1.0]]))


def test_zero_has_one_rank_whatever_its_sign():
    for values in ([[0.0, -0.0, 1.0]], [[0.0, -0.0, 0.5]]):
        ranks = call("percentiles", valuation(values), region([[1, 1, 1]]), 1.0)
        assert ranks[0, 0] == ranks[0, 1] == np.float32(2 / 3)


@unhurried
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 1e-3, 1.0, 1e6, 1e30]))
def test_ranks_of_larger_images(seed, scale):
    rng = np.random.default_rng(seed)
    values = np.float32(rng.normal(size=(20, 30, 5)) * scale)
    values = np.round(values) if seed % 2 else values
    inside = rng.random(values.shape) < 0.7
    chosen = values[inside]
    below = np.searchsorted(np.sort(chosen), chosen, "left")
    not_above = np.searchsorted(np.sort(chosen), chosen, "right")
    expected = np.full(values.shape, -1, np.float32)
    expected[inside] = (below + 0.25 * (not_above - below)) / len(chosen)
    ranks = call("percentiles", valuation(values), region(inside), 0.25)
    np.testing.assert_array_equal(ranks, expected)


@unhurried
@given(pair=anything, bins=st.integers(1, 12))
def test_otsu_parts_where_the_variance_is_greatest(pair, bins):
    v, r = pair
    result = call("otsu", v, r, float(bins))
    values = v.array[r.array]
    finite = values[np.isfinite(values)].astype(np.float64)
    if len(finite) == 0 or finite.min() == finite.max():
        assert not result.any()
        return
    low, high = finite.min(), finite.max()
    counts = histogram(finite[finite < high], low, high, bins)
    counts[-1] += int(np.sum(finite == high))
    split = otsu_split(counts)
    for voxel in np.ndindex(v.array.shape):
        value = float(v.array[voxel])
        if split is None or not r.array[voxel] or not math.isfinite(value):
            above = split is not None and bool(r.array[voxel]) and value == math.inf
        else:
            above = min(math.floor((value - low) * bins / (high - low)), bins - 1) > split
        assert result[voxel] == above


def test_otsu_agrees_with_simpleitk_on_what_is_clear():
    rng = np.random.default_rng(0)
    bright = rng.random((30, 40)) < 0.3
    values = np.where(bright, rng.normal(200, 10, bright.shape), rng.normal(50, 10, bright.shape))
    v = valuation(values)
    itk = SimpleITK.OtsuThreshold(SimpleITK.GetImageFromArray(v.array), 0, 1, 128)
    found = call("otsu", v, region(np.ones(bright.shape)), 128.0)
    np.testing.assert_array_equal(found, SimpleITK.GetArrayFromImage(itk) == 1)
    np.testing.assert_array_equal(found, bright)


@pytest.mark.parametrize("bins", [0.0, -1.0, 2.5, math.nan, math.inf, 65_536.0])
def test_otsu_refuses_an_impossible_number_of_bins(bins):
    v = valuation([[1, 2]])
    with pytest.raises(OperationError, match="whole number from 1 to 65535"):
        call("otsu", v, region([[1, 1]]), bins)


@unhurried
@given(numbers)
def test_one_voxel(number):
    v, r = valuation([[number]]), region([[1]])
    same = 0.0 if math.isnan(number) else 1.0
    assert call("percentiles", v, r, 1.0).item() == same
    assert not call("otsu", v, r, 10.0).item()
    assert call("avg", v, r) == number or math.isnan(number)
