"""Views of a plan: text, JSON, DOT, SVG."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica import running
from voxlogica.language.operations import Place
from voxlogica.language.workplan import Print, WorkPlan
from voxlogica.operators.signature import NUMBER, Operator
from voxlogica.report.layered_layout import layered
from voxlogica.report.plan_json import plan_json
from voxlogica.report.plan_svg import plan_svg
from voxlogica.report.plan_text import plan_dot, plan_text
from voxlogica.syntax.source import Source, Span

PROGRAM = """load m = "brain \\ <1>.png"
let v = intensity(m)
let idle = v +. 7
let bright = between(0.5, 200, v)
save "out.png" near(bright & tt)
print "volume of \\ <it>" volume(bright)
"""


@pytest.fixture
def plan(tmp_path, monkeypatch) -> WorkPlan:
    monkeypatch.chdir(tmp_path)
    image = sitk.GetImageFromArray(np.zeros((3, 4), np.uint8))
    sitk.WriteImage(image, "plain.png")
    Path("plain.png").rename("brain \\ <1>.png")
    return running.plan(Source("p.imgql", PROGRAM), rewrites=False)


def test_text_has_one_line_an_operation_then_the_goals(plan):
    *operations, save, shown = plan_text(plan).splitlines()
    parsed = [re.fullmatch(r"%(\d+) = (.*?) +: (\S+) +[0-9a-f]{10}  (\S+)", o) for o in operations]
    rows = [match.groups() for match in parsed]
    assert [int(number) for number, *_ in rows] == list(range(len(plan.needed())))
    by_expression = {expression: (number, kind, place) for number, expression, kind, place in rows}
    assert by_expression['load("brain \\\\ <1>.png")'] == ("0", "model", "p.imgql:1")
    assert by_expression["intensity(%0)"][1:] == ("valuation(number)", "p.imgql:2")
    assert by_expression["0.5"][1] == "number"
    assert by_expression["tt(4×3)"][1:] == ("valuation(bool)", "p.imgql:5")
    near = next(e for e in by_expression if e.startswith("near("))
    assert save == f'save "out.png" %{by_expression[near][0]}'
    assert shown.startswith('print "volume of \\\\ <it>" %')
    assert "7" not in by_expression


def test_json_has_the_ids_and_every_argument_before_its_reader(plan):
    found = json.loads(plan_json(plan))
    known = set()
    for operation in found["operations"]:
        assert known.issuperset(operation["arguments"])
        known.add(operation["id"])
    assert known == {plan.ids[n].hex() for n in plan.needed()}
    (load,) = [o for o in found["operations"] if o["operator"] == "load"]
    assert load["constants"][0]["file"] == "brain \\ <1>.png"
    assert load["space"]["size"] == [4, 3]
    assert load["place"]["line"] == 1
    assert [(g["command"], g["name"]) for g in found["goals"]] == [
        ("save", "out.png"),
        ("print", "volume of \\ <it>"),
    ]


def test_dot_has_a_node_for_all_but_literals_and_goals_below(plan):
    text = plan_dot(plan)
    labels = re.findall(r'^  (\w+) \[label="((?:[^"\\]|\\.)*)"', text, re.MULTILINE)
    names = dict(labels)
    assert "between(0.5, 200, ·)\\nvaluation(bool)" in names.values()
    assert not any(label.startswith("200") for label in names.values())
    for source, target in re.findall(r"^  (\w+) -> (\w+);", text, re.MULTILINE):
        assert source in names
        assert target in names
    assert sum(name.startswith("g") for name in names) == 2
    assert text.count("{") == text.count("}") == 1


def test_svg_is_well_formed_and_shows_the_same(plan):
    root = ET.fromstring(plan_svg(plan))
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "between(0.5, 200, ·)" in texts
    assert '"volume of \\\\ <it>"' in texts
    tips = [e.text for e in root.iter("{http://www.w3.org/2000/svg}title")]
    assert any(plan.ids[plan.goals[0].node].hex() in tip for tip in tips)


def long_plan(length: int) -> WorkPlan:
    """A chain, in which every tenth operation also reads one from far before."""
    place = Place(Span(Source("long.imgql", "x"), 0, 1))
    step = Operator("step", (), NUMBER, float, "")
    plan = WorkPlan()
    last = plan.add(step, (), (), None, place)
    for number in range(1, length):
        far = (number // 2,) if number % 10 == 0 else ()
        last = plan.add(step, (last, *far), (float(number),), None, place)
    plan.goals.append(Print("end", last, place.span))
    return plan


@pytest.mark.parametrize("view", [plan_text, plan_json, plan_dot, plan_svg])
def test_plans_of_10000_operations_are_shown_too(view):
    assert view(long_plan(10_000)).count("step") >= 10_000


@pytest.mark.parametrize("view", [plan_text, plan_json, plan_dot, plan_svg])
def test_a_plan_without_goals_is_shown_too(view):
    assert isinstance(view(WorkPlan()), str)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_boxes_do_not_overlap_and_edges_go_down(data):
    count = data.draw(st.integers(1, 30))
    edges = [
        (data.draw(st.integers(0, target - 1)), target)
        for target in range(1, count)
        for _ in range(data.draw(st.integers(0, 3)))
    ]
    widths = data.draw(st.lists(st.floats(10, 300), min_size=count, max_size=count))
    layout = layered(widths, edges)
    for source, target in edges:
        assert layout.layer[source] < layout.layer[target]
    for (source, target), lanes in zip(edges, layout.lanes, strict=True):
        assert len(lanes) == layout.layer[target] - layout.layer[source] - 1
    for layer in set(layout.layer):
        row = sorted(n for n in range(count) if layout.layer[n] == layer)
        spans = sorted((layout.x[n] - widths[n] / 2, layout.x[n] + widths[n] / 2) for n in row)
        assert all(left[1] < right[0] for left, right in pairwise(spans))
        assert spans[0][0] >= -1e-6
        assert spans[-1][1] <= layout.width + 1e-6


@pytest.fixture
def both(plan) -> tuple[WorkPlan, WorkPlan]:
    return running.plans(Source("p.imgql", PROGRAM))


def test_as_text_both_plans_are_marked_where_they_differ(both):
    written, computed = both
    before, after = plan_text(computed, written).split("\n\n")
    assert before.startswith(f"as written, {len(written.needed())} operations:\n")
    assert after.startswith(f"as computed, {len(computed.needed())} operations:\n")
    gone = [line for line in before.splitlines()[1:] if line.startswith("-")]
    assert any("tt(4×3)" in line for line in gone)
    assert any("near(" in line for line in gone)
    new = [line for line in after.splitlines()[1:] if line.startswith("+")]
    assert len(new) == 1
    assert "near(" in new[0]
    assert all(line[:2] in ("- ", "+ ", "  ") for line in gone + new)


def test_as_json_the_plan_as_written_is_within(both):
    written, computed = both
    found = json.loads(plan_json(computed, written))
    assert found.pop("written") == json.loads(plan_json(written))
    assert found == json.loads(plan_json(computed))


def test_as_dot_each_plan_is_a_cluster(both):
    written, computed = both
    text = plan_dot(computed, written)
    assert re.findall(r"subgraph (\w+)", text) == ["cluster_w", "cluster_c"]
    names = re.findall(r"^  (\w+) \[", text, re.MULTILINE)
    assert len(names) == len(set(names))
    for source, target in re.findall(r"^  (\w+) -> (\w+);", text, re.MULTILINE):
        assert {source, target} <= set(names)
    assert text.count("{") == text.count("}") == 3


def test_as_svg_one_is_above_the_other(both):
    written, computed = both
    root = ET.fromstring(plan_svg(computed, written))
    texts = [e.text for e in root.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if text.startswith("as ")] == [
        f"as written, {len(written.needed())} operations",
        f"as computed, {len(computed.needed())} operations",
    ]
    plain = [float(ET.fromstring(plan_svg(plan)).get("height")) for plan in both]
    assert float(root.get("height")) > sum(plain)
