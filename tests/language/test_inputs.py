"""The inputs of a session: planned one after the other they are as if they were planned at once."""

from __future__ import annotations

import random
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.eager import Maker, Writer
from voxlogica.images.reading import open_image
from voxlogica.language.code import Declared
from voxlogica.language.inputs import SessionInputs
from voxlogica.language.planning import PlannedPrograms
from voxlogica.language.values import Elements
from voxlogica.syntax.diagnostics import VoxLogicaError, render
from voxlogica.syntax.parser import parse_input
from voxlogica.syntax.source import Source

FIRST = (
    'load m0 = "0.mha"',
    'load m1 = "1.mha" let v0 = intensity(m0)',
    "let w0 = intensity(m1)",
    "let r0 = v0 >. 2 let q0 = w0 <=. 0",
    'let mixed = for i in range(3) do [1, 2, "a"][i] load wide = "wide.mha"',
)
# Of which none is ever accepted, whatever it does before it fails.
WRONG = (
    "let a = nothing",
    'let v0 = 1 let f(x) = v0 + x print "f" f(2) print "v" r0',
    'print "m" mixed[2] print "wide" max(v0 + intensity(wide)) let n = nothing',
    "let f(x) = x",
    'load m2 = "none.mha" let s = range(3)',
    'let s = (for i in range(4) do [i, "a"][i]) print "s" s[1] print "v" v0',
    'import "simpleitk" let n = Median(v0) print "n" n',
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for number in range(2):
        write(f"{number}.mha", number)
    write("wide.mha", 0, spacing=2.0)
    return tmp_path


def write(path: str, first: int, spacing: float = 1.0) -> None:
    array = (np.arange(20, dtype=np.float32).reshape(4, 5) + first) % 7
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((spacing, spacing))
    sitk.WriteImage(image, path)


class Session:
    """Inputs beside which all is planned at once, each time."""

    def __init__(self) -> None:
        self.inputs = SessionInputs({}, None)
        self.entered = 0

    def plan(self, text: str) -> PlannedPrograms:
        self.entered += 1
        program = parse_input(Source(f"input {self.entered}", text), 2)
        at_once = said(lambda: self.inputs.apart().planned(program, open_image))
        assert said(lambda: self.inputs.planned(program, open_image)) == at_once, text
        return self.inputs.planned(program, open_image)

    def enter(self, text: str) -> None:
        assert not self.plan(text).errors, text
        self.inputs.accept()


def said(planning) -> object:
    """All that there is to say of a plan."""
    try:
        planned = planning()
    except VoxLogicaError as refused:
        return str(refused)
    plan = planned.plan

    def value(meant: object) -> object:
        if isinstance(meant, int):
            return plan.ids[meant], str(plan.kinds[meant].type)
        if isinstance(meant, Elements):
            return meant.length, str(meant.type), [value(meant.made[i]) for i in sorted(meant.made)]
        return type(meant)

    return (
        list(map(render, planned.diagnostics)),
        planned.is_staged,
        [(goal.word, goal.label, plan.ids[goal.node]) for goal in plan.goals],
        {n: value(b.value) for n, b in planned.names.items() if isinstance(b, Declared)},
        sorted(planned.names),
    )


@pytest.mark.parametrize("seed", range(25))
def test_whatever_comes_in_between(seed: int) -> None:
    chosen, session, writer = random.Random(seed), Session(), Writer(every_bracket=False)
    for text in FIRST:
        session.enter(text)
    wide = 'print "wide" max(v0 + intensity(wide)) print "m" mixed[1]'
    for _ in range(3):
        session.plan(wide)
        program = Maker(chosen.randrange, depth=3).program()
        texts = [writer.command(declaration) for declaration in program.declarations]
        texts += [f'print "{chosen.random()}" {writer.text(tree)}' for _, tree in program.goals]
        while texts:
            several = "\n".join(texts[: chosen.choice((1, 1, 2))])
            if chosen.random() < 0.3:
                session.plan(chosen.choice((*WRONG, several, writer.text(program.goals[0][1]))))
            try:
                planned = session.plan(several)
            except VoxLogicaError:
                planned = None
            if planned and not planned.errors and chosen.random() < 0.9:
                session.inputs.accept()
            del texts[: several.count("\n") + 1]


@pytest.mark.parametrize("seed", range(10))
def test_what_is_declared_anew_is_let_go_of_which_changes_nothing(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, whole = random.Random(seed), SessionInputs({}, None)
    monkeypatch.setattr("voxlogica.language.inputs._FEW", 2)
    tidy = SessionInputs({}, None)
    whole._most = 10_000
    for number in range(60):
        parts = chosen.sample(("r0", "q0", "w0 >. 3", "v0 >. n", "a", "f(n)"), 2)
        name, body = chosen.choice(
            (("a", " | ".join(parts)), ("f(x)", f"v0 >. x | {parts[0]}"), ("n", f"{number}"))
        )
        text = FIRST[number] if number < len(FIRST) else f"let {name} = {body}"
        program = parse_input(Source(f"input {number}", text), 2)
        expected = said(partial(whole.planned, program, open_image))
        assert said(partial(tidy.planned, program, open_image)) == expected, text
        if not whole.planned(program, open_image).errors:
            tidy.planned(program, open_image)
            whole.accept()
            tidy.accept()
    assert len(tidy.accepted) < len(whole.accepted)


def test_an_image_that_has_changed_is_another() -> None:
    session = Session()
    session.enter('load m = "0.mha"')
    session.enter("let v = max(intensity(m))")
    before = said(lambda: session.plan('print "v" v'))
    write("0.mha", 3)
    assert said(lambda: session.plan('print "v" v')) != before
    write("0.mha", 0)
    assert said(lambda: session.plan('print "v" v')) == before


def test_a_library_that_has_changed_is_another() -> None:
    session = Session()
    Path("own.imgql").write_text('let k = 1\nprint "read" k')
    session.enter('import "own"')
    session.enter("let n = k + 1")
    before = said(lambda: session.plan('print "n" n'))
    Path("own.imgql").write_text("let k = 2")
    assert said(lambda: session.plan('print "n" n')) != before
    Path("own.imgql").unlink()
    assert "there is no library" in session.plan("n").errors[0].message


def test_what_rests_on_the_outside_is_asked_each_time() -> None:
    session = Session()
    session.enter("let k = 1")
    session.enter('let files = dir(".")')
    assert len(session.plan("files").names["files"].value.made) == 3
    write("2.mha", 2)
    assert len(session.plan("files").names["files"].value.made) == 4


def test_what_a_stage_told_is_not_known_to_the_check_of_the_next_input() -> None:
    """Whether an input is right does not depend on image data."""

    class Stage:
        asked = 0

        def reach(self, plan, lasting, *, is_over):
            self.asked += 1
            return [0.0 for _ in plan.goals]

    session, stage = Session(), Stage()
    for text in FIRST:
        session.enter(text)
    planned = session.plan("let s = for i in range(max(v0)) do i + 1")
    assert planned.is_staged
    assert not planned.resumed(stage, True).errors
    session.inputs.accept()
    assert stage.asked
    assert session.plan("s").is_staged
    assert session.plan("map(volume, s)").errors
    assert session.plan('save "a.mha" for i in s do i').errors
