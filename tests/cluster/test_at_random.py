"""Programs at random give on a cluster what they give here: values, files, what is said of them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from tests.cluster.processes import cluster
from tests.eager import Maker, Program
from tests.whole.test_programs_at_random import (
    BRACKETS,
    IMAGES,
    images,
    programs,
    random_programs,
    text_of,
    write_images,
)
from voxlogica import running
from voxlogica.cluster.options import ClusterOptions
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("random")
    write_images(folder)
    return folder


@pytest.fixture(scope="module")
def scheduler():
    """The address of one that has two workers."""
    with cluster(2) as running:
        yield running.address


def outcome(text: str, folder: Path, **options: Any) -> Any:
    """All that there is of a run, but for times; files are taken away."""
    try:
        report = running.run(Source("random.imgql", text), cache=False, **options)
        printed = [(p.name, p.vltype, repr(p.value), p.empty) for p in report.prints]
        saved = [
            (layer.path, layer.minimum, layer.maximum, layer.vltype) for layer in report.layers
        ]
        counted = report.stats.operations
        found: Any = printed, repr(saved), counted, report.log
    except VoxLogicaError as failed:
        found = [str(diagnostic) for diagnostic in failed.diagnostics]
    files = {path.name: path.read_bytes() for path in folder.glob("out*")}
    for path in folder.glob("out*"):
        path.unlink()
    return found, files


def compare(program: Program, images: str, folder: Path, scheduler: str, dialect: int) -> None:
    text = text_of(program, BRACKETS, images, folder)
    here = outcome(text, folder, dialect=dialect)
    there = outcome(
        text,
        folder,
        dialect=dialect,
        cluster=ClusterOptions(scheduler, fetches_outputs=dialect == 1),
    )
    assert there == here, text


@settings(random_programs, max_examples=25)
@given(programs(), images)
def test_what_a_program_gives_is_the_same_on_a_cluster(folder, scheduler, program, images):
    compare(program, images, folder, scheduler, 2)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_hundreds(folder, scheduler, seed):
    for number in range(200):
        chosen = random.Random(1000 * seed + number)
        program = Maker(chosen.randrange, depth=4).program()
        compare(program, chosen.choice(sorted(IMAGES)), folder, scheduler, chosen.choice((1, 2)))
