"""Texts that are none: halves of characters from a page, names of files that are only bytes."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

import pytest

from tests.studio.studios import PROGRAM, a_page, a_studio, answer, write_scan
from voxlogica.cli.studio import _circumstances
from voxlogica.engine.cases import Case
from voxlogica.studio.workshop import Cases

HALF = "\ud800"
ASKED = {
    "a name to keep": ("keep", {"name": HALF}),
    "a name in a file": ("keep", {"name": HALF, "file": True}),
    "a name to forget": ("forget", {"name": HALF}),
    "a text": ("set", {"text": f"{PROGRAM}// {HALF}"}),
    "a value": ("set", {"values": {"high": HALF}}),
    "a value in a list": ("set", {"values": {"high": [1, HALF]}}),
    "the name of a value": ("set", {"values": {HALF: 1}}),
    "what is to be explained": ("why", {"name": HALF, "voxel": [1, 1, 1]}),
    "regions": ("show", {"names": [HALF]}),
    "a case": ("case", {"case": HALF}),
    "a field": ("line", {HALF: 1}),
    "what is to be done": (HALF, {}),
}


@pytest.mark.parametrize("what", ASKED)
def test_halves_of_characters_are_refused_and_nobody_is_the_worse_for_them(lasting_server, what):
    do, fields = ASKED[what]
    with a_page(lasting_server) as page:
        page.until_is("outcome")
        said = page.until_is("said", page.ask(do, **fields))
        assert said["problem"]
        assert "broke down" not in said["message"]
        assert page.until_is("outcome", page.ask("set", values={"high": 70}))["set"] == {"high": 70}
    with a_page(lasting_server) as later:
        assert later.next()["kept"] == []
        assert later.until_is("outcome")["prints"][0]["value"] == 1


@pytest.fixture
def nameless(tmp_path, monkeypatch):
    """A folder whose name is not UTF-8, with a scan and a program."""
    folder = os.fsencode(tmp_path) + b"/d\xe9"
    try:
        Path(os.fsdecode(folder)).mkdir()
    except OSError:
        pytest.skip("names of files are texts here")
    monkeypatch.chdir(folder)
    write_scan(Path("good.nii.gz"))
    shutil.copy("good.nii.gz", os.fsdecode(b"caf\xe9.nii.gz"))
    return os.fsdecode(folder)


def test_programs_folders_and_cases_may_have_names_that_are_no_text(nameless):
    program = os.fsdecode(b"p\xe9.imgql")
    Path(program).write_text(PROGRAM.replace("scan.nii.gz", "$NAME.nii.gz"))
    names = ["good", os.fsdecode(b"caf\xe9")]
    cases = Cases([Case(k, n, {"NAME": n}, frozenset({"NAME"})) for k, n in enumerate(names)])

    circumstances = partial(_circumstances, {"dialect": None})
    with (
        a_studio(program, cases, circumstances=circumstances) as server,
        a_page(server) as page,
    ):
        opened = page.next()
        assert (opened["program"], opened["cases"]) == (program, names)
        outcome = page.until_is("outcome", page.ask("case", case=names[1]))
        assert "not UTF-8, which ITK cannot open" in outcome["diagnostics"][0]["message"]
        assert outcome["case"] == names[1]
        assert names[1] in page.until_is("line", page.ask("line"))["line"]
        outcome = page.until_is("outcome", page.ask("case", case=names[0]))
        assert outcome["diagnostics"] == []
        assert outcome["prints"][0]["value"] == 1
        assert str(Path(outcome["saves"][0]).parent) == nameless
        page.until_is("outcome", page.ask("set", values={"high": 70}))
        report = page.until_is("report", page.ask("report"))
        path = server.address.removeprefix(f"http://127.0.0.1:{server.port}")
        assert b"voxels" in answer(server, path + report["address"]).body  # type: ignore[attr-defined]
        page.ask("set", text=f"{outcome['text']}// saved\n")
        page.until_is("written", page.ask("write"))
        assert Path(program).read_text().endswith("// saved\n")
