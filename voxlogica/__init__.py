"""VoxLogicA: spatial logic for 2-D and 3-D images.

    import voxlogica as vox

    flair = vox.read("flair.nii.gz")
    done = vox.run("glioma.imgql", flair=flair, high=0.93)
    print(done["dice"], done.images["tumour"].array.sum())

What is named here is the Python interface; all else in the package may change.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from voxlogica.version import __version__ as __version__

if sys.platform == "win32":
    raise ImportError("voxlogica runs on Linux and macOS; on Windows, install it in WSL")

if TYPE_CHECKING:
    from voxlogica import ops as ops
    from voxlogica.engine.results import RunError as RunError
    from voxlogica.interface.batches import CaseResults as CaseResults
    from voxlogica.interface.batches import cases as cases
    from voxlogica.interface.case_result import CaseResult as CaseResult
    from voxlogica.interface.done import Done as Done
    from voxlogica.interface.image import Image as Image
    from voxlogica.interface.image import Region as Region
    from voxlogica.interface.reading import image as image
    from voxlogica.interface.reading import read as read
    from voxlogica.interface.runs import check as check
    from voxlogica.interface.runs import params as params
    from voxlogica.interface.runs import plan as plan
    from voxlogica.interface.runs import run as run
    from voxlogica.interface.runs import run_async as run_async
    from voxlogica.interface.runs import why as why
    from voxlogica.interface.session import Session as Session
    from voxlogica.interface.telling import DoubtWarning as DoubtWarning
    from voxlogica.live import Live as Live
    from voxlogica.syntax.diagnostics import VoxLogicaError as VoxLogicaError

    Error = VoxLogicaError

# Where each name is, imported when it is first asked for.
_PLACES = {
    "CaseResult": "interface.case_result",
    "CaseResults": "interface.batches",
    "Done": "interface.done",
    "DoubtWarning": "interface.telling",
    "Error": "syntax.diagnostics:VoxLogicaError",
    "Image": "interface.image",
    "Live": "live",
    "Region": "interface.image",
    "RunError": "engine.results",
    "Session": "interface.session",
    "cases": "interface.batches",
    "check": "interface.runs",
    "image": "interface.reading",
    "load_ipython_extension": "interface.magic",
    "ops": "ops:",
    "params": "interface.runs",
    "plan": "interface.runs",
    "read": "interface.reading",
    "run": "interface.runs",
    "run_async": "interface.runs",
    "why": "interface.runs",
}

__all__ = ["__version__", *_PLACES]  # noqa: PLE0604


if not TYPE_CHECKING:  # which knows the names above, and that there are no others

    def __getattr__(name: str) -> Any:
        place = _PLACES.get(name)
        if place is None:
            raise AttributeError(
                f"module `voxlogica` has no `{name}`: there are {', '.join(_PLACES)}",
                name=name,
                obj=sys.modules[__name__],  # of which Python suggests what is like it
            )
        from importlib import import_module

        module, colon, own = place.partition(":")
        found = import_module(f"voxlogica.{module}")
        value = found if colon and not own else getattr(found, own or name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
