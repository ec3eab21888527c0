"""Activations of a vector: branch-free, one algorithm for both floating-point types.

Everything rests on ``exp(x) - 1``: with ``n`` the integer nearest to ``x / log(2)`` and
``r = x - n * log(2)`` (taken off in two parts, Cody and Waite 1980), ``exp(r) - 1`` is
``r + r**2 * p(r)`` with p interpolated at Chebyshev nodes on ``|r| <= log(2) / 2``. Keeping the
minus one exact is what keeps tanh right near zero; a rational approximation of tanh itself has no
such form for float64. `tests/kernels/test_activations.py` states and checks the error in units in
the last place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from numba.extending import overload

from .compilation import device
from .vectors import clamp, fma, polynomial, power_of_two

_INVERSE_LOG_2 = 1.4426950408889634
# log(2) in two parts: n times the first is exact for every n that can occur.
_LOG_2_PARTS = {
    32: (0.693115234375, 3.1946184945309415e-05),
    64: (0.6931471804855391, 7.440617110012397e-11),
}
# Adding this leaves the nearest integer in the low bits of the mantissa.
_ROUNDING_SHIFT = {32: 1.5 * 2.0**23, 64: 1.5 * 2.0**52}
_SERIES = {
    # Relative error of exp(r) - 1 at most 2.5e-8 and 5.6e-19.
    32: (
        0.5,
        0.16666576666119928,
        0.04166655421298415,
        0.008363232883682618,
        0.0013926250831497611,
    ),
    64: (
        0.5,
        0.1666666666666667,
        0.04166666666666667,
        0.008333333333326084,
        0.0013888888888883711,
        0.0001984126987500228,
        2.480158732567746e-05,
        2.755725517000089e-06,
        2.755727347871858e-07,
        2.5105312729622103e-08,
        2.09147553258932e-09,
    ),
}
# exp of anything between is a normal number.
_RANGE_OF_EXP = {32: (-87.3, 88.3), 64: (-708.3, 709.4)}
# tanh of 20 rounds to one in float64.
_TANH_SATURATED = 20.0


def _make_exp_parts(bits: int) -> Callable[..., Any]:
    """Return the function ``x -> (p, s)`` with ``exp(x) = s * (1 + p)``."""
    log_2_high, log_2_low = (-part for part in _LOG_2_PARTS[bits])
    shift, series = _ROUNDING_SHIFT[bits], _SERIES[bits]

    def exp_parts(x):
        shifted = fma(x, _INVERSE_LOG_2, shift)
        n = shifted - shift
        r = fma(n, log_2_low, fma(n, log_2_high, x))
        return fma(r * r, polynomial(series, r), r), power_of_two(shifted)

    return exp_parts


def _make_clamp_to_exp(bits: int) -> Callable[..., Any]:
    low, high = _RANGE_OF_EXP[bits]
    return lambda x: clamp(x, low, high)


_EXP_PARTS = {bits: _make_exp_parts(bits) for bits in (32, 64)}
_CLAMP_TO_EXP = {bits: _make_clamp_to_exp(bits) for bits in (32, 64)}


def _exp_parts(x):
    return _EXP_PARTS[x.dtype.itemsize * 8](x)


def _clamp_to_exp(x):
    return _CLAMP_TO_EXP[x.dtype.itemsize * 8](x)


@overload(_exp_parts, inline="always")
def _overload_exp_parts(x):
    return _EXP_PARTS[x.dtype.bitwidth]


@overload(_clamp_to_exp, inline="always")
def _overload_clamp_to_exp(x):
    return _CLAMP_TO_EXP[x.dtype.bitwidth]


@device
def exp(x):
    """Exponential of a vector, at least that of the least number whose is a normal one."""
    p, s = _exp_parts(_clamp_to_exp(x))
    return fma(s, p, s)


@device
def sigmoid(x):
    """Logistic function of a vector: ``1 / (1 + exp(-x))``."""
    p, s = _exp_parts(_clamp_to_exp(0.0 - x))
    return 1.0 / (1.0 + fma(s, p, s))


@device
def tanh(x):
    """Hyperbolic tangent of a vector: ``e / (e + 2)`` with ``e = exp(2 x) - 1``."""
    p, s = _exp_parts(2.0 * clamp(x, -_TANH_SATURATED, _TANH_SATURATED))
    e = fma(s, p, s - 1.0)
    return e / (e + 2.0)


@device
def relu(x):
    """Rectifier of a vector: ``max(x, 0)``."""
    return clamp(x, 0.0, math.inf)
