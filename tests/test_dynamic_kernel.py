"""The kernel of the dynamic model against a dense multivariate normal and finite differences."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from models.dynamic.adjoint import collapse_gradient
from models.dynamic.kernel import collapse

INDICATORS, YEARS, AUTHORITIES, FACTORS, SLOTS, PATTERNS = 4, 5, 19, 2, 3, 2
PATH_PERSISTENCE, OWN_PERSISTENCE, ACROSS_BREAK = 0.8, 0.9, 0.7
REGIME = np.array([[0, 0, 0, 0, 0], [0, 0, 1, 1, 1]])
PARAMETERS = (
    "alpha",
    "gamma",
    "tau2",
    "psi2",
    "loading",
    "g",
    "d",
    "path",
    "own",
    "rows",
    "reach",
)


def persistence(one, other, rate):
    return rate ** np.abs(np.subtract.outer(one, other))


@pytest.fixture(scope="module")
def problem():
    """Two factors, gaps, an indicator that starts late, inspections off the yearly grid."""
    rng = np.random.default_rng(7)
    shape = (INDICATORS, YEARS, AUTHORITIES)
    span = np.array([[0, 5], [0, 5], [2, 5], [1, 4]])
    observed = (rng.uniform(size=shape) < 0.8).astype(float)
    for k, (first, last) in enumerate(span):
        observed[k, :first], observed[k, last:] = 0.0, 0.0
    observed[:, :, 4] = 0.0
    slots = rng.integers(0, SLOTS + 1, AUTHORITIES)
    slots[:2] = SLOTS, 0
    when = np.sort(rng.uniform(-0.8, 5.2, (SLOTS, AUTHORITIES)), axis=0)
    grid = np.arange(YEARS)
    correlation = persistence(grid, grid, PATH_PERSISTENCE)
    path = np.linalg.inv(correlation)
    pattern = np.array([0, 1, 0, 1])
    breaks = np.abs(REGIME[:, :, None] - REGIME[:, None, :])
    own = persistence(grid, grid, OWN_PERSISTENCE) * ACROSS_BREAK**breaks
    apart = np.abs(when[:, None, :] - grid[None, :, None])
    at = REGIME[:, np.clip(np.rint(when), 0, YEARS - 1).astype(int)]
    crossed = np.abs(at[:, :, None, :] - REGIME[:, None, :, None])
    used = np.arange(SLOTS)[:, None, None] < slots
    rows = np.einsum("jti,ts->jsi", PATH_PERSISTENCE**apart, path) * used
    reach = OWN_PERSISTENCE**apart * ACROSS_BREAK**crossed * used
    return {
        "y": rng.normal(size=shape),
        "variance": rng.uniform(0.02, 0.4, shape),
        "observed": observed,
        "x": rng.normal(size=(YEARS, AUTHORITIES)),
        "span": span,
        "pattern": pattern,
        "slots": slots,
        "alpha": 0.2 * rng.normal(size=(INDICATORS, YEARS)),
        "gamma": 0.3 * rng.normal(size=INDICATORS),
        "tau2": rng.uniform(0.1, 0.4, INDICATORS),
        "psi2": rng.uniform(0.2, 0.8, INDICATORS),
        "loading": rng.normal(0.2, 0.5, (INDICATORS, FACTORS)),
        "g": rng.normal(size=FACTORS),
        "d": rng.normal(size=INDICATORS),
        "path": path,
        "own": own,
        "rows": rows,
        "reach": reach,
    }, when


def dense(problem, when, i):
    """Likelihood and moments of θ at the inspections of one authority, all paths explicit."""
    one = {name: problem[name] for name in problem}
    grid, dates = np.arange(YEARS), when[: one["slots"][i], i]
    times = np.concatenate([grid, dates])
    at = np.clip(np.rint(times), 0, YEARS - 1).astype(int)
    factor = persistence(times, times, PATH_PERSISTENCE)
    seen = [
        (k, t) for k in range(INDICATORS) for t in range(YEARS) if one["observed"][k, t, i] > 0
    ]
    own = []
    for k in range(INDICATORS):
        regime = REGIME[one["pattern"][k]][at]
        crossed = np.abs(np.subtract.outer(regime, regime))
        own.append(
            one["psi2"][k] * persistence(times, times, OWN_PERSISTENCE) * ACROSS_BREAK**crossed
        )
    size = FACTORS + INDICATORS
    joint = np.zeros((size * times.size, size * times.size))
    for block, covariance in enumerate([factor] * FACTORS + own):
        place = slice(block * times.size, (block + 1) * times.size)
        joint[place, place] = covariance
    cells = np.zeros((len(seen), joint.shape[0]))
    theta = np.zeros((dates.size, joint.shape[0]))
    omega = one["d"] / one["psi2"]
    for row, (k, t) in enumerate(seen):
        for a in range(FACTORS):
            cells[row, a * times.size + t] = one["loading"][k, a]
        cells[row, (FACTORS + k) * times.size + t] = 1.0
    for j in range(dates.size):
        for a in range(FACTORS):
            theta[j, a * times.size + YEARS + j] = one["g"][a]
        for k in range(INDICATORS):
            theta[j, (FACTORS + k) * times.size + YEARS + j] = omega[k]
    noise = [one["tau2"][k] + one["variance"][k, t, i] for k, t in seen]
    error = [
        one["y"][k, t, i] - one["alpha"][k, t] - one["gamma"][k] * one["x"][t, i] for k, t in seen
    ]
    covariance = cells @ joint @ cells.T + np.diag(noise)
    onto = theta @ joint @ cells.T
    gain = np.linalg.solve(covariance, onto.T).T if seen else onto
    likelihood = multivariate_normal.logpdf(error, cov=covariance) if seen else 0.0
    return likelihood, gain @ np.asarray(error), theta @ joint @ theta.T - gain @ onto.T


def test_integral_and_moments_are_those_of_the_dense_normal(problem):
    problem, when = problem
    omega2 = (problem["d"] / problem["psi2"]) ** 2 * problem["psi2"]
    likelihood, mean, spread = collapse(*problem.values())
    _, log_determinant = np.linalg.slogdet(problem["path"])
    correlation = np.linalg.inv(problem["path"])
    for i in range(AUTHORITIES):
        expected, theta, covariance = dense(problem, when, i)
        used = problem["slots"][i]
        dates = when[:used, i]
        at = np.clip(np.rint(dates), 0, YEARS - 1).astype(int)
        crossed = [np.abs(np.subtract.outer(one[at], one[at])) for one in REGIME]
        prior = sum(
            omega2[k]
            * persistence(dates, dates, OWN_PERSISTENCE)
            * ACROSS_BREAK ** crossed[problem["pattern"][k]]
            for k in range(INDICATORS)
        )
        rows = problem["rows"][:used, :, i]
        unseen = persistence(dates, dates, PATH_PERSISTENCE) - rows @ correlation @ rows.T
        prior = prior + problem["g"] @ problem["g"] * unseen

        whole = likelihood[i] + 0.5 * FACTORS * log_determinant

        assert whole == pytest.approx(expected, abs=1e-10)
        np.testing.assert_allclose(mean[:used, i], theta, atol=1e-10)
        np.testing.assert_allclose(spread[:used, :used, i] + prior, covariance, atol=1e-10)
        assert not spread[used:, :, i].any()


@pytest.mark.parametrize("name", PARAMETERS)
def test_gradient_is_that_of_finite_differences(problem, name):
    problem, _ = problem
    rng = np.random.default_rng(3)
    seeds = [rng.normal(size=one.shape) for one in collapse(*problem.values())]
    direction = rng.normal(size=problem[name].shape)
    if name in ("path", "own"):  # symmetric matrices: one triangle is read
        direction = direction + np.swapaxes(direction, -1, -2)
    step = 1e-6

    def along(by):
        moved = {**problem, name: problem[name] + by * direction}
        results = collapse(*moved.values())
        return sum((seed * one).sum() for seed, one in zip(seeds, results, strict=True))

    numeric = (along(step) - along(-step)) / (2.0 * step)
    gradient = collapse_gradient(*problem.values(), *seeds)[PARAMETERS.index(name)]

    assert gradient.shape == problem[name].shape
    assert (gradient * direction).sum() == pytest.approx(numeric, rel=1e-6, abs=1e-6)


def test_authority_without_cells_says_nothing(problem):
    problem, _ = problem
    likelihood, mean, _ = collapse(*problem.values())

    assert not problem["observed"][:, :, 4].any()
    assert likelihood[4] == pytest.approx(
        -0.5 * FACTORS * np.linalg.slogdet(problem["path"])[1], abs=1e-10
    )
    assert not mean[:, 4].any()
