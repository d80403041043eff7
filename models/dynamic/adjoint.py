r"""Derivatives of :func:`models.dynamic.kernel.collapse`, by hand.

Write :math:`\bar L, \bar h_j, \bar X_{jl}` for the derivatives of some scalar with respect to
the three results of one authority (:math:`\bar X` made symmetric), :math:`t_j = P^{-1}c_j`.
Then

.. math::

    \bar c_j &= \bar h_j m + 2\textstyle\sum_l \bar X_{jl} t_l, \qquad
    \bar b = \bar L m + \textstyle\sum_j \bar h_j t_j, \\
    \bar P &= -\tfrac12\bar L(P^{-1} + mm^\top) - \mathrm{sym}\textstyle\sum_j
        t_j\bigl(\bar h_j m + \sum_l \bar X_{jl} t_l\bigr)^\top,

and for indicator k with :math:`\beta = \sum_a\lambda_a\bar b_a`, :math:`\kappa_j =
\sum_a\lambda_a\bar c_{ja}` and :math:`U = \sum_{ab}\lambda_a\lambda_b\bar P_{ab}`

.. math::

    -\bar C &= W U W + \tfrac12\bar L W + \mathrm{sym}\Bigl[Wr\,\bigl(W\beta - \tfrac12\bar L Wr +
        d\textstyle\sum_j\bar h_j Wp_j\bigr)^\top - \sum_j Wp_j\bigl(d W\kappa_j +
        d^2\sum_l\bar X_{jl}Wp_l\bigr)^\top\Bigr], \\
    \bar r &= W\beta - \bar L Wr + d\textstyle\sum_j\bar h_j Wp_j, \qquad
    \bar p_j = d\bar h_j Wr - dW\kappa_j - 2d^2\sum_l\bar X_{jl}Wp_l ,

where sym of a matrix is the mean of it and its transpose. What is left follows from
:math:`C = \psi^2 R + \mathrm{diag}(\tau^2 + V)`.
"""

import numpy as np

from models.dynamic.algebra import Array, add_dot, compiled, multiply
from models.dynamic.kernel import BLOCK, Block, Integers, solve_block

Gradient = tuple[Array, Array, Array, Array, Array, Array, Array, Array, Array, Array, Array]


@compiled
def collapse_gradient(
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
    on_log_likelihood: Array,
    on_mean: Array,
    on_spread: Array,
) -> Gradient:
    """Pull derivatives with respect to the results back to the parameters.

    Parameters
    ----------
    on_log_likelihood, on_mean, on_spread
        Derivative of some scalar with respect to each result; what comes before is what
        :func:`models.dynamic.kernel.collapse` was given.

    Returns
    -------
    tuple
        Derivatives with respect to alpha, gamma, tau2, psi2, loading, g, d, path, own, rows
        and reach, of their shapes.
    """
    gradient = (
        np.zeros_like(alpha),
        np.zeros_like(gamma),
        np.zeros_like(tau2),
        np.zeros_like(psi2),
        np.zeros_like(loading),
        np.zeros_like(g),
        np.zeros_like(d),
        np.zeros_like(path),
        np.zeros_like(own),
        np.zeros_like(rows),
        np.zeros_like(reach),
    )
    authorities = y.shape[2]
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
        used = block[8].shape[0]
        on_c, on_b, on_p, on_x = _factors_adjoint(
            block,
            on_log_likelihood[start:stop],
            on_mean[:used, start:stop],
            on_spread[:used, :used, start:stop],
        )
        _add_functional(on_c, on_p, g, rows[:used, :, start:stop], gradient, start, stop)
        for k in range(gamma.size):
            _pull_back_indicator(
                k,
                span[k, 0],
                span[k, 1],
                pattern[k],
                block,
                psi2[k],
                loading[k],
                d[k],
                own[pattern[k]],
                reach[pattern[k], :used, :, start:stop],
                x[:, start:stop],
                on_log_likelihood[start:stop],
                on_mean[:used, start:stop],
                on_x,
                on_c,
                on_b,
                on_p,
                gradient,
                start,
                stop,
            )
    return gradient


@compiled
def _factors_adjoint(
    block: Block, on_log_likelihood: Array, on_mean: Array, on_spread: Array
) -> tuple[Array, Array, Array, Array]:
    """Return the derivatives with respect to c, b and P, and X̄ made symmetric."""
    inverse, m, solved = block[4], block[5], block[6]
    used, length, size = solved.shape
    on_x = np.empty((used, used, size))
    on_c = np.empty((used, length, size))
    onto = np.empty((used, length, size))
    on_b = np.empty((length, size))
    for j in range(used):
        for n in range(used):
            for i in range(size):
                on_x[j, n, i] = 0.5 * (on_spread[j, n, i] + on_spread[n, j, i])
    for a in range(length):
        for i in range(size):
            on_b[a, i] = on_log_likelihood[i] * m[a, i]
        for j in range(used):
            straight, twice = onto[j, a], on_c[j, a]
            for i in range(size):
                on_b[a, i] += on_mean[j, i] * solved[j, a, i]
                straight[i] = on_mean[j, i] * m[a, i]
                twice[i] = straight[i]
            for n in range(used):
                for i in range(size):
                    part = on_x[j, n, i] * solved[n, a, i]
                    straight[i] += part
                    twice[i] += 2.0 * part
    on_p = np.empty((length, length, size))
    for a in range(length):
        for b in range(a + 1):
            cell = on_p[a, b]
            for i in range(size):
                cell[i] = -0.5 * on_log_likelihood[i] * (inverse[a, b, i] + m[a, i] * m[b, i])
            for j in range(used):
                ta, tb, ea, eb = solved[j, a], solved[j, b], onto[j, a], onto[j, b]
                for i in range(size):
                    cell[i] -= 0.5 * (ta[i] * eb[i] + ea[i] * tb[i])
            if a != b:
                on_p[b, a, :] = cell
    return on_c, on_b, on_p, on_x


@compiled
def _add_functional(
    on_c: Array, on_p: Array, g: Array, rows: Array, gradient: Gradient, start: int, stop: int
) -> None:
    """Add a block's share to the derivatives with respect to g, Q and the rows."""
    used, years, size = rows.shape
    to_g, to_path, to_rows = gradient[5], gradient[7], gradient[9]
    for a in range(g.size):
        for j in range(used):
            for t in range(years):
                total = 0.0
                along, row = on_c[j, a * years + t], rows[j, t]
                into = to_rows[j, t, start:stop]
                for i in range(size):
                    total += along[i] * row[i]
                    into[i] += g[a] * along[i]
                to_g[a] += total
        for t in range(years):
            for s in range(years):
                to_path[t, s] += on_p[a * years + t, a * years + s].sum()


@compiled
def _pull_back_indicator(
    k: int,
    first: int,
    last: int,
    pattern: int,
    block: Block,
    psi2: float,
    slope: Array,
    d: float,
    own: Array,
    reach: Array,
    x: Array,
    on_log_likelihood: Array,
    on_mean: Array,
    on_x: Array,
    on_c: Array,
    on_b: Array,
    on_p: Array,
    gradient: Gradient,
    start: int,
    stop: int,
) -> None:
    """Add one indicator's share of a block to the derivatives."""
    length, size = last - first, stop - start
    used, factors, years = reach.shape[0], slope.size, x.shape[0]
    w = block[0][k, first:last, first:last]
    wr, wp = block[2][k, first:last], block[3][k, :, first:last]
    beta = np.zeros((length, size))
    kappa = np.zeros((used, length, size))
    for a in range(factors):
        base = a * years + first
        for t in range(length):
            into, one = beta[t], on_b[base + t]
            for i in range(size):
                into[i] += slope[a] * one[i]
            for j in range(used):
                into, one = kappa[j, t], on_c[j, base + t]
                for i in range(size):
                    into[i] += slope[a] * one[i]
    _add_loading(k, first, years, w, wr, wp, slope, d, on_c, on_b, on_p, gradient[4])
    to_d = np.zeros(size)
    for j in range(used):
        part = np.zeros(size)
        add_dot(reach[j, first:last], wr, part)
        for i in range(size):
            to_d[i] += on_mean[j, i] * part[i]
        part[:] = 0.0
        add_dot(kappa[j], wp[j], part)
        for i in range(size):
            to_d[i] -= part[i]
        for n in range(used):
            part[:] = 0.0
            add_dot(reach[j, first:last], wp[n], part)
            for i in range(size):
                to_d[i] -= 2.0 * d * on_x[j, n, i] * part[i]
    gradient[6][k] += to_d.sum()
    onto_r, onto_p = _rank_terms(
        pattern, first, w, wr, wp, d, beta, kappa, on_mean, on_x, gradient[10], start
    )
    _add_level(k, first, wr, onto_r, on_log_likelihood, x, gradient[0], gradient[1])
    _add_covariance(
        k,
        first,
        pattern,
        years,
        w,
        wr,
        wp,
        onto_r,
        onto_p,
        psi2,
        slope,
        own,
        on_log_likelihood,
        on_p,
        gradient,
    )


@compiled
def _add_loading(
    k: int,
    first: int,
    years: int,
    w: Array,
    wr: Array,
    wp: Array,
    slope: Array,
    d: float,
    on_c: Array,
    on_b: Array,
    on_p: Array,
    to_loading: Array,
) -> None:
    """Add one indicator's share of a block to the derivative with respect to its loadings."""
    length = w.shape[0]
    for a in range(slope.size):
        total = 0.0
        for t in range(length):
            total += (on_b[a * years + first + t] * wr[t]).sum()
            for j in range(wp.shape[0]):
                total -= d * (on_c[j, a * years + first + t] * wp[j, t]).sum()
            for b in range(slope.size):
                inner = 0.0
                for s in range(length):
                    cell = on_p[a * years + first + t, b * years + first + s]
                    one = w[t, s]
                    for i in range(cell.size):
                        inner += cell[i] * one[i]
                total += 2.0 * slope[b] * inner
        to_loading[k, a] += total


@compiled
def _rank_terms(
    pattern: int,
    first: int,
    w: Array,
    wr: Array,
    wp: Array,
    d: float,
    beta: Array,
    kappa: Array,
    on_mean: Array,
    on_x: Array,
    to_reach: Array,
    start: int,
) -> tuple[Array, Array]:
    """Return what multiplies Wr (but for L̄'s share) and Wp in C̄; add the derivative of p."""
    used, length, size = wp.shape
    onto_r = np.empty((length, size))
    onto_p = np.empty((used, length, size))
    multiply(w, beta, onto_r)
    for j in range(used):
        multiply(w, kappa[j], onto_p[j])
        for t in range(length):
            into, one, q = (
                to_reach[pattern, j, first + t, start : start + size],
                wr[t],
                onto_p[j, t],
            )
            for i in range(size):
                q[i] *= -d
                onto_r[t, i] += d * on_mean[j, i] * wp[j, t, i]
                into[i] += q[i] + d * on_mean[j, i] * one[i]
            for n in range(used):
                for i in range(size):
                    part = d * d * on_x[j, n, i] * wp[n, t, i]
                    q[i] -= part
                    into[i] -= 2.0 * part
    return onto_r, onto_p


@compiled
def _add_level(
    k: int,
    first: int,
    wr: Array,
    onto_r: Array,
    on_log_likelihood: Array,
    x: Array,
    to_alpha: Array,
    to_gamma: Array,
) -> None:
    """Add one indicator's share of a block to the derivatives of its levels and slope."""
    length, size = wr.shape
    for t in range(length):
        level, steep = 0.0, 0.0
        for i in range(size):
            to_r = onto_r[t, i] - on_log_likelihood[i] * wr[t, i]
            level -= to_r
            steep -= to_r * x[first + t, i]
        to_alpha[k, first + t] += level
        to_gamma[k] += steep


@compiled
def _add_covariance(
    k: int,
    first: int,
    pattern: int,
    years: int,
    w: Array,
    wr: Array,
    wp: Array,
    onto_r: Array,
    onto_p: Array,
    psi2: float,
    slope: Array,
    own: Array,
    on_log_likelihood: Array,
    on_p: Array,
    gradient: Gradient,
) -> None:
    """Add one indicator's share of a block to the derivatives of τ², ψ² and R, through C̄."""
    length, size = wr.shape
    u = np.zeros((length, length, size))
    for a in range(slope.size):
        for b in range(slope.size):
            both = slope[a] * slope[b]
            for t in range(length):
                for s in range(length):
                    into = u[t, s]
                    cell = on_p[a * years + first + t, b * years + first + s]
                    for i in range(size):
                        into[i] += both * cell[i]
    column = np.empty((length, size))
    inner = np.empty((length, length, size))
    for s in range(length):
        multiply(u, w[s], column)
        inner[s] = column
    to_tau2, to_psi2, to_own = gradient[2], gradient[3], gradient[8]
    for t in range(length):
        for s in range(t + 1):
            cell = np.zeros(size)
            add_dot(inner[t], w[s], cell)
            for i in range(size):
                cell[i] += 0.5 * on_log_likelihood[i] * (w[t, s, i] - wr[t, i] * wr[s, i])
                cell[i] += 0.5 * (wr[t, i] * onto_r[s, i] + onto_r[t, i] * wr[s, i])
            for j in range(wp.shape[0]):
                one, other, q, p = wp[j, t], wp[j, s], onto_p[j, t], onto_p[j, s]
                for i in range(size):
                    cell[i] += 0.5 * (one[i] * p[i] + q[i] * other[i])
            total = -cell.sum()
            to_own[pattern, first + t, first + s] += psi2 * total
            to_psi2[k] += own[first + t, first + s] * total
            if s == t:
                to_tau2[k] += total
            else:
                to_own[pattern, first + s, first + t] += psi2 * total
                to_psi2[k] += own[first + s, first + t] * total
