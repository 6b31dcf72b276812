"""The relations RCC-8 of two regions: `import "RegionCalculus"`."""

from voxlogica.ops import _answers

__getattr__, __dir__ = _answers("region_calculus", globals())
