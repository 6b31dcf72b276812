"""The compiler's settings."""

from __future__ import annotations

import numpy as np

from voxlogica.kernels.blocks import _run, mean
from voxlogica.kernels.compiled import compiled, readable


def test_inputs_of_any_kind_share_one_compiled_version():
    frozen = np.ones((3, 4), np.float32)
    frozen.flags.writeable = False
    turned = np.ones((4, 3), np.float32).T
    crooked = np.frombuffer(b"\0" + np.ones(12, np.float32).tobytes(), np.float32, 12, 1)
    for array in (np.ones((3, 4), np.float32), frozen, turned, crooked.reshape(3, 4)):
        assert mean(array, np.ones((3, 4), np.bool_)) == 1.0
    assert len(_run.signatures) == 1


def test_reading_copies_nothing_that_is_as_wanted():
    region = np.ones((3, 4), np.bool_)
    assert np.shares_memory(readable(region, np.uint8), region)
    assert region.flags.writeable
    assert not readable(region, np.uint8).flags.writeable


def test_without_a_place_to_keep_it_code_is_compiled_for_the_run():
    made = {}
    exec(compile("def double(x):\n    return 2 * x\n", "<nowhere>", "exec"), made)
    assert compiled(made["double"])(21) == 42
