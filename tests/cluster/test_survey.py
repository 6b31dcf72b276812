"""What workers see of a run's files: told before anything runs, with host and path."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cluster.machines import FarWorker, as_nobody, image, seen_by_all, skip_unless, source
from tests.cluster.processes import cluster
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

PROGRAM = 'load a = "{}"\nprint "n" volume(a > 3)'


SAVING = 'load a = "{}"\nsave "{}" a > 3'


def worker_of(told: str) -> str:
    """The name of the one worker that a message tells of."""
    (name,) = re.findall(r"the worker ([^\s:]+(?::\d+)?)", told)
    return name


def test_a_file_that_all_workers_have_is_read_by_them(far: FarWorker) -> None:
    path = image(far.folder / "shared" / "a.nii.gz")
    report = far.run(PROGRAM.format(path))
    assert [p.value for p in report.prints] == [120]


def test_a_file_that_a_worker_lacks_is_an_error_at_its_load_that_names_worker_and_path(
    far: FarWorker,
) -> None:
    path = image(far.apart / "p1" / "a.nii.gz")
    failed = far.failing(PROGRAM.format(path))
    worker = worker_of(failed.message)
    assert failed.message == f'"{path}" is not there at the worker {worker}'
    assert failed.span.text == f'load a = "{path}"'
    assert [n.message for n in failed.notes] == [f'there is no folder "{path.parent}" there']
    assert "share their folder" in failed.hint and "`--send-inputs`" in failed.hint


def test_where_a_link_is_only_here_an_error_says_where_it_leads(far: FarWorker) -> None:
    path = image(far.shared / "scans" / "real.nii.gz")
    (far.apart / "data").symlink_to(path.parent)
    failed = far.failing(PROGRAM.format(far.apart / "data" / "real.nii.gz"))
    said = f'here, "{far.apart}/data/real.nii.gz" is a link, or in one: "{path}"'
    assert failed.notes[-1].message == said


def test_all_files_of_all_cases_are_asked_for_before_any_runs(far: FarWorker) -> None:
    for number in range(5):
        image(far.apart / "all" / f"c{number}" / "a.nii.gz")
    cases = [Case(n, f"c{n}", {"CASE": f"c{n}"}, frozenset({"CASE"})) for n in range(6)]
    program = source(PROGRAM.format(far.apart / "all" / "$CASE" / "a.nii.gz"))
    settings = Settings(None, False, *memory_with_warnings(None), cluster=far.options())
    begun: list[object] = []
    with pytest.raises(VoxLogicaError) as raised:
        list(run_cases([program], cases, settings, observe=begun.append))
    worker = worker_of(raised.value.message)
    first = ", ".join(f'"{far.apart}/all/c{n}/a.nii.gz"' for n in range(3))
    said = f"5 input files are not there at the worker {worker}: {first} and 2 more"
    assert raised.value.message == said
    assert begun == []


def test_a_file_of_another_size_at_a_worker_is_another(far: FarWorker) -> None:
    path = image(far.apart / "size.nii.gz")
    (far.there / "size.nii.gz").write_bytes(b"short")
    failed = far.failing(PROGRAM.format(path))
    worker = worker_of(failed.message)
    assert failed.message == f'"{path}" is another at the worker {worker}'
    said = f"of 5 bytes there, and of {path.stat().st_size} bytes here"
    assert [note.message for note in failed.notes] == [said]


def test_where_a_worker_has_another_folder_an_error_says_so_before_anything_is_computed(
    far: FarWorker,
) -> None:
    path = image(far.shared / "a.nii.gz")
    before = set(far.apart.iterdir())
    failed = far.failing(SAVING.format(path, far.apart / "out" / "x.nii.gz"))
    worker = worker_of(failed.message)
    where = f'"{far.apart}", where files are to be saved'
    assert failed.message == f"{where}, is not the same folder at the worker {worker}"
    assert "`--fetch-outputs`" in failed.hint
    assert set(far.apart.iterdir()) == before


def test_what_is_sent_back_needs_no_folder_at_the_workers(far: FarWorker) -> None:
    path = image(far.shared / "a.nii.gz")
    saved = far.apart / "fetched" / "x.nii.gz"
    far.run(SAVING.format(path, saved), fetches_outputs=True)
    assert saved.is_file()


def test_each_thing_is_asked_for_once(far: FarWorker) -> None:
    path = image(far.shared / "a.nii.gz")
    with Connection.to(far.running.address, None, None, print) as connection:
        survey = Survey(connection, far.options())
        survey.ask({str(path): None}, [far.shared / "new"])
        connection.close()
        survey.ask({str(path): None}, [far.shared / "other"])


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
