"""The declarations of the operators: their names, types and manuals."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import voxlogica
from voxlogica.kernels.voxelwise import TABLE
from voxlogica.operators import registry, signature
from voxlogica.operators.signature import Cost, Operator, Space, Valuation

SHORT = {
    "n": "number",
    "b": "bool",
    "m": "model",
    "v": "valuation(number)",
    "r": "valuation(bool)",
}

# Each name with the types of its arguments and its result; a name with two meanings comes twice.
TYPES = re.findall(
    r"(\S+) (\S+) (\S)",
    """
.+. nn n    .-. nn n    .*. nn n    ./. nn n
.<. nn b    .<=. nn b   .>. nn b    .>=. nn b   .=. nn b
.&. bb b    .|. bb b    !. b b
intensity m v   red m v   green m v   blue m v   alpha m v   rgb vvv m   rgba vvvv m
tt - r   ff - r   bconstant b r   constant n v   x - v   y - v   z - v   border - r
not r r   and rr r   or rr r
near r r   interior r r   through rr r   lcc r v   maxvol r r   dt r v
.= nv r   .<= nv r   .>= nv r   between nnv r
+ vv v   - vv v   * vv v   / vv v   abs v v
sqrt v v   exp v v   log v v   pow vn v   pow nv v   pow vv v   sqrt n n   exp n n   log n n
pow nn n   abs n n   round n n   floor n n   ceil n n   round v v   floor v v   ceil v v
min nn n   min vv v   min vn v   min nv v   max nn n   max vv v   max vn v   max nv v
+. vn v   -. vn v   *. vn v   /. vn v   .- nv v   ./ nv v
volume r n   vol r n   min v n   max v n   avg vr n
mask vr v   percentiles vrn v   otsu vrn r   crossCorrelation nvvrnnn v
percentileAtLeast nvrn n   percentileAbove nvrn n
theNumber nr n   theNumber rn n   theRegion rn r   theRegion nr r
""",
)


def declared() -> list[Operator]:
    return [operator for overloads in registry().values() for operator in overloads]


@pytest.mark.parametrize(
    ("name", "parameters", "result"),
    TYPES,
)
def test_each_operator_has_its_type(name, parameters, result):
    expected = [SHORT[p] for p in parameters if p != "-"], SHORT[result]
    types = [([str(p.type) for p in o.parameters], str(o.result)) for o in registry()[name]]
    assert expected in types


def test_an_operator_in_another_module_is_another_in_its_heading_only(monkeypatch):
    def sharpness(values: Valuation, space: Space) -> Valuation:
        """Any."""
        return values

    monkeypatch.setattr(signature, "REGISTRY", {})
    for module in ("voxlogica.operators.scalars", "voxlogica.operators.texture"):
        sharpness.__module__ = module
        signature.operator("sharpness", remarks=True, version=3)(sharpness)
    one, other = signature.REGISTRY[""]["sharpness"]
    assert (one.heading, other.heading) == ("scalars", "texture")
    for name in Operator.__slots__:
        assert name == "heading" or getattr(one, name) == getattr(other, name)


def test_a_declaration_may_have_its_annotations_as_texts_or_as_they_are(monkeypatch):
    monkeypatch.setattr(signature, "REGISTRY", {})

    def texts(values: Valuation, space: Space) -> Valuation:
        return values

    def as_they_are(values, space):
        return values

    as_they_are.__annotations__ = {"values": Valuation, "space": Space, "return": Valuation}
    for function in (texts, as_they_are):
        signature.operator("sharpness")(function)
    one, other = signature.REGISTRY[""]["sharpness"]
    assert (one.parameters, one.result) == (other.parameters, other.result)
    assert one.spaceless
    assert other.spaceless


def test_a_type_that_is_no_word_of_the_vocabulary_is_refused():
    def sharpness(values: float) -> Valuation:
        return values

    with pytest.raises(TypeError, match="'float' is not in the vocabulary"):
        signature.operator("sharpness")(sharpness)


def test_nothing_but_manuals_rests_on_headings():
    package = Path(voxlogica.__file__).parent
    reading = {
        path.relative_to(package).parts[0]
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr == "heading"
    }
    # The registry is in the order of the manuals.
    assert reading == {"operators", "report"}


def test_what_is_evaluated_while_planning_takes_no_image():
    early = [o for o in declared() if o.evaluates_early]
    assert {".+.", "concat", "mean", "dir"} <= {o.name for o in early}
    assert not any(o.result.is_image or any(p.type.is_image for p in o.parameters) for o in early)


def test_every_row_of_the_table_is_one_pass():
    rows = {row.name for rows in TABLE.values() for row in rows}
    ends = {"volume", "avg", "min", "max", "summaryOf"}
    assert {o.name for o in declared() if o.step} == rows | ends
    assert all(o.cost is Cost.PASS for o in declared() if o.step)


def test_what_has_no_space_of_its_own_takes_one():
    spaceless = {o.name for o in declared() if o.spaceless}
    assert spaceless == {"tt", "ff", "bconstant", "constant", "x", "y", "z", "border"}


def test_swapping_arguments_is_allowed_only_where_they_have_one_type():
    swappable = {o.name for o in declared() if o.commutative}
    assert swappable == {
        *(".+.", ".*.", ".=.", ".&.", ".|.", "and", "or", "+", "*", "==", "!="),
    }
    for operator in declared():
        if operator.commutative:
            assert len(operator.parameters) == 2
            assert operator.parameters[0].type == operator.parameters[1].type


@pytest.mark.parametrize("operator", declared(), ids=lambda o: o.signature)
def test_each_operator_has_a_manual(operator):
    assert operator.sentence.endswith(".")
    assert "\n" not in operator.sentence and len(operator.sentence) < 120
    assert operator.name in operator.example


def test_declarations_cost_nothing_that_is_not_used():
    program = (
        "import sys\n"
        "from voxlogica.operators import registry\n"
        "assert registry()['.+.'][0].function(1.0, 2.0) == 3.0\n"
        "print({'numpy', 'numba', 'SimpleITK'} & set(sys.modules))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "set()", run.stderr
