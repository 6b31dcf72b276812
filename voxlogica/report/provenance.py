"""Where results come from: a run as an RO-Crate, by the profile of process runs.

    https://w3id.org/ro/crate/1.1, https://w3id.org/ro/wfrun/process/0.5

The crate's root is the folder of its file. What is in there has a path relative to it; what is
elsewhere a local identifier, `#` and its path, as it is no part of the crate. Nobody's name is in
it but where paths that the user has chosen have one: the home folder is called `~`.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import quote

from voxlogica.dataclass import dataclass
from voxlogica.engine.cases import Row
from voxlogica.engine.texts import json_value
from voxlogica.language.parameters import Constant
from voxlogica.syntax.printer import literal_text, value_text

METADATA = "ro-crate-metadata.json"
CRATE = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
_CONTEXT = (f"{CRATE}/context", "https://w3id.org/ro/terms/workflow-run/context")
_DONE, _FAILED = (f"http://schema.org/{how}ActionStatus" for how in ("Completed", "Failed"))
# Longer values are told apart by their digest.
_LONGEST_NAME = 80

# SHA-256 of each file that an output consists of, in hexadecimal digits, by path.
Digests = Callable[[str], Mapping[str, str]]
Entity = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the cases of a run have in common.

    `root` is the folder of the crate, `folder` the working one, `home` the user's: all absolute.
    `definitions` hold in each case. `settings` are options of the command that results, or their
    bytes, may depend on. `began` is in seconds since 1970. `software` has versions by name, and
    where each is found, if that is known; voxlogica comes first. `kernels` is the level of machine
    code. `unsaved` are programs whose texts, as they were run, are in no file.
    """

    root: str
    folder: str
    home: str
    programs: tuple[str, ...]
    definitions: Mapping[str, Constant]
    settings: Mapping[str, Constant]
    began: float
    software: Mapping[str, tuple[str, str]]
    system: str
    kernels: str
    unsaved: tuple[str, ...] = ()

    def identifier(self, path: str) -> str:
        """What a file is called in the crate: relative to it, or where that is elsewhere."""
        if path.startswith("<"):  # such as standard input
            return f"#{quote(os.fsencode(path))}"
        inside = quote(os.fsencode(self.named(path)))
        whole = os.path.normpath(os.path.join(self.folder, path))  # noqa: PTH118
        return inside if _is_in(whole, self.root) else f"#{inside}"

    def named(self, path: str) -> str:
        """What a file is called, seen from the root."""
        if path.startswith("<"):
            return path
        whole = os.path.normpath(os.path.join(self.folder, path))  # noqa: PTH118
        # By the way between both folders, if that does not lead through the home folder's name.
        if _is_in(whole, self.home) and not _is_in(self.root, self.home):
            return self.private(whole)
        return os.path.relpath(whole, self.root)

    def private(self, text: str) -> str:
        """A text without the name of the home folder."""
        if self.home in ("", "/"):
            return text
        return re.sub(re.escape(self.home) + r"(?![^/\s\"',:])", "~", text)


def _is_in(path: str, folder: str) -> bool:
    return Path(path).is_relative_to(folder)


def provenance(rows: Iterable[Row], of: Circumstances, digests: Digests) -> dict[str, Any]:
    """The rows of a run as the tree of an RO-Crate; they are gone through twice."""
    from voxlogica.report.junit import named

    crate = _Crate(of, digests)
    for name, row in named(rows):
        crate.add(name, row)
    return crate.tree()


def crate_text(tree: Mapping[str, Any]) -> str:
    """The tree as it is written to a file."""
    return json.dumps(tree, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


class _Crate:
    """The entities of a crate, each once, by identifier."""

    def __init__(self, of: Circumstances, digests: Digests) -> None:
        self._of = of
        self._digests = digests
        self._files: dict[str, Entity] = {}
        self._values: dict[str, Entity] = {}
        self._actions: list[Entity] = []

    def add(self, name: str, row: Row) -> None:
        """Add what came of a case: an action, with what it used and gave."""
        of, case = self._of, row.case
        set_to = {**of.definitions, **case.definitions}
        used = [self._file(file.path, file.sha256, file.kind) for file in row.inputs if file.sha256]
        used += [self._value("parameter", key, value) for key, value in set_to.items()]
        used += [self._value("setting", key, value) for key, value in of.settings.items()]
        where = os.path.relpath(of.folder, of.root)
        used.append(self._value("setting", "working folder", where))
        gave = [
            self._file(*file, "output")
            for saved in row.files
            for file in self._digests(saved.path).items()
        ]
        gave += [self._value("print", p.name, p.value) for p in row.prints]
        gave += [self._value("assert", a.label, a.value) for a in row.asserts]
        counts = ("operations", "computed", "stored", "awaited")
        usage = [self._value("usage", count, getattr(row, count)) for count in counts]
        usage += [self._value("usage", "worker", worker) for worker in row.by_worker]
        action = {
            "@id": f"#case/{case.number}",
            "@type": "CreateAction",
            "name": of.private(name),
            "description": of.private(command(of.programs, set_to)),
            "instrument": _to([self._software[0]["@id"]]),
            "object": _to(used),
            "result": _to(gave),
            "startTime": _time(row.ended - row.seconds),
            "endTime": _time(row.ended),
            "actionStatus": {"@id": _FAILED if row.failed else _DONE},
            "resourceUsage": _to(usage),
        }
        if row.failed:
            action["error"] = of.private("; ".join(fault.message for fault in row.faults))
        self._actions.append({key: value for key, value in action.items() if value != []})

    def tree(self) -> dict[str, Any]:
        """The crate."""
        of = self._of
        programs = ", ".join(of.programs)
        about = [
            {
                "@id": METADATA,
                "@type": "CreativeWork",
                "conformsTo": {"@id": CRATE},
                "about": {"@id": "./"},
            },
            {
                "@id": "./",
                "@type": "Dataset",
                "name": of.private(f"Run of {programs}"),
                "description": of.private(f"What voxlogica read and gave when it ran {programs}"),
                "datePublished": _time(of.began),
                "license": "not stated",
                "conformsTo": {"@id": PROFILE},
                "hasPart": _to(self._files),
                "mentions": _to([action["@id"] for action in self._actions]),
            },
            {
                "@id": PROFILE,
                "@type": "CreativeWork",
                "name": "Process Run Crate",
                "version": "0.5",
            },
        ]
        about[1] = {key: value for key, value in about[1].items() if value != []}
        graph = [*about, *self._software, *self._actions]
        return {
            "@context": list(_CONTEXT),
            "@graph": [*graph, *self._files.values(), *self._values.values()],
        }

    @property
    def _software(self) -> list[Entity]:
        of = self._of
        found: list[Entity] = [
            {
                "@id": url or f"#{name}",
                "@type": "SoftwareApplication",
                "name": name,
                "softwareVersion": version,
                **({"url": url} if url else {}),
            }
            for name, (version, url) in of.software.items()
        ]
        found[0] |= {
            "softwareRequirements": _to([other["@id"] for other in found[1:]]),
            "operatingSystem": of.system,
            "processorRequirements": f"kernels of level {of.kernels}",
        }
        return found

    def _file(self, path: str, sha256: str, kind: str) -> str:
        name = self._of.identifier(path)
        if self._files.get(name, {"sha256": sha256})["sha256"] != sha256:
            # It was changed between cases.
            name = f"{'' if name.startswith('#') else '#'}{name}?sha256={sha256}"
        is_text = kind in ("program", "library")
        media, coding = ("text/plain", None) if is_text else guess_type(path)
        if coding is not None:
            media = f"application/{coding}"
        self._files[name] = {
            "@id": name,
            "@type": ["File", "SoftwareSourceCode"] if is_text else "File",
            "name": Path(path).name,
            "additionalType": kind,
            "encodingFormat": media or "application/octet-stream",
            "sha256": sha256,
        }
        return name

    def _value(self, kind: str, name: str, value: Any) -> str:
        name, shown = self._of.private(name), property_value(value)
        if isinstance(shown, str):
            shown = self._of.private(shown)
        text = f"{name}={shown}"
        if len(text) > _LONGEST_NAME:
            text = hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()
        # What is true is not 1, and a text is no number.
        typed = "" if isinstance(shown, str) else f"{type(shown).__name__}/"
        identifier = f"#{kind}/{typed}{quote(text, safe='', errors='backslashreplace')}"
        self._values[identifier] = {
            "@id": identifier,
            "@type": "PropertyValue",
            "propertyID": kind,
            "name": name,
            "value": shown,
        }
        return identifier


def property_value(value: Any) -> float | int | bool | str:
    """A value as a property has it: sequences as the text that a program writes them by."""
    if isinstance(value, tuple):
        return literal_text(value)
    if isinstance(value, list):
        return value_text(value)
    if isinstance(value, int):
        return value
    found: float | int | bool | str = json_value(value)
    return found


def command(programs: Iterable[str], set_to: Mapping[str, Constant]) -> str:
    """How the case alone is run."""
    from shlex import join

    definitions = (
        part
        for name, value in set_to.items()
        for part in ("-D", f"{name}={value if isinstance(value, str) else literal_text(value)}")
    )
    return join(["voxlogica", "run", *programs, *definitions])


def _to(identifiers: Iterable[str]) -> Any:
    """References: JSON-LD has one as it is, several as a list."""
    found = [{"@id": identifier} for identifier in dict.fromkeys(identifiers)]
    return found[0] if len(found) == 1 else found


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
