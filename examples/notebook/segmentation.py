# %% [markdown]
# # A lesion: found, compared with truth, over thresholds, in fifty scans
#
# From numpy arrays to a table. [doc/python.md](../../doc/python.md) tells of all that is used here.

# %%
from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

import voxlogica as vox

# %load_ext voxlogica

# %% [markdown]
# ## A scan, and where the lesion is
#
# These are made up: a brain with a bright lesion, a darker rim around that, and noise. Arrays have
# the axes z, y, x; voxels are 1.5 × 1.5 × 3 mm.

# %%
SPACING = (1.5, 1.5, 3.0)


def ellipsoid(
    centre: tuple[float, float, float], radii: tuple[float, float, float]
) -> NDArray[np.bool_]:
    """Where it is, in mm from the middle along x, y, z."""
    z, y, x = np.meshgrid(*(np.arange(n) - n / 2 for n in (28, 64, 56)), indexing="ij")
    steps = zip((x, y, z), SPACING, centre, radii, strict=True)
    return np.asarray(sum(((axis * step - c) / r) ** 2 for axis, step, c, r in steps) < 1)


def phantom(seed: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """A scan, and the truth: another one for each seed."""
    rng = np.random.default_rng(seed)
    x, y, z = rng.uniform(-12, 12, 3)
    radius = rng.uniform(8, 14)
    brain = ellipsoid((0, 0, 0), (37, 43, 37))
    rim = ellipsoid((x, y, z), (radius + 3, radius + 4, radius + 4))
    lesion = ellipsoid((x, y, z), (radius, radius, radius * 0.8))
    scan = np.select([lesion, rim, brain], [190.0, 130.0, 100.0], 0.0)
    noisy = np.abs(scan + rng.normal(0, 18, scan.shape) * brain)
    return noisy.astype(np.float32), lesion


scan, drawn = phantom(seed=1)
flair = vox.image(scan, spacing=SPACING, name="flair")
truth = vox.image(drawn, like=flair, name="truth")
flair

# %% [markdown]
# ## Found
#
# Surely lesion is what is bright, where a ball of 3 mm fits into it. What is less bright belongs to
# it, if it touches that. Nothing is computed before it is looked at.


# %%
def lesion_in(flair: vox.Image, high: float, low: float = 140) -> vox.Region:
    """What is brighter than `high`, and what of `low` touches it."""
    surely = vox.ops.smoothen(flair > high, 3)
    perhaps = vox.ops.smoothen(flair > low, 3)
    return vox.ops.grow(surely, perhaps)


found = lesion_in(flair, high=170)
found

# %% [markdown]
# ## Compared with truth

# %%
dice = vox.ops.metrics.dice(found, truth)
distance = vox.ops.metrics.hd95_max(found, truth)
print(f"Dice {dice:.3f}, 95 % within {distance:.1f} mm, {vox.ops.ml(found):.1f} ml")

# %%
flair.with_regions(found=found, truth=truth)

# %% [markdown]
# ## Over thresholds
#
# What does not rest on the threshold is computed once.

# %%
thresholds = range(120, 200, 5)
scores = [vox.ops.metrics.dice(lesion_in(flair, high, high - 25), truth) for high in thresholds]
best = thresholds[int(np.argmax(scores))]
figure, axes = plt.subplots(figsize=(5, 2.5))
axes.plot(thresholds, scores, marker="o")
axes.set(xlabel="threshold", ylabel="Dice", title=f"best: {best}")
plt.show()

# %% [markdown]
# ## The same in the language
#
# A cell that begins with `%%imgql` is a program: it knows the images and numbers of the notebook,
# and what such cells declared before. So a method can be tried here, and then run for a thousand
# scans, or by somebody who does not know Python: `voxlogica run`.

# %%
# %%imgql
# // What is printed and saved is shown.
# let perhaps = smoothen(flair > best - 25, 3)
# let lesion = grow(smoothen(flair > best, 3), perhaps)
# print "volume, ml" ml(lesion)
# print "mean inside" avg(flair, lesion)
# lesion

# %% [markdown]
# ## Fifty scans
#
# `vox.cases` runs a program once for each, on all cores. What it prints are the columns of the
# table. The arrays are made, or loaded, a few ahead of the results.

# %%
program = """
    import "metrics"
    param high = 170                 // what is brighter is surely lesion
    let found = grow(smoothen(flair > high, 3), smoothen(flair > high - 25, 3))
    print "dice" dice(found, truth)
    print "hd95" hd95_max(found, truth)
    print "ml" ml(found)
    assert "good enough" dice(found, truth) >= 0.8
"""


def cases() -> Iterator[dict[str, object]]:
    """Fifty scans with their truths."""
    for seed in range(50):
        scan, drawn = phantom(seed)
        flair = vox.image(scan, spacing=SPACING)
        yield {"case": f"p{seed:02}", "flair": flair, "truth": vox.image(drawn, like=flair)}


table = vox.cases(text=program, cases=cases(), high=best).to_pandas()
table.to_csv("scores.csv", index=False)
table[["dice", "hd95", "ml"]].describe().round(2)
