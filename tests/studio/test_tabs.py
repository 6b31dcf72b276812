"""What a page asks for, and gets: over sockets, from a server that runs."""

from __future__ import annotations

import json

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed

from tests.studio.studios import PROGRAM, a_page, a_studio


def by_name(found: list[dict]) -> dict[str, dict]:
    return {one["name"]: one for one in found}


def test_a_page_gets_the_program_and_what_it_means(server):
    with a_page(server) as page:
        opened = page.next()
        assert opened["is"] == "opened"
        assert opened["text"] == PROGRAM
        assert opened["cases"] == []
        assert opened["file"] == {"name": "bright.imgql", "writable": True}
        outcome = page.until_is("outcome")
        assert outcome["prints"] == [{"label": "voxels", "value": 1, "before": None}]
        assert outcome["asserts"] == [{"label": "some", "holds": True, "why": None}]
        assert outcome["diagnostics"] == []
        (high,) = outcome["parameters"]
        assert (high["name"], high["value"], high["low"], high["high"]) == ("high", 100, 0, 255)
        assert high["comment"] == "brighter than this"
        layers = by_name(outcome["layers"])
        assert layers.keys() == {"scan", "bright", "around"}
        assert layers["bright"]["kind"] == "region"
        assert layers["bright"]["voxels"] == 1
        assert layers["bright"]["over"] == "scan"
        assert layers["scan"]["kind"] == "image"
        assert page.region(outcome, "bright").nonzero() == ([2], [2], [3])
        assert outcome["grids"][0]["size"] == [6, 5, 4]


def test_a_scan_comes_once_in_16_bits(server):
    with a_page(server) as page:
        outcome = page.until_is("outcome")
        header = page.until_is("scan")
        assert header["id"] == by_name(outcome["layers"])["scan"]["id"]
        values = np.frombuffer(page.voxels[header["id"]][1], "<u2").reshape(4, 5, 6)
        shown = header["low"] + values / 65535 * (header["high"] - header["low"])
        assert np.allclose(shown[0, 0], np.arange(6) * 20, atol=0.01)
        page.until_is("outcome", page.ask("set", values={"high": 50}))
        page.until_is("line", page.ask("line"))
        assert sum(one["is"] == "scan" for one in page.seen) == 1


def test_a_value_moves_its_region_and_nothing_is_sent_twice(server):
    with a_page(server) as page:
        page.region(page.until_is("outcome"), "around")
        page.until_is("scan")
        outcome = page.until_is("outcome", page.ask("set", values={"high": 70}))
        assert outcome["set"] == {"high": 70}
        assert outcome["prints"] == [{"label": "voxels", "value": 41, "before": 1}]
        assert page.region(outcome, "bright").sum() == 41
        page.region(outcome, "around")
        sent = [one["id"] for one in page.seen if one["is"] in ("bits", "scan")]
        assert len(sent) == len(set(sent)) == 5
        again = page.until_is("outcome", page.ask("set", values={"high": 70}))
        assert [one["id"] for one in again["layers"]] == [one["id"] for one in outcome["layers"]]
        page.until_is("line", page.ask("line"))
        assert len(sent) == sum(one["is"] in ("bits", "scan") for one in page.seen)


def test_what_is_shown_is_sent_and_what_is_wanted(server):
    with a_page(server) as page:
        page.until_is("scan")
        page.ask("show", names=["around"])
        outcome = page.until_is("outcome", page.ask("set", values={"high": 70}))
        layers = by_name(outcome["layers"])
        assert page.until_is("bits")["id"] == layers["around"]["id"]
        page.until_is("line", page.ask("line"))
        assert layers["bright"]["id"] not in page.voxels
        page.ask("want", ids=[layers["bright"]["id"], "no such id"])
        assert page.region(outcome, "bright").sum() == 41
        outcome = page.until_is("outcome", page.ask("set", values={"high": 30}))
        page.ask("show", names=["around", "bright"])
        page.region(outcome, "bright")


def test_a_text_that_is_wrong_is_told_with_its_place_and_the_last_values_stay(server):
    with a_page(server) as page:
        page.until_is("outcome")
        wrong = PROGRAM.replace("bright)\nprint", "brigth)\nprint")
        outcome = page.until_is("outcome", page.ask("set", text=wrong))
        (found,) = outcome["diagnostics"]
        assert wrong[found["start"] : found["end"]] == "brigth"
        assert (found["line"], found["severity"]) == (5, "error")
        assert outcome["prints"][0]["value"] == 1
        outcome = page.until_is("outcome", page.ask("set", text=PROGRAM))
        assert outcome["diagnostics"] == []


def test_of_many_changes_the_latest_is_told(server):
    with a_page(server) as page:
        page.until_is("outcome")
        for high in range(199):
            last = page.ask("set", values={"high": high}, moving=high % 3 != 0)
        outcome = page.until_is("outcome", last)
        assert outcome["set"] == {"high": 198}
        assert page.region(outcome, "bright").sum() == 1


def test_what_earlier_changes_said_holds_where_the_latest_says_nothing(server):
    with a_page(server) as page:
        page.until_is("outcome")
        page.ask("set", text=PROGRAM.replace('"voxels"', '"count"'))
        page.ask("set", values={"high": 70})
        outcome = page.until_is("outcome", page.ask("set", moving=True))
        assert outcome["prints"][0]["label"] == "count"
        assert outcome["prints"][0]["value"] == 41
        outcome = page.until_is("outcome", page.ask("set", values={"high": None}))
        assert outcome["prints"][0]["value"] == 1


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("", "JSON"),
        ("[]", "JSON"),
        ("[" * 100_000, "JSON"),
        ('{"do": "set", "values": {"high": NaN}}', "JSON"),
        ('{"do": "set", "values": {"high": ' + "9" * 10_000 + "}}", "JSON"),
        ('{"do": "set", "values": {"high": ' + "9" * 400 + "}}", "constants by name"),
        ('{"do": "set", "values": {"high": 1e400}}', "constants by name"),
        ('{"serial": 3}', "`do` is one of"),
        ('{"do": ["set"]}', "`do` is one of"),
        ('{"do": "run", "serial": 3}', "`do` is one of"),
        ('{"do": "set", "serial": "3"}', "whole number"),
        ('{"do": "set", "serial": true}', "whole number"),
        ('{"do": "set", "text": 3}', "`text` of `set` is a text"),
        ('{"do": "set", "values": [1]}', "constants by name"),
        ('{"do": "set", "values": {"high": {}}}', "constants by name"),
        ('{"do": "set", "values": {"high": [[1]]}}', "constants by name"),
        ('{"do": "set", "path": "/etc/passwd"}', "has no 'path'"),
        ('{"do": "want"}', "`ids` of `want`"),
        ('{"do": "want", "ids": [1]}', "`ids` of `want`"),
        ('{"do": "keep", "name": ""}', "`name` of `keep`"),
        ('{"do": "case", "case": "none"}', "no case"),
        (b"\xff\x00", "JSON"),
    ],
)
def test_a_message_that_is_none_gets_an_answer_and_ends_nothing(lasting_server, sent, told):
    with a_page(lasting_server) as page:
        page.until_is("outcome")
        page.connection.send(sent)
        answer = page.until_is("said")
        assert told in answer["message"]
        assert answer["problem"]
        assert page.until_is("outcome", page.ask("set", values={"high": 70}))["set"]


def test_values_that_a_parameter_does_not_take_are_told(server):
    with a_page(server) as page:
        page.until_is("outcome")
        for values in ({"high": 300}, {"high": "many"}, {"high": [1]}, {"low": 3}, {"": 3}):
            serial = page.ask("set", values=values)
            found = page.until(lambda m, s=serial: m.get("serial") == s)
            assert found.get("problem") or found["diagnostics"]
            page.until_is("outcome", page.ask("set", values=dict.fromkeys(filter(None, values))))
        assert page.until_is("outcome", page.ask("set"))["diagnostics"] == []


def test_a_message_that_is_too_long_ends_its_page_only(server):
    with a_page(server) as page, a_page(server) as other:
        page.until_is("outcome")
        other.until_is("outcome")
        page.ask("set", text="/" * 1_500_000)
        assert "at most" in page.until_is("said")["message"]
        with pytest.raises(ConnectionClosed):
            page.ask("set", text="/" * 5_000_000)
            while True:
                page.next()
        assert other.until_is("outcome", other.ask("set", values={"high": 70}))["set"]


def test_pages_are_apart(server):
    with a_page(server) as page, a_page(server) as other:
        page.until_is("outcome")
        assert other.until_is("outcome")["prints"][0]["value"] == 1
        page.until_is("outcome", page.ask("set", values={"high": 70}))
        outcome = other.until_is("outcome", other.ask("set"))
        assert outcome["set"] == {}
        assert outcome["prints"][0]["value"] == 1


def test_a_page_that_goes_while_it_is_answered_is_no_matter(server):
    for _ in range(5):
        with a_page(server) as page:
            page.next()
            for high in range(50):
                page.ask("set", values={"high": high})
        with a_page(server) as page:
            page.connection.socket.close()
    with a_page(server) as page:
        assert page.until_is("outcome")["prints"]


def test_the_line_is_the_command_that_gives_what_is_seen(server):
    with a_page(server) as page:
        page.until_is("outcome")
        page.until_is("outcome", page.ask("set", values={"high": 70}))
        line = page.until_is("line", page.ask("line"))["line"]
        assert line.split()[:2] == ["voxlogica", "run"]
        assert line.endswith("bright.imgql -D high=70")


def test_nothing_that_a_program_saves_is_written(program):
    effects = PROGRAM + 'import "simpleitk"\nwritten = WriteImage(scan, "effect.nii.gz")\n'
    program.write_text(effects)
    with a_studio(program) as server, a_page(server) as page:
        outcome = page.until_is("outcome")
        assert [path.rpartition("/")[2] for path in outcome["saves"]] == ["out.nii.gz"]
        page.until_is("outcome", page.ask("set", values={"high": 70}))
    assert {path.name for path in program.parent.iterdir()} == {"scan.nii.gz", "bright.imgql"}


def test_messages_are_json_without_numbers_that_are_none(program):
    program.write_text('let a = 1 / 0\nlet b = 0 / 0\nlet c = [a, b]\nprint "c" c\n')
    with a_studio(program) as server, a_page(server) as page:
        outcome = page.until_is("outcome")
        json.dumps(outcome, allow_nan=False)
        assert outcome["prints"][0]["value"] == ["inf", "nan"]


def test_how_far_the_first_computation_is_is_told_and_nothing_after_its_end(server):
    with a_page(server) as page:
        page.until_is("outcome")
        page.until_is("outcome", page.ask("set", values={"high": 70}))
        kinds = [one["is"] for one in page.seen]
        busy = [one for one in page.seen if one["is"] == "busy"]
        assert kinds[0] == "opened"
        assert all(0 <= one["done"] <= one["of"] for one in busy)
        assert {one["operator"] for one in busy}
        assert "busy" not in kinds[kinds.index("outcome") :]


def test_a_long_loop_is_left_when_something_else_is_wanted(server):
    """Also for other pages, whose turn comes after."""
    loop = 'let r = fold + (for n in range(0, 900000) do fold + [n, 1])\nprint "r" r\n'
    with a_page(server) as page:
        page.until_is("outcome")
        serial = page.ask("set", text=f"{PROGRAM}{loop}")
        assert page.until_is("outcome", page.ask("set", text=PROGRAM))["diagnostics"] == []
        assert serial not in [one.get("serial") for one in page.seen]
        page.ask("set", text=f"{PROGRAM}{loop}")
    with a_page(server) as other:  # whoever has gone wants nothing any more
        assert other.until_is("outcome")["prints"][0]["value"] == 1
