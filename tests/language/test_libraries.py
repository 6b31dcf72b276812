"""Texts of programs and libraries as they are read from files."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from voxlogica import running
from voxlogica.language.libraries import library
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source


@pytest.mark.parametrize("data", [b"let a = 1\n", b"\xef\xbb\xbflet a = 1\r\n", b""])
def test_a_text_has_the_digest_of_its_file_whatever_its_line_ends_are(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("lib.imgql").write_bytes(data)
    read = (running.read_program("lib.imgql"), library("lib", Source("p.imgql", "")))
    for source in read:
        assert source is not None
        assert source.digest == sha256(data).digest()


@pytest.mark.parametrize("name", ["x" * 300 + ".nii", "a\0b.nii"])
@pytest.mark.parametrize("command", ["load a =", "import"])
def test_a_name_that_no_file_can_have_is_an_error_at_its_place(command, name):
    with pytest.raises(VoxLogicaError) as wrong:
        running.run(Source("p.imgql", f'{command} "{name}"\nprint "n" 1\n'), cache=False)
    (error,) = wrong.value.diagnostics
    assert error.span is not None
    assert name in error.span.text
    assert "broke down" not in error.message
