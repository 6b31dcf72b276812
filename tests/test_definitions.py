"""Program variables: what `$NAME` in a string stands for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voxlogica.language.definitions import Definitions


def test_the_longest_defined_name_is_meant():
    defined = Definitions({"NAME": "case", "NAME_2": "other", "INPUTDIR": "/in"})
    assert defined.replaced("$INPUTDIR/$NAME_flair.nii.gz") == "/in/case_flair.nii.gz"
    assert defined.replaced("$NAME_2") == "other"
    assert defined.replaced("${NAME}_2") == "case_2"


def test_values_are_text_and_not_replaced_again():
    assert Definitions({"A": "$B", "B": "b"}).replaced("$A ${B}") == "$B b"


def test_undefined_names_stay_and_can_be_asked_for():
    defined = Definitions({"A": "a"})
    assert defined.replaced("$5 $X $A") == "$5 $X a"
    assert defined.undefined("$A/$X") == "X"
    assert defined.undefined("$A/${Y_1}") == "Y_1"
    assert defined.undefined("costs $5") is None


@given(st.text())
def test_without_definitions_every_text_is_itself(text):
    assert Definitions({}).replaced(text) == text
