"""Prior predictive checks: what the priors make of observable quantities, and what was seen."""

import numpy as np
import pandas as pd
import xarray as xr

from analysis.priors_page.observables import Observables, observe
from data.panel import GRADES, Progress, silent
from models.counts import count
from models.generate import Generator
from models.inputs import ModelInputs, prepare
from models.link import Switches
from models.spec import ModelSpec

EVERYTHING = Switches(deprivation=True, region=True, link=True)
BANDS = ("bottom", "middle", "top")
_TAILS = {"lower": 0.025, "lower_half": 0.25, "upper_half": 0.75, "upper": 0.975}


def prior_predictive(
    panel: xr.Dataset,
    spec: ModelSpec,
    draws: int,
    seed: int,
    share: float = 0.1,
    report: Progress = silent,
) -> tuple[Observables, list[Observables]]:
    """Observe a panel, and data sets of its shape that the priors draw.

    Counts are drawn at the panel's denominators and 1 to 5 hidden, as publishers hide them.

    Returns
    -------
    tuple
        What is seen of the panel, and of each data set drawn.

    Raises
    ------
    PanelError
        If the panel cannot be fitted.
    """
    inputs = prepare(panel, spec)
    counts = count(panel, inputs.measurements)
    generator = Generator(spec, spec.structure, inputs, EVERYTHING)
    transforms = [str(one) for one in panel["transform"].values]
    report("drawing from the priors", 0, draws)
    data = generator.draw(draws, seed, cells="binomial", counts=counts)
    found = []
    for number, one in enumerate(data):
        found.append(observe(one.inputs, transforms, share))
        report("drawing from the priors", number + 1, draws)
    return observe(inputs, transforms, share), found


def checks(seen: Observables, drawn: list[Observables], inputs: ModelInputs) -> pd.DataFrame:
    """Set each observed value beside what the priors draw.

    Returns
    -------
    pandas.DataFrame
        ``check``, ``of`` (an indicator's id, a grade, a grade and band), ``observed``, the
        prior's ``median``, ends of its central 50% (``lower_half``, ``upper_half``) and 95%
        (``lower``, ``upper``), and ``below``, the share of draws below the observed value
        (ties by half). Rows without an observed value are left out.
    """
    indicators = [str(name) for name in inputs.measurements.coords["indicator"]]
    rows = []
    for check, names in (
        ("spread", indicators),
        ("persistence", indicators),
        ("grade_shares", GRADES),
        ("top_shares", GRADES),
    ):
        values = np.array([getattr(one, check) for one in drawn])
        own = getattr(seen, check)
        rows += [_row(check, str(name), own[at], values[:, at]) for at, name in enumerate(names)]
    for g, grade in enumerate(GRADES):
        for b, band in enumerate(BANDS):
            values = np.array([one.bands[g, b] for one in drawn])
            rows.append(_row("bands", f"{grade}, {band}", seen.bands[g, b], values))
    pairs = np.array([one.correlations for one in drawn])
    if pairs.size:
        rows += [
            _row("correlation_mean", "", np.nanmean(seen.correlations), _means(pairs)),
            _row("correlation_sd", "", np.nanstd(seen.correlations), _spreads(pairs)),
        ]
    links = np.array([one.polyserial for one in drawn])
    rows.append(_row("polyserial", "", seen.polyserial, links))
    table = pd.DataFrame(rows)
    return table[table["observed"].notna()].reset_index(drop=True)


def _row(check: str, of: str, observed: float, values: np.ndarray) -> dict[str, object]:
    """Summarise the draws of one quantity."""
    there = values[np.isfinite(values)]
    tails = np.quantile(there, list(_TAILS.values())) if there.size else [np.nan] * 4
    return {
        "check": check,
        "of": of,
        "observed": float(observed),
        "median": float(np.median(there)) if there.size else float("nan"),
        **{name: float(value) for name, value in zip(_TAILS, tails, strict=True)},
        "below": float(np.mean((there < observed) + 0.5 * (there == observed))),
        "draws": int(there.size),
    }


def _means(pairs: np.ndarray) -> np.ndarray:
    """Return each draw's mean correlation."""
    return np.asarray(np.nanmean(pairs, axis=1))


def _spreads(pairs: np.ndarray) -> np.ndarray:
    """Return the standard deviation between each draw's pairs."""
    return np.asarray(np.nanstd(pairs, axis=1))
