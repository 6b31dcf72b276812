"""Measure what a program that is live costs: the values anew, and from a slider to the screen.

    python -m benchmarks.studio                     on the phantom
    python -m benchmarks.studio --data DIR --name case_000     on DIR/case_000_flair.nii.gz, _seg
    python -m benchmarks.studio --only live         without a browser

The rows of `live` are timed in turns with whole runs, with which their prints must agree. Those of
the page are of a server in a process of its own and headless Chromium, both on this machine's
cores; through a tunnel, with so many milliseconds each way.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import voxlogica
from benchmarks import table
from benchmarks.inputs import FULL, QUICK, write_inputs
from benchmarks.measuring import Comparison, measured
from benchmarks.tunnel import tunnel
from voxlogica import running
from voxlogica.syntax.source import Source

HERE = Path(__file__).parent
MOVED = HERE / "glioma_live.imgql"
WITH_TEXTURE = HERE.parent / "examples" / "glioma" / "glioma.imgql"
# So many movements of a slider are timed one by one; it is dragged so long.
_MOVEMENTS, _DRAGGED = 40, 4000
_BROWSER = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]

Values = dict[str, float]


def comparisons(definitions: dict[str, str], beside: Executor) -> Iterator[Comparison]:
    """Values anew by what is live, and by a whole run with nothing kept, in a process beside."""
    for program, name, values in (
        (MOVED, "hyper", [0.9 + 0.001 * k for k in range(60)]),
        (MOVED, "very", [0.82 + 0.001 * k for k in range(60)]),
        (WITH_TEXTURE, "alike", [0.55 + 0.001 * k for k in range(60)]),
        (WITH_TEXTURE, "hyper", [0.9 + 0.001 * k for k in range(60)]),
    ):
        yield _comparison(program, name, values, definitions, beside)


def _comparison(
    program: Path,
    name: str,
    values: Sequence[float],
    definitions: dict[str, str],
    beside: Executor,
) -> Comparison:
    # Without what it saves: files are written by runs alone.
    lines = program.read_text().splitlines(keepends=True)
    source = Source(program.name, "".join(line for line in lines if not line.startswith("save")))
    live = voxlogica.Live(source, definitions, cache=False)
    assert not live.set().errors
    # Both go through the same values, each at its own time; one that was the last is another.
    ours, theirs = _around(values), _around(values)

    def again() -> Values:
        outcome = live.set(values={name: next(ours)})
        return {one.label: float(str(one.value)) for one in outcome.prints}

    def whole() -> Values:
        return beside.submit(_whole, source, {**definitions, name: next(theirs)}).result()

    said = f"live: {name}" + (", with texture" if program == WITH_TEXTURE else "")
    return Comparison("live", said, "a whole run", again, whole, _agree, goal=10, rounds=15)


def _whole(source: Source, definitions: dict[str, object]) -> Values:
    report = running.run(source, definitions=definitions, cache=False)
    return {one.name: float(str(one.value)) for one in report.prints}


def _around(values: Sequence[float]) -> Iterator[float]:
    while True:
        yield from values


def _agree(ours: Values, theirs: Values) -> None:
    assert ours == theirs, f"{ours} and {theirs}"


# In a browser


@contextmanager
def served(definitions: dict[str, str]) -> Iterator[str]:
    """The address of a studio with the program, in a process of its own."""
    set_to = [part for name, value in definitions.items() for part in ("-D", f"{name}={value}")]
    with tempfile.TemporaryDirectory() as folder:
        program = Path(shutil.copy(MOVED, folder))
        command = [sys.executable, "-m", "voxlogica", "studio", str(program), *set_to]
        server = subprocess.Popen(
            [*command, "--no-browser"], stdout=subprocess.PIPE, text=True, cwd=folder
        )
        try:
            assert server.stdout is not None
            # After the name of the program.
            yield server.stdout.readline().split(": ", 1)[-1].strip()
        finally:
            server.terminate()
            server.wait()


def in_a_browser(address: str, told: Callable[[str, float, str], None]) -> None:
    """Measure within the page at an address."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=_BROWSER
        )
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.set_default_timeout(120_000)
        page.add_init_script(path=HERE / "in_the_page.js")
        page.goto(address)
        page.evaluate("ready()")
        page.evaluate("watchViewer()")
        values = [round(0.9 + 0.01 * (k * 3 % 9), 2) for k in range(_MOVEMENTS)]
        page.evaluate("values => oneByOne('hyper', values)", values[:5])  # compiled by then
        page.evaluate("measuring.sizes.length = measuring.seconds.length = 0")
        taken = page.evaluate("values => oneByOne('hyper', values)", values)
        noted: dict[str, list[float]] = page.evaluate(
            "({ sizes: measuring.sizes, seconds: measuring.seconds })"
        )
        told("slider to screen, median", statistics.median(taken), "ms, goal 57")
        told("slider to screen, 90 %", sorted(taken)[int(0.9 * len(taken))], "ms, goal 100")
        told("of which the values, median", 1000 * statistics.median(noted["seconds"]), "ms")
        told("bytes a region, median", statistics.median(noted["sizes"]), "goal 20000 at most")
        drag = "([values, time]) => dragged('hyper', values, time)"
        told("pictures a second while dragged", page.evaluate(drag, [values, _DRAGGED]), "goal 30")
        if told is not _through_a_tunnel:
            slices = [*range(40, 100)]
            scroll: dict[str, list[float]] = page.evaluate("scrolled", slices)
            told("a slice drawn, median", statistics.median(scroll["drawing"]), "ms, goal 16")
            told("from slice to slice, median", statistics.median(scroll["frames"]), "ms, goal 17")
        browser.close()


def _tell(what: str, value: float, goal: str) -> None:
    print(f"{what:44} {value:8.1f} {goal}", flush=True)


def _through_a_tunnel(what: str, value: float, goal: str) -> None:
    _tell(f"tunnel: {what}", value, goal.split(",")[0])


def main() -> int:
    """Measure, and print."""
    options = _options()
    definitions = {"DATA": options.data or "", "NAME": options.name}
    if not options.data:
        scale = QUICK if options.quick else FULL
        inputs = Path(tempfile.gettempdir()) / f"voxlogica-benchmarks-{scale.name}"
        write_inputs(inputs, scale)
        definitions |= {"DATA": str(inputs), "NAME": "phantom"}
    if options.only in "live":
        print(table.HEAD)
        # Beside, as what is live here is at hand for all runs of the process.
        with ProcessPoolExecutor(1, get_context("spawn")) as beside:
            for comparison in comparisons(definitions, beside):
                print(table.line(measured(comparison)), flush=True)
    if options.only not in "page tunnel":
        return 0
    if not shutil.which("chromium"):
        print("there is no chromium: the page is not measured", file=sys.stderr)
        return 0
    with served(definitions) as address:
        if options.only in "page":
            in_a_browser(address, _tell)
        if options.only in "tunnel":
            place = urlsplit(address)
            assert place.port is not None
            with tunnel(place.port, options.delay / 1000) as port:
                print(f"through a tunnel, {options.delay:g} ms each way")
                there = place._replace(netloc=f"127.0.0.1:{port}").geturl()
                in_a_browser(there, _through_a_tunnel)
    return 0


def _options() -> Any:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.studio",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", metavar="DIR", help="a folder with a scan and what is drawn")
    parser.add_argument("--name", default="phantom", help="what their names begin with")
    parser.add_argument("--only", default="", metavar="WORD", help="`live`, `page` or `tunnel`")
    parser.add_argument("--quick", action="store_true", help="a smaller phantom")
    parser.add_argument("--delay", type=float, default=20, help="of the tunnel, each way, in ms")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
