"""Make the notebook `segmentation.ipynb` of the cells in `segmentation.py`.

    python -m examples.notebook.make_notebook           without outputs
    python -m examples.notebook.make_notebook --run     with outputs: needs ipykernel and nbclient

It is written into `output/` beside this file, where running it also writes `scores.csv`. Needs
jupytext, which VS Code and Jupyter have an extension of: with that, `segmentation.py` itself is
opened as a notebook.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import jupytext

CELLS = Path(__file__).parent / "segmentation.py"


def notebook() -> Any:
    """The notebook, without outputs."""
    made = jupytext.read(CELLS)
    for number, cell in enumerate(made.cells):
        cell["id"] = f"cell-{number}"  # the same each time
        if cell.source.startswith("%%imgql"):
            # In a file of Python, what is no Python is a comment.
            cell.source = cell.source.replace("\n# ", "\n")
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made.metadata["kernelspec"] = kernel
    return made


def executed(folder: Path) -> Any:
    """The notebook, with what its cells give when they are run in `folder`.

    Raises nbclient's CellExecutionError where a cell fails.
    """
    from nbclient import NotebookClient

    made = notebook()
    NotebookClient(made, resources={"metadata": {"path": str(folder)}}).execute()
    return made


def main(run: bool, folder: Path = Path(__file__).parent / "output") -> None:
    """Write it into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    jupytext.write(executed(folder) if run else notebook(), folder / "segmentation.ipynb")


if __name__ == "__main__":
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--run", action="store_true", help="with outputs")
    main(options.parse_args().run)
