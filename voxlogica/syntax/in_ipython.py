"""Errors as IPython and Jupyter show them: the user's line, and the message in colours.

IPython asks an exception that has a method `_render_traceback_` for the lines to show:
https://github.com/ipython/ipython/blob/main/IPython/core/interactiveshell.py (`showtraceback`).
"""

from __future__ import annotations

from voxlogica.callers import cells_part


def traceback_lines(error: Exception, coloured: str) -> list[str]:
    """What IPython's own formatter makes of an error, of the user's frames, its text coloured.

    Both are as the user has set IPython: with more or less around the line (`%xmode`), and in
    colours or not (`%colors`).
    """
    from IPython.core.getipython import get_ipython  # it is IPython that asks

    shell = get_ipython()
    if shell is None:
        from traceback import format_exception

        return format_exception(error)
    formatter, traceback = shell.InteractiveTB, cells_part(error.__traceback__)
    if traceback is None:  # of a value that failed when it was shown
        lines = list(formatter.get_exception_only(type(error), error))
    else:
        lines = list(formatter.structured_traceback(type(error), error, traceback, tb_offset=0))
    if in_colours():
        lines[-1] = lines[-1].replace(str(error), coloured)
    return lines


def in_colours() -> bool:
    """Whether the user has IPython show colours (`%colors`)."""
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return shell is not None and not str(shell.colors).lower().startswith("no")
