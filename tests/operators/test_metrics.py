"""Two regions compared: every metric held to its definition, and to programs that others use."""

from __future__ import annotations

import itertools
import math
import re
import statistics

import numpy as np
import pytest
import scipy.ndimage
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis import strategies as st
from medpy.metric import binary as medpy

from tests.operators.test_namespaces import call
from tests.references import images, region, regions, unhurried
from voxlogica import running
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators import namespace, registry
from voxlogica.operators.signature import OperationError
from voxlogica.syntax.source import Source

EMPTY, FULL = region([[0, 0, 0]]), region([[1, 1, 1]])
SOME = region([[0, 1, 0]])


def of(name: str, *arguments: object) -> float:
    """What a metric gives, in its own namespace."""
    found: float = call(f"metrics.{name}", *arguments)
    return found


# --- Overlaps -------------------------------------------------------------------------------------

OVERLAPS = {
    "dice": lambda a, b, every: 2 * len(a & b) / (len(a) + len(b)),
    "jaccard": lambda a, b, every: len(a & b) / len(a | b),
    "iou": lambda a, b, every: len(a & b) / len(a | b),
    "sensitivity": lambda a, b, every: len(a & b) / len(b),
    "recall": lambda a, b, every: len(a & b) / len(b),
    "specificity": lambda a, b, every: len(every - (a | b)) / len(every - b),
    "precision": lambda a, b, every: len(a & b) / len(a),
    "accuracy": lambda a, b, every: 1 - len(a ^ b) / len(every),
    "volume_similarity": lambda a, b, every: 1 - abs(len(a) - len(b)) / (len(a) + len(b)),
}


@unhurried
@given(images(regions, regions))
def test_overlaps_by_their_definitions(pair):
    a, b = ({tuple(i) for i in np.argwhere(image.array)} for image in pair)
    every = {tuple(i) for i in np.argwhere(np.ones(pair[0].array.shape))}
    for name, definition in OVERLAPS.items():
        # Where nothing is divided by: 1 for what is the same, else 0.
        try:
            expected = definition(a, b, every)
        except ZeroDivisionError:
            expected = float(a == b)
        assert of(name, *pair) == pytest.approx(expected, abs=1e-15), name


@pytest.mark.parametrize("name", OVERLAPS)
def test_overlaps_of_empty_regions_are_numbers(name):
    assert of(name, EMPTY, EMPTY) == 1
    assert of(name, FULL, FULL) == 1
    assert of(name, SOME, SOME) == 1
    if name not in ("specificity", "accuracy"):
        assert of(name, SOME, EMPTY) == 0
        assert of(name, EMPTY, SOME) == 0
    assert of("specificity", SOME, FULL) == 0
    assert of("specificity", SOME, EMPTY) == 2 / 3
    assert of("specificity", EMPTY, SOME) == 1


@unhurried
@given(images(regions, regions))
def test_overlaps_that_are_the_same_either_way_round(pair):
    for name in ("dice", "jaccard", "accuracy", "volume_similarity"):
        assert of(name, *pair) == of(name, *pair[::-1])
    assert of("precision", *pair) == of("sensitivity", *pair[::-1])
    complements = [image.with_array(~image.array) for image in pair]
    assert of("specificity", *pair) == of("sensitivity", *complements)


def test_overlaps_of_many_voxels_are_counted_in_parts():
    random = np.random.default_rng(1)
    a, b = (random.random((70, 50, 60)) < share for share in (0.3, 0.6))
    both = np.count_nonzero(a & b)
    found = call("overlapOf", region(a), region(b))
    assert found == [both, a.sum() - both, b.sum() - both, np.count_nonzero(~a & ~b)]


# --- In programs ----------------------------------------------------------------------------------


def test_metrics_are_there_after_their_import():
    brought = set(namespace("metrics"))
    assert set(OVERLAPS) <= brought
    assert not set(OVERLAPS) & set(registry())


def test_what_has_no_import_yet_is_told_where_it_is():
    for name in OVERLAPS:
        (told,) = running.check(Source("p.imgql", f'print "x" {name}(tt, ff)'))
        assert told.hint == 'it is there after `import "metrics"`'


SCAN = """
import "metrics"
load seg = "seg.nii.gz"
let truth = seg > 0
let found = truth & (x > 1)
"""


@pytest.fixture
def labels(tmp_path, monkeypatch):
    """A segmentation of labels 0, 2 and 4."""
    monkeypatch.chdir(tmp_path)
    values = np.zeros((4, 5, 6), np.uint8)
    values[1:3, 1:4, 1:5] = 2
    values[1, 2, 3] = 4
    sitk.WriteImage(sitk.GetImageFromArray(values), "seg.nii.gz")


@pytest.mark.usefixtures("labels")
@pytest.mark.parametrize("rewrites", [True, False])
def test_a_model_of_other_values_counts_where_it_is_not_0_and_is_told(rewrites):
    wanted = SCAN + "".join(f'print "{n}" {n}(found, truth)\n' for n in OVERLAPS)
    given = SCAN + "".join(f'print "{n}" {n}(found, seg)\n' for n in OVERLAPS)
    expected = running.run(Source("p.imgql", wanted), rewrites=rewrites)
    assert expected.diagnostics == ()
    report = running.run(Source("p.imgql", given), rewrites=rewrites)
    assert [p.value for p in report.prints] == [p.value for p in expected.prints]
    (told,) = report.diagnostics  # once, for all metrics
    assert told.message.endswith("holds other values than 0 and 1: 2, 4; all that is not 0 counts")
    assert "`… > 0`" in (told.hint or "")
    assert told.span is not None and told.span.text == "dice(found, seg)"
    # The names of both are told.
    both = running.run(Source("p.imgql", SCAN + 'print "a" dice(seg, seg)'))
    assert [p.value for p in both.prints] == [1]
    assert ["`found`" in d.message for d in both.diagnostics] == [True, False]
    with pytest.raises(running.VoxLogicaError):
        running.run(Source("p.imgql", given), strict=True)


@pytest.mark.usefixtures("labels")
def test_a_model_of_0_and_1_is_no_matter_of_a_warning():
    one = 'import "simpleitk"\n' + SCAN + "let one = BinaryThreshold(seg, 1, 9, 1, 0)\n"
    report = running.run(Source("p.imgql", one + 'print "a" dice(truth, one)'))
    assert (report.diagnostics, report.prints[0].value) == ((), 1)


@pytest.mark.usefixtures("labels")
def test_numbers_are_no_region():
    (told,) = running.check(Source("p.imgql", SCAN + 'print "a" dice(found, intensity(seg))'))
    assert "expects a region or model as truth, found valuation(number)" in told.message
    assert told.hint == "compare it with a number: `intensity(seg) > 0` is a region"


# --- Distances ------------------------------------------------------------------------------------

DISTANCES = ("hd", "hd95", "hd95_max", "assd")


def face_border(array: np.ndarray) -> list[tuple[int, ...]]:
    """The voxels that have a face neighbour outside, by looking at each."""
    found = []
    for voxel in map(tuple, np.argwhere(array)):
        for axis, way in itertools.product(range(array.ndim), (-1, 1)):
            other = list(voxel)
            other[axis] += way
            within = all(0 <= i < n for i, n in zip(other, array.shape, strict=True))
            if not (within and array[tuple(other)]):
                found.append(voxel)
                break
    return found


def each_way(found: Image, truth: Image) -> tuple[list[float], list[float]]:
    """The distances of each border voxel to the nearest of the other's, each with each."""
    spacing = found.geometry.spacing[::-1]
    borders = [face_border(image.array) for image in (found, truth)]
    return tuple(
        [
            min(
                math.dist(
                    [i * s for i, s in zip(a, spacing, strict=True)],
                    [i * s for i, s in zip(b, spacing, strict=True)],
                )
                for b in others
            )
            for a in own
        ]
        for own, others in (borders, borders[::-1])
    )


@unhurried
@given(images(regions, regions))
def test_distances_by_their_definitions(pair):
    geometry = pair[0].geometry
    empty = [not image.array.any() for image in pair]
    if any(empty):
        sides = zip(geometry.size, geometry.spacing, strict=True)
        rule = 0 if all(empty) else math.sqrt(sum((n * s) ** 2 for n, s in sides))
        assert [of(name, *pair) for name in DISTANCES] == pytest.approx([rule] * 4, abs=1e-12)
        assert of("nsd", *pair, 1e9) == float(all(empty))
        return
    there, back = each_way(*pair)
    both = there + back
    expected = {
        "hd": max(both),
        "hd95": np.percentile(both, 95),
        "hd95_max": max(np.percentile(there, 95), np.percentile(back, 95)),
        "assd": statistics.fmean(both),
    }
    for name, value in expected.items():
        assert of(name, *pair) == pytest.approx(value, abs=1e-12), name
    for mm in (0.0, 1.0, 2.4, *both[:2], -1.0, math.inf, math.nan):
        near = np.float32(both) <= np.float32(mm)
        # The reference adds up coordinates, which may round to either side of the tolerance.
        doubtful = np.isclose(both, mm, rtol=1e-6) & (np.float32(both) != np.float32(mm))
        assert abs(of("nsd", *pair, mm) - near.mean()) <= doubtful.mean()
    for name in DISTANCES:
        assert of(name, *pair) == of(name, *pair[::-1])
    assert of("nsd", *pair, 1.5) == of("nsd", *pair[::-1], 1.5)


@pytest.mark.parametrize("name", DISTANCES)
def test_distances_of_empty_regions_are_the_images_diagonal(name):
    brats = Geometry.of_size(240, 240, 155)
    some = np.zeros(brats.shape, np.bool_)
    some[7, 8, 9] = True
    one, none = Image(some, brats), Image(np.zeros_like(some), brats)
    assert round(of(name, one, none), 2) == round(of(name, none, one), 2) == 373.13
    assert of(name, none, none) == of(name, one, one) == 0
    assert of("nsd", one, none, 1e9) == 0
    assert of("nsd", none, none, 0) == of("nsd", one, one, 0) == 1


def test_a_tolerance_is_that_of_the_distances_that_images_have():
    one, other = region([[1, 0, 0, 0]], (0.1, 0.1)), region([[0, 0, 0, 1]], (0.1, 0.1))
    assert of("hd", one, other) > 0.3  # 3 * 0.1
    assert of("nsd", one, other, 0.3) == 1
    assert of("nsd", one, other, 0.29999) == 0


def blobs(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Something like a segmentation: smooth, of several pieces, some at the image's edge."""
    noise = np.random.default_rng(seed).standard_normal(shape)
    smooth = scipy.ndimage.gaussian_filter(noise, 2)
    return smooth > np.quantile(smooth, 0.8)


@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.9, 0.9, 3.0), (0.5, 0.7, 1.1)])
@pytest.mark.parametrize("axes", [2, 3])
def test_distances_as_medpy_and_monai_have_them(axes, spacing):
    shape, steps = (19, 40, 51)[-axes:], spacing[:axes]
    for seed in range(3):
        a, b = blobs(shape, seed), blobs(shape, seed + 1000)
        pair = [region(array, steps) for array in (a, b)]
        sampling = steps[::-1]
        assert of("hd95", *pair) == pytest.approx(medpy.hd95(a, b, sampling), rel=1e-14)
        assert of("hd", *pair) == pytest.approx(medpy.hd(a, b, sampling), rel=1e-14)
        assert of("assd", *pair) == pytest.approx(medpy.assd(a, b, sampling), rel=1e-12)
        assert of("dice", *pair) == pytest.approx(medpy.dc(a, b))
        for name in ("sensitivity", "specificity", "precision"):
            assert of(name, *pair) == pytest.approx(getattr(medpy, name)(a, b))
        # MONAI: the greater of the percentiles of the two directions.
        ways = medpy_ways(a, b, sampling)
        greater = max(np.percentile(way, 95) for way in ways)
        assert of("hd95_max", *pair) == pytest.approx(greater, rel=1e-14)
        share = np.mean(np.float32(np.concatenate(ways)) <= np.float32(2))
        assert of("nsd", *pair, 2) == pytest.approx(share)


def medpy_ways(a: np.ndarray, b: np.ndarray, sampling: tuple[float, ...]) -> list[np.ndarray]:
    """The distances of each of the two ways, as MedPy and MONAI compute them, by scipy."""
    edges = [array & ~scipy.ndimage.binary_erosion(array) for array in (a, b)]
    maps = [scipy.ndimage.distance_transform_edt(~edge, sampling=sampling) for edge in edges]
    return [maps[1][edges[0]], maps[0][edges[1]]]


def test_hd95_and_nsd_are_there_without_the_import():
    for name in ("hd95", "nsd"):
        assert registry()[name] == namespace("metrics")[name]
    assert not {"hd", "hd95_max", "assd"} & set(registry())


@pytest.mark.usefixtures("labels")
@pytest.mark.parametrize("rewrites", [True, False])
def test_metrics_of_one_pair_share_its_distances(rewrites):
    asked = "".join(f'print "{n}" {n}(found, truth)\n' for n in DISTANCES)
    asked += 'print "n" nsd(found, truth, 1) print "m" metrics.nsd(truth, found, 0)'
    report = running.run(Source("p.imgql", SCAN + asked), rewrites=rewrites, cache=False)
    geometry = Geometry.of_size(6, 5, 4)
    truth = np.zeros(geometry.shape, np.bool_)
    truth[1:3, 1:4, 1:5] = True
    found = truth & (np.arange(6) > 1)
    pair = Image(found, geometry), Image(truth, geometry)
    expected = [of(n, *pair) for n in DISTANCES] + [of("nsd", *pair, 1), of("nsd", *pair, 0)]
    assert [p.value for p in report.prints] == expected
    plan = running.plan(Source("p.imgql", SCAN + asked))
    needed = [plan.kinds[position].operator.name for position in plan.needed()]
    # The other way round they are others: of which region is empty is remarked.
    assert needed.count("distancesBetween") == 2
    assert needed.count("borderOf") == 2


# --- Lesions --------------------------------------------------------------------------------------


def components(array: np.ndarray) -> list[set[tuple[int, ...]]]:
    """The connected components of a region, each a set of voxels."""
    numbered, count = scipy.ndimage.label(array, np.ones((3,) * array.ndim))
    return [{tuple(v) for v in np.argwhere(numbered == n)} for n in range(1, count + 1)]


def lesions_by_definition(
    found: Image, truth: Image, least: float, iou: float, dilation: float
) -> list[int]:
    """Each found component compared with each true one."""
    dilated = call("dtAtMost", dilation, truth).array if dilation else truth.array
    own = {tuple(v) for v in np.argwhere(truth.array)}
    true = [c for c in components(dilated) if len(c & own) >= least]
    other = [c for c in components(found.array) if len(c) >= least]
    match = [[bool(a & b) and len(a & b) / len(a | b) >= iou for b in other] for a in true]
    hit = sum(map(any, match))
    right = sum(any(row[i] for row in match) for i in range(len(other)))
    return [hit, len(true) - hit, len(other) - right]


@unhurried
@given(
    images(regions, regions),
    st.sampled_from([0, 1, 2, 4]),
    st.sampled_from([0, 0.1, 0.5, 1]),
    st.sampled_from([0, 0.6, 1.5, 4]),
)
def test_lesions_by_their_definition(pair, least, iou, dilation):
    hit, missed, false = lesions_by_definition(*pair, least, iou, dilation)
    options = (least, iou, dilation)
    assert of("lesions", *pair, *options) == [hit, missed, false]
    nothing = float(hit + missed + false == 0)
    expected = {
        "lesion_sensitivity": hit / (hit + missed) if hit + missed else nothing,
        "lesion_precision": hit / (hit + false) if hit + false else nothing,
        "lesion_f1": 2 * hit / (2 * hit + missed + false) if hit + missed + false else 1,
    }
    for name, value in expected.items():
        assert of(name, *pair, *options) == value, name
    if options == (1, 0, 0):
        assert of("lesions", *pair) == [hit, missed, false]


@unhurried
@given(images(regions, regions), st.sampled_from([0.5, 1, 2.5]))
def test_lesions_with_a_dilation_are_those_of_the_dilated_truth(pair, mm):
    found, truth = pair
    dilated = call("dtAtMost", mm, truth)
    assert of("lesions", found, truth, 0, 0, mm) == of("lesions", found, dilated)


def test_lesions_of_larger_images():
    pair = [region(blobs((30, 40, 50), seed), (0.9, 0.9, 2.0)) for seed in (7, 8)]
    for options in ((1, 0, 0), (20, 0, 0), (1, 0.05, 0), (5, 0.02, 3)):
        expected = lesions_by_definition(*pair, *options)
        assert of("lesions", *pair, *options) == expected
        assert sum(expected) > 2


def test_lesions_by_hand():
    found = region([[1, 0, 0, 1, 1, 1, 0, 0, 0, 0]])
    truth = region([[0, 0, 0, 1, 0, 1, 0, 0, 1, 0]])
    assert of("lesions", found, truth) == [2, 1, 1]
    assert of("lesions", found, truth, 2) == [0, 0, 1]
    assert of("lesions", found, truth, 1, 0.4) == [0, 3, 2]
    # Dilated by a voxel, the first two are one, which what was found does not leave.
    assert of("lesions", found, truth, 1, 0, 1) == [1, 0, 1]
    assert of("lesion_precision", found, truth) == 2 / 3
    assert of("lesion_f1", found, truth) == 4 / 6


@pytest.mark.parametrize("step", [1e-3, 0.5, 1e3])
def test_lesions_of_a_truth_dilated_by_more_than_the_image(step):
    found, truth = (region(array, (step, step)) for array in ([[1, 0, 1, 0, 0]], [[0, 0, 0, 0, 1]]))
    for dilation in (4 * step, 1e39, 1e308):
        assert of("lesions", found, truth, 1, 0, dilation) == [1, 0, 0]
        nothing = truth.with_array(np.zeros_like(truth.array))
        assert of("lesions", found, nothing, 1, 0, dilation) == [0, 0, 2]


@pytest.mark.parametrize("name", ["lesion_sensitivity", "lesion_precision", "lesion_f1"])
def test_lesions_of_empty_regions(name):
    assert of(name, EMPTY, EMPTY) == 1
    assert of(name, SOME, EMPTY) == of(name, EMPTY, SOME) == 0
    assert of("lesions", EMPTY, EMPTY) == [0, 0, 0]
    assert of("lesions", SOME, EMPTY) == [0, 0, 1]
    assert of("lesions", EMPTY, SOME) == [0, 1, 0]
    # What is left out is as if it were not there.
    assert of(name, SOME, EMPTY, 2) == 1


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((-1,), "at least -1 voxels"),
        ((math.nan,), "at least nan voxels"),
        ((1, 1.5), "an IoU of at least 1.5"),
        ((1, 0, -2), "dilated by -2"),
        ((1, 0, math.inf), "dilated by inf"),
    ],
)
def test_what_no_options_of_lesions_are(options, said):
    with pytest.raises(OperationError, match=re.escape(said)):
        of("lesions", SOME, SOME, *options)


@pytest.mark.usefixtures("labels")
@pytest.mark.parametrize("rewrites", [True, False])
def test_metrics_of_lesions_share_what_is_matched(rewrites):
    asked = (
        'print "a" lesions(found, truth) print "b" lesion_f1(found, truth, 1)'
        ' print "c" lesion_precision(found, truth, 1, 0) print "d" lesion_sensitivity(found, seg)'
        ' print "e" lesions(found, truth, 1, 0, 0)[0]'
    )
    report = running.run(Source("p.imgql", SCAN + asked), rewrites=rewrites, cache=False)
    assert [p.value for p in report.prints] == [[1, 0, 0], 1, 1, 1, 1]
    plan = running.plan(Source("p.imgql", SCAN + asked))
    needed = [plan.kinds[position].operator.name for position in plan.needed()]
    assert needed.count("matchedLesions") == 2  # of `truth`, and of `seg`
