"""Rewrites: every rule gives what the plain plan gives, on programs made at random."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image
from voxlogica.language.operations import Place
from voxlogica.language.planning import finished, plan_programs
from voxlogica.language.rewrites import cheapest, simplified
from voxlogica.language.workplan import Print, WorkPlan
from voxlogica.operators import registry
from voxlogica.operators.literals import BOOL_LITERAL, NUMBER_LITERAL
from voxlogica.operators.signature import REGION, VALUATION, Operator
from voxlogica.report.plan_view import view
from voxlogica.syntax.source import Source, Span

SPACE = Geometry.of_size(5, 4, 3, spacing=(1.0, 1.5, 2.0))
PLACE = Place(Span(Source("p", "x"), 0, 1))


def given_image(name: str, array: np.ndarray, result) -> Operator:
    image = Image(array, SPACE)
    return Operator(name, (), result, lambda: image, "A given image.")


def evaluate(plan: WorkPlan, space: Geometry = SPACE) -> list[object]:
    """The goals' values, operation by operation: no engine, no rewriting."""
    values: dict[int, object] = {}
    for position in plan.needed():
        node = plan.nodes[position]
        arguments = [values[a] for a in node.arguments]
        if node.operator.spaceless:
            values[position] = node.operator.function(*arguments, space=space)
        else:
            values[position] = node.operator.function(*arguments, *node.constants)
    return [values[goal.node] for goal in plan.goals]


# Operators that the rules speak of, and some that stand between.
OPERATORS = (
    "not", "and", "or", "near", "interior", "mask", "theRegion", "theNumber", ".<=", ".>=", ".=",
    "volume", "dt", "between", "tt", "ff", "bconstant", "constant", "select", "+", "+.", "-", "-.",
    "percentiles", ".-", "*", "*.", "/", "/.", "./", "abs", "through", "avg", "min", "max", ".+.",
    ".<.", "!.", "lcc", "maxvol",
    "sum", "stdev", "median",
)  # fmt: skip


@st.composite
def plans(draw: st.DrawFn) -> WorkPlan:
    """A plan over two regions, a valuation and two numbers, grown an operation at a time."""
    seed = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    plan = WorkPlan()
    for name in ("p", "q"):
        region = seed.random(SPACE.shape) < 0.5
        plan.add(given_image(name, region, REGION), (), (), SPACE, PLACE)
    values = seed.choice(np.float32([0.0, -0.0, 1.0, 2.0, 3.0, math.nan, math.inf]), SPACE.shape)
    plan.add(given_image("v", values, VALUATION), (), (), SPACE, PLACE)
    for value in seed.choice([0.0, -0.0, 1.0, 2.0, -1.0, 1e-60, math.nan, math.inf], 3).tolist():
        plan.add(NUMBER_LITERAL, (), (value,), None, PLACE)
    plan.add(BOOL_LITERAL, (), (draw(st.booleans()),), None, PLACE)
    for _ in range(draw(st.integers(1, 25))):
        named = registry()[draw(st.sampled_from(OPERATORS))]
        # Not those of sequences.
        overloads = [o for o in named if all(p.type.element is None for p in o.parameters)]
        operator = draw(st.sampled_from(overloads))
        arguments = tuple(
            draw(st.sampled_from([i for i, n in enumerate(plan.nodes) if n.type == p.type][-6:]))
            for p in operator.parameters
        )
        space = SPACE if operator.result.is_image else None
        constants = (SPACE,) if operator.spaceless else ()
        plan.add(operator, arguments, constants, space, PLACE)
    plan.goals = [Print(str(i), i, PLACE.span) for i in range(len(plan.nodes))]
    return plan


@settings(max_examples=150, deadline=None)
@given(plans())
def test_a_rewritten_plan_gives_the_same_results(plan):
    fused = finished(plan, rewrites=True)[0]
    for plain, other in zip(evaluate(plan), evaluate(fused), strict=True):
        if isinstance(plain, Image):
            assert isinstance(other, Image)
            np.testing.assert_array_equal(plain.array, other.array)
            assert plain.array.dtype == other.array.dtype
            if plain.dtype != np.bool_:
                signs = (np.signbit(i.array[~np.isnan(i.array)]) for i in (plain, other))
                np.testing.assert_array_equal(*signs)
        else:
            assert plain == other or (plain != plain and other != other)


@settings(max_examples=50, deadline=None)
@given(plans())
def test_a_rewritten_plan_is_left_alone(plan):
    once = cheapest(simplified(plan))
    again = cheapest(simplified(once))
    assert sorted(once.ids[i] for i in once.needed()) == sorted(
        again.ids[i] for i in again.needed()
    )


# --- Distances ------------------------------------------------------------------------------------

REGIONS = (
    "p", "q", "tt & p", "ff & q",
    "(! {r})", "(N {r})", "({r} & {r})", "({r} | {r})",
    "distleq({n}, {r})", "distgeq({n}, {r})", "smoothen({r}, {n})", "smoothen({n}, {r})",
    "erode({r}, {n})", "dilate({r}, {n})", "imopen({r}, {n})", "imclose({r}, {n})",
    "(dt({r}) <=. {n})", "(dt({r}) <. {n})", "(dt({r}) >=. {n})", "(dt({r}) >. {n})",
    "(dt({r}) =. {n})", "(pdt({r}) <. {n})", "(pdt({r}) >. {n})", "({n} .= pdt({r}))",
    "(!(pdt({r}) <. {n}))", "(!(dt({r}) >. {n}))", "(!({n} .<= dt({r})))", "(!({n} .>= pdt({r})))",
    "(mask(dt({r}), {r}) >=. {n})", "(mask(dt({r}), {r}) >. {n})", "(mask(dt({r}), {r}) <=. {n})",
    "(mask(dt({r}), {r}) <. {n})", "({n} .= mask(dt({r}), {r}))", "({r} & (!{r}))",
    "between({n}, {n}, mask(dt({r}), {r}))", "between({n}, {n}, dt({r}))",
    "between({n}, {n}, pdt({r}))",
)  # fmt: skip
NUMBERS = (
    "0", "1", "1.5", "2", "2.3", "4", "100", "(0 .-. 1)", "(0 .-. 1.5)", "(0 ./. 0)", "(1 ./. 0)",
    "(0 .-. (1 ./. 0))", "volume(p)", "(volume(q) ./. 20)", "(0 .*. (0 .-. 1))",
)  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> str:
    """A region made of distances, one within the other, and numbers that are literals or not."""
    form = draw(st.sampled_from(REGIONS if depth else REGIONS[:4]))
    while "{n}" in form:
        form = form.replace("{n}", draw(st.sampled_from(NUMBERS)), 1)
    while "{r}" in form:
        form = form.replace("{r}", draw(expressions(depth=depth - 1)), 1)
    return form


@pytest.fixture(scope="module")
def grids(tmp_path_factory) -> list[Path]:
    """Two regions in one file each, on grids that have the same spacing along all axes and not."""
    folder = tmp_path_factory.mktemp("grids")
    rng = np.random.default_rng(5)
    for i, (shape, spacing) in enumerate(
        [((6, 7, 8), (1.0, 1.0, 1.0)), ((6, 7, 8), (0.8, 0.9, 2.5)), ((9, 8), (0.7, 0.7))]
    ):
        for name, density in (("p", 0.1), ("q", 0.6)):
            image = SimpleITK.GetImageFromArray((rng.random(shape) < density).astype(np.uint8))
            image.SetSpacing(spacing)
            SimpleITK.WriteImage(image, str(folder / f"{i}_{name}.nii.gz"))
    return [folder / str(i) for i in range(3)]


def planned(text: str) -> WorkPlan:
    found = plan_programs(
        [Source("p.imgql", text)], definitions={}, dialect=None, open_image=open_image
    )
    assert not [d for d in found.diagnostics if d.severity == "error"]
    return found.plan


@settings(max_examples=60, deadline=None)
@given(grid=st.integers(0, 2), texts=st.lists(expressions(), min_size=1, max_size=3))
def test_programs_of_distances_give_what_they_say(grids, grid, texts):
    base = grids[grid]
    program = f'load a = "{base}_p.nii.gz"\nload b = "{base}_q.nii.gz"\n'
    program += "let p = intensity(a) >. 0\nlet q = intensity(b) >. 0\n"
    program += "".join(f'save "{i}.nii.gz" {text}\n' for i, text in enumerate(texts))
    plan = planned(program)
    rewritten = finished(plan, rewrites=True)[0]
    space = next(node.space for node in plan.nodes if node.space)
    for plain, other in zip(evaluate(plan, space), evaluate(rewritten, space), strict=True):
        np.testing.assert_array_equal(other.array, plain.array)


def operators(program: str, base: Path) -> list[str]:
    """The operators of a rewritten program, but for what loads and masks."""
    text = f'load a = "{base}_p.nii.gz"\nlet p = intensity(a) >. 0\n'
    text += "let q = interior(p)\n" + program
    plan = cheapest(simplified(planned(text)))
    names = [plan.nodes[position].operator.name for position in plan.needed()]
    return [name for name in names if "dt" in name or name == "not"]


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("distleq(2, p)", ["pdtAtMost"]),
        ("distgeq(2, p)", ["pdtAtLeast"]),
        ("smoothen(p, 2)", ["not", "pdtAtLeast", "pdtAtMost"]),
        ("smoothen(2, p)", ["not", "pdtAtLeast", "pdtAtMost"]),
        ("erode(p, 2)", ["not", "pdtAtMost", "not"]),
        ("dilate(p, volume(p))", ["pdtAtMost"]),
        ("pdt(p) <. 2", ["pdtBelow"]),
        ("2 .< pdt(p)", ["pdtAbove"]),
        ("dt(p) <=. 2", ["dtAtMost"]),
        ("dt(p) <. 2", ["dtBelow"]),
        ("dt(p) >=. 2", ["dtAtLeast"]),
        ("dt(p) >. 2", ["dtAbove"]),
        ("dt(p) =. 2", ["dtAtLeast", "dtAtMost"]),
        ("!(dt(p) <. 2)", ["dtBelow", "not"]),
        ("!(!(dt(p) <. 2))", ["dtBelow"]),
        ("mask(dt(p), q) >. 2", ["dtAbove"]),
        ("mask(dt(p), q) <=. 2", ["dtAtMost", "not"]),
        ("mask(dt(p), q) <. 2", ["dtBelow", "not"]),
        ("mask(dt(p), q) >. 0", ["dtAbove"]),
        ("mask(dt(p), q) >. (0 .-. 1)", ["dtAbove", "not"]),
        ("mask(dt(p), !q) >. (0 .-. 1)", ["dtAbove"]),
        ("mask(dt(p), q) =. 2", ["dtAtLeast", "dtAtMost"]),
        ("between(1, 2, mask(dt(p), q))", ["dtAtLeast", "not", "dtAtMost"]),
        ("between(1, 2, dt(p))", ["dtAtLeast", "dtAtMost"]),
        ("between(1, 2, pdt(p))", ["pdtAtLeast", "pdtAtMost"]),
        # Voxels that are nan are not below 2, and not at least 2 either.
        ("!(pdt(p) >=. 2)", ["pdtAtLeast", "not"]),
    ],
)
def test_no_distance_is_computed_that_is_only_compared(grids, region, expected):
    found = operators(f'print "" volume({region})', grids[0])
    assert sorted(found) == sorted(expected)


def test_a_distance_that_is_needed_anyway_is_compared_itself(grids):
    program = 'save "d.nii.gz" dt(p)\nprint "" volume(distleq(2, p) | (dt(p) <. 5))'
    assert operators(program, grids[0]) == ["dt"]


def test_many_comparisons_of_one_distance_are_worth_computing_it(grids):
    def program(count: int) -> str:
        return "\n".join(f'print "" volume(distleq({n}, p))' for n in range(1, count + 1))

    assert operators(program(3), grids[0]) == ["pdtAtMost"] * 3
    assert operators(program(30), grids[0]) == ["dt"]


@pytest.mark.parametrize(
    ("size", "spacing", "radius", "expected"),
    [
        ((240, 240, 155), (0.32, 0.44, 0.42), 5, ["pdtAtLeast", "pdtAtMost"]),
        ((240, 240, 155), (0.32, 0.44, 0.42), 10, ["dt"]),
        ((240, 240, 155), (1, 1, 1), 10, ["pdtAtLeast", "pdtAtMost"]),
        ((240, 240, 155), (1, 1, 1), 30, ["dt"]),
        ((8192, 8192), (0.5, 0.5), 10, ["pdtAtLeast", "pdtAtMost"]),
    ],
)
def test_comparisons_of_one_distance_share_it_where_that_costs_less(
    size, spacing, radius, expected
):
    space = Geometry.of_size(*size, spacing=spacing)
    plan = WorkPlan()
    region = plan.add(Operator("p", (), REGION, lambda: None, ""), (), (), space, PLACE)
    number = plan.add(NUMBER_LITERAL, (), (float(radius),), None, PLACE)
    for name in ("pdtAtLeast", "pdtAtMost"):
        compared = plan.add(registry()[name][0], (number, region), (), space, PLACE)
        plan.goals.append(Print(name, compared, PLACE.span))
    rewritten = cheapest(simplified(plan))
    names = [rewritten.nodes[position].operator.name for position in rewritten.needed()]
    assert sorted({name for name in names if "dt" in name}) == expected


# --- Constants ------------------------------------------------------------------------------------


NUMBERS_KNOWN = ("1 .+. (2 .*. 3)", "7", "volume(q \\ q)", "0")


def shown(expression: str, base: Path) -> list[str]:
    """What a rewritten plan computes, as text, but for what loads; before it is fused."""
    kind = "print" if expression in NUMBERS_KNOWN else "save"
    text = f'load a = "{base}_p.nii.gz"\nlet v = intensity(a)\nlet p = v >. 0\nlet q = near(p)\n'
    text += f'{kind} "o.nii" {expression}'
    plan = cheapest(simplified(planned(text)))
    return [
        operation.expression([f"%{a}" for a in operation.arguments])
        for operation in view(plan).operations
        if operation.node.operator.name != "load"
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("v -. 0", "v"),
        ("v *. 1", "v"),
        ("v /. 1", "v"),
        ("v + constant(2)", "v +. 2"),
        ("constant(2) + v", "v +. 2"),
        ("v - constant(2)", "v -. 2"),
        ("constant(2) - v", "2 .- v"),
        ("v / constant(2)", "v /. 2"),
        ("constant(2) / v", "2 ./ v"),
        ("abs(abs(v))", "abs(v)"),
        ("mask(v, tt)", "v"),
        ("select(q, v, constant(0))", "mask(v, q)"),
        ("overlayB(!q, v, v -. 3)", "select(q, v, v -. 3)"),
        ("q & tt", "q"),
        ("q | ff", "q"),
        ("q & bconstant(true)", "q"),
        ("q & ff", "q & !q"),
        ("q | tt", "q | !q"),
        ("ifB(true, q, p)", "q"),
        ("ifB(1 .>. 2, p, q)", "q"),
        ("near(interior(tt)) & q", "q"),
        ("1 .+. (2 .*. 3)", "7"),
        ("volume(q \\ q)", "0"),
    ],
)
def test_what_is_known_is_not_computed(grids, expression, expected):
    assert shown(expression, grids[0]) == shown(expected, grids[0])


@pytest.mark.parametrize(
    "expression", ["v +. 0", "v -. (0 .*. (0 .-. 1))", "select(q, v, constant(0 .*. (0 .-. 1)))"]
)
def test_the_sign_of_a_zero_is_not_lost(grids, expression):
    assert len(shown(expression, grids[0])) > len(shown("v", grids[0]))


# --- Ranks ----------------------------------------------------------------------------------------

RANKED = (
    "{n} .<= {p}",
    "{n} .>= {p}",
    "valueAbove({n}, {p})",
    "valueBelow({n}, {p})",
    "{n} .= {p}",
)


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    comparison=st.sampled_from([".<=", ".>=", "valueAbove", "valueBelow", ".="]),
    number=st.sampled_from([0.0, 0.5, 0.25, 1.0, 1.5, -1.0, math.nan, 0.3, 1e-60]),
    correction=st.sampled_from([0.0, 1.0, 0.5, 0.3, 2.0, -1.0]),
    special=st.sampled_from([[0.0], [0.5, -0.0, 0.0], [math.nan], [math.inf, -math.inf], [1e9]]),
    density=st.sampled_from([0.0, 0.1, 0.7, 1.0]),
)  # fmt: skip
def test_a_threshold_of_ranks_is_one_of_values(
    seed, comparison, number, correction, special, density
):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, 4, SPACE.shape).astype(np.float32)
    values[rng.random(SPACE.shape) < 0.2] = rng.choice(np.float32(special))
    plan = WorkPlan()
    v = plan.add(given_image("v", values, VALUATION), (), (), SPACE, PLACE)
    r = plan.add(given_image("r", rng.random(SPACE.shape) < density, REGION), (), (), SPACE, PLACE)
    n, c = (plan.add(NUMBER_LITERAL, (), (one,), None, PLACE) for one in (number, correction))
    p = plan.add(registry()["percentiles"][0], (v, r, c), (), SPACE, PLACE)
    threshold = plan.add(registry()[comparison][0], (n, p), (), SPACE, PLACE)
    plan.goals = [Print("t", threshold, PLACE.span)]
    (plain,), (other,) = evaluate(plan), evaluate(finished(plan, rewrites=True)[0])
    np.testing.assert_array_equal(plain.array, other.array)


@pytest.mark.parametrize(
    ("goals", "ranks"),
    [
        ('save "o.nii" percentiles(v, q, 0) >. 0.5', 0),
        ('save "o.nii" percentiles(v, q, 0.5) <=. 0.5', 0),
        # Below 0 is what lies outside, and ranks need not grow with a correction such as 2.
        ('save "o.nii" percentiles(v, q, 0) >. (0 .-. 1)', 1),
        ('save "o.nii" percentiles(v, q, 2) >. 0.5', 1),
        # Something else needs the ranks.
        ('save "o.nii" percentiles(v, q, 0)\nsave "u.nii" percentiles(v, q, 0) >. 0.5', 1),
        # Several thresholds of a small image cost more than the ranks.
        ('save "o.nii" percentiles(v, q, 0) >. 0.5\nsave "u.nii" percentiles(v, q, 0) <. 0.7', 1),
    ],
)
def test_ranks_of_which_only_a_threshold_is_asked_are_not_computed(grids, goals, ranks):
    text = f'load a = "{grids[0]}_p.nii.gz"\nlet v = intensity(a)\nlet q = v >. 0\n' + goals
    plan = cheapest(simplified(planned(text)))
    names = [plan.nodes[position].operator.name for position in plan.needed()]
    assert names.count("percentiles") == ranks


@pytest.mark.parametrize(("more", "ranks"), [("", 0), ('\nprint "w" volume(p <=. 0.6)', 1)])
def test_two_thresholds_of_a_large_image_cost_no_more_than_its_ranks(tmp_path, more, ranks):
    size = (128, 128, 64)
    SimpleITK.WriteImage(SimpleITK.Image(*size, SimpleITK.sitkUInt8), tmp_path / "a.nii.gz")
    text = (
        f'load a = "{tmp_path}/a.nii.gz"\nlet p = percentiles(intensity(a), tt, 0)\n'
        f'print "o" volume(p >. 0.5)\nprint "u" volume(p <. 0.7){more}'
    )
    plan = cheapest(simplified(planned(text)))
    names = [plan.nodes[position].operator.name for position in plan.needed()]
    assert names.count("percentiles") == ranks


# --- Components -----------------------------------------------------------------------------------


def counted(program: str, base: Path) -> Counter[str]:
    """How often each operator is in the rewritten plan of a program."""
    text = f'load a = "{base}_p.nii.gz"\nload b = "{base}_q.nii.gz"\n'
    plan = cheapest(simplified(planned(text + program)))
    return Counter(plan.nodes[position].operator.name for position in plan.needed())


def test_components_of_a_region_are_found_once(grids):
    """Whatever is asked of them; those of what is near it are others."""
    found = counted(
        "let p = intensity(a) >. 0\nlet q = intensity(b) >. 0\n"
        'print "" volume(through(p, q)) .+. volume(touch(q, p)) .+. volume(grow(p, q))'
        " .+. max(lcc(q)) .+. volume(maxvol(q)) .+. max(maskCC(p, q)) .+. volume(q ~> near(p))"
        " .+. count_components(q) .+. volume(index(components(q), 0))",
        grids[0],
    )
    assert found["componentsOf"] == found["countOf"] == found["bySize"] == found["voxelsOf"] == 1
    assert found["reachedIn"] == 2
    assert found["numbersOf"] == found["largestOf"] == 1
    assert not found.keys() & {"through", "lcc", "maxvol", "components", "componentAt"}


def test_a_sweep_labels_each_lower_threshold_once(grids):
    found = counted(
        "let v = intensity(a)\nlet w = intensity(b)\n"
        + "\n".join(
            f'print "{i} {j}" volume(through(v >=. 0.{i}, w >=. 0.{j}))'
            for i in range(1, 8)
            for j in range(1, 5)
        ),
        grids[0],
    )
    assert found["componentsOf"] == 4
    assert found["reachedIn"] == 28


def test_ids_do_not_depend_on_who_else_asks_for_components(grids):
    """Else a store would not know what it has as soon as a program is longer by a line."""
    text = f'load a = "{grids[0]}_p.nii.gz"\nprint "" volume(maxvol(intensity(a) >. 0))\n'
    alone = cheapest(simplified(planned(text)))
    with_others = cheapest(simplified(planned(text + 'print "n" max(lcc(intensity(a) >. 0))\n')))
    assert alone.ids[alone.goals[0].node] == with_others.ids[with_others.goals[0].node]


def test_the_id_of_a_threshold_does_not_depend_on_who_else_needs_the_ranks(grids):
    text = f'load a = "{grids[0]}_p.nii.gz"\nlet v = intensity(a)\nlet q = v >. 0\n'
    text += 'save "o.nii" near(percentiles(v, q, 0) >. 0.5)\n'
    one = cheapest(simplified(planned(text)))
    two = cheapest(simplified(planned(text + 'save "u.nii" percentiles(v, q, 0)')))
    assert one.ids[one.goals[0].node] == two.ids[two.goals[0].node]


def test_the_id_of_a_comparison_does_not_depend_on_who_else_needs_the_distance(grids):
    text = f'load a = "{grids[0]}_p.nii.gz"\nlet q = intensity(a) >. 0\n'
    text += 'save "o.nii" near(distleq(2, q))\n'
    one = cheapest(simplified(planned(text)))
    more = 'save "u.nii" dt(q)\nsave "v.nii" percentiles(intensity(a), q, 0) >. 0.5'
    two = cheapest(simplified(planned(text + more)))
    assert one.ids[one.goals[0].node] == two.ids[two.goals[0].node]
