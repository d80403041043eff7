r"""The likelihood with the authority effects integrated out, and its derivatives.

For one authority, indicator k and year t, on the oriented and standardised scale,

.. math::

    y_{kt} = \alpha_{kt} + \gamma_k x + \phi_k + e_{kt} + \epsilon_{kt}, \qquad
    \phi_k = \lambda_k^\top f + \delta_k,

with :math:`e_{kt} \sim N(0, \tau_k^2)`, :math:`\epsilon_{kt} \sim N(0, V_{kt})` of known
variance, :math:`\delta_k \sim N(0, \psi_k^2)` and :math:`f \sim N(0, I)`. Integration runs in
two steps, both exact. Years: with :math:`w_t = 1/(\tau^2 + V_t)`, :math:`S = \sum w_t` and
:math:`B = \sum w_t r_t`, the years of one indicator say no more about :math:`\phi` than
:math:`R = B/S` with precision :math:`S`, hence about :math:`\lambda^\top f` with precision
:math:`W = S/(1 + \psi^2 S)`. Factors: with :math:`P = I + \Lambda^\top W \Lambda` the
posterior of f is :math:`N(m, P^{-1})`, :math:`m = P^{-1}\Lambda^\top W R`, and

.. math::

    \log L = \tfrac12 \log|W| - \tfrac12 R^\top W R - \tfrac12 \log|P|
        + \tfrac12 (\Lambda^\top W R)^\top m .

A linear functional :math:`\theta = g^\top f + \omega^\top \delta` (either part may be zero) has
posterior mean :math:`h = c^\top m + \sum_k d_k W_k R_k` and variance
:math:`\sum_k \omega_k^2 \psi_k^2 + c^\top P^{-1} c - \sum_k d_k^2 W_k`, where
:math:`d_k = \omega_k \psi_k^2` and :math:`c = g - \Lambda^\top W d`. That mean and variance
are all that a judgement needs to know of the indicators.

The derivatives are those of Fisher's identity (for example
:math:`\partial \log L / \partial R = -W(R - \Lambda m)`), written out by hand and held to
automatic and finite differences by ``tests/test_kernel.py``. The constant
:math:`-\tfrac12 \log 2\pi` for each observed cell is included, so that log likelihoods of
different structures may be compared.

Arrays run (indicator, year, authority), authorities last, so that the compiler turns
every inner loop into vector instructions. This module knows arrays only;
:mod:`models.collapsed.operation` hands it to PyTensor.
"""

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LOG_2PI = float(np.log(2.0 * np.pi))

# Sums may be reordered and products fused; infinities and NaN keep their meaning.
_compiled = numba.njit(cache=True, error_model="numpy", fastmath={"reassoc", "contract", "arcp"})


@_compiled
def collapse(
    y: Array,
    variance: Array,
    observed: Array,
    x: Array,
    alpha: Array,
    gamma: Array,
    tau2: Array,
    psi2: Array,
    loading: Array,
    g: Array,
    d: Array,
) -> tuple[Array, Array, Array, Array, Array]:
    """Integrate the effects of every authority out.

    Parameters
    ----------
    y, variance, observed
        Observations, their known sampling variances, and 1.0 where there is one or 0.0
        where it is missing, (indicator, year, authority). Missing cells hold any
        finite observation and a positive variance.
    x
        Covariate of each authority, standardised; zeros leave it out.
    alpha
        Level of each indicator in each year, (indicator, year).
    gamma, tau2, psi2
        Slope on ``x``, variance particular to a year, and variance that is the
        indicator's own but lasts, (indicator,).
    loading
        Λ, (indicator, factor).
    g, d
        The functional θ: coefficients on the factors, (factor,), and on the
        indicators' own effects times their variance, (indicator,).

    Returns
    -------
    tuple
        Log likelihood, posterior mean of θ, and posterior variance of θ less the
        constant Σ ω²ψ², each over authorities; then, for
        :func:`collapse_gradient`, the pooled precision S and residual R,
        (indicator, authority).
    """
    indicators, years, authorities = y.shape
    precision = np.zeros((indicators, authorities))
    residual = np.zeros((indicators, authorities))
    log_likelihood = np.zeros(authorities)
    mean = np.zeros(authorities)
    spread = np.zeros(authorities)
    product = np.empty(authorities)
    squares = np.empty(authorities)
    for k in range(indicators):
        product[:] = 1.0
        squares[:] = 0.0
        for t in range(years):
            for i in range(authorities):
                seen = observed[k, t, i]
                w = seen / (tau2[k] + variance[k, t, i])
                r = y[k, t, i] - alpha[k, t] - gamma[k] * x[i]
                precision[k, i] += w
                residual[k, i] += w * r
                squares[i] += w * r * r + seen * LOG_2PI
                product[i] *= w + (1.0 - seen)
        for i in range(authorities):
            s = precision[k, i]
            r = residual[k, i] / (s if s > 0.0 else 1.0)
            w = s / (1.0 + psi2[k] * s)
            residual[k, i] = r
            log_likelihood[i] += 0.5 * (
                np.log(product[i] / (1.0 + psi2[k] * s)) - squares[i] + (s - w) * r * r
            )
            mean[i] += d[k] * w * r
            spread[i] -= d[k] * d[k] * w
    root, half, c = _factor_posterior(precision, residual, psi2, loading, g, d)
    for a in range(loading.shape[1]):
        for i in range(authorities):
            log_likelihood[i] += 0.5 * half[a, i] * half[a, i] - np.log(root[a, a, i])
            mean[i] += c[a, i] * half[a, i]
            spread[i] += c[a, i] * c[a, i]
    return log_likelihood, mean, spread, precision, residual


@_compiled
def _factor_posterior(
    precision: Array, residual: Array, psi2: Array, loading: Array, g: Array, d: Array
) -> tuple[Array, Array, Array]:
    """Give P's lower Cholesky factor, and its inverse times ΛᵀWR and times c."""
    indicators, factors = loading.shape
    authorities = precision.shape[1]
    root = np.zeros((factors, factors, authorities))
    half = np.zeros((factors, authorities))
    c = np.empty((factors, authorities))
    for a in range(factors):
        root[a, a, :] = 1.0
        c[a, :] = g[a]
    weight = np.empty(authorities)
    for k in range(indicators):
        for i in range(authorities):
            weight[i] = precision[k, i] / (1.0 + psi2[k] * precision[k, i])
        for a in range(factors):
            for i in range(authorities):
                half[a, i] += loading[k, a] * weight[i] * residual[k, i]
                c[a, i] -= d[k] * loading[k, a] * weight[i]
            for b in range(a + 1):
                both = loading[k, a] * loading[k, b]
                for i in range(authorities):
                    root[a, b, i] += both * weight[i]
    for a in range(factors):
        for b in range(a + 1):
            for j in range(b):
                for i in range(authorities):
                    root[a, b, i] -= root[a, j, i] * root[b, j, i]
            if a == b:
                for i in range(authorities):
                    root[a, a, i] = np.sqrt(root[a, a, i])
            else:
                for i in range(authorities):
                    root[a, b, i] /= root[b, b, i]
    _solve_lower(root, half)
    _solve_lower(root, c)
    return root, half, c


@_compiled
def _solve_lower(root: Array, vectors: Array) -> None:
    """Replace each authority's vector by root⁻¹ times it."""
    factors, authorities = vectors.shape
    for a in range(factors):
        for j in range(a):
            for i in range(authorities):
                vectors[a, i] -= root[a, j, i] * vectors[j, i]
        for i in range(authorities):
            vectors[a, i] /= root[a, a, i]


@_compiled
def _solve_upper(root: Array, vectors: Array) -> None:
    """Replace each authority's vector by root⁻ᵀ times it."""
    factors, authorities = vectors.shape
    for back in range(factors):
        a = factors - 1 - back
        for j in range(a + 1, factors):
            for i in range(authorities):
                vectors[a, i] -= root[j, a, i] * vectors[j, i]
        for i in range(authorities):
            vectors[a, i] /= root[a, a, i]


@_compiled
def collapse_gradient(
    y: Array,
    variance: Array,
    observed: Array,
    x: Array,
    alpha: Array,
    gamma: Array,
    tau2: Array,
    psi2: Array,
    loading: Array,
    g: Array,
    d: Array,
    precision: Array,
    residual: Array,
    on_log_likelihood: Array,
    on_mean: Array,
    on_spread: Array,
) -> tuple[Array, Array, Array, Array, Array, Array, Array]:
    """Pull derivatives with respect to :func:`collapse`'s outputs back to its parameters.

    Parameters
    ----------
    precision, residual
        As :func:`collapse` returned them; what comes before is what it was given.
    on_log_likelihood, on_mean, on_spread
        Derivative of some scalar with respect to each output, over authorities.

    Returns
    -------
    tuple
        Derivatives with respect to alpha, gamma, tau2, psi2, loading, g and d.
    """
    indicators, years, authorities = y.shape
    factors = loading.shape[1]
    to_alpha = np.zeros_like(alpha)
    to_gamma = np.zeros_like(gamma)
    to_tau2 = np.zeros_like(tau2)
    to_psi2 = np.zeros_like(psi2)
    to_loading = np.zeros_like(loading)
    to_g = np.zeros_like(g)
    to_d = np.zeros_like(d)
    root, m, t_vector = _factor_posterior(precision, residual, psi2, loading, g, d)
    _solve_upper(root, m)
    _solve_upper(root, t_vector)
    to_c = np.empty((factors, authorities))
    for a in range(factors):
        for i in range(authorities):
            to_c[a, i] = on_mean[i] * m[a, i] + 2.0 * on_spread[i] * t_vector[a, i]
            to_g[a] += to_c[a, i]
    fitted = np.empty(authorities)
    along_t = np.empty(authorities)
    along_c = np.empty(authorities)
    leverage = np.empty(authorities)
    solved = np.empty((factors, authorities))
    to_s = np.empty(authorities)
    to_b = np.empty(authorities)
    weight = np.empty(authorities)
    for k in range(indicators):
        fitted[:] = 0.0
        along_t[:] = 0.0
        along_c[:] = 0.0
        leverage[:] = 0.0
        for a in range(factors):
            for i in range(authorities):
                fitted[i] += loading[k, a] * m[a, i]
                along_t[i] += loading[k, a] * t_vector[a, i]
                along_c[i] += loading[k, a] * to_c[a, i]
                solved[a, i] = loading[k, a]
        _solve_lower(root, solved)
        _solve_upper(root, solved)
        for a in range(factors):
            for i in range(authorities):
                leverage[i] += loading[k, a] * solved[a, i]
        own_psi2 = 0.0
        own_d = 0.0
        for i in range(authorities):
            gl, gh, gs = on_log_likelihood[i], on_mean[i], on_spread[i]
            s, r = precision[k, i], residual[k, i]
            shrink = 1.0 / (1.0 + psi2[k] * s)
            w = s * shrink
            weight[i] = w
            error = r - fitted[i]
            # The terms in log W and log S cancel into log(1 + psi2 S), which has no pole at 0.
            to_w = (
                -gl * 0.5 * (error * error + leverage[i])
                + gh * (along_t[i] * error + d[k] * r)
                - gs * (along_t[i] * along_t[i] + d[k] * d[k])
                - d[k] * along_c[i]
            )
            to_r_by_s = shrink * (-gl * error + gh * (along_t[i] + d[k]))
            own_psi2 -= to_w * w * w + gl * 0.5 * w
            own_d += w * (gh * r - along_c[i] - 2.0 * gs * d[k])
            to_s[i] = (
                to_w * shrink * shrink - to_r_by_s * r - gl * 0.5 * (psi2[k] * shrink + r * r)
            )
            to_b[i] = to_r_by_s + gl * r
        to_psi2[k] = own_psi2
        to_d[k] = own_d
        for a in range(factors):
            total = 0.0
            for i in range(authorities):
                gl, gh, gs = on_log_likelihood[i], on_mean[i], on_spread[i]
                error = residual[k, i] - fitted[i]
                total += weight[i] * (
                    gl * (error * m[a, i] - solved[a, i])
                    + gh * (error * t_vector[a, i] - along_t[i] * m[a, i])
                    - 2.0 * gs * along_t[i] * t_vector[a, i]
                    - d[k] * to_c[a, i]
                )
            to_loading[k, a] = total
        own_gamma = 0.0
        own_tau2 = 0.0
        for t in range(years):
            level = 0.0
            for i in range(authorities):
                gl = on_log_likelihood[i]
                noise = tau2[k] + variance[k, t, i]
                w = observed[k, t, i] / noise
                r = y[k, t, i] - alpha[k, t] - gamma[k] * x[i]
                to_w = to_s[i] + to_b[i] * r - gl * 0.5 * r * r
                own_tau2 -= w * (w * to_w + gl * 0.5 * observed[k, t, i])
                to_r = w * (to_b[i] - gl * r)
                level -= to_r
                own_gamma -= x[i] * to_r
            to_alpha[k, t] = level
        to_tau2[k] = own_tau2
        to_gamma[k] = own_gamma
    return to_alpha, to_gamma, to_tau2, to_psi2, to_loading, to_g, to_d
