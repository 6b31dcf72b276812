"""Signs that stand in no program, or mean something else there: a table for messages.

Most come from a word processor, a paper, or another keyboard.
"""

from __future__ import annotations

import re
import unicodedata

# How the signs of mathematics, and of other writing systems, are written.
_WRITTEN = {
    "≥": ">=",
    "⩾": ">=",
    "≤": "<=",
    "⩽": "<=",
    "≠": "!=",
    "−": "-",
    "–": "-",
    "—": "-",
    "×": "*",
    "⋅": "*",
    "·": "*",
    "∗": "*",
    "÷": "/",
    "∕": "/",
    "∧": "&",
    "⋀": "&",
    "∩": "&",
    "∨": "|",
    "⋁": "|",
    "∪": "|",
    "¬": "!",
    "∖": "\\",
    "∼": "~",
    "←": "=",
    "≔": "=",
    "∞": "1 / 0",
    "{": "(",
    "}": ")",
}
# Quotation marks that other languages, and word processors, put around a string.
_QUOTES = frozenset("'‘’‚‛“”„‟«»‹›`´′″")
_UNITS = {
    **dict.fromkeys(("mm", "millimetres", "millimeters", "MM"), "{0}"),
    **dict.fromkeys(("cm", "centimetres"), "{0} * 10"),
    **dict.fromkeys(("m", "um", "µm", "μm", "px", "voxels", "vox", "ml", "s", "HU", "deg"), "{0}"),
}
_NUMBER_BEFORE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*$")


def meant_by(text: str, at: int, word: str) -> str | None:
    """What whoever wrote a word, or a sign, at this place may have meant."""
    sign = word[:1]
    before = text[text.rfind("\n", 0, at) + 1 : at]
    number = _NUMBER_BEFORE.search(before)
    if number and word in _UNITS:
        length = _UNITS[word].format(number.group(1))
        return f"there are no units, lengths are in that of the image, mm as a rule: `{length}`"
    if number and word == ".":
        return f"a number ends with a digit: `{number.group(1)}`"
    if number and word == "%":
        return f"there are no per cents: `{float(number.group(1)) / 100:g}`"
    if word == "," and re.match(r"\d,\d", text[max(0, at - 1) : at + 2]):
        after = re.match(r"\d+", text[at + 1 :])
        fraction = number and after and f"{number.group(1)}.{after.group()}"
        return f"a decimal fraction has a point: {fraction}"
    if sign in _QUOTES:
        return 'a string stands between straight double quotes: "…"'
    if sign in _WRITTEN:
        return f"write `{_WRITTEN[sign]}`"
    plain = unicodedata.normalize("NFKC", sign)
    if sign and plain != sign and plain.isascii() and not sign.isalnum():
        return f"write `{plain}`, in its plain form" if plain.strip() else None
    if sign and unicodedata.category(sign) in ("Cf", "Cc", "Co", "Cn"):
        return f"an invisible character, U+{ord(sign):04X}: delete it"
    return None
