"""How hard deflated files are compressed, from not at all to what takes longest."""

from __future__ import annotations

LEVELS = range(10)
# Level 3 takes twice as long as 2, and zlib's 6 ten times, to save 2 % more of real intensities.
DEFAULT_LEVEL = 2
