r"""Good or better at every inspection: a multilevel logistic regression, by Bambi.

For inspection j of authority i in year t,

.. math::

    \mathrm{logit}\,P(\text{Good or better}) = \alpha + b z_i + a x_i + u_i + v_t, \qquad
    u_i \sim N(0, \sigma_u^2), \quad v_t \sim N(0, \sigma_v^2),

with z the composite of observed scores and x standardised deprivation, left out where the
estimand is ``concordance``. Where several frameworks enter, α is each framework's own: a year's
intercept is drawn towards those of other years, and years of another framework are unlike.
:math:`\alpha \sim N(0, 1.5^2)`, :math:`b, a \sim N(0, 1)`, both standard deviations half-normal
with scale 1. The share of the underlying scale's variance that is the authority's,
:math:`\sigma_u^2/(\sigma_u^2 + \pi^2/3)` (Goldstein, Browne and Rasbash 2002,
doi:10.1207/S15328031US0104_02), is what one grade of two has of the reliability of a judgement
beyond the composite and the year.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from data.panel import GRADES, PanelError
from models.repeated_judgements.select import gather_repeated_judgements, restrict
from models.spec import InspectionSpec, SamplerSpec

Array = NDArray[np.float64]

_GOOD = GRADES.index("Good")


def inspections(panel: xr.Dataset, spec: InspectionSpec) -> pd.DataFrame:
    """List every inspection that gave an overall judgement, of the frameworks and window.

    Returns
    -------
    pandas.DataFrame
        ``authority``, the position in the panel; ``year`` of its date; ``framework``; ``good``,
        1 if Good or better.

    Raises
    ------
    PanelError
        If all of them, or none, are Good or better; or as
        :func:`models.repeated_judgements.select.restrict` says.
    """
    every = spec.model_copy(
        update={"scope": "repeats", "judgements": "overall", "lead_inspector": False}
    )
    gathered = gather_repeated_judgements(restrict(panel, every), every)
    authority, place = np.nonzero(gathered.given[..., 0])
    frame = pd.DataFrame(
        {
            "authority": authority,
            "year": pd.DatetimeIndex(gathered.date[authority, place]).year,
            "framework": np.array(gathered.frameworks)[gathered.framework[authority, place]],
            "good": (gathered.grade[authority, place, 0] >= _GOOD).astype(int),
        }
    )
    if frame["good"].nunique() < 2:
        raise PanelError(
            f"panel: of {len(frame)} inspections, {frame['good'].sum()} are Good or better; some "
            "of either are needed. Widen model.inspection, or leave evidence.baselines out."
        )
    return frame


def fit_multilevel(
    rows: pd.DataFrame, composite: Array, deprivation: Array | None, sampler: SamplerSpec
) -> xr.Dataset:
    """Regress Good or better on the composite with authority and year intercepts.

    Parameters
    ----------
    rows
        As :func:`inspections` gives them.
    composite, deprivation
        (authority,); no deprivation leaves it out.
    sampler
        Chains, draws, cores and seed.

    Returns
    -------
    xr.Dataset
        ``slope`` (log odds for a standard deviation of the composite), ``authority_sd``,
        ``year_sd`` and ``authority_share``, over chain and draw, and ``diverging``.
    """
    import bambi

    at = rows["authority"].to_numpy()
    frame = rows.assign(z=composite[at], authority=at.astype(str), year=rows["year"].astype(str))
    frame = frame[np.isfinite(frame["z"])]
    terms, slopes = ["z"], ["z"]
    if deprivation is not None:
        frame["x"] = deprivation[frame["authority"].astype(int)]
        terms.append("x")
        slopes.append("x")
    spread = bambi.Prior("HalfNormal", sigma=1.0)
    wide = bambi.Prior("Normal", mu=0.0, sigma=1.5)
    several = len(frame["framework"].unique()) > 1
    level = "framework" if several else "Intercept"
    model = bambi.Model(
        f"good ~ {'0 + framework' if several else '1'} + {' + '.join(terms)}"
        " + (1|authority) + (1|year)",
        frame,
        family="bernoulli",
        priors={
            level: wide,
            **{name: bambi.Prior("Normal", mu=0.0, sigma=1.0) for name in slopes},
            "1|authority": bambi.Prior("Normal", mu=0.0, sigma=spread),
            "1|year": bambi.Prior("Normal", mu=0.0, sigma=spread),
        },
    )
    with _warnings_only("bambi", "pymc"):
        fit = model.fit(
            draws=sampler.draws,
            tune=sampler.tune,
            chains=sampler.chains,
            cores=min(sampler.cores, sampler.chains),
            random_seed=sampler.seed,
            inference_method="nutpie",
            progressbar=False,
        )
    drawn = fit["posterior"]
    variance = drawn["1|authority_sigma"] ** 2
    return xr.Dataset(
        {
            "slope": drawn["z"],
            "authority_sd": drawn["1|authority_sigma"],
            "year_sd": drawn["1|year_sigma"],
            "authority_share": variance / (variance + np.pi**2 / 3.0),
            "diverging": fit["sample_stats"]["diverging"],
        }
    )


@contextmanager
def _warnings_only(*names: str) -> Iterator[None]:
    """Keep what libraries log of their progress from the run's own, warnings apart."""
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
