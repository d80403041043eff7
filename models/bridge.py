r"""The log marginal likelihood by bridge sampling, from draws of the posterior.

For a posterior :math:`p = q/Z` known by its unnormalised density q on the real space, and a
normal g that is near it, the optimal bridge (Meng and Wong 1996) is the root of

.. math::

    Z = \frac{N_2^{-1}\sum_j q(x_j)/(s_1 q(x_j) + s_2 Z g(x_j))}
             {N_1^{-1}\sum_i g(\theta_i)/(s_1 q(\theta_i) + s_2 Z g(\theta_i))},
    \qquad s_k = N_k/(N_1 + N_2),

over :math:`N_1` draws θ of p, counted by their effective size, and :math:`N_2` draws x of g
(Gronau and others 2017, doi:10.1016/j.jmp.2017.09.005). g is the standard normal, and p is
brought near it by the map of :mod:`models.warp`; with ``warp3`` it is made symmetric as well,
:math:`(\tilde q(x) + \tilde q(-x))/2`, so that g meets it on both sides (Meng and Schilling
2002, doi:10.1198/106186002457); ``warp0`` leaves that out.

g is fitted to one half of each chain and Z estimated from the other half, then the other way
round; the two are averaged. Fitting and estimating on the same draws understates Z. The
standard error of the logarithm is the square root of Frühwirth-Schnatter's (2004,
doi:10.1111/j.1368-423X.2004.00125.x) relative mean-squared error,

.. math::

    \frac{\mathrm{Var}_g f_1}{N_2\,\mathrm{E}_g^2 f_1}
        + \frac{\mathrm{Var}_p f_2}{\mathrm{ESS}(f_2)\,\mathrm{E}_p^2 f_2}, \qquad
    f_1 = \frac{p}{s_1 p + s_2 g},\; f_2 = \frac{g}{s_1 p + s_2 g},

with the effective sample size of the chains in the place of the spectral density at 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import arviz as az
import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from models.warp import Warp

Array = NDArray[np.float64]
LogDensity = Callable[[Array], Array]
Method = Literal["warp0", "warp3"]

_MOST_ROUNDS = 1000
_TOLERANCE = 1e-10


class BridgeError(ValueError):
    """The marginal likelihood cannot be estimated; the message says why."""


@dataclass(frozen=True, slots=True)
class BridgeEstimate:
    """A log marginal likelihood with its Monte Carlo error.

    Attributes
    ----------
    value, error
        The estimate, a natural logarithm, and its Monte Carlo standard error.
    method
        The proposal.
    repeats
        The estimate again with each set of proposal draws; ``value`` is their mean.
    """

    value: float
    error: float
    method: Method
    repeats: tuple[float, ...]

    @property
    def spread(self) -> float:
        """Standard deviation of the repeats; 0 for a single one."""
        return float(np.std(self.repeats, ddof=1)) if len(self.repeats) > 1 else 0.0


def bridge(
    log_density: LogDensity,
    draws: Array,
    *,
    method: Method = "warp3",
    repeats: int = 4,
    seed: int | np.random.SeedSequence,
) -> BridgeEstimate:
    """Estimate the log of the integral of a density.

    Parameters
    ----------
    log_density
        From unconstrained points, (point, dimension), to their unnormalised log densities;
        minus infinity where there is none.
    draws
        Unconstrained posterior draws, (chain, draw, dimension).
    method
        ``warp0``, or ``warp3`` for twice as many evaluations.
    repeats
        Sets of proposal draws, each of as many as there are posterior draws in a half.
    seed
        Of the proposal draws.

    Raises
    ------
    BridgeError
        If the draws cannot carry a proposal, the density is not a finite number where the
        posterior was drawn, or the iteration does not settle.
    """
    _check(draws, method, repeats)
    half = draws.shape[1] // 2
    halves = draws[:, :half], draws[:, half : 2 * half]
    streams = np.random.default_rng(seed).spawn(2 * repeats)
    values, posterior_errors, proposal_errors = np.empty((3, 2, repeats))
    for side in (0, 1):
        target = _Target.fitted(log_density, halves[1 - side], method)
        drawn = target.at_draws(halves[side])
        if not np.isfinite(drawn).all():
            raise BridgeError(
                f"The log density is not finite at {int((~np.isfinite(drawn)).sum())} of "
                f"{drawn.size} posterior draws. Give the density that was sampled."
            )
        for number in range(repeats):
            stream = streams[side * repeats + number]
            standard = stream.standard_normal((drawn.size, draws.shape[2]))
            found = _optimal(drawn, target.at_standard(standard))
            values[side, number], posterior_errors[side, number] = found[:2]
            proposal_errors[side, number] = found[2]
    # The halves' errors are independent; the posterior's part is the same in every repeat.
    variance = (posterior_errors**2).mean() / 2 + (proposal_errors**2).mean() / (2 * repeats)
    each = values.mean(axis=0)
    return BridgeEstimate(
        float(each.mean()), float(np.sqrt(variance)), method, tuple(map(float, each))
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Target:
    """The density, warped, over the standard normal."""

    log_density: LogDensity
    warp: Warp
    symmetric: bool

    @classmethod
    def fitted(cls, log_density: LogDensity, draws: Array, method: Method) -> "_Target":
        """Fit the warp to draws, (chain, draw, dimension)."""
        try:
            warp = Warp.fitted(draws.reshape(-1, draws.shape[-1]))
        except np.linalg.LinAlgError as error:
            raise BridgeError(
                "The covariance of the draws is singular: a coordinate does not vary, or is "
                "a function of others. Leave it out."
            ) from error
        return cls(log_density, warp, method == "warp3")

    def at_draws(self, draws: Array) -> Array:
        """Return log(q/g) at posterior draws, (chain, draw)."""
        flat = draws.reshape(-1, draws.shape[-1])
        return self.at_standard(self.warp.to_standard(flat)).reshape(draws.shape[:2])

    def at_standard(self, standard: Array) -> Array:
        """Return the same at points x, (point, dimension)."""
        value = self._warped(standard)
        if self.symmetric:
            value = np.logaddexp(value, self._warped(-standard)) - np.log(2.0)
        size = standard.shape[1]
        return value + 0.5 * (standard**2).sum(axis=1) + 0.5 * size * np.log(2.0 * np.pi)

    def _warped(self, standard: Array) -> Array:
        """Return the log density of x."""
        points, log_jacobian = self.warp.from_standard(standard)
        return _evaluate(self.log_density, points) + log_jacobian


def _evaluate(log_density: LogDensity, points: Array) -> Array:
    """Evaluate a density, and hold it to its shape."""
    value = np.asarray(log_density(points), dtype=float)
    if value.shape != (len(points),):
        raise BridgeError(
            f"The log density gave the shape {value.shape} for {len(points)} points; "
            f"wanted one number each, ({len(points)},)."
        )
    return np.where(np.isnan(value), -np.inf, value)


def bridge_between(target: Array, proposal: Array) -> tuple[float, float]:
    """Estimate the log ratio of the normalising constants of two posteriors.

    Parameters
    ----------
    target, proposal
        log(q/g) at draws of the posterior p = q/Z and at draws of the posterior g, each
        (chain, draw); q is a density that is not normalised.

    Returns
    -------
    tuple
        log Z and its Monte Carlo standard error, autocorrelation of both taken into account.

    Raises
    ------
    BridgeError
        If the iteration does not settle.
    """
    value, of_posterior, of_proposal = _optimal(target, proposal)
    return value, float(np.hypot(of_posterior, of_proposal))


def _optimal(target: Array, proposal: Array) -> tuple[float, float, float]:
    """Iterate the optimal bridge; give log Z and the errors from either side.

    Parameters
    ----------
    target, proposal
        log(q/g) at posterior draws, (chain, draw), and at proposal draws: independent ones, or
        (chain, draw).
    """
    effective, other = _effective(target), _effective(proposal)
    share = effective / (effective + other)
    log_1, log_2 = np.log(share), np.log1p(-share)
    value = float(np.median(target))
    for _ in range(_MOST_ROUNDS):
        log_f1 = proposal - np.logaddexp(log_1 + proposal, log_2 + value)
        log_f2 = -np.logaddexp(log_1 + target, log_2 + value)
        before, value = value, float(_log_mean(log_f1) - _log_mean(log_f2.ravel()))
        if not np.isfinite(value):
            break
        if abs(value - before) < _TOLERANCE * max(1.0, abs(value)):
            f1 = np.exp(log_f1 - log_f1.max())
            f2 = np.exp(log_f2 - log_f2.max())
            of_posterior = f2.std(ddof=1) / f2.mean() / np.sqrt(_ess(f2))
            of_proposal = f1.std(ddof=1) / f1.mean() / np.sqrt(_effective(f1))
            return value, float(of_posterior), float(of_proposal)
    raise BridgeError(
        f"The bridge did not settle within {_MOST_ROUNDS} rounds (last value {value:.4g}): "
        "proposal and posterior hardly overlap. Draw more, or change the coordinates."
    )


def _effective(draws: Array) -> float:
    """Return how many independent draws these are worth, at most their number."""
    return float(draws.size) if draws.ndim == 1 else min(_ess(draws), float(draws.size))


def _ess(draws: Array) -> float:
    """Return the effective sample size of a mean over (chain, draw)."""
    if np.ptp(draws) == 0.0:
        return float(draws.size)
    return float(np.asarray(az.ess(draws, method="mean")))


def _log_mean(logs: Array) -> float:
    """Return the logarithm of the mean of exponentials."""
    return float(logsumexp(logs) - np.log(logs.size))


def _check(draws: Array, method: str, repeats: int) -> None:
    """Refuse what no bridge can be built from."""
    if draws.ndim != 3:
        raise BridgeError(
            f"draws has the shape {draws.shape}; wanted (chain, draw, dimension), of "
            "unconstrained draws."
        )
    if not np.isfinite(draws).all():
        raise BridgeError("Some draws are not finite numbers. Give unconstrained draws.")
    chains, length, dimension = draws.shape
    if chains * (length // 2) <= 2 * dimension or length < 8:
        raise BridgeError(
            f"{chains} chains of {length} draws are too few for {dimension} dimensions: each "
            f"half fits a covariance. Wanted more than {2 * dimension} draws in a half."
        )
    if method not in ("warp0", "warp3"):
        raise BridgeError(f"method = {method!r}; wanted warp0 or warp3.")
    if repeats < 1:
        raise BridgeError(f"repeats = {repeats}; wanted 1 or more.")
