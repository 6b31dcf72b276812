"""Versions of packages, as importlib.metadata tells them."""

import sys
from importlib.metadata import PackageNotFoundError, distributions, version

import pytest

from voxlogica.cli.audit_texts import versions


def test_they_are_those_that_python_tells():
    names = sorted({found.metadata["Name"] for found in distributions()})
    assert names
    for name in names:
        try:
            assert versions([name]) == {name: version(name)}, name
        except PackageNotFoundError:
            pytest.fail(name)


def test_the_first_on_the_path_counts(tmp_path, monkeypatch):
    for folder, told in [("one", "1.0"), ("two", "2.0")]:
        (tmp_path / folder / f"Some_Package-{told}.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [str(tmp_path / "two"), "", str(tmp_path / "one"), "nowhere"])
    assert versions(["some.package"]) == {"some.package": "2.0"}


def test_what_is_not_installed_is_told():
    with pytest.raises(PackageNotFoundError):
        versions(["no-such-package-of-anybody"])
