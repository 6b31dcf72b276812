"""The library of machine code that comes with the package: its levels, its bits, what it needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from voxlogica.kernels import machine_code

LIBRARY = Path(machine_code.__file__).with_name(machine_code.NAME)
needs_tools = pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("nm") or not shutil.which("objdump"),
    reason="needs nm and objdump",
)

# Every kernel by way of what calls it, on images whose results rest on each of their voxels.
RESULTS = """
import hashlib
import numpy as np
from voxlogica.kernels import blocks, bounded_distance, closure, components, distance
from voxlogica.kernels import elementary, histograms, machine_code, otsu, quantiles, ranks, texture
from voxlogica.kernels import voxelwise

random = np.random.default_rng(5)
digest = hashlib.sha256()
def add(found):
    digest.update(np.ascontiguousarray(found).tobytes())
shapes = [((40, 50), (1.0, 1.0)), ((20, 30, 41), (3.0, 0.9, 1.1)), ((9, 8, 70), (1.0, 1.0, 1.0))]
for shape, spacing in shapes:
    noise = random.standard_normal(shape).astype(np.float32)
    whole = random.integers(0, 60, shape).astype(np.float32)
    region = noise > 0.8
    add(distance.signed_distance(region, spacing))
    add(distance.distances_to(region, spacing, np.flatnonzero(noise < 0)))
    add(closure.near(region))
    add(closure.interior(region))
    runs = components.connected(region)
    add(components.reached(runs, whole > 55))
    add(components.largest(runs))
    add(components.numbered(runs))
    for radius in (1.0, 4.5, 30.0):
        add(bounded_distance.at_most(region, spacing, radius))
        add(bounded_distance.at_most(region, spacing, radius, inverted=True))
    for values in (noise, whole):
        add(ranks.percentile_ranks(values, region, 0.5))
        add(otsu.above_threshold(values, region, 30))
        for rows in voxelwise.TABLE.values():
            for row in rows:
                # Images and numbers in turn, those of the kind that it takes.
                places = {"v": iter((0, 1)), "r": iter((2, 3)), "n": iter((4, 5))}
                places["b"] = places["n"]
                step = (row, tuple(next(places[kind]) for kind in row.takes))
                add(blocks.evaluate((step,), (values, noise, region, ~region, 0.3, 0.7)))
        add(np.float64(blocks.mean(values, region)))
        add(np.float64(blocks.summary(values, region)))
        for bins in (7, 60, 400):
            numbers = histograms.bin_numbers(values, 0.0, 50.0, bins)
            target = histograms.histogram(numbers, region, bins)
            add(texture.local_correlation(numbers, target, (2,) * len(shape)))
        add(np.float64(quantiles.least_ranked(values, region, 0.5, 0.9, True)))
for x, y in random.lognormal(0, 50, (2000, 2)):
    add(np.float64([elementary.exponential(x % 700), elementary.logarithm(x)]))
    add(np.float64(elementary.power(x, np.log2(y))))
print(machine_code.level(), digest.hexdigest())
"""


def results(level: str | None) -> list[str]:
    environment = {k: v for k, v in os.environ.items() if k != machine_code.LEVEL_VARIABLE}
    if level:
        environment[machine_code.LEVEL_VARIABLE] = level
    done = subprocess.run(
        [sys.executable, "-c", RESULTS], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def levels() -> list[str]:
    """Those of this processor."""
    own = machine_code.LEVELS[machine_code.library().voxlogica_level()]
    of_x86 = ["v2", "v3", "v4"]
    return of_x86[: of_x86.index(own) + 1] if own in of_x86 else [own]


def test_all_levels_give_the_same_bits():
    level, own = results(None)
    assert level == levels()[-1]
    for level in levels():
        assert results(level) == [level, own]


def test_a_level_that_the_processor_has_not_is_an_error():
    environment = {**os.environ, machine_code.LEVEL_VARIABLE: "v9"}
    done = subprocess.run(
        [sys.executable, "-c", RESULTS], env=environment, capture_output=True, text=True
    )
    assert f"v9: this processor has {', '.join(levels())}" in done.stderr


@needs_tools
def test_it_needs_nothing_but_memset():
    said = subprocess.run(
        ["nm", "--dynamic", "--undefined-only", LIBRARY], capture_output=True, text=True
    )
    assert {line.split()[-1].partition("@")[0] for line in said.stdout.splitlines()} <= {"memset"}
    sections = subprocess.run(["objdump", "-p", LIBRARY], capture_output=True, text=True).stdout
    assert "NEEDED" not in sections


@needs_tools
def test_no_multiplication_is_fused_with_an_addition():
    """It would round once where the program says twice."""
    code = subprocess.run(["objdump", "-d", LIBRARY], capture_output=True, text=True).stdout
    assert re.search(r"\bv?(mul|add)[ps][sd]\b|\bf(mul|add)\b", code)
    assert not re.findall(r"\bv?fn?m(add|sub)\w*", code)


@needs_tools
def test_nothing_is_stored_under_a_mask_without_avx512():
    """AMD's processors take longer for it than for all the rest of a loop."""
    code = subprocess.run(["objdump", "-d", LIBRARY], capture_output=True, text=True).stdout
    assert re.search(r"\bvmovups\s+%ymm\d+,[^%]*\(", code)
    assert not re.findall(r"\bvp?maskmov\w+\s+%\w+,%\w+,[^%]*\(.*", code)


def test_a_library_that_is_not_there_says_how_to_come_by_it(tmp_path):
    package = tmp_path / "voxlogica"
    shutil.copytree(LIBRARY.parent.parent, package, ignore=shutil.ignore_patterns("kernels.*"))
    run = "from voxlogica.kernels.closure import near; import numpy; near(numpy.ones((3, 3), bool))"
    done = subprocess.run(
        [sys.executable, "-c", run],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "pip install" in done.stderr.splitlines()[-1]


def test_no_import_of_a_program_that_runs_is_a_compiler(tmp_path):
    (tmp_path / "p.imgql").write_text('print "a" 1 .+. 2')
    run = "import sys, voxlogica.cli.run, voxlogica.running, voxlogica.kernels.texture"
    told = "print({'numba', 'llvmlite'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", f"{run}; {told}"], capture_output=True, text=True)
    assert done.stdout == "set()\n"


@pytest.mark.slow
def test_two_builds_are_the_same_byte_for_byte(tmp_path):
    pytest.importorskip("numba")
    for name in ("one.so", "other.so"):
        command = [sys.executable, "-m", "voxlogica.kernels.building"]
        subprocess.run([*command, f"--output={tmp_path / name}"], check=True)
    assert (tmp_path / "one.so").read_bytes() == (tmp_path / "other.so").read_bytes()
    assert (tmp_path / "one.so").read_bytes() == LIBRARY.read_bytes()
