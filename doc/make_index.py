"""Write the index of modules in doc/architecture.md, from what each module says of itself.

python doc/make_index.py
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "doc" / "architecture.md"
TITLE = "## Index of modules\n"


def index() -> str:
    """A table a room: each module with the first sentence of its docstring."""
    return TITLE + "".join(_rooms(ROOT / "voxlogica"))


def _rooms(package: Path) -> Iterator[str]:
    folders = [package, *sorted(p for p in package.rglob("*") if (p / "__init__.py").is_file())]
    for folder in folders:
        rows = [_row(module) for module in sorted(folder.glob("*.py"))]
        if any(rows):
            name = folder.relative_to(package.parent)
            yield f"\n### `{name}/`\n\n| module | |\n|---|---|\n" + "".join(rows)


def _row(module: Path) -> str:
    said = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    if said is None:
        return ""
    sentence = said.split("\n\n")[0].replace("\n", " ").replace("|", "\\|")
    return f"| `{module.name}` | {sentence} |\n"


def written(page: str) -> str:
    """The page with the index as it should be, which is its last part."""
    return page.partition("\n" + TITLE)[0] + "\n" + index()


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
