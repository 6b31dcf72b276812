"""`voxlogica why`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from voxlogica.cli.files import whole_file
from voxlogica.cli.options import (
    chosen_cache,
    given,
    jobs_option,
    json_option,
    keeping_options,
    reading_options,
)
from voxlogica.cli.reporting import WritingCommand, complaint, reporting
from voxlogica.cli.streams import coloured, say

if TYPE_CHECKING:
    from voxlogica.explaining import Explaining
    from voxlogica.explanations.explanation import Explanation

_NUMBER = r"\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*"


def _read(pattern: str, number: Callable[[str], float], said: str) -> Callable[..., Any]:
    """What reads numbers between commas; of what is otherwise, it says what it is not."""

    def read(context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
        if value is None:
            return None
        if not re.fullmatch(pattern, value):
            raise click.BadParameter(f"{value!r} is no {said}", context, parameter)
        return tuple(map(number, value.split(",")))

    return read


_voxel = _read(
    r"\s*\d+\s*(,\s*\d+\s*){1,2}",
    int,
    "voxel: two or three whole numbers from 0 on, as in 120,86,77",
)
_point = _read(
    rf"{_NUMBER}(,{_NUMBER}){{1,2}}", float, "point: two or three numbers, as in -12.5,30,64"
)


def _saved(of: Explaining, explained: Explanation, folder: str) -> list[str]:
    from voxlogica.images.errors import ImageFileError

    try:
        return of.save_marks(explained, folder)
    except ImageFileError as refused:
        raise complaint(refused.message, refused.hint) from refused


@click.command(
    cls=WritingCommand,
    epilog="""\b
Examples:
  voxlogica why glioma.imgql tumour 120,86,77       what decided, as a tree
  voxlogica why glioma.imgql tumour --mm -12.5,30,64
  voxlogica why glioma.imgql tumour 120,86,77 --json why.json --save marks

Exit status: 0; 1 the program is wrong or cannot be carried out, it has no such image, or the image
no such voxel; 2 wrong usage.""",
)
@click.argument("program", metavar="PROGRAM", type=click.Path(readable=False))
@click.argument("name", metavar="NAME")
@click.argument("voxel", metavar="[X,Y,Z]", required=False, callback=_voxel)
@click.option(
    "--mm",
    "point",
    metavar="X,Y,Z",
    callback=_point,
    help="The voxel at this place in space, in millimetres: to the left, the back and the head, as"
    " SimpleITK, ITK-SNAP's files and DICOM count.",
)
@click.option(
    "--inside",
    is_flag=True,
    help="Look into functions of the library, too; otherwise your call of them is explained.",
)
@json_option("Write the explanation as data to FILE (`-`: standard output, in place of the text).")
@click.option(
    "--save",
    "folder",
    metavar="FOLDER",
    help="Write what the explanation points at, paths, balls and places, as regions to FOLDER.",
)
@jobs_option
@keeping_options
@reading_options
@reporting
def why(
    program: str,
    name: str,
    voxel: tuple[int, ...] | None,
    point: tuple[float, ...] | None,
    inside: bool,
    json_file: str | None,
    folder: str | None,
    cache: str | None,
    no_cache: bool,
    **options: Any,
) -> None:
    """Tell why a voxel is in a region, or out.

    NAME is a region or another image of the program, X,Y,Z one of its voxels, counted from 0; X,Y
    in two dimensions.
    Of each operation that decided it is told what it found there; what decided nothing is folded.
    The program prints and saves nothing.
    """
    if (voxel is None) is (point is None):
        raise click.UsageError("one voxel is needed: X,Y,Z, or --mm X,Y,Z")
    (source,) = given([program])
    with whole_file(json_file, (program,)) as write_json:
        from shutil import get_terminal_size

        from voxlogica import running
        from voxlogica.explaining import nearest_voxel
        from voxlogica.explanations.explanation import tree_text
        from voxlogica.report.run_json import json_text

        with running.explaining(
            source, inside=inside, cache=chosen_cache(cache, no_cache), **options
        ) as of:
            geometry = of.geometry(name)
            at = voxel if point is None else nearest_voxel(geometry, point, name)
            assert at is not None
            explained = of.explain(name, at)
            written = _saved(of, explained, folder) if folder else []
        write_json(json_text(explained.to_json()))
    if json_file != "-":
        say(tree_text(explained, get_terminal_size().columns, coloured(sys.stdout)))
    for path in written:
        print(f"written: {path}", file=sys.stderr)
