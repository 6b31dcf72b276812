"""What of a run is shown together on a page, and what stands in the page for its viewers."""

import json
import re
from collections import Counter
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.pictures.planes import planes, stored_planes
from voxlogica.report.page_pictures import views_html
from voxlogica.report.page_views import View, views
from voxlogica.syntax.source import Source


@pytest.fixture(autouse=True)
def images(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    z, y, x = np.indices((6, 20, 24))
    array = 100 + 50 * np.sin(x / 3) + 30 * np.cos(y / 4) + 5 * z
    for name, spacing in [
        ("a.nii.gz", (1, 1, 3)),
        ("b.nii.gz", (1, 1, 3)),
        ("c.nii.gz", (2, 2, 2)),
    ]:
        image = sitk.GetImageFromArray((array + ord(name[0])).astype(np.int16))
        image.SetSpacing([float(step) for step in spacing])
        sitk.WriteImage(image, name)


def report_of(text):
    loads = 'load a = "a.nii.gz"\nload b = "b.nii.gz"\nload c = "c.nii.gz"\n'
    return running.run(Source("p.imgql", loads + text), keeps_images=1 << 24, keeps_origin=True)


def shown(text):
    found, hidden = views(report_of(text), lambda path: Path(path).name)
    return [(view.name, [*view.regions], [*view.beside]) for view in found], hidden


def test_regions_over_one_scan_are_one_view_and_images_are_one_each():
    text = """save "r.mha" a > 200
        save "s.mha" a > 240
        save "t.mha" b > 200
        save "v.mha" c > 200
        save "i.mha" intensity(a) + 1"""
    found, hidden = shown(text)
    assert found == [
        ("a.nii.gz", ["r.mha", "s.mha"], ["t.mha"]),
        ("b.nii.gz", ["t.mha"], ["r.mha", "s.mha"]),
        ("c.nii.gz", ["v.mha"], []),
        ("i.mha", [], ["r.mha", "s.mha", "t.mha"]),
    ]
    assert hidden == []


def test_a_file_of_labels_is_no_scan():
    array = np.zeros((6, 20, 24), np.uint8)
    array[2:4, 5:9, 6:12] = 1
    drawn = sitk.GetImageFromArray(array)
    drawn.SetSpacing((1.0, 1.0, 3.0))
    sitk.WriteImage(drawn, "drawn.nii.gz")
    load = 'load drawn = "drawn.nii.gz"\n'
    truth = load + 'save "truth.mha" drawn > 0\n'
    found, _ = shown(truth)
    assert found == [("drawn.nii.gz", ["truth.mha"], [])]
    found, _ = shown(truth + 'save "r.mha" a > 200\n')
    assert found == [("a.nii.gz", ["truth.mha", "r.mha"], [])]


def test_pictures_of_a_grid_are_through_one_voxel():
    text = 'save "r.mha" a > 260\nsave "i.mha" intensity(a) + 1\nsave "j.mha" intensity(c)'
    found, _ = views(report_of(text), lambda path: Path(path).name)
    assert found[0].at == found[1].at is not None
    assert found[0].regions["r.mha"].array[found[0].at[::-1]]
    assert found[2].at is None


def test_what_there_is_no_room_for_is_told():
    text = "\n".join(f'save "r{k}.mha" a > {k + 200}' for k in range(9))
    found, hidden = shown(text)
    assert [len(regions) for _, regions, _ in found] == [7]
    assert hidden == ["r7.mha", "r8.mha"]
    html = views_html(*views(report_of(text), lambda path: Path(path).name))
    assert "Not shown, but saved: r7.mha, r8.mha." in html


def volumes(html):
    return json.loads(re.search(r'class="volumes">(.*?)</script>', html, re.S)[1])


def test_each_volume_is_there_once():
    text = 'save "r.mha" a > 200\nsave "i.mha" intensity(a) + 1\nsave "j.mha" intensity(a) * 2'
    data = volumes(views_html(*views(report_of(text), lambda path: Path(path).name)))
    assert len(data["grids"]) == 1 and len(data["bits"]) == 1
    assert [view["scan"]["name"] for view in data["views"]] == ["a.nii.gz", "i.mha", "j.mha"]
    drawn = [[layer["drawn"] for layer in view["layers"]] for view in data["views"]]
    assert drawn == [["outline"], ["off"], ["off"]]


def test_a_view_begins_where_its_pictures_are():
    report = report_of('save "r.mha" a > 267')
    (view,), _ = views(report, lambda path: Path(path).name)
    html = views_html([view], [])
    at = volumes(html)["views"][0]["at"]
    told = {name: int(index) for name, index in re.findall(r", ([xyz]) = (\d+)</fig", html)}
    assert [told[name] for name in "xyz"] == at


def test_nothing_that_a_name_has_gets_into_the_page():
    evil = '</script><script>alert(1)</script><img src=x onerror="alert(1)">'
    region = np.zeros((4, 8, 8), bool)
    region[1:3, 2:5, 2:6] = True
    geometry = Geometry.of_size(8, 8, 4)
    image = Image(np.arange(256, dtype=np.int16).reshape(4, 8, 8), geometry)
    view = View(evil, evil, image, {evil: Image(region, geometry)}, {})
    html = views_html([view], [evil])
    tags = Counter(re.findall(r"<(\w+)", html))
    assert tags["script"] == 1 and tags["img"] == 3
    assert unescape(re.search(r"<h3>(.*?)</h3>", html)[1]) == evil
    assert volumes(html)["views"][0]["layers"][0]["name"] == evil


def test_a_region_may_be_by_itself():
    region = np.zeros((8, 8), bool)
    region[2:5, 2:6] = True
    view = View("r", "", None, {"r": Image(region, Geometry.of_size(8, 8))}, {})
    data = volumes(views_html([view], []))
    assert data["views"][0]["scan"] is None and len(data["views"][0]["layers"]) == 1


def test_sprites_keep_to_their_bytes():
    rng = np.random.default_rng(0)
    geometry = Geometry.of_size(64, 64, 20)
    noisy = [Image(rng.normal(0, 1, (20, 64, 64)).astype("f4"), geometry) for _ in range(3)]
    found = [View(str(k), str(k), image, {}, {}) for k, image in enumerate(noisy)]
    html = views_html(found, [], most_bytes=90_000)
    sizes = [len(view["scan"]["jpeg"]) * 3 / 4 for view in volumes(html)["views"] if view]
    stills = [len(png) * 3 / 4 for png in re.findall(r"image/png;base64,([^\"]*)", html)]
    assert sizes and len(stills) == 9
    assert sum(sizes) + sum(stills) <= 90_000


def test_what_a_jpeg_would_mix_has_no_viewer():
    labels = np.zeros((4, 9, 9), np.uint8)
    labels[1:3, 2:5, 2:5] = 3
    labels[1:3, 6:8, 2:5] = 1
    geometry = Geometry.of_size(9, 9, 4)
    beside = {"r": Image(labels > 2, geometry)}
    html = views_html([View("labels", "labels", Image(labels, geometry), {}, beside)], [])
    assert volumes(html)["views"] == [None]
    assert html.count("<img") == 3 and "<span>3</span>" in html


def test_the_way_of_the_file_is_told_where_it_is_another():
    # x to the left, y to the back, z to the head, as DICOM has it.
    axial = Geometry.of_size(5, 6, 7)
    own, stored = planes(axial), stored_planes(axial)
    assert own[0].sides == stored[0].sides and own[0].backwards == stored[0].backwards
    assert (stored[1].sides.top, own[1].sides.top) == ("I", "S")
    # To the right and to the front, as NIfTI has it.
    nifti = Geometry((5, 6, 7), (1.0,) * 3, (0.0,) * 3, (-1.0, 0, 0, 0, -1.0, 0, 0, 0, 1.0))
    (plane, *_) = stored_planes(nifti)
    assert (plane.sides.left, plane.sides.right) == ("L", "R")
    assert (plane.sides.top, plane.sides.bottom) == ("P", "A")
    assert plane.backwards == (False, False)
    flat = Geometry.of_size(5, 6)
    assert stored_planes(flat) == planes(flat)
