"""The studio's page in a browser, with a server that runs: what a hand does, and what is seen."""

import base64
import shutil
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.studio.studios import PROGRAM, a_studio
from voxlogica.cli.studio import _circumstances
from voxlogica.engine.cases import Case
from voxlogica.studio.server import Server
from voxlogica.studio.workshop import Cases

sync_api = pytest.importorskip("playwright.sync_api", reason="pages are tried with playwright")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="pages are tried in chromium, not here")
sync_api.expect.set_options(timeout=20_000)
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a studio's page, which has to be without errors, and in which nothing is foreign."""
    pages = []

    def open_page(server: Server, width: int = 1400, **options: Any) -> Any:
        page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        page.set_default_timeout(60_000)
        page.problems = []
        page.on("pageerror", lambda error: page.problems.append(str(error)))
        page.on("console", lambda message: page.problems.append(message.text))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(server.address)
                else page.problems.append(request.url)
            ),
        )
        page.goto(server.address)
        expect(page, "#status").to_contain_text("s")
        expect(page, ".viewer-place").to_contain_text("·")
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        assert page.problems == []
        page.close()


def expect(page: Any, selector: str) -> Any:
    """Waits until something holds of an element, as long as a test may take."""
    return sync_api.expect(page.locator(selector))


@pytest.fixture
def page(server: Server, opened: Callable[..., Any]) -> Any:
    return opened(server)


def printed(page: Any) -> str:
    return page.locator("#results > .prints").first.inner_text()


def test_all_that_the_program_names_is_there(page: Any) -> None:
    assert page.title() == "bright.imgql · VoxLogicA studio"
    assert page.locator(".viewer-name").all_text_contents() == ["around", "bright"]
    assert page.locator("#scan option").all_text_contents() == ["scan"]
    assert page.get_by_label("high: slider").input_value() == "100"
    assert "brighter than this" in page.locator("#controls").inner_text()
    assert printed(page).split("\t")[:2] == ["voxels", "1"]
    expect(page, ".asserts .holds").to_have_text("✓some")
    assert page.get_by_label("the program's text").input_value() == PROGRAM
    expect(page, "#compared").to_have_text("around: 27 voxels, 0.027 ml")
    expect(page, ".viewer-note >> nth=0").to_have_text("0.027 ml")
    assert page.evaluate("viewer.state().voxel") == [3, 2, 2]


def test_a_slider_moves_regions_and_prints_with_their_change(page: Any) -> None:
    slider = page.get_by_label("high: slider")
    slider.focus()
    slider.press("ArrowLeft")
    expect(page, "#results > .prints").to_contain_text("21")
    page.get_by_label("high", exact=True).fill("70")
    page.get_by_label("high", exact=True).blur()
    expect(page, "#results > .prints").to_contain_text("41")
    expect(page, "#results .change >> nth=0").to_have_text("▲ +20")
    page.get_by_label("high: back to the default").click()
    expect(page, "#results > .prints").to_contain_text("▼ −40")
    assert slider.input_value() == "100"


def test_a_number_of_the_text_is_dragged(page: Any, program: Path) -> None:
    number = page.locator(".code .number").filter(has_text="100")
    box = number.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y, steps=6)
    page.mouse.up()
    text = page.get_by_label("the program's text")
    assert PROGRAM not in text.input_value()
    value = float(page.locator(".code .number").first.inner_text())
    assert value < 100
    expect(page, "#controls input[type=number]").to_have_value(f"{value:g}")
    expect(page, ".text-line .faint").to_have_text("not saved")
    page.keyboard.press("Control+s")
    expect(page, ".text-line .faint").to_have_text("as in the file")
    assert program.read_text() == text.input_value()


def test_numbers_of_the_text_change_by_keys(page: Any) -> None:
    text = page.get_by_label("the program's text")
    text.focus()
    at = PROGRAM.index("100")
    text.evaluate("(field, at) => field.setSelectionRange(at, at)", at)
    page.keyboard.press("Alt+ArrowUp")
    expect(page, "#controls input[type=number]").to_have_value("101")


def test_errors_stand_under_the_text_and_what_was_seen_stays(page: Any) -> None:
    text = page.get_by_label("the program's text")
    text.fill(PROGRAM.replace("near(bright)", "near(brigt)"))
    expect(page, ".problems .error").to_contain_text("brigt")
    expect(page, ".problems .frame").to_contain_text("^^^^^")
    expect(page, "#status").to_contain_text("1 error")
    assert page.locator(".code .wrong").inner_text() == "brigt"
    assert printed(page).split("\t")[:2] == ["voxels", "1"]
    page.locator(".problems .place").click()
    selected = "(field) => field.value.slice(field.selectionStart, field.selectionEnd)"
    assert text.evaluate(selected) == "brigt"
    text.fill(PROGRAM)
    expect(page, ".problems .error").to_have_count(0)
    expect(page, "#status").not_to_contain_text("error")


def test_layers_come_when_they_are_switched_on(page: Any) -> None:
    page.get_by_label("bright: shown").check()
    page.evaluate("viewer.draw()")
    expect(page, "#compared").to_contain_text("around")
    page.locator("#region").select_option("bright")
    expect(page, "#compared").to_have_text("bright: 1 voxel, 0.001 ml")


def test_space_compares_with_the_truth(page: Any) -> None:
    page.locator("#truth").select_option("bright")
    page.locator(".viewer-frame").first.focus()
    page.keyboard.press("Space")
    expect(page, "#compared").to_have_text(
        "around against bright: Dice 0.071, missed 0 ml, too much 0.026 ml"
    )
    assert "too much" in page.locator(".viewer-name").all_text_contents()
    page.keyboard.press("Space")
    expect(page, "#compared").to_have_text("around: 27 voxels, 0.027 ml")
    assert page.locator(".viewer-name").all_text_contents() == ["around", "bright"]


def test_keys_work_while_a_slider_has_the_focus(page: Any) -> None:
    page.locator("#truth").select_option("bright")
    page.get_by_label("high: slider").focus()
    page.keyboard.press("Space")
    expect(page, "#compare").to_have_attribute("aria-pressed", "true")


def test_a_case_that_cannot_be_computed_shows_nothing_of_another(
    program: Path, opened: Callable[..., Any]
) -> None:
    program.write_text(PROGRAM.replace("scan.nii.gz", "$CASE.nii.gz"))
    names = ("scan", "none")
    cases = Cases([Case(k, n, {"CASE": n}, frozenset({"CASE"})) for k, n in enumerate(names)])
    with a_studio(program, cases) as server:
        page = opened(server)
        box = page.locator(".viewer-frame").first.bounding_box()
        x, y = page.evaluate("viewer.views[0].seen([4, 2, 2])")
        page.mouse.click(box["x"] + x, box["y"] + y)
        expect(page, "#why h2").to_contain_text("around")
        page.locator("#case-after").click()
        expect(page, "#compared").to_contain_text("There is nothing to show")
        expect(page, "#results").to_have_text("Nothing is computed: there is an error.")
        expect(page, "#status").to_contain_text("1 error: nothing is computed")
        expect(page, "#tools").to_be_hidden()
        assert page.locator(".viewer-frame").count() == 0
        expect(page, "#notice").to_be_hidden()
        page.locator("#case-before").click()
        expect(page, "#compared").to_have_text("around: 27 voxels, 0.027 ml")
        expect(page, ".viewer-place").to_contain_text("scan")


def test_what_is_wrong_is_a_click_away(page: Any) -> None:
    text = page.get_by_label("the program's text")
    text.fill("\n" * 60 + PROGRAM.replace("near(bright)", "near(brigt)"))
    page.locator("#status button").click()
    expect(page, ".problems .error").to_be_in_viewport()


def test_a_command_line_goes_when_it_is_old_and_tells_of_a_text_that_is_not_saved(
    page: Any,
) -> None:
    page.get_by_role("button", name="command line").click()
    expect(page, ".out input").to_be_visible()
    expect(page, ".out .error").to_have_text("")
    page.get_by_label("high", exact=True).fill("70")
    page.get_by_label("high", exact=True).blur()
    expect(page, ".out").to_be_hidden()
    page.get_by_role("button", name="defaults").click()
    expect(page, ".text-line .faint").to_have_text("not saved")
    page.get_by_role("button", name="command line").click()
    expect(page, ".out .error").to_contain_text("save that first")


def test_sets_of_values_are_kept_and_compared(page: Any) -> None:
    page.get_by_label("name of the set").fill("strict")
    page.get_by_role("button", name="keep these values").click()
    expect(page, ".sets li").to_have_count(1)
    page.get_by_label("high", exact=True).fill("70")
    page.get_by_label("high", exact=True).blur()
    expect(page, "#results > .prints").to_contain_text("41")
    page.get_by_label("compare with strict").click()
    expect(page, ".beside .differs").to_have_count(2)
    expect(page, ".beside tbody tr >> nth=1").to_contain_text("voxels411")
    assert "kept: strict" in page.locator(".viewer-name").all_text_contents()
    page.get_by_label("use strict").click()
    expect(page, ".beside .differs").to_have_count(0)
    page.get_by_label("forget strict").click()
    expect(page, ".sets li").to_have_count(0)
    assert "kept: strict" not in page.locator(".viewer-name").all_text_contents()


def test_a_set_that_was_kept_elsewhere_is_seen_by_using_it(
    server: Server, opened: Callable[..., Any]
) -> None:
    first = opened(server)
    first.get_by_label("high", exact=True).fill("70")
    first.get_by_label("high", exact=True).blur()
    expect(first, "#results > .prints").to_contain_text("41")
    first.get_by_label("name of the set").fill("wide")
    first.keyboard.press("Enter")
    second = opened(server)
    second.get_by_label("compare with wide").click()
    expect(second, ".beside tbody tr >> nth=1").to_contain_text("voxels141")
    expect(second, "#controls input[type=number]").to_have_value("100")


def test_values_leave_as_a_line_and_as_defaults(page: Any, program: Path) -> None:
    page.get_by_label("high", exact=True).fill("70")
    page.get_by_label("high", exact=True).blur()
    expect(page, "#results > .prints").to_contain_text("41")
    page.get_by_role("button", name="command line").click()
    expect(page, ".out input").to_have_value(f"voxlogica run {program} -D high=70")
    page.get_by_role("button", name="defaults").click()
    sync_api.expect(page.get_by_label("the program's text")).to_have_value(
        PROGRAM.replace("high = 100", "high = 70")
    )
    expect(page, ".text-line .faint").to_have_text("not saved")
    assert program.read_text() == PROGRAM


def test_a_file_that_changes_outside_is_taken_unless_the_text_has_changed_too(
    page: Any, program: Path
) -> None:
    text = page.get_by_label("the program's text")
    other = PROGRAM.replace("= 100", "= 70")
    program.write_text(other)
    sync_api.expect(text).to_have_value(other)
    expect(page, "#results > .prints").to_contain_text("41")
    mine = other + "// mine\n"
    text.fill(mine)
    program.write_text(PROGRAM)
    expect(page, "#notice").to_contain_text("changed outside")
    assert text.input_value() == mine
    page.keyboard.press("Control+s")
    expect(page, "#notice.problem").to_contain_text("another text on disk")
    page.get_by_role("button", name="save over it").click()
    expect(page, ".text-line .faint").to_have_text("as in the file")
    expect(page, "#notice").to_be_hidden()
    assert program.read_text() == mine
    text.fill(other + "// mine, too\n")
    program.write_text(PROGRAM)
    page.get_by_role("button", name="take the file's").click()
    sync_api.expect(text).to_have_value(PROGRAM)
    expect(page, ".text-line .faint").to_have_text("as in the file")


def test_what_the_server_refuses_is_said(page: Any, program: Path) -> None:
    program.unlink()
    program.mkdir()
    page.get_by_label("the program's text").fill(PROGRAM + "\n")
    page.keyboard.press("Control+s")
    expect(page, "#notice.problem").to_be_visible()


def test_keys_are_told(page: Any) -> None:
    page.get_by_role("button", name="keys").click()
    expect(page, "#help").to_be_visible()
    page.keyboard.press("Escape")
    expect(page, "#help").to_be_hidden()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1400, 800, 390])
def test_nothing_is_wider_than_the_window_and_all_is_legible(
    server: Server, opened: Callable[..., Any], theme: str, width: int
) -> None:
    page = opened(server, width, color_scheme=theme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    found = page.evaluate("""() => {
      const parse = (colour) => colour.match(/[\\d.]+/g).map(Number);
      const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => (v /= 255) <= 0.03928
        ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const ground = (one) => { for (; one; one = one.parentElement) {
        const c = parse(getComputedStyle(one).backgroundColor);
        if (c.length === 3 || c[3] > 0.9) return c; } return [255, 255, 255]; };
      const low = [];
      for (const one of document.querySelectorAll("body *")) {
        const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        if (!own || !one.checkVisibility() || one.classList.contains("field")) continue;
        const pair = [light(parse(getComputedStyle(one).color)), light(ground(one))].sort();
        const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        if (contrast < 4.5) low.push([one.className, one.textContent, contrast]);
      }
      return low;
    }""")
    assert found == []
    unnamed = page.evaluate("""() => [...document.querySelectorAll("button,input,select,textarea")]
      .filter((one) => !(one.labels?.length || one.ariaLabel || one.textContent.trim()))
      .map((one) => one.outerHTML)""")
    assert unnamed == []


def test_what_is_compared_differs_most(page: Any) -> None:
    colours = """() => Object.fromEntries([...viewer.layers].map(
      ([name, layer]) => [name, [layer.colour, layer.dashed]]))"""
    page.locator("#truth").select_option("bright")
    assert page.evaluate(colours) == {
        "around": [[230, 159, 0], False],
        "bright": [[86, 180, 233], False],
    }
    page.locator("#truth").select_option("")
    page.locator("#region").select_option("bright")
    assert page.evaluate(colours) == {
        "around": [[0, 158, 115], True],
        "bright": [[230, 159, 0], False],
    }


def test_a_click_asks_why_and_shows_where(page: Any) -> None:
    box = page.locator(".viewer-frame").first.bounding_box()
    x, y = page.evaluate("viewer.views[0].seen([4, 2, 2])")
    page.mouse.click(box["x"] + x, box["y"] + y)
    expect(page, "#why h2").to_have_text("Why: voxel 4, 2, 2 of around")
    expect(page, "#why .tree > li > details > summary").to_have_text("around = near(bright) in")
    expect(page, "#why .tree ul summary >> nth=0").to_contain_text(" at 3, 2, 2 in")
    assert page.evaluate("viewer.marks.length") > 0
    page.locator("#why .about button").first.click()
    assert page.evaluate("viewer.state().voxel") == [3, 2, 2]
    page.locator("#why .says button").first.click()
    text = page.get_by_label("the program's text")
    selected = "(field) => field.value.slice(field.selectionStart, field.selectionEnd)"
    assert text.evaluate(selected) == "near"
    page.get_by_label("high", exact=True).fill("250")
    page.get_by_label("high", exact=True).blur()
    expect(page, "#why .tree > li").to_contain_text("around = near(bright) out")
    page.get_by_label("high", exact=True).fill("70")
    page.get_by_label("high", exact=True).blur()
    page.get_by_label("close the explanation").click()
    expect(page, "#results > .prints").to_contain_text("41")
    page.get_by_role("button", name="command line").click()
    expect(page, ".out input").to_be_visible()  # an answer to what was asked later
    expect(page, "#why").to_be_hidden()
    assert page.evaluate("viewer.marks.length") == 0


def test_a_photo_has_its_colours(program: Path, opened: Callable[..., Any]) -> None:
    colours = np.zeros((30, 40, 3), np.uint8)
    colours[..., 0] = 200
    sitk.WriteImage(sitk.GetImageFromArray(colours, isVector=True), "photo.png")
    program.write_text('load photo = "photo.png"\nlet reddish = red(photo) >. 100\n')
    with a_studio(program) as server:
        page = opened(server)
        expect(page, ".viewer-place").to_contain_text("photo: 200, 0, 0")
        assert page.locator(".viewer-frame").count() == 1
        expect(page, "#compared").to_have_text("reddish: 1200 voxels")


def test_values_leave_as_a_report(program: Path, opened: Callable[..., Any]) -> None:
    with a_studio(program, circumstances=partial(_circumstances, {"dialect": None})) as server:
        page = opened(server)
        with page.expect_download() as download:
            page.get_by_role("button", name="report").click()
            expect(page, ".out").to_contain_text("The report is ready")
        assert download.value.suggested_filename == "report.html"
        assert "bright.imgql" in Path(download.value.path()).read_text()


# Bytes as they may come, by what zlib may do with them: runs, repeated pieces, all kinds of blocks.
RANDOM = np.random.default_rng(7)
PACKED = {
    "nothing": b"",
    "runs": bytes(70_000) + b"\xff" * 70_000,
    "noise": RANDOM.bytes(70_000),
    "few": RANDOM.integers(0, 3, 30_000, dtype=np.uint8).tobytes(),
    "pieces": (RANDOM.bytes(1_000) + bytes(31)) * 30 + b"abababababa" * 9,
}
INFLATED = """async ([packed, size]) => {
  const { inflated } = await import("./inflate.js");
  const found = inflated(Uint8Array.from(atob(packed), (c) => c.charCodeAt(0)), size);
  return btoa(Array.from(found, (byte) => String.fromCharCode(byte)).join(""));
}"""


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("level", [0, 1, 9, "fixed"])
def test_bytes_come_out_as_they_were_deflated(page: Any, kind: str, level: int | str) -> None:
    plain = PACKED[kind]
    strategy = zlib.Z_FIXED if level == "fixed" else zlib.Z_DEFAULT_STRATEGY
    deflating = zlib.compressobj(6 if level == "fixed" else int(level), strategy=strategy)
    packed = deflating.compress(plain) + deflating.flush()
    given = [base64.b64encode(packed).decode(), len(plain)]
    assert base64.b64decode(page.evaluate(INFLATED, given)) == plain
    if len(plain) > 100:
        for wrong in (packed[: len(packed) // 2], packed[:2] + b"\xff" + packed[3:]):
            given = [base64.b64encode(wrong).decode(), len(plain)]
            with pytest.raises(sync_api.Error):
                page.evaluate(INFLATED, given)
