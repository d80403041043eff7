"""Nested Laplace and the rotation-free density, where the answer is known."""

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import multivariate_normal, norm

from models.laplace import nested_laplace
from models.posterior_mode import LaplaceError, negative_hessian, root_of
from models.rotation import RotationFree


class Normal:
    """A multivariate normal times a constant."""

    def __init__(self, mean, covariance, log_constant):
        self.mean, self.precision = mean, np.linalg.inv(covariance)
        self.dimension = mean.size
        self.top = log_constant + multivariate_normal(mean, covariance).logpdf(mean)

    def value_and_gradient(self, at):
        slope = self.precision @ (at - self.mean)
        return self.top - 0.5 * (at - self.mean) @ slope, -slope


class Funnel:
    """exp(s) half-normal, x normal, r normal about x·exp(s): the marginal of r is known."""

    dimension = 3

    def value_and_gradient(self, at):
        s, x, r = at
        sd = np.exp(s)
        value = np.log(2.0) + norm.logpdf(sd) + s + norm.logpdf(x) + norm.logpdf(r, x * sd)
        residual = r - x * sd
        return value, np.array([-(sd**2) + 1.0 + residual * x * sd, -x + residual * sd, -residual])


class Loadings:
    """Independent normal loadings and nothing else."""

    def __init__(self, indicators, factors, scale):
        self.dimension = indicators * factors + 1
        self.scale = scale
        self.places = {
            "loading": (slice(1, self.dimension), (indicators, factors)),
            "other": (slice(0, 1), ()),
        }

    def coordinates(self, name):
        where, _ = self.places[name]
        return np.arange(where.start, where.stop)

    def value_and_gradient(self, at):
        scales = np.r_[1.0, np.full(self.dimension - 1, self.scale)]
        return norm.logpdf(at, 0.0, scales).sum(), -at / scales**2


def random_normal(size, seed):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(size, size)) + 2.0 * np.eye(size)
    return Normal(rng.normal(size=size), root @ root.T, log_constant=-7.5)


def test_a_normal_posterior_is_found_exactly():
    density = random_normal(5, 1)

    nested = nested_laplace(density, np.zeros(5), inner=2, block=np.array([0, 1]))
    r, posterior, log_marginal_likelihood = nested.density()
    variance = np.linalg.inv(density.precision)[2, 2]

    # The grid ends at 3.6 standard deviations, which leaves out 3 in 10,000.
    assert log_marginal_likelihood == pytest.approx(-7.5, abs=1e-3)
    assert np.trapezoid(r * posterior, r) == pytest.approx(density.mean[2], abs=1e-3)
    assert np.trapezoid((r - density.mean[2]) ** 2 * posterior, r) == pytest.approx(
        variance, rel=0.01
    )


@pytest.mark.parametrize("distance", [0.5, 8.0])
def test_the_density_at_one_value_is_exact_near_and_far(distance):
    density = random_normal(4, 2)
    covariance = np.linalg.inv(density.precision)
    sd = np.sqrt(covariance[1, 1])
    value = density.mean[1] - distance * sd

    nested = nested_laplace(density, np.zeros(4), inner=1, block=np.array([0]))

    expected = -7.5 + norm.logpdf(value, density.mean[1], sd)
    assert nested.density_at(density, value) == pytest.approx(expected, abs=1e-3)


def test_draws_have_the_moments_of_the_normal():
    density = random_normal(4, 3)

    nested = nested_laplace(density, np.zeros(4), inner=0, block=np.array([1]))
    drawn = nested.draw(20000, np.random.default_rng(4))

    covariance = np.linalg.inv(density.precision)
    error = 5.0 * np.sqrt(np.diag(covariance) / 20000)
    assert (np.abs(drawn.mean(axis=0) - density.mean) < error).all()
    assert np.cov(drawn.T) == pytest.approx(covariance, rel=0.15, abs=0.15)


def test_an_outer_coordinate_is_integrated_where_one_normal_would_fail():
    nested = nested_laplace(
        Funnel(),
        np.array([0.0, 0.0, 0.1]),
        inner=2,
        block=np.array([1]),
        outer=(0, np.log(np.geomspace(0.02, 4.0, 9))),
    )
    r, posterior, log_marginal_likelihood = nested.density()

    # The marginal of r: a normal with variance 1 + sd², sd half-normal(1).
    sds = np.linspace(0.0, 6.0, 4001)
    density = [
        np.trapezoid(2 * norm.pdf(sds) * norm.pdf(one, 0, np.hypot(1, sds)), sds) for one in r
    ]
    assert log_marginal_likelihood == pytest.approx(np.log(np.trapezoid(density, r)), abs=0.02)
    assert posterior == pytest.approx(density / np.trapezoid(density, r), abs=0.01)


def test_a_density_without_a_maximum_is_refused():
    class Rising:
        dimension = 2

        def value_and_gradient(self, at):
            return float(at.sum()), np.ones(2)

    with pytest.raises(LaplaceError, match="flat direction"):
        root_of(negative_hessian(Rising(), np.zeros(2), np.arange(2)))


def test_the_density_of_representatives_is_that_of_the_triangle():
    """Rows of normal loadings have a triangle of chi and normal entries (Bartlett)."""
    indicators, factors, scale = 5, 3, 0.7
    full = Loadings(indicators, factors, scale)
    rng = np.random.default_rng(5)
    points = np.r_[0.3, scale * rng.normal(size=indicators * factors)][None, :]
    reduced = RotationFree(full, points[0, 1:].reshape(indicators, factors))

    at = reduced.reduce(points)[0]
    value, gradient = reduced.value_and_gradient(at)

    turned = reduced.full(at[None, :])[0]
    logs = at[reduced._at_diagonal]
    freedom = factors - np.arange(factors)
    chi = (
        freedom * logs
        - 0.5 * np.exp(2 * logs) / scale**2
        - (0.5 * freedom - 1.0) * np.log(2.0)
        - gammaln(0.5 * freedom)
        - freedom * np.log(scale)
    ).sum()
    rest = np.setdiff1d(np.arange(reduced.dimension), reduced._at_diagonal)
    scales = np.where(rest == 0, 1.0, scale)
    assert value == pytest.approx(chi + norm.logpdf(at[rest], 0.0, scales).sum())
    matrix, original = (one[1:].reshape(indicators, factors) for one in (turned, points[0]))
    assert matrix @ matrix.T == pytest.approx(original @ original.T)
    step = 1e-6 * rng.normal(size=at.size)
    difference = (
        reduced.value_and_gradient(at + step)[0] - reduced.value_and_gradient(at - step)[0]
    )
    assert 2.0 * gradient @ step == pytest.approx(difference, rel=1e-5)
