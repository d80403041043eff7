r"""Leave-one-authority-out, by importance weights and by exact refits.

An authority's own data are its indicators :math:`y_i` and its judgement :math:`g_i`. What the
others say of them parts into two scores that add up:

.. math:: \log p(y_i, g_i \mid D_{-i}) =
    \log p(y_i \mid D_{-i}) + \log p(g_i \mid y_i, D_{-i}).

The second, the judgement given the authority's own indicators, leaves out the judgement alone: it
averages :math:`P(g_i \mid y_i, \phi)` over :math:`p(\phi \mid y_i, D_{-i})`, to which draws of the
whole posterior come by the weights :math:`1/P(g_i \mid y_i, \phi)`. The first leaves out the whole
authority, by the weights :math:`1/L_i(\phi)` with
:math:`L_i(\phi) = p(y_i \mid \phi)\, P(g_i \mid y_i, \phi)`. In both the latent variables are
integrated out (Merkle, Furr and Rabe-Hesketh 2019, doi:10.1007/s11336-019-09679-0), and the
weights are Pareto smoothed (Vehtari, Gelman and Gabry 2017, doi:10.1007/s11222-016-9696-4).

Where the shape k of the weights is above its threshold at this number of draws (Vehtari and others
2024, Pareto smoothed importance sampling, JMLR 25(72)), the compiled model is sampled again
without what is to be left out. A judgement's score is then the mean of its probability over those
draws. For a whole authority the mean of :math:`L_i` over draws that have not seen it rests on the
few that happen to suit it; the optimal bridge (Meng and Wong 1996; :mod:`models.bridge`) between
them and the draws of the whole posterior estimates the same
:math:`\log p(y_i, g_i \mid D_{-i})`, the log ratio of two normalising constants, from both sides.

The scale of an indicator, the standard deviation between authorities, is a convention of the
units and is not computed again.
"""

import warnings
from dataclasses import dataclass, replace
from typing import Literal

import arviz as az
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from data.panel import GRADES, Progress, silent
from models.bridge import bridge_between
from models.fit import LIKELIHOODS, CompiledStructure
from models.forecast import grade_probabilities
from models.inputs import Inputs
from models.link import switches
from models.sampling import draw
from models.spec import SamplerSpec, Variant

Array = NDArray[np.float64]
Positions = NDArray[np.int64]
Part = Literal["judgement", "everything"]
PARTS: tuple[Part, ...] = ("judgement", "everything")

_R_HAT = 1.05
# A refit whose chains disagree is drawn again with four times the draws, twice.
_LENGTHS = (1, 4, 16)


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """What a refit that left something out says of it.

    Attributes
    ----------
    logs
        ``indicators`` and ``judgement``: the log likelihoods of the authorities left out at the
        refit's draws, over chain, draw and authority.
    rhat
        The largest R-hat of these log likelihoods.
    grade
        Probability of each grade given the authority's indicators, (authority, grade); NaN where
        judgements are several readings.
    """

    logs: xr.Dataset
    rhat: float
    grade: Array

    @property
    def converged(self) -> bool:
        """Whether the refit's chains agree on what it is asked for."""
        return self.rhat <= _R_HAT

    def judgements(self, together: bool = False) -> tuple[Array, Array]:
        """Give the log mean probability of the judgements, and its Monte Carlo standard error.

        Parameters
        ----------
        together
            One number, for all authorities' judgements at once; otherwise one for each.
        """
        logs = self.logs["judgement"].values
        return _log_mean(logs.sum(axis=-1, keepdims=True) if together else logs)

    def everything(self, whole: xr.Dataset) -> tuple[float, float]:
        """Give log p(y, g | D without them) by the bridge, and its Monte Carlo standard error.

        Parameters
        ----------
        whole
            The same log likelihoods at the draws of the fit that has seen everything.

        Raises
        ------
        models.bridge.BridgeError
            If the two posteriors hardly overlap.
        """
        seen, unseen = (
            (logs["indicators"] + logs["judgement"])
            .sum("authority")
            .transpose("chain", "draw")
            .values.astype(float)
            for logs in (whole, self.logs)
        )
        return bridge_between(seen, unseen)


def leave_out(
    compiled: CompiledStructure,
    variant: Variant,
    inputs: Inputs,
    authority: Positions,
    sampler: SamplerSpec,
    part: Part,
) -> LeftOut:
    """Refit without some authorities, or without their judgements alone.

    Parameters
    ----------
    compiled
        The variant's structure, compiled for data of this shape; nothing is compiled again.
    variant, inputs
        What was fitted, and the whole data.
    authority
        Positions of the authorities.
    sampler
        Chains, draws and seed of the refit; where its chains disagree (R-hat above 1.05), it is
        drawn again with 4 and then with 16 times the draws.
    part
        ``everything`` leaves their indicators and judgements out, ``judgement`` their judgements.

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
        judgements=replace(inputs.judgements, judged=inputs.judgements.judged * kept),
        readings=inputs.readings.without(kept) if inputs.readings else None,
    )
    if part == "everything":
        observed = inputs.measurements.observed * kept
        fewer = replace(fewer, measurements=replace(inputs.measurements, observed=observed))
    on = switches(variant, compiled.spec)
    placed = compiled.with_data(fewer, on)
    words = [sampler.seed, *variant.name.encode(), PARTS.index(part), *authority.tolist()]
    for length in _LENGTHS:
        longer = sampler.model_copy(update={"draws": sampler.draws * length})
        tree = draw(placed, longer, np.random.SeedSequence([*words, length]), "refitting")
        posterior = tree["posterior"].to_dataset()
        derived = compiled.derived.evaluate(posterior, inputs, on).isel(authority=authority)
        logs = xr.Dataset(
            {
                said: derived[name].transpose("chain", "draw", "authority")
                for name, said in LIKELIHOODS.items()
            }
        )
        rhat = max(float(one.max()) for one in az.rhat(logs).data_vars.values())
        left = LeftOut(logs, rhat, _grades(derived))
        if left.converged:
            break
    return left


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
    """Give a fit a group ``left_out``: exact scores where importance weights are unreliable.

    Parameters
    ----------
    compiled, variant, inputs, sampler
        What made the fit; refits take half its draws to begin with.
    fit
        A fit with its pointwise log likelihood.
    report
        Called after every refit.

    Returns
    -------
    xr.DataTree
        The fit with, over authorities, ``judgement``, the log probability of the judgement given
        the indicators, and ``everything``, the log probability of indicators and judgement
        together; each with ``_mcse`` and the ``_rhat`` of its refit; and ``grade_probability``.
        NaN where importance weights serve. A refit whose chains disagree gives no score, only
        its R-hat.
    """
    shorter = sampler.model_copy(update={"draws": max(100, sampler.draws // 2)})
    size = inputs.judgements.judged.size
    found = {
        f"{part}{kind}": np.full(size, np.nan) for part in PARTS for kind in ("", "_mcse", "_rhat")
    }
    grades = np.full((size, len(GRADES)), np.nan)
    wanted = [(part, int(one)) for part in PARTS for one in unreliable(fit, part)]
    what = f"refitting {variant.name} without an authority"
    for number, (part, one) in enumerate(wanted):
        report(what, number, len(wanted))
        left = leave_out(compiled, variant, inputs, np.array([one]), shorter, part)
        found[f"{part}_rhat"][one] = left.rhat
        if not left.converged:
            continue
        if part == "judgement":
            score, error = (float(of[0]) for of in left.judgements())
            grades[one] = left.grade[0]
        else:
            score, error = left.everything(
                fit["log_likelihood"].to_dataset().isel(authority=[one])
            )
        found[part][one], found[f"{part}_mcse"][one] = score, error
    if wanted:
        report(what, len(wanted), len(wanted))
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
    """Pareto-smoothed importance weights that leave a part of each authority's data out.

    Attributes
    ----------
    log_weights
        Over chain, draw and authority; equal where nothing of it was seen, since leaving it out
        changes nothing.
    pareto_k
        Their diagnostic, over authorities; minus infinity where nothing was seen.
    threshold
        Above it a weight is not to be relied on at this number of draws.
    """

    log_weights: xr.DataArray
    pareto_k: xr.DataArray
    threshold: float


def left_out_weights(fit: xr.DataTree, part: Part) -> LeftOutWeights:
    """Smooth the weights that leave each authority's judgement, or the whole authority, out."""
    likelihood = fit["log_likelihood"].to_dataset()
    taken = likelihood["judgement"].astype(float)
    if part == "everything":
        taken = taken + likelihood["indicators"]
    seen = np.flatnonzero(taken.max(("chain", "draw")) > taken.min(("chain", "draw")))
    tree = xr.DataTree.from_dict(
        {
            "posterior": fit["posterior"].to_dataset()[["cutpoints"]],
            "log_likelihood": taken.isel(authority=seen).to_dataset(name="taken"),
        }
    )
    with warnings.catch_warnings():
        # Pareto k is kept by authority; ArviZ's warning would say it once more.
        warnings.filterwarnings("ignore", "Estimated shape parameter of Pareto")
        found = az.loo(tree, pointwise=True, var_name="taken", reff=1.0)
    equal = -float(np.log(taken.sizes["chain"] * taken.sizes["draw"]))
    return LeftOutWeights(
        found.log_weights.reindex(authority=taken["authority"], fill_value=equal),
        found.pareto_k.reindex(authority=taken["authority"], fill_value=-np.inf),
        float(found.good_k),
    )


def unreliable(fit: xr.DataTree, part: Part) -> Positions:
    """Give the positions of the authorities whose importance weights are not to be relied on.

    Those with Pareto k above the threshold of :func:`arviz.loo`.
    """
    weights = left_out_weights(fit, part)
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
