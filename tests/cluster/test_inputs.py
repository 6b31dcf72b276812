"""What a program reads at a worker of another machine: what it reads here, or an error."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.cluster.machines import FarWorker, image, skip_unless, source, with_another
from tests.cluster.processes import cluster
from tests.dicom_files import grid, series
from voxlogica.batch.carrying_out import run_cases
from voxlogica.cluster.cluster import Cluster, Workers
from voxlogica.cluster.connection import Connection
from voxlogica.cluster.options import ClusterOptions
from voxlogica.cluster.placing import Placing
from voxlogica.cluster.survey import SHARED, Survey
from voxlogica.engine.cases import Case
from voxlogica.engine.events import Event, Planned
from voxlogica.engine.memory import memory_with_warnings
from voxlogica.engine.sink import Nowhere
from voxlogica.images.reading import open_image
from voxlogica.language.planning import plan_programs
from voxlogica.plan_to_report import Settings
from voxlogica.running import run
from voxlogica.syntax.diagnostics import VoxLogicaError

PROGRAM = 'load a = "{}"\nprint "n" volume(a > 3)\nprint "most" max(a)'
# Which file is read, only the image in another tells.
NAMED = (
    'import "simpleitk" load i = "{}"'
    ' let a = ReadImage(concat("{}", concat(["0", "1", "2", "3"][min(i)], ".nii.gz")))'
    ' print "most" max(a)'
)


@pytest.fixture(autouse=True)
def here(far: FarWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine stands in a folder that the worker sees, and does not stand in."""
    monkeypatch.chdir(far.shared)


def test_relative_names_are_those_of_this_machines_folder(far: FarWorker) -> None:
    image(Path("scans/relative.nii.gz"), 9)
    assert far.same(PROGRAM.format("scans/relative.nii.gz")) == [120, 9]
    assert far.same(PROGRAM.format("scans/../scans//relative.nii.gz")) == [120, 9]


def test_links_are_followed(far: FarWorker) -> None:
    image(Path("scans/linked.nii.gz"), 8)
    Path("link").symlink_to("scans")
    assert far.same(PROGRAM.format("link/linked.nii.gz")) == [120, 8]


def test_a_file_that_is_not_there_is_sent(far: FarWorker) -> None:
    path = image(far.apart / "sent.nii.gz", 11)
    assert far.same(PROGRAM.format(path), sends_inputs=True) == [120, 11]


def test_a_file_that_has_a_header_apart_is_sent_with_its_voxels(far: FarWorker) -> None:
    path = image(far.apart / "pair" / "a.mhd", 12)
    assert path.with_suffix(".raw").exists()
    assert far.same(PROGRAM.format(path), sends_inputs=True) == [120, 12]
    # Half of it is there.
    (far.there / "half").mkdir()
    path = image(far.apart / "half" / "a.mhd", 13)
    (far.there / "half" / "a.mhd").write_bytes(path.read_bytes())
    assert far.same(PROGRAM.format(path), sends_inputs=True) == [120, 13]


def test_a_folder_of_slices_is_sent(far: FarWorker) -> None:
    folder = far.apart / "scan"
    folder.mkdir()
    series(folder, grid(4, 5, 6))
    (folder / "notes.txt").write_text("nothing to see")
    said = far.same(PROGRAM.format(folder), sends_inputs=True)
    assert said[1] == grid(4, 5, 6).max()


def test_a_folder_that_lacks_slices_at_a_worker_is_an_error_or_is_sent(far: FarWorker) -> None:
    for machine in (far.apart, far.there):
        (machine / "slices").mkdir()
        series(machine / "slices", grid(4, 5, 6))
    (far.there / "slices" / "001.dcm").unlink()
    program = PROGRAM.format(far.apart / "slices")
    failed = far.failing(program)
    assert f'"{far.apart}/slices/001.dcm" is not there at the worker' in failed.message
    far.same(program, sends_inputs=True)


def test_a_file_of_another_content_at_a_worker_is_an_error_at_its_load_or_is_sent(
    far: FarWorker,
) -> None:
    path = image(far.apart / "other.nrrd", 5)
    content = path.read_bytes()
    (far.there / "other.nrrd").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    failed = far.failing(PROGRAM.format(path))
    assert failed.message == f'"{path}" has another content at a worker than at the client'
    assert failed.span.text == f'load a = "{path}"'
    assert failed.notes[0].message.startswith("at the worker ")
    assert "`--send-inputs`" in failed.hint
    assert far.same(PROGRAM.format(path), sends_inputs=True) == [120, 5]


def test_nothing_that_was_sent_stays_at_a_worker(far: FarWorker) -> None:
    path = image(far.apart / "gone.nii.gz", 6)
    far.same(PROGRAM.format(path), sends_inputs=True)
    assert [*(far.folder / "scratch").rglob("*.nii.gz")] == []


def test_a_name_that_only_running_tells_is_of_this_machines_folder(far: FarWorker) -> None:
    image(Path("which.nii.gz"), 2)
    for number in range(4):
        image(Path(f"named/{number}.nii.gz"), 20 + number)
    assert far.same(NAMED.format("which.nii.gz", "named/")) == [22]


def test_a_file_that_only_running_tells_is_sent(far: FarWorker) -> None:
    which = image(far.shared / "which.nii.gz", 1)
    for number in range(4):
        image(far.apart / "told" / f"{number}.nii.gz", 30 + number)
    program = NAMED.format(which, f"{far.apart}/told/")
    failed = far.failing(program)
    assert failed.message.startswith(f'"{far.apart}/told/1.nii.gz" does not exist')
    assert failed.notes[0].message.startswith("at the worker ")
    assert far.same(program, sends_inputs=True) == [31]


def test_a_file_that_only_running_tells_and_that_is_nowhere_is_an_error_as_here(
    far: FarWorker,
) -> None:
    image(Path("which.nii.gz"), 3)
    program = NAMED.format("which.nii.gz", "nowhere/")
    failed = far.failing(program)
    assert failed.message == '"nowhere/3.nii.gz" does not exist: there is no folder "nowhere"'
    assert failed.notes == ()


def test_a_file_that_only_running_tells_and_that_is_another_there_is_an_error(
    far: FarWorker,
) -> None:
    which = image(far.shared / "which.nii.gz", 0)
    image(far.apart / "differs" / "0.nii.gz", 40)
    image(far.apart / "elsewhere.nii.gz", 41).rename(far.there / "elsewhere.nii.gz")
    (far.there / "differs").mkdir()
    (far.there / "elsewhere.nii.gz").rename(far.there / "differs" / "0.nii.gz")
    failed = far.failing(NAMED.format(which, f"{far.apart}/differs/"))
    path = far.apart / "differs" / "0.nii.gz"
    assert failed.message == f'"{path}" has another content at a worker than at the client'
    assert far.same(NAMED.format(which, f"{far.apart}/differs/"), sends_inputs=True) == [40]


def test_folders_are_looked_into_on_this_machine(far: FarWorker) -> None:
    image(Path("which.nii.gz"), 1)
    for name in ("looked0", "looked1"):
        image(Path(name) / f"{name}.nii.gz", 60)
    (far.apart / "looked").mkdir()
    image(far.apart / "looked" / "b.nii.gz", 3)
    program = (
        'import "simpleitk" load i = "which.nii.gz"'
        ' let which = ["0", "1"][min(i)]'
        ' let names = dir(concat("looked", which)) print "names" names'
        f' print "others" dir(concat("{far.apart}/look", ["", "ed"][min(i)]))'
        ' print "most" max(ReadImage(concat(concat("looked", which), concat("/", names[0]))))'
    )
    assert far.same(program) == [["looked1.nii.gz"], ["b.nii.gz"], 60]


@pytest.mark.parametrize("sends", [False, True])
@pytest.mark.parametrize(
    "program", [PROGRAM.format("damaged/0.nii.gz"), NAMED.format("which.nii.gz", "damaged/")]
)
def test_a_file_whose_voxels_are_damaged_is_told_as_here(
    far: FarWorker, program: str, sends: bool
) -> None:
    Path("damaged").mkdir(exist_ok=True)
    image(Path("which.nii.gz"), 0)
    rng = np.random.default_rng(1)
    voxels = sitk.GetImageFromArray(rng.integers(0, 99, (20, 20, 20)).astype("uint8"))
    sitk.WriteImage(voxels, "damaged/0.nii.gz")
    content = bytearray(Path("damaged/0.nii.gz").read_bytes())
    content[-200:-100] = bytes(100)
    Path("damaged/0.nii.gz").write_bytes(content)
    with pytest.raises(VoxLogicaError) as raised:
        run(source(program), cache=False)
    failed = far.failing(program, sends_inputs=sends)
    assert '"damaged/0.nii.gz"' in failed.message
    assert (failed.message, failed.hint) == (raised.value.message, raised.value.hint)


def test_a_file_that_changes_before_it_is_sent_is_an_error(far: FarWorker) -> None:
    path = image(far.apart / "changing.nii.gz")
    program = source(PROGRAM.format(path))

    def change(event: Event) -> None:
        if isinstance(event, Planned):
            image(path, 8)

    with pytest.raises(VoxLogicaError) as raised:
        run(program, cluster=far.options(sends_inputs=True), cache=False, observe=change)
    assert raised.value.message == f'"{path}" was changed after the run began'
    assert raised.value.span.text == f'load a = "{path}"'


def test_the_files_of_cases_are_sent(far: FarWorker) -> None:
    image(far.apart / "atlas.nii.gz", 1)
    for number in range(6):
        image(far.apart / f"c{number}" / "a.nii.gz", 50 + number)
    program = (
        f'load atlas = "{far.apart}/atlas.nii.gz"\nload a = "{far.apart}/$CASE/a.nii.gz"\n'
        'print "most" max(a +. max(atlas))\nsave "out/$CASE/a.nii.gz" a'
    )
    cases = [Case(n, f"c{n}", {"CASE": f"c{n}"}, frozenset({"CASE"})) for n in range(6)]
    options = far.options(sends_inputs=True, fetches_outputs=True)
    settings = Settings(None, False, *memory_with_warnings(None), cluster=options)
    rows = sorted(run_cases([source(program)], cases, settings), key=lambda row: row.case.number)
    assert [[p.value for p in row.prints] for row in rows] == [[51 + n] for n in range(6)]
    saved = [sitk.ReadImage(f"out/c{n}/a.nii.gz")[0, 0, 0] for n in range(6)]
    assert saved == [50 + n for n in range(6)]


@pytest.mark.parametrize("sends", [False, True])
def test_a_worker_that_comes_later_and_lacks_a_file_says_so_or_is_sent_it(
    tmp_path: Path, sends: bool
) -> None:
    for name in ("apart", "there"):
        (tmp_path / name).mkdir()
    another = with_another(tmp_path / "apart", tmp_path / "there")
    skip_unless(*another, "true")
    path = image(tmp_path / "apart" / "a.nii.gz", 9)
    planned = plan_programs(
        [source(PROGRAM.format(path))], definitions={}, dialect=None, open_image=open_image
    )
    plan = planned.finished(True).plan
    with cluster(0) as running:
        first = running.worker()
        options = ClusterOptions(running.address, sends_inputs=sends)
        with Connection.to(running.address, None, None, print) as connection:
            placing = Placing(lambda: connection.workers)
            survey = Survey(connection, options)
            backend = Cluster(Workers(connection, survey, placing, 1, False))
            backend.check(plan, [])
            running.worker(before=another, TMPDIR=str(tmp_path))
            first.kill()
            if sends:
                found = backend.carry_out(plan, Nowhere(), lambda event: None, Future())
                assert found == [120.0, 9.0]
                return
            with pytest.raises(VoxLogicaError) as raised:
                backend.carry_out(plan, Nowhere(), lambda event: None, Future())
    assert raised.value.message == f'"{path}" does not exist'
    assert raised.value.notes[0].message.startswith("at the worker ")
    assert raised.value.hint == SHARED
