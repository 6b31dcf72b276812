"""What is done about each thing that a page asks for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from voxlogica.images.errors import quoted
from voxlogica.language.parameters import Constant
from voxlogica.studio.computing import Change
from voxlogica.studio.messages import Asked
from voxlogica.studio.program_file import NotSavedError, write_new
from voxlogica.studio.told import constant_json, message, said
from voxlogica.studio.values_in_text import command_line, with_defaults
from voxlogica.syntax.source import Source

if TYPE_CHECKING:
    from voxlogica.studio.tab import Tab

# Characters that names of files are made of here, so that none leads to another folder.
_IN_FILE_NAMES = frozenset("-_.")


def _set(tab: Tab, one: Asked) -> None:
    values = {name: _constant(value) for name, value in (one.fields["values"] or {}).items()}
    change = Change(one.serial, one.fields["text"], values)
    tab.change(change, moving=one.fields["moving"])


async def _case(tab: Tab, one: Asked) -> None:
    case = one.fields["case"]
    if case not in tab.shop.cases.names:
        await tab.refuse(one, f"there is no case {quoted(case)}")
        return
    tab.change(Change(one.serial, case=case))
    await tab.outbox.send(message("case", one.serial, case=case))


async def _defaults(tab: Tab, one: Asked) -> None:
    """The values that are set become those of the text, which is not yet in the file."""
    values = tab.values
    source = Source(tab.shop.program.name, tab.text)
    text, names = await asyncio.to_thread(with_defaults, source, values, tab.shop.options.dialect)
    left = [name for name in values if name not in names]
    if left:
        listed = ", ".join(f"`{name}`" for name in left)
        await tab.refuse(one, f"left as set, being no literals of this text: {listed}")
    if names:
        # What is given otherwise, by the command line or the case, comes before a default.
        given = tab.given
        tab.change(Change(one.serial, text, {name: None for name in names if name not in given}))


async def _write(tab: Tab, one: Asked) -> None:
    """The text goes into the program's file, and other tabs get it."""
    shop, text = tab.shop, tab.text
    async with shop.filing:
        before = shop.program.source.text
        try:
            if tab.is_behind and not one.fields["over"]:
                told = "has another text on disk than yours began with: take that, or save over it"
                raise NotSavedError(f"{quoted(shop.program.name)} {told}")
            await asyncio.to_thread(shop.program.write, text)
        except NotSavedError as problem:
            not_saved = str(problem)
        else:
            not_saved = ""
            tab.saved()
            for other in shop.tabs - {tab}:
                other.disk_changed(before)
    # Only now, since this page may read slowly, and others wait to save.
    if not_saved:
        await tab.refuse(one, not_saved)
        return
    await tab.outbox.send(message("written", one.serial, text=text))
    await tab.outbox.send(said(f"saved {quoted(shop.program.name)}", one.serial))


async def _keep(tab: Tab, one: Asked) -> None:
    """The values that are set get a name, and on request a file."""
    name, values, shop = one.fields["name"], tab.values, tab.shop
    told = f"kept as {quoted(name)} until the studio ends"
    if one.fields["file"]:
        try:
            told = await asyncio.to_thread(_in_a_file, tab, name, values)
        except NotSavedError as not_saved:
            await tab.refuse(one, str(not_saved))
            return
    shop.kept[name] = values
    _tell_kept(tab)
    await tab.outbox.send(said(told, one.serial))


def _forget(tab: Tab, one: Asked) -> None:
    tab.shop.kept.pop(one.fields["name"], None)
    _tell_kept(tab)


async def _line(tab: Tab, one: Asked) -> None:
    """The command that gives what is seen, of the program on disk."""
    program = tab.shop.program
    line = command_line(program.name, tab.definitions)
    unsaved = tab.text != program.source.text
    await tab.outbox.send(message("line", one.serial, line=line, unsaved=unsaved))


ANSWERS: Mapping[str, Callable[[Tab, Asked], Awaitable[None] | None]] = {
    "set": _set,
    "case": _case,
    "why": lambda tab, one: tab.explain(one),
    "want": lambda tab, one: tab.want(one.fields["ids"]),
    "show": lambda tab, one: tab.show(one.fields["names"]),
    "defaults": _defaults,
    "write": _write,
    "keep": _keep,
    "forget": _forget,
    "line": _line,
    "report": lambda tab, one: tab.queue(partial(tab.make_report, one)),
}


def _tell_kept(tab: Tab) -> None:
    """Tell all tabs which sets of values have names."""
    told = message("kept", kept=tab.shop.kept_json())
    for one in tab.shop.tabs:
        one.outbox.post("kept", told)


def _in_a_file(tab: Tab, name: str, values: Mapping[str, Constant]) -> str:
    """Write values beside the program, as `--params` reads them. Raises NotSavedError."""
    part = "".join(c if c.isalnum() or c in _IN_FILE_NAMES else "_" for c in name).strip(".")
    if not part:
        raise NotSavedError(f"{quoted(name)} makes no name of a file: choose another name")
    program = tab.shop.program.path
    file = program.with_name(f"{program.stem}.{part}.json")
    constants = {one: constant_json(value) for one, value in values.items()}
    write_new(file, json.dumps(constants, indent=2, ensure_ascii=False) + "\n")
    return f"written: {quoted(file.name)}; `voxlogica run --params {file.name}` takes it"


def _constant(value: Any) -> Constant | None:
    """A value of JSON as programs have it."""
    if isinstance(value, list):
        return tuple(_constant(one) for one in value)  # type: ignore[misc]
    if isinstance(value, bool | str) or value is None:
        return value
    return float(value)
