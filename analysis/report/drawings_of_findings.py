"""Further figures of what was found, from the tables of a run."""

from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from analysis.plots.bayes_widths import draw_bayes_widths
from analysis.plots.by_judgement import draw_by_judgement
from analysis.plots.deprivation import draw_deprivation
from analysis.plots.england import draw_england
from analysis.plots.paths import draw_paths
from analysis.plots.rank_intervals import draw_rank_intervals
from analysis.plots.style import Width
from analysis.report import captions_of_findings as captions
from analysis.report.drawing import Drawing, figure_table
from analysis.report.evidence import Finding
from analysis.report.read import Inputs
from data.tiles import read_tiles


def further_findings(inputs: Inputs, findings: dict[str, Finding]) -> dict[str, Drawing]:
    """List the figures for which the run has tables."""
    evidence = inputs.evidence
    drawings = _bayes_widths(inputs, findings)
    means = figure_table(inputs.folder, "effectiveness_by_judgement")
    authorities = inputs.tables["authorities"]
    if means is not None:
        means = means[means["estimand"].isin(list(findings))]
        drawings["by_judgement"] = Drawing(
            lambda width: draw_by_judgement(authorities, means, width=width),
            captions.describe_by_judgement(means, evidence),
        )
    for name in findings:
        own = authorities[authorities["estimand"] == name]
        drawings[f"ranks_{name}"] = Drawing(
            partial(_ranks, own, evidence.settings.top_share),
            captions.describe_rank_intervals(own, name, evidence),
        )
        drawings |= _map(inputs, own, name)
    return drawings | _deprivation(inputs, findings) | _paths(inputs)


def _ranks(table: pd.DataFrame, share: float, width: Width) -> Figure:
    """Draw the ranks of one estimand."""
    return draw_rank_intervals(table, share=share, width=width)


def _bayes_widths(inputs: Inputs, findings: dict[str, Finding]) -> dict[str, Drawing]:
    """Draw the Bayes factors over the prior's width, if the run swept it."""
    table = pd.DataFrame(
        [
            {"estimand": name, **row.model_dump()}
            for name, found in findings.items()
            for row in found.prior_widths
        ]
    )
    if table.empty:
        return {}
    # the standard deviation of a Beta(κ, κ) stretched to -1..1
    prior_sd = (2 * inputs.evidence.settings.link_prior + 1) ** -0.5
    return {
        "bayes_widths": Drawing(
            lambda width: draw_bayes_widths(table, prior_sd=prior_sd, width=width),
            captions.describe_bayes_widths(findings, inputs.evidence),
        )
    }


def _map(inputs: Inputs, table: pd.DataFrame, estimand: str) -> dict[str, Drawing]:
    """Draw a map, where the authorities lie anywhere: those of simulated panels do not."""
    tiles = read_tiles()
    placed = table[table["authority"].isin(tiles["authority"])]
    if inputs.evidence.panel.simulated or placed.empty:
        return {}
    return {
        f"map_{estimand}": Drawing(
            lambda width: draw_england(placed, tiles, width=width),
            captions.describe_england(placed, estimand, inputs.evidence),
        )
    }


def _deprivation(inputs: Inputs, findings: dict[str, Finding]) -> dict[str, Drawing]:
    """Draw deprivation against effectiveness and judgement, as things stand."""
    parts = [
        figure_table(inputs.folder, f"deprivation_{part}")
        for part in ("points", "curves", "shares")
    ]
    points, curves, shares = parts
    if points is None or curves is None or shares is None or "concordance" not in findings:
        return {}
    table = inputs.tables["authorities"]
    own = table[table["estimand"] == "concordance"].merge(points, on="authority")
    return {
        "deprivation": Drawing(
            lambda width: draw_deprivation(own, curves, shares, width=width),
            captions.describe_deprivation(curves, inputs.evidence),
        )
    }


def _paths(inputs: Inputs) -> dict[str, Drawing]:
    """Draw the judgements over time."""
    table = figure_table(inputs.folder, "judgement_paths")
    if table is None:
        return {}
    end = pd.to_datetime(table["inspection_start"]).max()
    return {
        "paths": Drawing(
            lambda width: draw_paths(table, end=end, width=width),
            captions.describe_paths(table, inputs.evidence),
        )
    }
