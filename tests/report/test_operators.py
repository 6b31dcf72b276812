"""The manual of the operators, and the page that is generated from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from voxlogica import running
from voxlogica.language.libraries import SHIPPED
from voxlogica.operators import namespace, registry
from voxlogica.report.operators import (
    entries,
    library_entries,
    like,
    listing,
    manual,
    markdown,
    mentioning,
    named,
    public,
)
from voxlogica.syntax.ast import Declaration
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source

PAGE = Path(__file__).parents[2] / "doc" / "operators.md"
EVERYTHING = entries()
NAMESPACES = ("arrays", "geom", "metrics", "strings")
LISTED = public(EVERYTHING)


def test_the_page_is_what_the_declarations_say():
    """If this fails: python -m voxlogica.report.operators > doc/operators.md"""
    assert PAGE.read_text(encoding="utf-8") == markdown(LISTED)


def test_every_operator_is_there_once_under_all_its_names():
    operators = {id(found) for overloads in registry().values() for found in overloads}
    in_namespaces = {f"{n}.{own}" for n in NAMESPACES for own in namespace(n)}
    shown = [
        entry
        for entry in EVERYTHING
        if not entry.definition
        and entry.names[0] not in in_namespaces
        and entry.group not in ("sequences in programs", "overloads")
    ]
    assert len(shown) == len(operators)
    assert {name for entry in shown for name in entry.names} == set(registry())
    (volume,) = named("vol", shown)
    assert volume.names == ("volume", "vol")


def test_what_the_language_itself_does_is_there_too():
    assert [e.signature for e in named("range", EVERYTHING)] == [
        "range(stop: number) → sequence(number)",
        "range(start: number, stop: number) → sequence(number)",
    ]
    for name in ("map", "index", "subsequence", "append", "filter", "fold"):
        (entry, *_) = named(name, LISTED)
        assert entry.sentence
        assert entry.example


def test_what_overloaded_operators_stand_for_is_there_too():
    shown = {e.signature: e.sentence for e in LISTED if e.group == "overloads"}
    assert shown["+(a: valuation(number), b: number) → valuation(number)"] == "Stands for `+.`."
    assert shown["<(a: number, b: number) → bool"] == "Stands for `.<.`."
    assert shown["&&(a: valuation(bool), b: valuation(bool)) → valuation(bool)"]
    # As the planner has it.
    for signature in shown:
        name, types, result = re.fullmatch(r"(.+?)\((.*)\) → (.*)", signature).groups()
        parts = [t.partition(": ")[2] for t in types.split(", ")]
        values = {"number": "1", "bool": "true", "valuation(number)": "w", "valuation(bool)": "r"}
        call = f"{name}({', '.join(values[p] for p in parts)})"
        wanted = {"number": f"fold + [{call}]", "bool": f"fold && [{call}]"}
        wanted |= {"valuation(number)": f"avg({call}, r)", "valuation(bool)": f"volume({call})"}
        text = f"""import "geom" let w = geom.blank(3, 3) let r = w >= 0
        print "" {wanted[result]}"""
        assert running.check(Source("p", text), dialect=2) == ()


@pytest.mark.parametrize("library", [path.stem for path in SHIPPED.glob("*.imgql")])
def test_every_declaration_of_a_library_is_there_with_a_manual(library):
    text = (SHIPPED / f"{library}.imgql").read_text(encoding="utf-8")
    declared = [c for c in parse(Source(library, text), 1).commands if isinstance(c, Declaration)]
    shown = [entry for entry in EVERYTHING if entry.group == library]
    assert [entry.names[0] for entry in shown] == [command.name for command in declared]
    assert [len(entry.parameters) for entry in shown] == [len(c.parameters) for c in declared]
    assert [entry.names for entry in shown if not entry.sentence] == []


def test_every_operator_has_a_sentence_and_an_example():
    assert [e.names for e in EVERYTHING if not e.sentence] == []
    assert [e.names for e in EVERYTHING if not e.example and not e.definition] == []


def test_the_comment_right_above_a_declaration_is_its_manual():
    text = """// About the library.

// The first sentence. The second one,
// which goes on.
//
// Another paragraph.
let <=.(v, n) = n .>= v

let bare = 3
// Two lines.
let two(a) =
    f(a)
"""
    first, bare, two = library_entries(Source("l.imgql", text), "l", "")
    assert first.names == ("<=.",)
    assert first.parameters == ("v", "n")
    assert first.sentence == "The first sentence."
    assert "Another paragraph." in first.manual
    assert first.usage == "v <=. n"
    assert first.definition == "let <=.(v, n) = n .>= v"
    assert (bare.signature, bare.manual) == ("bare", "")
    assert two.definition == "let two(a) =\n    f(a)"


@pytest.mark.parametrize(
    ("declaration", "usage"),
    [
        ("let ~>(a, b) = c", "a ~> b"),
        ("let ~(a, b, rho, bins) = c", "a ~[rho, bins] b"),
        ("let N(a) = c", "N a"),
        ("let near(a, b) = c", ""),
        ("let C = c", ""),
    ],
)
def test_operators_are_shown_as_they_are_written(declaration, usage):
    (entry,) = library_entries(Source("l.imgql", declaration), "l", "")
    assert entry.usage == usage


def test_what_programs_need_not_use_is_not_listed_but_has_its_manual():
    for name in ("theNumber", "theRegion", "bothThere", "pdtAtMost", "valueAbove"):
        assert named(name, EVERYTHING)
        assert not named(name, LISTED)
    assert named("mask", LISTED)


def test_the_list_has_signature_and_sentence_on_one_line():
    (line,) = [li for li in listing(EVERYTHING).splitlines() if li.startswith("  near(")]
    assert "near(region: valuation(bool)) → valuation(bool)" in line
    assert line.endswith(".")


def test_the_manual_has_all_meanings_of_a_name():
    text = manual(named("percentiles", EVERYTHING))
    assert text.startswith("percentiles(values: valuation(number)")
    assert "Ties" in text or "ties" in text
    assert text.count("Example:") == 1
    assert "Defined in stdlib as:" in manual(named("grow", EVERYTHING))


def found(word):
    return {entry.names[0] for entry in mentioning(word, LISTED)}


def test_words_are_found_whole_in_names_and_sentences():
    assert {"dt", "distleq"} <= found("Distance")
    assert "crossCorrelation" in found("correlation")
    assert found("component") == found("components") > {"lcc"}
    assert "mayReach" in found("from")
    assert found("rom") == found("tance") == found("no such word") == set()


def test_symbols_are_found_in_names_only():
    assert {"~>", ".>", ">.", ".>."} <= found(">")
    assert all(">" in name for name in found(">"))


def test_unknown_names_are_guessed():
    assert like("volumme", LISTED) == "volume"
