"""A program's text on a page: line by line; comments, keywords, strings and numbers told apart."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from voxlogica.report.page_document import text
from voxlogica.syntax.keywords import COMMANDS
from voxlogica.syntax.source import STRING_OR_COMMENT, Source

_OTHERS = ("from", "to", "in", "for", "do", "filter", "fold", "border", "tt", "ff", "true", "false")
_WORDS = "|".join((*COMMANDS, *_OTHERS))
_TOKEN = re.compile(
    rf"(?P<s_or_c>{STRING_OR_COMMENT})|(?P<n>(?<![\w$])\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)"
    rf"|(?P<k>(?<![\w$.])(?:{_WORDS})(?![\w(]))"
)
# Of longer texts the beginning is shown.
_MOST_LINES = 2_000


def programs_html(sources: Sequence[Source], named: Callable[[str], str]) -> str:
    """The texts of programs; each has its name above it, as it is `named`, where there are more."""
    heads = [f"<h3>{text(named(source.name))}</h3>" for source in sources]
    return "\n".join(
        (head if len(sources) > 1 else "") + program_html(source)
        for head, source in zip(heads, sources, strict=True)
    )


def program_html(source: Source) -> str:
    """The text of a program, one element a line, so that it can be numbered and found."""
    lines = source.text.splitlines()
    shown = "\n".join(f"<code>{''.join(_marked(line))}</code>" for line in lines[:_MOST_LINES])
    more = len(lines) - _MOST_LINES
    rest = f'<p class="faint">… {more} more lines</p>' if more > 0 else ""
    return (
        f'<div class="program" role="region" aria-label="program" tabindex="0">{shown}</div>{rest}'
    )


def _marked(line: str) -> Iterator[str]:
    at = 0
    line = line.expandtabs(4)
    for found in _TOKEN.finditer(line):
        yield text(line[at : found.start()])
        kind = found.lastgroup
        if kind == "s_or_c":
            kind = "c" if found.group().startswith("//") else "s"
        yield f'<span class="{kind}">{text(found.group())}</span>'
        at = found.end()
    yield text(line[at:]) or "&#8203;" * (at == 0)
