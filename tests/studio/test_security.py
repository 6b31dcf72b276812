"""Who is answered: tried by what other pages and programs of this machine can send."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.studio.studios import a_page, answer, handshake
from voxlogica.studio.security import new_token, refusal


@pytest.fixture(scope="module")
def server(lasting_server):
    """One for all: what is refused changes nothing."""
    return lasting_server


def token_of(server) -> str:
    return urlsplit(server.address).path


def hosts(server) -> tuple[str, str]:
    """The `Host` and `Origin` lines of the studio's own page."""
    return f"Host: 127.0.0.1:{server.port}", f"Origin: http://127.0.0.1:{server.port}"


def test_the_page_is_answered_at_its_address(server):
    assert answer(server, token_of(server)).status == 200
    assert handshake(server, f"{token_of(server)}live", *hosts(server)) == 101


def test_an_address_without_its_last_stroke_leads_to_the_page(server):
    found = answer(server, token_of(server).rstrip("/"))
    assert found.status == 307
    assert found.headers["location"] == token_of(server)
    assert answer(server, token_of(server).rstrip("/"), Host="evil.example").status == 403


def test_the_socket_listens_on_this_machine_only(server):
    own = {found[4][0] for found in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in own - {"127.0.0.1"}:
        if address.startswith("127."):
            continue
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((address, server.port)).close()


@pytest.mark.parametrize("path", ["/", "/live", "/index.html", "/x/", "//", "/%00/", "/%C3%A9/"])
def test_without_the_token_nothing_is_answered(server, path):
    found = answer(server, path)
    assert found.status == 403
    assert b"token" in found.body
    assert token_of(server).strip("/").encode() not in found.body
    assert handshake(server, path, *hosts(server)) == 403


def test_a_token_that_is_nearly_right_is_none(server):
    token = token_of(server).strip("/")
    for wrong in (token[:-1], token + "x", token.swapcase(), "." + token, token + "%00"):
        assert answer(server, f"/{wrong}/").status == 403
        assert handshake(server, f"/{wrong}/live", *hosts(server)) == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",  # whose name server says 127.0.0.1: DNS rebinding
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.evil.example:{port}",
        "evil.example@127.0.0.1:{port}",
        "127.0.0.2:{port}",
        "0.0.0.0:{port}",
        "[::2]:{port}",
        "127.0.0.1:{port}, evil.example",
        "localhost:",
        "",
    ],
)
def test_another_hosts_name_is_refused(server, host):
    host = host.format(port=server.port)
    assert answer(server, token_of(server), Host=host).status in (400, 403)
    status = handshake(server, f"{token_of(server)}live", f"Host: {host}", f"Origin: http://{host}")
    assert status in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "LocalHost"])
@pytest.mark.parametrize("port", ["", ":9000", ":{port}"])
def test_at_the_other_end_of_a_tunnel_the_port_is_another(server, host, port):
    host += port.format(port=server.port)
    own = f"http://{host.lower()}"
    assert answer(server, token_of(server), Host=host).status == 200
    assert answer(server, token_of(server), Host=host, Origin=own).status == 200
    path = f"{token_of(server)}live"
    assert handshake(server, path, f"Host: {host}", f"Origin: {own}") == 101


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "null",  # a frame without rights, a file
        "http://localhost:{port}",  # this machine, but by another name than the request
        "http://127.0.0.1:{other}",  # another program's page
        "https://127.0.0.1:{port}",
        "http://127.0.0.1",
        "http://127.0.0.1:{port}.evil.example",
        "http://127.0.0.1:{port}/",
        "",
    ],
)
def test_another_pages_request_is_refused(server, origin):
    origin = origin.format(port=server.port, other=server.port ^ 1)
    host, _ = hosts(server)
    assert answer(server, token_of(server), Origin=origin).status == 403
    assert handshake(server, f"{token_of(server)}live", host, f"Origin: {origin}") == 403


def test_a_socket_says_where_it_is_from_once(server):
    host, origin = hosts(server)
    path = f"{token_of(server)}live"
    assert handshake(server, path, host) == 403
    assert handshake(server, path, host, origin, "Origin: https://evil.example") in (400, 403)


def test_browsers_are_told_to_execute_nothing_else_and_to_give_the_page_to_nobody(server):
    for path in ("", "studio.js", "nothing.js", "../index.html"):
        found = answer(server, token_of(server) + path).headers
        policy = dict(
            part.strip().split(" ", 1) for part in found["content-security-policy"].split(";")
        )
        assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["connect-src"] == f"'self' ws://127.0.0.1:{server.port}"
        assert found["x-content-type-options"] == "nosniff"
        assert found["referrer-policy"] == "no-referrer"
        assert found["cross-origin-resource-policy"] == "same-origin"
        assert found["cross-origin-opener-policy"] == "same-origin"
        assert found["cache-control"] == "no-store"
        assert "set-cookie" not in found
        assert "server" not in found
        assert "access-control-allow-origin" not in found
    assert "frame-ancestors 'none'" in answer(server, "/").headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "../server.py",
        "..%2fserver.py",
        "%2e%2e/server.py",
        "page/index.html",
        "__init__.py",
        "/etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "index.html%00.js",
        "report/1.html",
        "bright.imgql",
        "scan.nii.gz",
    ],
)
def test_only_the_pages_files_are_handed_out(server, path):
    assert answer(server, token_of(server) + path).status == 404


def test_nothing_can_be_sent_to_the_studio_but_by_the_socket(server):
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        body = b"x" * 1000
        raw.sendall(
            f"POST {token_of(server)} HTTP/1.1\r\n{hosts(server)[0]}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        assert int(raw.makefile("rb").readline().split()[1]) == 405


def test_what_is_no_request_ends_nothing(server):
    for noise in (b"\0" * 100, b"GET / HTTP/9\r\n\r\n", b"GET " + b"a" * 100_000, b"\x16\x03\x01"):
        with socket.create_connection(("127.0.0.1", server.port)) as raw:
            raw.sendall(noise)
    with a_page(server) as page:
        assert page.next()["is"] == "opened"


def test_tokens_differ_and_are_long():
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) >= 43 for token in tokens)


@given(st.text(), st.lists(st.tuples(st.sampled_from([b"host", b"origin"]), st.binary())))
def test_any_request_is_refused_that_is_not_the_pages(path, headers):
    for kind in ("http", "websocket"):
        assert refusal(kind, path, headers, new_token())
