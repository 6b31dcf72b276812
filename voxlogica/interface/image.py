"""Images in Python, and what the language makes of them: computed once, when they are looked at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn
from weakref import ref

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.given import given_image
from voxlogica.images.image import Image as Voxels
from voxlogica.images.reading import open_image
from voxlogica.interface.accepting import accepted, has_size
from voxlogica.interface.computing import asking, of_given, value_of, written
from voxlogica.interface.showing import Shown
from voxlogica.interface.telling import warn
from voxlogica.interface.tracebacks import short
from voxlogica.interface.values import of_language
from voxlogica.interface.wording import of_functions
from voxlogica.interface.wrong_arguments import refuse_as_path
from voxlogica.language.applications import Applied, Argument, Result, applied
from voxlogica.language.contents import Facts
from voxlogica.language.formulas import FirstImage, Formula, computed
from voxlogica.language.operations import GridOf
from voxlogica.operators.signature import REGION, Type
from voxlogica.syntax.ast import Notation
from voxlogica.syntax.diagnostics import VoxLogicaError, warning

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

# What Python has before comparisons.
_JOINING = frozenset({"&", "|"})


class Image(Shown):
    """An image: voxels on a grid, from a file, an array, or an expression.

    Operators are the language's: `flair > 500` is a `Region`, `a & b`, `~a`, `flair / 2`. Nothing
    is computed before it is looked at: by `.array`, `np.asarray`, `repr`, `save`, or by a function
    that gives a number. Then it is computed once, with all cores, and stays.

    Axes are in the order x, y(, z) for everything but arrays, whose shape is (z,) y, x, with
    components as a last axis. Lengths are in `unit`.
    """

    # numpy's operators leave the expression to these.
    __array_priority__ = 1000

    _formula: Formula
    _name: str
    _over: FirstImage | None

    @short
    def __init__(self, *_: object, **__: object) -> None:
        raise TypeError(
            "`voxlogica.image(array, …)` makes an image, `voxlogica.read(path)` reads one"
        )

    # Looking at it

    @property
    @short
    def array(self) -> NDArray[Any]:
        """The voxels: read-only, and no copy. Shape (z,) y, x, and components last.

        bool of a region; float32 of numbers; as loaded of a model. Raises RunError.
        """
        return self._voxels.array.view()

    @short
    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        array = self.array
        wanted = array.dtype if dtype is None else np.dtype(dtype)
        if wanted != array.dtype:
            if copy is False:
                raise ValueError(f"{array.dtype} cannot be {wanted} without a copy")
            return array.astype(wanted)
        return array.copy() if copy else array

    @property
    @short
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.array.shape

    @property
    @short
    def dtype(self) -> np.dtype[Any]:
        """The type of the array."""
        return self.array.dtype

    @property
    @short
    def size(self) -> tuple[int, ...]:
        """How many voxels it has along x, y(, z)."""
        return self._geometry.size

    @property
    @short
    def spacing(self) -> tuple[float, ...]:
        """The distance of voxels along x, y(, z), in `unit`."""
        return self._geometry.spacing

    @property
    @short
    def origin(self) -> tuple[float, ...]:
        """Where the first voxel is, in LPS as SimpleITK has it, in `unit`."""
        return self._geometry.origin

    @property
    @short
    def direction(self) -> tuple[float, ...]:
        """The matrix of direction cosines, row by row, as SimpleITK has it."""
        return self._geometry.direction

    @property
    @short
    def unit(self) -> str:
        """ "mm", "um", or "px" where voxels have no length."""
        return self._geometry.unit

    @property
    @short
    def affine(self) -> NDArray[np.float64]:
        """From indices along x, y, z to RAS, 4×4, as nibabel has it."""
        from voxlogica.interface.handing_out import affine

        return affine(self._geometry)

    @property
    def name(self) -> str:
        """What messages call it; empty where it has no name."""
        return self._name

    @property
    def type(self) -> str:
        """What the language calls it: a `model` as loaded, or a `valuation` of numbers or bools."""
        return str(self._formula.type)

    # Handing it out

    @short
    def to_sitk(self) -> Any:
        """As an image of SimpleITK; regions are uint8."""
        from voxlogica.interface.handing_out import to_sitk

        return to_sitk(self._voxels)

    @short
    def to_nibabel(self) -> Any:
        """As a `Nifti1Image` of nibabel, which has to be installed; regions are uint8."""
        from voxlogica.interface.handing_out import to_nibabel

        return to_nibabel(self._voxels, is_colour=self._formula.facts.colour)

    @short
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file, as the language's `save` does: whole, or not at all. Raises Error."""
        from voxlogica.interface.handing_out import save

        refuse_as_path(path, "save")
        facts = self._formula.facts
        file = save(self._voxels, path, labels=facts.labels, is_colour=facts.colour)
        said = (*file.warnings, *([file.unkept] if file.unkept else []))
        warn([warning(message, topic="data") for message in said])

    @short
    def __reduce__(self) -> tuple[Any, ...]:
        # The value travels, not what it was computed from.
        own, voxels = self._formula, self._voxels
        return _restored, (self._name, own.identity, own.type, voxels, own.facts, own.span.text)

    # The language's operators

    @short
    def __add__(self, other: Any) -> Image:
        return _image("+", (self, other), notation="infix")

    @short
    def __radd__(self, other: Any) -> Image:
        return _image("+", (other, self), notation="infix")

    @short
    def __sub__(self, other: Any) -> Image:
        return _image("-", (self, other), notation="infix")

    @short
    def __rsub__(self, other: Any) -> Image:
        return _image("-", (other, self), notation="infix")

    @short
    def __mul__(self, other: Any) -> Image:
        return _image("*", (self, other), notation="infix")

    @short
    def __rmul__(self, other: Any) -> Image:
        return _image("*", (other, self), notation="infix")

    @short
    def __truediv__(self, other: Any) -> Image:
        return _image("/", (self, other), notation="infix")

    @short
    def __rtruediv__(self, other: Any) -> Image:
        return _image("/", (other, self), notation="infix")

    @short
    def __pow__(self, other: Any) -> Image:
        return _image("pow", (self, other))

    @short
    def __rpow__(self, other: Any) -> Image:
        return _image("pow", (other, self))

    @short
    def __neg__(self) -> Image:
        return _image("-", (self,), notation="prefix")

    @short
    def __abs__(self) -> Image:
        return _image("abs", (self,))

    @short
    def __lt__(self, other: Any) -> Region:
        return _region("<", (self, other), notation="infix")

    @short
    def __le__(self, other: Any) -> Region:
        return _region("<=", (self, other), notation="infix")

    @short
    def __gt__(self, other: Any) -> Region:
        return _region(">", (self, other), notation="infix")

    @short
    def __ge__(self, other: Any) -> Region:
        return _region(">=", (self, other), notation="infix")

    @short
    def __eq__(self, other: Any) -> Region:  # type: ignore[override]
        # Who asks whether there is an image asks Python.
        return NotImplemented if other is None else _region("==", (self, other), notation="infix")

    @short
    def __ne__(self, other: Any) -> Region:  # type: ignore[override]
        return NotImplemented if other is None else _region("!=", (self, other), notation="infix")

    @short
    def __and__(self, other: Any) -> Region:
        return _region("&", (self, other), notation="infix")

    @short
    def __rand__(self, other: Any) -> Region:
        return _region("&", (other, self), notation="infix")

    @short
    def __or__(self, other: Any) -> Region:
        return _region("|", (self, other), notation="infix")

    @short
    def __ror__(self, other: Any) -> Region:
        return _region("|", (other, self), notation="infix")

    @short
    def __xor__(self, other: Any) -> Region:
        return _region("xor", (self, other))

    @short
    def __rxor__(self, other: Any) -> Region:
        return _region("xor", (other, self))

    @short
    def __invert__(self) -> Region:
        return _region("!", (self,), notation="prefix")

    __hash__ = object.__hash__

    # What numpy's arrays do and images do not: told what to write instead

    @short
    def __bool__(self) -> bool:
        raise TypeError(
            "an image is neither true nor false: `voxlogica.ops.volume(region) > 0` is whether a"
            " region has voxels; `&`, `|` and `~` are the logic of regions, not `and`, `or`, `not`"
        )

    if not TYPE_CHECKING:  # which tells it otherwise, and sooner

        @short
        def __getattr__(self, name: str) -> NoReturn:
            raise AttributeError(_instead(name), name=name, obj=self)

        @short
        def __getitem__(self, index: object) -> NoReturn:
            raise TypeError("an image has no index: its array has, `image.array[…]`")


class Region(Image):
    """An image of truth values: which voxels are in the region."""

    @short
    def __sub__(self, other: Any) -> Region:
        return _region("\\", (self, other), notation="infix")

    @short
    def __rsub__(self, other: Any) -> Region:
        return _region("\\", (other, self), notation="infix")


def handle(formula: Formula, name: str | None = None, over: FirstImage | None = None) -> Image:
    """The image of a formula: while somebody has it, the same each time.

    It has this name, or any, and is drawn over this image, or what the formula tells.
    """
    known: Image | None = None if formula.handle is None else formula.handle()
    if known is not None and name in (None, known._name) and known._over is over:
        return known
    image = object.__new__(Region if formula.type == REGION else Image)
    image._formula, image._name, image._over = formula, name or "", over
    formula.handle = ref(image)
    return image


def _restored(
    name: str, identity: bytes, found: Type, voxels: Voxels, facts: Facts, text: str
) -> Image:
    """An image from what was pickled of it."""
    return handle(computed(identity, voxels, found, facts, written(text)), name)


def given(value: object, name: str = "", like: Image | None = None) -> Formula:
    """The formula of an image that a program gives. Raises VoxLogicaError, TypeError."""
    if isinstance(value, Image):
        return value._formula
    place = None if like is None else like._geometry
    return of_given(accepted(value, name=name, like=place), name)


def _instead(name: str) -> str:
    said = f"an image has no `{name}`"
    if name.startswith("_") or not hasattr(np.ndarray, name):
        return said
    return f"{said}: its array has, `image.array.{name}`{_operator(name)}"


def _operator(name: str) -> str:
    """The operator of the language that does so, and its like."""
    found = {"max": "max", "mean": "avg", "min": "min", "std": "stdev", "sum": "sum"}.get(name)
    return f"; over a region it is `voxlogica.ops.{found}(image, region)`" if found else ""


# Applying the language


def _image(name: str, arguments: Sequence[object], notation: Notation = "call") -> Image:
    found: Image = apply(name, arguments, notation=notation)
    return found


def _region(name: str, arguments: Sequence[object], notation: Notation = "call") -> Region:
    if name in _JOINING and any(isinstance(one, int | float) for one in arguments):
        raise TypeError(
            f"`{name}` joins regions, not numbers: Python has it before comparisons, so each of "
            f"these is in brackets, as in `(image > 1) {name} (image < 2)`"
        )
    found: Region = apply(name, arguments, notation=notation)
    return found


def apply(
    name: str, arguments: Sequence[object], namespace: str = "", notation: Notation = "call"
) -> Any:
    """What an operator or a function gives: an image, computed when it is looked at, or a value.

    Arguments are images, arrays (with the place of the first image among the arguments, if they
    have its size), numbers, bools, strings and sequences of these. Raises VoxLogicaError where the
    language does not allow it, TypeError where an argument is nothing of the language.
    """
    # One that has no grid yet gives none.
    images = (one for one in arguments if isinstance(one, Image))
    like = next((one for one in images if one._formula.space is not None), None)
    said = Applied(
        name,
        [_argument(one, like) for one in arguments],
        namespace,
        notation,
        {i: one.name for i, one in enumerate(arguments) if isinstance(one, Image) and one.name},
    )
    try:
        result, diagnostics = applied(said, asking(), open_image)
    except VoxLogicaError as error:
        error.reword(of_functions)
        raise
    warn(map(of_functions, diagnostics))
    # Over what images of runs and sessions are drawn, if the result does not tell.
    overs = (one._over for one in arguments if isinstance(one, Image) and one._over is not None)
    return handed(result, next(overs, None))


def handed(result: Result, over: FirstImage | None = None) -> Any:
    """What a program in Python has of a result, and what that is drawn over if it does not tell."""
    if isinstance(result, list):
        return [handed(item, over) for item in result]
    if not isinstance(result, Formula):
        return result
    if result.type.is_image:
        if isinstance(result.space, GridOf):
            value_of(result)  # which tells the grid
        return handle(result, over=None if result.scan is not None else over)
    return wrapped(value_of(result))


def wrapped(value: Any, labels: bool = False, colour: bool = False) -> Any:
    """A value that was computed, as a program in Python has it; images in sequences, too."""
    if isinstance(value, list):
        return [wrapped(item) for item in value]
    if not isinstance(value, Voxels):
        return value
    given = given_image(
        value.array, value.geometry, copy=False, is_colour=colour, holds_labels=labels
    )
    return handle(of_given(given), "")


def _argument(value: object, like: Image | None) -> Argument:
    def image(one: object) -> Formula:
        if isinstance(one, Image):
            return one._formula
        return given(one, like=like if like is not None and has_size(one, like.size) else None)

    return of_language(value, image)
