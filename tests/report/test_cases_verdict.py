"""What is told of many cases: how many came to which end, and alike messages as one."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.engine.cases import Case, Checked, Fault, Row
from voxlogica.report.cases_verdict import Verdict
from voxlogica.syntax.printer import value_text


def case_of(number, name, columns):
    return Case(number, name, columns, frozenset(columns))


def row(number, *messages, asserts=(), **about):
    name = f"p{number:02}"
    faults = tuple(Fault(text, f"a.imgql:1:1: error: {text}\n  |\n1 | x") for text in messages)
    return Row(case_of(number, name, {"CASE": name}), asserts=asserts, faults=faults, **about)


@st.composite
def alike_messages(draw):
    """Messages of several cases, of words, numbers, and what the cases have in columns.

    There are so few numbers that they are often equal by chance. Beside them, whether nothing
    differs but by the columns.
    """
    number = st.sampled_from([0.5, 2.0, 3.0, -2.0, 1e-7, 12.0])
    columns = {"low": number, "high": number, "site": st.sampled_from(["is", "north", "2b", "A 1"])}
    cases = [
        case_of(
            at, f"p{at}", {"CASE": f"p{at}", **{name: draw(of) for name, of in columns.items()}}
        )
        for at in range(draw(st.integers(2, 5)))
    ]
    kinds = st.sampled_from(["word", "number", "differs", "CASE", "low", "high", "site"])
    tokens = draw(st.lists(kinds, min_size=1, max_size=6))
    texts = [[] for _ in cases]
    for token in tokens:
        same = draw(number)
        for case, text in zip(cases, texts, strict=True):
            value = {"word": "gone", "number": same, "differs": draw(number)}.get(token)
            text.append(value_text(case.columns[token] if value is None else value))
    joined = draw(st.sampled_from([" ", "/", " = "]))
    return cases, [joined.join(text) for text in texts], "differs" not in tokens


def verdict_of(*rows):
    verdict = Verdict()
    for one in rows:
        verdict.add(one)
    return verdict


FALSE = (Checked("a", False, Fault("dice = 0.5", "error: dice = 0.5")),)


class TestCounts:
    def test_each_case_counts_once(self):
        rows = [row(1), row(2, "x", "y"), row(3, asserts=FALSE), row(4, asserts=FALSE * 2), row(5)]
        counts = verdict_of(*rows).counts
        assert counts.text(5, 5) == "5 cases: 2 done, 1 failed, 2 with a false assertion"

    def test_what_was_not_reached_is_told_and_what_was_done_before(self):
        assert verdict_of(row(1, replayed=True)).counts.text(3, 3) == (
            "3 cases: 1 done, 2 not carried out (1 by an earlier run)"
        )
        assert verdict_of().counts.text(1, 1) == "1 case: 0 done, 1 not carried out"


class TestAlike:
    def test_what_differs_as_the_cases_do_is_one_kind(self):
        told = [
            *verdict_of(*(row(n, f'"d/p{n:02}_seg.nii" is gone') for n in range(8))).errors.texts(9)
        ]
        assert told == [
            'a.imgql:1:1: error in 8 cases: "d/{CASE}_seg.nii" is gone\n  |\n1 | x\n'
            "  = cases: p00, p01, p02, p03, p04 and 3 more"
        ]

    def test_of_numbers_that_differ_it_is_told_from_where_to_where(self):
        told = [*verdict_of(row(1, "dice = 0.71"), row(2, "dice = 0.5")).errors.texts(9)]
        assert told == [
            "a.imgql:1:1: error in 2 cases: dice = 0.5 to 0.71\n  |\n1 | x\n  = cases: p01, p02"
        ]

    def test_numbers_that_a_case_has_are_shown_by_their_column_where_all_are(self):
        def told(*messages):
            rows = [
                Row(case_of(n, f"p{n}", {"at": float(n)}), faults=(Fault("", f"error: {text}"),))
                for n, text in enumerate(messages, 8)
            ]
            return [text.partition("\n")[0] for text in verdict_of(*rows).errors.texts(99)]

        assert told("no 8 of 3", "no 9 of 3", "no 10 of 3") == ["error in 3 cases: no {at} of 3"]
        assert told("no 8 of 9", "no 9 of 9") == ["error in 2 cases: no {at} of 9"]

    def test_a_number_that_only_happens_to_be_a_column_s_stays_a_number(self):
        # Each case has the number of the bound, 0.8, in a column.
        rows = [
            Row(case_of(n, f"p{n}", {"low": 0.8, "high": high}), faults=(Fault("", text),))
            for n, high in enumerate([0.5, 0.625, 0.75])
            for text in [f"error: high = {high}, wanted >= least, which is 0.8"]
        ]
        (told,) = verdict_of(*rows).errors.texts(3)
        assert told == "error in all 3 cases: high = {high}, wanted >= least, which is 0.8"

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            *(("v{}", ", here in a: no v3"), ("{}x", ", here in a: no 3x")),
            *(("1.5.{}", ", here in a: no 1.5.3"), ("1.{}", ": no 1.3 to 1.4")),
            *(("{}.5", ": no 3.5 to 4.5"), ("{}e5", ": no 3e5 to 4e5"), ("-{}", ": no -4 to -3")),
        ],
    )
    def test_part_of_a_number_or_of_a_word_is_no_column_s(self, text, said):
        rows = [
            Row(
                case_of(n, "ab"[n - 3], {"at": float(n)}), faults=(Fault("", f"error: no {shown}"),)
            )
            for n in (3, 4)
            for shown in [text.format(n)]
        ]
        (told,) = verdict_of(*rows).errors.texts(3)
        assert told.partition("\n")[0] == f"error in 2 cases{said}"

    def test_but_it_may_be_within_quotes_as_a_name_of_a_file_has_it(self):
        rows = [
            Row(case_of(n, f"{n}", {"N": float(n)}), faults=(Fault("", f"error: {text}"),))
            for n in (1, 2, 10)
            for text in [f'"scans/s{n}/truth_0.5.nii" does not exist']
        ]
        (told,) = verdict_of(*rows).errors.texts(3)
        assert told == 'error in all 3 cases: "scans/s{N}/truth_0.5.nii" does not exist'

    def test_where_neither_can_be_said_it_is_told_whose_message_is_shown(self):
        rows = [
            Row(case_of(n, f"p{n}", {}), faults=(Fault("", f'error: "good s{n + 1}" is false'),))
            for n in (2, 1, 3)
        ]
        (told,) = verdict_of(*rows).errors.texts(3)
        assert told == 'error in all 3 cases, here in p1: "good s2" is false'

    def test_what_a_case_does_not_set_is_in_no_text_of_a_program(self):
        """A table of results as cases: its words are those of messages by chance."""
        rows = [
            Row(
                Case(n, f"s{n}", {"CASE": f"s{n}", "good": good, "say": say}, frozenset({"CASE"})),
                faults=(Fault("", f'error: "s{n}/t_0.5" does not exist; is false: n = {n}.5'),),
            )
            for n, good, say in ((1, "false", "not"), (2, "true", "exist"), (3, "false", "is"))
        ]
        (told,) = verdict_of(*rows).errors.texts(3)
        assert told == (
            'error in all 3 cases: "{CASE}/t_0.5" does not exist; is false: n = 1.5 to 3.5'
        )

    @given(alike_messages())
    def test_what_is_told_of_all_is_true_of_each(self, made):
        cases, messages, all_by_columns = made
        rows = [
            Row(case, faults=(Fault("", f"error: {message}"),))
            for case, message in zip(cases, messages, strict=True)
        ]
        (told,) = verdict_of(*rows).errors.texts(99)
        which, _, said = told.partition("\n")[0].removeprefix("error in ").partition(": ")
        if "here in" in which:
            assert said == messages[0]
            assert not all_by_columns
            return
        for case, message in zip(cases, messages, strict=True):
            meant = re.sub(r"\{(\w+)\}", lambda f, of=case: value_text(of.columns[f[1]]), said)
            number = r"(-?[\d.]+(?:e-?\d+)?)"
            parts = re.split(f"{number} to {number}", meant)
            assert not (len(parts) > 1 and all_by_columns)
            pattern = number.join(re.escape(part) for part in parts[::3])
            found = re.fullmatch(pattern, message)
            assert found is not None
            for value, least, most in zip(found.groups(), parts[1::3], parts[2::3], strict=True):
                assert float(least) <= float(value) <= float(most)
        for column in re.findall(r"\{(\w+)\}", said):
            assert len({case.columns[column] for case in cases}) > 1

    def test_it_is_the_same_in_whatever_order_cases_are_done(self):
        rows = [row(n, f"no {n} of 3", *(["other"] if n == 4 else [])) for n in range(9)]
        told = [*verdict_of(*rows).errors.texts(99)]
        assert "no 0 to 8 of 3" in told[0]
        assert "cases: p00, p01, p02, p03, p04 and 4 more" in told[0]
        assert "error in case p04: other" in told[1]
        for turned in (rows[::-1], rows[4:] + rows[:4]):
            assert [*verdict_of(*turned).errors.texts(99)] == told

    def test_one_case_is_named_and_its_message_is_as_it_is(self):
        (told,) = verdict_of(row(1, "p01 is gone")).errors.texts(9)
        assert told == "a.imgql:1:1: error in case p01: p01 is gone\n  |\n1 | x"

    def test_combinations_are_those_of_their_cases(self):
        def swept(name, *numbers):
            fault = Fault("", f"error: {name} is gone")
            return [Row(case_of(n, name, {"CASE": name}), faults=(fault,)) for n in numbers]

        verdict = verdict_of(*swept("p1", 0, 1, 2), *swept("p2", 3, 4, 5))
        assert [*verdict.errors.texts(99)] == [
            "error in 6 combinations of 2 cases: {CASE} is gone\n  = cases: p1, p2"
        ]
        assert verdict.counts.text(6, 2) == "6 combinations of 2 cases: 6 failed"
        (told,) = verdict_of(*swept("p1", 0, 1, 2)).errors.texts(99)
        assert told == "error in 3 combinations of case p1: p1 is gone"

    def test_all_cases_are_not_listed(self):
        (told,) = verdict_of(row(1, "x"), row(2, "x")).errors.texts(2)
        assert told == "a.imgql:1:1: error in all 2 cases: x\n  |\n1 | x"

    def test_what_looks_like_a_case_s_in_the_place_of_a_message_is_none(self):
        kinds = [
            Row(case_of(n, f"{n}", {}), faults=(Fault("x", f"a.imgql:1:{place}: error: x"),))
            for n, place in ((10, 10), (11, 10), (12, 12))
        ]
        assert [text.partition("\n")[0] for text in verdict_of(*kinds).errors.texts(9)] == [
            "a.imgql:1:10: error in 2 cases: x",
            "a.imgql:1:12: error in case 12: x",
        ]

    def test_a_name_within_a_word_is_none(self):
        told = [*verdict_of(row(1, "xp01"), row(2, "xp02x")).errors.texts(9)]
        assert len(told) == 2

    def test_a_name_does_nothing_to_the_terminal(self):
        case = case_of(0, "a\x1b[2J\nb", {})
        (told,) = verdict_of(Row(case, faults=(Fault("x", "error: x"),))).errors.texts(1)
        assert told == "error in case a�[2J�b: x"

    def test_other_messages_are_other_kinds_and_there_is_an_end_to_them(self):
        kinds = [row(1, f"kind {'x' * n}") for n in range(30)]
        told = [*verdict_of(*kinds).errors.texts(9)]
        assert (len(told), told[-1]) == (21, "error: and 10 more of other kinds")

    def test_warnings_are_told_like_errors_and_false_assertions_are(self):
        verdict = verdict_of(*(row(n, log=("warning: far\n  = help: x",)) for n in (1, 2)))
        assert [*verdict.warnings.texts(9)] == [
            "warning in 2 cases: far\n  = help: x\n  = cases: p01, p02"
        ]
        (told,) = verdict_of(row(1, asserts=FALSE)).errors.texts(9)
        assert told == "error in case p01: dice = 0.5"
