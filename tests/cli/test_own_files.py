"""What is not ours is never replaced, and what is ours not before something else is whole."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import voxlogica as vox
from voxlogica.cli.commands import voxlogica as command

PROGRAM = """load scan = "scan.nii.gz"
a = scan > 3
print "n" volume(a)
"""
FOREIGN = "<p>my diary"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    vox.image(np.arange(60, dtype=np.float32).reshape(3, 4, 5)).save("scan.nii.gz")
    Path("p.imgql").write_text(PROGRAM)
    Path("wrong.imgql").write_text("a = nothing\n")
    return tmp_path


def voxlogica(*arguments: str) -> Result:
    return CliRunner().invoke(command, arguments)


def files() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in Path().rglob("*") if path.is_file()}


class TestPagesAndTraces:
    OPTIONS = pytest.mark.parametrize("option", ["--report", "--trace"])

    @OPTIONS
    @pytest.mark.parametrize("name", ["diary.html", "thesis.txt", "link.html", "empty folder/d.md"])
    @pytest.mark.parametrize(
        "arguments",
        [("p.imgql",), ("wrong.imgql",), ("p.imgql", "--no-such-option"), ("p.imgql", "-q", "-v")],
    )
    def test_a_foreign_text_stays_whatever_comes(self, option, name, arguments):
        Path("empty folder").mkdir()
        at = Path(name)
        if name.startswith("link"):
            at.symlink_to("true.html")
        at.write_text(FOREIGN)
        before = files()
        found = voxlogica("run", *arguments, option, name)
        assert found.exit_code in (1, 2)
        assert files() == before
        if len(arguments) == 1:
            assert f"cannot write {name}: what is there is not one of ours" in found.stderr
            assert found.stdout == ""

    def test_neither_takes_the_place_of_the_other(self):
        assert voxlogica("run", "p.imgql", "--trace", "t", "--report", "p").exit_code == 0
        before = files()
        assert voxlogica("run", "p.imgql", "--trace", "p").exit_code == 1
        assert voxlogica("run", "p.imgql", "--report", "t").exit_code == 1
        assert files() == before

    @OPTIONS
    @pytest.mark.parametrize("was", ["one of ours", "empty"])
    def test_what_is_ours_is_replaced(self, option, was):
        Path("f").touch()
        if was == "one of ours":
            assert voxlogica("run", "wrong.imgql", option, "f").exit_code == 1
        old = Path("f").read_text()
        assert voxlogica("run", "p.imgql", option, "f").exit_code == 0
        assert Path("f").read_text() not in ("", old)

    def test_so_is_the_page_of_cases_and_it_of_a_run(self):
        shutil.copy("scan.nii.gz", "a_s.nii.gz")
        Path("c.imgql").write_text(PROGRAM.replace("scan.nii", "$CASE_s.nii"))
        cases = ("run", "c.imgql", "--cases", "{CASE}_s.nii.gz", "--csv", "t.csv")
        Path("f").write_text(FOREIGN)
        assert voxlogica(*cases, "--report", "f").exit_code == 1
        assert Path("f").read_text() == FOREIGN
        assert voxlogica(*cases, "--report", "page").exit_code == 0
        assert voxlogica("run", "p.imgql", "--report", "page").exit_code == 0

    @OPTIONS
    def test_an_old_one_stays_until_the_new_one_is_whole(self, option, monkeypatch):
        """As on a full disk: the file's first byte is the one that there is no room for."""
        assert voxlogica("run", "p.imgql", option, "f").exit_code == 0
        before = files()
        true = Path.open

        def full(self, mode="r", *more, **named):
            file = true(self, mode, *more, **named)
            if mode == "w" and self.name == "f":
                monkeypatch.setattr(Path, "open", true)
                file.close()
                return true(Path("/dev/full"), mode, *more, **named)
            return file

        monkeypatch.setattr(Path, "open", full)
        found = voxlogica("run", "p.imgql", option, "f")
        assert (found.exit_code, "no space left" in found.stderr) == (1, True)
        assert files() == before


class TestMarks:
    NAME = "a_1_1_1_voxel.nii.gz"

    def why(self, program: str = "p.imgql", folder: str = ".") -> Result:
        return voxlogica("why", program, "a", "1,1,1", "--save", folder, "--no-cache")

    def refused(self, **given: str) -> None:
        before = files()
        found = self.why(**given)
        assert found.exit_code == 1
        assert f'{self.NAME}" cannot be written' in found.stderr
        assert "broke down" not in found.stderr
        assert files() == before

    def test_the_scan_that_is_explained_stays(self):
        shutil.copy("scan.nii.gz", self.NAME)
        Path("of.imgql").write_text(PROGRAM.replace("scan.nii.gz", self.NAME))
        self.refused(program="of.imgql")

    def test_so_does_what_links_lead_to(self):
        Path("marks").mkdir()
        Path("marks", self.NAME).symlink_to("../scan.nii.gz")
        self.refused(folder="marks")

    def test_so_does_a_mark_that_the_program_reads(self):
        assert self.why().exit_code == 0
        Path("of.imgql").write_text(PROGRAM.replace("scan.nii.gz", self.NAME) + "b = scan < 1\n")
        self.refused(program="of.imgql")

    @pytest.mark.parametrize(
        "content",
        [b"my diary", gzip.compress(b"my diary", mtime=0), b"\x1f\x8b damaged", b"\0" * 400],
        ids=["text", "packed text", "damaged", "zeros"],
    )
    def test_so_does_a_foreign_file(self, content):
        Path(self.NAME).write_bytes(content)
        self.refused()

    def test_so_does_what_is_read_only(self):
        assert self.why().exit_code == 0
        Path(self.NAME).chmod(0o444)
        self.refused()

    def test_those_of_before_are_replaced(self):
        assert self.why().exit_code == 0
        marks = files()
        Path("p.imgql").write_text(PROGRAM.replace("> 3", "> 4"))
        assert self.why().exit_code == 0
        assert files().keys() == marks.keys()
