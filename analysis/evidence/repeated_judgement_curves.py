r"""The readings' likelihood as a function of ρ, at each draw of everything else.

As :mod:`analysis.evidence.curves`, for judgements whose likelihood is a quadrature
(:mod:`models.repeated_judgements.likelihood`). With repeated readings what is held at its draw
beside the other parameters is the share :math:`w = (r - \rho^2)/(1 - \rho^2)`, since the prior of
the reliability r depends on ρ (:mod:`models.repeated_judgements.reliability`): the curve is

.. math:: L_s(\rho) = p(w_s \mid \rho) \prod_i p_i(\rho, r(\rho, w_s)),

exact, smooth on -1..1, and r never falls below ρ². It is evaluated at Chebyshev points of
−0.98..0.98 and interpolated through them; beyond, the last value stands, where the prior holds
less than 0.1%. Towards ±1 the logarithm falls as :math:`1/(1 - \rho^2)`, a pole that no polynomial
follows (with 33 points it errs by 0.1 and more near the middle); what is interpolated is
:math:`(1 - \rho^2)\log L_s`, by a polynomial to better than 0.001.

The expected information on ρ at 0 is :math:`\sum_i h_i^2 (1 - \mathrm{E}\,V_i/L)/L`, with
:math:`V_i` the variance of the lasting part given the readings, L that before them; V's mean
over the grades that might have been is taken at those that were given.
"""

import numpy as np
import xarray as xr
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.special import logsumexp

from models.fitted import Fit
from models.repeated_judgements.given import GivenRepeatedJudgements
from models.repeated_judgements.likelihood import NODES, WEIGHTS
from models.repeated_judgements.reliability import ReliabilityPrior

Array = NDArray[np.float64]

_MOST_DRAWS = 300
_DEGREE = 32
_END = 0.98


def repeated_judgement_curves(fit: Fit, nodes: Array) -> tuple[Array, Array]:
    """Evaluate the curves at no more than 300 draws.

    Parameters
    ----------
    fit
        A fit whose link is ``linked``, of a structure with a single link.
    nodes
        Values of ρ.

    Returns
    -------
    tuple
        Log likelihood over chain, draw and node; expected information over chain and draw.
    """
    curves = _JudgementsGiven(fit)
    knots = chebyshev.chebpts2(_DEGREE + 1)
    to_coefficients = np.linalg.inv(chebyshev.chebvander(knots, _DEGREE))
    inside = np.clip(nodes / _END, -1.0, 1.0)
    weights = chebyshev.chebvander(inside, _DEGREE) @ to_coefficients
    # The pole at ±1 is taken off and put back.
    weights *= (1.0 - (_END * knots) ** 2) / (1.0 - (_END * inside) ** 2)[:, None]
    logs = np.array([curves.log_likelihood(row, _END * knots) for row in range(len(curves.mean))])
    information = np.array([curves.information(row) for row in range(len(curves.mean))])
    shape = curves.shape
    return (logs @ weights.T).reshape(*shape, nodes.size), information.reshape(shape)


class _JudgementsGiven:
    """What the readings' likelihood needs besides ρ, one row a draw."""

    def __init__(self, fit: Fit) -> None:
        spec, posterior = fit.specification, fit.posterior
        every = -(-posterior.sizes["chain"] * posterior.sizes["draw"] // _MOST_DRAWS)
        posterior = posterior.isel(draw=slice(None, None, every))
        self.shape = posterior.sizes["chain"], posterior.sizes["draw"]
        self.given = GivenRepeatedJudgements.of(
            posterior, fit.constant_data, spec.inspection.curve
        )
        self.mean = _rows(posterior, "effectiveness_mean")
        self.variance = _rows(posterior, "effectiveness_sd") ** 2
        self.repeats = spec.inspection.scope == "repeats"
        self.prior = ReliabilityPrior.of(spec.priors)
        if self.repeats:
            rho = posterior["rho"].values.ravel()
            r = posterior["reliability"].values.ravel()
            self.w = (r - rho**2) / (1.0 - rho**2)

    def log_likelihood(self, row: int, links: Array) -> list[float]:
        """Sum the authorities' log probabilities at each ρ, at one draw."""
        # What an inspection has in common does not depend on ρ.
        table = None if self.given.loading is None else self.given.table(row)
        return [self._at(row, float(rho), table) for rho in links]

    def _at(self, row: int, rho: float, table: Array | None) -> float:
        mean, explained = rho * self.mean[row], rho**2 * self.variance[row]
        if self.repeats:
            r = rho**2 + (1.0 - rho**2) * self.w[row]
            lasting, residual = explained + r - rho**2, 1.0 - r
        else:
            lasting, residual = explained, 1.0 - rho**2
        at = mean[:, None] + np.sqrt(lasting)[:, None] * NODES
        logs = self.given.log_probability(row, at, float(residual), table)
        total = float(logsumexp(logs, b=WEIGHTS, axis=1).sum())
        if self.repeats:
            total += float(self.prior.log_density(self.w[row : row + 1], np.array([rho**2]))[0])
        return total

    def information(self, row: int) -> float:
        """Return the expected information on ρ at 0, at one draw."""
        if self.repeats:
            lasting, residual = self.w[row], 1.0 - self.w[row]
        else:
            # A single reading: the scale itself takes the lasting part's place.
            lasting, residual = 0.5, 0.5
        at = np.broadcast_to(np.sqrt(lasting) * NODES, (self.mean.shape[1], NODES.size))
        weight = self.given.probability(row, at, float(residual)) * WEIGHTS
        weight /= weight.sum(axis=1, keepdims=True)
        first = (weight * at).sum(axis=1)
        left = (weight * at**2).sum(axis=1) - first**2
        return float((self.mean[row] ** 2 * (1.0 - left / lasting) / lasting).sum())


def _rows(posterior: xr.Dataset, name: str) -> Array:
    """Return one row for each draw, (draw, authority)."""
    values = posterior[name].transpose("chain", "draw", "authority").values.astype(float)
    return np.asarray(values.reshape(-1, values.shape[-1]))
