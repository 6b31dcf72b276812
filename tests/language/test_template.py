"""A template plans programs as they are planned by themselves, time after time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voxlogica.images.reading import open_image
from voxlogica.language.planning import PlannedPrograms, Template, plan_programs
from voxlogica.syntax.diagnostics import VoxLogicaError, render
from voxlogica.syntax.source import Source


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory) -> Any:
    """A working folder with images of two sizes, and two libraries."""
    folder: Path = tmp_path_factory.mktemp("template")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, side in (("a", 4), ("b", 4), ("c", 5)):
            array = np.arange(side**2, dtype=np.float32).reshape(side, side) * ord(name)
            sitk.WriteImage(sitk.GetImageFromArray(array), f"{name}.nii")
        Path("one.imgql").write_text('param low = 1\nlet own(r) = near(r)\nlet said = "$CASE"\n')
        Path("two.imgql").write_text(
            'param low = 2\nlet own(r) = interior(r)\nload more = "$CASE.nii"\n'
        )
        yield folder


# Commands, of which some are wrong, some only with some definitions, and some need stages.
COMMANDS = (
    "param low = 3",
    "param high = 40 from 0 to 100",
    "param missing: number",
    'load m = "$CASE.nii"',
    'load other = "b.nii"',
    'import "$LIB"',
    'import "metrics"',
    "let r = intensity(m) >. high",
    "let f(x) = x .+. low",
    "let s = own(r)",
    'print "n" f(2)',
    'print "v $CASE" volume(r)',
    'print "w" volume(r & (intensity(other) >. 3))',
    'print "loop" for i in range(0, low) do f(i)',
    'print "staged" for i in range(0, volume(r)) do i',
    'print "ten" $TEN',
    'assert "a" volume(r) .>. low',
    'save "$CASE-out.nii" r',
    'save "t.csv" [["a", "b"], [low, high]]',
    "print dice(r, r)",
    "let high = 2",
)
programs = st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=9).map("\n".join)
definitions = st.fixed_dictionaries(
    {
        "CASE": st.sampled_from(["a", "b", "c", "none"]),
        "LIB": st.sampled_from(["one", "two", "no"]),
    },
    optional={
        "low": st.sampled_from([0.0, 2.0, "x"]),
        "high": st.sampled_from([10.0, 1000.0]),
        "missing": st.just(1.0),
        "TEN": st.just("10"),
        "unknown": st.just("u"),
    },
)


def told(plan: Callable[[], PlannedPrograms]) -> Any:
    """All there is to know of a plan."""
    try:
        planned = plan()
    except VoxLogicaError as problem:
        return [render(d) for d in problem.diagnostics]
    found = planned.plan
    return (
        found.ids,
        [(g.word, g.label if g.word != "save" else g, g.node, str(g.span)) for g in found.goals],
        [str(place.span) for place in found.places],
        [render(d) for d in planned.diagnostics],
        len(planned.differences),
        planned.is_staged,
        [p.name for p in planned.parameters],
        len(planned.doubts),
        [source.text for source in planned.sources],
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(programs, min_size=1, max_size=2), st.lists(definitions, min_size=1, max_size=4))
def test_programs_are_planned_as_by_themselves(texts, cases):
    sources = [Source(f"p{number}.imgql", text) for number, text in enumerate(texts)]
    template = Template(sources, None)
    for case in cases:
        by_template = told(lambda: template.planned(case, open_image))  # noqa: B023
        by_itself = told(
            lambda: plan_programs(sources, definitions=case, dialect=None, open_image=open_image)  # noqa: B023
        )
        assert by_template == by_itself


def test_a_library_that_changes_meanwhile_is_as_it_was_first():
    Path("changing.imgql").write_text("let two = 2")
    template = Template([Source("p.imgql", 'import "changing"\nprint "n" two')], None)
    first = template.planned({}, open_image)
    Path("changing.imgql").write_text("let two = 3")
    assert template.planned({}, open_image).plan.ids == first.plan.ids
