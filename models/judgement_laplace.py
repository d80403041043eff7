r"""The judgements' marginal likelihood along ρ, for many sets of grades at once.

For simulations that keep the panel's indicators as they are: what they say of effectiveness,
:math:`\theta_i \sim N(h_i, s_i^2)`, is then the same for every set of grades, and only the
judgements' own parameters are left,

.. math::

    P(g_i \le g) = \Phi\Big(\frac{c_g - x_i^\top\beta - \rho h_i}
                                 {\sqrt{1 - \rho^2 + \rho^2 s_i^2}}\Big),

with the priors of :mod:`models.priors`. At each ρ of a grid they are integrated out by
Laplace's approximation (Tierney and Kadane 1986, doi:10.1080/01621459.1986.10478240), with the
gaps between cutpoints on the scale of their logarithms, for all sets of grades together; a
spline through the grid gives the integral over ρ. Held fixed are :math:`h_i` and
:math:`s_i^2`, as moments over the measurement's whole posterior, and the standard deviation
between regions. Milliseconds a set of grades, where :mod:`models.screen` takes a second.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import log_ndtr, ndtri

from models.priors import half_normal_scale, link_density, normal_numbers
from models.spec import PriorScales

Array = NDArray[np.float64]
Grades = NDArray[np.int64]

# ρ = tanh of these; from 0 outwards, so that each starts from its neighbour's maximum.
_HALF = np.arange(0.3, 1.81, 0.3)
_NEWTON_STEPS = 40
_SMALL_STEP = 1e-3
_HALVINGS = 6
_QUADRATURE = 60
_FINE = 1201


@dataclass(frozen=True, slots=True, eq=False)
class JudgementModel:
    """What the judgements depend on besides ρ.

    Attributes
    ----------
    mean, variance
        h and s², over judged authority; or over panel and authority, where they differ.
    design
        X, (authority, column).
    coefficient_sd
        Prior standard deviations of β, (column,).
    scales
        Priors of the cutpoints, and of ρ.
    """

    mean: Array
    variance: Array
    design: Array
    coefficient_sd: Array
    scales: PriorScales


def log_bayes_factors(model: JudgementModel, grade: Grades) -> Array:
    """Weigh ρ = 0 against a free ρ for each set of grades.

    Parameters
    ----------
    model
        What the grades depend on.
    grade
        Positions of the grades, (panel, authority).

    Returns
    -------
    numpy.ndarray
        Natural logarithms, (panel,), positive for no link.
    """
    rho, evidence = log_evidence(model, grade)
    nodes, weights = np.polynomial.legendre.leggauss(_QUADRATURE)
    # On Fisher's scale the log evidence is nearly a parabola, which a spline follows.
    fine = np.arctanh(rho[-1]) * nodes
    curve = CubicSpline(np.arctanh(rho), evidence, axis=1)(fine)
    link = np.tanh(fine)
    prior = link_density(link, model.scales.link_concentration)
    measure = weights * np.arctanh(rho[-1]) * (1.0 - link**2) * prior
    none = evidence[:, rho == 0.0][:, 0]
    return np.asarray(-np.log((np.exp(curve - none[:, None]) * measure).sum(axis=1)))


@dataclass(frozen=True, slots=True, eq=False)
class LinkPosteriors:
    """The posterior of ρ for each set of grades, (panel,).

    Attributes
    ----------
    mean, sd, lower, upper
        Mean, standard deviation and central 95% interval; NaN where no maximum was found.
    log_bf_independent_linked
        Natural logarithm of the Bayes factor for ρ = 0.
    within
        Posterior probability of |ρ| below the limit asked for.
    """

    mean: Array
    sd: Array
    lower: Array
    upper: Array
    log_bf_independent_linked: Array
    within: Array


def link_posteriors(model: JudgementModel, grade: Grades, rope: float) -> LinkPosteriors:
    """Return the posterior of ρ and weigh ρ = 0 against it, for each set of grades.

    Parameters
    ----------
    model
        What the grades depend on.
    grade
        Positions of the grades, (panel, authority).
    rope
        The limit of |ρ|.
    """
    rho, evidence = log_evidence(model, grade)
    sound = np.isfinite(evidence).all(axis=1)
    fine = np.linspace(-np.arctanh(rho[-1]), np.arctanh(rho[-1]), _FINE)
    curve = CubicSpline(np.arctanh(rho), np.where(sound[:, None], evidence, 0.0), axis=1)(fine)
    link = np.tanh(fine)
    prior = link_density(link, model.scales.link_concentration) * (1.0 - link**2)
    top = curve.max(axis=1, keepdims=True)
    density = np.exp(curve - top) * prior
    total = density.sum(axis=1, keepdims=True)
    step = fine[1] - fine[0]
    weight = density / total
    share = np.cumsum(weight, axis=1) - 0.5 * weight
    mean = weight @ link
    ends = [np.array([np.interp(tail, row, link) for row in share]) for tail in (0.025, 0.975)]
    found = {
        "mean": mean,
        "sd": np.sqrt((weight * (link - mean[:, None]) ** 2).sum(axis=1)),
        "lower": ends[0],
        "upper": ends[1],
        "log_bf_independent_linked": evidence[:, rho == 0.0][:, 0]
        - top[:, 0]
        - np.log(total[:, 0] * step),
        "within": np.array([np.diff(np.interp([-rope, rope], link, row))[0] for row in share]),
    }
    return LinkPosteriors(**{name: np.where(sound, one, np.nan) for name, one in found.items()})


def log_evidence(model: JudgementModel, grade: Grades) -> tuple[Array, Array]:
    """Return ρ on a grid and the log marginal likelihood of each set of grades there."""
    start = _start(model, grade)
    at_zero, middle = _maximise(model, grade, 0.0, start)
    sides = []
    for sign in (-1.0, 1.0):
        point, found = middle, []
        for z in _HALF:
            value, point = _maximise(model, grade, float(sign * np.tanh(z)), point)
            found.append(value)
        sides.append(found)
    rho = np.tanh(np.concatenate([-_HALF[::-1], [0.0], _HALF]))
    return rho, np.stack([*sides[0][::-1], at_zero, *sides[1]], axis=1)


def _start(model: JudgementModel, grade: Grades) -> Array:
    """Start each panel at the cutpoints that its shares of grades give, coefficients at 0."""
    counts = (grade[:, :, None] == np.arange(4)).sum(axis=1) + 0.5
    cutpoints = ndtri(np.cumsum(counts / counts.sum(axis=1, keepdims=True), axis=1)[:, :-1])
    rest = np.zeros((len(grade), model.design.shape[1]))
    return np.concatenate([cutpoints[:, :1], np.log(np.diff(cutpoints, axis=1)), rest], axis=1)


def _maximise(
    model: JudgementModel, grade: Grades, rho: float, start: Array
) -> tuple[Array, Array]:
    """Climb to each panel's maximum at one ρ; give Laplace's integral there, and the points."""
    at = start
    value, gradient, curvature = _density(model, grade, rho, at)
    for _ in range(_NEWTON_STEPS):
        step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        length = np.ones(len(at))
        for _ in range(_HALVINGS):
            # A step that is far too long overflows, counts as worse, and is halved.
            with np.errstate(over="ignore", invalid="ignore"):
                tried = _density(model, grade, rho, at + length[:, None] * step)
            worse = ~(tried[0] >= value - 1e-9)
            if not worse.any():
                break
            length[worse] *= 0.5
        at = at + length[:, None] * step
        value, gradient, curvature = tried
        if np.abs(step).max() < _SMALL_STEP:
            break
    log_determinant = np.linalg.slogdet(curvature)[1]
    return value + 0.5 * at.shape[1] * np.log(2.0 * np.pi) - 0.5 * log_determinant, at


def _density(
    model: JudgementModel, grade: Grades, rho: float, at: Array
) -> tuple[Array, Array, Array]:
    """Return each panel's log density, its gradient, and minus its second derivatives."""
    scales, gaps = model.scales, np.exp(at[:, 1:3])
    cutpoints = at[:, :1] + np.concatenate(
        [np.zeros((len(at), 1)), np.cumsum(gaps, axis=1)], axis=1
    )
    coefficients = at[:, 3:]
    spread = np.sqrt(1.0 - rho**2 + rho**2 * model.variance)
    centre = coefficients @ model.design.T + rho * model.mean
    by_cut, slope, curvature = _judgements(grade, cutpoints, centre, spread, model.design)
    # Of a cutpoint by the first and by the logarithms of the gaps below it.
    panels = np.arange(len(at))
    jacobian = np.zeros((len(at), at.shape[1], 3 + coefficients.shape[1]))
    jacobian[:, 0, :3] = 1.0
    jacobian[:, 1, 1:3] = gaps[:, :1]
    jacobian[:, 2, 2] = gaps[:, 1]
    jacobian[:, 3:, 3:] = np.eye(coefficients.shape[1])
    gradient = np.einsum("rpq,rq->rp", jacobian, slope)
    hessian = jacobian @ curvature @ jacobian.transpose(0, 2, 1)
    hessian[panels[:, None], [1, 2], [1, 2]] += gradient[:, 1:3]
    lowest, lowest_sd = normal_numbers("first_cutpoint", scales)
    gap = half_normal_scale("cutpoint_gap", scales)
    first = (at[:, 0] - lowest) / lowest_sd
    ratio = (gaps / gap) ** 2
    standard = coefficients / model.coefficient_sd
    value = (
        by_cut
        + np.log(2.0) * 2
        - 0.5 * (first**2 + (standard**2).sum(axis=1) + ratio.sum(axis=1))
        + at[:, 1:3].sum(axis=1)
        - np.log(lowest_sd)
        - 2.0 * np.log(gap)
        - np.log(model.coefficient_sd).sum()
        - 0.5 * at.shape[1] * np.log(2.0 * np.pi)
    )
    gradient[:, 0] -= first / lowest_sd
    gradient[:, 1:3] += 1.0 - ratio
    gradient[:, 3:] -= standard / model.coefficient_sd
    prior = np.r_[1.0 / lowest_sd**2, 0.0, 0.0, 1.0 / model.coefficient_sd**2]
    hessian -= np.diag(prior)
    hessian[panels[:, None], [1, 2], [1, 2]] -= 2.0 * ratio
    return value, gradient, -hessian


def _judgements(
    grade: Grades, cutpoints: Array, centre: Array, spread: Array, design: Array
) -> tuple[Array, Array, Array]:
    """Return the log likelihood, with first and second derivatives by cutpoints and β."""
    panels = len(grade)
    beyond = np.full((panels, 1), 40.0)
    edges = np.concatenate([-beyond, cutpoints, beyond], axis=1)
    upper = (np.take_along_axis(edges, grade + 1, axis=1) - centre) / spread
    lower = (np.take_along_axis(edges, grade, axis=1) - centre) / spread
    reflected = lower > -upper
    low, high = np.where(reflected, -upper, lower), np.where(reflected, -lower, upper)
    top = log_ndtr(high)
    log_probability = top + np.log(-np.expm1(np.minimum(log_ndtr(low) - top, -1e-12)))
    above, below = (
        np.exp(-0.5 * edge**2 - 0.5 * np.log(2.0 * np.pi) - log_probability)
        for edge in (upper, lower)
    )
    twice_above = -upper * above - above**2
    twice_below = lower * below - below**2
    both = above * below
    # An edge is a cutpoint less the centre: by a cutpoint it changes where it is that cutpoint,
    # by β by -design. So the derivatives by β are those by the centre, spread over the design.
    cuts = np.arange(1, 4)[:, None]
    is_upper, is_lower = (edge[:, None, :] == cuts for edge in (grade + 1, grade))
    above, below = above / spread, below / spread
    twice_above, twice_below, both = (one / spread**2 for one in (twice_above, twice_below, both))
    onto_upper, onto_lower = -(twice_above + both), -(twice_below + both)
    size = 3 + design.shape[1]
    gradient, curvature = np.empty((panels, size)), np.empty((panels, size, size))
    gradient[:, :3] = (is_upper * above[:, None]).sum(axis=2)
    gradient[:, :3] -= (is_lower * below[:, None]).sum(axis=2)
    gradient[:, 3:] = (below - above) @ design
    own = (is_upper * twice_above[:, None] + is_lower * twice_below[:, None]).sum(axis=2)
    curvature[:, :3, :3] = own[:, :, None] * np.eye(3)
    # Neighbouring cutpoints are the two edges of one grade.
    for first in range(2):
        between = (is_lower[:, first] * both).sum(axis=1)
        curvature[:, first, first + 1] = curvature[:, first + 1, first] = between
    across = (is_upper * onto_upper[:, None] + is_lower * onto_lower[:, None]) @ design
    curvature[:, :3, 3:], curvature[:, 3:, :3] = across, across.transpose(0, 2, 1)
    weights = twice_above + twice_below + 2.0 * both
    curvature[:, 3:, 3:] = (weights[:, None, :] * design.T) @ design
    return log_probability.sum(axis=1), gradient, curvature
