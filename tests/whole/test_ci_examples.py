"""The examples for continuous integration: green at a Dice of 0.8, red at 0.9; files are there."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from tests.checkout import INPUT, Checkout

SCORES = {"p01": True, "p02": True, "p06": True, "p08": True, "p10": False}  # at 0.9


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("ci"))


def held(rows: list[dict[str, str]]) -> dict[str, bool]:
    return {row["CASE"]: row["good enough"] == "true" for row in rows}


def failures(file: Path) -> list[str]:
    """The cases that a report of JUnit has a failure for."""
    cases = ElementTree.parse(file).iter("testcase")
    return [case.get("name", "") for case in cases if case.find("failure") is not None]


class TestTheShellScript:
    @pytest.mark.parametrize(("least", "status"), [("0.8", 0), ("0.9", 3)])
    def test_it_fails_where_a_score_is_too_low(
        self, checkout: Checkout, least: str, status: int
    ) -> None:
        done = checkout.command(["examples/ci/check.sh"], LEAST=least, OUT=f"out {least}")
        assert done.returncode == status, done.stderr
        rows = checkout.table(f"out {least}/scores.csv")
        assert held(rows) == {case: held_ or status == 0 for case, held_ in SCORES.items()}
        assert len(failures(checkout.folder / f"out {least}/scores.xml")) == (status == 3)

    def test_a_case_that_cannot_be_run_is_another_matter(self, tmp_path: Path) -> None:
        checkout = Checkout(tmp_path)
        (tmp_path / INPUT / "p06/truth.nii.gz").write_bytes(b"\x1f\x8b cut short")
        done = checkout.command(["examples/ci/check.sh"])
        assert done.returncode == 1
        rows = {row["CASE"]: row for row in checkout.table("results/scores.csv")}
        assert [case for case, row in rows.items() if row["error"]] == ["p06"]
        assert rows["p10"]["dice"].startswith("0.82")


def test_the_makefile_runs_again_what_has_changed_or_was_red(checkout: Checkout) -> None:
    def make(*options: str) -> tuple[int, bool]:
        done = checkout.command(["make", "-f", "examples/ci/Makefile", *options])
        return done.returncode, "voxlogica run" in done.stdout

    assert make() == (0, True)
    assert make() == (0, False)
    assert make("LEAST=0.9") == (2, True)
    assert make("LEAST=0.9") == (2, True)
    assert make() == (0, False)
    (checkout.folder / "examples/study/method.imgql").touch()
    assert make() == (0, True)
    assert set(held(checkout.table("results/scores.csv"))) == set(SCORES)


class TestTheWorkflow:
    """As far as it can be without GitHub: what its steps run, as GitHub runs it."""

    @pytest.fixture
    def steps(self, checkout: Checkout) -> list[dict[str, object]]:
        text = (checkout.folder / "examples/ci/workflow.yml").read_text(encoding="utf-8")
        workflow = yaml.safe_load(text)
        (job,) = workflow["jobs"].values()
        assert workflow[True] == ["push", "pull_request"]  # `on` is a truth value of YAML 1.1
        assert job["runs-on"] == "ubuntu-latest"
        return list(job["steps"])

    def test_each_step_is_an_action_of_github_or_a_command(
        self, steps: list[dict[str, object]]
    ) -> None:
        assert all(("uses" in step) != ("run" in step) for step in steps)
        actions = [step["uses"] for step in steps if "uses" in step]
        assert all(str(action).startswith("actions/") and "@v" in str(action) for action in actions)

    @pytest.mark.parametrize(("least", "status"), [("0.8", 0), ("0.9", 3)])
    def test_it_is_green_at_one_bound_and_red_at_the_other(
        self, checkout: Checkout, steps: list[dict[str, object]], least: str, status: int
    ) -> None:
        by_name = {step.get("name"): str(step["run"]) for step in steps if "run" in step}
        install, scans, score = by_name.values()
        assert install == "python -m pip install ."  # what is tested is installed already
        command = score.replace("least=0.8", f"least={least}")
        for step, expected in ((scans, 0), (command, status)):
            done = checkout.command(["bash", "-e", "-c", step], GITHUB_ACTIONS="true", CI="true")
            assert done.returncode == expected, done.stderr
        told = "::error file=examples/study/score.imgql,line=" in done.stdout + done.stderr
        assert told == (status == 3)
        uploaded = str(steps[-1]["with"]["path"]).split()  # type: ignore[index]
        assert uploaded == ["scores.csv", "scores.xml"]
        assert steps[-1]["if"] == "always()"
        assert held(checkout.table("scores.csv")) == {
            case: held_ or status == 0 for case, held_ in SCORES.items()
        }
        assert len(failures(checkout.folder / "scores.xml")) == (status == 3)
