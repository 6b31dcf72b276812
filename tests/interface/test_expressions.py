"""Expressions in Python mean what the same text means, whatever is looked at on the way."""

import gc
import itertools
import pickle
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import voxlogica as vox
from voxlogica.images.image import Image
from voxlogica.interface.computing import carried_out, value_of
from voxlogica.interface.image import apply
from voxlogica.language import formulas
from voxlogica.language.formulas import Formula, below, workplan

CHOICE = np.random.default_rng(7)
GREY = CHOICE.integers(0, 6, (5, 6, 7)).astype(np.float32)
WHOLE = CHOICE.integers(-3, 4, (5, 6, 7)).astype(np.int16)
TRUTH = CHOICE.random((5, 6, 7)) > 0.6
SPACING = (1.0, 1.5, 3.0)


def pickled(image):
    return pickle.loads(pickle.dumps(image + 2))


@pytest.fixture(scope="module")
def images():
    return {
        "grey": vox.image(GREY, spacing=SPACING, name="grey"),
        "whole": vox.image(WHOLE, spacing=SPACING, name="whole"),
        "truth": vox.image(TRUTH, spacing=SPACING, name="truth"),
    }


@pytest.fixture(scope="module")
def session(images):
    with vox.Session(**images, cache=False) as session:
        yield session


# An expression is its text, and what makes it of images and a function that may look at values.
NUMBERS = st.sampled_from([0, 1, 2.5, -1])


@st.composite
def valuations(draw, depth=3):
    if depth == 0 or draw(st.booleans()):
        name = draw(st.sampled_from(["grey", "whole"]))
        return name, lambda images, look: images[name]
    kind = draw(st.integers(0, 4))
    text_a, a = draw(valuations(depth=depth - 1))
    text_b, b = draw(valuations(depth=depth - 1))
    made = [
        (f"({text_a} + {text_b})", lambda i, look: look(a(i, look)) + look(b(i, look))),
        (f"({text_a} - {text_b})", lambda i, look: look(a(i, look)) - look(b(i, look))),
        (f"({text_a} * 2)", lambda i, look: look(a(i, look)) * 2),
        (f"abs({text_a})", lambda i, look: abs(look(a(i, look)))),
        (f"intensity({text_a})", lambda i, look: apply("intensity", (look(a(i, look)),))),
    ]
    return made[kind]


@st.composite
def regions(draw, depth=3):
    if depth == 0:
        return "truth", lambda images, look: images["truth"]
    kind = draw(st.integers(0, 7))
    if kind == 0:
        text, value = draw(valuations(depth=depth - 1))
        number = draw(NUMBERS)
        sign = draw(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]))
        compare = {
            "<": lambda v: v < number,
            "<=": lambda v: v <= number,
            ">": lambda v: v > number,
            ">=": lambda v: v >= number,
            "==": lambda v: v == number,
            "!=": lambda v: v != number,
        }[sign]
        return f"({text} {sign} {number})", lambda i, look: compare(look(value(i, look)))
    text_a, a = draw(regions(depth=depth - 1))
    text_b, b = draw(regions(depth=depth - 1))
    made = [
        (f"({text_a} & {text_b})", lambda i, look: look(a(i, look)) & look(b(i, look))),
        (f"({text_a} | {text_b})", lambda i, look: look(a(i, look)) | look(b(i, look))),
        (f"(!{text_a})", lambda i, look: ~look(a(i, look))),
        (f"xor({text_a}, {text_b})", lambda i, look: look(a(i, look)) ^ look(b(i, look))),
        (f"({text_a} \\ {text_b})", lambda i, look: look(a(i, look)) - look(b(i, look))),
        (f"grow({text_a}, {text_b})", lambda i, look: apply("grow", (a(i, look), b(i, look)))),
        (f"near({text_a})", lambda i, look: apply("near", (look(a(i, look)),))),
    ]
    return made[kind - 1]


class TestMeaning:
    @settings(max_examples=60, deadline=None)
    @given(st.one_of(regions(), valuations()), st.data())
    def test_an_expression_is_what_its_text_is(self, images, session, both, data):
        text, made = both

        def look(image):
            if data.draw(st.booleans()):
                assert image.array.shape == GREY.shape
            return image

        found = made(images, look)
        wanted = session(text)
        assert type(found) is type(wanted)
        np.testing.assert_array_equal(found.array, wanted.array)
        assert found.spacing == wanted.spacing == SPACING

    def test_an_image_has_the_name_that_it_was_given_whatever_equals_it(self):
        named, unnamed = vox.image(GREY + 9, name="flair"), vox.image(GREY + 9)
        assert (named.name, unnamed.name) == ("flair", "")

    def test_equal_expressions_are_one_computation(self, images):
        a, b = images["grey"] > 2, images["grey"] > 2
        assert a is b
        assert np.shares_memory(a.array, b.array)

    def test_whole_numbers_are_compared_exactly_before_and_after_being_looked_at(self):
        large = vox.image(np.array([[2**24, 2**24 + 1], [0, 1]], np.int32))
        numbers = apply("intensity", (large,))
        before = (numbers == 2**24 + 1).array.sum()
        with pytest.warns(vox.DoubtWarning, match="beyond 16777216"):
            assert numbers.array.dtype == np.float32
        gc.collect()
        assert (numbers == 2**24 + 1).array.sum() == before == 1

    def test_labels_that_float32_runs_together_are_told_of_beside_what_is_no_number(self):
        labels = vox.image(np.array([[np.nan, 2.0**24 + 1]]))
        with pytest.warns(vox.DoubtWarning, match="1 voxel holds .* 16777217 for 16777216"):
            assert vox.ops.max(labels + 0, labels > 0) == 2.0**24

    def test_the_negative_of_zero_is_as_in_a_text(self):
        zeros = vox.image(np.zeros((2, 3)))
        with vox.Session(k=zeros) as s:
            np.testing.assert_array_equal(np.signbit((-zeros).array), np.signbit(s("-k").array))

    def test_labels_stay_labels(self, images, tmp_path):
        import SimpleITK

        labels = apply("lcc", (images["truth"],))
        labels.array  # noqa: B018
        labels.save(tmp_path / "labels.nii.gz")
        saved = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(str(tmp_path / "labels.nii.gz")))
        assert saved.dtype.kind == "u"
        np.testing.assert_array_equal(saved, labels.array)

    def test_labels_stay_labels_whoever_gives_them(self, images, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        labels = apply("lcc", (images["truth"],))
        done = vox.run(text='save "l.nii.gz" lcc(truth)', truth=images["truth"], cache=False)
        done.images["l"].save("of_a_run.nii.gz")
        with vox.Session(truth=images["truth"], cache=False) as session:
            session("lcc(truth)").save("of_a_session.nii.gz")
        vox.run(text='save "given.nii.gz" l', l=labels, cache=False)
        pickle.loads(pickle.dumps(labels)).save("pickled.nii.gz")
        for name in ("of_a_run", "of_a_session", "given", "pickled"):
            assert vox.read(f"{name}.nii.gz").dtype == np.uint8, name

    def test_an_argument_may_come_twice(self, images):
        a, b = images["grey"], images["grey"] + 1
        np.testing.assert_array_equal(apply("divZ", (b, b, a)).array, np.ones_like(GREY))
        assert apply("rgb", (a, a, b)).array[..., 1].tolist() == GREY.astype(np.uint8).tolist()

    def test_whole_numbers_that_no_float_is_are_refused(self, images):
        with pytest.raises(ValueError, match="float64"):
            assert images["whole"] == 2**53 + 1

    def test_numbers_beside_images_may_be_of_numpy(self, images):
        grey = images["grey"]
        for number in (2, 2.0, np.float32(2), np.int64(2), np.array(2)):
            np.testing.assert_array_equal((grey > number).array, GREY > 2)
            np.testing.assert_array_equal((number < grey).array, GREY > 2)
            np.testing.assert_array_equal((number + grey).array, GREY + 2)

    def test_an_array_of_the_same_size_lies_in_the_same_place(self, images):
        found = images["truth"] & ~TRUTH
        assert not found.array.any()
        assert found.spacing == SPACING
        assert (TRUTH & images["truth"]).array.sum() == TRUTH.sum()

    def test_an_array_of_another_size_is_an_error(self, images):
        with pytest.raises(vox.Error, match="different sizes"):
            images["truth"] & TRUTH[1:]


class TestLooking:
    def test_nothing_is_computed_before(self, images):
        made = (images["grey"] > 1) & (images["grey"] < 4)
        assert made._formula.value is None
        assert made.size == (7, 6, 5)
        assert made._formula.value is None

    def test_arrays_are_read_only_and_no_copies(self, images):
        array = (images["grey"] > 1).array
        with pytest.raises(ValueError, match="read-only"):
            array[:] = True
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
        assert np.shares_memory(np.asarray(images["grey"]), images["grey"].array)
        mine = np.array(images["grey"])
        mine[:] = 0
        assert images["grey"].array.any()

    @pytest.mark.parametrize(
        "make", [lambda i: i, lambda i: i + 1, pickled], ids=["given", "computed", "pickled"]
    )
    def test_nobody_can_make_an_array_writable(self, images, make):
        array = make(images["grey"]).array
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.setflags(write=True)

    def test_memory_that_is_lent_stays_its_owners(self):
        lent = GREY.copy()
        owned, image = vox.image(lent), vox.image(lent, copy=False)
        assert np.shares_memory(image.array, lent)
        same = apply("intensity", (image,))
        made = image + 1
        assert made.array.sum() == GREY.sum() + GREY.size
        assert same.array.sum() == GREY.sum()
        assert lent.flags.writeable
        lent[:] = 0
        assert (made.array - 1).tolist() == same.array.tolist() == owned.array.tolist()
        np.testing.assert_array_equal((owned * 2).array, GREY * 2)

    def test_lent_memory_that_was_changed_is_an_error_of_whoever_needs_it(self):
        lent = GREY + 7
        given = vox.image(lent, copy=False)
        made = given * 2
        lent[0] = 0
        for look in (
            lambda: given.array,
            lambda: made.array,
            lambda: vox.Session(k=given),
            lambda: vox.Session(k=made),
            lambda: vox.run(text='print "top" max(k)', k=given),
        ):
            with pytest.raises(vox.Error, match="was changed after it was given"):
                look()
        np.testing.assert_array_equal((vox.image(GREY + 7) * 2).array, GREY * 2 + 14)

    def test_of_equal_memory_that_is_lent_twice_only_one_need_stay_as_it_is(self):
        one, other = GREY + 8, GREY + 8
        a, b = vox.image(one, copy=False), vox.image(other, copy=False)
        one[:] = 0
        assert b.array.sum() == (b + 1).array.sum() - GREY.size == other.sum()
        assert vox.run(text='print "top" max(k)', k=b)["top"] == other.max()
        other[:] = 0
        for image in (a, b, b * 3):
            with pytest.raises(vox.Error, match="was changed after it was given"):
                assert image.array is None

    def test_what_was_computed_is_let_go_of_when_nobody_has_it(self, images):
        made = images["grey"] * 3 + 1
        formula = made._formula
        value_of(formula)
        assert not [*below([formula])]
        assert formula.arguments == ()

    @pytest.mark.filterwarnings("error")
    def test_repr_tells_type_size_spacing_and_range(self, images):
        assert repr(images["grey"]) == "<Image 7×6×5 of 1×1.5×3 mm, float32, 0 to 5>"
        count = int(TRUTH.sum())
        told = f"<Region 7×6×5 of 1×1.5×3 mm, {count} of 210 voxels true>"
        assert repr(images["truth"]) == told
        flags = vox.image(np.ones((6, 7, 3), bool), axes="yxc")
        assert repr(flags) == "<Image 7×6, 126 of 126 numbers of voxels true>"
        some = np.array([[np.nan, 2, 3]] * 2)
        assert repr(vox.image(some)) == "<Image 3×2, float64, 2 to 3>"
        assert repr(vox.image(some[:, :1] * [1, 1])) == "<Image 2×2, float64, nan to nan>"

    def test_an_image_is_neither_true_nor_false(self, images):
        with pytest.raises(TypeError, match="neither true nor false"):
            assert images["truth"]
        with pytest.raises(TypeError, match="`&`"):
            images["truth"] and images["grey"]

    def test_threads_may_look_at_one_image(self, images):
        made = apply("grow", (images["truth"], images["grey"] > 2))
        with ThreadPoolExecutor(8) as pool:
            arrays = list(pool.map(lambda _: made.array, range(16)))
        assert all(np.array_equal(arrays[0], other) for other in arrays)

    def test_another_thread_may_finish_an_image_at_any_line_of_planning_with_it(self):
        codes = {formulas.workplan.__code__, Formula.facts.fget.__code__, formulas.below.__code__}
        for moment in itertools.count(1):
            grey = vox.image(GREY + moment)
            middle, lines = grey + 1, 0
            top, value = middle * 2, Image(GREY + moment + 1, grey._geometry)

            def finish(frame, event, _, middle=middle, value=value, moment=moment):
                nonlocal lines
                if frame.f_code not in codes:
                    return None
                lines += event == "line"
                if event == "line" and lines == moment:
                    middle._formula.keep(value)
                return finish

            tracing = sys.gettrace()
            sys.settrace(finish)
            try:
                facts, needed = middle._formula.facts, [*below([top._formula])]
                plan = workplan([top._formula])
            finally:
                sys.settrace(tracing)
            (found,) = carried_out(plan)
            np.testing.assert_array_equal(found.array, GREY * 2 + 2 * moment + 2)
            assert facts == (vox.image(GREY) + 1)._formula.facts
            assert top._formula in needed
            if lines < moment:
                break
        assert moment > 20

    def test_what_rests_on_a_filter_may_be_gone_on_with(self, images):
        median = vox.ops.simpleitk.Median(images["grey"], [1, 1, 1])
        twice = median + 1 + 1
        np.testing.assert_array_equal(twice.array, median.array + 2)
        cast = vox.ops.simpleitk.Cast(twice > 3, "sitkFloat64")
        both = (cast + 1 > 1) & (images["grey"] > 2)
        np.testing.assert_array_equal(both.array, (median.array > 1) & (GREY > 2))

    def test_pickles_have_values(self, images):
        for image in (images["grey"] + 1, images["truth"]):
            again = pickle.loads(pickle.dumps(image))
            np.testing.assert_array_equal(again.array, image.array)
            assert (again.spacing, type(again)) == (image.spacing, type(image))


class TestHabitsOfNumpy:
    @pytest.mark.parametrize("name", ["max", "astype", "T", "ravel"])
    def test_what_only_an_array_has_is_told_to_be_the_array_s(self, name):
        with pytest.raises(AttributeError, match=f"its array has, `image.array.{name}`"):
            getattr(vox.image(np.zeros((3, 4))), name)

    def test_so_is_an_index(self):
        with pytest.raises(TypeError, match=r"`image.array\[…\]`"):
            vox.image(np.zeros((3, 4)))[1]

    def test_what_neither_has_is_not(self):
        with pytest.raises(AttributeError, match=r"an image has no `colour`$"):
            vox.image(np.zeros((3, 4))).colour  # noqa: B018


class TestRefused:
    def test_types_are_checked_where_the_expression_is_written(self, images):
        with pytest.raises(vox.Error, match="expects") as refused:
            apply("touch", (images["truth"], 3))
        assert "touch(truth, 3)" in str(refused.value)

    def test_the_logic_of_regions_is_not_of_numbers(self, images):
        with pytest.raises(vox.Error, match=r"`\(grey > 0\) & \(whole > 0\)`"):
            images["grey"] & images["whole"]
        with pytest.raises(vox.Error, match=r"`!\(grey > 0\)`"):
            ~images["grey"]

    def test_comparisons_without_brackets_are_told_as_such(self, images):
        with pytest.raises(TypeError, match=r"`\(image > 1\) & \(image < 2\)`"):
            assert images["grey"] > 1 & images["grey"] < 4

    def test_axes_in_reverse_are_told_as_such(self, images):
        with pytest.raises(vox.Error, match="axes of the other in reverse"):
            images["truth"] & TRUTH.T

    def test_a_name_that_is_no_parameter_is_told_once(self, images):
        with pytest.raises(vox.Error, match=r"(?s)no parameter.*`param t = …`") as refused:
            vox.run(text='print "n" volume(grey > t)', grey=images["grey"], t=3)
        assert len(refused.value.diagnostics) == 1

    def test_a_comment_of_python_is_none(self, session):
        for text in ("# comment\nlet b = 1", "# comment\n1 + 1", "# comment"):
            with pytest.raises(vox.Error, match="`//`"):
                session(text)

    def test_no_image_is_none(self, images):
        assert (images["grey"] == None) is False  # noqa: E711
        assert (images["grey"] != None) is True  # noqa: E711

    def test_images_are_not_made_by_their_class(self):
        with pytest.raises(TypeError, match=r"voxlogica.image"):
            vox.Image(GREY)


class TestDoubts:
    """What a program is warned of, expressions are."""

    def test_arguments_out_of_sense_are_told_where_they_stand(self, images):
        with pytest.warns(vox.DoubtWarning, match="`distleq` by 0.5 is less than a voxel"):
            vox.ops.distleq(0.5, images["truth"])
        with pytest.warns(vox.DoubtWarning, match="from 0 to 1"):
            vox.ops.percentiles(images["grey"], images["truth"], 2)

    def test_ranks_outside_of_their_region_are_told_when_they_count(self, images):
        low = vox.ops.percentiles(images["grey"], images["truth"], 0) < 0.1
        with pytest.warns(vox.DoubtWarning, match="the rank of what is outside"):
            vox.ops.volume(low)


@pytest.mark.parametrize("way", ["run", "cases", "session"])
def test_an_array_that_is_given_beside_an_image_has_its_place(way):
    scan = vox.image(np.ones((3, 4, 5), np.float32), spacing=(1, 2, 3), origin=(7, 8, 9))
    given = {"truth": np.ones((3, 4, 5), np.bool_), "scan": scan}
    text = 'print "ml" ml(truth)\nprint "meet" volume(truth & scan > 0)'
    done = {
        "run": lambda: vox.run(text=text, dialect=2, **given),
        "cases": lambda: next(vox.cases(text=text, dialect=2, cases=[given])),
        "session": lambda: vox.Session(dialect=2, **given)(text),
    }[way]()
    assert {**done} == {"ml": 0.36, "meet": 60}


class TestFiles:
    """Images of files are read when they are looked at: from any file of the same content."""

    @pytest.fixture(autouse=True)
    def saved(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        # A content that no other image has: what is computed stays as long as anybody has it.
        self.voxels = GREY + CHOICE.random()
        vox.image(self.voxels).save("a.mha")

    def test_are_read_from_where_they_are_now(self):
        before = vox.read("a.mha")
        Path("a.mha").rename("b.mha")
        after = vox.read("b.mha")
        assert (after + 1).array.max() == (self.voxels + 1).max()
        assert np.array_equal(after.array, self.voxels)
        assert before is after or np.array_equal(before.array, self.voxels)

    @pytest.mark.parametrize("gone", ["a.mha", "b.mha"])
    def test_of_two_that_are_equal_one_is_enough(self, gone):
        shutil.copy("a.mha", "b.mha")
        images = vox.read("a.mha"), vox.read("b.mha")
        Path(gone).unlink()
        for image in images:
            assert np.array_equal(image.array, self.voxels)

    def test_that_are_gone_are_to_be_read_again(self):
        image = vox.read("a.mha")
        Path("a.mha").unlink()
        with pytest.raises(vox.Error, match=r"changed, moved or deleted after it was read") as told:
            assert image.array is None
        assert told.value.hint == "read it again"
