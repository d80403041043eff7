"""The figures that check the models, and those of the sampler."""

from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from numpy.typing import NDArray

from analysis.pages.drawing import Drawing
from analysis.plots.chains import draw_chains
from analysis.plots.left_out import draw_left_out
from analysis.plots.prior_posterior import draw_prior_posterior
from analysis.plots.priors import draw_checks
from analysis.plots.style import Width
from analysis.record.evidence import EstimandEvidence
from analysis.report import captions_of_checks as captions
from analysis.report.read import Inputs


def draw_checks_of(inputs: Inputs, findings: dict[str, EstimandEvidence]) -> dict[str, Drawing]:
    """List the checks of the models that converged, for which the run has tables."""
    drawings: dict[str, Drawing] = {}
    for name in findings:
        for key, source, draw, describe in (
            ("predictive", "posterior_predictive", _predictive, captions.describe_predictive),
            ("left_out", "left_out", _left_out, captions.describe_left_out),
            (
                "prior_posterior",
                "prior_posterior",
                _prior_posterior,
                captions.describe_prior_posterior,
            ),
        ):
            own = inputs.figures.of(source, name)
            if own is not None:
                drawings[f"{key}_{name}"] = Drawing(
                    partial(draw, own), describe(own, name, inputs.evidence)
                )
    return drawings


def draw_diagnostics(inputs: Inputs) -> dict[str, Drawing]:
    """List the diagnostics of the primary fits with a link, also of those that failed."""
    return {
        f"chains_{estimand}": Drawing(
            partial(_chains, chains.rho, chains.energy, chains.quantities),
            captions.describe_chains(chains, estimand, inputs.evidence),
        )
        for estimand, chains in inputs.figures.chains.items()
    }


def _predictive(table: pd.DataFrame, width: Width) -> Figure:
    """Draw the counts of judgements beside those of data that the model makes.

    Counts at the top and at the bottom are few, and have a scale of their own.
    """
    shown = captions.counts_of_judgements(table).rename(columns={"mean": "median"})
    checks = [str(one) for one in shown["label"]]
    ends = sum(one.endswith((" top", " bottom")) for one in checks)
    parts = [one for one in (len(checks) - ends, ends) if one]
    return draw_checks(shown, checks, "Authorities", source="Model", parts=parts, width=width)


def _left_out(table: pd.DataFrame, width: Width) -> Figure:
    """Draw the scores of judgements left out."""
    return draw_left_out(
        table,
        threshold=float(table["threshold"].iloc[0]),
        better="link better",
        worse="no link better",
        width=width,
    )


def _prior_posterior(table: pd.DataFrame, width: Width) -> Figure:
    """Draw prior and posterior densities."""
    return draw_prior_posterior(table, width=width)


def _chains(
    rho: NDArray[np.float64],
    energy: NDArray[np.float64] | None,
    table: pd.DataFrame,
    width: Width,
) -> Figure:
    """Draw how one fit was sampled."""
    return draw_chains(rho, energy, table, width=width)
