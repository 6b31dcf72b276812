"""`voxlogica cache`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from voxlogica.cli.options import age, size
from voxlogica.cli.streams import complain, say, show

if TYPE_CHECKING:
    from pathlib import Path

    from voxlogica.engine.store import Dropped, Store
    from voxlogica.engine.store_rows import IndexEntry

cache_option = click.option(
    "--cache",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="The folder of the store; otherwise $VOXLOGICA_CACHE, or one in the user's cache folder.",
)


@click.group(
    epilog="""\b
Examples:
  voxlogica cache info                      where the store is, and how full
  voxlogica cache ls --failed               what failed, and why
  voxlogica cache prune --older-than 30d    drop what was not used for a month"""
)
def cache() -> None:
    """Look at the store of results, check it, make it smaller.

    Runs keep in it what took long to compute, and do not compute that again. All of it may be
    dropped at any time.
    """


@cache.command(
    epilog="""\b
Examples:
  voxlogica cache ls              everything, the oldest first
  voxlogica cache ls --running    what is being computed, or was interrupted"""
)
@click.option("--running", is_flag=True, help="Only what is being computed, or was interrupted.")
@click.option("--failed", is_flag=True, help="Only what failed, with the error.")
@cache_option
def ls(running: bool, failed: bool, folder: str | None) -> None:
    """List what is in the store, one operation a line, the oldest first.

    The columns are: the operation's id, its state, size, the seconds it took, how long ago it was
    last used, the operator, the type of the result; then who is at it, or why it failed.
    """
    from time import time

    with _store(folder) as store:
        found = store.entries(running=running, failed=failed, is_claimed=_is_claimed(store.folder))
        now = time()
        say("".join(_line(entry, now) + "\n" for entry in found))


@cache.command()
@cache_option
def info(folder: str | None) -> None:
    """Show where the store is, how much is in it, and its limit."""
    from voxlogica.engine.quantities import size_in_words

    with _store(folder) as store:
        found = store.info()
        say(
            f"folder     {found.folder}\n"
            f"size       {size_in_words(found.bytes)} of {size_in_words(found.limit)}\n"
            f"completed  {found.completed}\n"
            f"running    {found.running}\n"
            f"failed     {found.failed}\n"
        )


@cache.command(
    epilog="Exit status: 0 all is sound; 1 something was damaged, and was removed; 2 wrong usage."
)
@cache_option
def verify(folder: str | None) -> None:
    """Read every result again and check it.

    What is damaged is removed, to be computed again when it is needed; so are files that killed
    runs have left behind.
    """
    with _store(folder) as store:
        found = store.verify()
        strays = f"; removed {_number(found.strays, 'stray file')}" if found.strays else ""
        say(f"checked {_number(found.checked, 'result')}, {len(found.damaged)} damaged{strays}\n")
        for entry in found.damaged:
            complain(f"{entry.id} was damaged: {_shown(entry.operator)}")
        if found.damaged or found.index_damaged:
            raise click.exceptions.Exit(1)


@cache.command(
    epilog="""\b
Examples:
  voxlogica cache prune --older-than 30d
  voxlogica cache prune --max-size 500MB    the least recently used goes first"""
)
@click.option("--max-size", callback=size, metavar="SIZE", help="Leave no more, such as 500MB.")
@click.option("--older-than", callback=age, metavar="AGE", help="Not used for so long: 12h, 30d.")
@cache_option
def prune(max_size: int | None, older_than: float | None, folder: str | None) -> None:
    """Drop what has not been used for long."""
    if max_size is None and older_than is None:
        raise click.UsageError("say what to drop: --max-size SIZE, --older-than AGE, or both")
    with _store(folder) as store:
        _say_dropped(store.prune(max_size=max_size, older_than=older_than))


@cache.command()
@cache_option
def clear(folder: str | None) -> None:
    """Drop everything."""
    with _store(folder) as store:
        _say_dropped(store.clear())


@contextmanager
def _store(option: str | None) -> Iterator[Store]:
    """The store. Ends the command, having said so, if there is none yet, or it is no use."""
    from voxlogica.engine.store_opening import cache_folder, open_store

    folder = cache_folder(option)
    try:
        exists = folder is None or (folder / "index.sqlite").exists()
    except OSError:
        exists = True  # opening it will tell what is wrong
    if folder is not None and not exists:
        say(f"there is no store in {_shown(str(folder))} yet\n")
        raise click.exceptions.Exit(0)
    store = open_store(folder, warn=_warn)
    if store is None:
        raise click.exceptions.Exit(1)
    with store:
        yield store


def _warn(message: str) -> None:
    from voxlogica.syntax.diagnostics import warning

    show([warning(message)])


def _is_claimed(folder: Path) -> Callable[[bytes], bool]:
    """Whether an operation is being computed, as far as anyone can tell: True where nobody can."""
    from voxlogica.engine.claims import Claims
    from voxlogica.engine.locks import ClaimsUnavailable

    try:
        claims = Claims(folder)
    except ClaimsUnavailable:
        return lambda operation: True

    def is_claimed(operation: bytes) -> bool:
        try:
            return claims.is_claimed(operation)
        except ClaimsUnavailable:
            return True

    return is_claimed


def _line(entry: IndexEntry, now: float) -> str:
    from voxlogica.engine.quantities import age_in_words, size_in_words

    size = size_in_words(entry.bytes) if entry.bytes else ""
    seconds = f"{entry.seconds:.3f} s" if entry.state == "completed" else ""
    more = entry.error if entry.state == "failed" else entry.who * (entry.state != "completed")
    columns = (
        f"{entry.id[:12]}  {entry.state:<11}  {size:>8}  {seconds:>10}"
        f"  {age_in_words(now - entry.used):>5}  {_shown(entry.operator):<16}"
        f"  {_shown(entry.type):<17}  {_shown(more)}"
    )
    return columns.rstrip()


def _shown(text: str) -> str:
    """The text on one line, without what a terminal would obey."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _say_dropped(dropped: Dropped) -> None:
    from voxlogica.engine.quantities import size_in_words

    say(f"dropped {_number(dropped.entries, 'result')}, {size_in_words(dropped.bytes)}\n")
