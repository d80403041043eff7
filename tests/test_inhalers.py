"""Inhalers (BUGS examples): repeated ordinal judgements with a subject effect, published answers.

Ezzet and Whitehead (1991, doi:10.1002/sim.4780100602): 286 patients rated two inhalers from 1
(easy) to 4 in a cross-over trial. With period and treatment in the predictor,

    logit P(Y > j) = -(a_j + mu_gt + b_i),   b_i ~ N(0, sigma^2):

in the project's terms patients are authorities, ratings readings, -(mu + b) predictor and lasting
part, and a logistic curve of variance pi^2/3. The likelihood, and its derivatives, are those of
:mod:`models.repeated_judgements.likelihood`. ``docs/validation.md`` has the numbers side by side.
"""

import logging

import arviz as az
import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from scipy import optimize

from models.inspection import BEYOND
from models.repeated_judgements.likelihood import overall_log_likelihood
from models.sampling import compile_model, draw
from models.spec import SamplerSpec

SHOW = logging.getLogger(__name__)

# Cumulative numbers of patients by pattern (1,1) to (4,4), first group then second.
CUMULATIVE = [
    *((59, 122), (157, 170), (173, 173), (175, 175), (186, 226), (253, 268), (270, 270)),
    *((271, 271), (271, 278), (278, 280), (280, 281), (281, 281), (282, 284), (285, 285)),
    *((285, 286), (286, 286)),
]
NUMBERS = np.diff(np.ravel(CUMULATIVE), prepend=0)
PATTERN = np.repeat(np.arange(32) // 2, NUMBERS)
GROUP = np.repeat(np.arange(32) % 2, NUMBERS)
GRADE = np.column_stack([PATTERN // 4, PATTERN % 4])
TREATMENT = np.array([[1.0, -1.0], [-1.0, 1.0]])[GROUP] / 2.0
PERIOD = np.array([[1.0, -1.0], [1.0, -1.0]])[GROUP] / 2.0
CARRY = np.array([[0.0, -1.0], [0.0, 1.0]])[GROUP]

# Maximum of the marginal likelihood: a, beta, pi, kappa, log sigma; and the logarithm there.
LIKELIEST = [0.697, 3.856, 5.113, 1.044, -0.230, 0.242, 0.174]
LOG_LIKELIHOOD = -446.391
# Posterior means (MultiBUGS): a, beta, pi, kappa, sigma; standard deviation of beta.
POSTERIOR = [0.7122, 3.935, 5.284, 1.065, -0.2416, 0.2505, 1.239]
BETA_SD = 0.334
# Independent draws that MultiBUGS's sample, of unstated length, is taken to be worth.
WORTH, ERRORS = 2000, 4.0


def log_likelihood(cutpoints, effects, sigma):
    """Sum the patients' log likelihoods at cutpoints a, (beta, pi, kappa) and sigma."""
    end = pt.full((1,), BEYOND)
    edges = pt.concatenate([-end, cutpoints, end])
    predictor = -(effects[0] * TREATMENT + effects[1] * PERIOD + effects[2] * CARRY)
    cells = edges[GRADE] - predictor, edges[GRADE + 1] - predictor
    zeros = pt.zeros(len(GRADE))
    return overall_log_likelihood(
        cells,
        pt.ones(GRADE.shape),
        zeros,
        zeros + sigma**2,
        pt.as_tensor(np.pi**2 / 3.0),
        "logit",
    ).sum()


def test_the_marginal_likelihood_has_the_published_maximum():
    at = pt.dvector("at")
    value = log_likelihood(at[:3], at[3:6], pt.exp(at[6]))
    mode = pytensor.compile.mode.Mode(linker="py", optimizer="fast_compile")
    function = pytensor.function([at], [-value, -pytensor.grad(value, at)], mode=mode)
    start = np.array([0.5, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0])

    found = optimize.minimize(function, start, jac=True, method="BFGS", tol=1e-4)

    assert found.x == pytest.approx(LIKELIEST, abs=6e-4)
    assert -found.fun == pytest.approx(LOG_LIKELIHOOD, abs=6e-4)


@pytest.mark.slow
def test_the_sampler_gives_the_published_posterior():
    with pm.Model() as model:
        # Chains that began at the scale of so wide priors would have no likelihood at all.
        first = pm.Normal("first", 0.0, 1000.0)
        gaps = pm.HalfNormal("gaps", 1000.0, shape=2, initval=[1.0, 1.0])
        cutpoints = pm.Deterministic(
            "a", pt.stack([first, first + gaps[0], first + gaps[0] + gaps[1]])
        )
        effects = pm.Normal("effects", 0.0, 1000.0, shape=3)
        precision = pm.Gamma("precision", 0.001, 0.001, initval=1.0)
        sigma = pm.Deterministic("sigma", 1.0 / pt.sqrt(precision))
        pm.Potential("ratings", log_likelihood(cutpoints, effects, sigma))
    sampler = SamplerSpec(tune=600, draws=1500)
    tree = draw(compile_model(model), sampler, np.random.SeedSequence(4), "inhalers")
    drawn = tree["posterior"].to_dataset()
    draws = np.concatenate(
        [drawn["a"].values, drawn["effects"].values, drawn["sigma"].values[..., None]], axis=-1
    )
    dataset = xr.Dataset({"x": (("chain", "draw", "quantity"), draws)})
    errors = az.mcse(dataset)["x"].values
    theirs = draws.std(axis=(0, 1)) / np.sqrt(WORTH)

    means = draws.mean(axis=(0, 1))
    for line in zip(POSTERIOR, means, errors, strict=True):
        SHOW.info("published %.4f, ours %.4f, Monte Carlo error %.4f", *line)
    assert np.all(np.abs(means - POSTERIOR) <= ERRORS * np.hypot(errors, theirs))
    assert draws[..., 3].std() == pytest.approx(BETA_SD, rel=ERRORS / np.sqrt(2 * WORTH))
