"""The document that each page is: nothing that came by a text is executed, or asked for."""

import json
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from voxlogica.report.page_document import Section, document, json_in_html, table, text

EVIL = "</script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>&amp;"


class Read(HTMLParser):
    """What a reader of HTML finds: elements with attributes, and what is in scripts and styles."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.inline, self.texts = [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag in ("script", "style"):
            self.inline.append([tag, dict(attributes), ""])

    def handle_data(self, data):
        if self.cdata_elem is not None:
            self.inline[-1][2] += data
        else:
            self.texts.append(data)


def read(html):
    return Read("".join(html))


def policy_of(found):
    return next(a["content"] for tag, a in found.elements if a.get("http-equiv"))


def test_every_script_and_style_is_allowed_by_its_digest_and_nothing_else_is():
    found = read(document("a", [], styles=["a{}"], scripts=["let a = 1"], data={"a": 1}))
    policy = policy_of(found)
    assert "default-src 'none'" in policy and "unsafe" not in policy
    allowed = [one for one in found.inline if one[1].get("type") != "application/json"]
    assert len(allowed) == 4
    for tag, _, content in allowed:
        digest = b64encode(sha256(content.encode()).digest()).decode()
        part = next(part for part in policy.split(";") if part.strip().startswith(f"{tag}-src"))
        assert f"'sha256-{digest}'" in part


def test_a_title_is_a_text_and_nothing_else():
    found = read(document(EVIL, [Section("a", EVIL, "<p>b</p>"), Section("c", "C", "", True)]))
    assert [tag for tag, _ in found.elements].count("script") == 1
    assert not any(tag == "img" for tag, _ in found.elements)
    assert EVIL in found.texts


def test_sections_are_reached_by_links():
    found = read(document("t", [Section("one", "One", ""), Section("two", "Two", "", folded=True)]))
    links = [a["href"] for tag, a in found.elements if tag == "a"]
    assert links == ["#one", "#two"]
    assert [a["id"] for tag, a in found.elements if tag == "section"] == ["one", "two"]


@given(st.recursive(st.text() | st.integers() | st.booleans(), st.lists, max_leaves=5))
def test_json_in_a_page_is_what_it_was(data):
    shown = json_in_html(data)
    assert not set("<>&\n") & set(shown)
    assert json.loads(shown) == data


@given(st.text())
def test_texts_are_escaped(content):
    shown = text(content)
    assert not set("<>\"'") & set(shown)


def test_what_cannot_be_seen_is_told():
    assert text("a\x1b[2Jb\u202ec") == "a\ufffd[2Jb\ufffdc"


def test_a_table_has_heads():
    found = read(table(("a", "b"), [("1", "2")]) + table((), [("c", "3")]))
    scopes = [a.get("scope") for tag, a in found.elements if tag == "th"]
    assert scopes == ["col", "col", "row"]
