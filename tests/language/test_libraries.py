"""Texts of programs and libraries as they are read from files."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from voxlogica import running
from voxlogica.language.libraries import library
from voxlogica.syntax.source import Source


@pytest.mark.parametrize("data", [b"let a = 1\n", b"\xef\xbb\xbflet a = 1\r\n", b""])
def test_a_text_has_the_digest_of_its_file_whatever_its_line_ends_are(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("lib.imgql").write_bytes(data)
    read = (running.read_program("lib.imgql"), library("lib", Source("p.imgql", "")))
    for source in read:
        assert source is not None
        assert source.digest == sha256(data).digest()
