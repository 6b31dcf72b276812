"""What a saved region is shown over: a rule over the plan alone."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.language.workplan import Save
from voxlogica.report.underlays import called, underlay, with_underlays
from voxlogica.syntax.source import Source

LOADS = 'load one = "one.mha"\nload two = "two.mha"\nload small = "small.mha"\n'


@pytest.fixture(autouse=True)
def images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for seed, (name, shape) in enumerate([("one", (4, 5)), ("two", (4, 5)), ("small", (2, 3))]):
        array = np.random.default_rng(seed).integers(0, 200, shape).astype(np.int16)
        sitk.WriteImage(sitk.GetImageFromArray(array), f"{name}.mha")


def shown_over(text):
    """What the saved region of a program is shown over, by its name in the plan."""
    plan = running.plan(Source("p.imgql", LOADS + text), rewrites=False)
    saved = next(goal for goal in plan.goals if isinstance(goal, Save))
    found = underlay(plan, saved.node)
    return None if found is None else called(plan, found)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('save "r.mha" one > 3', "one.mha"),
        ('save "r.mha" near(near(two > 3))', "two.mha"),
        # As much of one as of the other: that which was read first.
        ('save "r.mha" (two > 3) & (one > 3)', "one.mha"),
        # A mask of one, and within it much that is done to the other.
        ('save "r.mha" near(smoothen(two > 3, 2)) & (one > 3)', "two.mha"),
        # What is printed alone has no part in it.
        (
            'print "v" volume(near(interior(two > 3)))\nsave "r.mha" (one > 3) & (two > 4)',
            "one.mha",
        ),
        # A number that one image gives, for a threshold on the other.
        ('save "r.mha" two > avg(intensity(one), near(one > 1))', "two.mha"),
        # An image of another grid is none to lay it over, however much is done to it.
        ('save "r.mha" one > max(intensity(small)) + volume(near(near(small > 3)))', "one.mha"),
        # What the program lays it over, be it computed.
        ('r = one > 3\nsave "r.mha" r\nsave "p.mha" overlay(intensity(two), r)', "intensity"),
        ('r = one > 3\nsave "r.mha" r\nsave "p.mha" overlay(two, one, r)', "two.mha"),
        # The image below is not laid over anything.
        ('r = one > 3\nsave "r.mha" r\nsave "p.mha" overlay(r, two > 3)', "one.mha"),
    ],
)
def test_the_image_that_has_most_to_do_with_it(text, name):
    assert shown_over(text) == name


def test_there_may_be_none():
    assert shown_over('save "r.mha" small > 3 \n').endswith("small.mha")
    plan = running.plan(Source("p.imgql", LOADS + 'save "r.mha" intensity(one)'))
    assert with_underlays(plan) == plan.goals  # what is saved is no region


def test_a_run_has_what_is_shown_over_what():
    text = LOADS + 'save "r.mha" one > 3\nsave "s.mha" two > 3\nprint "v" volume(one > 3)'
    report = running.run(Source("p.imgql", text), keeps_images=1 << 20, keeps_origin=True)
    assert report.values == ()
    assert {goal.word for goal in report.origin.plan.goals} == {"save", "print"}
    under = {Path(path).name: over for path, over in report.origin.under.items()}
    assert {path: over.name for path, over in under.items()} == {
        "r.mha": "one.mha",
        "s.mha": "two.mha",
    }
    expected = sitk.GetArrayFromImage(sitk.ReadImage("two.mha"))
    assert np.array_equal(under["s.mha"].image.array, expected)
    assert [source.name for source in report.sources] == ["p.imgql"]


def test_a_run_that_is_not_asked_keeps_nothing():
    report = running.run(Source("p.imgql", LOADS + 'save "r.mha" one > 3'))
    assert report.origin is None and report.layers[0].image is None


def test_it_holds_for_what_is_planned_in_stages():
    text = 'import "simpleitk"\nload one = "one.mha"\nn = max(intensity(one)) / 100\n'
    text += 'save "r_{}.mha" for k in range(floor(n) + 1) do one > k'
    report = running.run(Source("p.imgql", text), keeps_images=1 << 20, keeps_origin=True)
    assert report.layers and all(layer.path in report.origin.under for layer in report.layers)


def test_the_store_gives_it_too():
    text = LOADS + 'save "r.mha" smoothen(one > 3, 2)'
    for _ in range(2):
        report = running.run(Source("p.imgql", text), keeps_images=1 << 20, keeps_origin=True)
        assert [over.name for over in report.origin.under.values()] == ["one.mha"]
