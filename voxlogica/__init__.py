"""VoxLogicA: spatial logic for 2-D and 3-D images."""

__version__ = "0.1.0"
