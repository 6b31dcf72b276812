"""Images compared and counted, voxel by voxel, whatever their type: `import "arrays"`."""

from voxlogica.ops import _answers

__getattr__, __dir__ = _answers("arrays", globals())
