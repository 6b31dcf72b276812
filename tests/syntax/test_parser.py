"""From text to syntax tree: commands, literals, names, and every error of the text in one go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.syntax.ast import (
    Call,
    Declaration,
    Import,
    Load,
    Number,
    Param,
    Request,
    Text,
    Truth,
)
from voxlogica.syntax.diagnostics import render
from voxlogica.syntax.parser import dialect_of, parse
from voxlogica.syntax.printer import expression_text
from voxlogica.syntax.source import Source


def parsed(text: str, dialect=None):
    program = parse(Source("program.imgql", text), dialect)
    assert not program.problems, [d.message for d in program.problems]
    return program


def commands(text: str):
    return parsed(text).commands


def body(text: str, dialect=None) -> str:
    """The one expression of a program, with every grouping shown."""
    (command,) = parsed(f'print "" {text}', dialect).commands
    return expression_text(command.body)


def errors(text: str) -> list[str]:
    problems = parse(Source("program.imgql", text)).problems
    return [f"{d.span.source.line_and_column(d.span.start)[0]}: {d.message}" for d in problems]


class TestCommands:
    def test_every_command_is_read(self):
        text = """
        // a comment
        import "lib"   // and another
        load img = "a b/$NAME.nii.gz"
        let k = 3
        let f(a,b) = g(a) let B+(a) = near(a)
        save "out.nii.gz" k print "label" f(k, k)
        """
        kinds = [type(c) for c in commands(text)]
        assert kinds == [Import, Load, Declaration, Declaration, Declaration, Request, Request]
        assert [c.word for c in commands(text)[-2:]] == ["save", "print"]

    def test_a_declaration_needs_no_let_where_a_line_begins_with_name_and_equals(self):
        text = 'k = 3\n  N(a) = near(a)\n-(a, b) = k\nRead(p) = k\nprint "x" k'
        names = [c.name for c in commands(text) if isinstance(c, Declaration)]
        assert names == ["k", "N", "-", "Read"]

    def test_an_expression_goes_on_over_lines(self):
        (declaration,) = commands("let a = b\n  + c\n  // why\n  + f(d,\n e)")
        assert expression_text(declaration.body) == "(b + c) + f(d, e)"

    def test_a_comparison_at_the_start_of_a_line_is_no_declaration(self):
        (declaration,) = commands("let f(k) = (a &\n k == b)")
        assert "k == b" in expression_text(declaration.body)

    def test_equals_needs_no_space_before_what_follows(self):
        assert [c.name for c in commands("let a=!b let c=-2")] == ["a", "c"]

    def test_spans_cover_what_they_name(self):
        (save,) = commands('  save "f.nii" near(a)  ')
        assert save.span.text == 'save "f.nii" near(a)'
        assert save.text.span.text == '"f.nii"'
        assert str(save.span) == "program.imgql:1:3"

    def test_commands_words_may_be_names_where_no_command_can_stand(self):
        (declaration,) = commands("let load = f(save, print, param)")
        assert declaration.name == "load"

    def test_assert_is_a_name_but_before_a_string(self):
        text = """
        assert(assert) = assert + 1
        let f(assert) = 1 + assert
        print "assert" (2 + assert(3))
        assert // what follows?
          "low" f(assert)
        x = for assert in [assert] do assert
        assert "high" let assert = 2 in assert
        """
        found = [c.word if isinstance(c, Request) else c.name for c in commands(text)]
        assert found == ["assert", "f", "print", "assert", "x", "assert"]
        (bare,) = commands("assert = 3")
        assert isinstance(bare, Declaration)

    def test_what_is_declared_may_begin_with_a_capital_without_a_space(self):
        texts = ('scan=ReadImage("f")', "f(x)=Median(x)", 'let a=3\nb=Median(a) print "" b')
        for text in texts:
            assert all(isinstance(c, Declaration) for c in commands(text)[:2]), text
        # Capitals alone are an operator's, which is the longest run.
        (found,) = parse(Source("p.imgql", "f(x)=N(x)")).problems
        assert found.hint == "put a space between them: `f(x) = N(x)`"


class TestLiteralsAndNames:
    @given(st.floats(min_value=0, allow_nan=False, allow_infinity=False))
    def test_numbers_read_back(self, value):
        (command,) = commands(f'print "" {value!r}')
        assert isinstance(command.body, Number)
        assert command.body.value == value

    @given(st.text(st.characters(exclude_characters='"\n\r', exclude_categories=["Cs"])))
    def test_strings_are_what_stands_between_the_quotes(self, value):
        (command,) = commands(f'print "" "{value}"')
        assert isinstance(command.body, Text)
        assert command.body.value == value

    def test_a_minus_touching_a_number_is_its_sign_where_an_operand_is_due(self):
        assert body("f(-2.5e-3, - x)") == "f(-0.0025, - x)"
        assert body("a -1") == "a - 1"

    def test_truth_values(self):
        (command,) = commands('print "" true')
        assert isinstance(command.body, Truth)

    def test_operators_are_the_longest_run_of_symbols_and_capitals(self):
        (command,) = commands('print "" a .<=. bN B+ c')
        assert isinstance(command.body, Call)
        assert expression_text(command.body) == "(a .<=. bN) B+ c"

    def test_names_may_be_qualified_and_hold_underscores(self):
        assert body("arrays.dice_score(a, b_1) + _c") == "arrays.dice_score(a, b_1) + _c"

    def test_a_capital_name_is_a_function_where_called_and_an_operator_between_operands(self):
        assert body('ReadImage ("x")') == 'ReadImage("x")'
        assert body("4 SUM 9") == "4 SUM 9"
        assert body("NEG 11") == "NEG 11"
        assert body("!ReadImage(x)") == "! ReadImage(x)"

    def test_white_space_may_stand_between_a_function_and_its_arguments(self):
        assert body("f (a) + g\n(b)") == "f(a) + g(b)"

    def test_any_operator_can_be_called(self):
        assert body("+(a,b)", 1) == body("+(a,b)", 2) == "+(a, b)"
        assert body(".<=.(a,b) & c", 1) == ".<=.(a, b) & c"

    def test_further_arguments_of_an_infix_operator_stand_in_brackets(self):
        assert body("a ~[rho,bins] b", 1) == body("a ~[rho,bins] b", 2) == "a ~[rho, bins] b"
        (command,) = commands('print "" a ++[c,d] b')
        assert [expression_text(a) for a in command.body.arguments] == ["a", "b", "c", "d"]

    def test_a_list_after_an_operator_is_an_operand_where_no_other_follows(self):
        assert body("s + [1, 2]") == "s + [1, 2]"
        assert body("[1] + [2] + t", 2) == "([1] + [2]) + t"


class TestTheTwoReadings:
    """Section 1 of the language: what they differ in."""

    @pytest.mark.parametrize(
        ("text", "one", "two"),
        [
            ("a - b - c", "a - (b - c)", "(a - b) - c"),
            ("!a & b", "! (a & b)", "(! a) & b"),
            ("N(a) | b", "N (a | b)", "N(a) | b"),
            ("B+(a) | b", "B+ (a | b)", "(B+ a) | b"),
            ("a | !b & c", "a | (! (b & c))", "a | ((! b) & c)"),
            ("a * b + c", "a * (b + c)", "(a * b) + c"),
            ("a + b * c", "a + (b * c)", "a + (b * c)"),
            ("a .+. b ./. c .-. d", "a .+. (b ./. (c .-. d))", "(a .+. (b ./. c)) .-. d"),
            ("a | b & c > d", "a | (b & (c > d))", "a | (b & (c > d))"),
            ("a > b & c | d", "a > (b & (c | d))", "((a > b) & c) | d"),
            ("a ~> b & c", "a ~> (b & c)", "a ~> (b & c)"),
            ("a & b ~> c", "a & (b ~> c)", "(a & b) ~> c"),
            ("! ! a & b", "! (! (a & b))", "(! (! a)) & b"),
            ("T(a,b) & c", "T(a, b) & c", "T(a, b) & c"),
            ("-s[0]", "- s[0]", "- s[0]"),
        ],
    )
    def test_grouping(self, text, one, two):
        assert body(text, 1) == one
        assert body(text, 2) == two

    def test_a_file_is_imgql_1_when_it_has_a_load_command(self):
        assert dialect_of('let a = b\nload x = "f"') == 1
        assert dialect_of('// load x = "f"\nprint "load x = " 3 let load2 = 3') == 2

    def test_differences_are_reported_with_both_readings(self):
        program = parse(Source("p", 'print "" f(a - b - c, d + e)'), 2)
        (difference,) = program.differences
        assert difference.span.text == "a - b - c"
        assert expression_text(difference.reading(1)) == "a - (b - c)"
        assert expression_text(difference.reading(2)) == "(a - b) - c"

    @pytest.mark.parametrize("text", ["a & b & c", "a | b | !c", "(a - b) - c", "!a", "a - b"])
    def test_what_reads_alike_is_no_difference(self, text):
        assert not parse(Source("p", f'print "" {text}'), 1).differences

    @given(st.lists(st.sampled_from(["a", "-", "!", "+", "*", "&", "|", "<=", "~>"]), max_size=12))
    def test_a_fully_bracketed_expression_means_the_same_in_both_readings(self, words):
        text = " ".join(words)
        for dialect in (1, 2):
            program = parse(Source("p", f'print "" {text}'), dialect)
            if program.problems:
                continue
            shown = expression_text(program.commands[0].body)
            # Brackets around prefix operators' operands are needed by the first reading alone.
            assert body(shown, dialect) == shown


class TestSize:
    """Parsing is linear and keeps no recursion: a program may be long, wide and deep."""

    def test_a_chain_of_20_000_operands(self):
        text = " | ".join(["a"] * 20_000)
        for dialect in (1, 2):
            assert body(text, dialect).count("a") == 20_000

    def test_brackets_nested_2_000_deep(self):
        assert body("(" * 2_000 + "a" + ")" * 2_000) == "a"

    def test_2_000_nested_calls(self):
        text = "f(" * 2_000 + "a" + ")" * 2_000
        assert body(text) == text

    def test_a_program_of_many_lines(self):
        text = "".join(f"let a{i} = f(a{i - 1}) | b\n" for i in range(1, 5_000))
        assert len(commands(text)) == 4_999


class TestErrors:
    def test_all_errors_are_reported_in_one_go(self):
        text = """let x = (a + b
let y = 3
print "a" b c
save "f x
let z = )
let f(A) = 3
let w = 2 +
print 3
let q = a, b
let v = [1,2"""
        assert errors(text) == [
            "1: this `(` is never closed",
            "3: `c` is not expected here: an operator, or the next command is",
            "4: this string is not closed",
            "5: `)` closes no bracket",
            "6: `A` is not expected here: a name that starts in lower case is",
            "7: an operand is missing after `+`",
            "8: a label is missing",
            "9: `,` is not expected here: "
            "the next command (let, load, import, save, print, assert, param) is",
            "10: this `[` is never closed",
        ]

    def test_what_is_no_function_cannot_be_called(self):
        assert errors('print "" 3 (a)') == ["1: `3` is not a function"]

    @given(st.text(max_size=200))
    def test_any_text_parses_or_gives_messages_with_a_place(self, text):
        for problem in parse(Source("p", text)).problems:
            assert problem.span is not None
            assert render(problem)


class TestParameters:
    @staticmethod
    def read(text: str, dialect=None) -> list[tuple[object, ...]]:
        found = [c for c in parsed(text, dialect).commands if isinstance(c, Param)]
        parts = [(c.default, c.low, c.high) for c in found]
        return [
            (c.name, c.type and c.type.name, *(p and expression_text(p) for p in of))
            for c, of in zip(found, parts, strict=True)
        ]

    @pytest.mark.parametrize("dialect", [1, 2])
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("param a = 0.5", ("a", None, "0.5", None, None)),
            ("param a=-0.5 from -1 to 1", ("a", None, "-0.5", "-1", "1")),
            ("param A = true", ("A", None, "true", None, None)),
            ("param Data:string", ("Data", "string", None, None, None)),
            ("  param größe: number = 3 to 4", ("größe", "number", "3", None, "4")),
            ("param a = 3\n  from 1 // why\n to 4", ("a", None, "3", "1", "4")),
            (
                'param a = ["]", "from 1"] from [1]to[2]',
                ("a", None, '["]", "from 1"]', "[1]", "[2]"),
            ),
            ("param to = 1 from 0 to 3", ("to", None, "1", "0", "3")),
            ("let a = 1 param b = 2", ("b", None, "2", None, None)),
            ("let a = N param b = 2", ("b", None, "2", None, None)),
            ("param a = b from c to d(1)", ("a", None, "b", "c", "d(1)")),
        ],
    )
    def test_a_parameter_has_a_default_a_range_a_type(self, text, found, dialect):
        assert self.read(f'{text}\nprint "x" 1', dialect) == [found]

    @pytest.mark.parametrize("dialect", [1, 2])
    @pytest.mark.parametrize(
        "text",
        [
            "let a = param\nb = 3",
            "let a = 1 + param\nb = 3",
            'print "x" param\nb = 3',
            "param = 3",
            "let param = 3",
            "param(x) = x",
            "let f(param) = param",
            "let a = f(param)",
            "let a = for param in s do param",
            "let a = let param = 2 in param",
            "let a = fold param s",
            'load param = "a.nii"',
            "let a = param(1) let b = param",
            "let from = 2 let to = from let x = to + from",
        ],
    )
    def test_the_words_are_names_elsewhere(self, text, dialect):
        assert self.read(text, dialect) == []

    def test_what_follows_a_parameter_may_be_called_from_and_to(self):
        text = "param a = 3\nfrom = 4\nto = 5\nparam b = 3\nfrom(x) = 4"
        kinds = [Param, Declaration, Declaration, Param, Declaration]
        assert [type(c) for c in commands(text)] == kinds

    def test_its_span_is_all_of_it(self):
        (parameter,) = commands("  param a = [1]\n  from 0 // least\n")
        assert parameter.span.text == "param a = [1]\n  from 0"
        assert parameter.name_span.text == "a"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("param a =", "the program ends where an expression should follow"),
            ("param a:", "the program ends where a type (number, bool, string, sequence(number)) "),
            ("param a: number +", "`+` is not expected here"),
            ("let b = f(1\nparam a = 3", "this `(` is never closed"),
        ],
    )
    def test_what_is_missing_is_said(self, text, message):
        (said,) = errors(text)
        assert message in said
