"""Where results come from, as an RO-Crate; and read back from one."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voxlogica.dataclass import replace
from voxlogica.engine.cases import Case, Checked, Fault, Row, SavedFile
from voxlogica.engine.results import Effort, InputFile, Printed
from voxlogica.report.provenance import (
    CRATE,
    METADATA,
    PROFILE,
    Circumstances,
    crate_text,
    property_value,
    provenance,
)
from voxlogica.report.recorded import RecordError, recorded

OF = Circumstances(
    root="/home/anna/study",
    folder="/home/anna/study/work",
    home="/home/anna",
    programs=("p.imgql",),
    definitions={"high": "0.9"},
    settings={"compression": 4.0},
    began=1_700_000_000.0,
    software={"voxlogica": ("1.2.3", ""), "numpy": ("2.4", "https://pypi.org/project/numpy/")},
    system="Linux on x86_64",
    kernels="v3",
)
A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
INPUTS = (
    InputFile("p.imgql", A, "program"),
    InputFile("../lib one.imgql", B, "library"),
    InputFile("/mnt/atlas.nii.gz", C, "image"),
)
ROW = Row(
    Case(0, "p1", {"CASE": "p1", "age": 61.0}, frozenset({"CASE"})),
    prints=(Printed("dice", "number", 0.75), Printed("sizes", "sequence(number)", [1.0, 2.5])),
    asserts=(Checked("good", True), Checked("small", False, Fault("no", "no"))),
    files=(SavedFile("/home/anna/study/out/p1.mhd", "model"),),
    by_worker={"10.0.0.7:4711": Effort(5, 4, 1.5)},
    seconds=2.0,
    operations=9,
    computed=5,
    stored=4,
    inputs=INPUTS,
    ended=1_700_000_010.5,
)
FAILED = Row(
    Case(1, "p2", {"CASE": "p2"}, frozenset({"CASE"})),
    faults=(Fault("/home/anna/study/x.png is gone", "…"),),
    inputs=INPUTS[:1],
    ended=1_700_000_011.0,
)


def saved(path: str) -> dict[str, str]:
    return {path: D, path.replace(".mhd", ".raw"): C}


def entities(rows, of=OF) -> dict[str, dict]:
    """Those of a crate, by identifier; each is there once, and what is referred to is there."""
    tree = json.loads(crate_text(provenance(rows, of, saved)))
    assert tree["@context"][0] == f"{CRATE}/context"
    found = {entity["@id"]: entity for entity in tree["@graph"]}
    assert len(found) == len(tree["@graph"])
    for entity in tree["@graph"]:
        for key, value in entity.items():
            for one in value if isinstance(value, list) else [value]:
                if isinstance(one, dict) and key not in ("actionStatus",):
                    assert one["@id"] in found or one["@id"] == CRATE
    return found


def referred(entity: dict, key: str) -> list[str]:
    found = entity.get(key, [])
    return [one["@id"] for one in (found if isinstance(found, list) else [found])]


def test_the_root_conforms_to_the_profile_and_has_all_files_and_actions():
    found = entities([ROW, FAILED])
    assert found[METADATA]["about"] == {"@id": "./"}
    assert found[METADATA]["conformsTo"] == {"@id": CRATE}
    root = found["./"]
    assert root["conformsTo"] == {"@id": PROFILE}
    assert {"name", "description", "license"} <= root.keys()
    assert root["datePublished"] == "2023-11-14T22:13:20.000+00:00"
    files = [name for name, e in found.items() if "File" in e["@type"]]
    assert referred(root, "hasPart") == files
    assert referred(root, "mentions") == ["#case/0", "#case/1"]


def test_a_case_is_an_action_with_what_it_used_and_gave():
    found = entities([ROW, FAILED])
    action = found["#case/0"]
    assert (action["@type"], action["name"]) == ("CreateAction", "p1")
    assert action["description"] == "voxlogica run p.imgql -D high=0.9 -D CASE=p1"
    assert action["startTime"] == "2023-11-14T22:13:28.500+00:00"
    assert action["endTime"] == "2023-11-14T22:13:30.500+00:00"
    assert action["actionStatus"]["@id"] == "http://schema.org/CompletedActionStatus"
    used = [found[name] for name in referred(action, "object")]
    assert [(e["name"], e.get("value")) for e in used] == [
        ("p.imgql", None),
        ("lib one.imgql", None),
        ("atlas.nii.gz", None),
        ("high", "0.9"),
        ("CASE", "p1"),
        ("compression", 4),
        ("working folder", "work"),
    ]
    gave = [found[name] for name in referred(action, "result")]
    assert [(e["name"], e.get("value")) for e in gave] == [
        ("p1.mhd", None),
        ("p1.raw", None),
        ("dice", 0.75),
        ("sizes", "[1, 2.5]"),
        ("good", True),
        ("small", False),
    ]
    usage = [found[name] for name in referred(action, "resourceUsage")]
    assert [(e["name"], e["value"]) for e in usage] == [
        ("operations", 9),
        ("computed", 5),
        ("stored", 4),
        ("awaited", 0),
        ("worker", "10.0.0.7:4711"),
    ]
    (software,) = referred(action, "instrument")
    assert found[software]["softwareVersion"] == "1.2.3"
    assert referred(found[software], "softwareRequirements") == ["https://pypi.org/project/numpy/"]


def test_a_case_that_failed_says_why_and_gives_nothing():
    action = entities([ROW, FAILED])["#case/1"]
    assert action["actionStatus"]["@id"] == "http://schema.org/FailedActionStatus"
    assert action["error"] == "~/study/x.png is gone"
    assert "result" not in action


@pytest.mark.parametrize(
    ("path", "identifier"),
    [
        ("a b.imgql", "work/a%20b.imgql"),
        ("../out/ä.nii.gz", "out/%C3%A4.nii.gz"),
        ("../../other/x.png", "#../other/x.png"),
        ("/home/anna/study/x.png", "x.png"),
        ("/mnt/x.png", "#../../../mnt/x.png"),
        ("../..data/x.png", "..data/x.png"),
        ("byte \udcff", "work/byte%20%FF"),
        ("<stdin>", "#%3Cstdin%3E"),
    ],
)
def test_files_are_named_as_seen_from_the_crate(path, identifier):
    assert OF.identifier(path) == identifier


def test_the_name_of_the_home_folder_is_nowhere():
    of = replace(
        OF,
        root="/mnt/records",
        folder="/home/anna/study",
        programs=("/home/anna/p.imgql",),
        definitions={"DIR": "/home/anna/data", "OTHER": "/home/annabel"},
    )
    row = replace(
        ROW,
        case=Case(0, "/home/anna/p1", {"CASE": "/home/anna"}, frozenset({"CASE"})),
        prints=(Printed("/home/anna", "string", "in /home/anna/x, and"),),
        inputs=(*INPUTS, InputFile("/home/anna/p.imgql", A, "program")),
        faults=(Fault("no /home/anna: it is gone", "…"),),
    )
    text = crate_text(provenance([row], of, saved))
    assert "anna" not in text.replace("annabel", "")
    read = recorded(text, "/mnt/records", "/home/bob")
    (case,) = read.cases
    assert case.parameters["DIR"] == "/home/bob/data"
    assert "/home/bob/p.imgql" in [file.path for file in case.files]


def test_a_file_that_was_changed_between_cases_is_two():
    other = replace(ROW, case=Case(1, "p2", {}), inputs=(InputFile("p.imgql", B, "program"),))
    found = entities([ROW, other])
    assert found["work/p.imgql"]["sha256"] == A
    assert found[f"#work/p.imgql?sha256={B}"]["sha256"] == B
    read = recorded(crate_text(provenance([ROW, other], OF, saved)), OF.root, OF.home)
    assert [case.files[0][:2] for case in read.cases] == [
        ("/home/anna/study/work/p.imgql", A),
        ("/home/anna/study/work/p.imgql", B),
    ]


def test_what_is_recorded_is_read_back():
    read = recorded(crate_text(provenance([ROW, FAILED], OF, saved)), OF.root, OF.home)
    assert read.software == {"voxlogica": "1.2.3", "numpy": "2.4"}
    first, second = read.cases
    assert (first.name, first.is_done, second.name, second.is_done) == ("p1", True, "p2", False)
    assert [tuple(file) for file in first.files] == [
        ("/home/anna/study/work/p.imgql", A, "program"),
        ("/home/anna/study/lib one.imgql", B, "library"),
        ("/mnt/atlas.nii.gz", C, "image"),
    ]
    assert first.parameters == {"high": "0.9", "CASE": "p1"}
    assert first.settings == {"compression": 4, "working folder": "work"}
    assert [file.path for file in first.saved] == [
        "/home/anna/study/out/p1.mhd",
        "/home/anna/study/out/p1.raw",
    ]
    assert first.printed == {"dice": 0.75, "sizes": "[1, 2.5]"}
    assert first.asserted == {"good": True, "small": False}


values = st.floats() | st.booleans() | st.text()


@given(
    st.dictionaries(st.text(), values | st.lists(values, max_size=3), max_size=5),
    st.dictionaries(st.text(), values, max_size=5),
)
def test_any_values_are_read_back(printed, parameters):
    case = Case(0, "p", parameters, frozenset(parameters))
    prints = tuple(Printed(name, "", value) for name, value in printed.items())
    tree = provenance([Row(case, prints=prints, inputs=INPUTS)], OF, saved)
    (read,) = recorded(crate_text(tree), OF.root, OF.home).cases
    assert read.printed == {name: property_value(value) for name, value in printed.items()}
    wanted = {"high": "0.9"} | {name: property_value(v) for name, v in parameters.items()}
    assert {n: v for n, v in read.parameters.items() if not str(v).startswith("/home")} == {
        n: v for n, v in wanted.items() if not (v == "~" or str(v).startswith("~/"))
    }


def test_truth_numbers_and_texts_are_told_apart():
    prints = [("a", True), ("b", 1.0), ("c", "1"), ("d", "true"), ("e", math.inf)]
    row = Row(Case(0, "p", {}), prints=tuple(Printed(n, "", v) for n, v in prints), inputs=INPUTS)
    (read,) = recorded(crate_text(provenance([row], OF, saved)), OF.root, OF.home).cases
    assert [repr(value) for value in read.printed.values()] == [
        "True",
        "1",
        "'1'",
        "'true'",
        "'inf'",
    ]


GOOD = provenance([ROW], OF, saved)


def without(kind: str, key: str):
    tree = json.loads(crate_text(GOOD))
    for entity in tree["@graph"]:
        if kind in entity["@type"]:
            entity.pop(key, None)
    return json.dumps(tree)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no json", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no @graph"),
        ('{"@graph": 3}', "no @graph"),
        ('{"@graph": [3, {"@id": 4}]}', "no process run crate"),
        (without("CreateAction", "@type"), "tells of no run"),
        (without("SoftwareApplication", "@type"), "not of a run of voxlogica"),
        (without("File", "sha256"), "has no sha256"),
        (crate_text(GOOD).replace(A, "xyz"), "has no SHA-256"),
        (without("PropertyValue", "value"), "has no value"),
        (without("PropertyValue", "@id"), "says nothing of"),
    ],
)
def test_what_is_no_record_is_told_as_that(text, said):
    with pytest.raises(RecordError, match=said):
        recorded(text, "/", "/home")
