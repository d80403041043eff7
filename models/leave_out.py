r"""A fit without some authorities, or without their judgements alone, and what it says of them.

The compiled model is sampled again on the data that are left, and what was left out has its
log likelihood evaluated at those draws, its latent variables integrated out. A judgement given the
authority's own indicators has the mean of its probability for a score,

.. math:: \log p(g_i \mid y_i, D_{-i}) \approx \log \frac1S \sum_s P(g_i \mid y_i, \phi_s),
    \qquad \phi_s \sim p(\phi \mid y_i, D_{-i}).

For a whole authority the mean of its likelihood over draws that have not seen it rests on the few
that happen to suit it. The optimal bridge (Meng and Wong 1996; :mod:`models.bridge`) between them
and the draws of the fit that has seen it estimates the same :math:`\log p(y_i, g_i \mid D_{-i})`,
the log ratio of two normalising constants, from both sides. Several authorities can be left out
at once, such as a region.

The scale of an indicator, the standard deviation between authorities, is a convention of the
units and is not computed again.
"""

from dataclasses import dataclass, replace
from typing import Literal

import arviz as az
import numpy as np
import xarray as xr
from numpy.typing import NDArray

from data.panel import GRADES
from models.bridge import BridgeError, bridge_between
from models.fit import LIKELIHOODS, CompiledStructure
from models.forecast import grade_probabilities
from models.inputs import ModelInputs
from models.left_out_weights import Part
from models.link import switches
from models.sampling import draw
from models.spec import SamplerSpec, Variant

Array = NDArray[np.float64]
Positions = NDArray[np.int64]

UNKNOWN = float("nan"), float("nan")
"""A score that there is none of, and its error."""

_R_HAT = 1.05
# What the probabilities of grades follow from, where there is one judgement an authority.
_FOR_GRADES = ("judgement_mean", "judgement_variance", "cutpoints")
# A refit whose chains disagree is drawn again with four times the draws.
_LENGTHS = (1, 4)


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """What a refit that left something out says of it.

    Attributes
    ----------
    posterior
        The refit's draws of the free variables.
    logs
        ``indicators`` and ``judgement``: the log likelihoods of the authorities at these draws,
        over chain, draw and authority.
    rhat
        The largest R-hat of these log likelihoods.
    grade
        Probability of each grade given the authority's indicators, (authority, grade); NaN where
        judgements are repeated.
    """

    posterior: xr.Dataset
    logs: xr.Dataset
    rhat: float
    grade: Array

    @property
    def converged(self) -> bool:
        """Whether the refit's chains agree on what it is asked for."""
        return self.rhat <= _R_HAT

    def judgements(self, together: bool = False) -> tuple[Array, Array]:
        """Return the log mean probability of the judgements, and its Monte Carlo standard error.

        Parameters
        ----------
        together
            One number, for all authorities' judgements at once; otherwise one for each.
        """
        logs = self.logs["judgement"].values
        return _log_mean(logs.sum(axis=-1, keepdims=True) if together else logs)

    def everything(self, whole: xr.Dataset) -> tuple[float, float]:
        """Return log p(y, g | D without them) by the bridge, and its Monte Carlo standard error.

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
    inputs: ModelInputs,
    authority: Positions,
    sampler: SamplerSpec,
    part: Part | Literal["half"],
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
        Chains, draws, coordinates and seed of the refit; where its chains disagree (R-hat above
        1.05), it is drawn again with four times the draws.
    part
        As :func:`without` says.

    Raises
    ------
    ValueError
        If fewer than two judged authorities would be left.
    """
    on = switches(variant, compiled.spec)
    fewer = compiled.with_data(without(inputs, authority, part), on)
    placed = compiled.in_coordinates(fewer, sampler)
    words = [sampler.seed, *variant.name.encode(), *part.encode(), *authority.tolist()]
    for length in _LENGTHS:
        longer = sampler.model_copy(update={"draws": sampler.draws * length})
        seed = np.random.SeedSequence([*words, length])
        tree = draw(placed, longer, seed, "refitting", coordinates=sampler.coordinates)
        posterior = tree["posterior"].to_dataset()
        only = [*LIKELIHOODS, *(() if inputs.repeated_judgements else _FOR_GRADES)]
        derived = compiled.derived.evaluate(posterior, inputs, on, only).isel(authority=authority)
        logs = xr.Dataset(
            {
                said: derived[name].transpose("chain", "draw", "authority")
                for name, said in LIKELIHOODS.items()
            }
        )
        rhat = largest_rhat(logs)
        left = LeftOut(posterior, logs, rhat, _grades(derived))
        if left.converged:
            break
    return left


def largest_rhat(logs: xr.Dataset) -> float:
    """Give the largest R-hat of log likelihoods; what was not seen does not vary and has none."""
    both = xr.concat([logs["indicators"], logs["judgement"]], dim="authority").astype(float)
    seen = np.flatnonzero(both.max(("chain", "draw")) > both.min(("chain", "draw")))
    return float(az.rhat(both.isel(authority=seen).to_dataset(name="logs"))["logs"].max())


def agrees(fit: xr.DataTree) -> bool:
    """Return whether a fit's own chains agree on every authority's log likelihoods.

    Where they have settled in different modes nothing is left out of them by refits: what would
    be scored is no posterior.
    """
    return largest_rhat(fit["log_likelihood"].to_dataset()) <= _R_HAT


def without(
    inputs: ModelInputs, authority: Positions, part: Part | Literal["half"]
) -> ModelInputs:
    """Take data of some authorities away.

    Parameters
    ----------
    inputs, authority
        The whole data, and positions of the authorities.
    part
        ``judgement`` takes their judgements; ``everything`` their indicators as well; ``half``
        their judgements and every other observed value of their indicators.

    Raises
    ------
    ValueError
        If fewer than two judged authorities would be left.
    """
    kept = np.ones(inputs.judgements.judged.size)
    kept[authority] = 0.0
    if (inputs.judgements.judged * kept).sum() < 2:
        raise ValueError("leave_out would leave fewer than two judged authorities to fit.")
    observed = inputs.measurements.observed
    if part == "everything":
        observed = observed * kept
    elif part == "half":
        observed = observed.copy()
        for one in authority:
            indicator, year = np.nonzero(observed[:, :, one])
            observed[indicator[::2], year[::2], one] = 0.0
    return replace(
        inputs,
        measurements=replace(inputs.measurements, observed=observed),
        judgements=replace(inputs.judgements, judged=inputs.judgements.judged * kept),
        repeated_judgements=inputs.repeated_judgements.without(kept)
        if inputs.repeated_judgements
        else None,
    )


def bridged_or_unknown(left: LeftOut, whole: xr.Dataset) -> tuple[float, float]:
    """Give :meth:`LeftOut.everything`, NaN where two posteriors are too far apart for a bridge."""
    try:
        return left.everything(whole)
    except BridgeError:
        return UNKNOWN


def _grades(derived: xr.Dataset) -> Array:
    """Average the probabilities of the grades over draws, (authority, grade)."""
    if "cutpoints" not in derived:
        return np.full((derived.sizes["authority"], len(GRADES)), np.nan)
    mean, variance = (
        derived[name].transpose("chain", "draw", "authority").values
        for name in ("judgement_mean", "judgement_variance")
    )
    cutpoints = derived["cutpoints"].transpose("chain", "draw", "cutpoint").values
    return np.asarray(grade_probabilities(cutpoints, mean, variance).mean(axis=(0, 1)))


def _log_mean(logs: Array) -> tuple[Array, Array]:
    """Return the log of the mean over chain and draw of exp(logs), and its standard error."""
    top = logs.max(axis=(0, 1))
    scaled = np.exp(logs - top)
    mean = scaled.mean(axis=(0, 1))
    error = np.array(
        [float(np.asarray(az.mcse(scaled[..., one]))) for one in range(scaled.shape[-1])]
    )
    return top + np.log(mean), error / mean
