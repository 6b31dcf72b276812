"""Runs in Python: what stands for the names of a program."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import voxlogica as vox

RAMP = np.arange(20, dtype=np.float32).reshape(4, 5)
ONES = np.ones((7, 8))


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    vox.image(RAMP + 100).save("file.mha")
    return tmp_path


class TestImagesForNames:
    def test_stand_for_what_a_library_loads_too(self):
        Path("lib.imgql").write_text('load k = "file.mha"\nlet top = max(k)')
        for text in ('print "m" max(intensity(k))', 'print "m" top'):
            assert vox.run(text=f'import "lib" {text}', k=RAMP)["m"] == 19

    def test_are_refused_for_what_a_library_declares(self):
        Path("lib.imgql").write_text("let k = 7")
        with pytest.raises(vox.Error, match=r"declared by the library `lib\.imgql`"):
            vox.run(text='import "lib" print "m" k', k=RAMP)

    @pytest.mark.parametrize(
        "text",
        [
            'let f(k) = k + 1 print "a" f(2)',
            'print "a" for k in [1, 2] do k',
            'print "a" (let k = 3 in k + 1)',
        ],
    )
    def test_are_refused_where_the_name_is_local(self, text):
        with pytest.raises(vox.Error, match="what is called so is local"):
            vox.run(text=text, k=RAMP)

    def test_come_in_the_order_of_the_program_and_after_its_own_loads(self):
        text = 'print "n" volume(tt) print "m" max(j) print "o" max(k)'
        assert vox.run(text=text, k=RAMP, j=ONES)["n"] == ONES.size
        assert vox.run(text=text, j=ONES, k=RAMP)["n"] == ONES.size
        assert vox.run(text=f'{text} load f = "file.mha"', k=RAMP, j=ONES)["n"] == RAMP.size

    @pytest.mark.parametrize("path", ["file.mha", Path("file.mha")])
    def test_may_be_paths_of_files(self, path):
        assert vox.run(text='print "m" max(k)', k=path)["m"] == 119
        assert vox.run(text='load k = "no.mha" print "m" max(k)', k=path)["m"] == 119

    def test_are_no_paths_where_a_text_sets_a_parameter_or_a_variable(self):
        Path("lib.imgql").write_text('param k = "none"')
        assert vox.run(text='import "lib" print "m" k', k="file.mha")["m"] == "file.mha"
        assert vox.run(text='print "m" "$k"', k="file.mha")["m"] == "file.mha"

    def test_lie_where_they_meet_others_if_these_lie_in_several_places(self):
        a, b = vox.image(RAMP, spacing=(1, 1)), vox.image(RAMP, spacing=(5, 5))
        text, mask = 'print "d" max(dt(m & (b >= 0))) print "a" max(a)', RAMP == 0
        found = [
            vox.run(text=text, a=a, b=b, m=mask),
            vox.run(text=text, b=b, a=a, m=mask),
        ]
        assert [done["d"] for done in found] == [25.0, 25.0]

    def test_are_called_by_their_names(self):
        near, far = vox.image(RAMP, spacing=(1, 1)), vox.image(RAMP, spacing=(2, 2))
        text = 'print "m" max(k + j)'
        with pytest.warns(vox.DoubtWarning, match="j has the size of k but lies elsewhere"):
            vox.run(text=text, k=near, j=far)
        with pytest.warns(vox.DoubtWarning, match="j has the size of k but"):
            vox.Session(k=near, j=far)("max(k + j)")
        with pytest.warns(vox.DoubtWarning, match=r"j has the size of \S*file\.mha but"):
            vox.run(text=f'load k = "x" {text}', k="file.mha", j=far)

    def test_of_one_size_in_two_places_lie_where_the_first_one_does_that_is_loaded(self):
        near, far = vox.image(RAMP, spacing=(1, 1)), vox.image(RAMP, spacing=(2, 2))
        with pytest.warns(vox.DoubtWarning, match="in the place of the first of them"):
            assert [(near + far).spacing, (far + near).spacing] == [(1, 1), (2, 2)]
        text = 'print "m" max(k) save "kj.mha" k + j save "jk.mha" j + k'
        with pytest.warns(vox.DoubtWarning, match="in the place of the image loaded first"):
            done = vox.run(text=text, k=near, j=far)
        assert [done.images[name].spacing for name in ("kj", "jk")] == [(1, 1), (1, 1)]

    def test_are_doubted_once_when_they_are_made(self):
        with pytest.warns(vox.DoubtWarning, match="is taken for 3×6×7 voxels"):
            k = vox.image(np.ones((7, 6, 3), np.uint8))
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert vox.run(text='print "m" max(k)', k=k)["m"] == 1
            assert vox.Session(k=k)("max(k)") == 1
        with pytest.warns(vox.DoubtWarning, match="`k` is taken for 3×6×7 voxels"):
            vox.run(text='print "m" max(k)', k=np.ones((7, 6, 3), np.uint8))

    def test_have_names(self):
        with pytest.raises(vox.Error, match="`` is given, but no program"):
            vox.run(text='print "n" 1', inputs={"": RAMP})


@pytest.mark.parametrize("call", [vox.run, vox.check, vox.plan, vox.Session])
def test_a_name_is_given_once(call):
    text = {} if call is vox.Session else {"text": 'print "n" n'}
    with pytest.raises(TypeError, match="`n` is given twice"):
        call(**text, inputs={"n": 9}, n=10)
