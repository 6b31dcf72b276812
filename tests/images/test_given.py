"""Images given as arrays are what a file of the same content would be, and stay as they are."""

from __future__ import annotations

import mmap
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.dataclass import replace
from voxlogica.engine.memory import memory_with_warnings
from voxlogica.engine.results import Report, RunError
from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage, given_image
from voxlogica.images.reading import open_image, read_image
from voxlogica.images.writing import Staging
from voxlogica.language.planning import plan_programs
from voxlogica.plan_to_report import Settings, carry_out
from voxlogica.syntax.source import Source

GRID = Geometry.of_size(4, 3, 2)
NUMBERS = [
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float32",
    "float64",
]


def counted(dtype: str = "int16", shape: tuple[int, ...] = (2, 3, 4)) -> np.ndarray:
    return (np.arange(np.prod(shape)) % 120).astype(dtype).reshape(shape)


def taken(array: np.ndarray, geometry: Geometry = GRID, **options) -> GivenImage:
    return given_image(array, geometry, "flair", **options)


def planned(text: str, **images: GivenImage):
    """A program whose loads are of arrays, by the names in their quotes."""
    return plan_programs(
        [Source("p.imgql", text)], definitions={}, dialect=None, open_image=images.__getitem__
    )


def reported(text: str, cache: Path | bool = False, **images: GivenImage) -> Report:
    """What comes of a program on arrays, with a store in a folder, if there is to be one."""
    return carry_out(
        lambda _: planned(text, **images),
        lambda plan: plan.finished(True),
        Settings(2, cache, *memory_with_warnings()),
        None,
        None,
    )


def ran(text: str, **images: GivenImage) -> dict[str, object]:
    """What a program prints of arrays."""
    return {printed.name: printed.value for printed in reported(text, **images).prints}


class TestWhatItIs:
    @pytest.mark.parametrize("dtype", NUMBERS)
    def test_types_that_files_have_are_kept(self, dtype):
        image = taken(counted(dtype)).image
        assert image.dtype == dtype
        assert np.array_equal(image.array, counted(dtype))
        assert not image.array.flags.writeable

    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("dtype", ["i2", "u4", "f8"])
    def test_byte_order_makes_no_difference(self, dtype, order):
        image = taken(counted(order + dtype))
        assert image.image.dtype == np.dtype(dtype)
        assert image.image.dtype.isnative
        assert image == taken(counted(dtype))

    def test_names_of_one_type_make_no_difference(self):
        assert taken(counted("q")) == taken(counted("l")) == taken(counted("int64"))

    def test_half_floats_become_single_ones_as_in_files(self):
        assert taken(counted("float16")) == taken(counted("float32"))

    @pytest.mark.parametrize(
        "change",
        [
            np.asfortranarray,
            lambda a: np.repeat(a, 2, axis=2)[:, :, ::2],
            lambda a: a[::-1, :, ::-1].copy()[::-1, :, ::-1],
            lambda a: a.transpose(2, 0, 1).copy().transpose(1, 2, 0),
            lambda a: np.ma.array(a),
            lambda a: np.ma.array(a, mask=np.zeros(a.shape, bool)),
            lambda a: np.broadcast_to(a, a.shape),
        ],
        ids=["fortran", "strides", "backwards", "transposed", "ma", "mask", "broadcast"],
    )
    def test_how_it_lies_in_memory_makes_no_difference(self, change):
        given = taken(change(counted()))
        assert given == taken(counted())
        assert given.image.array.flags.c_contiguous
        assert type(given.image.array) is np.ndarray

    @pytest.mark.filterwarnings("ignore:the matrix subclass")
    def test_matrices_are_pictures(self):
        matrix = np.asmatrix(counted(shape=(3, 4)))
        assert taken(matrix, Geometry.of_size(4, 3)).image.array.shape == (3, 4)

    def test_components_are_a_last_axis_and_one_is_none(self):
        assert taken(counted(shape=(2, 3, 4, 3))).components == 3
        assert taken(counted(shape=(2, 3, 4, 1))) == taken(counted())

    def test_truth_values_made_of_other_bytes_are_0_and_1(self):
        odd = np.array([[0, 1, 2, 255]], np.uint8).view(bool)
        kept = taken(odd, Geometry.of_size(4, 1)).image.array
        assert kept.view(np.uint8).tolist() == [[0, 1, 1, 1]]

    def test_a_region_is_zeros_and_ones_as_a_file(self):
        region = taken(counted() > 7)
        assert region.as_file() == taken((counted() > 7).astype(np.uint8))
        assert region.as_file() != region
        assert taken(counted()).as_file() == taken(counted())

    @pytest.mark.parametrize(
        ("array", "said"),
        [
            (counted("complex64"), "complex numbers, of type complex64"),
            (counted("O"), "Python objects, of type object"),
            (counted("U3"), "text, of type <U3"),
            (counted("S3"), "text, of type |S3"),
            (counted("int64").view("M8[s]"), "dates"),
            (counted("int64").view("m8[s]"), "spans of time"),
            (np.zeros((2, 3, 4), [("a", "i2")]), "records"),
            (counted("longdouble"), "floats of 128 bits"),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_what_is_no_number_is_refused_with_a_way_out(self, array, said):
        with pytest.raises(ImageFileError) as refused:
            taken(array)
        assert refused.value.message.startswith(f"`flair` holds {said}")
        assert refused.value.hint

    def test_masked_values_are_refused_for_there_are_none(self):
        with pytest.raises(ImageFileError, match="2 of its 24 values are masked") as refused:
            taken(np.ma.masked_less(counted(), 2))
        assert ".filled(0)" in refused.value.hint

    @pytest.mark.parametrize("shape", [(0, 3, 4), (2, 0)])
    def test_empty_arrays_are_refused(self, shape):
        with pytest.raises(ImageFileError, match="`flair` has no voxels"):
            taken(np.empty(shape), Geometry.of_size(*shape[::-1]))


class TestLaterChanges:
    """Nothing that whoever gave an array does to it later shows in an image."""

    def changed(self, array: np.ndarray, writable: np.ndarray, **options) -> bool:
        image = taken(array, **options).image
        before = image.array.copy()
        writable[...] = 99
        return not np.array_equal(before, image.array)

    def test_of_an_array(self):
        array = counted()
        assert not self.changed(array, array)

    def test_of_the_base_of_a_view_that_is_read_only(self):
        array = counted()
        view = array[:]
        view.flags.writeable = False
        assert not self.changed(view, array)

    def test_of_a_read_only_array_by_a_view_made_before(self):
        array = counted()
        view = array[:]
        array.flags.writeable = False
        assert not self.changed(array, view)

    def test_of_a_read_only_array_made_writable_again(self):
        array = counted()
        array.flags.writeable = False
        image = taken(array).image
        array.flags.writeable = True
        array[...] = 99
        assert np.array_equal(image.array, counted())

    def test_of_a_bytearray(self):
        memory = bytearray(counted().tobytes())
        array = np.frombuffer(memory, "int16").reshape(2, 3, 4)
        array.flags.writeable = False
        assert not self.changed(array, np.frombuffer(memory, "int16"))

    def test_of_a_mapped_file(self, tmp_path):
        counted().tofile(tmp_path / "a.raw")
        mapped = np.memmap(tmp_path / "a.raw", "int16", "r", shape=(2, 3, 4))
        writable = np.memmap(tmp_path / "a.raw", "int16", "r+", shape=(2, 3, 4))
        assert not self.changed(mapped, writable)

    def test_of_anonymous_shared_memory(self):
        memory = mmap.mmap(-1, counted().nbytes)
        array = np.frombuffer(memory, "int16").reshape(2, 3, 4)
        assert not self.changed(array, array)

    def test_through_the_image_there_is_none(self):
        image = taken(counted()).image
        with pytest.raises(ValueError, match="read-only"):
            image.array[0, 0, 0] = 1


class TestMemory:
    def test_bytes_are_not_copied(self):
        array = np.frombuffer(counted().tobytes(), "int16").reshape(2, 3, 4)
        assert np.shares_memory(taken(array).image.array, array)
        assert np.shares_memory(taken(array[1:], Geometry.of_size(4, 3, 1)).image.array, array)

    def test_copy_false_uses_an_array_where_it_lies(self):
        array = counted()
        assert np.shares_memory(taken(array, copy=False).image.array, array)
        assert array.flags.writeable

    def test_copy_false_copies_what_does_not_lie_as_it_must(self):
        assert taken(np.asfortranarray(counted()), copy=False) == taken(counted())

    def test_copy_true_copies_always(self):
        array = np.frombuffer(counted().tobytes(), "int16").reshape(2, 3, 4)
        assert not np.shares_memory(taken(array, copy=True).image.array, array)


class TestKnownByContent:
    @given(st.integers(0, 23), st.integers(-(2**15), 2**15 - 1))
    def test_another_value_is_another_image(self, place, value):
        other = counted()
        other.flat[place] = value
        same = counted().flat[place] == value
        assert (taken(other).digest == taken(counted()).digest) == same

    def test_type_shape_place_and_colour_are_part_of_it(self):
        nothing = np.zeros((2, 3, 4), np.uint8)
        flat = Geometry.of_size(4, 6)
        digests = [
            taken(nothing).digest,
            taken(nothing.view(bool)).digest,
            taken(nothing.view(np.int8)).digest,
            taken(nothing.reshape(6, 4), flat).digest,
            taken(nothing.reshape(4, 3, 2), Geometry.of_size(2, 3, 4)).digest,
            taken(nothing, Geometry.of_size(4, 3, 2, spacing=(1.0, 1.0, 2.0))).digest,
            taken(nothing, GRID.in_unit("um")).digest,
            taken(np.zeros((2, 3, 4, 3), np.uint8)).digest,
            taken(np.zeros((2, 3, 4, 3), np.uint8), is_colour=True).digest,
        ]
        assert len({*digests}) == len(digests)
        assert {len(digest) for digest in digests} == {16}

    def test_what_is_equal_as_a_number_may_differ_as_content(self):
        grid = Geometry.of_size(2, 1)
        assert taken(np.array([[0.0, 1.0]]), grid) != taken(np.array([[-0.0, 1.0]]), grid)
        assert taken(np.array([[np.nan, 1.0]]), grid) == taken(np.array([[np.nan, 1.0]]), grid)

    def test_the_name_is_no_part_of_it(self):
        one = taken(counted())
        assert one.called("t1").canonical() == one.canonical()
        assert (one.called("t1").path, one.called("t1").shown) == ("t1", "`t1`")

    def test_it_is_the_same_after_pickling(self):
        one = taken(counted())
        copy = pickle.loads(pickle.dumps(one))
        assert copy == one
        assert np.array_equal(copy.image.array, one.image.array)
        assert not copy.image.array.flags.writeable

    def test_the_ids_of_operations_are_the_same_in_every_process(self):
        said = """
import numpy as np
from tests.images.test_given import counted, planned, taken
plan = planned('load i = "i" print "n" volume(i >. 3)', i=taken(counted())).plan
print(*[plan.ids[p].hex() for p in plan.needed()])
"""
        outputs = {
            subprocess.run(
                [sys.executable, "-c", said],
                env={"PYTHONHASHSEED": str(seed)},
                check=True,
                capture_output=True,
                text=True,
            ).stdout
            for seed in (1, 2)
        }
        assert len(outputs) == 1
        assert len(outputs.pop().split()) > 2

    def test_the_digest_is_the_same_with_every_version(self):
        assert taken(counted()).digest.hex() == "778c5a77ea87ab1206d60e287a086ffe"

    def test_the_store_knows_an_array_by_its_content_whatever_its_name(self, tmp_path):
        # So many voxels that it is worth a look.
        large = np.random.default_rng(3).integers(0, 9, (60, 160, 160)).astype(np.uint8)
        text = 'load i = "i" print "n" volume(through(i >. 3, i >. 1))'
        place = Geometry.of_size(160, 160, 60)
        one, other = given_image(large, place), given_image(large + 1, place)
        counts = [
            reported(text, tmp_path, i=image).stats.computed
            for image in (one, one.called("t1"), other)
        ]
        assert counts[0] > counts[1] == 0
        assert counts[2] == counts[0]

    def test_nothing_that_only_reads_files_imports_the_hash(self):
        said = "import sys, voxlogica.images.given; print('xxhash' in sys.modules)"
        run = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True)
        assert run.stdout == "False\n"


class TestInPrograms:
    """An array may stand where a file stands."""

    @pytest.mark.parametrize("dtype", NUMBERS[1:])
    def test_an_array_behaves_as_the_file_of_the_same_content(self, dtype, tmp_path):
        array = counted(dtype)
        path = tmp_path / "a.mha"
        with Staging([path]) as staging:
            staging.write(path, taken(array).image)
            staging.commit()
        file = open_image(path)
        image = taken(array)
        for name in ["geometry", "components", "may_be_large", "is_colour", "channels", "frames"]:
            assert getattr(file, name) == getattr(image, name), name
        assert np.array_equal(read_image(file).array, read_image(image).array)
        text = 'load i = "i" print "n" volume(i >. 3) print "max" max(i)'
        assert ran(text, i=file) == ran(text, i=image)

    def test_a_region_is_loaded_as_a_file_of_it(self):
        region = taken(counted() > 7).as_file()
        assert ran('load i = "i" print "n" volume(i >. 0)', i=region) == {"n": 16.0}

    def test_a_colour_has_channels(self):
        colour = taken(counted("uint8", (2, 3, 4, 3)), is_colour=True)
        found = ran('load i = "i" print "r" max(red(i)) print "b" min(channel(i, 2))', i=colour)
        assert found == {"r": 69.0, "b": 2.0}

    def test_numbers_that_are_no_colour_are_told_by_name(self):
        vectors = taken(counted("float32", (2, 3, 4, 2)))
        found = planned('load i = "i" print "n" max(i)', i=vectors)
        assert "`flair` has 2 numbers a voxel, which it does not call a colour" in [
            d.message for d in found.diagnostics
        ]

    def test_a_change_of_lent_memory_is_an_error_of_the_run_at_the_load(self):
        array = counted()
        lent = replace(taken(array, copy=False), is_lent=True)
        array[0, 0, 0] = 99
        with pytest.raises(RunError, match="`flair` was changed after it was given"):
            ran('load i = "i" print "n" max(i)', i=lent)

    def test_there_is_one_channel_and_one_frame(self):
        text = 'load i = "i" print "n" max(channel(frame(i, 0), 0))'
        assert ran(text, i=taken(counted())) == {"n": 23.0}
        (said,) = planned('load i = "i" print "n" max(frame(i, 1))', i=taken(counted())).errors
        assert said.message == "`flair` has no frame 1"
