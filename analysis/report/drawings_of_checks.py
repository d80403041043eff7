"""The figures that check the models, and those of the sampler, from the tables and fits of a run."""

import json
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from analysis.plots.chains import draw_chains, fit_chains
from analysis.plots.left_out import draw_left_out
from analysis.plots.prior_posterior import draw_prior_posterior
from analysis.plots.priors import draw_checks
from analysis.plots.style import Width
from analysis.report import captions_of_checks as captions
from analysis.report.drawing import Drawing, figure_table
from analysis.report.evidence import Finding
from analysis.report.read import Inputs


def draw_checks_of(inputs: Inputs, findings: dict[str, Finding]) -> dict[str, Drawing]:
    """List the checks of the models that converged, for which the run has tables."""
    drawings: dict[str, Drawing] = {}
    for name in findings:
        for key, table, draw, describe in (
            ("predictive", "grade_checks", _predictive, captions.describe_grade_checks),
            ("left_out", "left_out", _left_out, captions.describe_left_out),
            (
                "prior_posterior",
                "prior_posterior",
                _prior_posterior,
                captions.describe_prior_posterior,
            ),
        ):
            own = figure_table(inputs.folder, table, name)
            if own is not None:
                drawings[f"{key}_{name}"] = Drawing(
                    partial(draw, own), describe(own, name, inputs.evidence)
                )
    return drawings


def draw_diagnostics(inputs: Inputs) -> dict[str, Drawing]:
    """List the diagnostics of the primary fits with a link, also of those that failed."""
    path = inputs.folder / "diagnostics.json"
    if not path.is_file():
        return {}
    diagnostics = json.loads(path.read_text("utf-8"))
    drawings = {}
    for estimand in ("concordance", "adjusted"):
        name = f"{inputs.evidence.settings.structure}-{estimand}-linked"
        file = inputs.folder / "fits" / f"{name}.nc"
        if name not in diagnostics or not file.is_file():
            continue
        with xr.open_datatree(file, engine="h5netcdf") as fit:
            draws, energy = fit_chains(fit)
        told = diagnostics[name]
        table = pd.DataFrame.from_dict(told["quantities"], orient="index").astype(float)
        drawings[f"chains_{estimand}"] = Drawing(
            partial(_chains, draws, energy, table),
            captions.describe_chains(table, name, int(told["divergences"]), inputs.evidence),
        )
    return drawings


def _predictive(table: pd.DataFrame, width: Width) -> Figure:
    """Draw the judgements given beside those that the model would give."""
    return draw_checks(
        table,
        [str(one) for one in table["check"]],
        "Authorities",
        source="Model",
        width=width,
    )


def _left_out(table: pd.DataFrame, width: Width) -> Figure:
    """Draw the scores of authorities left out."""
    return draw_left_out(
        table,
        threshold=float(table["threshold"].iloc[0]),
        better="a link foresaw it better",
        worse="no link foresaw it better",
        width=width,
    )


def _prior_posterior(table: pd.DataFrame, width: Width) -> Figure:
    """Draw prior and posterior densities."""
    return draw_prior_posterior(table, width=width)


def _chains(
    draws: np.ndarray, energy: np.ndarray | None, table: pd.DataFrame, width: Width
) -> Figure:
    """Draw how one fit was sampled."""
    return draw_chains(draws, energy, table, width=width)
