r"""The likelihood of yearly indicators with every path integrated out, and moments of θ.

For one authority, indicator k and year t, on the oriented and standardised scale,

.. math::

    y_{kt} = \alpha_{kt} + \gamma_k x_t + \lambda_k^\top f_t + d_{kt} + e_{kt} + \epsilon_{kt},

with :math:`\epsilon_{kt} \sim N(0, V_{kt})` of known variance, :math:`e_{kt} \sim N(0,
\tau_k^2)` particular to the year, the indicator's own path :math:`d_k \sim N(0, \psi_k^2 R)`
over the years, and the factors' paths :math:`f_a \sim N(0, Q^{-1})`, independent. R and
:math:`Q^{-1}` are correlation matrices, given (:mod:`models.dynamic.paths`); R depends on
where an indicator's definition breaks, so that each indicator names its pattern of breaks.

Integration runs in two steps, both exact. Own paths: with :math:`C_k = \psi_k^2 R +
\mathrm{diag}(\tau_k^2 + V_k)` over the observed years, :math:`W_k = C_k^{-1}` (zero in the
rows of missing years) is what the indicator says about :math:`\lambda_k^\top f`. It is taken
as :math:`S(I + \psi^2 S R S)^{-1}S` with :math:`S = \mathrm{diag}(\tau^2 + V)^{-1/2}`, well
conditioned whatever is missing. Factors: with :math:`P = I \otimes Q + \sum_k \lambda_k
\lambda_k^\top \otimes W_k`, :math:`b = \sum_k \lambda_k \otimes W_k r_k` and :math:`m =
P^{-1}b`,

.. math::

    \log L = \tfrac12\sum_k(\log|W_k| - r_k^\top W_k r_k) + \tfrac F2 \log|Q|
             - \tfrac12\log|P| + \tfrac12 b^\top m .

Effectiveness :math:`\theta(s) = g^\top f(s) + \sum_k \omega_k d_k(s)` is wanted at an
authority's few inspections, or any other linear functional of both paths there. For
inspection j the caller gives the row :math:`a_j` by which :math:`E[f(s_j)|f] = a_j^\top f`, and
:math:`p_j = \mathrm{cor}(d(s_j), d)`. With :math:`d_k = \omega_k\psi_k^2` and :math:`c_j = g
\otimes a_j - \sum_k d_k \lambda_k \otimes W_k p_j` the posterior mean is

.. math::

    h_j = c_j^\top m + \sum_k d_k p_j^\top W_k r_k

and the posterior covariance is the prior one, less what the years' factors explain of it a
priori, plus :math:`X_{jl} = c_j^\top P^{-1} c_l - \sum_k d_k^2 p_j^\top W_k p_l`. A lasting own
effect is the case R = 1.

Authorities are taken in blocks that stay in the processor's cache. Derivatives are in
:mod:`models.dynamic.adjoint`; ``tests/test_dynamic_kernel.py`` holds both to a dense
multivariate normal and to finite differences.
"""

import numpy as np
from numpy.typing import NDArray

from models.dynamic.algebra import Array, add_dot, compiled, invert, multiply

Integers = NDArray[np.int64]
Block = tuple[Array, Array, Array, Array, Array, Array, Array, Array, Array, Array]

LOG_2PI = float(np.log(2.0 * np.pi))

# Authorities to a block: the precisions of 20 indicators over 14 years stay in the cache.
BLOCK = 16


@compiled
def collapse(
    y: Array,
    variance: Array,
    observed: Array,
    x: Array,
    span: Integers,
    pattern: Integers,
    slots: Integers,
    alpha: Array,
    gamma: Array,
    tau2: Array,
    psi2: Array,
    loading: Array,
    g: Array,
    d: Array,
    path: Array,
    own: Array,
    rows: Array,
    reach: Array,
) -> tuple[Array, Array, Array]:
    """Integrate the paths of every authority out.

    Parameters
    ----------
    y, variance, observed
        Observations, their known sampling variances, and 1.0 where there is one or 0.0
        where it is missing, (indicator, year, authority). Missing cells hold any
        finite observation and a positive variance.
    x
        Covariate, standardised, (year, authority); zeros leave it out.
    span
        First year and last year plus one of each indicator's cells, (indicator, 2).
    pattern
        Which pattern of breaks each indicator has, (indicator,).
    slots
        Inspections of each authority, (authority,); further slots are not looked at.
    alpha
        Level of each indicator in each year, (indicator, year).
    gamma, tau2, psi2
        Slope on ``x``, variance particular to a year, variance of the own path,
        (indicator,).
    loading
        Λ, (indicator, factor).
    g, d
        The functional: coefficients on the factors, (factor,), and on the own paths times
        their variance, (indicator,).
    path
        Q, the precision of a factor's path, (year, year).
    own
        R, correlations of an own path, (pattern, year, year).
    rows
        a, (slot, year, authority).
    reach
        p, (pattern, slot, year, authority).

    Returns
    -------
    tuple
        Log likelihood without the term in log|Q|, (authority,); h, (slot, authority);
        X, (slot, slot, authority).
    """
    authorities = y.shape[2]
    slot = rows.shape[0]
    log_likelihood = np.empty(authorities)
    mean = np.zeros((slot, authorities))
    spread = np.zeros((slot, slot, authorities))
    for start in range(0, authorities, BLOCK):
        stop = min(start + BLOCK, authorities)
        block = solve_block(
            y,
            variance,
            observed,
            x,
            span,
            pattern,
            slots,
            alpha,
            gamma,
            tau2,
            psi2,
            loading,
            g,
            d,
            path,
            own,
            rows,
            reach,
            start,
            stop,
        )
        log_likelihood[start:stop] = block[7]
        used = block[8].shape[0]
        mean[:used, start:stop] = block[8]
        spread[:used, :used, start:stop] = block[9]
    return log_likelihood, mean, spread


@compiled
def solve_block(
    y: Array,
    variance: Array,
    observed: Array,
    x: Array,
    span: Integers,
    pattern: Integers,
    slots: Integers,
    alpha: Array,
    gamma: Array,
    tau2: Array,
    psi2: Array,
    loading: Array,
    g: Array,
    d: Array,
    path: Array,
    own: Array,
    rows: Array,
    reach: Array,
    start: int,
    stop: int,
) -> Block:
    """Solve one block: W, r, Wr, Wp, P⁻¹, m, P⁻¹c, and the three results of :func:`collapse`."""
    indicators, years, _ = y.shape
    factors = loading.shape[1]
    size = stop - start
    used = slots[start:stop].max()
    weights = np.zeros((indicators, years, years, size))
    residual = np.zeros((indicators, years, size))
    weighted = np.zeros((indicators, years, size))
    reached = np.zeros((indicators, used, years, size))
    likelihood = np.zeros(size)
    mean = np.zeros((used, size))
    spread = np.zeros((used, used, size))
    precision = np.zeros((factors * years, factors * years, size))
    along = np.zeros((factors * years, size))
    c = np.zeros((used, factors * years, size))
    scratch = np.empty((years, years, size))
    less = np.empty(size)
    for a in range(factors):
        for t in range(years):
            for s in range(t + 1):
                precision[a * years + t, a * years + s, :] = path[t, s]
            for j in range(used):
                c[j, a * years + t] = g[a] * rows[j, t, start:stop]
    for k in range(indicators):
        first, last = span[k, 0], span[k, 1]
        w, r, wr = weights[k, :, :], residual[k], weighted[k]
        for t in range(first, last):
            noise, seen = variance[k, t, start:stop], observed[k, t, start:stop]
            value, covariate = y[k, t, start:stop], x[t, start:stop]
            root, error = wr[t], r[t]
            for i in range(size):
                root[i] = seen[i] / np.sqrt(tau2[k] + noise[i])
                error[i] = seen[i] * (value[i] - alpha[k, t] - gamma[k] * covariate[i])
                likelihood[i] -= 0.5 * seen[i] * (LOG_2PI + np.log(tau2[k] + noise[i]))
        _own_precision(wr, psi2[k], own[pattern[k]], first, last, scratch, w, less)
        for i in range(size):
            likelihood[i] -= less[i]
        inner = w[first:last, first:last]
        multiply(inner, r[first:last], wr[first:last])
        less[:] = 0.0
        add_dot(r, wr, less)
        for i in range(size):
            likelihood[i] -= 0.5 * less[i]
        for j in range(used):
            p = reach[pattern[k], j, :, start:stop]
            multiply(inner, p[first:last], reached[k, j, first:last])
        _add_indicator(loading[k], d[k], w, wr, reached[k], first, last, precision, along, c)
        for j in range(used):
            less[:] = 0.0
            add_dot(reached[k, j], r, less)
            for i in range(size):
                mean[j, i] += d[k] * less[i]
            for n in range(j + 1):
                less[:] = 0.0
                add_dot(reach[pattern[k], n, :, start:stop], reached[k, j], less)
                for i in range(size):
                    spread[j, n, i] -= d[k] * d[k] * less[i]
    inverse = np.empty_like(precision)
    invert(precision, inverse, less)
    for i in range(size):
        likelihood[i] -= less[i]
    m = np.empty_like(along)
    multiply(inverse, along, m)
    less[:] = 0.0
    add_dot(along, m, less)
    for i in range(size):
        likelihood[i] += 0.5 * less[i]
    solved = np.empty_like(c)
    for j in range(used):
        multiply(inverse, c[j], solved[j])
        add_dot(c[j], m, mean[j])
        for n in range(j + 1):
            add_dot(c[n], solved[j], spread[j, n])
            spread[n, j] = spread[j, n]
    return (
        weights,
        residual,
        weighted,
        reached,
        inverse,
        m,
        solved,
        likelihood,
        mean,
        spread,
    )


@compiled
def _own_precision(
    root: Array,
    psi2: float,
    own: Array,
    first: int,
    last: int,
    scratch: Array,
    w: Array,
    half_log_determinant: Array,
) -> None:
    """Put W into ``w``, given S, and half of log|I + ψ²SRS|."""
    size = root.shape[1]
    length = last - first
    matrix = scratch[:length, :length]
    for t in range(length):
        one = root[first + t]
        for s in range(t + 1):
            other, cell = root[first + s], matrix[t, s]
            shared = psi2 * own[first + t, first + s]
            for i in range(size):
                cell[i] = shared * one[i] * other[i]
        matrix[t, t] += 1.0
    inverse = w[first:last, first:last]
    invert(matrix, inverse, half_log_determinant)
    for t in range(length):
        one = root[first + t]
        for s in range(length):
            other, cell = root[first + s], inverse[t, s]
            for i in range(size):
                cell[i] *= one[i] * other[i]


@compiled
def _add_indicator(
    slope: Array,
    d: float,
    w: Array,
    wr: Array,
    wp: Array,
    first: int,
    last: int,
    precision: Array,
    along: Array,
    c: Array,
) -> None:
    """Add what one indicator says about the factors to P (lower triangle), b and c."""
    years, size = wr.shape
    for a in range(slope.size):
        for t in range(first, last):
            into, one = along[a * years + t], wr[t]
            for i in range(size):
                into[i] += slope[a] * one[i]
            for j in range(wp.shape[0]):
                into, one = c[j, a * years + t], wp[j, t]
                for i in range(size):
                    into[i] -= d * slope[a] * one[i]
            for b in range(a + 1):
                both = slope[a] * slope[b]
                end = t + 1 if a == b else last
                for s in range(first, end):
                    into, one = precision[a * years + t, b * years + s], w[t, s]
                    for i in range(size):
                        into[i] += both * one[i]
