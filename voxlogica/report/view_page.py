"""A page to look at an image and regions over it, of files that somebody named."""

from __future__ import annotations

from collections.abc import Iterator

from voxlogica.pictures.viewed import Viewed
from voxlogica.report.page import VIEWS
from voxlogica.report.page_document import Section, document
from voxlogica.report.page_pictures import views_html
from voxlogica.report.page_views import View


def view_page(found: Viewed) -> Iterator[str]:
    """The page, in pieces: still pictures, and with a script a viewer with sliders. O(voxels)."""
    is_region = found.image.array.dtype == bool
    image = None if is_region else found.image
    regions = {**({found.title: found.image} if is_region else {}), **found.regions}
    named = ", ".join(regions)
    title = f"{named} over {found.title}" if named and image is not None else found.title
    view = View(title, found.title, image, regions, {})
    section = Section("images", "Images", views_html([view], []))
    return document(found.title, [section], styles=VIEWS["styles"], scripts=VIEWS["scripts"])
