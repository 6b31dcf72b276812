"""Patterns of paths: `data/{CASE}/flair.nii.gz`, whose matches are cases, or will be."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from voxlogica.batch.case_tables import Listed
from voxlogica.batch.natural_order import natural_key
from voxlogica.batch.words import complaint, listed
from voxlogica.dataclass import dataclass, field
from voxlogica.images.errors import quoted
from voxlogica.images.missing import missing

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}*?]|[^{}*?]+")
_NAME = re.compile(r"[^\W\d]\w*")
_DOUBLED = {"{{": "{", "}}": "}"}
_WILD = {"*": "[^/]*", "?": "[^/]"}
_EXAMPLE = "as in 'data/{CASE}/flair.nii.gz'"
_SHOWN = 5


class _Token(NamedTuple):
    """A part of a pattern: a name in braces, `*` or `?`, or what stands for itself."""

    name: str = ""
    wild: str = ""
    text: str = ""


class _Match(NamedTuple):
    path: str
    values: Mapping[str, str]


@dataclass(slots=True)
class _Walk:
    """What is met on the way to the matches: what is left out, and what cannot be looked into."""

    lacking: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)


def is_pattern(text: str) -> bool:
    """Whether a text names something in braces, or has a wild card."""
    return re.search(r"[{*?]", text) is not None


def matches(pattern: str) -> tuple[Listed, tuple[str, ...]]:
    """The paths that match a pattern, in natural order; and notes on what is nearly one.

    A name in braces stands for some text within a name of a file or folder, the same text wherever
    the name is; `*` for any, `?` for one character, `**` as a whole folder's name for any number of
    folders. All else, brackets too, stands for itself, `{{` for a brace. As in shells, what is
    hidden matches only where the pattern has the dot, and `**` follows no links. Files match,
    folders, and links wherever they lead. Raises VoxLogicaError where the pattern is wrong, nothing
    matches, or a path does in several ways.
    """
    segments = [_tokens(pattern, part) for part in pattern.split("/") if part]
    names = tuple(dict.fromkeys(t.name for segment in segments for t in segment if t.name))
    if not names:
        raise complaint(
            f"the pattern '{pattern}' names nothing that differs from case to case",
            f"name it in braces, {_EXAMPLE}: the program has it as `$CASE`",
        )
    walk = _Walk()
    start = "/" if pattern.startswith("/") else ""
    found = [*_matches(start, segments, {}, walk)]
    if pattern.endswith("/"):
        found = [match for match in found if os.path.isdir(match.path)]  # noqa: PTH112
    by_values: dict[tuple[str, ...], str] = {}
    by_path: dict[str, tuple[str, ...]] = {}
    for path, values in found:
        row = tuple(values[name] for name in names)
        if by_path.setdefault(path, row) != row:
            _refuse_ambiguous(path, names, by_path[path], row)
        if by_values.setdefault(row, path) != path:
            _refuse_doubled(pattern, names, row, by_values[row], path)
    if not found:
        _refuse_none(pattern, walk)
    rows = sorted(by_values, key=lambda row: [natural_key(value) for value in row])
    marks = [by_values[row] for row in rows]
    return Listed(f"'{pattern}'", names, rows, marks, is_by_pattern=True), tuple(_notes(walk))


class PatternCases:
    """The cases of a pattern, by the files and folders that it matches.

    `marks` are those that are there, of each row one. Without a pattern there are none.
    """

    def __init__(self, pattern: str | None, marks: Sequence[str] = ()) -> None:
        self._rows: dict[str, int] = {}
        for row, mark in enumerate(marks):
            for name in (os.path.realpath(mark), os.path.abspath(mark)):  # noqa: PTH100
                self._rows[name] = row
        self._wanted = [] if pattern is None else [*_ways_to_write(pattern)]
        self._only_folders = pattern is not None and pattern.endswith("/")
        self._folder_is_new = cache(self._is_new)

    @property
    def files(self) -> Iterator[tuple[str, int]]:
        """The real places of what is matched, each with its row."""
        return iter(self._rows.items())

    def row(self, real: str) -> int | None:
        """The row of which a file at a real place is the one that is matched."""
        return self._rows.get(real)

    def becomes_one(self, path: str) -> bool:
        """Whether a file, once it is there, or a folder for it, is matched, and was not before."""
        if not self._wanted:
            return False
        name = os.path.abspath(path)  # noqa: PTH100
        if not self._only_folders and self._is_new(name):
            return True
        return any(map(self._folder_is_new, map(str, Path(name).parents)))

    def _is_new(self, name: str) -> bool:
        if not any(wanted.fullmatch(name) for wanted in self._wanted):
            return False
        return name not in self._rows and os.path.realpath(name) not in self._rows


def _ways_to_write(pattern: str) -> Iterator[re.Pattern[str]]:
    """What a path is that a pattern matches, by the folder where that begins, and its real one."""
    segments = [_tokens(pattern, part) for part in pattern.split("/") if part not in ("", ".")]
    begins = next(i for i, segment in enumerate(segments) if not _is_plain(segment))
    start = "/" if pattern.startswith("/") else "."
    folder = os.path.join(start, *(part[0].text for part in segments[:begins]))  # noqa: PTH118
    known = set[str]()
    parts: list[str] = []
    for segment in segments[begins:]:
        if _is_any_number(segment):
            parts.append("(?:/[^/.][^/]*)*")
        else:
            is_hidden = segment[0].text.startswith(".")
            parts += ["/" if is_hidden else r"/(?!\.)", *_expressions(segment, {}, known)]
    for there in {os.path.abspath(folder), os.path.realpath(folder)}:  # noqa: PTH100
        yield re.compile(re.escape(there.rstrip("/")) + "".join(parts), re.DOTALL)


def _is_plain(segment: Sequence[_Token]) -> bool:
    return len(segment) == 1 and bool(segment[0].text)


def _is_any_number(segment: Sequence[_Token]) -> bool:
    return [token.wild for token in segment] == ["*", "*"]


def _tokens(pattern: str, segment: str) -> list[_Token]:
    found: list[_Token] = []
    for part in _TOKEN.finditer(segment):
        text, name = part[0], part[1]
        if name is not None:
            if not _NAME.fullmatch(name):
                raise complaint(
                    f"in '{pattern}', `{{{name}}}` is no name of a variable",
                    f"letters, digits and `_` in braces are one, {_EXAMPLE}",
                )
            found.append(_Token(name=name))
        elif text in ("{", "}"):
            raise complaint(
                f"in '{pattern}', a `{text}` has no other",
                f"a name stands in braces, {_EXAMPLE}; a brace of a file's name is doubled, `{{{{`",
            )
        elif text in _WILD:
            found.append(_Token(wild=text))
        else:
            found.append(_Token(text=_DOUBLED.get(text, text)))
    return found


# Walking


def _matches(
    folder: str, segments: Sequence[list[_Token]], values: Mapping[str, str], walk: _Walk
) -> Iterator[_Match]:
    """What matches from some folder on, where the folders before it have given values."""
    if not segments:
        yield _Match(folder, values)
        return
    segment, *rest = segments
    if _is_any_number(segment):
        for inner in _folders(folder, walk):
            yield from _matches(inner, rest, values, walk)
        return
    if not any(token.wild or token.name not in ("", *values) for token in segment):
        path = os.path.join(folder, "".join(values.get(t.name, t.text) for t in segment))  # noqa: PTH118
        if os.path.lexists(path):
            yield from _matches(path, rest, values, walk)
        elif os.path.isdir(folder or "."):  # noqa: PTH112
            walk.lacking.append(path)
        return
    greedy, lazy = _greedy_and_lazy(segment, values)
    for name in _names(folder, walk):
        if name.startswith(".") and not segment[0].text.startswith("."):
            continue
        found = greedy.fullmatch(name)
        if found is None:
            continue
        path = os.path.join(folder, name)  # noqa: PTH118
        read, other = found.groupdict(), lazy.fullmatch(name)
        if other is not None and other.groupdict() != read:
            _refuse_ambiguous(path, [*read], [*read.values()], [*other.groupdict().values()])
        yield from _matches(path, rest, {**values, **read}, walk)


def _expressions(
    segment: Sequence[_Token], values: Mapping[str, str], known: set[str]
) -> Iterator[str]:
    """Regular expressions of the parts of a segment; names that are met become `known`."""
    for token in segment:
        if token.wild:
            yield _WILD[token.wild]
        elif not token.name:
            yield re.escape(token.text)
        elif token.name in values:
            yield re.escape(values[token.name])
        elif token.name in known:
            yield f"(?P={token.name})"
        else:
            known.add(token.name)
            yield f"(?P<{token.name}>[^/]+)"


def _greedy_and_lazy(
    segment: Sequence[_Token], values: Mapping[str, str]
) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A segment, read so that its parts take as much as they can, and as little.

    Where both give the same, no other way to read a name does otherwise: what the first part takes
    is the most and the least that it can, and so on.
    """
    parts = [*_expressions(segment, values, set())]
    lazy = [part.replace("[^/]*", "[^/]*?").replace("[^/]+", "[^/]+?") for part in parts]
    return re.compile("".join(parts), re.DOTALL), re.compile("".join(lazy), re.DOTALL)


def _names(folder: str, walk: _Walk) -> list[str]:
    try:
        return os.listdir(folder or ".")  # noqa: PTH208
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        walk.closed.append(folder)
        return []


def _folders(folder: str, walk: _Walk) -> Iterator[str]:
    """A folder, and all folders in it that are neither hidden nor links."""
    waiting = [folder]
    while waiting:
        yield (here := waiting.pop())
        for name in _names(here, walk):
            path = os.path.join(here, name)  # noqa: PTH118
            if not name.startswith(".") and os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114
                waiting.append(path)


# What is told


def _notes(walk: _Walk) -> Iterator[str]:
    for paths, said in (
        (walk.lacking, "not there, and so no case"),
        (walk.closed, "cannot be looked into, and no case was found there"),
    ):
        if paths:
            shown = sorted(set(paths), key=natural_key)
            yield f"{said}: {listed([quoted(path) for path in shown], _SHOWN)}"


def _refuse_ambiguous(
    path: str, names: Sequence[str], one: Sequence[str], other: Sequence[str]
) -> None:
    ways = (_assigned(names, values) for values in (one, other))
    raise complaint(
        f"{quoted(path)} matches in several ways: {'; or '.join(ways)}",
        "put more of the name into the pattern, or list the cases in a table",
    )


def _assigned(names: Sequence[str], values: Sequence[str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))


def _refuse_doubled(
    pattern: str, names: Sequence[str], row: Sequence[str], one: str, other: str
) -> None:
    raise complaint(
        f"two paths that match '{pattern}' are one case, {_assigned(names, row)}: {quoted(one)} and"
        f" {quoted(other)}",
        "name in braces what differs between them, where `*` or `?` stands",
    )


def _refuse_none(pattern: str, walk: _Walk) -> None:
    if pattern.startswith("~"):
        hint: str | None = "in quotes, `~` is no folder: write the folder's whole name"
    elif walk.lacking:
        first = min(walk.lacking, key=natural_key)
        why = missing(first)
        more = f", and {len(walk.lacking) - 1} more like it" if len(walk.lacking) > 1 else ""
        raise complaint(f"nothing matches '{pattern}': {quoted(first)} {why.said}{more}", why.hint)
    elif walk.closed:
        hint = f"cannot be looked into: {listed([quoted(path) for path in walk.closed], _SHOWN)}"
    else:
        hint = _nearby(pattern)
    raise complaint(f"nothing matches '{pattern}'", hint)


def _nearby(pattern: str) -> str | None:
    """What there is in the folder where the pattern begins to say what differs."""
    before = re.split(r"[^/]*[{*?]", pattern, maxsplit=1)[0]
    there = sorted(_names(before, _Walk()), key=natural_key)
    shown = [quoted(name) for name in there if not name.startswith(".")]
    where = quoted(before) if before else "the working folder"
    return f"in {where} there is {listed(shown, _SHOWN)}" if shown else f"{where} is empty"
