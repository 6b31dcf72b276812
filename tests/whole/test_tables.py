"""`save` of tables and text: what is taken, what files hold, and the care that images get too."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.dialogue import Dialogue
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    array = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    sitk.WriteImage(sitk.GetImageFromArray(array), "m.nii.gz")
    return tmp_path


TEXT = "files hold tables and text, and this is an image"
IMAGE = 'import "simpleitk"\nm = ReadImage("m.nii.gz")\n'


def run(text: str, **options):
    return running.run(Source("p.imgql", text), cache=False, **options)


def problem(text: str):
    with pytest.raises(VoxLogicaError) as wrong:
        run(text)
    (found,) = wrong.value.diagnostics
    return found


class TestWhatIsSaved:
    def test_a_table_that_image_data_makes(self):
        text = IMAGE + (
            "n = max(lcc(m > 50))\n"
            'row(t) = [t, volume(m > t), volume(m > t) > 20, concat("above ", t)]\n'
            'head = [["t", "voxels", "many", "what"]]\n'
            'save "out/t.csv" append(head, for t in [10, 50] do row(t))\n'
            'save "out/loop.tsv" for i in range(n) do [i, volume(m > i)]\n'
        )
        report = run(text)
        assert Path("out/t.csv").read_text() == (
            "t,voxels,many,what\n10,49,true,above 10\n50,9,false,above 50\n"
        )
        assert Path("out/loop.tsv").read_text() == "0\t59\n"
        assert [(t.name, t.extension, t.path) for t in report.tables] == [
            ("t", ".csv", str(Path("out/t.csv").absolute())),
            ("loop", ".tsv", str(Path("out/loop.tsv").absolute())),
        ]
        assert report.layers == ()

    @pytest.mark.parametrize("options", [{}, {"jobs": 1}, {"rewrites": False}, {"dialect": 1}])
    def test_values_are_those_of_print(self, options):
        value = "[[1, 0.1], [max(m), avg(m, m > 3)], [1 ./. 0, min(m)]]"
        report = run(
            f'{IMAGE}save "a.csv" {value}\nsave "a.json" {value}\nprint "a" {value}', **options
        )
        (printed,) = report.prints
        assert Path("a.json").read_text() == '[\n[1, 0.1],\n[59, 31.5],\n["inf", 0]\n]\n'
        assert printed.value == [[1, 0.1], [59, 31.5], [float("inf"), 0]]
        assert Path("a.csv").read_text() == "1,0.1\n59,31.5\ninf,0\n"

    def test_a_name_with_braces_is_a_file_for_each_element(self):
        run('save "out/t_{}.csv" for i in [1, 2] do [[i, i * i], [0, 0]]')
        run('save "{}/x.txt" ["a", "b"]')
        assert Path("out/t_000.csv").read_text() == "1,1\n0,0\n"
        assert Path("out/t_001.csv").read_text() == "2,4\n0,0\n"
        assert [Path(f"00{i}/x.txt").read_text() for i in range(2)] == ["a\n", "b\n"]
        found = problem('save "out/u_{}.csv" for i in [1, 2] do [[[i]]]')
        assert found.message == "a field of a table is one value; here it is a sequence(number)"

    def test_extensions_may_be_in_capitals_and_come_from_variables(self):
        run('save "A.CSV" [1, 2]\nsave "b.$KIND" [1, 2]', definitions={"KIND": "json"})
        assert Path("A.CSV").read_text() == "1\n2\n"
        assert Path("b.json").read_text() == "[1, 2]\n"

    @pytest.mark.slow
    def test_a_long_loop_is_one_table(self):
        run('save "t.csv" for i in range(20000) do [i, i * i]')
        lines = Path("t.csv").read_text().splitlines()
        assert (len(lines), lines[-1]) == (20000, "19999,399960001")

    def test_a_session_saves_tables(self):
        with Dialogue(cache=False) as session:
            session.enter("rows = [[1, 2]]")
            (table,) = session.enter('save "t.csv" rows').tables
            assert Path(table.path).read_text() == "1,2\n"


class TestWhatIsNot:
    @pytest.mark.parametrize(
        ("command", "message", "hint"),
        [
            ('save "a.csv" m', f".csv {TEXT}", ".nii"),
            ('save "a.txt" m > 3', f".txt {TEXT}", ".nii"),
            ('save "a.csv" [m > 3]', f".csv {TEXT}", ".nii"),
            ('save "a.csv" [["a", m]]',
             ".csv files hold numbers, bools and strings; in this sequence is an image, model",
             ".nii"),
            ('save "a.csv" [[[1]]]',
             "a field of a table is one value; here it is a sequence(number)", ".json"),
            ('save "a.tsv" [["a", [1]]]',
             "a field of a table is one value; here it is a sequence(number)", ".json"),
            ('save "a.txt" [["a"]]', "a line of text is one value; here it is a sequence(string)",
             ".csv"),
            ('save "a.json" [near]', "a function", ""),
            ('save "a.nii.gz" [[1, 2]]',
             ".nii.gz files hold images; this is a sequence(sequence(number))", ".csv .tsv"),
            ('save "a.nii.gz" 3', ".nii.gz files hold images; this is a number", ".txt"),
            ('save "a.cvs" [[1, 2]]', "unknown extension .cvs", "did you mean .csv?"),
            ('save "a.cvs" m', "unknown extension .cvs", "tables and text as .csv"),
        ],
    )  # fmt: skip
    def test_it_is_an_error_before_anything_runs(self, command, message, hint):
        found = problem(IMAGE + command)
        assert message in found.message
        assert hint in (found.hint or "")

    def test_doubts_are_warnings_and_errors_of_a_strict_run(self):
        text = 'save "out/t.csv" [["a", "b"], [1]]'
        (warned,) = run(text).log
        assert 'warning: "out/t.csv": its rows have from 1 to 2 fields' in warned
        Path("out/t.csv").unlink()
        with pytest.raises(VoxLogicaError):
            run(text, strict=True)
        assert not Path("out/t.csv").exists()


class TestCare:
    def test_a_run_that_fails_leaves_what_was_there(self):
        Path("t.csv").write_text("old\n")
        with pytest.raises(VoxLogicaError):
            run(f'{IMAGE}save "t.csv" [1]\nsave "new/u.csv" [1]\nprint "n" [1][max(m)]')
        assert Path("t.csv").read_text() == "old\n"
        assert sorted(p.name for p in Path().iterdir()) == ["m.nii.gz", "t.csv"]

    @pytest.mark.parametrize(("name", "said"), [("m.csv", "not text"), ("folder.csv", "a folder")])
    def test_what_is_not_text_is_not_replaced(self, name, said):
        Path("m.nii.gz").rename("m.csv")
        Path("folder.csv").mkdir()
        before = Path("m.csv").read_bytes()
        found = problem(f'save "{name}" [1]')
        assert said in found.message
        assert Path("m.csv").read_bytes() == before

    def test_no_text_of_the_program_is_replaced(self):
        Path("p.txt").write_text('import "lib.txt"\nsave "./p.txt" x\n')
        Path("lib.txt").write_text("x = 3\n")
        for name in ("./p.txt", "link.txt", "lib.txt"):
            Path("p.txt").write_text(f'import "lib.txt"\nsave "{name}" x\n')
            if name == "link.txt":
                Path("link.txt").symlink_to("p.txt")
            with pytest.raises(VoxLogicaError, match="is a text of the program"):
                running.run("p.txt", cache=False)
        assert Path("lib.txt").read_text() == "x = 3\n"

    def test_links_are_followed_and_saved_twice_is_told(self):
        Path("real.csv").write_text("old\n")
        Path("link.csv").symlink_to("real.csv")
        report = run('save "link.csv" [1]\nsave "real.csv" [2]')
        assert any("saved twice" in line for line in report.log)
        assert Path("real.csv").read_text() == "2\n"
        assert Path("link.csv").is_symlink()
