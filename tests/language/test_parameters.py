"""Parameters: their declarations, what they may be set to, and what is said where that is wrong."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica import running
from voxlogica.dialogue import Dialogue
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.printer import literal_text, value_text
from voxlogica.syntax.source import Source


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def source(text: str, name: str = "p.imgql") -> Source:
    return Source(name, text)


def printed(text: str, **definitions: object) -> list[object]:
    report = running.run(source(text), definitions=definitions, cache=False)
    assert report.diagnostics == ()
    return [p.value for p in report.prints]


def told(text: str, definitions: dict[str, object] | None = None) -> list[str]:
    return [d.message for d in running.check(source(text), definitions=definitions)]


# What it is by default

DECLARED = [
    ("param x = 0.95", 0.95, "number"),
    ("param x = -3", -3.0, "number"),
    ("param x = - 3", -3.0, "number"),
    ("param x = +3", 3.0, "number"),
    ("param x=1e-3", 1e-3, "number"),
    ("param x = true", True, "bool"),
    ('param x = "case_001"', "case_001", "string"),
    ('param x = ""', "", "string"),
    ("param x = [1, -2.5]", [1.0, -2.5], "sequence(number)"),
    ("param x = [[1], [2, 3]]", [[1.0], [2.0, 3.0]], "sequence(sequence(number))"),
    ('param x = ["]", "a"]', ["]", "a"], "sequence(string)"),
    ("param x: number = 3", 3.0, "number"),
    ("param x : sequence( number ) = []", [], "sequence(number)"),
    ("param x = 0.5 from 0 to 1", 0.5, "number"),
    ("param x = 0.5 from 0", 0.5, "number"),
    ("param x = 0.5 to 1", 0.5, "number"),
    ("param x = 0 from 0 to 0", 0.0, "number"),
    ("param x = 1 // why\n  from 0 // least\n  to 1", 1.0, "number"),
    ("param x = [1, 2] from 0 to 2", [1.0, 2.0], "sequence(number)"),
    ("param x = [1, 2] from [1, 2] to [1, 3]", [1.0, 2.0], "sequence(number)"),
    ("param x = [[1], []] from 0 to [[1], []]", [[1.0], []], "sequence(sequence(number))"),
    ("let a = 1 param x = 2 let b = 3", 2.0, "number"),
]


@pytest.mark.parametrize("dialect", [1, 2])
@pytest.mark.parametrize(("text", "value", "kind"), DECLARED, ids=[row[0] for row in DECLARED])
def test_a_parameter_is_its_default_unless_it_is_set(text, value, kind, dialect):
    report = running.run(source(f'{text}\nprint "x" x'), dialect=dialect, cache=False)
    assert [p.value for p in report.prints] == [value]
    (found,) = running.parameters(source(text), dialect=dialect)
    assert str(found.type) == kind


def test_a_parameter_is_the_literal_that_it_is_by_default():
    as_parameter, as_constant = (
        running.plan(source(f'{word} k = 3\nprint "v" k .*. 2')) for word in ("param", "let")
    )
    assert as_parameter.ids == as_constant.ids


def test_a_default_has_its_variables_replaced_and_what_is_given_has_not():
    text = 'param case = "x"\nparam file = "$stem/${case}_seg"\nprint "f" file'
    assert printed(text) == ["p/x_seg"]
    assert printed(text, case="y") == ["p/y_seg"]
    assert printed(text, file="$case") == ["$case"]


# What it is set to

SET = [
    ("= 0.95", 0.9, 0.9),
    ("= 0.95", 1, 1.0),
    ("= 0.95", np.float32(0.5), 0.5),
    ("= 0.95", np.int64(7), 7.0),
    ("= 0.95", math.inf, math.inf),
    ("= 0.95", "0.90", 0.9),
    ("= 0.95", " -.5e1 ", -5.0),
    ("= true", False, False),
    ("= true", np.bool_(False), False),
    ("= true", "false", False),
    (": string", "a b", "a b"),
    (": string", "", ""),
    (": string", "[1", "[1"),
    (": string", Path("a/b"), "a/b"),
    ("= [1]", [2, 3.5], [2.0, 3.5]),
    ("= [1]", (2,), [2.0]),
    ("= [1]", np.arange(3), [0.0, 1.0, 2.0]),
    ("= [1]", "[2, -3]", [2.0, -3.0]),
    ("= [1]", "[]", []),
    ('= ["a"]', '["b", "c,d"]', ["b", "c,d"]),
    ("= [true]", "[false]", [False]),
    ("= [[1]]", "[[1], [2, 3]]", [[1.0], [2.0, 3.0]]),
    (": number from 0 to 1", 1, 1.0),
    ("= [1, 2] from 0 to [1, 2]", [0, 2], [0.0, 2.0]),
]


@pytest.mark.parametrize(("declared", "given", "value"), SET, ids=[f"{a} {b!r}" for a, b, _ in SET])
def test_values_and_texts_of_them_set_a_parameter(declared, given, value):
    (found,) = printed(f'param x {declared}\nprint "x" x', x=given)
    assert found == value
    assert type(found) is type(value)


REFUSED = [
    ("= 0.5 from 0 to 1", 2, "`x` cannot be set to `2`: it takes a number from 0 to 1"),
    ("= 0.5 from 0 to 1", "-1e-9", "it takes a number from 0 to 1"),
    ("= 0.5", "half", "`x` cannot be set to `half`: it takes a number"),
    ("= 0.5", "0,9", "the decimal sign is a point: 0.9"),
    ("= 0.5", "nan", "it takes a number"),
    ("= 0.5", "", "it takes a number"),
    ("= 0.5", "1_000", "it takes a number"),
    ("= 0.5", "٣", "it takes a number"),
    ("= 0.5", True, "`x` cannot be set to `true`: it takes a number"),
    ("= 0.5", [1], "`x` cannot be set to `[1]`: it takes a number"),
    ("= true", "yes", "it takes `true` or `false`"),
    ("= true", 1, "it takes a bool"),
    (": string", 3, "it takes a string"),
    ("= [1]", "3", "it takes a sequence(number), as in `-D 'x=[1]'`"),
    ("= [1]", "[1, 2", "it takes a sequence(number)"),
    ("= [1]", "[1 + 1]", "it takes a sequence(number)"),
    ("= [1]", '["a"]', "it takes a sequence(number)"),
    ("= [1]", ["2"], "it takes a sequence(number)"),
    ("= [1]", 'print "a" 1', "it takes a sequence(number)"),
    ("= [1, 2] from [0, 0]", [1, 2, 3], "2 elements are wanted, as `from [0, 0]` has; 3 given"),
    ("= [1, 2] to [9, 9]", "[1]", "2 elements are wanted, as `to [9, 9]` has; 1 given"),
    ("= [1, 2] from 0", "1,2", "as in `-D 'x=[1, 2]'`"),
    (": sequence(number) from [0, 1]", "1", "as in `-D 'x=[0, 1]'`"),
    ("= [1, 2] from 0", [1, -2], "it takes a sequence(number) from 0"),
]


@pytest.mark.parametrize(
    ("declared", "given", "says"), REFUSED, ids=[f"{a} {b!r}" for a, b, _ in REFUSED]
)
def test_what_is_of_another_type_or_out_of_the_range_is_told_at_the_parameter(
    declared, given, says
):
    (said,) = running.check(source(f'param x {declared}\nprint "x" x'), definitions={"x": given})
    assert says in said.message
    assert said.span.text == f"param x {declared}"
    with pytest.raises(VoxLogicaError):
        running.run(source(f"param x {declared}"), definitions={"x": given}, cache=False)


@pytest.mark.parametrize("value", [math.nan, object(), None, {1: 2}, [math.nan], 10**400])
def test_what_is_no_value_of_the_language_is_told(value):
    (said,) = told('param x = 1\nprint "x" x', {"x": value})
    assert said.startswith("`x` cannot be set: ")
    session = Dialogue(definitions={"x": value}, cache=False)
    with pytest.raises(VoxLogicaError, match="cannot be set"):
        session.enter("1")


def test_variables_that_are_no_parameters_are_texts_of_what_they_are_set_to():
    text = 'print "v" "$n $t $s $b"'
    assert printed(text, n=3, t=0.5, s=["a", 1], b=True) == ["3 0.5 [a, 1] true"]
    assert printed(text, n="007", t="", s="x", b="") == ["007  x "]


def test_a_parameter_without_default_has_to_be_set_and_that_is_said_once():
    text = 'param truth: string\nload m = "$truth"\nprint "t" truth\nprint "u" "${truth}"\n'
    text += 'save "$truth.png" intensity(m) >. 1'
    (said,) = running.check(source(text))
    assert said.message == "`truth` has no value: it is a parameter without a default"
    assert said.hint == "give it one: `-D truth=…`"
    (said,) = running.check(source("param ts: sequence(number)"))
    assert said.hint == "give it one: `-D 'ts=[…]'`"


# What is wrong with a declaration


@pytest.mark.parametrize(
    ("text", "says", "at"),
    [
        ("param x = y", "the default of a parameter is a literal", "y"),
        ("param x = 1 + 2", "the default of a parameter is a literal", "1 + 2"),
        ("param x = [1, y]", "the default of a parameter is a literal", "[1, y]"),
        ("param x = $stem", "the default of a parameter is a literal", "$stem"),
        ("param x = 1 from y to 2", "the lower bound of a parameter is a literal", "y"),
        ("param x = 1 from 0 to f(2)", "the upper bound of a parameter is a literal", "f(2)"),
        ('param x = [1, "a"]', "the elements of a parameter are of one type", '[1, "a"]'),
        ("param x = []", "the type of an empty sequence is not known", "[]"),
        ("param x: float", "there are no parameters of type `float`", "float"),
        ("param x: sequence(model)", "there are no parameters of type", "sequence(model)"),
        ('param x: number = "a"', "`x` is a number, and its default a string", '"a"'),
        ('param x = "a" from 0', "only numbers have a range: `x` is a string", "0"),
        ('param x = 1 from "a"', "a bound of `x` is a number", '"a"'),
        ("param x = 1 from [0]", "a bound of `x` is a number", "[0]"),
        ("param x = 1 from 2 to 0", "nothing goes from 2 to 0", "2"),
        ("param x = [1] from [0] to [1, 2]", "nothing goes", "[0]"),
        ("param x = [1] from 3 to [2]", "nothing goes", "3"),
        ("param x = 5 from 0 to 1", "the default of `x` is outside of its range", "5"),
        (
            "param x = [1, 2] from [0]",
            "the default of `x` does not fit its range: 1 element is wanted",
            "[1, 2]",
        ),
    ],
)
def test_what_is_wrong_with_a_declaration_is_one_error(text, says, at):
    (said,) = running.check(source(f'{text}\nprint "$x" x'))
    assert says in said.message
    assert said.span.text == at


def test_one_name_is_one_parameter_of_a_run():
    for other in ("x = 2", "x = 1 from 0", "x = true", 'x = "1"', "x: number"):
        (said,) = running.check(source(f'param x = 1\nparam {other}\nprint "x" 1'))
        assert "another type, default or range" in said.message
        assert said.span.text == f"param {other}"
        assert said.notes[0].span.text == "param x = 1"
    assert printed('param x = 1 from 0\nparam x = 1.0 from 0\nprint "x" x', x=2) == [2.0]


# Libraries, shadowing, several programs


def test_a_parameter_of_a_library_belongs_to_the_run():
    Path("lib.imgql").write_text("param k = 3 from 0\nlet above(x) = x .>. k")
    text = 'import "lib"\nprint "a" above(4)\nprint "k" "$k"\nprint "c" k'
    assert printed(text) == [True, "3", 3.0]
    assert printed(text, k=5) == [False, "5", 5.0]
    (said,) = told(text, {"k": -1})
    assert said == "`k` cannot be set to `-1`: it takes a number from 0"
    (said,) = running.check(source(f"param k = 4\n{text}"))
    assert "another type, default or range" in said.message
    assert printed(f"param k = 3 from 0\n{text}", k=5) == [False, "5", 5.0]


def test_who_shadows_a_parameter_does_not_rebind_it_where_it_was_declared():
    Path("lib.imgql").write_text("param k = 3\nlet above(x) = x .>. k")
    text = 'import "lib"\nlet k = 10\nprint "a" above(4)\nprint "k" k\nprint "s" "$k"'
    assert printed(text) == [True, 10.0, "3"]
    assert printed(text, k=5) == [False, 10.0, "5"]


def test_a_parameter_may_name_a_library_that_is_imported_after_it():
    Path("a.imgql").write_text('let v = "a"')
    Path("b.imgql").write_text('let v = "b"')
    text = 'param lib = "a"\nimport "$lib"\nprint "v" v'
    assert printed(text) == ["a"]
    assert printed(text, lib="b") == ["b"]


def test_each_program_has_its_own_parameters_and_some_program_knows_what_is_set():
    one, two = source('param k = 1\nprint "a" k'), source('param k = "z"\nprint "b" k', "q.imgql")
    three = source('print "c" "$k"', "r.imgql")
    report = running.run([one, two, three], cache=False)
    assert [p.value for p in report.prints] == [1.0, "z", "$k"]
    report = running.run([one, two, three], cache=False, definitions={"k": "7"})
    assert [p.value for p in report.prints] == [7.0, "7", "7"]
    assert [p.name for p in running.parameters([one, two, three])] == ["k", "k"]
    assert len(running.parameters([one, one])) == 1
    (said,) = running.check([one, three], definitions={"kk": 1, "k": 2})
    assert said.message.startswith("`kk` is set, but no program of the run")
    assert said.hint == "what they declare: `k`"


@pytest.mark.parametrize(
    ("name", "hint"),
    [("hihg", "did you mean `-D high=…`?"), ("zzz", "what they declare: `high`, `low`")],
)
def test_what_no_program_knows_is_an_error_that_names_the_nearest(name, hint):
    text = 'param high = 1\nparam low = 0\nprint "$stem" high'
    (said,) = running.check(source(text), definitions={name: 1})
    assert f"or has a parameter `{name}`" in said.message
    assert said.hint == hint


def test_a_name_that_is_almost_a_parameter_is_doubted_in_strings():
    (said,) = running.check(source('param thresh = 3\nprint "t" "$tresh"'))
    assert (said.severity, said.hint) == ("warning", "did you mean `$thresh`?")
    (said,) = running.check(source('param thresh = 3\nload m = "$tresh.nii"'))
    assert (said.severity, said.message) == ("error", "`$tresh` is not defined")
    assert said.hint.startswith("did you mean `$thresh`?")


# Sessions


def test_a_session_has_parameters_and_lets_one_be_entered_anew():
    with Dialogue(definitions={"k": "7", "later": 1}, cache=False) as session:
        session.enter("param k = 3 from 0 to 9")
        assert session.enter("k").values[0].value == 7.0
        assert session.enter('"$k"').values[0].value == "7"
        session.enter("param j = 3\nlet twice = j * 2")
        session.enter("param j = 4")
        assert [session.enter(e).values[0].value for e in ("j", "twice", '"$j"')] == [4, 6, "4"]
        with pytest.raises(VoxLogicaError, match="takes a number from 0 to 5"):
            session.enter("param k = 3 from 0 to 5")
        assert session.enter("k").values[0].value == 7.0
        with pytest.raises(VoxLogicaError, match="has no value"):
            session.enter("param x: number")
        with pytest.raises(VoxLogicaError, match="another type, default or range"):
            session.enter("param y = 1 param y = 2")
        assert "k: number" in session.declared().values()
        assert {"k", "j", "later", "stem"} <= {*session.variables()}


def test_a_session_goes_on_with_parameters_where_a_stage_is_needed():
    with Dialogue(cache=False) as session:
        session.enter('param n = 2\nimport "geom"\nlet r = blank(3, 3) <=. 0')
        session.enter("param m = 3")
        shown = session.enter(
            "for i in range(volume(circle(blank(9, 9), 4, 4, n, 1) >. 0)) do m * i"
        )
        assert shown.values[0].value[:3] == [0.0, 3.0, 6.0]
        assert session.enter('"$n$m"').values[0].value == "23"


CONSTANTS = st.recursive(
    st.one_of(
        st.floats(allow_nan=False, allow_infinity=False),
        st.booleans(),
        st.text(st.characters(exclude_characters='"\n\r$', exclude_categories=["Cs", "Cc"])),
    ),
    lambda items: st.lists(items, max_size=3).map(tuple),
    max_leaves=5,
)


@given(CONSTANTS)
def test_literals_read_back(value):
    text = source(f"param x: number = {literal_text(value)}", "p")
    from voxlogica.language.parameters import literal
    from voxlogica.syntax.parser import parse

    (command,) = parse(text).commands
    assert literal(command.default) == value
    assert isinstance(value_text(value), str)
