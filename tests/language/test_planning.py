"""From program to workplan: sharing, scope, types, spaces, goals; all checked, nothing computed."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest

from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
from voxlogica.images.reading import ImageFile
from voxlogica.language.planning import PlannedPrograms, plan_programs
from voxlogica.language.readings import reading_warnings
from voxlogica.syntax.diagnostics import render
from voxlogica.syntax.source import Source

# Files of the tests, by name: size, spacing, components.
FILES = {
    "a.nii": ((10, 10, 10), (1.0, 1.0, 1.0), 1),
    "same.nii": ((10, 10, 10), (1.0, 1.0, 1.0), 1),
    "wide.nii": ((10, 10, 10), (2.0, 2.0, 2.0), 1),
    "rounded.nii": ((10, 10, 10), (1.0, 1.0, 1.0000001), 1),
    "small.nii": ((9, 10, 10), (1.0, 1.0, 1.0), 1),
    "photo.png": ((8, 6), (1.0, 1.0), 3),
    "alpha.png": ((8, 6), (1.0, 1.0), 4),
}


def open_image(path: str) -> ImageFile:
    if path not in FILES:
        raise ImageFileError(f"{path}: no such file", None)
    size, spacing, components = FILES[path]
    return ImageFile(
        path=path,
        digest=hashlib.sha256(path.encode()).digest(),
        kind="." + path.rpartition(".")[2],
        geometry=Geometry.of_size(*size, spacing=spacing),
        components=components,
        warnings=(),
        files=(),
        _stamps=[],
        _voxels=lambda channel, frame: np.zeros(size[::-1], np.int16),
        is_colour=components > 1,
    )


def planned(*texts: str, definitions=None, dialect=None) -> PlannedPrograms:
    return plan_programs(
        [Source(f"p{i}.imgql", text) for i, text in enumerate(texts)],
        definitions=definitions or {},
        dialect=dialect,
        open_image=open_image,
    )


def operations(*texts: str, **options) -> list[str]:
    """The operators that the goals of correct programs need, in the plan's order."""
    result = planned(*texts, **options)
    assert not result.errors, [render(d) for d in result.diagnostics]
    return [result.plan.nodes[i].operator.name for i in result.plan.needed()]


def messages(*texts: str, **options) -> list[str]:
    """`line:column: message` of everything reported."""
    return [
        re.sub(r"^p\d+\.imgql:", "", render(d).splitlines()[0])
        for d in planned(*texts, **options).diagnostics
    ]


class TestSharing:
    def test_equal_expressions_are_one_operation_however_written(self):
        text = """load m = "a.nii"
        let v = intensity(m)
        let f(r) = near(N(r))
        print "a" volume((v >. 3) & near(near(3 .< v)))
        print "b" volume(f(v >. 3) & (3 .< v))"""
        names = operations(text)
        assert names.count("near") == 2
        assert names.count("volume") == 1

    def test_a_doubling_chain_has_one_operation_a_step(self):
        steps = 10_000
        chain = "".join(f"let a{i + 1} = a{i} .+. a{i}\n" for i in range(steps))
        assert len(operations(f'let a0 = 1\n{chain}print "a" a{steps}')) == steps + 1

    def test_functions_that_double_their_work_are_linear_too(self):
        chain = "".join(f"let f{i + 1}(x) = f{i}(x) .+. f{i}(x)\n" for i in range(200))
        assert len(operations(f'let f0(x) = x\n{chain}print "a" f200(1)')) == 201

    def test_several_programs_share_what_they_have_in_common(self):
        one = 'load m = "a.nii"\nprint "v" volume(near(intensity(m) >. 3))'
        assert operations(one, one.replace('"v"', '"w"')) == operations(one)

    def test_ids_are_the_same_in_every_plan(self):
        text = 'load m = "a.nii" print "v" volume(near(intensity(m) >. 3))'
        ids = [
            p.plan.ids[p.plan.goals[0].node] for p in (planned(text), planned("let a = 1", text))
        ]
        assert ids[0] == ids[1]

    def test_only_what_a_goal_needs_is_in_the_plan_to_run(self):
        assert operations('load m = "a.nii" let v = near(intensity(m) >. 3) print "k" 3') == [
            "number"
        ]

    @pytest.mark.parametrize("swapped", ["a & b", "a | b"])
    def test_commutative_operators_do_not_mind_the_order(self, swapped):
        text = 'load m = "a.nii" let a = intensity(m) >. 1 let b = intensity(m) >. 2\n'
        other = " ".join(reversed(swapped.split()))
        assert (
            operations(text + f'print "x" volume({swapped}) print "y" volume({other})').count(
                "volume"
            )
            == 1
        )

    def test_deep_programs_are_planned(self):
        deep = "near(" * 2_000 + "r" + ")" * 2_000
        text = f'load m = "a.nii" let r = intensity(m) >. 3 print "x" volume({deep})'
        assert operations(text).count("near") == 2_000
        wide = "|".join(["r", "near(r)"] * 10_000)
        assert len(
            operations(f'load m = "a.nii" let r = intensity(m) >. 3 print "x" volume({wide})')
        )


class TestScope:
    def test_a_later_declaration_shadows_and_functions_keep_their_own_scope(self):
        text = """let k = 1
        let f(x) = x .+. k
        let k = 2
        print "k" k
        print "f" f(k)"""
        assert operations(text) == ["number", "number", ".+."]

    def test_library_names_may_be_declared_anew_without_changing_the_library(self):
        text = """let near(r) = r
        load m = "a.nii"
        print "x" volume(touch(intensity(m) >. 3, border))"""
        assert "near" in operations(text)

    def test_a_function_that_calls_itself_is_an_unknown_name(self):
        assert messages("let f(x) = f(x)") == [
            "1:12: error: `f` is not known inside its own declaration"
        ]

    def test_names_declared_further_down_are_pointed_at(self):
        assert messages("let a = b\nlet b = 1") == ["1:9: error: `b` is used before it is declared"]

    def test_functions_that_are_never_called_are_checked(self):
        assert messages("let f(x) = nearr(x)") == ["1:12: error: unknown function `nearr`"]

    def test_arities_are_checked_everywhere(self):
        assert messages(
            "let f(x) = near(x, x)\nlet g(a) = f(a, a)\nlet h = near(near)\nlet i(f) = f(1)\n"
            "let j = i(2)"
        ) == [
            "1:12: error: `near` takes 1 argument, and got 2 arguments",
            "2:12: error: `f` takes 1 argument, and got 2 arguments",
            "3:14: error: `near` is a function, and a value is wanted here",
            "4:12: error: `f` is a number, not a function",
        ]

    def test_two_parameters_of_one_name(self):
        assert messages("let f(x,x) = x") == ["1:9: error: `f` has two parameters named `x`"]


class TestTypes:
    def test_all_errors_are_reported_in_one_go_in_the_order_of_the_text(self):
        text = """load m = "a.nii"
        let v = intensity(m)
        print "1" volume(v)
        print "2" touch(v, border)
        let a = v .> 3
        let f(x) = v + x
        let b = f("3")
        save "x.nii" 3
        print "3" v
        let d = intensity(v >. 3)"""
        assert [m.split(":", 1)[1].partition(": error: ")[2] for m in messages(text)] == [
            "`volume` expects valuation(bool) as region, found valuation(number)",
            "`touch` expects valuation(bool) as a, found valuation(number)",
            "`.>` does not take (valuation(number), number)",
            "`+` does not take (valuation(number), string)",
            ".nii files hold images; this is a number",
            "`print` shows numbers, bools and strings; this is an image, valuation(number)",
            "`intensity` expects a model as image, found valuation(bool)",
        ]

    def test_an_error_in_a_function_tells_the_calls_that_led_to_it(self):
        (diagnostic,) = planned(
            'load m = "a.nii"\nlet f(x) = volume(x)\nlet g(x) = f(x)\nprint "a" g(3)'
        ).diagnostics
        assert [n.message for n in diagnostic.notes][:2] == [
            "in the call of `f`",
            "in the call of `g`",
        ]

    def test_a_value_that_failed_makes_no_further_errors(self):
        assert len(messages('let a = unknown\nlet b = a .+. 1\nprint "x" b')) == 1

    def test_smoothen_takes_its_arguments_in_either_order(self):
        text = 'load m = "a.nii" let r = intensity(m) >. 3 print "x" volume(smoothen({}))'
        assert set(operations(text.format("r, 5"))) == set(operations(text.format("5, r")))


class TestSpaces:
    LOAD = 'load m = "a.nii"\nlet v = intensity(m)\n'

    def spaces(self, text: str) -> dict[str, Geometry]:
        result = planned(text)
        assert not result.errors, [render(d) for d in result.diagnostics]
        nodes = result.plan.nodes
        return {nodes[i].operator.name: nodes[i].space for i in result.plan.needed()}

    def test_a_constant_takes_the_space_of_the_image_it_meets(self):
        text = """load a = "a.nii" load p = "photo.png"
        print "x" volume(not(border) & (red(p) >. 3))"""
        assert self.spaces(text)["border"].size == (8, 6)
        assert self.spaces(text)["not"].size == (8, 6)

    def test_where_there_is_none_it_takes_the_first_loaded_image(self):
        text = 'let n = volume(tt)\nload p = "photo.png" load a = "a.nii" print "x" n'
        assert self.spaces(text)["tt"].size == (8, 6)

    def test_a_constant_used_in_two_spaces_is_two_operations(self):
        text = """load a = "a.nii" load p = "photo.png" let edge = border
        print "x" volume(edge & (intensity(a) >. 3)) print "y" volume(edge & (red(p) >. 3))"""
        assert operations(text).count("border") == 2

    def test_without_any_image_it_is_an_error(self):
        assert messages('print "x" volume(tt)') == [
            "1:11: error: nothing gives this image its size: no image is loaded"
        ]

    def test_images_of_different_sizes_are_an_error_naming_both(self):
        (message,) = messages(self.LOAD + 'load s = "small.nii" let w = v + intensity(s)')
        assert message.endswith(
            "images of different sizes in one expression: 10×10×10 (a.nii) and 9×10×10 (small.nii)"
        )

    def test_the_geometry_of_the_first_loaded_is_used_with_a_warning(self):
        text = """load w = "wide.nii" load a = "a.nii"
        print "x" max(dt((intensity(a) >. 3) & (intensity(w) >. 3)))"""
        result = planned(text)
        assert [d.severity for d in result.diagnostics] == ["warning"]
        (dt,) = [n for n in result.plan.nodes if n.operator.name == "dt"]
        assert dt.space.spacing == (2.0, 2.0, 2.0)

    def test_the_rounding_of_headers_is_no_other_geometry(self):
        text = 'load r = "rounded.nii" let w = v + intensity(r) print "x" max(w)'
        assert not planned(self.LOAD + text).diagnostics

    def test_a_library_function_places_its_space_less_arguments_beside_the_others(self):
        text = """import "RegionCalculus" load p = "photo.png" load a = "a.nii"
        let all = intensity(a) >. -1
        print "x" dc(x >. 3, all) print "y" max(intensity(a) ~[1,3] x)"""
        result = planned(text)
        nodes = result.plan.nodes
        spaces = {nodes[i].space for i in result.plan.needed() if nodes[i].operator.name == "x"}
        assert {s.size for s in spaces} == {(10, 10, 10)}

    def test_images_of_one_geometry_share_their_constants(self):
        text = """load s = "same.nii"
        print "x" volume(border & (v >. 3)) print "y" volume(border & (intensity(s) >. 3))"""
        assert operations(self.LOAD + text).count("border") == 1


class TestFilesAndGoals:
    def test_a_missing_file_is_an_error_at_its_load(self):
        assert messages('load m = "none.nii"') == ["1:10: error: none.nii: no such file"]

    def test_an_undefined_variable_in_a_path_says_how_to_define_it(self):
        (diagnostic,) = planned('load m = "$DIR/a.nii"').diagnostics
        assert diagnostic.message == "`$DIR` is not defined"
        assert "-D DIR=VALUE" in diagnostic.hint

    def test_variables_are_replaced_in_paths_and_labels(self):
        result = planned(
            'load m = "$N.nii" print "$N-$M" 1 save "o/${N}.png" red(p)\n'.replace(
                "red(p)", "red(m)"
            ),
            definitions={"N": "photo", "M": "x"},
        )
        assert "no such file" in render(result.diagnostics[0])
        result = planned('load m = "$N.nii" print "$N" 1', definitions={"N": "a"})
        assert [g.label for g in result.plan.goals] == ["a"]

    @pytest.mark.parametrize(
        ("path", "value", "part"),
        [
            ("x.xyz", "red(p)", "unknown extension .xyz"),
            ("x.png", "intensity(a)", "2-D images only, and this one is 3-D"),
            ("x.jpg", "rgba(red(p),red(p),red(p),red(p))", "cannot hold 4 components"),
        ],
    )
    def test_formats_are_checked_before_anything_runs(self, path, value, part):
        (message,) = messages(f'load p = "photo.png" load a = "a.nii" save "{path}" {value}')
        assert part in message

    def test_saving_twice_to_one_file_is_a_warning(self):
        text = 'load p = "photo.png" save "x.png" p save "./x.png" red(p)'
        (diagnostic,) = planned(text).diagnostics
        assert diagnostic.severity == "warning"


class TestImports:
    def test_libraries_are_read_once_and_found_beside_the_importing_file(self, tmp_path):
        (tmp_path / "lib.imgql").write_text('import "other"\nlet two = one .+. one')
        (tmp_path / "other.imgql").write_text("let one = 1")
        main = f"{tmp_path}/main.imgql"
        result = plan_programs(
            [Source(main, 'import "lib" let one = 5 import "lib" print "x" two print "y" one')],
            definitions={}, dialect=None, open_image=open_image,
        )  # fmt: skip
        assert not result.diagnostics
        values = [result.plan.nodes[i].constants for i in result.plan.needed()]
        assert values == [(1.0,), (), (5.0,)]

    def test_a_library_that_is_not_there(self):
        (diagnostic,) = planned('import "RegionCalculs"').diagnostics
        assert diagnostic.message == "there is no library `RegionCalculs`"
        assert "RegionCalculus" in diagnostic.hint

    def test_a_library_that_imports_itself(self, tmp_path):
        (tmp_path / "a.imgql").write_text('import "b"')
        (tmp_path / "b.imgql").write_text('import "a"')
        result = planned(f'import "{tmp_path}/a"')
        assert [d.message for d in result.diagnostics] == [
            f"{tmp_path}/a.imgql imports itself, through what it imports"
        ]

    def test_a_library_imported_by_an_imgql_1_file_is_read_as_imgql_1(self, tmp_path):
        (tmp_path / "lib.imgql").write_text("let f(a,b,c) = a .-. b .-. c")
        one = planned(f'import "{tmp_path}/lib" load m = "a.nii" print "x" f(1,2,3)')
        two = planned(f'import "{tmp_path}/lib" print "x" f(1,2,3)')
        goals = [p.plan.ids[p.plan.goals[0].node] for p in (one, two)]
        assert goals[0] != goals[1]

    def test_a_library_in_another_encoding(self, tmp_path):
        (tmp_path / "lib.imgql").write_bytes("let a = 1\n// é".encode("latin-1"))
        (message,) = messages(f'import "{tmp_path}/lib"')
        assert "lib.imgql:2: not a text in UTF-8 (byte 0xe9)" in message


class TestRemedies:
    """How to mend what people write who know other languages, or have mistyped."""

    LOAD = 'load m = "a.nii"\nlet v = intensity(m)\nlet r = v >. 1\n'

    @pytest.mark.parametrize(
        ("text", "remedy"),
        [
            ("let a = r &&& r", "did you mean `&&`?"),
            ("let a = r and r", "`and` is a function: `and(a, b)`, or `a & b`"),
            ("let a = not r", "`not` is a function: `not(a)`, or `!a`"),
            ("let a = !!r", "put a space between them if you mean `! !`"),
            ("let a = 3 .=> v", "did you mean `.>=`?"),
            ("let a = 0,95", "a decimal fraction has a point: 0.95"),
            ("let a = v ≥ 3", "write `>=`"),
            ("let a = distleq(r, 2)", "the other way round: `distleq(2, r)`"),
            ("let a = m = 3", "`==` compares"),
            ("let a = 3 <. v <. 9", "`between(3, 9, v)` is where the value lies between the two"),
            ("let a = touch(v, r)", "compare it with a number: `v > 0` is a region"),
            ("let a = v = 3", "`==` compares"),
            ("let a = near(plus(1, 2))", "write `(1 + 2)`"),
            (
                "print volume(r)",
                'a label comes before the expression: `print "volume(r)" volume(r)`',
            ),
            ("let n = load b.nii", '`n = load("b.nii")`, or the command `load n = "b.nii"`'),
            ("load n = 'b.nii'", "a string stands between straight double quotes"),
            ("load n = “b.nii”", "a string stands between straight double quotes"),
            ("load n = b.nii", 'put it between double quotes: "b.nii"'),
            ("let a = near(m)", "compare its values with a number"),
            ("let a = 3 +. v", "`3 .+ v`: the dot stands on the number's side"),
            ("for x in [1] do x", '`print "label" for x in [1] do x`'),
            ("let a = for x in [1]: x", "`for x in [1] do x`"),
            ("let a = for x in 1..3 do x", "`range(1, 4)`: the end is left out"),
            ("let a = 2 ^ 3", "write `pow(2, 3)`"),
            (
                "if 1 > 2 then 3 else 4",
                "between numbers or strings: `append(filter one in [3] do 1 > 2, [4])[0]`",
            ),
            ("let a = near(if(1 < 2, r, r))", "`ifB(c, r, s)`"),
            ("let a = let b = 3", "a local name: `let x = e in e`"),
            ('lod q = "a.nii"', "did you mean `load`? commands are in lower case"),
            ('load T1 = "a.nii"', "names begin in lower case: call it `t1`"),
            ("let a = near(near)", "apply it to arguments: `near(…)`"),
            ('print "a" $NAME', "say what it stands for, on the command line: `-D NAME=VALUE`"),
            ('print "a" $stm', "did you mean `$stem`?"),
            ("# a comment", "a comment begins with `//`"),
            ("let a = .5", "a number begins and ends with a digit"),
        ],
    )
    def test_a_mistake_gets_one_message_that_says_how_to_mend_it(self, text, remedy):
        (diagnostic,) = planned(self.LOAD + text).diagnostics
        assert diagnostic.hint is not None
        assert diagnostic.hint.startswith(remedy)

    def test_arguments_are_exchanged_only_where_that_helps(self):
        (diagnostic,) = planned(self.LOAD + "let a = 3 & r").diagnostics
        assert diagnostic.hint is None

    def test_comparisons_that_are_joined_without_brackets(self):
        diagnostics = planned(self.LOAD + "let a = v > 1 & v < 9").diagnostics
        assert [d.hint for d in diagnostics if d.severity == "error"] == [
            "put brackets around each comparison: `(v > 1) & (v < 9)`"
        ]

    def test_a_library_functions_type_error_speaks_of_the_authors_call(self):
        (diagnostic,) = planned(self.LOAD + "let a = smoothen(v, 2)").diagnostics
        assert diagnostic.message.startswith("`smoothen` expects valuation(bool) as r")
        assert diagnostic.span.text == "v"
        (diagnostic,) = planned(self.LOAD + "let a = smoothen(2, 2)").diagnostics
        assert diagnostic.message.startswith("`smoothen` does not take (")
        assert diagnostic.span.text == "smoothen(2, 2)"

    def test_an_error_of_syntax_hides_no_other(self):
        text = self.LOAD + "let a = (r\nlet b = near(v)\nlet c = nosuch\nlet d = near(a)"
        assert [d.message.split(" ")[0] for d in planned(text).diagnostics] == [
            "this", "`near`", "unknown",
        ]  # fmt: skip

    def test_a_capital_name_may_be_a_constant(self):
        assert operations(self.LOAD + 'let Tumour = r print "x" volume(near(r) & Tumour)')

    def test_saving_over_what_is_loaded_is_a_warning(self):
        (diagnostic,) = planned(self.LOAD + 'save "./a.nii" r').diagnostics
        assert diagnostic.message == "./a.nii is loaded, and will be replaced by what is saved"


class TestReadings:
    TEXT = "let a = 1 .-. 2 .-. 3\nlet b = 1 .-. 2 .+. 3"

    def test_check_shows_every_difference_and_run_the_first(self):
        differences = planned(self.TEXT).differences
        every = reading_warnings(differences, every=True)
        (first,) = reading_warnings(differences, every=False)
        assert len(every) == 2
        assert every[0].notes[0].message == "ImgQL 1 reads 1 .-. (2 .-. 3)"
        assert every[0].notes[1].message == "ImgQL 2 reads (1 .-. 2) .-. 3"
        assert "1 more" in first.notes[-1].message

    def test_the_library_itself_reads_alike_in_both(self):
        from voxlogica.language.libraries import shipped
        from voxlogica.syntax.parser import parse

        for name in ("stdlib", "RegionCalculus"):
            for dialect in (1, 2):
                assert not parse(shipped(name), dialect).differences
