"""What treats each voxel alone: one row an operator, and nothing about it anywhere else.

A row says what programs call the operator, what it takes and gives, what it computes, and its
manual. The operator is declared of it (`operators/voxelwise.py`); alone, it is carried out by
numpy on whole arrays; its loop in the kernel of chains is written of it (`building/ladders.py`).

Its expression is Python that means the same of one voxel and of whole arrays: arithmetic and
comparisons, `&`, `|` and `^` of regions, and the functions of numpy's that are exact (`EXACT`), so
that there is one result. What else it calls has to be a kernel of `blocks.py`, since each system's
library computes an exponential in its own way; alone, it is then carried out by the kernel, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Literal

from voxlogica.dataclass import dataclass

# The type of what an operation takes or gives, as rows have it: an image of float32, a region, a
# number, a truth value.
Letter = Literal["v", "r", "n", "b"]
# The functions of numpy's that expressions may call.
EXACT = frozenset({"abs", "where", "float32", "sqrt", "floor", "ceil", "trunc", "rint"})
# So many regions, and so many valuations, a chain of operations may read: as its kernel can.
MOST_IMAGES = 6


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One row: names, the operator's own first; parameters; what it gives; an expression of them.

    What takes no image is the same everywhere. What gives a number sums up all voxels, and only its
    name and types are here. The arguments of a `commutative` one may be sorted.
    """

    names: str
    parameters: str
    gives: Letter
    expression: str = ""
    manual: str = ""
    commutative: bool = False

    @property
    def name(self) -> str:
        """What programs call it."""
        return self.names.split()[0]

    @property
    def calls(self) -> frozenset[str]:
        """The functions that its expression calls."""
        names = compile(self.expression, self.name, "eval").co_names
        return frozenset(names) - {name for name, _ in self.named()}

    @property
    def takes(self) -> tuple[Letter, ...]:
        """What it takes, in this order."""
        return tuple([letter for _, letter in self.named()])

    def named(self) -> Iterator[tuple[str, Letter]]:
        """Its parameters, and what they are."""
        for parameter in filter(None, self.parameters.split(", ")):
            name, letter = parameter.split(": ")
            yield name, letter  # type: ignore[misc]


# The table, by the heading in the manuals.
# fmt: off

_CONSTANTS = (
    Operation("tt", "", "r", "True", """
        The whole space: true everywhere.

        Example: avg(v, tt)
        """),
    Operation("ff", "", "r", "False", """
        The empty region: false everywhere.

        Example: volume(ff)
        """),
    Operation("bconstant", "value: b", "r", "value", """
        One truth value everywhere.

        Example: a & bconstant(volume(a) .>. 100)
        """),
    Operation("constant", "value: n", "v", "value", """
        One number, rounded to float32, everywhere.

        Example: v - constant(avg(v, tt))
        """),
)

_LOGIC = (
    Operation("not", "region: r", "r", "region ^ True", """
        The voxels that are not in the region.

        Example: not(intensity(img) >. 0)
        """),
    Operation("and", "a: r, b: r", "r", "a & b", """
        The voxels that are in both regions.

        Example: and(v >. 10, v <. 20)
        """, commutative=True),
    Operation("or", "a: r, b: r", "r", "a | b", """
        The voxels that are in at least one of the regions.

        Example: or(v <. 10, v >. 20)
        """, commutative=True),
)

_COMPARISONS = (
    Operation(".= eq_sv", "number: n, values: v", "r", "values == number", """
        The voxels whose value is the number.

        The number is rounded to float32 first; `nan` equals nothing.

        Example: 4 .= intensity(segmentation)
        """),
    Operation(".<= geq_sv", "number: n, values: v", "r", "values >= number", """
        The voxels whose value is at least the number.

        The number is rounded to float32 first; `nan` is not.

        Example: 100 .<= intensity(img)
        """),
    Operation(".>= leq_sv", "number: n, values: v", "r", "values <= number", """
        The voxels whose value is at most the number.

        The number is rounded to float32 first; `nan` is not.

        Example: 0.5 .>= percentiles(v, tt, 0.5)
        """),
    Operation(
        "between", "low: n, high: n, values: v", "r", "(values >= low) & (values <= high)", """
        The voxels whose value is at least the first number and at most the second.

        The numbers are rounded to float32 first; `nan` is not between any.

        Example: between(60, 110, intensity(img))
        """),
    Operation("==", "a: v, b: v", "r", "a == b", """
        The voxels where two images have the same value; `nan` equals nothing.

        Example: red(img) == blue(img)
        """, commutative=True),
    Operation("!=", "a: v, b: v", "r", "a != b", """
        The voxels where two images differ; also where one is `nan`, which equals nothing.

        Example: red(img) != blue(img)
        """, commutative=True),
    Operation("!=", "values: v, number: n", "r", "values != number", """
        The voxels whose value is not the number, which is rounded to float32 first; also `nan`.

        Example: intensity(segmentation) != 4
        """),
    Operation("!=", "number: n, values: v", "r", "values != number", """
        The voxels whose value is not the number, which is rounded to float32 first; also `nan`.

        Example: 4 != intensity(segmentation)
        """),
    Operation("<", "a: v, b: v", "r", "a < b", """
        The voxels where the first image has the lesser value; not where one is `nan`.

        Example: red(img) < blue(img)
        """),
    Operation("<=", "a: v, b: v", "r", "a <= b", """
        The voxels where the first image's value is at most the second's; not where one is `nan`.

        Example: red(img) <= blue(img)
        """),
    Operation(">", "a: v, b: v", "r", "a > b", """
        The voxels where the first image has the greater value; not where one is `nan`.

        Example: red(img) > blue(img)
        """),
    Operation(">=", "a: v, b: v", "r", "a >= b", """
        The voxels where the first image's value is at least the second's; not where one is `nan`.

        Example: red(img) >= blue(img)
        """),
    Operation("valueAbove", "number: n, values: v", "r", "values > number", """
        The voxels whose value is more than the number.

        The number is rounded to float32 first; `nan` is not.

        Example: valueAbove(5, v)
        """),
    Operation("valueBelow", "number: n, values: v", "r", "values < number", """
        The voxels whose value is less than the number.

        The number is rounded to float32 first; `nan` is not.

        Example: valueBelow(5, v)
        """),
)

_ARITHMETIC = (
    Operation("+", "a: v, b: v", "v", "a + b", """
        The sum of two images, voxel by voxel.

        Example: red(img) + blue(img)
        """, commutative=True),
    Operation("-", "a: v, b: v", "v", "a - b", """
        The first image less the second, voxel by voxel.

        Example: red(img) - blue(img)
        """),
    Operation("*", "a: v, b: v", "v", "a * b", """
        The product of two images, voxel by voxel.

        Example: (v - w) * (v - w)
        """, commutative=True),
    Operation("/", "a: v, b: v", "v", "a / b", """
        The first image divided by the second, voxel by voxel.

        Division by zero gives `inf` or `-inf`, and `nan` for 0 / 0: `divZ` gives a choice.

        Example: red(img) / intensity(img)
        """),
    Operation("+. add_vs", "values: v, number: n", "v", "values + number", """
        The image with the number added to each voxel.

        Example: v +. 1
        """),
    Operation("-. sub_vs", "values: v, number: n", "v", "values - number", """
        The image with the number subtracted from each voxel.

        Example: v -. min(v)
        """),
    Operation("*. mul_vs", "values: v, number: n", "v", "values * number", """
        The image with each voxel multiplied by the number.

        Example: percentiles(v, tt, 0.5) *. 100
        """),
    Operation("/. div_vs", "values: v, number: n", "v", "values / number", """
        The image with each voxel divided by the number.

        Division by zero gives `inf` or `-inf`, and `nan` for 0 / 0.

        Example: v /. max(v)
        """),
    Operation(".- sub_sv", "number: n, values: v", "v", "number - values", """
        The number less each voxel's value.

        Example: 255 .- intensity(img)
        """),
    Operation("./ div_sv", "number: n, values: v", "v", "number / values", """
        The number divided by each voxel's value.

        Division by zero gives `inf` or `-inf`, and `nan` for 0 / 0.

        Example: 1 ./ (v +. 1)
        """),
    Operation("abs", "values: v", "v", "abs(values)", """
        Each voxel's value without its sign.

        Example: abs(v - w) <. 10
        """),
    Operation("-", "values: v", "v", "-values", """
        Each voxel's value with its sign turned.

        Example: - intensity(img)
        """),
)

_MATHEMATICS = (
    Operation("sqrt", "values: v", "v", "sqrt(values)", """
        The square root of each voxel's value; `nan` of what is below 0.

        Example: sqrt(v * v + w * w)
        """),
    Operation("exp", "values: v", "v", "exponential(values)", """
        e to the power of each voxel's value: the inverse of `log`.

        Example: exp(-v)
        """),
    Operation("log", "values: v", "v", "logarithm(values)", """
        The natural logarithm of each voxel's value: `-inf` of 0, `nan` of what is below.

        To another base, divide by that one's logarithm: `log(v) / log(10)`.

        Example: log(v +. 1)
        """),
    Operation("pow", "values: v, exponent: n", "v", "raised(values, exponent)", """
        Each voxel's value to the power of the number, which is rounded to float32 first.

        1 to the power of 0, whatever the value; `nan` of a value below 0, where the number is not
        whole. As C99's `pow` in all that is special. `v * v` and `sqrt(v)` are faster.

        Example: pow(v, 1.5)
        """),
    Operation("pow", "base: n, values: v", "v", "raised(base, values)", """
        The number, rounded to float32 first, to the power of each voxel's value.

        Example: pow(2, v)
        """),
    Operation("pow", "values: v, exponents: v", "v", "raised(values, exponents)", """
        The first image's values to the power of the second's, voxel by voxel.

        Example: pow(v, w)
        """),
    Operation("round", "values: v", "v", "rint(values) + float32(0)", """
        The whole number nearest to each voxel's value; of two, the even one: 2 for 2.5.

        Half up is `floor(v +. 0.5)`. 0 is never negative.

        Example: round(v *. 10)
        """),
    Operation("floor", "values: v", "v", "floor(values) + float32(0)", """
        The greatest whole number that is not greater than the voxel's value.

        Example: floor(v /. 10)
        """),
    Operation("ceil", "values: v", "v", "ceil(values) + float32(0)", """
        The least whole number that is not less than the voxel's value; 0 is never negative.

        Example: ceil(v /. 10)
        """),
    Operation("min", "a: v, b: v", "v", "where((a <= b) | (b != b), a, b)", """
        The lesser of two images' values, voxel by voxel; the other one where one is `nan`.

        Example: min(red(img), blue(img))
        """),
    Operation(
        "min", "values: v, number: n", "v",
        "where((values <= number) | (number != number), values, number)", """
        The lesser of the voxel's value and the number, which is rounded to float32 first.

        The other one where one is `nan`.

        Example: min(v, 255)
        """),
    Operation(
        "min", "number: n, values: v", "v",
        "where((number <= values) | (values != values), number, values)", """
        The lesser of the number, which is rounded to float32 first, and the voxel's value.

        The other one where one is `nan`.

        Example: min(255, v)
        """),
    Operation("max", "a: v, b: v", "v", "where((a >= b) | (b != b), a, b)", """
        The greater of two images' values, voxel by voxel; the other one where one is `nan`.

        Example: max(red(img), blue(img))
        """),
    Operation(
        "max", "values: v, number: n", "v",
        "where((values >= number) | (number != number), values, number)", """
        The greater of the voxel's value and the number, which is rounded to float32 first.

        The other one where one is `nan`.

        Example: max(v, 0)
        """),
    Operation(
        "max", "number: n, values: v", "v",
        "where((number >= values) | (values != values), number, values)", """
        The greater of the number, which is rounded to float32 first, and the voxel's value.

        The other one where one is `nan`.

        Example: max(0, v)
        """),
)

_SELECTION = (
    Operation("mask", "values: v, region: r", "v", "where(region, values, float32(0))", """
        The values in the region, 0 elsewhere.

        Example: mask(intensity(img), brain)
        """),
    Operation("select", "region: r, values: v, others: v", "v", "where(region, values, others)", """
        The first image's values in the region, the second's elsewhere.

        Example: select(brain, intensity(img), constant(-1))
        """),
)

# fmt: on

TABLE: Mapping[str, tuple[Operation, ...]] = MappingProxyType(
    {
        "constants": _CONSTANTS,
        "logic": _LOGIC,
        "comparisons": _COMPARISONS,
        "arithmetic": _ARITHMETIC,
        "mathematics": _MATHEMATICS,
        "selection": _SELECTION,
    }
)

# What can only end a chain: the kernel has these by itself.
COUNT = Operation("volume", "region: r", "n")
MEAN = Operation("avg", "values: v, region: r", "n")
LEAST = Operation("min", "values: v", "n")
GREATEST = Operation("max", "values: v", "n")
SUMMARY = Operation("summaryOf", "values: v, region: r", "n")
# What sums up, each by itself.
ENDS = (COUNT, MEAN, LEAST, GREATEST, SUMMARY)
