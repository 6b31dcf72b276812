"""Chains of voxel-wise operators as one operation: which become one, and that nothing changes."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica import running
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.language.fusion import fuse
from voxlogica.language.operations import Place
from voxlogica.language.planning import finished
from voxlogica.language.workplan import Print, WorkPlan
from voxlogica.operators import registry
from voxlogica.operators.literals import BOOL_LITERAL, NUMBER_LITERAL
from voxlogica.operators.signature import BOOL, NUMBER, REGION, VALUATION, Operator
from voxlogica.operators.voxelwise import CHAINED, Chain
from voxlogica.report.plan_json import plan_json
from voxlogica.report.plan_text import plan_text
from voxlogica.syntax.source import Source, Span

SPACE = Geometry.of_size(7, 5, 3)
PLACE = Place(Span(Source("p", "x"), 0, 1))
CHAINS = {operator.name for operator in CHAINED.values()}
TYPES = {NUMBER, BOOL, REGION, VALUATION}
SPECIAL = [0.0, -0.0, 1.0, 2.0, math.inf, -math.inf, math.nan]


def given_image(name: str, array: np.ndarray, result) -> Operator:
    image = Image(array, SPACE)
    return Operator(name, (), result, lambda: image, "A given image.")


def evaluate(plan: WorkPlan) -> list[object]:
    """The goals' values, operation by operation, without the engine."""
    values: dict[int, object] = {}
    for position in plan.needed():
        node = plan.nodes[position]
        arguments = [values[a] for a in node.arguments]
        if node.operator.spaceless:
            values[position] = node.operator.function(*arguments, space=SPACE)
        else:
            values[position] = node.operator.function(*arguments, *node.constants)
    return [values[goal.node] for goal in plan.goals]


def assert_same(one: object, other: object) -> None:
    if isinstance(one, Image):
        assert isinstance(other, Image)
        assert one.geometry == other.geometry
        assert one.array.dtype == other.array.dtype
        np.testing.assert_array_equal(one.array, other.array)
        if one.dtype != np.bool_:
            numbers = ~np.isnan(one.array)
            signs = (np.signbit(i.array[numbers]) for i in (one, other))
            np.testing.assert_array_equal(*signs)
    else:
        assert one == other or (one != one and other != other)


NAMES = (
    "+", "+.", "-", "-.", ".-", "*", "*.", "/", "/.", "./", "abs", ".=", ".<=", ".>=", "between",
    "valueAbove", "valueBelow", "==", "!=", "<", "<=", ">", ">=",
    "not", "and", "or", "mask", "select", "constant", "bconstant",
    "sqrt", "exp", "pow", "round",
    "tt", "ff", "volume", "avg", "min", "max", "near", "x", ".+.", "percentiles",
)  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> WorkPlan:
    """Operators of all kinds on a few images and numbers; some of what comes out is asked for."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    plan = WorkPlan()
    for name in "pq":
        plan.add(given_image(name, rng.random(SPACE.shape) < 0.5, REGION), (), (), SPACE, PLACE)
    for name in "vw":
        array = rng.choice(np.float32([*SPECIAL, 3.0, 4.0, 5.5]), SPACE.shape)
        plan.add(given_image(name, array, VALUATION), (), (), SPACE, PLACE)
    for number in draw(st.lists(st.sampled_from([*SPECIAL, 0.1]), min_size=2, max_size=2)):
        plan.add(NUMBER_LITERAL, (), (number,), None, PLACE)
    plan.add(BOOL_LITERAL, (), (draw(st.booleans()),), None, PLACE)
    given_ones = len(plan.nodes)
    for _ in range(draw(st.integers(1, 40))):
        overloads = registry()[draw(st.sampled_from(NAMES))]
        # Not `x(img)`, which the reducer makes `x` of; no texts, no sequences.
        others = [o for o in overloads if TYPES.issuperset(p.type for p in o.parameters)]
        operator = draw(st.sampled_from(others))
        arguments = tuple(
            draw(st.sampled_from([i for i, n in enumerate(plan.nodes) if n.type == p.type][-7:]))
            for p in operator.parameters
        )
        space = SPACE if operator.result.is_image else None
        constants = (SPACE,) if operator.spaceless else ()
        plan.add(operator, arguments, constants, space, PLACE)
    made = range(min(given_ones, len(plan.nodes) - 1), len(plan.nodes))
    asked = draw(st.lists(st.sampled_from(made), min_size=1, max_size=4))
    plan.goals = [Print(str(i), i, PLACE.span) for i in {*asked, len(plan.nodes) - 1}]
    return plan


@settings(max_examples=150, deadline=None)
@given(plans())
def test_a_fused_plan_gives_the_same_results_under_the_same_ids(plan):
    fused = fuse(plan)
    assert [plan.ids[g.node] for g in plan.goals] == [fused.ids[g.node] for g in fused.goals]
    assert {fused.ids[p] for p in fused.needed()} <= {plan.ids[p] for p in plan.needed()}
    if fused is not plan:
        assert list(fused.needed()) == list(range(len(fused)))
    for one, other in zip(evaluate(plan), evaluate(fused), strict=True):
        assert_same(one, other)


@settings(max_examples=50, deadline=None)
@given(plans())
def test_no_chain_is_left_within_reach_of_another(plan):
    fused = finished(plan, rewrites=True)[0]
    again = fuse(fused)
    assert again.ids == fused.ids


@pytest.fixture
def load(tmp_path) -> str:
    for name in "abcdefghij":
        array = np.random.default_rng(ord(name)).integers(0, 9, (3, 4, 5)).astype(np.int16)
        sitk.WriteImage(sitk.GetImageFromArray(array), str(tmp_path / f"{name}.nii"))
    return "".join(
        f'load {n}0 = "{tmp_path}/{n}.nii"\nlet {n} = intensity({n}0)\n' for n in "abcdefghij"
    )


def chains(program: str) -> list[str]:
    """The chains of a program, as it names its images."""
    plan = running.plan(Source("p.imgql", program), dialect=1)
    found = []
    for position in plan.needed():
        node = plan.nodes[position]
        if node.operator.name in CHAINS:
            found.append(node.constants[0].text([_named(plan, a) for a in node.arguments]))
    return found


def _named(plan: WorkPlan, position: int) -> str:
    node = plan.nodes[position]
    if node.operator.name == "intensity":
        return Path(plan.nodes[node.arguments[0]].constants[0].path).stem
    if node.constants and isinstance(node.constants[0], float):
        return f"{node.constants[0]:g}"
    return node.operator.name


@pytest.mark.parametrize(
    ("goals", "expected"),
    [
        ('save "o.nii" abs(a +. 1)', ["abs(+.(a, 1))"]),
        ('print "" volume(a >. 1)', ["volume(valueAbove(1, a))"]),
        ('print "" avg(abs(a), tt)', ["avg(abs(a), tt)"]),
        ('print "" max(a *. 2)', ["max(*.(a, 2))"]),
        ('print "" min(mask(a, b >. 1))', ["min(mask(a, valueAbove(1, b)))"]),
        # Each meaning of a name is part of chains.
        ('print "" volume((a != b) & (a != 3))', ["volume(and(!=(a, b), !=(a, 3)))"]),
        ('save "o.nii" abs((-a) - b)', ["abs(-(-(a), b))"]),
        # What is the same everywhere is part of all that read it, and never an image.
        (
            'print "" avg(a, tt)\nprint "" avg(b, tt)',
            ["avg(a, tt)", "avg(b, tt)"],
        ),
        # An operator alone is numpy's.
        ('save "o.nii" a +. 1', []),
        ('print "" volume(near(a >. 1))', []),
        ('print "" max(a)', []),
        # Read twice by one chain, it is computed once.
        ('save "o.nii" (a - b) * (a - b)', ["a = -(a, b); *(a, a)"]),
        # Read by two chains, or asked for itself, it is whole.
        (
            'print "" max(abs(a *. 2))\nprint "" min(abs(a *. 2))',
            ["abs(*.(a, 2))"],
        ),
        ('save "o.nii" a +. 1\nsave "u.nii" abs(a +. 1)', []),
        # Between two parts that need the whole image, there are two chains.
        (
            'print "" volume(!(near((a >. 1) & (b >. 1))))',
            ["and(valueAbove(1, a), valueAbove(1, b))", "volume(not(near))"],
        ),
    ],
)  # fmt: skip
def test_which_operators_are_one(load, goals, expected):
    assert chains(load + goals) == expected


def test_no_chain_reads_more_images_than_the_kernel_takes(load, tmp_path):
    text = f'{load}save "{tmp_path}/o.nii" abs({" + ".join("abcdefghij")})'
    plan = running.plan(Source("p.imgql", text), dialect=1)
    images = [
        sum(plan.nodes[a].type == VALUATION for a in plan.nodes[p].arguments)
        for p in plan.needed()
        if plan.nodes[p].operator.name in CHAINS
    ]
    assert len(images) == 2
    assert max(images) <= 6
    running.run(Source("p.imgql", text), dialect=1, cache=False)
    expected = sum(
        sitk.GetArrayFromImage(sitk.ReadImage(f"{tmp_path}/{n}.nii")) for n in "abcdefghij"
    )
    found = sitk.GetArrayFromImage(sitk.ReadImage(f"{tmp_path}/o.nii"))
    np.testing.assert_array_equal(found, expected)


def test_doubling_chains_are_shown_in_little(load):
    lines = [load, "let a1 = a + a", *(f"let a{n + 1} = a{n} + a{n}" for n in range(1, 60))]
    plan = running.plan(Source("p.imgql", "\n".join([*lines, 'print "" max(a60)'])), dialect=1)
    assert len(plan_text(plan)) < 5_000
    operations = json.loads(plan_json(plan))["operations"]
    ((chain,),) = [o["constants"] for o in operations if o["operator"] == "maxOf"]
    assert [step["operator"] for step in chain["chain"]] == ["+"] * 60 + ["max"]
    assert chain["chain"][1]["operands"] == [1, 1]


def test_chains_of_any_length_are_fused_in_parts():
    plan = WorkPlan()
    position = plan.add(
        given_image("v", np.zeros(SPACE.shape, np.float32), VALUATION), (), (), SPACE, PLACE
    )
    one = plan.add(NUMBER_LITERAL, (), (1.0,), None, PLACE)
    (add,) = registry()["+."]
    for _ in range(5_000):
        position = plan.add(add, (position, one), (), SPACE, PLACE)
    plan.goals = [Print("", position, PLACE.span)]
    fused = fuse(plan)
    assert len(fused) < 50
    assert evaluate(fused)[0].array.min() == 5_000


def test_chains_are_equal_exactly_when_they_are_encoded_alike():
    absolute, plus, negative, minus = (
        next(o.step for o in registry()[name] if len(o.parameters) == count and o.step)
        for name, count in (("abs", 1), ("+", 2), ("-", 1), ("-", 2))
    )
    one = Chain(1, ((absolute, (0,)), (plus, (1, 0))))
    assert one.canonical() == Chain(1, ((absolute, (0,)), (plus, (1, 0)))).canonical()
    assert one.canonical() != Chain(1, ((absolute, (0,)), (plus, (0, 0)))).canonical()
    # Two operators of one name.
    assert Chain(1, ((negative, (0,)),)).canonical() != Chain(1, ((minus, (0,)),)).canonical()


def test_a_chain_finds_what_a_plain_run_has_stored(load, tmp_path):
    source = Source("p.imgql", load + 'print "n" avg(abs(a -. 5), b =. 2)\n')
    cache = tmp_path / "cache"
    plain = running.run(source, dialect=1, cache=cache, rewrites=False)
    again = running.run(source, dialect=1, cache=cache)
    assert plain.prints[0].value == again.prints[0].value
    assert (again.stats.stored, again.stats.computed) == (1, 0)
