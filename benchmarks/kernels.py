"""Operators, one expression at a time, against SimpleITK, numpy and the published algorithm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from benchmarks.evaluating import evaluation
from benchmarks.hyperfaces import sliding_hyperfaces
from benchmarks.inputs import read
from benchmarks.measuring import Comparison
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

ANISOTROPIC = (0.9, 1.0, 1.2)
MEMORY = "memory bandwidth"


def comparisons(folder: Path) -> Iterator[Comparison]:
    """The comparisons of the groups `kernels` and `texture`, on the inputs in `folder`."""
    template = folder / "phantom_flair.nii.gz"
    flair = read(template).astype(np.float32)
    rng = np.random.default_rng(1)
    scene = Scene(flair, flair + rng.random(flair.shape, np.float32), flair > 350, template)
    yield from _morphology(scene)
    yield from _distances(scene)
    yield from _ranks(scene)
    yield from _components(scene)
    yield _objects()
    yield from _voxelwise(scene)
    yield from _texture(scene)


class Scene:
    """The images that expressions are over: `v` whole numbers, `w` any floats, `r` a region.

    `t` is a part of `r`, and `brain` where `v` is above 0.
    """

    def __init__(
        self,
        v: NDArray[np.float32],
        w: NDArray[np.float32],
        r: NDArray[np.bool_],
        template: Path,
    ) -> None:
        self.template = template
        self.arrays: dict[str, NDArray[Any]] = {
            "v": v,
            "w": w,
            "r": r,
            "t": v > 450,
            "brain": v > 0,
        }

    def ours(
        self, expression: str, spacing: tuple[float, ...] = (1.0, 1.0, 1.0)
    ) -> Callable[[], Any]:
        """What computes the expression."""
        images = {
            name: Image(array, Geometry.of_size(*array.shape[::-1], spacing=spacing))
            for name, array in self.arrays.items()
        }
        return evaluation(expression, images, self.template)

    def itk(self, name: str, spacing: tuple[float, ...] = (1.0, 1.0, 1.0)) -> Any:
        """One of the regions as SimpleITK has it."""
        image = sitk.GetImageFromArray(self.arrays[name].view(np.uint8))
        image.SetSpacing(spacing)
        return image


def _morphology(scene: Scene) -> Iterator[Comparison]:
    region = scene.itk("r")
    row = partial(Comparison, "kernels", goal=10, near=MEMORY, agree=_same)
    yield row(
        "near",
        "BinaryDilate, box of radius 1",
        scene.ours("near(r)"),
        lambda: sitk.BinaryDilate(region, [1, 1, 1], sitk.sitkBox),
    )
    yield row(
        "interior",
        "BinaryErode, box of radius 1",
        scene.ours("interior(r)"),
        lambda: sitk.BinaryErode(region, [1, 1, 1], sitk.sitkBox, 0.0, 1.0, False),
    )


def _maurer(region: Any) -> Any:
    return sitk.SignedMaurerDistanceMap(
        region, insideIsPositive=False, squaredDistance=False, useImageSpacing=True
    )


def _hd95(found: Any, truth: Any) -> float:
    """The 95th percentile of the distances between two borders, both ways."""
    inside = partial(sitk.BinaryErode, kernelRadius=[1, 1, 1], kernelType=sitk.sitkCross)
    edges = [r - inside(r, boundaryToForeground=False) for r in (found, truth)]
    there, back = (sitk.GetArrayViewFromImage(edge) > 0 for edge in edges)
    to_found, to_truth = (sitk.GetArrayFromImage(sitk.Abs(_maurer(edge))) for edge in edges)
    return float(np.percentile(np.concatenate([to_truth[there], to_found[back]]), 95))


def _distances(scene: Scene) -> Iterator[Comparison]:
    row = partial(Comparison, "kernels", rounds=3)
    for word, spacing, goal in (
        ("isotropic", (1.0, 1.0, 1.0), None),
        ("anisotropic", ANISOTROPIC, 3),
    ):
        region = scene.itk("r", spacing)
        yield row(
            f"dt, {word}",
            "SignedMaurerDistanceMap",
            scene.ours("dt(r)", spacing),
            partial(_maurer, region),
            agree=partial(_same_outside, scene.arrays["r"]),
            goal=goal,
            near="vector arithmetic",
        )
    yield row(
        "hd95",
        "borders by BinaryErode, SignedMaurerDistanceMap, numpy's percentile",
        scene.ours("hd95(t, r)", ANISOTROPIC),
        partial(_hd95, scene.itk("t", ANISOTROPIC), scene.itk("r", ANISOTROPIC)),
        agree=lambda ours, theirs: np.testing.assert_allclose(ours, theirs, rtol=1e-6),
        near="vector arithmetic",
    )
    region = scene.itk("r")
    for radius in (2, 5, 20):
        yield row(
            f"distleq, radius {radius}",
            "Maurer, threshold",
            scene.ours(f"distleq({radius}, r)"),
            partial(_within, region, float(radius)),
            agree=_same,
            goal=15 if radius <= 5 else None,
            near=MEMORY,
        )
    yield row(
        "smoothen, radius 5",
        "Maurer, threshold, twice",
        scene.ours("smoothen(r, 5)"),
        lambda: _within(_maurer(sitk.BinaryNot(region)) >= 5.0, 5.0),
        agree=_same,
        goal=15,
        near=MEMORY,
    )


def _within(region: Any, radius: float) -> Any:
    return _maurer(region) <= radius


def _ranks(scene: Scene) -> Iterator[Comparison]:
    for name, word, goal in (("v", "whole numbers", 10), ("w", "any floats", 3)):
        yield Comparison(
            "kernels",
            f"percentiles, {word}",
            "numpy sort, searchsorted",
            scene.ours(f"percentiles({name}, brain, 0)"),
            partial(sorted_ranks, scene.arrays[name], scene.arrays["brain"]),
            agree=_same,
            goal=goal,
            near=MEMORY if name == "v" else "sorting",
        )
        yield Comparison(
            "kernels",
            f"median and quantile of a region, {word}",
            "numpy's quantile",
            scene.ours(f"median({name}, brain) .+. quantile({name}, brain, 0.95)"),
            partial(_quantiles, scene.arrays[name], scene.arrays["brain"]),
            agree=_close,
            near=MEMORY,
        )
    yield Comparison(
        "kernels",
        "mean, deviation, least and greatest",
        "numpy, of the region's values",
        scene.ours("(avg(w, brain) .+. stdev(w, brain)) .+. (min(w, brain) .+. max(w, brain))"),
        partial(_statistics, scene.arrays["w"], scene.arrays["brain"]),
        agree=_close,
        near=MEMORY,
    )


def _quantiles(values: NDArray[np.float32], region: NDArray[np.bool_]) -> float:
    return float(np.quantile(values[region].astype(np.float64), [0.5, 0.95]).sum())


def _statistics(values: NDArray[np.float32], region: NDArray[np.bool_]) -> float:
    inside = values[region].astype(np.float64)
    return float(inside.mean() + inside.std(ddof=1) + inside.min() + inside.max())


def sorted_ranks(values: NDArray[np.float32], region: NDArray[np.bool_]) -> NDArray[np.float32]:
    """The share of the region's voxels with a smaller value; −1 outside."""
    inside = values[region]
    result = np.full(values.shape, -1, np.float32)
    result[region] = np.searchsorted(np.sort(inside), inside) / len(inside)
    return result


def _components(scene: Scene) -> Iterator[Comparison]:
    region, target = scene.itk("r"), scene.arrays["t"]
    row = partial(Comparison, "kernels", goal=3, near=MEMORY)
    yield row(
        "through",
        "ConnectedComponent, look-up",
        scene.ours("through(t, r)"),
        lambda: meeting(region, target),
        agree=_same,
    )
    yield row(
        "lcc",
        "ConnectedComponent",
        scene.ours("lcc(r)"),
        lambda: sitk.ConnectedComponent(region, True),
        agree=_same,
    )
    yield row(
        "maxvol",
        "ConnectedComponent, RelabelComponent",
        scene.ours("maxvol(r)"),
        lambda: sitk.RelabelComponent(sitk.ConnectedComponent(region, True)) == 1,
        agree=_same,
    )


_MEASURED = ("label", "num_pixels", "area", "centroid", "bbox")
_MEASURED += ("intensity_min", "intensity_mean", "intensity_max")


def _objects() -> Comparison:
    """2,000 cells in an image of 2048 × 2048, touching their neighbours."""
    from skimage.measure import regionprops_table

    from voxlogica.operators.objects import objects_with_values

    side, across = 45, 45
    y, x = np.mgrid[:2048, :2048]
    labels = (1 + x // side + across * (y // side)).astype(np.int32)
    labels[np.hypot(x % side - side // 2, y % side - side // 2) > side / 2] = 0
    labels[labels > 2_000] = 0
    values = np.random.default_rng(2).random(labels.shape, np.float32)
    place = Geometry.of_size(2048, 2048)
    given = Image(labels, place), Image(values, place)
    return Comparison(
        "kernels",
        "objects, 2,000 cells",
        "scikit-image's regionprops_table",
        lambda: np.array(objects_with_values(*given)[1:], float)[:, 1],
        lambda: regionprops_table(labels, values, properties=_MEASURED)["num_pixels"],
        agree=_same,
        goal=1,
        near=MEMORY,
    )


def meeting(region: Any, target: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The components of a region of SimpleITK's that have a voxel in `target`."""
    components = sitk.ConnectedComponent(region, True)
    labels = sitk.GetArrayViewFromImage(components)
    met = np.zeros(labels.max() + 1, np.bool_)
    met[labels[target]] = True
    met[0] = False
    found: NDArray[np.bool_] = met[labels]
    return found


def _voxelwise(scene: Scene) -> Iterator[Comparison]:
    v, w, r = (scene.arrays[name] for name in "vwr")
    row = partial(Comparison, "kernels", near=MEMORY)
    yield row(
        "chain of 8 on numbers",
        "numpy, operation by operation",
        scene.ours("(abs(((v *. 2) - w) / (w +. 3)) *. 10) + ((w -. 2) * v)"),
        lambda: np.abs((v * 2 - w) / (w + 3)) * 10 + (w - 2) * v,
        agree=_same,
        goal=3,
    )
    yield Comparison(
        "kernels",
        "chain with exp, log and sqrt",
        "numpy, operation by operation",
        scene.ours("log(exp((v - w) *. 0.1) +. 1) * sqrt(w)"),
        lambda: np.log(np.exp((v - w) * np.float32(0.1)) + 1) * np.sqrt(w),
        agree=_close,
        near="vector arithmetic",
    )
    yield row(
        "chain of 7 on regions",
        "numpy, operation by operation",
        scene.ours("((v >=. 250) & (w <=. 500)) | ((r & (w >=. 100)) | (!(v >=. 10)))"),
        lambda: ((v >= 250) & (w <= 500)) | ((r & (w >= 100)) | ~(v >= 10)),
        agree=_same,
        goal=3,
    )
    yield row(
        "volume of a comparison",
        "numpy, operation by operation",
        scene.ours("volume((v >=. 250) & (w <=. 500))"),
        lambda: float(np.count_nonzero((v >= 250) & (w <= 500))),
        agree=_same,
    )
    yield row(
        "avg of a difference",
        "numpy, operation by operation",
        scene.ours("avg(abs(v - w), brain)"),
        lambda: float(np.abs(v - w)[scene.arrays["brain"]].mean(dtype=np.float64)),
        agree=_close,
    )


def _texture(scene: Scene) -> Iterator[Comparison]:
    # The phantom is 0 outside the brain, as scans are that were made ready for segmentation: much
    # of it is of one bin. In a scan as it leaves the scanner there is noise in the air, too.
    t = scene.arrays["t"]
    noisy = _with_noise(scene.arrays["v"], 8.0)
    raw = Scene(noisy, noisy, t, scene.template)
    raw.arrays["t"] = t
    for where, suffix, radius, bins, goal, rounds in (
        (scene, "", 3, 20, 8, 3),
        (scene, "", 5, 100, 40, 1),
        (raw, ", noise in air", 5, 100, None, 1),
    ):
        v = where.arrays["v"]
        yield Comparison(
            "texture",
            f"crossCorrelation, radius {radius}, {bins} bins{suffix}",
            "sliding hyperfaces, one core",
            where.ours(f"crossCorrelation({radius}, v, v, t, min(v), max(v), {bins})"),
            partial(sliding_hyperfaces, v, t, radius, float(v.min()), float(v.max()), bins),
            agree=_close,
            goal=goal,
            near="vector arithmetic",
            rounds=rounds,
        )


def _with_noise(values: NDArray[np.float32], deviation: float) -> NDArray[np.float32]:
    """Whole numbers with the noise of magnitude images: of two channels, everywhere."""
    noise = np.random.default_rng(2).normal(0, deviation, (2, *values.shape))
    return np.round(np.hypot(values + noise[0], noise[1])).astype(np.float32)


def _array(result: Any) -> Any:
    """Voxels, or a number."""
    if isinstance(result, Image):
        return result.array
    return sitk.GetArrayViewFromImage(result) if isinstance(result, sitk.Image) else result


def _same(ours: Any, theirs: Any) -> None:
    np.testing.assert_array_equal(_array(ours), _array(theirs))


def _close(ours: Any, theirs: Any) -> None:
    np.testing.assert_allclose(_array(ours), _array(theirs), rtol=1e-5, atol=2e-6)


def _same_outside(region: NDArray[np.bool_], ours: Any, theirs: Any) -> None:
    """Inside, SimpleITK measures to other voxels; with steps that differ, it rounds on the way."""
    outside = ~region
    np.testing.assert_allclose(_array(ours)[outside], _array(theirs)[outside], rtol=1e-4)
