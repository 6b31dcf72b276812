"""Exponentials, logarithms and powers, the same bits on every machine: none is a library's.

The algorithms are those of FDLIBM (Sun Microsystems, https://www.netlib.org/fdlibm): `e_exp.c`,
`e_log.c`, `e_pow.c`, with their constants, within 1 ulp for float64. Where FDLIBM branches, there
are choices here, so that loops over voxels become loops over vectors. Voxels are float32: they are
computed in float64 and rounded once, which leaves no more than 0.51 ulp.
"""

from __future__ import annotations

import numpy as np

from voxlogica.kernels.kernel import compiled

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_ONE_BY_LN2 = 1.44269504088896338700e00
_P1, _P2, _P3 = 1.66666666666666019037e-01, -2.77777777770155933842e-03, 6.61375632143793436117e-05
_P4, _P5 = -1.65339022054652515390e-06, 4.13813679705723846039e-08

# Added to a number and taken away again, it leaves the nearest whole one; in its last bits before.
_WHOLE = 6755399441055744.0  # 1.5 · 2⁵²
_WHOLE_BITS = 0x4338000000000000
# Beyond these, all is infinite or 0; what whole exponents of 2 are counted from.
_FARTHEST, _FROM = 1000.0, 2048


@compiled("f8")
def exponential(number: float) -> float:
    """e to the power of a number."""
    x: float = np.float64(number)
    x = _FARTHEST if x > _FARTHEST else x
    x = -_FARTHEST if x < -_FARTHEST else x
    shifted = x * _ONE_BY_LN2 + _WHOLE
    whole = shifted - _WHOLE
    high, low = x - whole * _LN2_HIGH, whole * _LN2_LOW
    rest = high - low
    square = rest * rest
    c = rest - square * (_P1 + square * (_P2 + square * (_P3 + square * (_P4 + square * _P5))))
    return _scaled(1.0 - ((low - (rest * c) / (2.0 - c)) - high), shifted)


@compiled()
def _scaled(number: float, shifted: float) -> float:
    """A number from 0.5 to 2, times 2 to a power that is in the last bits of another.

    In two steps, of which the first rounds nothing; so what is below the least normal number is
    rounded once.
    """
    power = _bits(shifted) - np.uint64(_WHOLE_BITS - _FROM)
    half = power >> np.uint64(1)
    return number * _power_of_two(half) * _power_of_two(power - half)


@compiled()
def _power_of_two(exponent: np.uint64) -> float:
    """2 to a power that is counted from half of `_FROM`."""
    return _of_bits((exponent - np.uint64(_FROM // 2 - 1023)) << np.uint64(52))


@compiled()
def _bits(number: float) -> np.uint64:
    return np.float64(number).view(np.uint64)


@compiled()
def _of_bits(bits: np.uint64) -> float:
    return np.uint64(bits).view(np.float64)


_L1, _L2, _L3 = 6.666666666666735130e-01, 3.999999999940941908e-01, 2.857142874366239149e-01
_L4, _L5, _L6 = 2.222219843214978396e-01, 1.818357216161805012e-01, 1.531383769920937332e-01
_L7 = 1.479819860511658591e-01
_LEAST_NORMAL, _TWO_54 = 2.2250738585072014e-308, 18014398509481984.0
# Bits of a number's fraction, of 1, and of the root of 1/2; and 2⁵² as a number.
_FRACTION, _ONE, _ROOT_OF_HALF = 0x000FFFFFFFFFFFFF, 0x3FF0000000000000, 0x3FE6A09E00000000
_TWO_52, _TWO_52_BITS = 4503599627370496.0, 0x4330000000000000


@compiled("f8")
def logarithm(number: float) -> float:
    """The natural logarithm of a number: −inf of 0, nan of what is below."""
    given = np.float64(number)
    is_small = given < _LEAST_NORMAL
    x = given * _TWO_54 if is_small else given
    # x is a power of 2 times a number between the roots of 1/2 and 2.
    bits = _bits(x) + np.uint64(_ONE - _ROOT_OF_HALF)
    power = _of_bits((bits >> np.uint64(52)) | np.uint64(_TWO_52_BITS)) - _TWO_52
    power -= 1077.0 if is_small else 1023.0
    fraction = _of_bits((bits & np.uint64(_FRACTION)) + np.uint64(_ROOT_OF_HALF))
    f = fraction - 1.0
    half_square = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    even = w * (_L2 + w * (_L4 + w * _L6))
    odd = z * (_L1 + w * (_L3 + w * (_L5 + w * _L7)))
    found = s * (half_square + (even + odd)) + power * _LN2_LOW
    found = found - half_square + f + power * _LN2_HIGH
    found = found if given < np.inf else given
    found = found if given > 0.0 else np.nan
    return float(-np.inf if given == 0.0 else found)


@compiled()
def raised(base: float, exponent: float) -> float:
    """A voxel to the power of another number: good for float32, whose digits it is to be cut to.

    The special cases are those of C99.
    """
    x, y = np.float64(base), np.float64(exponent)
    found = exponential(y * logarithm(abs(x)))
    # From 2⁵³ on all are even. Of ±inf the half is not less.
    is_whole = np.floor(y) == y
    half = y * 0.5
    is_odd = is_whole & (np.floor(half) != half)
    # Of −0 the inverse says that it is negative.
    found = -found if is_odd & ((x < 0.0) | (np.float64(1.0) / x < 0.0)) else found
    found = np.nan if (x < 0.0) & (x != -np.inf) & (not is_whole) else found
    return float(1.0 if (y == 0.0) | (x == 1.0) | ((x == -1.0) & (abs(y) == np.inf)) else found)


# The rest is for numbers alone: their powers need logarithms of more digits than a number has.

_DP_HIGH, _DP_LOW = 5.84962487220764160156e-01, 1.35003920212974897128e-08
_M1, _M2, _M3 = 5.99999999999994648725e-01, 4.28571428578550184252e-01, 3.33333329818377432918e-01
_M4, _M5, _M6 = 2.72728123808534006489e-01, 2.30660745775561754067e-01, 2.06975017800338417784e-01
_CP, _CP_HIGH = 9.61796693925975554329e-01, 9.61796700954437255859e-01
_CP_LOW = -7.02846165095275826516e-09
_LN2, _LG2_HIGH = 6.93147180559945286227e-01, 6.93147182464599609375e-01
_LG2_LOW = -1.90465429995776804525e-09


@compiled("f8 f8")
def power(base: float, exponent: float) -> float:
    """A number to the power of another. The special cases are those of C99."""
    x, y, positive = base, exponent, abs(base)
    if y == 0.0 or x == 1.0:
        return 1.0
    if x != x or y != y:
        return np.nan
    if abs(y) == np.inf:
        if positive == 1.0:
            return 1.0
        return np.inf if (positive > 1.0) == (y > 0.0) else 0.0
    is_whole = np.floor(y) == y
    if x < 0.0 and x != -np.inf and not is_whole:
        return np.nan
    half = y * 0.5
    is_odd = is_whole and np.floor(half) != half
    sign = -1.0 if is_odd and (x < 0.0 or 1.0 / x < 0.0) else 1.0
    if positive == 0.0 or positive == np.inf:
        return sign * (np.inf if (positive > 0.0) == (y > 0.0) else 0.0)
    return sign * _power(positive, y)


@compiled()
def _power(x: float, y: float) -> float:
    """Of a positive number, to any power but 0: 2 to the power of y · log₂ x."""
    log_high, log_low = _log2(x)
    y_high = _high(y)
    low = (y - y_high) * log_high + y * log_low
    high = y_high * log_high
    # Where it is near the greatest or least number, rounding settles it.
    if low + high > 1025.0:
        return np.inf
    if low + high < -1076.0:
        return 0.0
    shifted = (low + high) + _WHOLE
    high -= shifted - _WHOLE
    t = _high(low + high)
    u = t * _LG2_HIGH
    v = (low - (t - high)) * _LN2 + t * _LG2_LOW
    z = u + v
    w = v - (z - u)
    t = z * z
    t1 = z - t * (_P1 + t * (_P2 + t * (_P3 + t * (_P4 + t * _P5))))
    r = (z * t1) / (t1 - 2.0) - (w + z * w)
    return _scaled(1.0 - (r - z), shifted)


@compiled()
def _high(number: float) -> float:
    """A number without the lower half of its bits: its products with another such are exact."""
    return _of_bits(_bits(number) & np.uint64(0xFFFFFFFF00000000))


@compiled()
def _log2(x: float) -> tuple[float, float]:
    """The logarithm to base 2 in two parts, good to some 70 bits, near 1 as elsewhere.

    FDLIBM has another way near 1 for powers beyond 2³¹, which is out by up to 200 ulp there.
    """
    n = 0.0
    if x < _LEAST_NORMAL:
        x, n = x * _TWO_54, -54.0
    bits = _bits(x)
    n += float(np.int64(bits >> np.uint64(52))) - 1023.0
    # x is a power of 2 times a number from 1 to 2; that times 1, or 3/2, or, if 2, of half of it.
    x = _of_bits((bits & np.uint64(_FRACTION)) | np.uint64(_ONE))
    near, near_high, near_low = 1.0, 0.0, 0.0
    if x > 1.7320508075688772:
        x, n = x * 0.5, n + 1.0
    elif x > 1.224744871391589:
        near, near_high, near_low = 1.5, _DP_HIGH, _DP_LOW
    # The logarithm is that of `near`, and 2/ln 2 · (s + s³/3 + …), s = (x - near) / (x + near).
    u = x - near
    v = 1.0 / (x + near)
    s = u * v
    s_high = _high(s)
    t_high = _high(x + near)
    t_low = x - (t_high - near)
    s_low = v * ((u - s_high * t_high) - s_high * t_low)
    z = s * s
    r = z * z * (_M1 + z * (_M2 + z * (_M3 + z * (_M4 + z * (_M5 + z * _M6)))))
    r += s_low * (s_high + s)
    z = s_high * s_high
    t_high = _high(3.0 + z + r)
    t_low = r - ((t_high - 3.0) - z)
    u = s_high * t_high
    v = s_low * t_high + t_low * s
    high = _high(u + v)
    low = v - (high - u)
    z_high = _CP_HIGH * high
    z_low = _CP_LOW * high + low * _CP + near_low
    found = _high(((z_high + z_low) + near_high) + n)
    return found, z_low - (((found - n) - near_high) - z_high)
