"""Python programs and notebooks: what `voxlogica` exports."""

# A process may fork from now on.
from voxlogica import forks as forks
