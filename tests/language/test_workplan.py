"""The workplan's columns, seen as operations, and what ids are made of."""

from __future__ import annotations

import hashlib
import struct

import pytest

from voxlogica.images.geometry import Geometry
from voxlogica.images.reading import ImageFile
from voxlogica.language.operations import Place
from voxlogica.language.values import FAILED, type_of
from voxlogica.language.workplan import Print, WorkPlan
from voxlogica.operators import registry
from voxlogica.operators.literals import NUMBER_LITERAL, SEQUENCE
from voxlogica.operators.signature import ANY, REGION, sequence_of
from voxlogica.operators.voxelwise import Chain
from voxlogica.syntax.source import Source, Span

PLACE = Place(Span(Source("p", "abc"), 0, 3))
BORDER, NOT, AND = (registry()[name][0] for name in ("border", "not", "and"))
SPACE = Geometry.of_size(4, 3)


def number(plan: WorkPlan, value: float) -> int:
    return plan.add(NUMBER_LITERAL, (), (value,), None, PLACE)


def test_an_operation_is_shown_as_it_was_added() -> None:
    plan = WorkPlan()
    border = plan.add(BORDER, (), (SPACE,), SPACE, PLACE)
    inner = plan.add(NOT, (border,), (), SPACE, Place(PLACE.span))
    assert plan.nodes[inner].operator is NOT
    assert plan.nodes[inner].arguments == plan.arguments(inner) == (border,)
    assert plan.nodes[-1] == list(plan.nodes)[1] == plan.nodes[inner]
    assert plan.nodes[border].constants == (SPACE,)
    assert (plan.nodes[inner].type, plan.nodes[inner].space) == (REGION, SPACE)
    assert list(plan.places) == [PLACE, PLACE]
    assert len(plan) == len(plan.nodes) == len(plan.ids) == 2
    with pytest.raises(IndexError):
        plan.nodes[2]


def test_an_id_is_the_digest_of_operator_arguments_and_constants() -> None:
    plan = WorkPlan()
    border = plan.add(BORDER, (), (SPACE,), SPACE, PLACE)
    inner = plan.add(NOT, (border,), (), SPACE, PLACE)
    encoded = struct.pack("<III", 3, NOT.version, 1) + b"not" + plan.ids[border]
    assert plan.ids[inner] == hashlib.sha256(encoded).digest()
    two = number(plan, 2.0)
    encoded = struct.pack("<III", 6, 1, 0) + b"number" + struct.pack("<cId", b"n", 8, 2.0)
    assert plan.ids[two] == hashlib.sha256(encoded).digest()


def test_constants_are_encoded_with_the_tag_of_their_class() -> None:
    plan = WorkPlan()
    content = SPACE.canonical()
    header = struct.pack("<III", 6, BORDER.version, 0) + b"border"
    encoded = header + struct.pack("<cI", b"G", len(content)) + content
    border = plan.add(BORDER, (), (SPACE,), SPACE, PLACE)
    assert plan.ids[border] == hashlib.sha256(encoded).digest()
    assert (ImageFile.tag, Chain.tag) == (b"I", b"C")


def test_what_has_failed_is_no_position() -> None:
    plan = WorkPlan()
    number(plan, 1.0)
    assert not isinstance(FAILED, int)
    assert FAILED not in range(-len(plan), len(plan))
    assert type_of(plan, FAILED) == ANY


def test_equal_operations_are_one_whatever_the_order_of_commuting_arguments() -> None:
    plan = WorkPlan()
    border = plan.add(BORDER, (), (SPACE,), SPACE, PLACE)
    inner = plan.add(NOT, (border,), (), SPACE, PLACE)
    one = plan.add(AND, (border, inner), (), SPACE, PLACE)
    assert one == plan.add(AND, (inner, border), (), SPACE, PLACE)
    # An equal grid, read from another file, is another object.
    assert inner == plan.add(NOT, (border,), (), Geometry.of_size(4, 3), PLACE)
    assert len(plan) == 3


def test_numbers_are_told_apart_by_their_bits() -> None:
    plan = WorkPlan()
    assert number(plan, 0.0) != number(plan, -0.0)
    assert number(plan, float("nan")) == number(plan, -float("nan"))
    assert number(plan, 1.0) != plan.add(NUMBER_LITERAL, (), (True,), None, PLACE)


def test_sequences_of_other_lengths_are_other_operations() -> None:
    plan = WorkPlan()
    one = number(plan, 1.0)
    of = sequence_of(plan.nodes[one].type)
    lists = [plan.add(SEQUENCE, (one,) * n, (), None, PLACE, of) for n in range(4)]
    assert [plan.arguments(sequence) for sequence in lists] == [(one,) * n for n in range(4)]
    assert len(set(lists)) == 4


def test_an_operation_takes_the_id_of_what_it_gives_in_another_way() -> None:
    plan, other = WorkPlan(), WorkPlan()
    border = plan.add(BORDER, (), (SPACE,), SPACE, PLACE)
    twice = plan.add(NOT, (plan.add(NOT, (border,), (), SPACE, PLACE),), (), SPACE, PLACE)
    moved = other.add_of(plan.kinds[border], (), PLACE.span, None)
    same = other.add(AND, (moved, moved), (), SPACE, PLACE, identity=plan.ids[twice])
    assert other.ids == [plan.ids[border], plan.ids[twice]]
    assert same == other.add(NOT, (border,), (), SPACE, PLACE, identity=plan.ids[twice])
    assert other.nodes[same].operator is AND


def test_what_no_goal_rests_on_is_not_needed() -> None:
    plan = WorkPlan()
    border = plan.add(BORDER, (), (SPACE,), SPACE, PLACE)
    number(plan, 1.0)
    inner = plan.add(NOT, (border,), (), SPACE, PLACE)
    plan.add(AND, (border, inner), (), SPACE, PLACE)
    plan.goals = [Print("n", inner, PLACE.span)]
    assert list(plan.needed()) == [border, inner]
