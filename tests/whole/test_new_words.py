"""Words that came after programs were published: whoever uses one as a name of his own goes first.

A word that the language gains goes into the table.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.syntax.source import Source

# fmt: off
WORDS = (
    "param", "from", "to", "assert", "append", "spacing", "size", "origin", "unit", "mm3", "ml",
    "centroid", "bbox", "avg", "stdev", "median", "sum", "min", "max", "quantile", "sqrt",
    "log", "exp", "pow", "abs", "round", "floor", "ceil", "mean", "length", "sort",
    "components", "count_components", "objects", "column", "dice", "jaccard", "iou",
    "sensitivity", "recall", "specificity", "precision", "accuracy", "volume_similarity", "hd",
    "hd95", "hd95_max", "assd", "nsd", "lesion_sensitivity", "lesion_precision", "lesion_f1",
    "lesions", "avg0", "label_mean", "n4", "slic", "gradient", "extract", "addition",
    "subtraction", "multiplication", "division", "volume", "intensity",
)
# fmt: on
# Those in capitals are operators between operands, functions where they are called.
CAPITAL_WORDS = ("Lcc",)

# What each line prints, in its order, when `word` is the word. ImgQL 1 needs `let`.
BOTH = """
let word = 3
print "constant" word .+. 1
let last = word
print "last on a line" last
let f(word) = word .*. 2
print "parameter" f(word)
let g(x, word) = f(word) .+. x
print "second parameter" g(word, 5)
let word(x) = x .*. 10
print "function" word(2)
print "function, called with a space" word (2) .+. 1
let word(x, y) = x .-. y
print "function of two" word(7, word(3, 1))
print "word" word(1, 1)
"""
GIVEN = [4, 3, 6, 13, 20, 21, 5, 0]
TWO = """
word = 3
print "without let" word + 1
k = word
j = 2
print "last on a line, before a declaration" k + j
word(x) = x * 10
print "function without let" word(2)
print "bound" let word = 4 in word * word
print "loop" for word in [1, 2] do word + 1
print "filtered" filter word in [1, 2, 3] do word > 1
print "mapped" map(word, [1, 2])
print "folded" fold + (let word = [5, 6] in word)
word = [7, 8]
print "sequence" word[1] + fold + word
"""
GIVEN_TWO = [4, 5, 20, 16, [2, 3], [2, 3], [10, 20], 11, 23]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def given_by(text: str, dialect: int) -> list[object]:
    report = running.run(Source("p.imgql", text), dialect=dialect, cache=False)
    assert report.diagnostics == ()
    return [printed.value for printed in report.prints]


@pytest.mark.parametrize("word", WORDS)
def test_a_new_word_is_what_a_program_declares_it_to_be(word):
    assert given_by(BOTH.replace("word", word), 1) == GIVEN
    assert given_by((BOTH + TWO).replace("word", word), 2) == [*GIVEN, *GIVEN_TWO]


@pytest.mark.parametrize("word", CAPITAL_WORDS)
@pytest.mark.parametrize("reading", [1, 2])
def test_a_new_word_in_capitals_is_also_an_operator_of_the_programs_own(word, reading):
    text = """
let word = 3
print "constant" 1 .+. word
let word(x) = x .*. 10
print "function" word(2)
print "prefix" word 3
let word(x, y) = x .-. y
print "operator" 4 word 10
print "called" word(7, 2)
"""
    assert given_by(text.replace("word", word), reading) == [4, 20, 30, -6, 5]


@pytest.mark.parametrize("reading", [1, 2])
@pytest.mark.parametrize("word", WORDS)
def test_a_new_word_may_be_an_image_or_a_function_of_a_library(word, reading):
    sitk.WriteImage(sitk.GetImageFromArray(np.array([[1, 2, 9]], np.float32)), "a.nii")
    Path("lib.imgql").write_text(f"let {word}(x) = x >. 1\nlet other(x) = maxvol({word}(x))")
    text = f"""
load {word} = "a.nii"
let v = intensity({word})
save "out/{word}.nii" v
import "lib"
save "out/region.nii" {word}(v)
save "out/other.nii" other(v)
"""
    if word == "intensity":
        text = text.replace("intensity(intensity)", "red(intensity)")
    given_by(text, reading)
    read = [sitk.GetArrayFromImage(sitk.ReadImage(f"out/{f}.nii")) for f in (word, "other")]
    np.testing.assert_array_equal(read, [[[1, 2, 9]], [[0, 1, 1]]])
    assert Path("out/region.nii").exists()
