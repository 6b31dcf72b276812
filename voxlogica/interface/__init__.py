"""Python programs and notebooks: what `voxlogica` exports."""

# The process may fork from now on, as the command never does.
from voxlogica import forks as forks
