"""Make the input of `cells.imgql`: a phantom of a stack of three fluorescence channels.

    python -m examples.cells.make_inputs

writes `stack.ome.tif` (OME-TIFF, 160 × 128 × 14 voxels of 0.5 × 0.5 × 1 µm; the channels DAPI, GFP
and Ki67) and `truth.tif` (the number of the nucleus at each voxel, 0 outside) into `input/` beside
this file. Nuclei glow in DAPI, the cytoplasm of some cells in GFP, the nuclei of some in Ki67.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

SHAPE = (14, 128, 160)  # voxels along z, y, x
SPACING = (1.0, 0.5, 0.5)  # µm
SEED = 3
CHANNELS = ("DAPI", "GFP", "Ki67")

# Nuclei: centre along x, y, z in µm; radius in µm, 3.5 along z; whether GFP and Ki67 glow.
NUCLEI = (
    (10, 11, 6, 5.0, True, False),
    (18.5, 13, 7, 4.8, False, False),  # touches the one before
    (34, 10, 6, 5.5, True, True),
    (52, 12, 7, 5.2, False, False),
    (61.5, 13, 6, 5.0, True, False),  # touches the one before
    (72, 25, 6, 4.6, False, True),
    (12, 31, 7, 5.4, True, True),
    (28, 29, 6, 5.0, False, False),
    (35.5, 36, 7, 5.3, True, False),  # touches the one before
    (54, 34, 6, 5.6, True, True),
    (70, 44, 7, 5.0, False, False),
    (14, 51, 6, 5.2, False, False),
    (33, 54, 7, 4.8, True, False),
    (51, 52, 6, 5.0, False, True),
    (60, 56.5, 7, 4.7, True, False),  # touches the one before
)


def stack(seed: int = SEED) -> tuple[NDArray[np.uint16], NDArray[np.uint8]]:
    """The channels, an array over (channel, z, y, x), and the number of each voxel's nucleus."""
    rng = np.random.default_rng(seed)
    z, y, x = (
        at * step for at, step in zip(np.mgrid[tuple(map(slice, SHAPE))], SPACING, strict=True)
    )
    light = np.zeros((len(CHANNELS), *SHAPE))
    truth = np.zeros(SHAPE, np.uint8)
    nearest = np.full(SHAPE, np.inf)
    for number, (at_x, at_y, at_z, radius, gfp, ki67) in enumerate(NUCLEI, start=1):
        around = np.hypot((x - at_x) / radius, (y - at_y) / radius)
        depth = np.hypot(around, (z - at_z) / 3.5)
        nearer = depth < nearest
        nearest[nearer] = depth[nearer]
        nucleus, cell = nearer & (depth < 1), nearer & (depth < 1.6)
        truth[nearer] = 0
        truth[nucleus] = number
        light[:, nearer] = 0
        light[0, nucleus] = rng.uniform(700, 1000)
        light[1, cell & ~nucleus] = rng.uniform(500, 800) if gfp else 60
        light[2, nucleus] = rng.uniform(400, 700) if ki67 else 50

    # What the microscope adds: blur, a background, noise.
    channels = []
    for channel in light:
        image = sitk.GetImageFromArray(channel)
        image.SetSpacing(SPACING[::-1])
        blurred = sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(image, 0.5))
        channels.append(blurred + 100 + rng.normal(0, 30, SHAPE))
    return np.clip(np.rint(channels), 0, 65535).astype(np.uint16), truth


def ome_tiff(channels: NDArray[np.uint16]) -> bytes:
    """An OME-TIFF of channels: a page for each slice, and a description of all in the first."""
    count, depth, height, width = channels.shape
    named = "".join(f'<Channel ID="Channel:0:{n}" Name="{c}"/>' for n, c in enumerate(CHANNELS))
    sides = f'SizeX="{width}" SizeY="{height}" SizeZ="{depth}" SizeC="{count}" SizeT="1"'
    lengths = " ".join(
        f'PhysicalSize{axis}="{step}" PhysicalSize{axis}Unit="µm"'
        for axis, step in zip("ZYX", SPACING, strict=True)
    )
    described = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"><Image ID="Image:0">'
        f'<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" {sides} {lengths}>'
        f"{named}<TiffData/></Pixels></Image></OME>"
    ).encode() + b"\0"
    pages = channels.reshape(-1, height * width)
    start = 8 + len(described) + len(described) % 2
    size = pages[0].nbytes + 2 + 10 * 12 + 4
    parts = [
        b"II*\0",
        struct.pack("<I", start + pages[0].nbytes),
        described.ljust(start - 8, b"\0"),
    ]
    for number, page in enumerate(pages):
        voxels = start + number * size
        fields = [
            (256, 4, 1, width),
            (257, 4, 1, height),
            (258, 3, 1, 16),  # bits a voxel
            (259, 3, 1, 1),  # not compressed
            (262, 3, 1, 1),  # 0 is black
            (270, 2, len(described), 8),
            (273, 4, 1, voxels),
            (277, 3, 1, 1),  # one value a voxel
            (278, 4, 1, height),
            (279, 4, 1, page.nbytes),
        ]
        following = voxels + size + page.nbytes if number + 1 < len(pages) else 0
        parts += [page.astype("<u2").tobytes(), struct.pack("<H", len(fields))]
        parts += [struct.pack("<HHII", *field) for field in fields]
        parts.append(struct.pack("<I", following))
    return b"".join(parts)


def main(folder: Path = Path(__file__).parent / "input") -> None:
    """Write the stack and its truth into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    channels, truth = stack()
    (folder / "stack.ome.tif").write_bytes(ome_tiff(channels))
    sitk.WriteImage(sitk.GetImageFromArray(truth), folder / "truth.tif")


if __name__ == "__main__":
    main()
