"""Modules import each other in no circle: at their tops, in functions, or later."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType

import voxlogica
from voxlogica import forks

PACKAGE = Path(__file__).parent.parent.parent / "voxlogica"


def modules() -> dict[str, Path]:
    """The package's modules by name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[str]:
    """All that code imports, but for types, by names of modules and of what is in them."""
    for node in ast.iter_child_nodes(tree):
        match node:
            case ast.If(test=ast.Name("TYPE_CHECKING"), orelse=otherwise):
                yield from imported(ast.Module(otherwise, []))
            case ast.Import(names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module), names=names):
                yield from (f"{module}.{alias.name}" for alias in names)
            case ast.Call(ast.Name("Later"), [ast.Constant(str(module))]):
                yield module
            case _:
                yield from imported(node)


def imported_late(tree: ast.AST) -> Iterator[str]:
    """What is imported by functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from imported(node)


def test_a_fork_sees_to_all_that_functions_import_where_there_is_computing():
    known, seen_to = modules(), {*forks.modules(), *forks.OTHERS}
    late = {
        found
        for name in forks.modules()
        if name in known
        for found in imported_late(tree(known[name]))
        if not found.startswith("voxlogica.kernels.building.")
    }
    # `dask.local.get_async` is in `dask.local`; `lark.Lark` is in `lark`.
    left = {one for one in late if not {one, one.rpartition(".")[0]} & seen_to}
    assert {one for one in left if not one.startswith(forks.SELDOM)} == set()


def test_there_is_no_circle():
    known = modules()
    graph = {
        name: {
            found if found in known else found.rpartition(".")[0]
            for found in imported(tree(path))
            if found.startswith("voxlogica.")
        }
        for name, path in known.items()
    }
    # CycleError tells which it is.
    assert known.keys() <= set(TopologicalSorter(graph).static_order())


def test_no_module_would_take_the_place_of_what_is_exported_by_its_name():
    known = modules()
    doubled = [name for name in voxlogica.__all__ if f"voxlogica.{name}" in known]
    assert all(isinstance(getattr(voxlogica, name), ModuleType) for name in doubled)
