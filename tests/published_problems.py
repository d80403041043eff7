"""Well-known problems put as small cases of the project's models, with their own priors.

No likelihood is written here: the collapsed kernel and its operation, the joint engine's
counts and its latent variables are the project's, called as its engines call them.
"""

import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.collapsed.kernel import collapse
from models.collapsed.operation import integrate_effects
from models.counts import Counts
from models.gaussian_sites import empirical_logit
from models.joint.binomial import log_likelihood
from models.joint.cells import flatten
from models.joint.latents import Guide, place_latents
from models.measurement import Measurements
from models.sampling import compile_model, draw
from models.spec import SamplerSpec

# Eight schools (Rubin 1981, doi:10.3102/10769986006004377): effects of coaching and their
# standard errors.
EFFECT = np.array([28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0])
EFFECT_ERROR = np.array([15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0])

# Surgical (BUGS examples): operations on infants in twelve hospitals, and deaths.
OPERATIONS = np.array([47, 148, 119, 810, 211, 196, 148, 215, 207, 97, 256, 360])
DEATHS = np.array([0, 18, 8, 46, 8, 13, 9, 31, 14, 8, 29, 24])

# LSAT-6 (Bock and Lieberman 1970, doi:10.1007/BF02291262): five items answered by a thousand
# students. Cumulative numbers of the patterns 00000 to 11111.
CUMULATIVE = np.array(
    [
        *(3, 9, 11, 22, 23, 24, 27, 31, 32, 40, 40, 56, 56, 59, 61, 76),
        *(86, 115, 129, 210, 213, 241, 256, 336, 352, 408, 429, 602, 613, 674, 702, 1000),
    ]
)
STUDENTS = np.diff(CUMULATIVE, prepend=0)
PATTERNS = (np.arange(32)[None, :] >> np.arange(4, -1, -1)[:, None]) & 1


def schools_data():
    """Schools as authorities: one indicator, one year, known sampling variances."""
    cells = (EFFECT, EFFECT_ERROR**2, np.ones(8))
    return (*(one.reshape(1, 1, 8) for one in cells), np.zeros((1, 8)))


def schools_moments(mu, tau):
    """Give the kernel's log likelihood, and the mean of each effect given mu and tau.

    An effect is mu + tau·f with one factor f, whose loading is tau.
    """
    zero, tau = np.zeros(1), np.full(1, tau)
    one = np.ones(8)
    own = zero[:, None], zero, zero, tau[:, None], tau, zero, one, one
    likelihood, mean, *_ = collapse(*schools_data(), np.full((1, 1), mu), *own)
    return likelihood.sum(), mu + mean


def sample_schools(sampler, seed):
    """Draw mu ~ N(0, 5) and tau ~ half-Cauchy(5) through the operation; see what follows.

    Returns mu, tau and the effects' means given both, (chain, draw, quantity).
    """
    zero = pt.zeros(1)
    with pm.Model() as model:
        mu = pm.Normal("mu", 0.0, 5.0)
        tau = pm.HalfCauchy("tau", 5.0)
        data = tuple(pt.as_tensor(one) for one in schools_data())
        one = pt.ones(8)
        own = zero[:, None], zero, zero, tau[None, None], tau[None], zero, one, one
        likelihood, *_ = integrate_effects(data, mu[None, None], *own)
        pm.Potential("schools", likelihood.sum())
    posterior = _draw(model, sampler, seed)
    mu, tau = (posterior[name].values for name in ("mu", "tau"))
    effects = [
        [schools_moments(*at)[1] for at in zip(*chain, strict=True)]
        for chain in zip(mu, tau, strict=True)
    ]
    return np.concatenate([mu[..., None], tau[..., None], effects], axis=-1)


def counts_of(successes, trials):
    """Put (occasion, unit) counts as one indicator that every unit has on each occasion.

    In the project's terms occasions are years and units authorities. The unit of measurement
    is left alone (centre 0, scale 1), and the indicator is one of which more is worse.
    """
    y, variance = empirical_logit(successes.astype(float), trials.astype(float))
    grid = (1, *successes.shape)
    coords = {
        "indicator": ["count"],
        "year": list(range(grid[1])),
        "authority": [str(unit) for unit in range(grid[2])],
    }
    units = {"centre": np.zeros(grid[:2]), "scale": np.ones(1), "sign": -np.ones(1)}
    measured = Measurements(
        y=-y.reshape(grid),
        variance=variance.reshape(grid),
        observed=np.ones(grid),
        interval=np.zeros(grid, dtype=bool),
        coords=coords,
        **units,
    )
    whole = {name: successes.reshape(grid) for name in ("low", "high")}
    counts = Counts(
        **whole,
        denominator=trials.reshape(grid),
        rate=np.zeros(grid),
        observed=np.ones(grid, dtype=bool),
        kind=np.array(["count"]),
        coords=coords,
        **units,
    )
    return flatten(counts, measured, "count"), measured


def sample_surgical(sampler, seed):
    """Draw with logit p = b ~ N(mu, sigma), mu ~ N(0, 1000), 1/sigma^2 ~ Gamma(.001, .001).

    The variable ``effectiveness`` is -b: more deaths are worse.
    """
    cells, measured = counts_of(DEATHS[None, :], OPERATIONS[None, :])
    with pm.Model(coords=_coords(12)) as model:
        mu = pm.Normal("mu", 0.0, 1000.0)
        sigma = 1.0 / pt.sqrt(pm.Gamma("precision", 0.001, 0.001))
        effect = _place_effects(cells, measured, -mu[None], sigma)
        pm.Deterministic("effectiveness", effect - mu, dims="authority")
    return _draw(model, sampler, seed)


def sample_lsat(sampler, seed):
    """Draw with logit P(right) = beta·theta - alpha_k, every student's theta sampled.

    theta ~ N(0, 1), alpha_k ~ N(0, 100), beta flat above 0: a student's lasting effect has
    standard deviation beta, and items are the occasions. Returns the alphas and beta, (chain,
    draw, quantity).
    """
    right = np.repeat(PATTERNS, STUDENTS, axis=1)
    cells, measured = counts_of(right, np.ones_like(right))
    with pm.Model(coords=_coords(1000) | {"item": range(1, 6)}) as model:
        alpha = pm.Normal("alpha", 0.0, 100.0, dims="item")
        _place_effects(cells, measured, alpha, pm.HalfFlat("beta"))
    drawn = _draw(model, sampler, seed)
    return np.concatenate([drawn["alpha"].values, drawn["beta"].values[..., None]], axis=-1)


def _place_effects(cells, measured, level, sd):
    """Put the joint engine's latents and counts in the model at hand; give effects by unit.

    ``level`` of each occasion and ``sd`` of the lasting effect are on the oriented scale. The
    engine's factor, here with loading zero, is left idle.
    """
    base = level[None, :, None] + pt.zeros(measured.y.shape)
    guide = Guide(pt.as_tensor(measured.observed / measured.variance), measured.y - base)
    latents = place_latents("informed", 1, pt.zeros((1, 1)), sd[None], None, guide, cells)
    z = base.ravel()[cells.grid] + latents.effects.ravel()[cells.effect]
    pm.Potential("latents", latents.adjustment)
    pm.Potential("counts", log_likelihood(cells, cells.centre + cells.scale * z).sum())
    return latents.effects[0]


def _coords(units):
    return {"indicator": ["count"], "authority": range(units), "latent_factor": [1]}


def _draw(model, sampler, seed):
    compiled = compile_model(model)
    tree = draw(compiled, SamplerSpec(**sampler), np.random.SeedSequence(seed), "published")
    return tree["posterior"].to_dataset().transpose("chain", "draw", ...)
