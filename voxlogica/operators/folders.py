"""What is in folders: data sets, case by case."""

from __future__ import annotations

from pathlib import Path

from voxlogica.images.errors import quoted, system_error
from voxlogica.operators.signature import (
    Cost,
    OperationError,
    Purity,
    Text,
    Texts,
    Truth,
    operator,
)
from voxlogica.remarks import remark


@operator("dir", purity=Purity.OUTSIDE, remarks=True, cost=Cost.MOMENT)
def directory(
    root: Text, pattern: Text = "*", recursive: Truth = False, full: Truth = False
) -> Texts:
    """The names of the files and folders in a folder, sorted.

    Those that match the pattern, in which `*` stands for any letters, `?` for one, `[ab]` for one
    of some. `recursive` also looks in the folders inside. Names are relative to the folder, with
    `/` between parts; `full` gives whole paths. Names that begin with a dot are left out, unless
    the pattern begins with one. Sorted letter by letter, as Unicode numbers them.

    Example: dir("cases", "*_flair.nii.gz", true)
    """
    folder = Path(root).expanduser()
    try:
        if not folder.is_dir():
            what = "is a file, not a folder" if folder.exists() else "does not exist"
            raise OperationError(
                f"dir: {quoted(root)} {what}",
                None if folder.is_absolute() else f"it is looked for in {quoted(Path.cwd())}",
            )
        found = list(folder.rglob(pattern) if recursive else folder.glob(pattern))
    except OSError as problem:
        failed = system_error(f"dir: {quoted(root)} cannot be read", problem)
        raise OperationError(failed.message, failed.hint) from problem
    except (ValueError, NotImplementedError) as problem:
        raise OperationError(
            f'dir: "{pattern}" is not a pattern of names: {str(problem).lower()}',
            'a pattern such as "*.nii.gz" is relative to the folder',
        ) from problem
    relative = [path.relative_to(folder) for path in found]
    hidden = pattern.startswith(".")
    names = [
        path.as_posix()
        for path in relative
        if path.parts and (hidden or not any(part.startswith(".") for part in path.parts))
    ]
    if not names:
        number = sum(not path.name.startswith(".") for path in folder.iterdir())
        there = f"{number} other{'s' if number > 1 else ''}" if number else "nothing"
        remark(
            f'dir: no name in {quoted(root)} matches "{pattern}"',
            f"{there} {'is' if number < 2 else 'are'} there; capital and small letters differ",
        )
    base = folder.resolve()
    return [str(base / name) if full else name for name in sorted(set(names))]
