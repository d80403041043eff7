"""What is drawn of a run: each figure by its key, ready to be drawn at any size."""

from functools import partial

import pandas as pd
from matplotlib.figure import Figure

from analysis.pages import captions
from analysis.pages.drawing import Drawing, paginated
from analysis.plots.authorities import draw_authorities, order_authorities
from analysis.plots.coverage import draw_coverage
from analysis.plots.deciles import draw_deciles
from analysis.plots.indicators import draw_indicators
from analysis.plots.judgements import draw_judgements
from analysis.plots.link import LinkDraws, draw_link
from analysis.plots.pagination import paginate_rows
from analysis.plots.style import Width
from analysis.plots.top_share import draw_top_share
from analysis.record.evidence import EstimandEvidence
from analysis.report.drawings_of_checks import draw_checks_of, draw_diagnostics
from analysis.report.drawings_of_findings import draw_regressions, further_findings
from analysis.report.drawings_of_histories import draw_histories
from analysis.report.read import Inputs


def draw_run(inputs: Inputs) -> dict[str, Drawing]:
    """List every figure for which there are records, or findings that converged."""
    findings = inputs.evidence.findings()
    drawings = _records(inputs) | draw_regressions(inputs) | draw_diagnostics(inputs)
    if findings:
        drawings |= _findings(inputs, findings)
        drawings |= further_findings(inputs, findings) | draw_checks_of(inputs, findings)
    return drawings


def shown_indicators(inputs: Inputs) -> pd.DataFrame:
    """Keep the indicators' correlations of what converged: estimands and structures."""
    table = inputs.tables["indicators"]
    primary = inputs.evidence.settings.structure
    keep = pd.Series(data=False, index=table.index)
    for name, finding in inputs.evidence.findings().items():
        structures = {primary}
        if finding.challenger is not None and finding.challenger.converged:
            structures.add(finding.challenger.structure)
        keep |= (table["estimand"] == name) & table["structure"].isin(structures)
    kept = table[keep]
    first = kept["structure"] == primary
    return pd.concat([kept[first], kept[~first]])


def _records(inputs: Inputs) -> dict[str, Drawing]:
    """List what was published, which needs no fit."""
    evidence = inputs.evidence
    coverage, judgements = inputs.tables["coverage"], inputs.tables["judgements"]
    drawings: dict[str, Drawing] = {}
    if len(coverage):
        drawings["coverage"] = Drawing(
            lambda width: draw_coverage(coverage, width=width),
            captions.describe_coverage(coverage, evidence),
        )
    if len(judgements):
        drawings["judgements"] = Drawing(
            lambda width: draw_judgements(judgements, width=width),
            captions.describe_judgements(judgements, evidence),
        )
    return drawings | draw_histories(inputs)


def _findings(inputs: Inputs, findings: dict[str, EstimandEvidence]) -> dict[str, Drawing]:
    """List what was found, for the estimands that converged."""
    evidence, share = inputs.evidence, inputs.evidence.settings.top_share
    indicators = shown_indicators(inputs)
    deciles = _rows(findings, "decile_table")
    tops = _rows(findings, "top_decile_by_judgement")
    drawings = {
        "link": _link(inputs, findings),
        "indicators": Drawing(
            lambda width: draw_indicators(indicators, width=width),
            captions.describe_indicators(indicators, evidence),
        ),
        "deciles": Drawing(
            lambda width: draw_deciles(deciles, share=share, width=width),
            captions.describe_deciles(findings, evidence),
        ),
        "top_share": Drawing(
            lambda width: draw_top_share(tops, share=share, width=width),
            captions.describe_top_share(findings, evidence),
        ),
    }
    for name in findings:
        table = inputs.tables["authorities"]
        own = order_authorities(table[table["estimand"] == name])
        drawings |= paginated(
            f"authorities_{name}",
            captions.describe_authorities(own, name, evidence),
            [partial(_authorities, part) for part in paginate_rows(own, "page")],
        )
    return drawings


def _authorities(table: pd.DataFrame, width: Width) -> Figure:
    """Draw the authorities of one estimand."""
    return draw_authorities(table, width=width)


def _link(inputs: Inputs, findings: dict[str, EstimandEvidence]) -> Drawing:
    """Draw the posteriors of the link over their prior."""
    evidence, settings = inputs.evidence, inputs.evidence.settings
    posteriors = {
        name: LinkDraws(inputs.link_draws[name], found.rho.mean, found.rho.lower, found.rho.upper)
        for name, found in findings.items()
    }
    return Drawing(
        lambda width: draw_link(
            posteriors,
            concentration=settings.link_prior,
            rope=settings.rope,
            # a simulated panel is made with a link at equal deprivation
            truths={"adjusted": evidence.truth["rho"]} if evidence.truth else None,
            width=width,
        ),
        captions.describe_link(findings, evidence),
    )


def _rows(findings: dict[str, EstimandEvidence], part: str) -> pd.DataFrame:
    """Set one part of several findings under each other, with the estimand beside it."""
    return pd.DataFrame(
        [
            {"estimand": name, **row.model_dump()}
            for name, finding in findings.items()
            for row in getattr(finding, part)
        ]
    )
