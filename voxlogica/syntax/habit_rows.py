"""The table of what people write out of habits from other languages, line by line.

A row is looked at only where there is an error of syntax, so it can call nothing wrong that is
right. It says what the line would be here, made of what the author wrote.
"""

from __future__ import annotations

import re

from voxlogica.dataclass import dataclass

_NAME = r"[^\W\d]\w*"
_STRING = r'"[^"]*"'
_NUMBER = r"-?\d+(?:\.\d+)?(?:[eE]-?\d+)?"
# What a loop goes through; commas only within brackets.
_SEQUENCE = r"(?:\[[^\]]*\]|\([^)]*\)|[^:{,\[(])+?"
_PRINTS = "echo|disp|display|printf|println|show|puts|fprintf|message"
_ASSERTS = "require|requires|expect|check|ensure|verify|test"
_FILE = r"[\w./~-]+\.(?:nii|gz|mha|mhd|nrrd|png|jpg|jpeg|bmp|tif|tiff)"
_LITERAL = rf"(?:{_NUMBER}|{_STRING})"
# One of two values, by a bool.
_CHOSEN = "append(filter one in [{a}] do {c}, [{b}])[0]"
# What a value stands after: `=`, or the word and the label of a command.
_GIVES = rf"(?:.*?=\s*|\w+\s+{_STRING}\s*)?"
# What comes before a word of code: no part of a string.
_BEFORE = r'(?:"[^"]*"|[^"])*?'
_ROW = r"\[[^\[\]]*\]"


@dataclass(frozen=True, slots=True)
class HabitRow:
    """How a whole line looks, what is wrong with it, and what to write instead.

    The group `at` is what is pointed at, else all is; `name` is what it would declare. Of a habit
    that a text has `everywhere`, the first line is told of.
    """

    line: re.Pattern[str]
    message: str
    hint: str
    everywhere: bool = False


def _row(line: str, message: str, hint: str, everywhere: bool = False) -> HabitRow:
    return HabitRow(re.compile(rf"\s*{line}\s*"), message, hint, everywhere)


HABITS = (
    # Declarations
    _row(
        rf"(?P<at>def|function|func|fun|fn|procedure|proc)\s+(?P<name>{_NAME})\s*"
        r"\((?P<p>[^()]*)\)\s*(?:->\s*\w+\s*)?(?:[:={]|=>)*\s*(?:return\s+)?(?P<e>.*?)\s*\}?",
        "`{at}` declares nothing: `let` does",
        "`let {name}({p}) = {e}`",
    ),
    _row(
        rf".*?(?P<at>\blambda)\s+(?P<p>{_NAME}(?:\s*,\s*{_NAME})*)\s*:\s*"
        r"(?P<e>(?:\([^()]*\)|[^,()])+?)\s*(?:,.*)?\)?",
        "a function has a name",
        "declare it before: `let f({p}) = {e}`",
    ),
    _row(
        r"(?P<at>var|const|val|auto|int|float|double|bool|string|number|local|global|dim)"
        rf"\s+(?P<name>{_NAME})\s*(?::\s*\w+\s*)?=(?!=)\s*(?P<e>.+)",
        "`{at}` declares nothing: `let` does",
        "`let {name} = {e}`",
    ),
    _row(
        rf"(?P<at>parameter|arg|argument|input|option)\s+(?P<name>{_NAME})\s*(?P<o>[:=])\s*"
        r"(?P<e>[^=].*)",
        "`{at}` declares nothing: `param` does",
        "`param {name} {o} {e}`",
    ),
    _row(
        rf"(?P<at>let)\s+param\s+(?P<name>{_NAME})\s*(?P<o>[:=])\s*(?P<e>[^=].*)",
        "`param` is a command of its own",
        "`param {name} {o} {e}`",
    ),
    _row(
        rf"(?P<at>param)\s+(?P<name>{_NAME})",
        "a parameter has a default or a type",
        "`param {name} = 0.5`, `param {name}: number`",
    ),
    _row(
        rf"(?P<at>param)\s+(?P<name>{_NAME})\s+(?P<e>(?:from|to)\s.*)",
        "a parameter has a default or a type",
        "`param {name}: number {e}`",
    ),
    _row(
        rf"param\s+(?P<name>{_NAME})\s*(?P<at>:|==|:=|<-|(?<=\s))\s*(?P<e>(?:[-+\d\"\[]|\w+$)[^=]*)",
        "between a parameter and its default stands `=`",
        "`param {name} = {e}`",
    ),
    _row(
        rf"param\s+(?P<name>{_NAME})\s*=\s*(?P<at>{_NUMBER}\s*[-+*/^].*?)\s+(?P<r>(?:from|to)\s.*)",
        "the default of a parameter is a literal",
        "write the number that it comes to, as in `param {name} = 0.9 {r}` for 90 / 100",
    ),
    _row(
        rf"(?P<h>param\s+(?P<name>{_NAME})\s*(?::\s*\w+\s*)?=\s*{_NUMBER})\s*"
        rf"(?P<at>(?:,\s*)?(?:from|between|in|within|range|min|[^\w+*/^-])\W*(?P<a>{_NUMBER})"
        rf"[^\d]+?(?P<b>{_NUMBER}).*)",
        "a parameter's range is written in words",
        "`{h} from {a} to {b}`",
    ),
    _row(
        rf"(?P<at>param(?:\s+(?!{_NAME}\s*[=:]|{_NAME}[ \t]+{_NAME})|\s*\(.*\)\s*=).*)",
        "this declares no parameter",
        "`param x = 0.5`, `param x: number`",
    ),
    _row(
        rf"(?:let\s+)?(?P<name>{_NAME})(?P<at>\s*:\s*{_NAME})\s*=(?!=)\s*(?P<e>.+)",
        "types are found, not written",
        "`let {name} = {e}`",
    ),
    _row(
        rf"(?:let\s+)?(?P<at>(?P<name>{_NAME})\s*(?P<o>[-+*/&|])=)(?!=)\s*(?P<e>.+)",
        "`{name}` cannot be changed: a name means one thing for ever",
        "give the new value a new name: `let {name}2 = {name} {o} {operand}`",
    ),
    _row(
        rf"(?P<at>(?P<name>{_NAME})\s*(?P<o>[-+])(?P=o))",
        "`{name}` cannot be changed: a name means one thing for ever",
        "give the new value a new name: `let {name}2 = {name} {o} 1`",
    ),
    _row(
        rf"(?P<at>(?P<name>{_NAME})\s*\[.*?\])\s*=(?!=)\s*.+",
        "an element cannot be changed: a name means one thing for ever",
        "make a new sequence: `for x in s do e`",
    ),
    _row(
        rf"(?P<let>(?:let\s+)?)(?P<name>{_NAME})\s*(?P<p>\([\w\s,]*\))?\s*(?P<at>==|:=|<-|[-=]>|:)"
        r"\s*(?P<e>.+)",
        "a declaration has one `=`",
        "`{let}{name}{p} = {e}`",
    ),
    _row(
        rf"(?P<name>{_NAME})\s*(?P<p>\([\w\s,]*\))?\s*(?P<at>=)(?P<e>(?:[-+!]|[A-Z]+\W).*)",
        "this `=` is read as one with the sign after it",
        "put a space between them: `{name}{p} = {e}`",
    ),
    # Commands
    _row(
        rf"(?P<at>print)\s*\(\s*(?P<l>{_STRING})\s*,\s*(?P<e>.+)\)",
        "`print` is a command, no function",
        "`print {l} {e}`",
    ),
    _row(
        rf"print\s+(?P<l>{_STRING})\s*(?P<at>[,:=%])\s*(?P<e>.+)",
        "nothing stands between label and value",
        "`print {l} {e}`",
    ),
    _row(
        rf"print\s+(?P<l>{_STRING})\s+(?P<e>[^,\"(\[]+)(?P<at>,)\s*(?P<f>[^,\"]+)",
        "`print` shows one value",
        "a sequence of both: `print {l} [{e}, {f}]`",
    ),
    _row(
        rf"(?P<at>{_PRINTS})\s*\(?\s*(?P<l>{_STRING})(?:\s*,\s*|\s+)(?P<e>.+?)\)?;?",
        "`{at}` is no command",
        "`print {l} {e}`",
    ),
    _row(
        rf"(?P<at>print|{_PRINTS})\s*\(?\s*(?P<l>{_STRING})\s*\)?;?",
        "after a label comes the value to print",
        'a text is a value, too: `print "text" {l}`',
    ),
    _row(
        rf"(?:print|{_PRINTS})\s+(?P<at>[^\"'“”(\s][^\"]*?)(?:\s*,?\s*{_STRING})?",
        "a label is missing",
        'a label comes before the expression: `print "{label}" {at}`',
    ),
    _row(
        rf"(?:print|{_PRINTS})\s*\(\s*(?P<at>[^\"'“”\s][^\"]*?)\s*\)",
        "a label is missing",
        'a label comes before the expression: `print "{label}" {at}`',
    ),
    _row(
        rf"(?P<at>assert)\s*\(\s*(?P<l>{_STRING})\s*,\s*(?P<e>.+)\)",
        "`assert` is a command, no function",
        "`assert {l} {e}`",
    ),
    _row(
        rf"assert\s+(?P<l>{_STRING})\s*(?P<at>[,:])\s*(?P<e>.+)",
        "nothing stands between label and condition",
        "`assert {l} {e}`",
    ),
    _row(
        rf"assert\s*\(?\s*(?P<at>[^\"'“”(\s][^\"]*?)\)?\s*,\s*(?P<l>{_STRING})\s*\)?",
        "a label comes first",
        "`assert {l} {at}`",
    ),
    _row(
        rf"assert\s+(?P<at>[^\"'“”\s][^\"]*?[\w)\]])\s+(?P<l>{_STRING})",
        "a label comes first",
        "`assert {l} {at}`",
    ),
    _row(
        rf"(?P<at>{_ASSERTS})\s+(?P<l>{_STRING})\s*,?\s*(?P<e>(?!as\b)[^\s,;)].*)",
        "`{at}` is no command",
        "`assert {l} {e}`",
    ),
    _row(
        rf"(?P<at>{_ASSERTS})\s*\(\s*(?P<l>{_STRING})\s*,\s*(?P<e>.+)\)",
        "`{at}` is no command",
        "`assert {l} {e}`",
    ),
    _row(
        rf"(?P<at>for)\s*\(?\s*(?P<x>{_NAME})\s+in\s+(?P<s>{_SEQUENCE})\)?\s*(?:[:,{{]|do\b)"
        rf"\s*assert\s*\(?\s*(?P<l>{_STRING})\s*,?\s*(?P<e>.*?)\s*\}}?",
        "a loop is a value, no command",
        "`assert {l} fold && (for {x} in {s} do {e})`",
    ),
    _row(
        r"assert\s+(?P<at>[^\"'“”(\s][^\"]*?)",
        "a label is missing",
        'a label comes before the condition: `assert "{label}" {at}`',
    ),
    _row(
        r"assert\s*\(\s*(?P<at>[^\"'“”\s][^\"]*?)\s*\)",
        "a label is missing",
        'a label comes before the condition: `assert "{label}" {at}`',
    ),
    _row(
        rf"save\s+(?P<at>{_FILE})\s+(?P<e>.+)",
        "the name of a file is a string",
        'put it between double quotes: `save "{at}" {e}`',
    ),
    _row(
        rf"(?P<at>save)\s*\(\s*(?P<f>{_STRING})\s*,\s*(?P<e>.+)\)",
        "`save` is a command, no function",
        "`save {f} {e}`",
    ),
    _row(
        rf"(?P<at>save)\s*\(\s*(?P<e>.+?)\s*,\s*(?P<f>{_STRING})\s*\)",
        "`save` is a command, no function",
        "`save {f} {e}`",
    ),
    _row(
        rf"(?P<h>save\s+{_STRING}|print\s+{_STRING})\s*(?P<e>{_ROW})\s*(?P<at>,)\s*"
        rf"(?P<f>{_ROW}(?:\s*,\s*{_ROW})*)",
        "the rows of a table stand in brackets",
        "`{h} [{e}, {f}]`",
    ),
    _row(
        rf"save\s+(?P<f>{_STRING})\s*(?P<at>[,:=])\s*(?P<e>.+)",
        "nothing stands between the file's name and the image",
        "`save {f} {e}`",
    ),
    _row(
        rf"save\s+(?P<at>[^\"'“”\s].*?)\s*,?\s*(?P<f>{_STRING})",
        "the file's name comes first",
        "`save {f} {at}`",
    ),
    _row(
        r"save\s+(?P<at>(?:concat|format_string)\s*\(.+\))\s+(?P<e>\S.*)",
        "a file's name is a literal",
        'with `$name` or `{{}}` in it: `save "out/$name.nii.gz" {e}`, and for each element of a'
        ' sequence `save "out/{{}}.nii.gz" {e}`',
    ),
    _row(
        r"save\s+(?P<at>[^\"'“”\s].*)",
        "a file's name is missing",
        'it comes first: `save "name.nii.gz" {at}`',
    ),
    _row(
        rf"save\s+(?P<f>{_STRING})\s+(?P<at>\{{)\s*(?P<k>{_STRING})\s*:\s*(?P<v>[^{{}}:]+?)\s*\}}",
        "`{{` begins no value",
        "rows of a table are sequences: `save {f} [[{k}, {v}]]`",
    ),
    _row(
        rf"save\s+(?P<f>{_STRING})\s+(?P<at>\{{).*",
        "`{{` begins no value",
        'rows of a table are sequences: `save {f} [["a", 1], ["b", 2]]`',
    ),
    _row(
        rf"(?P<at>load)\s*\(?\s*(?P<f>{_STRING})\s*\)?(?:\s+as\s+(?P<name>{_NAME}))?",
        "what is loaded has a name",
        "`load {image} = {f}`",
    ),
    _row(
        rf"load\s+(?P<at>(?P<name>{_NAME})(?:\s+from|\s*[,:])?)\s*(?P<f>{_STRING})",
        "a `=` is missing",
        "`load {name} = {f}`",
    ),
    _row(
        rf"load\s+(?P<name>{_NAME})\s*=\s*(?P<at>[\w.]+)\s*\(\s*(?P<f>{_STRING}).*",
        "`load` is given the name of a file",
        "`load {name} = {f}`",
    ),
    _row(
        rf"(?:let\s+)?(?P<name>{_NAME})\s*=\s*(?P<at>load)\s*(?P<f>{_STRING})",
        "what `load` reads stands in brackets here",
        "`{name} = load({f})`, or the command `load {name} = {f}`",
    ),
    _row(
        rf"(?:let\s+)?(?P<name>{_NAME})\s*=\s*(?P<at>load)\s+(?P<f>\S+)",
        "what `load` reads is a text in brackets here",
        '`{name} = load("{f}")`, or the command `load {name} = "{f}"`',
    ),
    _row(
        rf"(?P<at>include|require|using|use|library|source|from|#include)\s*\(?\s*"
        rf"(?P<f>{_STRING}).*",
        "`{at}` is no command",
        "`import {f}`",
    ),
    _row(
        r"(?:import|using|use|from)\s+(?P<at>[\w.]+).*",
        "a library's name is a string",
        'put it between double quotes: `import "{at}"`',
    ),
    # Loops and choices
    _row(
        rf".*?(?P<at>\[\s*(?P<e>.+?)\s+for\s+(?P<x>{_NAME})\s+in\s+(?P<s>.+?)\s+if\s+(?P<c>.+?)"
        r"\s*\]).*",
        "a loop begins with `for`",
        "`for {x} in (filter {x} in {s} do {c}) do {e}`",
    ),
    _row(
        rf".*?(?P<at>\[\s*(?P<e>.+?)\s+for\s+(?P<x>{_NAME})\s+in\s+(?P<s>.+?)\s*\]).*",
        "a loop begins with `for`",
        "`for {x} in {s} do {e}`",
    ),
    _row(
        rf".+\b(?P<l>for|filter)\s*\(?\s*(?P<x>{_NAME})\s+in\s+(?P<s>{_SEQUENCE})\)?\s*"
        r"(?P<at>[:,{])\s*(?P<e>.*?)\s*\}?",
        "`do` should follow here",
        "`{l} {x} in {s} do {e}`",
    ),
    _row(
        rf"(?P<at>for)\s*\(?\s*(?P<x>{_NAME})\s+in\s+(?P<s>{_SEQUENCE})\)?\s*(?:[:,{{]|do\b)"
        rf"\s*(?:print\s*\(?\s*(?P<l>{_STRING})\s*,?)?\s*(?P<e>.*?)\s*\}}?",
        "a loop is a value, no command",
        "`print {l} for {x} in {s} do {e}`",
    ),
    _row(
        r"(?P<at>while|until|repeat|loop)\b.*",
        "there is no `{at}`",
        "`for x in range(n) do e` is a sequence; `fold` carries a value along",
    ),
    _row(
        rf"(?P<h>(?:let\s+)?{_NAME}\s*(?:\([^()]*\))?\s*=)\s*(?P<at>return)\b\s*(?P<e>.+)",
        "there is no `return`",
        "`{h} {e}`: a function is what stands after its `=`",
    ),
    _row(
        r"(?P<at>return)\b\s*(?P<e>.*)",
        "there is no `return`",
        "a function is what stands after its `=`: `let f(x) = {e}`",
    ),
    _row(
        r"(?P<at>end|endif|endfor|endfunction|done|fi|\}|begin)\s*;?",
        "`{at}` is no command",
        "delete it: a line ends a command",
        everywhere=True,
    ),
    _row(
        rf"{_BEFORE}(?P<at>\bif)\b\s*\(?(?P<c>.+?)\)?\s*(?::|\bthen\b)\s*(?P<a>{_LITERAL})"
        rf"\s*:?\s*\belse\b\s*:?\s*(?P<b>{_LITERAL})",
        "there is no `if`",
        f"between numbers or strings: `{_CHOSEN}`",
    ),
    _row(
        rf"{_GIVES}(?P<a>{_LITERAL})\s+(?P<at>if)\s+(?P<c>.+?)\s+else\s+(?P<b>{_LITERAL})",
        "there is no `if`",
        f"between numbers or strings: `{_CHOSEN}`",
    ),
    _row(
        rf"{_BEFORE}(?P<at>\bif)\b"
        r"\s*\(?(?P<c>.+?)\)?\s*(?::|\bthen\b|\{)\s*(?P<a>.+?)\s*[:};]?\s*"
        r"\belse\b\s*[:{]?\s*(?P<b>.+?)\s*(?:\}|\bend|\bfi)?",
        "there is no `if`",
        "`ifB({c}, {a}, {b})` chooses between regions, `ifN({c}, {a}, {b})` between images, by a "
        "bool; `select({c}, {a}, {b})` between images voxel by voxel, by a region; "
        f"`{_CHOSEN}` between numbers or strings",
    ),
    _row(
        rf"{_GIVES}"
        r"(?P<a>.+?)\s+(?P<at>if)\s+(?P<c>.+?)\s+else\s+(?P<b>.+)",
        "there is no `if`",
        "`ifB({c}, {a}, {b})` chooses between regions, `ifN({c}, {a}, {b})` between images, by a "
        "bool; `select({c}, {a}, {b})` between images voxel by voxel, by a region; "
        f"`{_CHOSEN}` between numbers or strings",
    ),
    _row(
        rf"{_BEFORE}\b(?P<at>if|else|elif|elsif|switch|case)\b.*",
        "there is no `{at}`",
        "`ifB(c, r, s)` and `ifN(c, v, w)` choose an image by a bool c, `select(r, v, w)` voxel by "
        "voxel, `filter x in s do c` elements",
    ),
    # Comments and line ends
    _row(
        r"(?P<at>%+|#+|--|/\*+|<!--|\"\"\"|REM\b|rem\b)\s*(?P<e>.*?)\s*(?:\*+/|-->)?",
        "`{at}` begins no comment",
        "a comment begins with `//`: `// {e}`",
        everywhere=True,
    ),
    _row(
        r"[^\"]*?(?:\"[^\"]*\"[^\"]*?)*?\S\s*(?P<at>(?<!\S)(?:#+|%+|/\*+|--))\s*(?P<e>\w+\s+\w.*)",
        "`{at}` begins no comment",
        "a comment begins with `//`",
        everywhere=True,
    ),
    _row(
        r"[^\";]*(?:\"[^\"]*\"[^\";]*)*(?P<at>;)",
        "`;` ends no command",
        "delete it: a line ends a command",
        everywhere=True,
    ),
    _row(
        r"[^\";]*(?:\"[^\"]*\"[^\";]*)*(?P<at>;).+",
        "`;` ends no command",
        "a line ends a command: the next begins on a line of its own",
        everywhere=True,
    ),
    # Names
    _row(
        r"(?P<let>(?:(?:let|load|param)\s+)?)(?P<name>(?!(?:let|load|print|save|import|param)\b)"
        rf"{_NAME}(?:(?:[ \t]+|[ \t]*-[ \t]*){_NAME})+)(?P<p>\s*\([\w\s,]*\))?\s*=(?![=<>])"
        r"\s*(?P<e>.+)",
        "a name is one word",
        "`{let}{joined}{p} = {e}`",
    ),
    _row(
        rf".*?(?<!\w)(?P<at>[fFrRbBuU])(?P<l>{_STRING}).*",
        "no letter stands before a string",
        '`concat("…", e)` puts texts together, `format_string("{{:.2f}}", e)` gives numbers a form',
    ),
)
