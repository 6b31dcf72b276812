"""Why a voxel is in a region, or out, or has its value: what each operation says of it."""
