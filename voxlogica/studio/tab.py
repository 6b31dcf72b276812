"""One tab of a browser: what it asks for, one thing after the other, the latest first.

What is asked while something runs waits; of changes and of voxels to explain only the latest does,
since nobody looks at what came of those before. A change stops the one that runs, if there is one,
by its future; but while a number is moved, what runs is let come to its end, or nothing would be
seen before the hand rests. What is to be sent of an outcome that is not the latest is left out.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from functools import partial

from starlette.websockets import WebSocket

from voxlogica.language.parameters import Constant
from voxlogica.studio.answers import ANSWERS
from voxlogica.studio.computing import Came, Change, Computing, Wanted, frame
from voxlogica.studio.messages import Asked, MessageError, asked
from voxlogica.studio.outbox import Outbox
from voxlogica.studio.told import message, said
from voxlogica.studio.workshop import Workshop
from voxlogica.syntax.diagnostics import VoxLogicaError


class Tab:
    """What one page has, and what it waits for. All of it belongs to the event loop."""

    def __init__(self, shop: Workshop, socket: WebSocket) -> None:
        self.shop = shop
        # What is sent as an answer is waited for until it has gone; news of what another page, or a
        # file, has changed is posted.
        self.outbox = Outbox(socket)
        self._socket = socket
        self._computing = Computing(shop.program, shop.options, shop.reach)
        self._text = shop.program.source.text
        self._values: dict[str, Constant] = {}
        # The program on disk, of which the text is another version.
        self._base = shop.program.source
        self._case = shop.cases.first
        self._came: Came | None = None
        # The ids of what the page has of the layers of the last outcome, and the names it shows.
        self._sent: set[str] = set()
        self._shown: frozenset[str] | None = None
        # What waits.
        self._next: Change | None = Change()
        self._why: Asked | None = None
        self._others: deque[Callable[[], Awaitable[None]]] = deque()
        self._something = asyncio.Event()
        self._running: Future[None] | None = None
        self._is_explaining = False
        self._telling: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._telling.set_result(None)

    @property
    def text(self) -> str:
        """The program as it was changed last, whether or not that has come to an end."""
        return self._text

    @property
    def given(self) -> dict[str, object]:
        """What is set by the command line and the case."""
        return {**self.shop.options.definitions, **self.shop.cases.definitions(self._case)}

    @property
    def definitions(self) -> dict[str, object]:
        """All that is set, by the page, too."""
        return {**self.given, **self.values}

    @property
    def values(self) -> dict[str, Constant]:
        """What is set in the page, as it shows it."""
        return {} if self._came is None else dict(self._came.outcome.set)

    @property
    def is_behind(self) -> bool:
        """Whether the program on disk has become another than the one that the text began with."""
        return self._base.digest != self.shop.program.source.digest

    async def refuse(self, one: Asked, why: str) -> None:
        """Say why something is not done."""
        await self.outbox.send(said(why, one.serial, problem=True))

    async def serve(self) -> None:
        """Answer what comes until nothing comes any more."""
        self.outbox.post("opened", self._opened())
        self.shop.tabs.add(self)
        tasks = [*map(asyncio.create_task, (self.outbox.deliver(), self._work(), self._read()))]
        try:
            self._something.set()
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.shop.tabs.discard(self)
            self.stop()
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            with suppress(RuntimeError):  # the studio ends
                await self.shop.work(self._computing.close)
            for problem in ended:
                if isinstance(problem, Exception):
                    raise problem

    def stop(self) -> None:
        """Stop what runs: nobody waits for it."""
        if self._running is not None:
            with suppress(InvalidStateError):
                self._running.set_result(None)

    def disk_changed(self, before: str) -> None:
        """The program's file has another text than `before`: go on with it, or say so."""
        text = self.shop.program.source.text
        adopted = self._text in (before, text)
        if adopted:
            self._base = self.shop.program.source
        self.outbox.post("changed", message("changed", text=text, adopted=adopted))
        if adopted and self._text != text:
            self.change(Change(text=text))

    def saved(self) -> None:
        """The text is that of the program's file."""
        self._base = self.shop.program.source

    # What comes

    async def _read(self) -> None:
        while (received := await self._socket.receive())["type"] != "websocket.disconnect":
            try:
                one = asked(received.get("text") or "")  # what is no text is an empty one
            except MessageError as wrong:
                await self.outbox.send(said(str(wrong), wrong.serial, problem=True))
                continue
            answering = ANSWERS[one.do](self, one)
            if answering is not None:
                await answering

    def change(self, change: Change, *, moving: bool = False) -> None:
        """Have a change carried out, with those that wait."""
        if change.text is not None:
            self._text = change.text
            if change.text == self.shop.program.source.text:
                self._base = self.shop.program.source
        for name, value in change.values.items():
            if value is None:
                self._values.pop(name, None)
            else:
                self._values[name] = value
        self._case = change.case or self._case
        self._next = change if self._next is None else self._next.then(change)
        if not moving:
            self.stop()
        self._something.set()

    def explain(self, one: Asked) -> None:
        """Have a voxel explained, in the place of one that waits, or is explained at the moment."""
        self._why = one
        if self._is_explaining:
            self.stop()
        self._something.set()

    def show(self, names: Iterable[str]) -> None:
        """From now on, send the voxels of these regions, and not of others."""
        self._shown = frozenset(names)
        self.queue(self._send_missing)

    def want(self, ids: Iterable[str]) -> None:
        """Send the voxels of some layers once more, or of those that come only when asked for."""
        self.queue(partial(self._send_layers, frozenset(ids)))

    def queue(self, work: Callable[[], Awaitable[None]]) -> None:
        """Have something done once nothing else changes."""
        self._others.append(work)
        self._something.set()

    # What is done

    async def _work(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            while self._next or self._why or self._others:
                try:
                    await self._do_next()
                except Exception as broken:
                    if self.shop.is_closed:
                        return
                    told = f"voxlogica broke down: {type(broken).__name__}: {broken}"
                    hint = "please report it, with what `voxlogica run --debug` says"
                    await self.outbox.send(said(f"{told}; {hint}", problem=True))

    async def _do_next(self) -> None:
        if (change := self._next) is not None:
            self._next = None
            await self._carry_out(change)
        elif (why := self._why) is not None:
            self._why = None
            await self._tell_why(why)
        else:
            await self._others.popleft()()

    async def _carry_out(self, change: Change) -> None:
        self._running = Future()
        loop = asyncio.get_running_loop()

        def tell(done: int, of: int, operator: str) -> None:
            loop.call_soon_threadsafe(self._is_at, change, done, of, operator)

        wanted = Wanted(
            self._case,
            self.shop.cases.definitions(self._case),
            change.case is not None or self._came is None,
            self._text,
            dict(self._values),
            self._shown,
            frozenset(self._sent),
        )
        try:
            came = await self.shop.work(
                self._computing.carry_out,
                change,
                wanted,
                self._running,
                tell,
            )
        except VoxLogicaError as wrong:
            await self.outbox.send(said(str(wrong), change.serial, problem=True))
            return
        finally:
            self._running = None
        if came is None:  # a later change has stopped it; what it changed waits with that one
            if self._next is not None:
                self._next = change.then(self._next)
            return
        self._came = came
        self._sent &= {layer.id for layer in came.layers.values()}
        await self.outbox.send(came.message)
        for identity, voxels in came.frames.items():
            self._sent.add(identity)
            await self.outbox.send(voxels)
        self.shop.named_anew.set()
        await self._send_missing()

    def _is_at(self, change: Change, done: int, of: int, operator: str) -> None:
        """Tell how far the computation is, if the last time it was told has gone out."""
        running = self._running
        if running is None or not self._telling.done():
            return

        async def tell() -> None:
            if self._running is running:  # nothing is told of it after its end
                told = {"done": done, "of": of, "operator": operator}
                await self.outbox.send(message("busy", change.serial, **told))

        self._telling = asyncio.ensure_future(tell())

    async def _send_missing(self) -> None:
        """Send what the page is to show, and has not, as long as it is the latest."""
        if self._came is None:
            return
        regions = [layer for layer in self._came.layers.values() if layer.is_region]
        wanted = {layer.id for layer in regions if self._shown is None or layer.name in self._shown}
        if (ground := self._ground()) is not None:
            wanted.add(ground)
        await self._send_layers(wanted - self._sent)

    def _ground(self) -> str | None:
        """The id of the image that all else is drawn on."""
        assert self._came is not None
        layers = self._came.layers
        over = [one.over for one in layers.values() if one.over in layers]
        images = [one.name for one in layers.values() if not one.is_region]
        name = next(iter((*reversed(over), *images)), None)
        return None if name is None else layers[name].id

    async def _send_layers(self, ids: Iterable[str]) -> None:
        came = self._came
        if came is None:
            return
        by_id = {layer.id: layer for layer in came.layers.values()}
        # Regions first: they are small, and are what has changed.
        chosen = sorted((i for i in ids if i in by_id), key=lambda i: not by_id[i].is_region)
        for identity in chosen:
            # While a number is dragged, the next change always waits: regions are seen anyway.
            if self._next is not None and not by_id[identity].is_region:
                return
            voxels = await self.shop.work(frame, by_id[identity])
            self._sent.add(identity)
            await self.outbox.send(voxels)

    async def _tell_why(self, one: Asked) -> None:
        self._running, self._is_explaining = Future(), True
        name, voxel = one.fields["name"], one.fields["voxel"]
        try:
            found = await self.shop.work(self._computing.explained, name, voxel, self._running)
        except VoxLogicaError as wrong:
            await self.refuse(one, wrong.message)
            return
        finally:
            self._running, self._is_explaining = None, False
        if found is None:  # after the change that has stopped it, if no other is asked about
            self._why = self._why or one
            return
        await self.outbox.send(message("why", one.serial, explanation=found))

    async def make_report(self, one: Asked) -> None:
        """Make the page of a run with what is set, and say where it is."""
        self._running = Future()
        try:
            page = await self.shop.work(self._computing.report, self.definitions, self._running)
        except VoxLogicaError as wrong:
            await self.refuse(one, f"there is no report: {wrong.message}")
            return
        finally:
            self._running = None
        if page is None:  # after the change that has stopped it
            self.queue(partial(self.make_report, one))
            return
        await self.outbox.send(message("report", one.serial, address=self.shop.keep_report(page)))

    def _opened(self) -> str:
        program = self.shop.program
        return message(
            "opened",
            program=program.name,
            cases=self.shop.cases.names,
            case=self._case,
            kept=self.shop.kept_json(),
            file={"name": program.path.name, "writable": program.is_writable},
            text=program.source.text,
        )
