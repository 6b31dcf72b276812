"""A page in a browser, opened from disk: what is seen of it by whom, and what it asks for."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

sync_api = pytest.importorskip("playwright.sync_api", reason="pages are tried with playwright")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="pages are tried in chromium, not here")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
EVIL = "<img src=x onerror=alert(1)>"
PROGRAM = f"""load scan = "scan.nii.gz"
high = scan > 150    // {EVIL}
print "{EVIL}" volume(high)
assert "high" volume(high) > 0
assert "none" volume(high) < 0
save "high.nii.gz" high
save "twice.nii.gz" intensity(scan) * 2
"""


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """A page of a volume that is dark, but for a block at the patient's left, front, and feet."""
    folder = tmp_path_factory.mktemp("page")
    array = np.full((12, 30, 40), 40, np.int16)
    array[1:4, 3:9, 26:36] = 200
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.0, 1.5, 4.0))
    sitk.WriteImage(image, str(folder / "scan.nii.gz"))
    (folder / "p.imgql").write_text(PROGRAM)
    command = [sys.executable, "-m", "voxlogica", "run", "-q", "p.imgql", "--report", "page.html"]
    assert subprocess.run(command, cwd=folder, stdout=subprocess.DEVNULL).returncode == 3
    return folder / "page.html"


class Opened:
    """A page that is open, and what it has asked for and complained of."""

    def __init__(self, browser, file, **options):
        self.context = browser.new_context(**options)
        self.page = self.context.new_page()
        self.asked, self.said = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.page.goto(file.as_uri())


@pytest.fixture
def opened(browser, page_file):
    made = []

    def opening(**options):
        made.append(Opened(browser, page_file, **options))
        return made[-1]

    yield opening
    for one in made:
        one.context.close()


def test_it_asks_for_nothing_and_nothing_in_it_is_executed(opened, page_file):
    one = opened()
    one.page.locator(".viewer").first.wait_for()
    outside = [url for url in one.asked if not url.startswith(("data:", "blob:"))]
    assert outside == [page_file.as_uri()] and one.said == []
    assert EVIL in one.page.locator(".prints").inner_text()


def test_pictures_become_viewers_with_what_was_saved(opened):
    page = opened(viewport={"width": 1200, "height": 2000}).page
    page.locator(".viewer").nth(1).wait_for()
    assert page.locator(".still:visible").count() == 0
    assert page.locator(".viewer-name").all_inner_texts() == ["high", "high"]
    first = page.locator(".viewer").first
    first.locator("text=axial, z = 2").wait_for()  # the middle of the block
    sides = first.locator(".viewer-plane").first.locator(".viewer-side").all_inner_texts()
    assert sides == ["R", "L", "A", "P"]


def test_the_scan_is_what_was_read(opened):
    """The crosshair begins in the block; its value, but for what the JPEG loses, is told."""
    page = opened(viewport={"width": 1200, "height": 2000}).page
    place = page.locator(".viewer-place").first
    place.wait_for()
    page.wait_for_function("document.querySelector('.viewer-place').textContent.includes('≈')")
    value = float(place.inner_text().split("≈")[1])
    assert abs(value - 200) < 12


def test_views_of_one_grid_move_together(opened):
    page = opened(viewport={"width": 1200, "height": 2000}).page
    page.locator(".viewer").nth(1).wait_for()
    page.locator(".viewer").first.locator("input[type=range]").first.fill("7")
    page.wait_for_function(
        "[...document.querySelectorAll('.viewer')].every("
        "(one) => one.querySelector('.viewer-title').textContent.includes('= 7'))"
    )


def test_the_way_of_the_file_is_a_switch(opened):
    page = opened(viewport={"width": 1200, "height": 2000}).page
    first = page.locator(".view").first
    first.locator("text=as the file has it").click()
    sides = first.locator(".viewer-plane").nth(1).locator(".viewer-side").all_inner_texts()
    assert sides == ["R", "L", "I", "S"]  # left, right, top, bottom: not upright
    first.locator("text=radiological").click()
    sides = first.locator(".viewer-plane").nth(1).locator(".viewer-side").all_inner_texts()
    assert sides == ["R", "L", "S", "I"]


def test_without_scripts_the_pictures_stay(opened):
    page = opened(java_script_enabled=False).page
    assert page.locator(".still:visible").count() == 2
    assert page.locator("#theme:visible").count() == 0
    assert page.locator(".picture img").count() == 6


@pytest.mark.parametrize("width", [390, 1200])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wider_than_the_window_and_text_is_read_easily(opened, width, theme):
    page = opened(viewport={"width": width, "height": 900}, color_scheme=theme).page
    page.locator(".viewer").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    faint = page.evaluate(CONTRASTS)
    assert faint == []


def test_light_and_dark_can_be_chosen(opened):
    page = opened(color_scheme="light").page
    ground = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(ground)
    page.locator("#theme").click()
    assert page.evaluate(ground) != light
    page.locator("#theme").click()
    assert page.evaluate(ground) == light


def test_it_prints_on_paper(opened, tmp_path):
    page = opened(color_scheme="dark").page
    page.locator(".viewer").first.wait_for()
    paper = tmp_path / "page.pdf"
    page.pdf(path=paper, format="A4", prefer_css_page_size=True)
    assert paper.read_bytes().startswith(b"%PDF")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("nav:visible").count() == 0
    assert (page.locator(".still:visible").count(), page.locator(".viewer:visible").count()) == (
        2,
        0,
    )


# Texts whose contrast to what is behind them is less than 4.5, by the formula of WCAG 2.
CONTRASTS = """() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => numbers(colour).slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const ground = getComputedStyle(at).backgroundColor, parts = numbers(ground);
      if (parts.length < 4 || parts[3] === 1) return ground;
    }
    return "rgb(255,255,255)";
  };
  const found = [];
  for (const one of document.querySelectorAll("body *:not(script):not(style)")) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || one.closest("svg,.viewer-frame,.picture") || !one.checkVisibility()) continue;
    const [a, b] = [getComputedStyle(one).color, behind(one)].map(light).sort((p, q) => q - p);
    const told = `${one.className}: ${one.textContent.slice(0, 40)}`;
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push(told);
  }
  return found;
}"""
