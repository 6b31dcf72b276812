"""Two regions compared: every metric held to its definition, and to programs that others use."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given

from tests.operators.test_namespaces import call
from tests.references import images, region, regions, unhurried
from voxlogica import api
from voxlogica.operators import namespace, registry
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
        (told,) = api.check(Source("p.imgql", f'print "x" {name}(tt, ff)'))
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
    expected = api.run(Source("p.imgql", wanted), rewrites=rewrites)
    assert expected.diagnostics == ()
    report = api.run(Source("p.imgql", given), rewrites=rewrites)
    assert [p.value for p in report.prints] == [p.value for p in expected.prints]
    (told,) = report.diagnostics  # once, for all metrics
    assert told.message.endswith("holds other values than 0 and 1: 2, 4; all that is not 0 counts")
    assert "`… > 0`" in (told.hint or "")
    assert told.span is not None and told.span.text == "dice(found, seg)"
    # The names of both are told.
    both = api.run(Source("p.imgql", SCAN + 'print "a" dice(seg, seg)'))
    assert [p.value for p in both.prints] == [1]
    assert ["`found`" in d.message for d in both.diagnostics] == [True, False]
    with pytest.raises(api.VoxLogicaError):
        api.run(Source("p.imgql", given), strict=True)


@pytest.mark.usefixtures("labels")
def test_a_model_of_0_and_1_is_no_matter_of_a_warning():
    one = 'import "simpleitk"\n' + SCAN + "let one = BinaryThreshold(seg, 1, 9, 1, 0)\n"
    report = api.run(Source("p.imgql", one + 'print "a" dice(truth, one)'))
    assert (report.diagnostics, report.prints[0].value) == ((), 1)


@pytest.mark.usefixtures("labels")
def test_numbers_are_no_region():
    (told,) = api.check(Source("p.imgql", SCAN + 'print "a" dice(found, intensity(seg))'))
    assert "expects a region or model as truth, found valuation(number)" in told.message
    assert told.hint == "compare it with a number: `intensity(seg) > 0` is a region"
