"""`voxlogica.ops`: the language's functions, by their names, with manuals, stubs and errors."""

from __future__ import annotations

import inspect
import pickle
import pydoc
import subprocess
import sys

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

import voxlogica as vox
from voxlogica import ops
from voxlogica.interface.functions import MODULES, function, instead, names
from voxlogica.interface.stubs import stub, stubs
from voxlogica.report.operators import entries, public

VALUES = np.random.default_rng(3).random((5, 6, 7)).astype(np.float32)


@pytest.fixture
def grey():
    return vox.image(VALUES, spacing=(1, 1, 3), name="grey")


class TestWhatThereIs:
    def test_every_word_of_the_language_is_a_function_or_told_what_to_write(self):
        for entry in public(entries()):
            module = {"RegionCalculus": "region_calculus"}.get(entry.group, entry.group)
            module = module if module in MODULES else ""
            for name in {one.rpartition(".")[2] for one in entry.names}:
                if name.isidentifier() and entry.group != "sequences in programs":
                    known = [f.own for n in names(module) if (f := function(module, n))]
                    assert name in known or name in instead(module), entry.signature

    def test_what_is_told_to_write_is_there(self):
        for module in ("", *MODULES):
            for said in instead(module).values():
                found = ops
                for word in said.split(".")[1:] if said.startswith("ops.") else ():
                    found = getattr(found, word)

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("vol", "write `ops.volume`"),
            ("T", "write `ops.touch`"),
            ("hd95", "write `ops.metrics.hd95`"),
            ("dice", "write `ops.metrics.dice`"),
            ("Median", "write `ops.simpleitk.Median`"),
            ("leq_sv", "write `a >= b`"),
            ("length", r"write `len\(s\)`"),
            ("load", r"write `voxlogica.read\(path\)`"),
            ("grwo", "did you mean `grow`"),
        ],
    )
    def test_another_name_is_told_which_it_is(self, name, said):
        with pytest.raises(AttributeError, match=f"`voxlogica.ops` has no `{name}`: {said}"):
            getattr(ops, name)

    def test_completion_lists_functions_and_modules(self):
        assert {"grow", "touch", "and_", "metrics", "simpleitk"} <= set(dir(ops))
        assert "vol" not in dir(ops)
        assert {"dice", "hd95_max"} <= set(dir(ops.metrics))
        assert {"BinaryThreshold", "sitkBall"} <= set(dir(ops.simpleitk))

    def test_constants_of_simpleitk_are_its_numbers(self):
        assert ops.simpleitk.sitkBall == sitk.sitkBall

    def test_modules_are_imported_as_such(self):
        from voxlogica.ops.metrics import dice

        assert dice is ops.metrics.dice

    def test_a_function_is_pickled_by_its_name(self):
        assert pickle.loads(pickle.dumps(ops.touch)) is ops.touch
        assert pickle.loads(pickle.dumps(ops.metrics.dice)) is ops.metrics.dice

    def test_importing_it_imports_nothing_of_the_language(self):
        program = "import sys, voxlogica.ops.metrics; print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
        assert not {"numpy", "lark", "voxlogica.operators"} & set(done.stdout.split())


class TestManuals:
    def test_help_has_signature_and_manual(self):
        text = pydoc.render_doc(ops.erode, renderer=pydoc.plaintext)
        assert text.splitlines()[0].endswith("function erode in module voxlogica.ops")
        assert "The voxels of r further than n from its complement." in text

    def test_the_signature_has_names_types_and_defaults(self):
        found = inspect.signature(ops.metrics.lesions)
        assert list(found.parameters) == ["found", "truth", "least", "iou", "dilation"]
        assert found.parameters["least"].default == 1
        assert found.return_annotation == "list[float]"
        assert str(inspect.signature(ops.overlay)).startswith("(image: 'Image | NDArray[Any]', *")

    def test_several_ways_of_calling_are_all_told(self):
        text = inspect.getdoc(ops.components)
        assert "components(region: Region | NDArray[np.bool_]) -> list[Region]" in text
        assert "components(labels: Image | NDArray[Any]) -> list[Region]" in text

    def test_what_may_be_left_out_is_shown_so(self):
        found = inspect.signature(ops.arrays.dice_score)
        assert found.parameters["label"].default is not inspect.Parameter.empty

    @pytest.mark.parametrize("path", [p for p in stubs() if p.stem != "simpleitk"], ids=str)
    def test_stubs_are_what_the_declarations_say(self, path):
        """If this fails: python -m voxlogica.interface.stubs"""
        assert path.read_text(encoding="utf-8") == stubs()[path]

    def test_the_stub_of_filters_is_that_of_the_simpleitk_that_it_names(self):
        """If this fails: python -m voxlogica.interface.stubs"""
        (path,) = (p for p in stubs() if p.stem == "simpleitk")
        written, now = path.read_text(encoding="utf-8"), stub("simpleitk")
        if written.splitlines()[3] != now.splitlines()[3]:
            pytest.skip("another SimpleITK is installed than the stub is of")
        assert written == now


class TestCalling:
    def test_arguments_are_given_by_place_or_by_name(self, grey):
        a, b = grey > 0.5, grey > 0.8
        assert ops.touch(a, b) is ops.touch(b=b, a=a) is ops.touch(a, b=b)

    def test_defaults_are_filled_in_before_what_is_given_by_name(self, grey):
        a = grey > 0.5
        assert ops.metrics.lesions(a, a, dilation=2) == ops.metrics.lesions(a, a, 1, 0, 2)

    def test_of_several_ways_types_tell_which_is_meant(self, grey):
        onto = vox.image(np.zeros((3, 3, 3)), spacing=(2, 2, 2), name="onto")
        found = ops.simpleitk.Resample(grey, onto, interpolator="sitkNearestNeighbor")
        assert found.size == (3, 3, 3)
        found = ops.simpleitk.Resample(grey, size=[2, 3, 4], interpolator="sitkNearestNeighbor")
        assert found.size == (2, 3, 4)

    def test_a_seed_may_be_left_out(self, grey):
        noisy = ops.simpleitk.AdditiveGaussianNoise(grey, 1.0, 0.0, 7)
        assert noisy is ops.simpleitk.AdditiveGaussianNoise(
            grey, standardDeviation=1.0, mean=0.0, seed=7
        )

    def test_an_array_of_one_dimension_is_a_sequence(self):
        assert ops.mean(np.array([1, 2, 4.5])) == 2.5
        assert ops.sort([3, 1]) == [1, 3]

    def test_an_array_has_the_place_of_the_image_beside_it(self, grey):
        assert ops.volume(ops.and_(VALUES > 0.5, grey > 0.5)) == (VALUES > 0.5).sum()
        assert ops.mask(grey, VALUES > 0.5).spacing == (1, 1, 3)

    def test_constants_take_the_grid_of_what_they_meet_or_of_an_image(self, grey):
        assert np.array_equal((grey > 2) | (ops.x() < 3), np.asarray(ops.x(grey) < 3))

    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            (lambda a: ops.touch(a), "lacks `b`: it is called as ops.touch(a, b)"),
            (lambda a: ops.touch(), "lacks `a` and `b`: it"),
            (lambda a: ops.touch(a, a, a), "got 3 arguments: it"),
            (lambda a: ops.touch(a, a=a), "got `a` twice, by place and by name: it"),
            (lambda a: ops.touch(a, c=a), "has no argument `c`: it"),
            (lambda a: ops.tt(a), "got 1 argument: it is called as ops.tt()"),
            (
                lambda a: ops.simpleitk.Expand(a, interpolater=1),
                "has no argument `interpolater`, but `interpolator`",
            ),
            (lambda a: ops.metrics.dice(a), "ops.metrics.dice() lacks `truth`"),
        ],
    )
    def test_a_wrong_number_of_arguments_is_a_type_error_of_python(self, wrong, said, grey):
        with pytest.raises(TypeError) as raised:
            wrong(grey > 0.5)
        assert said in str(raised.value)

    def test_a_wrong_type_is_an_error_with_its_place(self, grey):
        with pytest.raises(vox.Error) as raised:
            ops.touch(grey > 0.5, 5)
        assert raised.value.text == "touch(region, 5)"
        assert raised.value.column == 15

    def test_operators_are_those_of_the_language(self, grey):
        truth = VALUES > 0.5
        assert np.array_equal(truth - (grey > 0.8), truth & ~(np.float32(0.8) < VALUES))
        assert np.allclose(2**grey, 2**VALUES)


class TestErrors:
    """They say what Python has: types, functions by their places, images by their names."""

    def told(self, wrong):
        with pytest.raises(vox.Error) as raised:
            wrong()
        return raised.value

    def test_types_are_those_of_python(self, grey):
        told = self.told(lambda: ops.touch(grey > 0.5, grey + 1))
        assert told.message == "`touch` expects a region as b, found an image of numbers"
        assert [n.message for n in told.notes] == ["touch(a: Region, b: Region) -> Region"]
        told = self.told(lambda: ops.mean(["a"]))
        assert told.message.endswith("a sequence of numbers as values, found a sequence of strings")
        assert [n.message for n in told.notes] == ["mean(values: list[float]) -> float"]

    def test_hints_can_be_written(self, grey):
        told = self.told(lambda: ops.mask(grey > 0.5, grey))
        assert told.hint == "the other way round: `ops.mask(grey, region)`"

    def test_images_without_a_name_are_told_apart(self, grey):
        told = self.told(lambda: ops.avg(grey > 0.5, grey > 0.8))
        assert told.text == "avg(region, region_2)"

    def test_images_of_other_sizes_are_told_how_to_come_onto_one_grid(self, grey):
        other = vox.image(VALUES[1:], spacing=(1, 1, 3), name="other")
        told = self.told(lambda: grey + other)
        assert told.hint.startswith("`ops.simpleitk.Resample(other, grey)` lies on the grid of")

    def test_a_long_table_is_not_told(self):
        table = [["name of a column", "name of another column"], *([1, 2] for _ in range(99))]
        told = self.told(lambda: ops.column(table, "nothing"))
        assert told.text == 'column([…], "nothing")'
