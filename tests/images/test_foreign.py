"""Paths that lead to nothing, and files that are no images: what they are is said."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.images.errors import ImageFileError
from voxlogica.images.foreign import is_text
from voxlogica.images.reading import open_image
from voxlogica.syntax.source import Source

LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(path: str) -> ImageFileError:
    with pytest.raises(ImageFileError) as caught:
        open_image(path)
    return caught.value


def archive(kind: str) -> bytes:
    data = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(data, "w") as packed:
            packed.writestr("a.nii", b"\0" * 400)
    else:
        with tarfile.open(fileobj=data, mode="w") as packed:
            packed.addfile(tarfile.TarInfo("a.nii"))
    return data.getvalue()


FOREIGN = {
    LFS: ("is a Git LFS pointer", "git lfs pull"),
    b"/annex/objects/MD5E-s123--abc.nii.gz\n": ("is a git-annex pointer", "git annex get"),
    b"\n<!DOCTYPE html><html><body>Log in</body></html>": ("is a web page", "fetch it anew"),
    b"<HTML>404</HTML>": ("is a web page", "fetch it anew"),
    b'<?xml version="1.0"?><Error/>': ("is text in XML", "fetch it anew"),
    json.dumps({"message": "Not Found"}).encode(): ("is text in JSON", "fetch it anew"),
    b"a few words\nof text\n" * 30: ("is text", "anew"),
    "Größe und Maß\n".encode() * 300: ("is text", "anew"),
    archive("zip"): ("is a zip archive", "unpack it"),
    archive("tar"): ("is a tar archive", "unpack it"),
    b"\xfd7zXZ\0" + b"\0\x04" * 30: ("is compressed with xz", "unxz"),
    b"\x93NUMPY\x01\0v\0" + b" " * 118: ("is an array of NumPy's", "convert it"),
    b"%PDF-1.7\n%\xe2\xe3": ("is a PDF document", "export"),
}


@pytest.mark.parametrize(
    "name", ["a.nii", "a.nii.gz", "a.mha", "a.nrrd", "a.png", "a.tif", "a.dcm"]
)
@pytest.mark.parametrize(("content", "what"), FOREIGN.items(), ids=lambda v: str(v)[:24])
def test_what_stands_in_the_place_of_an_image_is_named(name, content, what):
    Path(name).write_bytes(content)
    problem = refusal(name)
    assert problem.message == f'"{name}" is no image: it {what[0]}' or (
        problem.message.startswith(f'"{name}" is no image: it {what[0]}')
    )
    assert what[1] in problem.hint


def test_what_is_compressed_is_looked_into():
    image = sitk.GetImageFromArray(np.zeros((2, 3, 4), np.uint8))
    sitk.WriteImage(image, "a.nii.gz")
    Path("b.nii.gz").write_bytes(gzip.compress(Path("a.nii.gz").read_bytes()))
    assert refusal("b.nii.gz").message == '"b.nii.gz" is no image: it is compressed twice'
    assert "gunzip" in refusal("b.nii.gz").hint
    Path("c.nii.gz").write_bytes(gzip.compress(LFS))
    assert "what is in it is a Git LFS pointer" in refusal("c.nii.gz").message
    Path("d.nii.gz").write_bytes(gzip.compress(b"words and words\n" * 40))
    assert "it is text" in refusal("d.nii.gz").message


def test_headers_that_are_text_and_voxels_that_look_like_it_are_images():
    voxels = np.full((20, 30, 40), ord("A"), np.uint8)
    for name in ("a.mha", "a.mhd", "a.nrrd", "a.nhdr", "a.nii", "a.img", "a.nii.gz"):
        sitk.WriteImage(sitk.GetImageFromArray(voxels), name)
        assert open_image(name).geometry.size == (40, 30, 20)
    text = Path("a.mhd").read_text().replace("ObjectType = Image\n", "")
    Path("b.mhd").write_text("BinaryData = True\n" + text.replace("BinaryData = True\n", ""))
    assert open_image("b.mhd").geometry.size == (40, 30, 20)


def test_text_is_told_also_where_its_last_letter_is_cut():
    assert is_text("ß".encode() * 5 + b"\xc3")
    assert not is_text(b"\xc3\xc3")
    assert not is_text(b"a\0")
    assert not is_text(b"")


# Links


def test_a_link_that_leads_nowhere_is_said_to_be_one():
    Path("flair.nii.gz").symlink_to("/data/not/mounted/flair.nii.gz")
    problem = refusal("flair.nii.gz")
    target = '"/data/not/mounted/flair.nii.gz"'
    assert problem.message == f'"flair.nii.gz" is a link to {target}, which does not exist'
    Path("data").symlink_to("/not/mounted")
    problem = refusal("data/flair.nii.gz")
    said = '"data/flair.nii.gz" does not exist: "data" is a link to "/not/mounted", which does not'
    assert problem.message == f"{said} exist"
    assert "is a link" in refusal("data").message  # as a folder of slices
    Path("round").symlink_to("round")
    assert "symbolic link" in refusal("round").message


def test_a_slice_that_is_a_link_to_nowhere_is_not_left_out_silently():
    Path("series").mkdir()
    for number in (1, 2):
        Path(f"series/{number}.dcm").symlink_to(f"/not/mounted/{number}.dcm")
    problem = refusal("series")
    assert '"1.dcm" is a link to "/not/mounted/1.dcm", which does not exist' in problem.message
    assert "1 more of its links" in problem.message


def test_voxels_behind_a_link_to_nowhere():
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((2, 3), np.uint8)), "a.mhd")
    Path("a.raw").unlink()
    Path("a.raw").symlink_to("/not/mounted/a.raw")
    assert 'is a link to "/not/mounted/a.raw"' in refusal("a.mhd").message


def test_programs_and_libraries_that_are_links_to_nowhere():
    Path("p.imgql").symlink_to("/not/mounted/p.imgql")
    with pytest.raises(running.VoxLogicaError) as caught:
        running.run("p.imgql")
    (said,) = caught.value.diagnostics
    assert said.message == (
        'the program p.imgql is a link to "/not/mounted/p.imgql", which does not exist'
    )
    (said,) = running.check(Source("q.imgql", 'import "p"\n'))
    assert 'cannot import `p`: "p.imgql" is a link to "/not/mounted/p.imgql"' in said.message


def test_a_file_beside_the_program_is_hinted_at():
    Path("study").mkdir()
    image = sitk.GetImageFromArray(np.zeros((2, 3), np.uint8))
    sitk.WriteImage(image, "study/a.png")
    for text in ('load m = "a.png"', 'import "simpleitk" print "m" max(ReadImage("a.png"))'):
        Path("study/p.imgql").write_text(text)
        (said,) = running.check("study/p.imgql")
        assert said.message == '"a.png" does not exist'
        assert said.hint.startswith('there is "study/a.png", beside the program')
        assert '"$dir/a.png"' in said.hint
    Path("study/p.imgql").write_text('load m = "$dir/a.png"')
    assert running.check("study/p.imgql") == ()
