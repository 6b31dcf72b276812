"""What people write who know other languages and tools, and how a program says it: for messages.

Rows hold code with `{0}`, `{1}`, … for what the author wrote as arguments. What they recommend is
there and works: a test follows each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from voxlogica.operators.signature import (
    BOOL,
    IMAGE,
    NUMBER,
    REGION,
    STRING,
    Type,
    accepts,
    sequence_of,
)
from voxlogica.syntax.ast import Call, Expression, Name, Number
from voxlogica.syntax.diagnostics import Diagnostic, error
from voxlogica.syntax.printer import expression_text, number_text, operand_text
from voxlogica.syntax.source import Span

# Longer ones are not repeated in a message.
_LONGEST_CODE = 60
# What stands in code for arguments that the author did not write.
_LETTERS = "abcdef"
# A gap, and whether it is an argument of a call: between brackets and commas.
_GAP = re.compile(
    r"(?P<before>(?<=\()|(?<=, ))?"
    r"\{(?P<which>\d|all|next)(?P<region>:region)?\}(?P<after>(?=[,)]))?"
)

# Code, and the words that others have for it.
_WORDS = {
    "{0} & {1}": "intersection intersect conjunction logicaland bitand imand",
    "{0} | {1}": "union unite disjunction logicalor bitor imor",
    "!{0}": "complement invert negate negation inverse logicalnot imcomplement",
    "{0} \\ {1}": "setminus without setdiff setdifference difference",
    "({0} + {1})": "add plus num_plus imadd",
    "({0} - {1})": "subtract sub imsubtract",
    "({0} * {1})": "multiply mul times immultiply",
    "({0} / {1})": "divide imdivide",
    "{0} > {1}": "threshold thresholding greater greaterthan gt above",
    "{0} < {1}": "less lessthan lt below",
    "{0} != {1}": "<> ~= /= =/= != ne notequal",
    "{0} == {1}": "=== equalto",
    "{0} <= {1}": "=< le leq atmost",
    "{0} >= {1}": "=> ge geq atleast",
    "dt({0})": "distance dist distancemap distancetransform edt bwdist signeddistance",
    "imclose({0}, {1})": "closing close binaryclosing morphclose morphologicalclosing",
    "imopen({0}, {1})": "opening open binaryopening morphopen morphologicalopening",
    "dilate({0}, {1})": "dilation dilated binarydilation imdilate expand",
    "erode({0}, {1})": "erosion eroded binaryerosion imerode shrinkregion",
    "near({0})": "neighbours neighbors neighbourhood neighborhood closure",
    "interior({0})": "inside inner",
    "B+ {0}": "boundary edge edges contour outline",
    "lcc({0})": "label labels labelling labeling bwlabel connectedcomponents connected cc regions",
    "count_components({0})": "countobjects numobjects ncomponents numcomponents countregions",
    "components({0})": "islands pieces splitcomponents separate objectslist",
    "objects({0}, {1})": "regionprops regionpropstable measureobjects labelstatistics regionstats"
    " particles analyzeparticles measureparticles",
    "maxvol({0})": "largest biggest largestcomponent largestcc keeplargest maxcomponent",
    "volume({0})": "voxels numvoxels nvoxels countvoxels area numel nnz cardinality card",
    "mm3({0})": "volumemm3 physicalvolume cubicmillimetres cubicmillimeters",
    "ml({0})": "volumeml millilitres milliliters millilitre milliliter",
    "spacing({0})": "voxelsize pixelsize voxeldimensions pixdim resolution getspacing",
    "size({0})": "shape dimensions dims getsize",
    "origin({0})": "getorigin",
    "centroid({0})": "centerofmass centreofmass center centre barycenter barycentre centroids",
    "bbox({0})": "boundingbox bounds",
    "avg({0}, {1:region})": "average meanvalue meanintensity meanover",
    "min({0})": "minimum minval amin",
    "max({0})": "maximum maxval amax",
    "pow({0}, {1})": "^ ** .^ power mpower topower",
    "exp({0})": "exponential",
    "log({0})": "ln loge",
    "(log({0}) / log(2))": "log2",
    "(log({0}) / log(10))": "log10 lg",
    "pow({0}, 2)": "square squared sqr",
    "pow(stdev({0}, {1:region}), 2)": "var variance",
    "sqrt(avg(pow({0}, 2), {1:region}))": "rms rootmeansquare",
    "({0} != {0})": "isnan",
    "emptyB({0})": "isempty",
    "nemptyB({0})": "exists exist nonempty notempty isnotempty",
    "(fold || {0})": "any anyof some",
    "sqrt({0})": "root squareroot",
    "abs({0})": "absolute fabs absolutevalue",
    "round({0})": "rint roundeven",
    "ceil({0})": "ceiling",
    "max({1}, min({2}, {0}))": "clip clamp",
    "sort({0})": "sorted",
    "length({0})": "len numelements",
    "norm({1}, {0})": "normalize normalise rescale scaleto",
    "select({0}, {1}, {2})": "where choose ifelse cond iif ite",
    "mask({0}, {1})": "masked applymask maskimage",
    "through({0}, {1})": "reconstruct reconstruction imreconstruct",
    "mayReach({0}, {1})": "reach reaches reachable",
    "intensity({0})": "grey gray grayscale greyscale luminance brightness rgb2gray",
    "quantile({0}, {1:region}, 0.95)": "percentile prctile",
    "stdev({0}, {1:region})": "std sd stddev standarddeviation",
    "percentiles({0}, {1:region}, 0)": "rank ranks percentrank",
    "crossCorrelation": "ncc textures similarity",
    "concat({0}, {1})": "strcat join paste",
    'format_string("{}", {0})': "str tostring num2str int2str",
    "range({0})": "seq arange xrange iota enumerate",
    "(0 / 0)": "nan",
    "(1 / 0)": "inf infinity",
    '"mm"': "mm millimetre millimeter",
    '"um"': "um",
    '"px"': "px",
    "true": "true yes",
    "false": "false no",
    "3.141592653589793": "pi",
    "constant(0)": "zeros",
    "constant(1)": "ones",
    "tt": "all everything full everywhere",
    "ff": "nothing empty nowhere emptyset",
}

# Of what a later version has, how it is said until then: the rows to change with it.
_LATER = {
    "of a sequence `sum({0})`, of a region `volume({0})`": "total",
    "`argmax(-{0})`": "argmin",
    "`lcc({0})` numbers them": "component",
    "`max(lcc({0}))`": "countcomponents numcomponents",
}

# What others call the metrics of two regions, after `import "metrics"`.
_METRICS = {
    "dice": "dsc dicescore dicecoefficient f1 f1score fscore sorensendice",
    "jaccard": "jaccardindex jaccardscore intersectionoverunion",
    "sensitivity": "tpr truepositiverate hitrate completeness",
    "specificity": "tnr truenegativerate selectivity",
    "precision": "ppv positivepredictivevalue correctness",
    "accuracy": "pixelaccuracy acc",
    "volume_similarity": "volumesimilarity volumetricsimilarity",
    "hd": "hausdorff hausdorffdistance hdist",
    "hd95_max": "hausdorff95 robusthausdorff hd95max",
    "assd": "asd averagesurfacedistance meansurfacedistance",
}

# What is said in more words than code.
_SAID = {
    "#": "a comment begins with `//`",
    ".": "a number begins and ends with a digit, and has one point: write 0.5 for .5, 5 for 5.",
    "_": "a number has digits and one point only: write 1000 for 1_000",
    "=": "`==` compares; a definition is the first thing in its line: `x = e`",
    "let": "did you mean `let`? commands are in lower case",
    "if": "`ifB(c, r, s)` and `ifN(c, v, w)` choose an image, `filter x in s do c` elements",
    "..": "`range({0}, {next})`: the end is left out",
    "...": "`range({0}, {next})`: the end is left out",
    ":": "`range({0}, {next})`: the end is left out",
    "mod": "there is no remainder; `floor({0} / {1})` is the whole part of a quotient",
    "->": "there are no arrows: a function is declared, `let f(x) = e`",
    "++": "`concat({0}, {1})` joins texts",
    "<-": "a declaration has `=`: `let x = e`",
    ":=": "a declaration has `=`: `let x = e`",
    "none": "there is no empty value",
    "null": "there is no empty value",
    "gaussian": '`DiscreteGaussian({0}, {1})`, after `import "simpleitk"`',
    "gauss": '`DiscreteGaussian({0}, {1})`, after `import "simpleitk"`',
    "gaussianblur": '`DiscreteGaussian({0}, {1})`, after `import "simpleitk"`',
    "blur": '`DiscreteGaussian({0}, {1})`, after `import "simpleitk"`',
    "fillholes": '`BinaryFillhole({0})`, after `import "simpleitk"`',
    "imfill": '`BinaryFillhole({0})`, after `import "simpleitk"`',
    "count": "`volume({0})` counts voxels, `count_components({0})` components, or labels",
    "perimeter": "`B+ {0}` is the edge, a region; there is no measure of its length",
    "watershed": '`MorphologicalWatershed({0}, 1, false, true)`, after `import "simpleitk"`',
    "slice": '`Extract({0}, [w, h, 0], [0, 0, z])` is a slice, after `import "simpleitk"`',
    "imread": '`load name = "file"` reads an image',
    "readimage": '`load name = "file"` reads an image',
    "loadimage": '`load name = "file"` reads an image',
    "imwrite": '`save "file" {0}` writes an image',
    "writeimage": '`save "file" {0}` writes an image',
    "saveimage": '`save "file" {0}` writes an image',
    "then": "there is no `if`: `ifB(c, r, s)` and `ifN(c, v, w)` choose by a bool",
}

# Signs that end a line, or begin a comment, elsewhere: what is wrong, and how to mend it.
OTHER_ENDS = {
    "%": ("there is no operator `%`", "there is no remainder; a comment begins with `//`"),
    ";": ("`;` ends no command", "a line ends a command: the next begins on a line of its own"),
    "#": ("`#` begins no comment", "a comment begins with `//`"),
    "##": ("`##` begins no comment", "a comment begins with `//`"),
    "%%": ("`%%` begins no comment", "a comment begins with `//`"),
    "/*": ("`/*` begins no comment", "a comment begins with `//` in each line"),
}

# One of two values, by a bool.
CHOSEN = "append(filter one in [{1}] do {0}, [{2}])[0]"

# What has another name where it is of these types.
_OF_OTHER_TYPES: tuple[tuple[str, tuple[Type, ...], str], ...] = (
    ("mean", (IMAGE,), "over an image: `avg({0}, tt)`"),
    ("sum", (sequence_of(BOOL),), "`length(filter x in {0} do x)` counts those that are true"),
    ("sum", (REGION,), "`volume({0})` counts the voxels of a region"),
    *(
        (name, (IMAGE,), f"over a region, `tt` the whole image: `{name}({{0}}, tt)`")
        for name in ("sum", "stdev", "median")
    ),
    ("median", (IMAGE, NUMBER), '`Median({0}, {1})` smooths an image, after `import "simpleitk"`'),
    ("not", (BOOL,), "`!{0}`"),
    ("and", (BOOL, BOOL), "`{0} & {1}`"),
    ("or", (BOOL, BOOL), "`{0} | {1}`"),
    ("ifB", (REGION, REGION, REGION), "voxel by voxel: `({0} & {1}) | ({2} \\ {0})`"),
    *(
        (name, (BOOL, kind, kind), f"between numbers or strings: `{CHOSEN}`")
        for name in ("ifB", "ifN")
        for kind in (NUMBER, STRING)
    ),
    ("ifN", (REGION, IMAGE, IMAGE), "voxel by voxel: `select({0}, {1}, {2})`"),
)

# What is meant by so many arguments; `{all}` are all of them.
_OF_OTHER_NUMBER = {
    ("~", 1): "not is `!{0}`",
    ("mean", 2): "over a region of an image: `avg({0}, {1})`",
    (
        "percentiles",
        2,
    ): "`percentiles({0}, {1:region}, 0)`: `correction` is missing, the share of what is "
    "as bright that counts as darker",
    ("avg", 1): "over the whole image: `avg({0}, tt)`",
    ("otsu", 1): "over the whole image, with 100 bins: `otsu({0}, tt, 100)`",
    ("otsu", 2): "with 100 bins: `otsu({0}, {1}, 100)`",
    ("dilate", 1): "`near({0})` is one voxel larger, `dilate({0}, 1)` by 1 mm",
    ("erode", 1): "`interior({0})` is one voxel smaller, `erode({0}, 1)` by 1 mm",
    (
        "quantile",
        2,
    ): "a region, `tt` for the whole image, then a share: `quantile({0}, {1:region}, 0.95)`",
    ("and", 3): "`{0} & {1} & {2}`",
    ("or", 3): "`{0} | {1} | {2}`",
    ("max", 3): "`fold max [{all}]`",
    ("min", 3): "`fold min [{all}]`",
    ("log", 2): "to another base: `(log({0}) / log({1}))`",
    ("round", 2): "to so many digits: `(round({0} * pow(10, {1})) / pow(10, {1}))`",
    ("norm", 1): "`norm(1, {0})` has 1 as its greatest value",
}

# What is a constant by itself, and means something else as a function of one thing.
_OF_ONE = {"all": "write `(fold && {0})`", "empty": "write `emptyB({0})`"}

# What others have as methods and attributes.
_METHODS = {
    "sum": "`volume({0})` counts the voxels of a region",
    "mean": "`avg({0}, tt)` over a whole image",
    "min": "`min({0})`",
    "max": "`max({0})`",
}


def in_other_words(name: str, arguments: Sequence[Expression]) -> str | None:
    """How a program says what others call by this name, of these arguments, if that is known."""
    word = name.replace("_", "").casefold()
    said = (_OF_ONE.get(word) if len(arguments) == 1 else None) or (
        _REMARKS.get(name) or _REMARKS.get(word)
    )
    # A name that is not applied is none of a comparison.
    return None if said is None or (not arguments and "`{0} " in said) else filled(said, arguments)


def of_other_number(name: str, arguments: Sequence[Expression]) -> str | None:
    """What was meant by applying it to so many arguments."""
    said = _OF_OTHER_NUMBER.get((name, len(arguments)))
    return said and filled(said, arguments)


def of_other_types(name: str, types: Sequence[Type], arguments: Sequence[Expression]) -> str | None:
    """What has another name for arguments of these types."""
    for other, wanted, said in _OF_OTHER_TYPES:
        count = len(wanted) == len(types) == len(arguments)
        if other == name and count and all(map(accepts, wanted, types)):
            return filled(said, arguments)
    return None


def _method(name: str, arguments: Sequence[Expression], is_known: bool) -> str:
    """How a program says what other languages have a method for."""
    said = _METHODS.get(name) or (None if is_known else in_other_words(name, arguments))
    if said is not None:
        return filled(said, arguments)
    if is_known:
        return f"`{name}({', '.join(map(expression_text, arguments))})`"
    return "a function stands before what it is of: `f(x)`"


def filled(said: str, arguments: Sequence[Expression | None]) -> str:
    """Code with what the author wrote in its gaps: in brackets only where it is an operand.

    Gaps without an argument are letters; long code is left out. `{all}` is all arguments,
    `{next}` one more than the last. A gap for a region is `tt` where there is none, or a number.
    """

    def fill(gap: re.Match[str]) -> str:
        which = gap["which"]
        if which == "all":
            return ", ".join(_short(expression_text(a)) for a in arguments if a)
        if which == "next":
            last = arguments[-1] if arguments else None
            one_more = isinstance(last, Number) and number_text(last.value + 1)
            return one_more or f"{written(last) if last else 'b'} + 1"
        argument = arguments[int(which)] if int(which) < len(arguments) else None
        if gap["region"] and isinstance(argument, Number | None):
            return "tt"
        if argument is None:
            return _LETTERS[int(which)]
        is_operand = gap["before"] is None or gap["after"] is None
        return written(argument) if is_operand else _short(expression_text(argument))

    return _GAP.sub(fill, said)


def written(expression: Expression) -> str:
    """An expression as an operand of the code in a message."""
    return _short(operand_text(expression))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_CODE else "…"


def _remarks() -> dict[str, str]:
    remarks = {word: f"write `{code}`" for code, words in _WORDS.items() for word in words.split()}
    remarks |= {word: said for said, words in _LATER.items() for word in words.split()}
    for name, words in _METRICS.items():
        code = f'`{name}({{0}}, {{1}})`, after `import "metrics"`'
        remarks |= dict.fromkeys(words.split(), code)
    return remarks | _SAID


_REMARKS = _remarks()


# What is no call here

_CHOICE = re.compile(
    r"(?:[^=]*=(?!=)\s*|\s*\w+\s+\"[^\"]*\"\s*)?([^?]+?)\s*\?\s*([^:]+?)\s*:\s*(.+?)\s*$"
)


def not_here(call: Call, is_known: Callable[[str], bool]) -> Diagnostic | None:
    """What is wrong with a call that is none here: a method, a named argument, a comment."""
    if call.notation == "call":
        for argument in call.arguments:
            match argument:
                case Call("=", (Name(name), _), notation="infix") if not (
                    is_known("=") or is_known(name)
                ):
                    return _named_argument(call, argument)
    if is_known(call.name):
        return None
    owner, _, method = call.name.partition(".")
    if call.notation == "call" and method and is_known(owner):
        of: Expression = Name(owner, call.name_span)
        return no_methods(method, (of, *call.arguments), call.name_span, is_known(method))
    if call.name == "." and call.notation == "infix":
        of, right = call.arguments
        while isinstance(right, Call) and right.notation == "infix":
            right = right.arguments[0]
        if isinstance(right, Call | Name):
            all_of = (of, *right.arguments) if isinstance(right, Call) else (of,)
            at = call.name_span._replace(end=call.name_span.end + len(right.name))
            return no_methods(right.name, all_of, at, is_known(right.name))
    match call:
        # As the two readings group `c ? a : b`.
        case Call(":", (Call("?", name_span=at), _)) | Call("?", name_span=at):
            return _choice(at)
        case Call("=", notation="prefix"):
            return _second_equals(call)
    if call.notation == "infix" and call.name in OTHER_ENDS:
        message, hint = OTHER_ENDS[call.name]
        return error(message, call.name_span, hint=hint)
    return None


def no_methods(
    name: str, arguments: tuple[Expression, ...], at: Span, is_known: bool
) -> Diagnostic:
    """That values have no methods, nor attributes, and how it is written instead."""
    return error(
        f"there are no methods, such as `.{name}`", at, hint=_method(name, arguments, is_known)
    )


def _choice(at: Span) -> Diagnostic:
    """That there is no `c ? a : b`, and what chooses instead."""
    number, _ = at.source.line_and_column(at.start)
    found = _CHOICE.match(at.source.line(number))
    parts = ", ".join(found.groups() if found else "cab")
    return error(
        "there is no `?`",
        at,
        hint=f"`ifB({parts})` chooses between regions, `ifN({parts})` between images, by a bool; "
        f"`select({parts})` between images voxel by voxel, by a region; between numbers or strings "
        f"`{CHOSEN.format(*(found.groups() if found else 'cab'))}`",
    )


def _second_equals(call: Call) -> Diagnostic | None:
    """That a value begins with `=`: that of a declaration, which has one already, or of a print."""
    at = call.name_span
    before = at.source.text[max(0, at.start - 40) : at.start].rstrip()[-1:]
    if before in ("=", '"'):
        what = "a declaration has one `=`" if before == "=" else "nothing stands before a value"
        return error(what, at, hint="delete this one")
    return None


def _named_argument(call: Call, named: Call) -> Diagnostic:
    """That arguments have no names, and how the call is written instead."""
    plain = (
        a.arguments[1] if isinstance(a, Call) and (a.name, a.notation) == ("=", "infix") else a
        for a in call.arguments
    )
    return error(
        "arguments have no names: they stand in their order",
        named.span,
        hint=f"`{call.name}({', '.join(map(expression_text, plain))})`",
    )
