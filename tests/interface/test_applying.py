"""What is applied in Python finds namespaces and libraries, and what only images tell."""

import subprocess
import sys

import numpy as np
import pytest

import voxlogica as vox
from voxlogica.interface.image import apply

TRUTH = np.random.default_rng(3).random((5, 6, 7)) > 0.7


@pytest.fixture
def truth():
    return vox.image(TRUTH, spacing=(1, 1, 3), name="truth")


def test_operators_of_namespaces_are_there(truth):
    assert apply("dice", (truth, truth), "metrics") == 1
    assert apply("split", ("a,b",), "strings") == ["a", "b"]
    assert np.asarray(apply("Not", (truth,), "simpleitk")).sum() == (~TRUTH).sum()


def test_functions_of_a_library_are_there_by_its_name(truth):
    assert apply("eq", (truth, truth), "RegionCalculus") is True
    with pytest.raises(vox.Error, match="unknown function `eq`"):
        apply("eq", (truth, truth))


def test_how_many_components_there_are_is_found_out_of_what_was_given(truth):
    found = apply("components", (apply("near", (truth,)) & truth,))
    assert len(found) == apply("count_components", (truth,))
    assert sum(np.asarray(one).sum() for one in found) == TRUTH.sum()


def test_a_constant_takes_the_grid_of_what_it_meets(truth):
    border = apply("border", ())
    assert repr(border) == "<Region `border`, which takes the grid of what it meets>"
    assert np.asarray(truth & border).sum() == TRUTH.sum() - TRUTH[1:-1, 1:-1, 1:-1].sum()


def test_the_array_of_a_constant_that_met_nothing_is_an_error():
    with pytest.raises(vox.Error, match="nothing gives this image its size"):
        np.asarray(apply("constant", (3,)))


def test_a_warning_is_told_in_a_program_without_a_file():
    program = "import voxlogica.interface.image as i; print(i.apply('dir', ('/', '*.none')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n"
    assert "no name in" in done.stderr


def test_what_is_made_of_constants_takes_the_grid_of_what_it_meets_later(truth):
    left = apply("<.", (apply("x", ()), 3))
    right = apply("-", (apply("constant", (apply("volume", (truth,)),)), apply("x", ())))
    assert np.array_equal(truth & left, TRUTH & (np.arange(7) < 3))
    assert np.array_equal(apply("mask", (right, truth)), TRUTH * (TRUTH.sum() - np.arange(7)))
