"""What a user sees when something is wrong: in a script, in IPython, in a notebook, in pytest."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import inspect
import logging
import os
import pickle
import re
import signal
import subprocess
import sys
import traceback
import weakref
from pathlib import Path

import nbformat
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from nbclient import NotebookClient

import voxlogica as vox
from voxlogica import running
from voxlogica.callers import users_part
from voxlogica.interface.tracebacks import short
from voxlogica.operators import registry
from voxlogica.operators.signature import REGISTRY, Number, operator
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

WRONG = Source("wrong.imgql", 'let a = 2\nprint "m" a + foo\n')
RIGHT = Source("right.imgql", 'print "a" 1 + 1')
MESSAGE = """\
wrong.imgql:2:15: error: unknown name `foo`
  |
2 | print "m" a + foo
  |               ^^^
  = help: did you mean `floor`?
"""
# What a user's script begins with.
BEGINNING = "import voxlogica as vox\n"
run = short(running.run)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path(WRONG.name).write_text(WRONG.text)
    return tmp_path


def printed(*command: str) -> str:
    """What a process prints, of which the colours are taken away."""
    shown = subprocess.run(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ).stdout
    return re.sub(r"\x1b\[[\d;]*m", "", shown)


def failing(call) -> BaseException:
    try:
        call()
    except BaseException as failed:
        return failed
    raise AssertionError("it does not fail")


def functions(failed: BaseException) -> list[str]:
    """The functions of a traceback that are beyond the one that catches it."""
    return [frame.name for frame in traceback.extract_tb(failed.__traceback__)][1:]


class TestAsPythonShowsThem:
    def test_a_traceback_ends_at_the_line_of_the_user_and_shows_that_of_the_program(self):
        Path("student.py").write_text(BEGINNING + 'vox.run("wrong.imgql")\n')
        lines = printed("student.py").splitlines()
        assert [line for line in lines if line.startswith("  File")] == [
            f'  File "{Path.cwd()}/student.py", line 2, in <module>',
            lines[3],
        ]
        assert re.fullmatch(r'  File "<voxlogica>", line \d+, in run', lines[3])
        assert lines[4] == "voxlogica.RunError: "
        assert "\n".join(lines[5:]) + "\n" == MESSAGE

    def test_a_message_of_one_line_stands_beside_the_name_of_the_error(self):
        failed = failing(lambda: vox.run("absent.txt"))
        assert traceback.format_exception_only(failed) == [
            "voxlogica.Error: there is no program absent.txt\n"
        ]

    def test_a_name_that_is_not_there_is_told_with_the_nearest(self):
        Path("student.py").write_text(BEGINNING + 'vox.chekc("wrong.imgql")\n')
        assert printed("student.py").endswith("Did you mean: 'check'?\n")

    def test_logs_have_the_same(self, caplog):
        try:
            run(WRONG, cache=False)
        except VoxLogicaError:
            logging.getLogger().exception("failed")
        assert caplog.text.endswith(MESSAGE)
        assert caplog.text.count("  File ") == 2

    def test_wrong_arguments_are_told_as_shortly(self):
        failed = failing(lambda: vox.run("wrong.imgql", jobs=0))
        assert isinstance(failed, ValueError)
        assert functions(failed) == ["<lambda>", "run"]

    def test_coroutines_fail_where_they_are_waited_for(self):
        failed = failing(lambda: asyncio.run(vox.run_async("wrong.imgql")))
        assert functions(failed)[-1] == "run_async"
        assert "to_thread" not in functions(failed)
        assert str(failed) == f"\n{MESSAGE.rstrip()}"

    def test_an_interruption_is_as_short(self):
        def interrupted():
            signal.raise_signal(signal.SIGINT)
            yield {}

        failed = failing(lambda: list(vox.cases(text=RIGHT.text, cases=interrupted())))
        assert isinstance(failed, KeyboardInterrupt)
        assert functions(failed) == ["<lambda>", "__next__", "interrupted"]

    def test_what_the_user_was_handling_is_told_and_nothing_of_ours(self):
        def fallen_back():
            try:
                {}["flair"]
            except KeyError:
                vox.run("wrong.imgql")

        shown = "".join(traceback.format_exception(failing(fallen_back)))
        assert shown.count("Traceback") == 2
        assert "KeyError: 'flair'" in shown
        assert shown.count("During handling") == 1
        assert "direct cause" not in shown

    def test_the_user_own_cause_is_kept(self):
        def told():
            try:
                vox.run("wrong.imgql")
            except vox.Error as wrong:
                raise SystemError("mine") from wrong

        shown = "".join(traceback.format_exception(failing(told)))
        assert "direct cause" in shown and "SystemError: mine" in shown

    def test_users_functions_that_ours_call_are_seen(self):
        def observe(event):
            raise VoxLogicaError(failing(lambda: run("nothing.imgql")).diagnostics)

        @short
        def telling():
            observe(None)

        # All of this file is the user's, but for what stands for a public function.
        failed = failing(telling)
        assert functions(failed)[-1] == "observe"

    def test_an_error_keeps_nothing_once_it_is_handled(self):
        class Array:
            pass

        def attempted():
            array = Array()
            with contextlib.suppress(VoxLogicaError):
                vox.run("wrong.imgql", inputs={"given": array})
            return weakref.ref(array)

        gc.disable()
        try:
            assert attempted()() is None  # no circle is left that only the collector would find
        finally:
            gc.enable()


class TestDefects:
    """What is our fault is told in full."""

    def test_an_error_of_ours_that_is_not_worded_for_users_stays_whole(self):
        failed = failing(lambda: run(RIGHT, observe=3, cache=False))
        assert isinstance(failed, TypeError)
        assert {"carry_out", "_reached"} <= set(functions(failed))

    def test_the_users_function_stays_whole_too(self):
        def observe(event):
            raise RuntimeError("mine")

        failed = failing(lambda: run(RIGHT, observe=observe, cache=False))
        assert functions(failed)[-1] == "observe"
        assert "carry_out" in functions(failed)

    def test_an_operator_that_breaks_down_shows_where(self, monkeypatch):
        monkeypatch.setitem(REGISTRY[""], "broken", [])

        @operator("broken")
        def broken(number: Number) -> Number:
            return number + None  # type: ignore[operator]

        registry.cache_clear()
        program = Source("right.imgql", 'print "a" broken(1)')
        failed = failing(lambda: run(program, cache=False))
        registry.cache_clear()
        shown = "".join(traceback.format_exception(failed))
        assert "in broken" in shown
        assert "direct cause" in shown
        assert "this is a defect of voxlogica" in shown


class TestImages:
    @pytest.fixture
    def gone(self) -> vox.Image:
        """An image that cannot be read any more when it is looked at."""
        sitk.WriteImage(sitk.GetImageFromArray(np.eye(8, dtype=np.uint8)), "gone.png")
        image = vox.read("gone.png")
        Path("gone.png").unlink()
        return image

    @pytest.mark.parametrize(
        "look",
        [
            lambda image: image.array,
            lambda image: (image + 1).shape,
            lambda image: np.asarray(image),
            lambda image: image.to_sitk(),
            lambda image: image.save("again.png"),
            lambda image: pickle.dumps(image),
        ],
    )
    def test_an_error_is_at_the_line_that_looks_at_it(self, gone, look):
        failed = failing(lambda: look(gone))
        assert isinstance(failed, vox.RunError)
        assert functions(failed)[:2] == ["<lambda>", "<lambda>"]
        assert len(functions(failed)) == 3

    def test_repeated_looks_do_not_pile_up(self, gone):
        assert [len(functions(failing(lambda: gone.array))) for _ in range(3)] == [2, 2, 2]


# What only gives what is there.
CANNOT_FAIL = {
    "CaseResult": "__init__ __reduce__ __iter__ __len__ __repr__ name case error images tables"
    " asserts warnings seconds",
    "CaseResults": "__init__ __iter__ __enter__ __exit__ __repr__ failed notes",
    "Done": "__init__ __iter__ __len__ __reduce__ __repr__ images tables asserts warnings stats",
    "Image": "name type",
    "Live": "close last __enter__ __exit__",
    "Session": "__dir__ __repr__ __enter__ __exit__",
}


def test_all_that_is_public_is_short():
    for name in vox.__all__:
        try:
            one = getattr(vox, name)
        except ModuleNotFoundError:
            continue
        if inspect.isfunction(one):
            assert is_short(one), name
        if not inspect.isclass(one) or issubclass(one, Exception):
            continue
        simple = CANNOT_FAIL.get(name, "").split()
        for member, value in vars(one).items():
            function = value.fget if isinstance(value, property) else value
            is_private = member.startswith("_") and not member.endswith("__")
            if inspect.isfunction(function) and member not in simple and not is_private:
                assert is_short(function), (name, member)


def is_short(function) -> bool:
    return function.__code__.co_filename == "<voxlogica>"


class TestWhatDecorationKeeps:
    def test_a_function_is_called_and_documented_as_before(self):
        assert inspect.signature(run) == inspect.signature(running.run)
        assert run.__doc__ == running.run.__doc__
        assert inspect.iscoroutinefunction(vox.run_async)

    def test_iterators_are_not_decorated(self):
        def counted():
            yield 1

        with pytest.raises(TypeError, match="iterators are not made short"):
            short(counted)


class TestIPython:
    def test_it_shows_the_line_of_the_user_and_that_of_the_program(self):
        Path("student.py").write_text(BEGINNING + 'vox.run("wrong.imgql")\n')
        shown = printed("-m", "IPython", "--simple-prompt", "--no-banner", "student.py")
        assert shown.endswith("\n" + MESSAGE)
        assert "<voxlogica>" not in shown
        assert re.search(r"-+> ?2 vox.run\(", shown)

    def test_a_notebook_shows_it_in_colours(self):
        notebook = nbformat.v4.new_notebook()
        wrong = 'def work(program):\n    return vox.run(program)\n\nwork("wrong.imgql")'
        chained = 'try:\n    1 / 0\nexcept ZeroDivisionError:\n    run("wrong.imgql", cache=False)'
        plain, minimal = ("%colors nocolor\n" + wrong, "%xmode Minimal\n" + wrong)
        shown = (
            'class Picture:\n    def _repr_html_(self):\n        vox.run("wrong.imgql")\nPicture()'
        )
        cells = [BEGINNING, wrong, chained, shown, plain, minimal]
        notebook.cells = list(map(nbformat.v4.new_code_cell, cells))
        NotebookClient(notebook, allow_errors=True, resources={"metadata": {"path": "."}}).execute()
        outputs = [cell.outputs for cell in notebook.cells]
        coloured, both, _, plain, minimal = (found[-1] for found in outputs[1:])
        assert coloured.ename == "RunError"
        text = "\n".join(coloured.traceback)
        assert "\x1b[1;31m^^^\x1b[0m" in text
        bare = re.sub(r"\x1b\[[\d;]*m", "", text)
        assert bare.endswith("\n" + MESSAGE.rstrip())
        assert re.findall(r"-+> ?(\d+)", bare) == ["4", "2"]
        (failed, _) = outputs[3]
        assert "IPython" not in "\n".join(failed.traceback)
        assert "unknown name `foo`" in "\n".join(failed.traceback)
        assert "\x1b" not in "\n".join(plain.traceback)
        assert "work(" not in "\n".join(minimal.traceback)
        assert "ZeroDivisionError" in "\n".join(both.traceback)


def test_pytest_shows_no_line_of_ours():
    Path("test_it.py").write_text(BEGINNING + 'def test_it():\n    vox.run("wrong.imgql")\n')
    shown = printed("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")
    assert "E         |               ^^^" in shown
    assert "voxlogica/" not in shown


def test_a_traceback_with_nothing_of_ours_stays_as_it_is():
    failed = failing(lambda: 1 / 0)
    kept = users_part(failed.__traceback__)
    assert traceback.format_tb(kept) == traceback.format_tb(failed.__traceback__)
