"""Strings put together, and taken apart: `import "strings"`."""

from voxlogica.ops import _answers

__getattr__, __dir__ = _answers("strings", globals())
