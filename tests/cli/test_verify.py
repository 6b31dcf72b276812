"""`voxlogica run --provenance`, and `voxlogica verify`: what a run gave is computed again."""

from __future__ import annotations

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from click.testing import CliRunner, Result

from voxlogica.cli.commands import voxlogica as command

PROGRAM = """import "lib"
param level = 100
load m = "data/$CASE.png"
let r = intensity(m) >. level
save "out/$CASE.nii.gz" r
save "out/$CASE.mhd" intensity(m)
save "out/$CASE.csv" [["a", 1], ["b", 2]]
print "n" volume(r)
print "spacing" spacing(m)
assert "large" big(volume(r))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """Three cases: `a` is too small, `b` is right, `c` is no image."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path.parent))
    Path("data").mkdir()
    for width, name in enumerate("ab", start=1):
        array = np.zeros((4, 5), np.uint8)
        array[1, 1 : 1 + width] = 200
        sitk.WriteImage(sitk.GetImageFromArray(array), f"data/{name}.png")
    Path("data/c.png").write_text("no image")
    Path("lib.imgql").write_text("let big(v) = v .>=. 2\n")
    Path("p.imgql").write_text(PROGRAM)
    return tmp_path


def voxlogica(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def one(*arguments: str, case: str = "b", file: str = "record.json") -> Result:
    return voxlogica("run", "p.imgql", "-D", f"CASE={case}", "--provenance", file, *arguments)


def many(*arguments: str) -> Result:
    cases = ("--cases", "data/{CASE}.png", "--csv", "t.csv")
    return voxlogica("run", "p.imgql", *cases, "--provenance", "record.json", *arguments)


def everything() -> dict[str, tuple[bytes, int]]:
    files = (path for path in Path().rglob("*") if path.is_file())
    return {str(file): (file.read_bytes(), file.stat().st_mtime_ns) for file in files}


def digests(record: str = "record.json") -> dict[str, str]:
    graph = json.loads(Path(record).read_text())["@graph"]
    return {entity["@id"]: entity["sha256"] for entity in graph if "sha256" in entity}


def test_a_record_has_the_digests_of_all_that_was_read_and_saved():
    assert one().exit_code == 0
    files = [
        *("p.imgql", "lib.imgql", "data/b.png"),
        *("out/b.nii.gz", "out/b.mhd", "out/b.raw", "out/b.csv"),
    ]
    assert digests() == {name: sha256(Path(name).read_bytes()).hexdigest() for name in files}


def test_what_a_run_gave_is_computed_again_and_nothing_is_touched():
    assert one("-D", "level=90").exit_code == 0
    before = everything()
    found = voxlogica("verify", "record.json")
    assert (found.exit_code, found.stdout, found.stderr) == (
        0,
        "the same: 1 case computed again, 3 values and 4 files compared\n",
        "",
    )
    assert everything() == before


def test_so_are_cases_and_those_that_failed_fail_again():
    assert many().exit_code == 1
    before = everything()
    found = voxlogica("verify", "record.json")
    assert (found.exit_code, found.stderr) == (0, "")
    assert found.stdout == "the same: 3 cases computed again, 6 values and 8 files compared\n"
    assert everything() == before


def test_results_from_the_store_have_the_same_record():
    records = []
    for file in ("first.json", "second.json"):
        one(file=file)
        graph = json.loads(Path(file).read_text())["@graph"]
        usage = {e["name"]: e["value"] for e in graph if e.get("propertyID") == "usage"}
        records.append((digests(file), usage))
    (first, computed), (second, again) = records
    assert first == second
    assert computed["stored"] == 0 < computed["computed"]
    assert again["computed"] < computed["computed"]
    shutil.rmtree("out")  # nor is a row replayed from the store the worse for it
    many()
    assert voxlogica("verify", "record.json").exit_code == 0
    many()
    assert voxlogica("verify", "record.json").exit_code == 0


def test_a_value_that_differs_is_told_with_both():
    many()
    record = Path("record.json")
    tree = json.loads(record.read_text())
    for entity in tree["@graph"]:
        if entity.get("propertyID") == "print" and entity["value"] == 2:
            entity["value"] = 2.5
    record.write_text(json.dumps(tree))
    found = voxlogica("verify", "record.json")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == 'error: b: "n" was 2.5, and is 2\n'


@pytest.mark.parametrize("kind", ["image", "table"])
def test_a_file_that_differs_is_told(kind):
    one()
    name = "out/b.nii.gz" if kind == "image" else "out/b.csv"
    record, digest = Path("record.json"), digests()[name]
    record.write_text(record.read_text().replace(digest, "0" * 64))
    found = voxlogica("verify", "record.json")
    assert found.exit_code == 1
    said = f'error: "{name}" is another: its SHA-256 was {"0" * 64}, and is {digest}\n'
    assert found.stderr == said


@pytest.mark.parametrize("name", ["out/b.nii.gz", "out/b.raw", "out/b.csv"])
def test_a_saved_file_that_is_not_as_it_was_left_is_told(name):
    """Who looks at an archive is not told that it is whole when it is not."""
    one()
    digest, junk = digests()[name], b"junk"
    Path(name).write_bytes(junk)
    found = voxlogica("verify", "record.json")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr == (
        f'error: "{name}" is not what was saved: its SHA-256 was {digest}, and is'
        f" {sha256(junk).hexdigest()}; what is computed now is the same as then\n"
    )
    assert Path(name).read_bytes() == junk
    Path(name).unlink()
    gone = voxlogica("verify", "record.json")
    assert gone.exit_code == 0
    assert gone.stderr == f'note: "{name}" is not here: compared with the record alone\n'


def test_an_image_of_other_bytes_is_the_same():
    """As another processor may compress it."""
    one("--compression", "9")
    record = Path("record.json")
    graph = json.loads(record.read_text())
    for entity in graph["@graph"]:
        if entity.get("name") == "compression":
            entity["value"] = 0
    record.write_text(json.dumps(graph))
    assert voxlogica("verify", "record.json").exit_code == 0
    Path("out/b.nii.gz").unlink()
    gone = voxlogica("verify", "record.json")
    assert gone.exit_code == 1
    assert '"out/b.nii.gz" is another' in gone.stderr


@pytest.mark.parametrize("name", ["p.imgql", "lib.imgql", "data/b.png"])
def test_what_was_read_must_be_there_as_it_was(name):
    one()
    path = Path(name)
    if path.suffix == ".png":
        shutil.copy("data/a.png", path)
    else:
        path.write_text(path.read_text() + "// more\n")
    changed = voxlogica("verify", "record.json")
    assert (changed.exit_code, changed.stdout) == (1, "")
    assert changed.stderr.startswith(f'error: "{name}" is not what was read: its SHA-256 was ')
    assert changed.stderr.count("error") == 1
    path.unlink()
    gone = voxlogica("verify", "record.json")
    assert gone.exit_code == 1
    assert gone.stderr == (
        f'error: "{name}", which was read, cannot be: no such file or directory\n'
    )


def test_a_library_that_would_be_read_instead_is_told():
    Path("sub").mkdir()
    shutil.move("p.imgql", "sub/p.imgql")
    shutil.move("lib.imgql", "sub/lib.imgql")
    found = voxlogica("run", "sub/p.imgql", "-D", "CASE=b", "--provenance", "record.json")
    assert found.exit_code == 0
    shutil.copy("sub/lib.imgql", "lib.imgql")
    found = voxlogica("verify", "record.json")
    assert found.exit_code == 1
    assert found.stderr == 'error: "lib.imgql" is read now, and was not\n'


def test_a_record_may_be_elsewhere_and_the_study_be_moved_with_it(tmp_path):
    one(file="records/record.json")
    assert voxlogica("verify", "records/record.json").exit_code == 0
    os.chdir(tmp_path.parent)
    shutil.move(tmp_path, tmp_path.with_name("moved"))
    found = voxlogica("verify", f"{tmp_path.with_name('moved')}/records/record.json")
    assert (found.exit_code, found.stderr) == (0, "")
    assert not tmp_path.exists()


def test_a_folder_stands_for_the_crate_that_it_is():
    one(file="ro-crate-metadata.json")
    assert voxlogica("verify", ".").exit_code == 0


def test_paths_in_the_home_folder_are_recorded_without_its_name(folder):
    shutil.move("p.imgql", "q.imgql")
    Path("p.imgql").write_text(Path("q.imgql").read_text().replace("data/", "$DIR/"))
    given = f"DIR={folder}/data"
    found = voxlogica("run", "p.imgql", "-D", "CASE=b", "-D", given, "--provenance", "record.json")
    assert found.exit_code == 0
    assert str(folder.parent) not in Path("record.json").read_text()
    assert voxlogica("verify", "record.json").exit_code == 0


def test_a_program_from_standard_input_cannot_be_run_again():
    typed = CliRunner().invoke(command, ["run", "-", "--provenance", "r.json"], 'print "a" 1\n')
    assert typed.exit_code == 0
    found = voxlogica("verify", "r.json")
    assert found.exit_code == 1
    assert "came from standard input" in found.stderr


def test_a_run_that_failed_is_recorded_as_that():
    assert one(case="c").exit_code == 1
    graph = json.loads(Path("record.json").read_text())["@graph"]
    (action,) = (e for e in graph if e["@type"] == "CreateAction")
    assert action["actionStatus"]["@id"].endswith("/FailedActionStatus")
    assert "is no image" in action["error"]
    assert set(digests()) == {"p.imgql", "lib.imgql", "data/c.png"}
    assert voxlogica("verify", "record.json").exit_code == 0
    shutil.copy("data/a.png", "data/c.png")
    found = voxlogica("verify", "record.json")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith('error: "data/c.png" is not what was read')


def test_a_case_that_failed_for_want_of_a_file_is_done_once_that_is_there():
    one(case="d")
    shutil.copy("data/a.png", "data/d.png")
    found = voxlogica("verify", "record.json")
    assert (found.exit_code, found.stderr) == (1, "error: it had failed, and is done now\n")


def test_what_writes_by_itself_writes_elsewhere_too():
    Path("p.imgql").write_text(
        'import "simpleitk"\nload m = "data/$CASE.png"\n'
        'print "name" WriteImage(intensity(m), "w.nii")\n'
    )
    assert one().exit_code == 0
    before = everything()
    assert "w.nii" in before
    assert voxlogica("verify", "record.json").exit_code == 0
    assert everything() == before


def test_the_json_report_has_the_same():
    assert one("--json", "r.json").exit_code == 0
    inside = json.loads(Path("r.json").read_text())["provenance"]
    assert inside["@graph"][0] == json.loads(Path("record.json").read_text())["@graph"][0]
    assert len(inside["@graph"]) == len(json.loads(Path("record.json").read_text())["@graph"])


@pytest.mark.parametrize(
    ("text", "said"),
    [("{}", "no @graph"), ("\udcff", "no text in UTF-8"), ("", "not JSON")],
)
def test_what_is_no_record_is_one_message(text, said):
    Path("r.json").write_text(text, errors="surrogateescape")
    found = voxlogica("verify", "r.json")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith("error: r.json is no record of a run: ")
    assert said in found.stderr
    assert "--provenance FILE" in found.stderr
    missing = voxlogica("verify", "none.json")
    assert missing.stderr == "error: cannot read none.json: no such file or directory\n"


def test_a_record_takes_no_place_of_what_the_program_saves():
    Path("p.imgql").write_text('save "record.json" "$CASE"\n')
    found = one()
    assert found.exit_code == 1
    assert "the program saves a table there" in found.stderr
