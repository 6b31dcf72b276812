"""Patterns of paths, whose matches are cases."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.batch.patterns import PatternCases, matches
from voxlogica.syntax.diagnostics import VoxLogicaError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def found(pattern: str) -> list[tuple[object, ...]]:
    return [*matches(pattern)[0].rows]


def refused(pattern: str) -> str:
    with pytest.raises(VoxLogicaError) as told:
        matches(pattern)
    return str(told.value)


class TestWhatMatches:
    def test_a_name_in_braces_is_a_column_and_rows_are_in_natural_order(self):
        touch("data/p10/flair.nii.gz", "data/p2/flair.nii.gz", "data/p1/flair.nii.gz")
        cases, notes = matches("data/{CASE}/flair.nii.gz")
        assert cases.columns == ("CASE",)
        assert cases.rows == [("p1",), ("p2",), ("p10",)]
        assert cases.place(1) == "data/p2/flair.nii.gz"
        assert notes == ()

    def test_the_same_name_is_the_same_text(self):
        touch("d/a/a_flair.nii", "d/b/b_flair.nii", "d/b/c_flair.nii", "d/c/b_flair.nii")
        assert found("d/{CASE}/{CASE}_flair.nii") == [("a",), ("b",)]
        touch("x-x.nii", "x-y.nii")
        assert found("{N}-{N}.nii") == [("x",)]
        touch("e/a/a123.nii", "e/b/a1.nii")
        assert found("e/{CASE}/{CASE}*.nii") == [("a",)]

    def test_several_names(self):
        touch("sub-01/ses-2/sub-01_ses-2_T1w.nii", "sub-01/ses-10/sub-01_ses-10_T1w.nii")
        assert found("sub-{S}/ses-{T}/sub-{S}_ses-{T}_T1w.nii") == [("01", "2"), ("01", "10")]

    def test_wild_cards_are_as_in_shells(self):
        touch("d/a/b/c/x.nii", "d/a/x.nii", "d/.h/x.nii", "d/q1/y.nii", "d/q22/y.nii")
        os.symlink("a", "d/link")  # noqa: PTH211
        assert found("d/q{N}/*.nii") == [("1",), ("22",)]
        assert found("d/q?/{N}.nii") == [("y",)]
        assert found("d/a/**/{F}/x.nii") == [("c",)]
        assert found("**/{F}/c/x.nii") == [("b",)]
        assert found("d/{D}/x.nii") == [("a",), ("link",)]
        assert found("d/.{D}/x.nii") == [("h",)]

    @pytest.mark.parametrize("name", ["a b", "ü", "[1]", "a+b(c)", "x'y", "$HOME", "-p", "a\nb"])
    def test_odd_names_match_as_they_are(self, name):
        touch(f"d/{name}/x [1].nii")
        assert found("d/{CASE}/x [1].nii") == [(name,)]
        assert found(f"d/{name}/x{{W}}[1].nii") == [(" ",)]

    def test_a_name_that_is_no_text_matches_too(self):
        touch(os.fsdecode(b"d/\xff.nii"))
        assert found("d/{CASE}.nii") == [("\udcff",)]

    def test_a_doubled_brace_is_one(self):
        touch("d/{a}.nii", "d/b.nii")
        assert found("d/{{{N}}}.nii") == [("a",)]

    def test_folders_and_links_that_lead_nowhere_match(self):
        touch("d/a/slice.dcm", "d/file")
        os.symlink("gone", "d/link")  # noqa: PTH211
        assert found("d/{CASE}") == [("a",), ("file",), ("link",)]
        assert found("d/{CASE}/") == [("a",)]

    def test_absolute_paths_and_those_with_dots(self, tmp_path):
        touch("d/a.nii")
        for pattern in (f"{tmp_path}/d/{{N}}.nii", "./d/{N}.nii", "d//{N}.nii", "d/../d/{N}.nii"):
            assert found(pattern) == [("a",)]

    def test_a_folder_that_lacks_the_file_is_noted(self):
        touch("d/a/x.nii", "d/b/y.nii", "d/c/y.nii", "d/readme")
        cases, notes = matches("d/{CASE}/x.nii")
        assert cases.rows == [("a",)]
        assert notes == ('not there, and so no case: "d/b/x.nii", "d/c/x.nii"',)

    def test_many_files(self):
        Path("d").mkdir()
        for n in range(2000):
            Path(f"d/p{n}.nii").touch()
        assert found("d/p{N}.nii") == [(str(n),) for n in range(2000)]


NAMES = ("a", "b", "ab", "a_b", "x.nii", "b_x.nii", "[a]", ".a")
SEGMENTS = ("{P}", "{Q}", "{P}_{Q}", "a", "{P}*", "?", "{P}.nii", "{Q}_x.nii", "*b", "[a]", ".{P}")


@given(
    st.sets(st.tuples(*[st.sampled_from(NAMES)] * 2), min_size=1, max_size=8),
    st.lists(st.sampled_from(SEGMENTS), min_size=2, max_size=2),
)
def test_what_matches_is_what_a_regular_expression_finds_among_all_paths(
    tmp_path_factory, paths, segments
):
    """Where the pattern is right, and each path matches in one way."""
    folder = tmp_path_factory.mktemp("tree")
    for outer, inner in paths:
        (folder / outer).mkdir(exist_ok=True)
        (folder / outer / inner).touch()
    expression, names = "", []
    for part in re.findall(r"\{\w\}|\*|\?|.", "/".join(segments)):
        if part[0] != "{":
            expression += {"*": "[^/]*", "?": "[^/]"}.get(part, re.escape(part))
        elif part[1] in names:
            expression += f"(?P={part[1]})"
        else:
            names.append(part[1])
            expression += f"(?P<{part[1]}>[^/]+)"
    wanted = set()
    for path in paths:
        is_hidden = any(
            name.startswith(".") and not segment.startswith(".")
            for name, segment in zip(path, segments, strict=True)
        )
        if not is_hidden and (match := re.fullmatch(expression, "/".join(path))):
            wanted.add(tuple(match[name] for name in names))
    pattern = f"{folder}/{'/'.join(segments)}"
    try:
        cases, _ = matches(pattern)
    except VoxLogicaError as told:
        said = str(told)
        assert (
            ("nothing matches" in said and not wanted)
            or ("names nothing" in said and not names)
            or "in several ways" in said
            or "are one case" in said
        )
    else:
        assert {*cases.rows} == wanted
        matching = {
            path
            for path in (f"{folder}/{a}/{b}" for a, b in paths)
            if PatternCases(pattern).becomes_one(path)
        }
        assert matching == {*cases.marks}


@pytest.mark.parametrize(
    ("pattern", "path", "would"),
    [
        ("d/{C}.nii", "d/a_seg.nii", True),
        ("d/{C}.nii", "./d//a_seg.nii", True),
        ("d/{C}.nii", "/d/a.nii", False),
        ("d/{C}.nii", "d/e/a.nii", False),
        ("d/{C}.nii", "d/.a.nii", False),
        ("d/{C}/{C}_*.nii", "d/a/a_seg.nii", True),
        ("d/{C}/{C}_*.nii", "d/a/b_seg.nii", False),
        ("d/**/{C}.nii", "d/a.nii", True),
        ("d/**/{C}.nii", "d/e/f/a.nii", True),
        ("d/**/{C}.nii", "d/.e/a.nii", False),
        ("d/{C}", "d/out/a.nii", True),
        ("d/{C}/", "d/out/a.nii", True),
        ("d/{C}/", "d/a.nii", False),
        ("d/{C}.nii", "HERE/d/a.nii", True),
        ("HERE/d/{C}.nii", "d/a.nii", True),
        ("HERE/d/{C}.nii", "d/../d/a.nii", True),
        ("./d/../d/{C}.nii", "d/a.nii", True),
    ],
)
def test_whether_a_file_that_is_not_there_yet_would_match(pattern, path, would):
    here = str(Path.cwd())
    found = PatternCases(pattern.replace("HERE", here))
    assert found.becomes_one(path.replace("HERE", here)) is would


class TestWhatDoesNot:
    @pytest.mark.parametrize(
        ("pattern", "said"),
        [
            ("d/*.nii", "names nothing that differs"),
            ("d/{}.nii", "no name of a variable"),
            ("d/{a b}.nii", "no name of a variable"),
            ("d/{1}.nii", "no name of a variable"),
            ("d/{a.nii", "a `{` has no other"),
            ("d/a}.nii", "a `}` has no other"),
            ("d/{a,b}.nii", "no name of a variable"),
        ],
    )
    def test_a_pattern_that_is_wrong(self, pattern, said):
        assert said in refused(pattern)

    def test_a_name_that_can_be_read_in_two_ways_is_told(self):
        touch("a_b_c.nii")
        told = refused("{P}_{S}.nii")
        assert '"a_b_c.nii" matches in several ways: P=a_b, S=c; or P=a, S=b_c' in told
        touch("d/p/q/x.nii")
        assert "in several ways" in refused("d/**/{A}/**/x.nii")

    def test_two_files_of_one_case_are_told(self):
        touch("d/p1/a.nii", "d/p1/b.nii")
        told = refused("d/{CASE}/*.nii")
        assert 'are one case, CASE=p1: "d/p1/' in told
        assert "name in braces what differs" in told

    def test_nothing_matches(self):
        touch("data/p1/flair.nii", "data/p2/flair.nii", "data/.hidden")
        told = refused("data/{CASE}/flar.nii")
        assert '"data/p1/flar.nii" does not exist, and 1 more like it' in told
        assert 'did you mean "data/p1/flair.nii"?' in told
        assert '"dat" does not exist' in refused("dat/{CASE}/t1.nii")
        assert 'in "data/" there is "p1", "p2"' in refused("data/q{CASE}")
        assert "`~` is no folder" in refused("~/data/{CASE}.nii")

    @pytest.mark.skipif(os.geteuid() == 0, reason="root looks into every folder")
    def test_a_folder_that_cannot_be_looked_into_is_noted(self):
        touch("d/a/x1.nii", "d/b/x1.nii")
        Path("d/b").chmod(0)
        _, notes = matches("d/{CASE}/x{N}.nii")
        Path("d/b").chmod(0o700)
        assert notes == ('cannot be looked into, and no case was found there: "d/b"',)
