"""Ctrl-C, SIGTERM and SIGHUP: an exception, so that clean-up runs, and a limit to that."""

from __future__ import annotations

import _thread
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

# So long may clean-up take. What it has not reached then is hidden, and removed by a later run.
_PATIENCE_SECONDS = 0.8
# So long the main thread may take to look at a signal before it is woken once more.
_LOOKING_SECONDS = 0.01
_STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Wakes the main thread, and means nothing. Its number is greater than those of the others, and
# Python calls handlers by number: when this one's is called, theirs have been.
_WAKING = signal.SIGURG


class Interrupted(BaseException):
    """The process was asked to stop; not a KeyboardInterrupt, which click would turn into text."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal

    @property
    def status(self) -> int:
        """The exit status, as a shell counts it."""
        return 128 + self.signal


def is_interruption(problem: BaseException | None) -> bool:
    """Whether an exception is an Interrupted that Python has wrapped into another.

    Up to version 3.11 it does so with one that comes up while it makes a class: in an import.
    """
    while problem is not None:
        if isinstance(problem, Interrupted):
            return True
        problem = problem.__cause__
    return False


_received: list[Interrupted] = []
# Whether a signal waits until `obey`; whether it comes too late to stop anything.
_postponed = False
_is_late = False
# Whether a signal is how the command ends.
_is_the_end = False
# How often the main thread has looked at signals.
_looks = 0
# What removes files where patience ends: what is half written, and what an earlier run has written.
_void: set[Callable[[], None]] = set()


def note_signals() -> None:
    """From here on, SIGINT, SIGTERM and SIGHUP wait for `obey`: for the first steps of a process.

    They last some hundredths of a second: a command that writes a report must have come so far that
    it can say in it that it was interrupted.
    """
    global _postponed
    _postponed = True
    _install()


def obey() -> None:
    """Raise Interrupted, if a signal came that had to wait, and from here on when one does.

    It had since `note_signals`, or `go_through`.
    """
    global _postponed, _is_late
    _postponed = _is_late = False
    if _received:
        raise _received[0]


def go_through() -> None:
    """From here on, a signal ends the process only if it has not ended before patience does.

    For what is to be done to its end: files are put in place, and told of. Raises Interrupted, if a
    signal came before.
    """
    global _is_late
    if _received:
        raise _received[0]
    _is_late = True


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Within it, a signal is how the command ends, and breaks off nothing."""
    global _is_the_end
    _is_the_end = True
    yield
    _is_the_end = False


def breaks_off() -> bool:
    """Whether the signal that came has broken something off, which is told."""
    return not _is_the_end


def _install() -> list[signal.Signals]:
    if signal.getsignal(_WAKING) != _look:
        _attend()
    hangs_up = signal.getsignal(signal.SIGHUP) != signal.SIG_IGN
    handled = list(_STOPPING if hangs_up else _STOPPING[:-1])
    for number in handled:
        signal.signal(number, _interrupt)
    return handled


def _attend() -> None:
    """Have a thread see to it that handlers of signals are called, whatever the main one does.

    Python notes a signal, and calls its handler when it comes to look. What comes in the moment
    between its last look and the main thread's waiting, as for a lock or a key, would be seen when
    that ends. `threading` is not imported: it costs more than all of this.
    """
    noted, noting = os.pipe()
    os.set_blocking(noting, False)
    signal.set_wakeup_fd(noting, warn_on_full_buffer=False)
    signal.signal(_WAKING, _look)
    _thread.start_new_thread(_wake, (noted, _thread.get_ident()))


def _look(number: int, _: FrameType | None) -> None:
    global _looks
    _looks += 1


def _wake(noted: int, main: int) -> None:
    """Wake the main thread for each signal until it has looked, and end what does not stop.

    It has when it has looked twice: the first time it may have been on its way past the signal.
    """
    while numbers := os.read(noted, 64):
        before = _looks
        while set(numbers) != {_WAKING} and _looks < before + 2:
            signal.pthread_kill(main, _WAKING)
            time.sleep(_LOOKING_SECONDS)
        if _received:
            time.sleep(_PATIENCE_SECONDS)
            _end()


def _interrupt(number: int, _: FrameType | None) -> None:
    if not _received:
        _received.append(Interrupted(number))
        if not _postponed and not _is_late:
            raise _received[0]


def void_if_ended(*removals: Callable[[], None]) -> None:
    """Note what removes files, for where the process is ended before it has cleaned up."""
    _void.update(removals)


def valid(*removals: Callable[[], None]) -> None:
    """Note that these files may stay whatever comes, or are gone."""
    _void.difference_update(removals)


def _end() -> None:
    for remove in tuple(_void):  # the main thread goes on
        with suppress(OSError):
            remove()
    os._exit(_received[0].status)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise Interrupted in the main thread when SIGINT, SIGTERM or SIGHUP comes, the first time.

    Further signals are ignored: terminals and wrappers (`timeout`, `npm`, `uv run`) often send one
    twice, and the second must not break into the clean-up that the first began. The process ends in
    less than a second from the first, whatever happens; one that comes after `go_through` changes
    nothing else. Where none came, the signals have their default actions in the end. SIGHUP stays
    ignored where it was, as below `nohup`.
    """
    handled = _install()
    try:
        try:
            yield
        finally:
            if not _received:
                for number in handled:
                    signal.signal(number, signal.SIG_DFL)
    except Interrupted:
        raise
    except BaseException as other:
        if _received and not _is_late:
            raise _received[0] from other
        raise
    # Python drops an exception that comes up in a finalizer.
    if _received and not _is_late:
        raise _received[0]


@contextmanager
def cancellable() -> Iterator[None]:
    """Raise KeyboardInterrupt when SIGINT comes, once, for as long as this lasts.

    For what goes on afterwards: a line that is typed, a computation in a session.
    """

    def cancel(number: int, _: FrameType | None) -> None:
        signal.signal(number, ignore_interrupt)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, cancel)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def ignore_interrupt(number: int, _: FrameType | None) -> None:
    """For SIGINT where there is nothing to cancel; child processes do not inherit it."""
