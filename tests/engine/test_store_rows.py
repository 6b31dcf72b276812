"""What a store says is used only if it can be what the plan wants: no other type, size or place.

The rows here have digests that are right, as whoever can write to a store can make them.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.engine.frames import DTYPES, compressed
from voxlogica.engine.store_rows import digest_of
from voxlogica.syntax.source import Source

SIDE = 40
PROGRAM = """
load f = "f.nii.gz"
let v = intensity(f)
let bright = v >. 60
let around = touch(bright, near(v >. 95))
let far = dt(around)
let ranks = percentiles(v, bright, 0)
let colour = rgb(ranks, v, far)
print "far" max(far)
print "ranks" avg(ranks, around)
print "volume" volume(around & (far >=. 0))
print "green" avg(green(colour), bright)
"""
FILTERED = """
import "simpleitk"
load f = "f.nii.gz"
let blurred = DiscreteGaussian(f)
let small = Shrink(f, [2.0, 2.0, 2.0])
let shown = dt(intensity(blurred) >. 50)
let both = touch(intensity(blurred) >. 48, shown >. 2)
print "blurred" avg(intensity(blurred), both)
print "far" max(dt(near(intensity(small) >. 50)))
print "volume" volume(both)
"""


def run(program: str, store: Path | None) -> tuple[dict[str, Any], list[str]]:
    """What a program prints, and its warnings."""
    report = running.run(Source("p", program), cache=False if store is None else store)
    return {p.name: p.value for p in report.prints}, list(report.log)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with an image and, for each program, a store with all that is worth keeping."""
    folder = tmp_path_factory.mktemp("made")
    voxels = np.random.default_rng(1).integers(0, 100, (SIDE, SIDE, SIDE)).astype(np.float32)
    sitk.WriteImage(sitk.GetImageFromArray(voxels), str(folder / "f.nii.gz"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("voxlogica.engine.keeping.worth_keeping", lambda seconds, value: True)
        for name, program in (("plain", PROGRAM), ("filtered", FILTERED)):
            run(program, folder / name)
    return folder


def rows(store: Path) -> list[tuple[bytes, str, str, str]]:
    """Id, operator, type and value of each result, in an order that is always the same."""
    with closing(sqlite3.connect(store / "index.sqlite")) as index:
        query = "SELECT id, operator, type, value FROM results ORDER BY id"
        return index.execute(query).fetchall()


def plant(store: Path, id: bytes, type_name: str, text: str, array: Any = None) -> None:
    """Make a result up, with a digest that is right. Without an array, its frame stays."""
    digest = digest_of(id, type_name.encode(), text.encode())
    frame = store / "frames" / id.hex()[:2] / f"{id.hex()}.b2"
    if array is not None:
        frame.parent.mkdir(parents=True, exist_ok=True)
        frame.write_bytes(b"".join(compressed(array)))
    if frame.exists():
        digest.update(frame.read_bytes())
    with closing(sqlite3.connect(store / "index.sqlite")) as index, index:
        query = "UPDATE results SET type = ?, value = ?, digest = ?, bytes = ? WHERE id = ?"
        index.execute(query, (type_name, text, digest.digest(), 10**6, id))


def image_type(form: dict[str, Any]) -> str:
    if form["components"] == 1 and form["dtype"] in ("bool", "float32"):
        return "valuation(bool)" if form["dtype"] == "bool" else "valuation(number)"
    return "model"


def plant_image(store: Path, id: bytes, form: dict[str, Any]) -> None:
    """Make an image up, with as many voxels as its form says."""
    shape = tuple(form["size"][::-1]) + ((form["components"],) if form["components"] > 1 else ())
    array = np.random.default_rng(0).integers(0, 2, shape).astype(form["dtype"])
    plant(store, id, image_type(form), json.dumps(form), array)


def without_a_side(form: dict[str, Any]) -> dict[str, Any]:
    flat = {"spacing": [1.0] * 2, "origin": [0.0] * 2, "direction": [1.0, 0.0, 0.0, 1.0]}
    return form | flat | {"size": form["size"][:2]}


WRONG = {
    "larger": lambda form: form | {"size": [n + 1 for n in form["size"]]},
    "smaller": lambda form: form | {"size": [n // 2 for n in form["size"]]},
    "of one voxel": lambda form: form | {"size": [1] * 3},
    "of another shape": lambda form: form | {"size": [SIDE * 2, SIDE // 2, SIDE]},
    "flat": without_a_side,
    "of other steps": lambda form: form | {"spacing": [2.0] * 3},
    "elsewhere": lambda form: form | {"origin": [5.0] * 3},
    "turned": lambda form: form | {"direction": [0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0]},
    "of another type": lambda form: form | {"dtype": "float64"},
    "in colour": lambda form: form | {"components": 4},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_image_that_cannot_be_the_operations_is_computed_again(
    made, tmp_path, monkeypatch, wrong
):
    monkeypatch.chdir(made)
    right, _ = run(PROGRAM, None)
    images = [row for row in rows(made / "plain") if row[3].startswith("{")]
    assert len(images) >= 4
    store = tmp_path / "store"
    shutil.copytree(made / "plain", store)
    for id, _, _, text in images:
        plant_image(store, id, WRONG[wrong](json.loads(text)))
    forget_numbers(store)
    assert run(PROGRAM, store) == (right, [damaged(store)])
    assert run(PROGRAM, store) == (right, [])


def damaged(store: Path) -> str:
    return (
        f"warning: results in the store {store} were damaged: they are computed again"
        " (`voxlogica cache verify` checks all)"
    )


def forget_numbers(store: Path) -> None:
    """Forget what needs no image, so that the images are read."""
    with closing(sqlite3.connect(store / "index.sqlite")) as index, index:
        index.execute("DELETE FROM results WHERE value NOT LIKE '{%'")


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("bool", "true"),
        ("string", '"9"'),
        ("sequence", "[1.0]"),
        ("sequence", "[]"),
        ("number", "{}"),
    ],
)
def test_a_number_that_is_none_is_computed_again(made, tmp_path, monkeypatch, type_name, text):
    monkeypatch.chdir(made)
    right, _ = run(PROGRAM, None)
    store = tmp_path / "store"
    shutil.copytree(made / "plain", store)
    for id, _, found, _ in rows(store):
        if found == "number":
            plant(store, id, type_name, text)
    assert run(PROGRAM, store) == (right, [damaged(store)])


def test_an_image_in_place_of_a_number_and_the_other_way_round(made, tmp_path, monkeypatch):
    monkeypatch.chdir(made)
    right, _ = run(PROGRAM, None)
    image = next(json.loads(text) for _, _, _, text in rows(made / "plain") if text[0] == "{")
    for number in ("number", "valuation(number)"):
        store = tmp_path / number
        shutil.copytree(made / "plain", store)
        for id, _, found, _ in rows(store):
            if number == "number" and found == "number":
                plant_image(store, id, image)
            elif number != "number" and found == number:
                plant(store, id, "number", "1.0")
        if number != "number":
            forget_numbers(store)
        # Those that were planted are of the right type now, and forgotten, or damage.
        assert run(PROGRAM, store)[0] == right


def test_images_on_the_grid_of_a_filter_must_agree_with_each_other(made, tmp_path, monkeypatch):
    """Nobody knows beforehand what grid a filter gives, but it is one."""
    monkeypatch.chdir(made)
    right, _ = run(FILTERED, None)
    images = [row for row in rows(made / "filtered") if row[3].startswith("{")]
    assert len(images) >= 4
    for number, (id, _, _, text) in enumerate(images):
        for wrong in ("larger", "smaller", "of one voxel", "flat"):
            store = tmp_path / f"{number} {wrong}"
            shutil.copytree(made / "filtered", store)
            plant_image(store, id, WRONG[wrong](json.loads(text)))
            forget_numbers(store)
            found, said = run(FILTERED, store)
            # What is consistent in itself cannot be told from the truth.
            assert found == right or said == []
            assert set(said) <= {damaged(store)}


# At random


FUZZ = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from tests.engine.test_store_rows import fuzz
os.chdir(sys.argv[2])
fuzz(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
"""


def mutate(store: Path, row: tuple[bytes, str, str, str], dice: random.Random) -> bool:
    """Change a result at random; whether that can be told from the truth."""
    id, _, type_name, text = row
    frame = store / "frames" / id.hex()[:2] / f"{id.hex()}.b2"
    if text.startswith("{") and dice.random() < 0.7:
        form = json.loads(text)
        for _ in range(dice.randint(1, 2)):
            form = dice.choice(list(WRONG.values()))(json.loads(text)) | dice.choice(
                [{}, {"dtype": dice.choice(sorted(DTYPES))}, {"components": dice.choice([1, 3, 4])}]
            )
        if dice.random() < 0.5:
            plant_image(store, id, form)
        else:  # with a frame of as many voxels as before
            plant(store, id, image_type(form), json.dumps(form))
        return bool(form != json.loads(text))  # made up, but all as the plan says
    if frame.exists() and dice.random() < 0.7:
        content = bytearray(frame.read_bytes())
        for _ in range(dice.randint(1, 4)):
            content[dice.randrange(min(len(content), dice.choice([32, 10**9])))] = dice.randrange(
                256
            )
        del content[dice.choice([len(content), dice.randrange(len(content))]) :]
        frame.write_bytes(content)
        if dice.random() < 0.3 and content:
            # As if it were what was put: it may then be any image of its size, or none.
            plant(store, id, type_name, text)
            return False
    else:
        with closing(sqlite3.connect(store / "index.sqlite")) as index, index:
            column = dice.choice(["type", "value", "bytes", "digest"])
            planted = dice.choice([b"", dice.randbytes(20), "model", "1.0", "[" * 9999, -1, 10**15])
            index.execute(f"UPDATE results SET {column} = ? WHERE id = ?", (planted, id))
    return True


def fuzz(made: Path, scratch: Path, first: int, count: int) -> None:
    """Run programs on so many stores changed at random, and see that no result is another."""
    for seed in range(first, first + count):
        print(seed, flush=True)
        dice = random.Random(seed)
        name, program = dice.choice([("plain", PROGRAM), ("filtered", FILTERED)])
        right, _ = run(program, None)
        store = scratch / str(seed)
        shutil.copytree(made / name, store)
        if dice.random() < 0.8:
            forget_numbers(store)
        some = dice.sample(rows(store), dice.randint(1, 4))
        told = False not in [mutate(store, row, dice) for row in some]
        found, said = run(program, store)
        # What is made up on a filter's grid, and fits together, cannot be told from the truth.
        if told and name == "plain":
            assert set(said) <= {damaged(store)}, said
            assert found == right, (found, right)
        shutil.rmtree(store)


def check_at_random(made: Path, tmp_path: Path, count: int) -> None:
    command = [sys.executable, "-X", "faulthandler", "-c", FUZZ, str(Path(__file__).parents[2])]
    done = subprocess.run(
        [*command, str(made), str(tmp_path), "0", str(count)],
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"at {done.stdout.splitlines()[-1:]}: {done.stderr[-3000:]}"


def test_stores_changed_at_random(made, tmp_path):
    check_at_random(made, tmp_path, 8)


@pytest.mark.slow
def test_many_stores_changed_at_random(made, tmp_path):
    check_at_random(made, tmp_path, 500)
