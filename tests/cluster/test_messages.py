"""Bytes that are no message of ours, or not as they were written, are told as that."""

from __future__ import annotations

import struct
from typing import Any

import msgpack
import pytest
import xxhash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cluster.by_post import errand, for_others, planned_as
from voxlogica.cluster.errands import Answer, Failure, OperationDone, Saved, Sent
from voxlogica.cluster.messages import Packing, TravelError, Unpacking, packed_texts, texts_of
from voxlogica.cluster.travelling import answer_of, encoded_answer, encoded_errand, errand_of
from voxlogica.images.arrays import np
from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import given_image
from voxlogica.images.image import Image
from voxlogica.images.reading import ImageFile
from voxlogica.images.saving import Written
from voxlogica.language.formulas import HeldValue
from voxlogica.language.operations import Form, Kind
from voxlogica.language.workplan import Ask, Save, WorkPlan
from voxlogica.operators import namespace, registry
from voxlogica.operators.literals import HELD, LOAD
from voxlogica.operators.signature import NUMBER, VALUATION, sequence_of
from voxlogica.remarks import EmptyRule, Remark
from voxlogica.syntax.source import Source, Span

NOWHERE = Span(Source("", ""), 0, 0)
GEOMETRY = Geometry((4, 3), (1.0, 0.5), (0.0, -0.0), (1.0, 0.0, 0.0, 1.0), "um")
VALUES = Image(np.arange(12, dtype=np.float32).reshape(3, 4), GEOMETRY)
FILE = ImageFile("/data/a.png", b"d" * 32, "png", GEOMETRY, 1, (), (), [], lambda *_: np.zeros(12))


def opened(path: str) -> ImageFile:
    if path != FILE.path:
        raise ImageFileError(f"{path} is not there")
    return FILE


def plan_of_all_kinds() -> WorkPlan:
    """One with every kind of constant, and of space."""
    text = """
        import "simpleitk"
        print "list" [1, 2.5, true, "text", 3 .+. 4]
    """
    plan = for_others(planned_as(text).finished(True).plan)
    place = plan.places[0]
    file = plan.add(LOAD, (), (FILE,), GEOMETRY, place)
    array = given_image(np.arange(12, dtype=np.int16).reshape(3, 4), GEOMETRY, "k")
    given = plan.add(LOAD, (), (array,), GEOMETRY, place)
    (smooth,) = (o for o in namespace("simpleitk")["Median"] if len(o.parameters) == 2)
    filtered = plan.add(smooth, (file, 0), (), None, place)
    numbers = plan.add(registry()["intensity"][0], (file,), (), GEOMETRY, place)
    above = plan.add(registry()[".<="][0], (0, numbers), (), GEOMETRY, place)
    form = Form(VALUATION, GEOMETRY, True)
    held = plan.add_of(
        Kind.of(HELD, 0, (HeldValue(VALUES),), form), (), place.span, None, b"h" * 32
    )
    listed = Form(sequence_of(NUMBER), None, False)
    few = Kind.of(HELD, 0, (HeldValue([1.0, [True, "x"], float("nan")]),), listed)
    few_at = plan.add_of(few, (), place.span, None, b"l" * 32)
    border = plan.add(registry()["border"][0], (), (GEOMETRY,), GEOMETRY, place)
    both = plan.add(registry()["and"][0], (border, above), (), GEOMETRY, place)
    plan.goals += [Ask(p, place.span) for p in (filtered, held, few_at, both)]
    plan.goals += [Save(f"/out/{p}.nii.gz", p, place.span, True, False, p) for p in (file, given)]
    return plan


ERRAND = encoded_errand(errand(plan_of_all_kinds()))
WRITTEN = Written("a.nii", 0.0, 1.0, ("doubt",), "unkept")
SAVED = Saved(WRITTEN, ("/h/1.nii",), (Sent("1.nii", b"abc"),))
ANSWER = encoded_answer(
    Answer(
        "host:1",
        (1.5, [True, ["x", VALUES]], SAVED),
        (OperationDone(0, 0.5, "computed", 0.25, "t"), OperationDone(-1, 0.5, "stored", 0.25, "t")),
        ((1, (Remark("m", None), EmptyRule("both"))),),
        (("/a", 1, b"digest"),),
        ((2, SAVED),),
        Failure(3, "m", None, True, "trace"),
    )
)
READERS = {"errand": lambda message: errand_of(message, opened), "answer": answer_of}
MESSAGES = {"errand": ERRAND, "answer": ANSWER}
subjects = st.sampled_from(sorted(MESSAGES))
hundreds = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def parts_of(message: bytes) -> tuple[bytes, bytes, bytes]:
    """What comes before the digest; the document; what is large."""
    begin = 7 + message[6]
    (length,) = struct.unpack_from("<Q", message, begin + 16)
    document = begin + 24
    return message[:begin], message[document : document + length], message[document + length :]


def sealed(start: bytes, document: bytes, large: bytes) -> bytes:
    """A message whose digest is right, whatever is in it."""
    rest = struct.pack("<Q", len(document)) + document + large
    return start + xxhash.xxh3_128(rest).digest() + rest


def refused_or_read(subject: str, message: bytes) -> None:
    try:
        READERS[subject](message)
    except TravelError as refused:
        assert refused.message


def test_these_messages_are_read() -> None:
    for subject, message in MESSAGES.items():
        assert sealed(*parts_of(message)) == message
        READERS[subject](message)


@hundreds
@given(subjects, st.data())
def test_a_message_of_which_a_byte_is_another_is_damaged(subject, data):
    message = MESSAGES[subject]
    at = data.draw(st.integers(0, len(message) - 1))
    other = data.draw(st.integers(1, 255))
    changed = message[:at] + bytes([message[at] ^ other]) + message[at + 1 :]
    with pytest.raises(TravelError):
        READERS[subject](changed)


@given(subjects, st.data())
def test_a_message_that_is_cut_short_or_goes_on_is_damaged(subject, data):
    message = MESSAGES[subject]
    with pytest.raises(TravelError, match="damaged"):
        READERS[subject](message[: data.draw(st.integers(0, len(message) - 1))])
    with pytest.raises(TravelError, match="damaged"):
        READERS[subject](message + data.draw(st.binary(min_size=1)))


@given(subjects, st.binary())
def test_any_bytes_are_damaged(subject, some):
    with pytest.raises(TravelError, match="damaged"):
        READERS[subject](some)


@hundreds
@given(subjects, st.data())
def test_a_document_of_which_bytes_are_others_is_refused_or_read(subject, data):
    start, document, large = parts_of(MESSAGES[subject])
    changed = bytearray(document + large)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at] = data.draw(st.integers(0, 255))
    cut = len(document)
    refused_or_read(subject, sealed(start, bytes(changed[:cut]), bytes(changed[cut:])))


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=40)
)
anything = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@hundreds
@given(subjects, st.data())
def test_a_document_with_something_else_in_some_place_is_refused_or_read(subject, data):
    replaced(subject, data)


@pytest.mark.slow
@settings(hundreds, max_examples=5_000)
@given(subjects, st.data())
def test_many_documents_with_something_else(subject, data):
    replaced(subject, data)


def replaced(subject: str, data: st.DataObject) -> None:
    start, document, large = parts_of(MESSAGES[subject])
    tree = msgpack.unpackb(document)
    for _ in range(data.draw(st.integers(1, 2))):
        tree = changed(tree, data)
    refused_or_read(subject, sealed(start, msgpack.packb(tree), large))


def changed(tree: Any, data: st.DataObject) -> Any:
    """The same with something else at some place in it."""
    if isinstance(tree, list) and tree and data.draw(st.integers(0, 9)):
        at = data.draw(st.integers(0, len(tree) - 1))
        what = data.draw(st.sampled_from(("within", "within", "within", "gone", "twice", "moved")))
        other = data.draw(st.integers(0, len(tree) - 1))
        new = {
            "within": lambda: [*tree[:at], changed(tree[at], data), *tree[at + 1 :]],
            "gone": lambda: [*tree[:at], *tree[at + 1 :]],
            "twice": lambda: [*tree[:at], tree[at], *tree[at:]],
            "moved": lambda: [*tree[:at], tree[other], *tree[at + 1 :]],
        }
        return new[what]()
    return data.draw(anything)


@pytest.mark.parametrize("what", [b"\xc7\x03\x01abc", b"\xd6\xff\0\0\0\0", b"\xdd\xff\xff\xff\xff"])
def test_types_of_others_and_lengths_that_are_none_are_damage(what: bytes) -> None:
    start, _, _ = parts_of(ERRAND)
    for document in (what, b"\x93\x90\x90" + what, b"\x91" * 3000 + what):
        with pytest.raises(TravelError, match="damaged"):
            errand_of(sealed(start, document, b""), opened)


@pytest.mark.parametrize("subject", MESSAGES)
def test_of_another_version_both_are_told(subject: str) -> None:
    start, document, large = parts_of(MESSAGES[subject])
    number, version = start[4:6], start[7:]
    for other in (
        start[:4] + struct.pack("<H", 9) + start[6:],
        start[:4] + number + bytes([len(version) + 2]) + version + b".9",
    ):
        with pytest.raises(TravelError) as told:
            READERS[subject](sealed(other, document, large))
        assert ("worker has" in told.value.message) == (subject == "answer")
        assert "install the same" in (told.value.hint or "")


def test_an_errand_is_no_answer() -> None:
    with pytest.raises(TravelError, match=r"an answer .* is damaged"):
        answer_of(ERRAND)


def test_an_operator_that_is_not_known_or_of_another_revision_is_told_by_its_name() -> None:
    start, document, large = parts_of(ERRAND)
    for old, new, message in (
        (b"\xaasimpleitk.", b"\xaasimpletik.", "does not know the operator `simpletik.Median`"),
        (b"\xaaand", b"\xaaarm", "does not know the operator `arm`"),
    ):
        old, new = (text.removeprefix(b"\xaa") for text in (old, new))
        assert document.count(old) == 1
        with pytest.raises(TravelError, match=message):
            errand_of(sealed(start, document.replace(old, new), large), opened)
    tree = msgpack.unpackb(document)
    operators = tree[2][0][0]
    for operator in operators:
        if operator[1] in ("simpleitk.Median", "and"):
            operator[2] += 1
            with pytest.raises(
                TravelError, match=f"`{operator[1]}` is another at a worker"
            ) as told:
                errand_of(sealed(start, msgpack.packb(tree), large), opened)
            hint = told.value.hint or ""
            assert ("SimpleITK" in hint) == (operator[1] != "and")
            operator[2] -= 1


def test_what_a_file_is_has_to_agree() -> None:
    for other, message in (
        ({"digest": b"e" * 32}, "another content"),
        ({"kind": "bmp"}, "another image .*: as bmp, not png"),
        (
            {"geometry": Geometry.of_size(4, 3)},
            r"another image .*: its spacing is \(1.0, 1.0\), not \(1.0, 0.5\)",
        ),
    ):
        values = {name: getattr(FILE, name) for name in ImageFile.__match_args__} | other
        with pytest.raises(TravelError, match=message) as told:
            errand_of(ERRAND, lambda path, values=values: ImageFile(**values))
        assert told.value.file == FILE.path
    with pytest.raises(TravelError, match="is not there"):
        errand_of(ERRAND, lambda path: opened("other"))


def test_what_is_wrong_with_who_opens_files_is_no_damage() -> None:
    def broken(path: str) -> ImageFile:
        raise KeyError(path)

    with pytest.raises(KeyError):
        errand_of(ERRAND, broken)


def test_texts_say_what_they_share_with_the_one_before() -> None:
    paths = ("/data/case_1/a.nii", "/data/case_1/b.nii", "/data/case_2/a.nii", "", "x", "x")
    row = packed_texts(paths)
    assert row[:4] == [0, "/data/case_1/a.nii", 13, "b.nii"]
    assert texts_of(row) == paths
    for wrong in ([1, "x"], [0], [0, b"x"], [-1, "x"], [0, "ab", 3, ""], [True, "x"]):
        with pytest.raises(ValueError, match=r"."):
            texts_of(wrong)


@given(st.lists(st.text(alphabet="ab/\udc80é", max_size=12)))
def test_any_texts_come_back(texts):
    assert list(texts_of(packed_texts(texts))) == texts


def test_frames_may_lie_anywhere_in_memory() -> None:
    for shift in range(4):
        view = memoryview(bytearray(b"x" * shift + ANSWER))[shift:]
        array = answer_of(view).values[1][1][1].array  # type: ignore[arg-type]
        assert array.flags.aligned
        assert not array.flags.writeable
        assert np.array_equal(array, VALUES.array)


def test_large_ones_are_taken_in_order_and_all_of_them() -> None:
    packing = Packing()
    packing.large += [b"one", b"", b"three"]
    unpacking = Unpacking("answer", packing.sealed("answer", []))
    assert [unpacking.large() for _ in range(2)] == [b"one", b""]
    with pytest.raises(ValueError, match="more"):
        unpacking.end()
    unpacking = Unpacking("answer", packing.sealed("answer", []))
    assert [unpacking.large() for _ in range(3)] == [b"one", b"", b"three"]
    unpacking.end()
    with pytest.raises(ValueError, match="less"):
        unpacking.large()
