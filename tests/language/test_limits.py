"""Programs that would go on for hours or fill up memory end with one error that names the limit.

And what looks as if it would, and need not: functions that do not use what they are applied to.
"""

from __future__ import annotations

import pytest

from voxlogica import running
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source


def printed(text: str) -> list:
    report = running.run(Source("program.imgql", text), dialect=2, cache=False)
    return [goal.value for goal in report.prints]


def problem(text: str):
    """The one message about a program, and where it points."""
    with pytest.raises(VoxLogicaError) as raised:
        running.run(Source("program.imgql", text), dialect=2, cache=False)
    (only,) = raised.value.diagnostics
    assert only.span is not None
    source = only.span.source
    return only.message, source.text[only.span.start : only.span.end]


def levels(count: int, level: str, *first: str) -> str:
    """Functions, each declared by those before it."""
    steps = [
        level.format(this=f"f{n}", last=f"f{n - 1}", before=f"f{n - 2}")
        for n in range(len(first), count)
    ]
    return "\n".join([*first, *steps, ""])


class TestWhatIsNotUsed:
    """Each function calls the two before it on six arguments that none of them uses."""

    EXPLOSION = (
        "{this}(x) = {last}(x + 1) + {before}(x - 1) + {last}(x * 2) + {before}(x / 2)"
        " + {last}(x) + {before}(x)"
    )

    def test_is_no_reason_to_reduce_a_call_again(self):
        expected = [1, 1]
        for n in range(2, 61):
            expected.append(3 * expected[n - 1] + 3 * expected[n - 2])
        text = levels(61, self.EXPLOSION, "f0(x) = 1", "f1(x) = 1")
        assert printed(f'{text}print "" f20(1)\nprint "" f60(1)') == [
            expected[20],
            pytest.approx(expected[60]),
        ]

    def test_in_part_is_as_well(self):
        text = levels(40, "{this}(x, y) = {last}(x, y + 1) + {last}(x, y * 2)", "f0(x, y) = x")
        assert printed(f'{text}print "" f39(1, 2)\nprint "" f39(2, 2)') == [2.0**39, 2.0**40]

    def test_is_checked_all_the_same(self):
        text = "f(x, y) = let z = y - 1 in x\n"
        assert printed(f'{text}print "" f(1, 2)\nprint "" f(1, 3)') == [1, 1]
        message, at = problem(f'{text}print "" f(1, 2)\nprint "" f(1, "a")')
        assert (message, at) == ("`-` does not take (string, number)", "y - 1")

    def test_of_a_sequence_is_checked_for_each(self):
        text = "f(x, i) = let z = x[i] in 1\n"
        message, _ = problem(f'{text}print "" f([1], 0)\nprint "" f([1], 3)')
        assert message == "index 3 is out of range: the sequence has 1 element"

    def test_of_a_call_through_a_loop(self):
        text = levels(30, "{this}(x) = {last}(x + 1) + {last}(x * 2)", "f0(x) = 1")
        assert printed(f'{text}print "" for i in range(3) do f29(i)') == [[2**29] * 3]


CONCATENATED = levels(60, "{this} = concat({last}, {last})", 'f0 = "a"')

ENDLESS = {
    "a call doubled at each level": (
        levels(61, "{this}(x) = {last}({last}(x))", "f0(x) = x + 1") + 'print "" f60(1)',
        "`f60` would take more than 1,000,000,000 calls of the functions within it; the limit is"
        " 4,000,000",
        "f60(1)",
    ),
    "a range": (
        'print "" range(1e300)',
        "`range` would have 1e+300 numbers; the limit is 10,000,000",
        "range(1e300)",
    ),
    "a loop": (
        'print "" fold + for i in range(1000000000) do i',
        "`range` would have 1e+09 numbers; the limit is 10,000,000",
        "range(1000000000)",
    ),
    "loops within each other": (
        'print "" fold + for i in range(1000) do fold + for j in range(1000) do'
        " fold + for k in range(1000) do i + j + k",
        "the loops here would take more than 100,000,000 rounds in all, which is the limit",
        "for i in range(1000) do fold + for j in range(1000) do"
        " fold + for k in range(1000) do i + j + k",
    ),
    "a sequence doubled": (
        levels(60, "{this} = [{last}, {last}]", "f0 = [1, 2]") + 'print "" f59',
        "a sequence of more than 10,000,000 values in all, which is the limit",
        "f59",
    ),
    "a text doubled": (
        f'{CONCATENATED}print "" f59',
        "`concat` would give a text of 16,777,216 characters; the limit is 10,000,000",
        "concat(f23, f23)",
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_ends_with_one_error(name: str):
    text, message, at = ENDLESS[name]
    assert problem(text) == (message, at)


def test_functions_passed_to_functions_end_with_one_error():
    text = "inc(x) = x + 1\nd(f) = let g(x) = f(f(x)) in g\n"
    text += levels(40, "{this} = d({last})", "f0 = inc")
    message, _ = problem(f'{text}print "" f39(1)')
    assert message.startswith(
        "more than 400,000 calls of functions that were passed along, which is the limit"
    )


def test_large_programs_that_end_do():
    text = levels(15, "{this}(x) = {last}({last}(x))", "f0(x) = x + 1")
    assert printed(f'{text}print "" f14(1)') == [1 + 2**14]
    assert printed('print "" fold + for i in range(300) do fold + for j in range(200) do 1') == [
        60_000
    ]


def test_loops_whose_first_rounds_are_the_longest_do():
    """As where the greatest piece comes first: the others are not taken to be like it."""
    text = 'print "" fold + for i in range(6000) do fold + for j in range({}) do 1'
    lengths = [21_000 // (i + 1) ** 3 for i in range(6_000)]
    assert printed(text.format("floor(21000 / ((i+1) * (i+1) * (i+1)))")) == [sum(lengths)]
