"""Studios that run, on real sockets, and pages that talk to them."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from websockets.sync.client import ClientConnection, connect

from voxlogica.studio.program_file import ProgramFile
from voxlogica.studio.server import Server
from voxlogica.studio.workshop import Cases, Options, Workshop

PROGRAM = """\
// Bright voxels, and what is near them.
param high = 100 from 0 to 255  // brighter than this
load scan = "scan.nii.gz"
let bright = intensity(scan) >. high
let around = near(bright)
print "voxels" volume(bright)
assert "some" volume(bright) .>. 0
save "out.nii.gz" bright
"""


def write_scan(path: Path, brightest: int = 200) -> None:
    """A scan of 6×5×4 voxels: a ramp along x, and one that is brightest."""
    array = np.zeros((4, 5, 6), np.int16)
    array[...] = np.arange(6) * 20
    array[2, 2, 3] = brightest
    sitk.WriteImage(sitk.GetImageFromArray(array), str(path))


class Page:
    """What a page is to the studio: messages out, messages and voxels in, in their order."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection
        self.serial = 0
        self.voxels: dict[str, tuple[dict[str, Any], bytes]] = {}
        self.seen: list[dict[str, Any]] = []

    def ask(self, do: str, **fields: Any) -> int:
        """Send a message; its number."""
        self.serial += 1
        self.connection.send(json.dumps({"do": do, "serial": self.serial, **fields}))
        return self.serial

    def next(self) -> dict[str, Any]:
        """The next that comes: a message, or the header of voxels."""
        received = self.connection.recv()
        if isinstance(received, str):
            found = json.loads(received)
        else:
            (length,) = struct.unpack_from("<I", received)
            found = json.loads(received[4 : 4 + length])
            self.voxels[found["id"]] = found, zlib.decompress(received[4 + length :])
        self.seen.append(found)
        return found

    def until(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first from now on that is as wanted."""
        while not wanted(found := self.next()):
            pass
        return found

    def until_is(self, kind: str, serial: int | None = None) -> dict[str, Any]:
        """The first from now on of a kind, and that answers a message if it has a number."""
        return self.until(lambda m: m["is"] == kind and serial in (None, m.get("serial")))

    def region(self, outcome: dict[str, Any], name: str) -> np.ndarray:
        """The voxels of a region of an outcome, waited for if they are not there yet."""
        layer = next(one for one in outcome["layers"] if one["name"] == name)
        while layer["id"] not in self.voxels:
            self.next()
        shape = outcome["grids"][layer["grid"]]["size"][::-1]
        bits = np.frombuffer(self.voxels[layer["id"]][1], np.uint8)
        count = int(np.prod(shape))
        return np.unpackbits(bits, count=count, bitorder="little").astype(bool).reshape(shape)


@contextmanager
def a_studio(program: Path, cases: Cases | None = None, **options: Any) -> Iterator[Server]:
    """A studio of a program, on a port of its own, as long as this lasts."""
    options = {"cache": False, "jobs": 1, **options}
    server = Server(Workshop(ProgramFile(program), Options(**options), cases or Cases()))
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def a_page(server: Server) -> Iterator[Page]:
    """A page that has connected, as a browser does."""
    origin = f"http://127.0.0.1:{server.port}"
    address = f"{server.address.replace('http', 'ws')}live"
    with connect(address, origin=origin, max_size=None, compression=None) as connection:
        yield Page(connection)


def answer(server: Server, path: str, **headers: str) -> http.client.HTTPResponse:
    """What a request gets; headers are added, or take the place of a browser's (`Host`)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    connection.putrequest("GET", path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders()
    response = connection.getresponse()
    response.body = response.read()  # type: ignore[attr-defined]
    connection.close()
    return response


@contextmanager
def a_page_that_does_not_read(server: Server) -> Iterator[socket.socket]:
    """A page on a machine that sleeps: it has connected, and takes nothing any more."""
    with socket.socket() as raw:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", server.port))
        path = server.address.removeprefix(f"http://127.0.0.1:{server.port}")
        host = f"127.0.0.1:{server.port}"
        raw.sendall(_request(f"{path}live", f"Host: {host}", f"Origin: http://{host}"))
        yield raw


def handshake(server: Server, path: str, *headers: str) -> int:
    """The status that a request for a socket gets, with these headers beside those of any."""
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(_request(path, *headers))
        return int(raw.makefile("rb").readline().split()[1])


def _request(path: str, *headers: str) -> bytes:
    lines = [
        f"GET {path} HTTP/1.1",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()
