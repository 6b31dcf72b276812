"""The document that each page is: it asks nobody for anything, and is light, dark, or printed.

Texts are put in by `text`, which escapes them; styles and scripts are those of this package, each
allowed by its digest in the page's content policy, so that nothing that came by a label or a file's
name could be executed if it ever got in.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.syntax.diagnostics import visible

# Pictures are in the page, and a script's canvas gives them back as blobs; nothing else is loaded.
_POLICY = (
    "default-src 'none'; img-src data: blob:; style-src {styles}; script-src {scripts};"
    " base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page: `name` is what an address calls it, `html` is complete and safe.

    One that is `folded` is opened by whoever wants to see it.
    """

    name: str
    title: str
    html: str
    folded: bool = False


def document(
    title: str,
    sections: Sequence[Section],
    *,
    lead: str = "",
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    data: object = None,
) -> Iterator[str]:
    """A whole page, in pieces: the title, the `lead` below it, links to the sections, the sections.

    `lead` is HTML as the sections are. `styles` and `scripts` are texts of the package's own, after
    those that each page has; scripts read `data` from the element of the id "data".
    """
    all_styles = (shipped("page.css"), *styles)
    all_scripts = (shipped("page.js"), *scripts)
    policy = _POLICY.format(styles=_digests(all_styles), scripts=_digests(all_scripts))
    yield (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="generator" content="voxlogica">\n'
        f"<title>{text(title)}</title>\n"
    )
    for style in all_styles:
        yield f"<style>{style}</style>\n"
    links = "".join(f'<a href="#{one.name}">{text(one.title)}</a>' for one in sections)
    nav = f'<nav aria-label="Sections">{links}</nav>' if len(sections) > 1 else ""
    yield (
        f'</head>\n<body>\n<header><div class="top"><h1>{text(title)}</h1>'
        '<button type="button" id="theme" hidden>Light or dark</button></div>\n'
        f"{lead}\n{nav}</header>\n<main>\n"
    )
    for one in sections:
        yield from _section(one)
    yield "</main>\n"
    if data is not None:
        yield f'<script type="application/json" id="data">{json_in_html(data)}</script>\n'
    for script in all_scripts:
        yield f"<script>{script}</script>\n"
    yield "</body>\n</html>\n"


def text(content: str) -> str:
    """A text as HTML: escaped, and what cannot be seen, such as a control character, told."""
    return escape(visible(content))


def json_in_html(data: object) -> str:
    """JSON that can stand in a page: nothing in it ends its element, or begins another."""
    told: Any = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for sign in "<>&":
        told = told.replace(sign, f"\\u{ord(sign):04x}")
    return str(told)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Rows of cells that are HTML under a head of texts; without a head, the first cell is one."""
    cells = "".join(f'<th scope="col">{text(name)}</th>' for name in head)
    body = "".join(f"<tr>{_cells(row, not head)}</tr>" for row in rows)
    top = f"<thead><tr>{cells}</tr></thead>" if head else ""
    return f'<div class="wide"><table class="{kind}">{top}<tbody>{body}</tbody></table></div>'


@cache
def shipped(name: str) -> str:
    """A style or script that comes with the package: its text, by its path in this folder."""
    return Path(__file__).with_name(name).read_text("utf-8")


def _cells(row: Sequence[str], first_is_head: bool) -> str:
    first = f'<th scope="row">{row[0]}</th>' if first_is_head else f"<td>{row[0]}</td>"
    return first + "".join(f"<td>{cell}</td>" for cell in row[1:])


def _section(one: Section) -> Iterator[str]:
    if one.folded:
        yield f'<section id="{one.name}"><details><summary><h2>{text(one.title)}</h2></summary>\n'
        yield f"{one.html}\n</details></section>\n"
    else:
        yield f'<section id="{one.name}"><h2>{text(one.title)}</h2>\n{one.html}\n</section>\n'


def _digests(texts: Sequence[str]) -> str:
    return " ".join(f"'sha256-{_digest(one)}'" for one in texts)


@cache
def _digest(one: str) -> str:
    return b64encode(sha256(one.encode()).digest()).decode()
