"""Drawing on 2-D images, each function a new one: `import "geom"`."""

from voxlogica.ops import _answers

__getattr__, __dir__ = _answers("geom", globals())
