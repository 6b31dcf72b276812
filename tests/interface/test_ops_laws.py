"""What `voxlogica.ops` gives is what the language says: for every function, and every example."""

from __future__ import annotations

import operator

import numpy as np
import pytest

import voxlogica as vox
from voxlogica import ops
from voxlogica.interface.calling import arranged
from voxlogica.interface.functions import MODULES, Function, function, instead, names
from voxlogica.language.formulas import workplan
from voxlogica.language.planning import finished
from voxlogica.operators import signature as types
from voxlogica.operators.signature import sequence_of
from voxlogica.syntax.ast import Call, Name, Number, Sequence, Text, Truth
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source

CHOICE = np.random.default_rng(5)
GREY = CHOICE.integers(0, 9, (6, 7, 8)).astype(np.int16)
# What expressions are about, by name: images as files have them, and regions.
ARRAYS = {
    "img": GREY,
    "labels": CHOICE.integers(0, 3, (6, 7, 8)).astype(np.uint8),
    "a": GREY > 3,
    "b": CHOICE.random((6, 7, 8)) > 0.5,
    "flat": CHOICE.random((7, 8)).astype(np.float32),
}
SYNONYMS = {
    "brain": "a",
    "tumour": "a",
    "found": "a",
    "background": "b",
    "truth": "b",
    "segmentation": "labels",
}
DERIVED = "let v = intensity(img)\nlet w = v +. 1\n" + "".join(
    f"let {name} = {same}\n" for name, same in SYNONYMS.items()
)

# An argument for a parameter, as the language writes it: by its name where not every value will do.
BY_NAME = {
    "share": "0.25",
    "correction": "0.5",
    "high": "5",
    "m1": "0",
    "m2": "9",
    "root": '"/"',
    "pattern": '"*.none"',
    "recursive": "false",
    "rows": '[["label", "a"], [1, 2], [2, 3]]',
    "name": '"a"',
    "template": '"{:.2f} mm"',
    "size": "[3, 4, 5]",
    "index": "[0, 1, 1]",
    "iou": "0.5",
    "sides": "5",
    "classes": "3",
}
BY_TYPE = {
    types.NUMBER: "2",
    types.BOOL: "true",
    types.STRING: '"a,b"',
    types.MODEL: "img",
    types.VALUATION: "v",
    types.REGION: "a",
    types.IMAGE: "labels",
    types.MASK: "b",
    types.LABELS: "labels",
    types.SHOWN: "1.5",
    sequence_of(types.NUMBER): "[3, 1, 2]",
    sequence_of(types.STRING): '["q", "p"]',
}
# They take files of several channels or frames, of which arrays are none.
LEFT_OUT = {"channel", "frame"}
# They rest on what an expression in Python has not: its file, an image loaded beside, a name.
OF_PROGRAMS = {
    'strings.equals("$stem", "case_001")',
    "volume(ff)",
    "objects(labels, v, v)",
    'column(objects(lcc(a), v), "mean_v")',
}
# They draw on images in 2-D.
FLAT = {"circle", "regular_polygon"}
OF_OURS = ("", *sorted(set(MODULES) - {"simpleitk"}))


def calls():
    """Every way of calling every function, as an expression of the language."""
    for module in OF_OURS:
        for name in sorted({*names(module)} - LEFT_OUT):
            found = function(module, name)
            for way in found.ways:
                given = [
                    "flat"
                    if name in FLAT and p.name == "image"
                    else BY_NAME.get(p.name) or BY_TYPE[p.type]
                    for p in way.parameters
                ]
                given += given[-1:] if way.variadic else []
                yield module, f"{found.own}({', '.join(given)})" if given else found.own


def examples():
    """The examples of the manuals."""
    for module in OF_OURS:
        for name in sorted({*names(module)} - LEFT_OUT - {"dir"}):
            for way in function(module, name).ways:
                if way.example:
                    yield module, way.example


EXPRESSIONS = [one for one in dict.fromkeys([*calls(), *examples()]) if one[1] not in OF_PROGRAMS]


def tree(text):
    return parse(Source("example", f"let it = {text}"), 1).commands[0].body


SYMBOLS = {
    "+": operator.add,
    "*": operator.mul,
    "/": operator.truediv,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "&": operator.and_,
    "|": operator.or_,
    "!": lambda a: not a if isinstance(a, bool) else ~a,
    "-": lambda a, *b: operator.sub(a, *b) if b else -a,
    "\\": operator.sub,
    "index": lambda s, i: s[int(i)],
}


def in_python(module, expression, images):
    """What an expression comes to, by functions of `ops` and Python's operators."""
    match expression:
        case Number() | Text() | Truth():
            return expression.value
        case Sequence():
            return [in_python(module, item, images) for item in expression.items]
        case Name(name=name):
            return images[name] if name in images else getattr(ops, name)()
        case Call(name=name, arguments=arguments):
            values = [in_python(module, argument, images) for argument in arguments]
            symbol = SYMBOLS.get(name.strip("."))
            return (symbol or called(module, name))(*values)
    raise AssertionError(expression)


def called(module, name):
    space, _, own = name.rpartition(".")
    for place in dict.fromkeys([space or module, ""]):
        known = {f.own: f.place for n in names(place) if (f := function(place, n))}
        path = known.get(own) or instead(place).get(own)
        if path:
            return operator.attrgetter(path.removeprefix("ops."))(ops)
    raise AssertionError(name)


@pytest.fixture(scope="module")
def images():
    made = {
        name: vox.image(array, spacing=(1, 2, 3)[: array.ndim], name=name)
        for name, array in ARRAYS.items()
    }
    v = ops.intensity(made["img"])
    return {**made, "v": v, "w": v + 1, **{name: made[same] for name, same in SYNONYMS.items()}}


@pytest.fixture(scope="module")
def results(images):
    """What each expression is in Python, and as a text; one without a grid beside an image."""
    return [
        beside(text, in_python(module, tree(text), images), images) for module, text in EXPRESSIONS
    ]


def beside(text, result, images):
    if not isinstance(result, vox.Image) or "takes the grid" not in repr(result):
        return text, result
    if isinstance(result, vox.Region):
        return f"and(a, {text})", images["a"] & result
    return f"v + ({text})", images["v"] + result


@pytest.fixture(scope="module")
def done(images, results, tmp_path_factory):
    """One program that says all of it."""
    folder = tmp_path_factory.mktemp("saved")
    lines = [f'import "{MODULES[module]}"' for module in OF_OURS if module] + [DERIVED]
    for i, (text, result) in enumerate(results):
        if isinstance(result, vox.Image):
            lines.append(f'save "{folder}/{i}.nii" {text}')
        elif are_images(result):
            lines.append(f'print "{i}" map(volume, {text})')
        else:
            lines.append(f'print "{i}" {text}')
    given = {name: images[name] for name in ARRAYS}
    return vox.run(text="\n".join(lines), dialect=1, cache=False, inputs=given)


def are_images(result):
    return isinstance(result, list) and any(isinstance(one, vox.Image) for one in result)


@pytest.mark.filterwarnings("ignore::voxlogica.DoubtWarning")
@pytest.mark.parametrize("i", range(len(EXPRESSIONS)), ids=[text for _, text in EXPRESSIONS])
def test_an_expression_in_python_is_what_a_program_says(i, results, done):
    _, result = results[i]
    if isinstance(result, vox.Image):
        said = done.images[str(i)]
        assert np.array_equal(np.asarray(said, float), np.asarray(result, float), equal_nan=True)
        assert said.spacing == pytest.approx(result.spacing)
    elif are_images(result):
        assert done[str(i)] == [np.asarray(one).sum() for one in result]
    else:
        np.testing.assert_equal(done[str(i)], result)


@pytest.mark.parametrize("module", ["", *MODULES])
def test_by_name_arguments_come_in_the_order_in_which_they_are_by_place(module):
    for name in names(module):
        found = function(module, name)
        for way in found.ways if found else ():
            if not way.variadic:
                given = {p.name: object() for p in way.parameters}
                ours = Function(found.name, found.module, found.own, (way,))
                assert arranged(ours, (), given) == [*given.values()], way.signature


def test_what_is_left_out_between_is_the_default_of_the_filter(images):
    filters, grey = ops.simpleitk, images["flat"]
    found = filters.BinaryThreshold(grey, upperThreshold=0.5, outsideValue=7)
    assert np.array_equal(found, np.where(ARRAYS["flat"] <= 0.5, 1, 7))
    assert np.array_equal(filters.Clamp(grey, upperBound=0.5), np.minimum(ARRAYS["flat"], 0.5))
    found = filters.GrayscaleDilate(grey, kernelType=filters.sitkBox)
    assert np.array_equal(found, filters.GrayscaleDilate(grey, [1, 1], filters.sitkBox))


def test_a_default_that_python_cannot_write_is_asked_for(images):
    with pytest.raises(TypeError, match="wants `stop`, too, if `step` is given: its default, std"):
        ops.simpleitk.Slice(images["flat"], step=[2, 2])


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("dt(v >. 5)", lambda v: ops.dt(v > 5)),
        ("grow(v >. 5, v >. 3)", lambda v: ops.grow(v > 5, v > 3)),
        ("erode(v >. 5, 2)", lambda v: ops.erode(v > 5, n=2)),
        ("mask(v, border)", lambda v: ops.mask(v, ops.border())),
        ("percentiles(v, v >. 5, 0.5)", lambda v: ops.percentiles(v, v > 5, 0.5)),
        ("overlay(v, v >. 5)", lambda v: ops.overlay(v, v > 5)),
    ],
)
def test_of_a_file_operations_have_the_ids_of_a_program_that_says_the_same(text, of, tmp_path):
    path = tmp_path / "img.nii"
    vox.image(GREY, spacing=(1, 2, 3)).save(path)
    program = f'load img = "{path}"\nlet v = intensity(img)\nsave "{tmp_path}/it.nii" {text}'
    said = vox.plan(text=program, dialect=1)._plan
    made = of(ops.intensity(vox.read(path)))._formula
    assert set(finished(workplan([made]), rewrites=True)[0].ids) == set(said.ids)
