r"""Panels of paths drawn from the dynamic model, on a real panel's pattern of dates and gaps.

What is kept of the real panel: which cells there are and their sampling variances, the breaks in
definition, deprivation, and every inspection with its authority, date and framework. What is
drawn: the paths, the cells and the grades.
"""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from models.dynamic.inputs import DynamicInputs
from models.dynamic.spec import DynamicSpec
from models.dynamic.summary import _half_life
from models.priors import PRIORS

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PathTruth:
    """The parameters that a panel is drawn from; each as in :mod:`models.dynamic.parameters`.

    Attributes
    ----------
    link, reliability, quality_persistence, factor_persistence, own_persistence, across_break
        β, r and the persistences.
    deprivation_slope, own_sd, year_sd
        (indicator,).
    loading
        (indicator, factor).
    cutpoints, drift, judgement_deprivation
        (framework, cutpoint) and (framework,).
    """

    link: float
    reliability: float
    quality_persistence: float
    factor_persistence: float
    own_persistence: float
    across_break: float
    deprivation_slope: Array
    own_sd: Array
    year_sd: Array
    loading: Array
    cutpoints: Array
    drift: Array
    judgement_deprivation: Array

    @property
    def rho(self) -> float:
        """The link of one judgement with effectiveness."""
        return float(np.sqrt(self.reliability) * self.link)

    def quality_half_life(self, weight: Array) -> float:
        """Give the years after which half of quality is lost, for declared weights."""
        on_factors, _ = self.functional(weight)
        share = float((on_factors**2).sum())
        parts = [
            (self.link**2 * share, self.factor_persistence),
            (self.link**2 * (1.0 - share), self.own_persistence),
            (1.0 - self.link**2, self.quality_persistence),
        ]
        return half_life(parts)

    def functional(self, weight: Array) -> tuple[Array, Array]:
        """Give g and ω of effectiveness, (factor,) and (indicator,)."""
        variance = (self.loading**2).sum(axis=1) + self.own_sd**2
        standardised = weight / np.sqrt(variance)
        on_factors = standardised @ self.loading
        total = (on_factors**2).sum() + (standardised**2 * self.own_sd**2).sum()
        return on_factors / np.sqrt(total), standardised / np.sqrt(total)


def draw_truth(spec: DynamicSpec, inputs: DynamicInputs, rng: np.random.Generator) -> PathTruth:
    """Draw a truth: the link, the reliability and the persistences from their priors.

    The indicators' spreads and the cutpoints, which the data know well, are drawn about values
    such as the published record has; their priors would give panels without a second grade.
    """
    indicators, frameworks = len(inputs.cells.indicators), len(inputs.judgements.frameworks)
    scales, paths = spec.priors, spec.paths
    first = rng.normal(-1.3, 0.15, frameworks)
    gaps = rng.normal(1.1, 0.1, (frameworks, 2))
    return PathTruth(
        link=float(PRIORS["rho"].law(scales).rvs(random_state=rng)),
        reliability=float(PRIORS["reliability"].law(scales).rvs(random_state=rng)),
        quality_persistence=float(rng.beta(*paths.persistence)),
        factor_persistence=float(rng.beta(*paths.persistence)),
        own_persistence=float(rng.beta(*paths.persistence)),
        across_break=float(rng.beta(*paths.across_break)),
        deprivation_slope=rng.normal(0.0, 0.2, indicators),
        own_sd=rng.uniform(0.5, 0.8, indicators),
        year_sd=rng.uniform(0.2, 0.5, indicators),
        loading=rng.normal(0.3, 0.2, (indicators, spec.factors)),
        cutpoints=np.column_stack([first, first + gaps[:, 0], first + gaps.sum(axis=1)]),
        drift=rng.normal(0.0, 0.1, frameworks),
        judgement_deprivation=rng.normal(0.0, 0.2, frameworks),
    )


def draw_panel(inputs: DynamicInputs, truth: PathTruth, rng: np.random.Generator) -> DynamicInputs:
    """Draw cells and grades at equal deprivation, effectiveness at the inspections' own dates."""
    cells, judged = inputs.cells, inputs.judgements
    on_factors, on_own = truth.functional(cells.weight)
    factors, years = truth.loading.shape[1], len(cells.years)
    y = np.zeros_like(cells.y)
    scale = np.zeros(len(judged.grade))
    grid = np.arange(years, dtype=float)
    for i in range(len(cells.authorities)):
        own = np.flatnonzero(judged.authority == i)
        times = np.concatenate([grid, judged.when[own]])
        apart = np.abs(times[:, None] - times)
        at = np.clip(np.rint(times), 0, years - 1).astype(int)
        factor = _paths(truth.factor_persistence**apart, factors, rng)
        common = truth.loading @ factor
        theta = on_factors @ factor
        for k in range(len(cells.indicators)):
            crossed = np.abs(cells.regime[k, at][:, None] - cells.regime[k, at])
            correlation = truth.own_persistence**apart * truth.across_break**crossed
            path = truth.own_sd[k] * _paths(correlation, 1, rng)[0]
            theta = theta + on_own[k] * path
            y[k, :, i] = common[k, :years] + path[:years]
        beyond = _paths(truth.quality_persistence ** apart[years:, years:], 1, rng)[0]
        quality = truth.link * theta[years:] + np.sqrt(1.0 - truth.link**2) * beyond
        scale[own] = np.sqrt(truth.reliability) * quality
    y += truth.deprivation_slope[:, None, None] * inputs.deprivation
    noise = np.sqrt(truth.year_sd[:, None, None] ** 2 + cells.variance)
    y += noise * rng.standard_normal(y.shape)
    nearest = np.clip(np.rint(judged.when), 0, years - 1).astype(int)
    scale += truth.drift[judged.framework] * judged.years
    scale += (
        truth.judgement_deprivation[judged.framework]
        * inputs.deprivation[nearest, judged.authority]
    )
    scale += np.sqrt(1.0 - truth.reliability) * rng.standard_normal(scale.size)
    grade = (scale[:, None] > truth.cutpoints[judged.framework]).sum(axis=1)
    return replace(
        inputs,
        cells=replace(cells, y=np.where(cells.observed > 0, y, 0.0)),
        judgements=replace(judged, grade=grade.astype(np.int64)),
    )


def _paths(correlation: Array, count: int, rng: np.random.Generator) -> Array:
    """Draw normal paths with a correlation over moments, (path, moment)."""
    size = len(correlation)
    root = np.linalg.cholesky(correlation + 1e-10 * np.eye(size))
    return np.asarray((root @ rng.standard_normal((size, count))).T)


def half_life(parts: list[tuple[float, float]]) -> float:
    """Return the years after which half is left of fading parts, each a weight and a rate."""
    return float(_half_life([(xr.DataArray(one), xr.DataArray(rate)) for one, rate in parts]))
