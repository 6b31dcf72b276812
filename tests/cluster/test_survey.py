"""What workers see of a run's files: told before anything runs, with host and path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.cluster.machines import as_nobody, seen_by_all, skip_unless, with_another
from tests.cluster.processes import Cluster, cluster
from voxlogica.batch.carrying_out import run_cases
from voxlogica.cluster.connection import Connection
from voxlogica.cluster.options import ClusterOptions
from voxlogica.cluster.questions import FOLDER, Question, answered, encoded_question, reply_of
from voxlogica.cluster.survey import Survey
from voxlogica.engine.cases import Case
from voxlogica.engine.memory import memory_with_warnings
from voxlogica.plan_to_report import Settings
from voxlogica.running import run
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

PROGRAM = 'load a = "{}"\nprint "n" volume(a > 3)'


SAVING = 'load a = "{}"\nsave "{}" a > 3'


def image(path: Path, value: int = 7) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    array = np.full((4, 5, 6), value, "uint8")
    sitk.WriteImage(sitk.GetImageFromArray(array), str(path))
    return path


def source(text: str) -> Source:
    return Source("program.imgql", text)


class Machines:
    """A cluster of two workers: this machine's, and one that is as on another machine.

    What is in the folder `apart` here, is not there: there it has what is in `there`.
    """

    def __init__(self, running: Cluster, folder: Path) -> None:
        self.running, self.folder = running, folder
        self.shared, self.apart, self.there = (folder / n for n in ("shared", "apart", "there"))

    def options(self, **how: bool) -> ClusterOptions:
        """This cluster, for a run."""
        return ClusterOptions(self.running.address, **how)

    def failing(self, text: str, **how: bool) -> VoxLogicaError:
        """The error that a program ends in, before anything is carried out."""
        with pytest.raises(VoxLogicaError) as raised:
            run(source(text), cluster=self.options(**how), cache=False)
        return raised.value


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machines]:
    """Two workers: this machine's, and another's, which stands in / and has another home."""
    folder = tmp_path_factory.mktemp("machines")
    for name in ("apart", "there"):
        (folder / name).mkdir()
    another = with_another(folder / "apart", folder / "there")
    skip_unless(*another, "true")
    with cluster() as running:
        running.worker(before=another, HOME="/nowhere")
        yield Machines(running, folder)


def worker_of(told: str) -> str:
    """The name of the one worker that a message tells of."""
    (name,) = re.findall(r"the worker ([^\s:]+(?::\d+)?)", told)
    return name


def test_a_file_that_all_workers_have_is_read_by_them(machines: Machines) -> None:
    path = image(machines.folder / "shared" / "a.nii.gz")
    report = run(source(PROGRAM.format(path)), cluster=machines.options(), cache=False)
    assert [p.value for p in report.prints] == [120]


def test_a_file_that_a_worker_lacks_is_an_error_at_its_load_that_names_worker_and_path(
    machines: Machines,
) -> None:
    path = image(machines.apart / "p1" / "a.nii.gz")
    failed = machines.failing(PROGRAM.format(path))
    worker = worker_of(failed.message)
    assert failed.message == f'"{path}" is not there at the worker {worker}'
    assert failed.span.text == f'load a = "{path}"'
    assert [n.message for n in failed.notes] == [f'there is no folder "{path.parent}" there']
    assert "share their folder" in failed.hint and "`--send-inputs`" in failed.hint


def test_all_files_of_all_cases_are_asked_for_before_any_runs(machines: Machines) -> None:
    for number in range(5):
        image(machines.apart / f"c{number}" / "a.nii.gz")
    cases = [Case(n, f"c{n}", {"CASE": f"c{n}"}, frozenset({"CASE"})) for n in range(6)]
    program = source(PROGRAM.format(machines.apart / "$CASE" / "a.nii.gz"))
    settings = Settings(None, False, *memory_with_warnings(None), cluster=machines.options())
    begun: list[object] = []
    with pytest.raises(VoxLogicaError) as raised:
        list(run_cases([program], cases, settings, observe=begun.append))
    worker = worker_of(raised.value.message)
    first = ", ".join(f'"{machines.apart}/c{n}/a.nii.gz"' for n in range(3))
    said = f"5 input files are not there at the worker {worker}: {first} and 2 more"
    assert raised.value.message == said
    assert begun == []


def test_a_file_of_another_size_at_a_worker_is_another(machines: Machines) -> None:
    path = image(machines.apart / "size.nii.gz")
    (machines.there / "size.nii.gz").write_bytes(b"short")
    failed = machines.failing(PROGRAM.format(path))
    worker = worker_of(failed.message)
    assert failed.message == f'"{path}" is another at the worker {worker}'
    said = f"of 5 bytes there, and of {path.stat().st_size} bytes here"
    assert [note.message for note in failed.notes] == [said]


def test_where_a_worker_has_another_folder_an_error_says_so_before_anything_is_computed(
    machines: Machines,
) -> None:
    path = image(machines.shared / "a.nii.gz")
    before = set(machines.apart.iterdir())
    failed = machines.failing(SAVING.format(path, machines.apart / "out" / "x.nii.gz"))
    worker = worker_of(failed.message)
    where = f'"{machines.apart}", where files are to be saved'
    assert failed.message == f"{where}, is not the same folder at the worker {worker}"
    assert "`--fetch-outputs`" in failed.hint
    assert set(machines.apart.iterdir()) == before


def test_what_is_sent_back_needs_no_folder_at_the_workers(machines: Machines) -> None:
    path = image(machines.shared / "a.nii.gz")
    saved = machines.apart / "fetched" / "x.nii.gz"
    options = machines.options(fetches_outputs=True)
    run(source(SAVING.format(path, saved)), cluster=options, cache=False)
    assert saved.is_file()


def test_each_thing_is_asked_for_once(machines: Machines) -> None:
    path = image(machines.shared / "a.nii.gz")
    with Connection.to(machines.running.address, None, None, print) as connection:
        survey = Survey(connection, machines.options())
        survey.ask({str(path): None}, [machines.shared / "new"])
        connection.close()
        survey.ask({str(path): None}, [machines.shared / "other"])


def test_a_worker_that_may_not_read_or_write_is_named_with_its_user() -> None:
    skip_unless(*as_nobody(), "true")
    with seen_by_all() as folder, cluster(0) as running:
        options = ("--no-nanny", "--local-directory", "/tmp")
        running.worker(*options, before=as_nobody(), HOME="/nowhere")
        path, program = (
            image(folder / "a.nii.gz"),
            SAVING.format(folder / "a.nii.gz", folder / "x.nii"),
        )
        path.chmod(0o600)
        with pytest.raises(VoxLogicaError) as raised:
            run(source(program), cluster=ClusterOptions(running.address), cache=False)
        unread, unwritten = raised.value.diagnostics
        assert unread.message.startswith(f'"{path}" is not to be read by the worker ')
        assert unwritten.message.endswith(
            f' may not write in "{folder}", where files are to be saved'
        )
        for told in (unread, unwritten):
            assert [n.message for n in told.notes] == ["it runs as nobody, and this run as root"]


def test_a_question_says_of_each_file_whether_it_is_there(tmp_path: Path) -> None:
    there = image(tmp_path / "there" / "a.nii.gz")
    lacking = [(str(tmp_path / f"case{n}" / "a.nii.gz"), n) for n in range(3)]
    asked = [(str(there), there.stat().st_size), (str(there.parent), FOLDER), *lacking]
    reply = reply_of(answered(encoded_question(Question(asked, ())), "w"))
    assert [(one.number, one.why) for one in reply.files] == [(n, "missing") for n in (2, 3, 4)]
