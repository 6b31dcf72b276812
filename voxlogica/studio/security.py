"""Who may talk to the studio: its own page, by an address that has the token.

Every other web page that is open in the browser can send requests to this machine, too, and can
give its own host the address of this machine (DNS rebinding). So a request is answered only if it

- names this machine by a name that no other has: `localhost`, `127.0.0.1`, `[::1]`. The port is
  that of whoever asks: at the other end of a tunnel it is another one;
- has the token as the first part of its path. It is in the address that the terminal shows, and in
  nothing that other pages see: neither in cookies nor in referrers;
- comes from the page itself, where it says from where: its `Origin` is that same host and port. A
  socket's request has to say it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from typing import Literal

from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_THIS_MACHINE = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?")

# Bytes of a token: what it would take to guess one is out of reach.
_TOKEN_BYTES = 32

_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
# Scripts, styles and pictures are the studio's files; nothing inline, no `eval`, no frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:;"
    " connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

Headers = Iterable[tuple[bytes, bytes]]


def new_token() -> str:
    """A token that nobody can guess, such as may stand in an address."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def refusal(
    kind: Literal["http", "websocket"], path: str, headers: Headers, token: str
) -> str | None:
    """Why a request for a path is refused, in a sentence; None where it is answered."""
    hosts, origins = _named(headers, b"host"), _named(headers, b"origin")
    if len(hosts) != 1 or not _THIS_MACHINE.fullmatch(hosts[0]):
        return "the studio answers to localhost, 127.0.0.1 and [::1] only"
    if any(origin != f"http://{hosts[0]}" for origin in origins):
        return "the studio answers to its own page only"
    if kind == "websocket" and len(origins) != 1:
        return "the studio answers to its own page only, which says where it is from"
    given = path.removeprefix("/").partition("/")[0]
    if not secrets.compare_digest(given.encode(errors="replace"), token.encode()):
        return "the address lacks the studio's token: open the one that the terminal shows"
    return None


def _named(headers: Headers, name: bytes) -> list[str]:
    return [value.decode("latin-1").lower() for key, value in headers if key.lower() == name]


class Guard:
    """Lets through to an application what may talk to it, with the token taken off the path.

    All else gets status 403, sockets before they are open. Answers get the headers that keep
    browsers from giving the page to others, or executing in it what is not the studio's.
    """

    def __init__(self, application: ASGIApp, token: str) -> None:
        self._application = application
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        if scope["type"] not in ("http", "websocket"):  # that the server starts, and ends
            await self._application(scope, receive, send)
            return
        kind = scope["type"]
        refused = refusal(kind, scope["path"], scope["headers"], self._token)
        if refused is not None and kind == "websocket":
            await receive()  # that it is to be opened
            await send({"type": "websocket.close", "code": 1008, "reason": refused})
            return
        host = _named(scope["headers"], b"host")[0] if refused is None else "localhost"
        answer = _guarded(send, host)
        if refused is not None:
            await PlainTextResponse(f"{refused}\n", 403)(scope, receive, answer)
            return
        path = scope["path"].removeprefix(f"/{self._token}")
        if not path:  # seen from which the page's files would be elsewhere
            await RedirectResponse(f"/{self._token}/")(scope, receive, answer)
            return
        inner = {**scope, "path": path, "raw_path": path.encode(), "root_path": ""}
        await self._application(inner, receive, answer if kind == "http" else send)


def _guarded(send: Send, host: str) -> Send:
    policy = _POLICY.format(host=host)
    added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    added.append((b"content-security-policy", policy.encode()))

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in added}
            others = [h for h in message.get("headers", ()) if h[0].lower() not in own]
            message = {**message, "headers": [*others, *added]}
        await send(message)

    return with_headers
