"""Every operator and library function of the language, as a function of Python.

Generated: `python -m voxlogica.interface.stubs` writes it.
"""

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from voxlogica.interface.image import Image, Region
from voxlogica.ops import arrays as arrays
from voxlogica.ops import geom as geom
from voxlogica.ops import metrics as metrics
from voxlogica.ops import region_calculus as region_calculus
from voxlogica.ops import simpleitk as simpleitk
from voxlogica.ops import strings as strings

@overload
def abs(a: float) -> float:
    """The number without its sign."""

@overload
def abs(values: Image | NDArray[Any]) -> Image:
    """Each voxel's value without its sign."""

def alpha(image: Image | NDArray[Any]) -> Image:
    """The opacity of each voxel, the 4th component; 255 everywhere in an image without one."""

def and_(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> Region:
    """The voxels that are in both regions."""

def argmax(values: Sequence[float] | NDArray[Any]) -> float:
    """The index of the greatest number; of several, the first."""

def argsort(values: Sequence[float] | NDArray[Any]) -> list[float]:
    """The indices of the numbers from the least to the greatest; equal ones keep their order."""

def avg(values: Image | NDArray[Any], region: Region | NDArray[np.bool_]) -> float:
    """The mean of the values over the region."""

def avg0(values: Image | NDArray[Any], region: Region | NDArray[np.bool_]) -> float:
    """The mean of the values over the region, as `avg` has it; 0 for an empty region."""

def bbox(region: Region | NDArray[np.bool_]) -> list[list[float]]:
    """The smallest box around the region: `[first index, size]`, in voxels along x, y and z."""

def bconstant(value: bool) -> Region:
    """One truth value everywhere."""

def between(low: float, high: float, values: Image | NDArray[Any]) -> Region:
    """The voxels whose value is at least the first number and at most the second."""

def blue(image: Image | NDArray[Any]) -> Image:
    """The blue component of each voxel; of a grey image its intensity."""

def booleanToNumber(k: float, r: Region | NDArray[np.bool_]) -> Image:
    """The number k in r, 0 elsewhere."""

@overload
def border() -> Region:
    """The voxels at the edge of the image: those whose index is first or last along some axis."""

@overload
def border(image: Image | NDArray[Any]) -> Region:
    """The voxels at the edge of an image: those whose index is first or last along some axis."""

@overload
def ceil(a: float) -> float:
    """The least whole number that is not less."""

@overload
def ceil(values: Image | NDArray[Any]) -> Image:
    """The least whole number that is not less than the voxel's value; 0 is never negative."""

def centroid(region: Region | NDArray[np.bool_]) -> list[float]:
    """The middle of the region's voxels: the mean of their centres, in physical coordinates (LPS)."""

def channel(image: Image | NDArray[Any], which: float | str) -> Image:
    """One channel of an image, by its number, counted from 0, or by its name in the file."""

def collect(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Collective: true when a is empty, or lies within one component of b."""

@overload
def column(rows: Sequence[Sequence[float | str]], name: str) -> list[float]:
    """The numbers in a column of a table, from the second row on: the first row has the names."""

@overload
def column(
    rows: Sequence[Sequence[float | str]], name: str, labels: Sequence[float] | NDArray[Any]
) -> list[float]:
    """The numbers in a column of a table, of the row of each label in turn; `nan` where none is."""

@overload
def components(region: Region | NDArray[np.bool_]) -> list[Region]:
    """The connected components of the region, each a region: a sequence, the largest first."""

@overload
def components(labels: Image | NDArray[Any]) -> list[Region]:
    """The objects of an image of labels, each a region: a sequence, the largest first."""

def constant(value: float) -> Image:
    """One number, rounded to float32, everywhere."""

@overload
def count_components(region: Region | NDArray[np.bool_]) -> float:
    """How many connected components the region has."""

@overload
def count_components(labels: Image | NDArray[Any]) -> float:
    """How many objects an image of labels has: its positive values, each counted once."""

def crossCorrelation(
    rho: float,
    a: Image | NDArray[Any],
    b: Image | NDArray[Any],
    fb: Region | NDArray[np.bool_],
    m1: float,
    m2: float,
    k: float,
) -> Image:
    """How like the histogram of b over region fb the histogram of a is around each voxel."""

def dilate(r: Region | NDArray[np.bool_], n: float) -> Region:
    """The voxels at distance n or less from r."""

def dir(root: str, pattern: str = "*", recursive: bool = False, full: bool = False) -> list[str]:
    """The names of the files and folders in a folder, sorted."""

def distgeq(n: float, r: Region | NDArray[np.bool_]) -> Region:
    """The voxels at distance n or more from r."""

def distleq(n: float, r: Region | NDArray[np.bool_]) -> Region:
    """The voxels at distance n or less from r."""

def divZ(v: Image | NDArray[Any], w: Image | NDArray[Any], u: Image | NDArray[Any]) -> Image:
    """v / w, and u where w is 0."""

def dt(region: Region | NDArray[np.bool_]) -> Image:
    """The signed Euclidean distance to the edge of the region."""

def emptyB(r: Region | NDArray[np.bool_]) -> bool:
    """True when r has no voxel."""

def eqB(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """True when the two regions are the same."""

def erode(r: Region | NDArray[np.bool_], n: float) -> Region:
    """The voxels of r further than n from its complement."""

@overload
def exp(a: float) -> float:
    """e to the power of the number: the inverse of `log`."""

@overload
def exp(values: Image | NDArray[Any]) -> Image:
    """e to the power of each voxel's value: the inverse of `log`."""

def extract(
    image: Image | NDArray[Any],
    size: Sequence[float] | NDArray[Any],
    index: Sequence[float] | NDArray[Any],
) -> Image:
    """The part of an image that has this size and begins at this index, in voxels along x, y, z."""

def ff() -> Region:
    """The empty region: false everywhere."""

@overload
def floor(a: float) -> float:
    """The greatest whole number that is not greater."""

@overload
def floor(values: Image | NDArray[Any]) -> Image:
    """The greatest whole number that is not greater than the voxel's value."""

def frame(image: Image | NDArray[Any], time: float) -> Image:
    """One time of an image that was loaded, counted from 0: of a film, or of a 4-D volume."""

def gradient(values: Image | NDArray[Any]) -> Image:
    """How steep the values are at each voxel: the length of their gradient, by physical lengths."""

def green(image: Image | NDArray[Any]) -> Image:
    """The green component of each voxel; of a grey image its intensity."""

def grow(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> Region:
    """a, together with the components of b that touch it."""

def ifB(b: bool, a: Region | NDArray[np.bool_], c: Region | NDArray[np.bool_]) -> Region:
    """The region a if b, else the region c."""

def ifN(b: bool, v: Image | NDArray[Any], w: Image | NDArray[Any]) -> Image:
    """The image v if b, else the image w."""

def imclose(r: Region | NDArray[np.bool_], n: float) -> Region:
    """Morphological closing: dilated by n, then eroded by n."""

def imopen(r: Region | NDArray[np.bool_], n: float) -> Region:
    """Morphological opening: eroded by n, then dilated by n."""

def intensity(image: Image | NDArray[Any]) -> Image:
    """The brightness of each voxel: of a grey image its value, of colours their luminance."""

def interior(region: Region | NDArray[np.bool_]) -> Region:
    """The voxels all of whose neighbours are in the region too."""

def label_mean(labels: Image | NDArray[Any], values: Image | NDArray[Any]) -> Image:
    """For each voxel, the mean of the values over all voxels that have the same label."""

def lcc(region: Region | NDArray[np.bool_]) -> Image:
    """The connected components, numbered: each voxel has its component's number, 0 outside."""

def leqB(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """True when a lies within b."""

@overload
def log(a: float) -> float:
    """The natural logarithm: `-inf` of 0, `nan` of a number below."""

@overload
def log(values: Image | NDArray[Any]) -> Image:
    """The natural logarithm of each voxel's value: `-inf` of 0, `nan` of what is below."""

def mask(values: Image | NDArray[Any], region: Region | NDArray[np.bool_]) -> Image:
    """The values in the region, 0 elsewhere."""

def maskCC(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> Image:
    """The numbers of b's components in a, 0 outside a."""

@overload
def max(values: Sequence[float] | NDArray[Any]) -> float:
    """The greatest of the numbers; `nan` is passed over, unless there is nothing else."""

@overload
def max(a: float, b: float) -> float:
    """The greater of two numbers; the other one if one is `nan`."""

@overload
def max(number: float, values: Image | NDArray[Any]) -> Image:
    """The greater of the number, which is rounded to float32 first, and the voxel's value."""

@overload
def max(values: Image | NDArray[Any]) -> float:
    """The greatest value of the image."""

@overload
def max(values: Image | NDArray[Any], number: float) -> Image:
    """The greater of the voxel's value and the number, which is rounded to float32 first."""

@overload
def max(values: Image | NDArray[Any], region: Region | NDArray[np.bool_]) -> float:
    """The greatest value over the region."""

@overload
def max(a: Image | NDArray[Any], b: Image | NDArray[Any]) -> Image:
    """The greater of two images' values, voxel by voxel; the other one where one is `nan`."""

def maxCC(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> float:
    """The largest number of a component of b over the voxels of a."""

def maxvol(region: Region | NDArray[np.bool_]) -> Region:
    """The connected component with the most voxels, or all of those that tie."""

def mayReach(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> Region:
    """The points from which a can be reached going only through b, ends excluded."""

def mean(values: Sequence[float] | NDArray[Any]) -> float:
    """The mean of the numbers, their sum rounded once."""

@overload
def median(values: Sequence[float] | NDArray[Any]) -> float:
    """The number in the middle, of an even count the mean of the two; `nan` if there is any."""

@overload
def median(values: Image | NDArray[Any], region: Region | NDArray[np.bool_]) -> float:
    """The value in the middle of those over the region; of an even number, the mean of the two."""

@overload
def min(values: Sequence[float] | NDArray[Any]) -> float:
    """The least of the numbers; `nan` is passed over, unless there is nothing else."""

@overload
def min(a: float, b: float) -> float:
    """The lesser of two numbers; the other one if one is `nan`."""

@overload
def min(number: float, values: Image | NDArray[Any]) -> Image:
    """The lesser of the number, which is rounded to float32 first, and the voxel's value."""

@overload
def min(values: Image | NDArray[Any]) -> float:
    """The least value of the image."""

@overload
def min(values: Image | NDArray[Any], number: float) -> Image:
    """The lesser of the voxel's value and the number, which is rounded to float32 first."""

@overload
def min(values: Image | NDArray[Any], region: Region | NDArray[np.bool_]) -> float:
    """The least value over the region."""

@overload
def min(a: Image | NDArray[Any], b: Image | NDArray[Any]) -> Image:
    """The lesser of two images' values, voxel by voxel; the other one where one is `nan`."""

def minCC(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> float:
    """The smallest number of a component of b over the voxels of a, counting 0 for one outside b; infinity for an empty a."""

def ml(r: Region | NDArray[np.bool_]) -> float:
    """The volume of r in millilitres: mm³ divided by 1,000."""

def mm3(r: Region | NDArray[np.bool_]) -> float:
    """The volume of r in cubic millimetres, whatever the unit of the image, whose voxels must have a size: voxels times the volume of one."""

def n4(values: Image | NDArray[Any], region: Region | NDArray[np.bool_]) -> Image:
    """The values without their bias: slow changes of brightness, found in the region, divided out."""

def near(region: Region | NDArray[np.bool_]) -> Region:
    """The closure of the region: its voxels and all that are one step from it."""

def nemptyB(r: Region | NDArray[np.bool_]) -> bool:
    """True when r has a voxel."""

def neqB(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """True when the two regions differ."""

def norm(k: float, v: Image | NDArray[Any]) -> Image:
    """v scaled so that its largest value is k."""

def not_(region: Region | NDArray[np.bool_]) -> Region:
    """The voxels that are not in the region."""

@overload
def objects(labels: Image | NDArray[Any]) -> list[list[float | str]]:
    """A table of the objects of an image of labels: a heading, then a row each, by their labels."""

@overload
def objects(labels: Image | NDArray[Any], *values: Image | NDArray[Any]) -> list[list[float | str]]:
    """The same with three columns more for each image of values: the least, mean and greatest."""

def or_(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> Region:
    """The voxels that are in at least one of the regions."""

def origin(image: Image | NDArray[Any]) -> list[float]:
    """Where the centre of the first voxel is: physical coordinates as SimpleITK has them (LPS)."""

def otsu(values: Image | NDArray[Any], region: Region | NDArray[np.bool_], bins: float) -> Region:
    """The voxels of the region above Otsu's threshold of its values."""

def overlay(image: Image | NDArray[Any], *layers: Image | NDArray[Any]) -> Image:
    """A colour picture of an image with regions, or other images, laid over it."""

def overlayB(
    r: Region | NDArray[np.bool_], v: Image | NDArray[Any], w: Image | NDArray[Any]
) -> Image:
    """Per voxel, w where r is true, v elsewhere."""

def overlayColor(
    region: Region | NDArray[np.bool_], m: Image | NDArray[Any], r: float, g: float, b: float
) -> Image:
    """The image m with the region painted in the colour (r, g, b)."""

def pdt(r: Region | NDArray[np.bool_]) -> Image:
    """Positive distance transform: the distance to r outside it, 0 inside."""

def percentiles(
    values: Image | NDArray[Any], region: Region | NDArray[np.bool_], correction: float
) -> Image:
    """For each voxel of the region, the share of the region's voxels that have a smaller value."""

@overload
def pow(a: float, b: float) -> float:
    """The first number to the power of the second."""

@overload
def pow(base: float, values: Image | NDArray[Any]) -> Image:
    """The number, rounded to float32 first, to the power of each voxel's value."""

@overload
def pow(values: Image | NDArray[Any], exponent: float) -> Image:
    """Each voxel's value to the power of the number, which is rounded to float32 first."""

@overload
def pow(values: Image | NDArray[Any], exponents: Image | NDArray[Any]) -> Image:
    """The first image's values to the power of the second's, voxel by voxel."""

def quantile(
    values: Image | NDArray[Any], region: Region | NDArray[np.bool_], share: float
) -> float:
    """The value below which a share of the region's values is, from 0, the least, to 1."""

def red(image: Image | NDArray[Any]) -> Image:
    """The red component of each voxel; of a grey image its intensity."""

def rgb(
    red: Image | NDArray[Any], green: Image | NDArray[Any], blue: Image | NDArray[Any]
) -> Image:
    """A colour image of three components."""

def rgba(
    red: Image | NDArray[Any],
    green: Image | NDArray[Any],
    blue: Image | NDArray[Any],
    alpha: Image | NDArray[Any],
) -> Image:
    """A colour image of three components and an opacity, 255 being opaque."""

@overload
def round(a: float) -> float:
    """The nearest whole number; of two, the even one: 2 for 2.5."""

@overload
def round(values: Image | NDArray[Any]) -> Image:
    """The whole number nearest to each voxel's value; of two, the even one: 2 for 2.5."""

def select(
    region: Region | NDArray[np.bool_], values: Image | NDArray[Any], others: Image | NDArray[Any]
) -> Image:
    """The first image's values in the region, the second's elsewhere."""

def size(image: Image | NDArray[Any]) -> list[float]:
    """How many voxels the image has along x, y and, in 3-D, z."""

def slic(image: Image | NDArray[Any], step: float, weight: float) -> Image:
    """Superpixels: the image in patches of like values, each with a number, from 0 on."""

@overload
def smoothen(n: float, r: Region | NDArray[np.bool_]) -> Region:
    """Erode r by n, then dilate by n: what is thinner than n goes."""

@overload
def smoothen(r: Region | NDArray[np.bool_], n: float) -> Region:
    """Erode r by n, then dilate by n: what is thinner than n goes."""

@overload
def sort(values: Sequence[float] | NDArray[Any]) -> list[float]:
    """The numbers from the least to the greatest; `nan` comes last. `-sort(-s)` is the other way."""

@overload
def sort(texts: Sequence[str]) -> list[str]:
    """The strings in the order of their characters' numbers in Unicode: "B" comes before "a"."""

def spacing(image: Image | NDArray[Any]) -> list[float]:
    """The distance between the centres of neighbouring voxels along x, y and, in 3-D, z."""

@overload
def sqrt(a: float) -> float:
    """The square root; `nan` of a number below 0."""

@overload
def sqrt(values: Image | NDArray[Any]) -> Image:
    """The square root of each voxel's value; `nan` of what is below 0."""

@overload
def stdev(values: Sequence[float] | NDArray[Any]) -> float:
    """The standard deviation of a sample: the divisor is the count less 1; 0 for a single number."""

@overload
def stdev(values: Image | NDArray[Any], region: Region | NDArray[np.bool_]) -> float:
    """The standard deviation of the values over the region: of a sample, with n − 1."""

@overload
def sum(values: Sequence[float] | NDArray[Any]) -> float:
    """The sum of the numbers, rounded once: `fold +` rounds at each step. 0 where there are none."""

@overload
def sum(values: Image | NDArray[Any], region: Region | NDArray[np.bool_]) -> float:
    """The sum of the values over the region."""

def surrounded(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> Region:
    """The points of a from which one cannot leave without passing through b."""

def tally(values: Sequence[float] | NDArray[Any]) -> list[list[float]]:
    """How often each number occurs: `[number, count]` for each, from the least to the greatest."""

def through(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> Region:
    """The connected components of b that have a voxel in a."""

def touch(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> Region:
    """The components of a that touch b: that come within one step of it."""

def tt() -> Region:
    """The whole space: true everywhere."""

def unit(image: Image | NDArray[Any]) -> str:
    """The unit of the image's lengths: "mm", "um" (micrometres), or "px" where its file knows none."""

def volume(region: Region | NDArray[np.bool_]) -> float:
    """How many voxels are in the region."""

@overload
def x() -> Image:
    """Each voxel's index along the first axis, counted from 0."""

@overload
def x(image: Image | NDArray[Any]) -> Image:
    """Each voxel's index along the first axis, counted from 0, on the grid of an image."""

def xor(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> Region:
    """Symmetric difference: the voxels true in just one of the two."""

@overload
def y() -> Image:
    """Each voxel's index along the second axis, counted from 0."""

@overload
def y(image: Image | NDArray[Any]) -> Image:
    """Each voxel's index along the second axis, counted from 0, on the grid of an image."""

@overload
def z() -> Image:
    """Each voxel's index along the third axis, counted from 0; 0 everywhere in a 2-D image."""

@overload
def z(image: Image | NDArray[Any]) -> Image:
    """Each voxel's index along the third axis, counted from 0, on the grid of an image."""
