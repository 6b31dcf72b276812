"""What the numbers of cases say: each held to its definition, nothing averaged silently."""

from __future__ import annotations

import json
import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.references import unhurried
from voxlogica.engine.cases import Case, Checked, Fault, Row
from voxlogica.engine.results import Printed
from voxlogica.report.cases_summary import Apart, HeldCount, summarise, summary_tree
from voxlogica.report.spread import interval_of_mean
from voxlogica.report.summary_text import summary_text


def row(name, prints=(), number=0, asserts=(), empty=(), **columns):
    """A row of a case: its prints by label, and which of them rest on a rule."""
    made = [
        Printed(label, "number", value, label, "truth" if label in empty else "")
        for label, value in dict(prints).items()
    ]
    checked = tuple(Checked(label, value) for label, value in dict(asserts).items())
    return Row(Case(number, name, {"CASE": name, **columns}), tuple(made), checked)


def rows_of(values, **columns):
    return [row(f"p{at}", {"dice": value}, at, **columns) for at, value in enumerate(values)]


@unhurried
@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=25))
def test_a_column_is_summed_up_by_definition(values):
    (part,) = summarise(rows_of(values)).columns["dice"]
    spread = part.spread
    assert spread.n == len(values)
    assert spread.mean == pytest.approx(statistics.fmean(values), rel=1e-15)
    assert spread.stdev == pytest.approx(statistics.stdev(values), rel=1e-9, abs=1e-9)
    assert spread.median == statistics.median(values)
    assert spread.quartiles == tuple(np.quantile(values, [0.25, 0.75]))
    assert spread.interval == interval_of_mean(values)
    assert spread.least == (min(values), f"p{values.index(min(values))}")
    assert spread.greatest == (max(values), f"p{values.index(max(values))}")
    assert (part.by_rule, part.without) == (0, None)


def test_one_number_has_no_interval_and_no_deviation():
    (part,) = summarise(rows_of([0.5])).columns["dice"]
    assert (part.spread.n, part.spread.mean, part.spread.median) == (1, 0.5, 0.5)
    assert (part.spread.interval, part.spread.stdev) == (None, None)


def test_nan_and_infinities_are_counted_apart():
    values = [0.5, math.nan, 0.7, math.inf, math.nan, -math.inf, math.nan, math.nan]
    (part,) = summarise(rows_of(values)).columns["dice"]
    assert (part.spread.n, part.spread.mean) == (2, 0.6)
    assert part.nan == Apart(4, ("p1", "p4", "p6"))
    assert part.infinite == Apart(2, ("p3", "p5"))
    (part,) = summarise(rows_of([math.nan])).columns["dice"]
    assert part.spread is None


def test_what_rests_on_a_rule_is_told_with_it_and_without():
    rows = [
        row("p0", {"dice": 1.0, "ml": 0.0}, empty={"dice"}),
        row("p1", {"dice": 0.8, "ml": 3.0}),
        row("p2", {"dice": 0.6, "ml": 4.0}),
        row("p3", {"dice": math.nan, "ml": 5.0}, empty={"dice"}),
    ]
    columns = summarise(rows).columns
    (dice,), (ml,) = columns["dice"], columns["ml"]
    assert (dice.spread.n, dice.by_rule, dice.without.n) == (3, 1, 2)
    assert dice.without.mean == pytest.approx(0.7)
    # A volume needs no rule, whatever else is printed in its row.
    assert (ml.spread.n, ml.by_rule, ml.without) == (4, 0, None)
    (only,) = summarise(rows[:1]).columns["dice"]
    assert (only.spread.n, only.by_rule, only.without) == (1, 1, None)


def test_a_failed_case_has_no_numbers_and_what_is_no_number_is_no_column():
    failed = Row(Case(1, "p1", {}), faults=(Fault("no", "no"),))
    texts = row("p2", {"dice": 0.9, "text": "x", "truth": True, "list": [1.0, 2.0]})
    summary = summarise([row("p0", {"dice": 0.8}), failed, texts])
    assert [*summary.columns] == ["dice"]
    assert summary.columns["dice"][0].spread.n == 2


def test_columns_are_called_as_in_the_table():
    summary = summarise([row("p0", {"age": 0.8}, age="61")])
    assert [*summary.columns] == ["age (print)"]


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.floats(0, 1)), min_size=1, max_size=12))
def test_a_group_is_as_its_rows_alone(pairs):
    rows = [
        row(f"p{at}", {"dice": v}, at, {"a": v > 0.5}, site=s) for at, (s, v) in enumerate(pairs)
    ]
    summary = summarise(rows, "site")
    whole, *parts = summary.columns["dice"]
    assert whole == summarise(rows).columns["dice"][0]
    assert [part.group.values for part in parts] == [
        (("site", site),) for site in dict.fromkeys(site for site, _ in pairs)
    ]
    for part in parts:
        ((_, site),) = part.group.values
        own = [r for r in rows if r.case.columns["site"] == site]
        alone = summarise(own)
        assert part.spread == alone.columns["dice"][0].spread
        held = next(h for h in summary.asserts["a"] if h.group == part.group)
        assert (held.held, held.among) == alone.asserts["a"][0][1:]


def test_combinations_of_a_sweep_are_never_mixed():
    rows = [
        row(f"p{at}", {"dice": 0.5 + at / 10 + high}, at, high=high, site="AB"[at % 2])
        for at in range(4)
        for high in (0.1, 0.2)
    ]
    parts = summarise(rows, sweep=["high"]).columns["dice"]
    assert [(str(part.group), part.spread.n) for part in parts] == [
        ("high=0.1", 4),
        ("high=0.2", 4),
    ]
    parts = summarise(rows, "site", ["high"]).columns["dice"]
    assert [(str(part.group), part.spread.n) for part in parts] == [
        (f"high={high}{site}", 2 if site else 4)
        for high in (0.1, 0.2)
        for site in ("", " site=A", " site=B")
    ]
    few = summarise(rows, sweep=["high"], most=1)
    assert [str(part.group) for part in few.columns["dice"]] == ["high=0.1"]
    assert few.groups == 2
    assert summary_text(few, 1).endswith("\nand 1 more group, in --summary FILE")
    assert summary_text(summarise(rows, sweep=["high"]), 1) == summary_text(few, 1)


def test_rows_that_have_an_assertion_are_counted():
    rows = [row("p0", asserts={"a": True, "b": False}), row("p1", asserts={"a": True}), row("p2")]
    held = summarise(rows).asserts
    assert {name: of[0][1:] for name, of in held.items()} == {"a": (2, 2), "b": (0, 1)}
    assert held["a"] == (HeldCount(held["a"][0].group, 2, 2),)


def test_rows_may_come_from_anywhere_once():
    rows = rows_of([0.5, 0.75])
    assert summarise(iter(rows)) == summarise(rows)


# As text, and as JSON


def not_tiny(value):
    """The value, or 0: nobody measures less than 1e-30."""
    return value if abs(value) > 1e-30 else 0.0


def test_as_a_table():
    rows = [
        row("p1", {"dice": 0.912, "volume, ml": 12.5}, asserts={"good": True}),
        row("p2", {"dice": 0.84, "volume, ml": 40.25}, asserts={"good": False}),
        row("p3", {"dice": 1.0, "volume, ml": math.nan}, asserts={"good": True}, empty={"dice"}),
    ]
    assert summary_text(summarise(rows)) == TABLE.strip("\n")


TABLE = """
              n   mean  95 % interval     sd  median       quartiles
dice          3  0.917              –  0.080   0.912  0.876 to 0.956
    least 0.840 (p2), greatest 1.000 (p3)
  none empty  2  0.876              –  0.051   0.876  0.858 to 0.894
    least 0.840 (p2), greatest 0.912 (p1)
volume, ml    2  26.38              –  19.62   26.38  19.44 to 33.31
    least 12.50 (p1), greatest 40.25 (p2)
    nan, counted apart: 1 (p3)
none empty: without what rests on a rule for empty regions
–: fewer than 6 cases are too few for a 95 % interval
assert "good": holds in 2 of 3
"""


def test_combinations_are_a_table_of_means():
    rows = [
        row(f"p{at}", {"dice": high / 2, "a volume in millilitres": value}, high=high)
        for high in (0.5, 1.0)
        for at, value in enumerate([10.0, 20.0 * high, math.nan])
    ]
    assert summary_text(summarise(rows, sweep=["high"])) == MEANS.strip("\n")


MEANS = """
means over cases:
          n   dice  a volume in mi…
high=0.5  3  0.250     10.00 (of 2)
high=1    3  0.500     15.00 (of 2)
which is best, and what it is worth on unseen cases: --best 'mean(dice)'
"""


def test_a_mean_of_fewer_cases_than_others_says_of_how_many():
    rows = [
        row(f"p{at}", {"dice": 0.5, "level": level, "none": math.nan}, high=1)
        for at, level in enumerate([1.0, 3.0, math.nan])
    ]
    assert "\nhigh=1  3  0.500  2.000 (of 2)     –\n" in summary_text(
        summarise(rows, sweep=["high"])
    )


def test_counts_of_voxels_are_written_out_and_no_spread_is_0():
    rows = [row(f"p{at}", {"voxels": 1_834_207.0, "tiny": 1e-5}, at) for at in range(6)]
    text = summary_text(summarise(rows))
    assert "6  1834207  1834207 to 1834207   0" in text
    assert "e6" not in text
    assert "0.0e0" not in text


def test_nothing_to_tell_is_no_text():
    assert summary_text(summarise([])) == ""
    assert summary_text(summarise([row("p0", {"text": "x"})])) == ""


@given(
    st.lists(
        st.tuples(
            st.text("abc", min_size=1, max_size=40),
            st.lists(
                st.floats(-1e30, 1e30).map(not_tiny)
                | st.floats(-1, 1).map(not_tiny)
                | st.floats(1e5, 1e7)
                | st.floats(0, 1e-4).map(not_tiny),
                min_size=1,
                max_size=4,
            ),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_the_table_fits_80_columns(columns):
    rows = [
        row("p0", {name: values[at % len(values)] for name, values in columns}) for at in range(5)
    ]
    for sweep in ([], ["CASE"]):
        for line in summary_text(summarise(rows, sweep=sweep)).splitlines():
            assert len(line) <= 80 or line.startswith("which is best"), line


def test_as_json():
    tree = summary_tree(
        summarise([*rows_of([0.5, 0.75, math.nan, *[0.5, 0.75] * 3], site="A")], "site")
    )
    json.dumps(tree, allow_nan=False)
    whole, group = tree["columns"]["dice"]
    assert (whole["group"], group["group"]) == ({}, {"site": "A"})
    assert whole | {"group": 0} == group | {"group": 0}
    assert (whole["n"], whole["mean"], whole["nan"], whole["infinite"]) == (8, 0.625, 1, 0)
    assert whole["interval"] == [0.53125, 0.71875]
    assert whole["quartiles"] == [0.5, 0.75]
    assert whole["greatest"] == {"value": 0.75, "case": "p1"}
    assert whole["without_by_rule"] is None
    one = summary_tree(summarise(rows_of([0.5])))["columns"]["dice"][0]
    assert (one["interval"], one["stdev"]) == (None, None)
