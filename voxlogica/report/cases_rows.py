"""The rows of many cases in a page: what came of each, its pictures, and more in the open one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice

from voxlogica.engine.cases import Row
from voxlogica.report.case_pictures import Drawing, Panel
from voxlogica.report.cases_overview import MOST_COLUMNS, Outcome, Overview, anchor, outcome
from voxlogica.report.cases_summary import is_number
from voxlogica.report.cases_table import Column, columns_of_row, error_text
from voxlogica.report.page_document import text
from voxlogica.report.short_numbers import short_number, short_text
from voxlogica.syntax.printer import value_text

# Texts are cut at so many characters: in a cell, where a case is opened, and of a message.
_CELL, _OPENED, _MESSAGE = 48, 1_000, 3_000
# Of messages, warnings and files of a case, so many are there.
_MOST_TOLD, _MOST_FILES = 5, 20
_SAID: dict[Outcome, str] = {
    "failed": "✗ failed",
    "false": "✗ false",
    "ruled": "○ by rule",
    "done": "✓ done",
}
_KIND: dict[Outcome, str] = {"failed": "fails", "false": "fails", "ruled": "rule", "done": "holds"}

# What a text, or the path of a file, is shown as: without the name of somebody's folder.
Shown = Callable[[str], str]


class TableRows:
    """Makes the table of cases, in pieces. `pictures` are by the cases' numbers."""

    def __init__(
        self,
        overview: Overview,
        pictures: Mapping[int, Sequence[Drawing]],
        private: Shown,
        path: Shown,
    ) -> None:
        self._overview = overview
        self._pictures = pictures
        self._private, self._path = private, path
        self._columns = overview.columns[:MOST_COLUMNS]
        # Case, outcome, seconds; pictures, and which regions were empty, where any case has them.
        self._width = 3 + bool(pictures) + overview.is_ruled + len(self._columns)

    def html(self, rows: Callable[[], Iterator[Row]]) -> Iterator[str]:
        """The table: what went wrong first, all else in the cases' order."""
        yield '<div class="wide cases"><table id="cases"><thead><tr>'
        yield from self._head()
        yield "</tr></thead>\n"
        for wanted in (("failed",), ("false",), ("ruled", "done")):
            for row in rows():
                if self._overview.is_shown(row.case.number) and outcome(row) in wanted:
                    yield self._row(row)
        yield "</table></div>\n"

    def _head(self) -> Iterator[str]:
        yield '<th scope="col">case</th><th scope="col">outcome</th>'
        if self._pictures:
            yield '<th scope="col" class="still">pictures</th>'
        for name in self._columns:
            kind = self._overview.kinds.get(name, "column")
            shown = text(short_text(self._private(name), _CELL))
            yield f'<th scope="col" class="{kind}">{shown}</th>'
        if self._overview.is_ruled:
            yield '<th scope="col">empty</th>'
        yield '<th scope="col">seconds</th>'

    def _row(self, row: Row) -> str:
        end = outcome(row)
        found = {column.name: column for column in columns_of_row(row)}
        name = text(self._private(row.case.name))
        here = anchor(row.case.number)
        parts = [
            f'<tbody id="{here}" class="{end}"><tr>',
            f'<th scope="row"><a href="#{here}">{name}</a></th>',
            f'<td class="{_KIND[end]}">{_SAID[end]}</td>',
        ]
        if self._pictures:
            parts.append(self._thumbnails(row))
        parts += [self._cell(found.get(name)) for name in self._columns]
        if self._overview.is_ruled:
            parts.append(f"<td>{row.empty}</td>")
        parts.append(f'<td class="number"{_exact(row.seconds)}>{row.seconds:.2f}</td></tr>\n')
        if said := self._in_short(row):
            parts.append(
                f'<tr class="says"><td colspan="{self._width}"><div>{text(said)}</div></td></tr>\n'
            )
        parts.append(
            f'<tr class="more" hidden><td colspan="{self._width}"><div class="opened">'
            f"{self._opened(row)}</div></td></tr></tbody>\n"
        )
        return "".join(parts)

    def _cell(self, column: Column | None) -> str:
        if column is None or column.value is None:
            return "<td></td>"
        value = column.value
        if isinstance(value, bool):
            if column.kind == "assert":
                sign = '<span class="holds">✓</span>' if value else '<span class="fails">✗</span>'
                return f'<td data-v="{value_text(value)}">{sign}</td>'
            return f"<td>{value_text(value)}</td>"
        ruled = '<abbr title="by a rule for empty regions">†</abbr>' if column.empty else ""
        if is_number(value):
            short = short_number(value)
            exact = "" if short == value_text(value) and not ruled else _exact(value)
            return f'<td class="number"{exact}>{short}{ruled}</td>'
        whole = self._private(value_text(value))
        short = short_text(whole, _CELL)
        exact = f' data-v="{text(short_text(whole, _OPENED))}"' if short != whole or ruled else ""
        return f"<td{exact}>{text(short)}{ruled}</td>"

    # Pictures

    def _thumbnails(self, row: Row) -> str:
        drawn = self._pictures.get(row.case.number, ())
        images = "".join(_img(panel, one) for one in drawn for panel in one.thumbs)
        if not images:
            return '<td class="faint">–</td>'
        return f'<td><span class="thumbs">{images}</span></td>'

    def _large(self, row: Row) -> str:
        """The large pictures, if there are such; the script takes small ones else. What they show.

        Browsers decode them when they are seen.
        """
        drawn = self._pictures.get(row.case.number, ())
        parts = list[str]()
        for one in drawn:
            figures = "".join(_figure(panel, one) for panel in one.panels)
            keys = "".join(
                f'<span class="key"><i class="k{mark.colour} {mark.drawn}"></i>'
                f"{text(self._private(mark.text))}</span>"
                for mark in one.marks
            )
            parts.append(f'<div class="panels">{figures}</div>')
            parts += [f'<div class="keys">{keys}</div>'] if keys else []
        return "".join(parts)

    # What is said

    def _in_short(self, row: Row) -> str:
        """What went wrong, in a line."""
        if row.failed:
            return short_text(self._private(error_text(row)), _CELL * 8)
        false = [c.fault.message if c.fault else c.label for c in row.asserts if not c.value]
        return short_text(
            self._private("; ".join(" ".join(one.split()) for one in false)), _CELL * 8
        )

    def _opened(self, row: Row) -> str:
        false = [c.fault for c in row.asserts if not c.value and c.fault is not None]
        faults = [fault.shown for fault in (*row.faults, *false)]
        parts = [self._large(row)]
        parts += self._messages(faults, "message")
        parts += self._messages(row.log, "message warning")
        parts.append(f"<p>{self._told(row)}</p>")
        return "".join(parts)

    def _messages(self, shown: Sequence[str], kind: str) -> Iterator[str]:
        for one in shown[:_MOST_TOLD]:
            said = "\n".join(map(text, short_text(self._private(one), _MESSAGE).split("\n")))
            yield f'<div class="{kind}"><pre>{said}</pre></div>'
        if len(shown) > _MOST_TOLD:
            yield f'<p class="faint">and {len(shown) - _MOST_TOLD} more</p>'

    def _told(self, row: Row) -> str:
        """What it cost, and which files it read and saved."""
        how = f"{row.operations} operations, {row.computed} computed"
        if row.by_worker:
            how += f" at {self._private(short_text(row.workers, _OPENED))}"
        if row.replayed:
            how += "; by an earlier run, of which these are the numbers"
        saved = self._paths({file.path: "" for file in row.files})
        read = self._paths({file.path: file.sha256 for file in row.inputs if file.kind == "image"})
        parts = [f'<span class="faint">{text(how)}</span>']
        parts += [f"read {read}"] if read else []
        parts += [f"saved {saved}"] if saved else []
        return "<br>".join(parts)

    def _paths(self, digests: Mapping[str, str]) -> str:
        """Files with their digests, if there are such."""
        shown = list[str]()
        for path, digest in islice(digests.items(), _MOST_FILES):
            told = f' <code class="digest">{text(digest)}</code>' if digest else ""
            shown.append(f"<code>{text(short_text(self._path(path), _OPENED))}</code>{told}")
        more = len(digests) - len(shown)
        return ", ".join([*shown, *([f"and {more} more"] if more else [])])


def _figure(panel: Panel, drawing: Drawing) -> str:
    """A large picture among the letters of its sides, above its title."""
    image, caption = _img(panel, drawing), f"<figcaption>{_said(panel, drawing)}</figcaption>"
    if not panel.sides:
        return f"<figure>{image}{caption}</figure>"
    left, right, top, bottom = (f"<span>{letter}</span>" for letter in panel.sides)
    return f'<figure><div class="around">{top}{left}{image}{right}{bottom}</div>{caption}</figure>'


def _img(panel: Panel, drawing: Drawing) -> str:
    return (
        f'<img alt="{_said(panel, drawing)}" width="{panel.width}" height="{panel.height}"'
        f' src="data:image/png;base64,{panel.png}">'
    )


def _said(panel: Panel, drawing: Drawing) -> str:
    return text(" of ".join(filter(None, (panel.title, drawing.name))) or "picture")


def _exact(value: float) -> str:
    return f' data-v="{value_text(value)}"'
