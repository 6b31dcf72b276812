"""Whatever is changed in a live program, one after the other, it means what a fresh one means."""

from __future__ import annotations

from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import voxlogica as vox
from tests.eager import Maker, Program, TooLongError, Writer
from tests.whole.test_programs_at_random import meanings, text_of, write_images
from voxlogica import running
from voxlogica.engine.executor import TABLE
from voxlogica.engine.results import Report
from voxlogica.images.image import Image
from voxlogica.language.numbers_in_text import numbers_in
from voxlogica.outcome import Outcome
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source

WRITER = Writer(every_bracket=False)
NUMBERS = (-1.0, 0.0, 0.5, 1.0, 2.0, 2.5, 3.0, 7.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("random")
    write_images(folder)
    return folder


@st.composite
def programs(draw: st.DrawFn) -> Program:
    return Maker(lambda n: draw(st.integers(0, n - 1)), depth=3).program()


def with_parameters(text: str, which: list[int]) -> str:
    """The text with some of its numbers as parameters; not all that comes of it is right."""
    numbers = numbers_in(parse(Source("", text), 2))
    chosen = sorted({n % len(numbers) for n in which}) if numbers else []
    declared = [
        f"param p{k} = {text[numbers[n].start : numbers[n].end]}" for k, n in enumerate(chosen)
    ]
    for k, n in reversed([*enumerate(chosen)]):
        text = f"{text[: numbers[n].start]}p{k}{text[numbers[n].end :]}"
    return "\n".join([*declared, text])


steps = st.one_of(
    st.tuples(st.just("value"), st.integers(0, 3), st.sampled_from([*NUMBERS, None])),
    st.tuples(st.just("number"), st.integers(0, 30), st.sampled_from(NUMBERS)),
    st.tuples(st.just("text"), st.integers(0, 1), st.none()),
    st.tuples(st.just("broken"), st.integers(0, 200), st.none()),
    st.tuples(st.just("stopped"), st.integers(0, 30), st.sampled_from(NUMBERS)),
)


def changed(step: Any, text: str, texts: list[str], live: vox.Live) -> dict[str, Any]:
    kind, n, value = step
    if kind in ("value", "stopped"):
        name = f"p{n % 4}"
        return {"values": {name: value}} if f"param {name} =" in text else {}
    if kind == "number":
        numbers = live.last.numbers if live.last.text == text else ()
        if not numbers:
            return {}
        number = numbers[n % len(numbers)]
        return {"text": f"{text[: number.start]}{value:g}{text[number.end :]}"}
    if kind == "text":
        return {"text": texts[n]}
    return {"text": f"{text[:n]} ) {text[n:]}"}


def same(a: Any, b: Any) -> bool:
    if isinstance(a, Image):
        return a.geometry == b.geometry and np.array_equal(
            a.array, b.array, equal_nan=a.array.dtype.kind == "f"
        )
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return bool(a == b or (a != a and b != b))


def hold(outcome: Outcome, before: Outcome, dialect: Any = 2) -> None:
    """What came of a change is what comes of a program that begins so; and of a run."""
    source = Source("random.imgql", outcome.text)
    with vox.Live(source, dialect=dialect, cache=False) as fresh:
        expected = fresh.set(values=dict(outcome.set))
    assert [d.message for d in outcome.errors] == [d.message for d in expected.errors]
    if outcome.errors:
        assert (outcome.named, outcome.prints) == (before.named, before.prints)
        assert not outcome.changed | outcome.gone
        return
    assert list(outcome.named) == list(expected.named)
    for name, one in outcome.named.items():
        other = expected.named[name]
        assert (one.id, one.vltype, one.over) == (other.id, other.vltype, other.over)
        assert same(one.value, other.value), name
    known = before.named
    assert outcome.changed == {
        n for n, one in outcome.named.items() if n not in known or known[n].id != one.id
    }
    assert outcome.gone == known.keys() - outcome.named.keys()
    report = run_of(source, outcome, dialect)
    told = [(one.name, one.value) for one in report.prints]
    assert len(told) == len(outcome.prints)
    for (label, value), one in zip(told, outcome.prints, strict=True):
        assert label == one.label
        assert same(value, one.value)
    assert [(a.label, a.value) for a in report.asserts] == [
        (a.label, a.value) for a in outcome.asserts
    ]
    assert not report.layers or set(outcome.saves) == {layer.path for layer in report.layers}


def run_of(source: Source, outcome: Outcome, dialect: Any) -> Report:
    """A run of the same; where it fails for what it saves, which is not live, one without that."""
    try:
        report = running.run(source, definitions=outcome.set, dialect=dialect, cache=False)
    except VoxLogicaError:
        lines = source.text.splitlines()
        unsaved = [line for line in lines if not line.startswith("save ")]
        assert unsaved != lines
        without = Source(source.name, "\n".join(unsaved))
        return running.run(without, definitions=outcome.set, dialect=dialect, cache=False)
    assert bool(report.layers) == bool(outcome.saves)
    return report


@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    st.lists(programs(), min_size=2, max_size=2),
    st.lists(st.integers(0, 40), max_size=4),
    st.lists(steps, min_size=2, max_size=6),
)
def test_a_live_program_means_what_a_fresh_one_means(folder, both, which, taken):
    try:
        for program in both:
            meanings(program, "special")
    except TooLongError:
        assume(False)
    texts = [
        with_parameters(text_of(program, WRITER, "special", folder), which) for program in both
    ]
    held = {*TABLE._entries}  # by other tests
    with vox.Live(Source("random.imgql", texts[0]), dialect=2, cache=False) as live:
        text, before = texts[0], live.last
        outcome = live.set()
        hold(outcome, before)
        for step in taken:
            before = outcome
            change = changed(step, text, texts, live)
            text = change.get("text", text)
            if step[0] == "stopped":
                stop: Future[None] = Future()
                left = [step[1]]

                def observe(
                    event: object, stop: Future[None] = stop, left: list[int] = left
                ) -> None:
                    left[0] -= 1
                    if left[0] == 0:
                        stop.set_result(None)

                try:
                    live.set(**change, cancellation=stop, observe=observe)
                except CancelledError:
                    assert stop.done()
                else:
                    before = live.last
                change = {}
            outcome = live.set(**change)
            hold(outcome, before)
    assert held >= {*TABLE._entries}


def test_the_reference_is_refused_where_the_program_is(folder):
    """What is held to a run is not always an error."""
    program = Maker(lambda n: 0, depth=2).program()
    with vox.Live(Source("", text_of(program, WRITER, "plain", folder)), dialect=2) as live:
        assert not live.set().errors
    with pytest.raises(VoxLogicaError):
        running.run(Source("", "x = ("))
