"""What workers save is here in the end, byte for byte as if it had been saved here."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.machines import FarWorker, as_nobody, image, seen_by_all, skip_unless, source
from tests.cluster.processes import cluster
from voxlogica.cluster.options import ClusterOptions
from voxlogica.running import run
from voxlogica.syntax.diagnostics import VoxLogicaError

PROGRAM = """
import "simpleitk"
load a = "{input}"
let high = a >. 3
save "{out}/region.nii.gz" high
save "{out}/deep/down/pair.mhd" a *. 2
save "{out}/numbers.nrrd" a +. 0.5
save "{out}/parts.nii.gz" components(high)
save "{out}/series.nii.gz" [a, a +. 1, a +. 2]
save "{out}/table.csv" [volume(high), max(a)]
let number = ["0", "1", "2", "3"][min(a) - 5]
print "where" WriteImage(a, concat("{out}/written", concat(number, ".nii.gz")))
"""


def contents(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("fetches", [False, True])
def test_all_that_is_saved_is_the_same(far: FarWorker, tmp_path: Path, fetches: bool) -> None:
    path = image(far.shared / "a.nii.gz", 7)
    # The worker sees one folder as it is here; of the other one it has another.
    out = (far.apart if fetches else far.shared) / "outputs"
    run(source(PROGRAM.format(input=path, out=tmp_path)), cache=False)
    far.run(PROGRAM.format(input=path, out=out), fetches_outputs=fetches)
    expected = contents(tmp_path)
    assert len(expected) == 10
    assert contents(out) == expected
    assert not [*far.shared.rglob(".voxlogica*"), *far.apart.rglob(".voxlogica*")]


@pytest.mark.parametrize("fetches", [False, True])
def test_names_may_be_relative(
    far: FarWorker, monkeypatch: pytest.MonkeyPatch, fetches: bool
) -> None:
    folder = (far.apart if fetches else far.shared) / f"relative{fetches}"
    folder.mkdir()
    monkeypatch.chdir(folder)
    path = image(far.shared / "a.nii.gz", 7)
    far.run(PROGRAM.format(input=path, out="out"), fetches_outputs=fetches)
    assert len(contents(folder)) == 10


def test_of_a_run_that_fails_nothing_is_there(far: FarWorker) -> None:
    path = image(far.shared / "a.nii.gz", 7)
    out = far.shared / "failing"
    bad = PROGRAM.format(input=path, out=out) + 'print "bad" [1, 2][max(a)]'
    far.failing(bad)
    assert not out.exists()
    assert not [*far.shared.rglob(".voxlogica*")]


def test_a_worker_of_another_user_sends_back_what_it_may_not_write() -> None:
    skip_unless(*as_nobody(), "true")
    with seen_by_all() as folder, cluster(0) as running:
        options = ("--no-nanny", "--local-directory", "/tmp")
        running.worker(*options, before=as_nobody(), HOME="/nowhere")
        path = image(folder / "a.nii.gz", 7)
        program = source(PROGRAM.format(input=path, out=folder / "out"))
        with pytest.raises(VoxLogicaError) as raised:
            run(program, cluster=ClusterOptions(running.address), cache=False)
        assert "may not write in" in raised.value.message
        fetching = ClusterOptions(running.address, fetches_outputs=True)
        run(program, cluster=fetching, cache=False)
        assert len(contents(folder / "out")) == 10
