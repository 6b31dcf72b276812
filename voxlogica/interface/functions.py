"""What of the language is a function in Python, by which name, and what Python has for the rest.

Every operator and library function whose name is a word is one, under its own name; `and`, `or` and
`not`, which Python keeps for itself, end with an underscore. What a namespace brings is in the
module of its name, and only there. Other names for the same are left out, and what Python's own
operators, lists and loops do: who asks for one is told what to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from keyword import iskeyword

from voxlogica.dataclass import dataclass, replace
from voxlogica.language.libraries import shipped, types_declared
from voxlogica.language.names import WORDS
from voxlogica.operators import Overloads, namespace, registry
from voxlogica.operators.signature import Operator, Purity
from voxlogica.report.operators import INTERNAL, ManualEntry, is_written, library_entries

# The modules within that of what is always there, and what each has of the language.
MODULES = {
    "arrays": "arrays",
    "geom": "geom",
    "metrics": "metrics",
    "region_calculus": "RegionCalculus",
    "simpleitk": "simpleitk",
    "strings": "strings",
}
_LIBRARIES = {"": "stdlib", "region_calculus": "RegionCalculus"}
_WORD = re.compile(r"[a-z]\w*")
# A library's function that stands for another, with the same arguments in the same order.
_SAME = re.compile(r"let \w+\((?P<of>.*)\) = (?P<name>[a-z]\w*)\((?P<given>.*)\)")
# What Python has for what the language calls by name.
_IN_PYTHON = {
    "range": "range(…)",
    "map": "[f(x) for x in s]",
    "index": "s[i]",
    "length": "len(s)",
    "subsequence": "s[start:stop]",
    "append": "s + t",
    "load": "voxlogica.read(path)",
}
_IN_PYTHON_FOR_SIMPLEITK = {
    "ReadImage": "voxlogica.read(path)",
    "WriteImage": "image.save(path)",
}
_OPERATIONS = {".=": "a == b", ".=.": "a == b", ".&.": "a and b", ".|.": "a or b", "!.": "not a"}


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language as Python has it.

    It is in a `module` within that of what is always there, or, if that is empty, there itself;
    `own` is its name in the language. Each of its `ways` of being called has a manual.
    """

    name: str
    module: str
    own: str
    ways: tuple[Operator, ...]

    @property
    def namespace(self) -> str:
        """What a program of the language imports for it."""
        return MODULES.get(self.module, "")

    @property
    def place(self) -> str:
        """How a program in Python calls it: `ops.metrics.dice`."""
        return _place(self.module, self.own)


def function(module: str, name: str) -> Function | None:
    """The function that a module has under a name."""
    if module != "simpleitk":
        return _functions(module).get(name)
    if name in _IN_PYTHON_FOR_SIMPLEITK or name.startswith("sitk"):
        return None
    found = namespace(module).get(name)
    return _of(module, name, found) if found else None


def constant(module: str, name: str) -> int | None:
    """The number that SimpleITK calls so, if the module is of it."""
    is_one = module == "simpleitk" and name.startswith("sitk")
    found = namespace(module).get(name) if is_one else None
    return int(found[0].function()) if found else None


def names(module: str) -> list[str]:
    """The names of what a module has."""
    if module != "simpleitk":
        return sorted(_functions(module))
    return sorted(name for name in namespace(module) if name not in _IN_PYTHON_FOR_SIMPLEITK)


@cache
def instead(module: str) -> Mapping[str, str]:
    """What to write in Python for words of the language that a module does not have."""
    if module == "simpleitk":
        return _IN_PYTHON_FOR_SIMPLEITK
    found: dict[str, str] = {}
    if not module:
        found |= {**_IN_PYTHON, **{word: _operation(symbol) for word, symbol in WORDS.items()}}
        for home in ("metrics", "strings"):
            found |= {name: _place(home, name) for name in _functions(home) if name in registry()}
    for name, overloads in _overloads(module).items():
        own = overloads[0].name.rpartition(".")[2] if module else overloads[0].name
        if own != name and name.isidentifier():
            found[name] = _place(module, own) if own.isidentifier() else _operation(own)
    for entry in _entries(module):
        same = _same(entry)
        if same is not None:
            found[entry.names[0]] = _place(module, same)
    return {name: said for name, said in found.items() if name not in _functions(module)}


def place_of(own: str) -> str | None:
    """How Python calls what has a name in the language, whatever has to be imported for it."""
    modules = ("", "metrics", "arrays", "simpleitk")
    found = (function(module, python_name(own)) for module in modules)
    known = next((one for one in found if one is not None), None)
    return known.place if known else instead("").get(own)


def _place(module: str, own: str) -> str:
    return ".".join(filter(None, ("ops", module, python_name(own))))


def python_name(name: str) -> str:
    """The name in Python of a function of the language."""
    return f"{name}_" if iskeyword(name) else name


def _operation(symbol: str) -> str:
    """How Python writes what an operator of the language does, with dots or without."""
    return _OPERATIONS.get(symbol, f"a {symbol.strip('.')} b")


@cache
def _functions(module: str) -> Mapping[str, Function]:
    declared = {**dict(_declared(module)), **dict(_of_library(module))}
    return {one.name: one for one in declared.values()}


def _declared(module: str) -> Iterator[tuple[str, Function]]:
    elsewhere = frozenset() if module else _in_modules()
    for name, overloads in _overloads(module).items():
        own = tuple(o for o in overloads if o.name.rpartition(".")[2] == name)
        is_public = name not in INTERNAL and name not in _IN_PYTHON and own[:1] != ()
        if is_public and _WORD.fullmatch(name) and own[0] not in elsewhere:
            yield name, _of(module, name, own)


def _overloads(module: str) -> Mapping[str, Overloads]:
    if module in MODULES:
        return {} if module in _LIBRARIES else namespace(module)
    return {name: found for name, found in registry().items() if is_written(found)}


@cache
def _in_modules() -> frozenset[Operator]:
    """What programs have from the start, but is in a namespace as well."""
    spaces = [namespace(module) for module in MODULES if module not in (*_LIBRARIES, "simpleitk")]
    return frozenset(one for space in spaces for found in space.values() for one in found)


def _of_library(module: str) -> Iterator[tuple[str, Function]]:
    entries = {entry.names[0]: entry for entry in _entries(module)}
    types = types_declared(shipped(_LIBRARIES[module])) if entries else {}
    for name, overloads in types.items():
        if _WORD.fullmatch(name) and name not in INTERNAL and _same(entries[name]) is None:
            ways = tuple(replace(one, written_manual=entries[name].manual) for one in overloads)
            yield name, _of(module, name, ways)


@cache
def _entries(module: str) -> list[ManualEntry]:
    library = _LIBRARIES.get(module)
    return list(library_entries(shipped(library), library, "")) if library else []


def _same(entry: ManualEntry) -> str | None:
    """What a library's function is only another name of."""
    found = _SAME.fullmatch(entry.definition)
    return found["name"] if found and found["of"] == found["given"] else None


def _of(module: str, name: str, found: Overloads) -> Function:
    # SimpleITK tells several types of number apart.
    ways = {one.parameters: one for one in found if one.purity is not Purity.EFFECT}
    return Function(python_name(name), module, name, tuple(ways.values()))
