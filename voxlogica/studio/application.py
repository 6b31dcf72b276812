"""The addresses of the studio: its page and the page's files, the socket, reports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from voxlogica.report import viewer
from voxlogica.studio.changes import follow
from voxlogica.studio.tab import Tab
from voxlogica.studio.workshop import Workshop

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
# A report has scripts of its own: it is not to be shown at the studio's address.
_TO_BE_SAVED = {"content-disposition": 'attachment; filename="report.html"'}


def application(shop: Workshop, opened: Callable[[], None]) -> Starlette:
    """What answers requests that may be made; `opened` is called when the page is asked for."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(follow(shop))
        try:
            yield
        finally:
            task.cancel()
            shop.close()

    async def page(request: Request) -> Response:
        opened()
        return _file("index.html")

    async def file(request: Request) -> Response:
        return _file(request.path_params["name"])

    async def report(request: Request) -> Response:
        found = shop.reports.get(request.path_params["number"])
        if found is None:
            return PlainTextResponse("this report is gone: make it again\n", 404)
        return Response(found, media_type="text/html", headers=_TO_BE_SAVED)

    async def live(socket: WebSocket) -> None:
        await socket.accept()
        await Tab(shop, socket).serve()

    return Starlette(
        routes=[
            Route("/", page),
            Route("/report/{number:int}.html", report),
            Route("/{name}", file),
            WebSocketRoute("/live", live),
        ],
        lifespan=lifespan,
    )


def _own_files() -> dict[str, bytes]:
    folder = files("voxlogica.studio") / "page"
    found = {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}
    return found | {"viewer.js": viewer.script().encode(), "viewer.css": viewer.style().encode()}


def _file(name: str) -> Response:
    """A file of the page, by its name: it is looked up among those that there are."""
    suffix = name[name.rfind(".") :]
    data = _own_files().get(name) if suffix in _TYPES else None
    if data is None:
        return PlainTextResponse("there is no such file\n", 404)
    return Response(data, headers={"content-type": _TYPES[suffix]})
