"""The page of many cases in a browser: it sorts, filters, and opens a case in place."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.report.test_cases_page import page, row
from tests.report.test_page_document import EVIL
from voxlogica.report.case_pictures import Drawing, Panel
from voxlogica.report.cases_verdict import GatheredPictures

sync_api = pytest.importorskip("playwright.sync_api", reason="pages are tried with playwright")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="pages are tried in chromium, not here")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
# A grey point.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Five cases: of p1 an assertion is false, p3 has failed, p10 rests on a rule."""
    gathered = GatheredPictures()
    small, large = Panel(PNG, 80, 40, "axial, z = 3", "RLAP"), Panel(PNG, 9, 9, "axial, z = 3", "")
    gathered.pictures[0] = (Drawing("flair", (small,), (), ()),)
    gathered.pictures[1] = (Drawing("flair", (small,), (large,), ()),)
    rows = [
        row(0, 0.9, "p2", site=EVIL),
        row(1, 0.5, "p1", site="Pisa", holds=False),
        row(2, 1.0, "p10", site="Pisa", empty="truth"),
        row(3, 0, "p3", faults=["no such scan"]),
        row(4, 0.123456789, "p4", site="Lucca"),
    ]
    path = tmp_path / "page.html"
    path.write_text(page(rows, gathered=gathered), encoding="utf-8")
    tab = browser.new_page(viewport={"width": 1200, "height": 800})
    problems: list[str] = []
    tab.on("pageerror", lambda error: problems.append(str(error)))
    tab.on("console", lambda message: problems.append(message.text))
    tab.goto(path.as_uri())
    yield tab
    assert not problems
    tab.close()


def order(tab: Any) -> list[str]:
    """The cases that are seen, from the top."""
    names = "[...document.querySelectorAll('#cases tbody:not([hidden]) th')].map(e => e.innerText)"
    found: list[str] = tab.evaluate(names)
    return found


def test_what_went_wrong_is_first_until_somebody_sorts(opened):
    assert order(opened) == ["p3", "p1", "p2", "p10", "p4"]
    opened.click("#cases thead >> text=case")
    assert order(opened) == ["p1", "p2", "p3", "p4", "p10"]
    opened.click("#cases thead >> text=dice")
    assert order(opened) == ["p4", "p1", "p2", "p10", "p3"]  # which has none
    opened.click("#cases thead >> text=dice")
    assert order(opened) == ["p10", "p2", "p1", "p4", "p3"]
    assert opened.get_attribute("#cases th:has-text('dice')", "aria-sort") == "descending"
    opened.focus("#cases thead >> text=site")
    opened.keyboard.press("Enter")
    assert order(opened)[-1] == "p3"


@pytest.mark.parametrize(
    "typed, seen",
    [
        ("p1", ["p1", "p10"]),
        ("pisa 0.5", ["p1"]),
        ("dice < 0.6", ["p1", "p4"]),
        ("dice >= 0.9", ["p2", "p10"]),
        ("dice = 0.123456789", ["p4"]),
        ("site = Pisa", ["p1", "p10"]),
        ("site != Pisa", ["p2", "p4"]),
        ("dice < x", []),
        ("no such column < 3", []),
        ("<script>", ["p2"]),
        ("", ["p3", "p1", "p2", "p10", "p4"]),
    ],
)
def test_rows_are_filtered_by_words_and_by_values(opened, typed, seen):
    opened.fill("#filter", typed)
    assert order(opened) == seen
    said = opened.inner_text("#shown")
    assert said == ("" if len(seen) == 5 else f"{len(seen)} of 5 shown")


def test_rows_are_filtered_by_how_cases_ended(opened):
    opened.click(".choose >> text=1 failed")
    assert order(opened) == ["p3"]
    opened.click(".choose >> text=1 with a false assertion")
    assert order(opened) == ["p1"]
    opened.click(".choose >> text=all 5")
    assert len(order(opened)) == 5


def test_a_case_opens_in_place_with_large_pictures_and_all_digits(opened):
    assert not opened.is_visible("#c1 .opened")
    opened.click("#c1 th a")
    assert opened.is_visible("#c1 .panels img") and opened.is_visible("text=false in p1")
    assert opened.locator("#c1 .panels img").count() == 1
    opened.click("#c4 th a")
    assert "0.123456789" in opened.inner_text("#c4 .values")
    # Without large pictures the small ones are shown in twice their size.
    opened.click("#c0 .thumbs img")
    assert opened.locator("#c0 .panels img").evaluate("e => e.width") == 160
    opened.click("#c1 th a")
    assert not opened.is_visible("#c1 .opened")


def test_a_point_leads_to_the_row_of_its_case_also_when_that_is_not_shown(opened):
    opened.fill("#filter", "p4")
    opened.locator(".strips a[href='#c1'] circle").first.click()
    assert opened.is_visible("#c1 .opened") and len(order(opened)) == 5
    opened.click("#c1 th a")
    opened.locator(".strips a[href='#c1'] circle").first.click()
    assert opened.is_visible("#c1 .opened")


@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_is_wider_than_the_window(opened, width):
    opened.set_viewport_size({"width": width, "height": 800})
    opened.click("#c1 th a")
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
