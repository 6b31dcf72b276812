"""Which results rest on rules for empty regions: told in every run, however it comes by them."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.engine import remarks
from voxlogica.engine.store_opening import open_store
from voxlogica.language import windows
from voxlogica.operators.metrics import METRICS
from voxlogica.syntax.source import Source

SCAN = """
import "metrics"
load seg = "seg.nii.gz"
let some = seg > 0
let none = seg > 9
"""


@pytest.fixture(autouse=True)
def seg(tmp_path, monkeypatch):
    """An image with labels 1, 2 and 4, each in a place of its own."""
    monkeypatch.chdir(tmp_path)
    values = np.zeros((4, 5, 6), np.uint8)
    values[0, 0, 0], values[1:3, 2:4, 2:4], values[3, 4, 5] = 1, 2, 4
    sitk.WriteImage(sitk.GetImageFromArray(values), "seg.nii.gz")


def run(asked: str, **options):
    """The report of a run, and which regions were empty for each print."""
    report = running.run(Source("p.imgql", SCAN + asked), **{"cache": False, **options})
    return report, [printed.empty for printed in report.prints]


@pytest.mark.parametrize("rewrites", [True, False])
@pytest.mark.parametrize("together", [True, False])
def test_every_metric_tells_which_region_was_empty(rewrites, together):
    pairs = {"truth": "some, none", "found": "none, some", "both": "none, none", "": "some, some"}
    metrics = [m.names[0] for m in METRICS if not m.by_formula]
    assert set(metrics) > {"dice", "precision", "volume_similarity", "hd95", "nsd", "lesion_f1"}
    for empty, regions in pairs.items():
        asked = [
            f'print "{name}" {name}({regions}{", 2" if name == "nsd" else ""})' for name in metrics
        ]
        # One by one, a metric is computed by itself; several have in common what they rest on.
        programs = ["\n".join(asked)] if together else asked
        for program in programs:
            report, prints = run(program, rewrites=rewrites)
            assert prints == [empty] * len(prints), program
            assert report.empty == empty
            assert report.diagnostics == ()


def test_what_needs_no_rule_rests_on_none():
    asked = """
    print "specificity" specificity(some, none) print "accuracy" accuracy(none, none)
    print "lesions" lesions(some, none) print "ml" ml(none) print "dice" dice(some, some)
    """
    report, prints = run(asked)
    assert prints == [""] * 5
    assert report.empty == ""


def test_components_too_small_to_count_leave_none():
    _, prints = run("""
    print "all" lesion_f1(some, (seg > 3)) print "large" lesion_f1(some, (seg > 3), 2)
    """)
    assert prints == ["", "truth"]


def test_a_print_rests_on_what_it_is_computed_of_and_on_nothing_else():
    report, prints = run("""
    let missed = dice(none, some)
    print "good" dice(some, some) print "missed" missed
    print "sum" missed + hd95(some, none) / 2 print "text" concat("dice ", missed)
    print "all" [missed, dice(none, none)] print "ml" ml(some)
    """)
    assert prints == ["", "found", "both", "found", "both", ""]
    assert report.empty == "both"


def test_what_an_assertion_or_a_table_rests_on_is_told_of_the_run():
    for asked in ('assert "a" dice(none, none) > 0.8', 'save "t.csv" [[dice(none, none)]]'):
        report, _ = run(asked)
        assert report.empty == "both"


def test_it_is_told_again_of_results_from_the_store(tmp_path):
    asked = 'print "a" dice(none, some) + 1 print "b" hd95(some, none) print "c" hd(some, some)'
    for computes in (True, False):
        remarks._said.clear()  # as in another process
        report, prints = run(asked, cache=tmp_path / "store")
        assert prints == ["found", "truth", ""]
        assert (report.stats.computed > 0) == computes


def store_of(folder):
    """The store in a folder."""
    store = open_store(folder, warn=pytest.fail)
    assert store is not None
    return store


def test_a_store_that_lacks_room_loses_remarks_last(tmp_path):
    run('print "a" dice(none, some)', cache=tmp_path / "store")
    with store_of(tmp_path / "store") as store:
        assert {entry.operator for entry in store.entries()} == {"remarks", "diceOf"}
        store.prune(max_size=store.info().bytes - 1)
        assert [entry.operator for entry in store.entries()] == ["remarks"]
    run('print "a" dice(none, some)', cache=tmp_path / "store")
    with store_of(tmp_path / "store") as store:
        store.prune(older_than=-1.0)
        assert [entry.operator for entry in store.entries()] == ["remarks"]


@pytest.mark.parametrize("window", [windows.WINDOW, 3])
def test_it_holds_across_loops_and_stages(window, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW", window)
    for each, empty in (("r, r", ""), ("r, r & none", "truth"), ("r & none, r", "found")):
        # How many components there are, only the image says.
        _, prints = run(f"""
        let scores = for r in components(some) do dice({each})
        print "ml" ml(some) print "worst" fold min scores
        """)
        assert prints[1] == empty


def test_what_the_length_of_a_loop_rests_on_the_rest_does():
    _, prints = run("""
    let found = filter r in components(some) do dice(r, some & none) < 0.5
    print "n" length(for r in found do volume(r))
    """)
    assert prints == ["truth"]
