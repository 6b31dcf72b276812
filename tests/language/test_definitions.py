"""Program variables: what `$NAME` in a string stands for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica import running
from voxlogica.dialogue import Dialogue
from voxlogica.language.definitions import Definitions
from voxlogica.syntax.source import Source


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
    assert defined.undefined("$A/$X/$Y") == ["X", "Y"]
    assert defined.undefined("$A/${Y_1}") == ["Y_1"]
    assert defined.undefined("costs $5") == []


@given(st.text())
def test_without_definitions_every_text_is_itself(text):
    assert Definitions({}).replaced(text) == text


SPELLED = 'load m = "$THRESH.nii"\n'


@pytest.mark.parametrize(
    ("text", "definitions", "message", "hint"),
    [
        (SPELLED, "TRESH", "`TRESH` is set, but no program", "did you mean `-D THRESH=…`?"),
        ('print "$thresh" 1', "TRESH", "`TRESH` is set", "did you mean `-D thresh=…`?"),
        ('print "$a $b" 1', "CASE", "`CASE` is set", "what they mention: `$a`, `$b`"),
        ("// -D CASE=1", "CASE", "mentions `$CASE`", "a program mentions a variable in its str"),
        ('import "lib" print "a" 1', "X", "`X` is set", "what they mention: `$LIBRARYS`"),
    ],
)
def test_what_is_set_and_mentioned_by_no_program_is_one_error(
    text, definitions, message, hint, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    Path("lib.imgql").write_text('let f(a) = "${LIBRARYS}"')
    (said,) = running.check(Source("p.imgql", text), definitions={definitions: "3"})
    assert (said.severity, said.span) == ("error", None)
    assert message in said.message
    assert hint in said.hint
    with pytest.raises(running.VoxLogicaError, match="is set, but no program"):
        running.run(Source("p.imgql", text), definitions={definitions: "3"}, cache=False)


@pytest.mark.parametrize(
    "text",
    [
        'print "$CASE" 1',
        'print "a" $CASE',
        'let f(a) = "${CASE}s" print "a" 1',  # in a function that nobody calls
        'import "lib" print "a" 1',  # in a library
        'print "$CASE_flair" 1',  # the longest name that fits
    ],
)
def test_a_variable_is_mentioned_in_any_text_of_any_program_of_the_run(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("lib.imgql").write_text('let f(a) = "$CASE"')
    programs = [Source("p.imgql", text), Source("q.imgql", 'print "q" "$stem"')]
    assert running.check(programs, definitions={"CASE": "3", "stem": "x"}) == ()


def test_a_library_that_is_missing_may_be_what_mentions_a_variable():
    (said,) = running.check(Source("p.imgql", 'import "gone"'), definitions={"CASE": "1"})
    assert "there is no library" in said.message


def test_a_session_takes_whatever_is_set():
    with Dialogue(definitions={"CASE": "3"}, cache=False) as session:
        session.enter("1 + 1")
        (shown,) = session.enter('"$CASE"').values
        assert shown.value == "3"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ('print "$stm" 1', "did you mean `$stem`?"),
        ('print "a" "x$flename"', "did you mean `$filename`?"),
        ('print "a" "${CASES}"', None),  # the longest name that fits is `CASE`, outside brackets
        ('print "a" "$CASES"', None),
        ('print "costs $5, or $about" 1', None),
    ],
)
def test_a_variable_that_is_not_defined_stays_as_text_and_a_near_name_is_a_warning(text, hint):
    said = running.check(Source("p.imgql", text + ' print "b" "$CASE"'), definitions={"CASE": "3"})
    assert [d.severity for d in said] == ["warning"] * len(said)
    if hint:
        assert [d.hint for d in said] == [hint]
