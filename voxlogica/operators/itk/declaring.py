"""SimpleITK's filters, under their own names: `import "simpleitk"`.

Every function of SimpleITK's procedural interface is an operator, with an overload for each way in
which SimpleITK lets it be called. What there is, is what the installed SimpleITK tells of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from voxlogica.images.image import Image
from voxlogica.operators.itk import procedures
from voxlogica.operators.itk.filtering import Value, filtered, statistics
from voxlogica.operators.itk.procedures import Procedure, Signature
from voxlogica.operators.signature import (
    AS_TYPED,
    BOOL,
    CHOICE,
    IMAGE,
    MODEL,
    NUMBER,
    NUMBERS,
    STRING,
    Cost,
    Operator,
    OperatorParameter,
    Purity,
    Type,
    Voxels,
    sequence_of,
)

# Raised when the way in which filters are called changes their results.
_REVISION = 1

# What of a filter's results are values of programs, and of which type.
_RESULTS = {
    IMAGE: MODEL,
    NUMBER: NUMBER,
    CHOICE: NUMBER,
    BOOL: BOOL,
    STRING: STRING,
    NUMBERS: sequence_of(NUMBER),
    sequence_of(STRING): sequence_of(STRING),
}


_NEAREST = frozenset({"sitkNearestNeighbor"})
_WHOLE_TYPES = frozenset(f"sitk{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32))
# What the voxels of their results hold, of some functions.
_VOXELS: Mapping[str, Voxels] = {
    name: holding
    for holding, names in (
        # Those that number objects, or say which of several things a voxel is.
        (
            Voxels(labels=True),
            """
            AggregateLabelMap BinaryImageToLabelMap ChangeLabelLabelMap ConnectedComponent
            IsolatedWatershed LabelImageToLabelMap LabelUniqueLabelMap LabelVoting MergeLabelMap
            MorphologicalWatershed MorphologicalWatershedFromMarkers MultiLabelSTAPLE
            RelabelComponent RelabelLabelMap SLIC ScalarConnectedComponent ScalarImageKmeans
            VectorConnectedComponent
            """,
        ),
        # Those that take nothing but whole numbers, and give such; and a cast to such.
        (Voxels(whole=True), "ChangeLabel LabelContour"),
        (Voxels(whole=True, where=_WHOLE_TYPES), "Cast"),
        # Those that only say where voxels are.
        (
            Voxels(kept=slice(1)),
            """
            Crop CyclicShift DICOMOrient Extract Flip MirrorPad PermuteAxes RegionOfInterest Shrink
            Slice WrapPad ZeroFluxNeumannPad
            """,
        ),
        (Voxels(kept=slice(1), where=_NEAREST), "Resample"),
        (
            Voxels(colour=True),
            """
            LabelMapContourOverlay LabelMapOverlay LabelMapToRGB LabelOverlay LabelToRGB
            ScalarToRGBColormap
            """,
        ),
    )
    for name in names.split()
}


@cache
def barred(name: str) -> str | None:
    """Why a function of SimpleITK cannot be called in a program; None where it can, or is none."""
    if name in _own() or name not in procedures.procedures():
        return None
    return procedures.procedure(name).barred


class _Operators(Mapping[str, tuple[Operator, ...]]):
    """Each is made when asked for."""

    def __getitem__(self, name: str) -> tuple[Operator, ...]:
        return _overloads(name)

    def __iter__(self) -> Iterator[str]:
        yield from sorted({*(n for n in procedures.procedures() if barred(n) is None), *_own()})
        yield from procedures.constants()

    def __len__(self) -> int:
        return sum(1 for _ in self)


# The overloads of every function, and the constants, by name.
OPERATORS: Mapping[str, tuple[Operator, ...]] = _Operators()


@cache
def _overloads(name: str) -> tuple[Operator, ...]:
    if name in _own():
        return (_own()[name],)
    if name in procedures.constants():
        return (_constant(name, procedures.constants()[name]),)
    found = procedures.procedure(name)
    if found.barred is not None:
        raise KeyError(name)
    return tuple(operator for signature in found.signatures for operator in _ways(found, signature))


def _ways(found: Procedure, signature: Signature) -> Iterator[Operator]:
    """The operators that a signature stands for: two, where a seed may be left out."""
    result = signature.result and _RESULTS.get(signature.result)
    if result is None or any(a.is_foreign for a in signature.arguments):
        return
    parameters: list[OperatorParameter] = []
    for argument in signature.arguments:
        if argument.type is None:
            break
        if argument.is_seed:
            yield _operator(found, signature, parameters, result, Purity.OUTSIDE)
            # What comes before the seed has to be given with it.
            parameters = [OperatorParameter(p.name, p.type) for p in parameters]
            parameters.append(OperatorParameter(argument.name, NUMBER))
        else:
            parameters.append(OperatorParameter(argument.name, argument.type, argument.default))
    yield _operator(found, signature, parameters, result, Purity.PURE)


def _operator(
    found: Procedure,
    signature: Signature,
    parameters: list[OperatorParameter],
    result: Type,
    purity: Purity,
) -> Operator:
    return _declared(
        found.name,
        tuple(parameters),
        result,
        lambda *values: filtered(found.name, signature, values),
        found.manual,
        purity=purity,
        written=signature.text,
    )


def _declared(
    name: str,
    parameters: tuple[OperatorParameter, ...],
    result: Type,
    function: Callable[..., Any],
    manual: str,
    *,
    purity: Purity = Purity.PURE,
    written: str = "",
    cost: Cost = Cost.MUCH,
) -> Operator:
    return Operator(
        name=f"simpleitk.{name}",
        parameters=parameters,
        result=result,
        function=function,
        written_manual=manual,
        cost=cost,
        version=_REVISION,
        own_grid=True,
        purity=purity,
        namespace="simpleitk",
        written=written,
        voxels=_VOXELS.get(name, AS_TYPED),
        remarks=name == "Cast",
        by_itk=True,
    )


def _constant(name: str, value: int) -> Operator:
    return _declared(
        name,
        (),
        NUMBER,
        lambda: float(value),
        f"The number that SimpleITK calls {name}.",
        written=f"{name} = {value}",
        cost=Cost.NOTHING,
    )


# What SimpleITK's interface has in another form, or not at all


def _read(path: str, pixel_type: float | str | None = None) -> Value:
    """The image in a file whose name is known only now."""
    from voxlogica.images.reading import open_image, read_image

    image = read_image(open_image(path))
    if pixel_type is None or pixel_type in ("sitkUnknown", -1.0):
        return image
    (cast,) = OPERATORS["Cast"]
    found: Value = cast.function(image, pixel_type)
    return found


def _written(image: Image, path: str, *_: Any) -> str:
    raise AssertionError("effects are carried out by the run, which has the files in its hands")


@cache
def _own() -> Mapping[str, Operator]:
    """Operators that are not declared of SimpleITK's functions, by their names."""
    return {
        "Statistics": _declared(
            "Statistics",
            (OperatorParameter("image", IMAGE),),
            sequence_of(NUMBER),
            statistics,
            "Minimum, maximum, mean, standard deviation, variance, sum and count of the voxels.\n\n"
            "In this order, as a sequence. The deviation is the sample's, with n − 1.",
        ),
        "ReadImage": _declared(
            "ReadImage",
            (
                OperatorParameter("fileName", STRING),
                OperatorParameter("outputPixelType", CHOICE, "sitkUnknown"),
            ),
            MODEL,
            _read,
            "The image in a file, or of the DICOM series in a folder.\n\nAs `load` reads it. With a"
            " pixel type, its values are cast to that.",
            purity=Purity.READING,
        ),
        "WriteImage": _declared(
            "WriteImage",
            (
                OperatorParameter("image", IMAGE),
                OperatorParameter("fileName", STRING),
                OperatorParameter("useCompression", BOOL, "false"),
                OperatorParameter("compressionLevel", NUMBER, "-1"),
            ),
            STRING,
            _written,
            "Writes an image, once, and gives the path.\n\nOnly when a `print` or `save` needs it."
            " The file appears with all others of the run, when every goal has been reached; of"
            " several images for one path the last of the program remains. Compression is that of"
            " the format, whatever is said here: .nii.gz is compressed, others are not.",
            purity=Purity.EFFECT,
        ),
    }
