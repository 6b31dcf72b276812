"""Letters drawn into pictures: strokes of a pen, at any size, with nothing but numpy.

A glyph is a row of strokes, of points with an x and a y as hexadecimal digits: capitals are from 0
at the top to c at the baseline, what hangs down ends at f. A stroke after `~` is a curve, a
quadratic B-spline from its first point to its last, one after `o` a closed one; others are lines.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import pairwise

from voxlogica.images.arrays import NDArray, np

# By their characters; advance and shape are those of the strokes.
_GLYPHS = dict(
    line.split(" ", 1)
    for line in """\
A 0c408c 1878
B 000c ~004070764606 ~0646868c4c0c
C ~8380000c8c89
D 000c ~0040808c4c0c
E 70000c7c 0656
F 70000c 0656
G ~8380000c8c87 8757
H 000c 808c 0686
I 0040 202c 0c4c
J ~50585c0c09
K 000c 7007 257c
L 000c7c
M 0c0047808c
N 0c008c80
O o00808c0c
P 0c00 ~005080875707
Q o00808c0c 598d
R 0c00 ~005080865606 468c
S ~83800006868c0c09
T 0080 404c
U ~00080c8c8880
V 004c80
W 002c538ca0
X 008c 800c
Y 004680 464c
Z 00800c8c
a o04646c0c 646c
b 000c o04646c0c
c ~6664040c6c6a
d 606c o04646c0c
e 0868 ~6864040c6c6a
f ~5020242c 0454
g o04646c0c ~646d6f0f0e
h 000c ~080464686c
i 040c 0001
j ~242d2f0f 2021
k 000c 5409 276c
l ~000a0c2c
m 040c ~080444484c ~484484888c
n 040c ~080464686c
o o04646c0c
p 040f o04646c0c
q 646f o04646c0c
r 040c ~080444
s ~66640408686c0c0a
t ~202a2c5c 0454
u ~04080c6c6864 646c
v 043c64
w 042c456c84
x 046c 640c
y 043c 642f
z 04640c6c
0 o00707c0c
1 13404c
2 ~030070750c 0c7c
3 ~0200707636 ~36767c0c0a
4 5c500989
5 701006 ~0614747c0c0a
6 ~601108 o05757c0c
7 00703c
8 o10606616 o06767c0c
9 o00707707 ~746b1c
. 0b0c
, 1b0e
: 0506 0b0c
; 1506 1b0e
- 0747
– 0767
— 0797
_ 0d7d
+ 0767 343a
= 0565 0969
× 055a 550a
/ 0d60
\\ 006d
( ~30040a3e
) ~00343a0e
[ 30000e3e
] 00303e0e
{ ~40202707 ~07272e4e
} ~00202747 ~47272e0e
' 0003
" 0003 3033
` 0023
# 301c 705c 0484 0888
$ ~83800006868c0c09 4e40
% 800c o00303505 o57878c5c
& ~8c13106064050c6c87
* 3137 0266 6206
< 63076b
> 03670b
? ~0300707435 3538 3b3c
! 0008 0b0c
@ o00a0ad0d o34747939
^ 043064
| 000e
~ ~0805387875
° o00404404
µ 040f ~04080c6c6864 646c
… 0b0c 4b4c 8b8c
± 0565 3238 0c6c
· 0708
≤ 61056a 0c6c
≥ 01650a 0c6c""".splitlines()
)
# What stands for a letter that there is none of.
_UNKNOWN = "00707c0c00"
_CAPITAL, _BELOW = 12, 3
_BETWEEN, _BLANK = 3.0, 5.0
# The width of the pen: a part of the capitals' height, and at least so many pixels.
_PEN, _LEAST_PEN = 0.1, 1.15
_ROUNDS = 3


def height(size: int) -> int:
    """How many pixels a line of text is high whose capitals are of a size, with what hangs down."""
    return size + round(size * _BELOW / _CAPITAL) + 2


def width(text: str, size: int) -> int:
    """How many pixels a text is wide whose capitals are of a size."""
    return sum(_advance(letter, size) for letter in _letters(text))


def written(
    pixels: NDArray[np.uint8],
    text: str,
    at: tuple[int, int],
    size: int,
    colour: tuple[int, int, int],
) -> None:
    """Write a text into a picture of shape (height, width, 3), from a place (x, y): its upper left.

    What does not fit is cut off. `size` is the height of capitals in pixels.
    """
    x, y = at
    for letter in _letters(text):
        if letter != " ":
            ink = _ink(letter, size)
            left, top = max(x - 1, 0), max(y - 1, 0)
            into = pixels[top : max(y - 1 + len(ink), 0), left : max(x - 1 + ink.shape[1], 0)]
            if into.size:
                share = ink[top - y + 1 :, left - x + 1 :][: into.shape[0], : into.shape[1], None]
                into[:] = np.rint(into + share * (np.array(colour, np.float32) - into))
        x += _advance(letter, size)


def _letters(text: str) -> str:
    """Those of a text that there are: accents are left away, others are an empty frame."""
    known = (letter if letter in _GLYPHS or letter == " " else _plain(letter) for letter in text)
    return "".join(known)


def _plain(letter: str) -> str:
    if letter == "μ":  # Greek; the sign of the unit is another character
        return "µ"
    parts = unicodedata.normalize("NFKD", letter)
    base = "".join(part for part in parts if not unicodedata.combining(part))
    return base if base and all(part in _GLYPHS or part == " " for part in base) else "\0"


@lru_cache(maxsize=512)
def _advance(letter: str, size: int) -> int:
    unit = size / _CAPITAL
    if letter == " ":
        return round(_BLANK * unit)
    across = max(float(stroke[:, 0].max()) for stroke in _strokes(letter))
    return round((across + _BETWEEN) * unit)


@lru_cache(maxsize=512)
def _ink(letter: str, size: int) -> NDArray[np.float32]:
    """How much of each pixel the pen covers, from one above and left of the letter's corner on."""
    unit = size / _CAPITAL
    lines = [stroke * unit + 1.5 for stroke in _strokes(letter)]
    across = int(max(line[:, 0].max() for line in lines)) + 3
    rows, columns = np.mgrid[: height(size) + 2, :across] + 0.5
    reach = max(size * _PEN, _LEAST_PEN) / 2
    distance = np.full(rows.shape, np.inf)
    for line in lines:
        for (x0, y0), (x1, y1) in pairwise(line):
            dx, dy = x1 - x0, y1 - y0
            along = ((columns - x0) * dx + (rows - y0) * dy) / ((dx * dx + dy * dy) or 1.0)
            along = np.clip(along, 0, 1)
            away = np.hypot(columns - x0 - along * dx, rows - y0 - along * dy)
            np.minimum(distance, away, out=distance)
    ink: NDArray[np.float32] = np.clip(reach + 0.5 - distance, 0, 1).astype(np.float32)
    ink.flags.writeable = False
    return ink


@lru_cache(maxsize=256)
def _strokes(letter: str) -> tuple[NDArray[np.float64], ...]:
    found = []
    for stroke in _GLYPHS.get(letter, _UNKNOWN).split():
        how, digits = (stroke[0], stroke[1:]) if stroke[0] in "~o" else ("", stroke)
        digits = digits.removeprefix("~")
        numbers = [int(digit, 16) for digit in digits]
        points = np.array(numbers, np.float64).reshape(-1, 2)
        found.append(_curve(points, closed=how == "o") if how else points)
    return tuple(found)


def _curve(points: NDArray[np.float64], closed: bool) -> NDArray[np.float64]:
    """The curve that points control, by cutting corners (Chaikin 1974)."""
    for _ in range(_ROUNDS):
        ends = points
        if closed:
            points = np.concatenate([points, points[:1]])
        before, after = points[:-1], points[1:]
        cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1)
        points = cut.reshape(-1, 2)
        if not closed:
            points = np.concatenate([ends[:1], points[1:-1], ends[-1:]])
    return np.concatenate([points, points[:1]]) if closed else points
