"""The convergence gate: what a fit must satisfy before anything from it is reported.

R-hat (rank-normalised, split) at most 1.01, bulk and tail effective sample sizes of at
least 400 on every reported quantity, and no divergence (Vehtari, Gelman, Simpson,
Carpenter and Bürkner 2021, doi:10.1214/20-BA1221). Quantities that are determined only
up to rotation or sign, such as loadings of the composite, are not reported and not
judged; the correlations that they imply are.
"""

from dataclasses import dataclass

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from analysis.evidence.composition import composition
from analysis.record.thresholds import ESS, R_HAT
from models.fitted import Fit

_REPORTED = (
    "rho",
    "domain_link",
    "cutpoints",
    "drift",
    "reliability",
    "quality_link",
    "judgement_loading",
    "inspector_sd",
    "judgement_deprivation",
    "judgement_bend",
    "region_sd",
    "spatial_share",
    "deprivation_slope",
    "deprivation_bend",
    "effect_size_slope",
    "year_size_slope",
    "year_sd",
    "effectiveness",
    "quality",
)


@dataclass(frozen=True, slots=True, eq=False)
class Convergence:
    """Whether a fit may be reported, and the figures behind it.

    Attributes
    ----------
    converged
        Whether every criterion is met.
    reasons
        What is not, in words.
    table
        One row a quantity: largest R-hat, smallest bulk and tail ESS.
    divergences
        Divergent transitions after adaptation.
    """

    converged: bool
    reasons: tuple[str, ...]
    table: pd.DataFrame
    divergences: int


def examine(fit: xr.DataTree) -> Convergence:
    """Hold a fit to the gate."""
    reasons: tuple[str, ...] = ()
    if Fit.of(fit).engine_traits.screens:
        reasons = ("it is a Laplace approximation, which screens; sample it for a verdict",)
    return require_convergence(
        reported_quantities(fit), int(fit["sample_stats"]["diverging"].sum()), reasons
    )


def require_convergence(
    reported: xr.Dataset, divergences: int, reasons: tuple[str, ...] = ()
) -> Convergence:
    """Hold draws to the gate.

    Parameters
    ----------
    reported
        Every quantity that is reported, over chain and draw.
    divergences
        Divergent transitions after adaptation.
    reasons
        What speaks against the draws besides, in words.
    """
    measures = {
        "rhat": az.rhat(reported),
        "ess_bulk": az.ess(reported, method="bulk"),
        "ess_tail": az.ess(reported, method="tail"),
    }
    table = pd.DataFrame(
        {
            "rhat": {name: float(measures["rhat"][name].max()) for name in reported},
            "ess_bulk": {name: float(measures["ess_bulk"][name].min()) for name in reported},
            "ess_tail": {name: float(measures["ess_tail"][name].min()) for name in reported},
        }
    ).rename_axis("quantity")
    faults = [f"{divergences} divergent transitions"] if divergences else []
    faults += reasons
    # A NaN fails: the comparison is written so that only a good figure passes.
    unmixed = table["rhat"][~(table["rhat"] <= R_HAT)]
    if unmixed.size:
        unknown = unmixed.index[unmixed.isna()]
        worst = (
            f"R-hat of {unknown[0]} cannot be computed (its draws do not vary, or are not finite)"
            if unknown.size
            else f"R-hat of {unmixed.idxmax()} is {unmixed.max():.3f}, above {R_HAT}"
        )
        faults.append(worst + _others(unmixed.size - 1))
    for kind in ("bulk", "tail"):
        ess = table[f"ess_{kind}"]
        few = ess[~(ess >= ESS)]
        if few.size:
            unknown = few.index[few.isna()]
            worst = (
                f"{kind} ESS of {unknown[0]} cannot be computed"
                if unknown.size
                else f"{kind} ESS of {few.idxmin()} is {few.min():.0f}, below {ESS:.0f}"
            )
            faults.append(worst + _others(few.size - 1))
    return Convergence(not faults, tuple(faults), table, divergences)


def _others(number: int) -> str:
    """State how many other quantities fail the same criterion."""
    return "" if number == 0 else f" (and {number} more)"


def reported_quantities(fit: xr.DataTree) -> xr.Dataset:
    """Gather everything that a report says from a fit, over chain and draw."""
    posterior = fit["posterior"].to_dataset()
    return posterior[[name for name in _REPORTED if name in posterior]].merge(composition(fit))


def modes(fit: xr.DataTree, threshold: float = 1.1) -> int:
    """Count the modes in which chains settled, by their composition.

    Two chains share a mode if the R-hat between the two of them is below ``threshold``
    for every indicator's correlation with effectiveness. Chains can miss a mode, so
    the count is a lower bound.
    """
    correlation = composition(fit)["correlation"]
    chains = correlation.chain.size
    mode = np.arange(chains)
    for one in range(chains):
        for other in range(one):
            pair = correlation.isel(chain=[one, other])
            if float(az.rhat(pair.to_dataset(name="pair"))["pair"].max()) < threshold:
                mode[mode == mode[one]] = mode[other]
    return int(np.unique(mode).size)
