"""Why a voxel is in a region: asked by a page."""

from __future__ import annotations

import pytest

from tests.studio.studios import a_page


def test_a_voxel_is_explained_as_it_is_now(server):
    with a_page(server) as page:
        page.until_is("outcome")
        serial = page.ask("why", name="bright", voxel=[3, 2, 2])
        found = page.until_is("why", serial)["explanation"]
        assert found["voxel"] == [3, 2, 2]
        assert found["name"] == "bright"
        assert found["value"] is True
        assert "200" in found["says"]
        page.ask("set", values={"high": 201})
        serial = page.ask("why", name="bright", voxel=[3, 2, 2])
        assert page.until_is("why", serial)["explanation"]["value"] is False


def test_of_many_voxels_the_last_is_explained(server):
    with a_page(server) as page:
        page.until_is("outcome")
        for x in range(6):
            for y in range(5):
                serial = page.ask("why", name="around", voxel=[x, y, 2])
                page.ask("set", values={"high": 90 + y}, moving=True)
        found = page.until_is("why", serial)["explanation"]
        assert found["voxel"] == [5, 4, 2]


@pytest.mark.parametrize(
    ("name", "voxel"),
    [
        ("nothing", [0, 0, 0]),
        ("bright", [6, 0, 0]),
        ("bright", [0, 0]),
        ("bright", [0, 0, 10**9]),
        ("high", [0, 0, 0]),
    ],
)
def test_what_cannot_be_explained_is_told(server, name, voxel):
    with a_page(server) as page:
        page.until_is("outcome")
        said = page.until_is("said", page.ask("why", name=name, voxel=voxel))
        assert said["problem"]
        assert page.until_is("outcome", page.ask("set"))["diagnostics"] == []


@pytest.mark.parametrize(
    "voxel", [[], [1], [1, 2, 3, 4], [1.5, 0, 0], [-1, 0, 0], [True, 0, 0], "x"]
)
def test_what_is_no_voxel_is_told(server, voxel):
    with a_page(server) as page:
        page.until_is("outcome")
        said = page.until_is("said", page.ask("why", name="bright", voxel=voxel))
        assert "two or three whole numbers" in said["message"]
