"""The functions of `voxlogica.ops`: made of what is declared when they are first asked for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from math import inf
from typing import Any

from voxlogica.interface.functions import MODULES, Function, constant, function, instead, names
from voxlogica.interface.python_types import UNKNOWN, could_be, default_of, given_back, taken
from voxlogica.interface.tracebacks import short
from voxlogica.operators.signature import Operator, OperatorParameter
from voxlogica.syntax.diagnostics import nearest

# What stands for an argument that is left out, before one that is not.
_LEFT_OUT: Any = object()


def has(module: str, name: str) -> Any:
    """What a module of functions has under a name. Raises AttributeError, which says what to do."""
    place = f"voxlogica.ops.{module}" if module else "voxlogica.ops"
    if not module and name in MODULES:
        return import_module(f"{place}.{name}")
    if name == "__all__":
        return listed(module)
    if name.startswith("_"):
        raise AttributeError(f"module `{place}` has no `{name}`", name=name)
    found = function(module, name)
    if found is not None:
        return called(found)
    number = constant(module, name)
    if number is not None:
        return number
    said = instead(module).get(name) or _elsewhere(name)
    near = None if said else nearest(name, names(module))
    hint = f": write `{said}`" if said else f": did you mean `{near}`?" if near else ""
    raise AttributeError(f"module `{place}` has no `{name}`{hint}", name=name)


def _elsewhere(name: str) -> str:
    """What to write for what another module has."""
    module = next((module for module in ("", *MODULES) if function(module, name)), None)
    return "" if module is None else ".".join(filter(None, ("ops", module, name)))


def listed(module: str) -> list[str]:
    """The names of all that a module of functions has."""
    return sorted([*names(module), *(() if module else MODULES)])


def called(found: Function) -> Callable[..., Any]:
    """A function that applies what the language has to values of Python."""
    own, space = found.own, found.namespace
    counts = [(way.least, inf if way.variadic else len(way.parameters)) for way in found.ways]

    def applying(*values: Any, **named: Any) -> Any:
        from voxlogica.interface.image import apply

        if named or not any(low <= len(values) <= high for low, high in counts):
            return apply(own, arranged(found, values, named), space)
        return apply(own, values, space)

    applying.__name__ = found.name
    applying.__qualname__ = found.name
    applying.__doc__ = manual(found)
    applying.__module__ = f"voxlogica.ops.{found.module}".rstrip(".")
    made: Any = short(applying)
    made.__signature__ = signature(found)
    made.__annotations__ = _annotations(made.__signature__)
    return made  # type: ignore[no-any-return]


# How it is called


def arranged(
    found: Function, values: Sequence[object], named: Mapping[str, object]
) -> list[object]:
    """The arguments in the order of the language, with defaults where one is left out between.

    Of several ways of calling it, the first that has parameters of these names, and takes values of
    these types. Raises TypeError where it is called in none.
    """
    each = [(way, _bound(way, values, named)) for way in found.ways]
    fitting = [(way, bound) for way, bound in each if bound is not None]
    if not fitting:
        raise TypeError(_complaint(found, values, named))
    best = next((bound for way, bound in fitting if _takes(way, bound)), fitting[0][1])
    for parameter, value in best:
        if value is _LEFT_OUT and default_of(parameter) is UNKNOWN:
            last = [*named][-1]
            raise TypeError(
                f"{found.place}() wants `{parameter.name}`, too, if `{last}` is given: its default,"
                f" {parameter.default}, cannot be written here"
            )
    return [default_of(p) if value is _LEFT_OUT else value for p, value in best]


def _bound(
    way: Operator, values: Sequence[object], named: Mapping[str, object]
) -> list[tuple[OperatorParameter, object]] | None:
    """The arguments of a way of calling with the parameters they are for, in order."""
    parameters, count = way.parameters, len(values)
    if count > len(parameters) and not way.variadic:
        return None
    by_place = [(way.parameter(i), value) for i, value in enumerate(values)]
    rest = [(p, named.get(p.name, _LEFT_OUT)) for p in parameters[count:]]
    is_known = named.keys() <= {p.name for p, _ in rest}
    if not is_known or any(v is _LEFT_OUT and p.default is None for p, v in rest):
        return None
    if way.variadic and parameters[-1].name in named:
        return None
    while rest and rest[-1][1] is _LEFT_OUT:
        rest.pop()
    return by_place + rest


def _takes(way: Operator, bound: Sequence[tuple[OperatorParameter, object]]) -> bool:
    return all(value is _LEFT_OUT or could_be(value, p.type) for p, value in bound)


def _complaint(found: Function, values: Sequence[object], named: Mapping[str, object]) -> str:
    """What is wrong with a call, and how it is called."""
    ways = " or ".join(f"{found.place}({_listed(way)})" for way in found.ways)
    if len(found.ways) > 4:
        ways = f"one of {len(found.ways)} ways, see help({found.place})"
    return f"{found.place}() {_mistake(found, values, named)}: it is called as {ways}"


def _mistake(found: Function, values: Sequence[object], named: Mapping[str, object]) -> str:
    known = [p.name for way in found.ways for p in way.parameters]
    for name in named:
        if name not in known:
            near = nearest(name, known)
            return f"has no argument `{name}`" + (f", but `{near}`" if near else "")
    if len(found.ways) == 1:
        (way,) = found.ways
        wanted = [p.name for p in way.parameters]
        twice = [name for name in named if name in wanted[: len(values)]]
        if twice:
            return f"got `{twice[0]}` twice, by place and by name"
        missing = [
            p.name
            for p in way.parameters[len(values) :]
            if p.default is None and p.name not in named
        ]
        if missing:
            return f"lacks {' and '.join(f'`{name}`' for name in missing)}"
    total = len(values) + len(named)
    got = "no argument" if not total else f"{total} argument{'s' * (total > 1)}"
    return f"got {got}" + (f", `{'`, `'.join(named)}` by name" if named else "")


def _listed(way: Operator) -> str:
    shown = [p.name if p.default is None else f"{p.name}=…" for p in way.parameters]
    if way.variadic:
        shown[-1] = f"*{shown[-1]}"
    return ", ".join(shown)


# What is told of it


def signature(found: Function) -> inspect.Signature:
    """Its signature for `inspect`: of several ways, what they have in common."""
    each = [signature_of(way) for way in found.ways]
    results = list(dict.fromkeys(one.return_annotation for one in each))
    longest = max(each, key=lambda one: len(one.parameters))
    shared = list(longest.parameters.values())
    if len(each) == 1:
        return each[0]
    for one in each:
        own = list(one.parameters.values())
        if any(a.name != b.name or a.kind != b.kind for a, b in zip(own, shared, strict=False)):
            any_number = [
                inspect.Parameter("arguments", inspect.Parameter.VAR_POSITIONAL),
                inspect.Parameter("named", inspect.Parameter.VAR_KEYWORD),
            ]
            return inspect.Signature(any_number, return_annotation=" | ".join(results))
    least = min(len(one.parameters) for one in each)
    merged = [
        p
        if i < least or p.default is not p.empty or p.kind is p.VAR_POSITIONAL
        else p.replace(default=UNKNOWN)
        for i, p in enumerate(shared)
    ]
    return inspect.Signature(merged, return_annotation=" | ".join(results))


def signature_of(way: Operator) -> inspect.Signature:
    """The signature of one way of calling."""
    made = []
    for parameter in way.parameters:
        is_last = parameter is way.parameters[-1]
        kind = (
            inspect.Parameter.VAR_POSITIONAL
            if is_last and way.variadic
            else inspect.Parameter.POSITIONAL_OR_KEYWORD
        )
        default = inspect.Parameter.empty if parameter.default is None else default_of(parameter)
        made.append(
            inspect.Parameter(
                parameter.name, kind, default=default, annotation=taken(parameter.type)
            )
        )
    return inspect.Signature(made, return_annotation=given_back(way.result))


def _annotations(found: inspect.Signature) -> dict[str, str]:
    said = {p.name: p.annotation for p in found.parameters.values() if p.annotation is not p.empty}
    return {**said, "return": found.return_annotation}


def manual(found: Function) -> str:
    """Its manual: of several ways of calling it, each with what is said of it."""
    if len(found.ways) == 1:
        return _text(found.ways[0])
    told: dict[str, list[str]] = {}
    for way in found.ways:
        told.setdefault(_text(way), []).append(written(found.name, signature_of(way)))
    return "\n\n".join("\n".join(ways) + "\n\n" + text for text, ways in told.items())


def written(name: str, one: inspect.Signature) -> str:
    """A signature as Python has it in a stub."""
    return f"{name}({', '.join(parameters(one))}) -> {one.return_annotation}"


def parameters(one: inspect.Signature) -> Iterator[str]:
    """The parameters of a signature as Python writes them."""
    for p in one.parameters.values():
        star = "*" if p.kind is p.VAR_POSITIONAL else ""
        default = "" if p.default is p.empty else f" = {_literal(p.default)}"
        yield f"{star}{p.name}: {p.annotation}{default}"


def _literal(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value).replace("e+", "e")


def _text(way: Operator) -> str:
    return way.manual.replace("\nExample: ", "\nIn ImgQL: ").strip()
