"""What is installed is all that is needed: grammar and libraries come with wheel and checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from voxlogica.kernels import machine_code

ROOT = Path(__file__).parents[2]
# What CI has built and installed already, for the tests that build and install it.
WHEEL, ENVIRONMENT = os.environ.get("VOXLOGICA_WHEEL"), os.environ.get("VOXLOGICA_ENVIRONMENT")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    if WHEEL:
        return Path(WHEEL)
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", folder, ROOT],
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_carries_what_is_built_and_not_how(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {
        f"voxlogica/kernels/{machine_code.NAME}",
        "voxlogica/grammar/imgql.lark",
        "voxlogica/grammar/reading.json",
        "voxlogica/grammar/tables.json",
        "voxlogica/library/stdlib.imgql",
        "voxlogica/report/viewer/viewer.js",
        "voxlogica/report/viewer/viewer.css",
        "voxlogica/studio/page/index.html",
        "voxlogica/studio/page/studio.js",
        "voxlogica/studio/page/studio.css",
        "voxlogica/library/RegionCalculus.imgql",
    } <= names
    assert not {name for name in names if "building" in name or name.endswith(".sources")}


@pytest.mark.slow
def test_one_wheel_a_platform_serves_all_pythons(wheel):
    assert wheel.name.split("-")[2:4] == ["py3", "none"]
    assert not wheel.name.endswith("-any.whl")
    assert wheel.stat().st_size < 1_700_000


@pytest.fixture
def environment(wheel, tmp_path) -> Path:
    """One that has the wheel, with all that it asks for, and nothing else."""
    if ENVIRONMENT:
        return Path(ENVIRONMENT)
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [environment / "bin" / "python", "-m", "pip"]
    subprocess.run([*pip, "install", "-q", wheel], check=True)
    return environment


@pytest.mark.slow
def test_the_wheel_runs_an_example_in_a_fresh_environment_outside_the_checkout(
    environment, tmp_path
):
    python = environment / "bin" / "python"
    work = tmp_path / "examples" / "region_calculus"
    work.mkdir(parents=True)
    for file in (ROOT / "examples" / "region_calculus").iterdir():
        if file.is_file():
            (work / file.name).write_bytes(file.read_bytes())
    subprocess.run([python, work / "make_inputs.py"], check=True, cwd=tmp_path)
    ran = subprocess.run(
        [environment / "bin" / "voxlogica", "run", work / "region_calculus.imgql"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "=true" in ran.stdout
    assert list((work / "output").iterdir())


def built(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voxlogica.kernels.building", *options]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environment}
    )


def test_a_platform_that_there_are_no_kernels_for_is_told(tmp_path):
    done = built("--platform=linux-riscv64", f"--output={tmp_path / 'kernels.so'}")
    assert done.returncode == 1
    assert done.stderr.startswith("kernels are compiled for linux-x86_64, ")
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(bool(find_spec("ziglang")), reason="ziglang would link")
def test_what_to_install_where_nothing_can_link_is_told(tmp_path):
    pytest.importorskip("numba")
    code = """if True:
        from voxlogica.kernels.building import linking, platforms
        linking.linked(platforms.PLATFORMS["linux-x86_64"], [], host=True)
    """
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": str(tmp_path)},
    )
    assert "pip install ziglang" in done.stderr.splitlines()[-1]


def test_windows_is_told_that_there_is_wsl():
    program = "import sys; sys.platform = 'win32'; import voxlogica"
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert said.returncode == 1
    assert said.stderr.endswith(
        "ImportError: voxlogica runs on Linux and macOS; on Windows, install it in WSL\n"
    )
