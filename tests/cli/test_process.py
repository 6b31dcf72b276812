"""The command as a process: streams, signals, exit status, and what it imports."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest
import SimpleITK as sitk  # noqa: N813

from tests.stuck import STUCK
from voxlogica.cli.files import PAGE

VOXLOGICA = [sys.executable, "-m", "voxlogica"]
STOPPING = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]

needs_a_full_disk = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="there is no /dev/full"
)


@pytest.fixture(autouse=True)
def folder(dots) -> Path:
    Path("scalars.imgql").write_text('print "sum" 3 .+. 0.5\nprint "yes" 1 .<. 2\n')
    return dots


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*VOXLOGICA, *arguments], capture_output=True, text=True, check=False, **options
    )


def imported(*arguments: str) -> set[str]:
    """The modules that a command imports."""
    found = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "voxlogica", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        line.rpartition("|")[2].strip()
        for line in found.stderr.splitlines()
        if line.startswith("import time:")
    }


def test_exit_status_and_streams_of_a_good_a_wrong_and_a_misused_command():
    good = run("run", "scalars.imgql")
    assert (good.returncode, good.stdout, good.stderr) == (0, "sum=3.5\nyes=true\n", "")
    Path("wrong.imgql").write_text('print "a" nothing\n')
    wrong = run("run", "wrong.imgql")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("wrong.imgql:1:11: error: ")
    assert "\x1b" not in wrong.stderr
    misused = run("run")
    assert (misused.returncode, misused.stdout) == (2, "")


@pytest.mark.parametrize("arguments", [["version"], ["--help"], ["run", "--help"]])
def test_help_and_version_import_nothing_heavy(arguments):
    heavy = {"numpy", "SimpleITK", "numba", "dask", "lark", "rich", "asyncio"}
    assert imported(*arguments) & heavy == set()


def test_a_program_of_scalars_imports_no_image_library():
    heavy = {"SimpleITK", "numba", "distributed", "rich", "lark"}
    assert imported("run", "scalars.imgql") & heavy == set()


def stuck_run(*saves: str) -> subprocess.Popen[str]:
    """A run that has written these files, hidden still, and is inside an endless operation."""
    commands = "".join(f'save "{path}" r\n' for path in saves)
    Path("stuck.imgql").write_text(
        f'load m = "dots.png"\nlet r = intensity(m) >. 100\n{commands}print "v" stuck(volume(r))\n'
    )
    process = subprocess.Popen(
        [
            *(sys.executable, "-c", STUCK, "run", "-v", "-j", "2", "stuck.imgql"),
            *("--json", "j/r.json", "--report", "j/p.html"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    guard = threading.Timer(60, process.kill)  # a broken run must not hang the tests
    guard.start()
    awaited = {"stuck now", *(f"save {path}" for path in saves)}
    while awaited:
        line = process.stderr.readline()
        assert line, f"the run ended, but there was no {awaited}"
        awaited = {text for text in awaited if text not in line}
    guard.cancel()
    return process


@pytest.mark.parametrize(("number", "status"), STOPPING)
@pytest.mark.parametrize("times", [1, 3])  # wrappers send a signal on, and so twice
def test_a_signal_stops_a_run_inside_a_kernel_and_only_its_report_is_left(number, status, times):
    Path("stuck.imgql").touch()
    Path("j").mkdir()
    Path("j/r.json").write_text('{"status": "done", "comment": "of the run before"}')
    Path("j/p.html").write_bytes(b"of the run before: " + PAGE)
    before = sorted(Path().rglob("*"))
    process = stuck_run("new/deep/r.nii.gz", "r.png")
    for _ in range(times):
        process.send_signal(number)
    # Without the interruption, it would take an hour.
    out, error = process.communicate(timeout=30)
    assert (process.returncode, out) == (status, "")
    assert "interrupted" in error
    assert "Traceback" not in error
    assert sorted(Path().rglob("*")) == before
    report = json.loads(Path("j/r.json").read_text())
    assert (report["status"], report["error"]) == ("interrupted", "error: interrupted")
    assert (report["print"], report["layers"]) == ([], [])
    assert report["stats"]["by_operator"]["load"]["computed"] == 1
    page = Path("j/p.html").read_text()
    assert page.endswith("</html>\n") and ">Interrupted<" in page
    assert "intensity(m) &gt;. " in page and ">load<" in page


# The command, interrupted when it comes to import a module.
INTERRUPTED = """
import os, signal, sys

module = sys.argv.pop(1)

class Interrupting:
    def find_spec(self, name, path, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
            getattr(os, "getpid")()  # in Python, so that a handler comes to run

sys.meta_path.insert(0, Interrupting())
from voxlogica.cli import main
main()
"""


@pytest.mark.parametrize(
    "module",
    [
        "click",
        "voxlogica.cli.process",
        "voxlogica.cli.run",
        "voxlogica.running",
        "voxlogica.syntax.parser",
    ],
)
def test_an_interruption_while_modules_are_imported_ends_without_a_traceback(module):
    process = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, module, "run", "scalars.imgql"],
        capture_output=True,
        text=True,
        check=False,
    )
    # A shell shows both as 130.
    assert process.returncode in (130, -signal.SIGINT)
    assert process.stdout == ""
    assert process.stderr in ("", "error: interrupted\n")


@pytest.mark.parametrize(
    ("command", "module"),
    [
        (command, m)
        for m in ("click", "voxlogica.running", "voxlogica.syntax.parser")
        for command in ("run", "check")
    ],
)
def test_the_report_is_of_this_run_wherever_it_was_interrupted(command, module):
    Path("r.json").write_text('{"status": "done", "error": null}')
    subprocess.run(
        [
            *(sys.executable, "-c", INTERRUPTED, module),
            *(command, "scalars.imgql", "--json", "r.json"),
        ],
        capture_output=True,
        check=False,
    )
    report = json.loads(Path("r.json").read_text())
    assert report["error"] == "error: interrupted"
    assert report.get("status") == ("interrupted" if command == "run" else None)


def test_a_process_that_is_ended_before_it_can_report_leaves_no_report_of_another():
    """As where modules come from a disk that does not answer."""
    Path("r.json").write_text('{"status": "done", "error": null}')
    before = sorted(Path().iterdir())
    stuck = INTERRUPTED.replace('getattr(os, "getpid")()', "[signal.pause() for _ in range(9)]")
    process = subprocess.run(
        [
            sys.executable,
            "-c",
            stuck,
            "voxlogica.running",
            "run",
            "scalars.imgql",
            "--json",
            "r.json",
        ],
        check=False,
    )
    assert process.returncode == 128 + signal.SIGINT
    assert sorted(Path().iterdir()) == [path for path in before if path.name != "r.json"]


def test_importing_the_command_line_changes_no_signal():
    code = (
        "import signal\nbefore = [signal.getsignal(n) for n in signal.valid_signals()]\n"
        "import voxlogica.cli, voxlogica.cli.process\n"
        "assert before == [signal.getsignal(n) for n in signal.valid_signals()]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


WRAPPED = """
import os, signal
from voxlogica.cli import interruption, reporting

class Interrupting:
    def __set_name__(self, owner, name):
        os.kill(os.getpid(), signal.SIGINT)

@reporting.reporting
def command():
    class Interrupted:
        member = Interrupting()

try:
    with interruption.interruptible():
        command(debug=False)
except interruption.Interrupted as interrupted:
    print(interrupted.status)
"""


def test_an_interruption_that_python_wraps_is_not_called_a_defect():
    process = subprocess.run([sys.executable, "-c", WRAPPED], capture_output=True, check=False)
    assert (process.stdout, process.stderr) == (b"130\n", b"")


def test_a_hang_up_is_ignored_where_it_was_as_below_nohup():
    code = (
        "import os, signal\nfrom voxlogica.cli.interruption import interruptible\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "with interruptible(): os.kill(os.getpid(), signal.SIGHUP)\n"
        "print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (process.stdout, process.stderr) == (b"True\n", b"")


# Interrupted when the main thread has come to wait, and is not woken: as by what comes in the
# moment before that. With this interval, it is there when another thread goes on.
UNSEEN = """
import os, signal, sys, threading
from voxlogica.cli.interruption import Interrupted, interruptible

number = int(sys.argv[1])
begin, never = threading.Lock(), threading.Lock()

def interrupt():
    begin.acquire()
    os.kill(os.getpid(), number)

begin.acquire()
never.acquire()
threading.Thread(target=interrupt).start()
try:
    with interruptible():
        signal.pthread_sigmask(signal.SIG_BLOCK, [number])  # so another thread gets it
        sys.setswitchinterval(3600)
        begin.release()
        never.acquire()
except Interrupted as interrupted:
    os._exit(interrupted.status)
"""


@pytest.mark.parametrize(("number", "status"), STOPPING)
def test_a_signal_that_python_only_notes_stops_the_main_thread_all_the_same(number, status):
    command = [sys.executable, "-c", UNSEEN, str(int(number))]
    assert subprocess.run(command, timeout=60, check=False).returncode == status


@pytest.mark.slow
def test_a_signal_stops_a_run_whenever_it_comes():
    """When its main thread begins to wait is not known here: so at any time, hundreds of times."""
    Path("j").mkdir()
    for step in range(200):
        process = stuck_run()
        time.sleep(step / 50_000)
        number, status = STOPPING[step % len(STOPPING)]
        process.send_signal(number)
        process.communicate(timeout=30)
        assert process.returncode == status


PLACING = """
import os, signal, sys
from voxlogica.images.writing import Staging

def commit(self, put=Staging.commit):
    os.kill(os.getpid(), signal.SIGTERM)
    put(self)
    os.kill(os.getpid(), signal.SIGINT)

Staging.commit = commit
sys.argv = ["voxlogica", "run", "p.imgql", "--json", "r.json"]
from voxlogica.cli import main

main()
"""


def test_a_signal_that_comes_while_files_are_put_in_place_is_too_late():
    Path("p.imgql").write_text('save "a.csv" [[1]]\nprint "x" 1\nassert "no" 1 > 2')
    done = subprocess.run([sys.executable, "-c", PLACING], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (3, "x=1\n")
    assert json.loads(Path("r.json").read_text())["status"] == "done"
    assert Path("a.csv").read_text() == "1\n"
    assert not list(Path().glob(".*"))


HANGING = """
import time
from voxlogica.cli.interruption import interruptible

with interruptible():
    try:
        print("now", flush=True)
        time.sleep(3600)
    finally:
        time.sleep(3600)
"""


def test_clean_up_that_hangs_does_not_keep_the_process():
    process = subprocess.Popen([sys.executable, "-c", HANGING], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "now\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130


def test_a_closed_standard_output_ends_quietly_and_keeps_the_files():
    Path("p.imgql").write_text('load m = "dots.png"\nsave "o.nii" intensity(m)\nprint "a" 1\n')
    for arguments in (["run", "p.imgql"], ["ops"]):
        reading, writing = os.pipe()
        os.close(reading)
        process = subprocess.run(
            [*VOXLOGICA, *arguments], stdout=writing, stderr=subprocess.PIPE, check=False
        )
        os.close(writing)
        assert (process.returncode, process.stderr) == (141, b"")
    assert Path("o.nii").is_file()


@needs_a_full_disk
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("arguments", [["run", "scalars.imgql"], ["--help"], ["ops"]])
def test_a_full_disk_below_standard_output_is_told(arguments, encoding):
    with Path("/dev/full").open("w") as full:
        process = subprocess.run(
            [*VOXLOGICA, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONIOENCODING": encoding},
            check=False,
        )
    said = b"error: cannot write to standard output: no space left on device\n"
    assert (process.returncode, process.stderr) == (1, said)


@pytest.mark.parametrize(
    "arguments",
    [
        *(["run", "scalars.imgql"], ["run", "scalars.imgql", "--json", "-"], ["--help"]),
        *(["check", "scalars.imgql", "--json", "-"], ["plan", "scalars.imgql"], ["ops"]),
        *(["run", "--help"], ["version"], ["--version"], ["completion", "bash"]),
        *(["cache", "info", "--cache", "c"], ["repl", "--no-cache"]),
    ],
)
def test_a_standard_output_that_was_closed_from_the_start_is_told(arguments):
    process = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *VOXLOGICA, *arguments],
        input=b"3 * 4\n",
        stderr=subprocess.PIPE,
        check=False,
    )
    said = b"error: cannot write to standard output: it is closed\n"
    assert (process.returncode, process.stderr) == (1, said)


def test_a_closed_standard_output_does_not_matter_to_who_writes_nothing_there():
    Path("p.imgql").write_text('load m = "dots.png"\nsave "o.nii.gz" intensity(m)\n')
    script = '"$@" >&- 2>&- <&-'
    done = subprocess.run(["sh", "-c", script, "sh", *VOXLOGICA, "run", "p.imgql"], check=False)
    assert done.returncode == 0
    assert sitk.GetArrayFromImage(sitk.ReadImage("o.nii.gz")).sum() == 600


@needs_a_full_disk
@pytest.mark.parametrize(
    ("arguments", "status"), [(["run", "nothing.imgql"], 1), (["run", "--nothing"], 2)]
)
def test_the_status_tells_what_a_full_disk_below_standard_error_cannot(arguments, status):
    with Path("/dev/full").open("w") as full:
        process = subprocess.run([*VOXLOGICA, *arguments], stderr=full, check=False)
    assert process.returncode == status


@needs_a_full_disk
def test_nothing_is_printed_when_the_report_cannot_be_written():
    found = run("run", "scalars.imgql", "--json", "/dev/full")
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == "error: cannot write /dev/full: no space left on device\n"


def test_json_can_go_to_a_pipe():
    reading, writing = os.pipe()
    process = run("run", "scalars.imgql", "--json", f"/dev/fd/{writing}", pass_fds=[writing])
    os.close(writing)
    with os.fdopen(reading) as pipe:
        assert pipe.read().startswith('{\n  "print"')
    assert (process.returncode, process.stdout) == (0, "sum=3.5\nyes=true\n")


def test_names_and_texts_of_any_script_are_known_below_a_locale_that_has_ascii_only():
    Path("größe.imgql").write_text(
        'load m = "dots.png"\nsave "caffè/脳.nii" intensity(m)\nprint "größe" "脳"\n'
    )
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [*VOXLOGICA, "run", "größe.imgql"],
        capture_output=True,
        env={**os.environ, **locale},
        check=False,
    )
    assert (done.returncode, done.stdout.decode(), done.stderr) == (0, "größe=脳\n", b"")
    assert Path("caffè/脳.nii").is_file()


def test_names_of_files_that_are_no_text_go_out_as_the_bytes_they_are():
    Path("cases").mkdir()
    Path(os.fsdecode(b"cases/t\xe9l.nii")).touch()
    Path("p.imgql").write_text('print "files" dir("cases")\n')
    done = subprocess.run([*VOXLOGICA, "run", "p.imgql"], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"files=[t\xe9l.nii]\n")


def test_labels_of_any_script_are_printed_whatever_the_locale():
    Path("p.imgql").write_text('print "caffè 脳" 1\n', encoding="utf-8")
    for locale, shown in (("C.UTF-8", "caffè 脳=1\n"), ("en_US.ISO-8859-1", None)):
        process = subprocess.run(
            [*VOXLOGICA, "run", "p.imgql"],
            capture_output=True,
            env={**os.environ, "LC_ALL": locale},
            check=False,
        )
        assert (process.returncode, process.stderr) == (0, b"")
        if shown:
            assert process.stdout.decode() == shown
    process = subprocess.run(
        [*VOXLOGICA, "run", "p.imgql"],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert process.stdout == b"caff\\xe8 \\u8133=1\n"


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colour_and_the_bar_are_for_terminals(variables, coloured):
    Path("p.imgql").write_text('load m = "dots.png"\nsave "big.png" intensity(m) *. 2\n')
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"}
    master, terminal = os.openpty()
    process = subprocess.run(
        [*VOXLOGICA, "run", "p.imgql"],
        stdout=subprocess.PIPE,
        stderr=terminal,
        env=environment | variables,
        check=False,
    )
    os.close(terminal)
    shown = b""
    # On Linux, a terminal whose other end is closed reads as an error.
    with suppress(OSError):
        while chunk := os.read(master, 65536):
            shown += chunk
    os.close(master)
    assert (process.returncode, process.stdout) == (0, b"")
    assert b"warning" in shown
    assert (b"\x1b[1;33m" in shown) == coloured
