"""The records of runs are crates to the validator of RO-Crates, where that is installed.

CI installs it in an environment of its own: it needs older versions of what is used here. What it
would fetch from the network, the contexts, is given to it: the terms that records use.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

pytest.importorskip("rocrate_validator")

from rdflib.plugins.shared.jsonld.context import Context
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

SCHEMA = """
CreativeWork Dataset SoftwareApplication SoftwareSourceCode CreateAction PropertyValue
about name description datePublished license hasPart mentions version softwareVersion url
softwareRequirements operatingSystem processorRequirements instrument object result startTime
endTime actionStatus error value propertyID additionalType encodingFormat
"""
RUNS = ("sha256", "resourceUsage")
TERMS = {
    **{term: f"http://schema.org/{term}" for term in SCHEMA.split()},
    **{term: f"https://w3id.org/ro/terms/workflow-run#{term}" for term in RUNS},
    "File": "http://schema.org/MediaObject",
    "conformsTo": "http://purl.org/dc/terms/conformsTo",
}


class Answer:
    """What the network gives, whatever it is asked for."""

    status_code, ok, headers, url = 200, True, {"Content-Type": "application/ld+json"}, ""
    text = json.dumps({"@context": TERMS})

    def json(self):
        return {"@context": TERMS}

    def raise_for_status(self):
        pass


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    monkeypatch.setattr(HttpRequester, "__getattr__", lambda self, name: lambda *a, **k: Answer())
    monkeypatch.setattr(HttpRequester, "fetch_fresh", lambda self, *a, **k: Answer(), raising=False)
    monkeypatch.setattr(Context, "_fetch_context", lambda self, *a, **k: Answer().json())


def issues(folder: Path, severity: str) -> set[str]:
    found = services.validate(
        services.ValidationSettings(
            rocrate_uri=str(folder),
            profile_identifier="process-run-crate",
            requirement_severity=models.Severity[severity],
        )
    )
    return {f"{issue.check.identifier} {issue.message}" for issue in found.get_issues()}


@pytest.fixture
def record(tmp_path, monkeypatch):
    """Makes the record of a run in a folder; two of the cases are right, `c` is no image."""
    (tmp_path / "data set").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in "ab":
        image = sitk.GetImageFromArray(np.full((4, 5), 200, np.uint8))
        sitk.WriteImage(image, f"data set/{name}.png")
    Path("data set/c.png").write_text("no image")
    Path("lib.imgql").write_text("let big(v) = v .>=. 2\n")
    Path("p.imgql").write_text(
        'import "lib"\nload m = "data set/$CASE.png"\nsave "out/$CASE.mhd" intensity(m)\n'
        'print "v, px" volume(intensity(m) >. 100)\nassert "big" big(1)\n'
    )

    def made(file: str, *arguments: str) -> Path:
        line = [sys.executable, "-m", "voxlogica", "run", "p.imgql", *arguments]
        subprocess.run([*line, "--provenance", file], check=False, capture_output=True)
        return Path(file).parent

    return made


# Whose names they would be, nobody has told.
ALLOWED = {"license", "author", "publisher", "agent"}


@pytest.mark.parametrize("arguments", [("--cases", "data set/{CASE}.png"), ("-D", "CASE=a")])
@pytest.mark.parametrize("file", ["ro-crate-metadata.json", "records/ro-crate-metadata.json"])
def test_a_record_conforms_to_the_profile_of_process_runs(arguments, file, record):
    assert issues(record(file, *arguments), "REQUIRED") == set()


def test_what_it_lacks_of_what_is_recommended_are_names(record):
    found = issues(record("ro-crate-metadata.json", "-D", "CASE=a"), "RECOMMENDED")
    lacking = {said for said in found if not any(word in said for word in ALLOWED)}
    # The validator's own status has a slash too many; a program has no place in the web.
    expected = ("actionStatus", "have a url", "absolute URI", "SHOULD have a version")
    assert {said for said in lacking if not any(word in said for word in expected)} == set()


def test_the_validator_does_refuse_records(record):
    folder = record("ro-crate-metadata.json", "-D", "CASE=a")
    file = folder / "ro-crate-metadata.json"
    file.write_text(file.read_text().replace('"instrument"', '"instruments"'))
    assert any("instrument" in said for said in issues(folder, "REQUIRED"))
    Path("p.imgql").unlink()
    assert any("p.imgql" in said for said in issues(folder, "REQUIRED"))
