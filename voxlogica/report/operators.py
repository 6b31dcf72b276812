"""The manual of the operators, for `voxlogica ops` and for doc/operators.md.

Everything in it comes from the declarations: those in Python through the registry, those of the
libraries from the comment above each `let`. `python -m voxlogica.report.operators` prints the file.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, takewhile

from voxlogica.dataclass import dataclass
from voxlogica.operators import HEADINGS, Overloads, namespace, namespaces, registry
from voxlogica.operators.signature import BOOL, NUMBER, REGION, VALUATION, Operator
from voxlogica.syntax.diagnostics import nearest
from voxlogica.syntax.source import Source

_DECLARATION = re.compile(r"let\s+([a-z]\w*|[^\s(]+)\s*(?:\(([^)]*)\))?\s*=(?=\s)")
_WIDEST_SIGNATURE = 60
# What stands for a value of a type in examples.
_OPERANDS = {
    NUMBER: "2",
    BOOL: "true",
    VALUATION: "intensity(img)",
    REGION: "(intensity(img) >. 0)",
}
# The words of a name: of `crossCorrelation`, cross and correlation.
_NAME_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# What the libraries are written with, or rewriting makes, and programs need not use: in no list,
# and not searched.
INTERNAL = frozenset(
    {"theNumber", "theRegion", "bothThere", "valueAbove", "valueBelow", "voxelInMm3"}
)
INTERNAL_GROUPS = frozenset({"thresholds", "components", "pairs", "summaries"})


def is_written(overloads: Overloads) -> bool:
    """Whether programs write an operator, or only rewriting makes it."""
    return overloads[0].heading not in INTERNAL_GROUPS


@dataclass(frozen=True, slots=True)
class ManualEntry:
    """One meaning of an operator or library function.

    `names` has its own name first, then others for the same. `group` tells operators of a kind
    from others, and `about` says in a sentence what the group is. `definition` is the text of a
    library's declaration, empty for what is declared in Python.
    """

    names: tuple[str, ...]
    parameters: tuple[str, ...]
    signature: str
    manual: str
    example: str
    group: str
    about: str
    definition: str = ""

    @property
    def sentence(self) -> str:
        """The first sentence of the manual."""
        return first_sentence(self.manual)

    @property
    def text(self) -> str:
        """The manual without the example."""
        return re.sub(r"^Example: .*$", "", self.manual, flags=re.MULTILINE).rstrip()

    @property
    def usage(self) -> str:
        """How it stands in an expression, where that is not as a call: `a ~> b`, `N a`."""
        name, parameters = self.names[0], self.parameters
        if re.match(r"[a-z]", name) or not parameters:
            return ""
        if len(parameters) == 1:
            return f"{name} {parameters[0]}"
        first, second, *others = parameters
        more = f"[{', '.join(others)}]" if others else ""
        return f"{first} {name}{more} {second}"

    @property
    def words(self) -> frozenset[str]:
        """What a search finds it by: its names, their words, and those of its sentence."""
        parts = (part for name in self.names for part in (name, *_NAME_WORDS.findall(name)))
        return frozenset(w.casefold() for w in (*parts, *re.findall(r"\w+", self.sentence)))


def first_sentence(manual: str) -> str:
    """The first sentence of a manual, on one line."""
    paragraph = manual.split("\n\n", 1)[0].replace("\n", " ")
    return re.split(r"(?<=[.!?])\s+(?=[A-Z])", paragraph, maxsplit=1)[0]


def entries() -> list[ManualEntry]:
    """All there is: operators by heading, the language's own, the libraries, as they are declared.

    Of the namespaces, all but SimpleITK's, which takes a moment to look at: `simpleitk_entries`.
    """
    return [*_by_heading(), *_language(), *_overloads(), *_namespaces(), *_libraries()]


def simpleitk_entries() -> list[ManualEntry]:
    """The functions of SimpleITK and its constants, each overload by itself."""
    about = 'SimpleITK\'s filters, after import "simpleitk"'
    return [
        _entry(found, (name,), "simpleitk", about)
        for name, overloads in namespace("simpleitk").items()
        for found in {o.signature: o for o in overloads}.values()
    ]


def public(among: Sequence[ManualEntry]) -> list[ManualEntry]:
    """Those that are for programs to use."""
    return [
        entry
        for entry in among
        if entry.names[0] not in INTERNAL and entry.group not in INTERNAL_GROUPS
    ]


def listing(found: Sequence[ManualEntry]) -> str:
    """One line each: signature and sentence, below the name of the group."""
    width = max((min(len(e.signature), _WIDEST_SIGNATURE) for e in found), default=0)
    blocks = []
    for (group, about), members in groupby(found, key=lambda e: (e.group, e.about)):
        lines = [f"{group}: {about}"]
        lines += [f"  {e.signature:{width}}  {e.sentence}".rstrip() for e in members]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def manual(found: Sequence[ManualEntry]) -> str:
    """Everything about some operators, as the terminal shows it."""
    blocks = []
    for entry in found:
        parts = _parts(entry, lambda code: code)
        if "after import" in entry.about:
            parts.append(f'There after: import "{entry.group}"')
        if entry.definition:
            parts.append(f"Defined in {entry.group} as:\n\n{_indented(entry.definition)}")
        text = _indented("\n\n".join(parts))
        blocks.append(f"{entry.signature}\n\n{text}\n")
    return "\n".join(blocks)


def _parts(entry: ManualEntry, code: Callable[[str], str]) -> list[str]:
    """What there is to say of an entry, in paragraphs; `code` marks what stands in programs."""
    parts = [entry.text] if entry.text else []
    if entry.usage:
        parts.append(f"Written: {code(entry.usage)}")
    if len(entry.names) > 1:
        parts.append(f"Also called: {', '.join(map(code, entry.names[1:]))}")
    if entry.example:
        parts.append(f"Example: {code(entry.example)}")
    return parts


def named(name: str, among: Sequence[ManualEntry]) -> list[ManualEntry]:
    """The meanings of a name."""
    return [entry for entry in among if name in entry.names]


def mentioning(word: str, among: Sequence[ManualEntry]) -> list[ManualEntry]:
    """Those with these symbols in a name; or with this word in a name, or in their sentence.

    Of several words, those with all. Case does not matter, nor whether a word is in the plural.
    """
    if not re.search(r"\w", word):
        return [entry for entry in among if any(word in name for name in entry.names)]
    searched = [_forms(one) for one in word.casefold().split()]
    return [entry for entry in among if not any(map(entry.words.isdisjoint, searched))]


def telling_of(word: str, among: Sequence[ManualEntry]) -> list[ManualEntry]:
    """Those with this word, or all of several, anywhere in their manual."""
    searched = [_forms(one) for one in re.findall(r"\w+", word.casefold())]
    told = (entry.words | set(re.findall(r"\w+", entry.text.casefold())) for entry in among)
    found = [not any(map(words.isdisjoint, searched)) for words in told]
    return [entry for entry, is_told in zip(among, found, strict=True) if searched and is_told]


def _forms(word: str) -> set[str]:
    singular = word.removesuffix("s")
    return {singular, f"{singular}s"}


def like(name: str, among: Sequence[ManualEntry]) -> str | None:
    """The name most like an unknown one."""
    return nearest(name, (known for entry in among for known in entry.names))


def markdown(found: Sequence[ManualEntry]) -> str:
    """The same as a page of documentation."""
    lines = [
        "# The operators of ImgQL",
        "",
        "Generated from the declarations by `python -m voxlogica.report.operators`; `voxlogica ops`"
        " shows the same in a terminal.",
        "",
    ]
    for (group, about), members in groupby(found, key=lambda e: (e.group, e.about)):
        lines += [f"## {group}", "", about, ""]
        for entry in members:
            paragraphs = [f"### `{entry.signature}`", *_parts(entry, lambda code: f"`{code}`")]
            if entry.definition:
                paragraphs.append(_indented(entry.definition))
            lines += [line for paragraph in paragraphs for line in (paragraph, "")]
    lines += [
        "## simpleitk",
        "",
        'SimpleITK\'s filters, after `import "simpleitk"`: every function of its procedural'
        " interface, under its own name and with its own arguments. They are those of the SimpleITK"
        " that is installed, so they are not listed here: `voxlogica ops simpleitk` lists them, and"
        " `voxlogica ops simpleitk.BinaryThreshold` shows one. How they fit into programs is told"
        " in [language.md](language.md).",
        "",
    ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _by_heading() -> Iterator[ManualEntry]:
    order = list(HEADINGS)
    # Overloads of a name may stand under several headings, of which each is told of once.
    for found, names in sorted(_called(registry()), key=lambda of: order.index(of[0].heading)):
        known = (found.name, *(name for name in names if name != found.name))
        yield _entry(found, known, found.heading, HEADINGS[found.heading])


def _called(table: Mapping[str, Overloads]) -> list[tuple[Operator, list[str]]]:
    """The operators of a table, each with all of its names there."""
    names: dict[int, tuple[Operator, list[str]]] = {}
    for name, overloads in table.items():
        for found in overloads:
            names.setdefault(id(found), (found, []))[1].append(name)
    return [*names.values()]


def _language() -> Iterator[ManualEntry]:
    """What the language itself does with sequences, each signature by itself."""
    from voxlogica.language.builtins import NAMED, SYNTAX

    for builtin in (*NAMED.values(), *SYNTAX):
        example = re.search(r"^Example: (.+)$", builtin.manual, re.MULTILINE)
        for signature in builtin.signatures:
            yield ManualEntry(
                (builtin.name,),
                (),
                signature,
                builtin.manual,
                example.group(1) if example else "",
                "sequences in programs",
                "What the language itself does with sequences, while a program is planned.",
            )


def _overloads() -> Iterator[ManualEntry]:
    """What an operator stands for, by the types of its arguments."""
    from voxlogica.language.names import STANDS_FOR, WORDS, forms

    for name, stands_for in STANDS_FOR.items():
        for types, other in stands_for.items():
            (form,) = forms(name, [types])
            shown = [_OPERANDS[t] for t in types]
            instead = f"Stands for `{other}`." if other != name else "In both readings."
            yield ManualEntry(
                (name, *(word for word, other in WORDS.items() if other == name and types[1:])),
                tuple("ab"[: len(types)]),
                form.signature,
                f"{instead} With a sequence for an argument: element by element.",
                f" {name} ".join(shown) if len(shown) > 1 else f"{name}{shown[0]}",
                "overloads",
                "What operators stand for, by the types of what they are applied to.",
            )


def _namespaces() -> Iterator[ManualEntry]:
    for imported in namespaces():
        if imported in ("simpleitk", "vox1"):
            continue
        about = f'after import "{imported}": {HEADINGS[imported]}'
        for found, (own, *others) in _called(namespace(imported)):
            if found.namespace:
                known = (f"{imported}.{own}", own, *others, *(f"{imported}.{o}" for o in others))
                yield _entry(found, known, imported, about)


def _entry(found: Operator, names: tuple[str, ...], group: str, about: str) -> ManualEntry:
    return ManualEntry(
        names,
        tuple(p.name for p in found.parameters),
        found.signature,
        found.manual,
        found.example,
        group,
        about,
    )


def _libraries() -> Iterator[ManualEntry]:
    from voxlogica.language.libraries import SHIPPED, shipped

    shown = sorted((path.stem for path in SHIPPED.glob("*.imgql")), key=lambda s: s != "stdlib")
    for library in shown:
        about = "always there" if library == "stdlib" else f'after import "{library}"'
        yield from library_entries(shipped(library), library, f"written in ImgQL, {about}")


def library_entries(source: Source, group: str, about: str) -> Iterator[ManualEntry]:
    """The declarations of a library, each with the comment right above it as its manual."""
    from voxlogica.language.libraries import SIGNATURE

    comment: list[str] = []
    lines = source.text.split("\n")
    signatures: list[str] = []
    for number, line in enumerate(lines):
        if re.match(SIGNATURE, line):
            signatures.append(line[2:].strip())
            continue
        if line.startswith("//"):
            comment.append(line[2:].strip())
            continue
        declared = _DECLARATION.match(line + " ")
        if declared:
            name, between = declared.groups()
            parameters = tuple(p.strip() for p in between.split(",")) if between else ()
            rest = takewhile(lambda r: r.strip() and r[:1].isspace(), lines[number + 1 :])
            yield ManualEntry(
                (name,),
                parameters,
                signatures[0]
                if signatures
                else f"{name}({', '.join(parameters)})"
                if parameters
                else name,
                "\n".join(comment),
                "",
                group,
                about,
                "\n".join([line.rstrip(), *(r.rstrip() for r in rest)]),
            )
        comment, signatures = [], []


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


if __name__ == "__main__":
    sys.stdout.write(markdown(public(entries())))
