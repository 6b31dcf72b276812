"""Our data classes are like those of the standard library, as far as they go."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import threading
from functools import cached_property
from typing import Any

import pytest

import voxlogica.dataclass as ours


def classes(library: Any) -> dict[str, type]:
    """One class of each kind."""

    @library.dataclass(frozen=True, slots=True)
    class Frozen:
        """A place."""

        x: int
        name: str = "none"
        parts: list[int] = library.field(default_factory=list, compare=False)

        def doubled(self) -> int:
            return 2 * self.x

    @library.dataclass(slots=True)
    class Mutable:
        x: int
        made: dict[str, int] = library.field(default_factory=dict, repr=False)
        twice: int = library.field(init=False)

        def __post_init__(self) -> None:
            self.twice = 2 * self.x

    @library.dataclass(frozen=True, slots=True, eq=False)
    class Identical:
        x: int = 3

    @library.dataclass(frozen=True)
    class Remembering:
        x: int

        @cached_property
        def double(self) -> int:
            return 2 * self.x

    @library.dataclass(frozen=True, slots=True)
    class Empty:
        pass

    return {k.__name__: k for k in (Frozen, Mutable, Identical, Remembering, Empty)}


@pytest.mark.parametrize("library", [dataclasses, ours])
def test_objects_have_their_values_in_order_by_name_or_by_default(library):
    kinds = classes(library)
    one = kinds["Frozen"](1, parts=[4])
    assert (one.x, one.name, one.parts, one.doubled()) == (1, "none", [4], 2)
    assert kinds["Frozen"](2, "b").parts == []
    assert kinds["Frozen"](2).parts is not kinds["Frozen"](2).parts
    assert kinds["Mutable"](4).twice == 8
    assert kinds["Remembering"](4).double == 8
    assert kinds["Frozen"].__doc__ == "A place."
    for wrong in (lambda: kinds["Frozen"](), lambda: kinds["Frozen"](1, 2, 3, 4)):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(TypeError):
        kinds["Mutable"](1, {}, 3)


@pytest.mark.parametrize("library", [dataclasses, ours])
def test_equality_and_hash_are_of_the_fields_that_are_compared(library):
    kinds = classes(library)
    frozen, identical = kinds["Frozen"], kinds["Identical"]
    assert frozen(1, parts=[1]) == frozen(1, parts=[2]) != frozen(1, "b")
    assert len({frozen(1), frozen(1, parts=[2]), frozen(2)}) == 2
    assert frozen(1) != kinds["Remembering"](1)
    assert frozen(1) != (1, "none")
    assert identical() != identical()
    assert len({identical(), identical()}) == 2
    assert kinds["Mutable"](1) == kinds["Mutable"](1)
    assert kinds["Empty"]() == kinds["Empty"]()
    assert kinds["Remembering"](1) == kinds["Remembering"](1)
    with pytest.raises(TypeError):
        hash(kinds["Mutable"](1))


@pytest.mark.parametrize("library", [dataclasses, ours])
def test_what_is_frozen_or_has_slots_stays_as_it_is(library):
    kinds = classes(library)
    for name in ("Frozen", "Identical", "Remembering"):
        one = kinds[name](1)
        for wrong in (lambda o=one: setattr(o, "x", 2), lambda o=one: delattr(o, "x")):
            with pytest.raises(dataclasses.FrozenInstanceError, match="field 'x'"):
                wrong()
    mutable = kinds["Mutable"](1)
    mutable.x = 5
    assert mutable.x == 5
    with pytest.raises(AttributeError):
        mutable.other = 1
    assert not hasattr(kinds["Frozen"](1), "__dict__")


@pytest.mark.parametrize("library", [dataclasses, ours])
def test_copies_with_changes_patterns_and_texts(library):
    kinds = classes(library)
    frozen = kinds["Frozen"]
    changed = library.replace(frozen(1, "a"), x=2)
    assert (changed.x, changed.name) == (2, "a")
    assert library.replace(kinds["Mutable"](1), x=3).twice == 6
    with pytest.raises(TypeError):
        library.replace(frozen(1), y=3)
    match frozen(1, "a"):
        case frozen(x, name):
            assert (x, name) == (1, "a")
    assert repr(frozen(1)).endswith("Frozen(x=1, name='none', parts=[])")
    assert repr(kinds["Mutable"](1)).endswith("Mutable(x=1, twice=2)")
    around = frozen(1, parts=[])
    around.parts.append(around)
    assert repr(around).endswith("parts=[...])")
    assert copy.deepcopy(frozen(1, "a", [2])).parts == [2]


@ours.dataclass(frozen=True, slots=True)
class Sent:
    x: int
    y: tuple[int, ...] = ()


def test_they_go_to_other_processes():
    assert pickle.loads(pickle.dumps(Sent(1, (2,)))) == Sent(1, (2,))


def test_the_first_objects_may_be_made_in_several_threads():
    for _ in range(50):
        frozen = classes(ours)["Frozen"]
        made: list[Any] = []
        threads = [
            threading.Thread(target=lambda f=frozen, m=made: m.append(f(1))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert made == [frozen(1)] * 4
