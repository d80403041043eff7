r"""The likelihood of repeated judgements and its derivatives, compiled.

The formulas of :mod:`models.repeated_judgements.likelihood` in loops over what is there: empty
places cost nothing, and a value comes with all of its derivatives, since a sampler never wants one
without the others. With the posterior weights :math:`\pi_n` of the nodes, F the curve, f its
density and P the probability of a cell, they are those of Fisher's identity, for example

.. math:: \frac{\partial \log p}{\partial \mu}
    = \sum_n \pi_n \sum_j \frac{f(l_{jn}) - f(u_{jn})}{\sqrt{1 - r}\,P_{jn}} .

Held to finite differences by ``tests/test_repeated_judgements.py``. This module knows arrays only;
:mod:`models.repeated_judgements.operation` hands it to PyTensor.
"""

import math

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

_LOGISTIC = math.pi / math.sqrt(3.0)
_ROOT_2 = math.sqrt(2.0)
_DENSITY = 1.0 / math.sqrt(2.0 * math.pi)
# A probability of 0, far beyond a node that matters, keeps a finite logarithm.
_LEAST = 1e-250
# Keeps the root's slope finite at a variance of 0.
_TINY = 1e-12

_compiled = numba.njit(cache=True, error_model="numpy")


@_compiled
def _upper_tail(at: float, logit: bool) -> float:
    """Return the curve's probability above a standardised point, exact where it is small."""
    if logit:
        return 1.0 / (1.0 + math.exp(_LOGISTIC * at))
    return 0.5 * math.erfc(at / _ROOT_2)


@_compiled
def _density(at: float, logit: bool) -> float:
    """Return the curve's density at a standardised point."""
    if logit:
        small = math.exp(-_LOGISTIC * abs(at))
        return _LOGISTIC * small / (1.0 + small) ** 2
    return _DENSITY * math.exp(-0.5 * at * at)


@_compiled
def _between(lower: float, upper: float, logit: bool) -> float:
    """Return the curve's probability between two bounds, by the tails where both are small."""
    if lower + upper > 0.0:
        return _upper_tail(lower, logit) - _upper_tail(upper, logit)
    return _upper_tail(-upper, logit) - _upper_tail(-lower, logit)


@_compiled
def one_judgement(
    lower: Array,
    upper: Array,
    given: Array,
    mean: Array,
    variance: Array,
    residual: Array,
    nodes: Array,
    weights: Array,
    logit: bool,
) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Integrate each authority's lasting part out of its judgements of one judgement.

    Parameters
    ----------
    lower, upper
        Cutpoints about each grade less the inspection's predictor, (authority, reading).
    given
        1.0 where there is an inspection, (authority, reading).
    mean, variance
        Of the lasting part given the indicators, (authority,).
    residual
        Variance of one judgement given the lasting part, (authority,).
    nodes, weights
        Of the quadrature over standard normal deviates.
    logit
        Whether the curve is logistic, otherwise normal.

    Returns
    -------
    tuple
        Log likelihood, (authority,); its derivatives by ``lower`` and ``upper``, (authority,
        reading), and by ``mean``, ``variance`` and ``residual``, (authority,).
    """
    authorities, inspections = lower.shape
    size = nodes.size
    log_likelihood = np.zeros(authorities)
    by_lower, by_upper = np.zeros(lower.shape), np.zeros(lower.shape)
    by_mean, by_variance = np.zeros(authorities), np.zeros(authorities)
    by_residual = np.zeros(authorities)
    log_joint = np.empty(size)
    slope_lower, slope_upper = np.empty((inspections, size)), np.empty((inspections, size))
    slope_residual = np.empty((inspections, size))
    for i in range(authorities):
        root, spread = math.sqrt(variance[i] + _TINY), math.sqrt(residual[i])
        log_joint[:] = 0.0
        any_given = False
        for j in range(inspections):
            if given[i, j] == 0.0:
                continue
            any_given = True
            for n in range(size):
                lasting = mean[i] + root * nodes[n]
                low, high = (lower[i, j] - lasting) / spread, (upper[i, j] - lasting) / spread
                probability = _between(low, high, logit) + _LEAST
                at_low = _density(low, logit) / probability
                at_high = _density(high, logit) / probability
                log_joint[n] += math.log(probability)
                slope_lower[j, n], slope_upper[j, n] = -at_low / spread, at_high / spread
                slope_residual[j, n] = 0.5 * (low * at_low - high * at_high) / residual[i]
        if not any_given:
            continue
        top = log_joint.max()
        total = 0.0
        for n in range(size):
            log_joint[n] = weights[n] * math.exp(log_joint[n] - top)
            total += log_joint[n]
        log_likelihood[i] = top + math.log(total)
        for j in range(inspections):
            if given[i, j] == 0.0:
                continue
            for n in range(size):
                weight = log_joint[n] / total
                by_lower[i, j] += weight * slope_lower[j, n]
                by_upper[i, j] += weight * slope_upper[j, n]
                shift = -weight * (slope_lower[j, n] + slope_upper[j, n])
                by_mean[i] += shift
                by_variance[i] += shift * nodes[n] / (2.0 * root)
                by_residual[i] += weight * slope_residual[j, n]
    return log_likelihood, by_lower, by_upper, by_mean, by_variance, by_residual


@_compiled
def several_judgements(
    lower: Array,
    upper: Array,
    given: Array,
    predictor: Array,
    loading: Array,
    mean: Array,
    variance: Array,
    residual: Array,
    nodes: Array,
    weights: Array,
    grid: Array,
    logit: bool,
) -> tuple[Array, Array, Array, Array, Array, Array, Array, Array]:
    """Integrate the lasting part and what each inspection has in common out of sub-judgements.

    Parameters
    ----------
    lower, upper
        Cutpoints about each grade, (authority, reading, judgement).
    given
        1.0 where the judgement was given, of the same shape.
    predictor
        η of each inspection, (authority, reading).
    loading
        λ, (authority, judgement); the same for all authorities.
    mean, variance
        Of the lasting part given the indicators, (authority,).
    residual
        Variance of z given the lasting part, (authority,).
    nodes, weights
        Of the quadrature over standard normal deviates of the lasting part.
    grid
        Even points of z.
    logit
        Whether the curve is logistic, otherwise normal.

    Returns
    -------
    tuple
        Log likelihood, (authority,); its derivatives by ``lower`` and ``upper``, by
        ``predictor``, by ``loading``, and by ``mean``, ``variance``
        and ``residual``, (authority,).
    """
    authorities, inspections, judgements = lower.shape
    size, points = nodes.size, grid.size
    step = grid[1] - grid[0]
    log_likelihood = np.zeros(authorities)
    by_lower, by_upper = np.zeros(lower.shape), np.zeros(lower.shape)
    by_predictor = np.zeros(predictor.shape)
    by_loading = np.zeros((authorities, judgements))
    by_mean, by_variance = np.zeros(authorities), np.zeros(authorities)
    by_residual = np.zeros(authorities)
    kernel, deviation = np.empty((size, points)), np.empty((size, points))
    table = np.empty((inspections, points))
    slope_lower = np.empty((inspections, judgements, points))
    slope_upper = np.empty((inspections, judgements, points))
    each, joint = np.empty((inspections, size)), np.empty(size)
    back = np.empty(points)
    there = np.empty(inspections, dtype=np.bool_)
    spread = np.empty(judgements)
    for i in range(authorities):
        root, wide = math.sqrt(variance[i] + _TINY), residual[i]
        scale = step / math.sqrt(2.0 * math.pi * wide)
        for m in range(judgements):
            spread[m] = math.sqrt(1.0 - loading[i, m] ** 2)
        for j in range(inspections):
            there[j] = given[i, j].max() > 0.0
        if not there.any():
            continue
        for n in range(size):
            for z in range(points):
                deviation[n, z] = grid[z] - mean[i] - root * nodes[n]
                kernel[n, z] = scale * math.exp(-0.5 * deviation[n, z] ** 2 / wide)
        joint[:] = weights
        for j in range(inspections):
            if not there[j]:
                continue
            table[j, :] = 1.0
            for m in range(judgements):
                if given[i, j, m] == 0.0:
                    continue
                for z in range(points):
                    centre = loading[i, m] * (predictor[i, j] + grid[z])
                    low = (lower[i, j, m] - centre) / spread[m]
                    high = (upper[i, j, m] - centre) / spread[m]
                    probability = _between(low, high, logit) + _LEAST
                    table[j, z] *= probability
                    slope_lower[j, m, z] = -_density(low, logit) / (probability * spread[m])
                    slope_upper[j, m, z] = _density(high, logit) / (probability * spread[m])
            for n in range(size):
                total = _LEAST
                for z in range(points):
                    total += kernel[n, z] * table[j, z]
                each[j, n] = total
                joint[n] *= total
        whole = joint.sum()
        log_likelihood[i] = math.log(whole)
        for j in range(inspections):
            if not there[j]:
                continue
            back[:] = 0.0
            for n in range(size):
                share = joint[n] / whole / each[j, n]
                shift, widen = 0.0, 0.0
                for z in range(points):
                    mass = share * kernel[n, z] * table[j, z]
                    back[z] += mass
                    shift += mass * deviation[n, z]
                    widen += mass * (deviation[n, z] ** 2 / wide - 1.0)
                by_mean[i] += shift / wide
                by_variance[i] += shift / wide * nodes[n] / (2.0 * root)
                by_residual[i] += 0.5 * widen / wide
            for m in range(judgements):
                if given[i, j, m] == 0.0:
                    continue
                for z in range(points):
                    at_lower = back[z] * slope_lower[j, m, z]
                    at_upper = back[z] * slope_upper[j, m, z]
                    common = predictor[i, j] + grid[z]
                    # Of the standardised bound (c - λ t)/sqrt(1 - λ²) by λ, over that by c.
                    turn = loading[i, m] / spread[m] ** 2
                    by_lower[i, j, m] += at_lower
                    by_upper[i, j, m] += at_upper
                    by_predictor[i, j] -= loading[i, m] * (at_lower + at_upper)
                    by_loading[i, m] += at_lower * (
                        turn * (lower[i, j, m] - loading[i, m] * common) - common
                    ) + at_upper * (turn * (upper[i, j, m] - loading[i, m] * common) - common)
    return (
        log_likelihood,
        by_lower,
        by_upper,
        by_predictor,
        by_loading,
        by_mean,
        by_variance,
        by_residual,
    )
