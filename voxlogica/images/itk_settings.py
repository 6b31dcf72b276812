"""What ITK is told when it is imported.

Its settings are the whole process's. So a program that uses voxlogica finds them as it left them;
the command line, which has its process to itself, makes them here, before SimpleITK is imported.
"""

from __future__ import annotations

from typing import Any

_is_ours = False
_threads: int | None = None


def own_itk(threads: int | None) -> None:
    """Keep ITK from printing, and its filters to so many threads.

    None for as many as the process may use cores.
    """
    global _is_ours, _threads
    _is_ours, _threads = True, threads


def settle(itk: Any) -> None:
    """Make the settings of the module SimpleITK, if that is for us to do."""
    if _is_ours:
        from voxlogica.allowance import cores

        itk.ProcessObject.SetGlobalWarningDisplay(False)
        itk.ProcessObject.SetGlobalDefaultThreader("Pool")
        itk.ProcessObject.SetGlobalDefaultNumberOfThreads(_threads or cores())
