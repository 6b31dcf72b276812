"""Cells of a notebook in the language: `%%imgql`, and `%imgql` for an expression on a line.

Cells are the inputs of one session, which lasts as long as the kernel. What a cell mentions and
neither the language nor a cell has declared are the notebook's own variables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from voxlogica.interface.done import Done
from voxlogica.interface.progress import in_notebook, watched
from voxlogica.interface.session import Session, as_value
from voxlogica.interface.tracebacks import short
from voxlogica.interface.wording import in_python
from voxlogica.interface.wrong_arguments import shown
from voxlogica.syntax.ast import Name
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, error, render
from voxlogica.syntax.in_ipython import in_colours

if TYPE_CHECKING:
    from voxlogica.engine.results import Report


class CellError(VoxLogicaError):
    """An error in a cell, which shows it at its place in the cell: it has no traceback."""

    def _render_traceback_(self) -> list[str]:
        if not in_notebook():
            coloured = in_colours()
            return ["\n\n".join(render(one, coloured) for one in self.diagnostics)]
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
        self._given: dict[str, str] = {}

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

    @property
    def _called(self) -> str:
        """What messages call the cell that is carried out."""
        return f"cell {len(self._shell.history_manager.input_hist_parsed) - 1}"

    def _entered(self, text: str) -> Any:
        session = self._session
        with watched(None) as observe:
            report, is_value = session._dialogue.worth(text, called=self._called, observe=observe)
        # What was given by a name is not what the name is of now.
        for name in session._dialogue.declared_by(text):
            self._given.pop(name, None)
        _show_warnings(report)
        return session._given_out(report, is_value)

    def _give_variables(self, text: str) -> None:
        """Give the session what the notebook has by the names that a text needs."""
        dialogue = self._session._dialogue
        needed, known = dialogue.needed_by(text, self._called), {*dialogue.names()}
        for mentioned in needed:
            name = mentioned.name
            is_ours = name in known and name not in self._given
            if not is_ours and (name in self._given or name in self._shell.user_ns):
                self._give(mentioned)

    def _give(self, mentioned: Name) -> None:
        """Give the session a variable; if it was given before, only if it has another value."""
        name, variables = mentioned.name, self._shell.user_ns
        if name not in variables:
            said = f"`{name}` is no variable of the notebook any more"
            raise VoxLogicaError([error(said, mentioned.span)])
        try:
            value = _value(name, variables[name])
        except (TypeError, ValueError) as wrong:
            hint = "it is a variable of the notebook, of which the language has no like"
            raise VoxLogicaError([error(str(wrong), mentioned.span, hint=hint)]) from None
        # Which tells -0 from 0, and images by their content.
        known = repr(value)
        if self._given.get(name) != known:
            _show_warnings(self._session._dialogue.give(name, value))
            self._given[name] = known


def _value(name: str, value: object) -> Any:
    """A variable's value as a session may be given it. Raises VoxLogicaError, TypeError."""
    if isinstance(value, Iterator):
        raise TypeError(f"`{name}`: {shown(value)} can be gone through once")
    return as_value(value, name)


def _is_to_be_seen(value: Any) -> bool:
    """Whether there is anything to show of what a cell gives: not of declarations."""
    if not isinstance(value, Done):
        return True
    return any((value, value.images, value.tables, value.asserts))


def _show_warnings(report: Report) -> None:
    _show([in_python(told) for told in report.diagnostics if told.severity == "warning"])


def _show(told: Iterable[Diagnostic]) -> None:
    """Show messages, with their places marked where there is HTML."""
    from IPython.display import display

    from voxlogica.report.highlighting import highlighted_html

    said = [*told]
    if said:
        text = "\n\n".join(map(render, said))
        display({"text/plain": text, "text/html": highlighted_html(said)}, raw=True)
