r"""Exact leave-one-authority-out: refit without it where importance weights cannot be relied on.

The authority's cells and judgement are taken out of the data, the compiled model is sampled
again, and the authority's own log likelihoods are averaged over those draws:

.. math:: \log p(y_i \mid D_{-i}) \approx \log \frac1S \sum_s L_i(\phi_s), \qquad
    \phi_s \sim p(\phi \mid D_{-i}),

for its indicators and, given them, its judgement, with the latent variables integrated out
(Vehtari, Gelman and Gabry 2017, doi:10.1007/s11222-016-9696-4, section 4). Which authorities
need it is told by Pareto k against its threshold at this number of draws (Vehtari and others
2024, Pareto smoothed importance sampling, JMLR 25(72)). Several authorities can be left out at
once, such as a region: then their judgements are also scored together.

The scale of an indicator, the standard deviation between authorities, is a convention of the
units and is not computed again.
"""

import warnings
from dataclasses import dataclass, replace

import arviz as az
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from data.panel import GRADES, Progress, silent
from models.fit import LIKELIHOODS, CompiledStructure
from models.forecast import grade_probabilities
from models.inputs import Inputs
from models.link import switches
from models.sampling import draw
from models.spec import SamplerSpec, Variant

Array = NDArray[np.float64]

_R_HAT = 1.05


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """Log predictive densities of the authorities that one refit left out.

    Attributes
    ----------
    authority
        Positions of the authorities.
    indicators, judgement
        Log predictive density of each one's indicators, and of its judgement given them.
    indicators_mcse, judgement_mcse
        Their Monte Carlo standard errors.
    together, together_mcse
        Log predictive density of all their judgements together, given their indicators.
    rhat
        The largest R-hat of these log likelihoods.
    grade
        Probability of each grade given the indicators, (authority, grade); NaN where judgements
        are several readings.
    """

    authority: NDArray[np.int64]
    indicators: Array
    judgement: Array
    indicators_mcse: Array
    judgement_mcse: Array
    together: float
    together_mcse: float
    rhat: float
    grade: Array

    @property
    def converged(self) -> bool:
        """Whether the refit's chains agree on what it is asked for."""
        return self.rhat <= _R_HAT


def leave_out(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: Inputs,
    authority: NDArray[np.int64],
    sampler: SamplerSpec,
) -> LeftOut:
    """Refit without some authorities and predict them.

    Parameters
    ----------
    compiled
        The variant's structure, compiled for data of this shape; nothing is compiled again.
    variant, inputs
        What was fitted, and the whole data.
    authority
        Positions of the authorities to leave out.
    sampler
        Chains, draws and seed of the refit.

    Raises
    ------
    ValueError
        If fewer than two judged authorities would be left.
    """
    kept = np.ones(inputs.judgements.judged.size)
    kept[authority] = 0.0
    if (inputs.judgements.judged * kept).sum() < 2:
        raise ValueError("leave_out would leave fewer than two judged authorities to fit.")
    fewer = replace(
        inputs,
        measurements=replace(inputs.measurements, observed=inputs.measurements.observed * kept),
        judgements=replace(inputs.judgements, judged=inputs.judgements.judged * kept),
        readings=inputs.readings.without(kept) if inputs.readings else None,
    )
    on = switches(variant, compiled.spec)
    seed = np.random.SeedSequence([sampler.seed, *variant.name.encode(), *authority.tolist()])
    tree = draw(compiled.with_data(fewer, on), sampler, seed, "refitting")
    derived = compiled.derived.evaluate(tree["posterior"].to_dataset(), inputs, on)
    logs = {
        said: derived[name].isel(authority=authority).transpose("chain", "draw", "authority")
        for name, said in LIKELIHOODS.items()
    }
    indicators, indicators_mcse = _log_mean(logs["indicators"].values)
    judgement, judgement_mcse = _log_mean(logs["judgement"].values)
    together, together_mcse = _log_mean(logs["judgement"].values.sum(axis=-1, keepdims=True))
    rhat = az.rhat(xr.Dataset(logs))
    return LeftOut(
        authority=authority,
        indicators=indicators,
        judgement=judgement,
        indicators_mcse=indicators_mcse,
        judgement_mcse=judgement_mcse,
        together=float(together[0]),
        together_mcse=float(together_mcse[0]),
        rhat=max(float(one.max()) for one in rhat.data_vars.values()),
        grade=_grades(derived.isel(authority=authority)),
    )


def _grades(derived: xr.Dataset) -> Array:
    """Average the probabilities of the grades over draws, (authority, grade)."""
    if "reading_predictor" in derived:
        return np.full((derived.sizes["authority"], len(GRADES)), np.nan)
    mean, variance = (
        derived[name].transpose("chain", "draw", "authority").values
        for name in ("judgement_mean", "judgement_variance")
    )
    cutpoints = derived["cutpoints"].transpose("chain", "draw", "cutpoint").values
    return np.asarray(grade_probabilities(cutpoints, mean, variance).mean(axis=(0, 1)))


def with_refits(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: Inputs,
    fit: xr.DataTree,
    sampler: SamplerSpec,
    report: Progress = silent,
) -> xr.DataTree:
    """Give a fit a group ``left_out``: exact scores of the authorities that need them.

    Parameters
    ----------
    compiled, variant, inputs, sampler
        What made the fit; refits take half its draws.
    fit
        A fit with its pointwise log likelihood.
    report
        Called after every refit.

    Returns
    -------
    xr.DataTree
        The fit with ``indicators`` and ``judgement`` over authorities, their ``_mcse``,
        ``grade_probability``, and ``rhat`` of the refit; NaN where importance weights serve. A
        refit whose chains disagree gives no score, only its ``rhat``.
    """
    wanted = unreliable(fit)
    names = ("indicators", "judgement", "indicators_mcse", "judgement_mcse", "rhat")
    size = inputs.judgements.judged.size
    found = {name: np.full(size, np.nan) for name in names}
    grades = np.full((size, len(GRADES)), np.nan)
    shorter = sampler.model_copy(update={"draws": max(100, sampler.draws // 2)})
    what = f"refitting {variant.name} without an authority"
    for number, one in enumerate(wanted):
        report(what, number, wanted.size)
        left = leave_out(compiled, variant, inputs, np.array([one]), shorter)
        found["rhat"][one] = left.rhat
        if left.converged:
            for name in names[:-1]:
                found[name][one] = getattr(left, name)[0]
            grades[one] = left.grade[0]
    if wanted.size:
        report(what, wanted.size, wanted.size)
    group = xr.Dataset(
        {
            **{name: ("authority", values) for name, values in found.items()},
            "grade_probability": (("authority", "grade"), grades),
        },
        coords={
            "authority": inputs.measurements.coords["authority"],
            "grade": list(GRADES),
        },
    )
    fit["left_out"] = xr.DataTree(group)
    return fit


@dataclass(frozen=True, slots=True, eq=False)
class LeftOutWeights:
    """Pareto-smoothed importance weights that leave each authority out whole.

    Attributes
    ----------
    log_weights
        Over chain, draw and authority; equal where nothing of an authority was seen, since
        leaving it out changes nothing.
    pareto_k
        Their diagnostic, over authorities; minus infinity where nothing was seen.
    threshold
        Above it a weight is not to be relied on at this number of draws.
    """

    log_weights: xr.DataArray
    pareto_k: xr.DataArray
    threshold: float


def left_out_weights(fit: xr.DataTree) -> LeftOutWeights:
    """Smooth the weights 1/L of every authority's judgement and indicators together."""
    likelihood = fit["log_likelihood"].to_dataset()
    both = (likelihood["judgement"] + likelihood["indicators"]).astype(float)
    seen = np.flatnonzero(both.max(("chain", "draw")) > both.min(("chain", "draw")))
    tree = xr.DataTree.from_dict(
        {
            "posterior": fit["posterior"].to_dataset()[["cutpoints"]],
            "log_likelihood": both.isel(authority=seen).to_dataset(name="both"),
        }
    )
    with warnings.catch_warnings():
        # Pareto k is kept by authority; ArviZ's warning would say it once more.
        warnings.filterwarnings("ignore", "Estimated shape parameter of Pareto")
        found = az.loo(tree, pointwise=True, var_name="both", reff=1.0)
    equal = -float(np.log(both.sizes["chain"] * both.sizes["draw"]))
    return LeftOutWeights(
        found.log_weights.reindex(authority=both["authority"], fill_value=equal),
        found.pareto_k.reindex(authority=both["authority"], fill_value=-np.inf),
        float(found.good_k),
    )


def unreliable(fit: xr.DataTree) -> NDArray[np.int64]:
    """Give the positions of the authorities whose importance weights are not to be relied on.

    Those with Pareto k above the threshold of :func:`arviz.loo`, weights leaving out the whole
    authority.
    """
    weights = left_out_weights(fit)
    return np.flatnonzero(~(weights.pareto_k.values <= weights.threshold))


def _log_mean(logs: Array) -> tuple[Array, Array]:
    """Give the log of the mean over chain and draw of exp(logs), and its standard error."""
    top = logs.max(axis=(0, 1))
    scaled = np.exp(logs - top)
    mean = scaled.mean(axis=(0, 1))
    error = np.array(
        [float(np.asarray(az.mcse(scaled[..., one]))) for one in range(scaled.shape[-1])]
    )
    return top + np.log(mean), error / mean
