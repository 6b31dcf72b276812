"""`voxlogica run --report`: a page of what came of a run, whatever came of it."""

import subprocess
import sys
from pathlib import Path

PROGRAM = 'load img = "dots.png"\nbright = intensity(img) > 100 // three of them\n'


def run(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "voxlogica", "run", *map(str, arguments)],
        capture_output=True,
        text=True,
        **options,
    )


def write(text, name="p.imgql"):
    Path(name).write_text(PROGRAM + text)
    return name


def test_prints_and_assertions_are_there(dots):
    program = write('print "voxels <b>" volume(bright)\nassert "three" volume(bright) == 3\n')
    done = run(program, "--report", "page.html")
    assert (done.returncode, done.stdout) == (0, "voxels <b>=3\n")
    page = Path("page.html").read_text()
    assert "voxels &lt;b&gt;" in page and "<b>3</b>" in page
    assert "✓ holds" in page and "the assertion holds" in page


def test_a_false_assertion_is_seen_first(dots):
    done = run(write('assert "four" volume(bright) == 4\n'), "--report", "page.html")
    assert done.returncode == 3
    page = Path("page.html").read_text()
    assert "an assertion is false" in page and "✗ false" in page


def test_a_program_that_is_wrong_leaves_a_page_that_says_why(dots):
    done = run(write('print "a" brigth\n'), "--report", "page.html")
    assert done.returncode == 1
    page = Path("page.html").read_text()
    assert "Failed" in page and "<mark>brigth</mark>" in page


def test_a_page_can_go_to_standard_output(dots):
    done = run(write('print "a" 1\n'), "--report", "-")
    assert done.stdout.startswith("<!doctype html>") and done.stdout.endswith("</html>\n")


def test_no_program_or_image_is_replaced(dots):
    program = write('print "a" 1\n')
    for name in (program, "page.nii.gz", "dots.png"):
        done = run(program, "--report", name)
        assert done.returncode in (1, 2) and "cannot write" in done.stderr
    assert Path("dots.png").read_bytes()[:4] == b"\x89PNG"
