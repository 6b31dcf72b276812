"""VoxLogicA: spatial logic for 2-D and 3-D images."""

import sys

__version__ = "0.1.0"

if sys.platform == "win32":
    raise ImportError("voxlogica runs on Linux and macOS; on Windows, install it in WSL")
