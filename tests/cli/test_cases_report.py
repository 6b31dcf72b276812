"""`voxlogica run --cases … --report`: a page with a row and pictures of each case."""

import re
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.cli.test_report_page import run
from voxlogica.images.digests import file_digest

PROGRAM = """\
param least = 100
load scan = "$CASE.nii.gz"
let bright = intensity(scan) >. least
print "voxels" volume(bright)
assert "some" volume(bright) .>. 0
save "out/$CASE_bright.nii.gz" bright
"""


@pytest.fixture
def scans(tmp_path, monkeypatch):
    """Three scans of 8×9×10 voxels, with 2, 4 and no bright ones; the program is `p.imgql`."""
    monkeypatch.chdir(tmp_path)
    for k, bright in enumerate((2, 4, 0)):
        array = np.full((10, 9, 8), 50 + k, np.int16)
        array[5, 4, 1 : 1 + bright] = 200
        sitk.WriteImage(sitk.GetImageFromArray(array), f"p{k}.nii.gz")
    Path("p.imgql").write_text(PROGRAM)
    return tmp_path


def report(*options):
    done = run("p.imgql", "--cases", "{CASE}.nii.gz", "--report", "page.html", *options)
    return done, Path("page.html").read_text() if Path("page.html").exists() else ""


def rows(page):
    """What stands in the row of each case, by its name."""
    return {
        re.search(r'<th scope="row"><a[^>]*>([^<]+)', body)[1]: body
        for body in re.findall(r"<tbody id=.*?</tbody>", page, re.DOTALL)
    }


def test_each_case_has_a_row_with_its_region_on_its_scan(scans):
    done, page = report("--csv", "t.csv")
    assert done.returncode == 3 and not done.stdout
    assert [*rows(page)] == ["p2", "p0", "p1"]
    for name, row in rows(page).items():
        assert row.count("<img") == 6 and f"of {name}.nii.gz" in row
        assert f"{name}_bright: " in row and f"<code>out/{name}_bright.nii.gz</code>" in row
    assert "p0_bright: 2 voxels" in page and "p2_bright: empty" in page
    assert "holds in 2 of 3" in page and 'href="#c2"' in page


def test_the_program_its_cost_and_how_it_is_repeated_are_there(scans):
    _, page = report("--csv", "t.csv", "-D", "least=99")
    assert "voxlogica run p.imgql -D least=99 --cases &#x27;{CASE}.nii.gz&#x27;" in page
    assert ">save</span>" in page and "<code>load</code>" in page
    assert page.count(file_digest("p1.nii.gz")) == 1 and file_digest("p.imgql") in page


def test_a_run_that_goes_on_has_the_pictures_of_what_was_done_before(scans):
    _, first = report("--csv", "t.csv")
    Path("page.html").unlink()
    done, again = report("--csv", "t.csv")
    assert "(3 by an earlier run)" in done.stderr
    pictures = re.findall(r"data:image/png;base64,[^\"]+", first)
    assert pictures and re.findall(r"data:image/png;base64,[^\"]+", again) == pictures


def test_what_was_done_without_pictures_is_carried_out_for_them(scans):
    run("p.imgql", "--cases", "{CASE}.nii.gz", "--csv", "t.csv")
    done, page = report("--csv", "t.csv")
    assert "earlier" not in done.stderr and page.count("<img") == 18
    done = run("p.imgql", "--cases", "{CASE}.nii.gz", "--csv", "t.csv")
    assert "(3 by an earlier run)" in done.stderr  # which wants none


def test_without_a_store_there_are_pictures_too(scans):
    Path("p.imgql").write_text(PROGRAM.replace("_bright", "_$least"))
    _, page = report("--no-cache", "--csv", "t.csv", "--sweep", "least=49,100")
    assert "6 combinations of 3 cases" in page and page.count("<img") == 36


def test_a_case_that_failed_says_why_and_has_no_pictures(scans):
    Path("p1.nii.gz").write_bytes(b"no image")
    done, page = report("--csv", "t.csv")
    assert done.returncode == 1
    first, *_ = rows(page).values()
    assert "✗ failed" in first and "<img" not in first and "p1.nii.gz" in first


def test_a_program_that_is_wrong_in_all_cases_leaves_a_page_that_says_so(scans):
    Path("p.imgql").write_text('load scan = "$CASE.nii.gz"\nprint "a" brigth(scan)\n')
    done, page = report("--csv", "t.csv")
    assert done.returncode == 1 and "brigth" in page and "Failed" in page


def test_the_page_is_none_of_the_cases_nor_a_table(scans):
    done = run("p.imgql", "--cases", "{CASE}.nii.gz", "--csv", "t.csv", "--report", "t.csv")
    assert done.returncode == 2 and "both write to" in done.stderr
    done = run("p.imgql", "--cases", "{CASE}.nii.gz", "--report", "p0.nii.gz")
    assert done.returncode != 0 and Path("p0.nii.gz").read_bytes()[:2] == b"\x1f\x8b"


def test_what_is_wrong_for_all_cases_is_no_case(scans):
    Path("p.imgql").write_text(PROGRAM + 'print "x" nothing\n')
    done, page = report("--csv", "t.csv")
    assert done.returncode == 1
    assert page.count("unknown name `nothing`") == 1
    assert "for 3 cases, of which none was carried out" in page
    assert "1 case" not in page and "<tbody id=" not in page
    assert "voxlogica run p.imgql" not in page
    # It is a page of ours like others.
    Path("p.imgql").write_text(PROGRAM)
    assert [*rows(report("--csv", "t.csv")[1])] == ["p2", "p0", "p1"]
