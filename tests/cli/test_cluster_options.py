"""The options of runs on a cluster, where they do not fit, or say nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from voxlogica.cli.commands import voxlogica as command


@pytest.mark.parametrize(
    ("options", "variable", "said"),
    [
        (["--scheduler", ""], None, "--scheduler has no address"),
        (["--scheduler", "tcp://h:1", "--workers", "1"], None, "not both"),
        (["--scheduler", "", "--workers", "1"], None, "not both"),
        (["--send-inputs"], None, "--send-inputs goes with --scheduler or --workers"),
        (["--fetch-outputs"], "", "--fetch-outputs goes with --scheduler or --workers"),
        ([], "", ""),
    ],
)
def test_what_does_not_fit_is_told(
    options: list[str],
    variable: str | None,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "p.imgql").write_text('print "x" 1')
    monkeypatch.chdir(tmp_path)
    variables = {"VOXLOGICA_SCHEDULER": variable}
    found = CliRunner().invoke(command, ["run", "p.imgql", *options], env=variables)
    assert (found.exit_code, said in found.stderr) == (2 if said else 0, True)
