"""The best combination of a sweep: held to choosing by brute force, with all cases and without."""

from __future__ import annotations

import json
import math
import re
import statistics
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.references import unhurried
from voxlogica.batch.best import best
from voxlogica.batch.best_text import best_text, best_tree
from voxlogica.batch.criterion import Criterion, read_criterion
from voxlogica.engine.cases import Case, Fault, Row
from voxlogica.engine.results import Printed
from voxlogica.report.spread import interval_of_mean, quantile
from voxlogica.syntax.diagnostics import VoxLogicaError

MEAN = Criterion("mean", "dice")


def rows_of(table, columns=None, label="dice"):
    """Rows, case by case; `table` has the numbers of each combination, None where it failed."""
    rows = []
    for case in range(len(table[0]) if table else 0):
        for high, numbers in enumerate(table):
            own = {name: values[case] for name, values in (columns or {}).items()}
            made = Case(len(rows), f"p{case}", {**own, "high": f"{high}"})
            value = numbers[case]
            if value is None:
                rows.append(Row(made, faults=(Fault("no", "no"),)))
            else:
                rows.append(Row(made, (Printed(label, "number", value, label),)))
    return rows


def high(found):
    """Which combination is the best."""
    ((_, value),) = found.combination.values
    return int(value)


# --- What is chosen -------------------------------------------------------------------------------

STATISTICS = {
    "mean": lambda values, _: sum(map(Fraction, values)) / len(values),
    "median": lambda values, _: statistics.median(values),
    "min": lambda values, _: min(values),
    "max": lambda values, _: max(values),
    "quantile": lambda values, share: quantile(sorted(values), share),
}
# Few different ones, so that there are ties; and some that sums of float64 would not tell apart.
numbers = st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.7, 1.0, -1.0, 1e16, 1e-300]) | st.floats(-1e3, 1e3)
criteria = st.builds(
    Criterion,
    st.sampled_from([*STATISTICS]),
    st.just("dice"),
    st.booleans(),
    st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]),
)


@st.composite
def tables(draw):
    """Numbers of up to 5 combinations for 2 to 7 cases, and the group of each."""
    cases = draw(st.integers(2, 7))
    row = st.lists(numbers, min_size=cases, max_size=cases)
    table = draw(st.lists(row, min_size=1, max_size=5))
    groups = draw(st.lists(st.sampled_from("ABC"), min_size=cases, max_size=cases))
    return table, groups


def first_best(table, criterion, cases):
    """The first of the best combinations by some cases."""
    of = STATISTICS[criterion.statistic]
    worth = [of([numbers[case] for case in cases], criterion.share) for numbers in table]
    return worth.index((min if criterion.least else max)(worth))


@unhurried
@given(tables(), criteria)
def test_it_is_the_first_of_the_best(made, criterion):
    table, _ = made
    found = best(rows_of(table), criterion, ["high"])
    expected = first_best(table, criterion, range(len(table[0])))
    assert high(found) == expected
    worth = STATISTICS[criterion.statistic](table[expected], criterion.share)
    assert found.value == pytest.approx(float(worth), rel=1e-15)
    assert (found.compared, found.spread.n) == (len(table), len(table[0]))
    assert found.spread.greatest.value == max(table[expected])


@unhurried
@given(tables(), criteria, st.booleans())
def test_on_unseen_cases_it_is_chosen_without_each(made, criterion, grouped):
    table, groups = made
    units = groups if grouped else [*map(str, range(len(groups)))]
    found = best(
        rows_of(table, {"patient": groups}), criterion, ["high"], "patient" if grouped else None
    )
    if len(set(units)) < 2:
        assert found.unseen is None
        return
    choices = {
        unit: first_best(table, criterion, [c for c, of in enumerate(units) if of != unit])
        for unit in units
    }
    tested = [table[choices[unit]][case] for case, unit in enumerate(units)]
    assert found.unseen.value == criterion.of(tested)
    numbered = [[*dict.fromkeys(units)].index(unit) for unit in units]
    assert found.unseen.spread.interval == interval_of_mean(tested, numbered)
    assert found.unseen.spread.mean == pytest.approx(statistics.fmean(tested), rel=1e-12)
    assert found.unseen.groups == len(choices)
    assert {int(g.values[0][1]): n for g, n in found.unseen.chosen} == {
        choice: [*choices.values()].count(choice) for choice in choices.values()
    }


def test_what_is_best_on_all_may_be_less_on_unseen_ones():
    # Each case has a combination that was made for it: by the others, it would not be chosen.
    table = [[1.0 if case == of else 0.0 for case in range(4)] for of in range(4)]
    found = best(rows_of(table), MEAN, ["high"])
    assert (high(found), found.value) == (0, 0.25)
    assert found.unseen.value == 0


def test_of_two_groups_there_is_no_interval_of_unseen_cases_and_it_is_said():
    table = [[0.1, 0.9, 0.8, 0.3, 0.7, 0.9, 0.2, 0.5]]
    patients = {"patient": [*"aaaabbbb"]}
    found = best(rows_of(table, patients), MEAN, ["high"], "patient")
    assert found.spread.interval is not None
    assert (found.unseen.groups, found.unseen.spread.interval) == (2, None)
    (unseen,) = re.findall(r"on unseen cases: .*", best_text(found))
    assert unseen.startswith("on unseen cases: 0.550 (sd 0.321; too few for a 95 % interval)")


def test_several_sweeps_are_one_combination():
    rows = [
        Row(
            Case(0, "p0", {"CASE": "p0", "high": h, "low": low}), (Printed("d", "number", h * low),)
        )
        for h in (1.0, 3.0)
        for low in (1.0, 2.0)
    ]
    assert str(best(rows, Criterion("mean", "d"), ["high", "low"]).combination) == "high=3 low=2"


def test_rows_may_come_in_any_order_and_once():
    rows = rows_of([[0.5, 0.6], [0.6, 0.6]])
    assert best(iter(rows), MEAN, ["high"]) == best(rows, MEAN, ["high"])


# --- What is left out -----------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [None, math.nan, math.inf])
def test_a_combination_without_a_number_for_some_case_is_left_out(missing):
    found = best(rows_of([[0.5, 0.5], [0.9, missing], [0.6, 0.5]]), MEAN, ["high"])
    assert (high(found), found.compared) == (2, 2)
    ((group, cases),) = found.left_out
    assert (str(group), cases) == ("high=1", ("p1",))
    assert "1 combination: high=1 (p1)" in best_text(found)


def test_a_case_without_a_number_in_any_combination_is_left_out():
    found = best(rows_of([[0.5, None, 0.6], [0.9, math.nan, 0.5]]), MEAN, ["high"])
    assert (high(found), found.spread.n, found.unseen.groups) == (1, 2, 2)
    assert (found.cases_left_out, found.left_out) == (("p1",), ())
    assert "in any combination: p1" in best_text(found)


def test_where_each_lacks_a_number_there_is_no_best():
    with pytest.raises(VoxLogicaError, match="each lacks a number") as failed:
        best(rows_of([[0.5, None, 0.7], [None, 0.5, None]]), MEAN, ["high"])
    assert "high=0: those of p1" in str(failed.value)


def test_where_there_is_no_number_there_is_no_best():
    with pytest.raises(VoxLogicaError, match="no case has a number"):
        best(rows_of([[None, math.nan]]), MEAN, ["high"])
    with pytest.raises(VoxLogicaError, match="no case has a number"):
        best(rows_of([[0.5]], label="other"), MEAN, ["high"])


def test_of_one_case_nothing_is_told_of_unseen_ones():
    found = best(rows_of([[0.5], [0.6]]), MEAN, ["high"])
    assert (high(found), found.unseen) == (1, None)
    assert "nothing to tell" in best_text(found)


# --- Chosen on some, tried on others --------------------------------------------------------------

SPLIT = ["train", "train", "test", "Test ", "pilot"]


def test_it_is_chosen_on_train_and_tried_on_test():
    table = [[0.5, 0.6, 0.9, 0.8, 1.0], [0.6, 0.6, 0.1, 0.3, 0.0]]
    found = best(rows_of(table, {"set": SPLIT}), MEAN, ["high"], split="set")
    assert (high(found), found.value, found.spread.n) == (1, 0.6, 2)
    assert (found.unseen.value, found.unseen.spread.n) == (0.2, 2)
    assert found.unused == (("pilot", 1),)
    text = best_text(found)
    assert "over 2 train cases: 0.600" in text
    assert "on 2 unseen test cases: 0.200" in text
    assert "in set: pilot (1)" in text


def test_a_failed_test_case_does_not_decide_what_is_chosen():
    table = [[0.5, 0.6, 0.9, 0.8, 1.0], [0.6, 0.6, None, 0.3, 0.0]]
    found = best(rows_of(table, {"set": SPLIT}), MEAN, ["high"], split="set")
    assert (high(found), found.left_out) == (1, ())
    assert (found.unseen.spread.n, found.unseen.without) == (1, ("p2",))
    assert "test cases without a number: p2" in best_text(found)
    table[1][3] = None
    found = best(rows_of(table, {"set": SPLIT}), MEAN, ["high"], split="set")
    assert found.unseen is None


@pytest.mark.parametrize("values", [["train"] * 2, ["test"] * 2, ["A", ""]])
def test_a_split_has_both(values):
    with pytest.raises(VoxLogicaError, match="in the column `set`"):
        best(rows_of([[0.5, 0.6]], {"set": values}), MEAN, ["high"], split="set")


# --- The criterion --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mean(dice)", Criterion("mean", "dice")),
        (" median ( dice ) ", Criterion("median", "dice")),
        ("min(volume, ml)", Criterion("min", "volume, ml")),
        ('max("volume, ml")', Criterion("max", "volume, ml")),
        ("mean('dice')", Criterion("mean", "dice")),
        ("mean(hd95 (mm))", Criterion("mean", "hd95 (mm)")),
        ("quantile(dice, 0.1)", Criterion("quantile", "dice", share=0.1)),
        ("quantile(volume, ml, 1)", Criterion("quantile", "volume, ml", share=1.0)),
        ('mean("q")', Criterion("mean", '"q"')),
        ("mean( spaced)", Criterion("mean", " spaced")),
    ],
)
def test_labels_stand_as_they_are_written(text, expected):
    labels = ["dice", "volume, ml", "hd95 (mm)", '"q"', " spaced"]
    assert read_criterion(text, labels) == expected
    assert read_criterion(str(expected), labels) == expected
    assert read_criterion(text, labels, least=True).least


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dice", "did you mean `mean(dice)`?"),
        ("mean dice", "did you mean `mean(dice)`?"),
        ("average(dice)", "did you mean `mean(dice)`?"),
        ("meen(dice)", "did you mean `mean(dice)`?"),
        ("mode(dice)", "`median`, `min`, `max`, `quantile`"),
        ("mean(dise)", "did you mean `mean(dice)`?"),
        ("quantile(Dice, 0.5)", "did you mean `quantile(dice, 0.5)`?"),
        ("mean(volume)", 'what is printed: "dice"'),
        ("quantile(dice)", "did you mean `quantile(dice, 0.25)`?"),
        ("quantile(dice, 25)", "from 0 to 1"),
        ("quantile(dice, 0,1)", "did you mean `quantile(dice, 0.1)`?"),
        ("quantile(dice, -)", "from 0 to 1"),
    ],
)
def test_what_is_no_criterion_is_told_with_what_to_write(text, said):
    with pytest.raises(VoxLogicaError) as failed:
        read_criterion(text, ["dice"])
    assert said in str(failed.value)


# --- Text, and JSON -------------------------------------------------------------------------------


@unhurried
@given(tables(), criteria)
def test_text_fits_80_columns_and_json_is_json(made, criterion):
    table, groups = made
    found = best(rows_of(table, {"patient": groups}), criterion, ["high"], "patient")
    assert all(len(line) <= 80 for line in best_text(found).splitlines())
    tree = best_tree(found)
    json.dumps(tree, allow_nan=False)
    assert tree["combination"] == {"high": str(high(found))}


def test_the_text_says_how_steady_the_choice_is():
    table = [[1.0 if case == of else 0.0 for case in range(3)] for of in range(3)]
    text = best_text(best(rows_of(table), MEAN, ["high"]))
    assert "chosen without each of 3 cases" in " ".join(text.split())
    assert "another in 1 of 3 turns: high=1 (1)" in " ".join(text.split())


def test_a_best_value_at_the_end_of_its_sweep_is_told():
    def told(values):
        found = best(rows_of([[value, value] for value in values]), MEAN, ["high"])
        return best_tree(found)["at_ends"], " ".join(best_text(found).split())

    ends, text = told([0.1, 0.2, 0.3])
    assert ends == ["high"]
    assert "high=2 is at the end of its sweep: what lies beyond may be better" in text
    assert told([0.3, 0.2, 0.1])[0] == ["high"]
    for inside in ([0.1, 0.3, 0.2], [0.1, 0.2], [0.1]):
        ends, text = told(inside)
        assert ends == []
        assert "beyond" not in text


def test_a_value_that_makes_no_difference_is_not_told_to_be_at_the_end_of_its_sweep():
    """What lies beyond is as good, as far as anybody can tell."""

    def ends(*values, low=(0,)):
        table = [[value, value] for value in values]
        swept = [{"high": of // len(low), "low": low[of % len(low)]} for of in range(len(values))]
        cases = (
            Row(
                Case(0, f"c{at}", swept[of]),
                prints=() if number is None else (Printed("dice", "number", number),),
            )
            for of, numbers in enumerate(table)
            for at, number in enumerate(numbers)
        )
        found = best(cases, MEAN, ["high", "low"])
        assert ("beyond" in best_text(found)) is bool(found.at_ends)
        return found.at_ends

    assert ends(0.5, 0.5, 0.5) == ()
    assert ends(0.5, 0.5, 0.4) == ("high",)
    # Of two, the one that matters is told.
    assert ends(*3 * (0.7, 0.6, 0.5), low=(1, 2, 3)) == ("low",)
    assert ends(*3 * (0.6, 0.7, 0.5), low=(1, 2, 3)) == ()
    # Where a value has no number, nobody knows.
    assert ends(0.5, 0.5, None) == ("high",)
