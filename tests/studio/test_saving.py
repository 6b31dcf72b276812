"""What goes to disk, and comes from it: programs, values by name, changes from outside."""

from __future__ import annotations

import json
import os
import stat

import pytest

from tests.studio.studios import PROGRAM, a_page, a_studio, write_scan
from voxlogica.studio.program_file import NotSavedError, ProgramFile

EDITED = PROGRAM.replace("near(bright)", "near(near(bright))")


def test_a_text_is_saved_when_that_is_asked_for_and_other_pages_get_it(server, program):
    with a_page(server) as page, a_page(server) as other:
        other.until_is("outcome")
        page.until_is("outcome", page.ask("set", text=EDITED))
        assert program.read_text() == PROGRAM
        serial = page.ask("write")
        assert page.until_is("written", serial)["text"] == EDITED
        assert program.read_text() == EDITED
        assert other.until_is("changed") == {"is": "changed", "text": EDITED, "adopted": True}
        assert other.until_is("outcome")["text"] == EDITED


def test_a_program_that_has_changed_meanwhile_is_not_written_over(server, program):
    with a_page(server) as page:
        page.until_is("outcome", page.ask("set", text=EDITED))
        program.write_text(f"{PROGRAM}// by an editor\n")
        # Whether or not it has been told of the change already.
        said = page.until_is("said", page.ask("write"))
        assert said["problem"]
        assert "on disk" in said["message"]
        page.until_is("changed")
        assert page.until_is("said", page.ask("write"))["problem"]
        assert program.read_text() == f"{PROGRAM}// by an editor\n"
        page.until_is("written", page.ask("write", over=True))
        assert program.read_text() == EDITED


def test_what_is_saved_keeps_its_rights_line_ends_and_mark(program):
    program.write_bytes(b"\xef\xbb\xbf" + PROGRAM.replace("\n", "\r\n").encode())
    program.chmod(0o640)
    file = ProgramFile(program)
    file.write(EDITED)
    assert program.read_bytes() == b"\xef\xbb\xbf" + EDITED.replace("\n", "\r\n").encode()
    assert stat.S_IMODE(program.stat().st_mode) == 0o640
    assert file.source.text == EDITED
    assert file.is_own
    assert [path.name for path in program.parent.iterdir() if path.name[0] == "."] == []


def test_what_a_link_leads_to_is_saved_and_the_link_stays(program, tmp_path):
    link = tmp_path / "link.imgql"
    link.symlink_to(program)
    file = ProgramFile(link)
    file.write(EDITED)
    assert link.is_symlink()
    assert program.read_text() == EDITED


def test_a_file_that_may_not_be_written_stays(program):
    file = ProgramFile(program)
    program.chmod(0o444)
    assert not file.is_writable
    with pytest.raises(NotSavedError, match="read-only"):
        file.write(EDITED)


def test_a_file_that_has_gone_is_written_anew(server, program):
    with a_page(server) as page:
        page.until_is("outcome", page.ask("set", text=EDITED))
        program.unlink()
        page.until(lambda m: m["is"] == "said" and "no program" in m["message"])
        page.until_is("written", page.ask("write"))
        assert program.read_text() == EDITED


def test_a_pipe_in_the_place_of_a_program_holds_up_nobody(server, program):
    with a_page(server) as page:
        page.until_is("outcome", page.ask("set", text=EDITED))
        program.unlink()
        os.mkfifo(program)
        page.until(lambda m: m["is"] == "said" and "no file any more" in m["message"])
        assert "no file any more" in page.until_is("said", page.ask("write"))["message"]
        program.unlink()
        page.until_is("written", page.ask("write"))
        assert program.read_text() == EDITED


def test_what_is_written_by_another_in_between_is_not_lost(program):
    file = ProgramFile(program)
    program.write_text("let a = 1\n")
    with pytest.raises(NotSavedError, match="has changed on disk"):
        file.write(EDITED)
    assert program.read_text() == "let a = 1\n"
    assert file.read_again()
    file.write(EDITED)
    assert program.read_text() == EDITED


def test_values_become_defaults_in_the_text_and_nothing_else_of_it_changes(server, program):
    with a_page(server) as page:
        page.until_is("outcome", page.ask("set", values={"high": 70}))
        outcome = page.until_is("outcome", page.ask("defaults"))
        assert outcome["text"] == PROGRAM.replace("high = 100", "high = 70")
        assert outcome["set"] == {}
        assert outcome["prints"][0]["value"] == 41
        assert program.read_text() == PROGRAM
        page.until_is("written", page.ask("write"))
        assert program.read_text() == PROGRAM.replace("high = 100", "high = 70")


def test_a_value_that_is_given_comes_before_a_default(program):
    with a_studio(program, definitions={"high": 50}) as server, a_page(server) as page:
        assert page.until_is("outcome")["prints"][0]["value"] == 60
        page.until_is("outcome", page.ask("set", values={"high": 70}))
        outcome = page.until_is("outcome", page.ask("defaults"))
        assert "param high = 70" in outcome["text"]
        assert outcome["prints"][0]["value"] == 41


def test_values_that_are_not_in_the_text_stay_set(program):
    program.with_name("lib.imgql").write_text("param other = 3\n")
    program.write_text(f'import "lib"\nparam name = "a"\n{PROGRAM}print "other" other\n')
    with a_studio(program) as server, a_page(server) as page:
        values = {"high": 70, "other": 4, "name": 'with "quotes"'}
        page.until_is("outcome", page.ask("set", values=values))
        serial = page.ask("defaults")
        said = page.until_is("said", serial)
        assert said["problem"]
        assert "`name`" in said["message"]
        assert "`other`" in said["message"]
        outcome = page.until_is("outcome", serial)
        assert outcome["set"] == {"other": 4, "name": 'with "quotes"'}


def test_values_are_kept_by_name_for_all_pages_and_in_a_file_on_request(server, program):
    with a_page(server) as page, a_page(server) as other:
        other.until_is("outcome")
        page.until_is("outcome", page.ask("set", values={"high": 70}))
        page.ask("keep", name="seventy")
        assert page.until_is("kept")["kept"] == [{"name": "seventy", "values": {"high": 70}}]
        assert other.until_is("kept")["kept"] == [{"name": "seventy", "values": {"high": 70}}]
        assert {path.name for path in program.parent.iterdir()} == {"scan.nii.gz", program.name}
        said = page.until_is("said", page.ask("keep", name="seventy", file=True))
        assert not said["problem"]
        written = program.with_name("bright.seventy.json")
        assert json.loads(written.read_text()) == {"high": 70}
        again = page.until_is("said", page.ask("keep", name="seventy", file=True))
        assert "is there already" in again["message"]
        page.ask("forget", name="seventy")
        assert page.until(lambda m: m == {"is": "kept", "kept": []})
    with a_page(server) as later:
        assert later.next()["kept"] == []


@pytest.mark.parametrize("name", ["../out", "/etc/x", "a/b", "..", "x\0y", "~/.bashrc", "\n"])
def test_a_name_leads_into_no_other_folder(server, program, name):
    with a_page(server) as page:
        page.until_is("outcome")
        page.until_is("said", page.ask("keep", name=name, file=True))
        beside = {path.name for path in program.parent.iterdir()}
        assert all(n in ("scan.nii.gz", program.name) or n.endswith(".json") for n in beside)
        assert {path.name for path in program.parent.parent.iterdir()} == {"work"}


def test_a_program_that_an_editor_changes_is_read_again(server, program):
    with a_page(server) as page:
        page.until_is("outcome")
        part = program.with_name("part")
        part.write_text(EDITED)
        part.rename(program)  # as editors do
        assert page.until_is("changed") == {"is": "changed", "text": EDITED, "adopted": True}
        assert page.until_is("outcome")["text"] == EDITED
        program.write_text(PROGRAM)  # as others do
        assert page.until(lambda m: m["is"] == "outcome" and m["text"] == PROGRAM)


def test_a_text_that_is_edited_in_the_page_stays_when_the_file_changes(server, program):
    with a_page(server) as page:
        page.until_is("outcome", page.ask("set", text=EDITED))
        program.write_text(f"{PROGRAM}// more\n")
        changed = page.until(lambda m: m["is"] == "changed" and m["text"].endswith("// more\n"))
        assert not changed["adopted"]
        assert page.until_is("outcome", page.ask("set"))["text"] == EDITED
        outcome = page.until_is("outcome", page.ask("set", text=changed["text"]))
        assert outcome["text"] == program.read_text()


def test_an_image_that_changes_is_read_again(server, program):
    with a_page(server) as page:
        assert page.until_is("outcome")["prints"][0]["value"] == 1
        write_scan(program.with_name("scan.nii.gz"), brightest=50)
        outcome = page.until(lambda m: m["is"] == "outcome" and m["prints"][0]["value"] == 0)
        assert outcome["asserts"] == [
            {"label": "some", "holds": False, "why": outcome["asserts"][0]["why"]}
        ]
        assert "wanted" in outcome["asserts"][0]["why"]


def test_a_program_that_is_taken_away_is_told_and_may_come_back(server, program):
    with a_page(server) as page:
        page.until_is("outcome")
        program.rename(program.with_name("away"))
        assert "no program" in page.until_is("said")["message"]
        program.with_name("away").rename(program)
        assert page.until_is("outcome", page.ask("set", values={"high": 70}))["set"]
