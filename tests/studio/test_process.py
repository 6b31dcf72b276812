"""The command: an address on standard output, a studio behind it, and an end."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.studio.studios import PROGRAM, Page, write_scan

VOXLOGICA = [sys.executable, "-m", "voxlogica"]
ADDRESS = re.compile(r"bright\.imgql: (http://127\.0\.0\.1:(\d+)/[-\w]{43}/)\n")


class Studio:
    """A process that runs `voxlogica studio`, with its address."""

    def __init__(self, *arguments: str) -> None:
        command = [*VOXLOGICA, "studio", "bright.imgql", "--no-cache", *arguments]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline()
        found = ADDRESS.fullmatch(self.first)
        assert found, self.process.communicate()[1]
        self.address, self.port = found[1], int(found[2])

    def page(self):
        """A connection as the page has one."""
        address = f"{self.address.replace('http', 'ws')}live"
        return connect(address, origin=f"http://127.0.0.1:{self.port}", max_size=None)

    def end(self, number: int) -> tuple[int, str, str]:
        """Send a signal; the status, and what was written after the address."""
        self.process.send_signal(number)
        out, err = self.process.communicate()
        return self.process.returncode, out, err


@pytest.fixture
def studio(program):
    """Starts studios, of which none is left in the end."""
    started = []

    def start(*arguments: str) -> Studio:
        started.append(Studio(*arguments))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


def children(of: int) -> set[int]:
    """The processes that a process has started, and those that these have."""
    found = set()
    for each in Path(f"/proc/{of}/task").glob("*/children"):
        for child in map(int, each.read_text().split()):
            found |= {child} | children(child)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_leaves_nothing(studio, number):
    one = studio()
    with one.page() as connection:
        page = Page(connection)
        page.until_is("outcome")
        started = children(one.process.pid) if sys.platform == "linux" else set()
        status, out, err = one.end(number)
    assert status == 128 + number
    assert out == ""
    assert err == "-- Ctrl-C ends the studio\n"
    assert not [child for child in started if Path(f"/proc/{child}").exists()]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", one.port)).close()


def test_a_signal_ends_it_also_while_it_computes(studio):
    one = studio()
    with one.page() as connection:
        page = Page(connection)
        for high in range(100):
            page.ask("set", values={"high": high})
        status, _, err = one.end(signal.SIGTERM)
    assert status == 128 + signal.SIGTERM
    assert "Traceback" not in err


def test_the_token_is_shown_once_and_told_to_nobody_else(studio):
    one = studio()
    token = one.address.rstrip("/").rpartition("/")[2]
    with urlopen(one.address) as answer:
        assert token.encode() not in answer.read()
    with one.page() as connection:
        Page(connection).until_is("outcome")
        with suppress(ConnectionClosed):
            connection.send(b"\xff")
            connection.send("x" * 5_000_000)
    with socket.create_connection(("127.0.0.1", one.port)) as raw:
        raw.sendall(f"BREW /{token}/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n".encode())
        with suppress(ConnectionError):
            raw.recv(1000)
    arguments = Path(f"/proc/{one.process.pid}/cmdline")
    if arguments.exists():
        assert token.encode() not in arguments.read_bytes()
    _, out, err = one.end(signal.SIGTERM)
    assert token not in out + err


def test_a_port_can_be_chosen_and_is_free_again_afterwards(studio):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    one = studio("--port", str(port))
    assert one.port == port
    again = run("studio", "bright.imgql", "--port", str(port))
    assert again.returncode == 1
    assert f"cannot listen on port {port}: address already in use" in again.stderr
    one.end(signal.SIGINT)
    assert studio("--port", str(port)).port == port


def test_values_and_cases_of_the_command_line(studio, program):
    program.write_text(
        PROGRAM.replace("scan.nii", "$CASE/scan.nii").replace("out.nii", "$CASE.nii")
    )
    for case in ("a", "b"):
        program.with_name(case).mkdir()
        write_scan(program.parent / case / "scan.nii.gz")
    one = studio("--cases", "{CASE}/scan.nii.gz", "-D", "high=70")
    with one.page() as connection:
        page = Page(connection)
        assert page.next()["cases"] == ["a", "b"]
        assert page.until_is("outcome")["prints"][0]["value"] == 41


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*VOXLOGICA, *arguments], capture_output=True, text=True, check=False, **options
    )


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["nothing.imgql"], 1, "there is no program nothing.imgql"),
        (["bright.imgql", "--cases", "-"], 2, "a table of cases is a file here"),
        (["bright.imgql", "--cases", "none/{CASE}.nii.gz"], 1, "none"),
        (["bright.imgql", "--port", "70000"], 2, "70000"),
        (["bright.imgql", "--cache", "x", "--no-cache"], 2, "exclude each other"),
        ([], 2, "Missing argument 'PROGRAM'"),
    ],
)
def test_what_is_wrong_is_told_before_there_is_an_address(program, arguments, status, told):
    found = run("studio", *arguments)
    assert found.returncode == status
    assert found.stdout == ""
    assert told in found.stderr


def test_what_has_to_be_installed_is_told(program):
    # As where the extra is not.
    hidden = (
        "import sys\n"
        "sys.modules['starlette'] = sys.modules['watchfiles'] = None\n"
        "from voxlogica.cli import main\n"
        "main()\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", hidden, "studio", "bright.imgql"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 1
    assert "the studio needs the packages starlette, watchfiles" in found.stderr
    assert "pip install 'voxlogica[studio]'" in found.stderr


def test_other_commands_import_nothing_of_it(program):
    code = (
        "import sys, voxlogica\nfrom voxlogica.cli.commands import voxlogica as command\n"
        "command.main(['check', 'bright.imgql'], standalone_mode=False)\n"
        "wrong = {'starlette', 'uvicorn', 'websockets', 'asyncio', 'voxlogica.studio'}\n"
        "print(sorted(wrong & sys.modules.keys()))\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ
    )
    assert found.stdout.splitlines()[-1] == "[]"
