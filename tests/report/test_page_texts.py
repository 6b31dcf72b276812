"""A program's text on a page is the text, whatever it is."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from voxlogica.report.page_texts import program_html
from voxlogica.syntax.source import Source


def text_of(html):
    lines = re.findall(r"<code>(.*?)</code>", html, re.S)
    return [unescape(re.sub(r"</?span[^>]*>", "", line)).replace("\u200b", "") for line in lines]


def marked(html, kind):
    return [unescape(one) for one in re.findall(rf'<span class="{kind}">(.*?)</span>', html)]


def html_of(text):
    return program_html(Source("p.imgql", text))


TEXT = """import "metrics" // of regions
param high = 0.95 from 0 to 1
let a = load1 + 3.5e-2 // "no string" <b>
print "a // b" a & lets
"""


def test_comments_strings_numbers_and_keywords_are_told_apart():
    html = html_of(TEXT)
    assert marked(html, "c") == ["// of regions", '// "no string" <b>']
    assert marked(html, "s") == ['"metrics"', '"a // b"']
    assert marked(html, "n") == ["0.95", "0", "1", "3.5e-2"]
    assert marked(html, "k") == ["import", "param", "from", "to", "let", "print"]


def test_it_is_the_text():
    assert text_of(html_of(TEXT)) == TEXT.splitlines()


@given(st.text(st.sampled_from(list("ab \"/\n<>&'$1.letin(")), max_size=60))
def test_whatever_it_is(text):
    assert text_of(html_of(text)) == text.splitlines()


def test_of_long_texts_the_beginning_is_shown():
    html = html_of("let a = 1\n" * 3_000)
    assert html.count("<code>") == 2_000 and "1000 more lines" in html
