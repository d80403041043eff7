"""Are Bayes factors for a link calibrated? Simulated panels, half of them without a link.

Half of the data sets are drawn from the ``independent`` model's own prior, half from the
``linked`` one's (:mod:`models.generate`), and each is weighed by the screening tier
(:mod:`models.screen`). Two things must then hold exactly of an exact Bayes factor: of the panels
without a link at most one in k shows a Bayes factor of k or more for one (Royall 1997;
universal bound), and of those given the probability p of being linked a share p is. Where
Laplace's approximation finds no maximum the panel is sampled instead (NUTS, Savage-Dickey), so
that none is left out.
"""

import numpy as np
import pandas as pd
from scipy.special import expit
from scipy.stats import beta, chi2

from analysis.evidence.bayes_factor import savage_dickey
from data.panel import Progress, silent
from data.simulate import simulate_panel
from models.fit import CompiledStructure
from models.fitted import Fit
from models.generate import Generated, Generator
from models.inputs import ModelInputs, prepare
from models.link import switches
from models.posterior_mode import LaplaceError
from models.screen import screen_link
from models.spec import Link, ModelSpec, SamplerSpec, Variant

# Counts alone, so that every cell has sampling noise in a single year.
INDICATORS = (
    "rereferral_12m",
    "cla_3plus_placements",
    "cla_dental",
    "cla_sdq_completed",
    "cl_eet_17_18",
    "cl_eet_19_21",
)
SPEC = ModelSpec(structure="one_factor", challenger="none")
BINS = (0.0, 0.2, 0.4, 0.6, 0.7, 0.9, 0.97, 1.0)
_EVERY = 2
_SAMPLER = SamplerSpec(chains=2, tune=500, draws=1000, cores=1)


def shape() -> ModelInputs:
    """Give the inputs whose shape every data set has: 77 authorities, 6 indicators, a year."""
    panel = simulate_panel(indicators=INDICATORS, years=(2024,), seed=20260101)
    kept = panel.authority.values[::_EVERY]
    panel = panel.sel(authority=kept)
    panel = panel.sel(inspection=np.isin(panel.inspected_authority.values, kept))
    return prepare(panel, SPEC)


def simulate_bayes_factors(
    panels: int, seed: int = 20260101, report: Progress = silent
) -> pd.DataFrame:
    """Weigh simulated panels of one factor, under ``concordance``.

    Parameters
    ----------
    panels
        Data sets of each kind.
    seed
        Of data, starting points and samplers.
    report
        Called after each data set.

    Returns
    -------
    pandas.DataFrame
        One row a data set: ``linked`` (whether it was), ``rho`` (true), ``log_bayes_factor``
        (natural, positive for no link), ``probability`` of being linked, and ``method``.
    """
    inputs = shape()
    compiled = CompiledStructure(SPEC, SPEC.structure, inputs)
    kinds: tuple[Link, ...] = ("independent", "linked")
    rows = []
    for kind in kinds:
        on = switches(_variant(kind), SPEC)
        generator = Generator(SPEC, SPEC.structure, inputs, on)
        for number, data in enumerate(generator.draw(panels, seed + (kind == "linked"))):
            report(f"weighing {kind} panels", number, panels)
            value, method = _weigh(compiled, data, seed + number)
            rows.append((kind == "linked", data.rho, value, float(expit(-value)), method))
        report(f"weighing {kind} panels", panels, panels)
    columns = ["linked", "rho", "log_bayes_factor", "probability", "method"]
    return pd.DataFrame(rows, columns=columns)


def exceedances(weighed: pd.DataFrame, odds: tuple[float, ...] = (3.0, 10.0)) -> pd.DataFrame:
    """Count the panels without a link whose Bayes factor for one reaches the odds.

    Returns
    -------
    pandas.DataFrame
        ``odds``, ``panels``, ``reached``, ``share`` with its standard error, and ``bound``.
    """
    none = weighed.loc[~weighed["linked"], "log_bayes_factor"]
    rows = []
    for one in odds:
        reached = int((-none >= np.log(one)).sum())
        error = float(beta.std(reached + 0.5, none.size - reached + 0.5))
        rows.append((one, none.size, reached, reached / none.size, error, 1.0 / one))
    return pd.DataFrame(rows, columns=["odds", "panels", "reached", "share", "share_se", "bound"])


def calibration_table(weighed: pd.DataFrame, bins: tuple[float, ...] = BINS) -> pd.DataFrame:
    """Set the share of linked panels beside the probability given, bin by bin.

    Returns
    -------
    pandas.DataFrame
        ``above`` and ``up_to``, ``panels``, mean probability ``said``, ``share`` linked, and
        the standard error that the share has if the probabilities are right.
    """
    said = weighed["probability"].to_numpy()
    place = np.clip(np.digitize(said, bins) - 1, 0, len(bins) - 2)
    rows = []
    for at in range(len(bins) - 1):
        inside = place == at
        if inside.any():
            own, linked = said[inside], weighed["linked"].to_numpy()[inside]
            error = float(np.sqrt((own * (1.0 - own)).sum()) / own.size)
            rows.append(
                (bins[at], bins[at + 1], own.size, float(own.mean()), float(linked.mean()), error)
            )
    columns = ["above", "up_to", "panels", "said", "share", "share_se"]
    return pd.DataFrame(rows, columns=columns)


def calibration_p_value(table: pd.DataFrame) -> float:
    """Test the bins together: squared standardised differences against chi-square."""
    standard = (table["share"] - table["said"]) / table["share_se"]
    return float(chi2.sf((standard**2).sum(), len(table)))


def _variant(link: Link) -> Variant:
    """Name the variant: one factor, as things stand."""
    return Variant(structure=SPEC.structure, estimand="concordance", link=link)


def _weigh(compiled: CompiledStructure, data: Generated, seed: int) -> tuple[float, str]:
    """Give the log Bayes factor for no link of one data set, and how it was had."""
    linked = _variant("linked")
    try:
        found = screen_link(compiled, linked, data.inputs, seed=seed)
    except LaplaceError:
        sampler = _SAMPLER.model_copy(update={"seed": seed})
        fit = compiled.sample(linked, data.inputs, sampler)
        return savage_dickey(Fit.of(fit), SPEC.priors.link_concentration).value, "nuts"
    return found["log_bf_independent_linked"], "laplace"
