"""Values of expressions in a line, as a session shows them."""

from __future__ import annotations

import numpy as np

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.report.shown_values import shown_text


def image(array: np.ndarray, spacing: tuple[float, ...] | None = None, components: int = 1):
    shape = array.shape[:-1] if components > 1 else array.shape
    return Image(array, Geometry.of_size(*shape[::-1], spacing=spacing))


class TestValuesInALine:
    def test_scalars_strings_and_sequences(self):
        assert shown_text(3.0, "number") == "3"
        assert shown_text("a\nb", "string") == r'"a\nb"'
        assert shown_text([[1.0, 2.5], [True]], "") == "[[1, 2.5], [true]]"
        assert shown_text([1.0] * 102, "").endswith("1, … 2 more]")

    def test_images(self):
        region = np.array([[True, False, True]])
        shown = shown_text(image(region, (0.5, 2.0)), "valuation(bool)")
        assert shown == "valuation(bool) 3×1, spacing 0.5×2, 2 of 3 voxels"
        values = np.array([[np.nan, -1.5, np.inf]], np.float32)
        shown = shown_text(image(values), "valuation(number)")
        assert shown == "valuation(number) 3×1, spacing 1×1, -1.5 … inf, 1 nan"
        nothing = np.full((1, 2), np.nan, np.float32)
        assert shown_text(image(nothing), "v") == "v 2×1, spacing 1×1, 2 nan"
        colour = np.zeros((1, 2, 3), np.uint8)
        shown = shown_text(image(colour, components=3), "model")
        assert shown == "model 2×1, spacing 1×1, 3 components, 0 … 0"
