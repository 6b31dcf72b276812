"""`voxlogica run --report`: a page of what came of a run, whatever came of it."""

import hashlib
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
    program = write(
        'print "voxels <b>" volume(bright)\nprint "s" "a"\nassert "three" volume(bright) == 3\n'
    )
    done = run(program, "--report", "page.html")
    assert (done.returncode, done.stdout) == (0, "voxels <b>=3\ns=a\n")
    page = Path("page.html").read_text()
    assert "voxels &lt;b&gt;" in page and "<b>3</b>" in page and "<b>a</b>" in page
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


def test_without_sliders_there_are_no_volumes(dots):
    program = write('save "b.png" bright\n')
    run(program, "--report", "with.html")
    done = run(program, "--report", "page.html", "--no-slider")
    assert done.returncode == 0
    page = Path("page.html").read_text()
    assert 'class="volumes"' not in page and "new Viewer" not in page
    assert page.count("<img") == 1 and "b over dots" in page
    assert len(page) < len(Path("with.html").read_text())


def test_no_slider_is_of_a_page(dots):
    done = run(write('print "a" 1\n'), "--no-slider")
    assert done.returncode == 2 and "--report" in done.stderr
    options = ("--cases", "{CASE}.png", "--report", "page.html", "--no-slider")
    done = run(write('print "a" 1\n'), *options)
    assert done.returncode == 2 and "that of cases has none" in done.stderr


def test_names_of_folders_of_users_are_not_there(dots, monkeypatch):
    home = dots / "home" / "anna"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    program = home / "secret.imgql"
    program.write_text(f'load img = "{dots}/dots.png"\nsave "{home}/r.png" img > 3\n')
    done = run(program, "--report", "page.html")
    assert done.returncode == 0
    page = Path("page.html").read_text()
    before, program_and_more = page.split('<section id="program">')
    _, after = program_and_more.split("</section>", 1)
    assert "anna" not in before + after
    plan, repeat = after.split('id="repeat"')
    assert "~/secret.imgql" in repeat and "~/r.png" in repeat and "~/r.png" in plan


def test_the_program_is_there_with_its_library_and_what_repeats_the_run(dots):
    Path("lib.imgql").write_text("let twice(a) = a .*. 2 // of mine\n")
    program = write('import "lib.imgql"\nparam n = 3\nprint "n" twice(n)\n')
    run(program, "--report", "page.html", "-D", "n=4")
    page = Path("page.html").read_text()
    assert "// of mine" in page and "// three of them" in page
    assert "voxlogica run p.imgql -D n=4" in page

    for name in ("p.imgql", "lib.imgql", "dots.png"):
        assert hashlib.sha256(Path(name).read_bytes()).hexdigest() in page
