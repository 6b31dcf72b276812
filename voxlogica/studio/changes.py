"""Files that change while the studio is open: the program, its libraries and images.

Watchfiles tells that something has changed in a folder; what that was is seen by looking. So
nothing is missed that happened before the watch began, and what has not changed is no news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

from voxlogica.studio.computing import Change
from voxlogica.studio.reach import Signature, signature
from voxlogica.studio.told import said
from voxlogica.studio.workshop import Workshop
from voxlogica.syntax.diagnostics import VoxLogicaError


async def follow(shop: Workshop) -> None:
    """Tell the tabs when a file that matters has changed, as long as this is not cancelled."""
    noted: dict[str, Signature] = {}
    something = asyncio.Event()
    loop = asyncio.get_running_loop()
    while True:
        noted = {**shop.reach.named, **noted}
        named = {Path(file) for file in (*noted, shop.program.name, str(shop.program.path))}
        folders = {path.parent for path in named} | {path for path in named if path.is_dir()}
        watch = _Watch(partial(loop.call_soon_threadsafe, something.set))
        watching = asyncio.ensure_future(asyncio.to_thread(watch.over, folders))
        try:
            while not shop.reach.named.keys() - noted.keys():
                waited = [asyncio.ensure_future(e.wait()) for e in (something, shop.named_anew)]
                await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
                for one in waited:
                    one.cancel()
                shop.named_anew.clear()
                if something.is_set():
                    something.clear()
                    await _look(shop, noted)
        finally:
            watch.stop()
            await asyncio.gather(watching, return_exceptions=True)


class _Watch:
    """Watches folders, in a thread, and tells that something has changed there, or may have.

    It is itself what watchfiles asks, again and again, whether to stop: once it asks, it watches.
    """

    def __init__(self, tell: Callable[[], object]) -> None:
        self._tell = tell
        self._has_begun = False
        self._is_over = False

    def over(self, folders: set[Path]) -> None:
        """Watch these, without what is in folders inside, until it is stopped."""
        from watchfiles import watch

        while not self._is_over:
            self._has_begun = False
            there = [folder for folder in folders if folder.is_dir()]
            with suppress(FileNotFoundError):  # a folder has gone just now
                for _ in watch(
                    *there,
                    watch_filter=None,
                    stop_event=self,
                    raise_interrupt=False,
                    recursive=False,
                ):
                    self._tell()

    def stop(self) -> None:
        """Let the watch end."""
        self._is_over = True

    def is_set(self) -> bool:
        """Whether to stop; asked for the first time, it may have missed what came before."""
        if not self._has_begun:
            self._has_begun = True
            self._tell()
        return self._is_over


async def _look(shop: Workshop, noted: dict[str, Signature]) -> None:
    """See what has changed since it was noted, note it, and tell the tabs."""
    await _look_at_program(shop)
    now = await asyncio.to_thread(lambda: {file: signature(file) for file in noted})
    if now != noted:
        noted.update(now)
        shop.reach.followed.clear()
        for tab in shop.tabs:
            tab.change(Change())


async def _look_at_program(shop: Workshop) -> None:
    async with shop.filing:
        before = shop.program.source.text
        try:
            is_other = await asyncio.to_thread(shop.program.read_again)
        except VoxLogicaError as gone:
            told = said(str(gone), problem=True)
            if shop.gone != told:
                shop.gone = told
                for tab in shop.tabs:
                    tab.outbox.post("gone", told)
            return
        shop.gone = ""
        if is_other:
            for tab in shop.tabs:
                tab.disk_changed(before)
