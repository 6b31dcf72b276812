"""The addresses of the studio: its page and the page's files, the socket, reports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from voxlogica.report import viewer
from voxlogica.studio.tab import Tab

if TYPE_CHECKING:
    from starlette.requests import Request

    from voxlogica.studio.workshop import Workshop

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
# A report has scripts of its own: it is not to be shown at the studio's address.
_TO_BE_SAVED = {"content-disposition": 'attachment; filename="report.html"'}


def application(
    shop: Workshop,
    beside: Callable[[Workshop], Coroutine[Any, Any, None]],
    opened: Callable[[], None],
) -> Starlette:
    """What answers requests that may be made. `beside` runs as long as it does.

    `opened` is called when the page is asked for.
    """

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        import asyncio

        task = asyncio.create_task(beside(shop))
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
        found = shop.report(request.path_params["number"])
        if found is None:
            return PlainTextResponse("this report is gone: make it again\n", 404)
        return Response(found, media_type="text/html", headers=_TO_BE_SAVED)

    async def live(socket: WebSocket) -> None:
        await socket.accept()
        channel = _Channel(socket)
        await Tab(shop, channel).serve(channel.next)

    return Starlette(
        routes=[
            Route("/", page),
            Route("/report/{number:int}.html", report),
            Route("/{name}", file),
            WebSocketRoute("/live", live),
        ],
        lifespan=lifespan,
    )


class _Channel:
    """A socket that takes texts, and drops what is sent when the page has gone."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._is_open = True

    async def next(self) -> str | None:
        """The next text that comes; what is no text is an empty one. None when the page goes."""
        while True:
            received = await self._socket.receive()
            if received["type"] == "websocket.disconnect":
                self._is_open = False
                return None
            return received.get("text") or ""

    async def send_text(self, data: str) -> None:
        """Send a message."""
        await self._send(self._socket.send_text(data))

    async def send_bytes(self, data: bytes) -> None:
        """Send voxels."""
        await self._send(self._socket.send_bytes(data))

    async def _send(self, sending: Awaitable[None]) -> None:
        try:
            await sending
        except (WebSocketDisconnect, RuntimeError):  # starlette's own for one that is closed
            if self._is_open:
                self._is_open = False


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
