r"""What these data could have shown: Bayes factors of judgements simulated at stated links.

The panel's indicators, inspections and dates stay as they are; what is simulated is the
judgements, and what is counted what the verdict (:mod:`analysis.record.verdict`) would say of
them. Everything but the link is drawn from the posterior of the ``independent`` fit, in
which the indicators alone speak of effectiveness: :math:`\theta_i \sim N(h_i, s_i^2)`, the
scale :math:`u_i = \eta_i + \rho\theta_i + \sqrt{1-\rho^2}\,\epsilon_i`, and the grade between
whose cutpoints it lies. Each set of judgements is weighed by
:mod:`models.judgement_laplace`. The same random numbers serve every link, so that rows of the
table move together.

A probability k/n has as its Monte Carlo error the standard deviation of a Beta(k + 1/2,
n - k + 1/2), which is not zero where k is.

The same machine gives a negative control: what the indicators say of each authority is dealt
out at random, while its grade, date, deprivation and region stay. Nothing links the two then,
and the Bayes factor for a link exceeds 10 in at most about one deal in ten (Royall 1997).
"""

from dataclasses import dataclass, replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.stats import beta

from analysis.record.schema import Chance
from analysis.record.thresholds import STRONG
from analysis.record.verdict import IntervalNull, find_row
from models.judgement_laplace import JudgementModel, link_posteriors, log_bayes_factors
from models.priors import centred_sd
from models.spec import PriorScales

Array = NDArray[np.float64]
Grades = NDArray[np.int64]

LINKS = (0.0, 0.1, 0.2, 0.3, 0.5)


def chances(
    fit: xr.DataTree, scales: PriorScales, panels: int, rope: float, seed: int
) -> tuple[Chance, ...]:
    """Simulate judgements at each of ``LINKS`` and weigh them.

    Parameters
    ----------
    fit
        The ``independent`` fit of an estimand, of a structure with a single link.
    scales
        The priors that it was fitted with.
    panels
        Sets of judgements for each link.
    rope
        Links smaller than this count as practically none.
    seed
        Of the draws and of the judgements.
    """
    rng = np.random.default_rng(seed)
    model, draws = judgement_model(fit, scales), _Draws.of(fit, panels, rng)
    size = draws.mean.shape
    about, noise = rng.standard_normal(size), rng.standard_normal(size)
    effectiveness = draws.mean + draws.sd * about
    found = []
    for link in LINKS:
        scale = draws.predictor + link * effectiveness + np.sqrt(1.0 - link**2) * noise
        grade = (scale[:, :, None] > draws.cutpoints[:, None, :]).sum(axis=2)
        said = link_posteriors(model, grade, rope)
        sound = np.isfinite(said.log_bf_independent_linked)
        nulls = [
            IntervalNull.of_probability(one, rope, scales.link_concentration)
            for one in said.within[sound].tolist()
        ]
        found.append(_chance(link, said.log_bf_independent_linked[sound], nulls))
    return tuple(found)


def shuffled(fit: xr.DataTree, scales: PriorScales, deals: int, seed: int) -> Array:
    """Weigh the link of the real grades with the indicators of other authorities.

    Parameters
    ----------
    fit, scales, seed
        As for :func:`chances`.
    deals
        How often to deal.

    Returns
    -------
    numpy.ndarray
        Natural logarithms of Bayes factors for no link, (deal,).
    """
    rng = np.random.default_rng(seed)
    model = judgement_model(fit, scales)
    data = fit["constant_data"].to_dataset()
    grade = data["grade"].values[data["judged"].values > 0].astype(np.int64)
    order = rng.permuted(np.tile(np.arange(grade.size), (deals, 1)), axis=1)
    dealt = replace(model, mean=model.mean[order], variance=model.variance[order])
    return log_bayes_factors(dealt, np.tile(grade, (deals, 1)))


def judgement_model(fit: xr.DataTree, scales: PriorScales) -> JudgementModel:
    """Gather what the judgements of a fit depend on besides ρ: drift, deprivation, region."""
    posterior, data = fit["posterior"].to_dataset(), fit["constant_data"].to_dataset()
    judged = data["judged"].values > 0
    mean = posterior["effectiveness_mean"].astype(float)
    variance = (posterior["effectiveness_sd"].astype(float) ** 2).mean(("chain", "draw"))
    columns, sds = [], []
    if "drift" in posterior:
        columns.append(_years(data["inspection_date"].values[judged]))
        sds.append(centred_sd("drift", scales))
    if "judgement_deprivation" in posterior:
        columns.append(data["deprivation"].values[judged])
        sds.append(centred_sd("judgement_deprivation", scales))
    if "judgement_bend" in posterior:
        bends = data["deprivation_bends"].transpose("bend", "authority").values[:, judged]
        columns.extend(bends)
        sds.extend([centred_sd("judgement_bend", scales)] * len(bends))
    if "region_effect" in posterior:
        spread = float(posterior["region_sd"].mean())
        for name in posterior["region"].values:
            columns.append((data["region"].values[judged] == name).astype(float))
            sds.append(spread)
    design = np.stack(columns, axis=1) if columns else np.zeros((int(judged.sum()), 0))
    return JudgementModel(
        mean=mean.mean(("chain", "draw")).values[judged],
        variance=(variance + mean.var(("chain", "draw"))).values[judged],
        design=design,
        coefficient_sd=np.array(sds),
        scales=scales,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """One draw of everything but the link for each panel, over panel and judged authority."""

    mean: Array
    sd: Array
    predictor: Array
    cutpoints: Array

    @classmethod
    def of(cls, fit: xr.DataTree, panels: int, rng: np.random.Generator) -> "_Draws":
        """Take draws at random."""
        posterior = fit["posterior"].to_dataset()
        judged = np.flatnonzero(fit["constant_data"].to_dataset()["judged"].values > 0)
        chain = xr.DataArray(rng.integers(posterior.sizes["chain"], size=panels), dims="panel")
        draw = xr.DataArray(rng.integers(posterior.sizes["draw"], size=panels), dims="panel")
        taken = posterior.isel(chain=chain, draw=draw, authority=judged)

        def of(name: str, dim: str) -> Array:
            return np.asarray(taken[name].transpose("panel", dim).values, dtype=float)

        return cls(
            of("effectiveness_mean", "authority"),
            of("effectiveness_sd", "authority"),
            of("judgement_predictor", "authority"),
            of("cutpoints", "cutpoint"),
        )


def _years(date: NDArray[np.datetime64]) -> Array:
    """Return dates in years from their mean."""
    days = (date - date.min()) / np.timedelta64(1, "D")
    return np.asarray((days - days.mean()) / 365.25)


def _chance(link: float, log_bayes_factor: Array, nulls: list[IntervalNull]) -> Chance:
    """Count what the verdict's rule says at one link."""
    rows = [
        find_row(value, 0.0, null)
        for value, null in zip(log_bayes_factor.tolist(), nulls, strict=True)
    ]
    size = len(rows)
    favours = np.array([row.favours for row in rows])
    strong = np.array([row.least == STRONG for row in rows])
    untrue = "link" if link == 0.0 else "no link"
    counted = {
        "strong_for": (favours == "link") & strong,
        "moderate_for": (favours == "link") & ~strong,
        "inconclusive": favours == "either",
        "moderate_against": (favours == "no link") & ~strong,
        "strong_against": (favours == "no link") & strong,
        "misleading": favours == untrue,
    }
    shares: dict[str, float] = {}
    for name, said in counted.items():
        count = int(said.sum())
        shares[name] = count / size
        shares[f"{name}_mcse"] = float(beta.std(count + 0.5, size - count + 0.5))
    lower, median, upper = np.quantile(log_bayes_factor, [0.1, 0.5, 0.9])
    return Chance(
        link=link,
        panels=size,
        lower=float(lower),
        median=float(median),
        upper=float(upper),
        **shares,
    )
