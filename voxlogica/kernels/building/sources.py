"""What a library is built of, so that one of other sources is told."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

KERNELS = Path(__file__).parent.parent
# A row of the table of operators, and how many of its parts come before its manual.
_ROW, _BEFORE_MANUAL = "Operation", 4


def digest() -> str:
    """Of the code of all modules of kernels, and of how they are built.

    Comments, manuals, and what else is for people only are no part of it.
    """
    everything = hashlib.sha256()
    for path in sorted(KERNELS.rglob("*.py")):
        code = ast.dump(_code(path.read_bytes()))
        name = path.relative_to(KERNELS).as_posix()
        everything.update(f"{name} {len(code)}\n{code}".encode())
    return everything.hexdigest()


def _code(text: bytes) -> ast.Module:
    """What a module says without its documentation."""
    module = ast.parse(text)
    for node in ast.walk(module):
        match node:
            case ast.Module() | ast.ClassDef() | ast.FunctionDef():
                node.body = [part for part in node.body if not _is_prose(part)]
            case ast.Call(ast.Name(id), arguments) if id == _ROW:
                del arguments[_BEFORE_MANUAL:]
    return module


def _is_prose(part: ast.stmt) -> bool:
    match part:
        case ast.Expr(ast.Constant(str())):
            return True
    return False
