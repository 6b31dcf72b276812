"""Explanations from Python: of programs, and of what a session has declared."""

from __future__ import annotations

import json

import numpy as np
import pytest

import voxlogica as vox

V = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
TEXT = """
param high = 10
load v = "v"
let bright = intensity(v) >. high
let twice(a) = a | a
let near_bright = N(bright)
"""


def test_a_program_is_explained_on_what_is_given():
    found = vox.why(None, "bright", (3, 2, 1), text=TEXT, v=V, high=12, cache=False)
    assert found.value is True
    assert found.says.startswith("intensity(v) is 23, more than high, which is 12, by 11.")
    assert str(found).splitlines()[0] == "bright at 3,2,1: in"
    assert json.loads(json.dumps(found.to_json()))["claim"]["number"] == 12


def test_a_session_is_explained_as_it_is_now():
    with vox.Session(v=V, cache=False) as session:
        session.bright = "v > 10"
        session.dark = "!bright"
        assert session.why("dark", np.array([0, 0, 0])).value is True
        assert session.why("dark", (3, 2, 1)).says == "Out, as bright is in."
        session.bright = "v > 100"
        # What was declared keeps its meaning.
        assert session.why("dark", (3, 2, 1)).value is False
        assert session.why("bright", (3, 2, 1)).value is False
        assert session("volume(dark)") == 11
        # What was given is told by its name.
        assert "v" in str(session.why("bright", (3, 2, 1)))


def test_a_program_with_stages_is_explained():
    text = "let many = for n in range(volume(v0 > 20)) do v0 > n\nlet last = many[2]"
    with vox.Session(v0=V, cache=False) as session:
        session(text)
        found = session.why("last", (3, 0, 0))
        assert found.value is True
        assert found.says == "Element 2 of 3."
        assert found.because[0].says == "Round 3 of 3: n = 2."


def test_the_library_is_looked_into_on_demand():
    with vox.Session(v=V, cache=False) as session:
        session.r = "overlayB(v > 3, v, v)"
        assert session.why("r", (0, 0, 0)).because[0].text == "v"
        found = session.why("r", (0, 0, 0), inside=True)
        assert found.because[0].text == "select(r, w, v)"


@pytest.mark.parametrize(
    ("name", "voxel", "message"),
    [
        ("brihgt", (0, 0, 0), "did you mean `bright`"),
        ("bright", (9, 0, 0), "outside"),
        ("twice", (0, 0, 0), "is a function"),
    ],
)
def test_what_cannot_be_explained_is_an_error(name, voxel, message):
    with pytest.raises(vox.Error, match=message):
        vox.why(None, name, voxel, text=TEXT, v=V, cache=False)


def test_what_is_no_name_or_voxel_is_told_at_once():
    with pytest.raises(TypeError, match="whole numbers"):
        vox.why(None, "bright", 3, text=TEXT, v=V)
    with pytest.raises(TypeError, match="name of an image"):
        vox.why(None, V, (0, 0, 0), text=TEXT, v=V)
    with vox.Session(cache=False) as session, pytest.raises(TypeError, match="whole numbers"):
        session.why("v", (0.5, 0, 0))
