"""The object code of kernels: kept in the user's cache folder, linked into the process.

A file a kernel and combination of types, in a folder whose name is a digest of all that the code
depends on: the kernels' sources, the compiler's versions, the processor. So what is there is never
out of date. Where nothing can be kept, kernels are compiled anew in every run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from voxlogica.user_cache import make_private, user_cache

# How many folders are left when another is made: those of other versions and environments.
_FOLDERS = 8


class KernelError(Exception):
    """A function is no kernel: it cannot be compiled."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A kernel, by module and name, for arguments of these types."""

    module: str
    kernel: str
    types: tuple[str, ...]

    @property
    def name(self) -> str:
        """For people to read, and for file names."""
        return f"{self.module.rpartition('.')[2]}.{self.kernel}"


@dataclass(frozen=True, slots=True)
class ObjectCode:
    """Relocatable machine code: the function's symbol, what it returns if anything, an object."""

    symbol: str
    returns: str
    code: bytes

    def encoded(self) -> bytes:
        """All of it, as `of` reads it."""
        return f"{self.symbol}\n{self.returns}\n".encode() + self.code

    @staticmethod
    def of(encoded: bytes) -> ObjectCode:
        """What was encoded."""
        symbol, returns, code = encoded.split(b"\n", 2)
        return ObjectCode(symbol.decode(), returns.decode(), code)


def obtained(wanted: Wanted, function: Callable[..., Any]) -> ObjectCode:
    """The kernel's object code, as kept, or compiled by whichever thread is first to ask for it."""
    with _LOCK:
        found = _FUTURES.get(wanted)
        ours = found is None
        if found is None:
            found = _FUTURES[wanted] = Future()
    if ours:
        try:
            found.set_result(_found_or_compiled(wanted, function))
        except BaseException as failed:
            with _LOCK:
                del _FUTURES[wanted]
            found.set_exception(failed)
    return found.result()


def _found_or_compiled(wanted: Wanted, function: Callable[..., Any]) -> ObjectCode:
    # The folder's name stands for the sources of these, and for no others.
    ours = wanted.module.startswith(f"{__package__}.")
    found = kept(wanted) if ours else None
    if found is None:
        from voxlogica.kernels.compilers import compiled

        found = compiled(wanted, function)
        if ours:
            keep(wanted, found)
    return found


_LOCK = Lock()
_FUTURES: dict[Wanted, Future[ObjectCode]] = {}


def _forget_after_fork() -> None:
    """What the parent's threads were at, nobody will finish in this process."""
    global _LOCK, _LINKING
    _LOCK, _LINKING = Lock(), Lock()
    for wanted in [wanted for wanted, found in _FUTURES.items() if not found.done()]:
        del _FUTURES[wanted]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_after_fork)


# Keeping


def kept(wanted: Wanted) -> ObjectCode | None:
    """What is kept of a kernel; None if there is nothing, or it is damaged."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        content = (folder / _file_name(wanted)).read_bytes()
    except OSError:
        return None
    digest, rest = content[:32], content[32:]
    if hashlib.sha256(rest).digest() != digest:
        return None
    return ObjectCode.of(rest)


def keep(wanted: Wanted, code: ObjectCode) -> None:
    """Keep a kernel's object code, in one step, if the folder can be written."""
    folder = cache_folder()
    if folder is None:
        return
    rest = code.encoded()
    _write_whole(folder / _file_name(wanted), hashlib.sha256(rest).digest() + rest)


def is_noted(fact: str) -> bool:
    """Whether a fact of these kernels was noted, by this process or another, where it can be."""
    folder = cache_folder()
    return folder is None or (folder / _note_name(fact)).exists()


def note(fact: str) -> None:
    """Note a fact of these kernels."""
    folder = cache_folder()
    if folder is not None:
        _write_whole(folder / _note_name(fact), fact.encode())


def _note_name(fact: str) -> str:
    return hashlib.sha256(fact.encode()).hexdigest()[:16] + ".note"


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file of the cache folder in one step; nothing is written where that cannot be."""
    import tempfile

    temporary = None
    try:
        if not path.parent.is_dir():
            make_private(path.parent)
            _drop_oldest(path.parent.parent)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except OSError:
        # A cache that cannot be written costs time, in this run and the next ones, and no more.
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)


def _drop_oldest(folder: Path) -> None:
    import shutil

    by_age = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for path in by_age[:-_FOLDERS]:
        shutil.rmtree(path, ignore_errors=True)


def _file_name(wanted: Wanted) -> str:
    types = hashlib.sha256(" ".join(wanted.types).encode()).hexdigest()[:16]
    return f"{wanted.name}-{types}.o"


@cache
def cache_folder() -> Path | None:
    """Where object code for this processor is kept; None if the user has no cache folder."""
    folder = user_cache()
    return folder / "kernels" / _digest_of_all() if folder else None


def _digest_of_all() -> str:
    """Of all that object code depends on, but for the kernel and its types."""
    import llvmlite.binding as llvm

    everything = hashlib.sha256()
    processor = (llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten())
    everything.update(repr((llvm.get_process_triple(), *processor)).encode())
    for path in (*sorted(Path(__file__).parent.glob("*.py")), *_version_files()):
        content = path.read_bytes()
        everything.update(f"{path.name} {len(content)}\n".encode() + content)
    return everything.hexdigest()[:32]


def _version_files() -> list[Path]:
    """The modules that hold the version of the compiler's packages, which are not imported."""
    found = []
    for package in ("numba", "llvmlite"):
        spec = find_spec(package)
        assert spec is not None and spec.origin is not None, f"{package} is not installed"
        found.append(Path(spec.origin).with_name("_version.py"))
    return found


# Linking


def link(wanted: Wanted, code: ObjectCode) -> int:
    """The address of a kernel's function, linked into this process, where it stays.

    Raises RuntimeError if it needs a function that is not there.
    """
    import llvmlite.binding as llvm

    library = llvm.JITLibraryBuilder().add_object_img(code.code).add_current_process()
    library.export_symbol(code.symbol)
    with _LINKING:
        linked = library.link(linker(), f"{wanted.name} {len(_LINKED)}")
        _LINKED.append(linked)  # which would be unloaded with the last reference to it
    address: int = linked[code.symbol]
    return address


_LINKING = Lock()
_LINKED: list[Any] = []


@cache
def linker() -> Any:
    """LLVM's linker of this process."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(
        reloc="pic", codemodel="small", jit=True
    )
    return llvm.create_lljit_compiler(machine)
