"""What is made when the package is built: the kernels' machine code, and the parser's tables.

`VOXLOGICA_PLATFORM` names another platform to build a wheel for, one of those of
`voxlogica/kernels/building/levels.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface[Any]):
    """Compiles, and puts what it made into the wheel, or into the checkout for an editable one."""

    def dependencies(self) -> list[str]:
        """A linker, where the system has none or the platform is another."""
        foreign = "VOXLOGICA_PLATFORM" in os.environ
        return ["ziglang>=0.13,<0.18"] if foreign or shutil.which("cc") is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make both, before anything is packed."""
        root = Path(self.root)
        sys.path.insert(0, self.root)
        from voxlogica.kernels.building.library import host
        from voxlogica.kernels.building.platforms import PLATFORMS

        name = os.environ.get("VOXLOGICA_PLATFORM", host())
        if name not in PLATFORMS:
            raise SystemExit(
                f"voxlogica cannot be built for {name}: its kernels are compiled for"
                f" {', '.join(PLATFORMS)}"
            )
        kernels = root / "voxlogica" / "kernels"
        library = kernels / PLATFORMS[name].library
        if name != host():
            library = root / "build" / name / library.name
            library.parent.mkdir(parents=True, exist_ok=True)
        self.app.display_info("Compiling kernels, which takes up to a minute")
        command = (sys.executable, "-m", "voxlogica.kernels.building")
        done = subprocess.run(
            (*command, f"--platform={name}", f"--output={library}"),
            cwd=root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([self.root, *sys.path])},
        )
        if done.returncode != 0:
            raise SystemExit("voxlogica cannot be built: its kernels do not compile, see above")
        from voxlogica.syntax.tables import ship

        grammar = root / "grammar"
        ship(grammar)
        if version == "editable":
            return
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{self._platform_tag(PLATFORMS[name].wheel, name == host())}"
        build_data["force_include"] |= {
            str(library): f"voxlogica/kernels/{library.name}",
            **{str(table): f"voxlogica/grammar/{table.name}" for table in grammar.glob("*.json")},
        }

    def _platform_tag(self, usual: str, is_host: bool) -> str:
        """The platform in the wheel's name: the usual one, or on another libc this system's own."""
        from packaging.tags import platform_tags

        own = list(platform_tags())
        return own[0] if is_host and usual not in own else usual
