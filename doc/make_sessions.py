"""Write what commands say into the sessions of a page: blocks of ```console, commands after `$ `.

python doc/make_sessions.py doc/study.md doc/cases.md doc/why.md doc/cluster.md

The commands of a page are run one after another, in a folder that has the examples and nothing
else; so what a page shows is what its reader sees. What takes time says how long it took: that
differs from run to run, and `alike` has it left out. A command that ends in `&` goes on until the
page does, and its output is to go elsewhere; what is exported holds for the rest of the page.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).parents[1]
BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
# A command, and the lines that it goes on in: after a `\`, and up to the END of `<<END`.
COMMAND = re.compile(r"^\$ (.*<<(\w+)\n(?:.*\n)*?\2\n|(?:.*\\\n)*.*\n)", re.MULTILINE)
DURATION = re.compile(r"\b\d+(\.\d+)? ?(m?s|min|seconds?|minutes?)\b")
# How far a run is, told every ten seconds where there is no terminal; on one there is a bar.
PROGRESS = re.compile(r"^\d+ of \d+ cases.*\n", re.MULTILINE)


def prepared(folder: Path) -> Path:
    """The folder, with the examples as they are in a checkout before anything was run."""
    results = shutil.ignore_patterns("input", "output", "result.png", "__pycache__")
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=results)
    return folder


def environment(folder: Path) -> dict[str, str]:
    """The variables of a shell in which this Python's environment was activated."""
    scripts = Path(sys.executable).parent
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")},
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "VOXLOGICA_CACHE": str(folder / ".cache"),
        "COLUMNS": "80",
        "LC_ALL": "C.UTF-8",
    }


def written(page: str, folder: Path) -> str:
    """The page, with what its commands say in `folder`."""
    status, exported = 0, ""
    going_on = list[int]()

    def told(block: re.Match[str]) -> str:
        nonlocal status, exported
        shown = ""
        for command in (found[1] for found in COMMAND.finditer(block[0])):
            process = subprocess.Popen(
                ["bash", "-c", f"{exported}(exit {status})\n{command}"],  # `$?` is the last one's
                cwd=folder,
                env=environment(folder),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                start_new_session=True,
            )
            if command.startswith("export "):
                exported += command
            if command.endswith("&\n"):
                going_on.append(process.pid)
            said, _ = process.communicate()
            status = process.returncode
            shown += f"$ {command}{PROGRESS.sub('', said)}"
        return shown

    try:
        return BLOCK.sub(told, page)
    finally:
        for group in going_on:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)


def alike(page: str) -> str:
    """The page without how long things took."""
    return DURATION.sub("… s", page)


if __name__ == "__main__":
    for file in map(Path, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as folder:
            page = written(file.read_text(encoding="utf-8"), prepared(Path(folder)))
        file.write_text(page, encoding="utf-8")
