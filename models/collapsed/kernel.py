r"""The likelihood with the authority effects integrated out, and its derivatives.

For one authority, indicator k and year t, on the oriented and standardised scale,

.. math::

    y_{kt} = \alpha_{kt} + \gamma_k^\top x + \phi_k + e_{kt} + \epsilon_{kt}, \qquad
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

Authorities may have effects of unequal size: with :math:`a_i` and :math:`q_i`, the variances of
authority i's effects and of what is particular to its years as multiples of the above,
:math:`\phi` is :math:`\sqrt{a_i}` times effects of the common variance. In their units R is
:math:`R/\sqrt{a_i}` with precision :math:`a_i S`, everything after the years stays as it is, and
the moments are those of :math:`\theta/\sqrt{a_i}`.

The derivatives are those of Fisher's identity (for example
:math:`\partial \log L / \partial R = -W(R - \Lambda m)`), written out by hand and held to
automatic and finite differences by ``tests/test_kernel.py``. The constant
:math:`-\tfrac12 \log 2\pi` for each observed cell is included, so that log likelihoods of
different structures may be compared.

Arrays run (indicator, year, authority), authorities last, so that the compiler turns
every inner loop into vector instructions, and authorities are taken in blocks that stay
in the processor's cache, so that the cost is linear in their number. This module knows
arrays only; :mod:`models.collapsed.operation` hands it to PyTensor.
"""

from typing import Any

import numba
import numpy as np
from llvmlite import binding
from numba import carray, types
from numpy.typing import NDArray

Array = NDArray[np.float64]

LOG_2PI = float(np.log(2.0 * np.pi))

# Authorities to a block: work arrays of 20 to 100 indicators stay in the second-level cache.
_BLOCK = 192
# Precisions multiplied before a logarithm is taken: each lies within 1e±20 wherever a sampler
# goes, so that no product of so few can overflow.
_MULTIPLIED = 12

# One file for both directions: numba's cache of a compiled function does not notice a change in
# functions of other files that it calls.
#
# Each direction is compiled once, as a function of addresses that other compiled code finds by
# its name (`_named`). Numba copies every function that it compiles into each of its callers and
# optimises it there again, in PyTensor's wrapper, its graph and the sampler's function, and once
# more for every layout of the arguments. Nor are arrays assigned to slices of arrays: numba would
# compile the words of the error that arrays of two sizes would raise, which takes longer than a
# direction's mathematics.
#
# Nothing may be reordered or fused: what a compiler makes of such freedom depends on the code
# around a call, and differs between a model compiled now and one from the compile cache. Sums
# over authorities are vector instructions all the same, since their order is written out.
_compiled = numba.njit(cache=True, error_model="numpy")
# Only compiled code calls these: wrappers for Python would take a tenth of the compiling.
_inner = numba.njit(
    cache=True, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)

_NUMBERS = types.CPointer(types.float64)
# Indicators, years, authorities, covariates, factors; then the arrays, those filled in last.
_COLLAPSE = types.void(*[types.int64] * 5, *[_NUMBERS] * 17)
_GRADIENT = types.void(*[types.int64] * 5, *[_NUMBERS] * 26)


def _named(signature: Any, name: str, function: Any) -> Any:
    """Compile a function of addresses, and give what calls it by name in compiled code."""
    compiled = numba.cfunc(signature, cache=True, error_model="numpy")(function)
    _KEPT.append(compiled)
    binding.add_symbol(name, compiled.address)
    return types.ExternalFunction(name, signature)


# What is called by name is not seen to be in use.
_KEPT: list[Any] = []


@_inner
def _add_factors(
    root: Array,
    half: Array,
    c: Array,
    log_likelihood: Array,
    mean: Array,
    spread: Array,
    start: int,
    stop: int,
) -> None:
    """Add what the factors contribute to a block's likelihood and moments."""
    factors, size = len(half), stop - start
    likelihood, theta, less = log_likelihood[start:stop], mean[start:stop], spread[start:stop]
    product = np.empty(size)
    product[:] = 1.0
    for a in range(factors):
        along, onto = half[a, start:stop], c[a, start:stop]
        reciprocal = root[a * factors + a, start:stop]
        for i in range(size):
            likelihood[i] += 0.5 * along[i] * along[i]
            theta[i] += onto[i] * along[i]
            less[i] += onto[i] * onto[i]
            product[i] *= reciprocal[i]
        if (a + 1) % _MULTIPLIED == 0 or a == factors - 1:
            for i in range(size):
                likelihood[i] += np.log(product[i])
                product[i] = 1.0


@_inner
def _block_size(authorities: int) -> int:
    """Cut authorities into blocks of nearly one size."""
    blocks = (authorities + _BLOCK - 1) // _BLOCK
    return max(1, (authorities + blocks - 1) // max(1, blocks))


@_inner
def _pool_years(
    y: Array,
    variance: Array,
    observed: Array,
    x: Array,
    alpha: Array,
    gamma: Array,
    tau2: Array,
    psi2: Array,
    d: Array,
    effect_ratio: Array,
    year_ratio: Array,
    precision: Array,
    residual: Array,
    log_likelihood: Array,
    mean: Array,
    spread: Array,
    start: int,
    stop: int,
) -> None:
    """Pool a block's years by indicator, and add what does not involve the factors."""
    indicators, years, _ = y.shape
    size = stop - start
    likelihood, theta, less = log_likelihood[start:stop], mean[start:stop], spread[start:stop]
    ratio, of_years = effect_ratio[start:stop], year_ratio[start:stop]
    shift = np.empty(size)
    product = np.empty(size)
    product[:] = 1.0
    squares = np.zeros(size)
    multiplied = 0
    for k in range(indicators):
        s, b = precision[k, start:stop], residual[k, start:stop]
        s[:] = 0.0
        b[:] = 0.0
        _shift(x, gamma[k, :], shift, start, stop)
        for t in range(years):
            value, noise = y[k, t, start:stop], variance[k, t, start:stop]
            seen = observed[k, t, start:stop]
            for i in range(size):
                w = seen[i] / (tau2[k] * of_years[i] + noise[i])
                r = value[i] - alpha[k, t] - shift[i]
                s[i] += w
                b[i] += w * r
                squares[i] += w * r * r + seen[i] * LOG_2PI
                product[i] *= w + (1.0 - seen[i])
        for i in range(size):
            r = b[i] / (s[i] if s[i] > 0.0 else 1.0) / np.sqrt(ratio[i])
            s[i] *= ratio[i]
            shrink = 1.0 / (1.0 + psi2[k] * s[i])
            w = s[i] * shrink
            b[i] = r
            product[i] *= shrink
            squares[i] -= (s[i] - w) * r * r
            theta[i] += d[k] * w * r
            less[i] -= d[k] * d[k] * w
        multiplied += years + 1
        if multiplied + years + 1 > _MULTIPLIED or k == indicators - 1:
            for i in range(size):
                likelihood[i] += 0.5 * np.log(product[i])
                product[i] = 1.0
            multiplied = 0
    for i in range(size):
        likelihood[i] -= 0.5 * squares[i]


@_inner
def _shift(x: Array, slopes: Array, shift: Array, start: int, stop: int) -> None:
    """Give what the covariates explain of one indicator in a block's authorities."""
    shift[:] = 0.0
    for b in range(slopes.size):
        along = x[b, start:stop]
        for i in range(stop - start):
            shift[i] += slopes[b] * along[i]


@_inner
def _factor_posterior(
    precision: Array,
    residual: Array,
    psi2: Array,
    loading: Array,
    g: Array,
    d: Array,
    root: Array,
    half: Array,
    c: Array,
    start: int,
    stop: int,
) -> None:
    """Give a block's lower Cholesky factor of P, and its inverse times ΛᵀWR and times c.

    The factor's diagonal is kept as its reciprocals, so that solving divides nothing. Its rows
    are one after the other, one row of ``root`` a cell.
    """
    indicators, factors = loading.shape
    size = stop - start
    for a in range(factors):
        for b in range(factors):
            root[a * factors + b, start:stop] = 1.0 if a == b else 0.0
        half[a, start:stop] = 0.0
        c[a, start:stop] = g[a]
    weight = np.empty(size)
    for k in range(indicators):
        s, r = precision[k, start:stop], residual[k, start:stop]
        for i in range(size):
            weight[i] = s[i] / (1.0 + psi2[k] * s[i])
        for a in range(factors):
            along, onto = half[a, start:stop], c[a, start:stop]
            for i in range(size):
                along[i] += loading[k, a] * weight[i] * r[i]
                onto[i] -= d[k] * loading[k, a] * weight[i]
            for b in range(a + 1):
                both = loading[k, a] * loading[k, b]
                cell = root[a * factors + b, start:stop]
                for i in range(size):
                    cell[i] += both * weight[i]
    for a in range(factors):
        for b in range(a + 1):
            cell = root[a * factors + b, start:stop]
            for j in range(b):
                one, other = (
                    root[a * factors + j, start:stop],
                    root[b * factors + j, start:stop],
                )
                for i in range(size):
                    cell[i] -= one[i] * other[i]
            if a == b:
                for i in range(size):
                    cell[i] = 1.0 / np.sqrt(cell[i])
            else:
                reciprocal = root[b * factors + b, start:stop]
                for i in range(size):
                    cell[i] *= reciprocal[i]
    _solve_lower(root, half, start, start, stop - start)
    _solve_lower(root, c, start, start, stop - start)


@_inner
def _solve_lower(root: Array, vectors: Array, start: int, first: int, size: int) -> None:
    """Replace each authority's vector by root⁻¹ times it.

    The authorities begin at ``start`` in ``root`` and at ``first`` in ``vectors``.
    """
    factors = len(vectors)
    for a in range(factors):
        into = vectors[a, first : first + size]
        reciprocal = root[a * factors + a, start : start + size]
        for j in range(a):
            solved = vectors[j, first : first + size]
            cell = root[a * factors + j, start : start + size]
            for i in range(size):
                into[i] -= cell[i] * solved[i]
        for i in range(size):
            into[i] *= reciprocal[i]


@_inner
def _solve_upper(root: Array, vectors: Array, start: int) -> None:
    """Replace each authority's vector by root⁻ᵀ times it; they begin at ``start`` in ``root``."""
    factors, size = vectors.shape
    for back in range(factors):
        a = factors - 1 - back
        into, reciprocal = vectors[a, :], root[a * factors + a, start : start + size]
        for j in range(a + 1, factors):
            solved, cell = vectors[j, :], root[j * factors + a, start : start + size]
            for i in range(size):
                into[i] -= cell[i] * solved[i]
        for i in range(size):
            into[i] *= reciprocal[i]


@_inner
def _inverse(root: Array, factors: int, start: int, size: int) -> Array:
    """Return each authority's P⁻¹, (factor, factor, authority)."""
    inverse = np.zeros((factors, factors, size))
    for a in range(factors):
        column = inverse[a]
        column[a, :] = 1.0
        # Numba would compile the solver again for a literal 0.
        _solve_lower(root, column, start, np.int64(0), size)
        _solve_upper(root, column, start)
    return inverse


@_inner
def _solved_upper(root: Array, half: Array, start: int, size: int) -> Array:
    """Return root⁻ᵀ times each authority's vector."""
    solved = np.empty((len(half), size))
    for a in range(len(half)):
        one, along = solved[a, :], half[a, start : start + size]
        for i in range(size):
            one[i] = along[i]
    _solve_upper(root, solved, start)
    return solved


@_inner
def _in_lanes(size: int) -> Array:
    """Return an array for so many terms of a sum, zeros after them up to a multiple of eight."""
    return np.zeros((size + 7) // 8 * 8)


@_inner
def _total(terms: Array) -> float:
    """Sum in eight lanes, in an order that no compiler changes; the length is a multiple of 8."""
    a = b = c = d = e = f = g = h = 0.0
    for i in range(0, terms.size, 8):
        a += terms[i]
        b += terms[i + 1]
        c += terms[i + 2]
        d += terms[i + 3]
        e += terms[i + 4]
        f += terms[i + 5]
        g += terms[i + 6]
        h += terms[i + 7]
    return ((a + e) + (b + f)) + ((c + g) + (d + h))


@_inner
def _parts(kept: Array, indicators: int, factors: int) -> tuple[Array, Array, Array, Array, Array]:
    """Give what one direction keeps for the other: S, R, P's root, and root⁻¹ΛᵀWR and root⁻¹c."""
    beyond = 2 * indicators + factors * factors
    return (
        kept[:indicators],
        kept[indicators : 2 * indicators],
        kept[2 * indicators : beyond],
        kept[beyond : beyond + factors],
        kept[beyond + factors :],
    )


@_inner
def _copied(vector: Array) -> Array:
    """Return a vector in one piece: NumPy's way for any layout takes half a second to compile."""
    copied = np.empty(vector.size)
    for i in range(vector.size):
        copied[i] = vector[i]
    return copied


@_compiled
def rows_kept(indicators: int, factors: int) -> int:
    """Count the rows of all of that, an authority a column."""
    return 2 * indicators + factors * (factors + 2)


@_inner
def _pull_back_block(
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
    effect_ratio: Array,
    year_ratio: Array,
    kept: Array,
    on_log_likelihood: Array,
    on_mean: Array,
    on_spread: Array,
    to_alpha: Array,
    to_gamma: Array,
    to_tau2: Array,
    to_psi2: Array,
    to_loading: Array,
    to_g: Array,
    to_d: Array,
    to_effect_ratio: Array,
    to_year_ratio: Array,
    start: int,
    stop: int,
) -> None:
    """Add one block's share to the derivatives.

    Weights and residuals of single years are computed again in the cache rather than kept by
    the first direction: memory for all of them costs more than the arithmetic.
    """
    indicators, years, _ = y.shape
    factors = loading.shape[1]
    size = stop - start
    gl, gh, gs = on_log_likelihood[start:stop], on_mean[start:stop], on_spread[start:stop]
    precision, residual, root, half, c = _parts(kept, indicators, factors)
    m = _solved_upper(root, half, start, size)
    t_vector = _solved_upper(root, c, start, size)
    inverse = _inverse(root, factors, start, size)
    shift, to_shift = np.empty(size), np.empty(size)
    to_c = np.empty((factors, size))
    terms, others = _in_lanes(size), _in_lanes(size)
    for a in range(factors):
        for i in range(size):
            to_c[a, i] = gh[i] * m[a, i] + 2.0 * gs[i] * t_vector[a, i]
            terms[i] = to_c[a, i]
        to_g[a] += _total(terms)
    error = np.empty(size)
    along_t = np.empty(size)
    along_c = np.empty(size)
    leverage = np.empty(size)
    solved = np.empty((factors, size))
    to_s = np.empty(size)
    to_b = np.empty(size)
    weight = np.empty(size)
    ratio, of_years = effect_ratio[start:stop], year_ratio[start:stop]
    to_ratio, to_of_years = to_effect_ratio[start:stop], to_year_ratio[start:stop]
    for k in range(indicators):
        s, pooled = precision[k, start:stop], residual[k, start:stop]
        for i in range(size):
            error[i] = pooled[i]
        along_t[:] = 0.0
        along_c[:] = 0.0
        leverage[:] = 0.0
        for a in range(factors):
            slope = loading[k, a]
            ma, ta, ca = m[a, :], t_vector[a, :], to_c[a, :]
            for i in range(size):
                error[i] -= slope * ma[i]
                along_t[i] += slope * ta[i]
                along_c[i] += slope * ca[i]
        for a in range(factors):
            into = solved[a, :]
            into[:] = 0.0
            for b in range(factors):
                slope, cell = loading[k, b], inverse[a, b, :]
                for i in range(size):
                    into[i] += slope * cell[i]
            slope = loading[k, a]
            for i in range(size):
                leverage[i] += slope * into[i]
        dk, variance_k = d[k], psi2[k]
        for i in range(size):
            shrink = 1.0 / (1.0 + variance_k * s[i])
            w = s[i] * shrink
            weight[i] = w
            # The terms in log W and log S cancel into log(1 + psi2 S), which has no pole at 0.
            to_w = (
                -gl[i] * 0.5 * (error[i] * error[i] + leverage[i])
                + gh[i] * (along_t[i] * error[i] + dk * pooled[i])
                - gs[i] * (along_t[i] * along_t[i] + dk * dk)
                - dk * along_c[i]
            )
            to_r_by_s = shrink * (-gl[i] * error[i] + gh[i] * (along_t[i] + dk))
            terms[i] = to_w * w * w + gl[i] * 0.5 * w
            others[i] = w * (gh[i] * pooled[i] - along_c[i] - 2.0 * gs[i] * dk)
            to_s[i] = (
                to_w * shrink * shrink
                - to_r_by_s * pooled[i]
                - gl[i] * 0.5 * (variance_k * shrink + pooled[i] * pooled[i])
            )
            to_b[i] = to_r_by_s + gl[i] * pooled[i]
            # The years know S and B; the rest knows a S and the root of a times B.
            to_ratio[i] += s[i] * (to_s[i] + 0.5 * to_b[i] * pooled[i]) / ratio[i]
            to_s[i] *= ratio[i]
            to_b[i] *= np.sqrt(ratio[i])
        to_psi2[k] -= _total(terms)
        to_d[k] += _total(others)
        for a in range(factors):
            ma, ta, ca, into = m[a, :], t_vector[a, :], to_c[a, :], solved[a, :]
            for i in range(size):
                terms[i] = weight[i] * (
                    gl[i] * (error[i] * ma[i] - into[i])
                    + gh[i] * (error[i] * ta[i] - along_t[i] * ma[i])
                    - 2.0 * gs[i] * along_t[i] * ta[i]
                    - dk * ca[i]
                )
            to_loading[k, a] += _total(terms)
        _shift(x, gamma[k, :], shift, start, stop)
        to_shift[:] = 0.0
        others[:] = 0.0
        for t in range(years):
            value, noise = y[k, t, start:stop], variance[k, t, start:stop]
            seen = observed[k, t, start:stop]
            for i in range(size):
                w = seen[i] / (tau2[k] * of_years[i] + noise[i])
                r = value[i] - alpha[k, t] - shift[i]
                to_w = to_s[i] + to_b[i] * r - gl[i] * 0.5 * r * r
                to_noise = w * (w * to_w + gl[i] * 0.5)
                others[i] += of_years[i] * to_noise
                to_of_years[i] -= tau2[k] * to_noise
                to_r = w * (to_b[i] - gl[i] * r)
                terms[i] = to_r
                to_shift[i] -= to_r
            to_alpha[k, t] -= _total(terms)
        to_tau2[k] -= _total(others)
        for b in range(x.shape[0]):
            along = x[b, start:stop]
            for i in range(size):
                terms[i] = along[i] * to_shift[i]
            to_gamma[k, b] += _total(terms)


def _collapse(
    indicators: Any,
    years: Any,
    authorities: Any,
    covariates: Any,
    factors: Any,
    y_at: Any,
    variance_at: Any,
    observed_at: Any,
    x_at: Any,
    alpha_at: Any,
    gamma_at: Any,
    tau2_at: Any,
    psi2_at: Any,
    loading_at: Any,
    g_at: Any,
    d_at: Any,
    effect_ratio_at: Any,
    year_ratio_at: Any,
    log_likelihood_at: Any,
    mean_at: Any,
    spread_at: Any,
    kept_at: Any,
) -> None:
    """Fill in the outputs of :func:`collapse`, block by block; they begin at zero."""
    y = carray(y_at, (indicators, years, authorities))
    variance = carray(variance_at, (indicators, years, authorities))
    observed = carray(observed_at, (indicators, years, authorities))
    x = carray(x_at, (covariates, authorities))
    alpha = carray(alpha_at, (indicators, years))
    gamma = carray(gamma_at, (indicators, covariates))
    tau2 = carray(tau2_at, (indicators,))
    psi2 = carray(psi2_at, (indicators,))
    loading = carray(loading_at, (indicators, factors))
    g = carray(g_at, (factors,))
    d = carray(d_at, (indicators,))
    effect_ratio = carray(effect_ratio_at, (authorities,))
    year_ratio = carray(year_ratio_at, (authorities,))
    log_likelihood = carray(log_likelihood_at, (authorities,))
    mean = carray(mean_at, (authorities,))
    spread = carray(spread_at, (authorities,))
    kept = carray(kept_at, (rows_kept(indicators, factors), authorities))
    precision, residual, root, half, c = _parts(kept, indicators, factors)
    size = _block_size(authorities)
    for start in range(0, authorities, size):
        stop = min(start + size, authorities)
        _pool_years(
            y,
            variance,
            observed,
            x,
            alpha,
            gamma,
            tau2,
            psi2,
            d,
            effect_ratio,
            year_ratio,
            precision,
            residual,
            log_likelihood,
            mean,
            spread,
            start,
            stop,
        )
        _factor_posterior(precision, residual, psi2, loading, g, d, root, half, c, start, stop)
        _add_factors(root, half, c, log_likelihood, mean, spread, start, stop)


_collapse_by_name = _named(_COLLAPSE, "authority_effects_collapse", _collapse)


def _collapse_gradient(
    indicators: Any,
    years: Any,
    authorities: Any,
    covariates: Any,
    factors: Any,
    y_at: Any,
    variance_at: Any,
    observed_at: Any,
    x_at: Any,
    alpha_at: Any,
    gamma_at: Any,
    tau2_at: Any,
    psi2_at: Any,
    loading_at: Any,
    g_at: Any,
    d_at: Any,
    effect_ratio_at: Any,
    year_ratio_at: Any,
    kept_at: Any,
    on_log_likelihood_at: Any,
    on_mean_at: Any,
    on_spread_at: Any,
    to_alpha_at: Any,
    to_gamma_at: Any,
    to_tau2_at: Any,
    to_psi2_at: Any,
    to_loading_at: Any,
    to_g_at: Any,
    to_d_at: Any,
    to_effect_ratio_at: Any,
    to_year_ratio_at: Any,
) -> None:
    """Fill in the derivatives of :func:`collapse_gradient`, which begin at zero."""
    y = carray(y_at, (indicators, years, authorities))
    variance = carray(variance_at, (indicators, years, authorities))
    observed = carray(observed_at, (indicators, years, authorities))
    x = carray(x_at, (covariates, authorities))
    alpha = carray(alpha_at, (indicators, years))
    gamma = carray(gamma_at, (indicators, covariates))
    tau2 = carray(tau2_at, (indicators,))
    psi2 = carray(psi2_at, (indicators,))
    loading = carray(loading_at, (indicators, factors))
    g = carray(g_at, (factors,))
    d = carray(d_at, (indicators,))
    effect_ratio = carray(effect_ratio_at, (authorities,))
    year_ratio = carray(year_ratio_at, (authorities,))
    kept = carray(kept_at, (rows_kept(indicators, factors), authorities))
    on_log_likelihood = carray(on_log_likelihood_at, (authorities,))
    on_mean = carray(on_mean_at, (authorities,))
    on_spread = carray(on_spread_at, (authorities,))
    to_alpha = carray(to_alpha_at, (indicators, years))
    to_gamma = carray(to_gamma_at, (indicators, covariates))
    to_tau2 = carray(to_tau2_at, (indicators,))
    to_psi2 = carray(to_psi2_at, (indicators,))
    to_loading = carray(to_loading_at, (indicators, factors))
    to_g = carray(to_g_at, (factors,))
    to_d = carray(to_d_at, (indicators,))
    to_effect_ratio = carray(to_effect_ratio_at, (authorities,))
    to_year_ratio = carray(to_year_ratio_at, (authorities,))
    size = _block_size(authorities)
    for start in range(0, authorities, size):
        _pull_back_block(
            y,
            variance,
            observed,
            x,
            alpha,
            gamma,
            tau2,
            psi2,
            loading,
            g,
            d,
            effect_ratio,
            year_ratio,
            kept,
            on_log_likelihood,
            on_mean,
            on_spread,
            to_alpha,
            to_gamma,
            to_tau2,
            to_psi2,
            to_loading,
            to_g,
            to_d,
            to_effect_ratio,
            to_year_ratio,
            start,
            min(start + size, authorities),
        )


_gradient_by_name = _named(_GRADIENT, "authority_effects_collapse_gradient", _collapse_gradient)


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
    effect_ratio: Array,
    year_ratio: Array,
) -> tuple[Array, Array, Array, Array]:
    """Integrate the effects of every authority out.

    Parameters
    ----------
    y, variance, observed
        Observations, their known sampling variances, and 1.0 where there is one or 0.0
        where it is missing, (indicator, year, authority). Missing cells hold any
        finite observation and a positive variance.
    x
        Covariates of each authority, standardised, (covariate, authority); zeros leave one out.
    alpha
        Level of each indicator in each year, (indicator, year).
    gamma
        Slopes on ``x``, (indicator, covariate).
    tau2, psi2
        Variance particular to a year, and variance that is the indicator's own but
        lasts, (indicator,).
    loading
        Λ, (indicator, factor).
    g, d
        The functional θ: coefficients on the factors, (factor,), and on the
        indicators' own effects times their variance, (indicator,).
    effect_ratio, year_ratio
        Variance of an authority's lasting effects, and of what is particular to its years,
        as multiples of those of the other parameters, (authority,).

    Returns
    -------
    tuple
        Log likelihood, posterior mean of θ, and posterior variance of θ less the
        constant Σ ω²ψ², each over authorities, θ as a multiple of the root of the
        authority's ``effect_ratio``; and what :func:`collapse_gradient` goes on
        from, an authority a column.
    """
    y = np.ascontiguousarray(y)
    variance = np.ascontiguousarray(variance)
    observed = np.ascontiguousarray(observed)
    x = np.ascontiguousarray(x)
    alpha = np.ascontiguousarray(alpha)
    gamma = np.ascontiguousarray(gamma)
    tau2 = np.ascontiguousarray(tau2)
    psi2 = np.ascontiguousarray(psi2)
    loading = np.ascontiguousarray(loading)
    g = np.ascontiguousarray(g)
    d = np.ascontiguousarray(d)
    effect_ratio = np.ascontiguousarray(effect_ratio)
    year_ratio = np.ascontiguousarray(year_ratio)
    indicators, years, authorities = y.shape
    log_likelihood, mean = np.zeros(authorities), np.zeros(authorities)
    spread = np.zeros(authorities)
    kept = np.empty((rows_kept(indicators, g.size), authorities))
    _collapse_by_name(
        indicators,
        years,
        authorities,
        x.shape[0],
        g.size,
        y.ctypes,
        variance.ctypes,
        observed.ctypes,
        x.ctypes,
        alpha.ctypes,
        gamma.ctypes,
        tau2.ctypes,
        psi2.ctypes,
        loading.ctypes,
        g.ctypes,
        d.ctypes,
        effect_ratio.ctypes,
        year_ratio.ctypes,
        log_likelihood.ctypes,
        mean.ctypes,
        spread.ctypes,
        kept.ctypes,
    )
    return log_likelihood, mean, spread, kept


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
    effect_ratio: Array,
    year_ratio: Array,
    kept: Array,
    on_log_likelihood: Array,
    on_mean: Array,
    on_spread: Array,
) -> tuple[Array, Array, Array, Array, Array, Array, Array, Array, Array]:
    """Pull derivatives with respect to :func:`collapse`'s outputs back to its parameters.

    Parameters
    ----------
    kept
        What :func:`collapse` gave last; what comes before is what it was given.
    on_log_likelihood, on_mean, on_spread
        Derivative of some scalar with respect to each of its other outputs, over authorities.

    Returns
    -------
    tuple
        Derivatives with respect to alpha, gamma, tau2, psi2, loading, g, d, effect_ratio
        and year_ratio.
    """
    y = np.ascontiguousarray(y)
    variance = np.ascontiguousarray(variance)
    observed = np.ascontiguousarray(observed)
    x = np.ascontiguousarray(x)
    alpha = np.ascontiguousarray(alpha)
    gamma = np.ascontiguousarray(gamma)
    tau2 = np.ascontiguousarray(tau2)
    psi2 = np.ascontiguousarray(psi2)
    loading = np.ascontiguousarray(loading)
    g = np.ascontiguousarray(g)
    d = np.ascontiguousarray(d)
    effect_ratio = np.ascontiguousarray(effect_ratio)
    year_ratio = np.ascontiguousarray(year_ratio)
    kept = np.ascontiguousarray(kept)
    on_log_likelihood = _copied(on_log_likelihood)
    on_mean = _copied(on_mean)
    on_spread = _copied(on_spread)
    indicators, years, authorities = y.shape
    to_alpha = np.zeros(alpha.shape)
    to_gamma = np.zeros(gamma.shape)
    to_tau2 = np.zeros(tau2.shape)
    to_psi2 = np.zeros(psi2.shape)
    to_loading = np.zeros(loading.shape)
    to_g = np.zeros(g.shape)
    to_d = np.zeros(d.shape)
    to_effect_ratio = np.zeros(authorities)
    to_year_ratio = np.zeros(authorities)
    _gradient_by_name(
        indicators,
        years,
        authorities,
        x.shape[0],
        g.size,
        y.ctypes,
        variance.ctypes,
        observed.ctypes,
        x.ctypes,
        alpha.ctypes,
        gamma.ctypes,
        tau2.ctypes,
        psi2.ctypes,
        loading.ctypes,
        g.ctypes,
        d.ctypes,
        effect_ratio.ctypes,
        year_ratio.ctypes,
        kept.ctypes,
        on_log_likelihood.ctypes,
        on_mean.ctypes,
        on_spread.ctypes,
        to_alpha.ctypes,
        to_gamma.ctypes,
        to_tau2.ctypes,
        to_psi2.ctypes,
        to_loading.ctypes,
        to_g.ctypes,
        to_d.ctypes,
        to_effect_ratio.ctypes,
        to_year_ratio.ctypes,
    )
    return (
        to_alpha,
        to_gamma,
        to_tau2,
        to_psi2,
        to_loading,
        to_g,
        to_d,
        to_effect_ratio,
        to_year_ratio,
    )
