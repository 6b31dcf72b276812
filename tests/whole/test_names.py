"""A word means one thing: who looks for a class by its name finds one."""

from __future__ import annotations

import ast
from collections import defaultdict

from tests.whole.test_imports import modules, tree

# What programs in Python have, and the voxels behind it.
ONE_THOUGHT = {"Image"}


def test_each_class_that_others_may_use_has_a_name_of_its_own():
    places = defaultdict(list)
    for module, path in modules().items():
        for node in tree(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module)
    doubled = {name: found for name, found in places.items() if len(found) > 1}
    assert doubled.keys() == ONE_THOUGHT, doubled
