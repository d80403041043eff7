"""The collapsed likelihood against a dense Gaussian, finite differences and autodiff."""

import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from scipy.stats import multivariate_normal

from models.collapsed.kernel import collapse, collapse_gradient
from models.collapsed.operation import integrate_effects

INDICATORS, YEARS, AUTHORITIES, COVARIATES = 5, 3, 7, 2


def draw_arguments(factors, years=YEARS, seed=0):
    rng = np.random.default_rng(seed)
    shape = (INDICATORS, years, AUTHORITIES)
    observed = (rng.uniform(size=shape) > 0.2).astype(float)
    observed[2, :, 1] = 0.0  # an indicator that one authority lacks in every year
    observed[:, :, 4] = 0.0  # an authority without any cell
    data = (
        rng.normal(size=shape) * observed,
        np.where(observed > 0, rng.uniform(0.01, 0.5, shape), 1.0),
        observed,
        rng.normal(size=(COVARIATES, AUTHORITIES)),
    )
    parameters = (
        0.2 * rng.normal(size=(INDICATORS, years)),
        0.3 * rng.normal(size=(INDICATORS, COVARIATES)),
        rng.uniform(0.1, 0.5, INDICATORS),
        rng.uniform(0.2, 1.0, INDICATORS),
        0.5 * rng.normal(size=(INDICATORS, factors)),
        rng.normal(size=factors),
        0.3 * rng.normal(size=INDICATORS),
        rng.uniform(0.5, 2.0, AUTHORITIES),
        rng.uniform(0.5, 2.0, AUTHORITIES),
    )
    return data, parameters


def dense(data, parameters, i):
    """Log likelihood, and mean and variance of θ, from the joint Gaussian written out."""
    y, variance, observed, x = data
    alpha, gamma, tau2, psi2, loading, g, d, effect_ratio, year_ratio = parameters
    cells = [(k, t) for k in range(y.shape[0]) for t in range(y.shape[1]) if observed[k, t, i] > 0]
    picks = np.zeros((len(cells), y.shape[0]))
    picks[np.arange(len(cells)), [k for k, _ in cells]] = 1.0
    effects = effect_ratio[i] * (loading @ loading.T + np.diag(psi2))
    noise = np.diag([tau2[k] * year_ratio[i] + variance[k, t, i] for k, t in cells])
    covariance = picks @ effects @ picks.T + noise
    residual = np.array([y[k, t, i] - alpha[k, t] - gamma[k] @ x[:, i] for k, t in cells])
    own_weight = d / psi2
    # θ is in units of the authority's own standard deviation.
    with_theta = np.sqrt(effect_ratio[i]) * picks @ (loading @ g + own_weight * psi2)
    gain = np.linalg.solve(covariance, with_theta)
    total = g @ g + (own_weight**2 * psi2).sum()
    return (
        multivariate_normal(np.zeros(len(cells)), covariance).logpdf(residual),
        gain @ residual,
        total - gain @ with_theta,
    )


@pytest.mark.parametrize("factors", [1, 2, 3])
@pytest.mark.parametrize("years", [1, 3])
def test_integrated_likelihood_and_moments_equal_the_dense_gaussian(factors, years):
    data, parameters = draw_arguments(factors, years)

    log_likelihood, mean, spread, _ = collapse(*data, *parameters)

    constant = (parameters[6] ** 2 / parameters[3]).sum()
    for i in (0, 1, 2, 3, 5, 6):
        expected = dense(data, parameters, i)
        got = log_likelihood[i], mean[i], spread[i] + constant
        assert got == pytest.approx(expected, rel=1e-10, abs=1e-10)


def test_an_authority_without_cells_has_likelihood_one_and_the_prior_of_effectiveness():
    data, parameters = draw_arguments(2)

    log_likelihood, mean, spread, _ = collapse(*data, *parameters)

    assert log_likelihood[4] == 0.0
    assert mean[4] == 0.0
    assert spread[4] == pytest.approx(parameters[5] @ parameters[5])


@pytest.mark.parametrize("factors", [1, 3])
def test_gradient_equals_finite_differences(factors):
    data, parameters = draw_arguments(factors)
    rng = np.random.default_rng(1)
    seeds = rng.normal(size=(3, AUTHORITIES))

    *_, kept = collapse(*data, *parameters)
    gradients = collapse_gradient(*data, *parameters, kept, *seeds)

    def scalar(arguments):
        *outputs, _ = collapse(*data, *arguments)
        return sum((a * b).sum() for a, b in zip(outputs, seeds, strict=True))

    for position, gradient in enumerate(gradients):
        direction = rng.normal(size=gradient.shape)
        step = 1e-6
        moved = [
            scalar(
                [
                    p + sign * step * direction if at == position else p
                    for at, p in enumerate(parameters)
                ]
            )
            for sign in (1.0, -1.0)
        ]
        slope = (moved[0] - moved[1]) / (2.0 * step)
        assert (gradient * direction).sum() == pytest.approx(slope, rel=1e-6, abs=1e-6)


def test_gradient_equals_automatic_differentiation_of_the_formula():
    """The one-factor likelihood of one year, written in PyTensor and differentiated there."""
    data, parameters = draw_arguments(1, years=1, seed=2)
    y, variance, observed, x = (np.asarray(part) for part in data)
    symbols = [pt.tensor(dtype="float64", shape=p.shape) for p in parameters]
    alpha, gamma, tau2, psi2, loading, g, d, effect_ratio, year_ratio = symbols
    # All in units of the authority's own standard deviation; the units are added at the end.
    noise = (tau2[:, None] * year_ratio + variance[:, 0]) / effect_ratio
    w = observed[:, 0] / (noise + psi2[:, None])
    r = (y[:, 0] - alpha - gamma @ x) / pt.sqrt(effect_ratio)
    precision = 1.0 + (w * loading**2).sum(axis=0)
    b = (w * r * loading).sum(axis=0)
    logs = pt.log(pt.where(observed[:, 0] > 0, w / effect_ratio, 1.0)).sum(axis=0)
    likelihood = 0.5 * (logs - (w * r**2).sum(axis=0) - pt.log(precision) + b**2 / precision)
    c = g[0] - (d[:, None] * w * loading).sum(axis=0)
    mean = c * b / precision + (d[:, None] * w * r).sum(axis=0)
    spread = c**2 / precision - (d[:, None] ** 2 * w).sum(axis=0)
    seeds = np.random.default_rng(3).normal(size=(3, AUTHORITIES))
    formula = (seeds[0] * likelihood + seeds[1] * mean + seeds[2] * spread).sum()
    outputs = integrate_effects(tuple(map(pt.as_tensor_variable, data)), *symbols)
    operation = sum((one * output).sum() for one, output in zip(seeds, outputs, strict=True))

    mode = pytensor.compile.mode.Mode(linker="py", optimizer="fast_compile")
    gradients = [
        pytensor.function(symbols, pt.grad(total, symbols), mode=mode, on_unused_input="ignore")(
            *parameters
        )
        for total in (formula, operation)
    ]

    for ours, automatic in zip(gradients[1], gradients[0], strict=True):
        assert ours == pytest.approx(automatic, rel=1e-9, abs=1e-9)
