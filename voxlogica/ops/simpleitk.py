"""SimpleITK's filters, under their own names: `import "simpleitk"`."""

from voxlogica.ops import _answers

__getattr__, __dir__ = _answers("simpleitk", globals())
