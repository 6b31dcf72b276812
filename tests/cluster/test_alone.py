"""Who is alone, or with others, and who waits for whom."""

from __future__ import annotations

import asyncio

from voxlogica.cluster.alone import AloneOrTogether


async def _begun(turns: AloneOrTogether, alone: bool, name: str, told: list[str]) -> asyncio.Event:
    """Somebody who waits for a turn by now, and keeps it until told otherwise."""
    end = asyncio.Event()

    async def have() -> None:
        async with turns.taken(alone):
            told.append(name)
            await end.wait()

    kept.add(asyncio.get_running_loop().create_task(have(), name=name))
    await asyncio.sleep(0)
    return end


kept: set[asyncio.Task[None]] = set()


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_who_is_to_be_alone_comes_after_the_others_and_those_that_come_then_wait() -> None:
    async def told() -> list[str]:
        turns, told = AloneOrTogether(), list[str]()
        first = await _begun(turns, False, "first", told)
        lonely = await _begun(turns, True, "lonely", told)
        second = await _begun(turns, False, "second", told)
        lonelier = await _begun(turns, True, "lonelier", told)
        assert told == ["first", "second"]
        first.set()
        second.set()
        await _settled()
        assert told[2:] == ["lonely"]
        third = await _begun(turns, False, "third", told)
        assert told[2:] == ["lonely"]
        lonely.set()
        await _settled()
        assert told[3:] == ["third"]
        third.set()
        await _settled()
        lonelier.set()
        await _settled()
        return told

    assert asyncio.run(told())[4:] == ["lonelier"]


def test_who_waits_no_more_is_not_waited_for() -> None:
    async def told() -> list[str]:
        turns, told = AloneOrTogether(), list[str]()
        first = await _begun(turns, False, "first", told)
        await _begun(turns, True, "gone", told)
        next(task for task in kept if task.get_name() == "gone").cancel()
        lonely = await _begun(turns, True, "lonely", told)
        first.set()
        await _settled()
        lonely.set()
        await _settled()
        await _begun(turns, False, "last", told)
        return told

    assert asyncio.run(told()) == ["first", "lonely", "last"]
