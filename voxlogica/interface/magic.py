"""Cells of a notebook in the language: `%%imgql`, and `%imgql` for an expression on a line.

Cells are the inputs of one session, which lasts as long as the kernel. What a cell mentions and
neither the language nor a cell has declared are the notebook's own variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from voxlogica.interface.accepting import is_image_like
from voxlogica.interface.done import Done
from voxlogica.interface.image import Image
from voxlogica.interface.inputs import as_given, plain
from voxlogica.interface.progress import in_notebook, watched
from voxlogica.interface.session import Session
from voxlogica.interface.tracebacks import short
from voxlogica.interface.wording import in_python
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, below_its_name, render
from voxlogica.syntax.source import STRING_OR_COMMENT

# A name that is called is a function, which no variable is.
_MENTIONED = re.compile(rf"{STRING_OR_COMMENT}|\b([A-Za-z]\w*)\b(?!\s*\()")


class CellError(VoxLogicaError):
    """An error in a cell, which shows it at its place in the cell: it has no traceback."""

    def _render_traceback_(self) -> list[str]:
        if not in_notebook():
            return [f"Error: {below_its_name(self.diagnostics, colour=True)}"]
        more = len(self.diagnostics) - 1
        return [f"Error: {self.message}{f'; and {more} more' if more else ''}"]


@short
def load_ipython_extension(shell: Any) -> None:
    """`%load_ext voxlogica`: let IPython know `%imgql` and `%%imgql`."""
    from IPython.core.magic import no_var_expand

    # Dollars and braces are the language's.
    no_var_expand(_Cells.carry_out)
    shell.register_magic_function(_Cells(shell).carry_out, "line_cell", "imgql")


class _Cells:
    """The session of a notebook."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._session = Session()
        # What the notebook's variables were when they were given, by name.
        self._given: dict[str, object] = {}

    @short
    def carry_out(self, line: str, cell: str | None = None) -> Any:
        """Carry out a cell in the language; its names are also the notebook's variables.

            %%imgql            shows what the cell prints and saves, and the value of the
                               expression that it ends with
            %%imgql tumour     the same, and that is then `tumour` in Python
            %imgql expression  gives the value of an expression

        Declarations stay for the cells that follow; a cell may be carried out again.
        """
        name = "" if cell is None else line.strip()
        if name and not name.isidentifier():
            raise ValueError(f"`%%imgql NAME` gives NAME to a value: `{name}` is none of Python's")
        try:
            # Lines are counted as the notebook does: from that of `%%imgql` itself.
            value = self._value(line if cell is None else f"\n{cell}")
        except VoxLogicaError as failed:
            told = [in_python(diagnostic) for diagnostic in failed.diagnostics]
        else:
            if name:
                self._shell.user_ns[name] = value
            return value if _is_to_be_seen(value) else None
        if in_notebook():
            _show(told)
        raise CellError(told)

    def _value(self, text: str) -> Any:
        """What the commands of a cell give, or the expression at its end."""
        self._give_variables(text)
        commands, expression = self._session._dialogue.parted(text)
        if not expression.strip():
            return self._entered(commands)
        done = self._entered(commands)
        if _is_to_be_seen(done):
            from IPython.display import display

            display(done)
        return self._entered(expression)

    def _entered(self, text: str) -> Any:
        session = self._session
        called = f"cell {len(self._shell.history_manager.input_hist_parsed) - 1}"
        with watched(None) as observe:
            report, is_value = session._dialogue.worth(text, called=called, observe=observe)
        _show([in_python(told) for told in report.diagnostics if told.severity == "warning"])
        return session._given_out(report, is_value)

    def _give_variables(self, text: str) -> None:
        """Give the session what the notebook has of the names that are mentioned.

        What was given before is given anew if it is another value.
        """
        dialogue = self._session._dialogue
        own, known = dialogue.declared_by(text), {*dialogue.names()}
        for name in own:
            self._given.pop(name, None)
        for name in _mentioned(text) - own:
            if (name not in known or name in self._given) and name in self._shell.user_ns:
                self._give(name, self._shell.user_ns[name])

    def _give(self, name: str, value: Any) -> None:
        found: object
        if isinstance(value, Image) or is_image_like(value):
            found = as_given(value, name)
        else:
            found = plain(value)
            if not isinstance(found, bool | int | float | str):
                return  # which the language has no type for
        if name in self._given and (type(found), found) == self._given[name]:
            return
        self._session._give(name, found)
        self._given[name] = type(found), found


def _mentioned(text: str) -> set[str]:
    """The names in a text that may be of values."""
    return {found[1] for found in _MENTIONED.finditer(text) if found[1]}


def _is_to_be_seen(value: Any) -> bool:
    """Whether there is anything to show of what a cell gives: not of declarations."""
    if not isinstance(value, Done):
        return True
    return any((value, value.images, value.tables, value.asserts))


def _show(told: Iterable[Diagnostic]) -> None:
    """Show messages, with their places marked where there is HTML."""
    from IPython.display import display

    from voxlogica.report.highlighting import highlighted_html

    said = [*told]
    if said:
        text = "\n\n".join(map(render, said))
        display({"text/plain": text, "text/html": highlighted_html(said)}, raw=True)
