"""Sessions in Python: names, expressions over them, and the files that they rest on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import voxlogica as vox

RAMP = np.arange(20, dtype=np.float32).reshape(4, 5)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    vox.image(RAMP).save("b.mha")
    vox.image(RAMP + 1000).save("sub/b.mha")
    return tmp_path


class TestRelativePaths:
    """They mean what they meant when they were entered, wherever the process goes."""

    @pytest.mark.parametrize("text", ['load k = "b.mha"', 'let k = load("b.mha")', 'import "lib"'])
    def test_of_loads(self, text, monkeypatch):
        Path("lib.imgql").write_text('load k = "b.mha"')
        with vox.Session() as s:
            s(text)
            assert s("max(k)") == 19
            monkeypatch.chdir("sub")
            assert s("max(k)") == 19
            s('load here = "b.mha"')
            assert s("[max(k), max(here)]") == [19, 1019]

    def test_of_folders_that_are_listed(self, monkeypatch):
        with vox.Session() as s:
            s.names = 'dir("sub")'
            monkeypatch.chdir("sub")
            assert s.names == ["b.mha"]

    def test_beside_images_that_are_given(self, monkeypatch):
        with vox.Session(g=RAMP) as s:
            monkeypatch.chdir("sub")
            assert s("max(g)") == 19

    def test_of_a_file_that_is_gone_meanwhile(self, folder, monkeypatch):
        with vox.Session() as s:
            s('load k = "b.mha"')
            assert s("max(k)") == 19
            monkeypatch.chdir("sub")
            (folder / "b.mha").unlink()
            assert s("max(k)") == 19

    def test_of_images_that_are_read(self, monkeypatch):
        read = vox.read("b.mha")
        monkeypatch.chdir("sub")
        assert read.array.max() == 19


def test_a_file_that_has_changed_is_read_again():
    with vox.Session() as s:
        s('load k = "b.mha"')
        s.top = "max(k)"
        assert s.top == 19
        vox.image(RAMP + 7).save("b.mha")
        assert s.top == 26


class TestLists:
    @pytest.mark.parametrize(
        ("text", "shape"),
        [
            ("[[k > 1], []]", [["-"], []]),
            ("[[k > 1], [], []]", [["-"], [], []]),
            ("[[], [k]]", [[], ["-"]]),
            ("[[k][0:0], [k][0:0]]", [[], []]),
            ("for n in [0, 2, 0] do for i in [1, 2][0:n] do k > i", [[], ["-", "-"], []]),
            ("[[[k], []], [], [[]]]", [[["-"], []], [], [[]]]),
            ("[k][0:0]", []),
        ],
    )
    def test_have_those_within_them_that_are_empty(self, text, shape):
        def shape_of(found):
            return [shape_of(one) for one in found] if isinstance(found, list) else "-"

        with vox.Session(k=RAMP) as s:
            assert shape_of(s(text)) == shape
