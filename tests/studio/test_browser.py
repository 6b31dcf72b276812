"""How a browser is led to the page, which nobody else on the machine can read."""

from __future__ import annotations

import stat
import webbrowser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from voxlogica.studio.browser import Introduction


def test_a_browser_is_given_a_file_that_only_its_owner_can_read(monkeypatch):
    shown = []
    monkeypatch.setattr(webbrowser, "open", lambda address: not shown.append(address))
    introduction = Introduction("http://127.0.0.1:1/secret/")
    assert introduction.show()
    (address,) = shown
    assert "secret" not in address
    file = Path(unquote(urlsplit(address).path))
    assert 'content="0;url=http://127.0.0.1:1/secret/"' in file.read_text()
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    introduction.remove()
    assert not file.parent.exists()
    introduction.remove()


def test_without_a_browser_it_says_so(monkeypatch):
    def none(address):
        raise webbrowser.Error("none")

    monkeypatch.setattr(webbrowser, "open", none)
    introduction = Introduction("http://127.0.0.1:1/secret/")
    assert not introduction.show()
    introduction.remove()
