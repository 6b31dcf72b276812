"""A host of its own for a scheduler and workers: a network namespace, at the end of a cable."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class Host:
    """A host: `before` begins a process on it. Its cable can be pulled, and put back."""

    def __init__(self) -> None:
        self.name, self._near, self._far = (f"vox{end}{os.getpid()}" for end in ("", "n", "f"))
        self.before = ("ip", "netns", "exec", self.name)
        here, self.address = (f"10.213.{os.getpid() % 250}.{last}" for last in (1, 2))
        _ip("netns", "add", self.name)
        _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far)
        _ip("link", "set", self._far, "netns", self.name)
        _ip("addr", "add", f"{here}/24", "dev", self._near)
        _ip("link", "set", self._near, "up")
        _ip("-n", self.name, "addr", "add", f"{self.address}/24", "dev", self._far)
        _ip("-n", self.name, "link", "set", "lo", "up")
        self.mend()

    def cut(self) -> None:
        """Pull the cable, at its other end."""
        _ip("-n", self.name, "link", "set", self._far, "down")

    def mend(self) -> None:
        """Put it back."""
        _ip("-n", self.name, "link", "set", self._far, "up")

    def close(self) -> None:
        """Take all of it away."""
        _ip("link", "del", self._near)
        _ip("netns", "del", self.name)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def another_host() -> Iterator[Host]:
    """Another host; what needs one is skipped where the machine does not let us make it."""
    try:
        host = Host()
    except (OSError, subprocess.CalledProcessError) as problem:
        pytest.skip(f"the machine does not let us make a network namespace: {problem}")
    try:
        yield host
    finally:
        host.close()
