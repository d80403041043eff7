"""Further figures of what was found: those that a run's tables allow."""

from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from analysis.pages.drawing import Drawing, paginated
from analysis.plots.bayes_widths import draw_bayes_widths
from analysis.plots.by_judgement import draw_by_judgement
from analysis.plots.deprivation import draw_deprivation
from analysis.plots.england import draw_england
from analysis.plots.indicator_links import draw_indicator_links
from analysis.plots.pagination import paginate_rows
from analysis.plots.rank_intervals import draw_rank_intervals
from analysis.plots.style import Width
from analysis.record.evidence import EstimandEvidence, Evidence
from analysis.report import captions_of_findings as captions
from analysis.report.read import Inputs


def further_findings(inputs: Inputs, findings: dict[str, EstimandEvidence]) -> dict[str, Drawing]:
    """List the figures for which the run has tables."""
    evidence = inputs.evidence
    drawings = _bayes_widths(inputs, findings) | _by_judgement(inputs, findings)
    authorities = inputs.tables["authorities"]
    for name in findings:
        own = authorities[authorities["estimand"] == name]
        drawings |= _ranks(own, name, evidence) | _map(inputs, own, name)
    return drawings | _deprivation(inputs, findings)


def draw_regressions(inputs: Inputs) -> dict[str, Drawing]:
    """Draw each indicator's slope in plain regressions, if the run has them."""
    table = inputs.indicator_links
    if table is None or table.empty:
        return {}
    return {
        "indicator_links": Drawing(
            lambda width: draw_indicator_links(table, width=width),
            captions.describe_indicator_links(table, inputs.evidence),
        )
    }


def _ranks(table: pd.DataFrame, estimand: str, evidence: Evidence) -> dict[str, Drawing]:
    """Draw the ranks of one estimand, in as many parts as can be read on paper."""
    ordered = table.sort_values(["rank", "name"])
    parts = paginate_rows(ordered, "page")
    share, count = evidence.settings.top_share, len(ordered)

    def draw(part: pd.DataFrame, width: Width) -> Figure:
        return draw_rank_intervals(part, share=share, count=count, width=width)

    described = captions.describe_rank_intervals(ordered, estimand, evidence)
    return paginated(f"ranks_{estimand}", described, [partial(draw, part) for part in parts])


def _bayes_widths(inputs: Inputs, findings: dict[str, EstimandEvidence]) -> dict[str, Drawing]:
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


def _by_judgement(inputs: Inputs, findings: dict[str, EstimandEvidence]) -> dict[str, Drawing]:
    """Draw how effectiveness is spread within each grade."""
    means = inputs.figures.of("effectiveness_by_judgement")
    if means is None:
        return {}
    means = means[means["estimand"].isin(list(findings))]
    return {
        "by_judgement": Drawing(
            lambda width: draw_by_judgement(inputs.tables["authorities"], means, width=width),
            captions.describe_by_judgement(means, inputs.evidence),
        )
    }


def _map(inputs: Inputs, table: pd.DataFrame, estimand: str) -> dict[str, Drawing]:
    """Draw maps, where it is known where the authorities lie."""
    places = inputs.figures.map
    placed = table[table["authority"].isin(places.tiles["authority"])] if places else table[:0]
    if places is None or placed.empty:
        return {}
    return {
        f"map_{estimand}": Drawing(
            lambda width: draw_england(placed, places.tiles, places.shapes, width=width),
            captions.describe_england(placed, estimand, inputs.evidence),
            form="png",
        )
    }


def _deprivation(inputs: Inputs, findings: dict[str, EstimandEvidence]) -> dict[str, Drawing]:
    """Draw deprivation against effectiveness and judgement, as things stand."""
    points, curves, shares = (
        inputs.figures.of(f"deprivation_{part}") for part in ("points", "curves", "shares")
    )
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
