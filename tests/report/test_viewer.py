"""The viewer of pages in a browser: what it draws, where, and what keys and pointers do."""

import json
import shutil
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voxlogica.images.geometry import Geometry
from voxlogica.pictures.overlays import colour
from voxlogica.pictures.planes import planes
from voxlogica.report.viewer import grid_json, script, style

sync_api = pytest.importorskip("playwright.sync_api", reason="pages are tried with playwright")
CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="pages are tried in chromium, not here")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]

# Thick slices, and no two axes alike; x runs to the patient's right, as in many headers.
GEOMETRY = Geometry(
    (40, 30, 12), (1.0, 1.5, 4.0), (0.0, 0.0, 0.0), (-1.0, 0, 0, 0, 1.0, 0, 0, 0, 1.0)
)
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1"><title>viewer</title>
<style>body {{ margin: 8px }} {style}</style><div id="here"></div><script>{script}</script><script>
const given = {given};
const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const told = {{ moved: [], picked: [] }};
const viewer = new Viewer(document.getElementById("here"), {{ grid: given.grid,
  onmove: (voxel) => told.moved.push(voxel), onpick: (voxel) => told.picked.push(voxel) }});
viewer.scan({{ ...given.scan, values: new Uint16Array(bytes(given.values).buffer) }});
for (const layer of given.layers) viewer.layer(layer.name, {{ ...layer, bits: bytes(layer.bits) }});
const frames = () => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(done)));
</script></html>"""


def text_of(array: np.ndarray) -> str:
    return b64encode(array.tobytes()).decode("ascii")


def page_of(geometry: Geometry, values: np.ndarray, regions: dict[str, np.ndarray]) -> str:
    layers = [
        {
            "name": name,
            "bits": text_of(np.packbits(region, bitorder="little")),
            "colour": colour(k),
            "dashed": k >= 2,
        }
        for k, (name, region) in enumerate(regions.items())
    ]
    given = {
        "grid": grid_json(geometry),
        "scan": {"name": "scan", "low": 0, "high": 100, "first": 0, "last": 100},
        "values": text_of(np.round(values * 655.35).astype("<u2")),
        "layers": layers,
    }
    return PAGE.format(style=style(), script=script(), given=json.dumps(given))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield found
        found.close()


@pytest.fixture
def scan() -> np.ndarray:
    """Dark, with a bright block at the patient's right, front and feet."""
    values = np.full(GEOMETRY.shape, 20.0)
    values[:3, :8, 30:] = 90.0
    return values


@pytest.fixture
def region() -> np.ndarray:
    found = np.zeros(GEOMETRY.shape, bool)
    found[4:9, 10:20, 10:20] = True
    return found


def opened(browser: Any, folder: Path, text: str, width: int = 1200, **options: Any) -> Any:
    """The page, opened from disk, with all that its console says made an error."""
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800}, **options)
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda request: page.problems.append(request.url))
    page.goto(path.as_uri())
    page.problems.clear()  # the page itself is a request
    page.evaluate("frames()")
    return page


@pytest.fixture
def page(browser: Any, tmp_path: Path, scan: np.ndarray, region: np.ndarray) -> Iterator[Any]:
    shown = opened(browser, tmp_path, page_of(GEOMETRY, scan, {"first": region, "second": region}))
    yield shown
    assert not shown.problems
    shown.close()


def pixel_at(page: Any, plane: int, voxel: tuple[int, ...]) -> list[int]:
    """Red, green and blue of the picture of a plane where a voxel's middle is."""
    return page.evaluate(
        """([plane, voxel]) => {
          const view = viewer.views[plane], [x, y] = view.seen(voxel);
          const context = view.picture.getContext("2d");
          return [...context.getImageData(x * view.ratio, y * view.ratio, 1, 1).data].slice(0, 3);
        }""",
        [plane, voxel],
    )


def state(page: Any) -> dict[str, Any]:
    page.evaluate("frames()")
    return page.evaluate("viewer.state()")


def test_the_planes_are_those_of_pictures_with_letters_at_all_sides(page: Any) -> None:
    titles = page.locator(".viewer-title").all_text_contents()
    assert titles == ["axial, z = 6", "coronal, y = 15", "sagittal, x = 20"]
    for plane, frame in zip(planes(GEOMETRY), page.locator(".viewer-frame").all(), strict=True):
        assert plane.sides is not None
        box = frame.bounding_box()
        for side, letter in plane.sides._asdict().items():
            span = frame.locator(f".viewer-{side}")
            assert span.text_content() == letter
            at = span.bounding_box()
            gaps = {
                "left": at["x"] - box["x"],
                "right": box["x"] + box["width"] - at["x"] - at["width"],
                "top": at["y"] - box["y"],
                "bottom": box["y"] + box["height"] - at["y"] - at["height"],
            }
            assert min(gaps, key=lambda name: gaps[name]) == side


def test_each_voxel_is_where_a_picture_of_the_plane_has_it(page: Any, scan: np.ndarray) -> None:
    page.evaluate("viewer.toggleAll()")
    for voxel in [(35, 4, 1), (4, 4, 1), (35, 25, 1), (35, 4, 10)]:
        page.evaluate("(voxel) => { viewer.move(voxel); viewer.draw(); }", voxel)
        for k, plane in enumerate(planes(GEOMETRY)):
            assert plane.through is not None
            picture = plane.slice_of(scan, voxel[plane.through])
            across, down = (
                plane.size[n] - 1 - voxel[axis] if back else voxel[axis]
                for n, (axis, back) in enumerate(
                    zip((plane.across, plane.down), plane.backwards, strict=True)
                )
            )
            grey = round(picture[down, across] * 2.55)
            assert pixel_at(page, k, voxel) == pytest.approx([grey] * 3, abs=2)


def test_pictures_are_to_scale(page: Any) -> None:
    corners = "(k) => [viewer.views[k].seen([0, 0, 0]), viewer.views[k].seen([39, 29, 11])]"
    lengths = []
    for k, (across, down) in enumerate([(39.0, 43.5), (39.0, 44.0), (43.5, 44.0)]):
        (x0, y0), (x1, y1) = page.evaluate(corners, k)
        lengths += [abs(x1 - x0) / across, abs(y1 - y0) / down]
    assert lengths == pytest.approx([lengths[0]] * 6)


def test_an_outline_is_between_voxels_in_and_out(
    browser: Any, tmp_path: Path, scan: np.ndarray
) -> None:
    """On random regions each voxel is within the path if, and only if, it is of the region."""
    random = np.random.default_rng(7)
    blobs = random.random(GEOMETRY.shape) < 0.4
    z, y, x = np.indices(GEOMETRY.shape)
    ball = (x - 20) ** 2 + (1.5 * (y - 15)) ** 2 + (4 * (z - 6)) ** 2 < 300
    page = opened(browser, tmp_path, page_of(GEOMETRY, scan, {"blobs": blobs, "ball": ball}))
    inside = """([plane, name]) => {
      const view = viewer.views[plane], found = [];
      const path = view.paths.get(name).path, context = view.front.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      for (let y = 0; y < view.size[1]; y++) {
        for (let x = 0; x < view.size[0]; x++) {
          found.push(context.isPointInPath(path, x + 0.5, y + 0.5, "evenodd"));
        }
      }
      return found;
    }"""
    for k, plane in enumerate(planes(GEOMETRY)):
        middle = (20, 15, 6)[plane.through or 0]
        for name, expected in {"ball": ball, "blobs": blobs}.items():
            found = np.array(page.evaluate(inside, [k, name])).reshape(plane.size[::-1])
            np.testing.assert_array_equal(found, plane.slice_of(expected, middle))
    page.close()


def test_an_outline_is_drawn_in_the_colour_of_its_layer(page: Any) -> None:
    page.evaluate("viewer.layer('second', { drawn: 'off' }); viewer.move([15, 15, 6])")
    page.evaluate("frames()")
    left_side = """() => {
      const view = viewer.views[0], [x, y] = view.seen([10, 14, 6]);
      const data = view.picture.getContext("2d").getImageData(0, y, view.picture.width, 1).data;
      return [...data];
    }"""
    row = np.array(page.evaluate(left_side)).reshape(-1, 4)[:, :3]
    assert (np.abs(row - colour(0)).max(axis=1) < 40).any()
    assert not (np.abs(row - colour(1)).max(axis=1) < 40).any()
    within = pixel_at(page, 0, (15, 15, 6))
    page.evaluate("viewer.layer('first', { drawn: 'fill' })")
    page.evaluate("frames()")
    assert pixel_at(page, 0, (15, 15, 6)) != within


def test_slices_by_wheel_keys_and_slider(page: Any) -> None:
    axial = page.locator(".viewer-frame").first
    axial.hover()
    page.mouse.wheel(0, -100)
    assert state(page)["voxel"][2] == 7
    axial.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    assert state(page)["voxel"][2] == 9
    page.keyboard.press("Home")
    assert state(page)["voxel"][2] == 0
    page.keyboard.press("ArrowDown")
    assert state(page)["voxel"][2] == 0
    page.locator(".viewer-plane input").nth(1).fill("3")
    assert state(page)["voxel"][1] == 3
    page.evaluate("frames()")
    assert page.locator(".viewer-title").nth(1).text_content() == "coronal, y = 3"


def test_a_click_moves_the_crosshair_and_is_told(page: Any) -> None:
    box = page.locator(".viewer-frame").first.bounding_box()
    x, y = page.evaluate("viewer.views[0].seen([5, 25, 6])")
    page.mouse.click(box["x"] + x, box["y"] + y)
    assert state(page)["voxel"] == [5, 25, 6]
    assert page.evaluate("told.picked") == [[5, 25, 6]]
    assert page.evaluate("told.moved.at(-1)") == [5, 25, 6]
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.down()
    page.mouse.move(box["x"] + x - 60, box["y"] + y, steps=4)
    page.mouse.up()
    assert state(page)["voxel"] != [5, 25, 6]
    assert len(page.evaluate("told.picked")) == 1  # what is dragged is no click


def test_the_right_button_drags_the_window(page: Any) -> None:
    before = state(page)
    page.locator(".viewer-frame").nth(2).hover()
    page.mouse.down(button="right")
    x, y = (page.locator(".viewer-frame").nth(2).bounding_box()[name] for name in "xy")
    page.mouse.move(x + 10, y + 30, steps=3)
    page.mouse.up(button="right")
    after = state(page)
    assert after["window"] != before["window"]
    assert after["voxel"] == before["voxel"]
    page.get_by_label("reset the window").click()
    assert state(page)["window"] == [0, 100]
    page.get_by_label("window to").fill("50")
    page.get_by_label("window to").blur()
    assert state(page)["window"] == [0, 50]


def test_letters_enlarge_planes_and_switch_layers(page: Any) -> None:
    page.keyboard.press("c")
    assert state(page)["large"] == "coronal"
    assert page.locator(".viewer-frame:visible").count() == 1
    page.keyboard.press("c")
    assert page.locator(".viewer-frame:visible").count() == 3
    page.evaluate(
        "viewer.layer('first', { drawn: 'fill' }); viewer.layer('second', {drawn: 'off'})"
    )
    page.keyboard.press("o")
    assert [layer["drawn"] for layer in state(page)["layers"].values()] == ["off", "off"]
    page.keyboard.press("o")
    assert [layer["drawn"] for layer in state(page)["layers"].values()] == ["fill", "off"]


def test_the_legend_switches_fills_and_fades(page: Any) -> None:
    page.get_by_label("first: shown").uncheck()
    page.get_by_label("second: fill").click()
    page.get_by_label("second: opacity").fill("0.5")
    assert state(page)["layers"] == {
        "first": {"drawn": "off", "opacity": 1},
        "second": {"drawn": "fill", "opacity": 0.5},
    }
    page.evaluate("viewer.drop('first')")
    assert page.locator(".viewer-legend li").count() == 1


def test_marks_lie_in_front_of_the_picture(page: Any) -> None:
    count = """() => {
      const { front } = viewer.views[0];
      const data = front.getContext("2d").getImageData(0, 0, front.width, front.height).data;
      return data.filter((value, k) => k % 4 === 3 && value > 0).length;
    }"""
    before = page.evaluate(count)
    marks = [
        {"kind": "path", "points": [[5, 5, 6], [10, 6, 6], [15, 9, 6]], "narrowest": 1},
        {"kind": "ball", "at": [30, 20, 7], "radius": 6.0},
        {"kind": "point", "at": [2, 20, 6]},
        {"kind": "line", "from": [3, 3, 3], "to": [9, 9, 9]},
    ]
    drawn = []
    for many in range(1, len(marks) + 1):
        page.evaluate("(marks) => { viewer.mark(marks); viewer.draw(); }", marks[:many])
        drawn.append(page.evaluate(count))
    assert before < drawn[0] < drawn[1] < drawn[2] < drawn[3]
    page.evaluate("viewer.mark([]); viewer.draw()")
    assert page.evaluate(count) == before


def test_on_a_phone_planes_are_stacked_and_fingers_turn_slices(
    browser: Any, tmp_path: Path, scan: np.ndarray, region: np.ndarray
) -> None:
    text = page_of(GEOMETRY, scan, {"a name of a region that is longer than a phone": region})
    page = opened(browser, tmp_path, text, width=390, has_touch=True, device_scale_factor=3)
    boxes = [frame.bounding_box() for frame in page.locator(".viewer-frame").all()]
    assert boxes[0]["y"] < boxes[1]["y"] < boxes[2]["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.touchscreen.tap(boxes[0]["x"] + 100, boxes[0]["y"] + 100)
    assert len(page.evaluate("told.picked")) == 1
    page.evaluate("""() => {
      const front = document.querySelector(".viewer-front");
      front.setPointerCapture = () => {};
      const send = (name, id, x) => front.dispatchEvent(new PointerEvent(name, {
        pointerId: id, pointerType: "touch", bubbles: true, cancelable: true,
        clientX: front.getBoundingClientRect().x + x, clientY: front.getBoundingClientRect().y + 90,
      }));
      send("pointerdown", 7, 50); send("pointermove", 7, 62); send("pointerup", 7, 62);
      send("pointerdown", 8, 50); send("pointerdown", 9, 90);
      send("pointermove", 9, 150); send("pointerup", 8, 50); send("pointerup", 9, 150);
    }""")
    assert state(page)["voxel"][2] == 8
    assert page.evaluate("viewer.views[0].zoom") > 1.5
    page.close()


def test_a_2d_picture_is_one_plane_without_slices(browser: Any, tmp_path: Path) -> None:
    geometry = Geometry((20, 10), (1.0, 1.0), (0.0, 0.0), (1.0, 0.0, 0.0, 1.0), "px")
    values = np.add.outer(np.arange(10.0), np.arange(20.0)) * 3
    page = opened(browser, tmp_path, page_of(geometry, values, {"r": values > 40}))
    assert page.locator(".viewer-frame").count() == 1
    assert page.locator(".viewer-plane input").count() == 0
    page.locator(".viewer-frame").hover()
    page.mouse.wheel(0, -100)
    page.locator(".viewer-frame").click()
    assert len(page.evaluate("told.picked.at(-1)")) == 2
    assert not page.problems
    page.close()


def test_two_viewers_in_a_page_take_the_keys_in_turn(page: Any) -> None:
    page.evaluate("""() => {
      window.other = new Viewer(document.body.appendChild(document.createElement("div")),
        { grid: given.grid });
    }""")
    page.locator(".viewer-frame").nth(4).hover()
    page.keyboard.press("a")
    assert page.evaluate("other.state().large") == "axial"
    assert state(page)["large"] is None
    page.evaluate("other.close()")
    page.keyboard.press("s")
    assert state(page)["large"] == "sagittal"


def test_keys_meant_for_fields_and_for_the_browser_are_left_to_them(page: Any) -> None:
    page.get_by_label("window to").focus()
    page.keyboard.press("o")
    page.locator(".viewer-frame").first.focus()
    page.keyboard.press("Control+c")
    assert state(page)["large"] is None
    assert [layer["drawn"] for layer in state(page)["layers"].values()] == ["outline"] * 2


@pytest.mark.parametrize("width", [1400, 1000, 700, 390])
def test_planes_and_what_is_below_them_do_not_overlap(
    browser: Any, tmp_path: Path, width: int
) -> None:
    geometry = Geometry.of_size(48, 48, 31)
    empty = np.zeros(geometry.shape)
    regions = {f"region {k}": empty > 1 for k in range(12)}
    page = opened(browser, tmp_path, page_of(geometry, empty, regions), width=width)
    for _ in range(2):
        parts = page.locator(".viewer-plane:visible, .viewer-below").all()
        boxes = [part.bounding_box() for part in parts]
        for k, a in enumerate(boxes):
            assert a["x"] + a["width"] <= width
            for b in boxes[:k]:
                apart = (
                    a["x"] >= b["x"] + b["width"] or b["x"] >= a["x"] + a["width"],
                    a["y"] >= b["y"] + b["height"] or b["y"] >= a["y"] + a["height"],
                )
                assert any(apart)
        page.keyboard.press("a")
        page.evaluate("frames()")
    page.close()
