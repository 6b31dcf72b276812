"""Files that change while the studio is open: the program, its libraries and images."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voxlogica.studio.told import said
from voxlogica.syntax.diagnostics import VoxLogicaError

if TYPE_CHECKING:
    from voxlogica.studio.workshop import Workshop


async def follow(shop: Workshop) -> None:
    """Tell the tabs when a file that matters has changed, as long as this is not cancelled."""
    while True:
        watched, stop = shop.watched(), asyncio.Event()
        following = asyncio.create_task(_follow(shop, watched, stop))
        try:
            while shop.watched() == watched:
                await shop.named_anew.wait()
                shop.named_anew.clear()
        finally:
            stop.set()
            await asyncio.gather(following, return_exceptions=True)


async def _follow(shop: Workshop, watched: frozenset[str], stop: asyncio.Event) -> None:
    from watchfiles import awatch

    # An editor puts another file in the place of the old one: so folders are watched.
    folders = {Path(file).parent for file in watched}

    def concerns(_: Any, path: str) -> bool:
        return path in watched

    while not stop.is_set():
        there = [folder for folder in folders if folder.is_dir()]
        with suppress(FileNotFoundError):  # a folder has gone just now
            async for changes in awatch(
                *there, watch_filter=concerns, stop_event=stop, recursive=False
            ):
                await _changed(shop, {path for _, path in changes})


async def _changed(shop: Workshop, paths: set[str]) -> None:
    program = str(shop.program.path)
    own = {path for path in paths if os.path.realpath(path) == program}
    if own:
        await program_changed(shop)
    if paths - own:
        for tab in [*shop.tabs]:
            await tab.data_changed()


async def program_changed(shop: Workshop) -> None:
    """The program's file may have another text: it is read, and the tabs are told."""
    async with shop.filing:
        before = shop.program.source.text
        try:
            is_other = await asyncio.to_thread(shop.program.read_again)
        except VoxLogicaError as gone:
            for tab in [*shop.tabs]:
                await tab.tell(said(str(gone), problem=True))
            return
        if is_other:
            for tab in [*shop.tabs]:
                await tab.disk_changed(before)
