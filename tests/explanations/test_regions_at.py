"""Components of voxels, against a labelling voxel by voxel."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.references import images, indices, numbered_components, regions, unhurried
from voxlogica.explanations.boxes import inside, wider
from voxlogica.explanations.regions_at import component_at, component_cut, component_in
from voxlogica.images.image import Image
from voxlogica.kernels.components import connected


@unhurried
@given(images(regions), st.data())
def test_is_the_component_of_the_voxel(region: Image, data: st.DataObject):
    at = data.draw(st.sampled_from(list(indices(region.array.shape))))
    numbers = numbered_components(region.array).astype(int)
    found = component_at(connected(region.array), at)
    assert (found is not None) == region.array[at]
    if found is None:
        return
    sizes = {int(n): int((numbers == n).sum()) for n in np.unique(numbers[numbers > 0])}
    own = numbers == numbers[at]
    assert found.number == numbers[at]
    assert found.voxels == sizes[found.number]
    by_size = sorted(sizes, key=lambda n: (-sizes[n], n))
    assert by_size[found.rank - 1] == found.number
    assert (found.count, found.largest) == (len(sizes), max(sizes.values()))
    assert found.ties == list(sizes.values()).count(found.voxels)
    places = np.argwhere(own)
    assert [(s.start, s.stop) for s in found.box] == [
        (a, b + 1) for a, b in zip(places.min(0), places.max(0), strict=True)
    ]
    box = wider(found.box, region.array.shape)
    assert np.array_equal(component_in(region.array, box, at), own[box])
    assert np.array_equal(component_cut(connected(region.array), found, box), own[box])
    assert own[box][inside(box, at)]
