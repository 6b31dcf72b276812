"""SimpleITK's filters as operators: what it tells of them, and calling them."""
