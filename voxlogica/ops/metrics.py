"""Two regions compared, what was found with the truth: `import "metrics"`."""

from voxlogica.ops import _answers

__getattr__, __dir__ = _answers("metrics", globals())
