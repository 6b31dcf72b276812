"""What is said of arguments that are wrong: in words of Python, with what was probably meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import voxlogica as vox
from voxlogica import running
from voxlogica.engine.results import RunError
from voxlogica.interface.telling import DoubtWarning, warn
from voxlogica.interface.tracebacks import short
from voxlogica.interface.wording import in_python
from voxlogica.interface.wrong_arguments import (
    program_paths,
    refuse_as_array,
    refuse_as_path,
    refuse_options,
    refuse_path_as_text,
    suggesting_options,
)
from voxlogica.syntax.diagnostics import VoxLogicaError, error, strictly, warning
from voxlogica.syntax.source import Source


class TestOptions:
    @pytest.mark.parametrize(
        ("options", "kind", "said"),
        [
            ({"jobs": "4"}, TypeError, "`jobs` is a whole number of threads, from 1, not '4'"),
            ({"jobs": 0}, ValueError, "`jobs` is a whole number of threads, from 1, not 0"),
            ({"jobs": True}, TypeError, "not True"),
            ({"memory_limit": "4GB"}, TypeError, "a whole number of bytes, such as 4_000_000_000"),
            ({"compression": 10}, ValueError, "`compression` is a whole number from 0 to 9"),
            ({"dialect": 3}, ValueError, "`dialect` is 1 or 2, not 3"),
            ({"cache": None}, TypeError, "`cache` is True, False, or the path of a folder"),
            ({"cache": np.zeros(3)}, TypeError, "not a numpy.ndarray"),
            ({"strict": "yes"}, TypeError, "`strict` is True or False, not 'yes'"),
            ({"inputs": [1]}, TypeError, "`inputs` is a mapping of names to values, not a list"),
            ({"text": Path("p.imgql")}, TypeError, "`text` is the text of a program, a str"),
        ],
    )
    def test_each_is_told_with_what_it_may_be(self, options, kind, said):
        with pytest.raises(kind) as told:
            refuse_options(**options)
        assert said in str(told.value)

    def test_whole_numbers_are_those_of_numpy_too_and_none_is_the_default(self):
        refuse_options(
            jobs=np.int64(2), compression=None, cache=Path("c"), text=None, progress=None
        )

    def test_a_misspelt_one_that_no_program_has_a_name_for_is_suggested(self):
        program = Source("p.imgql", 'print "x" 1')
        with pytest.raises(RunError) as told:
            running.run(program, definitions={"job": 2, "high": 1}, cache=False)
        first, second = map(suggesting_options(["job", "high"]), told.value.diagnostics)
        assert first.hint == "did you mean `jobs=`?"
        assert second == told.value.diagnostics[1]


class TestPrograms:
    @pytest.mark.parametrize(
        "text",
        ['print "x" 1', "let a = 1\nlet b = 2", "a = 3", "flair > 500", "volume(flair)", "// no"],
    )
    def test_a_text_is_told_from_a_path(self, text):
        with pytest.raises(VoxLogicaError) as told:
            program_paths(text)
        assert "a program is the path of a file, and this is a text" in told.value.message
        assert told.value.hint and "`text=…`" in told.value.hint

    @pytest.mark.parametrize("path", ["p.imgql", "print.imgql", "a=3/p.imgql", "let", "(1).imgql"])
    def test_a_path_is_a_path(self, path):
        assert program_paths(path) == [path]
        assert program_paths(iter([path, Path(path)])) == [path, Path(path)]

    def test_a_file_that_is_there_is_one_whatever_its_name(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Path("a = 3").write_text("")
        assert program_paths("a = 3") == ["a = 3"]

    @pytest.mark.parametrize("program", [5, np.zeros((2, 2)), b"p.imgql", {"p": 1}, [3], None])
    def test_anything_else_is_none(self, program):
        with pytest.raises(TypeError, match="a program is the path of a file"):
            program_paths(program)

    def test_a_path_is_no_text(self):
        with pytest.raises(ValueError, match=r"not its path: `run\('p.imgql'\)`"):
            refuse_path_as_text("p.imgql")
        refuse_path_as_text('import "p.imgql"')


def test_functions_of_the_interface_say_so(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("p.imgql").write_text('param high = 2\nprint "x" high')
    array = np.zeros((4, 5), np.uint8)
    for call, said in [
        (lambda: vox.run('print "x" 1'), "this is a text"),
        (lambda: vox.run(array), "images are given by their names"),
        (lambda: vox.run(text="p.imgql"), "not its path"),
        (lambda: vox.run("p.imgql", text="print"), "a file, or a text"),
        (lambda: vox.run("p.imgql", jobs="4"), "a whole number of threads"),
        (lambda: vox.run("p.imgql", cach=False), "did you mean `cache=`?"),
        (lambda: vox.run("p.imgql", hihg=3), "did you mean `high=…`?"),
        (lambda: vox.plan("p.imgql", inptus={}), "did you mean `inputs=`?"),
        (lambda: vox.check("p.imgql", strict=1), "`strict` is True or False, not 1"),
        (lambda: vox.params(array), "a program is the path of a file"),
        (lambda: vox.read(array), "`voxlogica.image` makes an image of an array"),
        (lambda: vox.image("dots.png"), "`voxlogica.read('dots.png')`"),
        (lambda: vox.image(array).save(array), "`save` takes a path, not a numpy.ndarray"),
        (lambda: vox.Session(dialect=3), "`dialect` is 1 or 2, not 3"),
        (lambda: vox.Session()(3), "is a text, not 3"),
    ]:
        with pytest.raises((vox.Error, TypeError, ValueError)) as told:
            call()
        assert said in str(told.value)
        assert len(told.traceback) == 3
    (unused,) = vox.check("p.imgql", job=3)
    assert unused.hint == "did you mean `jobs=`?"


def test_arrays_and_paths_are_told_apart():
    with pytest.raises(TypeError, match=r"`read` takes a path, .* `voxlogica.image` makes"):
        refuse_as_path(np.zeros(2), "read")
    with pytest.raises(TypeError, match=r"`save` takes a path, not a list"):
        refuse_as_path([], "save")
    with pytest.raises(TypeError, match=r"not a path: `voxlogica.read\('a.nii'\)`"):
        refuse_as_array("a.nii")
    refuse_as_path(Path("a"), "read")
    refuse_as_array(np.zeros(2))


class TestWords:
    @pytest.mark.parametrize(
        ("program", "definitions", "hint"),
        [
            ('param high = 2\nprint "x" high', {"hihg": 3}, "did you mean `high=…`?"),
            ('param high: number\nprint "x" high', {}, "give it one: `high=…`"),
            ('let high = 2\nprint "x" high', {"high": 3}, "is one that a keyword sets"),
            ('load m = "$FOO.nii"', {}, "say what it stands for: `FOO=VALUE`"),
            ('load m = "$CASE.nii"', {}, "run over cases, by `voxlogica.cases`"),
        ],
    )
    def test_an_error_names_keywords_instead_of_options(self, program, definitions, hint):
        run = short(running.run)
        with pytest.raises(RunError) as told:
            run(Source("p.imgql", program), definitions=definitions, cache=False)
        assert told.value.hint and hint in told.value.hint
        assert told.value.hint in str(told.value)
        assert told.value.report.diagnostics == told.value.diagnostics

    def test_warnings_do_too(self):
        with pytest.warns(DoubtWarning, match="elsewhere with `cache=folder`"):
            warn([warning("full", hint="elsewhere with --cache DIR")])
        (note,) = in_python(strictly(warning("odd"))).notes
        assert note.message == "this is a warning, which `strict=True` makes an error"

    def test_nothing_else_is_changed(self):
        told = error("a-b: `-1` - 2", hint="voxlogica --version")
        assert in_python(told) == told
