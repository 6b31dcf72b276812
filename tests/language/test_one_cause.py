"""One cause is told once; what is wrong in the rounds of a loop is told together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.syntax.source import Source


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 5), np.uint8)), "dots.png")
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 6), np.uint8)), "dash.png")
    return tmp_path


def said(text: str):
    return running.check(Source("p.imgql", text))


ONE_CAUSE = [
    # A file that cannot be loaded has a size all the same.
    (
        'load m = "gone.png"\nprint "n" volume(tt)\nprint "d" max(dt(x <=. 0))',
        '"gone.png" does not',
    ),
    ('load m = "$NO.png"\nload n = "$NO.nii"\nprint "n" volume(tt)', "`$NO` is not defined"),
    ('load m = "gone/a.png" load n = "gone/b.png" print "n" volume(m)', "no folder"),
    (
        'import "metrics"\nload a = "dots.png"\nload b = "dash.png"\nx = red(a) > 1\n'
        'y = red(b) > 2\nprint "a" dice(x, y)\nprint "b" hd95_max(x, y)\n'
        'assert "c" dice(x, y) >= 0.5',
        "images of different sizes in one expression",
    ),
    ('load m = "${CASE_a}.png" load n = "$CASE_b.png" print "n" volume(m)', "`$CASE` is not"),
    ('load m = \nlet a = volume(border)\nprint "n" volume(tt)', "is not expected"),
    ('import "simpleitk" let m = ReadImage("gone.png") print "a" volume(tt)', '"gone.png" does'),
    # A library that is not found may be what declares a name.
    ('import "gone"\nprint "a" f(1)\nprint "b" 1 ++ h', "there is no library `gone`"),
    ('import "dangling"\nprint "a" f(1)', "which does not exist"),
    # What could not be read has no type, and no number of arguments.
    ('print "a" "text" +', "an operand is missing"),
    ('print "a" 3 + +', "an operand is missing"),
    ('print "a" 3(4) + "text"', "`3` is not a function"),
    ('print "a" () + "text"', "nothing between the brackets"),
    ('let f(a) = a +\nprint "a" f(1)\nprint "b" f("text")', "an operand is missing"),
    ('let f(a,a) = a\nprint "a" f(1, 2)', "two parameters named `a`"),
    # A name that failed fails silently wherever it is used.
    ('let f(a) = gone(a)\nprint "a" f(1)\nprint "b" f(2) + f(3)', "unknown function `gone`"),
    ('let v = gone\nprint "a" v + 1\nprint "b" v(2)\nprint "c" for i in v do i', "unknown name"),
]


@pytest.mark.parametrize(("text", "message"), ONE_CAUSE)
def test_one_cause_is_one_message(text, message, folder):
    (folder / "dangling.imgql").symlink_to("/not/mounted.imgql")
    (only,) = said(text)
    assert only.severity == "error"
    assert message in only.message


def test_two_causes_are_two_messages():
    text = 'load m = "gone.png"\nprint "a" volumme(tt)\nprint "b" 1 + "x"'
    assert len(said(text)) == 3
    assert len(said('load m = "$A/$B.png"')) == 1  # alike, at one place
    assert "`$B` is not defined" in said('load m = "$A/$B.png"')[0].notes[0].message
    assert len(said('print "a" volume(tt)')) == 1


READS = 'import "simpleitk"\n'


@pytest.mark.parametrize(
    "loop",
    [
        'for f in ["a.nii", "dots.png", "dot.png"] do max(ReadImage(f))',
        'for f in ["dots.png", "a.nii", "dot.png"] do max(ReadImage(f))',
        'fold + (for f in ["a.nii", "dot.png"] do max(ReadImage(f)))',
        'filter f in ["a.nii", "dot.png"] do max(ReadImage(f)) > 1',
        'map(max, map(ReadImage, ["a.nii", "dot.png"]))',
    ],
)
def test_what_is_wrong_in_a_loop_is_told_together(loop):
    (only,) = said(f'{READS}print "m" {loop}')
    assert only.message == '"a.nii" does not exist'
    first, note = only.notes
    number = 2 if loop.startswith('for f in ["dots') else 1
    assert first.message.startswith(f"in round {number} of ")
    assert note.message.startswith('"dot.png" does not exist; in round ')
    assert note.message.endswith('; did you mean "dots.png"?')


def test_saved_images_too():
    (only,) = said(f'{READS}save "o.nii" for f in ["a.nii", "b.nii", "dots.png"] do ReadImage(f)')
    assert (only.message, len(only.notes)) == ('"a.nii" does not exist', 2)


def test_of_many_alike_the_first_are_shown():
    (only,) = said('print "a" for i in range(1_000_000) do [1][i + 1]'.replace("_", ""))
    assert only.message.startswith("index 1 is out of range")
    assert len(only.notes) == 22
    assert only.notes[0].message == "in round 1 of 1000000, `i` = 0"
    assert only.notes[1].message.endswith("; in round 2 of 1000000, `i` = 1")
    assert only.notes[-1].message.startswith("and ")


def test_errors_of_two_kinds_in_a_loop_stay_two():
    (folder := Path("folder")).mkdir()
    files = '["gone.nii", "folder"]'
    said_of_both = said(f'{READS}print "m" for f in {files} do max(ReadImage(f))')
    assert len(said_of_both) == 2
    assert folder.is_dir()


def test_links_are_followed_to_what_is_saved_twice():
    Path("link.nii").symlink_to("a.nii")
    (said,) = running.check(Source("p", 'load m = "dots.png" save "a.nii" tt save "link.nii" ff'))
    assert said.message == "link.nii is saved twice: what is saved last remains"


def test_a_link_in_a_circle_is_told_where_it_is_named():
    Path("circle").symlink_to("circle")
    with pytest.raises(running.VoxLogicaError) as refused:
        running.run(Source("p", 'load m = "dots.png" save "circle/a.nii" m'), cache=False)
    (said,) = refused.value.diagnostics
    assert said.message == '"circle/a.nii" cannot be written: too many levels of symbolic links'
