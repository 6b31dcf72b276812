"""The report of what is seen: a page to hand on."""

from __future__ import annotations

from functools import partial
from urllib.parse import urlsplit

import pytest

from tests.studio.studios import PROGRAM, a_page, a_studio, answer
from voxlogica.cli.studio import _circumstances


@pytest.fixture
def server(program):
    """A studio that makes reports, as the command line starts it."""
    told = partial(_circumstances, {"dialect": None})
    with a_studio(program, circumstances=told) as server:
        yield server


def report(server, address: str):
    return answer(server, urlsplit(server.address).path + address)


def test_a_report_tells_what_is_seen_and_is_a_download(server, program):
    with a_page(server) as page:
        page.until_is("outcome")
        text = PROGRAM.replace('"voxels"', '"count of voxels"')
        page.ask("set", text=text, values={"high": 70})
        address = page.until_is("report", page.ask("report"))["address"]
        found = report(server, address)
        assert found.status == 200
        assert "attachment" in found.headers["content-disposition"]
        html = found.body.decode()
        assert "count of voxels" in html
        assert "high=70" in html
        assert "41" in html
        assert "not written" in html
        assert "was not saved" in html
        assert "data:image/png" in html
        assert urlsplit(server.address).path.strip("/") not in html
        assert {path.name for path in program.parent.iterdir()} == {"scan.nii.gz", program.name}


def test_a_program_that_is_wrong_has_no_report(server):
    with a_page(server) as page:
        page.until_is("outcome")
        page.ask("set", text=f"{PROGRAM}print")
        assert "no report" in page.until_is("said", page.ask("report"))["message"]


def test_the_last_reports_are_there_and_no_other(server):
    with a_page(server) as page:
        page.until_is("outcome")
        made = [page.until_is("report", page.ask("report"))["address"] for _ in range(5)]
        assert [report(server, address).status for address in made] == [404, *[200] * 4]
        assert report(server, "report/99.html").status == 404
