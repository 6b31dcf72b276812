"""What a crate of `provenance.py` says of a run, read back: nothing in it is taken for granted."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from voxlogica.dataclass import dataclass
from voxlogica.report.provenance import PROFILE

# The value of a property.
Told = float | int | bool | str
_SHA256 = re.compile(r"[0-9a-f]{64}")


class RecordError(ValueError):
    """A text is no crate that tells of a run of voxlogica: the message says why."""


class RecordedFile(NamedTuple):
    """A file, its absolute path, and its SHA-256 in hexadecimal digits."""

    path: str
    sha256: str
    kind: str


@dataclass(frozen=True, slots=True)
class RecordedCase:
    """What a crate says of a case: what it used, and what came of it, values by their names."""

    name: str
    is_done: bool
    files: tuple[RecordedFile, ...]
    parameters: Mapping[str, Told]
    settings: Mapping[str, Told]
    saved: tuple[RecordedFile, ...]
    printed: Mapping[str, Told]
    asserted: Mapping[str, Told]

    def of_kind(self, kind: str) -> list[RecordedFile]:
        """The files of a kind that it used."""
        return [file for file in self.files if file.kind == kind]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a crate says of a run: its cases in order, and versions of software by name."""

    cases: tuple[RecordedCase, ...]
    software: Mapping[str, str]


def recorded(text: str, root: str, home: str) -> Recorded:
    """What the text of a crate in the folder `root` says. Raises RecordError."""
    try:
        tree = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise RecordError(f"it is not JSON: {wrong}") from None
    graph = tree.get("@graph") if isinstance(tree, dict) else None
    if not isinstance(graph, list):
        raise RecordError("it is no RO-Crate: it has no @graph")
    entities = {e["@id"]: e for e in graph if isinstance(e, dict) and isinstance(e.get("@id"), str)}
    if PROFILE not in _references(entities.get("./", {}), "conformsTo"):
        raise RecordError(f"it is no process run crate: its root does not conform to {PROFILE}")
    reading = _Reading(entities, root, home)
    actions = [e for e in entities.values() if e.get("@type") == "CreateAction"]
    if not actions:
        raise RecordError("it tells of no run")
    software = {
        _text(e, "name"): _text(e, "softwareVersion")
        for e in entities.values()
        if e.get("@type") == "SoftwareApplication"
    }
    if "voxlogica" not in software:
        raise RecordError("it is not of a run of voxlogica")
    return Recorded(tuple(map(reading.case, actions)), software)


class _Reading:
    def __init__(self, entities: Mapping[str, Any], root: str, home: str) -> None:
        self._entities = entities
        self._root = root
        self._home = home

    def case(self, action: Mapping[str, Any]) -> RecordedCase:
        used = [*self._of(action, "object")]
        gave = [*self._of(action, "result")]
        status = _references(action, "actionStatus")
        return RecordedCase(
            _text(action, "name"),
            any(how.endswith("CompletedActionStatus") for how in status),
            self._files(used),
            {name: self._at_home(value) for name, value in _values(used, "parameter").items()},
            _values(used, "setting"),
            self._files(gave),
            _values(gave, "print"),
            _values(gave, "assert"),
        )

    def _of(self, entity: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
        for identifier in _references(entity, key):
            if identifier not in self._entities:
                raise RecordError(f"it says nothing of {identifier}")
            yield self._entities[identifier]

    def _files(self, entities: list[Mapping[str, Any]]) -> tuple[RecordedFile, ...]:
        found = []
        for entity in entities:
            if "File" in _several(entity.get("@type")):
                digest = _text(entity, "sha256")
                if not _SHA256.fullmatch(digest):
                    raise RecordError(f"{entity['@id']} has no SHA-256")
                named = entity["@id"].removeprefix("#").partition("?")[0]
                path = unquote(named, errors="surrogateescape")
                whole = Path(self._root, str(self._at_home(path)))
                kind = _text(entity, "additionalType")
                found.append(RecordedFile(os.path.normpath(whole), digest, kind))
        return tuple(found)

    def _at_home(self, value: Told) -> Told:
        """A path of a file in the home folder; anything else as it is."""
        if isinstance(value, str) and (value == "~" or value.startswith("~/")):
            return self._home + value[1:]
        return value


def _values(entities: list[Mapping[str, Any]], kind: str) -> dict[str, Told]:
    found = {}
    for entity in entities:
        if entity.get("propertyID") == kind:
            value = entity.get("value")
            if not isinstance(value, float | int | bool | str):
                raise RecordError(f"{entity['@id']} has no value")
            found[_text(entity, "name")] = value
    return found


def _references(entity: Mapping[str, Any], key: str) -> list[str]:
    found = _several(entity.get(key))
    return [r["@id"] for r in found if isinstance(r, dict) and isinstance(r.get("@id"), str)]


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(entity: Mapping[str, Any], key: str) -> str:
    value = entity.get(key)
    if not isinstance(value, str):
        raise RecordError(f"{entity.get('@id')} has no {key}")
    return value
