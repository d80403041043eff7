r"""What leaves an authority out of a fit without fitting again: importance weights.

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
weights are Pareto smoothed (Vehtari, Gelman and Gabry 2017, doi:10.1007/s11222-016-9696-4). Where
their shape k is above its threshold at this number of draws (Vehtari and others 2024, Pareto
smoothed importance sampling, JMLR 25(72)), they are not to be relied on, and
:mod:`models.refits` fits again.
"""

import warnings
from dataclasses import dataclass
from typing import Literal

import arviz as az
import numpy as np
import xarray as xr
from numpy.typing import NDArray

Part = Literal["judgement", "everything"]
PARTS: tuple[Part, ...] = ("judgement", "everything")


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
    """Smooth the weights that leave each authority's judgement, or everything of it, out."""
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


def unreliable(fit: xr.DataTree, part: Part) -> NDArray[np.int64]:
    """Return the positions of the authorities whose importance weights are not to be relied on.

    Those with Pareto k above the threshold of :func:`arviz.loo`.
    """
    weights = left_out_weights(fit, part)
    return np.flatnonzero(~(weights.pareto_k.values <= weights.threshold))
