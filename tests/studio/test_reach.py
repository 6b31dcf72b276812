"""Which files a text may read that comes from the page: tried with all that reads."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.studio.studios import PROGRAM, a_page, a_studio, write_scan
from voxlogica.studio.reach import Reach


@pytest.fixture
def outside(tmp_path) -> Path:
    """A folder that is not the program's, with a scan and a library."""
    folder = tmp_path / "outside"
    folder.mkdir()
    write_scan(folder / "secret.nii.gz", brightest=99)
    write_scan(folder / "secret120.nii.gz", brightest=99)
    (folder / "120").mkdir()
    (folder / "secret.imgql").write_text("let secret = 3\n")
    return folder


# All voxels, as only running tells how many these are.
ALL = "let all = intensity(scan) >=. 0\n"


def errors(outcome: dict) -> str:
    return " ".join(d["message"] for d in outcome["diagnostics"] if d["severity"] == "error")


def loading(line: str) -> str:
    return f'{PROGRAM}\nimport "simpleitk"\nimport "arrays"\nimport "strings"\n{ALL}{line}\n'


READING = {
    "a load": 'load other = "{0}/secret.nii.gz"\nlet o = intensity(other) >. 0',
    "a load by another way": 'load other = "../outside/secret.nii.gz"',
    "a load through a link": 'load other = "link/secret.nii.gz"',
    "a load of a linked file": 'load other = "linked.nii.gz"',
    "a load of a hidden file": 'load other = ".hidden/secret.nii.gz"',
    "a load by a variable": 'load other = "$dir/../outside/secret.nii.gz"',
    "an operator that reads": 'let other = ReadImage("{0}/secret.nii.gz")',
    "an operator, by a computed name": 'let other = ReadImage(concat("{0}/sec", "ret.nii.gz"))',
    "an operator, by a name that only running tells": (
        'let other = ReadImage(format_string("{0}/secret{:.0f}.nii.gz", volume(all)))'
    ),
    "a folder": 'let names = dir("{0}")',
    "a folder by a computed name": 'let names = dir(concat("{0}", "/."))',
    "a folder that only running names": (
        'let names = dir(format_string("{0}/{:.0f}", volume(all)))\nprint "n" names'
    ),
    "a library": 'import "{0}/secret"',
    "a library by its whole name": 'import "../outside/secret.imgql"',
    "a library that imports another": 'import "importing"',
}


@pytest.mark.parametrize("way", READING)
def test_a_text_of_the_page_reads_nothing_else_of_this_machine(program, outside, way):
    folder = program.parent
    (folder / "link").symlink_to(outside)
    (folder / "linked.nii.gz").symlink_to(outside / "secret.nii.gz")
    (folder / "importing.imgql").write_text(f'import "{outside}/secret"\n')
    shutil.copytree(outside, folder / ".hidden")
    with a_studio(program) as server, a_page(server) as page:
        page.until_is("outcome")
        text = loading(READING[way].replace("{0}", str(outside)))
        outcome = page.until_is("outcome", page.ask("set", text=text))
        # A name that no run needs is not shown, and that is told with its cause.
        told = [*outcome["diagnostics"], *(n for d in outcome["diagnostics"] for n in d["notes"])]
        assert "out of reach" in str(told)
        assert "names" not in {value["name"] for value in outcome["values"]}
        assert not {"other", "o"} & {layer["name"] for layer in outcome["layers"]}
        assert outcome["prints"][0]["value"] == 1


def test_what_is_not_there_is_told_as_what_is(program, outside):
    with a_studio(program) as server, a_page(server) as page:
        page.until_is("outcome")
        told = []
        for name in ("secret", "nothing"):
            text = f'{PROGRAM}\nload other = "{outside}/{name}.nii.gz"\n'
            outcome = page.until_is("outcome", page.ask("set", text=text))
            told.append(errors(outcome).replace(name, "x"))
        assert told[0] == told[1] != ""


def test_what_is_below_the_programs_folder_may_be_read(program):
    write_scan(program.with_name("other.nii.gz"), brightest=120)
    (program.parent / "lib").mkdir()
    program.with_name("lib").joinpath("near.imgql").write_text("let limit = 110\n")
    with a_studio(program) as server, a_page(server) as page:
        page.until_is("outcome")
        text = f'{PROGRAM}\nimport "lib/near"\nload other = "other.nii.gz"\n'
        text += 'print "other" volume(intensity(other) >. limit)\nprint "names" dir(".")\n'
        outcome = page.until_is("outcome", page.ask("set", text=text))
        assert errors(outcome) == ""
        prints = {one["label"]: one["value"] for one in outcome["prints"]}
        assert prints["other"] == 1
        assert "other.nii.gz" in prints["names"]


def test_what_the_program_on_disk_names_may_be_read_also_by_another_text(program, outside):
    text = PROGRAM.replace("scan.nii.gz", "$WHERE/secret.nii.gz")
    text += 'import "$WHERE/secret"\nprint "secret" secret\nimport "simpleitk"\n'
    text += ALL
    text += 'let late = ReadImage(format_string("$WHERE/secret{:.0f}.nii.gz", volume(all)))\n'
    program.write_text(text)
    with a_studio(program, definitions={"WHERE": str(outside)}) as server, a_page(server) as page:
        assert errors(page.until_is("outcome")) == ""
        for values in ({"high": 20}, {"high": 30}):
            assert errors(page.until_is("outcome", page.ask("set", values=values))) == ""
        edited = text.replace("near(bright)", "near(near(bright))")
        outcome = page.until_is("outcome", page.ask("set", text=edited))
        assert errors(outcome) == ""
        outcome = page.until_is(
            "outcome", page.ask("set", text=edited + f'load more = "{outside}/more.nii.gz"\n')
        )
        assert "out of reach" in errors(outcome)


def test_a_value_of_the_page_names_no_other_file(program, outside):
    write_scan(outside / "other.nii.gz")
    program.write_text(
        'param name = "secret"\n' + PROGRAM.replace("scan.nii.gz", f"{outside}/$name.nii.gz")
    )
    with a_studio(program) as server, a_page(server) as page:
        assert errors(page.until_is("outcome")) == ""
        outcome = page.until_is("outcome", page.ask("set", values={"name": "other"}))
        assert "out of reach" in errors(outcome)
        outcome = page.until_is("outcome", page.ask("set", values={"name": "secret"}))
        assert errors(outcome) == ""


def test_what_the_page_has_saved_names_no_other_file(program, outside):
    text = f'{PROGRAM}\nload other = "{outside}/secret.nii.gz"\n'
    with a_studio(program) as server:
        with a_page(server) as page:
            page.until_is("outcome")
            assert "out of reach" in errors(page.until_is("outcome", page.ask("set", text=text)))
            page.until_is("written", page.ask("write"))
        assert program.read_text() == text
        with a_page(server) as page:
            assert page.next()["text"] == text
            assert "out of reach" in errors(page.until_is("outcome"))


def test_links_and_hidden_files_are_not_below_a_folder(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    for folder in (inside, outside, inside / ".ssh"):
        folder.mkdir()
    (inside / "link").symlink_to(outside)
    reach = Reach(inside)
    assert reach.has(inside / "a" / "b.nii.gz")
    assert reach.has(inside / "link" / ".." / "in" / "x")
    for other in (
        outside / "x",
        inside / "link" / "x",
        inside / ".." / "x",
        inside / ".ssh" / "x",
        inside / ".x",
        str(inside) + "side/x",
        "/",
        "/etc/passwd",
    ):
        assert not reach.has(other)
    reach.name(outside / "x")
    assert reach.has(inside / "link" / "x")
    assert not reach.has(outside / "y")
    assert os.path.realpath(outside / "x") in reach.named
