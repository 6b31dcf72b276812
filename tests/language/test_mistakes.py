"""What beginners write, and what they are told: one message a cause, with what to write instead.

Each row is a mistake: what was written, where the carets stand, words of the message, and words of
its help. Whatever code the help shows is put in its place, and the program checked again: it has to
be right then. The rows that speak of what a later version has are in a table of their own.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError

# Before every mistake: an image, a colour picture where it speaks of one, two regions, an image of
# numbers, a sequence.
KNOWN = {
    1: 'load img = "scan.nii.gz"\n',
    2: 'import "simpleitk"\nimg = ReadImage("scan.nii.gz")\n',
}
PHOTO = {1: 'load photo = "photo.png"\n', 2: 'photo = ReadImage("photo.png")\n'}
MORE = "r = img > 500\nq = img > 700\nv = img * 2\ns = [3, 1, 2]\nn = 5\n"

# How the help is followed: its code takes the place of what the carets show, or of the line; or
# the lines are these; or it is said in words only.
HERE, LINE, WORDS = "here", "line", ""
BOTH, ONE, TWO = (1, 2), (1,), (2,)


class Row(NamedTuple):
    """A mistake. `readings` are those of ImgQL that it is tried in."""

    written: str
    at: str
    says: str
    help: str
    mend: str = WORDS
    readings: tuple[int, ...] = BOTH


MISTAKES = [
    # Tables
    Row('save "t.csv" v', '"t.csv"', "hold tables and text", "", WORDS),
    Row('save "t.cvs" s', '"t.cvs"', "unknown extension", "did you mean .csv?", WORDS),
    Row('save "t.csv" [["n"], [v]]', '[["n"], [v]]', "hold numbers, bools and strings", "", WORDS),
    Row('save "t.nii" s', "s", "files hold images", ".csv", WORDS),
    Row('save "o.csv" ["case", "dice"], ["a", 2]', ",", "rows of a table stand in brackets",
        '`save "o.csv" [["case", "dice"], ["a", 2]]`', LINE),
    Row('save "o.csv" ["case", "dice"] ["a", 2]', '["case", "dice"] ["a", 2]',
        "an index is one expression", '`[["case", "dice"], ["a", 2]]`', HERE),
    Row('print "o" ["case", 1], ["a", 2]', ",", "rows of a table stand in brackets",
        '`print "o" [["case", 1], ["a", 2]]`', LINE),
    Row('save "o.csv" [["id", "dice"]] + [["a", 2]]', '[["id", "dice"]] + [["a", 2]]',
        "`+` does not take (sequence", '`append([["id", "dice"]], [["a", 2]])`', HERE),
    Row('save "o.csv" [["id", 1]] + [["a", 2]]', '[["id", 1]] + [["a", 2]]',
        "`+` does not take (string, string)", '`append([["id", 1]], [["a", 2]])`', HERE),
    Row('a = ["b"] + ["c"]', '["b"] + ["c"]', "`+` does not take (sequence",
        '`append(["b"], ["c"])`', HERE),
    Row('save "o.csv" append(["id", "dice"], ["a", 2])', 'append(["id", "dice"], ["a", 2])',
        "each of these strings and numbers is a row", "`append([[…]], [[…]])`"),
    # Assertions
    Row("assert n > 3", "n > 3", "a label is missing", '`assert "n > 3" n > 3`', LINE),
    Row("assert(n > 3)", "n > 3", "a label is missing", '`assert "n > 3" n > 3`', LINE),
    Row('assert(n > 3, "large")', "n > 3", "a label comes first", '`assert "large" n > 3`', LINE),
    Row('assert n > 3, "large"', "n > 3", "a label comes first", '`assert "large" n > 3`', LINE),
    Row('assert("large", n > 3)', "assert", "is a command", '`assert "large" n > 3`', LINE),
    Row('assert "large", n > 3', ",", "nothing stands between", '`assert "large" n > 3`', LINE),
    Row('assert "large" r', "r", "takes a bool", "`volume(r) > 0`",
        'assert "large" volume(r) > 0'),
    Row('assert "all" s > 0', "s > 0", "takes a bool", "`fold && (s > 0)`",
        'assert "all" fold && (s > 0)'),
    Row('assert "none" !r', "!r", "takes a bool", "`emptyB(r)`", HERE),
    Row('assert "none" !(r & q)', "!(r & q", "takes a bool", "`emptyB(r & q)`",
        'assert "none" emptyB(r & q)'),
    Row('assert "n" between(1, 9, n)', "n", "expects valuation(number)",
        "`(n >= 1) && (n <= 9)`", 'assert "n" (n >= 1) && (n <= 9)'),
    Row('assert n > 3 "large"', "n > 3", "a label comes first", '`assert "large" n > 3`', LINE),
    Row('assert (n > 3) && (n < 9) "a"', "(n > 3) && (n < 9)", "a label comes first",
        '`assert "a" (n > 3) && (n < 9)`', LINE),
    Row('assert unit(v) == "mm"', "assert", "is not expected here", "", WORDS),
    Row('for x in s do assert "large" x > 0', "for", "a loop is a value, no command",
        '`assert "large" fold && (for x in s do x > 0)`', LINE),
    Row('require "large" n > 3', "require", "is no command", '`assert "large" n > 3`', LINE),
    Row('check("large", n > 3)', "check", "is no command", '`assert "large" n > 3`', LINE),
    Row('require "metrics"', "require", "is no command", '`import "metrics"`', LINE),
    Row('save "t.json" {"a": 1}', "{", "begins no value", '`save "t.json" [["a", 1]]`', LINE),
    Row('save "t.json" {"a": 1, "b": 2}', "{", "begins no value",
        '`save "t.json" [["a", 1], ["b", 2]]`', LINE),
    # Habits from Python, Matlab and C
    Row("a = (img > 500).sum()", ".sum", "there are no methods", "`volume(img > 500)`",
        "a = volume(img > 500)"),
    Row("a = img.max()", "img.max", "there are no methods", "`max(img)`", "a = max(img)"),
    Row("a = r.volume()", "r.volume", "there are no methods", "`volume(r)`", "a = volume(r)"),
    Row("def f(x): x + 1", "def", "`def` declares nothing", "`let f(x) = x + 1`", LINE),
    Row("def f(x):\n    return x + 1", "def", "`def` declares nothing", "`let f(x) = …`"),
    Row("function f(x) = x + 1", "function", "`function` declares nothing",
        "`let f(x) = x + 1`", LINE),
    Row("a = map(lambda x: x + 1, s)", "lambda", "a function has a name", "let f(x) = x + 1"),
    Row("a = map(lambda x: x + 1, s)", "lambda", "a function has a name", "let f(x) = x + 1`"),
    Row("f(x) = return x + 1", "return", "there is no `return`", "`f(x) = x + 1`", LINE),
    Row("let f(x): x + 1", ":", "a declaration has one `=`", "`let f(x) = x + 1`", LINE),
    Row("f(x) -> x + 1", "->", "a declaration has one `=`", "`f(x) = x + 1`", LINE),
    Row('print "a" r ? 3 : 4', "?", "there is no `?`", "`ifB(r, 3, 4)`"),
    Row("a = s.length", "s.length", "there are no methods", "`length(s)`", HERE),
    Row("return 3", "return", "there is no `return`", "what stands after its `=`"),
    Row("float a = 3", "float", "`float` declares nothing", "`let a = 3`", LINE),
    Row("let a: number = 3", ": number", "types are found, not written", "`let a = 3`", LINE),
    Row("a == img > 500", "==", "a declaration has one `=`", "`a = img > 500`", LINE),
    Row("let a := 3", ":=", "a declaration has one `=`", "`let a = 3`", LINE),
    Row("a <- img > 500", "<-", "a declaration has one `=`", "`a = img > 500`", LINE),
    Row("let a == 3", "=", "a declaration has one `=`", "delete", "let a = 3"),
    Row("n += 2", "n +=", "a name means one thing for ever", "`let n2 = n + 2`", LINE),
    Row("let n += 2", "n +=", "a name means one thing for ever", "`let n2 = n + 2`", LINE),
    Row("a=-3", "=", "with the sign after it", "`a = -3`", LINE),
    Row("a=!r", "=", "with the sign after it", "`a = !r`", LINE),
    Row("f(x)=N(x)", "=", "with the sign after it", "`f(x) = N(x)`", LINE),
    Row("f(x) =B+ x", "=", "with the sign after it", "`f(x) = B+ x`", LINE),
    Row("n++", "n++", "a name means one thing for ever", "`let n2 = n + 1`", LINE),
    Row("s[0] = 4", "s[0]", "an element cannot be changed", "`for x in s do e`"),
    Row("a = 3;", ";", "`;` ends no command", "delete it", "a = 3"),
    Row("a = 3;\nb = 4;\nprint \"x\" a + b;", ";", "`;` ends no command", "delete it",
        'a = 3\nb = 4\nprint "x" a + b'),
    Row("a = 3; b = 4\nprint \"x\" a + b", ";", "`;` ends no command", "a line of its own",
        'a = 3\nb = 4\nprint "x" a + b'),
    Row("% bright voxels", "%", "`%` begins no comment", "`// bright voxels`", LINE),
    Row("# bright voxels", "#", "`#` begins no comment", "`// bright voxels`", LINE),
    Row("/* bright voxels */", "/*", "`/*` begins no comment", "`// bright voxels`", LINE),
    Row("-- bright voxels", "--", "`--` begins no comment", "`// bright voxels`", LINE),
    Row("a = 3 # bright voxels", "#", "`#` begins no comment", "`//`", "a = 3 // bright voxels"),
    Row("a = 3 # bright", "#", "`#` begins no comment", "`//`", "a = 3 // bright"),
    Row("a = if n > 1 then r else q", "if", "there is no `if`", "`ifB(n > 1, r, q)`",
        "a = ifB(n > 1, r, q)"),
    Row("a = if n > 1 then 1 else 2", "if", "there is no `if`",
        "`append(filter one in [1] do n > 1, [2])[0]`",
        "a = append(filter one in [1] do n > 1, [2])[0]"),
    Row('a = "x" if n > 1 else "y"', "if", "there is no `if`",
        '`append(filter one in ["x"] do n > 1, ["y"])[0]`',
        'a = append(filter one in ["x"] do n > 1, ["y"])[0]'),
    Row('print "a" 3 if n > 1 else n', "if", "there is no `if`", "`ifB(n > 1, 3, n)`"),
    Row("a = ifB(n > 1, 1, 2)", "1", "`ifB` expects",
        "`append(filter one in [1] do (n > 1), [2])[0]`",
        "a = append(filter one in [1] do (n > 1), [2])[0]"),
    Row("a = v if n > 1 else img", "if", "there is no `if`", "`ifN(n > 1, v, img)`",
        "a = ifN(n > 1, v, img)"),
    Row("a = n > 1 ? r : q", "?", "there is no `?`", "`ifB(n > 1, r, q)`",
        "a = ifB(n > 1, r, q)"),
    Row("if n > 1:", "if", "there is no `if`", "`ifB(c, r, s)`"),
    Row("while n > 1", "while", "there is no `while`", "`fold`"),
    Row("a = for x in s: x + 1", ":", "`do` should follow", "`for x in s do x + 1`",
        "a = for x in s do x + 1"),
    Row("a = for x in s: x + 1\nprint \"x\" a", ":", "`do` should follow",
        "`for x in s do x + 1`", 'a = for x in s do x + 1\nprint "x" a'),
    Row('print "a" for x in s: x + 1', ":", "`do` should follow", "`for x in s do x + 1`",
        'print "a" for x in s do x + 1'),
    Row("a = for x in [1, 2]: x", ":", "`do` should follow", "`for x in [1, 2] do x`",
        "a = for x in [1, 2] do x"),
    Row("a = filter x in s: x > 1\nprint \"x\" a", ":", "`do` should follow",
        "`filter x in s do x > 1`", 'a = filter x in s do x > 1\nprint "x" a'),
    Row("a = for x in range(1, 3) x", "x", "an operator or `do` is", "`for x in s do e`"),
    Row('for x in [1, 2] do print "a" x', "for", "a loop is a value, no command",
        '`print "a" for x in [1, 2] do x`', LINE),
    Row("for x in s do x", "for", "a loop is a value, no command",
        '`print "label" for x in s do x`', LINE),
    Row("a = [x + 1 for x in s]", "[x + 1 for x in s]", "a loop begins with `for`",
        "`for x in s do x + 1`", HERE),
    Row("a = [x + 1 for x in s if x > 1]", "[x + 1 for x in s if x > 1]",
        "a loop begins with `for`", "(filter x in s do x > 1)", HERE),
    Row("a = dilate(r, n=3)", "n=3", "arguments have no names", "`dilate(r, 3)`",
        "a = dilate(r, 3)", ()),
    Row("a = dilate(r, radius=3)", "radius=3", "arguments have no names", "`dilate(r, 3)`",
        "a = dilate(r, 3)"),
    Row("a = [1, 2,]", ",", "nothing follows this comma", "delete it", "a = [1, 2]"),
    Row("a = dilate(r, 3,)", ",", "nothing follows this comma", "delete it", "a = dilate(r, 3)"),
    Row("a = 1:5", ":", "unknown operator `:`", "`range(1, 6)`", "a = range(1, 6)"),
    Row('a = "x" + "y"', '"x" + "y"', "`+` does not take (string, string)",
        '`concat("x", "y")`', HERE),
    Row('a = f"x{n}"', "f", "no letter stands before a string", "`concat("),
    Row("a = TRUE", "TRUE", "unknown", "`true`", HERE),
    Row("a = None", "None", "unknown", "there is no empty value"),
    Row("a = n % 2", "%", "there is no operator `%`", "there is no remainder"),
    Row("a = n ** 3", "**", "unknown operator `**`", "`pow(n, 3)`", "a = pow(n, 3)"),
    Row("a = n ^ 2", "^", "unknown operator `^`", "`pow(n, 2)`", "a = pow(n, 2)"),
    Row("a = n ** 2", "**", "unknown operator `**`", "`pow(n, 2)`", "a = pow(n, 2)"),
    Row("a = n <> 3", "<>", "unknown operator `<>`", "`n != 3`", "a = n != 3"),
    Row("a = r and q", "and", "`and` is not expected here", "`a & b`", "a = r & q"),
    Row("a = not r", "r", "`r` is not expected here", "`!a`", "a = !r"),
    Row("a = ~r", "~", "`~` takes 4 arguments", "`!r`", "a = !r"),
    Row("a = ~(r)", "~", "`~` takes 4 arguments", "`!r`", "a = !r"),
    # Names
    Row("my lesion = img > 3", "my lesion = img > 3", "a name is one word",
        "`my_lesion = img > 3`", LINE),
    Row("my-lesion = img > 3", "my-lesion = img > 3", "a name is one word",
        "`my_lesion = img > 3`", LINE),
    Row("let bright part(x) = x > 3", "let bright part(x) = x > 3", "a name is one word",
        "`let bright_part(x) = x > 3`", LINE),
    Row('load T1 = "scan.nii.gz"', "T1", "`T1` is not expected here", "`t1`",
        'load t1 = "scan.nii.gz"'),
    Row("a = Border", "Border", "unknown", "`border`", HERE),
    Row("a = volume(tumor)", "tumor", "unknown name `tumor`", '`load tumor = "…"`',
        'load tumor = "scan.nii.gz"\na = volume(tumor > 0)'),
    Row("a = wobble\nb = wobble", "wobble", "unknown name `wobble`", "declare it before"),
    # Numbers
    Row("a = dilate(r, 5mm)", "mm", "`mm` is not expected here", "there are no units"),
    Row("a = dilate(r, 5 cm)", "cm", "`cm` is not expected here", "`5 * 10`"),
    Row("a = v > 95%", "%", "an operand is missing after `%`", "`0.95`", "a = v > 0.95"),
    Row("a = v > 0,95", ",", "`,` is not expected here", "a decimal fraction has a point: 0.95",
        "a = v > 0.95"),
    Row("a = erode(r, 1,95)", "erode", "`erode` takes 2 arguments, and got 3", "`1.95`",
        "a = erode(r, 1.95)"),
    Row("a = .5", ".", "unknown operator `.`", "0.5 for .5", "a = 0.5"),
    Row("a = 5.", ".", "an operand is missing", "`5`", "a = 5"),
    Row("a = 1.000.000", ".", "unknown operator `.`", "has one point"),
    Row("a = 1_000", "_", "unknown operator `_`", "write 1000 for 1_000"),
    Row('a = dilate(r, "2")', '"2"', "`dilate` expects a number", "`2`", HERE),
    # Signs
    Row("a = v ≥ 3", "≥", "`≥` is not expected here", "`>=`", HERE),
    Row("a = v − 3", "−", "`−` is not expected here", "`-`", HERE),
    Row("a = v × 3", "×", "`×` is not expected here", "`*`", HERE),
    Row("a = r ∩ q", "∩", "`∩` is not expected here", "`&`", HERE),
    Row("a = near（r)", "（", "`（` is not expected here", "`(`", HERE),
    Row("a = v ＞ 3", "＞", "`＞` is not expected here", "`>`", HERE),
    Row("a = v >\u200b 3", "\u200b", "is not expected here", "U+200B: delete it", "a = v > 3"),
    Row("load b = “scan.nii.gz”", "“", "`“` is not expected here", "straight double quotes",
        'load b = "scan.nii.gz"'),
    Row("load b = 'scan.nii.gz'", "'", "`'` is not expected here", "straight double quotes",
        'load b = "scan.nii.gz"'),
    Row('load b = "scan.nii.gz', '"scan.nii.gz', "this string is not closed", '`"`',
        'load b = "scan.nii.gz"'),
    Row("a = near(r))", ")", "`)` closes no bracket", "delete it", "a = near(r)"),
    Row("a = near((r)", "(", "this `(` is never closed", "`)`", "a = near((r))"),
    Row("a = [1, 2)", ")", "`)` does not close `[`", "`]`", HERE),
    Row("a = near{r}", "{", "`{` is not expected here", "`(`", "a = near(r)"),
    # Commands
    Row('print("v", n)', "print", "`print` is a command, no function", '`print "v" n`', LINE),
    Row('print "v", n', ",", "nothing stands between label and value", '`print "v" n`', LINE),
    Row('print "v" = n', "=", "nothing stands before a value", "delete", 'print "v" n'),
    Row('print "v" n, 4', ",", "`print` shows one value", '`print "v" [n, 4]`', LINE),
    Row("print n", "n", "a label is missing", '`print "n" n`', LINE),
    Row("print(volume(r))", "volume(r)", "a label is missing",
        '`print "volume(r)" volume(r)`', LINE),
    Row('print "hello"', "print", "after a label comes the value", '`print "text" "hello"`', LINE),
    Row('echo "v" n', "echo", "`echo` is no command", '`print "v" n`', LINE),
    Row('print "v" img', "img", "`print` shows numbers", "`volume`"),
    Row('save img > 500 "f.nii.gz"', "img > 500", "the file's name comes first",
        '`save "f.nii.gz" img > 500`', LINE),
    Row('save(r, "f.nii.gz")', "save", "`save` is a command, no function",
        '`save "f.nii.gz" r`', LINE),
    Row("save f.nii.gz r", "f.nii.gz", "the name of a file is a string",
        '`save "f.nii.gz" r`', LINE),
    Row("save r", "r", "a file's name is missing", '`save "name.nii.gz" r`', LINE),
    Row('save "x.png" r', '"x.png"', "2-D images only", "Extract(r, [12, 10, 0], [0, 0, 4])",
        LINE),
    Row('load "scan.nii.gz"', "load", "what is loaded has a name", '`load img = "scan.nii.gz"`',
        LINE),
    Row('load b "scan.nii.gz"', "b", "a `=` is missing", '`load b = "scan.nii.gz"`', LINE),
    Row("load b = scan.nii.gz", "scan.nii.gz", "a string", '"scan.nii.gz"',
        'load b = "scan.nii.gz"'),
    Row('let b = load "scan.nii.gz"', "load", "what `load` reads stands in brackets here",
        '`b = load("scan.nii.gz")`', 'let b = load("scan.nii.gz")'),
    Row('load b = ReadImage("scan.nii.gz")', "ReadImage", "`load` is given the name of a file",
        '`load b = "scan.nii.gz"`', LINE),
    Row('load b = "*.dcm"', '"*.dcm"', "does not exist", "is loaded by its folder"),
    Row("import arrays", "arrays", "a library's name is a string", '`import "arrays"`', LINE),
    Row('import "numpy"', '"numpy"', "there is no library `numpy`", "there are simpleitk"),
    Row('Print "v" n', "Print", "", "`print`", HERE),
    # Types
    Row("a = img .* img", "img .* img", "`.*` does not take (model, model)", "`img * img`", HERE),
    Row("a = v .* img", "v .* img", "`.*` does not take", "`v * img`", HERE),
    Row("a = 3 +. v", "3 +. v", "`+.` does not take", "`3 .+ v`", HERE),
    Row("a = v .+ 3", "v .+ 3", "`.+` does not take", "`v +. 3`", HERE),
    Row("a = 500 < img < 600", "500 < img < 600", "`<` does not take", "`between(500, 600, img)`",
        HERE, ONE),
    Row("a = 500 < img < 600", "500 < img < 600", "`<` does not take", "`between(500, 600, img)`",
        HERE, TWO),
    Row("a = 1 < n < 9", "1 < n < 9", "`<` does not take", "`(1 < n) & (n < 9)`", HERE),
    Row("a = img > 3 & v < 9", "3", "`&` expects valuation(bool) as a", "`(img > 3) & (v < 9)`",
        "a = (img > 3) & (v < 9)", ONE),
    Row("a = percentiles(r, img, 0)", "r", "`percentiles` expects", "`percentiles(img, r, 0)`",
        "a = percentiles(img, r, 0)"),
    Row("a = dilate(3, r)", "3", "`dilate` expects valuation(bool) as r",
        "the other way round: `dilate(r, 3)`", "a = dilate(r, 3)"),
    Row("a = percentiles(v, r)", "percentiles", "takes 3 arguments, and got 2",
        "`percentiles(v, r, 0)`: `correction` is missing", "a = percentiles(v, r, 0)"),
    Row("a = distleq(2)", "distleq", "takes 2 arguments, and got 1", "`r` is missing"),
    Row("a = r * 2", "r * 2", "`*` does not take (valuation(bool), number)",
        "`booleanToNumber(2, r)`", HERE),
    Row("a = v * r", "v * r", "`*` does not take", "`mask(v, r)`", HERE),
    Row("a = r + q", "r + q", "`+` does not take", "`r | q`", HERE),
    Row("a = r - img", "r - img", "`-` does not take", "`r \\ (img > 0)`", HERE),
    Row("a = v + r", "v + r", "`+` does not take", "`(v > 0) | r`", HERE),
    Row("a = mean(v, r)", "mean", "takes 1 argument, and got 2", "`avg(v, r)`", "a = avg(v, r)"),
    Row("a = percentiles(v, 95)", "percentiles", "takes 3 arguments", "`percentiles(v, tt, 0)`",
        "a = percentiles(v, tt, 0)"),
    Row("a = r == q", "r == q", "`==` does not take", "`eqB(r, q)`", HERE),
    Row("a = sum(r)", "r", "`sum` expects", "`volume(r)`", "a = volume(r)"),
    Row("a = length(r)", "r", "`length` takes a sequence", "`volume(r)`", "a = volume(r)"),
    Row("a = sqrt(s)", "s", "`sqrt` expects a number", "`map(sqrt, s)`", "a = map(sqrt, s)"),
    Row("a = sqrt(r)", "r", "`sqrt` expects", "`booleanToNumber(1, r)`",
        "a = sqrt(booleanToNumber(1, r))"),
    Row("a = pow(r, 2)", "r", "`pow` expects", "`booleanToNumber(1, r)`",
        "a = pow(booleanToNumber(1, r), 2)"),
    Row("a = max(r, 2)", "r", "`max` expects", "`booleanToNumber(1, r)`",
        "a = max(booleanToNumber(1, r), 2)"),
    Row("a = max(r)", "r", "`max` expects", "`booleanToNumber(1, r)`"),
    Row("a = abs(r)", "r", "`abs` expects", "`booleanToNumber(1, r)`"),
    Row("a = round(n, 2)", "round", "`round` takes 1 argument, and got 2",
        "`(round(n * pow(10, 2)) / pow(10, 2))`", "a = (round(n * pow(10, 2)) / pow(10, 2))"),
    Row("a = log(n, 2)", "log", "`log` takes 1 argument, and got 2", "`(log(n) / log(2))`",
        "a = (log(n) / log(2))"),
    Row("a = pow(n)", "pow", "`pow` takes 2 arguments, and got 1", ""),
    Row("a = volume([r, q])", "[r, q]", "`volume` expects", "`map(volume, [r, q])`",
        "a = map(volume, [r, q])"),
    Row("a = near(img)", "img", "`near` expects valuation(bool)", "`img > 0` is a region",
        "a = near(img > 0)"),
    Row("a = img[10, 20, 30]", "img[10, 20, 30]", "an index is one expression",
        "`avg(img, (x == 10) & (y == 20) & (z == 30))`", HERE),
    Row("a = r[1]", "r", "an index is into a sequence",
        "`volume(r & (x == 1) & (y == 0) & (z == 0))`",
        "a = volume(r & (x == 1) & (y == 0) & (z == 0))"),
    Row("a = avg(img[r])", "avg", "takes 2 arguments, and got 1", "`avg(img, r)`",
        "a = avg(img, r)", ()),
    Row("a = volume(img[r])", "img", "an index is into a sequence", "`avg(img, r)`"),
    Row("a = stdev(v & r)", "v", "`&` expects valuation(bool)", "`avg(v, r)`, `stdev(v, r)`"),
    Row("a = img && r", "img", "`&&` expects valuation(bool)", "`avg(img, r)`"),
    Row("volume = volume(r)\na = volume(q)", "volume", "is a number, not a function",
        "call it otherwise, as `the_volume`"),
    Row("a = s[0, 1]", "s[0, 1]", "an index is one expression", "`s[0][1]`"),
    Row("a = for i in n do i", "n", "`for` goes through a sequence", "`range(n)`", HERE),
    Row("a = m = 3", "=", "unknown operator `=`", "`==` compares", WORDS, ()),
    Row("a = n = 3", "=", "unknown operator `=`", "`==` compares", "a = n == 3"),
    Row('a = img > "500"', 'img > "500"', "`>` does not take", "`500`"),
    Row("a = photo > 100", "photo > 100", "colours are taken for their brightness", "`red(…)`",
        "a = red(photo) > 100"),
    # Other names for what is there
    Row("a = intersection(r, q)", "intersection", "unknown function", "`r & q`", "a = r & q"),
    Row("a = union(r, q)", "union", "unknown function", "`r | q`", "a = r | q"),
    Row("a = complement(r)", "complement", "unknown function", "`!r`", "a = !r"),
    Row("a = distance(r)", "distance", "unknown function", "`dt(r)`", "a = dt(r)"),
    Row("a = closing(r, 2)", "closing", "unknown function", "`imclose(r, 2)`", "a = imclose(r, 2)"),
    Row("a = threshold(img, 3)", "threshold", "unknown function", "`img > 3`", "a = img > 3"),
    Row("a = largest_component(r)", "largest_component", "unknown function", "`maxvol(r)`",
        "a = maxvol(r)"),
    Row("a = gaussian(img, 2)", "gaussian", "unknown function", "`DiscreteGaussian(img, 2)`",
        "a = DiscreteGaussian(img, 2)"),
    Row("a = median(img, 2)", "2", "`median` expects valuation(bool) as region", "`Median(img, 2)`",
        "a = Median(img, 2)"),
    Row("a = binary_threshold(img, 1, 2)", "binary_threshold", "unknown function",
        "`BinaryThreshold`", "a = BinaryThreshold(img, 1, 2)"),
    Row("a = average(v, r)", "average", "unknown function", "`avg(v, r)`", "a = avg(v, r)"),
    Row("a = average(v)", "average", "unknown function", "`avg(v, tt)`",
        "a = avg(v, tt)"),
    Row("a = argmin(s)", "argmin", "unknown function", "`argmax(-s)`", "a = argmax(-s)"),
    Row("a = ln(n + 1)", "ln", "unknown function", "`log(n + 1)`", "a = log(n + 1)"),
    Row("a = log10(v)", "log10", "unknown function", "`(log(v) / log(10))`",
        "a = (log(v) / log(10))"),
    Row("a = log2(n) * 20", "log2", "unknown function", "`(log(n) / log(2))`",
        "a = (log(n) / log(2)) * 20"),
    Row("a = log(n, 2) * 20", "log", "takes 1 argument", "`(log(n) / log(2))`",
        "a = (log(n) / log(2)) * 20"),
    Row("a = add(n, 1) * 2", "add", "unknown function", "`(n + 1)`", "a = (n + 1) * 2"),
    Row("a = square(v)", "square", "unknown function", "`pow(v, 2)`", "a = pow(v, 2)"),
    Row("a = var(v, r)", "var", "unknown function", "`pow(stdev(v, r), 2)`",
        "a = pow(stdev(v, r), 2)"),
    Row("a = rms(v)", "rms", "unknown function", "`sqrt(avg(pow(v, 2), tt))`",
        "a = sqrt(avg(pow(v, 2), tt))"),
    Row("a = isnan(n)", "isnan", "unknown function", "`(n != n)`", "a = (n != n)"),
    Row("a = exists(r)", "exists", "unknown function", "`nemptyB(r)`", "a = nemptyB(r)"),
    Row("a = empty(r)", "empty", "unknown function", "`emptyB(r)`", "a = emptyB(r)"),
    Row("a = empty", "empty", "unknown name", "`ff`", HERE),
    Row("a = unit(v) == mm", "mm", "unknown name", '`"mm"`', HERE),
    Row('assert "x" all(s > 0)', "all", "unknown function", "`(fold && (s > 0))`",
        'assert "x" (fold && (s > 0))'),
    Row('assert "x" any(s > 2)', "any", "unknown function", "`(fold || (s > 2))`",
        'assert "x" (fold || (s > 2))'),
    Row("a = clamp(v, 0, 9)", "clamp", "unknown function", "`max(0, min(9, v))`",
        "a = max(0, min(9, v))"),
    Row("a = len(s)", "len", "unknown function `len`", "`length(s)`", "a = length(s)"),
    Row("a = sorted(s)", "sorted", "unknown function `sorted`", "`sort(s)`", "a = sort(s)"),
    Row("a = connected(r)", "connected", "unknown function", "`lcc(r)`", "a = lcc(r)"),
    Row("a = slice(v, 3)", "slice", "unknown function", "`Extract(v, [w, h, 0], [0, 0, z])`"),
    Row("a = std(v)", "std", "unknown function", "`stdev(v, tt)`", "a = stdev(v, tt)"),
    Row("a = percentile(v, 95)", "percentile", "unknown function", "`quantile(v, tt, 0.95)`",
        "a = quantile(v, tt, 0.95)"),
    Row("a = quantile(v, r)", "quantile", "takes 3 arguments", "`quantile(v, r, 0.95)`",
        "a = quantile(v, r, 0.95)"),
    Row("a = quantile(v, 0.5)", "quantile", "takes 3 arguments", "`quantile(v, tt, 0.95)`",
        "a = quantile(v, tt, 0.95)"),
    Row("a = pi", "pi", "unknown name", "`3.141592653589793`", HERE),
    # What is measured of objects
    Row("a = count(r)", "count", "unknown function", "`volume(r)` counts voxels",
        "a = volume(r)"),
    Row("a = perimeter(r)", "perimeter", "unknown function", "`B+ r`", "a = B+ r"),
    Row("a = watershed(v)", "watershed", "unknown function",
        "`MorphologicalWatershed(v, 1, false, true)`",
        "a = MorphologicalWatershed(v, 1, false, true)"),
    Row("a = particles(r, v)", "particles", "unknown function", "`objects(r, v)`",
        "a = objects(r, v)"),
    Row("a = length(lcc(r))", "lcc(r)", "`length` takes a sequence", "`count_components(lcc(r))`",
        "a = count_components(lcc(r))"),
    Row("t = objects(r)\na = filter row in t do row[1] > 3", "row[1] > 3",
        "does not take (string, number)", "`t[1:]` are the others",
        "t = objects(r)\na = filter row in t[1:] do row[1] > 3"),
    Row('t = objects(r)\na = t["size"]', '"size"', "an index is a whole number",
        '`column(t, "size")`', 't = objects(r)\na = column(t, "size")'),
    Row("a = sum(for t in s do t > 3)", "for t in s do t > 3", "`sum` expects",
        "length(filter x in", "a = length(filter x in (for t in s do t > 3) do x)"),
    Row('save concat("a", ".nii") r', 'concat("a", ".nii")', "a file's name is a literal",
        '`save "out/$name.nii.gz" r`', 'param name = "b"\nsave "out/$name.nii.gz" r'),
    # What `import "metrics"` brings
    Row("a = dice(r, q)", "dice", "unknown function `dice`", 'after `import "metrics"`',
        "a = dice(r, q)"),
    Row("a = dsc(r, q)", "dsc", "unknown function `dsc`", "`dice(r, q)`", "a = dice(r, q)"),
    Row("a = ppv(r, q)", "ppv", "unknown function `ppv`", "`precision(r, q)`",
        "a = precision(r, q)"),
]  # fmt: skip

# What the words of a later version say better: then these rows change.
LATER = [
    Row("a = img > $T", "$T", "`$T` is not defined", "for a number, `param t = 500`",
        "param t = 500\na = img > t"),
    Row("a = img > $stem", "img > $stem", "does not take", "`param stem = 500`, then `img > stem`",
        "param stem = 500\na = img > stem"),
    Row('a = img > "${stem}"', 'img > "${stem}"', "does not take", "then `img > stem`",
        "param stem = 500\na = img > stem"),
    Row('param thresh = 3\na = "$thrsh"', '"$thrsh"', "not defined", "did you mean `$thresh`?"),
    Row("parameter t = 500", "parameter", "`parameter` declares nothing", "`param t = 500`", LINE),
    Row("param a b = 5", "param a b = 5", "a name is one word", "`param a_b = 5`", LINE),
    Row("param t", "param", "a parameter has a default or a type", "`param t: number`", LINE),
    Row("param t from 0 to 1", "param", "a parameter has a default", "`param t: number from 0"),
    Row("param t = 5 between 0 and 9", "between 0 and 9", "is written in words",
        "`param t = 5 from 0 to 9`", LINE),
    Row("param t = 0.5, in 0..1", ", in 0..1", "is written in words",
        "`param t = 0.5 from 0 to 1`", LINE),
    Row("param t = 0.5 [0, 1]", "0.5 [0, 1]", "is a literal", "in words: `param t = 0.5 from 0"),
    Row("param t: number to 9 = 5", "9 = 5", "is a literal", "the default stands before the range"),
    Row("let t = 5 from 0 to 9", "from", "is not expected here", "a range is a parameter's"),
    Row("let param t = 5", "let", "`param` is a command of its own", "`param t = 5`", LINE),
    Row("param t: 5", ":", "between a parameter and its default", "`param t = 5`", LINE),
    Row("param t(5)", "param t(5)", "this declares no parameter", "`param x = 0.5`"),
    Row("param t = .5", ".5", "is a literal", "a number begins and ends with a digit: 0.5"),
    Row("param t = True", "True", "is a literal", "write `true`", "param t = true"),
    Row("param t == 500", "==", "between a parameter and its default", "`param t = 500`", LINE),
    Row("param t 500", "", "between a parameter and its default", "`param t = 500`", LINE),
    Row("param t = 90/100 from 0 to 1", "90/100", "is a literal", "`param t = 0.9 from 0 to 1`",
        LINE),
    Row("param t = 90/100", "90/100", "is a literal", "`param t = 0.9`", LINE),
    Row("param t = case_001", "case_001", "is a literal", '`param t = "case_001"`', LINE),
    Row("param t = 3\nt = 4", "t", "is a parameter, and something else from here on", "delete"),
    Row("param t = 2 * 250", "2 * 250", "is a literal", "is declared by `let t = …`"),
    Row("param t: float = 500", "float", "no parameters of type `float`", "`param t: number`"),
    Row("param t: image", "image", "no parameters of type", 'then `load img = "$t"`'),
    Row("param t = 5 to 1", "5", "outside of its range, to 1", ""),
    Row("a = inertia(r)", "inertia", "unknown function `inertia`", "", WORDS, ()),
]  # fmt: skip

EVERY = [(row, reading) for row in (*MISTAKES, *LATER) for reading in row.readings]


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    voxels = np.arange(8 * 10 * 12, dtype=np.float32).reshape(8, 10, 12)
    sitk.WriteImage(sitk.GetImageFromArray(voxels), str(folder / "scan.nii.gz"))
    colours = (np.arange(10 * 12 * 3) % 60).astype(np.uint8).reshape(10, 12, 3)
    sitk.WriteImage(sitk.GetImageFromArray(colours, isVector=True), str(folder / "photo.png"))
    return folder


@pytest.fixture(autouse=True)
def in_the_folder(images, monkeypatch):
    monkeypatch.chdir(images)


def said_of(program: str) -> tuple[Diagnostic, ...]:
    Path("program.imgql").write_text(program, encoding="utf-8")
    return tuple(running.check(["program.imgql"]))


def code_of(hint: str) -> str:
    found = re.search(r"`([^`]+)`", hint)
    assert found, hint
    return found.group(1)


def mended(row: Row, before: str, told: Diagnostic) -> str:
    """The program with the help followed."""
    assert told.span is not None
    program = before + row.written
    if row.mend in (HERE, LINE):
        start, end = told.span.start, told.span.end
        if row.mend == LINE:
            start = program.rfind("\n", 0, start) + 1
            line_end = program.find("\n", end)
            end = len(program) if line_end < 0 else line_end
        assert told.hint is not None
        program = program[:start] + code_of(told.hint) + program[end:]
    else:
        program = before + row.mend
    imported = re.search(r'after `(import "\w+")`', told.hint or "")
    return f"{imported.group(1)}\n{program}" if imported else program


@pytest.mark.parametrize(
    ("row", "reading"), EVERY, ids=[f"{row.written!r} {reading}" for row, reading in EVERY]
)
def test_a_mistake_is_told_once_where_it_is_with_what_to_write_instead(row, reading):
    before = KNOWN[reading] + (PHOTO[reading] if "photo" in row.written else "") + MORE
    told = said_of(before + row.written)
    assert len(told) == 1, [d.message for d in told]
    (message,) = told
    assert message.span is not None
    assert message.span.start >= len(before)
    assert message.span.text == row.at
    assert row.says in message.message
    assert row.help in (message.hint or "")
    if row.mend != WORDS:
        program = mended(row, before, message)
        assert [d.message for d in said_of(program)] == []
        # The code of the help is what the mended program says.
        if row.mend not in (HERE, LINE) and (code := re.search("`([^`…]+)`", row.help)):
            assert code.group(1) in program or code.group(1) in ("a & b", "!a")


def test_a_parameter_may_be_made_another_of_what_it_is():
    assert said_of('param t = 30\nt = t / 100\nprint "t" t') == ()


def test_a_constant_that_is_set_is_no_parameter():
    Path("program.imgql").write_text('let high = 0.9 // as published\nprint "h" high')
    (told,) = running.check(["program.imgql"], definitions={"high": 0.8})
    assert "it is no parameter" in told.message
    assert told.span is not None
    assert told.span.text == "high"
    assert "`param high = 0.9`" in (told.hint or "")


def test_words_of_other_languages_in_strings_are_none():
    (told,) = said_of('print "in case of doubt, if so" 1 2')
    assert "there is no" not in told.message


def test_a_label_of_two_assertions_is_doubted():
    (told,) = said_of('assert "a" 2 > 1\nassert "a" 3 > 1\nprint "a" 3')
    assert '"a" is asserted twice' in told.message


def test_a_value_hides_a_function_of_a_namespace():
    before = 'load img = "scan.nii.gz"\nimport "metrics"\nr = img > 3\ndice = dice(r, r)\n'
    (told,) = said_of(before + 'print "d" dice(r, r)')
    assert "`metrics.dice(…)`" in (told.hint or "")
    assert said_of(before + 'print "d" metrics.dice(r, r)') == ()


def test_another_statistic_is_none_that_was_meant():
    table = '[["cell", "mean_flair"], [1, 12]]'
    for name, is_near in (("stdev_flair", False), ("maen_flair", True)):
        Path("program.imgql").write_text(f'print "x" column({table}, "{name}")')
        with pytest.raises(VoxLogicaError, match="no column") as failed:
            running.run(["program.imgql"], cache=False)
        hint = failed.value.diagnostics[0].hint or ""
        assert ("did you mean" in hint) == is_near
        assert "its columns are cell, mean_flair" in hint


@pytest.mark.parametrize("reading", [1, 2])
def test_a_value_in_capitals_is_taken_for_an_operator(reading):
    before = KNOWN[reading] + MORE
    told = said_of(f'{before}let L = lcc(r)\nlet a = mask(L, L > 3)\nprint "a" max(a)\n')
    assert "not a function" in told[0].message
    assert str(told[0].hint).endswith("call the value `l`")


def test_what_comes_before_the_mistakes_is_right():
    for reading in KNOWN:
        assert said_of(KNOWN[reading] + PHOTO[reading] + MORE) == ()


def test_what_there_is_very_much_of_is_told_of_all_the_same():
    names = "\n".join(f"a{i} = wobble{i}x" for i in range(5_000))
    assert len(said_of(names)) == 5_000
    (never_closed,) = said_of("a = " + "[" * 100_000)
    assert never_closed.message == "this `[` is never closed"
